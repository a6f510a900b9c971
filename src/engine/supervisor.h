/* SPDX-License-Identifier: Apache-2.0
 *
 * The supervisor of one attempt: a small process of its own that starts the attempt's tasks, waits
 * for them, stops them when that is asked, and writes down how it ended. It outlives the daemon
 * and needs nobody; it speaks and is spoken to by the sheets of the claim's folder.
 *
 * It runs as `parc supervise FOLDER`. When one is killed, the engine starts another on the same
 * folder, which finds the tasks by `started`, starts nothing, and takes over.
 *
 *   lock?      no:  another lives: leave
 *   exit?      yes: it is over: leave
 *   started?   yes: adopt, watch
 *   stop?      yes: write exit: it never ran
 *   else       fork the tasks, which wait; write `started`; let them go; watch
 *   watch      until the first processes have ended; kill what is left of them; write exit
 */
#ifndef ENGINE_SUPERVISOR_H
#define ENGINE_SUPERVISOR_H

#include "parc/error.h"

#define SUPERVISOR_REBOOT_TEXT "the machine was restarted while it ran"

/* Supervise the claim in this folder. Returns when the attempt is over or another supervisor has
 * it: 0, or a code when nothing could be done, and then nothing was started. */
int supervisor_run(const char *folder, struct parc_err *err);

/* For tests: called at each point where a death would leave something half done, with a number
 * that grows; NULL: none. */
extern void (*supervisor_point)(int number);

#endif

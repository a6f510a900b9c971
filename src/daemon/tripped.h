/* SPDX-License-Identifier: Apache-2.0
 *
 * Events on which the daemon died. One that trips an assertion is in no journal, and whoever sent
 * it sends it again, so that the daemon could die at every start. As it dies it writes the event's
 * hash into the file `tripped` of its folder; an event that is in there twice is refused from then
 * on. Remove the file to have them tried again, for example after an upgrade.
 *
 * There is one of this in a process.
 */
#ifndef DAEMON_TRIPPED_H
#define DAEMON_TRIPPED_H

#include "parc/error.h"
#include "parc/event.h"

#define TRIPPED_FILE "tripped"

/* Read what is in the folder, and be told of an abort. */
int tripped_open(const char *directory, struct parc_err *err);
void tripped_close(void); /* also without tripped_open */

/* 0, or PARC_ERR_STATE: the daemon died of this event twice. */
int tripped_check(const struct parc_event *event, struct parc_err *err);

/* The event is being stepped; it is done. */
void tripped_begin(const struct parc_event *event);
void tripped_end(void);

#endif

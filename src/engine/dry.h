/* SPDX-License-Identifier: Apache-2.0
 *
 * The dry engine: runs nothing. An attempt reports that it started, and after a while that it
 * ended; the job's environment says when and how:
 *
 *   PARC_DRY_S     seconds until it ends, with up to three decimals (0: at once)
 *   PARC_DRY_EXIT  its exit code (0)
 *
 * For trying a policy on a fleet that one does not have, and for tests and benchmarks of
 * everything but running. It remembers nothing: what ran when the daemon ended is lost.
 */
#ifndef ENGINE_DRY_H
#define ENGINE_DRY_H

#include "engine/engine.h"

/* `machine` is what engine.machine answers; copied. */
int engine_open_dry(struct engine *engine, const struct engine_machine *machine,
		    struct parc_err *err);

#endif

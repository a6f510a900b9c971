/* SPDX-License-Identifier: Apache-2.0
 *
 * Recalls: the reservations of those for whom others were told to give way. They hold under every
 * backfill.
 *
 *   who     each waiting job that its tenant's guarantee covers: in turn order they are covered as
 *           far as the guarantee goes, less what was recalled before. Then those who have a right
 *           over running work (preempt.h), in turn order, until one finds none that could go
 *   where   a plan shows that the job fits when all that was told to stop has gone, and from then
 *           on that is its own
 *   before  a recall minds those made before it and what is reserved for those who come before
 *           it: who are covered, then by turn. Other reservations in its place are given up
 *
 * So a guarantee's holder has everything back within the same time, one job or a hundred; nobody
 * is told to stop for nobody; and there are no more recalls than what the guarantees cover and
 * rights reach, PARC_RECALLS_MAX at one time.
 */
#ifndef CORE_RECALL_H
#define CORE_RECALL_H

#include "core/state.h"

/* Make all recalls that can be made now. Returns 0 when the step has no room for more. */
int recall_decide(struct parc_core *core);

#endif

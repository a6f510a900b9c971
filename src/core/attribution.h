/* SPDX-License-Identifier: Apache-2.0
 *
 * Why what is free is free. docs/ledger.md has the rule and its argument.
 *
 * While nothing changes, what is free accrues under its causes. The first step that changes what
 * is free or who waits moves all of it to `unattributed`, and when the epoch closes (the next
 * multiple of the policy's epoch_us) what has accrued there is split over the causes that hold
 * at that moment, and these go on. So the ledger closes at every instant, nothing is ever
 * negative, and while nothing changes an epoch costs nothing: it does not even exist.
 *
 * An epoch that has to close is closed by the first event at or after its end, before that
 * event: as nothing changes between events it is the same as if it had been closed in time. No
 * decision depends on it, so the core does not ask to be woken for it.
 *
 * Cost of closing: a walk over the node records for those that have something free, and for
 * each line in order of turns, until all that is free is explained, one look at each of these
 * nodes; LINES_EXPLAINED lines and LOOKS_MAX looks at most. What these leave unexplained while
 * more lines wait stays unattributed.
 */
#ifndef CORE_ATTRIBUTION_H
#define CORE_ATTRIBUTION_H

#include "core/state.h"

#define LINES_EXPLAINED 32	  /* first lines of the queue that are asked */
#define LOOKS_MAX	(1 << 15) /* of a line at a node, in one epoch */

/* Take the list of nodes from the block; no epoch is open. */
void attribution_init(struct parc_core *core, struct block *block);
void attribution_reset(struct parc_core *core);

/* Before an event of this time: close the epoch if it is due, and begin the step. */
void attribution_begin(struct parc_core *core, int64_t time_us);

/* The queue, or a rule that it follows, changed in this step. */
static inline void attribution_note(struct parc_core *core)
{
	core->attribution.noted = 1;
}

/* The policy changed: epochs may begin, end, or have another length than they had. */
void attribution_policy(struct parc_core *core, int64_t epoch_before_us);

/* After the step: did it change anything? */
void attribution_settle(struct parc_core *core);

/* What is free now, by cause; the entries of other categories are 0. */
void attribution_count(const struct parc_core *core, int64_t causes[PARC_LEDGER_COUNT]);

#endif

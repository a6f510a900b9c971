/* SPDX-License-Identifier: Apache-2.0
 *
 * Pairs: two jobs share devices half and half. How fast each is beside the other was measured, for
 * their kinds and the chip (SPEED_MEASURED with `beside`); what was not measured is no choice. Who
 * is paired is decided by the deal (deal.h), with `pairs` in the policy.
 *
 *     REBOOK the host to half, START the guest beside it  ---->  both as fast as measured
 *     one of them ends or is stopped                      ---->  REBOOK the other to the whole
 *
 * A job may be in a pair if it has one group of a fixed number of tasks on whole devices, names its
 * kind, and requires neither closeness nor links; two may be together that have as many tasks with
 * as many devices, on a chip that is shared in thousandths by any users and has halves, in the
 * memory that they ask for. It has to be worth it: the parts of their speeds that they keep make
 * more than PAIR_GAIN_MILLI together. Space sharing by measured speeds is that of Narayanan and
 * others (Gavel, OSDI 2020).
 */
#ifndef CORE_PAIR_H
#define CORE_PAIR_H

#include "core/state.h"

#define PAIR_SHARE	(PARC_SHARE_WHOLE / 2)
#define PAIR_GAIN_MILLI 1050

/* May the job share its devices at all? */
int pair_is_open(const struct parc_core *core, int32_t job);

/* What a device of the chip is worth to the job beside the other (choose.h); ASSIGN_NEVER where
 * they may not be together or it is not worth it. */
int32_t pair_value(const struct parc_core *core, int32_t job, int32_t beside, int32_t chip);

/* Would the job fit beside the host if it gave back what it has, and the host's mate, too? */
int pair_would_fit(struct parc_core *core, int32_t job, int32_t host);

/* Start the job on halves of what the host holds; 0: it does not fit there now, or the step is
 * full. Both wait in a deal that has found them worth it. */
int pair_start(struct parc_core *core, int32_t job, int32_t host);

/* Give those whose other half has gone all of their devices; 0: the step is full. */
int pair_decide(struct parc_core *core);

/* Applying: could the START be; the two are together; the allocation is about to leave. */
int pair_check(const struct parc_core *core, const struct parc_action *start, struct parc_err *err);
void pair_join(struct parc_core *core, int32_t job, int32_t host);
void pair_part(struct parc_core *core, int32_t allocation);

int pair_verify(const struct parc_core *core, struct parc_err *err);

#endif

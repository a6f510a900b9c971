/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits and caps: may one more job of this kind and tenant run?
 *
 * A job counts with its minima, on the dearest chip that it accepts and the fleet has, until it
 * runs; then with what it holds. So what passes is within the limit wherever it is placed. What a
 * waiting job has reserved counts as well, so that its tenant's later jobs do not take its room.
 *
 * Who finds no room waits at a gate, that of the first tenant on the way up that has none: a
 * ranking by turn with what each needs. When something is given back there, the first that fits
 * now steps back into its line and is tried; the next when that has shown what is left. So the
 * length of the queue at a gate costs nothing.
 *
 * Lending: what is guaranteed and idle is lent as the policy says. A job that may not borrow has to
 * leave so much free that all guarantees could be used up; else it waits at the gate of what is
 * pledged, which is looked through when something was given back.
 */
#ifndef CORE_QUOTA_H
#define CORE_QUOTA_H

#include "core/state.h"

enum gate { GATE_LIMIT, GATE_JOBS }; /* of tenant slot t: 2 t + this */

#define GATE_UNLISTED (-2)
#define GATE_PLEDGE   (-3)

/* The most that a job may hold, with its minima. */
int64_t quota_need(const struct parc_core *core, int32_t job);

/* The same of a job that has reserved, as limits reckon it: 0 as long as no tenant has a rule, for
 * then nobody reckons anew when a rate changes or a make of chip comes or goes. */
int64_t quota_kept(const struct parc_core *core, int32_t job);

/* The chips that it accepts, a bit each: those of cores where it wants no devices. */
uint64_t quota_chips(const struct parc_core *core, int32_t job);

/* Why the job may not be tried: QUOTA or GUARANTEE; NONE: it may. */
int32_t quota_bars(const struct parc_core *core, int32_t job);

/* Might a job that runs be kept from starting again, once it has stopped, by a limit or by what is
 * pledged? Of the latter what it holds is not reckoned as free: it may say so too often. */
int quota_bars_return(const struct parc_core *core, int32_t job);

/* Let limits reckon with a job that will start, or start again, when others have gone (sign 1); no
 * longer (-1). Both within one decision. */
void quota_claim(struct parc_core *core, int32_t job, int sign);

/* The same of what is pledged: it will hold so many thousandths of a chip more; what it holds now
 * it will have left (sign 1) or not (-1). */
void quota_claim_on(struct parc_core *core, int32_t job, int32_t chip, int64_t milli);
void quota_claim_left(struct parc_core *core, int32_t job, int sign);

/* The gate at which a job has to wait that waits for this reason; -1: none. */
int32_t quota_gate(const struct parc_core *core, int32_t job, int32_t reason);

/* What was planned from placement `first` on fits the limits by its minima: take back the last of
 * what is more until all of it does. */
void quota_trim(struct parc_core *core, int32_t job, int32_t first);

/* The tenant may have room now that it had not. */
void quota_note(struct parc_core *core, int32_t tenant);

/* Of each gate that may have got room let the first that fits step in; all that fit; the same of
 * every gate, whether or not it may have got room. */
void quota_open(struct parc_core *core);
void quota_open_rest(struct parc_core *core);
void quota_open_all(struct parc_core *core);

/* Something was given back: let those in who may borrow now. */
void quota_open_pledge(struct parc_core *core);

/* A strand that stepped in and was not tried, since its line waits for something else, steps out
 * again, or its first job learns what its line waits for. Returns 0 when the step has no room for
 * more. `deciding` 0: only the first. */
int quota_settle(struct parc_core *core, int deciding);

/* T2: who waits at a gate does not fit, and who is listed as changed is. */
int quota_verify(const struct parc_core *core, struct parc_err *err);

#endif

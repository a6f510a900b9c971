/* SPDX-License-Identifier: Apache-2.0
 *
 * Specs: what is alike among jobs is held once, and counted. Most of a million jobs are of few
 * kinds; who submits one like those that are there takes no groups and no variants.
 *
 * Up to SPECS_MIN jobs may all be unlike; of more jobs one in SPECS_PART may be. Taking one costs
 * a look-up and a comparison of the groups.
 */
#ifndef CORE_SPEC_H
#define CORE_SPEC_H

#include "core/state.h"

/* What the job has in common with others. */
static inline const struct spec *spec_of(const struct parc_core *core, const struct job *job)
{
	return &core->specs[job->spec];
}

static inline const struct spec *job_spec(const struct parc_core *core, int32_t job)
{
	return spec_of(core, &core->jobs[job]);
}

#define SPECS_MIN  (1 << 17)
#define SPECS_PART 8

/* So many there are at most, for so many jobs. */
int32_t spec_limit(int32_t jobs);

/* Does a job in this slot hold something? */
static inline int allocation_is_live(const struct parc_core *core, int32_t slot)
{
	return core->jobs[slot].runs;
}

/* The allocation of a job, -1: none; the job of an allocation. */
static inline int32_t job_allocation(const struct parc_core *core, int32_t job)
{
	return core->jobs[job].runs ? job : -1;
}

static inline int32_t job_of(const struct parc_core *core, const struct allocation *allocation)
{
	return (int32_t)(allocation - core->allocations);
}

void spec_init(struct parc_core *core, struct block *block);

/* Is there room for another one, with so many groups and variants? */
int spec_has_room(const struct parc_core *core, int32_t groups, int32_t variants);

/* That of the jobs that are like a submitted one; -1: there are none. */
int32_t spec_find(const struct parc_core *core, const struct parc_submit *submit);

/* It is about to be submitted: fetch from memory what it will look at, if its like was lately. */
void spec_foresee(const struct parc_core *core, const struct parc_submit *submit);

/* The same, made if there are none, with one more reference. */
int32_t spec_take(struct parc_core *core, const struct parc_submit *submit);

/* Back from spec_take and the next two. */
void spec_release(struct parc_core *core, int32_t spec);

/* Another job has this one, which is returned. */
int32_t spec_share(struct parc_core *core, int32_t spec);

/* The one that is like this one, but asks for the shares that its kind is booked; a reference
 * goes from this one to that. There must be room for it, unless this one is only of one job. */
int32_t spec_repack(struct parc_core *core, int32_t spec);

/* Put all of them into the buckets, after decoding. */
void spec_rebuild(struct parc_core *core);

/* Q6: each is counted by its jobs and found where it is looked for. */
int spec_verify(const struct parc_core *core, struct parc_err *err);

#endif

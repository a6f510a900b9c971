/* SPDX-License-Identifier: Apache-2.0
 *
 * How fast a job runs on a chip, and how sure that is. Where several say so the first holds:
 *
 *   set       the operator measured this kind of job on this chip
 *   learnt    the mean of the kind's runs that ended there
 *   declared  the job's variant says so
 *   chip      the chip's entry has a speed for the job's class
 *   unknown
 *
 * What is measured comes before what is claimed, and what is about this kind of job before what
 * is about its whole class; the operator's own figure is last, so that it can correct a wrong one.
 *
 * An unknown speed never wins by guess: a job for which somebody claims a speed on one of the
 * chips that it accepts and the fleet has goes to chips of known speed only. Where nobody does
 * there is nothing to compare with, and all are alike; what is learnt alone shuts no chip out, else
 * a kind would stay for ever on the chip where it happened to run first. A policy may allow trial
 * runs: so many starts of a kind on each chip that is shut out, from which its speed is learnt.
 */
#ifndef CORE_SPEED_H
#define CORE_SPEED_H

#include "core/spec.h"

/* In thousandths of the reference chip; 0 when it is unknown. `variant` is a slot, -1: none.
 * `source` may be NULL, else it is set to enum parc_speed. */
int32_t speed_known(const struct parc_core *core, const struct job *job, int32_t chip,
		    int32_t variant, int32_t *source);

/* That of a kind beside another one on half of the same devices (pair.h); 0: unknown. */
int32_t speed_beside(const struct parc_core *core, int64_t kind, int64_t beside, int32_t chip);

/* The same for reckoning times: that of the reference chip when it is unknown. */
int32_t speed_assumed(const struct parc_core *core, const struct job *job, int32_t chip,
		      int32_t variant);

/* The chip on which a task of this placement computes, -1: on none; its variant's slot, -1. */
int32_t speed_chip_of(const struct parc_core *core, const struct job *job,
		      const struct parc_placement *placement);
int32_t speed_variant_of(const struct parc_core *core, const struct job *job,
			 const struct parc_placement *placement);

/* May a speed of the job be known, so that chips have to be told apart? Cheap where none is. */
static inline int speed_matters(const struct parc_core *core, const struct job *job)
{
	const struct spec *spec = spec_of(core, job);

	return spec->variants >= 0 ||
	       (core->chips_paced[spec->work_class] & core->chips_here) != 0 ||
	       (spec->kind != PARC_NONE && core->speeds_count > 0);
}

/* Chips on which the group may run with this variant as far as speeds go; all bits if they do not
 * matter. It may be narrower after a start and wider only after an event. */
uint64_t speed_chips(const struct parc_core *core, const struct job *job, const struct group *group,
		     int32_t variant);

/* The same whatever trials run now: the jobs of one line have one answer as long as it lasts. */
uint64_t speed_chips_at_most(const struct parc_core *core, const struct job *job,
			     const struct group *group, int32_t variant);

/* Is the job kept off a chip of the fleet that it accepts, as its speed is unknown there? */
int speed_shuts_out(const struct parc_core *core, int32_t job);

/* Mix what speed_chips says of the job into the key of its line: jobs of one line may run on the
 * same chips, now and after any start. */
uint64_t speed_key(const struct parc_core *core, const struct job *job, uint64_t hash);

/* SPEED_MEASURED: may it be stepped; and what it changes. */
int speed_check(const struct parc_core *core, const struct parc_event *event, struct parc_err *err);
void speed_measure(struct parc_core *core, const struct parc_event *event);

/* The job starts there: count it on each chip where that is a trial. */
void speed_started(struct parc_core *core, const struct job *job,
		   const struct parc_placement *placements, int32_t count);

/* A chip has a speed, another one, or none any more: lines are made anew. The same when one came
 * into the fleet or left it, if anything has a speed. */
void speed_changed(struct parc_core *core);
void speed_chips_changed(struct parc_core *core);
void speed_chip_set(struct parc_core *core, int32_t chip);

void speed_init(struct parc_core *core, struct block *block);
void speed_rebuild(struct parc_core *core); /* what is derived */
uint64_t speed_hash(const struct parc_core *core);
int speed_verify(const struct parc_core *core, struct parc_err *err);

/* Is the record one that events could have made? For decoding. */
int speed_is_possible(const struct speed *it);

#endif

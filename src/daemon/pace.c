/* SPDX-License-Identifier: Apache-2.0
 *
 * What a run that ended well says of the speed of its kind: work on the reference chip over the
 * time that it took, an event (speed measured) of one run. Of one chip alone, in a single kind of
 * share from start to end: who was booked anew on the way, or was beside another, says nothing.
 *
 * The work is what the job itself counted, in seconds on the reference chip, over the time until it
 * said so; else the length that it was submitted with, without what earlier attempts kept.
 *
 * A speed is that of the share which was asked for, beside the same share of the reference chip.
 * Who was booked more, as the chip is given whole or in templates, tells of what he asked for only
 * his part: a quarter that had all of a chip says nothing good of what all of it does to others of
 * its kind, who ask for all.
 */
#include "daemon/act.h"
#include "daemon/kind.h"

#define RUN_LEAST_US 1000000 /* shorter ones tell more of starting than of speed */

/* Work that this attempt did and how long that took; 0: it does not say. */
static int64_t work_of(struct daemon *daemon, const json_t *spec,
		       const struct store_attempt *attempt, int64_t wall_us, int64_t *time_us)
{
	struct store_progress row = {0};
	int64_t begin_us = 0;

	if (store_progress_find(daemon->store, attempt->job, &row, NULL) == 1)
		begin_us = row.allocation == attempt->allocation ? row.begin.work_us
								 : row.kept.work_us;
	*time_us = wall_us;
	if (row.allocation == attempt->allocation && row.now.total == 0 && row.now.done > 0) {
		*time_us = row.progress_us - attempt->started_us;
		return row.now.done - begin_us;
	}
	return spec_us(spec, "expected_s") - begin_us;
}

/* Thousandths of the reference chip; 0: it does not say. */
static int32_t speed_of(int64_t work_us, int64_t time_us)
{
	__int128 speed;

	if (work_us <= 0 || time_us < RUN_LEAST_US)
		return 0;
	speed = ((__int128)work_us * PARC_SHARE_WHOLE + time_us / 2) / time_us;
	return speed > PARC_SPEED_MAX ? 0 : (int32_t)speed;
}

/* The one chip that the job runs on, as it asked for it all the time; -1: there is none. `part` of
 * `whole`: what it asked for of what it holds. */
static int32_t chip_of(struct daemon *daemon, int64_t job, const struct store_attempt *attempt,
		       int64_t *part, int64_t *whole)
{
	struct parc_pace pace;
	struct parc_job_info info;

	*part = *whole = 1;
	if (parc_job_pace(daemon->core, job, &pace) != 0 || pace.chips == 0 ||
	    (pace.chips & (pace.chips - 1)) != 0 || parc_job_info(daemon->core, job, &info) != 0 ||
	    info.booked_milli < info.asked_milli || attempt->rebooked_us != 0 ||
	    attempt->started_us == 0)
		return -1;
	if (info.booked_milli > 0) { /* rented cores are what was asked for */
		*part = info.asked_milli;
		*whole = info.booked_milli;
	}
	return __builtin_ctzll(pace.chips);
}

int pace_find(struct daemon *daemon, const struct engine_report *report, int64_t number,
	      struct parc_event *event)
{
	struct store_attempt attempt;
	struct store_job job;
	int64_t work_us, time_us = 0, part, whole;
	const char *kind;
	json_t *spec;
	int found;

	if (report->result != PARC_RESULT_OK || report->stopped ||
	    store_attempt_find(daemon->store, report->key.allocation, &attempt, NULL) != 1 ||
	    store_job_find(daemon->store, number, &job, NULL) != 1)
		return 0;
	spec = json_loads(job.spec, 0, NULL);
	kind = json_string_value(json_object_get(spec, "kind"));
	*event = (struct parc_event){.kind = PARC_EVENT_SPEED_MEASURED,
				     .speed = {.chip = -1, .count = 1}};
	if (kind != NULL)
		event->speed.chip = chip_of(daemon, number, &attempt, &part, &whole);
	found = event->speed.chip >= 0 &&
		kind_find(daemon, job.tenant, kind, &event->speed.kind, NULL) == 0 &&
		event->speed.kind != PARC_NONE;
	if (found) {
		work_us = work_of(daemon, spec, &attempt, report->wall_us, &time_us);
		work_us = (int64_t)((__int128)work_us * part / whole);
		event->speed.speed_milli = speed_of(work_us, time_us);
	}
	json_decref(spec);
	return found && event->speed.speed_milli > 0;
}

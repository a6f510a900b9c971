/* SPDX-License-Identifier: Apache-2.0
 *
 * Recovery: the newest snapshot that is whole, and the records after it, applied. Then core and
 * engine are brought together: each attempt that the core has is started, stopped or ended as lost,
 * and what the engine has beside it is forgotten.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/act.h"
#include "parc/run.h"
#include "store/quarantine.h"
#include "store/snapshot.h"

#define ENTRIES_STEP  256 /* asked of the engine at a time */
#define SETTING_CLOCK "clock"
#define AHEAD_WARN_US INT64_C(5000000)

struct replay {
	struct daemon *daemon;
	int64_t time_us, applied;
	int64_t number; /* of the record that is being applied; 0: none */
	struct parc_event event;
};

static int record_apply(void *context, const struct store_record *record, struct parc_err *err)
{
	struct replay *replay = context;
	struct parc_core *core = replay->daemon->core;
	struct parc_err why = {0};

	replay->time_us = record->event.time_us;
	if (record->number <= replay->daemon->snapshot_number)
		return 0; /* only its time was wanted */
	replay->number = record->number;
	replay->event = record->event;
	if (parc_apply(core, &record->event, &record->actions, &why) != 0)
		return parc_err_set(err, PARC_ERR_CORRUPT,
				    "record %lld of the journal cannot be applied: %s",
				    (long long)record->number, why.text);
	if (record->digest != parc_digest(core))
		return parc_err_set(err, PARC_ERR_CORRUPT,
				    "record %lld of the journal gives another state than it gave "
				    "when it was written",
				    (long long)record->number);
	replay->applied++;
	replay->number = 0;
	return 0;
}

/* A record on which the recovery stops is put aside for people, with what is wrong: an audit shows
 * it. The journal stays as it is. */
static void record_aside(struct replay *replay, const struct parc_err *why)
{
	struct store *store = replay->daemon->store;

	if (replay->number > 0 && store_begin(store, NULL) == 0 &&
	    store_quarantine_add(store, replay->time_us, &replay->event, why->text, NULL) == 0)
		store_commit(store, NULL);
}

static int core_make(struct daemon *daemon, struct parc_err *err)
{
	struct store *store = daemon->store;
	int32_t broken = 0;
	int code = snapshot_get(daemon->options.directory, store_last(store), &daemon->core,
				&daemon->snapshot_number, &broken, err);

	if (code == 0 && snapshot_oldest(daemon->options.directory, store_last(store) + 1) > 0)
		return parc_err_set(
			err, PARC_ERR_CORRUPT,
			"snapshot %lld is newer than the journal, which ends at record %lld: the "
			"database is not the one that the folder had; put that back, or name "
			"another folder",
			(long long)snapshot_oldest(daemon->options.directory,
						   store_last(store) + 1),
			(long long)store_last(store));
	if (broken > 0)
		log_write(&daemon->log, LOG_WARNING_LEVEL,
			  "%d damaged snapshots were passed over; the journal has it all", broken);
	if (code != 0 || daemon->core != NULL)
		return code;
	if (store_first(store) > 1)
		return parc_err_set(err, PARC_ERR_CORRUPT,
				    "the journal begins at record %lld, and no snapshot before it "
				    "is whole; restore one from a backup",
				    (long long)store_first(store));
	daemon->core = parc_core_create(store_limits(store), store_seed(store), err);
	return daemon->core == NULL ? PARC_ERR_MEMORY : 0;
}

/* The time goes on as it did where something runs, and is kept for the next start. */
static int time_begin(struct daemon *daemon, int64_t last_us, struct parc_err *err)
{
	char text[WALL_TEXT_BYTES];
	const char *kept = "";
	struct parc_run run;
	int32_t index = 0;
	int64_t number, ahead_us;
	int code;

	if (parc_run_at(daemon->core, &index, &run) != 0 ||
	    store_name_find(daemon->store, STORE_SETTING, SETTING_CLOCK, &number, &kept, NULL) !=
		    1 ||
	    !wall_resume(&daemon->wall, kept, last_us))
		wall_init(&daemon->wall, last_us);
	ahead_us = wall_ahead_us(&daemon->wall);
	if (ahead_us > AHEAD_WARN_US || ahead_us < -AHEAD_WARN_US)
		log_write(&daemon->log, LOG_WARNING_LEVEL,
			  "the system's clock is %lld s %s the daemon's, which goes on as it is: "
			  "jobs end and are billed by that one",
			  (long long)(ahead_us > 0 ? ahead_us : -ahead_us) / 1000000,
			  ahead_us > 0 ? "ahead of" : "behind");
	wall_write(&daemon->wall, text);
	if (strcmp(text, kept) == 0)
		return 0;
	code = store_begin(daemon->store, err);
	return code == 0 ? store_name_add(daemon->store, STORE_SETTING, SETTING_CLOCK, text,
					  &number, err)
			 : code;
}

/* Read from the snapshot's own record on, if it is there, to know the time of the last one. */
static int journal_apply(struct daemon *daemon, struct parc_err *err)
{
	struct replay replay = {.daemon = daemon};
	int64_t from = 1;
	int64_t begin_us = wall_ticks_us();
	int code = core_make(daemon, err);

	if (code == 0) {
		from = daemon->snapshot_number > 0 ? daemon->snapshot_number : 1;
		from += store_first(daemon->store) ==
			from + 1; /* its own record may be forgotten */
		code = store_scan(daemon->store, from, record_apply, &replay, err);
	}
	if (code != 0) {
		record_aside(&replay, err);
		return code;
	}
	code = time_begin(daemon, replay.time_us, err);
	if (code != 0)
		return code;
	daemon->marks.last_us = replay.time_us;
	daemon->now_us = wall_now_us(&daemon->wall);
	daemon->next_job = store_job_last(daemon->store) + 1;
	daemon->figures.recovered = replay.applied;
	daemon->figures.recovery_us = wall_ticks_us() - begin_us;
	if (store_last(daemon->store) > 0)
		log_write(&daemon->log, LOG_INFO_LEVEL,
			  "recovered %lld jobs from snapshot %lld and %lld records in %lld ms",
			  (long long)parc_count(daemon->core, PARC_COUNT_JOBS),
			  (long long)daemon->snapshot_number, (long long)replay.applied,
			  (long long)(daemon->figures.recovery_us / 1000));
	return 0;
}

/* ---- Core and engine */

struct entries {
	struct engine_entry *list;
	int32_t count, capacity;
};

static int entries_get(struct daemon *daemon, struct entries *entries, struct parc_err *err)
{
	struct engine_key after = {0};
	int32_t got = ENTRIES_STEP;

	while (got == ENTRIES_STEP) {
		if (entries->count + ENTRIES_STEP > entries->capacity) {
			int32_t capacity = 2 * entries->capacity + ENTRIES_STEP;
			struct engine_entry *list =
				realloc(entries->list, (size_t)capacity * sizeof(*list));

			if (list == NULL)
				return parc_err_set(err, PARC_ERR_MEMORY, "no memory for attempts");
			entries->list = list;
			entries->capacity = capacity;
		}
		got = daemon->engine.calls->list(daemon->engine.self, after,
						 entries->list + entries->count, ENTRIES_STEP);
		entries->count += got;
		if (got > 0)
			after = entries->list[entries->count - 1].key;
	}
	return 0;
}

static int entries_have(const struct entries *entries, struct engine_key key)
{
	int32_t low = 0, high = entries->count;

	while (low < high) {
		int32_t middle = low + (high - low) / 2;
		const struct engine_key *it = &entries->list[middle].key;

		if (it->allocation < key.allocation ||
		    (it->allocation == key.allocation && it->attempt < key.attempt))
			low = middle + 1;
		else
			high = middle;
	}
	return low < entries->count && entries->list[low].key.allocation == key.allocation &&
	       entries->list[low].key.attempt == key.attempt;
}

struct meeting {
	struct daemon *daemon;
	const struct entries *entries;
	struct parc_err *err;
};

static int lost_keep(struct meeting *meeting, struct engine_key key)
{
	struct engine_report report = {.kind = ENGINE_ENDED,
				       .key = key,
				       .time_us = meeting->daemon->now_us,
				       .result = PARC_RESULT_LOST,
				       .exit_code = -1,
				       .memory_peak_mib = -1,
				       .busy_us = -1,
				       .text = "it was lost while the daemon was away"};

	return late_add(meeting->daemon, &report, meeting->err);
}

static int attempt_meet(void *context, const struct store_attempt *attempt)
{
	struct meeting *meeting = context;
	struct daemon_act act = {.key = {attempt->allocation, attempt->attempt},
				 .job = attempt->job};
	struct parc_policy policy;
	struct parc_job_info info;

	if (parc_job_info(meeting->daemon->core, attempt->job, &info) != 0 ||
	    info.allocation != attempt->allocation)
		return 0; /* it ended without a report */
	if (info.state == PARC_JOB_STARTING) {
		act.kind = ACT_START; /* it may have been told before: starting is idempotent */
	} else if (info.state == PARC_JOB_STOPPING) {
		act.kind = ACT_STOP;
		act.why = attempt->result;
		parc_policy_get(meeting->daemon->core, &policy);
		act.grace_us = policy.grace_us;
	} else {
		if (!entries_have(meeting->entries, act.key))
			return lost_keep(meeting, act.key);
		if (attempt->rebooked_us == 0)
			return 0;
		act.kind = ACT_REBOOK; /* it may not have been told */
	}
	return act_keep(meeting->daemon, &act, meeting->err);
}

/* What the engine has and the core has not: its end is committed. */
static int entry_meet(struct daemon *daemon, const struct engine_entry *entry, struct parc_err *err)
{
	struct daemon_act act = {.kind = ACT_FORGET, .key = entry->key};
	struct store_attempt attempt;
	struct parc_job_info info;

	if (store_attempt_find(daemon->store, entry->key.allocation, &attempt, NULL) == 1 &&
	    parc_job_info(daemon->core, attempt.job, &info) == 0 &&
	    info.allocation == entry->key.allocation && info.attempt == entry->key.attempt)
		return 0;
	if (entry->state != ENGINE_OVER) {
		log_write(
			&daemon->log, LOG_WARNING_LEVEL,
			"attempt %d of allocation %lld runs and nobody knows of it: it is stopped",
			entry->key.attempt, (long long)entry->key.allocation);
		act.kind = ACT_STOP;
	}
	return act_keep(daemon, &act, err);
}

static int engine_meet(struct daemon *daemon, struct parc_err *err)
{
	struct entries entries = {0};
	struct meeting meeting = {daemon, &entries, err};
	int code = entries_get(daemon, &entries, err);

	if (code == 0)
		code = store_attempt_live(daemon->store, attempt_meet, &meeting, err);
	for (int32_t i = 0; code == 0 && i < entries.count; i++)
		code = entry_meet(daemon, &entries.list[i], err);
	free(entries.list);
	return code == 0 ? notices_keep(daemon, err) : code;
}

int recover(struct daemon *daemon, struct parc_err *err)
{
	int code = journal_apply(daemon, err);

	return code == 0 ? engine_meet(daemon, err) : code;
}

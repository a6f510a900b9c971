/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon in one process, on the dry engine: what a round acknowledged is there after any
 * failure of the disk, recovery from a snapshot and from the whole journal give one state, time
 * never runs backwards, and configurations are read or refused whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "daemon/act.h"
#include "review/audit.h"
#include "store/notices.h"
#include "store/snapshot.h"
#include "support/dry.h"
#include "support/faulty.h"
#include "support/folder.h"

#define JOBS 12 /* in a short life, each in a round of its own */

/* Rounds until the job has ended. */
static void live_until_end(struct daemon *daemon, int64_t job)
{
	struct store_job row = {0};
	struct parc_err err = {0};

	while (row.state != PARC_JOB_ENDED) {
		if (daemon_round(daemon, -1, &err) != 0)
			fail_msg("%s", err.text);
		assert_int_equal(store_job_find(daemon->store, job, &row, NULL), 1);
	}
}

static void test_a_job_lives_from_submission_to_end(void **state)
{
	struct daemon *daemon = dry_make(NULL);
	struct store_attempt attempt;
	struct store_job row;

	(void)state;
	assert_int_equal(dry_submit(daemon,
				    ", \"devices\": 2, \"environment\": {\"PARC_DRY_EXIT\": \"3\"}",
				    NULL),
			 1);
	live_until_end(daemon, 1);
	assert_int_equal(store_job_find(daemon->store, 1, &row, NULL), 1);
	assert_int_equal(row.result, PARC_RESULT_FAILED);
	assert_int_equal(row.exit_code, 3);
	assert_int_equal(row.attempts, 1);
	assert_int_equal(store_attempt_find(daemon->store, row.allocation, &attempt, NULL), 1);
	assert_int_equal(attempt.held_milli, 2000);
	assert_int_not_equal(attempt.started_us, 0);
	assert_int_not_equal(attempt.end_us, 0);
	assert_int_equal(parc_count(daemon->core, PARC_COUNT_JOBS), 0);
	dry_end(daemon);
}

static void test_what_is_stopped_has_the_result_it_was_stopped_for(void **state)
{
	struct daemon *daemon = dry_make(NULL);
	struct parc_event event = {.kind = PARC_EVENT_CANCEL, .job.job = 1};
	struct store_job row;

	(void)state;
	dry_submit(daemon, ", \"environment\": {\"PARC_DRY_S\": \"1000\"}", NULL);
	daemon_round(daemon, 0, &(struct parc_err){0});
	assert_int_equal(daemon_step(daemon, &event, NULL), 0);
	live_until_end(daemon, 1);
	store_job_find(daemon->store, 1, &row, NULL);
	assert_int_equal(row.result, PARC_RESULT_CANCELLED);
	dry_end(daemon);
}

/* The state after recovery is that of the journal decided anew, and all invariants hold. */
static void expect_recovered(int64_t acknowledged)
{
	struct daemon *daemon = dry_make(NULL);
	struct parc_err err = {0};
	struct audit audit;
	struct store_job row;
	uint64_t digest;

	for (int64_t j = 1; j <= acknowledged; j++)
		assert_int_equal(store_job_find(daemon->store, j, &row, NULL), 1);
	assert_true(daemon->next_job >= acknowledged + 1);
	assert_true(daemon->next_job <= acknowledged + 2);
	if (parc_core_check(daemon->core, &err) != 0)
		fail_msg("%s", err.text);
	digest = parc_digest(daemon->core);
	dry_end(daemon);
	if (audit_run(&audit, dry_data, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(audit.digest, digest);
}

/* A short life in which something fails: how many submissions a round acknowledged. */
static int64_t live_while_it_lasts(void)
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	struct parc_err err = {0};
	int64_t acknowledged = 0;
	int code = dry_open(daemon, NULL, &err);

	daemon->config.snapshot_records = 4;
	while (code == 0 && acknowledged < JOBS) {
		int64_t job = dry_submit(daemon, ", \"devices\": 1", &err);

		code = daemon_round(daemon, 0, &err);
		if (code == 0) {
			assert_int_equal(job, acknowledged + 1);
			acknowledged++;
		} else {
			assert_int_equal(daemon_round(daemon, 0, &err), code);
		}
	}
	if (daemon->core != NULL)
		daemon_close(daemon);
	free(daemon);
	return acknowledged;
}

static void each_fails(int kind)
{
	int64_t lived = 0;

	for (int64_t n = 1; lived < JOBS; n += 1 + n / 8) {
		faulty_fail_after(kind, n);
		lived = live_while_it_lasts();
		faulty_fail_after(0, 0);
		expect_recovered(lived);
		folder_remove(dry_data);
	}
}

static void test_each_write_fails(void **state)
{
	(void)state;
	each_fails(FAULTY_WRITE);
}

static void test_each_sync_fails(void **state)
{
	(void)state;
	each_fails(FAULTY_SYNC);
}

static void test_the_disk_is_full(void **state)
{
	(void)state;
	each_fails(FAULTY_FULL);
}

/* Of the snapshots; what SQLite does with names fails below this layer. */
static void test_each_name_fails(void **state)
{
	(void)state;
	each_fails(FAULTY_NAME);
}

static void test_each_truncation_fails(void **state)
{
	(void)state;
	each_fails(FAULTY_TRUNCATE);
}

/* What a life does beside submitting: snapshots, here or by a child that may still write when the
 * power goes, forgetting what is before them, emptying the log into the database. */
static void care_for(struct daemon *daemon, uint64_t *random)
{
	int64_t last = store_last(daemon->store);

	switch (random_below(random, 8)) {
	case 0:
		snapshot_put(dry_data, daemon->core, last, NULL);
		retain_snapshots(daemon);
		break;
	case 1:
		if (daemon->snapshot_child == 0)
			daemon->snapshot_child =
				snapshot_put_paced(dry_data, daemon->core, last, NULL);
		break;
	case 2: /* a snapshot_reap that comes late: another look is due */
		if (daemon->snapshot_child > 0)
			waitpid(daemon->snapshot_child, NULL, 0);
		daemon->snapshot_child = 0;
		retain_snapshots(daemon);
		break;
	default:
		break;
	}
	daemon->expire_us = 0;
	daemon->retain.look_us = 0;
	daemon->config.keep.journal_bytes = (int64_t)random_below(random, 2);
	daemon->config.keep.jobs_us = 0;
	if (random_below(random, 4) == 0)
		store_checkpoint(daemon->store);
}

/* The power goes off between two rounds or in one that was not acknowledged. Of what was not synced
 * any part may be on the disk, the last write torn. */
static void test_power_is_lost(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		uint64_t random = random_mix(seed);
		int64_t lived = 1 + (int64_t)random_below(&random, JOBS);
		struct daemon *daemon;
		struct parc_err err = {0};

		faulty_watch();
		daemon = dry_make(NULL);
		for (int64_t j = 1; j <= lived; j++) {
			assert_int_equal(dry_submit(daemon, ", \"devices\": 1", &err), j);
			assert_int_equal(daemon_round(daemon, 0, &err), 0);
			care_for(daemon, &random);
		}
		if (seed % 3 == 0)
			dry_submit(daemon, ", \"devices\": 1", NULL); /* not acknowledged */
		faulty_power_off();
		if (seed % 3 == 1 && dry_submit(daemon, "", NULL) > 0)
			daemon_round(daemon, 0, &err); /* into the dark */
		dry_end(daemon);
		faulty_crash(seed);
		expect_recovered(lived);
		folder_remove(dry_data);
	}
}

static void test_a_snapshot_gives_what_the_journal_gives(void **state)
{
	struct daemon *daemon = dry_make(NULL);
	struct parc_err err = {0};
	uint64_t digest;
	int64_t last;
	char path[500];

	(void)state;
	for (int i = 0; i < 5; i++)
		dry_submit(daemon, ", \"held\": true, \"devices\": 1", NULL);
	assert_int_equal(daemon_round(daemon, 0, &err), 0);
	last = store_last(daemon->store);
	assert_int_equal(snapshot_put(dry_data, daemon->core, last, NULL), 0);
	dry_submit(daemon, ", \"held\": true, \"devices\": 2", NULL);
	assert_int_equal(daemon_round(daemon, 0, &err), 0);
	digest = parc_digest(daemon->core);
	dry_end(daemon);
	daemon = dry_make(NULL);
	assert_int_equal(daemon->snapshot_number, last);
	assert_int_equal(parc_digest(daemon->core), digest);
	dry_end(daemon);
	snprintf(path, sizeof(path), "%s/snapshot-%lld.parc", dry_data, (long long)last);
	assert_int_equal(truncate(path, 100), 0);
	daemon = dry_make(NULL);
	assert_int_equal(daemon->snapshot_number, 0);
	assert_int_equal(parc_digest(daemon->core), digest);
	dry_end(daemon);
}

static void test_time_does_not_run_backwards(void **state)
{
	struct daemon *daemon = dry_make(NULL);
	int64_t later_us = daemon->now_us + INT64_C(3600000000);

	(void)state;
	daemon->now_us = later_us;
	dry_submit(daemon, ", \"held\": true", NULL);
	assert_int_equal(store_commit(daemon->store, NULL), 0);
	dry_end(daemon);
	daemon = dry_make(NULL);
	assert_true(daemon->now_us >= later_us);
	assert_true(wall_ahead_us(&daemon->wall) < 0);
	dry_end(daemon);
}

/* What was kept of a clock is gone on with in the same boot, and never before the last record. */
static void test_time_goes_on_from_what_was_kept(void **state)
{
	struct wall wall, again, other = {0};
	char text[WALL_TEXT_BYTES];

	(void)state;
	wall_init(&wall, 0);
	wall.base_us += INT64_C(86400000000);
	wall_write(&wall, text);
	assert_int_equal(wall_resume(&again, text, 0), 1);
	assert_int_equal(again.base_us, wall.base_us);
	assert_int_equal(again.begin_us, wall.begin_us);
	assert_int_equal(wall_resume(&again, text, wall.base_us + INT64_C(86400000000)), 1);
	assert_true(wall_now_us(&again) >= wall.base_us + INT64_C(86400000000));
	text[strlen(text) - 1] ^= 1; /* of another boot */
	assert_int_equal(wall_resume(&other, text, 0), 0);
	assert_int_equal(wall_resume(&other, "", 0), 0);
	assert_int_equal(wall_resume(&other, "1 2", 0), 0);
	assert_int_equal(other.base_us, 0);
}

static void test_what_cannot_be_submitted_leaves_no_trace(void **state)
{
	struct daemon *daemon = dry_make(NULL);
	struct parc_err err = {0};
	int64_t last = store_last(daemon->store);

	(void)state;
	assert_true(dry_submit(daemon, ", \"after\": [7]", &err) < 0);
	assert_true(dry_submit(daemon, ", \"chips\": [\"none\"]", &err) < 0);
	assert_true(dry_submit(daemon, ", \"array\": {\"count\": 5000}", &err) < 0);
	assert_true(dry_submit(daemon, ", \"tenant\": \"nobody\"", &err) < 0);
	assert_int_equal(daemon_round(daemon, 0, &err), 0);
	assert_int_equal(store_last(daemon->store), last);
	assert_int_equal(store_job_last(daemon->store), 0);
	assert_int_equal(dry_submit(daemon, "", &err), 1);
	dry_end(daemon);
}

static int say(struct daemon *daemon, int is_checkpoint, int64_t done, int64_t total)
{
	struct daemon_progress said = {.job = 1,
				       .key = {.allocation = 1, .attempt = 1},
				       .is_checkpoint = is_checkpoint,
				       .is_until_now = done < 0,
				       .amount = {done < 0 ? 0 : done * 1000000, total * 1000000},
				       .time_us = daemon->now_us};

	return daemon_progress(daemon, &said, NULL);
}

static void test_progress_in_a_unit_of_its_own_is_work_of_the_length_it_gave(void **state)
{
	struct daemon *daemon = dry_make(NULL);
	struct store_progress row;
	struct parc_err err = {0};
	int64_t last;

	(void)state;
	dry_submit(daemon, ", \"expected_s\": 200, \"environment\": {\"PARC_DRY_S\": \"1000\"}",
		   NULL);
	daemon_round(daemon, 0, &err);
	assert_int_equal(say(daemon, 0, 10, 40), 0);
	last = store_last(daemon->store);
	assert_int_equal(say(daemon, 0, 10, 40), 0);
	assert_int_equal(store_last(daemon->store), last); /* nothing new */
	assert_int_equal(say(daemon, 1, -1, 0), 0);	   /* of what progress said */
	assert_int_equal(say(daemon, 0, 30, 40), 0);
	assert_int_equal(say(daemon, 1, 20, 40), 0); /* begun before: progress stays */
	assert_int_equal(store_progress_find(daemon->store, 1, &row, NULL), 1);
	assert_int_equal(row.kept.done, 20000000);
	assert_int_equal(row.kept.work_us, 100000000);
	assert_int_equal(row.now.done, 30000000);
	assert_int_equal(say(daemon, 0, 50, 40), PARC_ERR_INVALID);
	assert_int_equal(say(daemon, 0, 2000000000, 0), PARC_ERR_INVALID);
	assert_int_equal(daemon_round(daemon, 0, &err), 0);
	dry_end(daemon);
}

static void test_an_attempt_that_is_over_reports_nothing(void **state)
{
	struct daemon *daemon = dry_make(NULL);
	struct store_progress row;

	(void)state;
	dry_submit(daemon, "", NULL);
	live_until_end(daemon, 1);
	assert_int_equal(say(daemon, 0, 1, 2), PARC_ERR_UNKNOWN);
	assert_int_equal(store_progress_find(daemon->store, 1, &row, NULL), 0);
	dry_end(daemon);
}

/* The owner of devices that stay idle is told: in the job's row, and with a change. */
static void test_who_is_idle_is_warned(void **state)
{
	struct daemon *daemon;
	struct engine_report use = {.kind = ENGINE_USE, .key = {1, 1}, .busy_milli = 0};
	struct store_job row = {0};
	struct parc_err err = {0};

	(void)state;
	text_write(dry_config, "serve: {policy: {idle: 1us, idle_act: warn}}");
	daemon = dry_make(dry_config);
	dry_submit(daemon, ", \"devices\": 1, \"environment\": {\"PARC_DRY_S\": \"1000\"}", NULL);
	while (row.state != PARC_JOB_RUNNING) {
		assert_int_equal(daemon_round(daemon, -1, &err), 0);
		assert_int_equal(store_job_find(daemon->store, 1, &row, NULL), 1);
	}
	assert_string_equal(row.detail, "");
	use.key.allocation = row.allocation;
	assert_int_equal(late_add(daemon, &use, &err), 0);
	while (row.detail[0] == '\0') {
		assert_int_equal(daemon_round(daemon, -1, &err), 0);
		assert_int_equal(store_job_find(daemon->store, 1, &row, NULL), 1);
	}
	assert_non_null(strstr(row.detail, "does not use them"));
	assert_int_equal(daemon->changes[daemon->changes_count - 1].warning, PARC_WARN_IDLE);
	dry_end(daemon);
}

/* What the engine was told, in the place of an engine that tells nobody. */
static char told_lines[1024];
static int32_t held_share, told_why;
static int is_deaf; /* it dies as it is told: what it does from then on has not been done */

static int spy_tell(void *self, struct engine_key key, const char *line, struct parc_err *err)
{
	size_t used = strlen(told_lines);

	(void)self;
	(void)key;
	(void)err;
	if (is_deaf)
		return 0;
	snprintf(told_lines + used, sizeof(told_lines) - used, "%s\n", line);
	return 0;
}

static int spy_rebook(void *self, struct engine_key key, const struct parc_placement *placements,
		      int32_t count, struct parc_err *err)
{
	(void)self;
	(void)key;
	(void)err;
	assert_int_equal(count, 1);
	held_share = placements[0].share_milli;
	return 0;
}

static int spy_stop(void *self, struct engine_key key, int64_t grace_us, int32_t why,
		    struct parc_err *err)
{
	(void)self;
	(void)key;
	(void)grace_us;
	(void)err;
	told_why = is_deaf ? 0 : why;
	return 0;
}

static int is_spied;
int __real_engine_open_dry(struct engine *engine, const struct engine_machine *machine,
			   struct parc_err *err);
int __wrap_engine_open_dry(struct engine *engine, const struct engine_machine *machine,
			   struct parc_err *err);

/* In the place of engine_open_dry: the same engine, heard by the spies. */
int __wrap_engine_open_dry(struct engine *engine, const struct engine_machine *machine,
			   struct parc_err *err)
{
	static struct engine_calls spy;
	int code = __real_engine_open_dry(engine, machine, err);

	if (code != 0 || !is_spied)
		return code;
	spy = *engine->calls;
	spy.tell = spy_tell;
	spy.rebook = spy_rebook;
	spy.stop = spy_stop;
	engine->calls = &spy;
	return 0;
}

/* A daemon, opened or opened again, whose engine is heard. */
static struct daemon *spied_make(void)
{
	struct daemon *daemon;

	told_lines[0] = '\0';
	told_why = 0;
	is_spied = 1;
	daemon = dry_make(dry_config);
	is_spied = 0;
	return daemon;
}

/* One more job that holds a device: rounds until it has started. */
static void hold_a_device(struct daemon *daemon, struct store_attempt *row)
{
	struct parc_err err = {0};

	*row = (struct store_attempt){0};
	dry_submit(daemon,
		   ", \"devices\": 1, \"device_memory_mib\": 64, "
		   "\"environment\": {\"PARC_DRY_S\": \"1000\"}",
		   NULL);
	while (row->started_us == 0) {
		assert_int_equal(daemon_round(daemon, -1, &err), 0);
		assert_int_equal(store_attempt_find(daemon->store, 1, row, NULL), 1);
	}
}

/* Who stays idle is told, then shrunk; the engine is told the share, and what was promised before
 * is not forgotten. */
static void test_who_is_booked_anew_is_told_and_held_to_it(void **state)
{
	struct engine_report use = {.kind = ENGINE_USE, .key = {1, 1}, .busy_milli = 0};
	struct store_attempt row;
	struct parc_err err = {0};
	struct daemon *daemon;
	int64_t half_us;

	(void)state;
	text_write(dry_config, "serve: {policy: {idle: 1us, idle_grace: 1us, idle_act: shrink}}");
	daemon = spied_make();
	hold_a_device(daemon, &row);
	assert_int_equal(row.held_milli, 1000);
	assert_int_equal(late_add(daemon, &use, &err), 0);
	while (row.rebooked_us == 0) {
		assert_int_equal(daemon_round(daemon, -1, &err), 0);
		assert_int_equal(store_attempt_find(daemon->store, 1, &row, NULL), 1);
	}
	assert_true(row.held_milli > 0 && row.held_milli < 1000);
	assert_int_equal(row.promised_us, 1000 * (row.rebooked_us - row.started_us));
	half_us = row.rebooked_us + 500;
	assert_int_equal(store_promised_us(&row, half_us), row.promised_us + row.held_milli * 500);
	assert_int_equal(held_share, row.held_milli);
	snprintf(err.text, sizeof(err.text),
		 "warn idle grace_us=1 number=1\nshare group=0 milli=%d number=2\n", held_share);
	assert_string_equal(told_lines, err.text);
	dry_end(daemon);
}

/* The daemon dies after the commit, before it could tell: the next one tells, with the number that
 * the job knows it by; told and committed as told, it is told no more. */
static void test_a_notice_outlives_the_daemon(void **state)
{
	struct engine_report use = {.kind = ENGINE_USE, .key = {1, 1}, .busy_milli = 0};
	static const char line[] = "warn idle grace_us=60000000 number=1\n";
	struct store_notice notice;
	struct store_attempt row;
	struct parc_err err = {0};
	struct daemon *daemon;

	(void)state;
	text_write(dry_config, "serve: {policy: {idle: 1us, idle_grace: 1m, idle_act: warn}}");
	daemon = spied_make();
	hold_a_device(daemon, &row);
	assert_int_equal(late_add(daemon, &use, &err), 0);
	is_deaf = 1;
	while (daemon->told_notice == 0)
		assert_int_equal(daemon_round(daemon, -1, &err), 0);
	is_deaf = 0;
	assert_string_equal(told_lines, "");
	dry_end(daemon);
	/* Twice: that it was told is not committed when this one dies. */
	for (int times = 0; times < 2; times++) {
		daemon = spied_make();
		assert_string_equal(told_lines, line);
		dry_end(daemon);
	}
	daemon = spied_make();
	assert_int_equal(daemon_round(daemon, 0, &err), 0);
	assert_true(dry_submit(daemon, "", NULL) > 0);
	assert_int_equal(daemon_round(daemon, 0, &err), 0);
	assert_string_equal(told_lines, line);
	assert_int_equal(store_notice_next(daemon->store, 0, &notice, &err), 0);
	dry_end(daemon);
	daemon = spied_make();
	assert_int_equal(daemon_round(daemon, 0, &err), 0);
	assert_string_equal(told_lines, "");
	dry_end(daemon);
}

/* Likewise a stop, which is told with its reason. */
static void test_a_stop_outlives_the_daemon_with_its_reason(void **state)
{
	struct parc_event cancel = {.kind = PARC_EVENT_CANCEL, .job.job = 1};
	struct store_attempt row;
	struct parc_err err = {0};
	struct daemon *daemon;

	(void)state;
	text_write(dry_config, "serve: {}");
	daemon = spied_make();
	hold_a_device(daemon, &row);
	assert_int_equal(daemon_step(daemon, &cancel, &err), 0);
	is_deaf = 1;
	assert_int_equal(daemon_round(daemon, 0, &err), 0);
	is_deaf = 0;
	dry_end(daemon);
	daemon = spied_make();
	assert_int_equal(told_why, PARC_RESULT_CANCELLED);
	dry_end(daemon);
}

/* Look ahead on a copy of the daemon's core. */
static void look_ahead(struct daemon *daemon, struct ahead *ahead)
{
	int64_t size = parc_state_encode(daemon->core, NULL, 0);
	void *bytes = malloc((size_t)size);
	struct parc_core *copy;

	assert_non_null(bytes);
	parc_state_encode(daemon->core, bytes, (size_t)size);
	copy = parc_state_decode(bytes, (size_t)size, NULL);
	free(bytes);
	assert_non_null(copy);
	assert_int_equal(ahead_run(ahead, copy, daemon->now_us, NULL), 0);
	parc_core_destroy(copy);
}

/* Three jobs that each need all: one runs, the others start when the one before has ended. */
static void test_looking_ahead_is_bounded(void **state)
{
	struct ahead_start starts[8];
	struct parc_job_info info;
	struct ahead ahead = {.real_us = INT64_C(60000000), .starts = starts, .starts_max = 8};
	struct parc_err err = {0};
	struct store_attempt row;
	struct daemon *daemon;

	(void)state;
	text_write(dry_config, "serve: {}");
	daemon = spied_make();
	hold_a_device(daemon, &row);
	for (int i = 0; i < 2; i++)
		dry_submit(daemon,
			   ", \"devices\": 4, \"expected_s\": 100, "
			   "\"environment\": {\"PARC_DRY_S\": \"1000\"}",
			   NULL);
	assert_int_equal(daemon_round(daemon, 0, &err), 0);
	ahead.horizon_us = daemon->now_us + INT64_C(100000000000000);
	look_ahead(daemon, &ahead); /* what runs has no known end */
	assert_int_equal(ahead.stop, AHEAD_DONE);
	assert_int_equal(ahead.starts_count, 0);
	assert_int_equal(ahead.runs, 1);
	assert_int_equal(ahead.unknown, 1);
	assert_int_equal(ahead_find(&ahead, 2), PARC_NEVER);
	dry_end(daemon);

	daemon = spied_make(); /* it was lost with the first */
	while (parc_job_info(daemon->core, 2, &info) == 0 && info.state != PARC_JOB_RUNNING)
		assert_int_equal(daemon_round(daemon, -1, &err), 0);
	ahead.horizon_us = daemon->now_us + INT64_C(1000000000);
	look_ahead(daemon, &ahead);
	assert_int_equal(ahead.stop, AHEAD_DONE);
	assert_int_equal(ahead.unknown, 0);
	assert_int_equal(ahead.starts_count, 1);
	assert_in_range(ahead_find(&ahead, 3) - daemon->now_us, 99000000, 100000000);
	ahead.horizon_us = daemon->now_us + 50000000;
	look_ahead(daemon, &ahead);
	assert_int_equal(ahead.stop, AHEAD_HORIZON);
	assert_int_equal(ahead_find(&ahead, 3), PARC_NEVER);
	ahead.horizon_us = daemon->now_us + INT64_C(1000000000);
	ahead.real_us = 0;
	look_ahead(daemon, &ahead);
	assert_int_equal(ahead.stop, AHEAD_BOUND);
	dry_end(daemon);
}

static void test_configurations(void **state)
{
	static const struct fleet no_chips;
	static const struct {
		const char *text, *refusal; /* NULL: it is read */
	} cases[] = {
		{"serve: {}", NULL},
		{"serve: {policy: {order: shortest, backfill: conservative, grace_s: 5}}", NULL},
		{"serve: {tenants: [{name: a}, {name: b, parent: a, users: [x, y]}]}", NULL},
		{"serve: {tenants: [{name: default, weight: 3}]}", NULL},
		{"serve: {operators: [x]}", NULL},
		{"serve: {policy: {idle: 10m, idle_act: stop, rights: {2: [0]}}}", NULL},
		{"fleet: {}", "no key \"fleet\""},
		{"serve: {policy: {order: best}}", "expected fifo, shortest"},
		{"serve: {policy: {epoch_s: 0}}", "epoch_s"},
		{"serve: {policy: {epoch: 5 days}}", "epoch"},
		{"serve: {policy: there-is-none.yaml}", "there-is-none.yaml"},
		{"serve: {tenants: [{weight: 3}]}", "name"},
		{"serve: {tenants: [{name: a}, {name: a}]}", "stands here twice"},
		{"serve: {tenants: [{name: b, parent: a}, {name: a}]}", "no tenant above"},
		{"serve: {tenants: [{name: a, weight: 0}]}", "weight"},
		{"serve: {speeds: [{kind: a, chip: b, speed_milli: 5}]}", "no chip \"b\""},
		{"serve: {speeds: [{kind: a, speed_milli: 5}]}", "chip"},
		{"serve: {speeds: [{kind: a, chip: b, speed_milli: 0}]}", "speed_milli"},
		{"serve: {operators: {x: y}}", "operators must be a list"},
		{"serve: [", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config read;
		struct parc_err err = {0};
		int code;

		text_write(dry_config, cases[i].text);
		code = config_read(&read, dry_config, &no_chips, &err);
		config_deinit(&read);
		if ((code != 0) != (cases[i].refusal != NULL))
			fail_msg("%s: %s", cases[i].text, err.text);
		if (cases[i].refusal != NULL && strstr(err.text, cases[i].refusal) == NULL)
			fail_msg("%s: '%s' lacks '%s'", cases[i].text, err.text, cases[i].refusal);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, dry_setup, dry_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_job_lives_from_submission_to_end),
		TEST(test_what_is_stopped_has_the_result_it_was_stopped_for),
		TEST(test_each_write_fails),
		TEST(test_each_sync_fails),
		TEST(test_the_disk_is_full),
		TEST(test_each_name_fails),
		TEST(test_each_truncation_fails),
		TEST(test_power_is_lost),
		TEST(test_a_snapshot_gives_what_the_journal_gives),
		TEST(test_time_does_not_run_backwards),
		TEST(test_time_goes_on_from_what_was_kept),
		TEST(test_what_cannot_be_submitted_leaves_no_trace),
		TEST(test_progress_in_a_unit_of_its_own_is_work_of_the_length_it_gave),
		TEST(test_an_attempt_that_is_over_reports_nothing),
		TEST(test_who_is_idle_is_warned),
		TEST(test_who_is_booked_anew_is_told_and_held_to_it),
		TEST(test_a_notice_outlives_the_daemon),
		TEST(test_a_stop_outlives_the_daemon_with_its_reason),
		TEST(test_looking_ahead_is_bounded),
		TEST(test_configurations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

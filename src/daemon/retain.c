/* SPDX-License-Identifier: Apache-2.0
 *
 * Forgetting. The journal is cut at a snapshot, the base, from which what is left can be audited:
 * by age at the oldest snapshot above the present base, once it is old enough itself, so at least
 * the time asked for is kept; by size at the older one of the newest snapshots. Records go in
 * small parts, so that no commit is held up.
 */
#include "daemon/retain.h"

#include <stdio.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "store/prune.h"
#include "store/snapshot.h"

#define LOOK_EVERY_US INT64_C(10000000)
#define RECORDS_PART  2000 /* dropped at one time */
#define JOBS_PART     500  /* looked at at one time */

/* The one before the first record. */
static int64_t base_now(const struct daemon *daemon)
{
	int64_t first = store_first(daemon->store);

	return first > 1 ? first - 1 : 0;
}

static int by_age(const struct daemon *daemon)
{
	return daemon->config.keep.journal_us > 0;
}

void retain_snapshots(struct daemon *daemon)
{
	int64_t base = daemon->retain.base > 0 ? daemon->retain.base : base_now(daemon);

	snapshot_tidy(daemon->options.directory, base, by_age(daemon));
	daemon->retain.look_us = 0;
}

static int time_note(void *context, const struct store_record *record, struct parc_err *err)
{
	(void)err;
	*(int64_t *)context = record->event.time_us;
	return 1; /* one is enough */
}

/* Is the record of this number so old that it and those before it may go? */
static int is_old(struct daemon *daemon, int64_t number)
{
	int64_t time_us = INT64_MAX;

	store_scan(daemon->store, number, time_note, &time_us, NULL);
	return time_us < daemon->now_us - daemon->config.keep.journal_us;
}

static void base_choose(struct daemon *daemon)
{
	const char *directory = daemon->options.directory;
	int64_t base = base_now(daemon), next, newest = 0;

	daemon->retain.base = base;
	next = snapshot_oldest(directory, base + 1);
	if (by_age(daemon) && next > 0 && next < store_last(daemon->store) && is_old(daemon, next))
		daemon->retain.base = next;
	if (daemon->config.keep.journal_bytes > 0 &&
	    store_bytes(daemon->store) > daemon->config.keep.journal_bytes)
		newest = snapshot_tidy(directory, daemon->retain.base, by_age(daemon));
	/* Only with a newer one behind it, should it turn out to be damaged. */
	if (newest > daemon->retain.base && snapshot_oldest(directory, newest + 1) > 0)
		daemon->retain.base = newest;
	if (daemon->retain.base == base)
		return;
	log_write(&daemon->log, LOG_INFO_LEVEL,
		  "records %lld to %lld are forgotten; the journal begins after snapshot %lld",
		  (long long)base + 1, (long long)daemon->retain.base,
		  (long long)daemon->retain.base);
	snapshot_tidy(directory, daemon->retain.base, by_age(daemon));
}

static int records_drop(struct daemon *daemon, struct parc_err *err)
{
	int64_t dropped;
	int code;

	if (daemon->now_us >= daemon->retain.look_us) {
		daemon->retain.look_us = daemon->now_us + LOOK_EVERY_US;
		if (daemon->retain.base <= base_now(daemon))
			base_choose(daemon);
	}
	if (store_first(daemon->store) == 0 || daemon->retain.base <= base_now(daemon))
		return 0;
	code = store_begin(daemon->store, err);
	if (code != 0)
		return code;
	dropped = store_drop(daemon->store, daemon->retain.base + 1, RECORDS_PART, err);
	daemon->retain.dropped += dropped > 0 ? dropped : 0;
	return dropped < 0 ? (int)dropped : 0;
}

/* What parc kept of the output goes with the row. */
static int output_remove(void *context, const struct store_attempt *attempt)
{
	const struct daemon *daemon = context;
	char path[STORE_PATH_MAX];
	int task = 0, gone;

	do {
		int size = snprintf(path, sizeof(path), "%s/" DAEMON_ENGINE "/output/%lld.%d.out",
				    daemon->options.directory, (long long)attempt->allocation,
				    attempt->attempt);

		if (size >= (int)sizeof(path) - 16)
			return 0;
		if (task > 0)
			snprintf(path + size, sizeof(path) - (size_t)size, ".%d", task);
		gone = unlink(path);
		task++;
	} while (gone == 0);
	return 0;
}

static int jobs_prune(struct daemon *daemon, struct parc_err *err)
{
	struct store_pruning pruning = {.cursor = daemon->retain.job,
					.before_us = daemon->now_us - daemon->config.keep.jobs_us,
					.most = JOBS_PART};
	int code;

	if (daemon->config.keep.jobs_us == 0)
		return 0;
	code = store_job_prune(daemon->store, &pruning, output_remove, daemon, err);
	daemon->retain.job = pruning.cursor;
	return code;
}

void retain_care(struct daemon *daemon)
{
	struct parc_err err = {0};
	int code = records_drop(daemon, &err);

	if (code == 0)
		code = jobs_prune(daemon, &err);
	if (code == 0 && store_is_open(daemon->store))
		code = store_key_expire(daemon->store, daemon->now_us - daemon->config.keep.keys_us,
					&err);
	/* A writer that failed has spoilt the transaction: the commit says so. */
	if (code != 0)
		log_write(&daemon->log, LOG_ERROR_LEVEL, "%s", err.text);
}

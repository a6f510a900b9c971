/* SPDX-License-Identifier: Apache-2.0
 *
 * What jobs report of themselves: progress and checkpoints become events, and a row that is shown
 * and that the next attempt begins with.
 *
 * The core counts work in microseconds on the reference chip. A job that counts in a unit of its
 * own has done that part of the length it was submitted with; without one, what it has run.
 */
#include "daemon/act.h"

#define AMOUNT_MAX (INT64_C(1000000000) * 1000000)

static int64_t expected_us_of(struct daemon *daemon, int64_t job)
{
	struct store_job row;
	json_t *spec = store_job_find(daemon->store, job, &row, NULL) == 1
			       ? json_loads(row.spec, 0, NULL)
			       : NULL;
	int64_t expected_us = spec_us(spec, "expected_s");

	json_decref(spec);
	return expected_us;
}

/* The row of the job as it is while this allocation reports. */
static int row_find(struct daemon *daemon, const struct daemon_progress *said,
		    struct store_progress *row, struct parc_err *err)
{
	int code = store_progress_find(daemon->store, said->job, row, err);

	if (code < 0)
		return code;
	if (code == 0)
		*row = (struct store_progress){.job = said->job,
					       .expected_us = expected_us_of(daemon, said->job)};
	if (row->allocation != said->key.allocation) {
		row->allocation = said->key.allocation;
		row->begin = row->now = row->kept;
	}
	return 0;
}

static int64_t ran_us(struct daemon *daemon, const struct daemon_progress *said)
{
	struct store_attempt attempt;

	if (store_attempt_find(daemon->store, said->key.allocation, &attempt, NULL) != 1 ||
	    attempt.started_us == 0 || attempt.started_us > daemon->now_us)
		return 0;
	return daemon->now_us - attempt.started_us;
}

/* On the reference chip. */
static int64_t work_us_of(struct daemon *daemon, const struct daemon_progress *said,
			  const struct store_progress *row, struct engine_amount amount)
{
	if (amount.total == 0)
		return amount.done;
	if (row->expected_us > 0)
		return (int64_t)((__int128)row->expected_us * amount.done / amount.total);
	return row->begin.work_us + ran_us(daemon, said);
}

/* A checkpoint that does not say of what is one of what progress said last, else of what it ran. */
static struct engine_amount amount_of(struct daemon *daemon, const struct daemon_progress *said,
				      const struct store_progress *row)
{
	if (!said->is_until_now)
		return said->amount;
	if (row->now.done > 0 || row->now.total > 0)
		return (struct engine_amount){row->now.done, row->now.total};
	return (struct engine_amount){.done = row->begin.work_us + ran_us(daemon, said)};
}

static void row_write(struct store_progress *row, const struct daemon_progress *said,
		      const struct store_amount *amount)
{
	if (said->is_checkpoint) {
		row->kept = *amount;
		row->checkpoint_us = said->time_us;
		/* One that was begun a while ago does not take progress back. */
		if (row->now.total == amount->total && row->now.done >= amount->done)
			return;
	}
	row->now = *amount;
	row->progress_us = said->time_us;
}

int daemon_progress(struct daemon *daemon, const struct daemon_progress *said, struct parc_err *err)
{
	struct parc_event event = {
		.kind = said->is_checkpoint ? PARC_EVENT_CHECKPOINT : PARC_EVENT_PROGRESS,
		.run = {.allocation = said->key.allocation, .attempt = said->key.attempt}};
	struct store_progress row;
	struct engine_amount amount;
	struct parc_err why = {0};
	int code = row_find(daemon, said, &row, err);

	if (code != 0)
		return code;
	amount = amount_of(daemon, said, &row);
	if (amount.done < 0 || amount.done > AMOUNT_MAX || amount.total < 0 ||
	    amount.total > AMOUNT_MAX || (amount.total > 0 && amount.done > amount.total))
		return parc_err_set(err, PARC_ERR_INVALID,
				    "done has to be at most total, and both below 1000000000");
	if (!said->is_checkpoint && row.progress_us > 0 && row.now.done == amount.done &&
	    row.now.total == amount.total)
		return 0;
	event.run.work_us = work_us_of(daemon, said, &row, amount);
	code = daemon_step(daemon, &event, err);
	if (code != 0)
		return code;
	row_write(&row, said, &(struct store_amount){amount.done, amount.total, event.run.work_us});
	return store_progress_set(daemon->store, &row, &why) == 0 ? 0 : daemon_break(daemon, &why);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Attempts stand in a list by the time of their next report; a timer wakes the caller for the
 * first. Cost: a start walks the list of attempts that end later, which is short in tests.
 */
#include "engine/dry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define LENGTH_MAX_US (INT64_C(1) << 50)

struct dry_attempt {
	struct engine_key key;
	int64_t due_us, start_us, length_us;
	int32_t exit_code, stopped;
	int32_t stage; /* reports it has made: 0, 1 started, 2 ready */
	struct dry_attempt *next;
};

struct dry {
	struct engine_machine machine;
	struct dry_attempt *first; /* by due_us */
	int timer;
};

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void timer_set(struct dry *dry)
{
	struct itimerspec when = {0};
	int64_t left_us = dry->first == NULL ? 0 : dry->first->due_us - now_us();

	if (dry->first != NULL) {
		left_us = left_us < 1 ? 1 : left_us;
		when.it_value.tv_sec = left_us / 1000000;
		when.it_value.tv_nsec = left_us % 1000000 * 1000;
	}
	timerfd_settime(dry->timer, 0, &when, NULL);
}

static void attempt_insert(struct dry *dry, struct dry_attempt *attempt)
{
	struct dry_attempt **at = &dry->first;

	while (*at != NULL && (*at)->due_us <= attempt->due_us)
		at = &(*at)->next;
	attempt->next = *at;
	*at = attempt;
	timer_set(dry);
}

static struct dry_attempt *attempt_take(struct dry *dry, struct engine_key key)
{
	struct dry_attempt **at = &dry->first, *found;

	while (*at != NULL &&
	       ((*at)->key.allocation != key.allocation || (*at)->key.attempt != key.attempt))
		at = &(*at)->next;
	found = *at;
	if (found != NULL)
		*at = found->next;
	return found;
}

static int dry_machine(void *self, struct engine_machine *machine, struct parc_err *err)
{
	const struct dry *dry = self;

	(void)err;
	*machine = dry->machine;
	return 0;
}

/* The value of a variable of the job's environment, NULL when it has none. */
static const char *value_of(const struct engine_work *work, const char *name)
{
	size_t length = strlen(name);

	for (int i = 0; work->environment[i] != NULL; i++)
		if (strncmp(work->environment[i], name, length) == 0 &&
		    work->environment[i][length] == '=')
			return work->environment[i] + length + 1;
	return NULL;
}

/* Seconds with up to three decimals, as microseconds; what is no such number is 0. */
static int64_t length_us(const char *text)
{
	int64_t length = 0, unit = 1000000;
	char *end;
	long long seconds = text == NULL ? 0 : strtoll(text, &end, 10);

	if (seconds < 0 || text == NULL || seconds > LENGTH_MAX_US / 1000000)
		return 0;
	length = seconds * 1000000;
	for (end += *end == '.'; *end >= '0' && *end <= '9' && unit > 1000; end++) {
		unit /= 10;
		length += (*end - '0') * unit;
	}
	return length;
}

/* How long it takes: on its chip (PARC_DRY_S_A100), else anywhere (PARC_DRY_S). */
static int64_t work_length_us(const struct engine_work *work)
{
	const char *chip = value_of(work, "PARC_CHIP"), *text = NULL;
	char name[ENGINE_NAME_MAX + 16];

	snprintf(name, sizeof(name), "PARC_DRY_S_%.*s", ENGINE_NAME_MAX, chip == NULL ? "" : chip);
	text = value_of(work, name);
	return length_us(text != NULL ? text : value_of(work, "PARC_DRY_S"));
}

static int dry_start(void *self, const struct engine_work *work, struct parc_err *err)
{
	struct dry *dry = self;
	struct dry_attempt *attempt = attempt_take(dry, work->key);
	const char *exit_code = value_of(work, "PARC_DRY_EXIT");

	if (attempt != NULL) { /* it was started before */
		attempt_insert(dry, attempt);
		return 0;
	}
	attempt = calloc(1, sizeof(*attempt));
	if (attempt == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for an attempt");
	attempt->key = work->key;
	attempt->start_us = attempt->due_us = now_us();
	attempt->length_us = work_length_us(work);
	attempt->exit_code = exit_code == NULL ? 0 : (int32_t)(strtol(exit_code, NULL, 10) & 255);
	attempt_insert(dry, attempt);
	return 0;
}

static int dry_stop(void *self, struct engine_key key, int64_t grace_us, int32_t why,
		    struct parc_err *err)
{
	struct dry *dry = self;
	struct dry_attempt *attempt = attempt_take(dry, key);

	(void)grace_us;
	(void)why;
	if (attempt == NULL)
		return parc_err_set(err, PARC_ERR_UNKNOWN, "there is no such attempt");
	attempt->stopped = 1;
	attempt->due_us = now_us();
	attempt_insert(dry, attempt);
	return 0;
}

static void dry_forget(void *self, struct engine_key key)
{
	(void)self;
	(void)key;
}

static int key_is_above(struct engine_key a, struct engine_key b)
{
	return a.allocation > b.allocation ||
	       (a.allocation == b.allocation && a.attempt > b.attempt);
}

static int32_t dry_list(void *self, struct engine_key after, struct engine_entry *entries,
			int32_t max)
{
	const struct dry *dry = self;
	int32_t count = 0;

	while (count < max) {
		const struct dry_attempt *least = NULL;

		for (const struct dry_attempt *it = dry->first; it != NULL; it = it->next)
			if (key_is_above(it->key, after) &&
			    (least == NULL || key_is_above(least->key, it->key)))
				least = it;
		if (least == NULL)
			break;
		after = least->key;
		entries[count++] = (struct engine_entry){
			least->key, least->stopped ? ENGINE_STOPPING : ENGINE_RUNNING};
	}
	return count;
}

static int dry_fd(void *self)
{
	const struct dry *dry = self;

	return dry->timer;
}

static void report_end(const struct dry_attempt *attempt, struct engine_report *report)
{
	int failed = attempt->exit_code != 0 || attempt->stopped;

	report->kind = ENGINE_ENDED;
	report->result = failed ? PARC_RESULT_FAILED : PARC_RESULT_OK;
	report->stopped = attempt->stopped;
	report->exit_code = attempt->stopped ? -1 : attempt->exit_code;
	report->signal = attempt->stopped ? 15 : 0;
	report->wall_us = report->time_us - attempt->start_us;
	report->memory_peak_mib = -1;
	report->busy_us = -1;
}

static int dry_poll(void *self, struct engine_report *report, struct parc_err *err)
{
	struct dry *dry = self;
	struct dry_attempt *attempt = dry->first;
	uint64_t ticks;

	(void)err;
	if (attempt == NULL || attempt->due_us > now_us()) {
		/* Only an empty timer is not readable, so that no wake-up is missed. */
		if (read(dry->timer, &ticks, sizeof(ticks)) < 0 && errno == EAGAIN)
			return 0;
		timer_set(dry);
		return 0;
	}
	dry->first = attempt->next;
	*report = (struct engine_report){
		.key = attempt->key, .time_us = now_us(), .busy_milli = -1, .text = ""};
	if (attempt->stage < 2 && !attempt->stopped) {
		report->kind = attempt->stage++ == 0 ? ENGINE_STARTED : ENGINE_READY;
		if (attempt->stage == 2)
			attempt->due_us = attempt->start_us + attempt->length_us;
		attempt_insert(dry, attempt);
		return 1;
	}
	report_end(attempt, report);
	free(attempt);
	timer_set(dry);
	return 1;
}

static void dry_close(void *self)
{
	struct dry *dry = self;
	struct dry_attempt *next;

	for (struct dry_attempt *it = dry->first; it != NULL; it = next) {
		next = it->next;
		free(it);
	}
	close(dry->timer);
	free(dry);
}

static const struct engine_calls dry_calls = {
	.machine = dry_machine,
	.start = dry_start,
	.stop = dry_stop,
	.forget = dry_forget,
	.list = dry_list,
	.fd = dry_fd,
	.poll = dry_poll,
	.close = dry_close,
};

int engine_open_dry(struct engine *engine, const struct engine_machine *machine,
		    struct parc_err *err)
{
	struct dry *dry = calloc(1, sizeof(*dry));

	if (dry == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the engine");
	dry->machine = *machine;
	dry->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (dry->timer < 0) {
		free(dry);
		return parc_err_set(err, PARC_ERR_IO, "no timer: %s", strerror(errno));
	}
	*engine = (struct engine){&dry_calls, dry};
	return 0;
}

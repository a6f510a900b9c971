/* SPDX-License-Identifier: Apache-2.0
 *
 * The course: outside events come with the records, reports from the clock, wake-ups from the core
 * once the recorded ones are of another state.
 */
#include "review/tried.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tried_init(struct tried *tried, const struct tried_setup *setup, struct parc_err *err)
{
	struct parc_event event = {.kind = PARC_EVENT_POLICY_SET, .time_us = setup->past->begin_us};
	int code;

	*tried = (struct tried){.store = setup->store,
				.past = setup->past,
				.core = setup->core,
				.policy = setup->policy,
				.base = setup->base,
				.now_us = setup->past->begin_us};
	course_init(&tried->course);
	roll_init(&tried->runs, sizeof(struct tried_run));
	roll_init(&tried->jobs, sizeof(struct tried_job));
	code = clock_init(&tried->clock, 4096, err);
	if (code == 0)
		code = course_inherit(&tried->course, setup->store, setup->core, err);
	if (code == 0)
		code = tried_inherit(tried, err);
	if (code != 0 || setup->base == 0 || setup->policy == NULL)
		return code;
	event.policy = *setup->policy;
	tried->other_state = setup->base + 1;
	return parc_step(setup->core, &event, NULL, err);
}

void tried_deinit(struct tried *tried)
{
	clock_deinit(&tried->clock);
	roll_deinit(&tried->runs);
	roll_deinit(&tried->jobs);
	course_deinit(&tried->course);
	*tried = (struct tried){0};
}

/* ---- Steps */

static int action_follow(struct tried *tried, const struct parc_action *action,
			 struct parc_err *err)
{
	switch (action->kind) {
	case PARC_ACTION_START:
		return tried_begin(tried, action, err);
	case PARC_ACTION_STOP:
		return tried_stop(tried, action->stop.allocation, err);
	case PARC_ACTION_REQUEUE:
	case PARC_ACTION_END:
		tried_over(tried, action->job);
		return 0;
	default:
		return 0;
	}
}

/* Step it now. 1: the core refuses it as things stand here. */
static int step(struct tried *tried, struct parc_event *event, struct parc_err *err)
{
	int code;

	event->time_us = tried->now_us;
	if (parc_check(tried->core, event, NULL) != 0)
		return 1;
	code = parc_step(tried->core, event, &tried->actions, err);
	tried->event = *event;
	tried->steps += code == 0;
	if (code == 0)
		code = course_note(&tried->course, event, &tried->actions, err);
	for (int32_t i = 0; i < tried->actions.count && code == 0; i++)
		code = action_follow(tried, &tried->actions.list[i], err);
	return code;
}

static int wake(struct tried *tried, struct parc_err *err)
{
	struct parc_event event = {.kind = PARC_EVENT_TIME};
	int code = step(tried, &event, err);

	return code < 0 ? code : 0;
}

static int tick(struct tried *tried, struct parc_err *err)
{
	struct clock_entry entry = clock_pop(&tried->clock);
	struct parc_event event;
	int code;

	tried->now_us = entry.time_us;
	if (!tried_report(tried, &entry, &event))
		return 0;
	code = step(tried, &event, err);
	return code < 0 ? code : 0;
}

/* All that comes before the record of this time and number, and that one if it is made up here. */
static int run_until(struct tried *tried, int64_t time_us, int64_t number, struct parc_err *err)
{
	int code = 0;

	while (code == 0) {
		int64_t tick_us = clock_next_us(&tried->clock), wake_us = PARC_NEVER;

		if (tried->other_state > 0)
			wake_us = parc_wake(tried->core);
		wake_us = wake_us < tried->now_us ? tried->now_us : wake_us;
		if (tick_us <= wake_us && tick_us <= time_us &&
		    (tick_us < time_us || tried->clock.entries[0].sequence <= number)) {
			code = tick(tried, err);
		} else if (wake_us < time_us) {
			tried->now_us = wake_us;
			code = wake(tried, err);
		} else {
			break;
		}
	}
	if (code == 0)
		tried->now_us = time_us;
	return code;
}

/* ---- Outside events */

/* A job that another waits for, as it was submitted: a number, or {job, if}. */
static int after_read(json_t *item, struct parc_depend *depend)
{
	const char *kind = json_string_value(json_object_get(item, "if"));

	*depend = (struct parc_depend){
		.job = json_integer_value(json_is_object(item) ? json_object_get(item, "job")
							       : item)};
	if (kind != NULL)
		depend->kind = strcmp(kind, "ok") == 0 ? 1 : strcmp(kind, "failed") == 0 ? 2 : 0;
	return depend->job > 0;
}

/* What the job was submitted to wait for: the event has only what had not ended then. */
static int32_t depends_read(struct tried *tried, const struct parc_submit *submit,
			    struct parc_depend depends[PARC_DEPENDS_MAX])
{
	struct store_job row;
	int found = store_job_find(tried->store, submit->job, &row, NULL) == 1;
	json_t *spec = found ? json_loads(row.spec, 0, NULL) : NULL;
	json_t *list = json_object_get(spec, "after");
	int32_t count = 0;

	for (size_t i = 0; i < json_array_size(list) && count < PARC_DEPENDS_MAX; i++)
		count += after_read(json_array_get(list, i), &depends[count]);
	json_decref(spec);
	if (count > 0)
		return count;
	if (submit->depends_count > 0)
		memcpy(depends, submit->depends, (size_t)submit->depends_count * sizeof(*depends));
	return submit->depends_count;
}

/* Who has ended here is waited for no more. 1: what it waits for will never come true. */
static int depends_settle(struct tried *tried, struct parc_submit *submit,
			  struct parc_depend depends[PARC_DEPENDS_MAX])
{
	int32_t count = depends_read(tried, submit, depends), kept = 0;

	for (int32_t i = 0; i < count; i++) {
		struct parc_job_info info;
		int32_t result = course_ended(&tried->course, depends[i].job);

		if (parc_job_info(tried->core, depends[i].job, &info) == 0)
			depends[kept++] = depends[i];
		else if (result > 0 && ((depends[i].kind == 1 && result != PARC_RESULT_OK) ||
					(depends[i].kind == 2 && result == PARC_RESULT_OK)))
			return 1;
	}
	submit->depends = depends;
	submit->depends_count = kept;
	return 0;
}

static int outside_step(struct tried *tried, const struct parc_event *recorded,
			struct parc_err *err)
{
	struct parc_depend depends[PARC_DEPENDS_MAX];
	struct parc_event event = *recorded;
	int code = 0;

	if (event.kind == PARC_EVENT_POLICY_SET && tried->policy != NULL)
		event.policy = *tried->policy;
	if (event.kind == PARC_EVENT_SUBMIT)
		code = depends_settle(tried, &event.submit, depends);
	tried->outside++;
	if (code == 0)
		code = step(tried, &event, err);
	tried->refused += code == 1;
	return code < 0 ? code : 0;
}

/* It was lost from outside: here too, if it runs. */
static int lost_step(struct tried *tried, const struct past_attempt *attempt, struct parc_err *err)
{
	int32_t at = roll_find(&tried->jobs, attempt->job);
	int64_t allocation =
		at < 0 ? PARC_NONE : ROLL_AT(&tried->jobs, struct tried_job, at)->allocation;
	struct parc_event event = {.kind = PARC_EVENT_ENDED};
	int code;

	if (allocation == PARC_NONE)
		return 0;
	event.run.allocation = allocation;
	event.run.attempt =
		ROLL_AT(&tried->runs, struct tried_run, roll_find(&tried->runs, allocation))
			->attempt;
	event.run.result = PARC_RESULT_LOST;
	code = step(tried, &event, err);
	return code < 0 ? code : 0;
}

/* ---- Is it as recorded? */

static int actions_are_equal(const struct parc_actions *a, const struct parc_actions *b)
{
	int64_t size = a->count == b->count ? parc_actions_encode(a, NULL, 0) : -1;
	uint8_t *bytes;
	int is_equal;

	if (size < 0 || parc_actions_encode(b, NULL, 0) != size)
		return 0;
	bytes = malloc(2 * (size_t)size + 1);
	if (bytes == NULL)
		return 0;
	parc_actions_encode(a, bytes, (size_t)size);
	parc_actions_encode(b, bytes + size, (size_t)size);
	is_equal = memcmp(bytes, bytes + size, (size_t)size) == 0;
	free(bytes);
	return is_equal;
}

static void compare(struct tried *tried, const struct store_record *record)
{
	const struct parc_event *event = &record->event;
	int comes = tried->steps == record->number - tried->base &&
		    tried->event.kind == event->kind && tried->event.time_us == event->time_us &&
		    (event->kind < PARC_EVENT_STARTED ||
		     tried->event.run.allocation == event->run.allocation);

	if (tried->other_state == 0 && (!comes || record->digest != parc_digest(tried->core)))
		tried->other_state = record->number;
	if (tried->other > 0)
		return;
	if (comes && actions_are_equal(&record->actions, &tried->actions))
		return;
	tried->other = record->number;
	if (comes)
		snprintf(tried->other_text, sizeof(tried->other_text),
			 "other actions follow from the event %s", parc_event_name(event->kind));
	else
		snprintf(tried->other_text, sizeof(tried->other_text),
			 "the event %s does not come then", parc_event_name(event->kind));
}

int tried_note(struct tried *tried, const struct store_record *record, struct parc_err *err)
{
	const struct parc_event *event = &record->event;
	const struct past_attempt *attempt;
	int code = run_until(tried, event->time_us, record->number, err);

	if (code != 0)
		return code;
	if (event->kind < PARC_EVENT_STARTED) {
		if (event->kind != PARC_EVENT_TIME)
			code = outside_step(tried, event, err);
		else if (tried->other_state == 0)
			code = wake(tried, err);
	} else if (event->kind == PARC_EVENT_ENDED) {
		attempt = past_attempt(tried->past, event->run.allocation);
		if (attempt != NULL && attempt->is_lost)
			code = lost_step(tried, attempt, err);
	}
	if (code == 0)
		compare(tried, record);
	return code;
}

int tried_finish(struct tried *tried, struct parc_err *err)
{
	int code = run_until(tried, tried->past->end_us, INT64_MAX, err);

	if (code == 0)
		code = wake(tried, err);
	for (int32_t i = 0; i < tried->jobs.count && code == 0; i++)
		tried_over(tried, ROLL_AT(&tried->jobs, struct tried_job, i)->job);
	return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support/rig.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "core/closure.h"
#include "core/spec.h"
#include "core/state.h"

#define RIG_SECONDS    120 /* of one run, before it is taken for a hang */
#define RIG_ARRAYS_MAX (1 << 20)

static uint64_t event_bytes[RIG_ARRAYS_MAX / 8], event_scratch[PARC_EVENT_SCRATCH / 8];
static uint64_t actions_bytes[RIG_ARRAYS_MAX / 8], actions_scratch[RIG_ARRAYS_MAX / 8];
static uint64_t again_bytes[RIG_ARRAYS_MAX / 8];

void rig_init(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	rig->thorough = 16;
}

void rig_deinit(struct rig *rig)
{
	parc_core_destroy(rig->twin);
	free(rig->memory[0]);
	free(rig->memory[1]);
	free(rig->bytes);
	free(rig->bytes_after);
	memset(rig, 0, sizeof(*rig));
}

static int fail(struct rig *rig, const char *kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct rig *rig, const char *kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(rig->text, sizeof(rig->text), format, args);
	va_end(args);
	snprintf(rig->kind, sizeof(rig->kind), "%s", kind);
	return -1;
}

/* The memory is used again as it was left, so that nothing can lean on zeros. */
static void memory_reserve(struct rig *rig, size_t size)
{
	if (size <= rig->memory_size)
		return;
	for (int i = 0; i < 2; i++) {
		free(rig->memory[i]);
		rig->memory[i] = aligned_alloc(64, size);
		ASSERT(rig->memory[i] != NULL);
	}
	rig->memory_size = size;
}

static void bytes_reserve(struct rig *rig, size_t size)
{
	if (size <= rig->bytes_size)
		return;
	rig->bytes_size = size * 2;
	rig->bytes = realloc(rig->bytes, rig->bytes_size);
	rig->bytes_after = realloc(rig->bytes_after, rig->bytes_size);
	ASSERT(rig->bytes != NULL && rig->bytes_after != NULL);
}

void rig_begin(struct rig *rig, const struct parc_limits *limits, uint64_t seed)
{
	size_t size = parc_core_size(limits);

	ASSERT(size > 0);
	memory_reserve(rig, size);
	parc_core_destroy(rig->twin);
	rig->twin = NULL;
	rig->limits = *limits;
	rig->main = parc_core_init(rig->memory[0], size, limits, seed, NULL);
	rig->replica = parc_core_init(rig->memory[1], size, limits, seed, NULL);
	rig->kind[0] = rig->text[0] = '\0';
	rig->steps = rig->refused = rig->starts = 0;
	rig->actions = (struct parc_actions){0};
}

/* Encode into one of the two buffers, of which both grow. */
static int64_t state_bytes(struct rig *rig, const struct parc_core *core, int after)
{
	int64_t size = parc_state_encode(core, NULL, 0);

	bytes_reserve(rig, (size_t)size);
	return parc_state_encode(core, after ? rig->bytes_after : rig->bytes, rig->bytes_size);
}

/* Anew from the main core's bytes; the replica and what was decoded must have the same bytes. */
static int twin_renew(struct rig *rig)
{
	struct parc_err err = {0};
	int64_t size = state_bytes(rig, rig->main, 0);

	if (state_bytes(rig, rig->replica, 1) != size ||
	    memcmp(rig->bytes, rig->bytes_after, (size_t)size) != 0)
		return fail(rig, "replica-bytes", "the replica's state has other bytes");
	parc_core_destroy(rig->twin);
	rig->twin = parc_state_decode(rig->bytes, (size_t)size, &err);
	rig->decodes++;
	if (rig->twin == NULL)
		return fail(rig, "decode", "the state cannot be decoded: %s", err.text);
	if (state_bytes(rig, rig->twin, 1) != size ||
	    memcmp(rig->bytes, rig->bytes_after, (size_t)size) != 0)
		return fail(rig, "decode-bytes", "the decoded state has other bytes");
	if (parc_digest(rig->twin) != parc_digest(rig->main))
		return fail(rig, "decode-digest", "the decoded state has another digest");
	return 0;
}

/* What is refused changes nothing; step and check say the same. */
static int step_refused(struct rig *rig, const struct parc_event *event, int code)
{
	struct parc_err err = {0};
	int64_t size = state_bytes(rig, rig->main, 0);
	uint64_t digest = parc_digest(rig->main);
	int step_code = parc_step(rig->main, event, &rig->actions, &err);

	rig->refused++;
	if (step_code != code || err.code != code || err.text[0] == '\0')
		return fail(rig, "refusal", "check says %d, step says %d, the sentence is '%s'",
			    code, step_code, err.text);
	if (rig->actions.count != 0 || parc_digest(rig->main) != digest ||
	    state_bytes(rig, rig->main, 1) != size ||
	    memcmp(rig->bytes, rig->bytes_after, (size_t)size) != 0)
		return fail(rig, "refusal-changes", "a refused event changed something: %s",
			    err.text);
	if (parc_apply(rig->replica, event, &rig->actions, NULL) != code)
		return fail(rig, "refusal", "the replica does not refuse: %s", err.text);
	return 0;
}

/* The event, as it comes back out of its bytes, which must be the same when encoded again. */
static int event_record(struct rig *rig, const struct parc_event *event, struct parc_event *read)
{
	struct parc_err err = {0};
	int64_t size = parc_event_encode(event, event_bytes, sizeof(event_bytes));

	if (size < 0 || size > PARC_EVENT_BYTES_MAX)
		return fail(rig, "event-encode", "an event encodes to %lld", (long long)size);
	if (parc_event_decode(read, event_scratch, sizeof(event_scratch), event_bytes, (size_t)size,
			      &err) != size)
		return fail(rig, "event-decode", "an event cannot be decoded: %s", err.text);
	if (parc_event_encode(read, again_bytes, sizeof(again_bytes)) != size ||
	    memcmp(event_bytes, again_bytes, (size_t)size) != 0)
		return fail(rig, "event-bytes", "an event encodes to other bytes the second time");
	return 0;
}

static int actions_record(struct rig *rig, struct parc_actions *read)
{
	struct parc_err err = {0};
	int64_t size = parc_actions_encode(&rig->actions, actions_bytes, sizeof(actions_bytes));

	if (size < 0 || size > (int64_t)sizeof(actions_bytes))
		return fail(rig, "actions-encode", "actions encode to %lld", (long long)size);
	if (parc_actions_decode(read, actions_scratch, sizeof(actions_scratch), actions_bytes,
				(size_t)size, &err) != size)
		return fail(rig, "actions-decode", "actions cannot be decoded: %s", err.text);
	if (parc_actions_encode(read, again_bytes, sizeof(again_bytes)) != size ||
	    memcmp(actions_bytes, again_bytes, (size_t)size) != 0)
		return fail(rig, "actions-bytes", "actions encode to other bytes the second time");
	return 0;
}

/* ---- Faults put in */

static const struct parc_action *first_start(const struct parc_actions *actions)
{
	for (int32_t i = 0; i < actions->count; i++)
		if (actions->list[i].kind == PARC_ACTION_START)
			return &actions->list[i];
	return NULL;
}

static void plant_recorded(struct rig *rig, const struct parc_actions *read)
{
	const struct parc_action *start = first_start(read);
	struct parc_placement *placement;

	if (rig->plant != RIG_PLANT_ACTION || start == NULL)
		return;
	placement = (struct parc_placement *)start->start.placements;
	placement->devices ^= placement->devices << 1 | 1;
}

static void plant_state(struct rig *rig)
{
	struct parc_core *core = rig->main;
	const struct parc_action *start = first_start(&rig->actions);
	int32_t node;

	if (start == NULL)
		return;
	node = idmap_find(&core->node_ids, start->start.placements[0].node);
	if (rig->plant == RIG_PLANT_SHARE && start->start.placements[0].devices != 0)
		core->devices[core->nodes[node].devices].used_milli ^= 1;
	if (rig->plant == RIG_PLANT_LEDGER && core->time_us > 0)
		core->ledger.offset[PARC_LEDGER_BUSY]++;
	if (rig->plant == RIG_PLANT_STATE && rig->twin != NULL)
		rig->twin->random++;
}

/* Lines that wait for whole devices are put where no end of a job looks for them. */
static void plant_wake(struct rig *rig)
{
	struct parc_core *core = rig->main;
	int32_t line = core->shelves[2], last = LINE_SHELVES - 1;

	if (rig->plant != RIG_PLANT_WAKE || line < 0)
		return;
	core->shelves[2] = core->lines[line].shelf_next;
	if (core->shelves[2] >= 0)
		core->lines[core->shelves[2]].shelf_prev = -1;
	core->lines[line].shelf = last;
	core->lines[line].shelf_prev = -1;
	core->lines[line].shelf_next = core->shelves[last];
	if (core->shelves[last] >= 0)
		core->lines[core->shelves[last]].shelf_prev = line;
	core->shelves[last] = line;
}

/* ---- The step */

static int others_step(struct rig *rig, const struct parc_event *event,
		       const struct parc_actions *recorded)
{
	struct parc_err err = {0};
	uint64_t digest = parc_digest(rig->main);

	if (parc_apply(rig->replica, event, recorded, &err) != 0)
		return fail(rig, "apply", "the replica refuses what was decided: %s", err.text);
	if (parc_digest(rig->replica) != digest)
		return fail(rig, "apply-digest", "the replica has another digest");
	if (parc_wake(rig->replica) != parc_wake(rig->main))
		return fail(rig, "apply-wake", "the replica wants to wake at another time");
	if (rig->twin == NULL)
		return 0;
	if (parc_audit_step(rig->twin, event, recorded, &err) != 0)
		return fail(rig, "audit", "%s", err.text);
	if (parc_digest(rig->twin) != digest)
		return fail(rig, "audit-digest", "decided again alike, but the digest differs");
	return 0;
}

/* All that is asked of a core after a step. The kind of a broken invariant is its number. */
static int main_check(struct rig *rig)
{
	struct parc_err err = {0};
	char kind[RIG_KIND_MAX];

	if (parc_core_check(rig->main, &err) == 0)
		return 0;
	snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(err.text, ":"), err.text);
	return fail(rig, kind, "%s", err.text);
}

static void starts_count(struct rig *rig)
{
	for (int32_t i = 0; i < rig->actions.count; i++)
		rig->starts += rig->actions.list[i].kind == PARC_ACTION_START;
}

/* A deal says nothing of who is to start in the place of those that it stops: let all of them stop,
 * and see whether anybody does. */
static int somebody_starts(struct rig *rig)
{
	int64_t size = state_bytes(rig, rig->main, 0);
	struct parc_core *copy = parc_state_decode(rig->bytes, (size_t)size, NULL);
	int starts = 0;

	for (int32_t i = 0; copy != NULL && i < copy->jobs_table.high; i++) {
		struct parc_event event = {.kind = PARC_EVENT_STOPPED, .time_us = copy->time_us};
		const struct allocation *it = &copy->allocations[i];
		struct parc_actions actions;

		if (!allocation_is_live(copy, i) || it->state != PARC_JOB_STOPPING)
			continue;
		event.run.allocation = it->id;
		event.run.attempt = copy->jobs[i].attempt;
		if (parc_step(copy, &event, &actions, NULL) != 0)
			continue;
		for (int32_t k = 0; k < actions.count; k++)
			starts += actions.list[k].kind == PARC_ACTION_START ||
				  actions.list[k].kind == PARC_ACTION_MORE;
	}
	parc_core_destroy(copy);
	return starts > 0;
}

/* When all that was told to stop has gone. */
static int64_t all_gone_us(const struct parc_core *core)
{
	int64_t gone_us = INT64_MIN;

	for (int32_t i = 0; i < core->jobs_table.high; i++)
		if (core->jobs[i].runs && core->allocations[i].state == PARC_JOB_STOPPING &&
		    core->allocations[i].end_us > gone_us)
			gone_us = core->allocations[i].end_us;
	return gone_us;
}

/* E1: nobody is told to give way unless somebody fits then: in the same step a job recalls it, from
 * when they will have gone. (What was packed and uses more makes room for itself.) */
static int evictions_check(struct rig *rig, const struct parc_event *event)
{
	int64_t gone_us = INT64_MIN;

	if (event->kind == PARC_EVENT_USE || event->kind == PARC_EVENT_USE_MEASURED)
		return 0;

	for (int32_t i = 0; i < rig->actions.count; i++) {
		const struct parc_action *it = &rig->actions.list[i];

		if (it->kind == PARC_ACTION_STOP && it->stop.why == PARC_RESULT_PREEMPTED)
			gone_us = all_gone_us(rig->main);
		if (it->kind == PARC_ACTION_RECALL && it->reserve.start_us <= gone_us)
			gone_us = INT64_MIN;
	}
	if (gone_us != INT64_MIN && rig->main->rules.backfill == PARC_BACKFILL_DEAL &&
	    (rig->main->unfinished || somebody_starts(rig)))
		return 0;
	if (gone_us != INT64_MIN)
		return fail(rig, "E1", "work was told to give way, and nobody fits then");
	return 0;
}

int rig_step(struct rig *rig, struct entry *entry)
{
	struct parc_event *event = &entry->event, read = {0};
	struct parc_actions recorded = {0};
	struct parc_err err = {0};
	int code;

	entry_bind(entry, rig->main);
	code = parc_check(rig->main, event, &err);
	rig->steps++;
	if (code != 0)
		return step_refused(rig, event, code);
	if (event_record(rig, event, &read) != 0)
		return -1;
	if (parc_step(rig->main, event, &rig->actions, &err) != 0)
		return fail(rig, "refusal", "step refuses what check passed: %s", err.text);
	starts_count(rig);
	if (evictions_check(rig, event) != 0)
		return -1;
	if (actions_record(rig, &recorded) != 0)
		return -1;
	plant_recorded(rig, &recorded);
	plant_state(rig);
	plant_wake(rig);
	if (main_check(rig) != 0 || others_step(rig, &read, &recorded) != 0)
		return -1;
	if (rig->steps % rig->thorough == 0 && twin_renew(rig) != 0)
		return -1;
	if (rig->thorough > 1 && rig->steps % (rig->thorough * 2) != rig->thorough)
		return 0;
	return rig_probe(rig);
}

/* The first start of a gang that should have been found before: one of several groups may be
 * missed by one plan and found by the next (core/plan.c). */
static const struct parc_action *first_forgotten(const struct rig *rig,
						 const struct parc_actions *actions)
{
	const struct parc_core *core = rig->main;

	for (int32_t i = 0; i < actions->count; i++) {
		const struct parc_action *it = &actions->list[i];

		if (it->kind == PARC_ACTION_START &&
		    job_spec(core, idmap_find(&core->job_ids, it->job))->groups_count == 1)
			return it;
	}
	return NULL;
}

/* Does what waits wait for a round, or for what is on its way out to be gone? */
static int waits_for_a_deal(const struct parc_core *core)
{
	if (core->rules.backfill != PARC_BACKFILL_DEAL || core->rules.round_us > 0)
		return core->rules.backfill == PARC_BACKFILL_DEAL;
	for (int32_t i = 0; i < core->jobs_table.high; i++)
		if (allocation_is_live(core, i) && core->allocations[i].state == PARC_JOB_STOPPING)
			return 1;
	return 0;
}

/* Whom time alone lets recall is looked for once a second: has any such time come since the second
 * began? Work has run for so long that it may be told to stop, what was reserved is due, tenants
 * are ranked anew; levels of service grow all the time. */
static int is_ripe(const struct parc_core *core)
{
	const struct parc_policy *rules = &core->rules;
	int64_t second_us = core->time_us - core->time_us % 1000000;
	int64_t ran_us[] = {rules->run_min_us, rules->reclaim_us};

	for (int32_t i = 0; i < core->jobs_table.high; i++)
		for (int k = 0; k < 2 && core->jobs[i].runs; k++) {
			int64_t ripe_us = core->allocations[i].start_us + ran_us[k];

			if (ripe_us > second_us && ripe_us <= core->time_us)
				return 1;
		}
	for (int32_t i = 0; i < core->reservations_table.high; i++)
		if (core->reservations[i].start_us > second_us &&
		    core->reservations[i].start_us <= core->time_us)
			return 1;
	return (rules->order == PARC_ORDER_ATTAINED && rules->preempt) || core->fair_us > second_us;
}

/* A recall that should have been made before. */
static const struct parc_action *first_unrecalled(const struct rig *rig,
						  const struct parc_actions *actions)
{
	for (int32_t i = 0; i < actions->count && !is_ripe(rig->main); i++)
		if (actions->list[i].kind == PARC_ACTION_RECALL)
			return &actions->list[i];
	return NULL;
}

/* Setting the same policy again tries all lines. What then starts, or recalls, has been forgotten.
 */
int rig_probe(struct rig *rig)
{
	struct parc_event event = {.kind = PARC_EVENT_POLICY_SET};
	struct parc_actions actions;
	int64_t size = state_bytes(rig, rig->main, 0);
	struct parc_core *copy = parc_state_decode(rig->bytes, (size_t)size, NULL);
	const struct parc_action *start = NULL, *recall = NULL;
	int result = 0;

	if (copy == NULL)
		return fail(rig, "decode", "the state cannot be decoded");
	event.time_us = copy->time_us;
	event.policy = copy->rules;
	event.policy.seed = 0;
	if (copy->unfinished == 0 && !waits_for_a_deal(copy) &&
	    parc_step(copy, &event, &actions, NULL) == 0) {
		start = first_forgotten(rig, &actions);
		recall = first_unrecalled(rig, &actions);
	}
	if (start != NULL) {
		int32_t job = idmap_find(&rig->main->job_ids, start->job);

		result = fail(rig, "forgotten", "job %lld waits (%s), but would start if tried",
			      (long long)start->job, parc_reason_name(rig->main->jobs[job].reason));
	} else if (recall != NULL) {
		result =
			fail(rig, "unrecalled", "job %lld waits, but would recall if it were tried",
			     (long long)recall->job);
	}
	parc_core_destroy(copy);
	return result;
}

int rig_check_rest(struct rig *rig)
{
	const struct parc_core *core = rig->main;

	if (parc_count(core, PARC_COUNT_JOBS) != 0 || parc_count(core, PARC_COUNT_TASKS) != 0 ||
	    parc_count(core, PARC_COUNT_PENDING) != 0 ||
	    parc_count(core, PARC_COUNT_ALLOCATED_MILLI) != 0)
		return fail(rig, "rest", "%lld jobs, %lld tasks, %lld waiting, %lld/1000 are left",
			    (long long)parc_count(core, PARC_COUNT_JOBS),
			    (long long)parc_count(core, PARC_COUNT_TASKS),
			    (long long)parc_count(core, PARC_COUNT_PENDING),
			    (long long)parc_count(core, PARC_COUNT_ALLOCATED_MILLI));
	if (parc_wake(core) != closure_wake_us(core)) /* a window begins and ends by itself */
		return fail(rig, "rest", "nothing runs, but it wants to be woken at %lld us",
			    (long long)parc_wake(core));
	return 0;
}

/* ---- Crashes */

static sigjmp_buf guard_point;

static void guard_signal(int number)
{
	siglongjmp(guard_point, number);
}

int rig_guard(struct rig *rig, int (*body)(struct rig *rig, void *argument), void *argument)
{
	static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGALRM};
	struct sigaction action = {.sa_handler = guard_signal, .sa_flags = SA_NODEFER};
	int number = sigsetjmp(guard_point, 1), result;

	if (number != 0) {
		rig->twin = NULL; /* whatever it was doing, it is lost */
		return fail(rig, number == SIGALRM ? "hang" : "crash", "%s", strsignal(number));
	}
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
	alarm(RIG_SECONDS);
	result = body(rig, argument);
	alarm(0);
	return result;
}

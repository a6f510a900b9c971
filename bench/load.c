/* SPDX-License-Identifier: Apache-2.0
 *
 * The load of the benchmarks. Jobs arrive in the order of the generated work, which is repeated
 * when it ends; a job that leaves is drawn at random. Every step is timed by itself, so a figure
 * includes two readings of the clock, some 25 ns each.
 */
#include "load.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "base/assert.h"
#include "base/random.h"
#include "sim/clock.h"
#include "trace/generate.h"

#define ROWS	 400000
#define STEP_US	 1000
#define TENANT	 1
#define TIERS	 4
#define ORGS	 20 /* tenants below the root; the others are below these */
#define LIMIT_US INT64_C(36000000000)

static void must(int code, const struct parc_err *err)
{
	if (code == 0)
		return;
	fprintf(stderr, "bench: %s\n", err->text);
	exit(1);
}

static void *must_allocate(size_t count, size_t size)
{
	void *memory = calloc(count > 0 ? count : 1, size);

	if (memory == NULL) {
		fprintf(stderr, "bench: no memory for %zu records of %zu bytes\n", count, size);
		exit(1);
	}
	return memory;
}

static void make_world(struct load *load, int32_t nodes, uint64_t seed)
{
	struct fleet_mix fleet_mix;
	struct task_mix task_mix;
	struct parc_err err = {0};

	must(fleet_mix_read(&fleet_mix, LOAD_FLEET_MIX, &err), &err);
	must(fleet_generate(&load->fleet, &fleet_mix, nodes, seed, &err), &err);
	fleet_mix_deinit(&fleet_mix);
	must(task_mix_read(&task_mix, LOAD_TASK_MIX, &err), &err);
	must(tasks_generate(&load->tasks, &load->fleet, &task_mix, ROWS, seed, &err), &err);
	task_mix_deinit(&task_mix);
}

static void step(struct load *load, const struct parc_event *event, struct parc_actions *actions)
{
	struct parc_err err = {0};

	must(parc_step(load->core, event, actions, &err), &err);
}

static void make_core(struct load *load, enum parc_place place, uint64_t seed)
{
	struct parc_limits limits = fleet_limits(&load->fleet, load->jobs_max);
	struct parc_event tenant = {.kind = PARC_EVENT_TENANT_SET};
	struct parc_event policy = {.kind = PARC_EVENT_POLICY_SET};
	struct parc_err err = {0};

	load->core = parc_core_create(&limits, seed, &err);
	if (load->core != NULL)
		madvise(load->core, parc_core_size(&limits), MADV_HUGEPAGE); /* a wish */
	must(load->core == NULL ? PARC_ERR_MEMORY : 0, &err);
	tenant.tenant.tenant = TENANT;
	tenant.tenant.weight = 1;
	step(load, &tenant, NULL);
	policy.policy.place = (int32_t)place;
	policy.policy.seed = seed;
	policy.policy.epoch_us = 60000000;
	policy.policy.grace_us = 30000000;
	policy.policy.half_life_us = 604800000000;
	step(load, &policy, NULL);
	must(fleet_load(&load->fleet, load->core, 0, &err), &err);
}

void load_init(struct load *load, int32_t nodes, enum parc_place place, uint64_t seed)
{
	*load = (struct load){.random = seed, .tenants = 1};
	make_world(load, nodes, seed);
	load->jobs_max = (int32_t)(load->fleet.devices * 2 + 1024);
	load->jobs = must_allocate((size_t)load->jobs_max, sizeof(*load->jobs));
	load->capacity_milli = load->fleet.devices * PARC_SHARE_WHOLE;
	make_core(load, place, seed);
}

static const struct parc_policy easy = {.place = PARC_PLACE_PARC,
					.backfill = PARC_BACKFILL_EASY,
					.epoch_us = 60000000,
					.grace_us = 30000000};

static void policy_step(struct load *load, const struct parc_policy *policy)
{
	struct parc_event event = {.kind = PARC_EVENT_POLICY_SET, .policy = *policy};

	event.time_us = load->time_us;
	step(load, &event, NULL);
}

void load_unrule(struct load *load)
{
	load->limit_us = LIMIT_US;
	policy_step(load, &easy);
}

void load_rule(struct load *load, int32_t tenants)
{
	int64_t part_milli = load->capacity_milli / tenants;
	struct parc_policy policy = easy;

	load->tenants = tenants;
	load->limit_us = LIMIT_US;
	for (int32_t i = 1; i <= tenants; i++) {
		struct parc_event event = {.kind = PARC_EVENT_TENANT_SET};
		struct parc_tenant *set = &event.tenant;
		int is_org = i <= ORGS;

		event.time_us = load->time_us;
		set->tenant = i;
		set->parent = is_org ? PARC_NONE : i % ORGS + 1;
		set->weight = 1 + i % 7;
		set->guarantees[0].milli =
			is_org ? load->capacity_milli / ORGS / 2 : part_milli / 4;
		set->limit_milli = is_org ? 0 : load->capacity_milli / 2; /* has room */
		set->jobs_max = is_org ? 0 : load->jobs_max / 4;
		step(load, &event, NULL);
	}
	policy.half_life_us = 604800000000;
	policy.lend = PARC_LEND_ALL;
	policy.preempt = policy.reclaim = 1;
	policy_step(load, &policy);
}

void load_deinit(struct load *load)
{
	parc_core_destroy(load->core);
	free(load->jobs);
	tasks_deinit(&load->tasks);
	fleet_deinit(&load->fleet);
}

const struct tasks_row *load_next(struct load *load)
{
	const struct tasks_row *row = &load->tasks.rows[load->next_row];

	load->next_row = (load->next_row + 1) % load->tasks.count;
	return row;
}

/* Note a job that started, for its end; it holds what its placements say. */
static int32_t note_start(struct load *load, const struct parc_action *action)
{
	struct load_job *job = &load->jobs[load->jobs_count++];

	ASSERT(load->jobs_count <= load->jobs_max);
	*job = (struct load_job){.allocation = action->start.allocation,
				 .node = action->start.placements[0].node,
				 .tasks = action->start.count};
	for (int32_t i = 0; i < action->start.count; i++) {
		const struct parc_placement *it = &action->start.placements[i];

		job->milli += (int64_t)__builtin_popcount(it->devices) * it->share_milli;
	}
	load->held_milli += job->milli;
	return job->tasks;
}

/* Drawn by the number of the job, so that who leaves does not depend on it. */
static int64_t tenant_draw(const struct load *load)
{
	uint64_t state = (uint64_t)load->last_job;

	if (load->tenants == 1)
		return TENANT;
	return ORGS + 1 + (int64_t)random_below(&state, (uint64_t)(load->tenants - ORGS));
}

int32_t load_arrive(struct load *load, const struct tasks_row *row, int64_t *ns)
{
	struct parc_group group = {
		.task = row->task, .tasks_min = row->gang, .tasks_max = row->gang};
	struct parc_event event = {.kind = PARC_EVENT_SUBMIT, .time_us = load->time_us += STEP_US};
	int64_t milli = (int64_t)row->gang * row->task.devices * row->task.share_milli, before;
	struct parc_actions actions;

	event.submit = (struct parc_submit){
		.job = ++load->last_job,
		.tenant = tenant_draw(load),
		.user = TENANT,
		.work_class = PARC_CLASS_BATCH,
		.tier = load->tenants > 1 ? (int32_t)(load->last_job % TIERS) : 0,
		.time_limit_us = load->limit_us,
		.now_or_never = 1,
		.close_level = row->close_level,
		.close_strength = row->close_strength,
		.groups_count = 1,
		.groups = &group};
	before = clock_real_ns();
	step(load, &event, &actions);
	*ns = clock_real_ns() - before;
	load->arrived++;
	load->arrived_milli += milli;
	for (int32_t i = 0; i < actions.count; i++)
		if (actions.list[i].kind == PARC_ACTION_START)
			return note_start(load, &actions.list[i]);
	load->refused++;
	load->refused_milli += milli;
	return 0;
}

void load_leave(struct load *load, int32_t at, int64_t *ns)
{
	struct parc_event event = {.kind = PARC_EVENT_ENDED, .time_us = load->time_us += STEP_US};
	int64_t before;

	event.run.allocation = load->jobs[at].allocation;
	event.run.attempt = 1;
	event.run.result = PARC_RESULT_OK;
	event.run.busy_milli = -1;
	load->held_milli -= load->jobs[at].milli;
	before = clock_real_ns();
	step(load, &event, NULL);
	*ns = clock_real_ns() - before;
	load->jobs[at] = load->jobs[--load->jobs_count];
}

int32_t load_draw(struct load *load)
{
	return (int32_t)random_below(&load->random, (uint64_t)load->jobs_count);
}

void load_fill(struct load *load, int32_t pct)
{
	int64_t ns;

	while (load->held_milli * 100 < load->capacity_milli * pct)
		load_arrive(load, load_next(load), &ns);
}

double load_pct(const struct load *load)
{
	return 100.0 * (double)load->held_milli / (double)load->capacity_milli;
}

void samples_init(struct samples *samples, int32_t max)
{
	*samples = (struct samples){.max = max};
	samples->ns = must_allocate((size_t)max, sizeof(*samples->ns));
}

void samples_deinit(struct samples *samples)
{
	free(samples->ns);
}

void samples_add(struct samples *samples, int64_t ns, int32_t tasks)
{
	ASSERT(samples->count < samples->max);
	samples->ns[samples->count++] = ns > INT32_MAX ? INT32_MAX : (int32_t)ns;
	samples->sum_ns += ns;
	samples->tasks += tasks;
}

static int ns_order(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return x < y ? -1 : x > y;
}

void samples_print(struct samples *samples, const char *what)
{
	int32_t last = samples->count - 1;

	if (last < 0)
		return;
	qsort(samples->ns, (size_t)samples->count, sizeof(*samples->ns), ns_order);
	print_figure(samples->ns[last / 2] / 1000.0, "us", "%s, p50", what);
	print_figure(samples->ns[(int32_t)((int64_t)last * 99 / 100)] / 1000.0, "us", "%s, p99",
		     what);
	print_figure(samples->ns[last] / 1000.0, "us", "%s, max", what);
}

static int64_t processor_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void stopwatch_start(struct stopwatch *watch)
{
	*watch = (struct stopwatch){clock_real_ns(), processor_ns()};
}

double stopwatch_part(const struct stopwatch *watch)
{
	double real = (double)(clock_real_ns() - watch->real_ns);
	double part = (double)(processor_ns() - watch->processor_ns) / real;

	return part < 1 ? part : 1;
}

void print_figure(double value, const char *unit, const char *what, ...)
{
	va_list list;

	va_start(list, what);
	vprintf(what, list);
	va_end(list);
	printf("\t%s\t%.6g\n", unit, value);
}

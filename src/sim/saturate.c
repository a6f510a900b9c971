/* SPDX-License-Identifier: Apache-2.0
 *
 * The saturation experiment. For each seed a fresh core is loaded, all arrivals are submitted
 * with "now or never", and what the core answered is noted. Verification and measuring come after
 * the last arrival, from the notes, so that the time taken is the core's alone. Costs, beside the
 * core: one note of 80 bytes an arrival, and a walk over the nodes for each distinct request that
 * is refused: nothing ever leaves, so what did not fit once never will.
 */
#include "sim/saturate.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "sim/mirror.h"
#include "sim/stage.h"
#include "sim/stats.h"

#define SATURATE_CHECK_EVERY 1000      /* arrivals between two checks of the invariants */
#define SATURATE_TASKS_MAX   (1 << 24) /* of all gangs of one seed */

/* What became of one arrival: its placements lie in run.placements. */
struct note {
	int64_t first;
	int32_t count; /* 0: refused */
	int32_t row;
};

struct run {
	const struct saturate_config *config;
	struct saturate_result *result;
	struct mirror mirror;
	struct note *notes;
	struct parc_placement *placements;
	int64_t placements_count, placements_max;
	int32_t notes_max;
	int32_t *requests; /* by row: rows that ask for the same have the same number */
	uint8_t *hopeless; /* by request: it was refused rightly in this seed */
};

int32_t saturate_kind(const struct tasks_row *row)
{
	if (row->gang > 1)
		return SATURATE_KINDS - 1;
	if (row->task.devices == 0)
		return 0;
	if (row->task.devices == 1 && row->task.share_milli < PARC_SHARE_WHOLE)
		return 1;
	return 1 + row->task.devices;
}

static const struct tasks_row *row_of(const struct run *run, int32_t row)
{
	return &run->config->tasks->rows[row];
}

static int64_t row_milli(const struct tasks_row *row)
{
	return (int64_t)row->gang * row->task.devices * row->task.share_milli;
}

/* How many rows of the order arrive: until the level is reached or the order ends. */
static int32_t count_arrivals(const struct run *run, const struct order_seed *seed)
{
	int64_t end_milli = run->result->capacity_milli / 1000 * run->config->saturate_milli;
	int64_t arrived_milli = 0;
	for (int32_t i = 0; i < seed->rows_count; i++) {
		if (arrived_milli >= end_milli)
			return i;
		arrived_milli += row_milli(row_of(run, seed->rows[i]));
	}
	return seed->rows_count;
}

/* Keep a START's placements; the core may forget them with the next step. */
static int note_start(struct run *run, struct note *note, const struct parc_action *action,
		      struct parc_err *err)
{
	if (run->placements_count + action->start.count > run->placements_max)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "the core started more tasks than were submitted");
	note->first = run->placements_count;
	note->count = action->start.count;
	for (int32_t i = 0; i < action->start.count; i++)
		run->placements[run->placements_count++] = action->start.placements[i];
	return 0;
}

/* The answer to a submission is one START of all its tasks, or an END that refuses. */
static int note_answer(struct run *run, struct note *note, const struct parc_actions *actions,
		       int64_t job, struct parc_err *err)
{
	for (int32_t i = 0; i < actions->count; i++) {
		const struct parc_action *action = &actions->list[i];
		if (action->job != job)
			continue;
		if (action->kind == PARC_ACTION_START &&
		    action->start.count == row_of(run, note->row)->gang)
			return note_start(run, note, action, err);
		if (action->kind == PARC_ACTION_END && action->end.result == PARC_RESULT_REFUSED)
			return 0;
	}
	return parc_err_set(err, PARC_ERR_MISMATCH,
			    "the core neither started nor refused job %lld at once",
			    (long long)job);
}

static int submit_arrival(struct run *run, struct stage *stage, int32_t at, struct parc_err *err)
{
	struct note *note = &run->notes[at];
	const struct tasks_row *row = row_of(run, note->row);
	struct stage_job job = {.job = at + 1, .time_us = at + 1, .row = row, .now_or_never = 1};
	struct parc_actions actions;
	if (row->alien)
		return 0;
	int code = stage_submit(stage, &job, &actions, err);
	return code ? code : note_answer(run, note, &actions, job.job, err);
}

static int submit_all(struct run *run, struct stage *stage, int32_t count, struct parc_err *err)
{
	for (int32_t i = 0; i < count; i++) {
		int code = submit_arrival(run, stage, i, err);
		if (!code && run->config->check && i % SATURATE_CHECK_EVERY == 0)
			code = stage_check(stage, err);
		if (!code && run->config->halfway && i == count / 2)
			code = stage_move(stage, err);
		if (code)
			return code;
	}
	return run->config->check ? stage_check(stage, err) : 0;
}

/* A row and what it asks for, to number equal ones. */
struct asked {
	const struct tasks_row *row;
	int32_t number;
};

static int compare_asked(const void *a, const void *b)
{
	const struct tasks_row *x = ((const struct asked *)a)->row;
	const struct tasks_row *y = ((const struct asked *)b)->row;
	const int64_t differences[] = {
		x->task.cpu_milli - y->task.cpu_milli,
		x->task.memory_mib - y->task.memory_mib,
		x->task.devices - y->task.devices,
		x->task.share_milli - y->task.share_milli,
		x->task.device_memory_mib - y->task.device_memory_mib,
		x->task.link - y->task.link,
		(x->task.chips > y->task.chips) - (x->task.chips < y->task.chips),
		x->gang - y->gang,
		x->close_level - y->close_level,
		x->close_strength - y->close_strength,
		x->alien - y->alien,
	};
	for (size_t i = 0; i < sizeof(differences) / sizeof(*differences); i++)
		if (differences[i] != 0)
			return differences[i] < 0 ? -1 : 1;
	return 0;
}

static int number_requests(struct run *run, struct parc_err *err)
{
	const struct tasks *tasks = run->config->tasks;
	size_t count = (size_t)tasks->count;
	struct asked *list = malloc((count + 1) * sizeof(*list));
	int32_t number = 0;
	run->requests = malloc((count + 1) * sizeof(*run->requests));
	run->hopeless = malloc(count + 1);
	if (!list || !run->requests || !run->hopeless) {
		free(list);
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for %zu rows", count);
	}
	for (size_t i = 0; i < count; i++)
		list[i] = (struct asked){&tasks->rows[i], 0};
	qsort(list, count, sizeof(*list), compare_asked);
	for (size_t i = 0; i < count; i++) {
		number += i > 0 && compare_asked(&list[i - 1], &list[i]) != 0;
		run->requests[list[i].row - tasks->rows] = number;
	}
	free(list);
	return 0;
}

static int verify_note(struct run *run, int32_t at, struct parc_err *err)
{
	const struct note *note = &run->notes[at];
	const struct tasks_row *row = row_of(run, note->row);
	for (int32_t i = 0; i < note->count; i++) {
		int code = mirror_place(&run->mirror, &row->task, &run->placements[note->first + i],
					err);
		if (code)
			return code;
	}
	uint8_t *hopeless = &run->hopeless[run->requests[note->row]];
	if (note->count || *hopeless)
		return 0;
	if (!mirror_can_fit(&run->mirror, row)) {
		*hopeless = 1;
		return 0;
	}
	return parc_err_set(err, PARC_ERR_MISMATCH,
			    "%s refused arrival %d (row %d of the list), which fits",
			    parc_place_name(run->config->place), at, note->row);
}

/* Means of the values at each level, from sums and counts. */
struct levels {
	int64_t sum[SATURATE_LEVEL_MAX + 1], count[SATURATE_LEVEL_MAX + 1];
};

static void levels_add(struct levels *levels, int64_t arrived_milli, int64_t allocated_milli,
		       int64_t capacity_milli)
{
	int64_t level = stats_divide_even((__int128)arrived_milli * 100, capacity_milli);
	if (level > SATURATE_LEVEL_MAX)
		return;
	levels->sum[level] += stats_divide_even((__int128)allocated_milli * 10000, capacity_milli);
	levels->count[level]++;
}

static void levels_close(const struct levels *levels, int32_t level_max, int64_t *allocated)
{
	int64_t last = 0;
	for (int32_t i = 0; i <= level_max; i++) {
		if (levels->count[i])
			last = stats_divide_up((__int128)levels->sum[i] * (SATURATE_SCALE / 100),
					       levels->count[i]);
		allocated[i] = last;
	}
}

static void count_arrival(const struct run *run, struct saturate_seed *seed,
			  const struct note *note)
{
	int32_t kind = saturate_kind(row_of(run, note->row));
	seed->tasks++;
	seed->arrived_by_kind[kind]++;
	if (note->count == 0) {
		seed->refused++;
		seed->refused_by_kind[kind]++;
	}
}

static int64_t booked_milli(const struct run *run, const struct note *note)
{
	int64_t milli = 0;
	for (int32_t i = 0; i < note->count; i++) {
		const struct parc_placement *placement = &run->placements[note->first + i];
		milli += (int64_t)__builtin_popcount(placement->devices) * placement->share_milli;
	}
	return milli;
}

/* Go through the notes: verify each against the mirror and measure. */
static int measure(struct run *run, struct saturate_seed *seed, int32_t count, struct parc_err *err)
{
	struct levels levels = {0};
	int64_t arrived_milli = 0, allocated_milli = 0;
	mirror_reset(&run->mirror);
	memset(run->hopeless, 0, (size_t)run->config->tasks->count);
	for (int32_t i = 0; i < count; i++) {
		const struct note *note = &run->notes[i];
		int code = verify_note(run, i, err);
		if (code)
			return code;
		count_arrival(run, seed, note);
		arrived_milli += row_milli(row_of(run, note->row));
		allocated_milli += booked_milli(run, note);
		levels_add(&levels, arrived_milli, allocated_milli, run->result->capacity_milli);
	}
	levels_close(&levels, run->result->level_max, seed->allocated);
	stranded_classify(&seed->stranded, &run->mirror, run->config->demand);
	return 0;
}

static void measure_chips(const struct mirror *mirror, struct saturate_seed *seed)
{
	for (int32_t i = 0; i < mirror->nodes_count; i++) {
		const struct mirror_node *node = &mirror->nodes[i];
		for (int32_t d = 0; d < node->devices; d++)
			seed->allocated_by_chip[node->chip[d]] +=
				PARC_SHARE_WHOLE - node->free_milli[d];
	}
}

static int finish_world(struct stage *stage, struct saturate_seed *seed, struct parc_err *err)
{
	seed->digest = parc_digest(stage->core);
	seed->deciding_ns = stage->deciding_ns;
	return stage->record ? record_digest(stage->record, seed->digest, err) : 0;
}

static int run_seed(struct run *run, const struct order_seed *order, struct saturate_seed *seed,
		    struct parc_err *err)
{
	const struct saturate_config *config = run->config;
	struct stage_setup setup = {.fleet = config->fleet,
				    .ranks = order->ranks_count ? order->ranks : NULL,
				    .demand = config->tell_demand ? config->demand : NULL,
				    .record = config->record,
				    .seed = (uint64_t)order->seed,
				    .place = config->place,
				    .jobs_max = run->notes_max,
				    .tasks_max = (int32_t)run->placements_max};
	struct stage stage;
	int32_t count = count_arrivals(run, order);
	ASSERT(count <= run->notes_max);
	seed->seed = order->seed;
	run->placements_count = 0;
	for (int32_t i = 0; i < count; i++)
		run->notes[i] = (struct note){.row = order->rows[i]};
	int code = stage_init(&stage, &setup, err);
	if (code)
		return code;
	code = submit_all(run, &stage, count, err);
	if (!code)
		code = finish_world(&stage, seed, err);
	stage_deinit(&stage);
	if (!code)
		code = measure(run, seed, count, err);
	if (!code)
		measure_chips(&run->mirror, seed);
	return code;
}

static void add_sums(int64_t *sums, const int64_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sums[i] += values[i];
}

static void add_seed(struct saturate_seed *sum, const struct saturate_seed *seed)
{
	sum->tasks += seed->tasks;
	sum->refused += seed->refused;
	sum->deciding_ns += seed->deciding_ns;
	add_sums(sum->allocated, seed->allocated, SATURATE_LEVEL_MAX + 1);
	add_sums(sum->arrived_by_kind, seed->arrived_by_kind, SATURATE_KINDS);
	add_sums(sum->refused_by_kind, seed->refused_by_kind, SATURATE_KINDS);
	add_sums(sum->allocated_by_chip, seed->allocated_by_chip, PARC_CHIPS_MAX);
	add_sums(sum->stranded.milli, seed->stranded.milli, STRANDED_COUNT);
}

static int check_config(const struct saturate_config *config, struct parc_err *err)
{

	if (config->seeds_count < 1)
		return parc_err_set(err, PARC_ERR_INVALID, "there is no seed to run");
	if (config->saturate_milli < 10 || config->saturate_milli > SATURATE_LEVEL_MAX * 10)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "a saturation of %d thousandths; 0.01 to 10 is possible",
				    config->saturate_milli);
	return 0;
}

static void count_capacity(struct saturate_result *result, const struct mirror *mirror)
{
	for (int32_t i = 0; i < mirror->nodes_count; i++) {
		const struct mirror_node *node = &mirror->empty[i];
		for (int32_t d = 0; d < node->devices; d++)
			result->capacity_by_chip[node->chip[d]] += PARC_SHARE_WHOLE;
		result->capacity_milli += (int64_t)node->devices * PARC_SHARE_WHOLE;
	}
}

/* Room for the longest seed: arrivals, and tasks of all their gangs. */
static int count_room(struct run *run, struct parc_err *err)
{
	run->notes_max = 1;
	run->placements_max = 1;
	for (int32_t i = 0; i < run->config->seeds_count; i++) {
		const struct order_seed *seed = &run->config->seeds[i];
		int32_t count = count_arrivals(run, seed);
		int64_t placements = 0;
		for (int32_t k = 0; k < count; k++)
			placements += row_of(run, seed->rows[k])->gang;
		if (count > run->notes_max)
			run->notes_max = count;
		if (placements > run->placements_max)
			run->placements_max = placements;
	}
	if (run->placements_max > SATURATE_TASKS_MAX)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "%lld tasks arrive; at most %d are possible",
				    (long long)run->placements_max, SATURATE_TASKS_MAX);
	return 0;
}

static int init_run(struct run *run, struct parc_err *err)
{
	const struct saturate_config *config = run->config;
	int code = mirror_init(&run->mirror, config->fleet, err);
	if (code)
		return code;
	count_capacity(run->result, &run->mirror);
	if (run->result->capacity_milli == 0)
		return parc_err_set(err, PARC_ERR_INVALID, "the fleet has no device to saturate");
	code = count_room(run, err);
	if (code)
		return code;
	run->notes = malloc((size_t)run->notes_max * sizeof(*run->notes));
	run->placements = malloc((size_t)run->placements_max * sizeof(*run->placements));
	run->result->seeds = calloc((size_t)config->seeds_count, sizeof(*run->result->seeds));
	if (!run->notes || !run->placements || !run->result->seeds)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for %d arrivals",
				    run->notes_max);
	return 0;
}

static int run_seeds(struct run *run, struct parc_err *err)
{
	const struct saturate_config *config = run->config;
	for (int32_t i = 0; i < config->seeds_count; i++) {
		if (config->progress)
			config->progress(config->progress_arg, i, config->seeds_count);
		int code = run_seed(run, &config->seeds[i], &run->result->seeds[i], err);
		if (code)
			return code;
		add_seed(&run->result->sum, &run->result->seeds[i]);
	}
	if (config->progress)
		config->progress(config->progress_arg, config->seeds_count, config->seeds_count);
	return 0;
}

int saturate_run(struct saturate_result *result, const struct saturate_config *config,
		 struct parc_err *err)
{
	struct run run = {.config = config, .result = result};
	*result = (struct saturate_result){.config = config, .seeds_count = config->seeds_count};
	int code = check_config(config, err);
	if (code)
		return code;
	result->level_max = config->saturate_milli / 10;
	code = init_run(&run, err);
	if (!code)
		code = number_requests(&run, err);
	if (!code)
		code = run_seeds(&run, err);
	mirror_deinit(&run.mirror);
	free(run.notes);
	free(run.placements);
	free(run.requests);
	free(run.hopeless);
	if (code)
		saturate_deinit(result);
	return code;
}

void saturate_deinit(struct saturate_result *result)
{
	free(result->seeds);
	*result = (struct saturate_result){0};
}

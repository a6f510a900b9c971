/* SPDX-License-Identifier: Apache-2.0
 *
 * What the benchmarks share: a fleet and work made from the benchmark's mixes, a core under that
 * load, and samples of how long each step took.
 *
 *   life cycle   load_init, load_rule, load_unrule, load_deinit
 *   change       load_next, load_arrive, load_leave, load_fill
 *   query        load_draw, load_pct
 *   figures      stopwatch_start, stopwatch_part, samples_add, samples_print, print_figure
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "trace/fleet.h"
#include "trace/tasks.h"

#define LOAD_FLEET_MIX "examples/bench-fleet.yaml"
#define LOAD_TASK_MIX  "examples/bench-mix.yaml"

/* A job that runs. */
struct load_job {
	int64_t allocation, node; /* node: of its first task */
	int64_t milli;		  /* thousandths of devices it holds */
	int32_t tasks;
};

struct load {
	struct fleet fleet;
	struct tasks tasks;
	struct parc_core *core;
	struct load_job *jobs;
	int32_t jobs_count, jobs_max;
	int32_t next_row;
	int64_t last_job, time_us;
	int64_t held_milli, capacity_milli;
	int64_t arrived_milli,
		refused_milli; /* counted by load_arrive; the caller may reset them */
	int32_t arrived, refused;
	uint64_t random;
	int32_t tenants;  /* whose jobs arrive, drawn at random; 1: the only one */
	int64_t limit_us; /* of each job; 0: none */
};

/* A fleet of so many nodes with nothing on it. Prints and exits on failure, as all of these do. */
void load_init(struct load *load, int32_t nodes, enum parc_place place, uint64_t seed);

/* So many tenants in a tree, with guarantees, limits, caps and weights; fair share, EASY backfill,
 * preemption and reclaim are on. Call it once, before work arrives. */
void load_rule(struct load *load, int32_t tenants);

/* EASY backfill alone, the same for comparison. */
void load_unrule(struct load *load);
void load_deinit(struct load *load);

/* The next row of the work that arrives. */
const struct tasks_row *load_next(struct load *load);

/* Submit it, now or never. Returns the tasks placed, 0: refused; `ns` is what the step took. */
int32_t load_arrive(struct load *load, const struct tasks_row *row, int64_t *ns);

/* The job at this place of the list ends; the last one takes its place. */
void load_leave(struct load *load, int32_t at, int64_t *ns);

/* One of the running jobs, drawn at random: its place in the list. */
int32_t load_draw(struct load *load);

/* Jobs arrive until `pct` of the devices are held. */
void load_fill(struct load *load, int32_t pct);

/* The part of all devices that is held, in per cent. */
double load_pct(const struct load *load);

/* How long steps of one sort took. */
struct samples {
	int32_t *ns;
	int32_t count, max;
	int64_t sum_ns, tasks;
};

void samples_init(struct samples *samples, int32_t max);
void samples_deinit(struct samples *samples);
void samples_add(struct samples *samples, int64_t ns, int32_t tasks);

/* Median, 99th percentile and largest, in microseconds; nothing if there are none. */
void samples_print(struct samples *samples, const char *what);

/* How much of the time that went by since it was started this process had a processor, at most 1:
 * sums of durations are multiplied with it, as the machine may be busy with other things. */
struct stopwatch {
	int64_t real_ns, processor_ns;
};
void stopwatch_start(struct stopwatch *watch);
double stopwatch_part(const struct stopwatch *watch);

/* One line of a report (tools/bench.sh). */
__attribute__((format(printf, 3, 4))) void print_figure(double value, const char *unit,
							const char *what, ...);

#endif

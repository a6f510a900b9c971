/* SPDX-License-Identifier: Apache-2.0
 *
 * Placing under churn: fleets of 1,000, 10,000 and 60,625 nodes of 8 devices are filled to 90 %
 * and held there. Each arrival is submitted now or never; while more than 90 % is held, jobs
 * drawn at random end. Then departures stop, and work of 30 % of the fleet arrives on top: what
 * is held at the end tells whether the placements before were good ones. The same arrivals are
 * placed with best-fit, for comparison.
 *
 *   bench_churn [NODES [PLACE [SEED [ARRIVALS]]]]   one size, one policy
 */
#include <stdlib.h>
#include <string.h>

#include "load.h"

#define HELD_PCT     90
#define ARRIVALS     200000 /* if not told */
#define ARRIVALS_MAX 100000000
#define NODES_MAX    1000000
#define SATURATE_PCT 30
#define TASK_DEVICES 8 /* of one task; DESIGN's bound for the 99th percentile */
#define SEED	     42

struct figures {
	double part; /* of the time that went by, the part that was ours */
	struct samples place, gang, refuse, refuse_gang, release;
};

static void figures_init(struct figures *it, int32_t arrivals)
{
	samples_init(&it->place, arrivals);
	samples_init(&it->gang, arrivals);
	samples_init(&it->refuse, arrivals);
	samples_init(&it->refuse_gang, arrivals);
	samples_init(&it->release, arrivals * 2);
}

static void figures_deinit(struct figures *it)
{
	samples_deinit(&it->place);
	samples_deinit(&it->gang);
	samples_deinit(&it->refuse);
	samples_deinit(&it->refuse_gang);
	samples_deinit(&it->release);
}

static void churn(struct load *load, struct figures *figures, int32_t arrivals)
{
	struct stopwatch watch;
	int64_t ns;

	stopwatch_start(&watch);

	for (int32_t i = 0; i < arrivals; i++) {
		const struct tasks_row *row = load_next(load);
		int32_t tasks = load_arrive(load, row, &ns);

		if (row->gang > 1)
			samples_add(tasks > 0 ? &figures->gang : &figures->refuse_gang, ns, tasks);
		else
			samples_add(tasks > 0 ? &figures->place : &figures->refuse, ns, tasks);
		while (load->held_milli * 100 > load->capacity_milli * HELD_PCT &&
		       figures->release.count < figures->release.max) {
			load_leave(load, load_draw(load), &ns);
			samples_add(&figures->release, ns, 0);
		}
	}
	figures->part = stopwatch_part(&watch);
}

static void print_speed(const char *name, struct figures *it)
{
	double single_s = (double)it->place.sum_ns * it->part / 1e9;
	double placing_s = single_s + (double)it->gang.sum_ns * it->part / 1e9;
	double refusing_s = (double)(it->refuse.sum_ns + it->refuse_gang.sum_ns) * it->part / 1e9;
	double releasing_s = (double)it->release.sum_ns * it->part / 1e9;
	int64_t tasks = it->place.tasks + it->gang.tasks;
	char what[128];

	print_figure((double)tasks / placing_s, "1/s", "%s, tasks placed", name);
	print_figure((double)it->place.tasks / single_s, "1/s", "%s, tasks placed that are no gang",
		     name);
	print_figure((double)tasks / (placing_s + refusing_s + releasing_s), "1/s",
		     "%s, tasks placed, with all refusals and releases", name);
	snprintf(what, sizeof(what), "%s, place a task of up to 8 devices", name);
	samples_print(&it->place, what);
	snprintf(what, sizeof(what), "%s, place a gang", name);
	samples_print(&it->gang, what);
	snprintf(what, sizeof(what), "%s, release a job", name);
	samples_print(&it->release, what);
	snprintf(what, sizeof(what), "%s, does not fit", name);
	samples_print(&it->refuse, what);
	snprintf(what, sizeof(what), "%s, does not fit, gang", name);
	samples_print(&it->refuse_gang, what);
}

static void print_quality(const char *name, struct load *load)
{
	print_figure(100.0 * load->refused / load->arrived, "%", "%s, jobs refused under churn",
		     name);
	print_figure(100.0 * (double)load->refused_milli / (double)load->arrived_milli, "%",
		     "%s, devices refused under churn", name);
}

static void saturate(struct load *load)
{
	int64_t ns;

	load->arrived_milli = 0;
	while (load->arrived_milli * 100 < load->capacity_milli * SATURATE_PCT)
		load_arrive(load, load_next(load), &ns);
}

static void run(int32_t nodes, enum parc_place place, uint64_t seed, int32_t arrivals)
{
	struct figures figures = {0};
	struct load load;
	int64_t scored, rebuilds;
	char name[64];

	snprintf(name, sizeof(name), "%d nodes, %s", nodes, parc_place_name((int)place));
	load_init(&load, nodes, place, seed);
	figures_init(&figures, arrivals);
	load_fill(&load, HELD_PCT);
	load.arrived = load.refused = 0;
	load.arrived_milli = load.refused_milli = 0;
	scored = parc_count(load.core, PARC_COUNT_SCORED);
	rebuilds = parc_count(load.core, PARC_COUNT_REBUILDS);
	churn(&load, &figures, arrivals);
	print_speed(name, &figures);
	print_figure(parc_count(load.core, PARC_COUNT_CLASSES), "1", "%s, classes", name);
	print_figure((double)(parc_count(load.core, PARC_COUNT_SCORED) - scored) / arrivals, "1",
		     "%s, scores an arrival", name);
	print_figure(parc_count(load.core, PARC_COUNT_REBUILDS) - rebuilds, "1",
		     "%s, heaps made anew", name);
	print_quality(name, &load);
	saturate(&load);
	print_figure(load_pct(&load), "%", "%s, devices held after 30 %% more arrived", name);
	fflush(stdout);
	figures_deinit(&figures);
	load_deinit(&load);
}

/* A whole number of the command line. Prints and exits if it is none in this range. */
static int64_t number(const char *text, int64_t most)
{
	char *end;
	int64_t value = strtoll(text, &end, 10);

	if (*text == 0 || *end != 0 || value < 1 || value > most) {
		fprintf(stderr, "bench: \"%s\" is no whole number from 1 to %lld\n", text,
			(long long)most);
		exit(2);
	}
	return value;
}

static enum parc_place place_named(const char *name)
{
	for (int i = 0; i <= PARC_PLACE_FGD; i++)
		if (strcmp(parc_place_name(i), name) == 0)
			return (enum parc_place)i;
	fprintf(stderr, "bench: there is no placement \"%s\"\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	static const int32_t sizes[] = {1000, 10000, 60625};

	if (argc > 1) {
		run((int32_t)number(argv[1], NODES_MAX),
		    argc > 2 ? place_named(argv[2]) : PARC_PLACE_PARC,
		    argc > 3 ? (uint64_t)number(argv[3], INT64_MAX) : SEED,
		    argc > 4 ? (int32_t)number(argv[4], ARRIVALS_MAX) : ARRIVALS);
		return 0;
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		run(sizes[i], PARC_PLACE_PARC, SEED, ARRIVALS);
		run(sizes[i], PARC_PLACE_BEST_FIT, SEED, ARRIVALS);
	}
	return 0;
}

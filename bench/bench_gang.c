/* SPDX-License-Identifier: Apache-2.0
 *
 * Gangs of 2 to 512 whole nodes, by size and closeness, on fleets of 1,000, 10,000 and 60,625
 * nodes. The fleet is filled to 90 %; then all jobs on one pod in sixteen end, so that even the
 * largest gang finds room. Each gang is placed and ends again, with some churn in between, so that
 * what the core keeps about closeness has to catch up.
 *
 *   bench_gang [NODES]   one size
 */
#include <stdlib.h>
#include <string.h>

#include "load.h"

#define HELD_PCT   90
#define SEED	   42
#define POD_NODES  128
#define POD_STRIDE 16
#define ROUNDS	   50
#define CHURN	   20 /* arrivals between two gangs */

struct closeness {
	const char *name;
	int32_t level, strength, tasks_max;
};

static const struct closeness closenesses[] = {
	{"anywhere", PARC_LEVEL_FLEET, PARC_STRENGTH_NONE, 512},
	{"prefer rack", PARC_LEVEL_RACK, PARC_STRENGTH_PREFER, 512},
	{"require rack", PARC_LEVEL_RACK, PARC_STRENGTH_REQUIRE, 4},
	{"require pod", PARC_LEVEL_POD, PARC_STRENGTH_REQUIRE, 32},
	{"prefer site", PARC_LEVEL_SITE, PARC_STRENGTH_PREFER, 512},
};

/* Every job whose first task lies in one of the chosen pods ends. */
static void make_room(struct load *load)
{
	int64_t ns;

	for (int32_t i = load->jobs_count - 1; i >= 0; i--)
		if ((load->jobs[i].node - 1) / POD_NODES % POD_STRIDE == POD_STRIDE / 2)
			load_leave(load, i, &ns);
}

/* As many leave as arrive; those that arrive are no gangs. */
static void churn(struct load *load)
{
	int64_t ns;

	for (int32_t i = 0; i < CHURN; i++) {
		const struct tasks_row *row = load_next(load);
		int64_t held = load->held_milli;

		if (row->gang > 1 || load_arrive(load, row, &ns) == 0)
			continue;
		while (load->held_milli > held)
			load_leave(load, load_draw(load), &ns);
	}
}

/* A gang of whole nodes of the mix, of the given size and closeness. */
static int find_gang(const struct load *load, struct tasks_row *gang)
{
	for (int32_t i = 0; i < load->tasks.count; i++) {
		*gang = load->tasks.rows[i];
		if (gang->gang == 32)
			return 1;
	}
	return 0;
}

static void measure(struct load *load, int32_t nodes, const struct closeness *closeness,
		    int32_t tasks)
{
	struct samples place, release, refuse;
	struct tasks_row gang;
	char what[128];
	int64_t ns;

	if (!find_gang(load, &gang))
		return;
	gang.gang = tasks;
	gang.close_level = closeness->level;
	gang.close_strength = closeness->strength;
	samples_init(&place, ROUNDS);
	samples_init(&release, ROUNDS);
	samples_init(&refuse, ROUNDS);
	for (int32_t i = 0; i < ROUNDS; i++) {
		churn(load);
		if (load_arrive(load, &gang, &ns) == 0) {
			samples_add(&refuse, ns, 0);
			continue;
		}
		samples_add(&place, ns, tasks);
		load_leave(load, load->jobs_count - 1, &ns);
		samples_add(&release, ns, tasks);
	}
	snprintf(what, sizeof(what), "%d nodes, gang of %d, %s, place", nodes, tasks,
		 closeness->name);
	samples_print(&place, what);
	if (closeness->strength == PARC_STRENGTH_NONE) {
		snprintf(what, sizeof(what), "%d nodes, gang of %d, release", nodes, tasks);
		samples_print(&release, what);
	}
	snprintf(what, sizeof(what), "%d nodes, gang of %d, %s, does not fit", nodes, tasks,
		 closeness->name);
	samples_print(&refuse, what);
	samples_deinit(&place);
	samples_deinit(&release);
	samples_deinit(&refuse);
}

static void run(int32_t nodes)
{
	struct load load;

	load_init(&load, nodes, PARC_PLACE_PARC, SEED);
	load_fill(&load, HELD_PCT);
	make_room(&load);
	print_figure(load_pct(&load), "%", "%d nodes, devices held after room was made", nodes);
	for (int32_t tasks = 2; tasks <= 512; tasks *= tasks < 8 ? 2 : 4)
		for (size_t i = 0; i < sizeof(closenesses) / sizeof(*closenesses); i++)
			if (tasks <= closenesses[i].tasks_max && tasks * 64 <= nodes)
				measure(&load, nodes, &closenesses[i], tasks);
	fflush(stdout);
	load_deinit(&load);
}

int main(int argc, char **argv)
{
	static const int32_t sizes[] = {1000, 10000, 60625};

	if (argc > 1) {
		run((int32_t)strtol(argv[1], NULL, 10));
		return 0;
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		run(sizes[i]);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The saturation experiment on openb's 1,213 nodes, one seed: the time of all decisions, for
 * `fgd`, `best-fit` and `parc`. The data are not in the repository.
 */
#include <stdlib.h>
#include <unistd.h>

#include "load.h"
#include "sim/saturate.h"

#define DATA "../shared/data/openb/"
#define SEED 42

static void run(const struct saturate_config *base, enum parc_place place)
{
	struct saturate_config config = *base;
	struct saturate_result result;
	struct parc_err err = {0};
	struct stopwatch watch;
	double part;

	config.place = (int32_t)place;
	config.tell_demand = place == PARC_PLACE_FGD;
	stopwatch_start(&watch);
	if (saturate_run(&result, &config, &err) != 0) {
		fprintf(stderr, "bench: %s\n", err.text);
		exit(1);
	}
	part = stopwatch_part(&watch);
	print_figure((double)result.sum.deciding_ns * part / 1e6, "ms", "openb, one seed, %s",
		     parc_place_name((int)place));
	print_figure((double)result.sum.allocated[130] / SATURATE_SCALE, "%",
		     "openb, devices held at level 130, %s", parc_place_name((int)place));
	saturate_deinit(&result);
}

int main(void)
{
	struct saturate_config config = {.seeds_count = 1, .saturate_milli = 1300};
	const struct order_wish wish = {
		.saturate_milli = config.saturate_milli, .seeds = 1, .first_seed = SEED};
	struct parc_err err = {0};
	struct demand demand;
	struct fleet fleet;
	struct tasks tasks;
	struct order order;

	if (access(DATA "nodes.csv", R_OK) != 0) {
		printf("# skipped: no ../shared/data\n");
		return 0;
	}
	if (fleet_read(&fleet, DATA "nodes.csv", &err) != 0 ||
	    tasks_read_openb(&tasks, &fleet, DATA "default.csv", &err) != 0 ||
	    order_make(&order, &tasks, &fleet, &wish, &err) != 0 ||
	    demand_init(&demand, &tasks, &err) != 0) {
		fprintf(stderr, "bench: %s\n", err.text);
		return 1;
	}
	config.fleet = &fleet;
	config.tasks = &tasks;
	config.seeds = order.seeds;
	config.demand = &demand;
	run(&config, PARC_PLACE_FGD);
	run(&config, PARC_PLACE_PARC);
	run(&config, PARC_PLACE_BEST_FIT);
	demand_deinit(&demand);
	order_deinit(&order);
	tasks_deinit(&tasks);
	fleet_deinit(&fleet);
	return 0;
}

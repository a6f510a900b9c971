/* SPDX-License-Identifier: Apache-2.0
 *
 * What many tenants cost: the same arrivals and ends go by turns, some at a time, to two cores, one
 * without rules and one with 1,000 tenants in a tree that has guarantees, limits and caps, with
 * fair share, tiers, preemption and reclaim. Both are 90 % full, and nobody waits. A busy machine
 * slows both alike, so the ratio can be trusted where the times can't.
 *
 *   bench_tenants [NODES [ARRIVALS]]
 */
#include <stdlib.h>

#include "load.h"

#define NODES	 10000
#define TENANTS	 1000
#define ARRIVALS 100000
#define TURN	 500
#define HELD_PCT 90
#define SEED	 42

/* Nanoseconds that so many arrivals took, and the ends that keep the fleet 90 % full. */
static int64_t turn(struct load *load)
{
	int64_t ns, sum_ns = 0;

	for (int32_t i = 0; i < TURN; i++) {
		load_arrive(load, load_next(load), &ns);
		sum_ns += ns;
		while (load->held_milli * 100 > load->capacity_milli * HELD_PCT) {
			load_leave(load, load_draw(load), &ns);
			sum_ns += ns;
		}
	}
	return sum_ns;
}

static void load_make(struct load *load, int32_t nodes, int32_t tenants)
{
	load_init(load, nodes, PARC_PLACE_PARC, SEED);
	if (tenants > 1)
		load_rule(load, tenants);
	else
		load_unrule(load);
	load_fill(load, HELD_PCT);
}

int main(int argc, char **argv)
{
	int32_t nodes = argc > 1 ? (int32_t)strtol(argv[1], NULL, 10) : NODES;
	int32_t arrivals = argc > 2 ? (int32_t)strtol(argv[2], NULL, 10) : ARRIVALS;
	int64_t plain_ns = 0, full_ns = 0;
	struct load plain, full;

	load_make(&plain, nodes, 1);
	load_make(&full, nodes, TENANTS);
	plain.arrived = plain.refused = full.arrived = full.refused = 0;
	for (int32_t done = 0; done < arrivals; done += TURN) {
		plain_ns += turn(&plain);
		full_ns += turn(&full);
	}
	print_figure((double)plain_ns / arrivals / 1000, "us",
		     "%d nodes, no rules, an arrival and its end", nodes);
	print_figure((double)full_ns / arrivals / 1000, "us",
		     "%d nodes, %d tenants, an arrival and its end", nodes, TENANTS);
	print_figure((double)full_ns / (double)plain_ns, "1",
		     "%d nodes, %d tenants against no rules", nodes, TENANTS);
	print_figure(100.0 * plain.refused / plain.arrived, "%", "%d nodes, no rules, jobs refused",
		     nodes);
	print_figure(100.0 * full.refused / full.arrived, "%", "%d nodes, %d tenants, jobs refused",
		     nodes, TENANTS);
	load_deinit(&plain);
	load_deinit(&full);
	return 0;
}

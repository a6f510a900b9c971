/* SPDX-License-Identifier: Apache-2.0
 *
 * What an epoch costs: 60,625 nodes of 8 devices, empty and 90 % full, and jobs that wait in one
 * line or in many. Between two epochs one node is drained and resumed, so that each has to be
 * closed; what is timed is the step that closes it, and beside it one that closes none.
 *
 *   bench_ledger [NODES]
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load.h"

#define NODES	     60625
#define EPOCHS	     200
#define EPOCH_US     INT64_C(60000000)
#define LINES	     64
#define NODE_DEVICES 8
#define SEED	     42

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Returns what the step took. */
static int64_t step(struct load *load, struct parc_event *event)
{
	struct parc_actions actions;
	struct parc_err err = {0};
	int64_t begin_ns = now_ns();

	event->time_us = load->time_us;
	if (parc_step(load->core, event, &actions, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	return now_ns() - begin_ns;
}

static void node_turn(struct load *load, int32_t kind)
{
	struct parc_event event = {.kind = kind, .node.node = 1};

	step(load, &event);
}

/* A gang whose tasks fit, but not all of them, and not on one node if they must. */
static void wait_submit(struct load *load, int32_t tasks, int32_t devices, int32_t level)
{
	struct parc_group group = {.task = {.devices = devices, .share_milli = 1000},
				   .tasks_min = tasks,
				   .tasks_max = tasks};
	struct parc_event event = {.kind = PARC_EVENT_SUBMIT};

	event.submit.job = ++load->last_job;
	event.submit.user = 1;
	event.submit.groups = &group;
	event.submit.groups_count = 1;
	event.submit.close_level = level;
	event.submit.close_strength =
		level == PARC_LEVEL_FLEET ? PARC_STRENGTH_NONE : PARC_STRENGTH_REQUIRE;
	group.task.memory_mib = load->last_job; /* no two of them are alike */
	step(load, &event);
}

static void epochs_time(struct load *load, const char *name)
{
	struct samples closing, idle;
	char what[128];

	samples_init(&closing, EPOCHS);
	samples_init(&idle, EPOCHS);
	for (int32_t i = 0; i < EPOCHS; i++) {
		struct parc_event event = {.kind = PARC_EVENT_TIME};

		load->time_us += EPOCH_US;
		samples_add(&closing, step(load, &event), 0);
		load->time_us += EPOCH_US;
		samples_add(&idle, step(load, &event), 0);
		node_turn(load, PARC_EVENT_NODE_DRAIN);
		node_turn(load, PARC_EVENT_NODE_RESUME);
	}
	snprintf(what, sizeof(what), "%s, an epoch", name);
	samples_print(&closing, what);
	snprintf(what, sizeof(what), "%s, an epoch in which nothing changed", name);
	samples_print(&idle, what);
	samples_deinit(&closing);
	samples_deinit(&idle);
}

static void policy_set(struct load *load)
{
	struct parc_event event = {.kind = PARC_EVENT_POLICY_SET};

	event.policy.place = PARC_PLACE_BEST_FIT;
	event.policy.epoch_us = EPOCH_US;
	step(load, &event);
}

static void fleet_time(int32_t nodes, int32_t pct)
{
	struct parc_event cancel = {.kind = PARC_EVENT_CANCEL};
	struct load load;
	char name[96];

	load_init(&load, nodes, PARC_PLACE_BEST_FIT, SEED);
	policy_set(&load); /* before there are jobs: they are sorted by tenant or not */
	if (pct > 0)
		load_fill(&load, pct);
	snprintf(name, sizeof(name), "%d nodes, %d %% held, nobody waits", nodes, pct);
	epochs_time(&load, name);
	if (pct == 0) {
		load_deinit(&load);
		return;
	}
	wait_submit(&load, nodes / 4, NODE_DEVICES, PARC_LEVEL_FLEET);
	snprintf(name, sizeof(name), "%d nodes, %d %% held, one large gang waits", nodes, pct);
	epochs_time(&load, name);
	cancel.job.job = load.last_job;
	step(&load, &cancel);
	for (int32_t i = 0; i < LINES; i++)
		wait_submit(&load, 2, NODE_DEVICES, PARC_LEVEL_NODE);
	snprintf(name, sizeof(name), "%d nodes, %d %% held, %d small lines wait", nodes, pct,
		 LINES);
	epochs_time(&load, name);
	load_deinit(&load);
}

int main(int argc, char **argv)
{
	int32_t nodes = argc > 1 ? (int32_t)strtol(argv[1], NULL, 10) : NODES;

	fleet_time(nodes, 0);
	fleet_time(nodes, 90);
	return 0;
}

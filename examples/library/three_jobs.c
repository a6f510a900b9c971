/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision core as a library: two nodes of four devices, three jobs of three devices. Two
 * start, the third waits and says why, until the first ends. What an engine would do with an action
 * is to print it. After `make install`:
 *
 *     cc -o three_jobs three_jobs.c $(pkg-config --cflags --libs parc)
 */
#include <inttypes.h>
#include <parc/core.h>
#include <stdio.h>

static void carry_out(const struct parc_action *action)
{
	printf("  %s of job %" PRId64, parc_action_name(action->kind), action->job);
	if (action->kind == PARC_ACTION_START)
		printf(": on node %" PRId64, action->start.placements[0].node);
	if (action->kind == PARC_ACTION_REASON)
		printf(": %s", parc_reason_sentence(action->reason.reason));
	printf("\n");
}

/* One step; a program that keeps a journal would store event and actions before it acts. */
static int step(struct parc_core *core, int64_t second, struct parc_event *event)
{
	struct parc_actions actions;
	struct parc_err err;

	event->time_us = second * 1000000;
	printf("%" PRId64 "s %s\n", second, parc_event_name(event->kind));
	if (parc_step(core, event, &actions, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	for (int32_t i = 0; i < actions.count; i++)
		carry_out(&actions.list[i]);
	return 0;
}

static int make_fleet(struct parc_core *core)
{
	struct parc_event chip = {.kind = PARC_EVENT_CHIP_SET};
	struct parc_event node = {.kind = PARC_EVENT_NODE_ADD};
	int failed;

	chip.chip.rule = PARC_RULE_WHOLE; /* chip 0: a device is never shared */
	chip.chip.step_milli = 1;
	chip.chip.unit = 1;
	chip.chip.rate_milli = 1000; /* the reference chip */
	chip.chip.memory_mib = 80 * 1024;
	node.node_add.cpu_milli = 64000;
	node.node_add.memory_mib = 512 * 1024;
	node.node_add.pools_count = 1;
	node.node_add.pools[0].chip = 0;
	node.node_add.pools[0].devices = 4;
	failed = step(core, 0, &chip);
	for (int64_t id = 1; id <= 2 && !failed; id++) {
		node.node_add.node = node.node_add.rank = id;
		failed = step(core, 0, &node);
	}
	return failed;
}

static int submit(struct parc_core *core, int64_t second, int64_t job)
{
	struct parc_group group = {.tasks_min = 1, .tasks_max = 1};
	struct parc_event event = {.kind = PARC_EVENT_SUBMIT};

	group.task.devices = 3;
	group.task.share_milli = 1000;
	group.task.chips = 1; /* bit 0: chip 0 */
	group.task.cpu_milli = 1000;
	event.submit.job = job;
	event.submit.user = 1;
	event.submit.groups_count = 1;
	event.submit.groups = &group;
	return step(core, second, &event);
}

/* What an engine reports of the first job, whose allocation has the number 1. */
static int report(struct parc_core *core, int64_t second, int kind)
{
	struct parc_event event = {.kind = kind};

	event.run.allocation = 1;
	event.run.attempt = 1;
	event.run.result = PARC_RESULT_OK;
	return step(core, second, &event);
}

int main(void)
{
	struct parc_limits limits = parc_limits_for(2, 8, 10);
	struct parc_err err;
	struct parc_core *core = parc_core_create(&limits, 1, &err);
	int failed;

	if (core == NULL) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	failed = make_fleet(core) || submit(core, 1, 1) || submit(core, 2, 2) ||
		 submit(core, 3, 3) || report(core, 4, PARC_EVENT_STARTED) ||
		 report(core, 60, PARC_EVENT_ENDED);
	printf("digest %016" PRIx64 "\n", parc_digest(core));
	parc_core_destroy(core);
	return failed;
}

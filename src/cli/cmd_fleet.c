/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc fleet`: list nodes and devices, and what is free.
 */
#include "cli/window.h"

static const char fleet_text[] = "Usage: parc fleet [OPTION]...\n"
				 "\n"
				 "List the nodes, their devices, and what is free of each.\n"
				 "\n" LIVE_HELP;

static void node_print(const json_t *node)
{
	const json_t *devices = json_object_get(node, "devices");

	live_print_text(live_string(node, "name"), 20);
	printf("  %-11s %6.1f cores  %8lld MiB  ", live_string(node, "state"),
	       (double)live_integer(node, "cpu_free_milli") / 1000,
	       (long long)live_integer(node, "memory_free_mib"));
	for (size_t i = 0; i < json_array_size(devices); i++) {
		const json_t *device = json_array_get(devices, i);

		if (i == 0)
			live_print_text(live_string(device, "chip"), 0);
		printf(" %3lld", (long long)live_integer(device, "free_milli") / 10);
	}
	printf("\n");
}

static int fleet_run(int argc, char **argv)
{
	struct live live = {.name = "fleet"};
	struct client_answer answer;
	int code = live_words(&live, argc, argv, 0, 0);
	const json_t *nodes;

	if (code != COMMAND_OK)
		return code;
	code = live_call(&live, "GET", "/v1/fleet", NULL, &answer);
	nodes = json_object_get(answer.json, "nodes");
	if (code == COMMAND_OK && !live.json) {
		printf("NODE                  STATE         FREE CPU   FREE MEMORY  FREE OF EACH "
		       "DEVICE, "
		       "PER CENT\n");
		for (size_t i = 0; i < json_array_size(nodes); i++)
			node_print(json_array_get(nodes, i));
		window_print(json_object_get(answer.json, "windows"));
		printf("%lld job%s; of %.1f devices %.1f are allocated\n",
		       (long long)live_integer(answer.json, "pending"),
		       live_integer(answer.json, "pending") == 1 ? " waits" : "s wait",
		       (double)live_integer(answer.json, "capacity_milli") / 1000,
		       (double)live_integer(answer.json, "allocated_milli") / 1000);
	}
	client_answer_deinit(&answer);
	return code;
}

const struct command command_fleet = {
	.name = "fleet",
	.summary = "list nodes and devices, and what is free",
	.help = fleet_text,
	.run = fleet_run,
};

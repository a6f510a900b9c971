/* SPDX-License-Identifier: Apache-2.0
 *
 * Generators: the integer logarithm and its inverse, the distributions, fleets by parts, tasks by
 * weights, fixed digests (so that every compiler makes the same), and mixes that are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/random.h"
#include "trace/generate.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define ONE	    (UINT64_C(1) << 32)

static void test_log2(void **state)
{
	(void)state;
	for (int i = 0; i < 64; i++)
		assert_int_equal(chance_log2(UINT64_C(1) << i), (uint64_t)i << 32);
	assert_int_equal(chance_log2(3), 6807362105);	/* 1.58496250072 */
	assert_int_equal(chance_log2(10), 14267572527); /* 3.32192809489 */
	assert_true(chance_log2(UINT64_MAX) < 64 * ONE);
}

static void test_exp2_is_the_inverse(void **state)
{
	uint64_t random = 1;

	(void)state;
	assert_int_equal(chance_exp2_minus(0), UINT64_C(1) << 63);
	assert_int_equal(chance_exp2_minus(ONE), UINT64_C(1) << 62);
	assert_int_equal(chance_exp2_minus(64 * ONE), 0);
	assert_int_equal(chance_exp2_minus(UINT64_MAX), 0);
	for (int i = 0; i < 10000; i++) {
		uint64_t y = random_below(&random, 30 * ONE);
		uint64_t back = 63 * ONE - chance_log2(chance_exp2_minus(y));

		assert_true(back - y < 16 || y - back < 16);
	}
}

static void test_exponential(void **state)
{
	uint64_t random = 7;
	int64_t sum = 0;
	int above = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		int64_t value = chance_exponential(&random, 1000000);

		assert_true(value >= 0);
		sum += value;
		above += value > 1000000;
	}
	assert_in_range(sum / 100000, 990000, 1010000);
	assert_in_range(above, 36300, 37300); /* 1/e */
}

static void test_heavy_tail(void **state)
{
	const struct chance_pareto pareto = {60, 86400, 1100}, point = {5, 5, 1000};
	uint64_t random = 7;
	int above = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		int64_t value = chance_heavy_tail(&random, &pareto);

		assert_in_range(value, 60, 86400);
		above += value > 600;
	}
	assert_in_range(above, 7700, 8100); /* theory: 7912 */
	assert_int_equal(chance_heavy_tail(&random, &point), 5);
}

#define FLEET_MIX                                                                      \
	"fleet_mix:\n"                                                                 \
	"  nodes: 10\n"                                                                \
	"  nodes_per_rack: 2\n"                                                        \
	"  racks_per_pod: 3\n"                                                         \
	"  pods_per_site: 2\n"                                                         \
	"  chips: [{name: A, runtime: x}, {name: B}]\n"                                \
	"  models:\n"                                                                  \
	"    - {weight: 2, cores: 8, memory_gib: 1, pools: [{chip: A, devices: 8}]}\n" \
	"    - {weight: 1, cores: 4, memory_gib: 1, pools: [{chip: B, devices: 4}]}\n"

#define TASK_MIX                                                                              \
	"task_mix:\n"                                                                         \
	"  arrivals_per_hour: 3600\n"                                                         \
	"  shapes:\n"                                                                         \
	"    - {weight: 3, devices: 1, shares_milli: [250, 500], chips: [A], cores: 1, "      \
	"cores_per_device: 4, memory_gib_per_device: 4, length: {kind: exponential, mean_s: " \
	"60}}\n"                                                                              \
	"    - {weight: 1, devices: 8, gang: 2, close: \"require:pod\", link: prefer, "       \
	"cpu_milli_per_device: 500, length: {kind: fixed, mean_s: 100}}\n"                    \
	"    - {weight: 1, cores: 2, memory_mib: 7, length: {kind: heavy-tail, min_s: 1, "    \
	"max_s: 9, alpha_milli: 900}}\n"

static void make_fleet(struct fleet *fleet, int32_t nodes, uint64_t seed)
{
	struct fleet_mix mix;
	struct parc_err err = {0};

	if (fleet_mix_read_bytes(&mix, "m", FLEET_MIX, strlen(FLEET_MIX), &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(mix.nodes, 10);
	assert_int_equal(fleet_generate(fleet, &mix, nodes, seed, NULL), 0);
	fleet_mix_deinit(&mix);
}

static int32_t name_number(const char *name)
{
	return (int32_t)strtol(strchr(name, '-') + 1, NULL, 10);
}

static void test_fleet_has_its_places(void **state)
{
	struct fleet fleet;

	(void)state;
	make_fleet(&fleet, 27, 1); /* 14 racks, 5 pods, 3 sites */
	assert_int_equal(fleet.nodes_count, 27);
	assert_int_equal(fleet.places_count, 14 + 5 + 3);
	assert_string_equal(fleet.nodes[0].name, "node-00");
	assert_string_equal(fleet.nodes[26].name, "node-26");
	assert_string_equal(fleet.places[0].name, "site-0");
	assert_string_equal(fleet.places[fleet.nodes[26].add.place - 1].name, "rack-13");
	for (int32_t i = 0; i < 27; i++) {
		const struct fleet_place *rack = &fleet.places[fleet.nodes[i].add.place - 1];
		const struct fleet_place *pod = &fleet.places[rack->parent - 1];
		const struct fleet_place *site = &fleet.places[pod->parent - 1];

		assert_int_equal(rack->level, PARC_LEVEL_RACK);
		assert_int_equal(pod->level, PARC_LEVEL_POD);
		assert_int_equal(site->level, PARC_LEVEL_SITE);
		assert_int_equal(site->parent, PARC_NONE);
		assert_int_equal(name_number(rack->name), i / 2);
		assert_int_equal(name_number(pod->name), i / 6);
		assert_int_equal(name_number(site->name), i / 12);
	}
	fleet_deinit(&fleet);
}

static void test_models_get_their_parts(void **state)
{
	struct fleet fleet;
	int32_t of_a = 0;

	(void)state;
	make_fleet(&fleet, 600, 5);
	for (int32_t i = 0; i < 600; i++) {
		of_a += fleet.nodes[i].add.pools[0].chip == 0;
		assert_int_equal(fleet.nodes[i].add.pools[0].chip,
				 fleet.nodes[i / 2 * 2].add.pools[0].chip);
	}
	assert_int_equal(of_a, 400);
	assert_int_equal(fleet.devices, 400 * 8 + 200 * 4);
	fleet_deinit(&fleet);
}

static uint64_t fleet_digest(uint64_t seed)
{
	struct fleet fleet;
	uint64_t hash = HASH_START;

	make_fleet(&fleet, 100, seed);
	for (int32_t i = 0; i < fleet.nodes_count; i++)
		hash = hash_pair(hash, fleet.nodes[i].add.place, fleet.nodes[i].add.pools[0].chip);
	fleet_deinit(&fleet);
	return hash;
}

static void make_tasks(struct tasks *tasks, int32_t count, uint64_t seed)
{
	struct task_mix mix;
	struct fleet fleet;
	struct parc_err err = {0};

	if (task_mix_read_bytes(&mix, "m", TASK_MIX, strlen(TASK_MIX), &err) != 0)
		fail_msg("%s", err.text);
	make_fleet(&fleet, 10, 1);
	assert_int_equal(tasks_generate(tasks, &fleet, &mix, count, seed, NULL), 0);
	fleet_deinit(&fleet);
	task_mix_deinit(&mix);
}

static uint64_t tasks_digest(uint64_t seed)
{
	struct tasks tasks;
	uint64_t hash = HASH_START;

	make_tasks(&tasks, 1000, seed);
	for (int32_t i = 0; i < tasks.count; i++) {
		const struct tasks_row *row = &tasks.rows[i];

		hash = hash_pair(hash, row->create_us, row->task.share_milli);
		hash = hash_pair(hash, row->length_us, row->task.cpu_milli);
	}
	tasks_deinit(&tasks);
	return hash;
}

static void test_every_machine_makes_the_same(void **state)
{
	(void)state;
	assert_int_equal(fleet_digest(1), UINT64_C(0xac5e695ec7583c13));
	assert_int_equal(tasks_digest(1), UINT64_C(0xb32a97c0ec067662));
	assert_int_not_equal(fleet_digest(1), fleet_digest(2));
	assert_int_not_equal(tasks_digest(1), tasks_digest(2));
}

static void check_row(const struct tasks_row *row, int32_t *counts)
{
	if (row->task.devices == 1) {
		counts[0]++;
		assert_true(row->task.share_milli == 250 || row->task.share_milli == 500);
		assert_int_equal(row->task.chips, 1);
		assert_int_equal(row->task.cpu_milli, 1000 + 4 * row->task.share_milli);
		assert_int_equal(row->task.memory_mib, 4096 * row->task.share_milli / 1000);
	} else if (row->task.devices == 8) {
		counts[1]++;
		assert_int_equal(row->task.share_milli, 1000);
		assert_int_equal(row->task.chips, 0);
		assert_int_equal(row->task.cpu_milli, 4000);
		assert_int_equal(row->gang, 2);
		assert_int_equal(row->close_level, PARC_LEVEL_POD);
		assert_int_equal(row->close_strength, PARC_STRENGTH_REQUIRE);
		assert_int_equal(row->task.link, PARC_STRENGTH_PREFER);
		assert_int_equal(row->length_us, 100000000);
	} else {
		counts[2]++;
		assert_int_equal(row->task.devices, 0);
		assert_int_equal(row->task.share_milli, 0);
		assert_int_equal(row->task.memory_mib, 7);
		assert_in_range(row->length_us, 1000000, 9000000);
	}
}

static void test_tasks_follow_the_mix(void **state)
{
	struct tasks tasks;
	int32_t counts[3] = {0};

	(void)state;
	make_tasks(&tasks, 10000, 3);
	for (int32_t i = 0; i < tasks.count; i++) {
		check_row(&tasks.rows[i], counts);
		assert_true(i == 0 || tasks.rows[i].create_us >= tasks.rows[i - 1].create_us);
	}
	assert_in_range(counts[0], 5800, 6200);
	assert_in_range(counts[1], 1880, 2120);
	assert_in_range(tasks.rows[9999].create_us / 1000000, 9700, 10300);
	tasks_deinit(&tasks);
}

static void test_unknown_chips_are_refused(void **state)
{
	static const char text[] =
		"task_mix: {arrivals_per_hour: 1, shapes: [{weight: 1, devices: 1, chips: [C]}]}";
	struct task_mix mix;
	struct fleet fleet;
	struct tasks tasks;
	struct parc_err err;

	(void)state;
	assert_int_equal(task_mix_read_bytes(&mix, "m", text, sizeof(text) - 1, NULL), 0);
	make_fleet(&fleet, 1, 1);
	assert_int_equal(tasks_generate(&tasks, &fleet, &mix, 1, 1, &err), PARC_ERR_UNKNOWN);
	assert_non_null(strstr(err.text, "the mix names the chip C, which the fleet lacks"));
	fleet_deinit(&fleet);
	task_mix_deinit(&mix);
}

struct refusal {
	const char *text, *sentence;
};

static void test_malformed_fleet_mixes_are_refused(void **state)
{
	static const struct refusal list[] = {
		{"fleet: {}", "m:1:1: a mix of a fleet has no key \"fleet\""},
		{"fleet_mix: {chips: []}", "a fleet mix lacks the key models"},
		{"fleet_mix: {chips: [], models: []}", "models is empty"},
		{"fleet_mix: {chips: [], models: [{cores: 1}]}", "a model lacks the key weight"},
		{"fleet_mix: {chips: [], models: [{weight: 1, pools: [{chip: A, devices: 1}]}]}",
		 "the chip A is neither in the list of chips"},
		{"fleet_mix: {chips: [{name: A}], models: [{weight: 1, pools: [{chip: A, devices: "
		 "33}]}]}",
		 "m:1:42: the node of this model has 33 devices, expected at most 32"},
		{"fleet_mix: {chips: [], models: [{weight: 1}], together: room}",
		 "together is \"room\", expected site, pod, rack or node"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(list); i++) {
		struct fleet_mix mix;
		struct parc_err err = {0};

		assert_true(fleet_mix_read_bytes(&mix, "m", list[i].text, strlen(list[i].text),
						 &err) < 0);
		if (strstr(err.text, list[i].sentence) == NULL)
			fail_msg("expected \"%s\", found \"%s\"", list[i].sentence, err.text);
		assert_null(mix.models);
	}
}

#define SHAPE(keys) "task_mix: {arrivals_per_hour: 1, shapes: [{weight: 1, " keys "}]}"

static void test_malformed_task_mixes_are_refused(void **state)
{
	static const struct refusal list[] = {
		{"task_mix: {arrivals_per_hour: 1}", "a task mix lacks the key shapes"},
		{"task_mix: {arrivals_per_hour: 0, shapes: []}", "arrivals_per_hour is \"0\""},
		{"task_mix: {arrivals_per_hour: 1, shapes: []}", "shapes is empty"},
		{SHAPE("shares_milli: []"), "shares_milli is empty"},
		{SHAPE("shares_milli: [1001]"), "shares_milli is \"1001\""},
		{SHAPE("device_memory_mib: 1"), "device_memory_mib without devices"},
		{SHAPE("devices: 32, cores_per_device: 1000"), "asks for more CPU or memory than"},
		{SHAPE("close: rack"), "close is \"rack\", expected prefer: or require:"},
		{SHAPE("link: tight"), "link is \"tight\", expected none, prefer or require"},
		{SHAPE("length: {kind: short}"), "kind is \"short\", expected fixed, exponential"},
		{SHAPE("length: {kind: fixed}"), "has the key mean_s and no other"},
		{SHAPE("length: {kind: fixed, mean_s: 1, min_s: 1}"),
		 "has the key mean_s and no other"},
		{SHAPE("length: {kind: heavy-tail, min_s: 1}"), "has the keys min_s, max_s, alpha"},
		{SHAPE("length: {kind: heavy-tail, min_s: 2, max_s: 1, alpha_milli: 1}"),
		 "min_s is above max_s"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(list); i++) {
		struct task_mix mix;
		struct parc_err err = {0};

		assert_true(task_mix_read_bytes(&mix, "m", list[i].text, strlen(list[i].text),
						&err) < 0);
		if (strstr(err.text, list[i].sentence) == NULL)
			fail_msg("expected \"%s\", found \"%s\"", list[i].sentence, err.text);
		assert_null(mix.shapes);
	}
}

/* The benchmark's mixes fit each other, and each size has its nodes. */
static void test_examples_are_read(void **state)
{
	struct fleet_mix fleet_mix;
	struct task_mix task_mix;
	struct fleet fleet;
	struct tasks tasks;

	(void)state;
	assert_int_equal(fleet_mix_read(&fleet_mix, "examples/bench-fleet.yaml", NULL), 0);
	assert_int_equal(task_mix_read(&task_mix, "examples/bench-mix.yaml", NULL), 0);
	assert_int_equal(fleet_generate(&fleet, &fleet_mix, 60625, 1, NULL), 0);
	assert_int_equal(fleet.devices, 485000);
	assert_int_equal(tasks_generate(&tasks, &fleet, &task_mix, 1000, 1, NULL), 0);
	tasks_deinit(&tasks);
	fleet_deinit(&fleet);
	task_mix_deinit(&task_mix);
	fleet_mix_deinit(&fleet_mix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log2),
		cmocka_unit_test(test_exp2_is_the_inverse),
		cmocka_unit_test(test_exponential),
		cmocka_unit_test(test_heavy_tail),
		cmocka_unit_test(test_fleet_has_its_places),
		cmocka_unit_test(test_models_get_their_parts),
		cmocka_unit_test(test_every_machine_makes_the_same),
		cmocka_unit_test(test_tasks_follow_the_mix),
		cmocka_unit_test(test_unknown_chips_are_refused),
		cmocka_unit_test(test_malformed_fleet_mixes_are_refused),
		cmocka_unit_test(test_malformed_task_mixes_are_refused),
		cmocka_unit_test(test_examples_are_read),
	};

	return cmocka_run_group_tests_name("generate", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The catalogue of chips: the one in the program, files that lie over it, what must be refused, and
 * fleets that name its chips.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chip/catalogue.h"
#include "trace/fleet.h"
#include "trace/mix.h"

static struct catalogue *default_catalogue(void)
{
	struct catalogue *catalogue = catalogue_create();
	struct parc_err err = {0};

	assert_non_null(catalogue);
	if (catalogue_add_default(catalogue, &err) != 0)
		fail_msg("%s", err.text);
	return catalogue;
}

static int add(struct catalogue *catalogue, const char *text, struct parc_err *err)
{
	return catalogue_add_bytes(catalogue, "f", text, strlen(text), err);
}

static int64_t value_of(const struct catalogue *catalogue, const char *chip, int figure)
{
	const struct catalogue_chip *it = catalogue_find(catalogue, chip);
	const struct catalogue_claim *claim;

	assert_non_null(it);
	claim = catalogue_value(catalogue, &it->figures[figure]);
	return claim == NULL ? 0 : claim->value;
}

static void test_the_default_has_the_chips_and_their_sources(void **state)
{
	static const char *const names[] = {"A100",	 "A800",    "H100",    "H800",	  "H200",
					    "B200",	 "L40S",    "RTX4090", "RTX5090", "MI300X",
					    "910B",	 "910B4",   "910C",    "P800",	  "810E",
					    "MLU370-X8", "BI-V150", "C500",    "K100_AI", "cpu"};
	struct catalogue *it = default_catalogue();

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (catalogue_find(it, names[i]) == NULL)
			fail_msg("the catalogue lacks %s", names[i]);
	assert_string_equal(it->reference, "A100");
	for (int32_t c = 0; c < it->chips_count; c++) {
		const struct catalogue_chip *chip = &it->chips[c];

		assert_non_null(catalogue_find_make(it, chip->make));
		for (int f = 0; f < CATALOGUE_FIGURES; f++)
			for (int32_t i = 0; i < chip->figures[f].claims_count; i++)
				assert_true(chip->figures[f].claims[i].source < it->sources_count);
		/* An accounting rate is always defined. */
		assert_true(value_of(it, chip->name, CATALOGUE_RATE) > 0);
	}
	catalogue_destroy(it);
}

static void test_what_the_press_says_of_the_ascend(void **state)
{
	struct catalogue *it = default_catalogue();
	const struct catalogue_chip *chip = catalogue_find(it, "910B");
	const struct catalogue_claim *train =
		catalogue_value(it, &chip->figures[CATALOGUE_SPEED_TRAIN]);

	(void)state;
	assert_int_equal(train->value, 700);
	assert_int_equal(it->sources[train->source].kind, CATALOGUE_PRESS);
	assert_string_equal(it->sources[train->source].date, "2023");
	assert_int_equal(value_of(it, "910B", CATALOGUE_SPEED_INFER), 800);
	/* Two devices of the 910C are an H100, at both ends of what that may be. */
	for (int32_t i = 0; i < 2; i++) {
		const struct catalogue_chip *h100 = catalogue_find(it, "H100");
		const struct catalogue_chip *c = catalogue_find(it, "910C");
		int64_t whole = h100->figures[CATALOGUE_SPEED_TRAIN].claims[i].value;

		assert_int_equal(c->figures[CATALOGUE_SPEED_TRAIN].claims[i].value, whole / 2);
	}
	assert_int_equal(value_of(it, "P800", CATALOGUE_SPEED_TRAIN), 0);
	assert_int_equal(value_of(it, "810E", CATALOGUE_SPEED_TRAIN), 0);
	catalogue_destroy(it);
}

static void test_of_a_dispute_the_lower_end_counts_unless_it_was_measured(void **state)
{
	struct catalogue *it = default_catalogue();

	(void)state;
	assert_int_equal(value_of(it, "810E", CATALOGUE_PEAK), 119000);
	assert_int_equal(add(it,
			     "catalogue:\n"
			     "  sources: [{name: lab, kind: measured, date: \"2026-11-02\", title: "
			     "bench}]\n"
			     "  chips:\n"
			     "    - name: 810E\n"
			     "      peak_gflops: [{value: 119000, from: claims-low},\n"
			     "        {value: 301000, from: lab}, {value: 260000, from: lab}]\n",
			     NULL),
			 0);
	assert_int_equal(value_of(it, "810E", CATALOGUE_PEAK), 260000);
	catalogue_destroy(it);
}

static void test_a_file_changes_what_it_says_and_nothing_else(void **state)
{
	struct catalogue *it = default_catalogue();
	int32_t chips = it->chips_count;

	(void)state;
	assert_int_equal(
		add(it,
		    "catalogue:\n"
		    "  sources: [{name: lab, kind: measured, date: unknown, title: ours}]\n"
		    "  chips:\n"
		    "    - {name: P800, speed_train_milli: {value: 655, from: lab}}\n"
		    "    - {name: A100, power_busy_w: unknown}\n",
		    NULL),
		0);
	assert_int_equal(it->chips_count, chips);
	assert_int_equal(value_of(it, "P800", CATALOGUE_SPEED_TRAIN), 655);
	assert_int_equal(value_of(it, "P800", CATALOGUE_SPEED_INFER), 0);
	assert_int_equal(value_of(it, "P800", CATALOGUE_MEMORY), 96 * 1024);
	assert_int_equal(value_of(it, "A100", CATALOGUE_POWER_BUSY), 0);
	assert_int_equal(value_of(it, "A100", CATALOGUE_SPEED_TRAIN), 1000);
	catalogue_destroy(it);
}

#define SOURCES "catalogue:\n  sources: [{name: s, kind: press, date: \"2025\", title: t}]\n"

struct refusal {
	const char *text;
	int code;
	const char *sentence;
};

static const struct refusal malformed[] = {
	{"", PARC_ERR_SYNTAX, "f: the file is empty"},
	{"chips: []\n", PARC_ERR_UNKNOWN, "f:1:1: a catalogue has no key \"chips\""},
	{"catalogue:\n  colour: red\n", PARC_ERR_UNKNOWN,
	 "f:2:3: a catalogue has no key \"colour\""},
	{"catalogue:\n  sources: [{name: s, kind: rumour, date: \"2025\", title: t}]\n",
	 PARC_ERR_INVALID,
	 "f:2:29: kind is \"rumour\", expected measured, vendor, press or estimate"},
	{"catalogue:\n  sources: [{name: s, kind: press, title: t}]\n", PARC_ERR_SYNTAX,
	 "f:2:13: a source lacks the key date"},
	{"catalogue:\n  sources: [{name: s, kind: press, date: soon, title: t}]\n",
	 PARC_ERR_INVALID,
	 "f:2:42: date is \"soon\", expected 2025, 2025-04, 2025-04-21 or unknown"},
	{"catalogue:\n  sources: [{name: s, kind: press, date: 2025-13, title: t}]\n",
	 PARC_ERR_INVALID,
	 "f:2:42: date is \"2025-13\", expected 2025, 2025-04, 2025-04-21 or unknown"},
	{"catalogue:\n  sources: [{name: s, kind: press, date: 2025-04-00, title: t}]\n",
	 PARC_ERR_INVALID,
	 "f:2:42: date is \"2025-04-00\", expected 2025, 2025-04, 2025-04-21 or unknown"},
	{"catalogue:\n  sources: [{name: s, kind: press, date: \"2025\", title: "
	 "\"a\\tb\"}]\n",
	 PARC_ERR_SYNTAX, "title has a control byte"},
	{SOURCES "  chips: [{name: A100, memory_mib: 81920}]\n", PARC_ERR_SYNTAX,
	 "f:3:36: memory_mib has no source, expected {value: N, from: SOURCE} or unknown"},
	{SOURCES "  chips: [{name: A100, memory_mib: {value: 5, from: nobody}}]\n",
	 PARC_ERR_UNKNOWN, "f:3:53: there is no source nobody"},
	{SOURCES "  chips: [{name: A100, memory_mib: {value: 5}}]\n", PARC_ERR_SYNTAX,
	 "a figure lacks the key from"},
	{SOURCES "  chips: [{name: A100, memory_mib: {value: -5, from: s}}]\n", PARC_ERR_INVALID,
	 "memory_mib is \"-5\", expected a whole number from 1 to 16777215"},
	{SOURCES "  chips: [{name: A100, rate_milli: {value: 0, from: s}}]\n", PARC_ERR_INVALID,
	 "rate_milli is \"0\", expected a whole number from 1"},
	{SOURCES "  chips: [{name: A100, memory_mib: []}]\n", PARC_ERR_SYNTAX,
	 "memory_mib is an empty list, expected claims, or unknown"},
	{SOURCES "  chips: [{name: A100, memory_mib: [unknown]}]\n", PARC_ERR_SYNTAX,
	 "memory_mib has no source"},
	{SOURCES "  chips: [{name: A100, speed: 7}]\n", PARC_ERR_UNKNOWN,
	 "f:3:24: a chip has no key \"speed\""},
	{SOURCES "  chips: [{name: NEW, memory_mib: unknown}]\n", PARC_ERR_SYNTAX,
	 "f:3:11: the new chip NEW lacks the key make, expected all of it"},
	{SOURCES "  chips: [{name: A100}, {name: A100}]\n", PARC_ERR_EXISTS,
	 "f:3:25: the chip A100 stands here twice"},
	{SOURCES "  chips: [{name: A100, make: acme}]\n", PARC_ERR_UNKNOWN,
	 "there is no make acme"},
	{SOURCES "  chips: [{name: A100, sharing: {rule: halves, from: s}}]\n", PARC_ERR_INVALID,
	 "rule is \"halves\""},
	{SOURCES "  chips: [{name: A100, sharing: {rule: whole}}]\n", PARC_ERR_SYNTAX,
	 "sharing lacks the key from"},
	{SOURCES "  chips: [{name: A100, sharing: {rule: templates, from: s}}]\n", PARC_ERR_INVALID,
	 "f:3:11: the chip A100 has the rule templates, expected slots"},
	{SOURCES "  chips: [{name: P800, memory_mib: unknown}]\n", PARC_ERR_INVALID,
	 "the chip P800 is shared by memory, expected memory_mib above 0"},
	{SOURCES "  makes: [{name: acme, title: t, from: s}]\n", PARC_ERR_SYNTAX,
	 "the make acme lacks the key files, expected a text or unknown"},
	{SOURCES "  reference: Z80\n", PARC_ERR_UNKNOWN, "there is no chip Z80"},
	{SOURCES "  sources: []\n", PARC_ERR_EXISTS, "the key sources stands here twice"},
};

static void test_malformed_files_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++) {
		struct catalogue *it = default_catalogue(), *before = default_catalogue();
		struct parc_err err = {0};
		int code;

		/* Byte by byte, as two that were made alike may differ in their padding. */
		memcpy(before, it, sizeof(*it));
		code = add(it, malformed[i].text, &err);
		if (code != malformed[i].code || strstr(err.text, malformed[i].sentence) == NULL)
			fail_msg("entry %zu: wanted %s, found %s", i, malformed[i].sentence,
				 err.text);
		assert_memory_equal(it, before, sizeof(*it));
		assert_int_equal(add(it, malformed[i].text, NULL), malformed[i].code);
		catalogue_destroy(it);
		catalogue_destroy(before);
	}
}

/* ---- Fleets that name chips of the catalogue */

static void read_fleet(struct fleet *fleet, const char *text)
{
	struct parc_err err = {0};

	if (fleet_read_bytes(fleet, "f", text, strlen(text), &err) != 0)
		fail_msg("%s", err.text);
}

static const struct parc_chip *chip_of(const struct fleet *fleet, const char *name)
{
	int32_t index = fleet_find_chip(fleet, name);

	assert_true(index >= 0);
	return &fleet->chips[index].chip;
}

static void test_a_fleet_may_name_a_chip_without_defining_it(void **state)
{
	struct fleet fleet;

	(void)state;
	read_fleet(&fleet,
		   "fleet:\n"
		   "  chips: [{name: X1, memory_gib: 10}]\n"
		   "  nodes:\n"
		   "    - {name: a, cores: 8, pools: [{chip: P800, devices: 8}]}\n"
		   "    - {name: b, cores: 8, pools: [{chip: 910C, devices: 16}]}\n"
		   "    - {name: c, cores: 8, pools: [{chip: X1, devices: 2}, {chip: cpu}]}\n");
	assert_int_equal(chip_of(&fleet, "P800")->rule, PARC_RULE_MEMORY);
	assert_int_equal(chip_of(&fleet, "P800")->counts, 0x8b);
	assert_int_equal(chip_of(&fleet, "P800")->within_link, 1);
	assert_int_equal(chip_of(&fleet, "P800")->speed_milli[PARC_CLASS_TRAIN], 0);
	assert_int_equal(fleet.nodes[0].add.pools[0].link_size, 4);
	assert_int_equal(chip_of(&fleet, "910C")->unit, 2);
	assert_int_equal(fleet.nodes[1].add.pools[0].link_size, 2);
	assert_int_equal(chip_of(&fleet, "cpu")->rule, PARC_RULE_CORES);
	assert_string_equal(fleet.runtimes[chip_of(&fleet, "910C")->runtime - 1].name, "cann");
	assert_int_equal(chip_of(&fleet, "X1")->rate_milli, 1000);
	fleet_deinit(&fleet);
	/* The same from a table. */
	read_fleet(&fleet, "name,cpu_milli,memory_mib,pools\na,8000,10,910B:8\nb,8000,10,X9:2\n");
	assert_int_equal(chip_of(&fleet, "910B")->speed_milli[PARC_CLASS_INFER], 800);
	assert_int_equal(chip_of(&fleet, "X9")->speed_milli[PARC_CLASS_INFER], 0);
	fleet_deinit(&fleet);
}

static void test_a_definition_replaces_the_catalogues_and_like_begins_with_it(void **state)
{
	struct fleet fleet;

	(void)state;
	read_fleet(&fleet,
		   "fleet:\n"
		   "  chips:\n"
		   "    - {name: H100, memory_gib: 94}\n"
		   "    - {name: A100, like: A100, rate_milli: 900}\n"
		   "    - {name: big, like: H100, rule: scalar, step_milli: 50}\n"
		   "  nodes:\n"
		   "    - {name: a, pools: [{chip: H100, devices: 8}, {chip: A100, devices: 8}]}\n"
		   "    - {name: b, pools: [{chip: big, devices: 8}]}\n");
	assert_int_equal(chip_of(&fleet, "H100")->speed_milli[PARC_CLASS_TRAIN], 0);
	assert_int_equal(chip_of(&fleet, "H100")->rule, PARC_RULE_SCALAR);
	assert_int_equal(chip_of(&fleet, "A100")->rate_milli, 900);
	assert_int_equal(chip_of(&fleet, "A100")->templates_count, 6);
	assert_int_equal(chip_of(&fleet, "big")->templates_count, 0);
	assert_true(chip_of(&fleet, "big")->speed_milli[PARC_CLASS_TRAIN] > 1000);
	fleet_deinit(&fleet);
}

static void test_a_mix_may_do_so_too(void **state)
{
	static const char text[] =
		"fleet_mix:\n  nodes: 8\n  models:\n"
		"    - {weight: 1, cores: 8, pools: [{chip: 910B, devices: 8}]}\n";
	struct fleet_mix mix;
	struct parc_err err = {0};

	(void)state;
	if (fleet_mix_read_bytes(&mix, "m", text, sizeof(text) - 1, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(mix.catalogue.chips_count, 1);
	assert_int_equal(mix.catalogue.chips[0].chip.memory_mib, 65536);
	fleet_mix_deinit(&mix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_default_has_the_chips_and_their_sources),
		cmocka_unit_test(test_what_the_press_says_of_the_ascend),
		cmocka_unit_test(test_of_a_dispute_the_lower_end_counts_unless_it_was_measured),
		cmocka_unit_test(test_a_file_changes_what_it_says_and_nothing_else),
		cmocka_unit_test(test_malformed_files_are_refused),
		cmocka_unit_test(test_a_fleet_may_name_a_chip_without_defining_it),
		cmocka_unit_test(test_a_definition_replaces_the_catalogues_and_like_begins_with_it),
		cmocka_unit_test(test_a_mix_may_do_so_too),
	};

	return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Fleet files: what each form reads as, that what is written reads as the same fleet, and a table
 * of malformed files with the place and the sentence that each must be refused with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/text.h"
#include "trace/fleet.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

#define CSV_HEAD   "name,site,pod,rack,cpu_milli,memory_mib,pools\n"
#define OPENB_HEAD "sn,cpu_milli,memory_mib,gpu,model\n"
#define NODE_OF_A  "  nodes: [{name: n, pools: [{chip: A, devices: 2}]}]\n"

static void read_good(struct fleet *fleet, const char *text)
{
	struct parc_err err = {0};
	int code = fleet_read_bytes(fleet, "good", text, strlen(text), &err);

	if (code != 0)
		print_message("%s\n", err.text);
	assert_int_equal(code, 0);
}

static void test_openb_sorts_by_sn_and_numbers_models(void **state)
{
	struct fleet fleet;

	(void)state;
	read_good(&fleet,
		  OPENB_HEAD "b,64000,262144,2,T4\na,8000,1024,0,\nc,96000,393216,8,P100\n");
	assert_int_equal(fleet.nodes_count, 3);
	assert_string_equal(fleet.nodes[0].name, "a");
	assert_string_equal(fleet.nodes[2].name, "c");
	assert_int_equal(fleet.nodes[1].add.node, 2);
	assert_int_equal(fleet.nodes[1].add.rank, 1);
	assert_int_equal(fleet.nodes[0].add.pools_count, 0);
	assert_int_equal(fleet.nodes[1].add.cpu_milli, 64000);
	assert_int_equal(fleet.nodes[1].add.memory_mib, 262144);
	assert_int_equal(fleet.nodes[1].add.pools[0].devices, 2);
	assert_int_equal(fleet.chips_count, 2);
	assert_string_equal(fleet.chips[0].name, "T4");
	assert_int_equal(fleet.chips[1].chip.chip, 1);
	assert_int_equal(fleet.chips[0].chip.rule, PARC_RULE_SCALAR);
	assert_int_equal(fleet.chips[0].chip.step_milli, 1);
	assert_int_equal(fleet.chips[0].chip.rate_milli, 1000);
	assert_int_equal(fleet.chips[0].chip.unit, 1);
	assert_int_equal(fleet.devices, 10);
	fleet_deinit(&fleet);
}

static void test_openb_finds_columns_by_name(void **state)
{
	struct fleet fleet;

	(void)state;
	read_good(&fleet, "\xef\xbb\xbfmodel,zone,sn,gpu,memory_mib,cpu_milli\r\n\r\n"
			  "T4,z,x,1,2,3\r\n");
	assert_int_equal(fleet.nodes_count, 1);
	assert_string_equal(fleet.nodes[0].name, "x");
	assert_int_equal(fleet.nodes[0].add.cpu_milli, 3);
	assert_int_equal(fleet.nodes[0].add.memory_mib, 2);
	fleet_deinit(&fleet);
}

static void test_csv_makes_places(void **state)
{
	struct fleet fleet;

	(void)state;
	read_good(&fleet, CSV_HEAD "n1,s,p,r1,64000,1024,H100:8/4;cpu:64\n"
				   "n2,s,p,r2,64000,1024,H100:8\n"
				   "n3,s,p,r1,8000,1024,\n"
				   "n4,s,,r1,8000,1024,\n"
				   "n5,,,,8000,1024,\n");
	assert_int_equal(fleet.places_count, 5);
	assert_int_equal(fleet.places[0].level, PARC_LEVEL_SITE);
	assert_int_equal(fleet.places[2].level, PARC_LEVEL_RACK);
	assert_int_equal(fleet.places[2].parent, 2);
	assert_int_equal(fleet.places[4].parent, 1);
	assert_int_equal(fleet.nodes[0].add.place, 3);
	assert_int_equal(fleet.nodes[2].add.place, 3);
	assert_int_equal(fleet.nodes[3].add.place, 5);
	assert_int_equal(fleet.nodes[4].add.place, PARC_NONE);
	assert_int_equal(fleet.nodes[0].add.pools_count, 2);
	assert_int_equal(fleet.nodes[0].add.pools[0].link_size, 4);
	assert_int_equal(fleet.chips[1].chip.rule, PARC_RULE_CORES);
	assert_int_equal(fleet.devices, 16);
	fleet_deinit(&fleet);
}

static const char mixed[] =
	"fleet:\n"
	"  chips:\n"
	"    - name: A100\n"
	"      rule: templates\n"
	"      memory_gib: 80\n"
	"      runtime: cuda\n"
	"      slots: 8\n"
	"      mode_cost_s: 30\n"
	"      templates:\n"
	"        - {name: 1g, share_milli: 125, memory_mib: 10240, slots: 1, starts: [0, 1, 6]}\n"
	"        - {share_milli: 1000, memory_mib: 81920, slots: 8, starts: [0]}\n"
	"      speed: {train: 1000, batch: 500}\n"
	"      price_micro: [0, 2000000]\n"
	"    - {name: H100, memory_mib: 81920, step_milli: 50, rate_milli: 2500, runtime: cuda, "
	"one_user: true}\n"
	"    - {name: P800, rule: memory, memory_gib: 96, runtime: xre, counts: [1, 2, 4, 8], "
	"within_link: true}\n"
	"    - {name: \"910C\", rule: whole, unit: 2}\n"
	"    - {name: cpu, rate_milli: 10}\n"
	"  sites:\n"
	"    - name: s\n"
	"      pods:\n"
	"        - name: p\n"
	"          count: 2\n"
	"          racks:\n"
	"            - name: r\n"
	"              count: 3\n"
	"              first: 8\n"
	"              digits: 2\n"
	"              nodes:\n"
	"                - {name: n, count: 4, cores: 192, memory_gib: 2048, pools: [{chip: H100, "
	"devices: 8, link_size: 4}]}\n"
	"      nodes:\n"
	"        - {name: plain, cpu_milli: 64000, memory_mib: 100, pools: [{chip: cpu}, "
	"{chip: A100, devices: 2}]}\n"
	"  nodes:\n"
	"    - {name: loose, cores: 1}\n";

static void test_yaml_reads_chips(void **state)
{
	struct fleet fleet;
	const struct parc_chip *chip;

	(void)state;
	read_good(&fleet, mixed);
	assert_int_equal(fleet.chips_count, 5);
	chip = &fleet.chips[0].chip;
	assert_int_equal(chip->rule, PARC_RULE_TEMPLATES);
	assert_int_equal(chip->memory_mib, 81920);
	assert_int_equal(chip->templates_count, 2);
	assert_int_equal(chip->templates[0].starts, 1 | 2 | 64);
	assert_int_equal(chip->templates[1].slots, 8);
	assert_string_equal(fleet.chips[0].template_names[0], "1g");
	assert_string_equal(fleet.chips[0].template_names[1], "");
	assert_int_equal(chip->mode_cost_us, 30000000);
	assert_int_equal(chip->speed_milli[PARC_CLASS_BATCH], 500);
	assert_int_equal(chip->speed_milli[PARC_CLASS_INFER], 0);
	assert_int_equal(chip->price_micro[1], 2000000);
	assert_int_equal(chip->runtime, fleet.chips[1].chip.runtime);
	assert_int_equal(fleet.chips[2].chip.runtime, 2);
	assert_int_equal(fleet.chips[2].chip.counts, 1 | 2 | 8 | 128);
	assert_int_equal(fleet.chips[3].chip.unit, 2);
	assert_int_equal(fleet.chips[4].chip.rule, PARC_RULE_CORES);
	fleet_deinit(&fleet);
}

static void test_yaml_counts_make_copies(void **state)
{
	struct fleet fleet;

	(void)state;
	read_good(&fleet, mixed);
	assert_int_equal(fleet.places_count, 1 + 2 + 2 * 3);
	assert_int_equal(fleet.nodes_count, 2 * 3 * 4 + 2);
	assert_string_equal(fleet.places[1].name, "p0");
	assert_string_equal(fleet.places[2].name, "p0-r08");
	assert_string_equal(fleet.nodes[0].name, "p0-r08-n0");
	assert_string_equal(fleet.nodes[23].name, "p1-r10-n3");
	assert_string_equal(fleet.nodes[24].name, "plain");
	assert_int_equal(fleet.nodes[24].add.place, 1);
	assert_int_equal(fleet.nodes[24].add.pools[0].devices, 64);
	assert_string_equal(fleet.nodes[25].name, "loose");
	assert_int_equal(fleet.nodes[25].add.place, PARC_NONE);
	assert_int_equal(fleet.nodes[25].add.cpu_milli, 1000);
	assert_int_equal(fleet.devices, 24 * 8 + 2);
	fleet_deinit(&fleet);
}

/* Read, write, read, write: both writings must be the same. */
static void check_round(const char *text,
			int (*write)(const struct fleet *, FILE *, struct parc_err *))
{
	struct fleet fleet;
	char *written[2];
	size_t sizes[2];

	for (int round = 0; round < 2; round++) {
		FILE *out = open_memstream(&written[round], &sizes[round]);

		read_good(&fleet, round == 0 ? text : written[0]);
		assert_int_equal(write(&fleet, out, NULL), 0);
		fclose(out);
		fleet_deinit(&fleet);
	}
	assert_string_equal(written[0], written[1]);
	free(written[0]);
	free(written[1]);
}

static void test_written_fleets_read_the_same(void **state)
{
	(void)state;
	check_round(mixed, fleet_write_yaml);
	check_round(mixed, fleet_write_csv);
	check_round(OPENB_HEAD "a,1,2,3,X\nb,1,2,0,\n", fleet_write_openb);
	check_round(OPENB_HEAD "n-008,1,2,3,X\nn-009,1,2,3,X\nn-010,1,2,3,X\nn-012,1,2,3,X\n7,1,2,"
			       "3,X\n8,1,2,3,X\n",
		    fleet_write_yaml);
}

/* YAML keeps every field: the two fleets are equal record by record. */
static void test_yaml_keeps_everything(void **state)
{
	struct fleet before, after;
	char *written;
	size_t size;
	FILE *out = open_memstream(&written, &size);

	(void)state;
	read_good(&before, mixed);
	assert_int_equal(fleet_write_yaml(&before, out, NULL), 0);
	fclose(out);
	read_good(&after, written);
	free(written);
	assert_int_equal(before.chips_count, after.chips_count);
	for (int32_t i = 0; i < before.chips_count; i++)
		assert_memory_equal(&before.chips[i].chip, &after.chips[i].chip,
				    sizeof(struct parc_chip));
	assert_int_equal(before.nodes_count, after.nodes_count);
	assert_int_equal(before.places_count, after.places_count);
	assert_int_equal(before.devices, after.devices);
	fleet_deinit(&before);
	fleet_deinit(&after);
}

static void test_openb_form_refuses_two_pools(void **state)
{
	struct fleet fleet;
	struct parc_err err = {0};
	char *written;
	size_t size;
	FILE *out = open_memstream(&written, &size);

	(void)state;
	read_good(&fleet, mixed);
	assert_int_equal(fleet_write_openb(&fleet, out, &err), PARC_ERR_INVALID);
	assert_non_null(strstr(err.text, "node plain has 2 pools"));
	fclose(out);
	assert_int_equal(size, 0);
	free(written);
	fleet_deinit(&fleet);
}

struct refusal {
	const char *text;
	int code;
	const char *sentence; /* a part of it */
};

static void check_refusals(const struct refusal *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct fleet fleet;
		struct parc_err err = {0};
		int code = fleet_read_bytes(&fleet, "f", list[i].text, strlen(list[i].text), &err);

		if (code != list[i].code || strstr(err.text, list[i].sentence) == NULL)
			print_message("entry %zu (%s): %s\n", i, list[i].sentence, err.text);
		assert_int_equal(code, list[i].code);
		assert_non_null(strstr(err.text, list[i].sentence));
		assert_int_equal(err.code, list[i].code);
		assert_null(fleet.nodes);
		assert_int_equal(
			fleet_read_bytes(&fleet, "f", list[i].text, strlen(list[i].text), NULL),
			list[i].code);
	}
}

static void test_malformed_tables_are_refused(void **state)
{
	static const struct refusal list[] = {
		{"", PARC_ERR_SYNTAX, "f: the file is empty"},
		{" \n", PARC_ERR_SYNTAX, "f: the file is empty"},
		{OPENB_HEAD, PARC_ERR_INVALID, "f: the fleet has no nodes"},
		{"sn,cpu_milli\nx,1\n", PARC_ERR_SYNTAX,
		 "f:1:1: the header lacks the column memory_mib"},
		{"sn,sn,cpu_milli\n", PARC_ERR_EXISTS, "f:1:4: the column sn stands twice"},
		{OPENB_HEAD "a,1,2,3\n", PARC_ERR_SYNTAX, "f:2:1: 4 fields, expected 5"},
		{OPENB_HEAD "a,1,2,3,T4,\n", PARC_ERR_SYNTAX, "f:2:1: 6 fields, expected 5"},
		{OPENB_HEAD "a,x,2,3,T4\n", PARC_ERR_INVALID,
		 "f:2:3: cpu_milli is \"x\", expected a whole number from 0 to 16777216"},
		{OPENB_HEAD "a,-1,2,3,T4\n", PARC_ERR_INVALID, "f:2:3: cpu_milli is \"-1\""},
		{OPENB_HEAD "a, 1,2,3,T4\n", PARC_ERR_INVALID, "f:2:3: cpu_milli is \" 1\""},
		{OPENB_HEAD "a,1,99999999999999999999,3,T4\n", PARC_ERR_INVALID,
		 "f:2:5: memory_mib"},
		{OPENB_HEAD "a,1,2,33,T4\n", PARC_ERR_INVALID, "f:2:7: gpu is \"33\""},
		{OPENB_HEAD "a,1,2,3,\n", PARC_ERR_INVALID, "f:2:9: model is \"\""},
		{OPENB_HEAD "a b,1,2,3,T4\n", PARC_ERR_INVALID, "f:2:1: sn is \"a b\""},
		{OPENB_HEAD "a,1,2,3,T4\na,1,2,3,T4\n", PARC_ERR_EXISTS,
		 "f:3:1: the node a stands here twice"},
		{CSV_HEAD, PARC_ERR_INVALID, "f: the fleet has no nodes"},
		{"name,pools,what\n", PARC_ERR_UNKNOWN, "f:1:12: unknown column \"what\""},
		{CSV_HEAD "a,,,,1,2,H100\n", PARC_ERR_SYNTAX,
		 "f:2:10: the pool \"H100\" has no colon"},
		{CSV_HEAD "a,,,,1,2,H100:x\n", PARC_ERR_INVALID, "f:2:15: the devices of a pool"},
		{CSV_HEAD "a,,,,1,2,H100:0\n", PARC_ERR_INVALID, "f:2:15: the devices of a pool"},
		{CSV_HEAD "a,,,,1,2,H100:8/\n", PARC_ERR_INVALID, "f:2:17: the link size"},
		{CSV_HEAD "a,,,,1,2,H100:8/9\n", PARC_ERR_INVALID, "link groups of 9"},
		{CSV_HEAD "a,,,,1,2,:8\n", PARC_ERR_INVALID, "f:2:10: the chip of a pool is \"\""},
		{CSV_HEAD "a,,,,1,2,A:1;B:1;C:1;D:1;E:1\n", PARC_ERR_INVALID,
		 "f:2:26: more than 4 pools"},
		{CSV_HEAD "a,,,,1,2,A:20;B:20\n", PARC_ERR_INVALID, "the node a has 40 devices"},
		{CSV_HEAD "a,,,,1000,2,cpu:2\n", PARC_ERR_INVALID,
		 "f:2:1: the node a rents 2 cores"},
		{CSV_HEAD "a,,,,1000,2,cpu:1;cpu:1\n", PARC_ERR_INVALID, "2 pools of cores"},
		{CSV_HEAD "a,s t,,,1,2,\n", PARC_ERR_INVALID, "f:2:3: site is \"s t\""},
		{CSV_HEAD
		 "0123456789012345678901234567890123456789012345678901234567890123,,,,1,2,\n",
		 PARC_ERR_INVALID,
		 "f:2:1: name is \"0123456789012345678901234567890123456789...\""},
	};

	(void)state;
	check_refusals(list, COUNT(list));
}

static void test_malformed_yaml_is_refused(void **state)
{
	static const struct refusal list[] = {
		{"x\n", PARC_ERR_SYNTAX, "f:1:1: a fleet file is expected here, beginning with"},
		{"a: [\n", PARC_ERR_SYNTAX, "f:2:1: not YAML: "},
		{"fleet: {}\n", PARC_ERR_INVALID, "f: the fleet has no nodes"},
		{"fleet: []\n", PARC_ERR_SYNTAX,
		 "f:1:8: expected a mapping, a fleet with its keys"},
		{"flet: {}\n", PARC_ERR_UNKNOWN, "f:1:1: a fleet file has no key \"flet\""},
		{"fleet: {}\nfleet: {}\n", PARC_ERR_EXISTS,
		 "f:2:1: the key fleet stands here twice"},
		{"fleet: {}\n---\nfleet: {}\n", PARC_ERR_SYNTAX, "f:3:1: a second document"},
		{"fleet: {room: 1}\n", PARC_ERR_UNKNOWN, "f:1:9: a fleet has no key \"room\""},
		{"fleet:\n  nodes: 3\n", PARC_ERR_SYNTAX, "f:2:10: nodes must be a list"},
		{"fleet:\n  racks:\n  - {name: r, pods: []}\n", PARC_ERR_UNKNOWN,
		 "f:3:15: a rack has no key \"pods\""},
		{"fleet:\n  nodes: [{cores: 1}]\n", PARC_ERR_SYNTAX,
		 "f:2:11: a node lacks the key name"},
		{"fleet:\n" NODE_OF_A, PARC_ERR_UNKNOWN,
		 "the chip A is neither in the list of chips nor in the catalogue"},
		{"fleet:\n  nodes: [{name: a, cores: 20000}]\n", PARC_ERR_INVALID,
		 "f:2:28: cores is \"20000\", expected a whole number from 0 to 16777"},
		{"fleet:\n  nodes: [{name: a, cores: 1, cpu_milli: 1}]\n", PARC_ERR_EXISTS,
		 "both cpu_milli and cores are given"},
		{"fleet:\n  nodes: [{name: a}, {name: a}]\n", PARC_ERR_EXISTS,
		 "f:2:22: the node a"},
		{"fleet:\n  racks: [{name: a}, {name: a}]\n", PARC_ERR_EXISTS,
		 "f:2:22: the rack a stands twice in the same place"},
		{"fleet:\n  nodes: [{name: a, count: 0}]\n", PARC_ERR_INVALID, "count is \"0\""},
	};

	(void)state;
	check_refusals(list, COUNT(list));
}

static void test_impossible_chips_are_refused(void **state)
{
	static const struct refusal list[] = {
		{"fleet:\n  chips: [{name: A}, {name: A}]\n", PARC_ERR_EXISTS,
		 "the chip A stands here twice"},
		{"fleet:\n  chips: [{rule: whole}]\n", PARC_ERR_SYNTAX,
		 "a chip lacks the key name"},
		{"fleet:\n  chips: [{name: A, rule: half}]\n", PARC_ERR_INVALID,
		 "f:2:27: rule is \"half\", expected whole, scalar, templates, memory or cores"},
		{"fleet:\n  chips: [{name: A, rule: [a]}]\n", PARC_ERR_SYNTAX, "rule is a list"},
		{"fleet:\n  chips: [{name: A, step_milli: 0}]\n", PARC_ERR_INVALID,
		 "step_milli is \"0\""},
		{"fleet:\n  chips: [{name: A, one_user: maybe}]\n", PARC_ERR_INVALID,
		 "one_user is \"maybe\", expected true or false"},
		{"fleet:\n  chips: [{name: A, counts: [0]}]\n", PARC_ERR_INVALID,
		 "counts is \"0\""},
		{"fleet:\n  chips: [{name: A, speed: {fly: 1}}]\n", PARC_ERR_UNKNOWN,
		 "speed has no key \"fly\""},
		{"fleet:\n  chips: [{name: A, rule: templates}]\n", PARC_ERR_INVALID,
		 "expected slots and at least one template"},
		{"fleet:\n  chips: [{name: A, slots: 3}]\n", PARC_ERR_INVALID,
		 "has templates or slots"},
		{"fleet:\n  chips: [{name: A, rule: templates, slots: 2, templates: [{share_milli: "
		 "5, "
		 "slots: 2, starts: [1]}]}]\n",
		 PARC_ERR_INVALID, "its 2 slots lie within the chip's 2"},
		{"fleet:\n  chips: [{name: A, rule: templates, slots: 2, templates: [{share_milli: "
		 "5, "
		 "memory_mib: 9, slots: 2, starts: [0]}]}]\n",
		 PARC_ERR_INVALID, "has 9 MiB, more than the chip's 0"},
		{"fleet:\n  chips: [{name: A, rule: memory}]\n", PARC_ERR_INVALID,
		 "expected memory_mib above 0"},
		{"fleet:\n  chips: [{name: A, rule: cores, unit: 2}]\n", PARC_ERR_INVALID,
		 "expected no memory_mib, unit or counts"},
		{"fleet:\n  chips: [{name: A, unit: 2}]\n  nodes: [{name: n, pools: [{chip: A, "
		 "devices: 3}]}]\n",
		 PARC_ERR_INVALID, "expected a multiple of its unit 2"},
		{"fleet:\n  chips: [{name: A}]\n  nodes: [{name: n, pools: [{chip: A}]}]\n",
		 PARC_ERR_SYNTAX, "f:3:29: the pool lacks its number of devices"},
		{"fleet:\n  nodes: [{name: "
		 "a23456789012345678901234567890123456789012345678901234567890123, count: 2}]\n",
		 PARC_ERR_INVALID, "has 64 bytes, at most 63"},
		{"fleet:\n  nodes: [{name: \"a\\0b\"}]\n", PARC_ERR_INVALID, "name is \"a?b\""},
		{"fleet: &a\n  nodes: [*a]\n", PARC_ERR_UNKNOWN, "a node has no key \"nodes\""},
	};

	(void)state;
	check_refusals(list, COUNT(list));
}

static void test_nul_bytes_and_long_lines_are_refused(void **state)
{
	static const char nul[] = OPENB_HEAD "a,1,2\0,3,T4\n";
	struct fleet fleet;
	struct parc_err err;
	size_t head = strlen(OPENB_HEAD), size = head + TEXT_LINE_MAX + 1;
	char *bytes = malloc(size);

	(void)state;
	assert_int_equal(fleet_read_bytes(&fleet, "f", nul, sizeof(nul) - 1, &err),
			 PARC_ERR_SYNTAX);
	assert_string_equal(err.text, "f:2:6: a NUL byte; expected plain text");
	memcpy(bytes, OPENB_HEAD, head);
	memset(bytes + head, 'a', TEXT_LINE_MAX + 1);
	assert_int_equal(fleet_read_bytes(&fleet, "f", bytes, size, &err), PARC_ERR_FULL);
	assert_string_equal(err.text, "f:2:1: the line has 16385 bytes, at most 16384 are allowed");
	free(bytes);
}

/* libyaml alone takes minutes for these two. */
static void test_costly_yaml_is_refused_at_once(void **state)
{
	struct fleet fleet;
	struct parc_err err;
	size_t size = 1000000;
	char *bytes = malloc(size);

	(void)state;
	memset(bytes, '[', size);
	assert_int_equal(fleet_read_bytes(&fleet, "f", bytes, size, &err), PARC_ERR_FULL);
	assert_non_null(strstr(err.text, "more than 32 levels of lists and mappings"));
	bytes[0] = '[';
	for (size_t at = 1; at + 10 <= size; at += 10) {
		char anchor[12];

		snprintf(anchor, sizeof(anchor), "&a%05zu x,", at / 10 % 100000);
		memcpy(bytes + at, anchor, 10);
	}
	assert_int_equal(fleet_read_bytes(&fleet, "f", bytes, size, &err), PARC_ERR_FULL);
	assert_non_null(strstr(err.text, "or 1000 anchors"));
	free(bytes);
}

static void test_long_file_names_keep_their_end(void **state)
{
	struct fleet fleet;
	struct parc_err err;
	char name[200];

	(void)state;
	memset(name, 'd', sizeof(name));
	memcpy(name + sizeof(name) - 7, "/f.csv", 7);
	assert_int_equal(fleet_read_bytes(&fleet, name, "sn\n", 3, &err), PARC_ERR_SYNTAX);
	assert_non_null(strstr(err.text, "d/f.csv:1:1: the header lacks the column cpu_milli"));
}

static void test_missing_file_is_an_io_error(void **state)
{
	struct fleet fleet;
	struct parc_err err;

	(void)state;
	assert_int_equal(fleet_read(&fleet, "no/such/file", &err), PARC_ERR_IO);
	assert_string_equal(err.text, "no/such/file: No such file or directory");
	assert_int_equal(fleet_read(&fleet, "/", &err), PARC_ERR_IO);
	fleet_deinit(&fleet);
}

static void test_examples_are_read(void **state)
{
	struct fleet fleet;

	(void)state;
	assert_int_equal(fleet_read(&fleet, "examples/mixed.yaml", NULL), 0);
	assert_int_equal(fleet.nodes_count, 19);
	assert_int_equal(fleet.devices, 148);
	fleet_deinit(&fleet);
	assert_int_equal(fleet_read(&fleet, "examples/mixed.csv", NULL), 0);
	assert_int_equal(fleet.nodes_count, 6);
	fleet_deinit(&fleet);
	assert_int_equal(fleet_read(&fleet, "examples/openb/nodes.csv", NULL), 0);
	assert_int_equal(fleet.nodes_count, 1213);
	assert_int_equal(fleet.devices, 6212);
	assert_int_equal(fleet.chips_count, 7);
	fleet_deinit(&fleet);
}

static void test_fleet_loads_into_a_core(void **state)
{
	struct fleet fleet;
	struct parc_limits limits;
	struct parc_core *core;
	struct parc_err err = {0};

	(void)state;
	read_good(&fleet, mixed);
	limits = fleet_limits(&fleet, 10);
	assert_int_equal(limits.node_devices, 8);
	assert_true(limits.places >= fleet.places_count);
	core = parc_core_create(&limits, 1, &err);
	assert_non_null(core);
	if (fleet_load(&fleet, core, 0, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(parc_count(core, PARC_COUNT_NODES), fleet.nodes_count);
	assert_int_equal(parc_count(core, PARC_COUNT_DEVICES), fleet.devices);
	parc_core_destroy(core);
	fleet_deinit(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openb_sorts_by_sn_and_numbers_models),
		cmocka_unit_test(test_openb_finds_columns_by_name),
		cmocka_unit_test(test_csv_makes_places),
		cmocka_unit_test(test_yaml_reads_chips),
		cmocka_unit_test(test_yaml_counts_make_copies),
		cmocka_unit_test(test_written_fleets_read_the_same),
		cmocka_unit_test(test_yaml_keeps_everything),
		cmocka_unit_test(test_openb_form_refuses_two_pools),
		cmocka_unit_test(test_malformed_tables_are_refused),
		cmocka_unit_test(test_malformed_yaml_is_refused),
		cmocka_unit_test(test_impossible_chips_are_refused),
		cmocka_unit_test(test_nul_bytes_and_long_lines_are_refused),
		cmocka_unit_test(test_costly_yaml_is_refused_at_once),
		cmocka_unit_test(test_long_file_names_keep_their_end),
		cmocka_unit_test(test_missing_file_is_an_io_error),
		cmocka_unit_test(test_examples_are_read),
		cmocka_unit_test(test_fleet_loads_into_a_core),
	};

	return cmocka_run_group_tests_name("fleet", tests, NULL, NULL);
}

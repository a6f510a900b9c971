/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc chips`: the catalogue as a table, one chip with the source of each figure, or a check of a
 * file. The JSON form is in chips_json.c.
 */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/chips_json.h"
#include "cli/chips_option.h"
#include "cli/command.h"

static const char chips_text[] =
	"Usage: parc chips [OPTION]... [NAME]\n"
	"       parc chips check FILE\n"
	"\n"
	"Show the catalogue of chips: what is known of each make, and who says so. With NAME one\n"
	"chip, each figure with its source, the kind of that source (measured, vendor, press,\n"
	"estimate) and its date. A range is a figure on which sources disagree; - is unknown.\n"
	"docs/chips.md says what the figures are for, docs/formats.md how to write a catalogue.\n"
	"\n"
	"  check FILE    read FILE over the catalogue and say what is wrong with it\n"
	"\n"
	"  --chips FILE  lay FILE over the catalogue; may be given several times\n"
	"  --makes       show the makes instead: device files, libraries, tools\n"
	"  --json        as one JSON object\n"
	"\n"
	"Examples:\n"
	"  parc chips 910B\n"
	"  parc chips --chips measured.yaml --json\n";

/* Long enough for two numbers of 64 bits. */
struct words {
	char text[48];
};

/* A figure in `unit`s: what it is, from the lowest to the highest, or "-". */
static struct words figure_words(const struct catalogue *catalogue,
				 const struct catalogue_figure *figure, int64_t unit)
{
	const struct catalogue_claim *claim = catalogue_value(catalogue, figure);
	struct words words = {"-"};
	int64_t low = 0, high = 0;

	if (claim == NULL)
		return words;
	low = high = claim->value;
	for (int32_t i = 0; i < figure->claims_count; i++) {
		int64_t value = figure->claims[i].value;

		low = value < low ? value : low;
		high = value > high ? value : high;
	}
	if (low / unit == high / unit)
		snprintf(words.text, sizeof(words.text), "%" PRId64, low / unit);
	else
		snprintf(words.text, sizeof(words.text), "%" PRId64 "..%" PRId64, low / unit,
			 high / unit);
	return words;
}

static const struct {
	const char *head;
	int figure, width;
	int64_t unit;
} table_columns[] = {
	{"GiB", CATALOGUE_MEMORY, 5, 1024},	 {"TFLOPS", CATALOGUE_PEAK, 10, 1000},
	{"GB/s", CATALOGUE_BANDWIDTH, 6, 1},	 {"W", CATALOGUE_POWER_BUSY, 6, 1},
	{"link", CATALOGUE_LINK, 6, 1},		 {"rate", CATALOGUE_RATE, 6, 1},
	{"train", CATALOGUE_SPEED_TRAIN, 12, 1}, {"infer", CATALOGUE_SPEED_INFER, 12, 1},
};
#define TABLE_COLUMNS (int)(sizeof(table_columns) / sizeof(table_columns[0]))

static void print_table(const struct catalogue *catalogue)
{
	printf("%-10s %-9s %-8s %-10s", "chip", "make", "runtime", "shared by");
	for (int c = 0; c < TABLE_COLUMNS; c++)
		printf("%*s", table_columns[c].width, table_columns[c].head);
	printf("\n");
	for (int32_t i = 0; i < catalogue->chips_count; i++) {
		const struct catalogue_chip *it = &catalogue->chips[i];

		printf("%-10s %-9s %-8s %-10s", it->name, it->make, it->runtime,
		       parc_rule_name(it->rules.rule));
		for (int c = 0; c < TABLE_COLUMNS; c++)
			printf("%*s", table_columns[c].width,
			       figure_words(catalogue, &it->figures[table_columns[c].figure],
					    table_columns[c].unit)
				       .text);
		printf("\n");
	}
	printf("\nRates and speeds are in thousandths of the %s. A range: sources disagree. -: "
	       "unknown.\n",
	       catalogue->reference);
}

static void print_makes(const struct catalogue *catalogue)
{
	for (int32_t i = 0; i < catalogue->makes_count; i++) {
		const struct catalogue_make *it = &catalogue->makes[i];

		printf("%s: %s\n  device files  %s\n  library       %s\n  tool          %s\n"
		       "  sees only     %s\n  partition     %s\n",
		       it->name, it->title, it->files, it->library, it->tool, it->variable,
		       it->partition);
		if (it->note[0] != '\0')
			printf("  note          %s\n", it->note);
		printf("  from          %s\n", catalogue->sources[it->source].title);
	}
}

static void print_source(const struct catalogue *catalogue, int32_t source)
{
	const struct catalogue_source *it = &catalogue->sources[source];

	printf("  [%s, %s] %s\n", catalogue_kind_names[it->kind], it->date, it->title);
}

static void print_figure(const struct catalogue *catalogue, const struct catalogue_chip *chip,
			 int which)
{
	const struct catalogue_label *label = &catalogue_labels[which];
	const struct catalogue_figure *figure = &chip->figures[which];
	const struct catalogue_claim *counts = catalogue_value(catalogue, figure);

	if (counts == NULL)
		printf("%-24s %10s\n", label->text, "unknown");
	for (int32_t i = 0; i < figure->claims_count; i++) {
		const struct catalogue_claim *claim = &figure->claims[i];

		printf("%-24s %10" PRId64 " %-11s%s", i == 0 ? label->text : "", claim->value,
		       label->unit,
		       figure->claims_count == 1 ? " "
		       : claim == counts	 ? "*"
						 : " ");
		print_source(catalogue, claim->source);
	}
}

static void print_sharing(const struct catalogue *catalogue, const struct catalogue_chip *chip)
{
	const struct parc_chip *rules = &chip->rules;

	printf("%-24s %10s %-12s", "runtime", chip->runtime, "");
	print_source(catalogue, chip->runtime_source);
	printf("%-24s %10s %-12s", "shared by", parc_rule_name(rules->rule),
	       rules->one_user ? "one user" : "");
	print_source(catalogue, chip->sharing_source);
	for (int32_t t = 0; t < rules->templates_count; t++)
		printf("  %-22s %10d MiB, %d of %d slots\n", chip->template_names[t],
		       rules->templates[t].memory_mib, rules->templates[t].slots, rules->slots);
	if (rules->unit == 1 && rules->counts == 0 && !rules->within_link)
		return;
	printf("%-24s ", "devices of a job");
	if (rules->unit > 1)
		printf("in units of %d ", rules->unit);
	for (uint32_t left = rules->counts; left != 0; left &= left - 1)
		printf("%d%s", __builtin_ctz(left) + 1, (left & (left - 1)) != 0 ? ", " : " ");
	printf("%s", rules->within_link ? "within a link group " : "");
	print_source(catalogue, chip->placing_source);
}

/* Names are as their makers write them, h100 is none; but it is clear what was meant. */
static int chip_missing(const struct catalogue *catalogue, const char *name)
{
	for (int i = 0; i < catalogue->chips_count; i++)
		if (strcasecmp(catalogue->chips[i].name, name) == 0) {
			fprintf(stderr, "parc: the catalogue has no chip '%.*s', but %s\n",
				CHIP_NAME_MAX, name, catalogue->chips[i].name);
			return COMMAND_FAILED;
		}
	fprintf(stderr, "parc: the catalogue has no chip '%.*s'; 'parc chips' lists all\n",
		CHIP_NAME_MAX, name);
	return COMMAND_FAILED;
}

static int print_chip(const struct catalogue *catalogue, const char *name)
{
	const struct catalogue_chip *chip = catalogue_find(catalogue, name);

	if (chip == NULL)
		return chip_missing(catalogue, name);
	printf("%s: %s\n", chip->name, chip->title);
	if (chip->note[0] != '\0')
		printf("%s\n", chip->note);
	printf("\n");
	print_sharing(catalogue, chip);
	for (int i = 0; i < CATALOGUE_FIGURES; i++)
		print_figure(catalogue, chip, i);
	printf("\n* what counts where sources disagree: the lowest that was measured, else the "
	       "lowest.\n");
	return COMMAND_OK;
}

/* What was found good, as one JSON object. */
static int check_json(const char *path, const struct catalogue *catalogue)
{
	json_t *object =
		json_pack("{s:s, s:i, s:i}", "file", path, "chips", (int)catalogue->chips_count,
			  "sources", (int)catalogue->sources_count);
	int failed =
		object == NULL || json_dumpf(object, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY) != 0;

	if (!failed)
		putchar('\n');
	json_decref(object);
	return failed ? COMMAND_FAILED : COMMAND_OK;
}

static int check_file(const char *path, int json)
{
	int code = COMMAND_OK;
	struct chips_option option = {.paths = {path}, .count = 1};
	struct parc_err err = {0};
	struct catalogue *catalogue = chips_option_load(&option, &err);

	if (catalogue == NULL)
		return command_fail(&err);
	if (json)
		code = check_json(path, catalogue);
	else
		printf("%s: good; with it the catalogue has %d chips and %d sources\n", path,
		       catalogue->chips_count, catalogue->sources_count);
	catalogue_destroy(catalogue);
	return code;
}

static int show(const struct chips_option *option, const char *name, int json, int makes)
{
	struct parc_err err = {0};
	struct catalogue *catalogue = chips_option_load(option, &err);
	int code = COMMAND_OK;

	if (catalogue == NULL)
		return command_fail(&err);
	if (json && (name == NULL || catalogue_find(catalogue, name) != NULL))
		code = chips_json_print(catalogue, name) == 0 ? COMMAND_OK : COMMAND_FAILED;
	else if (name != NULL)
		code = print_chip(catalogue, name);
	else if (makes)
		print_makes(catalogue);
	else
		print_table(catalogue);
	catalogue_destroy(catalogue);
	return code;
}

static int chips_run(int argc, char **argv)
{
	static const struct option known[] = {{"chips", required_argument, NULL, 'c'},
					      {"makes", no_argument, NULL, 'm'},
					      {"json", no_argument, NULL, 'j'},
					      {0}};
	struct chips_option option = {.count = 0};
	struct parc_err err = {0};
	int json = 0, makes = 0, letter;

	while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (letter == '?')
			return command_usage_hint("chips");
		if (letter == 'c' && chips_option_add(&option, optarg, &err) != 0)
			return command_fail(&err);
		json |= letter == 'j';
		makes |= letter == 'm';
	}
	if (optind < argc && strcmp(argv[optind], "check") == 0) {
		if (argc - optind != 2)
			return command_usage("chips", "check takes one FILE");
		return check_file(argv[optind + 1], json);
	}
	if (argc - optind > 1)
		return command_usage("chips", "'%s' is too many: give at most one chip",
				     argv[optind + 1]);
	if (makes && optind < argc)
		return command_usage("chips", "--makes shows all makes; leave '%s' out",
				     argv[optind]);
	return show(&option, argv[optind], json, makes);
}

const struct command command_chips = {
	.name = "chips",
	.summary = "show or check what is known of each make of chip",
	.help = chips_text,
	.run = chips_run,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc gen`: writes a fleet or a workload made from a mix and a seed (src/trace/generate.h). The
 * file is opened only when there is something to write, and is whole or not there (outfile.h).
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/chips_option.h"
#include "cli/command.h"
#include "cli/outfile.h"
#include "trace/fleet_build.h"
#include "trace/generate.h"

#define TASKS_MAX (1 << 26)

static const char gen_text[] =
	"Usage: parc gen fleet --mix FILE [OPTION]...\n"
	"       parc gen trace --mix FILE --fleet FILE --tasks N [OPTION]...\n"
	"\n"
	"Make a fleet or a workload out of a mix. The same mix, size and seed give the same file "
	"on "
	"every\n"
	"machine. docs/formats.md describes the mixes and what is written.\n"
	"\n"
	"Options of both:\n"
	"  --mix FILE         the mix: YAML with the key fleet_mix or task_mix\n"
	"  --seed S           the seed (default 1)\n"
	"  --chips FILE       lay FILE over the catalogue of chips (parc help chips)\n"
	"  -o, --output FILE  write to FILE instead of standard output\n"
	"\n"
	"Options of fleet:\n"
	"  --nodes N          number of nodes (default: the mix's)\n"
	"  --format F         yaml (default), csv, or openb\n"
	"\n"
	"Options of trace:\n"
	"  --fleet FILE       fleet whose chips the tasks may name\n"
	"  --tasks N          number of tasks\n"
	"\n"
	"Examples:\n"
	"  parc gen fleet --mix examples/bench-fleet.yaml --nodes 1000 -o fleet.yaml\n"
	"  parc gen trace --mix examples/bench-mix.yaml --fleet fleet.yaml --tasks 100000 -o "
	"tasks.csv\n";

struct gen_options {
	const char *mix, *fleet, *output, *format;
	struct chips_option chips;
	int64_t seed, nodes, tasks; /* nodes, tasks: 0, not given */
};

typedef int gen_writer(const struct fleet *fleet, FILE *out, struct parc_err *err);

static const struct {
	const char *name;
	gen_writer *write;
} fleet_formats[] = {
	{"yaml", fleet_write_yaml}, {"csv", fleet_write_csv}, {"openb", fleet_write_openb}};

static gen_writer *find_format(const char *name)
{
	for (size_t i = 0; i < sizeof(fleet_formats) / sizeof(fleet_formats[0]); i++) {
		if (strcmp(fleet_formats[i].name, name) == 0)
			return fleet_formats[i].write;
	}
	return NULL;
}

static int read_count(const char *option, const char *word, const int64_t range[2], int64_t *count)
{
	struct text text = {.name = ""};
	struct text_field field = {.bytes = word, .size = strlen(word)};

	if (text_read_number(&text, field, option, range, count, NULL) == 0)
		return COMMAND_OK;
	return command_usage("gen", "--%s is \"%s\", expected a whole number from %lld to %lld",
			     option, word, (long long)range[0], (long long)range[1]);
}

static int read_option(struct gen_options *options, int letter, const char *word)
{
	static const int64_t seeds[2] = {0, INT64_MAX - 1}, nodes[2] = {1, FLEET_NODES_MAX},
			     tasks[2] = {1, TASKS_MAX};
	struct parc_err err = {0};

	switch (letter) {
	case 'm':
		options->mix = word;
		return COMMAND_OK;
	case 'f':
		options->fleet = word;
		return COMMAND_OK;
	case 'o':
		options->output = word;
		return COMMAND_OK;
	case 'F':
		options->format = word;
		return COMMAND_OK;
	case 'c':
		return chips_option_add(&options->chips, word, &err) == 0 ? COMMAND_OK
									  : command_fail(&err);
	case 's':
		return read_count("seed", word, seeds, &options->seed);
	case 'n':
		return read_count("nodes", word, nodes, &options->nodes);
	case 't':
		return read_count("tasks", word, tasks, &options->tasks);
	}
	return command_usage_hint("gen");
}

/* Read the options of one of the two; `known` lists those that it has. */
static int read_options(struct gen_options *options, int argc, char **argv,
			const struct option *known)
{
	int letter, code = COMMAND_OK;

	*options = (struct gen_options){.seed = 1, .format = "yaml"};
	while (code == COMMAND_OK && (letter = getopt_long(argc, argv, "o:", known, NULL)) != -1)
		code = read_option(options, letter, optarg);
	if (code != COMMAND_OK)
		return code;
	if (optind < argc)
		return command_usage("gen", "\"%s\" is too much; gen takes options only",
				     argv[optind]);
	if (options->mix == NULL)
		return command_usage("gen", "--mix is missing");
	return COMMAND_OK;
}

static int write_fleet(const struct fleet *fleet, const struct gen_options *options,
		       struct parc_err *err)
{
	gen_writer *write = find_format(options->format);
	struct outfile outfile;
	int code;

	if (options->output == NULL)
		return write(fleet, stdout, err);
	code = outfile_open(&outfile, options->output, err);
	return code != 0 ? code : outfile_close(&outfile, write(fleet, outfile.stream, err), err);
}

static int write_tasks(const struct tasks *tasks, const struct fleet *fleet,
		       const struct gen_options *options, struct parc_err *err)
{
	struct outfile outfile;
	int code;

	if (options->output == NULL)
		return tasks_write_openb(tasks, fleet, stdout, err);
	code = outfile_open(&outfile, options->output, err);
	return code != 0 ? code
			 : outfile_close(&outfile,
					 tasks_write_openb(tasks, fleet, outfile.stream, err), err);
}

static int make_fleet(const struct gen_options *options, struct parc_err *err)
{
	struct fleet_mix mix;
	struct fleet fleet = {0};
	int64_t nodes = options->nodes;
	struct catalogue *catalogue = chips_option_load(&options->chips, err);
	int code = catalogue == NULL ? err->code : 0;

	mix = (struct fleet_mix){0};
	if (code == 0)
		code = fleet_mix_read_with(&mix, options->mix, catalogue, err);
	catalogue_destroy(catalogue);
	if (code == 0 && nodes == 0)
		nodes = mix.nodes;
	if (code == 0 && nodes == 0)
		code = parc_err_set(err, PARC_ERR_USAGE,
				    "--nodes is missing, and the mix gives no number either");
	if (code == 0)
		code = fleet_generate(&fleet, &mix, (int32_t)nodes, (uint64_t)options->seed, err);
	if (code == 0)
		code = write_fleet(&fleet, options, err);
	fleet_deinit(&fleet);
	fleet_mix_deinit(&mix);
	return code;
}

/* What the mix asks of the fleet is refused with the mix's file. */
static int make_tasks(struct tasks *tasks, const struct fleet *fleet, const struct task_mix *mix,
		      const struct gen_options *options, struct parc_err *err)
{
	struct parc_err why = {0};
	int code = tasks_generate(tasks, fleet, mix, (int32_t)options->tasks,
				  (uint64_t)options->seed, &why);

	return code == 0 ? 0 : parc_err_set(err, code, "%s: %.200s", options->mix, why.text);
}

static int make_trace(const struct gen_options *options, struct parc_err *err)
{
	struct task_mix mix = {0};
	struct fleet fleet;
	struct tasks tasks = {0};
	struct catalogue *catalogue = chips_option_load(&options->chips, err);
	int code = catalogue == NULL ? err->code : 0;

	fleet = (struct fleet){0};
	if (code == 0)
		code = fleet_read_with(&fleet, options->fleet, catalogue, err);
	catalogue_destroy(catalogue);
	if (code == 0)
		code = task_mix_read(&mix, options->mix, err);
	if (code == 0)
		code = make_tasks(&tasks, &fleet, &mix, options, err);
	if (code == 0)
		code = write_tasks(&tasks, &fleet, options, err);
	tasks_deinit(&tasks);
	task_mix_deinit(&mix);
	fleet_deinit(&fleet);
	return code;
}

static int run_fleet(int argc, char **argv)
{
	static const struct option known[] = {{"mix", required_argument, NULL, 'm'},
					      {"nodes", required_argument, NULL, 'n'},
					      {"seed", required_argument, NULL, 's'},
					      {"format", required_argument, NULL, 'F'},
					      {"output", required_argument, NULL, 'o'},
					      {"chips", required_argument, NULL, 'c'},
					      {NULL, 0, NULL, 0}};
	struct gen_options options;
	struct parc_err err = {0};
	int code = read_options(&options, argc, argv, known);

	if (code != COMMAND_OK)
		return code;
	if (find_format(options.format) == NULL)
		return command_usage("gen", "--format is \"%s\", expected yaml, csv or openb",
				     options.format);
	return make_fleet(&options, &err) == 0 ? COMMAND_OK : command_fail(&err);
}

static int run_trace(int argc, char **argv)
{
	static const struct option known[] = {{"mix", required_argument, NULL, 'm'},
					      {"fleet", required_argument, NULL, 'f'},
					      {"tasks", required_argument, NULL, 't'},
					      {"seed", required_argument, NULL, 's'},
					      {"output", required_argument, NULL, 'o'},
					      {"chips", required_argument, NULL, 'c'},
					      {NULL, 0, NULL, 0}};
	struct gen_options options;
	struct parc_err err = {0};
	int code = read_options(&options, argc, argv, known);

	if (code != COMMAND_OK)
		return code;
	if (options.fleet == NULL)
		return command_usage("gen", "--fleet is missing");
	if (options.tasks == 0)
		return command_usage("gen", "--tasks is missing");
	return make_trace(&options, &err) == 0 ? COMMAND_OK : command_fail(&err);
}

static int gen_run(int argc, char **argv)
{
	char fleet_title[] = "parc gen fleet", trace_title[] = "parc gen trace";

	if (argc < 2)
		return command_usage("gen", "what to make is missing: fleet or trace");
	if (strcmp(argv[1], "fleet") == 0) {
		argv[1] = fleet_title;
		return run_fleet(argc - 1, argv + 1);
	}
	if (strcmp(argv[1], "trace") == 0) {
		argv[1] = trace_title;
		return run_trace(argc - 1, argv + 1);
	}
	return command_usage("gen", "\"%s\" can't be made, expected fleet or trace", argv[1]);
}

const struct command command_gen = {
	.name = "gen",
	.summary = "make a fleet or a workload out of a mix",
	.help = gen_text,
	.run = gen_run,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc sim`: runs a task list through the core on a fleet that exists on paper only, and says
 * what was placed, what was not, and why the rest could not be used. One table drives the
 * options; the experiments are in src/sim, the printing of their results here.
 */
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "sim/report.h"

#define SIM_LOADS_MAX	     8
#define SIM_SEEDS_MAX	     1000
#define SIM_SEED_DEFAULT     42
#define SIM_SEEDS_DEFAULT    3
#define SIM_ARRIVALS_DEFAULT 50000
#define SIM_LIST_MAX	     256 /* bytes of a list on the command line */

static const char sim_text[] =
	"Usage: parc sim --fleet FILE --trace FILE --saturate R [OPTION]...\n"
	"       parc sim --fleet FILE --trace FILE --churn [OPTION]...\n"
	"       parc sim --audit FILE\n"
	"\n"
	"Place the tasks of a trace on a fleet, in virtual time, and show what became of them.\n"
	"\n"
	"Input:\n"
	"  --fleet FILE        fleet: parc's YAML or CSV, or openb's node list\n"
	"  --trace FILE        task list\n"
	"  --format openb      form of the task list (the only one so far)\n"
	"  --order-file FILE   arrival orders and node ranks for each seed\n"
	"  --seeds N           how many seeds (default: all of the order file, else 3)\n"
	"  --seed S            the first seed (default: the order file's first, else 42)\n"
	"\n"
	"Experiment:\n"
	"  --saturate R        tasks arrive and never leave until R times the devices are asked "
	"for\n"
	"  --churn             tasks arrive, wait, run and leave; the work that arrives is held\n"
	"  --load L,L          per cent of the fleet that arrives (default 85,95,105)\n"
	"  --lengths KIND      trace: the list's own (default where it has them); tail: heavy "
	"tail\n"
	"  --arrivals N        tasks that arrive (default 50000)\n"
	"  --hours H           so many hours instead of --arrivals\n"
	"\n"
	"Policy:\n"
	"  --place P           parc (default), first-fit, best-fit, worst-fit, random, "
	"dot-product, fgd\n"
	"  --compare P,P       several, side by side\n"
	"  --profile KIND      list: the policy is told the task list's distribution (default of "
	"fgd);\n"
	"                      learn: it knows what has arrived (default of the others)\n"
	"\n"
	"Output and checks:\n"
	"  --json              JSON instead of a table\n"
	"  --digest            the state's digest after each seed, nothing else\n"
	"  --dump FILE         record events and actions\n"
	"  --audit FILE        decide a recorded run again; fails at the first difference\n"
	"  --halfway           encode, decode and continue in the middle of each run\n"
	"  --verify            check the core's invariants again and again\n"
	"\n"
	"Every start and, under saturation, every refusal is verified against a second book.\n"
	"\n"
	"Examples:\n"
	"  parc sim --fleet nodes.csv --trace default.csv --saturate 1.3 --compare "
	"best-fit,fgd,parc\n"
	"  parc sim --fleet nodes.csv --trace default.csv --churn --load 95 --seeds 2 --json\n";

struct sim_options {
	const char *fleet, *trace, *format, *order_file, *dump, *audit;
	int64_t seeds, seed, arrivals, hours;
	int32_t saturate_milli; /* 0: no saturation */
	int32_t loads_milli[SIM_LOADS_MAX], loads_count;
	int32_t places[REPORT_COLUMNS_MAX], places_count;
	int32_t lengths, profile; /* -1: the default */
	uint8_t churn, json, digest, halfway, verify;
};

/* All files, read. */
struct sim_inputs {
	struct fleet fleet;
	struct tasks tasks;
	struct order order;
	struct demand demand;
	const struct order_seed *seeds; /* the ones chosen */
	int32_t seeds_count;
};

/* ---- Values of options */

/* A decimal with at most three places, in thousandths; -1 when it is none. */
static int64_t parse_milli(const char *text)
{
	int64_t value = 0, scale = 1000;
	const char *at = text;
	for (; *at >= '0' && *at <= '9' && value < INT32_MAX; at++)
		value = value * 10 + (*at - '0');
	if (at == text)
		return -1;
	value *= 1000;
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9' && scale > 1; at++) {
			scale /= 10;
			value += (*at - '0') * scale;
		}
	return *at == '\0' && value <= INT32_MAX ? value : -1;
}

static int parse_whole(const char *text, int64_t min, int64_t max, int64_t *value)
{
	char *end;
	long long parsed = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || parsed < min || parsed > max)
		return -1;
	*value = parsed;
	return 0;
}

static int32_t parse_place(const char *text)
{
	static const int32_t places[] = {
#define X(name, number, text) PARC_PLACE_##name,
		PARC_PLACE_MAP(X)
#undef X
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcmp(parc_place_name(places[i]), text) == 0)
			return places[i];
	return -1;
}

static int set_saturate(struct sim_options *options, const char *text)
{
	int64_t milli = parse_milli(text);
	if (milli < 10 || milli > 10000)
		return command_usage("sim", "--saturate '%s' must be a number from 0.01 to 10",
				     text);
	options->saturate_milli = (int32_t)milli;
	return 0;
}

static int add_load(struct sim_options *options, const char *text)
{
	int64_t milli = parse_milli(text) / 100;
	if (milli < 10 || milli > 5000 || options->loads_count == SIM_LOADS_MAX)
		return command_usage(
			"sim", "--load '%s' must be per cent from 1 to 500, at most %d of them",
			text, SIM_LOADS_MAX);
	options->loads_milli[options->loads_count++] = (int32_t)milli;
	return 0;
}

static int add_place(struct sim_options *options, const char *text)
{
	int32_t place = parse_place(text);
	if (place < 0)
		return command_usage("sim",
				     "there is no placement '%s'; there are parc, first-fit, "
				     "best-fit, worst-fit, random, dot-product and fgd",
				     text);
	if (options->places_count == REPORT_COLUMNS_MAX)
		return command_usage("sim", "--compare takes at most %d placements",
				     REPORT_COLUMNS_MAX);
	options->places[options->places_count++] = place;
	return 0;
}

/* Give each part of a comma separated list to `add`. */
static int set_list(struct sim_options *options, const char *text,
		    int (*add)(struct sim_options *, const char *))
{
	char copy[SIM_LIST_MAX], *rest = copy, *part;
	if (strlen(text) >= sizeof(copy))
		return command_usage("sim", "'%.40s...' is too long", text);
	memcpy(copy, text, strlen(text) + 1);
	while ((part = strsep(&rest, ",")) != NULL) {
		int code = add(options, part);
		if (code)
			return code;
	}
	return 0;
}

static int set_loads(struct sim_options *options, const char *text)
{
	options->loads_count = 0;
	return set_list(options, text, add_load);
}

static int set_places(struct sim_options *options, const char *text)
{
	options->places_count = 0;
	return set_list(options, text, add_place);
}

static int set_place(struct sim_options *options, const char *text)
{
	options->places_count = 0;
	return add_place(options, text);
}

static int set_lengths(struct sim_options *options, const char *text)
{
	for (int i = 0; i <= ARRIVALS_TAIL; i++)
		if (strcmp(arrivals_lengths_name(i), text) == 0) {
			options->lengths = i;
			return 0;
		}
	return command_usage("sim", "--lengths '%s' must be trace or tail", text);
}

static int set_profile(struct sim_options *options, const char *text)
{
	if (strcmp(text, "list") != 0 && strcmp(text, "learn") != 0)
		return command_usage("sim", "--profile '%s' must be list or learn", text);
	options->profile = strcmp(text, "list") == 0;
	return 0;
}

static int set_format(struct sim_options *options, const char *text)
{
	if (strcmp(text, "openb") != 0)
		return command_usage("sim", "--format '%s' is not known; there is openb", text);
	options->format = text;
	return 0;
}

/* ---- The table of options */

enum sim_option_kind { SIM_TEXT, SIM_WHOLE, SIM_FLAG, SIM_SET };

struct sim_option {
	const char *name;
	enum sim_option_kind kind;
	size_t offset;	  /* of the field in sim_options */
	int64_t min, max; /* SIM_WHOLE */
	int (*set)(struct sim_options *, const char *);
};

#define FIELD(name) offsetof(struct sim_options, name)
static const struct sim_option sim_options_table[] = {
	{"fleet", SIM_TEXT, FIELD(fleet), 0, 0, NULL},
	{"trace", SIM_TEXT, FIELD(trace), 0, 0, NULL},
	{"format", SIM_SET, 0, 0, 0, set_format},
	{"order-file", SIM_TEXT, FIELD(order_file), 0, 0, NULL},
	{"seeds", SIM_WHOLE, FIELD(seeds), 1, SIM_SEEDS_MAX, NULL},
	{"seed", SIM_WHOLE, FIELD(seed), 0, INT32_MAX, NULL},
	{"saturate", SIM_SET, 0, 0, 0, set_saturate},
	{"churn", SIM_FLAG, FIELD(churn), 0, 0, NULL},
	{"load", SIM_SET, 0, 0, 0, set_loads},
	{"lengths", SIM_SET, 0, 0, 0, set_lengths},
	{"arrivals", SIM_WHOLE, FIELD(arrivals), 1, ARRIVALS_MAX, NULL},
	{"hours", SIM_WHOLE, FIELD(hours), 1, 100000, NULL},
	{"place", SIM_SET, 0, 0, 0, set_place},
	{"compare", SIM_SET, 0, 0, 0, set_places},
	{"profile", SIM_SET, 0, 0, 0, set_profile},
	{"json", SIM_FLAG, FIELD(json), 0, 0, NULL},
	{"digest", SIM_FLAG, FIELD(digest), 0, 0, NULL},
	{"dump", SIM_TEXT, FIELD(dump), 0, 0, NULL},
	{"audit", SIM_TEXT, FIELD(audit), 0, 0, NULL},
	{"halfway", SIM_FLAG, FIELD(halfway), 0, 0, NULL},
	{"verify", SIM_FLAG, FIELD(verify), 0, 0, NULL},
};
#undef FIELD

#define SIM_OPTIONS_COUNT ((int)(sizeof(sim_options_table) / sizeof(sim_options_table[0])))

static int set_option(struct sim_options *options, const struct sim_option *option,
		      const char *text)
{
	char *field = (char *)options + option->offset;
	switch (option->kind) {
	case SIM_TEXT:
		memcpy(field, &text, sizeof(text));
		return 0;
	case SIM_FLAG:
		*(uint8_t *)field = 1;
		return 0;
	case SIM_WHOLE:
		if (parse_whole(text, option->min, option->max, (int64_t *)(void *)field))
			return command_usage(
				"sim", "--%s '%s' must be a whole number from %lld to %lld",
				option->name, text, (long long)option->min, (long long)option->max);
		return 0;
	default:
		return option->set(options, text);
	}
}

static int check_options(const struct sim_options *options)
{
	if (options->audit)
		return 0;
	if (!options->fleet || !options->trace)
		return command_usage("sim", "--fleet FILE and --trace FILE are needed");
	if (!options->saturate_milli && !options->churn)
		return command_usage("sim", "choose an experiment: --saturate R or --churn");
	if (options->saturate_milli && options->churn)
		return command_usage("sim", "--saturate and --churn exclude each other");
	return 0;
}

static int parse_options(struct sim_options *options, int argc, char **argv)
{
	struct option list[SIM_OPTIONS_COUNT + 1];
	int found, code = 0;
	for (int i = 0; i < SIM_OPTIONS_COUNT; i++)
		list[i] = (struct option){sim_options_table[i].name,
					  sim_options_table[i].kind == SIM_FLAG ? no_argument
										: required_argument,
					  NULL, i + 1};
	list[SIM_OPTIONS_COUNT] = (struct option){0};
	while (!code && (found = getopt_long(argc, argv, "", list, NULL)) != -1) {
		if (found == '?' || found < 1 || found > SIM_OPTIONS_COUNT)
			return command_usage_hint("sim");
		code = set_option(options, &sim_options_table[found - 1], optarg);
	}
	if (!code && optind < argc)
		return command_usage("sim", "'%s' is too many: it takes options only",
				     argv[optind]);
	return code ? code : check_options(options);
}

/* ---- Reading */

/* Keep the seeds that --seed and --seeds ask for. */
static int choose_seeds(struct sim_inputs *inputs, const struct sim_options *options,
			struct parc_err *err)
{
	int32_t first = 0;
	while (options->seed >= 0 && first < inputs->order.count &&
	       inputs->order.seeds[first].seed != options->seed)
		first++;
	int32_t left = inputs->order.count - first;
	if (left < 1)
		return parc_err_set(err, PARC_ERR_UNKNOWN, "the order file %s has no seed %lld",
				    options->order_file ? options->order_file : "(made)",
				    (long long)options->seed);
	inputs->seeds = inputs->order.seeds + first;
	inputs->seeds_count =
		options->seeds && options->seeds < left ? (int32_t)options->seeds : left;
	return 0;
}

static int read_order(struct sim_inputs *inputs, const struct sim_options *options,
		      struct parc_err *err)
{
	if (options->order_file)
		return order_read_openb(&inputs->order, options->order_file, inputs->tasks.count,
					inputs->fleet.nodes_count, err);
	int32_t seeds = options->seeds ? (int32_t)options->seeds : SIM_SEEDS_DEFAULT;
	int64_t first = options->seed >= 0 ? options->seed : SIM_SEED_DEFAULT;
	return order_make(&inputs->order, &inputs->tasks, &inputs->fleet,
			  options->saturate_milli ? options->saturate_milli : PARC_SHARE_WHOLE,
			  first, seeds, err);
}

static int read_inputs(struct sim_inputs *inputs, const struct sim_options *options,
		       struct parc_err *err)
{
	int code = fleet_read(&inputs->fleet, options->fleet, err);
	if (!code)
		code = tasks_read_openb(&inputs->tasks, &inputs->fleet, options->trace, err);
	if (!code)
		code = read_order(inputs, options, err);
	if (!code)
		code = choose_seeds(inputs, options, err);
	if (!code)
		code = demand_init(&inputs->demand, &inputs->tasks, err);
	return code;
}

static void inputs_deinit(struct sim_inputs *inputs)
{
	demand_deinit(&inputs->demand);
	order_deinit(&inputs->order);
	tasks_deinit(&inputs->tasks);
	fleet_deinit(&inputs->fleet);
}

/* ---- Progress, for a person at a terminal */

static void show_progress(void *arg, int32_t done, int32_t seeds)
{
	const char *what = arg;
	if (done < seeds)
		fprintf(stderr, "\r%-40s seed %d of %d ", what, done + 1, seeds);
	else
		fprintf(stderr, "\r%60s\r", "");
	fflush(stderr);
}

/* Is the policy told the list's distribution? */
static uint8_t tells_demand(const struct sim_options *options, int32_t place)
{
	return options->profile >= 0 ? options->profile == 1 : place == PARC_PLACE_FGD;
}

static int print_json(json_t *root)
{
	int failed =
		!root || json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) != 0;
	json_decref(root);
	if (failed) {
		fprintf(stderr, "parc: the result could not be written as JSON\n");
		return COMMAND_FAILED;
	}
	printf("\n");
	return COMMAND_OK;
}

/* One policy's object by itself, several as {"compare": [...]}. */
static json_t *wrap_compared(json_t *list)
{
	json_t *root;
	if (json_array_size(list) != 1)
		return json_pack("{s:o}", "compare", list);
	root = json_incref(json_array_get(list, 0));
	json_decref(list);
	return root;
}

/* ---- Saturation */

struct sim_saturation {
	struct saturate_config configs[REPORT_COLUMNS_MAX];
	struct saturate_result results[REPORT_COLUMNS_MAX];
	int32_t count;
};

static int saturate_all(struct sim_saturation *run, const struct sim_options *options,
			const struct sim_inputs *inputs, struct record *record,
			struct parc_err *err)
{
	for (int32_t i = 0; i < options->places_count; i++) {
		int32_t place = options->places[i];
		run->configs[i] = (struct saturate_config){
			.fleet = &inputs->fleet,
			.tasks = &inputs->tasks,
			.seeds = inputs->seeds,
			.seeds_count = inputs->seeds_count,
			.demand = &inputs->demand,
			.record = record,
			.progress = isatty(STDERR_FILENO) ? show_progress : NULL,
			.progress_arg = (void *)(uintptr_t)parc_place_name(place),
			.saturate_milli = options->saturate_milli,
			.place = place,
			.tell_demand = tells_demand(options, place),
			.halfway = options->halfway,
			.check = options->verify};
		int code = saturate_run(&run->results[i], &run->configs[i], err);
		if (code)
			return code;
		run->count++;
	}
	return 0;
}

static int print_saturation(const struct sim_saturation *run, const struct sim_options *options)
{
	if (options->json) {
		json_t *list = json_array();
		for (int32_t i = 0; i < run->count; i++)
			json_array_append_new(list, report_saturate_json(&run->results[i]));
		return print_json(wrap_compared(list));
	}
	if (!options->digest) {
		report_saturate_text(stdout, run->results, run->count);
		return COMMAND_OK;
	}
	for (int32_t i = 0; i < run->count; i++)
		for (int32_t s = 0; s < run->results[i].seeds_count; s++)
			printf("%s %lld %016llx\n", parc_place_name(run->configs[i].place),
			       (long long)run->results[i].seeds[s].seed,
			       (unsigned long long)run->results[i].seeds[s].digest);
	return COMMAND_OK;
}

static int run_saturation(const struct sim_options *options, const struct sim_inputs *inputs,
			  struct record *record, struct parc_err *err)
{
	struct sim_saturation run = {0};
	int code = saturate_all(&run, options, inputs, record, err);
	int result = code ? COMMAND_FAILED : print_saturation(&run, options);
	for (int32_t i = 0; i < run.count; i++)
		saturate_deinit(&run.results[i]);
	return code ? command_fail(err) : result;
}

/* ---- Churn */

struct sim_churn { /* places x loads */
	struct churn_config configs[REPORT_COLUMNS_MAX * SIM_LOADS_MAX];
	struct churn_result results[REPORT_COLUMNS_MAX * SIM_LOADS_MAX];
	int32_t count;
};

static struct churn_config churn_config_of(const struct sim_options *options,
					   const struct sim_inputs *inputs, int32_t index)
{
	int32_t place = options->places[index / options->loads_count];
	int lengths = options->lengths;
	if (lengths < 0)
		lengths = arrivals_has_lengths(&inputs->tasks) ? ARRIVALS_TRACE : ARRIVALS_TAIL;
	return (struct churn_config){
		.fleet = &inputs->fleet,
		.tasks = &inputs->tasks,
		.seeds = inputs->seeds,
		.seeds_count = inputs->seeds_count,
		.demand = &inputs->demand,
		.progress = isatty(STDERR_FILENO) ? show_progress : NULL,
		.progress_arg = (void *)(uintptr_t)parc_place_name(place),
		.load_milli = options->loads_milli[index % options->loads_count],
		.lengths = lengths,
		.arrivals = (int32_t)(options->arrivals || options->hours ? options->arrivals
									  : SIM_ARRIVALS_DEFAULT),
		.hours = (int32_t)options->hours,
		.place = place,
		.tell_demand = tells_demand(options, place),
		.halfway = options->halfway,
		.check = options->verify};
}

static int churn_all(struct sim_churn *run, const struct sim_options *options,
		     const struct sim_inputs *inputs, struct record *record, struct parc_err *err)
{
	for (int32_t i = 0; i < options->places_count * options->loads_count; i++) {
		run->configs[i] = churn_config_of(options, inputs, i);
		run->configs[i].record = record;
		int code = churn_run(&run->results[i], &run->configs[i], err);
		if (code)
			return code;
		run->count++;
	}
	return 0;
}

static int print_churn(const struct sim_churn *run, const struct sim_options *options)
{
	if (options->json) {
		json_t *list = json_array();
		for (int32_t i = 0; i < run->count; i += options->loads_count)
			json_array_append_new(
				list, report_churn_json(&run->results[i], options->loads_count));
		return print_json(wrap_compared(list));
	}
	if (!options->digest) {
		report_churn_text(stdout, run->results, options->places_count,
				  options->loads_count);
		return COMMAND_OK;
	}
	for (int32_t i = 0; i < run->count; i++)
		for (int32_t s = 0; s < run->results[i].seeds_count; s++)
			printf("%s %d %lld %016llx\n", parc_place_name(run->configs[i].place),
			       run->configs[i].load_milli, (long long)run->results[i].seeds[s].seed,
			       (unsigned long long)run->results[i].seeds[s].digest);
	return COMMAND_OK;
}

static int run_churn(const struct sim_options *options, const struct sim_inputs *inputs,
		     struct record *record, struct parc_err *err)
{
	struct sim_churn *run = calloc(1, sizeof(*run));
	if (!run) {
		parc_err_set(err, PARC_ERR_MEMORY, "no memory for the results");
		return command_fail(err);
	}
	int code = churn_all(run, options, inputs, record, err);
	int result = code ? COMMAND_FAILED : print_churn(run, options);
	for (int32_t i = 0; i < run->count; i++)
		churn_deinit(&run->results[i]);
	free(run);
	return code ? command_fail(err) : result;
}

/* ---- The command */

static int run_audit(const struct sim_options *options)
{
	struct parc_err err = {0};
	struct record_audit audit;
	if (record_audit(&audit, options->audit, &err))
		return command_fail(&err);
	printf("%s: %lld steps of %d core%s decided again, all as recorded; digest %016llx\n",
	       options->audit, (long long)audit.steps, audit.worlds, audit.worlds == 1 ? "" : "s",
	       (unsigned long long)audit.digest);
	return COMMAND_OK;
}

static int run_experiment(const struct sim_options *options, const struct sim_inputs *inputs)
{
	struct parc_err err = {0};
	struct record record = {0};
	if (options->dump && record_open(&record, options->dump, &err))
		return command_fail(&err);
	struct record *used = options->dump ? &record : NULL;
	int code = options->churn ? run_churn(options, inputs, used, &err)
				  : run_saturation(options, inputs, used, &err);
	if (record_close(&record, &err) && code == COMMAND_OK)
		return command_fail(&err);
	return code;
}

static int sim_run(int argc, char **argv)
{
	struct sim_options options = {.seed = -1,
				      .lengths = -1,
				      .profile = -1,
				      .loads_milli = {850, 950, 1050},
				      .loads_count = 3,
				      .places = {PARC_PLACE_PARC},
				      .places_count = 1};
	struct sim_inputs inputs = {0};
	struct parc_err err = {0};
	int code = parse_options(&options, argc, argv);
	if (code)
		return code;
	if (options.audit)
		return run_audit(&options);
	code = read_inputs(&inputs, &options, &err) ? command_fail(&err)
						    : run_experiment(&options, &inputs);
	inputs_deinit(&inputs);
	return code;
}

const struct command command_sim = {
	.name = "sim",
	.summary = "place a trace's tasks on a fleet in virtual time",
	.help = sim_text,
	.run = sim_run,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc sim`: runs a job log or a task list through the core on a fleet that exists on paper only,
 * and says what was placed, what was not, and why the rest could not be used. Here are the
 * experiments with task lists; replays are in sim_replay.c, options in sim_options.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/sim_options.h"

#define SIM_SEED_DEFAULT     42
#define SIM_SEEDS_DEFAULT    3
#define SIM_ARRIVALS_DEFAULT 50000
#define SIM_MTTR_US	     INT64_C(14400000000) /* four hours */
#define SIM_FENCE_US	     INT64_C(60000000)	  /* one minute */
#define SIM_REQUEUE_DEFAULT  100

static const char sim_text[] =
	"Usage: parc sim --fleet FILE --trace FILE --format NAME [OPTION]...\n"
	"       parc sim --fleet FILE --trace FILE --saturate R [OPTION]...\n"
	"       parc sim --fleet FILE --trace FILE --churn [OPTION]...\n"
	"       parc sim --fleet FILE --use FILE --memory MIB [OPTION]...\n"
	"       parc sim --audit FILE\n"
	"\n"
	"Run a job log through a fleet in virtual time: how long do jobs wait, and where\n"
	"do the device-hours go? Or place the tasks of a list until the fleet is full.\n"
	"\n"
	"Input:\n"
	"  --fleet FILE        fleet: parc's YAML or CSV, or openb's node list\n"
	"  --trace FILE        job log (task list for --saturate and --churn)\n"
	"  --format NAME       form of the log: sacct (Slurm), swf, philly, itp, openb,\n"
	"                      gavel, csv and yaml (parc's own)\n"
	"  --chips FILE        lay FILE over the catalogue of chips (parc help chips)\n"
	"  --lenient           count and pass over malformed rows\n"
	"  --devices           swf: its processors are devices; without: cores\n"
	"  --task-size N       philly, itp, swf: devices (or cores) of one task of a gang\n"
	"  --speeds FILE       gavel: steps a second by chip (throughputs.json); without\n"
	"                      --fleet: 36 V100, 36 P100 and 36 K80, one device a node\n"
	"  --rate R            gavel: jobs that arrive an hour\n"
	"  --static N          gavel: the first N jobs, all at time 0\n"
	"  --seed S            seed of all that is random (default 1)\n"
	"\n"
	"Policy of a replay:\n"
	"  --policy P          ORDER[+BACKFILL][@PLACE][:OPTION]... (default fifo+easy;\n"
	"                      gavel: attained+deal, with known lengths shortest+deal or,\n"
	"                      with --static, longest+deal)\n"
	"      ORDER           fifo, shortest, longest, largest, attained\n"
	"      BACKFILL        none (strict order), greedy, easy, conservative,\n"
	"                      deal (all is dealt anew at each round)\n"
	"      PLACE           parc, first-fit, best-fit, worst-fit, random, dot-product,\n"
	"                      fgd\n"
	"      OPTION          true, limit, declared, learnt, none: what is known of\n"
	"                      lengths; tiers: small jobs in higher tiers; preempt: who\n"
	"                      waits first takes the place of a lower tier, or of who\n"
	"                      has attained more; reclaim: or of who borrowed what is\n"
	"                      guaranteed to him (preempt: not with deal); lost,\n"
	"                      youngest, lowest: who gives way first (default lost);\n"
	"                      all, preemptible, nobody: who may borrow (default all);\n"
	"                      fair: fair share among tenants\n"
	"                      strict, easy, conservative and tiers are fifo+none,\n"
	"                      fifo+easy, fifo+conservative and fifo:tiers\n"
	"  --policy-file FILE  a policy file, as the daemon takes it (docs/policy.md); what\n"
	"                      other options say wins\n"
	"  --compare P,P       several, side by side\n"
	"  --lengths KIND      of policies that do not say it themselves (default: limit\n"
	"                      where the log has limits, else declared, else true)\n"
	"  --estimate          the same as --lengths learnt: lengths learnt from jobs of\n"
	"                      the same tenant and name that have ended\n"
	"  --know-lengths K    yes or no: the same as --lengths true, none\n"
	"  --tiers size        tiers by devices: 1 or less, 4, 8, more; job: as the log\n"
	"                      says (default)\n"
	"  --age H             so many hours of waiting are worth one tier (fifo)\n"
	"  --half-life H       of fair share, in hours (default 168)\n"
	"  --run-min S         nobody gives way in his first S seconds (default 600)\n"
	"  --reclaim-time S    ... or, for what he borrowed, in these (default 60)\n"
	"  --round S           deal: seconds between two rounds (default 0: at any event)\n"
	"  --reserve N         conservative: jobs that get a reservation (default 64)\n"
	"  --trials N          starts of a kind on each chip where its speed is unknown and\n"
	"                      elsewhere claimed (default 0); implies --learn-speeds\n"
	"\n"
	"World of a replay:\n"
	"  --learn-speeds      the core is told how fast the runs of each kind were\n"
	"  --true-speeds FILE  how fast kinds really run (CSV: kind,chip,speed_milli);\n"
	"                      without: as declared, else as the chip has it\n"
	"  --tenants FILE      the tree of tenants, with guarantees, limits, caps (YAML)\n"
	"  --services FILE     services beside the jobs, with their loads (YAML)\n"
	"  --windows FILE      advance reservations and maintenance (YAML)\n"
	"  --load X            compress arrivals to this load: 1.1 or 110%\n"
	"  --start-time S      seconds from a start until work begins (default 0)\n"
	"  --pairs             gavel: two jobs may share a device, each as fast as the file of\n"
	"                      speeds says of the two\n"
	"  --move-cost S       seconds from each start but the first until work goes on\n"
	"  --abrupt            who gives way keeps what a checkpoint kept, not what he had\n"
	"                      done when he was told (see --checkpoint)\n"
	"  --stop-time S       seconds from a stop until all is given back (default 0)\n"
	"  --limits yes|no     do time limits hold? (default yes)\n"
	"  --mtbf H            hours between failures of one node, or WHAT=H,... with\n"
	"                      device, node, rack (default: nothing fails)\n"
	"  --mttr H            mean hours of a repair (default 4)\n"
	"  --fence S           seconds until a silent node is fenced (default 60)\n"
	"  --requeue N         starts after a loss (default 100)\n"
	"  --checkpoint S      seconds between checkpoints of jobs that have no interval\n"
	"                      of their own (default: no checkpoints)\n"
	"\n"
	"Experiments with task lists:\n"
	"  --saturate R        tasks arrive and never leave until R times the devices are\n"
	"                      asked for\n"
	"  --churn             tasks arrive, wait, run and leave; the work that arrives is\n"
	"                      held\n"
	"  --load L,L          churn: per cent of the fleet that arrives (default\n"
	"                      85,95,105)\n"
	"  --lengths KIND      churn: trace: the list's own (default where it has them);\n"
	"                      tail: heavy tail\n"
	"  --arrivals N        churn: tasks that arrive (default 50000)\n"
	"  --hours H           churn: so many hours instead of --arrivals\n"
	"  --order-file FILE   arrival orders and node ranks for each seed\n"
	"  --seeds N           how many seeds (default: all of the order file, else 3)\n"
	"  --seed S            the first seed (default: the order file's first, else 42)\n"
	"  --place P           placement (default parc; see PLACE above)\n"
	"  --compare P,P       several placements, side by side\n"
	"  --profile KIND      list: the policy is told the task list's distribution\n"
	"                      (default of fgd and parc); learn: it knows what has arrived\n"
	"  --halfway           encode, decode and continue in the middle of each run\n"
	"\n"
	"Experiment with packing:\n"
	"  --use FILE          samples of how busy devices were, by holder: they are packed\n"
	"                      by the first half, the second half is the judge\n"
	"  --memory MIB        device memory of each holder\n"
	"  --percentile P      of the first half, in per cent (default 95)\n"
	"  --margin P          of a device on top of it, in per cent (default 5)\n"
	"\n"
	"Output and checks:\n"
	"  --html FILE         write the report of a replay as one page for a browser, too\n"
	"  --measure A:B       waits, completion and makespan of these jobs alone\n"
	"  --json              JSON instead of a table\n"
	"  --digest            the digest of the last state, nothing else\n"
	"  --record FILE       record events and actions (also --dump)\n"
	"  --audit FILE        decide a recorded run again; fails at the first difference\n"
	"  --check N           verify all invariants every N events and at the end\n"
	"  --verify            the same again and again (replays: every 1000 events)\n"
	"\n"
	"Every start and end is booked a second time, apart from the core; a run in which\n"
	"the two books differ fails.\n"
	"\n"
	"Examples:\n"
	"  parc sim --fleet fleet.yaml --trace jobs.txt --format sacct\n"
	"  parc sim --fleet fleet.yaml --trace philly.csv --format philly \\\n"
	"      --compare strict,easy,shortest:learnt --html report.html\n"
	"  parc sim --fleet nodes.csv --trace default.csv --saturate 1.3 \\\n"
	"      --compare best-fit,fgd,parc\n";

/* All files, read. */
struct sim_inputs {
	struct fleet fleet;
	struct tasks tasks;
	struct order order;
	struct demand demand;
	const struct order_seed *seeds; /* the ones chosen */
	int32_t seeds_count;
};

/* ---- Reading */

/* Keep the seeds that --seed and --seeds ask for: all that follow without --seeds, never fewer than
 * it asks for. */
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
	if (options->seeds > left)
		return parc_err_set(err, PARC_ERR_UNKNOWN,
				    "the order file %s has %d seed%s from %lld on, --seeds asks "
				    "for %lld",
				    options->order_file, left, left == 1 ? "" : "s",
				    (long long)inputs->seeds[0].seed, (long long)options->seeds);
	inputs->seeds_count = options->seeds ? (int32_t)options->seeds : left;
	return 0;
}

static int read_order(struct sim_inputs *inputs, const struct sim_options *options,
		      struct parc_err *err)
{
	if (options->order_file)
		return order_read_openb(&inputs->order, options->order_file, inputs->tasks.count,
					inputs->fleet.nodes_count, err);
	struct order_wish wish = {
		.saturate_milli =
			options->saturate_milli ? options->saturate_milli : PARC_SHARE_WHOLE,
		.seeds = options->seeds ? (int32_t)options->seeds : SIM_SEEDS_DEFAULT,
		.first_seed = options->seed >= 0 ? options->seed : SIM_SEED_DEFAULT};
	return order_make(&inputs->order, &inputs->tasks, &inputs->fleet, &wish, err);
}

static int read_inputs(struct sim_inputs *inputs, const struct sim_options *options,
		       struct parc_err *err)
{
	int code = sim_read_fleet(&inputs->fleet, options, err);
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
	return options->profile >= 0 ? options->profile == 1
				     : place == PARC_PLACE_FGD || place == PARC_PLACE_PARC;
}

int sim_print_json(json_t *root)
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

json_t *sim_wrap_compared(json_t *list)
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
		return sim_print_json(sim_wrap_compared(list));
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

static int find_lengths(const char *text)
{
	for (int i = 0; i <= ARRIVALS_TAIL; i++)
		if (strcmp(arrivals_lengths_name(i), text) == 0)
			return i;
	return -1;
}

static struct churn_config churn_config_of(const struct sim_options *options,
					   const struct sim_inputs *inputs, int32_t index)
{
	int32_t place = options->places[index / options->loads_count];
	int lengths = arrivals_has_lengths(&inputs->tasks) ? ARRIVALS_TRACE : ARRIVALS_TAIL;
	if (options->lengths)
		lengths = find_lengths(options->lengths);
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
		return sim_print_json(sim_wrap_compared(list));
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
	if (options->lengths && find_lengths(options->lengths) < 0)
		return command_usage("sim", "--lengths '%s' must be trace or tail",
				     options->lengths);
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
				      .mttr_us = SIM_MTTR_US,
				      .fence_us = SIM_FENCE_US,
				      .requeue_max = SIM_REQUEUE_DEFAULT,
				      .profile = -1,
				      .percentile_milli = 950,
				      .margin_milli = 50,
				      .measure_last = -1,
				      .loads_milli = {850, 950, 1050},
				      .loads_count = 3,
				      .places = {PARC_PLACE_PARC},
				      .places_count = 1};
	struct sim_inputs inputs = {0};
	struct parc_err err = {0};
	int code = sim_options_parse(&options, argc, argv);
	if (code)
		return code;
	if (options.audit)
		return run_audit(&options);
	if (options.use)
		return sim_packing(&options);
	if (!options.saturate_milli && !options.churn)
		return sim_replay(&options);
	code = read_inputs(&inputs, &options, &err) ? command_fail(&err)
						    : run_experiment(&options, &inputs);
	inputs_deinit(&inputs);
	return code;
}

const struct command command_sim = {
	.name = "sim",
	.summary = "run a job log or a task list through a fleet in virtual time",
	.help = sim_text,
	.run = sim_run,
};

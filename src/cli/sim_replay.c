/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc sim` with a job log: read the fleet and the log, replay it under each policy, print.
 */
#include "cli/command.h"
#include "cli/outfile.h"
#include "cli/sim_options.h"
#include "sim/report_html.h"
#include "trace/gavel.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK_STEPS_DEFAULT 1000 /* of --verify */

/* A person at a terminal sees how far it is. */
static void show_progress(void *arg, int64_t done, int64_t jobs)
{
	const char *name = arg;
	if (done < jobs)
		fprintf(stderr, "\r%-40.40s %3lld %% of %lld jobs ", name,
			(long long)(done * 100 / jobs), (long long)jobs);
	else
		fprintf(stderr, "\r%70s\r", "");
	fflush(stderr);
}

/* What a policy is told where nobody said: limits where the log has them, else declared lengths
 * where it has those, else the truth. */
static int32_t lengths_of_log(const struct jobs *jobs)
{
	int32_t lengths = SCHEME_LENGTHS_TRUE;
	for (int32_t i = 0; i < jobs->count; i++) {
		if (jobs->rows[i].limit_us > 0)
			return SCHEME_LENGTHS_LIMIT;
		if (jobs->rows[i].expected_us > 0)
			lengths = SCHEME_LENGTHS_DECLARED;
	}
	return lengths;
}

/* What was read. */
struct sim_world {
	struct fleet fleet;
	struct jobs jobs;
	struct services services;
	struct windows windows;
	struct tenants tenants;
	struct truth truth;
};

static int read_all(struct sim_world *world, const struct sim_options *options,
		    struct parc_err *err)
{
	struct fleet *fleet = &world->fleet;
	struct jobs *jobs = &world->jobs;
	struct jobs_options how = {.is_lenient = options->lenient,
				   .has_devices = options->devices,
				   .task_size = (int32_t)options->task_size,
				   .speeds = options->speeds,
				   .has_pairs = options->pairs,
				   .rate_milli = options->rate_milli,
				   .static_max = (int32_t)options->static_max};
	int code = options->fleet ? sim_read_fleet(fleet, options, err) : gavel_fleet(fleet, err);
	if (!code)
		code = jobs_read(options->format, options->trace, fleet, &how, jobs, err);
	if (!code && options->load_milli)
		code = jobs_compress(jobs, fleet->devices, options->load_milli, err);
	if (!code && options->services)
		code = services_read(&world->services, options->services, fleet, err);
	if (!code && options->windows)
		code = windows_read(&world->windows, options->windows, fleet, jobs, err);
	if (!code && options->tenants)
		code = tenants_read(&world->tenants, options->tenants, fleet, err);
	return code;
}

/* What was read but not replayed is said on standard error, whatever the output is. */
static void note_omissions(const struct jobs *jobs)
{
	if (jobs->skipped)
		fprintf(stderr, "parc: %lld malformed row%s passed over; the first: %s\n",
			(long long)jobs->skipped, jobs->skipped == 1 ? " was" : "s were",
			jobs->first_skipped);
	if (jobs->unused)
		fprintf(stderr, "parc: %lld %s left out\n", (long long)jobs->unused,
			jobs->unused == 1 ? "row is no job that ran and was"
					  : "rows are no job that ran and were");
	if (jobs->aliens)
		fprintf(stderr,
			jobs->aliens == 1
				? "parc: %lld job asks for a chip that the fleet does not have "
				  "(%s) and will not start\n"
				: "parc: %lld jobs ask for a chip that the fleet does not have "
				  "(%s) and will not start\n",
			(long long)jobs->aliens, jobs->first_alien);
}

/* What --measure adds to the numbers that it is given: ids of the log are above 0. */
static int64_t measure_shift(const struct sim_options *options)
{
	return strcmp(options->format, "gavel") == 0 ? JOBS_GAVEL_FIRST_ID : 0;
}

/* Figures of jobs that are not there would be figures of nothing. */
static int check_measured(const struct sim_options *options, const struct jobs *jobs,
			  struct parc_err *err)
{
	int64_t shift = measure_shift(options), least = INT64_MAX, most = 0, found = 0;
	if (options->measure_last < 0)
		return 0;
	for (int32_t i = 0; i < jobs->count; i++) {
		int64_t number = jobs->rows[i].id - shift;
		least = number < least ? number : least;
		most = number > most ? number : most;
		found += number >= options->measure_first && number <= options->measure_last;
	}
	if (found == 0)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "%s has no job with a number from %lld to %lld, as --measure "
				    "asks for; its numbers go from %lld to %lld",
				    options->trace, (long long)options->measure_first,
				    (long long)options->measure_last, (long long)least,
				    (long long)most);
	if (most < options->measure_last || least > options->measure_first)
		fprintf(stderr,
			"parc: --measure reaches beyond the log, whose numbers go from %lld to "
			"%lld: %lld jobs are measured\n",
			(long long)least, (long long)most, (long long)found);
	return 0;
}

static struct replay_config config_of(const struct sim_options *options,
				      const struct sim_world *world, int32_t index)
{
	const struct jobs *jobs = &world->jobs;
	struct replay_config config = {
		.fleet = &world->fleet,
		.jobs = jobs,
		.services = &world->services,
		.windows = options->windows ? &world->windows : NULL,
		.tenants = &world->tenants,
		.fleet_name = options->fleet ? sim_base_name(options->fleet) : "gavel",
		.jobs_name = sim_base_name(options->trace),
		.policy = options->policy_file ? &options->base : NULL,
		.scheme = options->schemes[index],
		.seed = options->seed > 0 ? (uint64_t)options->seed : 1,
		.start_us = options->start_us,
		.stop_us = options->stop_us,
		.checkpoint_us = options->checkpoint_us,
		.mttr_us = options->mttr_us,
		.fence_us = options->fence_us,
		.age_us = options->age_us,
		.half_life_us = options->half_life_us,
		.run_min_us = options->run_min_us,
		.reclaim_us = options->reclaim_us,
		.reserve_max = (int32_t)options->reserve_max,
		.requeue_max = (int32_t)options->requeue_max,
		.check_steps = (int32_t)options->check_steps,
		.round_us = options->round_us,
		.move_us = options->move_us,
		.pairs = options->pairs,
		.truth = options->true_speeds ? &world->truth : NULL,
		.trial_max = (int32_t)options->trial_max,
		.learns_speeds = options->learn_speeds || options->trial_max > 0,
		.is_abrupt = options->is_abrupt,
		.ignores_limits = options->ignores_limits};
	if (options->measure_last >= 0) {
		config.measure_first = options->measure_first + measure_shift(options);
		config.measure_last = options->measure_last + measure_shift(options);
	}
	memcpy(config.mtbf_us, options->mtbf_us, sizeof(config.mtbf_us));
	if (options->verify && config.check_steps == 0)
		config.check_steps = CHECK_STEPS_DEFAULT;
	if (config.scheme.lengths < 0)
		config.scheme.lengths = lengths_of_log(jobs);
	return config;
}

struct sim_replays {
	struct replay_config configs[SIM_SCHEMES_MAX];
	struct replay_result results[SIM_SCHEMES_MAX];
	int32_t count;
};

static int replay_all(struct sim_replays *run, const struct sim_options *options,
		      const struct sim_world *world, struct record *record, struct parc_err *err)
{
	for (int32_t i = 0; i < options->schemes_count; i++) {
		struct replay_config *config = &run->configs[i];
		*config = config_of(options, world, i);
		config->record = record;
		if (isatty(STDERR_FILENO)) {
			config->progress = show_progress;
			config->progress_arg = config->scheme.name;
		}
		int code = replay_run(&run->results[i], config, err);
		if (code)
			return code;
		run->count++;
	}
	return 0;
}

static int print_results(const struct sim_replays *run, const struct sim_options *options)
{
	if (options->json) {
		json_t *list = json_array();
		for (int32_t i = 0; i < run->count; i++)
			json_array_append_new(list, report_replay_json(&run->results[i]));
		return sim_print_json(sim_wrap_compared(list));
	}
	if (!options->digest) {
		report_replay_text(stdout, run->results, run->count);
		return COMMAND_OK;
	}
	for (int32_t i = 0; i < run->count; i++)
		printf("%s %016llx\n", run->configs[i].scheme.name,
		       (unsigned long long)run->results[i].digest);
	return COMMAND_OK;
}

_Static_assert(SIM_SCHEMES_MAX <= REPORT_HTML_RUNS_MAX, "all policies fit on the page");

static int write_html(const struct sim_replays *run, const char *path, struct parc_err *err)
{
	struct outfile outfile;
	int code = outfile_open(&outfile, path, err);
	if (code)
		return code;
	code = report_html_write(outfile.stream, run->results, run->count, err);
	return outfile_close(&outfile, code, err);
}

static int run_recorded(struct sim_replays *run, const struct sim_options *options,
			const struct sim_world *world, struct parc_err *err)
{
	struct record record = {0};
	int code = options->dump ? record_open(&record, options->dump, err) : 0;
	if (code)
		return code;
	code = replay_all(run, options, world, options->dump ? &record : NULL, err);
	struct parc_err close_err = {0};
	int closed = record_close(&record, &close_err);
	if (code || !closed)
		return code;
	*err = close_err;
	return closed;
}

int sim_replay(const struct sim_options *options)
{
	struct sim_world world = {0};
	struct parc_err err = {0};
	int result = COMMAND_FAILED;
	struct sim_replays *run = calloc(1, sizeof(*run));
	int code = run ? 0 : parc_err_set(&err, PARC_ERR_MEMORY, "no memory for the results");
	if (!code)
		code = read_all(&world, options, &err);
	if (!code && options->true_speeds)
		code = truth_read(&world.truth, options->true_speeds, &world.fleet, &world.jobs,
				  &err);
	if (!code)
		code = check_measured(options, &world.jobs, &err);
	if (!code) {
		note_omissions(&world.jobs);
		code = run_recorded(run, options, &world, &err);
	}
	if (code)
		result = command_fail(&err);
	else
		result = print_results(run, options);
	if (result == COMMAND_OK && options->html && write_html(run, options->html, &err))
		result = command_fail(&err);
	for (int32_t i = 0; run && i < run->count; i++)
		replay_deinit(&run->results[i]);
	free(run);
	truth_deinit(&world.truth);
	windows_deinit(&world.windows);
	services_deinit(&world.services);
	tenants_deinit(&world.tenants);
	jobs_deinit(&world.jobs);
	fleet_deinit(&world.fleet);
	return result;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of `parc sim` share: cmd_sim.c is the command and the experiments with task
 * lists, sim_replay.c the replay of job logs, sim_options.c the table of options.
 */
#ifndef CLI_SIM_OPTIONS_H
#define CLI_SIM_OPTIONS_H

#include <jansson.h>

#include "cli/chips_option.h"
#include "sim/report.h"

#define SIM_LOADS_MAX	8
#define SIM_SEEDS_MAX	1000
#define SIM_SCHEMES_MAX REPORT_COLUMNS_MAX
#define SIM_LIST_MAX	512 /* bytes of a list on the command line */

struct sim_options {
	const char *fleet, *trace, *format, *order_file, *dump, *audit, *html, *services, *windows,
		*use, *tenants;
	const char *speeds, *measure, *know_lengths;   /* of Gavel's lists, as written */
	const char *policy, *compare, *lengths, *load; /* as written; read by the experiment */
	const char *policy_file;
	struct parc_policy base; /* of that file; what has an option of its own is there, too */
	struct chips_option chips;
	int64_t seeds, seed, arrivals, hours, check_steps;
	int32_t saturate_milli; /* 0: no saturation */
	int32_t loads_milli[SIM_LOADS_MAX], loads_count;
	int32_t places[REPORT_COLUMNS_MAX], places_count;
	int32_t profile; /* -1: the default */
	int64_t start_us, stop_us, checkpoint_us, fence_us, mttr_us, age_us;
	int64_t half_life_us, run_min_us, reclaim_us;
	int64_t mtbf_us[REPLAY_FAULT_KINDS];
	int64_t requeue_max, reserve_max, task_size;
	int64_t rate_milli, static_max;	     /* arrivals an hour, or all at time 0; 0: not said */
	int64_t measure_first, measure_last; /* numbers of jobs; last -1: all */
	int64_t round_us, move_us;
	uint8_t pairs;
	int64_t memory_mib; /* of the experiment with packing, as the next two */
	int32_t percentile_milli, margin_milli;
	int32_t load_milli; /* of a replay; 0: as the log has it */
	uint8_t churn, json, digest, halfway, verify;
	int64_t trial_max;
	const char *true_speeds;
	uint8_t learn_speeds;
	uint8_t is_abrupt;
	uint8_t lenient, devices, ignores_limits, estimate, sizes_are_tiers;
	struct scheme schemes[SIM_SCHEMES_MAX];
	int32_t schemes_count;
};

/* Read the command line: COMMAND_OK, or COMMAND_USAGE and it was said why. */
int sim_options_parse(struct sim_options *options, int argc, char **argv);

/* What stands behind the last slash. */
const char *sim_base_name(const char *path);

/* Read the fleet, with the chips of the catalogue where it names them only. */
int sim_read_fleet(struct fleet *fleet, const struct sim_options *options, struct parc_err *err);

/* Write a result, or why it cannot be. */
int sim_print_json(json_t *root);

/* One policy's object by itself, several as {"compare": [...]}. */
json_t *sim_wrap_compared(json_t *list);

/* Pack the holders of --use. An exit code. */
int sim_packing(const struct sim_options *options);

/* Replay a job log under each of the policies. An exit code. */
int sim_replay(const struct sim_options *options);

#endif

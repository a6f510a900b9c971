/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc sim --use FILE`: the experiment with packing (sim/packing.h).
 */
#include "cli/command.h"
#include "cli/sim_options.h"
#include "sim/packing.h"

static int print_result(const struct packing_result *result, const struct sim_options *options)
{
	if (options->json)
		return sim_print_json(packing_json(result));
	packing_text(stdout, result);
	return COMMAND_OK;
}

int sim_packing(const struct sim_options *options)
{
	struct fleet fleet = {0};
	struct use_series use = {0};
	struct packing_result result;
	struct packing_config config = {.fleet = &fleet,
					.use = &use,
					.percentile_milli = options->percentile_milli,
					.margin_milli = options->margin_milli,
					.device_memory_mib = (int32_t)options->memory_mib,
					.place = options->places[0],
					.check = options->verify};
	struct parc_err err = {0};
	int code = sim_read_fleet(&fleet, options, &err), status;

	if (!code)
		code = use_read(&use, options->use, &err);
	if (!code)
		code = packing_run(&result, &config, &err);
	status = code ? command_fail(&err) : print_result(&result, options);
	use_deinit(&use);
	fleet_deinit(&fleet);
	return status;
}

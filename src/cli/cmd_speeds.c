/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc speeds`: what was measured of the speed of kinds of jobs, and what the operator set.
 */
#include "cli/live.h"

static const char speeds_text[] =
	"Usage: parc speeds [OPTION]...\n"
	"\n"
	"List how fast the kinds of jobs are on the chips, in parts of the reference chip: the "
	"speed "
	"in\n"
	"force, who says so (set by the operator, or learnt from runs that ended well), the mean "
	"of\n"
	"these runs, their standard deviation and number, and the trial runs that were let "
	"through.\n"
	"A kind is a tenant's own, or shared by all (-). One beside another shares its devices "
	"with\n"
	"that. For operators and viewers.\n"
	"\n" LIVE_HELP;

static void speed_print(const json_t *it)
{
	live_print_text(
		json_is_null(json_object_get(it, "tenant")) ? "-" : live_string(it, "tenant"), 12);
	printf("  ");
	live_print_text(live_string(it, "kind"), 16);
	printf("  ");
	live_print_text(live_string(it, "beside")[0] == '\0' ? "-" : live_string(it, "beside"), 12);
	printf("  ");
	live_print_text(live_string(it, "chip"), 12);
	printf("  %7.3f  %-7s  %7.3f  %7.3f  %5lld  %6lld\n",
	       (double)live_integer(it, "speed_milli") / 1000, live_string(it, "source"),
	       (double)live_integer(it, "mean_milli") / 1000,
	       (double)live_integer(it, "spread_milli") / 1000, (long long)live_integer(it, "runs"),
	       (long long)live_integer(it, "trials"));
}

static int speeds_run(int argc, char **argv)
{
	struct live live = {.name = "speeds"};
	struct client_answer answer;
	int code = live_words(&live, argc, argv, 0, 0);
	const json_t *list;

	if (code != COMMAND_OK)
		return code;
	code = live_call(&live, "GET", "/v1/speeds", NULL, &answer);
	list = json_object_get(answer.json, "speeds");
	if (code == COMMAND_OK && !live.json) {
		printf("TENANT        KIND              BESIDE        CHIP            SPEED  "
		       "SOURCE      MEAN   "
		       "SPREAD   RUNS  TRIALS\n");
		for (size_t i = 0; i < json_array_size(list); i++)
			speed_print(json_array_get(list, i));
	}
	client_answer_deinit(&answer);
	return code;
}

const struct command command_speeds = {
	.name = "speeds",
	.summary = "list how fast kinds of jobs are on chips, as measured",
	.help = speeds_text,
	.run = speeds_run,
};

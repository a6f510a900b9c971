/* SPDX-License-Identifier: Apache-2.0
 *
 * The options of `parc sim`. One table says for each its name and how its value is read; which of
 * them an experiment uses is checked at the end, so their order does not matter.
 */
#include "cli/sim_options.h"

#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "trace/policy_file.h"

#define SIM_SECONDS_MAX 31536000 /* a year */
#define SIM_RATE_MAX	1000000	 /* arrivals an hour */
#define SIM_HOURS_MAX	8760000	 /* a thousand years, of a mean time between failures */

/* ---- Values of options */

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
	int64_t milli = command_read_milli(text, NULL);
	if (milli < 10 || milli > 10000)
		return command_usage("sim", "--saturate '%s' must be a number from 0.01 to 10",
				     text);
	options->saturate_milli = (int32_t)milli;
	return 0;
}

static int add_load(struct sim_options *options, const char *text)
{
	int64_t milli = command_read_milli(text, NULL);
	if (milli < 1000 || milli > 500000 || options->loads_count == SIM_LOADS_MAX)
		return command_usage(
			"sim", "--load '%s' must be per cent from 1 to 500, at most %d of them",
			text, SIM_LOADS_MAX);
	options->loads_milli[options->loads_count++] = (int32_t)(milli / 100);
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

static int set_profile(struct sim_options *options, const char *text)
{
	if (strcmp(text, "list") != 0 && strcmp(text, "learn") != 0)
		return command_usage("sim", "--profile '%s' must be list or learn", text);
	options->profile = strcmp(text, "list") == 0;
	return 0;
}

static int set_limits(struct sim_options *options, const char *text)
{
	if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		return command_usage("sim", "--limits '%s' must be yes or no", text);
	options->ignores_limits = strcmp(text, "no") == 0;
	return 0;
}

static int set_tiers(struct sim_options *options, const char *text)
{
	if (strcmp(text, "job") != 0 && strcmp(text, "size") != 0)
		return command_usage("sim", "--tiers '%s' must be job or size", text);
	options->sizes_are_tiers = strcmp(text, "size") == 0;
	return 0;
}

static int set_rate(struct sim_options *options, const char *text)
{
	options->rate_milli = command_read_milli(text, NULL);
	if (options->rate_milli < 1 || options->rate_milli > SIM_RATE_MAX * INT64_C(1000))
		return command_usage("sim", "--rate '%s' must be jobs an hour from 0.001 to %d",
				     text, SIM_RATE_MAX);
	return 0;
}

/* A:B, both within. */
static int set_measure(struct sim_options *options, const char *text)
{
	char *end;
	long long first = strtoll(text, &end, 10), last = -1;
	if (end != text && *end == ':') {
		const char *second = end + 1;
		last = strtoll(second, &end, 10);
		if (end == second || *end != '\0')
			last = -1;
	}
	if (first < 0 || last < first)
		return command_usage(
			"sim", "--measure '%s' must be two numbers of jobs, as 4000:4999", text);
	options->measure_first = first;
	options->measure_last = last;
	return 0;
}

/* Per cent, with one decimal at most counted. */
static int set_percent(const char *name, const char *text, int32_t *milli)
{
	int64_t value = command_read_milli(text, NULL);
	if (value < 100 || value > 100000)
		return command_usage("sim", "--%s '%s' must be per cent from 0.1 to 100", name,
				     text);
	*milli = (int32_t)(value / 100);
	return 0;
}

static int set_percentile(struct sim_options *options, const char *text)
{
	return set_percent("percentile", text, &options->percentile_milli);
}

static int set_margin(struct sim_options *options, const char *text)
{
	return set_percent("margin", text, &options->margin_milli);
}

static int32_t find_fault(const char *text, size_t size)
{
	for (int32_t i = 0; i < REPLAY_FAULT_KINDS; i++)
		if (strlen(replay_fault_name(i)) == size &&
		    memcmp(replay_fault_name(i), text, size) == 0)
			return i;
	return -1;
}

/* HOURS of a node, or WHAT=HOURS for a device, a node or a rack. */
static int add_mtbf(struct sim_options *options, const char *text)
{
	const char *equals = strchr(text, '=');
	int32_t kind = REPLAY_FAULT_NODE;
	if (equals)
		kind = find_fault(text, (size_t)(equals - text));
	int64_t milli = command_read_milli(equals ? equals + 1 : text, NULL);
	if (kind < 0 || milli < 1 || milli > SIM_HOURS_MAX * INT64_C(1000))
		return command_usage("sim",
				     "--mtbf '%s' must be hours, or device=HOURS, node=HOURS, "
				     "rack=HOURS",
				     text);
	options->mtbf_us[kind] = milli * INT64_C(3600000);
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

static int add_chips(struct sim_options *options, const char *text)
{
	struct parc_err err = {0};
	if (chips_option_add(&options->chips, text, &err) != 0)
		return command_usage("sim", "%s", err.text);
	return 0;
}

static int set_mtbf(struct sim_options *options, const char *text)
{
	return set_list(options, text, add_mtbf);
}

static int set_place(struct sim_options *options, const char *text)
{
	options->places_count = 0;
	return add_place(options, text);
}

/* ---- The table of options */

enum sim_option_kind { SIM_TEXT, SIM_WHOLE, SIM_SECONDS, SIM_HOURS, SIM_FLAG, SIM_SET };

/* What `parc sim` is used for, one of them at a time. */
enum sim_use {
	SIM_FOR_REPLAY = 1,
	SIM_FOR_SATURATION = 2,
	SIM_FOR_CHURN = 4,
	SIM_FOR_PACKING = 8,
	SIM_FOR_AUDIT = 16,
	SIM_FOR_LISTS = SIM_FOR_SATURATION | SIM_FOR_CHURN,
	SIM_FOR_RUNS = SIM_FOR_REPLAY | SIM_FOR_LISTS,
	SIM_FOR_ALL = SIM_FOR_RUNS | SIM_FOR_PACKING,
};

struct sim_option {
	const char *name;
	enum sim_option_kind kind;
	size_t offset;	  /* of the field in sim_options */
	int64_t min, max; /* SIM_WHOLE */
	int (*set)(struct sim_options *, const char *);
	uint8_t uses; /* enum sim_use, those that take it */
};

#define FIELD(name) offsetof(struct sim_options, name)
static const struct sim_option sim_options_table[] = {
	{"fleet", SIM_TEXT, FIELD(fleet), 0, 0, NULL, SIM_FOR_ALL},
	{"trace", SIM_TEXT, FIELD(trace), 0, 0, NULL, SIM_FOR_RUNS},
	{"format", SIM_TEXT, FIELD(format), 0, 0, NULL, SIM_FOR_RUNS},
	{"chips", SIM_SET, 0, 0, 0, add_chips, SIM_FOR_ALL},
	{"lenient", SIM_FLAG, FIELD(lenient), 0, 0, NULL, SIM_FOR_REPLAY},
	{"devices", SIM_FLAG, FIELD(devices), 0, 0, NULL, SIM_FOR_REPLAY},
	{"task-size", SIM_WHOLE, FIELD(task_size), 1, PARC_NODE_DEVICES_MAX, NULL, SIM_FOR_REPLAY},
	{"speeds", SIM_TEXT, FIELD(speeds), 0, 0, NULL, SIM_FOR_REPLAY},
	{"rate", SIM_SET, 0, 0, 0, set_rate, SIM_FOR_REPLAY},
	{"static", SIM_WHOLE, FIELD(static_max), 1, JOBS_MAX, NULL, SIM_FOR_REPLAY},
	{"measure", SIM_SET, 0, 0, 0, set_measure, SIM_FOR_REPLAY},
	{"know-lengths", SIM_TEXT, FIELD(know_lengths), 0, 0, NULL, SIM_FOR_REPLAY},
	{"move-cost", SIM_SECONDS, FIELD(move_us), 0, 0, NULL, SIM_FOR_REPLAY},
	{"round", SIM_SECONDS, FIELD(round_us), 0, 0, NULL, SIM_FOR_REPLAY},
	{"pairs", SIM_FLAG, FIELD(pairs), 0, 0, NULL, SIM_FOR_REPLAY},
	{"order-file", SIM_TEXT, FIELD(order_file), 0, 0, NULL, SIM_FOR_LISTS},
	{"seeds", SIM_WHOLE, FIELD(seeds), 1, SIM_SEEDS_MAX, NULL, SIM_FOR_LISTS},
	{"seed", SIM_WHOLE, FIELD(seed), 0, INT32_MAX, NULL, SIM_FOR_RUNS},
	{"saturate", SIM_SET, 0, 0, 0, set_saturate, SIM_FOR_LISTS},
	{"churn", SIM_FLAG, FIELD(churn), 0, 0, NULL, SIM_FOR_LISTS},
	{"load", SIM_TEXT, FIELD(load), 0, 0, NULL, SIM_FOR_REPLAY | SIM_FOR_CHURN},
	{"lengths", SIM_TEXT, FIELD(lengths), 0, 0, NULL, SIM_FOR_REPLAY | SIM_FOR_CHURN},
	{"estimate", SIM_FLAG, FIELD(estimate), 0, 0, NULL, SIM_FOR_REPLAY},
	{"arrivals", SIM_WHOLE, FIELD(arrivals), 1, ARRIVALS_MAX, NULL, SIM_FOR_CHURN},
	{"hours", SIM_WHOLE, FIELD(hours), 1, 100000, NULL, SIM_FOR_CHURN},
	{"policy", SIM_TEXT, FIELD(policy), 0, 0, NULL, SIM_FOR_REPLAY},
	{"policy-file", SIM_TEXT, FIELD(policy_file), 0, 0, NULL, SIM_FOR_REPLAY},
	{"place", SIM_SET, 0, 0, 0, set_place, SIM_FOR_ALL},
	{"compare", SIM_TEXT, FIELD(compare), 0, 0, NULL, SIM_FOR_RUNS},
	{"profile", SIM_SET, 0, 0, 0, set_profile, SIM_FOR_LISTS},
	{"tiers", SIM_SET, 0, 0, 0, set_tiers, SIM_FOR_REPLAY},
	{"age", SIM_HOURS, FIELD(age_us), 0, 0, NULL, SIM_FOR_REPLAY},
	{"abrupt", SIM_FLAG, FIELD(is_abrupt), 0, 0, NULL, SIM_FOR_REPLAY},
	{"tenants", SIM_TEXT, FIELD(tenants), 0, 0, NULL, SIM_FOR_REPLAY},
	{"half-life", SIM_HOURS, FIELD(half_life_us), 0, 0, NULL, SIM_FOR_REPLAY},
	{"run-min", SIM_SECONDS, FIELD(run_min_us), 0, 0, NULL, SIM_FOR_REPLAY},
	{"reclaim-time", SIM_SECONDS, FIELD(reclaim_us), 0, 0, NULL, SIM_FOR_REPLAY},
	{"reserve", SIM_WHOLE, FIELD(reserve_max), 1, PARC_RESERVE_MAX, NULL, SIM_FOR_REPLAY},
	{"start-time", SIM_SECONDS, FIELD(start_us), 0, 0, NULL, SIM_FOR_REPLAY},
	{"stop-time", SIM_SECONDS, FIELD(stop_us), 0, 0, NULL, SIM_FOR_REPLAY},
	{"limits", SIM_SET, 0, 0, 0, set_limits, SIM_FOR_REPLAY},
	{"checkpoint", SIM_SECONDS, FIELD(checkpoint_us), 0, 0, NULL, SIM_FOR_REPLAY},
	{"mtbf", SIM_SET, 0, 0, 0, set_mtbf, SIM_FOR_REPLAY},
	{"mttr", SIM_HOURS, FIELD(mttr_us), 0, 0, NULL, SIM_FOR_REPLAY},
	{"fence", SIM_SECONDS, FIELD(fence_us), 0, 0, NULL, SIM_FOR_REPLAY},
	{"trials", SIM_WHOLE, FIELD(trial_max), 0, PARC_SPEED_RUNS_MAX, NULL, SIM_FOR_REPLAY},
	{"learn-speeds", SIM_FLAG, FIELD(learn_speeds), 0, 0, NULL, SIM_FOR_REPLAY},
	{"true-speeds", SIM_TEXT, FIELD(true_speeds), 0, 0, NULL, SIM_FOR_REPLAY},
	{"requeue", SIM_WHOLE, FIELD(requeue_max), 0, 1000000, NULL, SIM_FOR_REPLAY},
	{"html", SIM_TEXT, FIELD(html), 0, 0, NULL, SIM_FOR_REPLAY},
	{"services", SIM_TEXT, FIELD(services), 0, 0, NULL, SIM_FOR_REPLAY},
	{"windows", SIM_TEXT, FIELD(windows), 0, 0, NULL, SIM_FOR_REPLAY},
	{"use", SIM_TEXT, FIELD(use), 0, 0, NULL, SIM_FOR_PACKING},
	{"memory", SIM_WHOLE, FIELD(memory_mib), 1, PARC_DEVICE_MEMORY_MAX, NULL, SIM_FOR_PACKING},
	{"percentile", SIM_SET, 0, 0, 0, set_percentile, SIM_FOR_PACKING},
	{"margin", SIM_SET, 0, 0, 0, set_margin, SIM_FOR_PACKING},
	{"json", SIM_FLAG, FIELD(json), 0, 0, NULL, SIM_FOR_ALL},
	{"digest", SIM_FLAG, FIELD(digest), 0, 0, NULL, SIM_FOR_RUNS},
	{"record", SIM_TEXT, FIELD(dump), 0, 0, NULL, SIM_FOR_RUNS},
	{"dump", SIM_TEXT, FIELD(dump), 0, 0, NULL, SIM_FOR_RUNS},
	{"audit", SIM_TEXT, FIELD(audit), 0, 0, NULL, SIM_FOR_AUDIT},
	{"halfway", SIM_FLAG, FIELD(halfway), 0, 0, NULL, SIM_FOR_LISTS},
	{"verify", SIM_FLAG, FIELD(verify), 0, 0, NULL, SIM_FOR_ALL},
	{"check", SIM_WHOLE, FIELD(check_steps), 1, INT32_MAX, NULL, SIM_FOR_REPLAY},
};
#undef FIELD

#define SIM_OPTIONS_COUNT ((int)(sizeof(sim_options_table) / sizeof(sim_options_table[0])))

static int set_time(const struct sim_option *option, int64_t *field, const char *text)
{
	int is_hours = option->kind == SIM_HOURS;
	int64_t milli = command_read_milli(text, NULL),
		max = is_hours ? SIM_HOURS_MAX : SIM_SECONDS_MAX;
	if (milli < 0 || milli > max * 1000)
		return command_usage("sim", "--%s '%s' must be %s from 0 to %lld", option->name,
				     text, is_hours ? "hours" : "seconds", (long long)max);
	*field = milli * (is_hours ? INT64_C(3600000) : 1000);
	return 0;
}

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
	case SIM_SECONDS:
	case SIM_HOURS:
		return set_time(option, (int64_t *)(void *)field, text);
	default:
		return option->set(options, text);
	}
}

/* ---- What only one kind of experiment takes */

static int has_format(const struct sim_options *options, const char *name)
{
	return options->format && strcmp(options->format, name) == 0;
}

static int settle_places(struct sim_options *options)
{
	if (!options->compare)
		return 0;
	options->places_count = 0;
	return set_list(options, options->compare, add_place);
}

/* Per cent, several, of churn. */
static int settle_loads(struct sim_options *options)
{
	if (!options->load)
		return 0;
	options->loads_count = 0;
	return set_list(options, options->load, add_load);
}

static int settle_task_list(struct sim_options *options)
{
	if (options->saturate_milli && options->churn)
		return command_usage("sim", "--saturate and --churn exclude each other");
	if (options->arrivals && options->hours)
		return command_usage("sim", "--arrivals and --hours exclude each other");
	if (options->format && !has_format(options, "openb"))
		return command_usage(
			"sim", "--saturate and --churn read task lists of --format openb, not '%s'",
			options->format);
	int code = settle_places(options);
	return code ? code : settle_loads(options);
}

/* What a policy has where its text says nothing. */
static struct scheme base_scheme(const struct sim_options *options)
{
	struct scheme base = {.backfill = PARC_BACKFILL_EASY,
			      .place = options->places[0],
			      .lengths = -1,
			      .sizes_are_tiers = options->sizes_are_tiers};
	if (options->estimate)
		base.lengths = SCHEME_LENGTHS_LEARNT;
	else if (options->lengths)
		base.lengths = scheme_find_lengths(options->lengths);
	if (options->know_lengths)
		base.lengths = strcmp(options->know_lengths, "yes") == 0 ? SCHEME_LENGTHS_TRUE
									 : SCHEME_LENGTHS_NONE;
	if (options->policy_file)
		scheme_of_policy(&base, &options->base, sim_base_name(options->policy_file));
	base.place = options->places[0];
	return base;
}

static int add_scheme(struct sim_options *options, const char *text)
{
	struct parc_err err = {0};
	struct scheme base = base_scheme(options);
	if (options->schemes_count == SIM_SCHEMES_MAX)
		return command_usage("sim", "--compare takes at most %d policies", SIM_SCHEMES_MAX);
	if (scheme_parse(&options->schemes[options->schemes_count], &base, text, &err))
		return command_usage("sim", "%s", err.text);
	options->schemes_count++;
	return 0;
}

/* A multiple of the fleet, or per cent of it. */
static int settle_load_factor(struct sim_options *options)
{
	const char *end;
	if (!options->load)
		return 0;
	int64_t milli = command_read_milli(options->load, &end);
	if (milli > 0 && strcmp(end, "%") == 0)
		milli /= 100;
	else if (*end != '\0')
		milli = -1;
	if (milli < 1 || milli > 1000000)
		return command_usage("sim",
				     "--load '%s' must be a multiple of the fleet (1.1) or per "
				     "cent of it (110%%)",
				     options->load);
	options->load_milli = (int32_t)milli;
	return 0;
}

/* What only logs take whose rows do not say what the tasks of a gang ask for. */
static int settle_sizes(const struct sim_options *options)
{
	int is_swf = has_format(options, "swf");
	if (options->devices && !is_swf)
		return command_usage("sim", "--devices is for --format swf");
	if (options->task_size && !is_swf && !has_format(options, "philly") &&
	    !has_format(options, "itp"))
		return command_usage("sim", "--task-size is for --format philly, itp and swf");
	return 0;
}

/* What only Gavel's lists take, and what they need. */
static int settle_gavel(const struct sim_options *options)
{
	int is_gavel = has_format(options, "gavel");
	if (options->know_lengths && strcmp(options->know_lengths, "yes") != 0 &&
	    strcmp(options->know_lengths, "no") != 0)
		return command_usage("sim", "--know-lengths '%s' must be yes or no",
				     options->know_lengths);
	if (!is_gavel &&
	    (options->speeds || options->rate_milli || options->static_max || options->pairs))
		return command_usage("sim", "--speeds, --rate, --static and --pairs are for "
					    "--format gavel");
	if (is_gavel && (!options->speeds || !options->rate_milli == !options->static_max))
		return command_usage("sim",
				     "--format gavel needs --speeds FILE and one of --rate R "
				     "and --static N");
	return 0;
}

/* Gavel's loads are about who runs on which chip, so they are dealt: the least attained first; with
 * known lengths the shortest, or, where all are there from the start, the longest. */
static const char *usual_scheme(const struct sim_options *options)
{
	int knows = options->know_lengths
			    ? strcmp(options->know_lengths, "yes") == 0
			    : options->lengths && strcmp(options->lengths, "none") != 0;
	if (!has_format(options, "gavel"))
		return "fifo+easy";
	if (!knows && !options->estimate)
		return "attained+deal:none";
	return options->static_max ? "longest+deal" : "shortest+deal";
}

/* The policies to compare, else the one asked for, else that of the file, else the usual one. */
static int settle_schemes(struct sim_options *options)
{
	const char *schemes = options->compare ? options->compare : options->policy;
	if (schemes || !options->policy_file)
		return set_list(options, schemes ? schemes : usual_scheme(options), add_scheme);
	options->schemes[options->schemes_count++] = base_scheme(options);
	options->pairs |= options->base.pairs && has_format(options, "gavel");
	return 0;
}

static int settle_replay(struct sim_options *options)
{
	struct parc_err err = {0};
	if (!options->format)
		return command_usage("sim",
				     "--format NAME is needed to replay a job log; for task lists "
				     "choose an experiment: --saturate R or --churn");
	if (jobs_check_format(options->format, &err))
		return command_usage("sim", "%s", err.text);
	if (options->compare && options->policy)
		return command_usage("sim", "--policy is one of those of --compare: give one");
	if (options->lengths && scheme_find_lengths(options->lengths) < 0)
		return command_usage("sim",
				     "--lengths '%s' must be true, limit, declared, learnt or none",
				     options->lengths);
	int code = settle_sizes(options);
	if (!code)
		code = settle_gavel(options);
	if (!code)
		code = settle_schemes(options);
	return code ? code : settle_load_factor(options);
}

/* What an option is for, as a message says it. */
static const char *name_uses(int uses)
{
	static const struct {
		int uses;
		const char *name;
	} names[] = {
		{SIM_FOR_REPLAY, "replays, without --saturate and --churn"},
		{SIM_FOR_LISTS, "--saturate and --churn"},
		{SIM_FOR_CHURN, "--churn"},
		{SIM_FOR_PACKING, "--use"},
		{SIM_FOR_REPLAY | SIM_FOR_CHURN, "replays and --churn"},
		{SIM_FOR_RUNS, "replays, --saturate and --churn"},
		{SIM_FOR_ALL, "all but --audit"},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].uses == uses)
			return names[i].name;
	return "--audit";
}

/* An option that would say nothing here is refused, so that nobody believes it did. */
static int check_uses(const struct sim_options *options, const uint8_t *is_given)
{
	int use = options->audit	    ? SIM_FOR_AUDIT
		  : options->use	    ? SIM_FOR_PACKING
		  : options->churn	    ? SIM_FOR_CHURN
		  : options->saturate_milli ? SIM_FOR_SATURATION
					    : SIM_FOR_REPLAY;
	for (int i = 0; i < SIM_OPTIONS_COUNT; i++)
		if (is_given[i] && !(sim_options_table[i].uses & use))
			return command_usage("sim", "--%s is for %s", sim_options_table[i].name,
					     name_uses(sim_options_table[i].uses));
	return 0;
}

static int settle(struct sim_options *options, const uint8_t *is_given)
{
	int code = check_uses(options, is_given);
	if (code || options->audit)
		return code;
	if (options->use && options->fleet && options->memory_mib)
		return 0;
	if (options->use)
		return command_usage("sim", "--use takes --fleet FILE and --memory MIB, too");
	if ((!options->fleet && !has_format(options, "gavel")) || !options->trace)
		return command_usage("sim", "--fleet FILE and --trace FILE are needed");
	if (options->json && options->digest)
		return command_usage("sim", "--json and --digest exclude each other");
	return options->saturate_milli || options->churn ? settle_task_list(options)
							 : settle_replay(options);
}

#define OPTION_FIRST 256 /* above all bytes, as getopt_long answers '?' to what it refuses */

/* Take the policy of the file for what has an option of its own, before the options are read: they
 * win wherever they stand. */
static int take_policy_file(struct sim_options *options, int argc, char **argv,
			    const struct option *list)
{
	struct parc_policy *base = &options->base;
	struct parc_err err = {0};
	int found, shown = opterr;
	policy_file_default(base);
	options->half_life_us = base->half_life_us;
	options->run_min_us = base->run_min_us;
	options->reclaim_us = base->reclaim_us;
	opterr = 0;
	while ((found = getopt_long(argc, argv, "", list, NULL)) != -1)
		if (found >= OPTION_FIRST &&
		    strcmp(sim_options_table[found - OPTION_FIRST].name, "policy-file") == 0)
			options->policy_file = optarg;
	optind = 0; /* anew, also what getopt keeps for itself */
	opterr = shown;
	if (!options->policy_file)
		return 0;
	if (policy_file_read(base, options->policy_file, &err))
		return command_fail(&err);
	options->half_life_us = base->half_life_us;
	options->run_min_us = base->run_min_us;
	options->reclaim_us = base->reclaim_us;
	options->age_us = base->age_us;
	options->round_us = base->round_us;
	options->move_us = base->move_us;
	options->reserve_max = base->reserve_max;
	options->requeue_max = base->requeue_max;
	options->trial_max = base->trial_max;
	options->places[0] = base->place;
	if (base->seed)
		options->seed = (int64_t)base->seed;
	return 0;
}

int sim_options_parse(struct sim_options *options, int argc, char **argv)
{
	struct option list[SIM_OPTIONS_COUNT + 1];
	uint8_t is_given[SIM_OPTIONS_COUNT] = {0};
	int found, code;
	for (int i = 0; i < SIM_OPTIONS_COUNT; i++)
		list[i] = (struct option){sim_options_table[i].name,
					  sim_options_table[i].kind == SIM_FLAG ? no_argument
										: required_argument,
					  NULL, OPTION_FIRST + i};
	list[SIM_OPTIONS_COUNT] = (struct option){0};
	code = take_policy_file(options, argc, argv, list);
	while (!code && (found = getopt_long(argc, argv, "", list, NULL)) != -1) {
		if (found < OPTION_FIRST || found >= OPTION_FIRST + SIM_OPTIONS_COUNT)
			return command_usage_hint("sim");
		is_given[found - OPTION_FIRST] = 1;
		code = set_option(options, &sim_options_table[found - OPTION_FIRST], optarg);
	}
	if (!code && optind < argc)
		return command_usage("sim", "'%s' is too many: it takes options only",
				     argv[optind]);
	return code ? code : settle(options, is_given);
}

const char *sim_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

int sim_read_fleet(struct fleet *fleet, const struct sim_options *options, struct parc_err *err)
{
	struct catalogue *catalogue = NULL;
	int code;
	*fleet = (struct fleet){0};
	if (options->chips.count > 0) {
		catalogue = chips_option_load(&options->chips, err);
		if (!catalogue)
			return err->code;
	}
	code = fleet_read_with(fleet, options->fleet, catalogue, err);
	catalogue_destroy(catalogue);
	return code;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The soak: random fleets, work, faults and policies, one seed a run, under all checks of the
 * rig after each step. At the end of a run the faults stop, everything comes back, and all that
 * can run must have run. A run that fails is shrunk to the few events that matter and printed
 * as a script, which can be run again with --script.
 */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "core/state.h"
#include "inputs.h"
#include "shrink.h"
#include "support/rig.h"
#include "support/world.h"

#define EVENTS_USUAL  60
#define SETTLE_FACTOR 40 /* events to come to rest, for each job and node */

struct options {
	uint64_t seed;
	int64_t seconds, runs, events;
	int32_t place, verbose;
	enum rig_plant plant;
	const char *script, *inputs;
};

/* One run: what it was made of. */
struct run {
	const struct options *options;
	uint64_t seed;
	struct draw draw;
	struct world world;
	struct parc_limits limits;
	struct script script;
	const struct script *replay; /* NULL: the world makes the events */
};

struct totals {
	int64_t runs, steps, refused, starts, decodes;
};

static const char *const plants[] = {"none", "action", "share", "ledger", "state", "wake"};

/* What a failure prints is all that its reader has: an event that is written and read again must be
 * the same, or its script shows something else. What is refused matters less. */
static int reads_back(struct rig *rig, struct entry *entry)
{
	static uint8_t bytes[2][PARC_EVENT_BYTES_MAX];
	char text[ENTRY_TEXT_MAX];
	struct entry read;
	const char *why;
	int64_t size;

	entry_bind(entry, rig->main);
	if (parc_check(rig->main, &entry->event, NULL) != 0)
		return 1;
	if (entry_parse(&read, entry_format(entry, text), &why) != 0)
		return 0;
	entry_bind(&read, rig->main);
	size = parc_event_encode(&entry->event, bytes[0], sizeof(bytes[0]));
	return parc_event_encode(&read.event, bytes[1], sizeof(bytes[1])) == size &&
	       memcmp(bytes[0], bytes[1], (size_t)size) == 0;
}

static int run_step(struct rig *rig, struct run *run, struct entry *entry)
{
	struct entry *added;
	int64_t refused = rig->refused;

	script_add(&run->script, entry);
	added = &run->script.list[run->script.count - 1];
	if (!reads_back(rig, added)) {
		snprintf(rig->kind, sizeof(rig->kind), "text");
		snprintf(rig->text, sizeof(rig->text), "as text an event is another one");
		return -1;
	}
	if (rig_step(rig, added) != 0)
		return -1;
	if (run->options->inputs != NULL && rig->refused == refused &&
	    inputs_write(run->options->inputs, &added->event, &rig->actions) != 0) {
		perror(run->options->inputs);
		exit(2);
	}
	if (parc_count(rig->main, PARC_COUNT_STEPS) > 0 &&
	    entry->event.time_us > run->world.time_us && rig->actions.count > 0)
		run->world.time_us = entry->event.time_us;
	return 0;
}

/* Let everything come to rest: a bounded number of events. */
static int run_settle(struct rig *rig, struct run *run, int64_t *left)
{
	struct entry entry;

	while (world_settle(&run->world, rig->main, &entry)) {
		if ((*left)-- == 0) {
			snprintf(rig->kind, sizeof(rig->kind), "liveness");
			snprintf(rig->text, sizeof(rig->text), "it does not come to rest");
			return -1;
		}
		if (run_step(rig, run, &entry) != 0)
			return -1;
	}
	return rig_probe(rig);
}

/* The liveness phase. All that can run has run when the world has settled; what waits then can
 * never run, and is cancelled job by job (others may have waited for it), until nothing is left. */
static int run_rest(struct rig *rig, struct run *run)
{
	int64_t left = SETTLE_FACTOR * (run->world.jobs_count + 64 * run->world.nodes_count + 10);

	run->world.setup = run->world.nodes_count * 2 * PARC_NODE_DEVICES_MAX;
	for (int32_t i = 0; i <= run->world.jobs_count; i++) {
		struct parc_job_info info;
		struct entry entry = {.event.kind = PARC_EVENT_CANCEL};

		if (run_settle(rig, run, &left) != 0)
			return -1;
		entry.event.time_us = run->world.time_us;
		entry.event.job.job = i == run->world.jobs_count ? 0 : run->world.jobs[i];
		if (parc_job_info(rig->main, entry.event.job.job, &info) == 0 &&
		    run_step(rig, run, &entry) != 0)
			return -1;
	}
	return rig_check_rest(rig);
}

static int run_replay(struct rig *rig, struct run *run)
{
	for (int32_t i = 0; i < run->replay->count; i++) {
		struct entry entry = run->replay->list[i];

		if (rig_step(rig, &entry) != 0)
			return -1;
	}
	return rig_probe(rig);
}

static int run_body(struct rig *rig, void *argument)
{
	struct run *run = argument;

	rig_begin(rig, &run->limits, run->seed);
	if (run->replay != NULL)
		return run_replay(rig, run);
	for (int64_t i = 0; i < run->options->events; i++) {
		struct entry entry;

		world_next(&run->world, rig->main, &entry);
		if (run_step(rig, run, &entry) != 0)
			return -1;
		if (entry.event.time_us > run->world.time_us &&
		    parc_check(rig->main,
			       &(struct parc_event){.kind = PARC_EVENT_TIME,
						    .time_us = run->world.time_us},
			       NULL) != 0)
			run->world.time_us = entry.event.time_us;
	}
	return run_rest(rig, run);
}

/* ---- Failure */

struct hunt {
	struct rig *rig;
	struct run *run;
	char kind[RIG_KIND_MAX];
};

static int hunt_fails(const struct script *script, void *context)
{
	struct hunt *hunt = context;
	int failed;

	hunt->run->replay = script;
	failed = rig_guard(hunt->rig, run_body, hunt->run) != 0;
	return failed && strcmp(hunt->rig->kind, hunt->kind) == 0;
}

/* While shrinking, an assertion need not say each time where it is. */
static int quiet_begin(void)
{
	int saved = dup(STDERR_FILENO);

	if (freopen("/dev/null", "w", stderr) == NULL)
		return -1;
	return saved;
}

static void quiet_end(int saved)
{
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
}

static void run_report(struct rig *rig, struct run *run)
{
	struct hunt hunt = {.rig = rig, .run = run};
	struct script script = run->script;
	int32_t before = script.count, tried, saved;

	printf("FAILED: seed %llu, event %d: %s: %s\n", (unsigned long long)run->seed, before,
	       rig->kind, rig->text);
	fflush(stdout);
	snprintf(hunt.kind, sizeof(hunt.kind), "%s", rig->kind);
	rig->thorough = 1;
	saved = quiet_begin();
	if (!hunt_fails(&script, &hunt)) {
		quiet_end(saved);
		printf("It does not fail when replayed; all %d events:\n", before);
	} else {
		tried = shrink(&script, hunt_fails, &hunt);
		hunt_fails(&script, &hunt);
		quiet_end(saved);
		printf("Shrunk from %d to %d events in %d tries: %s: %s\n", before, script.count,
		       tried, rig->kind, rig->text);
	}
	script_print(&script, stdout);
	run->script = script;
}

/* ---- Runs */

static int run_seed(struct rig *rig, const struct options *options, uint64_t seed,
		    struct totals *totals)
{
	struct run run = {.options = options, .seed = seed};
	int result;

	script_init(&run.script);
	draw_seed(&run.draw, random_mix(seed + 1));
	world_init(&run.world, &run.draw, options->place);
	world_limits(&run.world, &run.limits);
	rig->plant = options->plant;
	rig->thorough = (int32_t)draw_range(&run.draw, 8, 40);
	result = rig_guard(rig, run_body, &run);
	totals->runs++;
	totals->steps += rig->steps;
	totals->refused += rig->refused;
	totals->starts += rig->starts;
	if (options->verbose)
		printf("seed %llu: %s, %d events, %lld starts, %lld refused\n",
		       (unsigned long long)seed, parc_place_name(run.world.place), run.script.count,
		       (long long)rig->starts, (long long)rig->refused);
	if (result != 0)
		run_report(rig, &run);
	script_deinit(&run.script);
	return result;
}

static int64_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static int soak(const struct options *options)
{
	struct totals totals = {0};
	int64_t end = seconds_now() + options->seconds;
	struct rig rig;
	int result = 0;

	rig_init(&rig);
	for (uint64_t seed = options->seed; result == 0; seed++) {
		if (options->runs > 0 ? totals.runs >= options->runs : seconds_now() >= end)
			break;
		result = run_seed(&rig, options, seed, &totals);
	}
	printf("%lld runs, %lld events (%lld refused), %lld jobs started, %lld states decoded: "
	       "%s\n",
	       (long long)totals.runs, (long long)totals.steps, (long long)totals.refused,
	       (long long)totals.starts, (long long)rig.decodes,
	       result == 0 ? "no invariant was broken" : "FAILED");
	rig_deinit(&rig);
	return result == 0 ? 0 : 1;
}

/* What the core decided last, and what the one that decided again did. */
static void decided_print(const struct rig *rig)
{
	char text[ENTRY_TEXT_MAX];

	for (int32_t i = 0; i < rig->actions.count; i++)
		printf("decided: %s\n", action_format(&rig->actions.list[i], text));
	for (int32_t i = 0; rig->twin != NULL && i < rig->twin->actions_count; i++)
		printf("decided again: %s\n", action_format(&rig->twin->actions[i], text));
}

/* Run a script that a failure left, with the limits of the seed. */
static int soak_script(const struct options *options)
{
	struct run run = {.options = options, .seed = options->seed};
	FILE *in = fopen(options->script, "r");
	char line[ENTRY_TEXT_MAX];
	struct script script;
	struct entry entry;
	const char *why;
	struct rig rig;
	int result;

	if (in == NULL)
		return 2;
	script_init(&script);
	while (fgets(line, sizeof(line), in) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] >= '0' && line[0] <= '9' && entry_parse(&entry, line, &why) == 0)
			script_add(&script, &entry);
	}
	fclose(in);
	rig_init(&rig);
	rig.thorough = 1;
	rig.plant = options->plant;
	draw_seed(&run.draw, random_mix(run.seed + 1));
	world_init(&run.world, &run.draw, options->place);
	world_limits(&run.world, &run.limits);
	run.replay = &script;
	result = run_body(&rig, &run);
	printf("%d events: %s %s\n", script.count, result == 0 ? "no failure" : rig.kind, rig.text);
	if (result != 0)
		decided_print(&rig);
	script_deinit(&script);
	rig_deinit(&rig);
	return result != 0;
}

static const char usage[] =
	"Usage: soak [--seed S] [--seconds N | --runs R] [--events N] [--policy P]\n"
	"            [--plant none|action|share|ledger|state|wake] [--script FILE] [--verbose]\n"
	"            [--inputs DIR]: write events and actions for the fuzzers there\n";

static int32_t place_parse(const char *name)
{
	for (int32_t place = 0; place <= PARC_PLACE_FGD; place++)
		if (strcmp(parc_place_name(place), name) == 0)
			return place;
	return -2;
}

static int32_t plant_parse(const char *name)
{
	for (size_t i = 0; i < sizeof(plants) / sizeof(*plants); i++)
		if (strcmp(plants[i], name) == 0)
			return (int32_t)i;
	return -1;
}

/* The whole number of a word; without a number the options are wrong. */
static int64_t number_of(const char *word, int *is_wrong)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(word, &end, 10);
	*is_wrong |= errno != 0 || end == word || *end != '\0' || number < 0;
	return number;
}

static int options_read(struct options *options, int argc, char **argv)
{
	static const struct option longs[] = {
		{"seed", 1, NULL, 's'},	  {"seconds", 1, NULL, 't'}, {"runs", 1, NULL, 'r'},
		{"events", 1, NULL, 'e'}, {"policy", 1, NULL, 'p'},  {"plant", 1, NULL, 'f'},
		{"script", 1, NULL, 'x'}, {"verbose", 0, NULL, 'v'}, {"inputs", 1, NULL, 'i'},
		{NULL, 0, NULL, 0},
	};
	int option, plant = 0, is_wrong = 0;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (option == 's')
			options->seed = (uint64_t)number_of(optarg, &is_wrong);
		else if (option == 't')
			options->seconds = number_of(optarg, &is_wrong);
		else if (option == 'r')
			options->runs = number_of(optarg, &is_wrong);
		else if (option == 'e')
			options->events = number_of(optarg, &is_wrong);
		else if (option == 'p')
			options->place = place_parse(optarg);
		else if (option == 'f')
			plant = plant_parse(optarg);
		else if (option == 'x')
			options->script = optarg;
		else if (option == 'i')
			options->inputs = optarg;
		else if (option == 'v')
			options->verbose = 1;
		else
			return -1;
	}
	options->plant = (enum rig_plant)plant;
	return is_wrong || optind < argc || options->place < -1 || plant < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct options options = {.seed = 1, .seconds = 10, .events = EVENTS_USUAL, .place = -1};

	/* Cores come and go by the thousand: keep their memory instead of giving it back. */
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	if (options_read(&options, argc, argv) != 0) {
		fputs(usage, stderr);
		return 2;
	}
	return options.script != NULL ? soak_script(&options) : soak(&options);
}

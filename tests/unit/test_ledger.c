/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger: small scenes whose waterfall was reckoned by hand. A scene is a script of events
 * (support/script.h) and what each category holds at its end, in device-seconds; a category that
 * is not named holds nothing, and the sum is the capacity. Each scene goes through the rig, so
 * a replica and a decoded twin must come to the same, and all invariants hold after each step.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/fit.h"
#include "core/ledger.h"
#include "support/rig.h"
#include "support/world.h"

#define SECOND_UNITS INT64_C(1000000000) /* thousandth-device-microseconds in a device-second */

/* One node of four devices in two link groups, 8 cores, 64 MiB; an epoch is a minute. */
#define CHIP   "0s chip-set chip=0 rule=scalar memory=16\n"
#define POLICY "0s policy-set place=best-fit epoch=60s requeue-max=3\n"
#define NODE   "0s node-add node=1 cpu=8000 memory=64 pool chip=0 devices=4 link=2\n"
#define FLEET  CHIP POLICY NODE

struct scene {
	const char *name, *script, *holds;
	int32_t tasks; /* limit of the core; 0: enough */
};

static const struct scene scenes[] = {
	{"no demand: two epochs of four devices", FLEET "120s time\n", "unallocated.no_demand=480",
	 0},
	{"an epoch that has not closed has no causes", FLEET "30s time\n",
	 "unallocated.unattributed=120", 0},
	{"without epochs there are no causes", CHIP NODE "500s time\n",
	 "unallocated.unattributed=2000", 0},
	{"starting, unmeasured, busy and idle",
	 FLEET "0s submit job=1 group devices=2\n"
	       "10s started job=1\n"
	       "30s use job=1 busy=250\n"
	       "60s time\n",
	 "allocated.starting=20 allocated.unmeasured=40 allocated.busy=15 allocated.idle=45 "
	 "unallocated.no_demand=120",
	 0},
	{"a third of a device is busy: the rest of a thousandth is idle",
	 FLEET "0s submit job=1 group devices=1 share=100\n"
	       "0s started job=1\n"
	       "0s use job=1 busy=333\n"
	       "60s time\n",
	 "allocated.busy=1980000000u allocated.idle=4020000000u unallocated.no_demand=234", 0},
	{"stopping",
	 FLEET "0s submit job=1 group devices=4\n"
	       "0s started job=1\n"
	       "30s cancel job=1\n"
	       "40s stopped job=1\n"
	       "60s time\n",
	 "allocated.unmeasured=120 allocated.stopping=40 unallocated.no_demand=80", 0},
	{"lost since the last checkpoint, then started again",
	 FLEET "0s submit job=1 requeue=1 group devices=1\n"
	       "0s started job=1\n"
	       "0s use job=1 busy=1000\n"
	       "20s checkpoint job=1 work=20000000\n"
	       "50s ended job=1 result=lost\n"
	       "60s time\n",
	 "allocated.busy=20 allocated.lost=30 allocated.starting=10 unallocated.no_demand=180", 0},
	{"all is lost without a checkpoint, busy or not; starting and stopping are not",
	 FLEET "0s submit job=1 group devices=2\n"
	       "5s started job=1\n"
	       "10s use job=1 busy=250\n"
	       "30s device-fail node=1 device=0\n"
	       "40s stopped job=1\n"
	       "60s time\n",
	 "allocated.starting=10 allocated.lost=50 allocated.stopping=20 down.failed=20 "
	 "unallocated.no_demand=140",
	 0},
	{"what failed by its own fault is not to be redone",
	 FLEET "0s submit job=1 group devices=2\n"
	       "0s started job=1\n"
	       "30s ended job=1 result=failed\n"
	       "60s time\n",
	 "allocated.unmeasured=60 unallocated.no_demand=180", 0},
	{"down: failed, drained, maintenance, suspected, fenced; all used at the close",
	 FLEET "0s device-fail node=1 device=0\n"
	       "10s node-drain node=1\n"
	       "20s node-drain node=1 maintenance=1\n"
	       "30s node-resume node=1\n"
	       "40s node-suspect node=1\n"
	       "50s node-fence node=1\n"
	       "60s time\n",
	 "down.failed=60 down.drained=40 down.maintenance=40 down.suspected=40 "
	 "unallocated.no_demand=60",
	 0},
	{"foreign", FLEET "0s foreign-use node=1 device=0 share=400 memory=4\n60s time\n",
	 "foreign=24 unallocated.no_demand=216", 0},
	{"held by a limit: the table of tasks is full",
	 FLEET "0s submit job=1 group devices=1\n"
	       "0s started job=1\n"
	       "0s submit job=2 group devices=2\n"
	       "60s time\n",
	 "allocated.unmeasured=60 unallocated.quota=120 unallocated.no_demand=60", 1},
	{"no job can run on this chip: it waits for another",
	 FLEET "0s chip-set chip=1 rule=whole memory=16\n"
	       "0s node-add node=2 cpu=8000 memory=64 pool chip=1 devices=3\n"
	       "0s submit job=1 group devices=4 chips=0\n"
	       "0s started job=1\n"
	       "0s submit job=2 group devices=1 chips=0\n"
	       "60s time\n",
	 "allocated.unmeasured=240 unallocated.no_chip=60 unallocated.no_demand=120", 0},
	{"no job can run on this chip: its chip is nowhere",
	 FLEET "0s chip-set chip=1 rule=whole memory=16\n"
	       "0s submit job=1 group devices=3 chips=1\n"
	       "60s time\n",
	 "unallocated.no_chip=180 unallocated.no_demand=60", 0},
	{"stranded: too few whole devices on each node",
	 FLEET "0s node-add node=2 cpu=8000 memory=64 pool chip=0 devices=4\n"
	       "0s submit job=1 group devices=3\n"
	       "0s submit job=2 group devices=3\n"
	       "0s submit job=3 group devices=2\n"
	       "60s time\n",
	 "allocated.starting=360 unallocated.stranded.share=120", 0},
	{"stranded: a share too large for what is left of each device",
	 FLEET "0s submit job=1 group devices=4 share=400\n"
	       "0s submit job=2 group devices=1 share=700\n"
	       "60s time\n",
	 "allocated.starting=96 unallocated.stranded.share=42 unallocated.no_demand=102", 0},
	{"stranded: cores",
	 FLEET "0s submit job=1 group devices=1 cpu=8000\n"
	       "0s submit job=2 group devices=1 cpu=1000\n"
	       "60s time\n",
	 "allocated.starting=60 unallocated.stranded.cpu=60 unallocated.no_demand=120", 0},
	{"stranded: memory of the node",
	 FLEET "0s submit job=1 group devices=1 memory=64\n"
	       "0s submit job=2 group devices=2 memory=1\n"
	       "60s time\n",
	 "allocated.starting=60 unallocated.stranded.memory=120 unallocated.no_demand=60", 0},
	{"stranded: memory of the device",
	 FLEET "0s submit job=1 group devices=4 share=500 device-memory=16\n"
	       "0s submit job=2 group devices=1 share=500 device-memory=1\n"
	       "60s time\n",
	 "allocated.starting=120 unallocated.stranded.memory=30 unallocated.no_demand=90", 0},
	{"stranded: one device free in each link group",
	 FLEET "0s submit job=1 group devices=1\n0s submit job=2 group devices=1\n"
	       "0s submit job=3 group devices=1\n0s submit job=4 group devices=1\n"
	       "0s cancel job=1\n0s stopped job=1\n0s cancel job=3\n0s stopped job=3\n"
	       "0s submit job=5 group devices=2 link=require\n"
	       "60s time\n",
	 "allocated.starting=120 unallocated.stranded.closeness=120", 0},
	{"stranded: one node free in each rack",
	 CHIP POLICY "0s place-add place=1 level=rack\n0s place-add place=2 level=rack\n"
		     "0s node-add node=1 place=1 cpu=8000 memory=64 pool chip=0 devices=4\n"
		     "0s node-add node=2 place=2 cpu=8000 memory=64 pool chip=0 devices=4\n"
		     "0s submit job=1 close=rack closeness=require group devices=3 tasks=2\n"
		     "60s time\n",
	 "unallocated.stranded.closeness=360 unallocated.no_demand=120", 0},
	{"stranded: the free slots of a partitioned device do not lie together",
	 "0s chip-set chip=0 rule=templates memory=16 slots=8 "
	 "template share=250 memory=4 slots=2 starts=0,2,4,6 "
	 "template share=500 memory=8 slots=4 starts=0,4\n" POLICY
	 "0s node-add node=1 cpu=8000 memory=64 pool chip=0 devices=1\n"
	 "0s submit job=1 group devices=1 share=250\n"
	 "0s submit job=2 group devices=1 share=250\n"
	 "0s submit job=3 group devices=1 share=250\n"
	 "0s cancel job=2\n0s stopped job=2\n"
	 "0s submit job=4 group devices=1 share=500\n"
	 "60s time\n",
	 "allocated.starting=30 unallocated.stranded.mode=30", 0},
	{"stranded: the device serves another user",
	 "0s chip-set chip=0 rule=scalar memory=16 one-user=1\n" POLICY
	 "0s node-add node=1 cpu=8000 memory=64 pool chip=0 devices=1\n"
	 "0s submit job=1 user=1 group devices=1 share=500\n"
	 "0s submit job=2 user=2 group devices=1 share=300\n"
	 "60s time\n",
	 "allocated.starting=30 unallocated.stranded.mode=18 unallocated.no_demand=12", 0},
	{"held for a gang: one of its tasks fits",
	 FLEET "0s submit job=1 group devices=2\n"
	       "0s submit job=2 group devices=2 tasks=2\n"
	       "60s time\n",
	 "allocated.starting=120 unallocated.held=120", 0},
	{"a gang takes first what it could use, then what is stranded",
	 FLEET "0s node-add node=2 cpu=8000 memory=64 pool chip=0 devices=4\n"
	       "0s submit job=1 group devices=2\n0s submit job=2 group devices=3\n"
	       "0s submit job=3 group devices=2 tasks=2\n"
	       "60s time\n",
	 "allocated.starting=300 unallocated.held=120 unallocated.stranded.share=60", 0},
	{"two lines in order: each explains as much as it wants",
	 FLEET "0s submit job=1 group devices=1 cpu=8000\n"
	       "0s submit job=2 group devices=2 cpu=500\n"
	       "0s submit job=3 group devices=4\n"
	       "60s time\n",
	 "allocated.starting=60 unallocated.stranded.cpu=120 unallocated.stranded.share=60", 0},
	{"the higher tier comes first",
	 FLEET "0s submit job=1 group devices=1 cpu=8000\n"
	       "0s submit job=2 group devices=2 cpu=500\n"
	       "0s submit job=3 tier=1 group devices=4\n"
	       "60s time\n",
	 "allocated.starting=60 unallocated.stranded.share=180", 0},
	{"jobs of one line add up",
	 FLEET "0s submit job=1 group devices=1 cpu=8000\n"
	       "0s submit job=2 group devices=1 cpu=500\n0s submit job=3 group devices=1 cpu=500\n"
	       "60s time\n",
	 "allocated.starting=60 unallocated.stranded.cpu=120 unallocated.no_demand=60", 0},
	{"who is held or waits for another wants nothing yet",
	 FLEET "0s submit job=1 group devices=1 cpu=8000\n"
	       "0s submit job=2 held=1 group devices=1 cpu=500\n"
	       "0s submit job=3 group devices=1 cpu=500 after job=1\n"
	       "60s time\n",
	 "allocated.starting=60 unallocated.no_demand=180", 0},
	{"cores that are rented are shares too",
	 "0s chip-set chip=0 rule=cores memory=0\n" POLICY
	 "0s node-add node=1 cpu=8000 memory=64 pool chip=0 devices=8\n"
	 "0s submit job=1 group cpu=6000\n"
	 "0s submit job=2 group cpu=3000\n"
	 "60s time\n",
	 "allocated.starting=360 unallocated.stranded.share=120", 0},
	{"causes hold until an epoch closes after a change",
	 FLEET "90s submit job=1 group devices=1 cpu=9000\n"
	       "150s time\n",
	 "unallocated.no_demand=540 unallocated.no_chip=60", 0},
	{"an epoch closes late, as of its end",
	 FLEET "30s submit job=1 group devices=1 cpu=9000\n"
	       "1000s submit job=2 group devices=4\n"
	       "1000s time\n",
	 "unallocated.no_demand=3000 unallocated.no_chip=1000", 0},
	{"a part that does not divide is rounded over the running sum",
	 CHIP POLICY "0s node-add node=1 cpu=8000 memory=64 pool chip=0 devices=1\n"
		     "1 submit job=1 group devices=1 share=997 cpu=8000\n"
		     "1 submit job=2 group devices=1 share=1 cpu=1\n"
		     "60s time\n",
	 "allocated.starting=59819999003u unallocated.no_demand=120000664u "
	 "unallocated.stranded.cpu=60000333u",
	 0},
	{"a node that goes takes its hours along",
	 FLEET "90s node-add node=2 cpu=8000 memory=64 pool chip=0 devices=2\n"
	       "100s node-remove node=1\n"
	       "120s time\n",
	 "unallocated.no_demand=460", 0},
};
#define SCENES ((int32_t)(sizeof(scenes) / sizeof(*scenes)))

static const struct parc_limits limits = {.nodes = 8,
					  .places = 8,
					  .devices = 64,
					  .node_devices = 8,
					  .jobs = 64,
					  .groups = 128,
					  .extras = 64,
					  .tasks = 64,
					  .tenants = 8,
					  .shapes = 64,
					  .index_entries = 4096};

/* Why it was refused. */
static const char *refusal(struct rig *rig, const struct entry *entry)
{
	static struct parc_err err;

	parc_check(rig->main, &entry->event, &err);
	return err.text;
}

static void rig_take(struct rig *rig, struct entry *entry, const char *line)
{
	if (rig_step(rig, entry) != 0)
		fail_msg("%s: %s: %s", line, rig->kind, rig->text);
	if (rig->refused > 0)
		fail_msg("%s: refused: %s", line, refusal(rig, entry));
}

/* Step each line of the script under all checks; with `every_us` also the time in between. */
static void script_run(struct rig *rig, const char *script, int64_t every_us)
{
	int64_t time_us = 0;
	struct entry tick = {.event.kind = PARC_EVENT_TIME}, entry;
	char line[ENTRY_TEXT_MAX];

	while (*script != '\0') {
		size_t length = strcspn(script, "\n");
		const char *why = "";

		snprintf(line, sizeof(line), "%.*s", (int)length, script);
		script += length + (script[length] == '\n');
		if (entry_parse(&entry, line, &why) != 0)
			fail_msg("%s: %s", line, why);
		while (every_us > 0 && (time_us += every_us) < entry.event.time_us) {
			tick.event.time_us = time_us;
			rig_take(rig, &tick, "time");
		}
		time_us = entry.event.time_us;
		rig_take(rig, &entry, line);
	}
}

static void rig_run(struct rig *rig, const struct scene *scene, int64_t every_us)
{
	struct parc_limits own = limits;

	own.tasks = scene->tasks > 0 ? scene->tasks : limits.tasks;
	rig_init(rig);
	rig->thorough = 1;
	rig_begin(rig, &own, 1);
	script_run(rig, scene->script, every_us);
}

/* What the text says the category holds: device-seconds, or units with a u. */
static __int128 holds_of(const char *holds, const char *category)
{
	size_t length = strlen(category);
	const char *at = holds;
	char *end;
	long long number;

	while ((at = strstr(at, category)) != NULL) {
		if ((at == holds || at[-1] == ' ') && at[length] == '=')
			break;
		at++;
	}
	if (at == NULL)
		return 0;
	number = strtoll(at + length + 1, &end, 10);
	return *end == 'u' ? number : (__int128)number * SECOND_UNITS;
}

static void holds_check(const struct parc_core *core, const struct scene *scene)
{
	__int128 sum = 0;

	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++) {
		__int128 is = parc_ledger(core, (enum parc_ledger)i);
		__int128 wanted = holds_of(scene->holds, parc_ledger_name(i));

		sum += wanted;
		if (is != wanted)
			fail_msg("%s: %s holds %lld, wanted %lld", scene->name, parc_ledger_name(i),
				 (long long)is, (long long)wanted);
	}
	if (sum != parc_ledger_capacity(core))
		fail_msg("%s: the scene adds up to %lld of %lld", scene->name, (long long)sum,
			 (long long)parc_ledger_capacity(core));
}

static void test_scenes(void **state)
{
	(void)state;
	for (int32_t i = 0; i < SCENES; i++) {
		struct rig rig;

		rig_run(&rig, &scenes[i], 0);
		holds_check(rig.main, &scenes[i]);
		rig_deinit(&rig);
	}
}

static void test_every_category_is_reached(void **state)
{
	(void)state;
	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++) {
		int32_t reached = 0;

		for (int32_t s = 0; s < SCENES; s++)
			reached += holds_of(scenes[s].holds, parc_ledger_name(i)) != 0;
		if (reached == 0)
			fail_msg("no scene holds anything in %s", parc_ledger_name(i));
	}
}

/* How often the core is told the time makes no difference. */
static void test_time_events_change_nothing(void **state)
{
	(void)state;
	for (int32_t i = 0; i < SCENES; i++) {
		struct rig rig;

		rig_run(&rig, &scenes[i], 7 * INT64_C(1000000));
		holds_check(rig.main, &scenes[i]);
		rig_deinit(&rig);
	}
}

/* More lines than an epoch explains: what is left stays unattributed. */
static void test_lines_beyond_the_bound(void **state)
{
	char script[8192] = FLEET "0s submit job=1 group devices=1 cpu=8000\n";
	const struct scene scene = {"33 lines of a thousandth each", script,
				    "allocated.starting=60 unallocated.stranded.cpu=1920000000u "
				    "unallocated.unattributed=178080000000u",
				    0};
	size_t used = strlen(script);
	struct rig rig;

	(void)state;
	for (int32_t i = 1; i <= 33; i++)
		used += (size_t)snprintf(script + used, sizeof(script) - used,
					 "0s submit job=%d group devices=1 share=1 cpu=%d\n", i + 1,
					 i);
	snprintf(script + used, sizeof(script) - used, "60s time\n");
	rig_run(&rig, &scene, 0);
	holds_check(rig.main, &scene);
	rig_deinit(&rig);
}

static void usage_is(const struct parc_usage *usage, int64_t held, int64_t normal, int64_t capacity)
{
	assert_true(usage->held == (__int128)held * SECOND_UNITS);
	assert_true(usage->normal == (__int128)normal * SECOND_UNITS);
	assert_true(usage->capacity == (__int128)capacity * SECOND_UNITS);
}

/* Device time by tenant and chip; a new accounting rate counts from then on. */
static void test_usage(void **state)
{
	static const struct scene scene = {
		.script = FLEET "0s chip-set chip=1 rule=whole memory=16 rate=500\n"
				"0s node-add node=2 cpu=8000 memory=64 pool chip=1 devices=2\n"
				"0s tenant-set tenant=1\n0s tenant-set tenant=2 parent=1\n"
				"0s submit job=1 tenant=1 group devices=3 chips=0\n"
				"10s submit job=2 tenant=2 group devices=2 chips=1\n"
				"20s submit job=3 group devices=1 share=500 chips=0\n"
				"30s chip-set chip=1 rule=whole memory=16 rate=2000\n"
				"40s started job=1\n"
				"40s ended job=1 result=lost\n"
				"60s time\n"};
	struct parc_usage usage;
	struct rig rig;

	(void)state;
	rig_run(&rig, &scene, 0);
	assert_int_equal(parc_tenant_usage(rig.main, 1, &usage), 0);
	usage_is(&usage, 120, 120000, 360);
	assert_int_equal(usage.held_milli, 0);
	assert_int_equal(parc_tenant_usage(rig.main, 2, &usage), 0);
	usage_is(&usage, 100, 2 * (20 * 500 + 30 * 2000), 360);
	assert_int_equal(usage.held_milli, 2000);
	assert_int_equal(parc_tenant_usage(rig.main, PARC_NONE, &usage), 0);
	usage_is(&usage, 20, 20000, 360);
	assert_int_equal(parc_chip_usage(rig.main, 0, &usage), 0);
	usage_is(&usage, 140, 140000, 240);
	assert_int_equal(parc_chip_usage(rig.main, 1, &usage), 0);
	usage_is(&usage, 100, 140000, 120);
	assert_int_equal(parc_tenant_usage(rig.main, 3, &usage), PARC_ERR_UNKNOWN);
	assert_int_equal(parc_chip_usage(rig.main, 2, &usage), PARC_ERR_UNKNOWN);
	assert_int_equal(parc_chip_usage(rig.main, -1, &usage), PARC_ERR_UNKNOWN);
	assert_int_equal(parc_chip_usage(rig.main, PARC_CHIPS_MAX, &usage), PARC_ERR_UNKNOWN);
	rig_deinit(&rig);
}

/* The core does not ask to be woken for an epoch: no decision depends on it. */
static void test_epochs_wake_nobody(void **state)
{
	static const struct scene scene = {.script = FLEET
					   "0s submit job=1 group devices=1 cpu=9000\n"};
	struct rig rig;

	(void)state;
	rig_run(&rig, &scene, 0);
	assert_true(parc_wake(rig.main) == PARC_NEVER);
	rig_deinit(&rig);
}

/* ---- The checker finds what is wrong */

static void spoil_l1(struct parc_core *core)
{
	core->ledger.rate[PARC_LEDGER_BUSY]++;
}

static void spoil_l2(struct parc_core *core)
{
	core->capacity.offset++;
}

static void spoil_l3(struct parc_core *core)
{
	core->nodes[0].free_milli++;
}

static void spoil_l4(struct parc_core *core)
{
	ledger_rebook(core, PARC_LEDGER_STOPPING, PARC_LEDGER_FREE_NO_DEMAND, 1);
}

static void spoil_l5(struct parc_core *core)
{
	ledger_move(core, PARC_LEDGER_STRANDED_CPU, PARC_LEDGER_FREE_HELD, 1);
}

static void spoil_l6(struct parc_core *core)
{
	struct wide *done = &core->allocations[0].unmeasured_done;

	*done = wide_of(wide_get(*done) +
			(__int128)core->allocations[0].held_milli * core->time_us);
}

static void spoil_u1(struct parc_core *core)
{
	integral_add(core, &core->unnamed.held, 1);
}

static void spoil_u1_normal(struct parc_core *core)
{
	integral_add(core, &core->chip_usage[0].normal, -1);
}

static void spoil_u2(struct parc_core *core)
{
	core->unnamed.held.offset++;
}

static void test_checker(void **state)
{
	static const struct {
		void (*spoil)(struct parc_core *core);
		const char *kind;
	} faults[] = {{spoil_l1, "L1:"}, {spoil_l2, "L2:"},	   {spoil_l3, "L3:"},
		      {spoil_l4, "L4:"}, {spoil_l5, "L5:"},	   {spoil_l6, "L6:"},
		      {spoil_u1, "U1:"}, {spoil_u1_normal, "U1:"}, {spoil_u2, "U2:"}};
	static const struct scene scene = {.script = FLEET
					   "0s submit job=1 group devices=1 cpu=8000\n"
					   "10s started job=1\n"
					   "10s submit job=2 group devices=2 cpu=500\n"
					   "60s use job=1 busy=500\n"
					   "70s time\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		struct parc_err err = {0};
		struct rig rig;

		rig_run(&rig, &scene, 0);
		assert_int_equal(parc_core_check(rig.main, &err), 0);
		faults[i].spoil(rig.main);
		assert_int_equal(parc_core_check(rig.main, &err), PARC_ERR_MISMATCH);
		if (strncmp(err.text, faults[i].kind, 3) != 0)
			fail_msg("fault %d, of %s was found as %s", (int)i, faults[i].kind,
				 err.text);
		rig_deinit(&rig);
	}
}

/* ---- A task lacks nothing just where it fits */

struct tally {
	int64_t fits, lacks;
};

static void lacks_compare(const struct parc_core *core, int32_t node, const struct ask *ask,
			  struct tally *tally)
{
	struct view view;
	struct pick pick;
	int lacks_nothing = 0, rented = 0;

	view_of_node(core, node, &view);
	for (int32_t p = 0; p < view.kind->pools_count; p++) {
		lacks_nothing |= view_lacks(core, &view, ask, p) == PARC_LEDGER_FREE_HELD;
		rented |= core->chips[view.kind->pools[p].chip].rule == PARC_RULE_CORES;
	}
	if (ask->task.devices == 0 && !rented)
		return; /* it holds nothing of any pool */
	assert_int_equal(lacks_nothing, view_fits(core, &view, ask, &pick));
	*(lacks_nothing ? &tally->fits : &tally->lacks) += 1;
}

static void test_lacks_nothing_where_it_fits(void **state)
{
	struct tally tally = {0};

	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct parc_limits own;
		struct world world;
		struct draw draw;
		struct parc_core *core;

		draw_seed(&draw, seed);
		world_init(&world, &draw, -1);
		world_limits(&world, &own);
		core = parc_core_create(&own, seed, NULL);
		assert_non_null(core);
		for (int32_t i = 0; i < 120; i++) {
			struct parc_actions actions;
			struct entry entry;

			world_next(&world, core, &entry);
			entry_bind(&entry, core);
			(void)parc_step(core, &entry.event, &actions, NULL);
		}
		for (int32_t n = 0; n < core->nodes_table.high; n++)
			for (int32_t s = 0; s < core->shapes_table.high; s++)
				if (core->nodes[n].id != PARC_NONE && core->shapes[s].live)
					lacks_compare(core, n, &core->shapes[s].ask, &tally);
		parc_core_destroy(core);
	}
	assert_true(tally.fits > 1000 && tally.lacks > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scenes),
		cmocka_unit_test(test_every_category_is_reached),
		cmocka_unit_test(test_time_events_change_nothing),
		cmocka_unit_test(test_lines_beyond_the_bound),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_epochs_wake_nobody),
		cmocka_unit_test(test_checker),
		cmocka_unit_test(test_lacks_nothing_where_it_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The encodings: every kind of event and action comes back as it was, bytes that are cut or of
 * another version are refused, and a state goes on as the one it was encoded from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/world.h"

#define BYTES_MAX (1 << 20)

static uint64_t scratch[BYTES_MAX / 8];
static uint8_t bytes[BYTES_MAX], again[BYTES_MAX];

/* One event of each kind, with numbers that differ from field to field. */
static const char *const lines[] = {
	"1s time",
	"2s chip-set chip=3 rule=templates memory=5 step=7 rate=11 runtime=13 slots=8 mode-cost=17 "
	"speed-train=19 speed-infer=20 speed-interactive=21 speed-batch=22 price-train=23 "
	"price-infer=24 price-interactive=25 price-batch=26 template share=125 memory=3 slots=1 "
	"starts=0,1,2",
	"3s tenant-set tenant=5 parent=4 weight=3 guarantee=7 limit=8 jobs-max=9 budget=10",
	"4s policy-set place=fgd rights-1=0 rights-2=0,1 rights-3=2 seed=5 epoch=6s grace=7s "
	"half-life=8s requeue-max=9 trials=7",
	"5s profile-set shape devices=2 cpu=3 count=4 shape chips=1,2 devices=1 share=5 count=6",
	"6s place-add place=7 parent=6 level=rack",
	"7s node-add node=9 place=8 rank=7 cpu=6 memory=5 pool chip=4 devices=3 link=2 pool chip=1",
	"8s node-drain node=3 maintenance=1",
	"9s node-resume node=4",
	"10s node-remove node=5",
	"11s node-suspect node=6",
	"12s node-fence node=7",
	"13s node-back node=8",
	"14s device-fail node=9 device=3",
	"15s device-repair node=10 device=4",
	"16s foreign-use node=11 device=5 share=6 memory=7",
	"17s submit job=9 tenant=8 user=7 kind=6 tier=5 class=infer time-limit=4s expected=3s "
	"checkpoint=2s grace=1s array=9 array-max=8 now-or-never=1 held=1 requeue=1 preemptible=1 "
	"close=rack closeness=require replicas=7 group chips=1,3 devices=2 device-memory=5 cpu=6 "
	"memory=7 link=prefer tasks=8 max=9 mixed=1 group cpu=5 variant chips=3 speed=4 "
	"device-memory=5 after job=6 kind=2 after job=7",
	"18s cancel job=3",
	"19s hold job=4",
	"20s release job=5",
	"21s service-load job=6 load=7",
	"22s speed-measured kind=8 chip=9 speed=10 count=11 spread=12 set=1",
	"22s use-measured kind=8 share=9",
	"22s window-set window=8 start=90s end=91s tenant=2 user=3 chip=4 devices=5 on node=6 on "
	"node=7",
	"22s window-drop window=8",
	"23s started allocation=1 attempt=2",
	"24s ready allocation=3 attempt=4",
	"25s progress allocation=5 attempt=6 work=7",
	"26s checkpoint allocation=8 attempt=9 work=10",
	"27s use allocation=11 attempt=12 busy=13",
	"28s stopped allocation=14 attempt=15",
	"29s ended allocation=16 attempt=17 result=lost",
};
#define LINES (int32_t)(sizeof(lines) / sizeof(*lines))

static int64_t line_encode(int32_t line, struct entry *entry)
{
	const char *why;
	int64_t size;

	if (entry_parse(entry, lines[line], &why) != 0)
		fail_msg("%s: %s", lines[line], why);
	if (entry->event.kind == PARC_EVENT_WINDOW_SET)
		entry->event.window.nodes = entry->nodes;
	entry->event.submit.groups =
		entry->event.kind == PARC_EVENT_SUBMIT ? entry->groups : entry->event.submit.groups;
	if (entry->event.kind == PARC_EVENT_SUBMIT) {
		entry->event.submit.variants = entry->variants;
		entry->event.submit.depends = entry->depends;
	}
	if (entry->event.kind == PARC_EVENT_PROFILE_SET)
		entry->event.profile.entries = entry->profile;
	size = parc_event_encode(&entry->event, bytes, sizeof(bytes));
	assert_true(size > 0 && size <= PARC_EVENT_BYTES_MAX);
	return size;
}

/* Put the arrays of a decoded event beside it, so that it can be written as text. */
static void arrays_copy(struct entry *entry)
{
	const struct parc_event *event = &entry->event;

	if (event->kind == PARC_EVENT_PROFILE_SET)
		memcpy(entry->profile, event->profile.entries,
		       (size_t)event->profile.count * sizeof(*entry->profile));
	if (event->kind == PARC_EVENT_WINDOW_SET)
		memcpy(entry->nodes, event->window.nodes,
		       (size_t)event->window.nodes_count * sizeof(*entry->nodes));
	if (event->kind != PARC_EVENT_SUBMIT)
		return;
	memcpy(entry->groups, event->submit.groups,
	       (size_t)event->submit.groups_count * sizeof(*entry->groups));
	memcpy(entry->variants, event->submit.variants,
	       (size_t)event->submit.variants_count * sizeof(*entry->variants));
	memcpy(entry->depends, event->submit.depends,
	       (size_t)event->submit.depends_count * sizeof(*entry->depends));
}

static void test_every_kind_of_event_comes_back(void **state)
{
	char text[ENTRY_TEXT_MAX];
	uint64_t kinds = 0;

	(void)state;
	for (int32_t i = 0; i < LINES; i++) {
		struct entry entry, read = {0};
		int64_t size = line_encode(i, &entry);

		assert_int_equal(parc_event_encode(&entry.event, NULL, 0), size);
		assert_int_equal(parc_event_decode(&read.event, scratch, PARC_EVENT_SCRATCH, bytes,
						   (size_t)size, NULL),
				 size);
		arrays_copy(&read);
		assert_string_equal(entry_format(&read, text), lines[i]);
		kinds |= UINT64_C(1) << entry.event.kind;
	}
	for (int32_t kind = 0; kind < 64; kind++)
		assert_int_equal(kinds >> kind & 1, strcmp(parc_event_name(kind), "?") != 0);
}

static void test_an_event_that_is_cut_or_of_another_version_is_refused(void **state)
{
	struct parc_event event;

	(void)state;
	for (int32_t i = 0; i < LINES; i++) {
		struct parc_err err = {0};
		struct entry entry;
		int64_t size = line_encode(i, &entry);

		for (int64_t cut = 0; cut < size; cut++) {
			err = (struct parc_err){0};
			assert_true(parc_event_decode(&event, scratch, PARC_EVENT_SCRATCH, bytes,
						      (size_t)cut, &err) < 0);
			assert_true(err.code < 0 && err.text[0] != '\0');
		}
		bytes[0] ^= 0x40;
		assert_true(parc_event_decode(&event, scratch, PARC_EVENT_SCRATCH, bytes,
					      (size_t)size, &err) < 0);
	}
}

#define ACTIONS 10

/* All kinds of actions that this version decides, in one list. */
static struct parc_actions actions_make(struct parc_action *list, struct parc_placement *placements)
{
	placements[0] = (struct parc_placement){1, 2, 3, 4, 5, 6, 7, 8, 9, -1};
	placements[1] = (struct parc_placement){11, 0, 1, 0x80000000, 15, 16, 17, 18, 0, 3};
	list[0] = (struct parc_action){.kind = PARC_ACTION_START, .job = 21};
	list[0].start.allocation = 22;
	list[0].start.attempt = 23;
	list[0].start.count = 2;
	list[0].start.beside = 40;
	list[0].start.placements = placements;
	list[1] = (struct parc_action){.kind = PARC_ACTION_STOP, .job = 24};
	list[1].stop.allocation = 25;
	list[1].stop.attempt = 26;
	list[1].stop.grace_us = 27;
	list[1].stop.why = PARC_RESULT_TIMEOUT;
	list[2] = (struct parc_action){.kind = PARC_ACTION_REASON, .job = 28};
	list[2].reason.reason = PARC_REASON_GANG;
	list[3] = (struct parc_action){.kind = PARC_ACTION_END, .job = 29};
	list[3].end.result = PARC_RESULT_REFUSED;
	list[3].end.reason = PARC_REASON_HELD;
	list[4] = (struct parc_action){.kind = PARC_ACTION_REQUEUE, .job = 30};
	list[4].requeue.reason = PARC_REASON_RETRY;
	list[5] = (struct parc_action){.kind = PARC_ACTION_MORE};
	list[6] = (struct parc_action){.kind = PARC_ACTION_REPLICA, .job = 31};
	list[6].replica.replica = 32;
	list[6].replica.number = 33;
	list[7] = (struct parc_action){.kind = PARC_ACTION_REBOOK, .job = 34};
	list[7].rebook.allocation = 35;
	list[7].rebook.attempt = 36;
	list[7].rebook.group = 1;
	list[7].rebook.share_milli = 37;
	list[8] = (struct parc_action){.kind = PARC_ACTION_WARN, .job = 38};
	list[8].warn.what = PARC_WARN_PACKED;
	list[9] = (struct parc_action){.kind = PARC_ACTION_WINDOW};
	list[9].window.window = 39;
	list[9].window.phase = PARC_WINDOW_PLACED;
	list[9].window.count = 2;
	list[9].window.placements = placements;
	return (struct parc_actions){.count = ACTIONS, .list = list};
}

static void test_every_kind_of_action_comes_back(void **state)
{
	struct parc_placement placements[2];
	struct parc_action list[ACTIONS];
	struct parc_actions actions = actions_make(list, placements), read;
	char text[ENTRY_TEXT_MAX], other[ENTRY_TEXT_MAX];
	int64_t size = parc_actions_encode(&actions, bytes, sizeof(bytes));

	(void)state;
	assert_true(size > 0);
	assert_int_equal(
		parc_actions_decode(&read, scratch, sizeof(scratch), bytes, (size_t)size, NULL),
		size);
	assert_int_equal(read.count, actions.count);
	for (int32_t i = 0; i < read.count; i++)
		assert_string_equal(action_format(&read.list[i], text),
				    action_format(&list[i], other));
	assert_int_equal(parc_actions_encode(&read, again, sizeof(again)), size);
	assert_memory_equal(bytes, again, (size_t)size);
	for (int64_t cut = 0; cut < size; cut++)
		assert_true(parc_actions_decode(&read, scratch, sizeof(scratch), bytes, (size_t)cut,
						NULL) < 0);
	/* A scratch that is too small is refused as well. */
	assert_true(parc_actions_decode(&read, scratch, 64, bytes, (size_t)size, NULL) < 0);
}

/* ---- The state */

static struct parc_core *world_make(struct world *world, struct draw *draw, int32_t events)
{
	struct parc_limits limits;
	struct parc_core *core;

	world_init(world, draw, -1);
	world_limits(world, &limits);
	core = parc_core_create(&limits, 9, NULL);
	assert_non_null(core);
	for (int32_t i = 0; i < events; i++) {
		struct parc_actions actions;
		struct entry entry;

		world_next(world, core, &entry);
		parc_step(core, &entry.event, &actions, NULL);
	}
	return core;
}

static void test_a_decoded_state_goes_on_alike(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct world world;
		struct draw draw;
		struct parc_core *core, *other;
		int64_t size;

		draw_seed(&draw, seed);
		core = world_make(&world, &draw, 40);
		size = parc_state_encode(core, bytes, sizeof(bytes));
		assert_true(size > 0 && size <= BYTES_MAX);
		other = parc_state_decode(bytes, (size_t)size, NULL);
		assert_non_null(other);
		for (int32_t i = 0; i < 40; i++) {
			struct parc_actions actions;
			struct entry entry;

			world_next(&world, core, &entry);
			if (parc_step(core, &entry.event, &actions, NULL) == 0)
				assert_int_equal(
					parc_audit_step(other, &entry.event, &actions, NULL), 0);
		}
		assert_true(parc_digest(core) == parc_digest(other));
		parc_core_destroy(other);
		parc_core_destroy(core);
	}
}

static void test_a_state_that_was_changed_is_refused(void **state)
{
	struct world world;
	struct draw draw;
	struct parc_core *core;
	int64_t size;

	(void)state;
	draw_seed(&draw, 7);
	core = world_make(&world, &draw, 60);
	size = parc_state_encode(core, bytes, sizeof(bytes));
	for (int64_t i = 0; i < size; i += i < 72 ? 1 : 97) {
		struct parc_err err = {0};

		bytes[i] ^= 0x10;
		/* The last bytes of the header are room to grow. */
		if (i < 68 || i >= 72) {
			assert_null(parc_state_decode(bytes, (size_t)size, &err));
			assert_true(err.code < 0 && err.text[0] != '\0');
		}
		bytes[i] ^= 0x10;
	}
	for (int64_t cut = 0; cut < size; cut += 331)
		assert_null(parc_state_decode(bytes, (size_t)cut, NULL));
	parc_core_destroy(core);
}

/* ---- The audit */

/* Change one thing of one action. Returns 0 when there is nothing of that number. */
static int action_spoil(struct parc_action *action, struct parc_placement *placements, int what)
{
	switch (what) {
	case 0:
		action->job++;
		return 1;
	case 1:
		action->kind =
			action->kind == PARC_ACTION_END ? PARC_ACTION_REASON : PARC_ACTION_END;
		return 1;
	default:
		break;
	}
	if (action->kind == PARC_ACTION_REASON && what == 2)
		return ++action->reason.reason;
	if (action->kind == PARC_ACTION_END && what == 2)
		return ++action->end.result;
	if (action->kind == PARC_ACTION_STOP && what == 2)
		return ++action->stop.attempt;
	if (action->kind != PARC_ACTION_START || what > 6)
		return 0;
	action->start.placements = placements;
	placements[0].node += what == 2;
	placements[0].devices ^= what == 3 ? 1 : 0;
	placements[0].cpu_milli += what == 4;
	placements[0].variant -= what == 5;
	action->start.allocation += what == 6;
	return 1;
}

/* Audit one event on a copy of the state with one action spoiled: it must be noticed. */
static void audit_spoiled(const struct parc_event *event, const struct parc_actions *actions,
			  int64_t size, int64_t *spoiled)
{
	for (int32_t i = 0; i < actions->count; i++)
		for (int what = 0; what < 7; what++) {
			struct parc_action list[64];
			struct parc_placement placements[64];
			struct parc_actions changed = {.count = actions->count, .list = list};
			struct parc_err err = {0};
			struct parc_core *core;

			assert_true(actions->count <= 64);
			memcpy(list, actions->list, (size_t)actions->count * sizeof(*list));
			if (list[i].kind == PARC_ACTION_START)
				memcpy(placements, list[i].start.placements,
				       (size_t)list[i].start.count * sizeof(*placements));
			if (!action_spoil(&list[i], placements, what))
				continue;
			core = parc_state_decode(bytes, (size_t)size, NULL);
			assert_non_null(core);
			assert_int_equal(parc_audit_step(core, event, &changed, &err),
					 PARC_ERR_MISMATCH);
			if (what == 2 && list[i].kind == PARC_ACTION_START)
				assert_non_null(strstr(err.text, ", decided again on node "));
			parc_core_destroy(core);
			++*spoiled;
		}
}

static void test_an_audit_finds_any_changed_action(void **state)
{
	struct world world;
	struct draw draw;
	struct parc_core *core;
	int64_t spoiled = 0;

	(void)state;
	draw_seed(&draw, 12);
	core = world_make(&world, &draw, 20);
	for (int32_t i = 0; i < 90; i++) {
		int64_t size = parc_state_encode(core, bytes, sizeof(bytes));
		struct parc_actions actions;
		struct entry entry;

		world_next(&world, core, &entry);
		if (parc_step(core, &entry.event, &actions, NULL) == 0)
			audit_spoiled(&entry.event, &actions, size, &spoiled);
	}
	assert_true(spoiled > 100);
	parc_core_destroy(core);
}

/* What the corpora of the fuzzers hold is of this version, else they fuzz the check of versions
 * alone; tools/fuzz.sh seed writes them anew. */
static size_t corpus_load(const char *fuzzer, const char *name)
{
	char path[256];
	FILE *in;
	size_t size;

	snprintf(path, sizeof(path), "fuzz/corpus/%s/%s", fuzzer, name);
	in = fopen(path, "rb");
	if (in == NULL)
		fail_msg("%s is missing; tools/fuzz.sh seed writes it", path);
	size = fread(bytes, 1, sizeof(bytes), in);
	fclose(in);
	return size;
}

static void test_the_corpora_of_the_fuzzers_are_of_this_version(void **state)
{
	(void)state;
	for (int32_t kind = 0; kind < 64; kind++) {
		const char *name = parc_event_name(kind);
		struct parc_event event;
		size_t size = strcmp(name, "?") != 0 ? corpus_load("fuzz_event", name) : 0;

		if (size > 0 && parc_event_decode(&event, scratch, PARC_EVENT_SCRATCH, bytes, size,
						  NULL) != (int64_t)size)
			fail_msg("fuzz_event/%s is of another version", name);
	}
	for (int32_t kind = 0; kind < 64; kind++) {
		const char *name = parc_action_name(kind);
		struct parc_actions actions;
		/* No soak decides as much as a step with MORE. */
		int wanted = kind != PARC_ACTION_MORE && strcmp(name, "?") != 0;
		size_t size = wanted ? corpus_load("fuzz_actions", name) : 0;

		if (size > 0 && parc_actions_decode(&actions, scratch, sizeof(scratch), bytes, size,
						    NULL) != (int64_t)size)
			fail_msg("fuzz_actions/%s is of another version", name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_of_event_comes_back),
		cmocka_unit_test(test_an_event_that_is_cut_or_of_another_version_is_refused),
		cmocka_unit_test(test_every_kind_of_action_comes_back),
		cmocka_unit_test(test_the_corpora_of_the_fuzzers_are_of_this_version),
		cmocka_unit_test(test_a_decoded_state_goes_on_alike),
		cmocka_unit_test(test_a_state_that_was_changed_is_refused),
		cmocka_unit_test(test_an_audit_finds_any_changed_action),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

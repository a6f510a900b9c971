/* SPDX-License-Identifier: Apache-2.0
 *
 * Policy files: each field read, written and read again; what is refused and how; spans of time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parc/core.h"
#include "text/span.h"
#include "trace/policy_file.h"

#define SECOND INT64_C(1000000)

static int read_text(struct parc_policy *policy, const char *text, struct parc_err *err)
{
	struct yaml_tree tree;
	yaml_node_t *map;
	int code = yaml_tree_init(&tree, "p.yaml", text, strlen(text), err);

	if (code == 0)
		code = yaml_tree_root(&tree, "a policy", "policy", &map, err);
	if (code == 0)
		code = policy_file_read_map(&tree, map, policy, err);
	yaml_tree_deinit(&tree);
	return code;
}

static void read_good(struct parc_policy *policy, const char *text)
{
	struct parc_err err = {0};

	policy_file_default(policy);
	if (read_text(policy, text, &err) != 0)
		fail_msg("%s: %s", text, err.text);
}

static void test_every_field_is_read(void **state)
{
	struct parc_policy policy;

	(void)state;
	read_good(
		&policy,
		"policy: {order: shortest, backfill: conservative, place: fgd, reserve_max: 9,\n"
		" age: 6m, epoch: 30s, half_life: 2d, preempt: true, reclaim: true,\n"
		" victims: lowest, lend: none, run_min: 1h30m, reclaim_time: 90, grace: 0.5s,\n"
		" requeue_max: 7, round: 6m, move: 10s, pairs: true, trial_max: 4, idle: 20m, "
		"idle_grace: 5m,\n"
		" idle_milli: 50, idle_act: shrink, pack_margin_milli: 100, shrink: 3m, seed: 42,\n"
		" rights: {3: [0, 2], 7: all, 1: []}}\n");
	assert_int_equal(policy.order, PARC_ORDER_SHORTEST);
	assert_int_equal(policy.backfill, PARC_BACKFILL_CONSERVATIVE);
	assert_int_equal(policy.place, PARC_PLACE_FGD);
	assert_int_equal(policy.reserve_max, 9);
	assert_int_equal(policy.age_us, 360 * SECOND);
	assert_int_equal(policy.epoch_us, 30 * SECOND);
	assert_int_equal(policy.half_life_us, 2 * 86400 * SECOND);
	assert_int_equal(policy.preempt, 1);
	assert_int_equal(policy.reclaim, 1);
	assert_int_equal(policy.victims, PARC_VICTIMS_LOWEST);
	assert_int_equal(policy.lend, PARC_LEND_NONE);
	assert_int_equal(policy.run_min_us, 5400 * SECOND);
	assert_int_equal(policy.reclaim_us, 90 * SECOND);
	assert_int_equal(policy.grace_us, SECOND / 2);
	assert_int_equal(policy.requeue_max, 7);
	assert_int_equal(policy.round_us, 360 * SECOND);
	assert_int_equal(policy.move_us, 10 * SECOND);
	assert_int_equal(policy.pairs, 1);
	assert_int_equal(policy.trial_max, 4);
	assert_int_equal(policy.idle_us, 1200 * SECOND);
	assert_int_equal(policy.idle_grace_us, 300 * SECOND);
	assert_int_equal(policy.idle_milli, 50);
	assert_int_equal(policy.idle_act, PARC_IDLE_SHRINK);
	assert_int_equal(policy.pack_margin_milli, 100);
	assert_int_equal(policy.shrink_us, 180 * SECOND);
	assert_int_equal(policy.seed, 42);
	assert_int_equal(policy.rights[3], 5);
	assert_int_equal(policy.rights[7], 127);
	assert_int_equal(policy.rights[1], 0);
}

static void test_what_is_lacking_stays(void **state)
{
	struct parc_policy policy = {.place = PARC_PLACE_FGD, .epoch_us = 7 * SECOND};
	struct parc_err err = {0};

	(void)state;
	assert_int_equal(read_text(&policy, "policy: {order: largest}", &err), 0);
	assert_int_equal(policy.order, PARC_ORDER_LARGEST);
	assert_int_equal(policy.place, PARC_PLACE_FGD);
	assert_int_equal(policy.epoch_us, 7 * SECOND);
	read_good(&policy, "policy: {age_s: 90, reclaim_s: 5, round_s: 360}");
	assert_int_equal(policy.age_us, 90 * SECOND);
	assert_int_equal(policy.reclaim_us, 5 * SECOND);
	assert_int_equal(policy.round_us, 360 * SECOND);
}

static void test_what_is_refused_changes_nothing(void **state)
{
	static const struct {
		const char *text, *refusal;
	} cases[] = {
		{"policy: {order: best}", "p.yaml:1:17: order is \"best\", expected fifo, "
					  "shortest, largest, attained or longest"},
		{"policy: {backfill: [easy]}", "backfill is a list or mapping"},
		{"policy:\n  grace: 6 m\n",
		 "p.yaml:2:10: grace is \"6 m\", expected a time from 0s to 1d"},
		{"policy: {grace: 2d}", "from 0s to 1d"},
		{"policy: {epoch: 0}", "epoch is \"0\", expected a time from 1s to 1m"},
		{"policy: {epoch_s: 61}",
		 "epoch_s is \"61\", expected a whole number from 1 to 60"},
		{"policy: {age: 1h, age_s: 3600}", "both age and age_s"},
		{"policy: {age: 1h, age: 2h}", "the key age stands here twice"},
		{"policy: {colour: red}",
		 "a policy has no key \"colour\", expected one of order, "},
		{"policy: {half_lif: 1d}", "no key \"half_lif\", expected one of half_life, "
					   "half_life_s, order, backfill, place, reserve_max, age, "
					   "age_s, epoch, epoch_s, preempt, rights, reclaim, ..."},
		{"policy: {preempt: yes}", "preempt is \"yes\", expected true or false"},
		{"policy: {reserve_max: 257}", "from 1 to 256"},
		{"policy: {idle_milli: 1001}", "from 0 to 1000"},
		{"policy: {idle_act: kill}", "expected warn, shrink or stop"},
		{"policy: {seed: -1}", "seed"},
		{"policy: {rights: [1]}", "rights is not a mapping of tiers"},
		{"policy: {rights: {16: all}}",
		 "tier is \"16\", expected a whole number from 0 to 15"},
		{"policy: {rights: {3: [3]}}", "expected a whole number from 0 to 2"},
		{"policy: {rights: {3: [0], 3: [1]}}", "the tier 3 stands in rights twice"},
		{"policy: {rights: {0: [0]}}", "rights of tier 0"},
		{"policy: {rights: {3: some}}", "a list of lower tiers, or all"},
		{"policy: {rights: {3: []}}", "rights gives no tier a right"},
		{"policy: {backfill: deal, preempt: true}",
		 "preempt works with every backfill but deal"},
		{"policy: []", "expected a mapping"},
		{"policies: {}", "no key \"policies\""},
	};
	struct parc_policy before, policy;

	(void)state;
	policy_file_default(&before);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parc_err err = {0};

		policy = before;
		if (read_text(&policy, cases[i].text, &err) == 0)
			fail_msg("%s was read", cases[i].text);
		if (strstr(err.text, cases[i].refusal) == NULL)
			fail_msg("%s: '%s' lacks '%s'", cases[i].text, err.text, cases[i].refusal);
		assert_memory_equal(&policy, &before, sizeof(policy));
	}
}

/* Each field of the record differs from the default here, so a writer that forgot one is found. */
static void test_what_is_written_reads_back(void **state)
{
	struct parc_event before = {.kind = PARC_EVENT_POLICY_SET}, after = before;
	uint8_t bytes[2][1024];
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	(void)state;
	read_good(
		&before.policy,
		"policy: {order: longest, backfill: conservative, place: random, reserve_max: 3,\n"
		" age: 90061001ms, epoch: 2s, half_life: 3d, preempt: true, reclaim: true,\n"
		" victims: youngest, lend: preemptible, run_min: 1us, reclaim_time: 2m,\n"
		" grace: 1m, requeue_max: 1, round: 1m, move: 1m, pairs: true, trial_max: 2, idle: "
		"1m,\n"
		" idle_grace: 2m, idle_milli: 10, idle_act: stop, pack_margin_milli: 5,\n"
		" shrink: 1m, seed: 7, rights: {4: [1, 3], 9: all}}\n");
	out = open_memstream(&text, &size);
	assert_int_equal(policy_file_write(out, &before.policy, NULL), 0);
	fclose(out);
	read_good(&after.policy, text);
	free(text);
	memset(bytes, 0, sizeof(bytes));
	assert_true(parc_event_encode(&before, bytes[0], sizeof(bytes[0])) > 0);
	assert_true(parc_event_encode(&after, bytes[1], sizeof(bytes[1])) > 0);
	assert_memory_equal(bytes[0], bytes[1], sizeof(bytes[0]));
}

static void test_json_has_every_field(void **state)
{
	struct parc_policy policy;
	json_t *object;

	(void)state;
	read_good(&policy, "policy: {age: 6m, preempt: true, rights: {2: [0]}}");
	object = policy_file_json(&policy);
	assert_int_equal(json_object_size(object), policy_fields_count);
	assert_int_equal(json_integer_value(json_object_get(object, "age_us")), 360 * SECOND);
	assert_true(json_is_true(json_object_get(object, "preempt")));
	assert_string_equal(json_string_value(json_object_get(object, "order")), "fifo");
	assert_int_equal(json_array_size(json_object_get(json_object_get(object, "rights"), "2")),
			 1);
	json_decref(object);
}

static void test_spans(void **state)
{
	static const struct {
		const char *text;
		int64_t us; /* -1: refused */
		const char *written;
	} cases[] = {
		{"0", 0, "0s"},
		{"90", 90 * SECOND, "1m30s"},
		{"30s", 30 * SECOND, "30s"},
		{"6m", 360 * SECOND, "6m"},
		{"1h30m", 5400 * SECOND, "1h30m"},
		{"1.5h", 5400 * SECOND, "1h30m"},
		{"0.25", SECOND / 4, "250ms"},
		{"1w", 7 * 86400 * SECOND, "7d"},
		{"1d1us", 86400 * SECOND + 1, "1d1us"},
		{"0.000001s", 1, "1us"},
		{"1152921504606846976us", INT64_C(1) << 60, "13343998d21h30m6s846ms976us"},
		{"1152921504606846977us", -1, NULL},
		{"99999999999999999999w", -1, NULL},
		{"", -1, NULL},
		{"m", -1, NULL},
		{"1h30", -1, NULL},
		{"1.h", -1, NULL},
		{"1.0000001s", -1, NULL},
		{"-1s", -1, NULL},
		{"1 s", -1, NULL},
		{"1y", -1, NULL},
		{"1M", -1, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t us = -1;
		bool is_span = span_parse(cases[i].text, strlen(cases[i].text), &us);

		if (is_span != (cases[i].us >= 0) || us != cases[i].us)
			fail_msg("'%s' is %lld", cases[i].text, (long long)us);
		if (is_span)
			assert_string_equal(span_text(us).text, cases[i].written);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field_is_read),
		cmocka_unit_test(test_what_is_lacking_stays),
		cmocka_unit_test(test_what_is_refused_changes_nothing),
		cmocka_unit_test(test_what_is_written_reads_back),
		cmocka_unit_test(test_json_has_every_field),
		cmocka_unit_test(test_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Policies as YAML. The table below is all there is to a field: its keys, range and meaning. A
 * reading goes through the mapping once for unknown and doubled keys and then through the table.
 */
#include "trace/policy_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "parc/core.h"
#include "text/span.h"
#include "text/yaml_out.h"

#define SECOND	  INT64_C(1000000)
#define MINUTE	  (60 * SECOND)
#define DAY	  (86400 * SECOND)
#define TIME_MAX  (36500 * DAY)
#define KEYS_MAX  64
#define WORDS_MAX 160 /* bytes of the names of one table */

/* clang-format off */
#define AT(member)	offsetof(struct parc_policy, member)
#define WORD(name, meaning) \
	{#name, NULL, POLICY_WORD, AT(name), 0, 0, parc_##name##_name, "", meaning}
#define FLAG(name, heed, meaning) \
	{#name, NULL, POLICY_FLAG, AT(name), 0, 1, NULL, heed, meaning}
#define COUNT(name, min, max, heed, meaning) \
	{#name, NULL, POLICY_COUNT, AT(name), min, max, NULL, heed, meaning}
#define TIME(key, seconds_key, name, min, max, heed, meaning) \
	{key, seconds_key, POLICY_TIME, AT(name), min, max, NULL, heed, meaning}
const struct policy_field policy_fields[] = {
	WORD(order, "whose turn it is, within a tier and between equal shares"),
	WORD(backfill, "who may start before the first that waits"),
	WORD(place, "which of the nodes that fit is taken"),
	COUNT(reserve_max, 1, PARC_RESERVE_MAX, "backfill conservative",
	      "waiting jobs that get a reservation"),
	TIME("age", "age_s", age_us, 0, TIME_MAX, "order fifo",
	     "so long a wait is worth one tier; 0: tiers are strict"),
	TIME("epoch", "epoch_s", epoch_us, SECOND, MINUTE, "",
	     "so often usage is charged, and what is free gets its causes"),
	TIME("half_life", "half_life_s", half_life_us, 0, TIME_MAX, "",
	     "of fair share; 0: no fair share"),
	FLAG(preempt, "every backfill but deal",
	     "who waits may, in turn order, take the place of work that `rights` gives it"),
	{"rights", NULL, POLICY_RIGHTS, AT(rights), 0, 0, NULL, "preempt",
	 "tiers whose work each tier may take the place of; without it each of all lower ones"},
	FLAG(reclaim, "",
	     "a tenant takes back what others borrowed of its guarantee"),
	{"victims", NULL, POLICY_WORD, AT(victims), 0, 0, parc_victims_name, "preempt, reclaim",
	 "who gives way first"},
	WORD(lend, "who may use what is guaranteed to others and idle"),
	TIME("run_min", "run_min_s", run_min_us, 0, TIME_MAX, "preempt, reclaim",
	     "nobody gives way before it has run so long ..."),
	TIME("reclaim_time", "reclaim_s", reclaim_us, 0, TIME_MAX, "reclaim",
	     "... or, for what it borrowed, so long, if that is less"),
	TIME("grace", "grace_s", grace_us, 0, DAY, "", "between the signal and the kill"),
	COUNT(requeue_max, 0, 1000000, "", "attempts after a loss"),
	TIME("round", "round_s", round_us, 0, TIME_MAX, "backfill deal",
	     "so often the fleet is dealt anew; 0: at any event"),
	TIME("move", "move_s", move_us, 0, TIME_MAX, "backfill deal",
	     "what a move costs the job that is moved"),
	FLAG(pairs, "backfill deal",
	     "two jobs may share devices where that is worth it, as their measured pair says"),
	COUNT(trial_max, 0, PARC_SPEED_RUNS_MAX, "",
	      "starts of a kind on a chip where its speed is unknown; 0: none"),
	TIME("idle", "idle_s", idle_us, 0, TIME_MAX, "",
	     "who holds devices and leaves them idle so long is warned; 0: nobody is"),
	TIME("idle_grace", "idle_grace_s", idle_grace_us, 0, TIME_MAX, "idle",
	     "from the warning until idle_act"),
	COUNT(idle_milli, 0, PARC_SHARE_WHOLE, "idle",
	      "thousandths of what it holds that may be busy, and it is idle all the same"),
	{"idle_act", NULL, POLICY_WORD, AT(idle_act), 0, 0, parc_idle_name, "idle",
	 "what becomes of who was warned and stayed idle"},
	COUNT(pack_margin_milli, 0, PARC_SHARE_WHOLE, "",
	      "thousandths of a device kept above the use that packable jobs have; 0: no packing"),
	TIME("shrink", "shrink_s", shrink_us, SECOND, TIME_MAX, "",
	     "so long a service keeps replicas that it needed"),
	{"seed", NULL, POLICY_SEED, AT(seed), 0, INT64_MAX, NULL, "",
	 "of the core's generator; 0: it stays as it is"},
};
/* clang-format on */
const int policy_fields_count = sizeof(policy_fields) / sizeof(policy_fields[0]);

void policy_file_default(struct parc_policy *policy)
{
	*policy = (struct parc_policy){.backfill = PARC_BACKFILL_EASY,
				       .reserve_max = 64,
				       .epoch_us = 5 * SECOND,
				       .grace_us = 30 * SECOND,
				       .half_life_us = 7 * DAY,
				       .requeue_max = 3,
				       .run_min_us = 10 * MINUTE,
				       .reclaim_us = MINUTE,
				       .idle_grace_us = 10 * MINUTE,
				       .shrink_us = 5 * MINUTE};
}

/* ---- One field of a record */

static int32_t *number_at(const struct policy_field *field, struct parc_policy *policy)
{
	return (int32_t *)(void *)((char *)policy + field->offset);
}

static int64_t *wide_at(const struct policy_field *field, struct parc_policy *policy)
{
	return (int64_t *)(void *)((char *)policy + field->offset);
}

static int64_t number_of(const struct policy_field *field, const struct parc_policy *policy)
{
	const char *at = (const char *)policy + field->offset;

	return field->kind == POLICY_TIME || field->kind == POLICY_SEED
		       ? *(const int64_t *)(const void *)at
		       : *(const int32_t *)(const void *)at;
}

/* "a, b or c", all names of a table. */
static void words_list(const char *(*name_of)(int), char words[WORDS_MAX])
{
	int used = 0;

	for (int i = 0; strcmp(name_of(i), "?") != 0; i++)
		used += snprintf(words + used, WORDS_MAX - (size_t)used, "%s%s",
				 i == 0				    ? ""
				 : strcmp(name_of(i + 1), "?") == 0 ? " or "
								    : ", ",
				 name_of(i));
	ASSERT(used < WORDS_MAX);
}

/* ---- Reading */

static int word_read(struct yaml_tree *tree, yaml_node_t *node, const struct policy_field *field,
		     int32_t *number, struct parc_err *err)
{
	char words[WORDS_MAX];
	struct text_field word;
	int code = yaml_read_word(tree, node, field->key, &word, err);

	if (code != 0)
		return code;
	for (int i = 0; strcmp(field->name_of(i), "?") != 0; i++) {
		if (!text_is(word, field->name_of(i)))
			continue;
		*number = i;
		return 0;
	}
	words_list(field->name_of, words);
	return yaml_refuse(tree, node, PARC_ERR_INVALID, err, "%s is \"%s\", expected %s",
			   field->key, text_quote(word.bytes, word.size).text, words);
}

static int flag_read(struct yaml_tree *tree, yaml_node_t *node, const struct policy_field *field,
		     int32_t *number, struct parc_err *err)
{
	uint8_t flag = 0;
	int code = yaml_read_flag(tree, node, field->key, &flag, err);

	*number = code == 0 ? flag : *number;
	return code;
}

static int lower_read(struct yaml_tree *tree, yaml_node_t *list, int64_t tier, uint16_t *rights,
		      struct parc_err *err)
{
	const struct yaml_field lower = {.key = "rights", .min = 0, .max = tier - 1};
	struct text_field word;
	int count, code = 0;

	if (list->type == YAML_SCALAR_NODE && yaml_read_word(tree, list, "", &word, err) == 0 &&
	    text_is(word, "all")) {
		rights[tier] = (uint16_t)((1 << tier) - 1);
		return 0;
	}
	if (list->type != YAML_SEQUENCE_NODE || tier == 0)
		return yaml_refuse(tree, list, PARC_ERR_INVALID, err,
				   "rights of tier %lld: expected a list of lower tiers, or all",
				   (long long)tier);
	count = yaml_items_count(tree, list, "rights", PARC_TIERS_MAX, err);
	for (int i = 0; i < count && code == 0; i++) {
		int64_t number = 0;

		code = yaml_read_number(tree, yaml_item(tree, list, i), &lower, &number, err);
		if (code == 0)
			rights[tier] |= (uint16_t)(1 << number);
	}
	return count < 0 ? count : code;
}

static int rights_read(struct yaml_tree *tree, yaml_node_t *map, uint16_t *rights,
		       struct parc_err *err)
{
	const struct yaml_field field = {.key = "tier", .max = PARC_TIERS_MAX - 1};
	uint16_t read[PARC_TIERS_MAX] = {0}, some = 0;

	if (map->type != YAML_MAPPING_NODE)
		return yaml_refuse(tree, map, PARC_ERR_SYNTAX, err,
				   "rights is not a mapping of tiers, as {5: [0, 1], 7: all}");
	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(&tree->document, pair->key);
		yaml_node_t *value = yaml_document_get_node(&tree->document, pair->value);
		int64_t tier = 0;
		int code = yaml_read_number(tree, key, &field, &tier, err);

		if (code == 0 && read[tier] != 0)
			code = yaml_refuse(tree, key, PARC_ERR_EXISTS, err,
					   "the tier %lld stands in rights twice", (long long)tier);
		if (code == 0)
			code = lower_read(tree, value, tier, read, err);
		if (code != 0)
			return code;
		some |= read[tier];
	}
	if (some == 0)
		return yaml_refuse(tree, map, PARC_ERR_INVALID, err,
				   "rights gives no tier a right: leave it out and preempt false");
	memcpy(rights, read, sizeof(read));
	return 0;
}

static int time_read(struct yaml_tree *tree, yaml_node_t *map, const struct policy_field *field,
		     struct parc_policy *policy, struct parc_err *err)
{
	yaml_node_t *node = yaml_find(tree, map, field->key);
	yaml_node_t *seconds = yaml_find(tree, map, field->seconds_key);
	const struct yaml_field span = {.key = field->key, .min = field->min, .max = field->max};
	const struct yaml_field whole = {
		.key = field->seconds_key, .min = field->min / SECOND, .max = field->max / SECOND};
	int64_t number = 0;
	int code;

	if (node != NULL && seconds != NULL)
		return yaml_refuse(tree, seconds, PARC_ERR_EXISTS, err,
				   "both %s and %s are given, expected one of them", field->key,
				   field->seconds_key);
	if (node != NULL)
		return yaml_read_span(tree, node, &span, wide_at(field, policy), err);
	if (seconds == NULL)
		return 0;
	code = yaml_read_number(tree, seconds, &whole, &number, err);
	if (code == 0)
		*wide_at(field, policy) = number * SECOND;
	return code;
}

static int field_read(struct yaml_tree *tree, yaml_node_t *map, const struct policy_field *field,
		      struct parc_policy *policy, struct parc_err *err)
{
	const struct yaml_field bounds = {.key = field->key, .min = field->min, .max = field->max};
	yaml_node_t *node = yaml_find(tree, map, field->key);
	int64_t number = 0;
	int code;

	if (field->kind == POLICY_TIME)
		return time_read(tree, map, field, policy, err);
	if (node == NULL)
		return 0;
	switch (field->kind) {
	case POLICY_WORD:
		return word_read(tree, node, field, number_at(field, policy), err);
	case POLICY_FLAG:
		return flag_read(tree, node, field, number_at(field, policy), err);
	case POLICY_RIGHTS:
		return rights_read(tree, node, policy->rights, err);
	default:
		code = yaml_read_number(tree, node, &bounds, &number, err);
	}
	if (code == 0 && field->kind == POLICY_SEED)
		policy->seed = (uint64_t)number;
	else if (code == 0)
		*number_at(field, policy) = (int32_t)number;
	return code;
}

int policy_file_check(const struct parc_policy *policy, struct parc_err *err)
{
	if (!policy->preempt || policy->backfill != PARC_BACKFILL_DEAL)
		return 0;
	return parc_err_set(err, PARC_ERR_INVALID,
			    "preempt works with every backfill but deal, which has later work give "
			    "way to earlier by itself: leave it out");
}

int policy_file_read_map(struct yaml_tree *tree, yaml_node_t *map, struct parc_policy *policy,
			 struct parc_err *err)
{
	struct yaml_field keys[KEYS_MAX];
	struct yaml_fields known = {"a policy", keys, 0};
	struct parc_policy read = *policy;
	int code;

	ASSERT(2 * policy_fields_count <= KEYS_MAX);
	for (int i = 0; i < policy_fields_count; i++) {
		keys[known.count++] =
			(struct yaml_field){.key = policy_fields[i].key, .kind = YAML_OTHER};
		if (policy_fields[i].seconds_key != NULL)
			keys[known.count++] = (struct yaml_field){
				.key = policy_fields[i].seconds_key, .kind = YAML_OTHER};
	}
	code = yaml_read_map(tree, map, &known, NULL, err);
	for (int i = 0; i < policy_fields_count && code == 0; i++)
		code = field_read(tree, map, &policy_fields[i], &read, err);
	if (code == 0 && policy_file_check(&read, err) != 0)
		code = yaml_locate(tree, map, PARC_ERR_INVALID, err);
	if (code == 0)
		*policy = read;
	return code;
}

int policy_file_read(struct parc_policy *policy, const char *path, struct parc_err *err)
{
	struct yaml_file file;
	yaml_node_t *map;
	int code = yaml_file_open(&file, path, "a policy", "policy", &map, err);

	if (code == 0)
		code = policy_file_read_map(&file.tree, map, policy, err);
	yaml_file_close(&file);
	return code;
}

/* ---- Writing */

static int has_rights(const struct parc_policy *policy)
{
	int some = 0;

	for (int tier = 0; tier < PARC_TIERS_MAX; tier++)
		some |= policy->rights[tier];
	return some != 0;
}

static void rights_write(struct yaml_out *out, const struct parc_policy *policy)
{
	char key[8];

	if (!has_rights(policy))
		return;
	yaml_out_map(out, "rights", true);
	for (int tier = 0; tier < PARC_TIERS_MAX; tier++) {
		if (policy->rights[tier] == 0)
			continue;
		snprintf(key, sizeof(key), "%d", tier);
		yaml_out_list(out, key, true);
		for (int lower = 0; lower < tier; lower++)
			if ((policy->rights[tier] >> lower & 1) != 0)
				yaml_out_number(out, NULL, lower);
		yaml_out_list_end(out);
	}
	yaml_out_map_end(out);
}

int policy_file_write(FILE *file, const struct parc_policy *policy, struct parc_err *err)
{
	struct yaml_out out;

	yaml_out_begin(&out, file);
	yaml_out_map(&out, NULL, false);
	yaml_out_map(&out, "policy", false);
	for (int i = 0; i < policy_fields_count; i++) {
		const struct policy_field *field = &policy_fields[i];
		int64_t number = field->kind == POLICY_RIGHTS ? 0 : number_of(field, policy);

		if (field->kind == POLICY_RIGHTS)
			rights_write(&out, policy);
		else if (field->kind == POLICY_WORD)
			yaml_out_text(&out, field->key, field->name_of((int)number));
		else if (field->kind == POLICY_FLAG)
			yaml_out_text(&out, field->key, number ? "true" : "false");
		else if (field->kind == POLICY_TIME)
			yaml_out_text(&out, field->key, span_text(number).text);
		else if (field->kind == POLICY_COUNT || number != 0)
			yaml_out_number(&out, field->key, number);
	}
	yaml_out_map_end(&out);
	yaml_out_map_end(&out);
	return yaml_out_end(&out, file, err);
}

static json_t *rights_json(const struct parc_policy *policy)
{
	json_t *map = json_object();
	char key[8];

	for (int tier = 0; tier < PARC_TIERS_MAX; tier++) {
		json_t *list = policy->rights[tier] == 0 ? NULL : json_array();

		snprintf(key, sizeof(key), "%d", tier);
		for (int lower = 0; lower < tier && list != NULL; lower++)
			if ((policy->rights[tier] >> lower & 1) != 0)
				json_array_append_new(list, json_integer(lower));
		if (list != NULL)
			json_object_set_new(map, key, list);
	}
	return map;
}

json_t *policy_file_json(const struct parc_policy *policy)
{
	json_t *object = json_object();
	char key[32];

	for (int i = 0; i < policy_fields_count; i++) {
		const struct policy_field *field = &policy_fields[i];
		int64_t number = field->kind == POLICY_RIGHTS ? 0 : number_of(field, policy);
		json_t *value = field->kind == POLICY_RIGHTS ? rights_json(policy)
				: field->kind == POLICY_WORD
					? json_string(field->name_of((int)number))
				: field->kind == POLICY_FLAG ? json_boolean(number)
							     : json_integer(number);

		snprintf(key, sizeof(key), "%s%s", field->key,
			 field->kind == POLICY_TIME ? "_us" : "");
		json_object_set_new(object, key, value);
	}
	return object;
}

/* ---- The document */

static const char document_head[] =
	"# The policy file\n"
	"\n"
	"Written by `parc help --policy` out of the table in src/trace/policy_file.c.\n"
	"\n"
	"A policy is one YAML mapping. The simulator (`parc sim --policy-file FILE`), the daemon "
	"(`policy:` in its configuration,\n"
	"inline or the path of such a file) and `parc whatif DIR --policy FILE` read it with one "
	"reader. `parc policy` prints the one in\n"
	"force in this form, `parc policy check FILE` says what is wrong with a file. What a file "
	"does not name has its default; for `parc\n"
	"whatif` it stays as it was recorded.\n"
	"\n"
	"    policy:\n"
	"      order: fifo\n"
	"      backfill: easy\n"
	"      preempt: true\n"
	"      rights: {5: [0, 1], 7: all}\n"
	"      run_min: 10m\n"
	"      half_life: 7d\n"
	"\n"
	"Times are written `30s`, `6m`, `1h30m`, `7d`; a plain number is seconds. Each may also be "
	"given as whole seconds under its\n"
	"second key. Shares are thousandths of a device. `rights` maps a tier to the tiers below "
	"it whose work it may take the place of,\n"
	"or to `all` of them; tiers that it does not name may not preempt. What would have no "
	"effect or is out of range is refused with\n"
	"file, line and column, and then nothing changes.\n"
	"\n"
	"| key | values | default | works with | meaning |\n"
	"|---|---|---|---|---|\n";

static const char document_foot[] =
	"\n"
	"[queue.md](queue.md) explains order, backfill and preemption, [tenants.md](tenants.md) "
	"fair share, lending and taking back,\n"
	"[placement.md](placement.md) the placements, [services.md](services.md) services, "
	"[packing.md](packing.md) packing and idle reclaim,\n"
	"[chips.md](chips.md) speeds and trial runs.\n";

static void row_write(FILE *out, const struct policy_field *field)
{
	struct parc_policy usual;
	char words[WORDS_MAX];
	int64_t number;

	policy_file_default(&usual);
	number = field->kind == POLICY_RIGHTS ? 0 : number_of(field, &usual);
	fprintf(out, "| `%s`", field->key);
	if (field->seconds_key != NULL)
		fprintf(out, ", `%s`", field->seconds_key);
	switch (field->kind) {
	case POLICY_WORD:
		words_list(field->name_of, words);
		fprintf(out, " | %s | %s", words, field->name_of((int)number));
		break;
	case POLICY_FLAG:
		fprintf(out, " | true or false | %s", number ? "true" : "false");
		break;
	case POLICY_TIME:
		fprintf(out, " | a time, %s to %s | %s", span_text(field->min).text,
			span_text(field->max).text, span_text(number).text);
		break;
	case POLICY_RIGHTS:
		fprintf(out, " | tiers to lists of lower tiers, or all | all lower ones");
		break;
	default:
		fprintf(out, " | %lld to %lld | %lld", (long long)field->min, (long long)field->max,
			(long long)number);
	}
	fprintf(out, " | %s | %s |\n", field->heed, field->meaning);
}

char *policy_file_document(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	fputs(document_head, out);
	for (int i = 0; i < policy_fields_count; i++)
		row_write(out, &policy_fields[i]);
	fputs(document_foot, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * parc's own list of jobs in YAML: the fields of the table, with the groups as a list. `chips` and
 * `depends` may be lists.
 */
#include <string.h>

#include "text/yaml_tree.h"
#include "trace/jobs_own.h"

#define LIST_MAX 64 /* entries of chips or depends */

struct reader {
	struct jobs_builder *builder;
	struct yaml_tree *tree;
};

/* The keys that a mapping may have: a table's fields and perhaps one more. */
struct keys {
	struct yaml_field list[JOBS_OWN_FIELDS_MAX];
	struct yaml_fields fields;
};

static void keys_init(struct keys *keys, const char *what, const struct jobs_own_field *fields,
		      int32_t count, const char *more)
{
	keys->fields = (struct yaml_fields){what, keys->list, count};
	for (int32_t i = 0; i < count; i++)
		keys->list[i] = (struct yaml_field){.key = fields[i].name,
						    .kind = YAML_OTHER,
						    .is_required = fields[i].is_required};
	if (more != NULL)
		keys->list[keys->fields.count++] =
			(struct yaml_field){.key = more, .kind = YAML_OTHER, .is_required = true};
}

static struct text_field node_place(const yaml_node_t *node)
{
	return (struct text_field){.bytes = "",
				   .line = (int64_t)node->start_mark.line + 1,
				   .column = (int64_t)node->start_mark.column + 1};
}

/* A list as one text with `separator` between its entries, in `joined`. */
static int join_list(const struct reader *reader, yaml_node_t *list, const char *label,
		     char separator, char *joined, size_t room, struct text_field *text)
{
	struct parc_err *err = reader->builder->err;
	int count = yaml_items_count(reader->tree, list, label, LIST_MAX, err);
	size_t size = 0;

	for (int i = 0; i < count; i++) {
		struct text_field word;
		int code = yaml_read_word(reader->tree, yaml_item(reader->tree, list, i), label,
					  &word, err);

		if (code != 0)
			return code;
		if (size + word.size + 1 > room)
			return yaml_refuse(reader->tree, list, PARC_ERR_FULL, err, "%s is too long",
					   label);
		if (i > 0)
			joined[size++] = separator;
		else
			*text = word;
		memcpy(joined + size, word.bytes, word.size);
		size += word.size;
	}
	text->bytes = joined;
	text->size = count > 0 ? size : 0;
	return count < 0 ? count : 0;
}

static const struct yaml_field variant_list[] = {
	{"chips", YAML_OTHER, false, 0, 0, 0},
	{"runtime", YAML_OTHER, false, 0, 0, 0},
	{"speed_milli", YAML_OTHER, false, 0, 0, 0},
	{"device_memory_mib", YAML_OTHER, false, 0, 0, 0},
};
static const struct yaml_fields variant_fields = {"a variant", variant_list, 4};

/* An optional value; empty when the mapping lacks it. */
static int read_part(const struct reader *reader, yaml_node_t *map, const char *key,
		     struct text_field *text)
{
	yaml_node_t *node = yaml_find(reader->tree, map, key);

	*text = node_place(map);
	return node == NULL ? 0
			    : yaml_read_word(reader->tree, node, key, text, reader->builder->err);
}

/* Chips, or a runtime, in the words of the table. */
static int read_variant(const struct reader *reader, yaml_node_t *map, struct jobs_draft *draft)
{
	char joined[LIST_MAX * (FLEET_NAME_MAX + 1)];
	struct parc_err *err = reader->builder->err;
	yaml_node_t *chips = NULL, *runtime = NULL;
	struct text_field names = node_place(map), speed, memory;
	int code = yaml_read_map(reader->tree, map, &variant_fields, NULL, err);

	if (code == 0) {
		chips = yaml_find(reader->tree, map, "chips");
		runtime = yaml_find(reader->tree, map, "runtime");
	}
	if (code == 0 && (chips == NULL) == (runtime == NULL))
		return yaml_refuse(reader->tree, map, PARC_ERR_SYNTAX, err,
				   "a variant names chips or a runtime, expected one of the two");
	if (code == 0 && runtime != NULL) {
		code = yaml_read_word(reader->tree, runtime, "runtime", &names, err);
		if (code == 0 && names.size > FLEET_NAME_MAX)
			names.size = FLEET_NAME_MAX + 1; /* is refused as a name */
		if (code == 0) {
			joined[0] = '@';
			memcpy(joined + 1, names.bytes, names.size);
			names.bytes = joined;
			names.size++;
		}
	} else if (code == 0 && chips->type == YAML_SEQUENCE_NODE) {
		code = join_list(reader, chips, "chips", '/', joined, sizeof(joined), &names);
	} else if (code == 0) {
		code = yaml_read_word(reader->tree, chips, "chips", &names, err);
	}
	if (code == 0)
		code = read_part(reader, map, "speed_milli", &speed);
	if (code == 0)
		code = read_part(reader, map, "device_memory_mib", &memory);
	return code != 0 ? code
			 : jobs_own_add_variant(reader->builder, draft, names, speed, memory);
}

static int read_variants(const struct reader *reader, yaml_node_t *list, struct jobs_draft *draft)
{
	int count = yaml_items_count(reader->tree, list, "variants", PARC_VARIANTS_MAX,
				     reader->builder->err);
	int code = 0;

	for (int i = 0; i < count && code == 0; i++)
		code = read_variant(reader, yaml_item(reader->tree, list, i), draft);
	return count < 0 ? count : code;
}

static int read_field(const struct reader *reader, yaml_node_t *map, struct jobs_draft *draft,
		      struct jobs_group *group, const struct jobs_own_field *field)
{
	char joined[LIST_MAX * (FLEET_NAME_MAX + 1)];
	yaml_node_t *node = yaml_find(reader->tree, map, field->name);
	bool is_list = field->kind == JOBS_OWN_CHIPS || field->kind == JOBS_OWN_DEPENDS ||
		       field->kind == JOBS_OWN_RUNTIME;
	struct text_field text = {.line = draft->place.line, .column = draft->place.column};
	int code;

	if (node == NULL)
		return 0;
	if (field->kind == JOBS_OWN_VARIANTS && node->type == YAML_SEQUENCE_NODE)
		return read_variants(reader, node, draft);
	if (is_list && node->type == YAML_SEQUENCE_NODE)
		code = join_list(reader, node, field->name,
				 field->kind == JOBS_OWN_DEPENDS ? '+' : '|', joined,
				 sizeof(joined), &text);
	else
		code = yaml_read_word(reader->tree, node, field->name, &text, reader->builder->err);
	return code != 0 ? code : jobs_own_read(reader->builder, draft, group, field, text);
}

static int read_group(const struct reader *reader, yaml_node_t *map, struct jobs_draft *draft)
{
	struct jobs_group group;
	struct keys keys;
	int code;

	keys_init(&keys, "a group", jobs_own_group_fields, jobs_own_group_count, NULL);
	code = yaml_read_map(reader->tree, map, &keys.fields, NULL, reader->builder->err);
	jobs_own_group_init(&group);
	for (int32_t i = 0; i < jobs_own_group_count && code == 0; i++)
		code = read_field(reader, map, draft, &group, &jobs_own_group_fields[i]);
	return code != 0 ? code
			 : jobs_own_add_group(reader->builder, draft, &group, node_place(map));
}

static int read_groups(const struct reader *reader, yaml_node_t *map, struct jobs_draft *draft)
{
	yaml_node_t *list = yaml_find(reader->tree, map, "groups");
	int count = yaml_items_count(reader->tree, list, "groups", PARC_GROUPS_MAX,
				     reader->builder->err);
	int code = count < 0 ? count : 0;

	if (count == 0)
		code = yaml_refuse(reader->tree, list, PARC_ERR_INVALID, reader->builder->err,
				   "groups is empty, expected at least one group");
	for (int i = 0; i < count && code == 0; i++)
		code = read_group(reader, yaml_item(reader->tree, list, i), draft);
	return code;
}

static int read_job(const struct reader *reader, yaml_node_t *map)
{
	struct jobs_draft draft;
	struct keys keys;
	int code;

	jobs_draft_init(&draft, reader->builder, node_place(map));
	keys_init(&keys, "a job", jobs_own_row_fields, jobs_own_row_count, "groups");
	code = yaml_read_map(reader->tree, map, &keys.fields, NULL, reader->builder->err);
	for (int32_t i = 0; i < jobs_own_row_count && code == 0; i++)
		code = read_field(reader, map, &draft, NULL, &jobs_own_row_fields[i]);
	if (code == 0)
		code = read_groups(reader, map, &draft);
	return code != 0 ? code : jobs_own_add(reader->builder, &draft);
}

static int read_jobs(const struct reader *reader)
{
	struct jobs_builder *builder = reader->builder;
	yaml_node_t *list;
	int count = yaml_tree_root(reader->tree, "a log of jobs", "jobs", &list, builder->err);

	if (count == 0)
		count = yaml_items_count(reader->tree, list, "jobs", JOBS_MAX, builder->err);
	for (int i = 0; i < count; i++) {
		int code = read_job(reader, yaml_item(reader->tree, list, i));

		if (code < 0 && !jobs_builder_forgive(builder, code))
			return code;
	}
	return count < 0 ? count : 0;
}

int jobs_read_yaml(struct jobs_builder *builder, struct text *text)
{
	struct yaml_tree tree;
	struct reader reader = {.builder = builder, .tree = &tree};
	int code = yaml_tree_init(&tree, text->name, text->bytes, text->size, builder->err);

	builder->is_own = true;
	if (code == 0)
		code = read_jobs(&reader);
	yaml_tree_deinit(&tree);
	return code;
}

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

/* Room for the words of a list, or a runtime with its sign, as the table has them in one field. */
struct joined {
	char bytes[LIST_MAX * (FLEET_NAME_MAX + 1)];
};

/* The words of a list with `separator` between them: *text, which is kept in `joined`. */
static int join_list(const struct reader *reader, yaml_node_t *list, const char *label,
		     char separator, struct joined *joined, struct text_field *text)
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
		if (size + word.size + 1 > sizeof(joined->bytes))
			return yaml_refuse(reader->tree, list, PARC_ERR_FULL, err, "%s is too long",
					   label);
		if (i > 0)
			joined->bytes[size++] = separator;
		else
			*text = word;
		memcpy(joined->bytes + size, word.bytes, word.size);
		size += word.size;
	}
	text->bytes = joined->bytes;
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

/* A runtime as the table has it among chips: with an @ before it. */
static int read_runtime(const struct reader *reader, yaml_node_t *node, struct joined *joined,
			struct text_field *text)
{
	int code = yaml_read_word(reader->tree, node, "runtime", text, reader->builder->err);

	if (code != 0)
		return code;
	if (text->size > FLEET_NAME_MAX)
		text->size = FLEET_NAME_MAX + 1; /* is refused as a name */
	joined->bytes[0] = '@';
	memcpy(joined->bytes + 1, text->bytes, text->size);
	text->bytes = joined->bytes;
	text->size++;
	return 0;
}

/* On what a variant runs: chips, or all of a runtime. */
static int read_target(const struct reader *reader, yaml_node_t *map, struct joined *joined,
		       struct text_field *text)
{
	yaml_node_t *chips = yaml_find(reader->tree, map, "chips");
	yaml_node_t *runtime = yaml_find(reader->tree, map, "runtime");
	struct parc_err *err = reader->builder->err;

	if ((chips == NULL) == (runtime == NULL))
		return yaml_refuse(reader->tree, map, PARC_ERR_SYNTAX, err,
				   "a variant names chips or a runtime, expected one of the two");
	if (runtime != NULL)
		return read_runtime(reader, runtime, joined, text);
	if (chips->type == YAML_SEQUENCE_NODE)
		return join_list(reader, chips, "chips", '/', joined, text);
	return yaml_read_word(reader->tree, chips, "chips", text, err);
}

static int read_variant(const struct reader *reader, yaml_node_t *map, struct jobs_draft *draft)
{
	struct joined joined;
	struct text_field names = node_place(map), speed, memory;
	int code = yaml_read_map(reader->tree, map, &variant_fields, NULL, reader->builder->err);

	if (code == 0)
		code = read_target(reader, map, &joined, &names);
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
	struct joined joined;
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
				 field->kind == JOBS_OWN_DEPENDS ? '+' : '|', &joined, &text);
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

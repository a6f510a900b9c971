/* SPDX-License-Identifier: Apache-2.0
 *
 * From a tree of YAML to an object. JSON is read by the library that reads it everywhere else; for
 * its places it is read as YAML, too, which most of JSON is. A file that refers to itself again and
 * again grows to at most NODES_MAX values.
 */
#include "daemon/job_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MAX  65536
#define DEPTH_MAX  16
#define NUMBER_MAX 40 /* bytes of a number */

struct converter {
	struct yaml_tree *tree;
	int32_t left; /* values that may still be made */
};

static json_t *convert(struct converter *converter, yaml_node_t *node,
		       const struct spec_field *field, int depth, struct parc_err *err);

/* Are the scalars below a field text, whatever they look like? */
static int is_text(const struct spec_field *field)
{
	return field != NULL && (field->kind == SPEC_TEXT || field->kind == SPEC_WORD ||
				 field->kind == SPEC_STRINGS || field->kind == SPEC_WORDS ||
				 field->kind == SPEC_MAP);
}

static json_t *number_make(const char *text, size_t size)
{
	char copy[NUMBER_MAX + 1], *end;
	long long whole;
	double real;

	if (size == 0 || size > NUMBER_MAX || strspn(text, "+-.0123456789eE") < size)
		return NULL;
	memcpy(copy, text, size);
	copy[size] = '\0';
	errno = 0;
	whole = strtoll(copy, &end, 10);
	if (*end == '\0' && end != copy && errno == 0)
		return json_integer(whole);
	real = strtod(copy, &end);
	return *end == '\0' && end != copy ? json_real(real) : NULL;
}

static int is_one_of(const char *text, size_t size, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strlen(*words) == size && memcmp(*words, text, size) == 0)
			return 1;
	return 0;
}

/* A scalar that stands without quotes and is no text by its field. */
static json_t *plain_make(const char *text, size_t size)
{
	static const char *const nothing[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const yes[] = {"true", "True", "TRUE", NULL};
	static const char *const no[] = {"false", "False", "FALSE", NULL};

	if (is_one_of(text, size, nothing))
		return json_null();
	if (is_one_of(text, size, yes))
		return json_true();
	if (is_one_of(text, size, no))
		return json_false();
	return number_make(text, size);
}

static json_t *scalar_convert(struct converter *converter, yaml_node_t *node,
			      const struct spec_field *field, struct parc_err *err)
{
	const char *text = (const char *)node->data.scalar.value;
	size_t size = node->data.scalar.length;
	json_t *made = NULL;

	if (!is_text(field) && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		made = plain_make(text, size);
	if (made == NULL)
		made = json_stringn(text, size);
	if (made == NULL)
		yaml_refuse(converter->tree, node, PARC_ERR_SYNTAX, err, "this is no UTF-8 text");
	return made;
}

static json_t *list_convert(struct converter *converter, yaml_node_t *node,
			    const struct spec_field *field, int depth, struct parc_err *err)
{
	json_t *list = json_array();
	yaml_node_item_t *at = node->data.sequence.items.start;

	for (; list != NULL && at < node->data.sequence.items.top; at++) {
		yaml_node_t *item = yaml_document_get_node(&converter->tree->document, *at);
		json_t *made = convert(converter, item, field, depth + 1, err);

		if (made == NULL || json_array_append_new(list, made) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* The field of a key: of the job, of a group, of a variant; below others nobody says. */
static const struct spec_field *field_below(const struct spec_field *above, const char *key,
					    int depth)
{
	if (depth == 0)
		return spec_field_of(key);
	if (above != NULL && above->kind == SPEC_GROUPS)
		return spec_field_in(spec_group_fields, spec_group_fields_count, key);
	if (above != NULL && above->kind == SPEC_VARIANTS)
		return spec_field_in(spec_variant_fields, spec_variant_fields_count, key);
	return above != NULL && above->kind == SPEC_MAP ? above : NULL;
}

static int pair_convert(struct converter *converter, const yaml_node_pair_t *pair,
			const struct spec_field *above, int depth, json_t *object,
			struct parc_err *err)
{
	yaml_node_t *key = yaml_document_get_node(&converter->tree->document, pair->key);
	yaml_node_t *value = yaml_document_get_node(&converter->tree->document, pair->value);
	struct text_field word;
	char name[256];
	json_t *made;

	if (yaml_read_word(converter->tree, key, "key", &word, err) != 0)
		return -1;
	if (word.size >= sizeof(name) || memchr(word.bytes, '\0', word.size) != NULL)
		return yaml_refuse(converter->tree, key, PARC_ERR_SYNTAX, err,
				   "a key has at most %zu bytes", sizeof(name) - 1);
	memcpy(name, word.bytes, word.size);
	name[word.size] = '\0';
	if (json_object_get(object, name) != NULL)
		return yaml_refuse(converter->tree, key, PARC_ERR_SYNTAX, err, "'%s' stands twice",
				   text_quote(name, strlen(name)).text);
	made = convert(converter, value, field_below(above, name, depth), depth + 1, err);
	if (made == NULL)
		return -1;
	if (json_object_set_new(object, name, made) == 0)
		return 0;
	return yaml_refuse(converter->tree, key, PARC_ERR_SYNTAX, err, "this is no UTF-8 text");
}

static json_t *map_convert(struct converter *converter, yaml_node_t *node,
			   const struct spec_field *field, int depth, struct parc_err *err)
{
	json_t *object = json_object();
	const yaml_node_pair_t *at = node->data.mapping.pairs.start;

	for (; object != NULL && at < node->data.mapping.pairs.top; at++) {
		if (pair_convert(converter, at, field, depth, object, err) != 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

/* NULL: err says why. */
static json_t *convert(struct converter *converter, yaml_node_t *node,
		       const struct spec_field *field, int depth, struct parc_err *err)
{
	if (converter->left-- <= 0 || depth > DEPTH_MAX) {
		yaml_refuse(converter->tree, node, PARC_ERR_FULL, err,
			    "a job has at most %d values in %d levels", NODES_MAX, DEPTH_MAX);
		return NULL;
	}
	if (node->type == YAML_SEQUENCE_NODE)
		return list_convert(converter, node, field, depth, err);
	if (node->type == YAML_MAPPING_NODE)
		return map_convert(converter, node, field, depth, err);
	return scalar_convert(converter, node, field, err);
}

static int ends_with(const char *name, const char *end)
{
	size_t size = strlen(name), tail = strlen(end);

	return size > tail && strcmp(name + size - tail, end) == 0;
}

int job_file_is_name(const char *name)
{
	return ends_with(name, ".yaml") || ends_with(name, ".yml") || ends_with(name, ".json");
}

static int json_read(struct job_file *file, const char *bytes, size_t size, struct parc_err *err)
{
	json_error_t why;

	file->object = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &why);
	if (file->object == NULL)
		return parc_err_set(err, PARC_ERR_SYNTAX, "%s:%d:%d: %s", file->name, why.line,
				    why.column, why.text);
	if (yaml_tree_init(&file->tree, file->name, bytes, size, NULL) != 0) {
		yaml_tree_deinit(&file->tree);
		file->tree = (struct yaml_tree){0};
	}
	return 0;
}

static int yaml_convert(struct job_file *file, const char *bytes, size_t size, struct parc_err *err)
{
	struct converter converter = {&file->tree, NODES_MAX};
	struct parc_err why = {0};
	int code = yaml_tree_init(&file->tree, file->name, bytes, size, err);

	if (code != 0)
		return code;
	file->object = convert(&converter, yaml_document_get_root_node(&file->tree.document), NULL,
			       0, &why);
	if (file->object != NULL)
		return 0;
	if (why.code == 0)
		return parc_err_set(err, PARC_ERR_MEMORY, "%s: no memory for the job", file->name);
	return parc_err_set(err, why.code, "%s", why.text);
}

int job_file_read_bytes(struct job_file *file, const char *name, const char *bytes, size_t size,
			struct parc_err *err)
{
	int code;

	*file = (struct job_file){.name = name};
	if (size > SPEC_BYTES_MAX)
		return parc_err_set(err, PARC_ERR_FULL, "%s has more than %d bytes", name,
				    SPEC_BYTES_MAX);
	code = ends_with(name, ".json") ? json_read(file, bytes, size, err)
					: yaml_convert(file, bytes, size, err);
	if (code == 0 && !json_is_object(file->object))
		code = parc_err_set(err, PARC_ERR_SYNTAX, "%s: a job is a mapping of fields", name);
	return code;
}

int job_file_read(struct job_file *file, const char *name, struct parc_err *err)
{
	char *bytes = NULL;
	size_t size = 0;
	int code;

	*file = (struct job_file){.name = name};
	code = text_load(name, &bytes, &size, err);
	if (code == 0)
		code = job_file_read_bytes(file, name, bytes, size, err);
	file->bytes = bytes;
	return code;
}

void job_file_deinit(struct job_file *file)
{
	json_decref(file->object);
	yaml_tree_deinit(&file->tree);
	free(file->bytes);
	*file = (struct job_file){0};
}

/* The node below this one that the first part of the place names; NULL when there is none. */
static yaml_node_t *node_below(struct yaml_tree *tree, yaml_node_t *node, const char **place)
{
	char name[SPEC_PLACE_MAX];
	const char *at = *place;
	size_t size = strcspn(at, ".[");
	long index;
	char *end;

	if (*at == '[') {
		index = strtol(at + 1, &end, 10);
		*place = *end == ']' ? end + 1 : end;
		*place += **place == '.';
		if (node->type != YAML_SEQUENCE_NODE || index < 0 ||
		    index >= node->data.sequence.items.top - node->data.sequence.items.start)
			return NULL;
		return yaml_item(tree, node, (int32_t)index);
	}
	snprintf(name, sizeof(name), "%.*s", (int)size, at);
	*place = at + size + (at[size] == '.');
	return node->type == YAML_MAPPING_NODE ? yaml_find(tree, node, name) : NULL;
}

int job_file_locate(const struct job_file *file, const char *place, struct parc_err *err)
{
	struct yaml_tree *tree = (struct yaml_tree *)&file->tree;
	yaml_node_t *node = tree->is_loaded ? yaml_document_get_root_node(&tree->document) : NULL;
	yaml_node_t *found = node;
	struct parc_err was = *err;

	while (found != NULL && *place != '\0') {
		node = found;
		found = node_below(tree, node, &place);
	}
	if (found != NULL && found != yaml_document_get_root_node(&tree->document))
		return yaml_locate(tree, found, err->code, err);
	return parc_err_set(err, was.code, "%.80s: %s", file->name, was.text);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A thin layer over libyaml's documents. Scalars are read by the readers of text.c, so a number or
 * a name is the same thing in every form of file. Costs two passes over the file, 100 ns a byte,
 * plus a search of each mapping's few keys.
 */
#include "text/yaml_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "text/span.h"

#define DEPTH_MAX   32	 /* levels; a fleet file has 13 */
#define ANCHORS_MAX 1000 /* names for parts that stand in several places */

int yaml_locate(const struct yaml_tree *tree, const yaml_node_t *node, int code,
		struct parc_err *err)
{
	return text_locate(tree->name, (int64_t)node->start_mark.line + 1,
			   (int64_t)node->start_mark.column + 1, code, err);
}

int yaml_refuse(const struct yaml_tree *tree, const yaml_node_t *node, int code,
		struct parc_err *err, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return yaml_locate(tree, node, code, err);
}

/* Say why libyaml stopped. */
static int refuse_parser(const yaml_parser_t *parser, const char *name, struct parc_err *err)
{
	const yaml_mark_t *mark = &parser->problem_mark;

	if (parser->error == YAML_MEMORY_ERROR)
		return parc_err_set(err, PARC_ERR_MEMORY, "%s: no memory for the file", name);
	if (err != NULL)
		snprintf(err->text, sizeof(err->text), "not YAML: %s%s%s",
			 parser->problem != NULL ? parser->problem : "unreadable",
			 parser->context != NULL ? " " : "",
			 parser->context != NULL ? parser->context : "");
	return text_locate(name, (int64_t)mark->line + 1, (int64_t)mark->column + 1,
			   PARC_ERR_SYNTAX, err);
}

/* Load the first document and see that no other follows. */
static int load_document(struct yaml_tree *tree, yaml_parser_t *parser, struct parc_err *err)
{
	yaml_document_t next;
	yaml_node_t *root;
	int is_last, code = 0;

	if (!yaml_parser_load(parser, &tree->document))
		return refuse_parser(parser, tree->name, err);
	tree->is_loaded = true;
	if (yaml_document_get_root_node(&tree->document) == NULL)
		return parc_err_set(err, PARC_ERR_SYNTAX, "%s: the file is empty", tree->name);
	if (!yaml_parser_load(parser, &next))
		return refuse_parser(parser, tree->name, err);
	root = yaml_document_get_root_node(&next);
	is_last = root == NULL;
	if (!is_last)
		code = yaml_refuse(tree, root, PARC_ERR_SYNTAX, err,
				   "a second document begins here, expected one");
	yaml_document_delete(&next);
	return code;
}

static int start_parser(yaml_parser_t *parser, const char *name, const char *bytes, size_t size,
			struct parc_err *err)
{
	if (!yaml_parser_initialize(parser))
		return parc_err_set(err, PARC_ERR_MEMORY, "%s: no memory for the parser", name);
	yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(parser, (const unsigned char *)bytes, size);
	return 0;
}

/* What a file may cost libyaml: its time grows with the square of both. */
struct effort {
	int depth, anchors;
};

/* Count one event in. */
static void effort_add(struct effort *effort, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SEQUENCE_START_EVENT:
		effort->depth++;
		effort->anchors += event->data.sequence_start.anchor != NULL;
		break;
	case YAML_MAPPING_START_EVENT:
		effort->depth++;
		effort->anchors += event->data.mapping_start.anchor != NULL;
		break;
	case YAML_SCALAR_EVENT:
		effort->anchors += event->data.scalar.anchor != NULL;
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		effort->depth--;
		break;
	default:
		break;
	}
}

/* A first pass that only looks how deep the file is and how many anchors it has, so that a
 * hostile one doesn't keep libyaml busy for hours. */
static int check_effort(yaml_parser_t *parser, const char *name, struct parc_err *err)
{
	struct effort effort = {0};
	int is_end = 0;

	while (!is_end) {
		yaml_event_t event;

		if (!yaml_parser_parse(parser, &event))
			return refuse_parser(parser, name, err);
		effort_add(&effort, &event);
		is_end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
		if (effort.depth <= DEPTH_MAX && effort.anchors <= ANCHORS_MAX)
			continue;
		if (err != NULL)
			snprintf(err->text, sizeof(err->text),
				 "more than %d levels of lists and mappings, or %d anchors",
				 DEPTH_MAX, ANCHORS_MAX);
		return text_locate(name, (int64_t)parser->mark.line + 1,
				   (int64_t)parser->mark.column + 1, PARC_ERR_FULL, err);
	}
	return 0;
}

int yaml_tree_init(struct yaml_tree *tree, const char *name, const char *bytes, size_t size,
		   struct parc_err *err)
{
	yaml_parser_t parser;
	int code;

	*tree = (struct yaml_tree){.name = name};
	if (size > YAML_BYTES_MAX)
		return parc_err_set(err, PARC_ERR_FULL,
				    "%s: %zu bytes of YAML, at most %d are allowed; use CSV", name,
				    size, YAML_BYTES_MAX);
	code = start_parser(&parser, name, bytes, size, err);
	if (code != 0)
		return code;
	code = check_effort(&parser, name, err);
	yaml_parser_delete(&parser);
	if (code == 0)
		code = start_parser(&parser, name, bytes, size, err);
	if (code != 0)
		return code;
	code = load_document(tree, &parser, err);
	yaml_parser_delete(&parser);
	if (code != 0)
		yaml_tree_deinit(tree);
	return code;
}

void yaml_tree_deinit(struct yaml_tree *tree)
{
	if (tree->is_loaded)
		yaml_document_delete(&tree->document);
	tree->is_loaded = false;
}

static struct text_field scalar_field(const yaml_node_t *node)
{
	return (struct text_field){.bytes = (const char *)node->data.scalar.value,
				   .size = node->data.scalar.length,
				   .line = (int64_t)node->start_mark.line + 1,
				   .column = (int64_t)node->start_mark.column + 1};
}

int yaml_read_word(struct yaml_tree *tree, yaml_node_t *node, const char *label,
		   struct text_field *word, struct parc_err *err)
{
	if (node->type != YAML_SCALAR_NODE)
		return yaml_refuse(tree, node, PARC_ERR_SYNTAX, err,
				   "%s is a list or mapping, expected one value", label);
	*word = scalar_field(node);
	return 0;
}

int yaml_read_name(struct yaml_tree *tree, yaml_node_t *node, const char *label, char *name,
		   size_t size, struct parc_err *err)
{
	struct text text = {.name = tree->name};
	struct text_field word;
	int code = yaml_read_word(tree, node, label, &word, err);

	return code != 0 ? code : text_read_name(&text, word, label, name, size, err);
}

int yaml_read_path(struct yaml_tree *tree, yaml_node_t *node, const char *label, char *path,
		   struct parc_err *err)
{
	const char *slash = strrchr(tree->name, '/');
	int folder = slash == NULL ? 0 : (int)(slash - tree->name) + 1;
	struct text_field word = {0};
	int code = yaml_read_word(tree, node, label, &word, err);

	if (code != 0)
		return code;
	if (word.size == 0)
		return yaml_refuse(tree, node, PARC_ERR_INVALID, err, "%s is empty", label);
	if (word.bytes[0] == '/')
		folder = 0;
	if ((size_t)folder + word.size >= YAML_PATH_MAX)
		return yaml_refuse(tree, node, PARC_ERR_INVALID, err, "the path of %s is too long",
				   label);
	snprintf(path, YAML_PATH_MAX, "%.*s%.*s", folder, tree->name, (int)word.size, word.bytes);
	return 0;
}

int yaml_read_number(struct yaml_tree *tree, yaml_node_t *node, const struct yaml_field *field,
		     int64_t *number, struct parc_err *err)
{
	struct text text = {.name = tree->name};
	const int64_t range[2] = {field->min, field->max};
	struct text_field word;
	int code = yaml_read_word(tree, node, field->key, &word, err);

	return code != 0 ? code : text_read_number(&text, word, field->key, range, number, err);
}

int yaml_read_span(struct yaml_tree *tree, yaml_node_t *node, const struct yaml_field *field,
		   int64_t *span_us, struct parc_err *err)
{
	struct text text = {.name = tree->name};
	const int64_t range[2] = {field->min, field->max};
	struct text_field word;
	int code = yaml_read_word(tree, node, field->key, &word, err);

	return code != 0 ? code : text_read_span(&text, word, field->key, range, span_us, err);
}

int yaml_read_flag(struct yaml_tree *tree, yaml_node_t *node, const char *label, uint8_t *flag,
		   struct parc_err *err)
{
	struct text_field word;
	int code = yaml_read_word(tree, node, label, &word, err);

	if (code != 0)
		return code;
	if (!text_is(word, "true") && !text_is(word, "false"))
		return yaml_refuse(tree, node, PARC_ERR_INVALID, err,
				   "%s is \"%s\", expected true or false", label,
				   text_quote(word.bytes, word.size).text);
	*flag = text_is(word, "true");
	return 0;
}

static int read_field(struct yaml_tree *tree, yaml_node_t *node, const struct yaml_field *field,
		      void *record, struct parc_err *err)
{
	int64_t number = 0;
	char *place;
	int code;

	if (field->kind == YAML_OTHER)
		return 0;
	place = (char *)record + field->offset;
	switch (field->kind) {
	case YAML_INT32:
	case YAML_INT64:
		code = yaml_read_number(tree, node, field, &number, err);
		if (code == 0 && field->kind == YAML_INT32)
			*(int32_t *)(void *)place = (int32_t)number;
		else if (code == 0)
			*(int64_t *)(void *)place = number;
		return code;
	case YAML_FLAG:
		return yaml_read_flag(tree, node, field->key, (uint8_t *)place, err);
	case YAML_SPAN:
		return yaml_read_span(tree, node, field, (int64_t *)(void *)place, err);
	case YAML_NAME:
		return yaml_read_name(tree, node, field->key, place, (size_t)field->max + 1, err);
	case YAML_OTHER:
		break;
	}
	return 0;
}

/* Which field a key names, -1: none of them. */
static int find_field(const struct yaml_fields *fields, struct text_field key)
{
	for (int i = 0; i < fields->count; i++) {
		if (text_is(key, fields->list[i].key))
			return i;
	}
	return -1;
}

#define KEYS_SHOWN 126 /* bytes of a list of keys in a message */

/* Does a key begin as the word that is none? Such keys are named first. */
static bool is_alike(const char *key, struct text_field word)
{
	return word.size >= 2 && strlen(key) >= 2 && memcmp(key, word.bytes, 2) == 0;
}

/* "NAME has no key K, expected one of A, B, ...": those that begin like it first, as many as are
 * of use in one sentence. */
static int refuse_key(struct yaml_tree *tree, yaml_node_t *key, const struct yaml_fields *fields,
		      struct text_field word, struct parc_err *err)
{
	char keys[KEYS_SHOWN] = "";

	for (int i = 0; i < 2 * fields->count; i++) {
		const char *name = fields->list[i % fields->count].key;

		if (is_alike(name, word) == (i < fields->count))
			text_list_add(keys, sizeof(keys), name);
	}
	return yaml_refuse(tree, key, PARC_ERR_UNKNOWN, err, "%s has no key \"%s\", expected %s%s",
			   fields->what, text_quote(word.bytes, word.size).text,
			   fields->count > 1 ? "one of " : "", keys);
}

static int read_pair(struct yaml_tree *tree, const yaml_node_pair_t *pair,
		     const struct yaml_fields *fields, uint64_t *seen, void *record,
		     struct parc_err *err)
{
	yaml_node_t *key = yaml_document_get_node(&tree->document, pair->key);
	yaml_node_t *value = yaml_document_get_node(&tree->document, pair->value);
	struct text_field word;
	int code = yaml_read_word(tree, key, "a key", &word, err);
	int at;

	if (code != 0)
		return code;
	at = find_field(fields, word);
	if (at < 0)
		return refuse_key(tree, key, fields, word, err);
	if ((*seen >> at & 1) != 0)
		return yaml_refuse(tree, key, PARC_ERR_EXISTS, err, "the key %s stands here twice",
				   fields->list[at].key);
	*seen |= UINT64_C(1) << at;
	return read_field(tree, value, &fields->list[at], record, err);
}

int yaml_read_map(struct yaml_tree *tree, yaml_node_t *map, const struct yaml_fields *fields,
		  void *record, struct parc_err *err)
{
	uint64_t seen = 0;

	ASSERT(fields->count <= 64);
	if (map->type != YAML_MAPPING_NODE)
		return yaml_refuse(tree, map, PARC_ERR_SYNTAX, err,
				   "expected a mapping, %s with its keys", fields->what);
	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		int code = read_pair(tree, pair, fields, &seen, record, err);

		if (code != 0)
			return code;
	}
	for (int i = 0; i < fields->count; i++) {
		if (fields->list[i].is_required && (seen >> i & 1) == 0)
			return yaml_refuse(tree, map, PARC_ERR_SYNTAX, err, "%s lacks the key %s",
					   fields->what, fields->list[i].key);
	}
	return 0;
}

yaml_node_t *yaml_find(struct yaml_tree *tree, yaml_node_t *map, const char *key)
{
	if (map->type != YAML_MAPPING_NODE)
		return NULL;
	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		yaml_node_t *node = yaml_document_get_node(&tree->document, pair->key);

		if (node->type == YAML_SCALAR_NODE && text_is(scalar_field(node), key))
			return yaml_document_get_node(&tree->document, pair->value);
	}
	return NULL;
}

int yaml_tree_root(struct yaml_tree *tree, const char *what, const char *key, yaml_node_t **root,
		   struct parc_err *err)
{
	const struct yaml_field field = {key, YAML_OTHER, true, 0, 0, 0};
	const struct yaml_fields fields = {what, &field, 1};
	yaml_node_t *top = yaml_document_get_root_node(&tree->document);
	int code;

	if (top->type != YAML_MAPPING_NODE)
		return yaml_refuse(tree, top, PARC_ERR_SYNTAX, err,
				   "%s is expected here, beginning with \"%s:\"", what, key);
	code = yaml_read_map(tree, top, &fields, NULL, err);
	if (code == 0)
		*root = yaml_find(tree, top, key);
	return code;
}

int yaml_file_open(struct yaml_file *file, const char *path, const char *what, const char *key,
		   yaml_node_t **root, struct parc_err *err)
{
	size_t size = 0;
	int code;

	*file = (struct yaml_file){0};
	code = text_load(path, &file->bytes, &size, err);
	if (code == 0)
		code = yaml_tree_init(&file->tree, path, file->bytes, size, err);
	return code == 0 ? yaml_tree_root(&file->tree, what, key, root, err) : code;
}

void yaml_file_close(struct yaml_file *file)
{
	yaml_tree_deinit(&file->tree);
	free(file->bytes);
	*file = (struct yaml_file){0};
}

int yaml_items_count(struct yaml_tree *tree, yaml_node_t *list, const char *label, int32_t max,
		     struct parc_err *err)
{
	ptrdiff_t count;

	if (list->type != YAML_SEQUENCE_NODE)
		return yaml_refuse(tree, list, PARC_ERR_SYNTAX, err, "%s must be a list", label);
	count = list->data.sequence.items.top - list->data.sequence.items.start;
	if (count > max)
		return yaml_refuse(tree, list, PARC_ERR_FULL, err,
				   "%s has %td entries, at most %d are allowed", label, count, max);
	return (int)count;
}

yaml_node_t *yaml_item(struct yaml_tree *tree, yaml_node_t *list, int32_t index)
{
	ASSERT(list->type == YAML_SEQUENCE_NODE);
	return yaml_document_get_node(&tree->document, list->data.sequence.items.start[index]);
}

int yaml_read_scaled(struct yaml_tree *tree, yaml_node_t *map, const struct yaml_scaled *scaled,
		     int64_t *number, struct parc_err *err)
{
	yaml_node_t *small = yaml_find(tree, map, scaled->small);
	yaml_node_t *large = yaml_find(tree, map, scaled->large);
	struct yaml_field field = {.key = scaled->small, .max = scaled->max};
	int code;

	if (small != NULL && large != NULL)
		return yaml_refuse(tree, large, PARC_ERR_EXISTS, err,
				   "both %s and %s are given, expected one of them", scaled->small,
				   scaled->large);
	if (small != NULL)
		return yaml_read_number(tree, small, &field, number, err);
	if (large == NULL)
		return 0;
	field = (struct yaml_field){.key = scaled->large, .max = scaled->max / scaled->factor};
	code = yaml_read_number(tree, large, &field, number, err);
	if (code == 0)
		*number *= scaled->factor;
	return code;
}

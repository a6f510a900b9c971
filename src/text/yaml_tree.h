/* SPDX-License-Identifier: Apache-2.0
 *
 * A YAML file as a tree (libyaml's document), and reading mappings into structs by tables of
 * fields. Unknown keys, keys that stand twice and numbers out of range are refused with the place
 * where they stand.
 *
 *   life cycle   yaml_tree_init, yaml_tree_deinit; of a whole file yaml_file_open, yaml_file_close
 *   walk         yaml_tree_root, yaml_find, yaml_items_count, yaml_item
 *   read         yaml_read_map, yaml_read_number, yaml_read_span, yaml_read_flag, yaml_read_scaled,
 *                yaml_read_word, yaml_read_name
 *   refuse       yaml_refuse, yaml_locate
 */
#ifndef TEXT_YAML_TREE_H
#define TEXT_YAML_TREE_H

#include <yaml.h>

#include "text/text.h"

#define YAML_BYTES_MAX (1 << 24) /* of a file; libyaml keeps up to 50 bytes for each of them */

#define YAML_PATH_MAX 4096 /* bytes of a path, with its NUL */

struct yaml_tree {
	const char *name; /* of the file */
	yaml_document_t document;
	bool is_loaded;
};

enum yaml_kind {
	YAML_INT32,
	YAML_INT64,
	YAML_FLAG,  /* true or false, as uint8_t */
	YAML_NAME,  /* a name, as char[max + 1] */
	YAML_SPAN,  /* a time as "6m" (span.h), in microseconds, as int64_t */
	YAML_OTHER, /* allowed here and read by the caller */
};

/* One key of a mapping and where its value goes. */
struct yaml_field {
	const char *key;
	enum yaml_kind kind;
	bool is_required;
	size_t offset;	  /* in the struct that yaml_read_map fills */
	int64_t min, max; /* of a number; max: bytes of a name */
};

/* A number that may be given in one of two units: memory_mib or memory_gib. */
struct yaml_scaled {
	const char *small, *large; /* their keys */
	int64_t factor, max;	   /* small units in a large one; of the small one */
};

struct yaml_fields {
	const char *what; /* the mapping is a ..., for messages */
	const struct yaml_field *list;
	int count;
};

/* Parse one document. On an error the tree is empty; deinit takes it all the same. */
int yaml_tree_init(struct yaml_tree *tree, const char *name, const char *bytes, size_t size,
		   struct parc_err *err);
void yaml_tree_deinit(struct yaml_tree *tree);

/* What stands under `key`, the only key of the document; `what` it is, for messages. */
int yaml_tree_root(struct yaml_tree *tree, const char *what, const char *key, yaml_node_t **root,
		   struct parc_err *err);

/* A file on disk, and its tree. */
struct yaml_file {
	struct yaml_tree tree;
	char *bytes;
};

/* Load and parse the file at `path` and find its root, as yaml_tree_root does. `path` has to stay
 * as long as the file is open. It is to be closed after a failure, too. */
int yaml_file_open(struct yaml_file *file, const char *path, const char *what, const char *key,
		   yaml_node_t **root, struct parc_err *err);
void yaml_file_close(struct yaml_file *file);

/* Fill `record` from a mapping; fields that it lacks stay as they are. */
int yaml_read_map(struct yaml_tree *tree, yaml_node_t *map, const struct yaml_fields *fields,
		  void *record, struct parc_err *err);

/* The value under a key, NULL if the mapping lacks it. */
yaml_node_t *yaml_find(struct yaml_tree *tree, yaml_node_t *map, const char *key);

/* Items of a list: refused when it is no list or has more than max items. */
int yaml_items_count(struct yaml_tree *tree, yaml_node_t *list, const char *label, int32_t max,
		     struct parc_err *err);
yaml_node_t *yaml_item(struct yaml_tree *tree, yaml_node_t *list, int32_t index);

int yaml_read_number(struct yaml_tree *tree, yaml_node_t *node, const struct yaml_field *field,
		     int64_t *number, struct parc_err *err);
int yaml_read_span(struct yaml_tree *tree, yaml_node_t *node, const struct yaml_field *field,
		   int64_t *span_us, struct parc_err *err);
int yaml_read_flag(struct yaml_tree *tree, yaml_node_t *node, const char *label, uint8_t *flag,
		   struct parc_err *err);

/* `number` in small units; untouched when the mapping has neither key, refused when it has both. */
int yaml_read_scaled(struct yaml_tree *tree, yaml_node_t *map, const struct yaml_scaled *scaled,
		     int64_t *number, struct parc_err *err);

/* The scalar as a field that can be compared (text_is); refuses lists and mappings. */
int yaml_read_word(struct yaml_tree *tree, yaml_node_t *node, const char *label,
		   struct text_field *word, struct parc_err *err);
int yaml_read_name(struct yaml_tree *tree, yaml_node_t *node, const char *label, char *name,
		   size_t size, struct parc_err *err);

/* A path as seen from the folder of the file, into path[YAML_PATH_MAX]. */
int yaml_read_path(struct yaml_tree *tree, yaml_node_t *node, const char *label, char *path,
		   struct parc_err *err);

/* Set "NAME:LINE:COLUMN: what was wrong" and return `code`. */
int yaml_refuse(const struct yaml_tree *tree, const yaml_node_t *node, int code,
		struct parc_err *err, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
int yaml_locate(const struct yaml_tree *tree, const yaml_node_t *node, int code,
		struct parc_err *err);

#endif

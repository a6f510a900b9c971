/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a catalogue: sources, makes, then chips with their figures. The file is read into a copy,
 * which takes the catalogue's place when all of it was understood.
 */
#include <stdlib.h>
#include <string.h>

#include "chip/chip_yaml.h"

#define FIELDS(table) (int)(sizeof(table) / sizeof((table)[0]))
/* clang-format off */
#define OTHER(key)    {key, YAML_OTHER, false, 0, 0, 0}
/* clang-format on */

struct reader {
	struct yaml_tree *tree;
	struct catalogue *catalogue;
	struct parc_err *err;
	int32_t own_sources; /* the file's begin here */
	uint64_t chips_met, makes_met;
};

/* ---- Words */

/* Any text without control bytes, at most `size` - 1 bytes. */
static int read_text(const struct reader *reader, yaml_node_t *map, const char *key, char *text,
		     size_t size)
{
	yaml_node_t *node = yaml_find(reader->tree, map, key);
	struct text_field word;
	int code;

	if (node == NULL)
		return 0;
	code = yaml_read_word(reader->tree, node, key, &word, reader->err);
	if (code != 0)
		return code;
	for (size_t i = 0; i < word.size; i++)
		if ((unsigned char)word.bytes[i] < ' ' || word.bytes[i] == 0x7f)
			return yaml_refuse(reader->tree, node, PARC_ERR_SYNTAX, reader->err,
					   "%s has a control byte, expected one line of text", key);
	if (word.size == 0 || word.size >= size)
		return yaml_refuse(reader->tree, node, PARC_ERR_INVALID, reader->err,
				   "%s has %zu bytes, expected 1 to %zu", key, word.size, size - 1);
	memcpy(text, word.bytes, word.size);
	text[word.size] = '\0';
	return 0;
}

static int is_digits(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] < '0' || bytes[i] > '9')
			return 0;
	return 1;
}

/* Two digits from 01 to `last`. */
static int is_part(const char *bytes, const char *last)
{
	return is_digits(bytes, 2) && memcmp(bytes, "01", 2) >= 0 && memcmp(bytes, last, 2) <= 0;
}

/* 2025, 2025-04 or 2025-04-21; or unknown. */
static int is_date(const char *date)
{
	size_t size = strlen(date);

	if (strcmp(date, "unknown") == 0)
		return 1;
	return (size == 4 || (size == 7 && date[4] == '-') ||
		(size == 10 && date[4] == '-' && date[7] == '-')) &&
	       is_digits(date, 4) && (size < 7 || is_part(date + 5, "12")) &&
	       (size < 10 || is_part(date + 8, "31"));
}

/* ---- Sources */

static const struct yaml_field source_list[] = {
	{"name", YAML_NAME, true, offsetof(struct catalogue_source, name), 0, CHIP_NAME_MAX},
	{"kind", YAML_OTHER, true, 0, 0, 0},
	{"date", YAML_OTHER, true, 0, 0, 0},
	{"title", YAML_OTHER, true, 0, 0, 0},
};
static const struct yaml_fields source_fields = {"a source", source_list, FIELDS(source_list)};

static int read_kind(const struct reader *reader, yaml_node_t *map, int32_t *kind)
{
	yaml_node_t *node = yaml_find(reader->tree, map, "kind");
	struct text_field word;
	int code = yaml_read_word(reader->tree, node, "kind", &word, reader->err);

	if (code != 0)
		return code;
	for (int32_t i = 0; i < CATALOGUE_KINDS; i++)
		if (text_is(word, catalogue_kind_names[i])) {
			*kind = i;
			return 0;
		}
	return yaml_refuse(reader->tree, node, PARC_ERR_INVALID, reader->err,
			   "kind is \"%s\", expected measured, vendor, press or estimate",
			   text_quote(word.bytes, word.size).text);
}

static int read_source(struct reader *reader, yaml_node_t *map)
{
	struct catalogue *catalogue = reader->catalogue;
	struct catalogue_source source = {0};
	int code = yaml_read_map(reader->tree, map, &source_fields, &source, reader->err);

	if (code == 0)
		code = read_kind(reader, map, &source.kind);
	if (code == 0)
		code = read_text(reader, map, "title", source.title, sizeof(source.title));
	if (code == 0)
		code = read_text(reader, map, "date", source.date, sizeof(source.date));
	if (code != 0)
		return code;
	if (!is_date(source.date))
		return yaml_refuse(reader->tree, yaml_find(reader->tree, map, "date"),
				   PARC_ERR_INVALID, reader->err,
				   "date is \"%s\", expected 2025, 2025-04, 2025-04-21 or unknown",
				   source.date);
	for (int32_t i = reader->own_sources; i < catalogue->sources_count; i++)
		if (strcmp(catalogue->sources[i].name, source.name) == 0)
			return yaml_refuse(reader->tree, map, PARC_ERR_EXISTS, reader->err,
					   "the source %s stands here twice", source.name);
	if (catalogue->sources_count == CATALOGUE_SOURCES_MAX)
		return yaml_refuse(reader->tree, map, PARC_ERR_FULL, reader->err,
				   "more than %d sources", CATALOGUE_SOURCES_MAX);
	catalogue->sources[catalogue->sources_count++] = source;
	return 0;
}

/* The source that `from` names: the file's own first, then those of files before it. */
static int read_from(const struct reader *reader, yaml_node_t *map, int32_t *source)
{
	yaml_node_t *node = yaml_find(reader->tree, map, "from");
	char name[CHIP_NAME_MAX + 1];
	int code;

	if (node == NULL)
		return yaml_refuse(reader->tree, map, PARC_ERR_SYNTAX, reader->err,
				   "the key from is missing, expected the name of a source");
	code = yaml_read_name(reader->tree, node, "from", name, sizeof(name), reader->err);
	if (code != 0)
		return code;
	for (int32_t i = reader->catalogue->sources_count - 1; i >= 0; i--)
		if (strcmp(reader->catalogue->sources[i].name, name) == 0) {
			*source = i;
			return 0;
		}
	return yaml_refuse(reader->tree, node, PARC_ERR_UNKNOWN, reader->err,
			   "there is no source %s, expected one of the list of sources", name);
}

/* ---- Makes */

static const struct yaml_field make_list[] = {
	{"name", YAML_OTHER, true, 0, 0, 0},
	OTHER("title"),
	OTHER("files"),
	OTHER("library"),
	OTHER("tool"),
	OTHER("variable"),
	OTHER("partition"),
	OTHER("note"),
	{"from", YAML_OTHER, true, 0, 0, 0},
};
static const struct yaml_fields make_fields = {"a make", make_list, FIELDS(make_list)};

static int32_t find_make(const struct catalogue *catalogue, const char *name)
{
	const struct catalogue_make *it = catalogue_find_make(catalogue, name);

	return it == NULL ? catalogue->makes_count : (int32_t)(it - catalogue->makes);
}

static int read_make_texts(const struct reader *reader, yaml_node_t *map, struct catalogue_make *it)
{
	const struct {
		const char *key;
		char *text;
		int is_needed;
	} texts[] = {{"title", it->title, 1},	    {"files", it->files, 1},
		     {"library", it->library, 1},   {"tool", it->tool, 1},
		     {"variable", it->variable, 1}, {"partition", it->partition, 1},
		     {"note", it->note, 0}};
	int code = 0;

	for (int i = 0; i < FIELDS(texts) && code == 0; i++) {
		code = read_text(reader, map, texts[i].key, texts[i].text, CATALOGUE_TEXT_MAX + 1);
		if (code == 0 && texts[i].is_needed && texts[i].text[0] == '\0')
			code = yaml_refuse(reader->tree, map, PARC_ERR_SYNTAX, reader->err,
					   "the make %s lacks the key %s, expected a text or "
					   "unknown",
					   it->name, texts[i].key);
	}
	return code;
}

static int read_make(struct reader *reader, yaml_node_t *map)
{
	struct catalogue *catalogue = reader->catalogue;
	char name[CHIP_NAME_MAX + 1];
	struct catalogue_make *it;
	int32_t at;
	int code = yaml_read_map(reader->tree, map, &make_fields, NULL, reader->err);

	if (code == 0)
		code = yaml_read_name(reader->tree, yaml_find(reader->tree, map, "name"), "name",
				      name, sizeof(name), reader->err);
	if (code != 0)
		return code;
	at = find_make(catalogue, name);
	if (at == CATALOGUE_MAKES_MAX)
		return yaml_refuse(reader->tree, map, PARC_ERR_FULL, reader->err,
				   "more than %d makes", CATALOGUE_MAKES_MAX);
	if (reader->makes_met >> at & 1)
		return yaml_refuse(reader->tree, map, PARC_ERR_EXISTS, reader->err,
				   "the make %s stands here twice", name);
	reader->makes_met |= UINT64_C(1) << at;
	catalogue->makes_count += at == catalogue->makes_count;
	it = &catalogue->makes[at];
	memcpy(it->name, name, sizeof(name));
	code = read_make_texts(reader, map, it);
	return code != 0 ? code : read_from(reader, map, &it->source);
}

/* ---- Figures */

static const struct yaml_field claim_list[] = {{"value", YAML_OTHER, true, 0, 0, 0},
					       {"from", YAML_OTHER, true, 0, 0, 0}};
static const struct yaml_fields claim_fields = {"a figure", claim_list, FIELDS(claim_list)};

static int read_claim(const struct reader *reader, yaml_node_t *map,
		      const struct catalogue_label *label, struct catalogue_claim *claim)
{
	struct yaml_field field = {.key = label->key, .min = label->min, .max = label->max};
	int code;

	if (map->type != YAML_MAPPING_NODE)
		return yaml_refuse(reader->tree, map, PARC_ERR_SYNTAX, reader->err,
				   "%s has no source, expected {value: N, from: SOURCE} or unknown",
				   label->key);
	code = yaml_read_map(reader->tree, map, &claim_fields, NULL, reader->err);
	if (code == 0)
		code = yaml_read_number(reader->tree, yaml_find(reader->tree, map, "value"), &field,
					&claim->value, reader->err);
	return code != 0 ? code : read_from(reader, map, &claim->source);
}

static int is_unknown(const struct reader *reader, yaml_node_t *node)
{
	struct text_field word;

	return node->type == YAML_SCALAR_NODE &&
	       yaml_read_word(reader->tree, node, "", &word, NULL) == 0 && text_is(word, "unknown");
}

/* `unknown`, one claim, or a list of claims that disagree. */
static int read_figure(const struct reader *reader, yaml_node_t *node,
		       const struct catalogue_label *label, struct catalogue_figure *figure)
{
	struct catalogue_figure read = {0};
	int count = 1, code = 0;

	if (node->type == YAML_SEQUENCE_NODE)
		count = yaml_items_count(reader->tree, node, label->key, CATALOGUE_CLAIMS_MAX,
					 reader->err);
	if (count == 0)
		return yaml_refuse(reader->tree, node, PARC_ERR_SYNTAX, reader->err,
				   "%s is an empty list, expected claims, or unknown", label->key);
	if (is_unknown(reader, node))
		count = 0;
	for (int i = 0; i < count && code == 0; i++) {
		yaml_node_t *claim =
			node->type == YAML_SEQUENCE_NODE ? yaml_item(reader->tree, node, i) : node;

		code = read_claim(reader, claim, label, &read.claims[read.claims_count++]);
	}
	if (count >= 0 && code == 0)
		*figure = read;
	return count < 0 ? count : code;
}

/* ---- Chips */

#define FIGURE(name, key, ...) OTHER(key),
static const struct yaml_field chip_list[] = {{"name", YAML_OTHER, true, 0, 0, 0},
					      OTHER("make"),
					      OTHER("title"),
					      OTHER("note"),
					      OTHER("runtime"),
					      OTHER("sharing"),
					      OTHER("placing"),
					      CATALOGUE_FIGURE_MAP(FIGURE)};
static const struct yaml_fields chip_fields = {"a chip", chip_list, FIELDS(chip_list)};

#define RULE(field) offsetof(struct parc_chip, field)
static const struct yaml_field sharing_list[] = {
	{"rule", YAML_OTHER, true, 0, 0, 0},
	{"step_milli", YAML_INT32, false, RULE(step_milli), 1, PARC_SHARE_WHOLE},
	{"one_user", YAML_FLAG, false, RULE(one_user), 0, 0},
	{"slots", YAML_INT32, false, RULE(slots), 1, PARC_SLOTS_MAX},
	OTHER("templates"),
	OTHER("mode_cost_s"),
	{"from", YAML_OTHER, true, 0, 0, 0},
};
static const struct yaml_fields sharing_fields = {"sharing", sharing_list, FIELDS(sharing_list)};

static const struct yaml_field placing_list[] = {
	{"unit", YAML_INT32, false, RULE(unit), 1, PARC_NODE_DEVICES_MAX},
	OTHER("counts"),
	{"within_link", YAML_FLAG, false, RULE(within_link), 0, 0},
	{"from", YAML_OTHER, true, 0, 0, 0},
};
static const struct yaml_fields placing_fields = {"placing", placing_list, FIELDS(placing_list)};

static int read_runtime(const struct reader *reader, yaml_node_t *map, struct catalogue_chip *chip)
{
	yaml_node_t *node = yaml_find(reader->tree, map, "runtime");
	int code;

	if (node == NULL)
		return 0;
	code = yaml_read_map(reader->tree, node, &claim_fields, NULL, reader->err);
	if (code == 0)
		code = yaml_read_name(reader->tree, yaml_find(reader->tree, node, "value"),
				      "runtime", chip->runtime, sizeof(chip->runtime), reader->err);
	return code != 0 ? code : read_from(reader, node, &chip->runtime_source);
}

static int read_sharing(const struct reader *reader, yaml_node_t *map, struct catalogue_chip *chip)
{
	struct yaml_tree *tree = reader->tree;
	yaml_node_t *node = yaml_find(tree, map, "sharing"), *part;
	struct parc_chip *rules = &chip->rules;
	int code;

	if (node == NULL)
		return 0;
	rules->step_milli = 1;
	rules->one_user = 0;
	rules->slots = rules->templates_count = 0;
	rules->mode_cost_us = 0;
	memset(chip->template_names, 0, sizeof(chip->template_names));
	memset(rules->templates, 0, sizeof(rules->templates));
	code = yaml_read_map(tree, node, &sharing_fields, rules, reader->err);
	if (code == 0)
		code = chip_yaml_read_rule(tree, yaml_find(tree, node, "rule"), rules, reader->err);
	if (code == 0 && (part = yaml_find(tree, node, "templates")) != NULL)
		code = chip_yaml_read_templates(tree, part, rules, chip->template_names,
						reader->err);
	if (code == 0 && (part = yaml_find(tree, node, "mode_cost_s")) != NULL)
		code = chip_yaml_read_mode_cost(tree, part, rules, reader->err);
	return code != 0 ? code : read_from(reader, node, &chip->sharing_source);
}

static int read_placing(const struct reader *reader, yaml_node_t *map, struct catalogue_chip *chip)
{
	yaml_node_t *node = yaml_find(reader->tree, map, "placing"), *counts;
	int code;

	if (node == NULL)
		return 0;
	chip->rules.unit = 1;
	chip->rules.counts = 0;
	chip->rules.within_link = 0;
	code = yaml_read_map(reader->tree, node, &placing_fields, &chip->rules, reader->err);
	counts = code != 0 ? NULL : yaml_find(reader->tree, node, "counts");
	if (counts != NULL)
		code = chip_yaml_read_bits(reader->tree, counts, &chip_yaml_counts,
					   &chip->rules.counts, reader->err);
	return code != 0 ? code : read_from(reader, node, &chip->placing_source);
}

static int read_make_of(const struct reader *reader, yaml_node_t *map, struct catalogue_chip *chip)
{
	yaml_node_t *node = yaml_find(reader->tree, map, "make");
	int code;

	if (node == NULL)
		return 0;
	code = yaml_read_name(reader->tree, node, "make", chip->make, sizeof(chip->make),
			      reader->err);
	if (code == 0 && catalogue_find_make(reader->catalogue, chip->make) == NULL)
		return yaml_refuse(reader->tree, node, PARC_ERR_UNKNOWN, reader->err,
				   "there is no make %s, expected one of the list of makes",
				   chip->make);
	return code;
}

/* A chip that was not there before says everything, unknown included. */
static int check_whole(const struct reader *reader, yaml_node_t *map, const char *name)
{
	for (int i = 0; i < chip_fields.count; i++) {
		const char *key = chip_list[i].key;

		if (strcmp(key, "note") != 0 && yaml_find(reader->tree, map, key) == NULL)
			return yaml_refuse(
				reader->tree, map, PARC_ERR_SYNTAX, reader->err,
				"the new chip %s lacks the key %s, expected all of it; a "
				"figure may be unknown",
				name, key);
	}
	return 0;
}

static int read_figures(const struct reader *reader, yaml_node_t *map, struct catalogue_chip *chip)
{
	int code = 0;

	for (int i = 0; i < CATALOGUE_FIGURES && code == 0; i++) {
		yaml_node_t *node = yaml_find(reader->tree, map, catalogue_labels[i].key);

		if (node != NULL)
			code = read_figure(reader, node, &catalogue_labels[i], &chip->figures[i]);
	}
	return code;
}

/* Fields of one chip, over what is known of it. */
static int read_chip_fields(struct reader *reader, yaml_node_t *map, struct catalogue_chip *chip)
{
	struct parc_chip filled;
	int code = read_text(reader, map, "title", chip->title, sizeof(chip->title));

	if (code == 0)
		code = read_text(reader, map, "note", chip->note, sizeof(chip->note));
	if (code == 0)
		code = read_make_of(reader, map, chip);
	if (code == 0)
		code = read_runtime(reader, map, chip);
	if (code == 0)
		code = read_sharing(reader, map, chip);
	if (code == 0)
		code = read_placing(reader, map, chip);
	if (code == 0)
		code = read_figures(reader, map, chip);
	if (code != 0)
		return code;
	catalogue_fill(reader->catalogue, chip, &filled);
	code = chip_rules_check(chip->name, &filled, reader->err);
	return code != 0 ? yaml_locate(reader->tree, map, code, reader->err) : 0;
}

static int read_chip(struct reader *reader, yaml_node_t *map)
{
	struct catalogue *catalogue = reader->catalogue;
	const struct catalogue_chip *known;
	char name[CHIP_NAME_MAX + 1];
	int32_t at;
	int code = yaml_read_map(reader->tree, map, &chip_fields, NULL, reader->err);

	if (code == 0)
		code = yaml_read_name(reader->tree, yaml_find(reader->tree, map, "name"), "name",
				      name, sizeof(name), reader->err);
	if (code != 0)
		return code;
	known = catalogue_find(catalogue, name);
	at = known == NULL ? catalogue->chips_count : (int32_t)(known - catalogue->chips);
	if (at == PARC_CHIPS_MAX)
		return yaml_refuse(reader->tree, map, PARC_ERR_FULL, reader->err,
				   "more than %d chips", PARC_CHIPS_MAX);
	if (reader->chips_met >> at & 1)
		return yaml_refuse(reader->tree, map, PARC_ERR_EXISTS, reader->err,
				   "the chip %s stands here twice", name);
	reader->chips_met |= UINT64_C(1) << at;
	if (known == NULL) {
		code = check_whole(reader, map, name);
		catalogue->chips_count++;
		memcpy(catalogue->chips[at].name, name, sizeof(name));
	}
	return code != 0 ? code : read_chip_fields(reader, map, &catalogue->chips[at]);
}

/* ---- The file */

static const struct yaml_field catalogue_list[] = {OTHER("reference"), OTHER("sources"),
						   OTHER("makes"), OTHER("chips")};
static const struct yaml_fields catalogue_fields = {"a catalogue", catalogue_list,
						    FIELDS(catalogue_list)};

static int read_list(struct reader *reader, yaml_node_t *root, const char *key, int32_t max,
		     int (*read_one)(struct reader *reader, yaml_node_t *map))
{
	yaml_node_t *list = yaml_find(reader->tree, root, key);
	int count = list == NULL ? 0 : yaml_items_count(reader->tree, list, key, max, reader->err);
	int code = 0;

	for (int32_t i = 0; i < count && code == 0; i++)
		code = read_one(reader, yaml_item(reader->tree, list, i));
	return count < 0 ? count : code;
}

static int read_reference(struct reader *reader, yaml_node_t *root)
{
	yaml_node_t *node = yaml_find(reader->tree, root, "reference");
	struct catalogue *catalogue = reader->catalogue;
	int code;

	if (node == NULL)
		return 0;
	code = yaml_read_name(reader->tree, node, "reference", catalogue->reference,
			      sizeof(catalogue->reference), reader->err);
	if (code == 0 && catalogue_find(catalogue, catalogue->reference) == NULL)
		return yaml_refuse(reader->tree, node, PARC_ERR_UNKNOWN, reader->err,
				   "there is no chip %s, expected one of the list of chips",
				   catalogue->reference);
	return code;
}

static int read_root(struct reader *reader)
{
	yaml_node_t *root;
	int code = yaml_tree_root(reader->tree, "a catalogue", "catalogue", &root, reader->err);

	if (code == 0)
		code = yaml_read_map(reader->tree, root, &catalogue_fields, NULL, reader->err);
	if (code == 0)
		code = read_list(reader, root, "sources", CATALOGUE_SOURCES_MAX, read_source);
	if (code == 0)
		code = read_list(reader, root, "makes", CATALOGUE_MAKES_MAX, read_make);
	if (code == 0)
		code = read_list(reader, root, "chips", PARC_CHIPS_MAX, read_chip);
	return code != 0 ? code : read_reference(reader, root);
}

int catalogue_add_bytes(struct catalogue *catalogue, const char *name, const char *bytes,
			size_t size, struct parc_err *err)
{
	struct catalogue *copy = catalogue_create();
	struct yaml_tree tree;
	struct reader reader = {.tree = &tree, .catalogue = copy, .err = err};
	int code;

	if (copy == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "%s: no memory for a catalogue", name);
	*copy = *catalogue;
	reader.own_sources = copy->sources_count;
	code = yaml_tree_init(&tree, name, bytes, size, err);
	if (code == 0)
		code = read_root(&reader);
	yaml_tree_deinit(&tree);
	if (code == 0)
		*catalogue = *copy;
	catalogue_destroy(copy);
	return code;
}

int catalogue_add_file(struct catalogue *catalogue, const char *path, struct parc_err *err)
{
	char *bytes;
	size_t size;
	int code = text_load(path, &bytes, &size, err);

	if (code != 0)
		return code;
	code = catalogue_add_bytes(catalogue, path, bytes, size, err);
	free(bytes);
	return code;
}

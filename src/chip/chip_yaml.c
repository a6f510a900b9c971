/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/chip_yaml.h"

#define MODE_COST_S_MAX 86400
#define FIELDS(table)	(int)(sizeof(table) / sizeof((table)[0]))

const struct yaml_field chip_yaml_counts = {
	.key = "counts", .min = 1, .max = PARC_NODE_DEVICES_MAX};

static const struct yaml_field template_list[] = {
	{"name", YAML_OTHER, false, 0, 0, 0},
	{"share_milli", YAML_INT32, true, offsetof(struct parc_template, share_milli), 1,
	 PARC_SHARE_WHOLE},
	{"memory_mib", YAML_INT32, false, offsetof(struct parc_template, memory_mib), 0,
	 PARC_DEVICE_MEMORY_MAX},
	{"slots", YAML_INT32, true, offsetof(struct parc_template, slots), 1, PARC_SLOTS_MAX},
	{"starts", YAML_OTHER, true, 0, 0, 0},
};
static const struct yaml_fields template_fields = {"a template", template_list,
						   FIELDS(template_list)};

int chip_yaml_read_rule(struct yaml_tree *tree, yaml_node_t *node, struct parc_chip *chip,
			struct parc_err *err)
{
	struct text_field word;
	int code = yaml_read_word(tree, node, "rule", &word, err);

	if (code != 0)
		return code;
	for (int32_t rule = PARC_RULE_WHOLE; rule <= PARC_RULE_CORES; rule++) {
		if (text_is(word, parc_rule_name(rule))) {
			chip->rule = rule;
			return 0;
		}
	}
	return yaml_refuse(tree, node, PARC_ERR_INVALID, err,
			   "rule is \"%s\", expected whole, scalar, templates, memory or cores",
			   text_quote(word.bytes, word.size).text);
}

/* A list of small numbers as a set of bits: number n sets bit n - field->min. */
int chip_yaml_read_bits(struct yaml_tree *tree, yaml_node_t *list, const struct yaml_field *field,
			uint32_t *bits, struct parc_err *err)
{
	int count = yaml_items_count(tree, list, field->key, 32, err);
	uint32_t set = 0;

	for (int32_t i = 0; i < count; i++) {
		int64_t number;
		int code = yaml_read_number(tree, yaml_item(tree, list, i), field, &number, err);

		if (code != 0)
			return code;
		set |= UINT32_C(1) << (number - field->min);
	}
	*bits = set;
	return count < 0 ? count : 0;
}

static int read_template(struct yaml_tree *tree, yaml_node_t *map, struct parc_template *template,
			 char name[CHIP_NAME_MAX + 1], struct parc_err *err)
{
	static const struct yaml_field starts = {.key = "starts", .max = PARC_SLOTS_MAX - 1};
	yaml_node_t *node = yaml_find(tree, map, "name");
	int code = yaml_read_map(tree, map, &template_fields, template, err);

	if (code == 0 && node != NULL)
		code = yaml_read_name(tree, node, "name", name, CHIP_NAME_MAX + 1, err);
	if (code == 0)
		code = chip_yaml_read_bits(tree, yaml_find(tree, map, "starts"), &starts,
					   &template->starts, err);
	return code;
}

int chip_yaml_read_templates(struct yaml_tree *tree, yaml_node_t *list, struct parc_chip *chip,
			     char (*names)[CHIP_NAME_MAX + 1], struct parc_err *err)
{
	int count = yaml_items_count(tree, list, "templates", PARC_TEMPLATES_MAX, err);

	for (int32_t i = 0; i < count; i++) {
		int code = read_template(tree, yaml_item(tree, list, i), &chip->templates[i],
					 names[i], err);

		if (code != 0)
			return code;
		chip->templates_count++;
	}
	return count < 0 ? count : 0;
}

int chip_yaml_read_mode_cost(struct yaml_tree *tree, yaml_node_t *node, struct parc_chip *chip,
			     struct parc_err *err)
{
	static const struct yaml_field field = {.key = "mode_cost_s", .max = MODE_COST_S_MAX};
	int64_t cost_s = 0;
	int code = yaml_read_number(tree, node, &field, &cost_s, err);

	chip->mode_cost_us = cost_s * 1000000;
	return code;
}

static int check_templates(const char *name, const struct parc_chip *chip, struct parc_err *err)
{
	if (chip->rule != PARC_RULE_TEMPLATES) {
		if (chip->templates_count == 0 && chip->slots == 0)
			return 0;
		return parc_err_set(err, PARC_ERR_INVALID,
				    "the chip %s has templates or slots, expected the rule "
				    "templates with them",
				    name);
	}
	if (chip->templates_count == 0 || chip->slots == 0)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "the chip %s has the rule templates, expected slots and at "
				    "least one template",
				    name);
	for (int32_t i = 0; i < chip->templates_count; i++) {
		const struct parc_template *template = &chip->templates[i];
		uint64_t reach = (uint64_t) template->starts << (template->slots - 1);

		if (template->starts == 0 || reach >> chip->slots != 0)
			return parc_err_set(err, PARC_ERR_INVALID,
					    "template %d of the chip %s must start so that its %d "
					    "slots lie within the chip's %d",
					    i + 1, name, template->slots, chip->slots);
		if (template->memory_mib > chip->memory_mib)
			return parc_err_set(err, PARC_ERR_INVALID,
					    "template %d of the chip %s has %d MiB, more than the "
					    "chip's %d",
					    i + 1, name, template->memory_mib, chip->memory_mib);
	}
	return 0;
}

int chip_rules_check(const char *name, const struct parc_chip *chip, struct parc_err *err)
{
	if (chip->rule == PARC_RULE_MEMORY && chip->memory_mib == 0)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "the chip %s is shared by memory, expected memory_mib above 0",
				    name);
	if (chip->rule == PARC_RULE_CORES &&
	    (chip->memory_mib != 0 || chip->unit != 1 || chip->counts != 0))
		return parc_err_set(err, PARC_ERR_INVALID,
				    "the chip %s has the rule cores, expected no memory_mib, unit "
				    "or counts with it",
				    name);
	return check_templates(name, chip, err);
}

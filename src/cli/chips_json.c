/* SPDX-License-Identifier: Apache-2.0
 *
 * The catalogue as JSON. Each claim carries its source in full, so that a reader needs no look-up.
 */
#include "cli/chips_json.h"

#include <jansson.h>
#include <stdio.h>

static json_t *source_json(const struct catalogue *catalogue, int32_t source)
{
	const struct catalogue_source *it = &catalogue->sources[source];

	return json_pack("{s:s, s:s, s:s, s:s}", "name", it->name, "kind",
			 catalogue_kind_names[it->kind], "date", it->date, "title", it->title);
}

/* An unknown figure has value null and no claims. */
static json_t *figure_json(const struct catalogue *catalogue, const struct catalogue_chip *chip,
			   int which)
{
	const struct catalogue_figure *figure = &chip->figures[which];
	const struct catalogue_claim *counts = catalogue_value(catalogue, figure);
	json_t *claims = json_array();

	for (int32_t i = 0; i < figure->claims_count; i++)
		json_array_append_new(claims,
				      json_pack("{s:I, s:o}", "value",
						(json_int_t)figure->claims[i].value, "source",
						source_json(catalogue, figure->claims[i].source)));
	return json_pack("{s:o, s:s, s:o}", "value",
			 counts == NULL ? json_null() : json_integer(counts->value), "unit",
			 catalogue_labels[which].unit, "claims", claims);
}

static json_t *counts_json(uint32_t counts)
{
	json_t *list = json_array();

	for (; counts != 0; counts &= counts - 1)
		json_array_append_new(list, json_integer(__builtin_ctz(counts) + 1));
	return list;
}

static json_t *templates_json(const struct catalogue_chip *chip)
{
	json_t *list = json_array();

	for (int32_t t = 0; t < chip->rules.templates_count; t++) {
		const struct parc_template *it = &chip->rules.templates[t];

		json_array_append_new(list, json_pack("{s:s, s:i, s:i, s:i}", "name",
						      chip->template_names[t], "share_milli",
						      it->share_milli, "memory_mib", it->memory_mib,
						      "slots", it->slots));
	}
	return list;
}

static json_t *chip_json(const struct catalogue *catalogue, const struct catalogue_chip *chip)
{
	const struct parc_chip *rules = &chip->rules;
	json_t *figures = json_object();

	for (int i = 0; i < CATALOGUE_FIGURES; i++)
		json_object_set_new(figures, catalogue_labels[i].key,
				    figure_json(catalogue, chip, i));
	return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:o}, s:{s:s, s:i, s:b, s:i, s:o, s:o},"
			 " s:{s:i, s:o, s:b, s:o}, s:o}",
			 "name", chip->name, "make", chip->make, "title", chip->title, "note",
			 chip->note, "runtime", "value", chip->runtime, "source",
			 source_json(catalogue, chip->runtime_source), "sharing", "rule",
			 parc_rule_name(rules->rule), "step_milli", rules->step_milli, "one_user",
			 rules->one_user, "slots", rules->slots, "templates", templates_json(chip),
			 "source", source_json(catalogue, chip->sharing_source), "placing", "unit",
			 rules->unit, "counts", counts_json(rules->counts), "within_link",
			 rules->within_link, "source", source_json(catalogue, chip->placing_source),
			 "figures", figures);
}

static json_t *make_json(const struct catalogue *catalogue, const struct catalogue_make *it)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "name", it->name, "title",
			 it->title, "files", it->files, "library", it->library, "tool", it->tool,
			 "variable", it->variable, "partition", it->partition, "note", it->note,
			 "source", source_json(catalogue, it->source));
}

static json_t *whole_json(const struct catalogue *catalogue)
{
	json_t *chips = json_array(), *makes = json_array();

	for (int32_t i = 0; i < catalogue->chips_count; i++)
		json_array_append_new(chips, chip_json(catalogue, &catalogue->chips[i]));
	for (int32_t i = 0; i < catalogue->makes_count; i++)
		json_array_append_new(makes, make_json(catalogue, &catalogue->makes[i]));
	return json_pack("{s:s, s:o, s:o}", "reference", catalogue->reference, "chips", chips,
			 "makes", makes);
}

int chips_json_print(const struct catalogue *catalogue, const char *name)
{
	json_t *object = name == NULL ? whole_json(catalogue)
				      : chip_json(catalogue, catalogue_find(catalogue, name));
	int failed = object == NULL || json_dumpf(object, stdout, JSON_INDENT(2)) != 0;

	json_decref(object);
	if (failed) {
		fprintf(stderr, "parc: the catalogue could not be written\n");
		return -1;
	}
	printf("\n");
	return 0;
}

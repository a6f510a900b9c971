/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the mix of a fleet. Chips and machines are read as in a fleet file.
 */
#include <stdlib.h>

#include "trace/fleet_yaml.h"
#include "trace/mix.h"

#define AT(field)     offsetof(struct fleet_mix, field)
#define FIELDS(table) (int)(sizeof(table) / sizeof((table)[0]))

static const struct yaml_field mix_list[] = {
	{"chips", YAML_OTHER, false, 0, 0, 0},
	{"models", YAML_OTHER, true, 0, 0, 0},
	{"nodes", YAML_INT32, false, AT(nodes), 1, FLEET_NODES_MAX},
	{"nodes_per_rack", YAML_INT32, false, AT(nodes_per_rack), 1, 1024},
	{"racks_per_pod", YAML_INT32, false, AT(racks_per_pod), 1, 1024},
	{"pods_per_site", YAML_INT32, false, AT(pods_per_site), 1, 1024},
	{"together", YAML_OTHER, false, 0, 0, 0},
};
static const struct yaml_fields mix_fields = {"a fleet mix", mix_list, FIELDS(mix_list)};

static const struct yaml_field model_list[] = {
	{"weight", YAML_INT32, true, offsetof(struct mix_model, weight), 1, MIX_WEIGHT_MAX},
	FLEET_YAML_MACHINE_FIELDS,
};
static const struct yaml_fields model_fields = {"a model", model_list, FIELDS(model_list)};

static int read_together(struct yaml_tree *tree, yaml_node_t *node, int32_t *together,
			 struct parc_err *err)
{
	struct text_field word;
	int code = yaml_read_word(tree, node, "together", &word, err);

	if (code != 0)
		return code;
	for (int32_t level = PARC_LEVEL_SITE; level <= PARC_LEVEL_NODE; level++) {
		if (text_is(word, parc_level_name(level))) {
			*together = level;
			return 0;
		}
	}
	return yaml_refuse(tree, node, PARC_ERR_INVALID, err,
			   "together is \"%s\", expected site, pod, rack or node",
			   text_quote(word.bytes, word.size).text);
}

static int read_model(struct yaml_tree *tree, yaml_node_t *map, struct fleet_builder *builder,
		      struct mix_model *model, struct parc_err *err)
{
	struct fleet_node node = {.name = "of this model"};
	int code = yaml_read_map(tree, map, &model_fields, model, err);

	if (code == 0)
		code = fleet_yaml_read_machine(tree, map, builder, &model->add, err);
	if (code != 0)
		return code;
	node.add = model->add;
	code = fleet_node_check(builder->fleet, &node, err);
	return code != 0 ? yaml_locate(tree, map, code, err) : 0;
}

static int read_models(struct yaml_tree *tree, yaml_node_t *list, struct fleet_mix *mix,
		       struct fleet_builder *builder, struct parc_err *err)
{
	int count = yaml_items_count(tree, list, "models", MIX_MODELS_MAX, err);

	if (count < 0)
		return count;
	if (count == 0)
		return yaml_refuse(tree, list, PARC_ERR_SYNTAX, err,
				   "models is empty, expected at least one");
	mix->models = calloc((size_t)count, sizeof(*mix->models));
	if (mix->models == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for %d models", count);
	mix->models_count = count;
	for (int32_t i = 0; i < count; i++) {
		int code =
			read_model(tree, yaml_item(tree, list, i), builder, &mix->models[i], err);

		if (code != 0)
			return code;
	}
	return 0;
}

static int read_mix(struct yaml_tree *tree, struct fleet_mix *mix, struct fleet_builder *builder,
		    struct parc_err *err)
{
	yaml_node_t *map, *together, *chips;
	int code = yaml_tree_root(tree, "a mix of a fleet", "fleet_mix", &map, err);

	if (code == 0)
		code = yaml_read_map(tree, map, &mix_fields, mix, err);
	chips = code == 0 ? yaml_find(tree, map, "chips") : NULL;
	if (chips != NULL)
		code = fleet_yaml_read_chips(tree, chips, builder, err);
	if (code == 0)
		code = read_models(tree, yaml_find(tree, map, "models"), mix, builder, err);
	if (code != 0)
		return code;
	together = yaml_find(tree, map, "together");
	return together != NULL ? read_together(tree, together, &mix->together, err) : 0;
}

static int read_bytes(struct fleet_mix *mix, const struct text *text,
		      const struct catalogue *catalogue, struct parc_err *err)
{
	struct fleet_builder builder;
	struct yaml_tree tree;
	int code;

	*mix = (struct fleet_mix){.nodes_per_rack = 4,
				  .racks_per_pod = 32,
				  .pods_per_site = 16,
				  .together = PARC_LEVEL_RACK};
	fleet_builder_init(&builder, &mix->catalogue);
	builder.catalogue = catalogue;
	code = yaml_tree_init(&tree, text->name, text->bytes, text->size, err);
	if (code == 0)
		code = read_mix(&tree, mix, &builder, err);
	yaml_tree_deinit(&tree);
	fleet_builder_deinit(&builder);
	if (code != 0)
		fleet_mix_deinit(mix);
	return code;
}

int fleet_mix_read_bytes(struct fleet_mix *mix, const char *name, const char *bytes, size_t size,
			 struct parc_err *err)
{
	const struct text text = {.name = name, .bytes = bytes, .size = size};

	return read_bytes(mix, &text, NULL, err);
}

int fleet_mix_read_with(struct fleet_mix *mix, const char *path, const struct catalogue *catalogue,
			struct parc_err *err)
{
	struct text text = {.name = path};
	char *bytes;
	size_t size;
	int code;

	*mix = (struct fleet_mix){0};
	code = text_load(path, &bytes, &size, err);
	if (code != 0)
		return code;
	text.bytes = bytes;
	text.size = size;
	code = read_bytes(mix, &text, catalogue, err);
	free(bytes);
	return code;
}

int fleet_mix_read(struct fleet_mix *mix, const char *path, struct parc_err *err)
{
	return fleet_mix_read_with(mix, path, NULL, err);
}

void fleet_mix_deinit(struct fleet_mix *mix)
{
	fleet_deinit(&mix->catalogue);
	free(mix->models);
	*mix = (struct fleet_mix){0};
}

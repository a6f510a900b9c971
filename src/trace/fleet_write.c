/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing a fleet in each of its forms. CSV and openb are one pass; YAML walks the tree of places,
 * whose children are linked in one pass before, and writes a run of equal nodes with consecutive
 * numbers as one entry with a count.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "text/yaml_out.h"
#include "trace/fleet.h"

static int end_file(FILE *out, struct parc_err *err)
{
	if (fflush(out) != 0 || ferror(out))
		return parc_err_set(err, PARC_ERR_IO, "writing the fleet failed");
	return 0;
}

/* The name of the node's place at a level, "" if it is in none. */
static const char *place_name(const struct fleet *fleet, int64_t place, int32_t level)
{
	while (place != PARC_NONE) {
		const struct fleet_place *at = &fleet->places[place - 1];

		if (at->level == level)
			return at->name;
		place = at->parent;
	}
	return "";
}

static void write_csv_node(const struct fleet *fleet, const struct fleet_node *node, FILE *out)
{
	fprintf(out, "%s,%s,%s,%s,%d,%lld,", node->name,
		place_name(fleet, node->add.place, PARC_LEVEL_SITE),
		place_name(fleet, node->add.place, PARC_LEVEL_POD),
		place_name(fleet, node->add.place, PARC_LEVEL_RACK), node->add.cpu_milli,
		(long long)node->add.memory_mib);
	for (int32_t i = 0; i < node->add.pools_count; i++) {
		const struct parc_pool *pool = &node->add.pools[i];

		fprintf(out, "%s%s:%d", i > 0 ? ";" : "", fleet->chips[pool->chip].name,
			pool->devices);
		if (pool->link_size > 0)
			fprintf(out, "/%d", pool->link_size);
	}
	fputc('\n', out);
}

int fleet_write_csv(const struct fleet *fleet, FILE *out, struct parc_err *err)
{
	fputs("name,site,pod,rack,cpu_milli,memory_mib,pools\n", out);
	for (int32_t i = 0; i < fleet->nodes_count; i++)
		write_csv_node(fleet, &fleet->nodes[i], out);
	return end_file(out, err);
}

int fleet_write_openb(const struct fleet *fleet, FILE *out, struct parc_err *err)
{
	for (int32_t i = 0; i < fleet->nodes_count; i++) {
		if (fleet->nodes[i].add.pools_count > 1)
			return parc_err_set(err, PARC_ERR_INVALID,
					    "the node %s has %d pools, openb's list has at most "
					    "one; write YAML or CSV",
					    fleet->nodes[i].name, fleet->nodes[i].add.pools_count);
	}
	fputs("sn,cpu_milli,memory_mib,gpu,model\n", out);
	for (int32_t i = 0; i < fleet->nodes_count; i++) {
		const struct fleet_node *node = &fleet->nodes[i];
		const struct parc_pool *pool = &node->add.pools[0];
		bool has_pool = node->add.pools_count > 0;

		fprintf(out, "%s,%d,%lld,%d,%s\n", node->name, node->add.cpu_milli,
			(long long)node->add.memory_mib, has_pool ? pool->devices : 0,
			has_pool ? fleet->chips[pool->chip].name : "");
	}
	return end_file(out, err);
}

static void write_bits(struct yaml_out *out, const char *key, uint32_t bits, int32_t first)
{
	yaml_out_list(out, key, true);
	for (int32_t i = 0; i < 32; i++) {
		if ((bits >> i & 1) != 0)
			yaml_out_number(out, NULL, i + first);
	}
	yaml_out_list_end(out);
}

static void write_templates(struct yaml_out *out, const struct fleet_chip *chip)
{
	yaml_out_list(out, "templates", false);
	for (int32_t i = 0; i < chip->chip.templates_count; i++) {
		const struct parc_template *template = &chip->chip.templates[i];

		yaml_out_map(out, NULL, true);
		if (chip->template_names[i][0] != '\0')
			yaml_out_text(out, "name", chip->template_names[i]);
		yaml_out_number(out, "share_milli", template->share_milli);
		yaml_out_number(out, "memory_mib", template->memory_mib);
		yaml_out_number(out, "slots", template->slots);
		write_bits(out, "starts", template->starts, 0);
		yaml_out_map_end(out);
	}
	yaml_out_list_end(out);
}

static void write_speed(struct yaml_out *out, const struct parc_chip *chip)
{
	int32_t known = 0;

	for (int32_t i = PARC_CLASS_TRAIN; i <= PARC_CLASS_BATCH; i++)
		known += chip->speed_milli[i] != 0;
	if (known == 0)
		return;
	yaml_out_map(out, "speed", true);
	for (int32_t i = PARC_CLASS_TRAIN; i <= PARC_CLASS_BATCH; i++) {
		if (chip->speed_milli[i] != 0)
			yaml_out_number(out, parc_class_name(i), chip->speed_milli[i]);
	}
	yaml_out_map_end(out);
}

static void write_prices(struct yaml_out *out, const struct parc_chip *chip)
{
	int count = 4;

	while (count > 0 && chip->price_micro[count - 1] == 0)
		count--;
	if (count == 0)
		return;
	yaml_out_list(out, "price_micro", true);
	for (int i = 0; i < count; i++)
		yaml_out_number(out, NULL, chip->price_micro[i]);
	yaml_out_list_end(out);
}

/* How the chip may be taken in parts and in numbers. */
static void write_partition(struct yaml_out *out, const struct fleet_chip *chip)
{
	if (chip->chip.counts != 0)
		write_bits(out, "counts", chip->chip.counts, 1);
	if (chip->chip.one_user)
		yaml_out_text(out, "one_user", "true");
	if (chip->chip.within_link)
		yaml_out_text(out, "within_link", "true");
	if (chip->chip.templates_count > 0) {
		yaml_out_number(out, "slots", chip->chip.slots);
		write_templates(out, chip);
	}
	if (chip->chip.mode_cost_us != 0)
		yaml_out_number(out, "mode_cost_s", chip->chip.mode_cost_us / 1000000);
}

static void write_chip(struct yaml_out *out, const struct fleet *fleet,
		       const struct fleet_chip *chip)
{
	yaml_out_map(out, NULL, false);
	yaml_out_text(out, "name", chip->name);
	yaml_out_text(out, "rule", parc_rule_name(chip->chip.rule));
	if (chip->chip.memory_mib != 0)
		yaml_out_number(out, "memory_mib", chip->chip.memory_mib);
	yaml_out_number(out, "step_milli", chip->chip.step_milli);
	yaml_out_number(out, "rate_milli", chip->chip.rate_milli);
	if (chip->chip.runtime != 0)
		yaml_out_text(out, "runtime", fleet->runtimes[chip->chip.runtime - 1].name);
	if (chip->chip.unit != 1)
		yaml_out_number(out, "unit", chip->chip.unit);
	write_partition(out, chip);
	write_speed(out, &chip->chip);
	write_prices(out, &chip->chip);
	yaml_out_map_end(out);
}

/* A name's trailing number, of at most nine digits. */
struct tail {
	size_t prefix; /* bytes before the number */
	int32_t digits, number;
};

static struct tail name_tail(const char *name)
{
	size_t size = strlen(name);
	struct tail tail = {.prefix = size};

	while (tail.prefix > 1 && tail.digits < 8 && name[tail.prefix - 1] >= '0' &&
	       name[tail.prefix - 1] <= '9') {
		tail.prefix--;
		tail.digits++;
	}
	for (size_t i = tail.prefix; i < size; i++)
		tail.number = tail.number * 10 + (name[i] - '0');
	return tail;
}

/* Is `next` the same machine as `node` with the number that is `ahead` higher? */
static bool is_copy(const struct fleet_node *node, const struct fleet_node *next, int32_t ahead)
{
	struct tail a = name_tail(node->name), b = name_tail(next->name);

	return a.digits > 0 && a.digits == b.digits && a.prefix == b.prefix &&
	       memcmp(node->name, next->name, a.prefix) == 0 && a.number + ahead == b.number &&
	       node->add.cpu_milli == next->add.cpu_milli &&
	       node->add.memory_mib == next->add.memory_mib &&
	       node->add.pools_count == next->add.pools_count &&
	       memcmp(node->add.pools, next->add.pools, sizeof(node->add.pools)) == 0;
}

static void write_name(struct yaml_out *out, const struct fleet_node *node, int32_t count)
{
	struct tail tail = name_tail(node->name);
	char prefix[FLEET_NAME_MAX + 1];

	if (count == 1) {
		yaml_out_text(out, "name", node->name);
		return;
	}
	memcpy(prefix, node->name, tail.prefix);
	prefix[tail.prefix] = '\0';
	yaml_out_text(out, "name", prefix);
	yaml_out_number(out, "count", count);
	yaml_out_number(out, "first", tail.number);
	yaml_out_number(out, "digits", tail.digits);
}

static void write_nodes(struct yaml_out *out, const struct fleet *fleet,
			const struct fleet_node *node, int32_t count)
{
	yaml_out_map(out, NULL, true);
	write_name(out, node, count);
	yaml_out_number(out, "cpu_milli", node->add.cpu_milli);
	yaml_out_number(out, "memory_mib", node->add.memory_mib);
	yaml_out_list(out, "pools", true);
	for (int32_t i = 0; i < node->add.pools_count; i++) {
		const struct parc_pool *pool = &node->add.pools[i];

		yaml_out_map(out, NULL, true);
		yaml_out_text(out, "chip", fleet->chips[pool->chip].name);
		yaml_out_number(out, "devices", pool->devices);
		if (pool->link_size > 0)
			yaml_out_number(out, "link_size", pool->link_size);
		yaml_out_map_end(out);
	}
	yaml_out_list_end(out);
	yaml_out_map_end(out);
}

/* The tree of places: what stands in each, by index; entry 0 is the fleet, entry i place i. */
struct tree {
	int32_t *first_node, *next_node;   /* index of a node, -1: none */
	int32_t *first_place, *next_place; /* id of a place, 0: none */
};

static const char *const level_keys[] = {
	[PARC_LEVEL_SITE] = "sites", [PARC_LEVEL_POD] = "pods", [PARC_LEVEL_RACK] = "racks"};

static void tree_deinit(struct tree *tree)
{
	free(tree->first_node);
	free(tree->next_node);
	free(tree->first_place);
	free(tree->next_place);
}

static int tree_init(struct tree *tree, const struct fleet *fleet, struct parc_err *err)
{
	size_t places = (size_t)fleet->places_count + 1, nodes = (size_t)fleet->nodes_count + 1;

	tree->first_node = malloc(places * sizeof(int32_t));
	tree->next_node = malloc(nodes * sizeof(int32_t));
	tree->first_place = calloc(places, sizeof(int32_t));
	tree->next_place = calloc(places, sizeof(int32_t));
	if (tree->first_node == NULL || tree->next_node == NULL || tree->first_place == NULL ||
	    tree->next_place == NULL) {
		tree_deinit(tree);
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the tree of places");
	}
	memset(tree->first_node, 0xff, places * sizeof(int32_t));
	for (int32_t i = fleet->nodes_count - 1; i >= 0; i--) {
		int64_t place = fleet->nodes[i].add.place;

		tree->next_node[i] = tree->first_node[place];
		tree->first_node[place] = i;
	}
	for (int32_t id = fleet->places_count; id > 0; id--) {
		int64_t parent = fleet->places[id - 1].parent;

		tree->next_place[id] = tree->first_place[parent];
		tree->first_place[parent] = id;
	}
	return 0;
}

static void write_place_nodes(struct yaml_out *out, const struct fleet *fleet,
			      const struct tree *tree, int32_t place)
{
	int32_t at = tree->first_node[place];

	if (at < 0)
		return;
	yaml_out_list(out, "nodes", false);
	while (at >= 0) {
		const struct fleet_node *node = &fleet->nodes[at];
		int32_t count = 0;

		do {
			count++;
			at = tree->next_node[at];
		} while (at >= 0 && is_copy(node, &fleet->nodes[at], count));
		write_nodes(out, fleet, node, count);
	}
	yaml_out_list_end(out);
}

/* What is in a place: its nodes, then the places in it, one list a level. */
static void write_inside(struct yaml_out *out, const struct fleet *fleet, const struct tree *tree,
			 int32_t place)
{
	write_place_nodes(out, fleet, tree, place);
	for (int32_t level = PARC_LEVEL_SITE; level <= PARC_LEVEL_RACK; level++) {
		bool has_list = false;

		for (int32_t id = tree->first_place[place]; id != 0; id = tree->next_place[id]) {
			if (fleet->places[id - 1].level != level)
				continue;
			if (!has_list)
				yaml_out_list(out, level_keys[level], false);
			has_list = true;
			yaml_out_map(out, NULL, false);
			yaml_out_text(out, "name", fleet->places[id - 1].name);
			write_inside(out, fleet, tree, id);
			yaml_out_map_end(out);
		}
		if (has_list)
			yaml_out_list_end(out);
	}
}

int fleet_write_yaml(const struct fleet *fleet, FILE *file, struct parc_err *err)
{
	struct yaml_out out;
	struct tree tree;
	int code = tree_init(&tree, fleet, err);

	if (code != 0)
		return code;
	yaml_out_begin(&out, file);
	yaml_out_map(&out, NULL, false);
	yaml_out_map(&out, "fleet", false);
	yaml_out_list(&out, "chips", false);
	for (int32_t i = 0; i < fleet->chips_count; i++)
		write_chip(&out, fleet, &fleet->chips[i]);
	yaml_out_list_end(&out);
	write_inside(&out, fleet, &tree, 0);
	yaml_out_map_end(&out);
	yaml_out_map_end(&out);
	tree_deinit(&tree);
	return yaml_out_end(&out, file, err);
}

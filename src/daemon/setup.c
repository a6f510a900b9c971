/* SPDX-License-Identifier: Apache-2.0
 *
 * Bringing the core to what the machine and the configuration say. What did not change since the
 * last start makes no record: a hash of it is kept beside the names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "daemon/act.h"

#define NODE_AGAIN "#" /* between the name of a node and how often it was there */

static int fleet_allocate(struct fleet *fleet, int32_t chips, struct parc_err *err)
{
	fleet->chips = calloc((size_t)chips + 1, sizeof(*fleet->chips));
	fleet->runtimes = calloc((size_t)chips + 1, sizeof(*fleet->runtimes));
	fleet->nodes = calloc(1, sizeof(*fleet->nodes));
	if (fleet->chips != NULL && fleet->nodes != NULL && fleet->runtimes != NULL)
		return 0;
	fleet_deinit(fleet);
	return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the fleet");
}

/* What the catalogue knows of a chip that was found here: what it counts for, how fast it is, and
 * its runtime. How it is shared, the engine says. The catalogue's name of an instance of a device,
 * A100-1g.10gb, is not known: it has the runtime of the device. */
static void chip_describe(const struct catalogue *catalogue, struct fleet *fleet,
			  struct fleet_chip *chip)
{
	const struct catalogue_chip *it = catalogue_find(catalogue, chip->name);
	char base[FLEET_NAME_MAX + 1];
	struct parc_chip known;
	int32_t at = 0;

	snprintf(base, sizeof(base), "%.*s", (int)strcspn(chip->name, "-"), chip->name);
	if (it != NULL) {
		catalogue_fill(catalogue, it, &known);
		chip->chip.rate_milli = known.rate_milli;
		chip->chip.price_micro[0] = known.price_micro[0];
		memcpy(chip->chip.speed_milli, known.speed_milli, sizeof(known.speed_milli));
	} else {
		it = catalogue_find(catalogue, base);
	}
	if (it == NULL)
		return;
	while (at < fleet->runtimes_count && strcmp(fleet->runtimes[at].name, it->runtime) != 0)
		at++;
	if (at == fleet->runtimes_count)
		memcpy(fleet->runtimes[fleet->runtimes_count++].name, it->runtime,
		       sizeof(it->runtime));
	chip->chip.runtime = at + 1;
}

/* This machine as a fleet of one node. */
static int fleet_of_machine(const struct engine_machine *machine, const struct catalogue *catalogue,
			    struct fleet *fleet, struct parc_err *err)
{
	struct fleet_node *node;

	*fleet = (struct fleet){0};
	if (fleet_allocate(fleet, machine->pools_count, err) != 0)
		return PARC_ERR_MEMORY;
	node = fleet->nodes;
	fleet->nodes_count = 1;
	snprintf(node->name, sizeof(node->name), "%s", machine->name);
	node->add.cpu_milli = machine->cpu_milli;
	node->add.memory_mib = machine->memory_mib;
	node->add.pools_count = machine->pools_count;
	for (int32_t i = 0; i < machine->pools_count; i++) {
		const struct engine_pool *pool = &machine->pools[i];
		struct fleet_chip *chip = &fleet->chips[fleet->chips_count];

		node->add.pools[i] =
			(struct parc_pool){fleet->chips_count, pool->devices, pool->link_size};
		snprintf(chip->name, sizeof(chip->name), "%s", pool->chip);
		chip->chip = (struct parc_chip){.chip = fleet->chips_count++,
						.rule = pool->rule,
						.memory_mib = pool->memory_mib,
						.step_milli =
							pool->step_milli > 0 ? pool->step_milli : 1,
						.rate_milli = PARC_SHARE_WHOLE,
						.unit = 1,
						.one_user = pool->one_user};
		chip_describe(catalogue, fleet, chip);
		if (pool->rule != PARC_RULE_CORES)
			fleet->devices += pool->devices;
	}
	return 0;
}

int fleet_find(struct daemon *daemon, struct fleet *fleet, struct parc_err *err)
{
	struct catalogue *catalogue = catalogue_create();
	char file[YAML_PATH_MAX] = "";
	int code = catalogue == NULL
			   ? parc_err_set(err, PARC_ERR_MEMORY, "no memory for the catalogue")
			   : catalogue_add_default(catalogue, err);

	if (code == 0)
		code = config_catalogue(daemon->options.config, file, err);
	if (code == 0 && file[0] != '\0')
		code = catalogue_add_file(catalogue, file, err);
	if (code == 0)
		code = daemon->options.fleet != NULL
			       ? fleet_read_with(fleet, daemon->options.fleet, catalogue, err)
			       : fleet_of_machine(&daemon->machine, catalogue, fleet, err);
	catalogue_destroy(catalogue);
	return code;
}

static uint64_t fleet_hash(const struct fleet *fleet)
{
	uint64_t hash = HASH_START;

	for (int32_t i = 0; i < fleet->chips_count; i++) {
		hash = hash_bytes(hash, fleet->chips[i].name, strlen(fleet->chips[i].name) + 1);
		hash = hash_bytes(hash, &fleet->chips[i].chip, sizeof(fleet->chips[i].chip));
	}
	for (int32_t i = 0; i < fleet->nodes_count; i++) {
		hash = hash_bytes(hash, fleet->nodes[i].name, strlen(fleet->nodes[i].name) + 1);
		hash = hash_bytes(hash, &fleet->nodes[i].add, sizeof(fleet->nodes[i].add));
	}
	return hash;
}

/* Is the kept hash of this name the same? It is renewed when it is not. */
static int hash_is_new(struct daemon *daemon, const char *name, uint64_t hash, int keep)
{
	const char *text = "";
	char now[20];
	int64_t number;
	int found = store_name_find(daemon->store, STORE_SETTING, name, &number, &text, NULL);
	int is_new;

	snprintf(now, sizeof(now), "%016llx", (unsigned long long)hash);
	is_new = found != 1 || strcmp(text, now) != 0;
	if (is_new && keep && store_begin(daemon->store, NULL) == 0)
		store_name_add(daemon->store, STORE_SETTING, name, now, &number, NULL);
	return is_new;
}

static int chip_visit(void *context, int64_t number, const char *name, const char *text)
{
	struct spec_chips *chips = context;

	if (number < 1 || number > PARC_CHIPS_MAX)
		return PARC_ERR_CORRUPT;
	snprintf(chips->names[number - 1], sizeof(chips->names[0]), "%s", name);
	snprintf(chips->runtimes[number - 1], sizeof(chips->runtimes[0]), "%s", text);
	chips->count = (int32_t)number;
	return 0;
}

int setup_chips(struct daemon *daemon, struct parc_err *err)
{
	return store_name_list(daemon->store, STORE_CHIP, chip_visit, &daemon->chips, err);
}

/* Chips keep their numbers over all starts; `numbers` maps the fleet's to them. */
static int chips_set(struct daemon *daemon, const struct fleet *fleet, int32_t *numbers,
		     struct parc_err *err)
{
	struct parc_event event = {.kind = PARC_EVENT_CHIP_SET};
	int code = 0;

	for (int32_t i = 0; code == 0 && i < fleet->chips_count; i++) {
		int32_t runtime = fleet->chips[i].chip.runtime;
		int64_t number = 0;

		code = store_name_add(daemon->store, STORE_CHIP, fleet->chips[i].name,
				      runtime > 0 ? fleet->runtimes[runtime - 1].name : "", &number,
				      err);
		if (code == 0 && number > PARC_CHIPS_MAX)
			code = parc_err_set(err, PARC_ERR_FULL, "there were more than %d chips",
					    PARC_CHIPS_MAX);
		numbers[i] = (int32_t)number - 1;
		event.chip = fleet->chips[i].chip;
		event.chip.chip = numbers[i];
		if (code == 0)
			code = daemon_step(daemon, &event, err);
	}
	return code == 0 ? setup_chips(daemon, err) : code;
}

static int places_add(struct daemon *daemon, const struct fleet *fleet, struct parc_err *err)
{
	struct parc_event event = {.kind = PARC_EVENT_PLACE_ADD};
	int code = 0;

	for (int32_t i = 0; code == 0 && i < fleet->places_count; i++) {
		event.place.place = i + 1;
		event.place.parent = fleet->places[i].parent;
		event.place.level = fleet->places[i].level;
		code = daemon_step(daemon, &event, err);
	}
	return code;
}

/* A node that was there before gets a number and a name of its own: host, host#2, ... */
static int node_name(struct daemon *daemon, const char *name, int64_t *number, struct parc_err *err)
{
	char text[ENGINE_NAME_MAX + 16];
	const char *unused;
	int64_t old;
	int again = 1;

	snprintf(text, sizeof(text), "%s", name);
	while (store_name_find(daemon->store, STORE_NODE, text, &old, &unused, err) == 1)
		snprintf(text, sizeof(text), "%s" NODE_AGAIN "%d", name, ++again);
	return store_name_add(daemon->store, STORE_NODE, text, "", number, err);
}

static int nodes_add(struct daemon *daemon, const struct fleet *fleet, const int32_t *numbers,
		     int with_places, struct parc_err *err)
{
	struct parc_event event = {.kind = PARC_EVENT_NODE_ADD};
	int code = 0;

	for (int32_t i = 0; code == 0 && i < fleet->nodes_count; i++) {
		event.node_add = fleet->nodes[i].add;
		if (!with_places)
			event.node_add.place = PARC_NONE;
		for (int32_t p = 0; p < event.node_add.pools_count; p++)
			event.node_add.pools[p].chip = numbers[event.node_add.pools[p].chip];
		code = node_name(daemon, fleet->nodes[i].name, &event.node_add.node, err);
		if (code == 0)
			code = daemon_step(daemon, &event, err);
	}
	return code;
}

struct removal {
	struct daemon *daemon;
	struct parc_err *err;
};

static int node_remove(void *context, int64_t number, const char *name, const char *text)
{
	struct removal *removal = context;
	struct parc_node_info info;
	struct parc_event event = {.kind = PARC_EVENT_NODE_REMOVE, .node.node = number};

	(void)name;
	(void)text;
	if (parc_node_info(removal->daemon->core, number, &info) != 0)
		return 0; /* removed before */
	return daemon_step(removal->daemon, &event, removal->err);
}

int daemon_node_name(struct daemon *daemon, int64_t node, char name[ENGINE_NAME_MAX + 1])
{
	const char *found, *text;

	if (store_name_of(daemon->store, STORE_NODE, node, &found, &text, NULL) != 1)
		return PARC_ERR_UNKNOWN;
	snprintf(name, ENGINE_NAME_MAX + 1, "%.*s", (int)strcspn(found, NODE_AGAIN), found);
	return 0;
}

static int node_note(void *context, int64_t number, const char *name, const char *text)
{
	struct daemon *daemon = context;
	struct parc_node_info info;

	(void)name;
	(void)text;
	if (parc_node_info(daemon->core, number, &info) == 0)
		daemon->node = number;
	return 0;
}

static int fleet_change(struct daemon *daemon, const struct fleet *fleet, struct parc_err *err)
{
	struct removal removal = {daemon, err};
	int32_t numbers[PARC_CHIPS_MAX];
	int is_first = store_last(daemon->store) == 0, code;

	if (parc_count(daemon->core, PARC_COUNT_TASKS) > 0) {
		log_write(&daemon->log, LOG_WARNING_LEVEL,
			  "the machine has changed since the last start while jobs run: its old "
			  "devices stay until the daemon is started with none running");
		return setup_chips(daemon, err);
	}
	code = store_begin(daemon->store, err);
	if (code == 0 && !is_first)
		code = store_name_list(daemon->store, STORE_NODE, node_remove, &removal, err);
	if (code == 0)
		code = chips_set(daemon, fleet, numbers, err);
	if (code == 0 && is_first)
		code = places_add(daemon, fleet, err);
	if (code == 0)
		code = nodes_add(daemon, fleet, numbers, is_first, err);
	if (code == 0)
		hash_is_new(daemon, "fleet", fleet_hash(fleet), 1);
	return code;
}

/* What the devices of a chip can be cut into. */
static void partitions_note(struct daemon *daemon, const struct fleet_chip *chip, int32_t at)
{
	for (int32_t i = 0; i < chip->chip.templates_count; i++) {
		struct spec_partition *it = &daemon->chips.partitions[at][i];

		snprintf(it->name, sizeof(it->name), "%s", chip->template_names[i]);
		it->share_milli = chip->chip.templates[i].share_milli;
		it->memory_mib = chip->chip.templates[i].memory_mib;
	}
}

/* There are devices of this chip. */
static void chip_note(struct daemon *daemon, const struct fleet_chip *chip)
{
	for (int32_t c = 0; c < daemon->chips.count; c++) {
		if (chip->chip.rule == PARC_RULE_CORES ||
		    strcmp(daemon->chips.names[c], chip->name) != 0)
			continue;
		daemon->chips.present |= UINT64_C(1) << c;
		partitions_note(daemon, chip, c);
	}
}

/* Of which chips there are devices: work without a word on its runtime is for these. */
static void chips_note(struct daemon *daemon, const struct fleet *fleet)
{
	daemon->chips.present = 0;
	memset(daemon->chips.partitions, 0, sizeof(daemon->chips.partitions));
	for (int32_t i = 0; i < fleet->nodes_count; i++) {
		const struct parc_node_add *add = &fleet->nodes[i].add;

		for (int32_t p = 0; p < add->pools_count; p++)
			chip_note(daemon, &fleet->chips[add->pools[p].chip]);
	}
}

int setup_fleet(struct daemon *daemon, const struct fleet *fleet, struct parc_err *err)
{
	int code = hash_is_new(daemon, "fleet", fleet_hash(fleet), 0)
			   ? fleet_change(daemon, fleet, err)
			   : setup_chips(daemon, err);

	if (code == 0)
		chips_note(daemon, fleet);
	if (code == 0)
		code = store_name_list(daemon->store, STORE_NODE, node_note, daemon, err);
	return code;
}

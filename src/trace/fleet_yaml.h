/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of parc's YAML that fleet files and mixes of fleets share: the list of chips, and what a
 * machine holds.
 */
#ifndef TRACE_FLEET_YAML_H
#define TRACE_FLEET_YAML_H

#include "text/yaml_tree.h"
#include "trace/fleet_build.h"

/* Keys that fleet_yaml_read_machine reads, for the caller's table of fields. */
#define FLEET_YAML_MACHINE_FIELDS                                                       \
	{.key = "cpu_milli", .kind = YAML_OTHER}, {.key = "cores", .kind = YAML_OTHER}, \
		{.key = "memory_mib", .kind = YAML_OTHER},                              \
		{.key = "memory_gib", .kind = YAML_OTHER},                              \
	{                                                                               \
		.key = "pools", .kind = YAML_OTHER                                      \
	}

/* The fleet's chip that the scalar names, its index in *chip; `label` says what the scalar is. */
int fleet_yaml_find_chip(struct yaml_tree *tree, yaml_node_t *node, const char *label,
			 const struct fleet *fleet, int32_t *chip, struct parc_err *err);

/* Add a bit in *chips for each chip of the fleet in the list below `key`; no key: none. Returns how
 * many the list has, or a negative code. */
int fleet_yaml_find_chips(struct yaml_tree *tree, yaml_node_t *map, const char *key,
			  const struct fleet *fleet, uint64_t *chips, struct parc_err *err);

extern const struct yaml_scaled fleet_yaml_cpu, fleet_yaml_memory;

/* Add a list of chips. */
int fleet_yaml_read_chips(struct yaml_tree *tree, yaml_node_t *list, struct fleet_builder *builder,
			  struct parc_err *err);

/* CPU, memory and pools of a node; its chips are the file's or the catalogue's. */
int fleet_yaml_read_machine(struct yaml_tree *tree, yaml_node_t *map, struct fleet_builder *builder,
			    struct parc_node_add *add, struct parc_err *err);

#endif

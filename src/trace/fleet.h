/* SPDX-License-Identifier: Apache-2.0
 *
 * A fleet as files describe it: chips, places, nodes, with their names. The core knows numbers
 * only; names live here. Ids are 1, 2, ... in the order of the file, so that id - 1 is the index.
 *
 *   read      fleet_read (parc YAML, parc CSV or openb's node list, told apart by content)
 *   make      fleet_generate (generate.h)
 *   write     fleet_write_yaml, fleet_write_csv, fleet_write_openb
 *   use       fleet_limits, fleet_load: the CHIP_SET, PLACE_ADD and NODE_ADD events
 */
#ifndef TRACE_FLEET_H
#define TRACE_FLEET_H

#include <stdio.h>

#include "chip/catalogue.h"
#include "parc/core.h"

#define FLEET_NAME_MAX CHIP_NAME_MAX /* bytes of a name */

struct fleet_chip {
	char name[FLEET_NAME_MAX + 1];
	struct parc_chip chip; /* chip.chip is the index in `chips` */
	char template_names[PARC_TEMPLATES_MAX][FLEET_NAME_MAX + 1]; /* "": none */
};

struct fleet_runtime {
	char name[FLEET_NAME_MAX + 1]; /* of a software family; its index + 1 is chip.runtime */
};

struct fleet_place {
	char name[FLEET_NAME_MAX + 1];
	int64_t parent; /* id of the place above, PARC_NONE: the fleet */
	int32_t level;	/* enum parc_level: SITE, POD or RACK */
};

struct fleet_node {
	char name[FLEET_NAME_MAX + 1];
	struct parc_node_add add; /* add.node is its index + 1, add.rank its index */
};

struct fleet {
	struct fleet_chip *chips;
	struct fleet_runtime *runtimes; /* in order of appearance; runtime 0: not known */
	struct fleet_place *places;	/* a place after its parent */
	struct fleet_node *nodes;
	int32_t chips_count, runtimes_count, places_count, nodes_count;
	int64_t devices; /* of all nodes, without the cores of CORES pools */
};

/* Read a fleet file. Chips that it names and does not define are those of the catalogue, of the
 * program's own where none is given. A malformed line is refused with file, line, column and what
 * was expected; `fleet` is then empty. The caller ends it with fleet_deinit. */
int fleet_read(struct fleet *fleet, const char *path, struct parc_err *err);
int fleet_read_with(struct fleet *fleet, const char *path, const struct catalogue *catalogue,
		    struct parc_err *err);
int fleet_read_bytes(struct fleet *fleet, const char *name, const char *bytes, size_t size,
		     struct parc_err *err);
void fleet_deinit(struct fleet *fleet); /* takes an empty one */

/* Index of a chip by name, -1 if there is none. */
int32_t fleet_find_chip(const struct fleet *fleet, const char *name);

/* Write it so that fleet_read reads it again: 0, or PARC_ERR_IO. YAML keeps everything; its nodes
 * come out place by place. CSV keeps nodes and the names of chips. openb's list keeps one pool a
 * node and no places, and refuses a fleet with more than one (PARC_ERR_INVALID). */
int fleet_write_yaml(const struct fleet *fleet, FILE *out, struct parc_err *err);
int fleet_write_csv(const struct fleet *fleet, FILE *out, struct parc_err *err);
int fleet_write_openb(const struct fleet *fleet, FILE *out, struct parc_err *err);

/* Limits of a core that holds this fleet and `jobs` jobs at one time. */
struct parc_limits fleet_limits(const struct fleet *fleet, int32_t jobs);

/* Step the fleet's events into a core at `time_us`. */
int fleet_load(const struct fleet *fleet, struct parc_core *core, int64_t time_us,
	       struct parc_err *err);

#endif

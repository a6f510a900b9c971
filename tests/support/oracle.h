/* SPDX-License-Identifier: Apache-2.0
 *
 * An oracle for tiny fleets: the rules of placing restated without the core's code, and a search
 * through all ways to place a job. It keeps a book of its own of what is free, and takes only
 * what the rules allow, so it is also the judge of what the core does.
 *
 * The cost is exponential in the tasks: fleets of a few nodes, gangs of a few tasks.
 */
#ifndef SUPPORT_ORACLE_H
#define SUPPORT_ORACLE_H

#include "parc/core.h"

#define ORACLE_NODES_MAX  8
#define ORACLE_PLACES_MAX 16
#define ORACLE_TASKS_MAX  16

struct oracle_device {
	int32_t chip, link; /* link group: its number within the node */
	int32_t pool, unit; /* unit: its number within the pool */
	int32_t milli, mib; /* free */
	uint32_t slots;	    /* taken */
	int64_t owner;	    /* 0: nobody shares it */
	int32_t holders, failed;
};

struct oracle_node {
	int64_t id, place, memory; /* free */
	int32_t cpu, devices_count, cores_chip;
	struct oracle_device devices[PARC_NODE_DEVICES_MAX];
};

struct oracle_place {
	int64_t id, parent;
	int32_t level;
};

struct oracle {
	struct parc_chip chips[PARC_CHIPS_MAX];
	struct oracle_node nodes[ORACLE_NODES_MAX];
	struct oracle_place places[ORACLE_PLACES_MAX];
	int32_t nodes_count, places_count;
	int64_t budget; /* steps that a search may still take */
};

void oracle_init(struct oracle *oracle);
void oracle_set_chip(struct oracle *oracle, const struct parc_chip *chip);
void oracle_add_place(struct oracle *oracle, int64_t id, int64_t parent, int32_t level);
void oracle_add_node(struct oracle *oracle, const struct parc_node_add *add);
void oracle_fail_device(struct oracle *oracle, int64_t node, int32_t device);

/* Can the minima of the job be placed at all? 1, 0, or -1: too many ways to tell. */
int oracle_fits(struct oracle *oracle, const struct parc_submit *submit);

/* Take the placements of a start; NULL, or which rule they break. */
const char *oracle_start(struct oracle *oracle, const struct parc_submit *submit,
			 const struct parc_placement *placements, int32_t count);

/* Give back what a job held. */
void oracle_end(struct oracle *oracle, const struct parc_placement *placements, int32_t count);

#endif

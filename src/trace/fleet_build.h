/* SPDX-License-Identifier: Apache-2.0
 *
 * Building a fleet piece by piece, for its readers and the generator. Every piece is checked as it
 * is added; a refusal sets a sentence without a place in a file (text_locate puts it before).
 *
 *   life cycle   fleet_builder_init, fleet_builder_deinit (the fleet itself stays)
 *   add          fleet_add_chip, fleet_add_place, fleet_add_node
 *   look up      fleet_intern_chip, fleet_intern_runtime, fleet_find_place
 */
#ifndef TRACE_FLEET_BUILD_H
#define TRACE_FLEET_BUILD_H

#include "text/text.h"
#include "trace/fleet.h"
#include "trace/names.h"

#define FLEET_NODES_MAX	 (1 << 20) /* 17 times the largest fleet in the press */
#define FLEET_PLACES_MAX (1 << 20)

struct fleet_builder {
	struct fleet *fleet;
	int32_t chips_capacity, runtimes_capacity, places_capacity, nodes_capacity;
	struct names places, nodes;
	const struct catalogue *catalogue; /* for chips that are named only */
	uint64_t listed;		   /* chips of the fleet that are the catalogue's */
	struct catalogue *own;		   /* the one in the program, made when it is needed */
};

/* The chip as the catalogue has it; 1, 0 if it has none of that name, or a negative code. */
int fleet_chip_of_catalogue(struct fleet_builder *builder, const char *name,
			    struct fleet_chip *chip, struct parc_err *err);

/* Devices of a link group in a pool that names none: the catalogue's, if the pool divides so. */
int32_t fleet_link_size(const struct fleet_builder *builder, const struct parc_pool *pool);

/* Begin with an empty fleet. The builder points into itself and must not be moved. */
void fleet_builder_init(struct fleet_builder *builder, struct fleet *fleet);
void fleet_builder_deinit(struct fleet_builder *builder);

/* What a chip is when nothing but its name is known: scalar, step 1, rate 1000; the name "cpu" is
 * a chip with the rule CORES. */
void fleet_chip_init(struct fleet_chip *chip, const char *name);

/* Add a piece. Its index within the chip, its id within the node are set here. Returns the chip's
 * index, the place's id, 0 for a node, or a negative code. */
int32_t fleet_add_chip(struct fleet_builder *builder, const struct fleet_chip *chip,
		       struct parc_err *err);
int64_t fleet_add_place(struct fleet_builder *builder, const struct fleet_place *place,
			struct parc_err *err);
int fleet_add_node(struct fleet_builder *builder, const struct fleet_node *node,
		   struct parc_err *err);

/* Index of the chip with this name; one that is new is that of the catalogue, else what is known
 * of a name alone. fleet_intern_bare does not look into the catalogue. Number of the runtime
 * likewise.
 */
int32_t fleet_intern_bare(struct fleet_builder *builder, const char *name, struct parc_err *err);
int32_t fleet_intern_chip(struct fleet_builder *builder, const char *name, struct parc_err *err);
int32_t fleet_intern_runtime(struct fleet_builder *builder, const char *name, struct parc_err *err);

/* Id of the place with this name, level and parent; PARC_NONE if there is none. */
int64_t fleet_find_place(const struct fleet_builder *builder, const struct fleet_place *place);

/* Is the chip, or the node on these chips, possible? 0 or a negative code. */
int fleet_chip_check(const struct fleet_chip *chip, struct parc_err *err);
int fleet_node_check(const struct fleet *fleet, const struct fleet_node *node,
		     struct parc_err *err);

/* Readers of one form each; on an error the fleet is half built. */
int fleet_read_csv(struct fleet_builder *builder, struct text *text, struct parc_err *err);
int fleet_read_openb(struct fleet_builder *builder, struct text *text, struct parc_err *err);
int fleet_read_yaml(struct fleet_builder *builder, const struct text *text, struct parc_err *err);

/* Make room for one more entry of `size` bytes in *list. */
int fleet_grow(void *list, int32_t count, int32_t *capacity, size_t size, struct parc_err *err);

#endif

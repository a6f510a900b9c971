/* SPDX-License-Identifier: Apache-2.0
 *
 * How a chip can be shared, in YAML: the keys that fleets and the catalogue have in common. Each
 * reader refuses what it does not understand with its place.
 */
#ifndef CHIP_CHIP_YAML_H
#define CHIP_CHIP_YAML_H

#include "chip/catalogue.h"
#include "text/yaml_tree.h"

/* whole, scalar, templates, memory or cores. */
int chip_yaml_read_rule(struct yaml_tree *tree, yaml_node_t *node, struct parc_chip *chip,
			struct parc_err *err);

/* A list of small numbers as a set of bits: number n sets bit n - field->min. */
int chip_yaml_read_bits(struct yaml_tree *tree, yaml_node_t *list, const struct yaml_field *field,
			uint32_t *bits, struct parc_err *err);
extern const struct yaml_field chip_yaml_counts; /* of devices that one task may take */

/* Appends to the chip's templates; `names` has room for PARC_TEMPLATES_MAX. */
int chip_yaml_read_templates(struct yaml_tree *tree, yaml_node_t *list, struct parc_chip *chip,
			     char (*names)[CHIP_NAME_MAX + 1], struct parc_err *err);

int chip_yaml_read_mode_cost(struct yaml_tree *tree, yaml_node_t *node, struct parc_chip *chip,
			     struct parc_err *err);

/* Is it possible to share a chip like that? 0, or a negative code and a sentence without a place.
 */
int chip_rules_check(const char *name, const struct parc_chip *chip, struct parc_err *err);

#endif

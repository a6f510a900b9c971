/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing YAML to a stream through libyaml's emitter. Failures are kept until yaml_out_end, so a
 * writer needs no check after each call.
 *
 *   yaml_out_begin; mappings, lists, keys and values in order; yaml_out_end
 *
 * A NULL key is an item of a list. `is_flow` writes on one line: {a: 1, b: 2}.
 */
#ifndef TEXT_YAML_OUT_H
#define TEXT_YAML_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <yaml.h>

#include "parc/error.h"

struct yaml_out {
	yaml_emitter_t emitter;
	bool has_failed, is_ready;
};

void yaml_out_begin(struct yaml_out *out, FILE *file);

/* Finish and flush: 0, or PARC_ERR_IO when anything failed since the beginning. */
int yaml_out_end(struct yaml_out *out, FILE *file, struct parc_err *err);

void yaml_out_map(struct yaml_out *out, const char *key, bool is_flow);
void yaml_out_map_end(struct yaml_out *out);
void yaml_out_list(struct yaml_out *out, const char *key, bool is_flow);
void yaml_out_list_end(struct yaml_out *out);
void yaml_out_text(struct yaml_out *out, const char *key, const char *value);
void yaml_out_number(struct yaml_out *out, const char *key, int64_t value);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A core in the middle of things, for fuzzers of what is decoded and then given to a core.
 */
#ifndef SUPPORT_HOSTILE_H
#define SUPPORT_HOSTILE_H

#include <stddef.h>
#include <stdint.h>

#include "parc/core.h"

/* The encoded state of a small world with jobs that wait, start, run and stop; the same at each
 * call, made at the first. */
const uint8_t *hostile_state(size_t *size);

/* A core decoded from it. The caller destroys it. */
struct parc_core *hostile_core(void);

/* Step a drawn world's events on the core; all invariants must hold after each. */
void hostile_step(struct parc_core *core, int32_t events);

/* All invariants must hold. */
void hostile_check(const struct parc_core *core);

#endif

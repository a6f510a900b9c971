/* SPDX-License-Identifier: Apache-2.0
 *
 * The digest of the state: a sum of one hash for each record, so a change costs the hash of
 * what changed, and the order of the tables does not matter. Nodes, jobs and allocations keep
 * their part in the record; the words of the core itself are added when the digest is asked.
 */
#ifndef CORE_DIGEST_H
#define CORE_DIGEST_H

#include "core/state.h"

uint64_t chip_hash(const struct parc_core *core, int32_t chip);
uint64_t tenant_hash(const struct parc_core *core, int32_t tenant);
uint64_t place_hash(const struct parc_core *core, int32_t place);

/* The sum over all records, counted anew. */
uint64_t digest_recount(const struct parc_core *core);

/* Fill in the parts that records keep, and their sum, after decoding. */
void digest_reset(struct parc_core *core);

#endif

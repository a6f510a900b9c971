/* SPDX-License-Identifier: Apache-2.0
 *
 * Cores for tests that make thousands of them, one after the other: each in the memory of the last
 * one. With the sanitizers, new memory each time takes longer than all that the cores do.
 */
#ifndef SUPPORT_KEPT_H
#define SUPPORT_KEPT_H

#include "parc/core.h"

struct kept {
	void *memory;
	size_t size;
};

/* A new core where the last one was, which is gone; NULL: out of memory, or limits out of range.
 * It is not destroyed, only forgotten. */
struct parc_core *kept_core(struct kept *kept, const struct parc_limits *limits, uint64_t seed);

void kept_free(struct kept *kept);

#endif

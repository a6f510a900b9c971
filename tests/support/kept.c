/* SPDX-License-Identifier: Apache-2.0 */
#include "support/kept.h"

#include <stdlib.h>

#define ALIGNMENT 64

struct parc_core *kept_core(struct kept *kept, const struct parc_limits *limits, uint64_t seed)
{
	size_t size = parc_core_size(limits);

	if (size > kept->size) {
		kept_free(kept);
		kept->memory = aligned_alloc(ALIGNMENT, size);
		kept->size = kept->memory != NULL ? size : 0;
	}
	return parc_core_init(kept->memory, kept->size, limits, seed, NULL);
}

void kept_free(struct kept *kept)
{
	free(kept->memory);
	*kept = (struct kept){0};
}

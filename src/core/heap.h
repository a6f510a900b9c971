/* SPDX-License-Identifier: Apache-2.0
 *
 * The heaps of the index: for each ask the classes it fits on, best first (index.h).
 */
#ifndef CORE_HEAP_H
#define CORE_HEAP_H

#include "core/index.h"

/* Forget all heaps. */
void heap_reset(struct parc_core *core);

/* Every class that fits is in every heap that has heard of it: 0, or the sentence in err. */
int heap_check(const struct parc_core *core, struct parc_err *err);

#endif

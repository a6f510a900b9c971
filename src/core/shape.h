/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes: the distinct asks of all jobs, each once. A shape that no job has any more stays, with
 * its count, until its slot is needed: it is what the core has learnt of the work.
 */
#ifndef CORE_SHAPE_H
#define CORE_SHAPE_H

#include "core/fit.h"

/* Can so many shapes that may all be new be interned? */
int shape_has_room(const struct parc_core *core, int32_t more);

/* The slot of the shape with this ask, -1: there is none; made if it is new, and one more reference
 * to it. */
int32_t shape_find(const struct parc_core *core, const struct ask *ask);
int32_t shape_intern(struct parc_core *core, const struct ask *ask);
void shape_release(struct parc_core *core, int32_t shape);

/* Could one task of it run on some node of the fleet, were that empty? */
enum shape_fits { SHAPE_FITS_NONE, SHAPE_FITS_DOWN, SHAPE_FITS_UP }; /* DOWN: on none that is up */
enum shape_fits shape_fits_empty(struct parc_core *core, int32_t shape);

/* Put all live shapes into the buckets, after decoding. */
void shape_rebuild(struct parc_core *core);

#endif

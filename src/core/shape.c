/* SPDX-License-Identifier: Apache-2.0 */
#include "core/shape.h"

#include <string.h>

#include "core/index.h"

int shape_has_room(const struct parc_core *core, int32_t more)
{
	return core->shapes_idle >= more ||
	       table_has_room(&core->shapes_table, more - core->shapes_idle);
}

static int32_t *bucket_of(const struct parc_core *core, const struct ask *ask)
{
	return &core->shape_buckets[ask->hash & core->shape_mask];
}

static void shape_link(struct parc_core *core, int32_t shape)
{
	int32_t *bucket = bucket_of(core, &core->shapes[shape].ask);

	core->shapes[shape].next = *bucket;
	*bucket = shape;
}

/* Forget the idle shape that was seen least; of equals the first. Only when the table is full,
 * so the walk is paid for by as many submits of new shapes. */
static void shape_evict(struct parc_core *core)
{
	int32_t least = -1, *link;

	for (int32_t i = 0; i < core->shapes_table.high; i++)
		if (core->shapes[i].live && core->shapes[i].refs == 0 &&
		    (least < 0 || core->shapes[i].seen < core->shapes[least].seen))
			least = i;
	ASSERT(least >= 0);
	link = bucket_of(core, &core->shapes[least].ask);
	while (*link != least)
		link = &core->shapes[*link].next;
	*link = core->shapes[least].next;
	core->shapes[least].live = 0;
	core->shapes_idle--;
	table_give(&core->shapes_table, least);
}

int32_t shape_find(const struct parc_core *core, const struct ask *ask)
{
	int32_t shape = *bucket_of(core, ask);

	while (shape >= 0 && !ask_is_equal(&core->shapes[shape].ask, ask))
		shape = core->shapes[shape].next;
	return shape;
}

int32_t shape_intern(struct parc_core *core, const struct ask *ask)
{
	int32_t shape = shape_find(core, ask);

	if (shape >= 0) {
		if (core->shapes[shape].refs++ == 0)
			core->shapes_idle--;
		return shape;
	}
	if (!table_has_room(&core->shapes_table, 1))
		shape_evict(core);
	shape = table_take(&core->shapes_table);
	core->shapes[shape] = (struct shape){.ask = *ask, .refs = 1, .live = 1, .fits_version = -1};
	shape_link(core, shape);
	index_learn(core, ask);
	return shape;
}

void shape_release(struct parc_core *core, int32_t shape)
{
	ASSERT(core->shapes[shape].refs > 0);
	if (--core->shapes[shape].refs == 0)
		core->shapes_idle++;
}

enum shape_fits shape_fits_empty(struct parc_core *core, int32_t slot)
{
	struct shape *shape = &core->shapes[slot];
	struct view view;
	struct pick pick;

	if (shape->fits_version == core->kinds_version)
		return (enum shape_fits)shape->fits;
	shape->fits_version = core->kinds_version;
	shape->fits = SHAPE_FITS_NONE;
	for (int32_t i = 0; i < core->kinds_count && shape->fits != SHAPE_FITS_UP; i++) {
		const struct kind *kind = &core->kinds[i];

		if (kind->nodes == 0 || (kind->ups == 0 && shape->fits == SHAPE_FITS_DOWN))
			continue;
		view_of_kind(core, kind, &view);
		if (view_fits(core, &view, &shape->ask, &pick))
			shape->fits = kind->ups > 0 ? SHAPE_FITS_UP : SHAPE_FITS_DOWN;
	}
	return (enum shape_fits)shape->fits;
}

void shape_rebuild(struct parc_core *core)
{
	memset(core->shape_buckets, -1,
	       ((size_t)core->shape_mask + 1) * sizeof(*core->shape_buckets));
	core->shapes_idle = 0;
	for (int32_t i = 0; i < core->shapes_table.high; i++) {
		if (!core->shapes[i].live)
			continue;
		shape_link(core, i);
		core->shapes[i].fits_version = -1;
		core->shapes_idle += core->shapes[i].refs == 0;
	}
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What the members of a class of nodes have free, out of the class's key (index.c).
 */
#include "core/index.h"

#include "core/thresholds.h"

/* A cell as packed in a class's key; with `most` the largest that packs alike. */
static struct cell cell_unpack(const struct parc_core *core, uint64_t packed, int templates,
			       int most)
{
	int64_t mib = (int64_t)(packed >> 30 & 0xffffff);
	int32_t milli = (int32_t)(packed >> 54), extra = (int32_t)(packed & PARC_USER_MAX);
	struct cell cell = {0};

	if (most)
		mib = thresholds_ceiling(&core->device_memory, mib);
	cell.free_milli = (int16_t)milli;
	cell.free_mib = (int32_t)(mib > PARC_DEVICE_MEMORY_MAX ? PARC_DEVICE_MEMORY_MAX : mib);
	if (templates)
		cell.slots = (uint16_t)extra;
	else
		cell.owner = extra;
	return cell;
}

void index_class_shares(const struct parc_core *core, int32_t class, struct view *view)
{
	const struct index *index = core->index;
	struct class *it = &index->classes[class];
	const uint64_t *cells = index->cells + (size_t) class * (size_t)core->limits.node_devices;
	const struct kind *kind = &core->kinds[it->kind];

	if (index->exact) {
		view_of_node(core, class, view);
		return;
	}
	view->kind = kind;
	view->node = -1;
	view->cpu_free = it->cpu_free;
	view->memory_free = it->memory_free;
	view->hash = it->devices;
	view->standing = &it->standing;
	for (int32_t i = 0; i < kind->devices_count; i++)
		view->cells[i] = (struct cell){.free_milli = (int16_t)(cells[i] >> 54)};
}

void index_class_view(const struct parc_core *core, int32_t class, int most, struct view *view)
{
	const struct index *index = core->index;
	const struct class *it = &index->classes[class];
	const uint64_t *cells = index->cells + (size_t) class * (size_t)core->limits.node_devices;
	const struct kind *kind;

	if (index->exact) {
		view_of_node(core, class, view);
		return;
	}
	kind = &core->kinds[it->kind];
	view->kind = kind;
	view->node = -1;
	view->cpu_free = it->cpu_free;
	view->memory_free = it->memory_free;
	view->hash = it->devices;
	view->standing = most ? NULL : &index->classes[class].standing;
	if (most) {
		int64_t cpu = thresholds_ceiling(&core->cpu, it->cpu_free);

		view->cpu_free = cpu > PARC_CPU_MAX ? PARC_CPU_MAX : (int32_t)cpu;
		view->memory_free = thresholds_ceiling(&core->memory, it->memory_free);
	}
	for (int32_t p = 0; p < kind->pools_count; p++) {
		const struct pool *pool = &kind->pools[p];
		int templates = core->chips[pool->chip].rule == PARC_RULE_TEMPLATES;

		for (int32_t i = pool->first; i < pool->first + pool->count; i++)
			view->cells[i] = cell_unpack(core, cells[i], templates, most);
	}
}

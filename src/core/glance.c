/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeping the glances of the chips. A class that fills, drains or is born costs a few steps for
 * each of its chips, a question one set operation for each chip of the ask, and of births a walk
 * over the levels that are high enough.
 */
#include "core/glance.h"

#include <string.h>

#include "core/index.h"

/* The most whole devices that are free in one link group. */
static int32_t linked_most(const struct kind *kind, const int16_t *milli)
{
	int32_t most = 0;

	for (int32_t p = 0; p < kind->pools_count; p++) {
		const struct pool *pool = &kind->pools[p];
		int32_t whole = 0;

		for (int32_t i = 0; i < pool->count; i++) {
			whole = i % pool->link_size == 0 ? 0 : whole;
			whole += milli[pool->first + i] == PARC_SHARE_WHOLE;
			most = whole > most ? whole : most;
		}
	}
	return most;
}

uint32_t glance_of(const struct class *class, const struct kind *kind, const int16_t *milli)
{
	int32_t level =
		class->whole > 0 ? LEVEL_WHOLE + class->whole : class->most_milli >> SHARE_SHIFT;

	return glance_pack(level, linked_most(kind, milli), glance_amount(class->cpu_free),
			   glance_amount(class->memory_free));
}

void glance_reset(struct index *index)
{
	memset(index->glances, 0, PARC_CHIPS_MAX * sizeof(*index->glances));
}

void glance_count(struct index *index, const struct class *class, int sign)
{
	int32_t level = glance_level(class->free), linked = glance_linked(class->free);

	for (uint64_t chips = class->chips; chips != 0; chips &= chips - 1) {
		struct glance *glance = &index->glances[__builtin_ctzll(chips)];

		glance->filled[level] += sign;
		glance->filled_linked[linked] += sign;
		glance->levels &= ~(UINT64_C(1) << level);
		glance->linked &= ~(UINT64_C(1) << linked);
		glance->levels |= (uint64_t)(glance->filled[level] > 0) << level;
		glance->linked |= (uint64_t)(glance->filled_linked[linked] > 0) << linked;
	}
}

/* Rented cores are not told at a glance: any ask may fit there. */
static struct birth birth_of(const struct class *it, int32_t class, uint64_t cores)
{
	uint32_t any = glance_pack(GLANCE_MOST, GLANCE_MOST, 0, 0);

	return (struct birth){.class = class,
			      .free = (it->chips & cores) != 0 ? it->free | any : it->free,
			      .chips = chips_fold(it->chips)};
}

void glance_bear(struct index *index, int32_t class, uint64_t cores)
{
	struct class *it = &index->classes[class];
	int64_t birth = index->births_count++;
	int32_t level = glance_level(it->free), linked = glance_linked(it->free);

	for (uint64_t chips = it->chips; chips != 0; chips &= chips - 1) {
		struct glance *glance = &index->glances[__builtin_ctzll(chips)];

		glance->born[level] = glance->born_linked[linked] = birth + 1;
		glance->levels_born |= UINT64_C(1) << level;
		glance->linked_born |= UINT64_C(1) << linked;
	}
	it->birth = birth;
	index->births[birth & index->births_mask] = birth_of(it, class, cores);
}

/* Is what the ask takes told at no glance? So it is without devices, and with rented cores. */
static int ask_is_unseen(const struct parc_core *core, const struct ask *ask)
{
	return ask->task.devices == 0 || (ask->task.chips & core->cores_chips) != 0;
}

/* Was any later than the birth, of these from so much on at which there were some? */
static int any_later(const int64_t *born, uint64_t some, int32_t from, int64_t birth)
{
	for (uint64_t left = some >> from << from; left != 0; left &= left - 1)
		if (born[__builtin_ctzll(left)] > birth)
			return 1;
	return 0;
}

int glance_has_hope(const struct parc_core *core, const struct ask *ask, int64_t birth)
{
	int32_t level = level_needed(&ask->task), linked = linked_needed(&ask->task);

	if (ask_is_unseen(core, ask))
		return 1;
	for (uint64_t left = ask->task.chips & core->chips_known; left != 0; left &= left - 1) {
		const struct glance *it = &core->index->glances[__builtin_ctzll(left)];

		if (any_later(it->born, it->levels_born, level, birth) &&
		    (linked == 0 || any_later(it->born_linked, it->linked_born, linked, birth)))
			return 1;
	}
	return 0;
}

int glance_may_fit(const struct parc_core *core, const struct ask *ask)
{
	int32_t level = level_needed(&ask->task), linked = linked_needed(&ask->task);

	if (ask_is_unseen(core, ask))
		return 1;
	for (uint64_t left = ask->task.chips & core->chips_known; left != 0; left &= left - 1) {
		const struct glance *it = &core->index->glances[__builtin_ctzll(left)];

		if (it->levels >> level != 0 && it->linked >> linked != 0)
			return 1;
	}
	return 0;
}

int glance_check(const struct parc_core *core, struct parc_err *err)
{
	const struct index *index = core->index;
	uint64_t levels[PARC_CHIPS_MAX] = {0}, linked[PARC_CHIPS_MAX] = {0};

	for (int32_t i = 0; i < index->filled_count; i++) {
		const struct class *it = &index->classes[index->filled[i]];

		for (uint64_t chips = it->chips; chips != 0; chips &= chips - 1) {
			levels[__builtin_ctzll(chips)] |= UINT64_C(1) << glance_level(it->free);
			linked[__builtin_ctzll(chips)] |= UINT64_C(1) << glance_linked(it->free);
		}
	}
	for (int32_t chip = 0; chip < PARC_CHIPS_MAX; chip++)
		if (levels[chip] != index->glances[chip].levels ||
		    linked[chip] != index->glances[chip].linked)
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "I2: what is free of chip %d is told wrongly", chip);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Lengths learnt from the past. Integers throughout, so that a run that uses them has one digest
 * everywhere. Learning and asking cost a look-up and a logarithm, about 100 ns.
 */
#include "sim/estimate.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/random.h"
#include "base/root.h"
#include "trace/chance.h"

#define ESTIMATE_CELLS 1024 /* at first */
#define LOG_BITS       16

int estimate_init(struct estimate *estimate, int32_t tenants, struct parc_err *err)
{
	*estimate = (struct estimate){.size = ESTIMATE_CELLS, .tenants_count = tenants};
	estimate->cells = calloc(ESTIMATE_CELLS, sizeof(*estimate->cells));
	estimate->tenants = calloc((size_t)tenants + 1, sizeof(*estimate->tenants));
	if (estimate->cells && estimate->tenants)
		return 0;
	estimate_deinit(estimate);
	return parc_err_set(err, PARC_ERR_MEMORY, "no memory to learn lengths");
}

void estimate_deinit(struct estimate *estimate)
{
	free(estimate->cells);
	free(estimate->tenants);
	*estimate = (struct estimate){0};
}

static struct estimate_cell *find_cell(const struct estimate *estimate, int64_t key)
{
	uint64_t mask = (uint64_t)estimate->size - 1;
	uint64_t at = random_mix((uint64_t)key) & mask;
	while (estimate->cells[at].key != 0 && estimate->cells[at].key != key)
		at = (at + 1) & mask;
	return &estimate->cells[at];
}

static int64_t key_of(int32_t tenant, int32_t kind)
{
	return ((int64_t)tenant << 32 | (int64_t)kind) + 1;
}

static int grow_cells(struct estimate *estimate, struct parc_err *err)
{
	struct estimate old = *estimate;
	struct estimate_cell *cells = calloc((size_t)old.size * 2, sizeof(*cells));
	if (!cells)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory to learn lengths");
	estimate->cells = cells;
	estimate->size = old.size * 2;
	for (int64_t i = 0; i < old.size; i++)
		if (old.cells[i].key != 0)
			*find_cell(estimate, old.cells[i].key) = old.cells[i];
	free(old.cells);
	return 0;
}

static void group_add(struct estimate_group *group, int64_t logarithm)
{
	group->count++;
	group->sum += logarithm;
	group->square += (__int128)logarithm * logarithm;
}

int estimate_learn(struct estimate *estimate, int32_t tenant, int32_t kind, int64_t length_us,
		   struct parc_err *err)
{
	ASSERT(tenant >= 0 && tenant <= estimate->tenants_count && length_us > 0);
	int64_t logarithm = (int64_t)(chance_log2((uint64_t)length_us) >> (32 - LOG_BITS));
	group_add(&estimate->all, logarithm);
	group_add(&estimate->tenants[tenant], logarithm);
	if (kind < 0)
		return 0;
	struct estimate_cell *cell = find_cell(estimate, key_of(tenant, kind));
	if (cell->key == 0) {
		if (estimate->count * 2 >= estimate->size) {
			int code = grow_cells(estimate, err);
			if (code)
				return code;
			cell = find_cell(estimate, key_of(tenant, kind));
		}
		cell->key = key_of(tenant, kind);
		estimate->count++;
	}
	group_add(&cell->group, logarithm);
	return 0;
}

/* exp2 of the mean logarithm and so many deviations. */
static int64_t group_length(const struct estimate_group *group, int32_t spread_milli)
{
	int64_t mean = group->sum / group->count;
	__int128 variance = group->square / group->count - (__int128)mean * mean;
	int64_t logarithm = mean + root_of(variance > 0 ? variance : 0) * spread_milli / 1000;
	int64_t most = INT64_C(50) << LOG_BITS;
	if (logarithm > most)
		logarithm = most;
	/* 2^x = 2^50 x 2^-(50 - x) */
	uint64_t power = chance_exp2_minus((uint64_t)(most - logarithm) << (32 - LOG_BITS));
	return (int64_t)(power >> 13) + 1;
}

int64_t estimate_length(const struct estimate *estimate, int32_t tenant, int32_t kind)
{
	const struct estimate_group *group = &estimate->all;
	ASSERT(tenant >= 0 && tenant <= estimate->tenants_count);
	if (estimate->tenants[tenant].count >= ESTIMATE_ENOUGH)
		group = &estimate->tenants[tenant];
	if (kind >= 0) {
		const struct estimate_cell *cell = find_cell(estimate, key_of(tenant, kind));
		if (cell->key != 0 && cell->group.count >= ESTIMATE_ENOUGH)
			group = &cell->group;
	}
	return group->count >= ESTIMATE_ENOUGH ? group_length(group, estimate->spread_milli) : 0;
}

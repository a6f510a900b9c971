/* SPDX-License-Identifier: Apache-2.0
 *
 * A move costs a walk over the guarantees. */
#include "sim/shares.h"

#include <stdlib.h>

static int32_t holder_of(const struct shares *shares, int64_t id)
{
	while (id != PARC_NONE && parc_guarantee_sum(&shares->sets[id - 1]).milli == 0)
		id = shares->sets[id - 1].parent;
	return id == PARC_NONE ? -1 : (int32_t)id - 1;
}

/* A guarantee is handed down: what is below is not the upper one's. */
static void holders_fill(struct shares *shares)
{
	for (int32_t i = 0; i < shares->sets_count; i++) {
		int64_t milli = parc_guarantee_sum(&shares->sets[i]).milli;
		int32_t above = holder_of(shares, shares->sets[i].parent);

		if (milli == 0)
			continue;
		shares->list[i].promised += milli;
		if (above >= 0)
			shares->list[above].promised -= milli;
	}
}

int shares_init(struct shares *shares, const struct jobs *log, const struct tenants *file,
		struct parc_err *err)
{
	int32_t logged = log->tenants.count + 1, most = logged + (file ? file->count : 0);

	*shares = (struct shares){.sets = calloc((size_t)most, sizeof(*shares->sets)),
				  .tenants = calloc((size_t)logged, sizeof(*shares->tenants)),
				  .holders = calloc((size_t)logged, sizeof(*shares->holders)),
				  .list = calloc((size_t)most + 1, sizeof(*shares->list))};
	if (!shares->sets || !shares->tenants || !shares->holders || !shares->list) {
		shares_deinit(shares);
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for tenants");
	}
	for (int32_t i = 0; file && i < file->count; i++)
		shares->sets[shares->sets_count++] = file->rows[i].set;
	for (int32_t i = 0; i < logged; i++) {
		int32_t row = file && i < log->tenants.count
				      ? tenants_find(file, log->tenants.list[i])
				      : -1;

		if (row < 0) {
			row = shares->sets_count++;
			shares->sets[row] = (struct parc_tenant){.tenant = row + 1, .weight = 1};
		}
		shares->tenants[i] = row + 1;
	}
	shares->holders_count = shares->sets_count + 1;
	holders_fill(shares);
	for (int32_t i = 0; i < logged; i++) {
		int32_t holder = holder_of(shares, shares->tenants[i]);

		shares->holders[i] = holder < 0 ? shares->sets_count : holder;
	}
	return 0;
}

void shares_deinit(struct shares *shares)
{
	free(shares->sets);
	free(shares->tenants);
	free(shares->holders);
	free(shares->list);
	*shares = (struct shares){0};
}

void shares_move(struct shares *shares, int64_t time_us, int32_t tenant, int64_t normal_milli)
{
	int64_t past_us = time_us - shares->time_us, idle = 0, borrowed = 0;

	for (int32_t i = 0; i < shares->holders_count && past_us > 0; i++) {
		struct shares_holder *it = &shares->list[i];
		int64_t left = it->promised - it->used;

		it->idle += left > 0 ? (__int128)left * past_us : 0;
		it->borrowed += left < 0 ? (__int128)-left * past_us : 0;
		idle += left > 0 ? left : 0;
		borrowed += left < 0 ? -left : 0;
	}
	shares->lent += (__int128)(idle < borrowed ? idle : borrowed) * past_us;
	shares->time_us = time_us;
	shares->list[shares->holders[tenant]].used += normal_milli;
}

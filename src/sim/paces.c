/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/paces.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/root.h"

int paces_init(struct paces *paces, int32_t kinds, int32_t chips, struct parc_err *err)
{
	*paces = (struct paces){.kinds_count = kinds, .chips_count = chips};
	paces->kinds = calloc((size_t)kinds + 1, sizeof(*paces->kinds));
	if (!paces->kinds)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the speeds of %d kinds",
				    kinds);
	return 0;
}

void paces_deinit(struct paces *paces)
{
	for (int32_t i = 0; paces->kinds && i < paces->kinds_count; i++)
		free(paces->kinds[i]);
	free(paces->kinds);
	*paces = (struct paces){0};
}

static void tell(struct pace_sum *it, int32_t kind, int32_t chip, struct parc_event *event)
{
	*event = (struct parc_event){.kind = PARC_EVENT_SPEED_MEASURED};
	event->speed.kind = kind + 1;
	event->speed.chip = chip;
	event->speed.speed_milli = (int32_t)(it->sum / it->count);
	event->speed.count = it->count;
	event->speed.spread_milli = (int32_t)root_deviation(it->count, it->sum, it->squares);
	it->told += it->count;
	it->sum = it->squares = it->count = 0;
}

int paces_note(struct paces *paces, int32_t kind, uint64_t chips, int32_t speed_milli,
	       struct parc_event *event, struct parc_err *err)
{
	int32_t chip = chips == 0 ? 0 : __builtin_ctzll(chips);
	if (kind < 0 || chips == 0 || (chips & (chips - 1)) != 0 || speed_milli > PARC_SPEED_MAX)
		return 0;
	ASSERT(kind < paces->kinds_count && chip < paces->chips_count);
	if (!paces->kinds[kind])
		paces->kinds[kind] =
			calloc((size_t)paces->chips_count, sizeof(*paces->kinds[kind]));
	if (!paces->kinds[kind])
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the speeds of a kind");
	struct pace_sum *it = &paces->kinds[kind][chip];
	it->sum += speed_milli;
	it->squares += (int64_t)speed_milli * speed_milli;
	it->count++;
	if (it->count < it->told && it->count < PARC_SPEED_RUNS_MAX)
		return 0;
	tell(it, kind, chip, event);
	return 1;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Guarantees by the chips that can fulfil them.
 */
#include "parc/setting.h"

/* 0 stands for all. */
static uint64_t chips_all(uint64_t chips)
{
	return chips == 0 ? UINT64_MAX : chips;
}

int parc_guarantee_meets(const struct parc_guarantee *it, uint64_t chips)
{
	return it->milli > 0 && (it->chips == 0 || (it->chips & chips) != 0);
}

int32_t parc_guarantee_find(const struct parc_tenant *set, uint64_t chips)
{
	for (int32_t i = 0; i < PARC_GUARANTEES_MAX; i++)
		if (parc_guarantee_meets(&set->guarantees[i], chips_all(chips)))
			return i;
	return -1;
}

struct parc_guarantee parc_guarantee_sum(const struct parc_tenant *set)
{
	struct parc_guarantee sum = {0};

	for (int32_t i = 0; i < PARC_GUARANTEES_MAX; i++) {
		sum.milli += set->guarantees[i].milli;
		sum.chips |= set->guarantees[i].milli > 0 ? set->guarantees[i].chips : 0;
	}
	return sum;
}

int parc_guarantees_clash(const struct parc_tenant *set, int32_t places[2], int32_t *chip)
{
	for (int32_t a = 0; a < PARC_GUARANTEES_MAX; a++) {
		const struct parc_guarantee *first = &set->guarantees[a];

		for (int32_t b = a + 1; b < PARC_GUARANTEES_MAX; b++) {
			const struct parc_guarantee *second = &set->guarantees[b];
			uint64_t both = chips_all(first->chips) & chips_all(second->chips);

			if (first->milli == 0 || second->milli == 0 || both == 0)
				continue;
			places[0] = a;
			places[1] = b;
			*chip = __builtin_ctzll(both);
			return 1;
		}
	}
	return 0;
}

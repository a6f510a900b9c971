/* SPDX-License-Identifier: Apache-2.0
 *
 * Births: classes of nodes that got their first member, as the index lists them (index.h). One
 * tells at a glance where an ask cannot fit, so that the class itself is fetched from memory for
 * few.
 */
#ifndef CORE_BIRTH_H
#define CORE_BIRTH_H

#include "core/model.h"

#define SHARE_SHIFT 6 /* free shares are told apart by 64 thousandths in births */

struct birth {
	int32_t class;
	uint16_t chips;	      /* of its pools, folded */
	uint8_t whole, share; /* free whole devices; largest free share >> SHARE_SHIFT */
};

/* Chips in fewer bits: who has none in common here has none. */
static inline uint16_t chips_fold(uint64_t chips)
{
	chips |= chips >> 32;
	return (uint16_t)(chips | chips >> 16);
}

/* What a birth must have for the ask to fit, as far as a glance tells. */
static inline struct birth birth_needed(const struct ask *ask)
{
	const struct parc_task *task = &ask->task;
	int is_whole = task->share_milli == PARC_SHARE_WHOLE;

	if (task->devices == 0)
		return (struct birth){0};
	return (struct birth){.chips = chips_fold(task->chips),
			      .whole = is_whole ? (uint8_t)task->devices : 0,
			      .share = is_whole ? 0 : (uint8_t)(task->share_milli >> SHARE_SHIFT)};
}

static inline int birth_may_fit(const struct birth *it, const struct birth *needed)
{
	return (needed->chips == 0 || (it->chips & needed->chips) != 0) &&
	       it->whole >= needed->whole && it->share >= needed->share;
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What is free at a glance: of a class of nodes in one word, of all classes with members in a few
 * sets for each chip. An ask that cannot fit is mostly told so without a look at a class.
 *
 * Births are the classes that got their first member, as the index lists them (index.h); a glance
 * at a birth spares fetching the class itself from memory. What a glance rules out surely does not
 * fit; what it leaves open may not fit either.
 */
#ifndef CORE_GLANCE_H
#define CORE_GLANCE_H

#include "core/model.h"

/* What a class has free on its devices, in one number: while none is whole the largest free share
 * in steps of 64 thousandths, else LEVEL_WHOLE and how many whole ones there are. */
#define SHARE_SHIFT 6
#define LEVEL_WHOLE (PARC_SHARE_WHOLE >> SHARE_SHIFT)
#define LEVELS	    (LEVEL_WHOLE + PARC_NODE_DEVICES_MAX + 1)
#define LINKED	    (PARC_NODE_DEVICES_MAX + 1) /* free whole devices of one link group */

_Static_assert(LEVELS <= 64, "a set of levels is one word");

/* Four amounts in one word, of 7 bits each: all four are compared at once. */
#define GLANCE_MOST 127
#define GLANCE_TOPS UINT32_C(0x80808080)

struct birth {
	int32_t class;
	uint32_t free;	/* level, linked, CPU, memory */
	uint16_t chips; /* of its pools, folded */
};

/* Of one chip, by what its classes have free. */
struct glance {
	int64_t born[LEVELS]; /* births there were up to the last at this level */
	int64_t born_linked[LINKED];
	uint64_t levels_born, linked_born; /* sets of those at which there were some */
	int32_t filled[LEVELS];		   /* classes with members */
	int32_t filled_linked[LINKED];
	uint64_t levels, linked; /* sets of those at which some class has members */
};

static inline uint32_t glance_pack(int32_t level, int32_t linked, uint32_t cpu, uint32_t memory)
{
	return (uint32_t)level << 24 | (uint32_t)linked << 16 | cpu << 8 | memory;
}

static inline int32_t glance_level(uint32_t free)
{
	return (int32_t)(free >> 24);
}

static inline int32_t glance_linked(uint32_t free)
{
	return (int32_t)(free >> 16 & GLANCE_MOST);
}

/* Is each of the four at least as large? */
static inline int glance_covers(uint32_t free, uint32_t needed)
{
	return (((free | GLANCE_TOPS) - needed) & GLANCE_TOPS) == GLANCE_TOPS;
}

/* An amount rounded down to 7 bits, the upper ones an exponent; what is larger stays no smaller. */
static inline uint32_t glance_amount(int64_t amount)
{
	uint32_t value = amount > INT32_MAX ? INT32_MAX : (uint32_t)amount;
	uint32_t exponent = value < 4 ? 0 : (uint32_t)(30 - __builtin_clz(value));

	return exponent > 0 ? exponent << 2 | (value >> (exponent - 1) & 3) : value;
}

/* Chips in fewer bits: who has none in common here has none. */
static inline uint16_t chips_fold(uint64_t chips)
{
	chips |= chips >> 32;
	return (uint16_t)(chips | chips >> 16);
}

/* The level that an ask for devices takes. */
static inline int32_t level_needed(const struct parc_task *task)
{
	return task->share_milli == PARC_SHARE_WHOLE ? LEVEL_WHOLE + task->devices
						     : task->share_milli >> SHARE_SHIFT;
}

/* So many free whole devices the ask takes in one link group, 0: anywhere. */
static inline int32_t linked_needed(const struct parc_task *task)
{
	return task->link == PARC_STRENGTH_REQUIRE && task->share_milli == PARC_SHARE_WHOLE
		       ? task->devices
		       : 0;
}

/* What a birth must have for the ask to fit, as far as a glance tells; of CPU and memory only if
 * classes tell apart what it asks for (`exact`). */
static inline struct birth birth_needed(const struct ask *ask, int exact)
{
	const struct parc_task *task = &ask->task;
	uint32_t cpu = exact ? glance_amount(task->cpu_milli) : 0;
	uint32_t memory = exact ? glance_amount(task->memory_mib) : 0;

	if (task->devices == 0)
		return (struct birth){.free = glance_pack(0, 0, cpu, memory)};
	return (struct birth){
		.chips = chips_fold(task->chips),
		.free = glance_pack(level_needed(task), linked_needed(task), cpu, memory),
	};
}

static inline int birth_may_fit(const struct birth *it, const struct birth *needed)
{
	return glance_covers(it->free, needed->free) &&
	       (needed->chips == 0 || (it->chips & needed->chips) != 0);
}

struct index;
struct class;

/* What a class, of nodes of this kind, has free at a glance: out of what it says itself of CPU,
 * memory and devices (whole, most_milli), and the free shares of these. */
uint32_t glance_of(const struct class *class, const struct kind *kind, const int16_t *milli);

/* Forget all. */
void glance_reset(struct index *index);

/* A class got its first member (sign 1) or lost its last one (-1). */
void glance_count(struct index *index, const struct class *class, int sign);

/* A class is born, with the number births_count; `cores`: chips of rented cores. */
void glance_bear(struct index *index, int32_t class, uint64_t cores);

/* 0: the ask surely fits on no class that was born since, from the birth of this number on. */
int glance_has_hope(const struct parc_core *core, const struct ask *ask, int64_t birth);

/* 0: the ask surely fits on no class that has members. */
int glance_may_fit(const struct parc_core *core, const struct ask *ask);

/* The sets are those of a recount: 0, or the sentence in err. */
int glance_check(const struct parc_core *core, struct parc_err *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Virtual time as a binary heap in an array: push and pop cost log n comparisons. The sequence
 * number makes the order total.
 */
#include "sim/clock.h"

#include <stdlib.h>
#include <time.h>

#include "base/assert.h"
#include "parc/types.h"

int clock_init(struct clock *clock, int32_t capacity, struct parc_err *err)
{
	ASSERT(capacity > 0);
	*clock = (struct clock){.capacity = capacity};
	clock->entries = malloc((size_t)capacity * sizeof(*clock->entries));
	if (!clock->entries)
		return parc_err_set(err, PARC_ERR_MEMORY,
				    "no memory for %d entries of virtual time", capacity);
	return 0;
}

void clock_deinit(struct clock *clock)
{
	free(clock->entries);
	*clock = (struct clock){0};
}

static int is_before(const struct clock_entry *a, const struct clock_entry *b)
{
	if (a->time_us != b->time_us)
		return a->time_us < b->time_us;
	return a->sequence < b->sequence;
}

static int clock_grow(struct clock *clock, struct parc_err *err)
{
	if (clock->count < clock->capacity)
		return 0;
	if (clock->capacity > INT32_MAX / 2)
		return parc_err_set(err, PARC_ERR_FULL, "too many entries of virtual time");
	size_t size = (size_t)clock->capacity * 2 * sizeof(*clock->entries);
	struct clock_entry *entries = realloc(clock->entries, size);
	if (!entries)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for virtual time");
	clock->entries = entries;
	clock->capacity *= 2;
	return 0;
}

int clock_push_at(struct clock *clock, const struct clock_entry *entry, struct parc_err *err)
{
	int code = clock_grow(clock, err);
	if (code)
		return code;
	int32_t at = clock->count++;
	while (at > 0 && is_before(entry, &clock->entries[(at - 1) / 2])) {
		clock->entries[at] = clock->entries[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	clock->entries[at] = *entry;
	return 0;
}

int clock_push(struct clock *clock, int64_t time_us, int64_t allocation, int32_t job,
	       struct parc_err *err)
{
	struct clock_entry entry = {.time_us = time_us,
				    .sequence = clock->pushed,
				    .allocation = allocation,
				    .job = job};
	int code = clock_push_at(clock, &entry, err);
	clock->pushed += !code;
	return code;
}

int64_t clock_next_us(const struct clock *clock)
{
	return clock->count ? clock->entries[0].time_us : PARC_NEVER;
}

struct clock_entry clock_pop(struct clock *clock)
{
	ASSERT(clock->count > 0);
	struct clock_entry first = clock->entries[0];
	struct clock_entry last = clock->entries[--clock->count];
	int32_t at = 0;
	for (;;) {
		int32_t child = 2 * at + 1;
		if (child >= clock->count)
			break;
		if (child + 1 < clock->count &&
		    is_before(&clock->entries[child + 1], &clock->entries[child]))
			child++;
		if (!is_before(&clock->entries[child], &last))
			break;
		clock->entries[at] = clock->entries[child];
		at = child;
	}
	clock->entries[at] = last;
	return first;
}

int64_t clock_real_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

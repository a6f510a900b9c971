/* SPDX-License-Identifier: Apache-2.0 */
#include "support/calendar.h"

#include <string.h>

#include "base/assert.h"

void calendar_init(struct calendar *calendar)
{
	memset(calendar, 0, sizeof(*calendar));
}

void calendar_add(struct calendar *calendar, const struct stay *stay)
{
	ASSERT(calendar->stays_count < CALENDAR_STAYS_MAX);
	calendar->stays[calendar->stays_count++] = *stay;
}

void calendar_clear(struct calendar *calendar, int32_t job, int reserved)
{
	int32_t left = 0;

	for (int32_t i = 0; i < calendar->stays_count; i++)
		if (calendar->stays[i].job != job || calendar->stays[i].reserved != reserved)
			calendar->stays[left++] = calendar->stays[i];
	calendar->stays_count = left;
}

/* Does one stay keep another off the devices that they have in common? */
static int stays_meet(const struct stay *other, const struct stay *stay, int strict)
{
	if (other->node != stay->node || (other->devices & stay->devices) == 0)
		return 0;
	if (other->reserved && other->job == stay->job)
		return 0;
	if (!other->reserved && strict)
		return 1;
	return other->from_us < stay->until_us && other->until_us > stay->from_us;
}

int calendar_is_taken(const struct calendar *calendar, const struct stay *stay, int strict)
{
	for (int32_t i = 0; i < calendar->stays_count; i++)
		if (stays_meet(&calendar->stays[i], stay, strict))
			return 1;
	return 0;
}

/* The devices of a node that can be had all the time. */
static uint32_t node_open(const struct calendar *calendar, int32_t node, const struct want *want,
			  int64_t from_us, int strict)
{
	uint32_t open = 0;

	for (int32_t i = 0; i < calendar->devices[node]; i++) {
		struct stay stay = {.from_us = from_us,
				    .until_us = from_us + want->length_us,
				    .job = want->job,
				    .node = node,
				    .devices = UINT32_C(1) << i};

		if (!calendar_is_taken(calendar, &stay, strict))
			open |= stay.devices;
	}
	return open;
}

static int calendar_fits(const struct calendar *calendar, const struct want *want, int64_t from_us,
			 int strict)
{
	int32_t tasks = 0;

	for (int32_t node = 0; node < calendar->nodes; node++)
		tasks += __builtin_popcount(node_open(calendar, node, want, from_us, strict)) /
			 want->devices;
	return tasks >= want->tasks;
}

int calendar_fits_now(const struct calendar *calendar, const struct want *want, int64_t now_us)
{
	return calendar_fits(calendar, want, now_us, 1);
}

int calendar_fits_then(const struct calendar *calendar, const struct want *want, int64_t then_us)
{
	return calendar_fits(calendar, want, then_us, 0);
}

int64_t calendar_earliest(const struct calendar *calendar, const struct want *want, int64_t now_us)
{
	int64_t earliest = -1;

	for (int32_t i = 0; i < calendar->stays_count; i++) {
		int64_t then_us = calendar->stays[i].until_us;

		if (then_us >= now_us && (earliest < 0 || then_us < earliest) &&
		    calendar_fits_then(calendar, want, then_us))
			earliest = then_us;
	}
	return earliest;
}

void calendar_book(struct calendar *calendar, const struct want *want, int64_t from_us, int now,
		   int reserved)
{
	int32_t tasks = want->tasks;

	for (int32_t node = 0; node < calendar->nodes && tasks > 0; node++) {
		uint32_t open = node_open(calendar, node, want, from_us, now), chosen = 0;
		int32_t some = __builtin_popcount(open) / want->devices;

		some = some < tasks ? some : tasks;
		tasks -= some;
		for (int32_t left = some * want->devices; left > 0; left--) {
			chosen |= open & -open;
			open &= open - 1;
		}
		if (chosen != 0)
			calendar_add(calendar, &(struct stay){.from_us = from_us,
							      .until_us = from_us + want->length_us,
							      .job = want->job,
							      .node = node,
							      .devices = chosen,
							      .reserved = reserved});
	}
	ASSERT(tasks == 0);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A plain model of a tiny fleet in time: who has which whole device from when until when, as a
 * list of stays. A stay runs, or is reserved. What can be had is found by asking every device
 * about every stay: slow, and without the core's code.
 */
#ifndef SUPPORT_CALENDAR_H
#define SUPPORT_CALENDAR_H

#include <stdint.h>

#define CALENDAR_NODES_MAX 4
#define CALENDAR_STAYS_MAX 256

struct stay {
	int64_t from_us, until_us;
	int32_t job, node;
	uint32_t devices;
	int reserved; /* else it runs, and holds its devices until it is cleared */
};

struct calendar {
	int32_t nodes, devices[CALENDAR_NODES_MAX]; /* nodes 0 .. nodes - 1, devices of each */
	int32_t stays_count;
	struct stay stays[CALENDAR_STAYS_MAX];
};

struct want { /* equal tasks of so many devices each, and for how long */
	int64_t length_us;
	int32_t job, tasks, devices; /* what the job itself has reserved is no obstacle to it */
};

void calendar_init(struct calendar *calendar);

void calendar_add(struct calendar *calendar, const struct stay *stay);

/* Remove the stays of the job: those that run, or those that are reserved. */
void calendar_clear(struct calendar *calendar, int32_t job, int reserved);

/* Does the stay meet another one on one of its devices? What runs counts as `strict` says: as
 * held until it is cleared, or only until its end. */
int calendar_is_taken(const struct calendar *calendar, const struct stay *stay, int strict);

/* Could it start now, without a device that runs or is reserved in its time; then, when what
 * runs has ended? */
int calendar_fits_now(const struct calendar *calendar, const struct want *want, int64_t now_us);
int calendar_fits_then(const struct calendar *calendar, const struct want *want, int64_t then_us);

/* The first of all ends of stays, not before now, at which it fits; -1: never. */
int64_t calendar_earliest(const struct calendar *calendar, const struct want *want, int64_t now_us);

/* Add stays for it from a time on, now or then, on the first devices that can be had, which are
 * enough. */
void calendar_book(struct calendar *calendar, const struct want *want, int64_t from_us, int now,
		   int reserved);

#endif

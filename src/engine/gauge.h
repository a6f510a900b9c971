/* SPDX-License-Identifier: Apache-2.0
 *
 * The gauge: a process of its own that finds and measures the devices of this machine. It loads
 * the vendors' libraries, which may hang or crash, so that they cannot take the daemon along. It
 * runs as `parc gauge PERIOD WORLD...`, writes messages into a pipe, and ends when nobody reads
 * them.
 *
 *   first      one DEVICE for each device, PROBLEM for what is amiss, then READY
 *   then       every period (a second) one SAMPLE for each device, then TICK
 */
#ifndef ENGINE_GAUGE_H
#define ENGINE_GAUGE_H

#include "chip/adapter.h"

#define GAUGE_VERSION	  1
#define GAUGE_DEVICES_MAX (PARC_NODE_DEVICES_MAX + ADAPTER_COUNT)
#define GAUGE_WORLD	  5 /* words of a world on a command line; "-": as on a real machine */
#define GAUGE_WORDS	  (1 + GAUGE_WORLD)

enum gauge_kind { GAUGE_DEVICE = 1, GAUGE_PROBLEM, GAUGE_READY, GAUGE_SAMPLE, GAUGE_TICK };

/* Written whole: it is smaller than what a pipe takes in one piece (4,096 bytes). */
struct gauge_message {
	int32_t version, kind;	 /* GAUGE_VERSION, enum gauge_kind */
	int32_t device, adapter; /* index among all; enum adapter_at */
	int32_t is_lost;	 /* SAMPLE: the device did not answer */
	union {
		struct adapter_device description; /* DEVICE */
		struct adapter_sample sample;	   /* SAMPLE */
		char problem[PARC_ERR_TEXT_MAX];   /* PROBLEM */
	};
};

/* Be the gauge, with the words of its command line: the period in microseconds, and a world. It
 * writes into fd until that fails. */
int gauge_run(int fd, char *const *words, struct parc_err *err);

/* A world as words of a command line, and back. */
void gauge_world_words(const struct adapter_world *world, const char *words[GAUGE_WORLD]);
void gauge_world_read(struct adapter_world *world, char *const *words);

#endif

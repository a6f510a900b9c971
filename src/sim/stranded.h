/* SPDX-License-Identifier: Apache-2.0
 *
 * Why what is free cannot be used: every free thousandth of a device gets one cause, by asking
 * what keeps the frequent shapes of the task list (those of the first 95 % of the tasks) out. What
 * they could still fill, the largest first, is open.
 */
#ifndef SIM_STRANDED_H
#define SIM_STRANDED_H

#include "sim/demand.h"
#include "sim/mirror.h"

/* name, key in JSON, text. In the order of precedence: the first that holds is the cause. */
#define STRANDED_MAP(X)                                     \
	X(OPEN, "open", "still open to frequent shapes")    \
	X(CPU, "cpu", "CPU of the node exhausted")          \
	X(MEMORY, "memory", "memory of the node exhausted") \
	X(CHIP, "chip", "no frequent shape runs on it")     \
	X(SHARE, "share", "remainder of a shared device")   \
	X(DEVICES, "devices", "too few devices together")

#define X(name, key, text) STRANDED_##name,
enum stranded_cause { STRANDED_MAP(X) STRANDED_COUNT };
#undef X

struct stranded {
	int64_t milli[STRANDED_COUNT];
};

/* Classify all that is free in `mirror` now. Walks nodes x devices x shapes. */
void stranded_classify(struct stranded *stranded, const struct mirror *mirror,
		       const struct demand *demand);

const char *stranded_key(int cause);
const char *stranded_text(int cause);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a job says of itself, through the file descriptor PARC_REPORT_FD: lines of text,
 *
 *   progress AMOUNT       so much is done since the job's first start
 *   checkpoint [AMOUNT]   so much would not be lost now; without it: what progress said last, else
 *                         all that has run until now
 *
 * An amount is DONE/TOTAL in a unit of the job's own (steps, epochs), PART%, or SECONDS of work on
 * the reference chip. A number has up to nine digits and six decimals. Lines have at most 200
 * bytes. What is not one of these is counted and passed over: nothing that a job writes can do more
 * than say what it may. Only the last of each counts, so however much is written, what is kept is
 * one sheet.
 */
#ifndef ENGINE_SAID_H
#define ENGINE_SAID_H

#include <stddef.h>

#include "engine/claim.h"

#define SAID_LINE_MAX 200

struct said {
	struct claim_said sheet;
	int is_changed; /* since it was written last */
	int is_urgent;	/* by more than progress */
	size_t size;	/* of the line that has begun */
	int is_long;	/* it is longer than a line may be */
	char line[SAID_LINE_MAX];
};

/* What time it is for a report: on the clock since boot, which nobody sets, and the work that the
 * run time so far makes. */
struct said_now {
	int64_t boot_us, work_us;
};

/* `kept`: what the last checkpoint of earlier attempts kept. */
void said_init(struct said *said, struct engine_amount kept);

/* Take the bytes that came. */
void said_take(struct said *said, const char *bytes, size_t size, const struct said_now *now);

/* Read an amount: 0, or -1 when it is none. DONE above TOTAL is none. */
int said_read_amount(const char *text, size_t size, struct engine_amount *amount);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A core under all checks. The event goes to four cores: the main one decides; the replica
 * applies what was recorded, read back from its bytes; the twin was decoded from the main one's
 * bytes some events ago and decides again (an audit). After each step all invariants are
 * checked and the digests compared; now and then the whole encoded states are, and a copy is
 * asked whether anything waits that would start if only it were tried.
 */
#ifndef SUPPORT_RIG_H
#define SUPPORT_RIG_H

#include <setjmp.h>

#include "support/script.h"

#define RIG_KIND_MAX 32

/* A fault to be put in, so that the checks can be seen to find it. */
enum rig_plant {
	RIG_PLANT_NONE,
	RIG_PLANT_ACTION, /* a recorded placement names another device or node */
	RIG_PLANT_SHARE,  /* a device's used share is off by one */
	RIG_PLANT_LEDGER, /* a category of the ledger counts too much */
	RIG_PLANT_STATE,  /* the twin's idea of a job differs */
	RIG_PLANT_WAKE,	  /* a line that could run is not woken */
};

struct rig {
	struct parc_core *main, *replica, *twin;
	void *memory[2]; /* of the first two */
	size_t memory_size;
	struct parc_limits limits;
	enum rig_plant plant;
	int64_t steps, refused, starts; /* events taken, refused; jobs started */
	int64_t decodes;
	int32_t thorough;	     /* every so many events the encoded states are compared */
	struct parc_actions actions; /* of the last step; the main core's */
	uint8_t *bytes, *bytes_after;
	size_t bytes_size;
	char kind[RIG_KIND_MAX]; /* what failed: an invariant or a check; "" if nothing */
	char text[PARC_ERR_TEXT_MAX + 64];
};

void rig_init(struct rig *rig);
void rig_deinit(struct rig *rig);

/* Begin with empty cores. */
void rig_begin(struct rig *rig, const struct parc_limits *limits, uint64_t seed);

/* Step one entry under all checks. 0: taken or rightly refused (rig->actions says); -1: the
 * checks failed, rig->kind and rig->text say how. */
int rig_step(struct rig *rig, struct entry *entry);

/* Would anything start if all that waits were tried? -1 and the failure if so. */
int rig_probe(struct rig *rig);

/* After everything has ended: does the core agree that nothing is held? */
int rig_check_rest(struct rig *rig);

/* Run `body` so that an assertion, a crash or a hang is a failure of the rig. */
int rig_guard(struct rig *rig, int (*body)(struct rig *rig, void *argument), void *argument);

#endif

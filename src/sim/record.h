/* SPDX-License-Identifier: Apache-2.0
 *
 * A run on file: every event and the actions that the core answered with, so that the run can be
 * decided again and compared.
 *
 *   write   record_open, record_world, record_step, record_digest, record_close
 *   read    record_audit
 *
 * The file: 8 bytes "PARCREC1", then items of one letter, a 32-bit length (little endian) and the
 * payload: W a new core (limits and seed), E an event, A its actions, D the digest reached.
 */
#ifndef SIM_RECORD_H
#define SIM_RECORD_H

#include <stdio.h>

#include "parc/core.h"

struct record {
	FILE *file;
	const char *path; /* the caller's */
	uint8_t *bytes;	  /* of one item */
	size_t size;
};

/* Create the file, or empty it. */
int record_open(struct record *record, const char *path, struct parc_err *err);

/* A new core begins. */
int record_world(struct record *record, const struct parc_limits *limits, uint64_t seed,
		 struct parc_err *err);
int record_step(struct record *record, const struct parc_event *event,
		const struct parc_actions *actions, struct parc_err *err);
int record_digest(struct record *record, uint64_t digest, struct parc_err *err);

/* Flush and close; fails when a write failed. A record that is not open is fine. */
int record_close(struct record *record, struct parc_err *err);

struct record_audit {
	int64_t steps;	 /* decided again, all with the recorded actions */
	int32_t worlds;	 /* cores begun */
	uint64_t digest; /* the last one met */
};

/* Read a record and decide every event again. 0 when every action and every digest is as it was
 * recorded; PARC_ERR_MISMATCH names the first step that is not. */
int record_audit(struct record_audit *audit, const char *path, struct parc_err *err);

#endif

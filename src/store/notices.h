/* SPDX-License-Identifier: Apache-2.0
 *
 * Notices: what jobs that run are still to be told. A notice is written in the transaction of the
 * record that it follows from, and dropped after it was told, so a crash in between loses none: who
 * opens the store tells those that are there, perhaps again. Its number is in what the job reads,
 * so what is told twice is known as such. Writers work within a transaction.
 */
#ifndef STORE_NOTICES_H
#define STORE_NOTICES_H

#include "store/store.h"

struct store_notice {
	int64_t number, job, allocation; /* number: 1, 2, ..., never given again */
	int32_t attempt;
	const char *line; /* without the number; the store's until the next notice is read */
};

/* Keep a notice. *number: what it was given. */
int store_notice_add(struct store *store, const struct store_notice *notice, int64_t *number,
		     struct parc_err *err);

/* The first one with a number above `after`: 1, 0 (there is none), or a code. */
int store_notice_next(struct store *store, int64_t after, struct store_notice *notice,
		      struct parc_err *err);

/* Drop those up to this number. */
int store_notice_drop(struct store *store, int64_t number, struct parc_err *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Marks: what the ledger and the tenants' usage were at some moments, so that a period is the
 * difference of two. They follow from the journal and outlive it. A tenant has a row only at marks
 * at which it had used more than at the one before. Writers work within a transaction.
 */
#ifndef STORE_MARKS_H
#define STORE_MARKS_H

#include "store/store.h"

struct store_mark {
	int64_t time_us;
	__int128 capacity, ledger[PARC_LEDGER_COUNT]; /* thousandth-device-microseconds */
};

struct store_usage { /* of a tenant; as in struct parc_usage */
	__int128 held, normal;
};

int store_mark_add(struct store *store, const struct store_mark *mark, struct parc_err *err);
int store_mark_add_tenant(struct store *store, int64_t time_us, int64_t tenant,
			  const struct store_usage *usage, struct parc_err *err);

/* The newest mark at or before `time_us`, or with `after` the oldest at or after it. 1, 0: there
 * is none, or a code. */
int store_mark_find(struct store *store, int64_t time_us, int after, struct store_mark *mark,
		    struct parc_err *err);

/* What the tenant had used at the mark of this time; zero when there is no row. 0, or a code. */
int store_mark_tenant(struct store *store, int64_t time_us, int64_t tenant,
		      struct store_usage *usage, struct parc_err *err);

/* Of the marks in [from_us, to_us) only those at multiples of `grain_us` stay. */
int store_mark_thin(struct store *store, int64_t from_us, int64_t to_us, int64_t grain_us,
		    struct parc_err *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Periods: what the ledger and the tenants had at each full minute, kept so for two days and at
 * full hours from then on. Between two events everything accrues evenly, so the mark of a minute
 * follows exactly from what stands before the first step behind it and after it; a time between two
 * marks is reckoned in the same way. Amounts are rounded so that the parts add up to the whole.
 *
 *   change   marks_before, marks_after (around each step)
 *   query    marks_period, marks_tenant
 */
#ifndef DAEMON_MARKS_H
#define DAEMON_MARKS_H

#include "store/marks.h"

struct daemon;

struct marks {
	int64_t last_us;	     /* of the core's last event */
	struct store_mark before;    /* as it was then, when the step crosses a mark; else time 0 */
	struct store_usage *tenants; /* the same, by number */
	int64_t tenants_count;
	int has_first;
};

/* A step at this time comes; it is done: its marks go into the transaction. */
void marks_before(struct daemon *daemon, int64_t time_us);
int marks_after(struct daemon *daemon, struct parc_err *err);
void marks_free(struct marks *marks);

struct marks_period {
	int64_t from_us, to_us;	  /* as far as there is something in between */
	struct store_mark amount; /* in it */
};

/* What was from `from_us` (0: from the beginning on) to `to_us` (0: until the last event). */
int marks_period(struct daemon *daemon, int64_t from_us, int64_t to_us, struct marks_period *period,
		 struct parc_err *err);

/* What the tenant held in a period that marks_period gave. */
int marks_tenant(struct daemon *daemon, const struct marks_period *period, int64_t tenant,
		 struct store_usage *usage, struct parc_err *err);

#endif

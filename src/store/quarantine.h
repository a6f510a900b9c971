/* SPDX-License-Identifier: Apache-2.0
 *
 * Events that were put aside (docs/journal.md): kept for people.
 */
#ifndef STORE_QUARANTINE_H
#define STORE_QUARANTINE_H

#include "store/store.h"

struct store_quarantined {
	int64_t number, created_us;
	const struct parc_event *event; /* NULL: it cannot be read */
	const char *why;
};

/* What is put aside for the same reason is kept once, and of all the first 1,000. */
int store_quarantine_add(struct store *store, int64_t now_us, const struct parc_event *event,
			 const char *why, struct parc_err *err);
int64_t store_quarantine_count(struct store *store);

typedef int store_quarantine_visit(void *context, const struct store_quarantined *it);
int store_quarantine_list(struct store *store, store_quarantine_visit *visit, void *context,
			  struct parc_err *err);

#endif

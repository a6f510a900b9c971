/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking back at a daemon's folder: the journal as of one moment, and the core as it was before
 * the first record that is kept. Reading only, also beside a running daemon, whose log cannot be
 * emptied meanwhile.
 *
 *   life cycle   review_open, review_close
 *   read         review_core, review_scan
 */
#ifndef REVIEW_REVIEW_H
#define REVIEW_REVIEW_H

#include "store/rows.h"

struct review {
	struct store *store;
	int64_t base; /* the snapshot that it begins with; 0: with nothing, the journal is whole */
	int64_t last; /* the last record */
};

/* PARC_ERR_STATE: older records were forgotten and no snapshot that is kept goes before the rest.
 * On failure there is nothing to close. */
int review_open(struct review *review, const char *directory, struct parc_err *err);
void review_close(struct review *review); /* takes a zeroed one */

/* A core as it was after record `base`; NULL: err says why. The caller destroys it. */
struct parc_core *review_core(const struct review *review, struct parc_err *err);

/* Visit all records after the base, as store_scan does. */
int review_scan(const struct review *review, store_visit *visit, void *context,
		struct parc_err *err);

#endif

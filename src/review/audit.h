/* SPDX-License-Identifier: Apache-2.0
 *
 * The audit: every event of a journal is decided again, and actions and state must be those that
 * were recorded.
 */
#ifndef REVIEW_AUDIT_H
#define REVIEW_AUDIT_H

#include "review/review.h"
#include "store/quarantine.h"

struct audit {
	int64_t records;    /* decided again */
	int64_t base, last; /* after record base (0: from the first on), up to record last */
	uint64_t digest;    /* of the state at the end */
};

/* Visit what was put aside in the folder. */
int audit_quarantine(const char *directory, store_quarantine_visit *visit, void *context,
		     struct parc_err *err);

/* 0: all is as recorded; else a code, PARC_ERR_MISMATCH for what is not, with the record in the
 * sentence. What was found until then stands in `audit`. */
int audit_run(struct audit *audit, const char *directory, struct parc_err *err);

#endif

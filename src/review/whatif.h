/* SPDX-License-Identifier: Apache-2.0
 *
 * What if: the outside events of a journal under another policy, and beside it what was recorded.
 * Without another policy it has to be the same (docs/whatif.md).
 *
 *   run     whatif_run, whatif_deinit
 *   show    whatif_text, whatif_json
 */
#ifndef REVIEW_WHATIF_H
#define REVIEW_WHATIF_H

#include <jansson.h>
#include <stdio.h>

#include "review/course.h"
#include "review/tried.h"

#define WHATIF_NAME_MAX 63

struct whatif {
	int64_t base, last;	  /* of the records: after `base`, up to `last` */
	int64_t begin_us, end_us; /* of the first and the last of them */
	int64_t outside, refused; /* outside events; of these came to nothing under the policy */
	int64_t other;		  /* the first record that would have been another; 0: none */
	char other_text[160];
	struct parc_policy policy_recorded, policy_tried; /* the last of each */
	struct course_figures recorded, tried;
	__int128 held[TRIED_BASES], unseen; /* of what is tried: see struct tried */
	int64_t cut_off, never_ran;	    /* jobs whose length is not known: cut off; never ran */
	char (*tenants)[WHATIF_NAME_MAX + 1]; /* names, in the order of tried.tenants */
};

/* Try the policy of a file (docs/policy.md; NULL: those that were recorded) on the journal of the
 * folder. Fields that the file lacks are as they were in force last. 0, or a code; on failure there
 * is nothing to end. */
int whatif_run(struct whatif *whatif, const char *directory, const char *policy,
	       struct parc_err *err);
void whatif_deinit(struct whatif *whatif); /* takes a zeroed one */

/* Tables of at most 80 columns; the object's reference is the caller's. */
void whatif_text(FILE *out, const struct whatif *whatif);
json_t *whatif_json(const struct whatif *whatif);

#endif

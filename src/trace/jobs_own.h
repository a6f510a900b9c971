/* SPDX-License-Identifier: Apache-2.0
 *
 * parc's own form of a job: one table of fields, which the reader of the CSV, the reader of the
 * YAML and the writer share. Some fields belong to the job, some to each of its groups.
 */
#ifndef TRACE_JOBS_OWN_H
#define TRACE_JOBS_OWN_H

#include "trace/jobs_build.h"

#define JOBS_OWN_FIELDS_MAX 40

enum jobs_own_kind {
	JOBS_OWN_INT32,
	JOBS_OWN_INT64,
	JOBS_OWN_TIME,	   /* seconds, as int64 microseconds */
	JOBS_OWN_FLAG,	   /* true or false, 1 or 0 */
	JOBS_OWN_NAME,	   /* a tenant, user, kind or queue, told by its offset */
	JOBS_OWN_CLASS,	   /* a word of the table of classes */
	JOBS_OWN_RESULT,   /* of the table of results */
	JOBS_OWN_LINK,	   /* of the table of strengths */
	JOBS_OWN_CLOSE,	   /* as prefer:rack */
	JOBS_OWN_ARRAY,	   /* the id that all jobs of the array name */
	JOBS_OWN_DEPENDS,  /* ids, each perhaps with :ok or :failed, between '+' */
	JOBS_OWN_CHIPS,	   /* names with '|' between them */
	JOBS_OWN_RUNTIME,  /* the same, of runtimes */
	JOBS_OWN_VARIANTS, /* A/B:SPEED:MEMORY with '|' between them */
};

struct jobs_own_field {
	const char *name;
	enum jobs_own_kind kind;
	bool is_required;
	size_t offset; /* in struct jobs_row, or of a group's field in struct jobs_group */
	int64_t min, max;
};

extern const struct jobs_own_field jobs_own_row_fields[];
extern const struct jobs_own_field jobs_own_group_fields[];
extern const int32_t jobs_own_row_count, jobs_own_group_count;

/* Begin a group: one task, whole devices. */
void jobs_own_group_init(struct jobs_group *group);

/* Read one field of a job or of a group; an empty field leaves what is there. */
int jobs_own_read(struct jobs_builder *builder, struct jobs_draft *draft, struct jobs_group *group,
		  const struct jobs_own_field *field, struct text_field text);

/* One variant: chips as "A/B", "@RUNTIME" or "*" (those that no other names); speed and memory may
 * be empty. */
int jobs_own_add_variant(struct jobs_builder *builder, struct jobs_draft *draft,
			 struct text_field chips, struct text_field speed,
			 struct text_field memory);

/* Add the group, once all its fields are read. */
int jobs_own_add_group(struct jobs_builder *builder, struct jobs_draft *draft,
		       const struct jobs_group *group, struct text_field place);

/* Add the job, once its groups are there: its runtimes narrow what they accept. */
int jobs_own_add(struct jobs_builder *builder, struct jobs_draft *draft);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Building a log of jobs: what the readers of all formats share. A reader fills a draft of one row
 * and adds it; the builder keeps names, groups and depends, and in the end sorts by arrival and
 * turns ids into rows.
 *
 *   row      jobs_draft_init, jobs_set_name, jobs_read_time, jobs_add_group,
 *            jobs_split_gang, jobs_add_depend
 *   log      jobs_read_table, jobs_builder_add, jobs_builder_forgive, jobs_builder_finish
 */
#ifndef TRACE_JOBS_BUILD_H
#define TRACE_JOBS_BUILD_H

#include "text/text.h"
#include "trace/jobs.h"
#include "trace/names.h"

/* One row on its way: ids instead of rows, and its own groups and depends. */
struct jobs_draft {
	struct jobs_row row;
	struct text_field place;	   /* where the row begins, for messages */
	int64_t array_key;		   /* jobs of one array have the same, above 0; 0: none */
	uint64_t runtime_chips;		   /* chips of the runtimes that it names */
	int32_t rest_variant;		   /* takes the chips that no other names; -1: none */
	uint8_t has_runtime, has_variants; /* it names some, whether the fleet has them or not */
	struct jobs_group groups[PARC_GROUPS_MAX];
	struct parc_depend depends[PARC_DEPENDS_MAX]; /* job is an id of the file */
	struct parc_variant variants[PARC_VARIANTS_MAX];
};

/* What the builder keeps of each row beside it. */
struct jobs_origin {
	int64_t array_key;
	int64_t line;
};

/* A table of names and where to find them. */
struct jobs_index {
	struct jobs_names *names;
	struct names lookup;
	int32_t capacity;
};

struct jobs_builder {
	struct jobs *jobs;
	const struct fleet *fleet;
	const struct text *text;
	struct jobs_options options;
	struct parc_err *err; /* never NULL */
	bool is_full;	      /* the log itself has too many rows: nothing to forgive */
	bool is_own;	/* ids differ and every dependence names an earlier job, or is refused */
	int64_t drafts; /* begun so far */
	struct jobs_index users, tenants, kinds, queues;
	struct jobs_origin *origins; /* of each row */
	int32_t rows_capacity, origins_capacity, groups_capacity, depends_capacity,
		variants_capacity;
};

/* The formats' readers, each in a file of its own. */
int jobs_read_openb(struct jobs_builder *builder, struct text *text);
int jobs_read_philly(struct jobs_builder *builder, struct text *text);
int jobs_read_itp(struct jobs_builder *builder, struct text *text);
int jobs_read_swf(struct jobs_builder *builder, struct text *text);
int jobs_read_sacct(struct jobs_builder *builder, struct text *text);
int jobs_read_csv(struct jobs_builder *builder, struct text *text);
int jobs_read_gavel(struct jobs_builder *builder, struct text *text);
int jobs_read_yaml(struct jobs_builder *builder, struct text *text);

void jobs_builder_init(struct jobs_builder *builder, struct jobs *jobs, const struct fleet *fleet,
		       struct parc_err *err);
void jobs_builder_deinit(struct jobs_builder *builder); /* the log stays */

/* Without names, groups or depends, class train, result OK, and the number of the draft as id. */
void jobs_draft_init(struct jobs_draft *draft, struct jobs_builder *builder,
		     struct text_field place);

/* Set *at to the index of a name; "" is -1. Bytes that a name may not have become '_', and a name
 * that was changed or shortened ends in eight digits made from all of it. */
int jobs_set_name(struct jobs_builder *builder, struct jobs_index *index, const char *bytes,
		  size_t size, int32_t *at);

/* Seconds from 0 to max_us, as microseconds; an empty field is 0. */
int jobs_read_time(struct jobs_builder *builder, struct text_field field, const char *label,
		   int64_t max_us, int64_t *time_us);

/* Equal tasks; refused when there are too many groups or tasks. */
int jobs_add_group(struct jobs_builder *builder, struct jobs_draft *draft,
		   const struct parc_task *task, int64_t tasks);

/* A gang of so many whole devices, or cores, in tasks of options.task_size and a rest. */
int jobs_split_gang(struct jobs_builder *builder, struct jobs_draft *draft, int64_t size,
		    bool is_devices);

int jobs_add_depend(struct jobs_builder *builder, struct jobs_draft *draft, int64_t id,
		    int32_t kind);

/* Note that a row names only chips that the fleet lacks, `name` among them. */
void jobs_set_alien(struct jobs_builder *builder, struct jobs_draft *draft, const char *name);

/* Add the draft; one without length or without a task is counted as unused. */
int jobs_builder_add(struct jobs_builder *builder, const struct jobs_draft *draft);

/* May reading go on after this code? Counts the row and keeps the first message if so. */
bool jobs_builder_forgive(struct jobs_builder *builder, int code);

/* Read one row of a table into the log; `reader` is what jobs_read_table got. */
typedef int jobs_read_row(void *reader, const struct text_field *fields);

/* Read a table row by row, passing over rows that may be forgiven. */
int jobs_read_table(struct jobs_builder *builder, struct text *text,
		    const struct text_columns *columns, jobs_read_row *read_row, void *reader);
int jobs_read_rows(struct jobs_builder *builder, struct text_table *table, jobs_read_row *read_row,
		   void *reader); /* after text_table_init */

/* Sort by arrival, begin at 0, turn ids and keys into rows. */
int jobs_builder_finish(struct jobs_builder *builder);

#endif

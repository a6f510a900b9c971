/* SPDX-License-Identifier: Apache-2.0
 *
 * A log of jobs: what was submitted, when, by whom, what it asked for and how long it ran. Every
 * format is read into this one form, and the simulator replays it.
 *
 *   read     jobs_read, jobs_read_bytes; jobs_formats lists the formats
 *   change   jobs_compress
 *   query    jobs_load_milli, jobs_demand
 *   write    jobs_write_csv (jobs_write.c)
 *   end      jobs_deinit
 *
 * Rows are in order of arrival, equals in the order of the file. Rows refer to groups, depends and
 * names by index. All of it lives on the heap, and jobs_deinit frees it.
 */
#ifndef TRACE_JOBS_H
#define TRACE_JOBS_H

#include <stdbool.h>

#include "trace/fleet.h"

#define JOBS_MAX	    (1 << 23)	       /* rows: 8 million, 1.6 GB */
#define JOBS_NAMES_MAX	    (1 << 20)	       /* different tenants, users, kinds, queues, each */
#define JOBS_NAME_MAX	    63		       /* bytes of one */
#define JOBS_LENGTH_MAX	    (INT64_C(1) << 50) /* us: 35 years */
#define JOBS_TIME_MAX	    (INT64_C(1) << 56) /* us: 2,283 years, of a time within a file */
#define JOBS_GAVEL_FIRST_ID 1		       /* Gavel counts jobs from 0, ids are above 0 */
#define JOBS_TASK_DEVICES   8 /* devices of one task of a gang, unless options say otherwise */

/* Equal tasks of one part of a gang. */
struct jobs_group {
	struct parc_task task;
	int32_t tasks; /* 1..PARC_TASKS_MAX */
};

struct jobs_row {
	int64_t id;	       /* as in the file, or the row number from 1; above 0 */
	int64_t submit_us;     /* since the first arrival of the log */
	int64_t length_us;     /* run time on the chip it ran on, 1..JOBS_LENGTH_MAX */
	int64_t limit_us;      /* time limit; 0: none */
	int64_t expected_us;   /* length that was declared; 0: none */
	int64_t checkpoint_us; /* interval between checkpoints; 0: none */
	int64_t think_us; /* it arrives no sooner after the end of what it depends on; 0: at once */
	int32_t user, tenant, kind, queue; /* indexes into the tables of names; -1: none */
	int32_t tier, work_class;	   /* 0..PARC_TIERS_MAX-1; enum parc_class */
	int32_t result; /* in the log: enum parc_result OK, FAILED, CANCELLED, LOST or TIMEOUT */
	int32_t first_group, groups_count;     /* 1..PARC_GROUPS_MAX */
	int32_t first_depend, depends_count;   /* 0..PARC_DEPENDS_MAX */
	int32_t first_variant, variants_count; /* 0..PARC_VARIANTS_MAX */
	int32_t close_level;		       /* enum parc_level; FLEET: anywhere */
	int32_t close_strength;		       /* enum parc_strength, of the whole gang */
	int32_t array;			       /* row of the first job of its array; -1: none */
	int32_t array_running_max;	       /* 0: no cap */
	uint8_t held, requeue, preemptible;
	uint8_t alien; /* names only chips that the fleet does not have: never fits */
};

/* How fast jobs of a kind are beside those of another, half and half on the same devices. */
struct jobs_pair {
	int32_t kind, beside; /* indexes into the table of kinds */
	int32_t chip;	      /* of the fleet */
	int32_t speed_milli;  /* of the kind's reference chip, above 0 */
};

struct jobs_names {
	char (*list)[JOBS_NAME_MAX + 1];
	int32_t count;
};

struct jobs {
	struct jobs_row *rows;
	struct jobs_group *groups;
	struct parc_depend *depends; /* job is an index of a row, before the one that depends */
	struct parc_variant *variants;
	int32_t count, groups_count, depends_count, variants_count;
	struct jobs_pair *pairs; /* in order of kind, beside, chip */
	int32_t pairs_count;
	struct jobs_names users, tenants, kinds, queues;
	int64_t start_us; /* first arrival as the file counts: since 1970, or since its own start */
	int64_t skipped;  /* malformed rows passed over because options.is_lenient */
	char first_skipped[PARC_ERR_TEXT_MAX]; /* what was wrong with the first; "": none */
	int64_t unused; /* well-formed rows that are no job that ran: no length, no demand */
	int64_t aliens; /* rows with alien set */
	char first_alien[FLEET_NAME_MAX + 1]; /* a chip that such a row names */
};

struct jobs_options {
	bool is_lenient;   /* count and pass over malformed rows */
	bool has_devices;  /* swf: processors are devices; else cores */
	int32_t task_size; /* philly, itp, swf: devices or cores of one task of a gang; 0: 8 devices
			    * or one core */
	/* gavel */
	const char *speeds; /* path of throughputs.json */
	int64_t rate_milli; /* arrivals an hour, in thousandths; 0: all at time 0, ... */
	int32_t static_max; /* ... the first so many; just one of the two is set */
	bool has_pairs;	    /* read what is known of pairs, too */
};

/* What a format's reader gets; see jobs_build.h. */
struct jobs_builder;
struct text;

struct jobs_format {
	const char *name; /* as --format has it; NULL ends the table */
	const char *help; /* one line */
	int (*read)(struct jobs_builder *builder, struct text *text);
};

extern const struct jobs_format jobs_formats[];

/* NULL when there is none of that name. */
const struct jobs_format *jobs_find_format(const char *name);

/* 0, or PARC_ERR_UNKNOWN with the names that there are. */
int jobs_check_format(const char *name, struct parc_err *err);

/* Its variants, NULL when it has none. */
const struct parc_variant *jobs_row_variants(const struct jobs *jobs, const struct jobs_row *row);

/* Speed of a kind beside another on a chip (kinds: indexes); 0: it is not known. */
int32_t jobs_pair_speed(const struct jobs *jobs, int32_t kind, int32_t beside, int32_t chip);

/* Read a log. `format` is a name of jobs_formats, `options` may be NULL. A malformed line is
 * refused with file, line, column and what was expected, and so is a log without a job; `jobs` is
 * then empty. Chips are looked up in `fleet`. The caller ends it with jobs_deinit. */
int jobs_read(const char *format, const char *path, const struct fleet *fleet,
	      const struct jobs_options *options, struct jobs *jobs, struct parc_err *err);
int jobs_read_bytes(const char *format, const struct text *text, const struct fleet *fleet,
		    const struct jobs_options *options, struct jobs *jobs, struct parc_err *err);
void jobs_deinit(struct jobs *jobs); /* takes an empty one */

/* Thousandths of devices that all tasks of a row ask for together. */
int64_t jobs_demand(const struct jobs *jobs, int32_t row);

/* Offered load in thousandths: demand x length of all rows over `devices` x the time from the first
 * arrival to the last; 0 when that time is 0 or above INT64_MAX. */
int64_t jobs_load_milli(const struct jobs *jobs, int64_t devices);

/* Compress or stretch the arrivals so that the offered load is load_milli (1 to 1,000,000). Refused
 * (PARC_ERR_INVALID) when no arrival time gives that load; nothing is changed then. */
int jobs_compress(struct jobs *jobs, int64_t devices, int64_t load_milli, struct parc_err *err);

/* Write parc's own CSV, which jobs_read reads as the same log: 0, or PARC_ERR_IO. */
int jobs_write_csv(const struct jobs *jobs, const struct fleet *fleet, FILE *out,
		   struct parc_err *err);

#endif

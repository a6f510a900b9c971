/* SPDX-License-Identifier: Apache-2.0
 *
 * A list of tasks: what arrives, when, and for how long. One row is one job: one task (openb), or a
 * gang of equal tasks. This is the form that the saturation and churn experiments replay.
 *
 *   read   tasks_read_openb; order_read_openb (arrival orders and node ranks for each seed)
 *   make   tasks_generate (generate.h)
 *   write  tasks_write_openb
 */
#ifndef TRACE_TASKS_H
#define TRACE_TASKS_H

#include "text/text.h"
#include "trace/fleet.h"

struct tasks_row {
	struct parc_task task;
	int32_t gang; /* tasks that start together, 1..PARC_TASKS_MAX (tasks_min = tasks_max) */
	int32_t close_level;	/* enum parc_level; FLEET: anywhere */
	int32_t close_strength; /* enum parc_strength, of the whole gang; NONE with FLEET */
	int64_t create_us;	/* 0 when the list has no times */
	int64_t length_us;	/* 0: unknown */
	int32_t spec;		/* which list of chips it names, in order of the text; 0: none */
	uint8_t alien;		/* names a chip that the fleet does not have: never fits */
};

struct tasks {
	struct tasks_row *rows;
	int32_t count;
};

/* One seed of an order file: rows in order of arrival, and the rank of each node by index. */
struct order_seed {
	int64_t seed, request_milli;
	int32_t *rows, rows_count;
	int32_t *ranks, ranks_count; /* 0 when the file has none */
};

struct order {
	struct order_seed *seeds;
	int32_t count;
};

/* Read a task list in openb's form; chips are looked up in `fleet`. Errors as fleet_read. */
int tasks_read_openb(struct tasks *tasks, const struct fleet *fleet, const char *path,
		     struct parc_err *err);
int tasks_read_openb_bytes(struct tasks *tasks, const struct fleet *fleet, const char *name,
			   const char *bytes, size_t size, struct parc_err *err);

/* With skips, pass over malformed rows and count them; the list may be empty then. */
int tasks_read_openb_lenient(struct tasks *tasks, const struct fleet *fleet, struct text *text,
			     struct text_skips *skips, struct parc_err *err);

/* Write it so that tasks_read_openb reads it again: 0, or PARC_ERR_IO. The columns after openb's
 * own are written when a row needs them. */
int tasks_write_openb(const struct tasks *tasks, const struct fleet *fleet, FILE *out,
		      struct parc_err *err);
void tasks_deinit(struct tasks *tasks);

/* "prefer:rack" and the like: 0, or a negative code with level and strength untouched. */
int tasks_parse_close(const char *bytes, size_t size, int32_t *level, int32_t *strength);

/* Read arrival orders; every row index is below rows_max, every rank list covers nodes_count. The
 * caller ends them with order_deinit; a malformed file is refused with its line, and they are
 * empty. */
int order_read_openb(struct order *order, const char *path, int32_t rows_max, int32_t nodes_count,
		     struct parc_err *err);
int order_read_openb_text(struct order *order, const struct text *text, int32_t rows_max,
			  int32_t nodes_count, struct parc_err *err);

/* What orders are to be made. */
struct order_wish {
	int32_t saturate_milli; /* device requests, in thousandths of the fleet's devices */
	int32_t seeds;		/* how many orders, from 1 on */
	int64_t first_seed;	/* the seeds follow each other */
};

/* Make orders as the given ones are made: every row once, shuffled, then rows drawn at random,
 * until the device requests are reached (perhaps before every row has come). The ranks are a
 * shuffle as well. The caller ends them; on failure they are empty. PARC_ERR_INVALID: no task asks
 * for a device; PARC_ERR_FULL: they ask for too little. */
int order_make(struct order *order, const struct tasks *tasks, const struct fleet *fleet,
	       const struct order_wish *wish, struct parc_err *err);
void order_deinit(struct order *order);

#endif

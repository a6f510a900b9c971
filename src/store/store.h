/* SPDX-License-Identifier: Apache-2.0
 *
 * The store of one daemon: a folder with the journal and the text that the core does not hold
 * (parc.db, SQLite), and snapshots of the core's state as files beside it. docs/journal.md is the
 * contract of what is kept, for how long, and in which form.
 *
 *   life cycle   store_open, store_close
 *   change       store_begin, store_append and the writers of rows.h, store_commit
 *   read         store_scan, store_last, store_limits, and the readers of rows.h
 *   snapshots    snapshot.h
 *
 * One process has a folder at a time. All that lies between begin and commit becomes durable
 * together: commit returns when it is on the disk (WAL with synchronous=FULL syncs the log at
 * each commit). After any failure of begin, of a writer or of commit the store takes no more
 * changes (PARC_ERR_STATE): the caller stops and recovers, as what reached the disk is unknown.
 * Cost: a commit is one sync; an append about 5 us.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "parc/core.h"

#define STORE_DATABASE	     "parc.db"
#define STORE_LOCK	     "lock"
#define STORE_RECORD_VERSION 1	       /* of the form of a journal record */
#define STORE_PATH_MAX	     4096      /* bytes of a path within the folder */
#define STORE_ACTIONS_MAX    (1 << 30) /* bytes of one step's actions */

struct store;

struct store_options {
	const char *vfs;	   /* SQLite's file layer, for tests; NULL: the default */
	uint8_t read_only;	   /* take no lock, change nothing; for audits */
	struct parc_limits limits; /* of the core, kept when the folder is new; else ignored */
	uint64_t seed;
};

/* Open the folder, making it (mode 0700) and its tables when missing, and migrate older tables.
 * PARC_ERR_STATE: another process has it. PARC_ERR_VERSION: a newer parc wrote it. */
int store_open(struct store **store, const char *directory, const struct store_options *options,
	       struct parc_err *err);

/* Takes NULL. What was not committed is dropped. */
void store_close(struct store *store);

/* The limits and the seed that the core began with. */
const struct parc_limits *store_limits(const struct store *store);
uint64_t store_seed(const struct store *store);

const char *store_directory(const struct store *store);

/* Numbers are 1, 2, ... without gaps. 0: the journal is empty. The first is above 1 when older
 * records were dropped after a snapshot. */
int64_t store_first(const struct store *store);
int64_t store_last(const struct store *store);

/* Open a transaction if none is open. */
int store_begin(struct store *store, struct parc_err *err);
int store_is_open(const struct store *store);

/* For a store that is open for reading: all that is read from now on is of one moment. */
int store_hold(struct store *store, struct parc_err *err);

/* Make all changes since begin durable; 0 changes cost nothing. */
int store_commit(struct store *store, struct parc_err *err);

/* Add the event and its actions behind the last record; digest: of the state after it. */
int store_append(struct store *store, const struct parc_event *event,
		 const struct parc_actions *actions, uint64_t digest, struct parc_err *err);

struct store_record {
	int64_t number;
	uint64_t digest; /* of the state after it */
	struct parc_event event;
	struct parc_actions actions; /* arrays are the store's until the next record is read */
};

/* Called for each record; another value than 0 ends the scan and is what it returns. */
typedef int store_visit(void *context, const struct store_record *record, struct parc_err *err);

/* Visit the records from number `from` on, in order. PARC_ERR_CORRUPT, VERSION: a record cannot be
 * read, or one is missing; the sentence names it. */
int store_scan(struct store *store, int64_t from, store_visit *visit, void *context,
	       struct parc_err *err);

/* Drop up to `count` records before number `before`, oldest first; returns how many, or a negative
 * code. Within a transaction. */
int64_t store_drop(struct store *store, int64_t before, int64_t count, struct parc_err *err);

/* Free bytes on the file system, and what the database holds, without the pages that it has free
 * for later; -1: unknown. */
int64_t store_free_bytes(const struct store *store);
int64_t store_bytes(const struct store *store);

/* Keep room on the disk for some hundreds of commits, so that ends and cancels are taken when
 * others have filled it; cheap, to be called now and then. It is had again when there is room
 * again. */
void store_reserve(struct store *store);

/* Move what the log holds into the database, as far as no reader hinders; when idle. */
void store_checkpoint(struct store *store);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows beside the journal: what was submitted as text, what became of each job and attempt,
 * names, idempotency keys, tokens. Writers work within a transaction (store_begin); readers see
 * what was written, also before the commit, so whoever answers from them does so after it.
 *
 * Strings that come out belong to the store until the next call of a reader of the same table.
 * Readers return 1 (found), 0 (not there) or a negative code.
 */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "store/store.h"

#define STORE_HASH_BYTES 32

/* What is named: each kind has numbers 1, 2, ... of its own, never reused. */
enum store_name_kind {
	STORE_TENANT = 1,
	STORE_CHIP, /* number = the core's chip + 1 */
	STORE_NODE,
	STORE_KIND, /* kinds of jobs */
	STORE_RUNTIME,
	STORE_SETTING, /* by name only: a setting of the daemon and its text */
	STORE_WINDOW,  /* number = the core's window; its text says what it is for */
};

struct store_job {
	int64_t job, tenant; /* PARC_NONE: without a tenant */
	uint32_t uid, gid;
	const char *user, *name;	     /* the name of uid at submission; of the job */
	const char *spec;		     /* as submitted, JSON, checked */
	int64_t submit_us, start_us, end_us; /* start: of the last attempt; 0: not yet */
	int64_t allocation;		     /* of the last attempt; 0: none */
	int32_t state, result, attempts;     /* enum parc_job_state, enum parc_result */
	int32_t exit_code, signal;	     /* of the last attempt; -1: none; 0: none */
	int32_t reason;			     /* why it ended or was stopped; enum parc_reason */
	const char *detail;		     /* one sentence, or "" */
};

struct store_attempt {
	int64_t allocation, job;
	int32_t attempt, result; /* enum parc_result; while it lives NONE, or what it is to stop for
				  */
	int64_t start_us, started_us, end_us;
	int64_t held_milli;		  /* thousandths of devices it is promised now, */
	int64_t rebooked_us, promised_us; /* since then; before it, summed over time; 0: ever */
	int64_t wall_us, cpu_us, memory_peak_mib, busy_us; /* as in struct engine_report */
	int32_t exit_code, signal;
	const void *action; /* its START as parc_actions_encode has it, with the
			     * shares that it was booked last */
	size_t action_size;
};

/* Thousandths of devices that a START holds: of devices where it has some, else of cores. */
int64_t store_held_milli(const struct parc_action *start);

/* What an attempt was promised until then, thousandths of devices in microseconds of them. */
int64_t store_promised_us(const struct store_attempt *attempt, int64_t now_us);

/* How far a job has come, in millionths of its own unit; a total of 0: in seconds of work on the
 * reference chip. */
struct store_amount {
	int64_t done, total, work_us; /* work_us: what that is on the reference chip */
};
struct store_progress {
	int64_t job, allocation;	    /* the last that reported */
	int64_t expected_us;		    /* its length as it was submitted; 0: unknown */
	int64_t progress_us, checkpoint_us; /* when; 0: not yet */
	struct store_amount now;	    /* work_us is not kept */
	struct store_amount kept, begin;    /* by the last checkpoint; by those of earlier attempts
					     */
};

struct store_token {
	uint8_t hash[STORE_HASH_BYTES];
	int64_t number, tenant, created_us, expires_us, revoked_us; /* 0: not revoked */
	uint32_t uid;
	int32_t role;
	const char *user, *note;
};

/* Jobs. add writes the text; the rest follows the core's actions. */
int store_job_add(struct store *store, const struct store_job *job, struct parc_err *err);
int store_job_start(struct store *store, int64_t job, const struct store_attempt *attempt,
		    struct parc_err *err);
int store_job_state(struct store *store, int64_t job, int32_t state, struct parc_err *err);
int store_job_end(struct store *store, int64_t job, int32_t result, int32_t reason, int64_t end_us,
		  struct parc_err *err);
int store_job_find(struct store *store, int64_t job, struct store_job *row, struct parc_err *err);
int64_t store_job_last(struct store *store); /* the highest id ever, of no replica; 0: none */
/* Of the jobs first .. first + count - 1: how many are live, and how many ended but not well; how
 * many jobs with lower numbers wait; how many of the tenant start, run or stop. */
int store_job_range(struct store *store, int64_t first, int64_t count, int64_t *live,
		    int64_t *failed, struct parc_err *err);
int store_job_before(struct store *store, int64_t job, int64_t *count, struct parc_err *err);
int store_job_running(struct store *store, int64_t tenant, int64_t *count, struct parc_err *err);
int store_job_detail(struct store *store, int64_t job, const char *detail, struct parc_err *err);
int store_attempt_held(struct store *store, const struct store_attempt *attempt,
		       struct parc_err *err); /* held, rebooked, promised and action of it */

struct store_job_filter {
	int64_t after;	/* ids below this (the newest come first); 0: from the newest */
	int64_t tenant; /* 0: all */
	int64_t uid;	/* -1: all */
	int live;	/* 1: only those that have not ended; oldest first, ids above `after` */
};

typedef int store_job_visit(void *context, const struct store_job *row);

/* Visit up to `max` rows; another value than 0 of visit ends it. Returns how many, or a code. */
int store_job_list(struct store *store, const struct store_job_filter *filter, int32_t max,
		   store_job_visit *visit, void *context, struct parc_err *err);

/* Attempts. */
int store_attempt_started(struct store *store, int64_t allocation, int64_t started_us,
			  struct parc_err *err);
int store_attempt_stop(struct store *store, int64_t allocation, int32_t why, struct parc_err *err);
int store_attempt_end(struct store *store, const struct store_attempt *end, const char *detail,
		      struct parc_err *err);
int store_attempt_find(struct store *store, int64_t allocation, struct store_attempt *row,
		       struct parc_err *err);

typedef int store_attempt_visit(void *context, const struct store_attempt *row);
int store_attempt_live(struct store *store, store_attempt_visit *visit, void *context,
		       struct parc_err *err);
int store_attempt_of_job(struct store *store, int64_t job, store_attempt_visit *visit,
			 void *context, struct parc_err *err);

/* Progress: one row for each job that reports. */
int store_progress_set(struct store *store, const struct store_progress *progress,
		       struct parc_err *err);
int store_progress_find(struct store *store, int64_t job, struct store_progress *progress,
			struct parc_err *err);

/* Names. set gives or renews the text that belongs to the name; find by name or by number. */
int store_name_add(struct store *store, int32_t kind, const char *name, const char *text,
		   int64_t *number, struct parc_err *err);
int store_name_find(struct store *store, int32_t kind, const char *name, int64_t *number,
		    const char **text, struct parc_err *err);
int store_name_of(struct store *store, int32_t kind, int64_t number, const char **name,
		  const char **text, struct parc_err *err);

typedef int store_name_visit(void *context, int64_t number, const char *name, const char *text);
int store_name_list(struct store *store, int32_t kind, store_name_visit *visit, void *context,
		    struct parc_err *err);

/* Idempotency keys: of a caller, with the hash of what was asked and the answer. */
struct store_key {
	const char *caller, *key;
	const uint8_t *hash; /* STORE_HASH_BYTES of what was asked */
	int64_t job;	     /* the answer: the first job that was made */
	int64_t created_us;
};

/* The caller has no such key yet. */
int store_key_add(struct store *store, const struct store_key *key, struct parc_err *err);

/* What was asked under the key, and the answer. */
int store_key_find(struct store *store, const char *caller, const char *key,
		   uint8_t hash[STORE_HASH_BYTES], int64_t *job, struct parc_err *err);
int store_key_expire(struct store *store, int64_t before_us, struct parc_err *err);

/* Tokens: only a hash is kept. */
int store_token_add(struct store *store, const struct store_token *token, int64_t *number,
		    struct parc_err *err);
int store_token_find(struct store *store, const uint8_t hash[STORE_HASH_BYTES],
		     struct store_token *token, struct parc_err *err);
int store_token_revoke(struct store *store, int64_t number, int64_t now_us, struct parc_err *err);

typedef int store_token_visit(void *context, const struct store_token *token);
int store_token_list(struct store *store, store_token_visit *visit, void *context,
		     struct parc_err *err);

#endif

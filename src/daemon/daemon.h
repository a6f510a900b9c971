/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon: one loop in one thread that collects, checks, steps, commits, acts and answers.
 *
 *   collect    reports of the engine, requests of the sources (the API), the core's wake-up
 *   step       each becomes an event; the core decides; record and rows go into the transaction
 *   commit     one sync for all that came in this round
 *   act        start and stop attempts through the engine
 *   answer     the sources answer what was asked, from committed state
 *
 * A failed commit ends the loop: nothing of the round was acted on or answered, and what the disk
 * has is found out by recovering. Recovery reads the newest snapshot, applies the records after it
 * (recover.c), and asks the engine what it has.
 *
 * Those who were answered in the last round mostly ask again at once. So that they share one sync,
 * a round waits for as many requests as the last one had, but no longer than a part of a sync.
 *
 * Cost: a round is one sync; between rounds the loop sleeps until something is readable or the
 * core wants to be woken.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <sys/types.h>

#include "daemon/config.h"
#include "daemon/forecast.h"
#include "daemon/log.h"
#include "daemon/marks.h"
#include "daemon/retain.h"
#include "daemon/spec.h"
#include "daemon/tls.h"
#include "daemon/wall.h"
#include "engine/engine.h"
#include "store/rows.h"

#define DAEMON_ENGINE	     "engine" /* folder of the local engine within DIR */
#define DAEMON_SOURCES_MAX   2
#define DAEMON_CHANGES	     8192		 /* that a slow listener may be behind */
#define DAEMON_REPORTS_ROUND 512		 /* taken from the engine in one round */
#define DAEMON_RESERVE_BYTES (INT64_C(64) << 20) /* with less free, new jobs are refused */

struct daemon_options {
	const char *directory, *config; /* config: NULL: the defaults */
	const char *program;		/* path of this program, for the engine */
	const char *fleet;		/* of the dry engine; NULL: this machine */
	const char *socket;		/* where jobs find the daemon; NULL: they are not told */
	const char *vfs;		/* for tests */
	int dry;			/* run nothing (engine/dry.h) */
	int32_t jobs_max;		/* pending and running; of a new folder */
	struct log log;
};

/* Something that collects and answers: the API. */
struct daemon_source {
	int fd; /* readable when it has something */
	void *context;
	void (*collect)(void *context);	      /* take what is there, step it */
	int32_t (*waiting)(void *context);    /* requests collected and not answered */
	void (*answer)(void *context);	      /* after the commit */
	int64_t (*timeout_us)(void *context); /* until collect has to be called again; -1: never */
};

struct daemon_act {
	int32_t kind; /* enum daemon_act_kind in act.h */
	struct engine_key key;
	int64_t job, grace_us;
	int32_t why;	/* of a stop */
	int64_t notice; /* ACT_TELL: its number */
};

/* What happened to a job, for listeners: in the order of the journal. */
struct daemon_change {
	int64_t number, time_us, job, tenant;
	uint32_t uid;
	int32_t state, result, reason;
	int32_t warning; /* enum parc_warning; 0: none */
};

struct daemon_figures {
	int64_t rounds, commits, records, refused, starts, stops, alarms;
	int64_t commit_us, commit_max_us, snapshot_us, recovered, recovery_us;
};

struct daemon {
	struct daemon_options options;
	struct config config;
	struct tls *tls; /* NULL: none is configured */
	struct log log;
	struct wall wall;
	struct store *store;
	struct parc_core *core;
	struct engine engine;
	struct engine_machine machine;
	struct spec_chips chips;
	struct daemon_source sources[DAEMON_SOURCES_MAX];
	int32_t sources_count;
	int32_t answered; /* requests of the last round */
	int64_t sync_us;  /* that the last commit took */
	struct daemon_act *acts;
	int32_t acts_count, acts_capacity;
	struct engine_report *late; /* reports made here: of what the engine has lost */
	int32_t late_count, late_capacity;
	struct daemon_change changes[DAEMON_CHANGES]; /* a ring */
	int64_t changes_count;			      /* ever */
	int64_t now_us;				      /* of this round */
	int64_t node;				      /* of this machine */
	int64_t next_job, snapshot_number, expire_us;
	int64_t told_notice; /* all up to this one are told; to be dropped; 0: none */
	int64_t snapshot_begin_us;
	pid_t snapshot_child; /* 0: none */
	int poll_fd, signal_fd;
	int is_stopping, is_broken, is_low; /* broken: no commit any more; low: of free space */
	struct parc_err failure;	    /* why it is broken */
	struct daemon_figures figures;
	struct retain retain;
	struct marks marks;
	struct forecast forecast;
};

enum daemon_role { DAEMON_VIEWER, DAEMON_TENANT, DAEMON_OPERATOR };

struct daemon_caller {
	uint32_t uid, gid;
	int32_t role; /* enum daemon_role */
	char user[CONFIG_NAME_MAX + 1];
	char tenant[SPEC_WORD_MAX + 1]; /* the only one it may use; "": as configured */
	char id[CONFIG_NAME_MAX + 32];	/* of whom idempotency keys are */
};

/* Open the folder, recover, set up what the configuration says. On failure nothing stays open. */
int daemon_open(struct daemon *daemon, const struct daemon_options *options, struct parc_err *err);
void daemon_close(struct daemon *daemon);

int daemon_add_source(struct daemon *daemon, const struct daemon_source *source,
		      struct parc_err *err);

/* Run until SIGTERM or SIGINT (0) or until it is broken (a code). */
int daemon_run(struct daemon *daemon, struct parc_err *err);

/* One round: wait at most `wait_us` (-1: as long as nothing happens). 0, or a code. */
int daemon_round(struct daemon *daemon, int64_t wait_us, struct parc_err *err);

/* Step an event at the time of this round, record it and keep what has to be done. Refusals
 * change nothing and return their code; when the store fails, the daemon is broken as well. */
int daemon_step(struct daemon *daemon, struct parc_event *event, struct parc_err *err);

/* Submit the object for the caller: checks, step, rows. *first and *count: the jobs' numbers. A
 * repeated key gives what it gave before. PARC_ERR_EXISTS: the key was used for something else. */
struct daemon_submission {
	json_t *object;
	const char *key;		/* idempotency key, NULL: none */
	uint8_t hash[STORE_HASH_BYTES]; /* of what was asked */
	char place[SPEC_PLACE_MAX];	/* where in the object what was refused stands; "" */
};
int daemon_submit(struct daemon *daemon, const struct daemon_caller *caller,
		  struct daemon_submission *submission, int64_t *first, int32_t *count,
		  struct parc_err *err);

/* Take a report of a job, of its progress or of a checkpoint: step it, keep its row. An attempt
 * that is over is refused (PARC_ERR_STATE); a report that says nothing new changes nothing. */
struct daemon_progress {
	int64_t job;
	struct engine_key key;
	int is_checkpoint;
	int is_until_now; /* a checkpoint of all until now: amount is not given */
	struct engine_amount amount;
	int64_t time_us; /* when it was said */
};
int daemon_progress(struct daemon *daemon, const struct daemon_progress *said,
		    struct parc_err *err);

/* The name that a node has for people: without what tells it from earlier ones of that name. */
int daemon_node_name(struct daemon *daemon, int64_t node, char name[ENGINE_NAME_MAX + 1]);

/* Number of a tenant by name, PARC_NONE when there is none. */
int64_t daemon_tenant_number(struct daemon *daemon, const char *name);

/* Read configuration and certificate again. On an error all stays as it was. */
int daemon_reload(struct daemon *daemon, struct parc_err *err);

#endif

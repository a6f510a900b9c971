/* SPDX-License-Identifier: Apache-2.0
 *
 * A replay under way, shared by its parts only:
 *
 *   replay.c          life cycle and the loop: what comes next
 *   replay_jobs.c     arrivals, and what the core's actions mean for the work
 *   replay_faults.c   what breaks and is repaired
 *   replay_services.c services: their loads, their replicas, and what they serve
 *   replay_figures.c  the figures at the end
 */
#ifndef SIM_REPLAY_RUN_H
#define SIM_REPLAY_RUN_H

#include "sim/clock.h"
#include "sim/estimate.h"
#include "sim/faults.h"
#include "sim/paces.h"
#include "sim/sampler.h"
#include "sim/shares.h"
#include "sim/stage.h"

/* AWAY has not arrived; PENDING and RUNNING are in the core; ENDED is out of it. */
enum run_state { RUN_AWAY, RUN_PENDING, RUN_RUNNING, RUN_ENDED };

/* How one row of the log fares. Work is counted as time on the reference chip. */
struct run {
	int64_t job, allocation;		      /* ids in the core; 0: none */
	int64_t arrived_us, first_start_us, ended_us; /* -1: not yet */
	int64_t done_us;			      /* work kept by checkpoints */
	int64_t due_us;				      /* when this attempt's work is done */
	int64_t demand_milli;
	struct book_entry held;
	int32_t attempt;
	int32_t beside;		     /* row that shares its devices; -1: none */
	int32_t alone_milli;	     /* its speed by itself */
	int32_t waiter, next_waiter; /* rows that wait for this one to arrive or end; -1: none */
	uint8_t state, result;
	uint8_t is_working; /* this attempt has begun its work */
	uint8_t stopping;   /* it was told to stop */
	uint8_t halted;	    /* something it runs on has failed */
	uint8_t preempted;  /* it stops to give way */
	uint8_t paired;	    /* in this attempt its speed was that of a pair */
};

/* Kinds of entries of the clock; its `job` is row << RUN_TICK_BITS | kind, or a node or device in
 * place of the row. */
enum run_tick {
	TICK_READY,
	TICK_ENDED,
	TICK_STOPPED,
	TICK_CHECKPOINT,
	TICK_ARRIVE,
	TICK_FENCE,
	TICK_BACK,
	TICK_REPAIR,
	TICK_SERVES, /* of a replica, by its index, as the next */
	TICK_RETIRED
};
#define RUN_TICK_BITS 4

/* One replica of a service. */
struct replica_run {
	int64_t allocation; /* 0: none */
	struct book_entry held;
	int64_t capacity_milli; /* that it serves, 0: it does not */
	int32_t service, attempt;
	uint8_t stopping;
};

/* How one service fares. Backlog and sums are in thousandths of load times microseconds. */
struct service_run {
	const struct services_row *row;
	struct replay_service *figures;
	int64_t job;		  /* id in the core; 0: not submitted, or ended */
	int64_t load_milli;	  /* now */
	int64_t capacity_milli;	  /* of the replicas that serve now */
	int64_t report_us;	  /* when the core is next told */
	double backlog, reported; /* reported: load since it was last told */
	double point_load, point_in_time, point_replicas; /* of the point being filled */
	double replicas;				  /* times microseconds that they serve */
	int64_t point_us, reported_us;			  /* when the point, the report began */
	int32_t next_point, serving;
	uint8_t cancelled;
};

struct replay {
	const struct replay_config *config;
	const struct jobs *log;
	struct replay_result *result;
	struct run *runs;   /* by row */
	int32_t *rows;	    /* by id of the job in the core */
	struct clock clock; /* ticks of jobs and of repairs */
	struct stage stage;
	struct shares shares;
	struct book book;
	struct sampler sampler;
	struct faults faults;
	struct estimate estimate;
	struct paces paces; /* used when the config says learns_speeds */
	struct service_run *services;
	struct replica_run *replicas; /* by id in the core */
	int64_t services_milli;	      /* thousandths of devices that they hold */
	int32_t services_left, replicas_count, replicas_room;
	struct sampler_level level;
	int64_t now_us, active_us; /* active: when something last ran, or was still to come */
	int64_t last_job;
	int64_t unchecked; /* steps since the invariants were last verified */
	int32_t next_row;  /* the first that the loop has not taken in */
	int32_t job_ticks; /* entries of the clock that concern jobs */
	int32_t ended;	   /* rows */
	int32_t progress;  /* of them, when it was last told */
};

/* Step an event at the present time and follow all the actions. */
int replay_step(struct replay *replay, struct parc_event *event, struct parc_err *err);

/* An event of the row's allocation. */
int replay_step_run(struct replay *replay, int32_t row, int32_t kind, int32_t result,
		    int64_t work_us, struct parc_err *err);

int replay_push(struct replay *replay, int64_t time_us, int kind, int32_t row,
		struct parc_err *err);

/* replay_jobs.c: a row arrives; a tick of a job is due; an action of the core. */
int replay_arrive(struct replay *replay, int32_t row, struct parc_err *err);
int replay_tick_job(struct replay *replay, int kind, int32_t row, int64_t allocation,
		    struct parc_err *err);
int replay_follow(struct replay *replay, const struct parc_action *action, struct parc_err *err);

/* The row leaves: it ended, or will never run. */
int replay_leave(struct replay *replay, int32_t row, int32_t result, struct parc_err *err);

/* replay_faults.c: the next failure happens; a tick of a node or device is due. */
int replay_break(struct replay *replay, struct parc_err *err);
int replay_tick_repair(struct replay *replay, int kind, int32_t unit, struct parc_err *err);

/* replay_services.c: begin and end; when a load or a report is next due, and what is then; time
 * passes; a tick of a replica; an action for a service or a replica. */
int replay_services_init(struct replay *replay, struct parc_err *err);
void replay_services_deinit(struct replay *replay);
int64_t replay_services_next_us(const struct replay *replay);
int replay_services_step(struct replay *replay, struct parc_err *err);
void replay_services_pass(struct replay *replay, int64_t time_us);
int replay_tick_replica(struct replay *replay, int kind, int32_t index, int64_t allocation,
			struct parc_err *err);
int replay_is_service(const struct replay *replay, int64_t job);
int replay_follow_service(struct replay *replay, const struct parc_action *action,
			  struct parc_err *err);

/* replay_figures.c: fill the result. */
int replay_figures(struct replay *replay, struct parc_err *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What is submitted: a job of groups of equal tasks, its variants, dependencies, service.
 */
#ifndef PARC_SUBMIT_H
#define PARC_SUBMIT_H

#include "parc/types.h"

/* What one task asks for. Devices 0: CPU and memory only. */
struct parc_task {
	uint64_t chips;		   /* acceptable chips, a bit each; 0: any */
	int32_t devices;	   /* devices, 0..PARC_NODE_DEVICES_MAX */
	int32_t share_milli;	   /* of each device, 1..1000 (0 when devices is 0) */
	int32_t device_memory_mib; /* on each device */
	int32_t cpu_milli;
	int64_t memory_mib;
	int32_t link; /* enum parc_strength: its devices in one link group */
};

struct parc_profile_entry {
	struct parc_task task;
	int64_t count; /* how often it is expected, 1.. */
};

struct parc_group {
	struct parc_task task;
	int32_t tasks_min, tasks_max; /* 1 <= min <= max; a gang starts all its minima or none */
	uint8_t mixed_chips;	      /* its tasks may run on unlike chips */
};

struct parc_variant {		   /* another way to run the same job, on the chips it names */
	uint64_t chips;		   /* within the group's chips */
	int32_t speed_milli;	   /* declared speed there; 0: unknown */
	int32_t device_memory_mib; /* replaces the task's; 0: as the task says */
};

/* How it has to have ended. Of an array: all of its jobs, all well, all and one of them not well.
 */
enum parc_depend_kind {
	PARC_DEPEND_ANY,
	PARC_DEPEND_OK,
	PARC_DEPEND_FAILED,
	PARC_DEPEND_ARRAY, /* added to one of these: after the whole array that `job` names */
};

struct parc_depend {
	int64_t job;
	int32_t kind; /* enum parc_depend_kind */
};

/* The core gives each replica of a service a job of its own, with an id from here on. */
#define PARC_REPLICA_IDS  INT64_C(2000000000000000)
#define PARC_LOAD_MAX	  INT64_C(1000000000000000) /* load and capacity, in thousandths */
#define PARC_REPLICAS_MAX 4096

struct parc_service {			    /* replicas_max 0: not a service */
	int32_t replicas_min, replicas_max; /* at most PARC_REPLICAS_MAX */
	int64_t capacity_milli; /* load that one replica serves on the reference chip, 1.. */
	int32_t target_milli;	/* share of requests that find a replica free, 0..1000 */
};

struct parc_submit {
	int64_t job, tenant, user; /* user: who shares devices with whom, above 0 */
	int64_t kind;		   /* jobs of one kind have one speed; PARC_NONE: unknown */
	int32_t tier, work_class;  /* 0..PARC_TIERS_MAX-1; enum parc_class */
	int64_t time_limit_us;	   /* on the reference chip; 0: none */
	int64_t expected_us;	   /* the submitter's guess; 0: none */
	int64_t checkpoint_us;	   /* interval between checkpoints; 0: none */
	int64_t grace_us;	   /* 0: the policy's */
	int64_t array;		   /* first job of its array; PARC_NONE: not an array */
	int32_t array_running_max; /* 0: no cap */
	uint8_t now_or_never;	   /* refuse it if it cannot start at once */
	uint8_t held, requeue;	   /* requeue: start again after a loss */
	uint8_t preemptible;
	uint8_t packable;    /* book what its kind uses instead of what it asks; all its tasks with
			      * devices say their device memory */
	int32_t close_level; /* enum parc_level; FLEET: anywhere */
	int32_t close_strength; /* enum parc_strength, of the whole gang */
	int32_t groups_count, variants_count, depends_count;
	const struct parc_group *groups;
	const struct parc_variant *variants;
	const struct parc_depend *depends;
	struct parc_service service;
};

#endif

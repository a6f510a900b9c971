/* SPDX-License-Identifier: Apache-2.0
 *
 * Events: all that the core ever learns. An event is a plain value; the arrays it points to
 * belong to the caller and are read during the call only. Every id is chosen by the caller and
 * must be above all ids of its kind used before, unless the event names an existing thing.
 */
#ifndef PARC_EVENT_H
#define PARC_EVENT_H

#include "parc/types.h"

/* name, stable number, text, whether it comes from outside (else: from an allocation). */
#define PARC_EVENT_MAP(X)                                                                          \
	X(TIME, 1, "time", 1) X(CHIP_SET, 2, "chip-set", 1) X(TENANT_SET, 3, "tenant-set", 1)      \
	X(POLICY_SET, 4, "policy-set", 1) X(PROFILE_SET, 5, "profile-set", 1)                      \
	X(PLACE_ADD, 6, "place-add", 1) X(NODE_ADD, 7, "node-add", 1)                              \
	X(NODE_DRAIN, 8, "node-drain", 1) X(NODE_RESUME, 9, "node-resume", 1)                      \
	X(NODE_REMOVE, 10, "node-remove", 1) X(NODE_SUSPECT, 11, "node-suspect", 1)                \
	X(NODE_FENCE, 12, "node-fence", 1) X(NODE_BACK, 13, "node-back", 1)                        \
	X(DEVICE_FAIL, 14, "device-fail", 1) X(DEVICE_REPAIR, 15, "device-repair", 1)              \
	X(FOREIGN_USE, 16, "foreign-use", 1) X(SUBMIT, 17, "submit", 1) X(CANCEL, 18, "cancel", 1) \
	X(HOLD, 19, "hold", 1) X(RELEASE, 20, "release", 1) X(SERVICE_LOAD, 21, "service-load", 1) \
	X(SPEED_MEASURED, 22, "speed-measured", 1) X(STARTED, 32, "started", 0)                    \
	X(READY, 33, "ready", 0) X(PROGRESS, 34, "progress", 0) X(CHECKPOINT, 35, "checkpoint", 0) \
	X(USE, 36, "use", 0) X(STOPPED, 37, "stopped", 0) X(ENDED, 38, "ended", 0)

#define X(name, number, text, outside) PARC_EVENT_##name = number,
enum parc_event_kind { PARC_EVENT_MAP(X) };
#undef X

/* One partition template of a chip (MIG profile, vNPU template). */
struct parc_template {
	int32_t share_milli;  /* booked for one instance, 1..1000 */
	int32_t memory_mib;   /* device memory of one instance */
	int32_t slots;        /* consecutive slots it takes, 1..PARC_SLOTS_MAX */
	uint32_t starts;      /* bit i: it may begin at slot i */
};

struct parc_chip { /* CHIP_SET: new or changed catalogue entry, by index */
	int32_t chip;         /* 0..PARC_CHIPS_MAX-1 */
	int32_t rule;         /* enum parc_rule; CORES: the node's cores are the pool */
	int32_t memory_mib;   /* of one device */
	int32_t step_milli;   /* SCALAR: a share is rounded up to a multiple of this, 1..1000 */
	int32_t rate_milli;   /* accounting rate, reference chip = 1000 */
	int32_t runtime;      /* software family, so that a CUDA-only job stays on CUDA */
	int32_t unit;         /* devices come in aligned units of so many (910C: 2), 1.. */
	uint32_t counts;      /* bit n-1: a task may take n whole devices; 0: any number */
	uint8_t one_user;     /* a shared device serves one user at a time (MPS) */
	uint8_t within_link;  /* devices of one task stay in one link group if they can (P800) */
	int32_t slots;        /* TEMPLATES: slots of one device */
	int32_t templates_count;
	int64_t mode_cost_us; /* to change a device's partition mode */
	struct parc_template templates[PARC_TEMPLATES_MAX];
	int32_t speed_milli[4]; /* per enum parc_class; 0: unknown */
	int64_t price_micro[4]; /* money per device-hour and product, later issues */
};

struct parc_tenant { /* TENANT_SET: new or changed; a tree by parent */
	int64_t tenant, parent;     /* parent PARC_NONE: below the root */
	int32_t weight;             /* part of what is left, 1.. */
	int64_t guarantee_milli;    /* normalised thousandths of devices; 0: none */
	uint64_t guarantee_chips;   /* chips that can fulfil it */
	int64_t limit_milli;        /* cap in the same unit; 0: none */
	int64_t jobs_max, pending_max; /* caps; 0: none */
	int64_t budget_micro;       /* money; 0: none */
	int32_t price_plan;
};

struct parc_policy { /* POLICY_SET: replaces the policy whole */
	int32_t place;        /* enum parc_place */
	int32_t order;        /* 0: tier then age; others come with the queue's policies */
	uint64_t seed;        /* of the core's generator; 0: leave it as it is */
	int64_t epoch_us;     /* fair share and attribution, 1 s..60 s */
	int64_t grace_us;     /* between the signal and the kill */
	int64_t half_life_us; /* of fair share */
	int32_t requeue_max;  /* attempts after a loss; 0: none */
	int32_t reserved[5];  /* 0; later issues */
};

/* What one task asks for. Devices 0: CPU and memory only. */
struct parc_task {
	uint64_t chips;            /* acceptable chips, a bit each; 0: any */
	int32_t devices;           /* devices, 0..PARC_NODE_DEVICES_MAX */
	int32_t share_milli;       /* of each device, 1..1000 (0 when devices is 0) */
	int32_t device_memory_mib; /* on each device */
	int32_t cpu_milli;
	int64_t memory_mib;
	int32_t link;              /* enum parc_strength: its devices in one link group */
};

struct parc_profile_entry {
	struct parc_task task;
	int64_t count; /* how often it is expected, 1.. */
};

struct parc_group {
	struct parc_task task;
	int32_t tasks_min, tasks_max; /* 1 <= min <= max; a gang starts all its minima or none */
	uint8_t mixed_chips;          /* its tasks may run on unlike chips */
};

struct parc_variant { /* another way to run the same job, on the chips it names */
	uint64_t chips;            /* within the group's chips */
	int32_t speed_milli;       /* declared speed there; 0: unknown */
	int32_t device_memory_mib; /* replaces the task's; 0: as the task says */
};

struct parc_depend {
	int64_t job;
	int32_t kind; /* 0: after it ended, 1: after it ended well, 2: after it failed */
};

struct parc_service { /* replicas_max 0: not a service */
	int32_t replicas_min, replicas_max;
	int64_t capacity_milli; /* load that one replica serves on the reference chip */
	int32_t target_milli;   /* share of requests served in time */
};

struct parc_submit {
	int64_t job, tenant, user; /* user: who shares devices with whom, above 0 */
	int64_t kind;              /* jobs of one kind have one speed; PARC_NONE: unknown */
	int32_t tier, work_class;  /* 0..PARC_TIERS_MAX-1; enum parc_class */
	int64_t time_limit_us;     /* on the reference chip; 0: none */
	int64_t expected_us;       /* the submitter's guess; 0: none */
	int64_t checkpoint_us;     /* interval between checkpoints; 0: none */
	int64_t grace_us;          /* 0: the policy's */
	int64_t array;             /* first job of its array; PARC_NONE: not an array */
	int32_t array_running_max; /* 0: no cap */
	uint8_t now_or_never;      /* refuse it if it cannot start at once */
	uint8_t held, requeue;     /* requeue: start again after a loss */
	uint8_t preemptible;
	int32_t close_level;       /* enum parc_level; FLEET: anywhere */
	int32_t close_strength;    /* enum parc_strength, of the whole gang */
	int32_t groups_count, variants_count, depends_count;
	const struct parc_group *groups;
	const struct parc_variant *variants;
	const struct parc_depend *depends;
	struct parc_service service;
};

struct parc_pool {
	int32_t chip, devices;
	int32_t link_size; /* devices of one link group; 0: all of the pool */
};

struct parc_node_add {
	int64_t node, place; /* place PARC_NONE: directly in the fleet */
	int64_t rank;        /* among nodes with equal score the smallest is taken */
	int32_t cpu_milli;
	int64_t memory_mib;
	int32_t pools_count;
	struct parc_pool pools[PARC_NODE_POOLS_MAX];
};

struct parc_event {
	int64_t time_us; /* never before the event before it */
	int32_t kind;    /* enum parc_event_kind */
	union {
		struct parc_chip chip;
		struct parc_tenant tenant;
		struct parc_policy policy;
		struct { int32_t count; const struct parc_profile_entry *entries; } profile;
		struct { int64_t place, parent; int32_t level; } place; /* SITE, POD or RACK */
		struct parc_node_add node_add;
		struct { int64_t node; uint8_t maintenance; } node; /* drain, resume, ... */
		struct { int64_t node; int32_t device; } device;    /* fail, repair */
		struct { int64_t node; int32_t device, share_milli, memory_mib; } foreign;
		struct parc_submit submit;
		struct { int64_t job; } job;                        /* cancel, hold, release */
		struct { int64_t job, load_milli; } load;
		struct { int64_t kind; int32_t chip, speed_milli, count; } speed;
		struct { /* from allocations */
			int64_t allocation;
			int32_t attempt;
			int32_t result;     /* ENDED: OK, FAILED or LOST */
			int64_t work_us;    /* PROGRESS, CHECKPOINT: done on the reference chip */
			int32_t busy_milli; /* USE: busy part of what it holds; -1: unmeasured */
		} run;
	};
};

const char *parc_event_name(int kind);

#endif

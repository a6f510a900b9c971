/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision core: step(state, event) -> actions.
 *
 * It owns every decision and nothing else: no clock (time comes with the event), no I/O, no
 * allocation after init, no floating point, no order that depends on an address or a hash seed.
 * The same events give the same actions, bit for bit, with every compiler.
 *
 *   life cycle   parc_core_size, parc_core_init            (the caller owns the memory)
 *   change       parc_check, parc_step, parc_apply
 *   query        parc_wake, parc_digest, parc_ledger, parc_count, parc_job_info
 *   persist      parc_state_encode/decode, parc_event_*, parc_actions_*, parc_audit_step
 *   verify       parc_core_check                           (all numbered invariants)
 */
#ifndef PARC_CORE_H
#define PARC_CORE_H

#include <stddef.h>

#include "parc/action.h"
#include "parc/error.h"
#include "parc/event.h"

PARC_C_BEGIN
struct parc_core;

/* Sizes of the tables, fixed at init. A full table refuses the event that needs it. */
struct parc_limits {
	int32_t nodes, places, devices; /* devices: of all nodes together */
	int32_t node_devices;		/* of the largest node, 1..PARC_NODE_DEVICES_MAX */
	int32_t jobs; /* pending and running at one time; 131,072 may all be unlike, or one in 8 */
	int32_t groups; /* of these jobs, those of equal jobs counted once */
	int32_t extras; /* variants, counted likewise; and as many dependencies of these jobs */
	int32_t tasks;	/* placed at one time */
	int32_t tenants;
	int32_t shapes;	       /* distinct task requests remembered */
	int32_t index_entries; /* (class, shape) pairs remembered */
};

/* Defaults for a fleet of `nodes` nodes with `devices` devices and `jobs` jobs. */
struct parc_limits parc_limits_for(int32_t nodes, int32_t devices, int32_t jobs);

/* Bytes that a core with these limits needs; 0 when a limit is out of range. */
size_t parc_core_size(const struct parc_limits *limits);

/* Make a core in `memory` (64-byte aligned, `size` bytes, caller's until the end of use). Returns
 * NULL and sets err when a limit is out of range or the block is too small. */
struct parc_core *parc_core_init(void *memory, size_t size, const struct parc_limits *limits,
				 uint64_t seed, struct parc_err *err);

/* The same on the heap; destroy takes NULL. */
struct parc_core *parc_core_create(const struct parc_limits *limits, uint64_t seed,
				   struct parc_err *err);
void parc_core_destroy(struct parc_core *core);

struct parc_actions {
	int32_t count;
	const struct parc_action *list; /* the core's, until the next step */
};

/* Could this event be stepped now? 0, or why not. Changes nothing. */
int parc_check(const struct parc_core *core, const struct parc_event *event, struct parc_err *err);

/* Check, decide, apply. On an error nothing has changed and `actions` is empty. */
int parc_step(struct parc_core *core, const struct parc_event *event, struct parc_actions *actions,
	      struct parc_err *err);

/* Recovery: apply what was recorded, decide nothing. Refuses what could not have been recorded;
 * after a refusal in the middle of the actions the core must be thrown away. */
int parc_apply(struct parc_core *core, const struct parc_event *event,
	       const struct parc_actions *actions, struct parc_err *err);

/* Decide the event again and compare with what was recorded: 0, or PARC_ERR_MISMATCH. */
int parc_audit_step(struct parc_core *core, const struct parc_event *event,
		    const struct parc_actions *recorded, struct parc_err *err);

/* Time of the next TIME event the core wants; PARC_NEVER: none. */
int64_t parc_wake(const struct parc_core *core);

/* Digest of the logical state; equal for equal states, kept incrementally. */
uint64_t parc_digest(const struct parc_core *core);

/* Thousandth-device-microseconds of one category from the first event to the last. */
parc_int128 parc_ledger(const struct parc_core *core, enum parc_ledger category);
parc_int128 parc_ledger_capacity(const struct parc_core *core);

/* Device time held, from START until it is given back, in thousandth-device-microseconds, and
 * `normal`: each times the accounting rate (reference 1000) that its chip had then. */
struct parc_usage {
	parc_int128 held, normal;
	parc_int128 capacity; /* device time there was: of the chip; for a tenant, of the fleet */
	int64_t held_milli;   /* held now */
};

/* By tenant, PARC_NONE: of jobs without one; by chip. 0, or PARC_ERR_UNKNOWN. */
int parc_tenant_usage(const struct parc_core *core, int64_t tenant, struct parc_usage *usage);
int parc_chip_usage(const struct parc_core *core, int32_t chip, struct parc_usage *usage);

/* What is set: the policy in force; a tenant's row, or PARC_ERR_UNKNOWN. */
void parc_policy_get(const struct parc_core *core, struct parc_policy *policy);
int parc_tenant_get(const struct parc_core *core, int64_t tenant, struct parc_tenant *set);

/* clang-format off */
#define PARC_COUNT_MAP(X) \
	X(NODES) X(DEVICES) X(JOBS) X(PENDING) X(TASKS) X(TENANTS) X(SHAPES) X(CLASSES) \
	X(DECISIONS) X(STEPS) X(CAPACITY_MILLI) X(ALLOCATED_MILLI) X(FREE_MILLI) X(SCORED) \
	X(REBUILDS) X(WAITING)
/* clang-format on */
#define X(name) PARC_COUNT_##name,
enum parc_count { PARC_COUNT_MAP(X) };
#undef X

/* Counters for people and tests. PENDING are jobs that could start if there were room; WAITING also
 * those that are held, wait for others, or are kept back by their array, and services. */
int64_t parc_count(const struct parc_core *core, enum parc_count which);

struct parc_job_info {
	int64_t job, tenant, allocation;
	int32_t state, reason, attempt, tasks_running;
	int64_t asked_milli, booked_milli; /* thousandths of devices that its tasks asked for, and
					    * that they hold: promised and delivered */
	int64_t service;      /* of a replica: the job that is its service; else PARC_NONE */
	int32_t replica;      /* of a replica: its number; else 0 */
	int32_t replicas;     /* of a service: its replicas, waiting, running or stopping */
	int64_t wanted_milli; /* of a service: reference replicas that its load needs */
	int64_t reserved_us;  /* it has a reservation from this time on; 0: it has none; PARC_NEVER:
			       * it has, but what is in its way has no known end */
};
int parc_job_info(const struct parc_core *core, int64_t job, struct parc_job_info *info);

/* How fast a job runs on what it holds now: on the slowest chip, that of the reference where it is
 * unknown; the weakest source; the chips, a bit each. PARC_ERR_UNKNOWN: it holds nothing. */
struct parc_pace {
	int32_t speed_milli, source; /* enum parc_speed */
	uint64_t chips;
};
int parc_job_pace(const struct parc_core *core, int64_t job, struct parc_pace *pace);

/* What is known of a kind's speed on a chip from outside its jobs; source LEARNT or SET. `learnt`
 * is the mean of the runs, `spread` their standard deviation, `trials` the starts without a
 * known speed. PARC_ERR_UNKNOWN: nothing is. */
struct parc_speed_info {
	int32_t speed_milli, source, learnt_milli, spread_milli, runs, trials;
};
int parc_speed_info(const struct parc_core *core, int64_t kind, int32_t chip,
		    struct parc_speed_info *info);

/* The same of everything that is known, by index from 0; `beside`: of the kind while it shares its
 * devices with that other one, else PARC_NONE. PARC_ERR_UNKNOWN: there are no more. */
int parc_speed_at(const struct parc_core *core, int32_t index, int64_t *kind, int64_t *beside,
		  int32_t *chip, struct parc_speed_info *info);

struct parc_node_info {
	int64_t node;
	int32_t state, cpu_milli, cpu_free_milli, devices, device_chip[PARC_NODE_DEVICES_MAX];
	int32_t free_milli[PARC_NODE_DEVICES_MAX], free_mib[PARC_NODE_DEVICES_MAX];
	int64_t memory_mib, memory_free_mib; /* in all, as cpu_milli; free */
};
int parc_node_info(const struct parc_core *core, int64_t node, struct parc_node_info *info);

/* Reference replicas, in thousandths, that this load needs (docs/services.md). */
int64_t parc_service_need(const struct parc_service *service, int64_t load_milli);

/* Free thousandths on up nodes of one chip (-1: all). */
int64_t parc_free_milli(const struct parc_core *core, int32_t chip);

/* Encoding: little endian, a version in every record. encode returns the bytes needed and writes
 * them when they fit in `size`; decode returns the bytes read, or a negative code and changes
 * nothing (a state's core must then be thrown away). Decoded arrays lie in `scratch`. */
#define PARC_EVENT_BYTES_MAX 65536
#define PARC_EVENT_SCRATCH   65536 /* bytes, 8-aligned, that a decoded event may need */
int64_t parc_event_encode(const struct parc_event *event, void *bytes, size_t size);
int64_t parc_event_decode(struct parc_event *event, void *scratch, size_t scratch_size,
			  const void *bytes, size_t size, struct parc_err *err);
int64_t parc_actions_encode(const struct parc_actions *actions, void *bytes, size_t size);
int64_t parc_actions_decode(struct parc_actions *actions, void *scratch, size_t scratch_size,
			    const void *bytes, size_t size, struct parc_err *err);
int64_t parc_state_encode(const struct parc_core *core, void *bytes, size_t size);
struct parc_core *parc_state_decode(const void *bytes, size_t size, struct parc_err *err);

/* Verify all numbered invariants (ARCHITECTURE.md): 0, or the first one that does not hold. */
int parc_core_check(const struct parc_core *core, struct parc_err *err);
PARC_C_END
#endif

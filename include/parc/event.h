/* SPDX-License-Identifier: Apache-2.0
 *
 * Events: all that the core ever learns. An event is a plain value; the arrays it points to
 * belong to the caller and are read during the call only. Every id is chosen by the caller and
 * must be above all ids of its kind used before, unless the event names an existing thing.
 */
#ifndef PARC_EVENT_H
#define PARC_EVENT_H

#include "parc/setting.h"
#include "parc/submit.h"

PARC_C_BEGIN

/* name, stable number, text, whether it comes from outside (else: from an allocation). */
/* clang-format off */
#define PARC_EVENT_MAP(X) \
	X(TIME, 1, "time", 1) X(CHIP_SET, 2, "chip-set", 1) X(TENANT_SET, 3, "tenant-set", 1) \
	X(POLICY_SET, 4, "policy-set", 1) X(PROFILE_SET, 5, "profile-set", 1) \
	X(PLACE_ADD, 6, "place-add", 1) X(NODE_ADD, 7, "node-add", 1) \
	X(NODE_DRAIN, 8, "node-drain", 1) X(NODE_RESUME, 9, "node-resume", 1) \
	X(NODE_REMOVE, 10, "node-remove", 1) X(NODE_SUSPECT, 11, "node-suspect", 1) \
	X(NODE_FENCE, 12, "node-fence", 1) X(NODE_BACK, 13, "node-back", 1) \
	X(DEVICE_FAIL, 14, "device-fail", 1) X(DEVICE_REPAIR, 15, "device-repair", 1) \
	X(FOREIGN_USE, 16, "foreign-use", 1) X(SUBMIT, 17, "submit", 1) X(CANCEL, 18, "cancel", 1) \
	X(HOLD, 19, "hold", 1) X(RELEASE, 20, "release", 1) X(SERVICE_LOAD, 21, "service-load", 1) \
	X(SPEED_MEASURED, 22, "speed-measured", 1) X(USE_MEASURED, 23, "use-measured", 1) \
	X(WINDOW_SET, 24, "window-set", 1) X(WINDOW_DROP, 25, "window-drop", 1) \
	X(STARTED, 32, "started", 0) \
	X(READY, 33, "ready", 0) X(PROGRESS, 34, "progress", 0) X(CHECKPOINT, 35, "checkpoint", 0) \
	X(USE, 36, "use", 0) X(STOPPED, 37, "stopped", 0) X(ENDED, 38, "ended", 0)
/* clang-format on */

#define X(name, number, text, outside) PARC_EVENT_##name = number,
enum parc_event_kind { PARC_EVENT_MAP(X) };
#undef X

struct parc_pool {
	int32_t chip, devices;
	int32_t link_size; /* devices of one link group; 0: all of the pool */
};

struct parc_node_add {
	int64_t node, place; /* place PARC_NONE: directly in the fleet */
	int64_t rank;	     /* among nodes with equal score the smallest is taken */
	int32_t cpu_milli;
	int64_t memory_mib;
	int32_t pools_count;
	struct parc_pool pools[PARC_NODE_POOLS_MAX];
};

struct parc_event {
	int64_t time_us; /* never before the event before it */
	int32_t kind;	 /* enum parc_event_kind */
	union {
		struct parc_chip chip;
		struct parc_tenant tenant;
		struct parc_policy policy;
		struct parc_window window; /* DROP: its id alone */
		struct {
			int32_t count;
			const struct parc_profile_entry *entries;
		} profile;
		struct {
			int64_t place, parent;
			int32_t level;
		} place; /* SITE, POD or RACK */
		struct parc_node_add node_add;
		struct {
			int64_t node;
			uint8_t maintenance;
		} node; /* drain, resume, ... */
		struct {
			int64_t node;
			int32_t device;
		} device; /* fail, repair */
		struct {
			int64_t node;
			int32_t device, share_milli, memory_mib;
		} foreign;
		struct parc_submit submit;
		struct {
			int64_t job;
		} job; /* cancel, hold, release */
		struct {
			int64_t job, load_milli;
		} load;
		struct {
			int64_t kind;
			int32_t chip, speed_milli;   /* mean of the runs; 0: see `set` */
			int32_t count, spread_milli; /* runs; their standard deviation */
			uint8_t set;	/* 1: the operator's own figure; speed 0 withdraws it */
			int64_t beside; /* the kind that it shares its devices with; 0: none */
		} speed;		/* of a kind of job on a chip */
		struct {
			int64_t kind;
			int32_t share_milli; /* of one device, by a task; 0: not known */
		} use;
		struct { /* from allocations */
			int64_t allocation;
			int32_t attempt;
			int32_t result;	    /* ENDED: OK, FAILED or LOST */
			int64_t work_us;    /* PROGRESS, CHECKPOINT: done on the reference chip */
			int32_t busy_milli; /* USE: busy part of what it holds; -1: unmeasured */
		} run;
	};
};

const char *parc_event_name(int kind);

PARC_C_END

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * An adapter knows one make of chips as this machine's driver shows them: which devices there are,
 * what they do, how a job is shown only its own, and how a share is held. What a chip is worth is
 * not here but in the catalogue.
 *
 *   find    open, discover              measure  sample
 *   a job   environment                 end      close
 *
 * `open`, `discover` and `sample` call the vendor's library, which may hang or crash: they belong
 * into a process that may be lost (engine/sampler.h). `environment` calls nothing.
 *
 * To add a make: one file adapter_NAME.c, one line in ADAPTER_MAP.
 */
#ifndef CHIP_ADAPTER_H
#define CHIP_ADAPTER_H

#include "parc/error.h"
#include "parc/types.h"

#define ADAPTER_MAP(X) X(cpu) X(nvidia)

#define ADAPTER_NAME_SIZE     64 /* of a chip, as in the catalogue */
#define ADAPTER_ID_SIZE	      80 /* of a device, as the variable takes it */
#define ADAPTER_FILES_MAX     4	 /* device files of one device */
#define ADAPTER_PROCESSES_MAX 16 /* of one device that are told apart; more are only counted */
#define ADAPTER_LINES_MAX     8	 /* variables of one task */
#define ADAPTER_LINE_SIZE     (ADAPTER_ID_SIZE * PARC_NODE_DEVICES_MAX + 64)

/* Where to look; NULL: where it is on a real machine. Tests build worlds of their own. */
struct adapter_world {
	const char *library; /* of the vendor */
	const char *sys;     /* "/sys" */
	const char *dev;     /* "/dev" */
	const char *proc;    /* "/proc" */
	const char *mps;     /* "/tmp/nvidia-mps": pipes of NVIDIA's MPS */
};

struct adapter_file { /* a character device */
	uint32_t major, minor;
};

struct adapter_device {
	char chip[ADAPTER_NAME_SIZE];
	char id[ADAPTER_ID_SIZE];
	int32_t rule;	    /* enum parc_rule */
	int32_t memory_mib; /* of the device; 0: not known */
	int32_t step_milli; /* smallest share */
	int32_t cores;	    /* CORES: how many; the pool counts as one device here */
	int32_t files_count;
	struct adapter_file files[ADAPTER_FILES_MAX]; /* that only its holder may open */
};

struct adapter_process {
	int64_t pid;
	int32_t memory_mib; /* -1: unmeasured */
};

struct adapter_sample {	    /* -1: unmeasured */
	int32_t busy_milli; /* of the time since the last sample, or as the driver means it */
	int32_t memory_mib; /* in use */
	int64_t power_mw;
	int32_t processes_count; /* that use it */
	int32_t processes_told;	 /* in the list */
	struct adapter_process processes[ADAPTER_PROCESSES_MAX];
};

/* What a task got of the devices of one adapter. */
struct adapter_part {
	const struct adapter_device *const *devices;
	int32_t count;
	int32_t share_milli, memory_mib; /* of each */
	uint32_t uid;
};

struct adapter_lines { /* "NAME=value" */
	int32_t count;
	char lines[ADAPTER_LINES_MAX][ADAPTER_LINE_SIZE];
	int32_t is_enforced; /* 0: a share smaller than the device is not held by anything */
};

struct adapter {
	const char *name;

	/* PARC_ERR_UNKNOWN: no such chips here, which is no failure. Else err says what is amiss.
	 */
	int (*open)(void **self, const struct adapter_world *world, struct parc_err *err);

	/* How many devices there are, at most `max` of them in `devices`; or a negative code. */
	int32_t (*discover)(void *self, struct adapter_device *devices, int32_t max,
			    struct parc_err *err);

	/* Look at one device, by its index in what was discovered. 0, or PARC_ERR_IO: the device
	 * does not answer. */
	int (*sample)(void *self, int32_t device, struct adapter_sample *sample);

	/* What a task with this part needs in its environment. */
	void (*environment)(const struct adapter_world *world, const struct adapter_part *part,
			    struct adapter_lines *lines);

	void (*close)(void *self);
};

#define X(name) extern const struct adapter adapter_##name;
ADAPTER_MAP(X)
#undef X

#define X(name) ADAPTER_AT_##name,
enum adapter_at { ADAPTER_MAP(X) ADAPTER_COUNT };
#undef X

/* The adapter of a number, 0..ADAPTER_COUNT-1. */
const struct adapter *adapter_get(int number);

/* Add a variable; what does not fit is left out. */
void adapter_add_line(struct adapter_lines *lines, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif

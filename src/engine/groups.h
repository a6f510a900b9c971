/* SPDX-License-Identifier: Apache-2.0
 *
 * Control groups: what bounds a task, measures it, and names all its processes. Version 2 is used
 * where the host has a controller there, version 1 where it has it there, each for itself, so that
 * hosts with both work. Each engine has one group, NAME, at the root of what it may use; in it one
 * group an attempt, in that one leaf a task (`t0`, `t1`) and one for the supervisor (`supervisor`).
 *
 *   once       groups_find (look, change nothing), groups_open (make NAME)
 *   a task     groups_make, groups_enter, groups_use, groups_signal, groups_kill, groups_is_empty,
 *              groups_remove
 *
 * Without the right to make groups `abilities` is 0, and none of the calls for a task may be made.
 */
#ifndef ENGINE_GROUPS_H
#define ENGINE_GROUPS_H

#include <stdint.h>

#include "engine/claim.h"

/* What can be had here: a name in the list, a bit, and what it means when it is missing. */
/* clang-format off */
#define GROUPS_ABILITY_MAP(X) \
	X(TREE, 0, "a process that leaves its session and its parent may outlive its job") \
	X(CPU, 1, "CPU shares are not enforced") \
	X(ACCOUNT, 2, "CPU time counts only processes that have ended, or are found in time") \
	X(MEMORY, 3, "memory is limited for each process alone, and its peak is not measured") \
	X(PIDS, 4, "the number of a job's processes is not limited") \
	X(DEVICES, 5, "a job can open devices that it was not given")
/* clang-format on */
#define X(name, bit, missing) GROUPS_##name = 1 << (bit),
enum groups_ability { GROUPS_ABILITY_MAP(X) };
#undef X

enum groups_part { /* a hierarchy that may hold groups of ours */
		   GROUPS_AT_TREE,
		   GROUPS_AT_CPU,
		   GROUPS_AT_ACCOUNT,
		   GROUPS_AT_MEMORY,
		   GROUPS_AT_PIDS,
		   GROUPS_AT_DEVICES,
		   GROUPS_PARTS
};

#define GROUPS_PATH_SIZE 512
#define GROUPS_TEXT_SIZE (GROUPS_PARTS * (GROUPS_PATH_SIZE + 4))

struct groups_place {
	int32_t version;	     /* 1 or 2; 0: not to be had */
	char path[GROUPS_PATH_SIZE]; /* of the engine's group in this hierarchy */
};

struct groups {
	uint32_t abilities; /* enum groups_ability */
	struct groups_place places[GROUPS_PARTS];
};

struct groups_limits {
	int64_t cpu_milli;  /* 0: none */
	int64_t memory_mib; /* 0: none */
	int64_t pids;	    /* 0: none */
	const struct claim_device *denied;
	int64_t denied_count;
};

struct groups_use { /* -1: not measured */
	int64_t cpu_us, memory_mib, memory_peak_mib;
	int64_t memory_kills; /* processes killed at the limit */
};

/* Where groups of this name are or would be. With `files` NULL the hierarchies are found in
 * /proc/self; a test gives the path of a file like /proc/self/mountinfo and one like
 * /proc/self/cgroup. */
void groups_find(struct groups *groups, const char *name, const char *const files[2]);

/* Make them, and drop from the abilities what cannot be had. */
void groups_open(struct groups *groups);

/* The places as text, for a supervisor, and back: 0, or PARC_ERR_CORRUPT. */
void groups_to_text(const struct groups *groups, char text[GROUPS_TEXT_SIZE]);
int groups_from_text(struct groups *groups, const char *text);

/* Make the leaf of an attempt ("12.1", "t0") with its limits; limits NULL: none. When it cannot be
 * made whole it is removed, and the code is PARC_ERR_IO. */
int groups_make(const struct groups *groups, const char *attempt, const char *leaf,
		const struct groups_limits *limits, struct parc_err *err);

/* Weigh an attempt against others, by the cores of all its tasks. It can do without. */
void groups_weigh(const struct groups *groups, const char *attempt, int64_t cpu_milli);

/* Give a leaf that is there another quota of cores, and its weight. */
int groups_set_cpu(const struct groups *groups, const char *attempt, const char *leaf,
		   int64_t cpu_milli, struct parc_err *err);

/* Put a process into the leaf; it is the caller's child, or 0: the caller. */
int groups_enter(const struct groups *groups, const char *attempt, const char *leaf, int64_t pid,
		 struct parc_err *err);

void groups_use(const struct groups *groups, const char *attempt, const char *leaf,
		struct groups_use *use);

/* Send a signal to all processes in it, once; how many it reached. */
int32_t groups_signal(const struct groups *groups, const char *attempt, const char *leaf,
		      int number);

/* Begin to kill all in it, also those that are being made. To be called until it is empty. */
void groups_kill(const struct groups *groups, const char *attempt, const char *leaf);

/* 1 when no process is in it, also when there is no such leaf. */
int groups_is_empty(const struct groups *groups, const char *attempt, const char *leaf);

/* Remove an attempt with all its leaves; those that are not empty stay. */
void groups_remove(const struct groups *groups, const char *attempt);

/* Remove the engine's own group, if nothing is in it. */
void groups_close(const struct groups *groups);

/* Close the device files to all in the group whose directory is open; version 2, by a BPF program
 * made for the list. */
int groups_deny_devices(int group, const struct claim_device *denied, int64_t count,
			struct parc_err *err);

#endif

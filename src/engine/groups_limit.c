/* SPDX-License-Identifier: Apache-2.0
 *
 * The limits of a leaf, what it used, and its processes. A CPU share is a quota (never more) and a
 * weight at each level (not less than others, when the machine is short): the engine weighs as much
 * as a process on each core, attempts share that by their cores, and tasks that of their attempt.
 * Version 2 has numbers like version 1 under other names and in other units.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/groups_file.h"

#define PERIOD_US    100000 /* of the quota; the kernel's own default */
#define QUOTA_MIN_US 1000   /* the smallest that the kernel takes: a hundredth of a core */
#define LIST_MAX     65536  /* bytes of a list of processes that are read at once */

static int64_t clamp(int64_t value, int64_t min, int64_t max)
{
	return value < min ? min : value > max ? max : value;
}

/* Write a number into a file of the leaf. */
static int set(const struct groups_place *place, const char *attempt, const char *leaf,
	       const char *file, const char *text, struct parc_err *err)
{
	char path[GROUPS_FILE_SIZE];

	groups_leaf_path(path, place, attempt, leaf, file);
	if (groups_write_file(path, text) == 0)
		return 0;
	return parc_err_set(err, PARC_ERR_IO, "%s does not take '%s': %s", path, text,
			    strerror(errno));
}

static int set_number(const struct groups_place *place, const char *attempt, const char *leaf,
		      const char *file, int64_t number, struct parc_err *err)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, number);
	return set(place, attempt, leaf, file, text, err);
}

int groups_set_weight(const struct groups *groups, const char *attempt, const char *leaf,
		      int64_t cpu_milli, struct parc_err *err)
{
	const struct groups_place *place = &groups->places[GROUPS_AT_CPU];

	if (place->version == 2)
		return set_number(place, attempt, leaf, "cpu.weight",
				  clamp(cpu_milli / 10, 1, 10000), err);
	return set_number(place, attempt, leaf, "cpu.shares",
			  clamp(cpu_milli * 1024 / 1000, 2, 262144), err);
}

void groups_weigh(const struct groups *groups, const char *attempt, int64_t cpu_milli)
{
	if (groups->places[GROUPS_AT_CPU].version != 0)
		groups_set_weight(groups, attempt, "", cpu_milli, NULL);
}

int groups_set_cpu(const struct groups *groups, const char *attempt, const char *leaf,
		   int64_t milli, struct parc_err *err)
{
	const struct groups_place *place = &groups->places[GROUPS_AT_CPU];
	int64_t quota = clamp(milli * (PERIOD_US / 1000), QUOTA_MIN_US, INT64_MAX);
	int code = groups_set_weight(groups, attempt, leaf, milli, err);
	char text[64];

	if (code != 0 || milli == 0)
		return code;
	if (place->version == 2) {
		snprintf(text, sizeof(text), "%" PRId64 " %d", quota, PERIOD_US);
		return set(place, attempt, leaf, "cpu.max", text, err);
	}
	code = set_number(place, attempt, leaf, "cpu.cfs_period_us", PERIOD_US, err);
	return code != 0 ? code : set_number(place, attempt, leaf, "cpu.cfs_quota_us", quota, err);
}

/* Swap does not make a limit larger. Where the kernel keeps no account of swap, there is no file
 * for it, and that is no failure. */
static int limit_memory(const struct groups_place *place, const char *attempt, const char *leaf,
			int64_t mib, struct parc_err *err)
{
	int64_t bytes = mib << 20;
	int code;

	if (place->version == 2) {
		code = set_number(place, attempt, leaf, "memory.max", bytes, err);
		if (code == 0)
			set_number(place, attempt, leaf, "memory.swap.max", 0, NULL);
		return code;
	}
	code = set_number(place, attempt, leaf, "memory.limit_in_bytes", bytes, err);
	if (code == 0)
		set_number(place, attempt, leaf, "memory.memsw.limit_in_bytes", bytes, NULL);
	return code;
}

static int limit_devices(const struct groups_place *place, const char *attempt, const char *leaf,
			 const struct groups_limits *limits, struct parc_err *err)
{
	char text[64], path[GROUPS_FILE_SIZE];
	int code = 0, group;

	if (place->version == 1) {
		for (int64_t i = 0; i < limits->denied_count && code == 0; i++) {
			snprintf(text, sizeof(text), "c %u:%u rwm", limits->denied[i].major,
				 limits->denied[i].minor);
			code = set(place, attempt, leaf, "devices.deny", text, err);
		}
		return code;
	}
	groups_leaf_path(path, place, attempt, leaf, "");
	group = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (group < 0)
		return parc_err_set(err, PARC_ERR_IO, "%s cannot be opened: %s", path,
				    strerror(errno));
	code = groups_deny_devices(group, limits->denied, limits->denied_count, err);
	close(group);
	return code;
}

int groups_limit(const struct groups *groups, const char *attempt, const char *leaf,
		 const struct groups_limits *limits, struct parc_err *err)
{
	const struct groups_place *places = groups->places;
	int code = 0;

	if (places[GROUPS_AT_CPU].version != 0)
		code = groups_set_cpu(groups, attempt, leaf, limits->cpu_milli, err);
	if (code == 0 && places[GROUPS_AT_MEMORY].version != 0 && limits->memory_mib > 0)
		code = limit_memory(&places[GROUPS_AT_MEMORY], attempt, leaf, limits->memory_mib,
				    err);
	if (code == 0 && places[GROUPS_AT_PIDS].version != 0 && limits->pids > 0)
		code = set_number(&places[GROUPS_AT_PIDS], attempt, leaf, "pids.max", limits->pids,
				  err);
	if (code == 0 && places[GROUPS_AT_DEVICES].version != 0 && limits->denied_count > 0)
		code = limit_devices(&places[GROUPS_AT_DEVICES], attempt, leaf, limits, err);
	return code;
}

/* ---- Use */

/* The first number of a file, or the one behind `word`; -1 when it is not there. */
static int64_t get(const struct groups_place *place, const char *attempt, const char *leaf,
		   const char *file, const char *word)
{
	char path[GROUPS_FILE_SIZE], text[4096], *end;
	int64_t number;

	if (place->version == 0)
		return -1;
	groups_leaf_path(path, place, attempt, leaf, file);
	if (groups_read_file(path, text, sizeof(text)) <= 0)
		return -1;
	if (word != NULL)
		return groups_word_number(text, word);
	number = strtoll(text, &end, 10);
	return end != text ? number : -1;
}

static int64_t mib_of(int64_t bytes)
{
	return bytes < 0 ? -1 : (bytes + (1 << 20) - 1) >> 20;
}

void groups_use(const struct groups *groups, const char *attempt, const char *leaf,
		struct groups_use *use)
{
	const struct groups_place *account = &groups->places[GROUPS_AT_ACCOUNT];
	const struct groups_place *memory = &groups->places[GROUPS_AT_MEMORY];
	int64_t ns;

	if (account->version == 2) {
		use->cpu_us = get(account, attempt, leaf, "cpu.stat", "usage_usec");
	} else {
		ns = get(account, attempt, leaf, "cpuacct.usage", NULL);
		use->cpu_us = ns < 0 ? -1 : ns / 1000;
	}
	if (memory->version == 2) {
		use->memory_mib = mib_of(get(memory, attempt, leaf, "memory.current", NULL));
		use->memory_peak_mib = mib_of(get(memory, attempt, leaf, "memory.peak", NULL));
		use->memory_kills = get(memory, attempt, leaf, "memory.events", "oom_kill");
	} else {
		use->memory_mib = mib_of(get(memory, attempt, leaf, "memory.usage_in_bytes", NULL));
		use->memory_peak_mib =
			mib_of(get(memory, attempt, leaf, "memory.max_usage_in_bytes", NULL));
		use->memory_kills = get(memory, attempt, leaf, "memory.oom_control", "oom_kill");
	}
}

/* ---- Processes */

/* Send the signal to a process that was in the list a moment ago, if it is still of the group: the
 * pidfd is opened first and the group is read after, so that its number cannot have passed on. */
static int signal_member(int64_t pid, const char *suffix, int number)
{
	char path[64], text[4096];
	const char *found;
	int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	int sent = 0;

	if (fd < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%" PRId64 "/cgroup", pid);
	found = groups_read_file(path, text, sizeof(text)) > 0 ? strstr(text, suffix) : NULL;
	if (found != NULL && found[strlen(suffix)] == '\n')
		sent = syscall(SYS_pidfd_send_signal, fd, number, NULL, 0) == 0;
	close(fd);
	return sent;
}

int32_t groups_signal(const struct groups *groups, const char *attempt, const char *leaf,
		      int number)
{
	const struct groups_place *tree = &groups->places[GROUPS_AT_TREE];
	char path[GROUPS_FILE_SIZE], suffix[GROUPS_FILE_SIZE];
	char *list = malloc(LIST_MAX), *at;
	int32_t reached = 0;

	groups_leaf_path(path, tree, attempt, leaf, "cgroup.procs");
	snprintf(suffix, sizeof(suffix), "%s/%s/%s", strrchr(tree->path, '/'), attempt, leaf);
	if (list != NULL && groups_read_file(path, list, LIST_MAX) > 0) {
		for (at = list; *at != '\0'; at++) {
			reached += signal_member(strtoll(at, &at, 10), suffix, number);
			if (*at == '\0')
				break;
		}
	}
	free(list);
	return reached;
}

void groups_kill(const struct groups *groups, const char *attempt, const char *leaf)
{
	const struct groups_place *tree = &groups->places[GROUPS_AT_TREE];
	const char *file = tree->version == 2 ? "cgroup.freeze" : "freezer.state";
	char path[GROUPS_FILE_SIZE];

	groups_leaf_path(path, tree, attempt, leaf, "cgroup.kill");
	if (tree->version == 2 && groups_write_file(path, "1") == 0)
		return;
	/* Frozen they cannot make more; a kill reaches them once they thaw. */
	groups_leaf_path(path, tree, attempt, leaf, file);
	groups_write_file(path, tree->version == 2 ? "1" : "FROZEN");
	groups_signal(groups, attempt, leaf, SIGKILL);
	groups_write_file(path, tree->version == 2 ? "0" : "THAWED");
}

int groups_is_empty(const struct groups *groups, const char *attempt, const char *leaf)
{
	const struct groups_place *tree = &groups->places[GROUPS_AT_TREE];
	char path[GROUPS_FILE_SIZE], text[256];

	if (tree->version == 2) {
		groups_leaf_path(path, tree, attempt, leaf, "cgroup.events");
		return groups_read_file(path, text, sizeof(text)) < 0 ||
		       groups_word_number(text, "populated") == 0;
	}
	groups_leaf_path(path, tree, attempt, leaf, "cgroup.procs");
	return groups_read_file(path, text, sizeof(text)) <= 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of attempts, kept in step with the folders. A change in a folder is heard by inotify;
 * the end of a supervisor by its pidfd if it was started here, else by its lock, looked at once a
 * second. What a slot says follows from the sheets alone, so hearing late or twice does no harm.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/local.h"
#include "engine/supervisor.h"

#define EVENTS_MAX 64
#define TRY_MAX_US 60000000 /* between two supervisors for one attempt */

/* ---- The table */

static int key_compare(struct engine_key one, struct engine_key other)
{
	if (one.allocation != other.allocation)
		return one.allocation < other.allocation ? -1 : 1;
	return (one.attempt > other.attempt) - (one.attempt < other.attempt);
}

/* Index of the first slot whose key is not below. */
static int32_t find_place(const struct local *local, struct engine_key key)
{
	int32_t low = 0, high = local->slots_count;

	while (low < high) {
		int32_t middle = low + (high - low) / 2;

		if (key_compare(local->slots[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct slot *slots_find(const struct local *local, struct engine_key key)
{
	int32_t at = find_place(local, key);

	return at < local->slots_count && key_compare(local->slots[at].key, key) == 0
		       ? &local->slots[at]
		       : NULL;
}

struct slot *slots_add(struct local *local, struct engine_key key)
{
	int32_t at = find_place(local, key);
	struct slot *slot;

	if (local->slots_count == local->slots_room) {
		int32_t room = local->slots_room * 2 + 64;

		slot = realloc(local->slots, sizeof(*slot) * (size_t)room);
		if (slot == NULL)
			return NULL;
		local->slots = slot;
		local->slots_room = room;
	}
	slot = &local->slots[at];
	memmove(slot + 1, slot, sizeof(*slot) * (size_t)(local->slots_count - at));
	local->slots_count++;
	*slot = (struct slot){.key = key,
			      .state = ENGINE_CLAIMED,
			      .watch = -1,
			      .supervisor = -1,
			      .told_progress_us = -1,
			      .told_checkpoint_us = -1};
	return slot;
}

int32_t slots_above(const struct local *local, struct engine_key key)
{
	int32_t at = find_place(local, key);

	return at < local->slots_count && key_compare(local->slots[at].key, key) == 0 ? at + 1 : at;
}

static void drop_supervisor(struct slot *slot)
{
	if (slot->supervisor < 0)
		return;
	waitid(P_PIDFD, (id_t)slot->supervisor, NULL, WEXITED | WNOHANG);
	close(slot->supervisor);
	slot->supervisor = -1;
}

void slots_remove(struct local *local, struct slot *slot)
{
	int32_t at = (int32_t)(slot - local->slots);

	drop_supervisor(slot);
	if (slot->watch >= 0)
		inotify_rm_watch(local->changes, slot->watch);
	local->changed_count -= slot->is_changed;
	local->slots_count--;
	memmove(slot, slot + 1, sizeof(*slot) * (size_t)(local->slots_count - at));
}

void slots_mark(struct local *local, struct slot *slot)
{
	local->changed_count += !slot->is_changed;
	slot->is_changed = 1;
}

/* ---- Claims that are there */

static void watch_folder(struct local *local, struct slot *slot)
{
	char name[CLAIM_NAME_SIZE], path[sizeof(local->path) + CLAIM_NAME_SIZE + 16];

	claim_name(name, slot->key);
	snprintf(path, sizeof(path), "%s/claims/%s", local->path, name);
	slot->watch = inotify_add_watch(local->changes, path, IN_MOVED_TO | IN_CREATE);
}

static int has_sheet(int folder, const char *name)
{
	return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Write the end of an attempt that has no supervisor, and will have none. */
static void write_lost(int folder, const char *text)
{
	struct claim_exit end = {.time_us = clock_wall_us(),
				 .result = PARC_RESULT_LOST,
				 .stopped = has_sheet(folder, "stop"),
				 .exit_code = -1,
				 .cpu_us = -1,
				 .memory_peak_mib = -1};
	int lock = claim_lock(folder, NULL);

	snprintf(end.text, sizeof(end.text), "%s", text);
	if (lock >= 0 && !has_sheet(folder, "exit"))
		claim_write_exit(folder, &end, NULL);
	if (lock >= 0)
		close(lock);
}

static void hold_task(struct slot *slot, int64_t cpu_milli, int64_t devices, int64_t share_milli)
{
	slot->cpu_milli += cpu_milli;
	for (int32_t d = 0; d < PARC_NODE_DEVICES_MAX; d++) {
		if (!(devices >> d & 1))
			continue;
		slot->devices_count += slot->shares_milli[d] == 0;
		slot->shares_milli[d] += (int16_t)share_milli;
	}
}

void slots_hold(struct slot *slot, const struct parc_placement *placements, int32_t count)
{
	slot->cpu_milli = slot->devices_count = 0;
	memset(slot->shares_milli, 0, sizeof(slot->shares_milli));
	for (int32_t i = 0; i < count; i++)
		hold_task(slot, placements[i].cpu_milli, placements[i].devices,
			  placements[i].share_milli);
}

/* Fill in what the claim says: 0, or a code. */
static int read_claim(struct local *local, struct slot *slot, int folder, struct parc_err *err)
{
	struct claim claim;
	int code = claim_read(&claim, folder, err);

	if (code != 0)
		return code;
	for (int32_t i = 0; i < claim.tasks_count; i++) {
		const struct claim_task *task = &claim.tasks[i];

		slot->memory_mib += task->memory_mib;
		hold_task(slot, task->cpu_milli, task->devices, task->share_milli);
	}
	slot->tasks_count = claim.tasks_count;
	if (strcmp(claim.boot, local->boot) != 0)
		code = parc_err_set(err, PARC_ERR_STATE, SUPERVISOR_REBOOT_TEXT);
	claim_free(&claim);
	return code;
}

/* How far an attempt is, by its sheets: what `list` says of it before its reports are taken. */
static int32_t state_of(int folder)
{
	if (has_sheet(folder, "exit"))
		return ENGINE_OVER;
	if (has_sheet(folder, "stop"))
		return ENGINE_STOPPING;
	return has_sheet(folder, "started") ? ENGINE_RUNNING : ENGINE_CLAIMED;
}

struct slot *slots_load_one(struct local *local, struct engine_key key, int64_t told_us,
			    struct parc_err *err)
{
	int folder = claim_open(local->claims, key, err);
	struct slot *slot = folder < 0 ? NULL : slots_add(local, key);
	struct parc_err lost;

	if (slot == NULL) {
		if (folder >= 0) {
			close(folder);
			parc_err_set(err, PARC_ERR_MEMORY, "no memory for the claims");
		}
		return NULL;
	}
	watch_folder(local, slot);
	if (read_claim(local, slot, folder, &lost) != 0 && !has_sheet(folder, "exit"))
		write_lost(folder, lost.text);
	slot->state = state_of(folder);
	slot->told_progress_us = slot->told_checkpoint_us = told_us;
	slots_mark(local, slot);
	close(folder);
	return slot;
}

int slots_load(struct local *local, struct parc_err *err)
{
	int again = openat(local->claims, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), code = 0;
	DIR *dir = again >= 0 ? fdopendir(again) : NULL;
	struct dirent *entry;
	struct engine_key key;

	if (dir == NULL)
		return parc_err_set(err, PARC_ERR_IO, "the claims cannot be listed: %s",
				    strerror(errno));
	while (code == 0 && (entry = readdir(dir)) != NULL) {
		if (claim_parse_name(entry->d_name, &key) == 0)
			code = slots_load_one(local, key, local->heard_us, err) == NULL
				       ? PARC_ERR_IO
				       : 0;
	}
	closedir(dir);
	return code;
}

/* ---- Supervisors */

static int spawn(const struct local *local, const char *folder, pid_t *pid)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *const environment[] = {path, NULL};
	char *const words[] = {(char *)local->program, "supervise", (char *)folder, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int number;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
	number = posix_spawn(pid, local->program, &files, &attributes, words, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return number;
}

void slots_listen(struct local *local, int fd, int64_t tag)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)tag};

	epoll_ctl(local->events, EPOLL_CTL_ADD, fd, &event);
}

void slots_supervise(struct local *local, struct slot *slot)
{
	char name[CLAIM_NAME_SIZE], folder[sizeof(local->path) + CLAIM_NAME_SIZE + 16];
	/* The second follows at once: the first may have been killed. Then ever later. */
	int64_t pause_us =
		slot->tries == 0 ? 0 : INT64_C(500000) << (slot->tries < 8 ? slot->tries : 8);
	pid_t pid = -1;
	int number;

	claim_name(name, slot->key);
	snprintf(folder, sizeof(folder), "%s/claims/%s", local->path, name);
	slot->tries++;
	slot->try_us = clock_boot_us() + (pause_us < TRY_MAX_US ? pause_us : TRY_MAX_US);
	number = spawn(local, folder, &pid);
	if (number != 0) {
		local_alarm(local, "attempt %s has no supervisor: %s", name, strerror(number));
		return;
	}
	/* Our child until it is waited for, so the number is still its own. */
	slot->supervisor = (int)syscall(SYS_pidfd_open, pid, 0);
	if (slot->supervisor >= 0)
		slots_listen(local, slot->supervisor, slot->supervisor);
}

void slots_forget(struct local *local, struct slot *slot)
{
	char name[CLAIM_NAME_SIZE];
	int folder = claim_open(local->claims, slot->key, NULL);
	int is_held = slot->supervisor >= 0 || (folder >= 0 && claim_is_locked(folder));

	if (folder >= 0)
		close(folder);
	slot->is_forgotten = 1;
	if (is_held)
		return;
	claim_name(name, slot->key);
	groups_remove(&local->groups, name);
	claim_remove(local->claims, slot->key);
	slots_remove(local, slot);
}

void slots_sweep_groups(const struct local *local)
{
	char name[CLAIM_NAME_SIZE];
	struct engine_key key;

	if (!(local->groups.abilities & GROUPS_TREE))
		return;
	DIR *dir = opendir(local->groups.places[GROUPS_AT_TREE].path);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (claim_parse_name(entry->d_name, &key) != 0 || slots_find(local, key) != NULL)
			continue;
		claim_name(name, key);
		groups_remove(&local->groups, name);
	}
	if (dir != NULL)
		closedir(dir);
}

/* An attempt without an end and without a supervisor gets another one, or its end. */
static void tend(struct local *local, struct slot *slot, int64_t now_us)
{
	int folder;

	if (slot->state == ENGINE_OVER || slot->supervisor >= 0 || now_us < slot->try_us)
		return;
	folder = claim_open(local->claims, slot->key, NULL);
	if (folder < 0)
		return;
	if (has_sheet(folder, "exit")) {
		slots_mark(local, slot);
	} else if (!claim_is_locked(folder)) {
		if (slot->tries >= LOCAL_TRIES_MAX && !has_sheet(folder, "started"))
			write_lost(folder, "no supervisor could be started for it");
		else
			slots_supervise(local, slot);
	}
	close(folder);
}

void slots_tend(struct local *local)
{
	int64_t now_us = clock_boot_us();

	/* From the last, as a slot that goes moves those behind it. */
	for (int32_t i = local->slots_count - 1; i >= 0; i--) {
		if (local->slots[i].is_forgotten)
			slots_forget(local, &local->slots[i]);
		else
			tend(local, &local->slots[i], now_us);
	}
}

/* ---- Hearing */

/* Something happened in the folder of a slot, or in so many that the kernel lost count. */
static void hear_change(struct local *local, const struct inotify_event *event)
{
	for (int32_t i = 0; i < local->slots_count; i++) {
		if (event->mask & IN_Q_OVERFLOW || local->slots[i].watch == event->wd)
			slots_mark(local, &local->slots[i]);
	}
}

static void hear_changes(struct local *local)
{
	char bytes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t got;

	while ((got = read(local->changes, bytes, sizeof(bytes))) > 0) {
		for (char *at = bytes; at < bytes + got;) {
			const struct inotify_event *event = (const struct inotify_event *)at;

			hear_change(local, event);
			at += sizeof(*event) + event->len;
		}
	}
}

void slots_part(struct local *local, struct slot *slot)
{
	drop_supervisor(slot);
	slots_mark(local, slot);
	if (slot->is_forgotten)
		slots_forget(local, slot);
	else
		tend(local, slot, clock_boot_us());
}

static void hear_supervisor(struct local *local, int pidfd)
{
	for (int32_t i = 0; i < local->slots_count; i++) {
		if (local->slots[i].supervisor == pidfd) {
			slots_part(local, &local->slots[i]);
			return;
		}
	}
}

int slots_hear(struct local *local, int *tick)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(local->events, events, EVENTS_MAX, 0);
	uint64_t times;

	for (int i = 0; i < count; i++) {
		int64_t tag = (int64_t)events[i].data.u64;

		if (tag == LOCAL_TAG_CHANGES)
			hear_changes(local);
		else if (tag == LOCAL_TAG_GAUGE)
			gauges_hear(&local->gauges);
		else if (tag == LOCAL_TAG_CLOCK)
			*tick = read(local->clock, &times, sizeof(times)) > 0;
		else
			hear_supervisor(local, (int)tag);
	}
	return count > 0;
}

/* ---- Reports */

static int report_ended(struct local *local, struct slot *slot, int folder,
			struct engine_report *report)
{
	struct claim_exit end;
	struct parc_err err = {0};
	int code = claim_read_exit(folder, &end, &err);

	if (code == PARC_ERR_UNKNOWN)
		return 0;
	if (code != 0) {
		end = (struct claim_exit){.time_us = clock_wall_us(),
					  .result = PARC_RESULT_LOST,
					  .exit_code = -1,
					  .cpu_us = -1,
					  .memory_peak_mib = -1};
		snprintf(end.text, sizeof(end.text), "%s", err.text);
	}
	slot->state = ENGINE_OVER;
	slot->told_ended = 1;
	snprintf(local->text, sizeof(local->text), "%s", end.text);
	*report = (struct engine_report){.kind = ENGINE_ENDED,
					 .key = slot->key,
					 .time_us = end.time_us,
					 .result = (int32_t)end.result,
					 .stopped = (int32_t)end.stopped,
					 .exit_code = (int32_t)end.exit_code,
					 .signal = (int32_t)end.signal,
					 .over_memory = (int32_t)end.over_memory,
					 .wall_us = end.wall_us,
					 .cpu_us = end.cpu_us,
					 .memory_peak_mib = end.memory_peak_mib,
					 .busy_us = use_delivered(slot, end.cpu_us),
					 .text = local->text};
	return 1;
}

/* Since 1970, of a moment on the clock since boot. */
static int64_t wall_of(int64_t boot_us)
{
	int64_t ago_us = clock_boot_us() - boot_us;

	return clock_wall_us() - (ago_us > 0 ? ago_us : 0);
}

static int report_said(struct slot *slot, const struct claim_said *said,
		       struct engine_report *report)
{
	*report = (struct engine_report){.key = slot->key, .text = ""};
	if (slot->told_running < 2) {
		report->kind = slot->told_running++ == 0 ? ENGINE_STARTED : ENGINE_READY;
		report->time_us = wall_of(said->running_us);
	} else if (said->progress_us > slot->told_progress_us) {
		slot->told_progress_us = said->progress_us;
		report->kind = ENGINE_PROGRESS;
		report->time_us = wall_of(said->progress_us);
		report->amount.done = said->progress_done;
		report->amount.total = said->progress_total;
	} else if (said->checkpoint_us > slot->told_checkpoint_us) {
		slot->told_checkpoint_us = said->checkpoint_us;
		report->kind = ENGINE_CHECKPOINT;
		report->time_us = wall_of(said->checkpoint_us);
		report->amount.done = said->checkpoint_done;
		report->amount.total = said->checkpoint_total;
	} else {
		return 0;
	}
	return 1;
}

int slots_report(struct local *local, struct slot *slot, struct engine_report *report)
{
	struct claim_said said;
	int folder, found = 0;

	if (slot->told_ended)
		return 0;
	if (slot->told_running >= 2 && use_report(slot, report))
		return 1;
	folder = claim_open(local->claims, slot->key, NULL);
	if (folder < 0)
		return 0;
	/* A `said` without a running_us comes of an attempt that never ran. */
	if (claim_read_said(folder, &said, NULL) == 0 && said.running_us >= 0) {
		if (slot->state == ENGINE_CLAIMED)
			slot->state = ENGINE_RUNNING;
		found = report_said(slot, &said, report);
	}
	if (!found && has_sheet(folder, "stop") && slot->state != ENGINE_OVER)
		slot->state = ENGINE_STOPPING;
	if (!found)
		found = report_ended(local, slot, folder, report);
	close(folder);
	return found;
}

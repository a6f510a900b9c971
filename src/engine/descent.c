/* SPDX-License-Identifier: Apache-2.0
 *
 * One walk over /proc reads number, parent, session, state and start of each process; who belongs
 * to the job is found by following parents. Costs one small file a process of the machine.
 * Processes made during the walk are missed, so callers repeat until none is left, having stopped
 * them first.
 */
#include "engine/descent.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct entry {
	struct process process;
	int64_t parent, session;
	char state;
	signed char is_member; /* -1: not yet known */
};

struct walk {
	struct entry *list;
	int32_t count, room;
	int64_t self;
	const struct process *leaders;
	int32_t leaders_count;
};

static int take_entry(struct walk *walk, int64_t pid)
{
	struct process_family family;
	struct entry *more;

	if (process_family(pid, &family) != 0)
		return 0;
	if (walk->count == walk->room) {
		more = realloc(walk->list, sizeof(*more) * (size_t)(walk->room * 2 + 256));
		if (more == NULL)
			return -1;
		walk->list = more;
		walk->room = walk->room * 2 + 256;
	}
	walk->list[walk->count++] = (struct entry){.process = {.pid = pid, .start = family.start},
						   .parent = family.parent,
						   .session = family.session,
						   .state = family.state,
						   .is_member = -1};
	return 0;
}

static int read_all(struct walk *walk)
{
	DIR *dir = opendir("/proc");
	struct dirent *item;
	int code = dir == NULL ? -1 : 0;

	while (code == 0 && (item = readdir(dir)) != NULL) {
		if (item->d_name[0] >= '1' && item->d_name[0] <= '9')
			code = take_entry(walk, strtoll(item->d_name, NULL, 10));
	}
	if (dir != NULL)
		closedir(dir);
	return code;
}

static struct entry *find(const struct walk *walk, int64_t pid)
{
	for (int32_t i = 0; i < walk->count; i++) {
		if (walk->list[i].process.pid == pid)
			return &walk->list[i];
	}
	return NULL;
}

/* Is it of a task's session? The number of a session is not given out again while one process is
 * in it; a session that began later has a leader that started later. */
static int is_of_session(const struct walk *walk, const struct entry *entry)
{
	const struct entry *leader = find(walk, entry->session);

	for (int32_t i = 0; i < walk->leaders_count; i++) {
		if (walk->leaders[i].pid == entry->session &&
		    (leader == NULL || leader->process.start == walk->leaders[i].start) &&
		    entry->process.start >= walk->leaders[i].start)
			return 1;
	}
	return 0;
}

static int is_member(struct walk *walk, struct entry *entry, int depth)
{
	struct entry *parent;

	if (entry->is_member >= 0)
		return entry->is_member;
	entry->is_member = 0;
	if (entry->process.pid == walk->self || depth > 1000)
		return 0;
	parent = find(walk, entry->parent);
	if (entry->parent == walk->self || is_of_session(walk, entry) ||
	    (parent != NULL && is_member(walk, parent, depth + 1)))
		entry->is_member = 1;
	return entry->is_member;
}

static void send_signal(const struct process *process, int number)
{
	int fd = process_open(process);

	if (fd < 0)
		return;
	syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
	close(fd);
}

int32_t descent_signal(int64_t self, const struct process *leaders, int32_t count, int number)
{
	struct walk walk = {.self = self, .leaders = leaders, .leaders_count = count};
	int32_t alive = 0;

	if (read_all(&walk) == 0) {
		for (int32_t i = 0; i < walk.count; i++) {
			struct entry *entry = &walk.list[i];

			if (!is_member(&walk, entry, 0) || entry->state == 'Z' ||
			    entry->state == 'X')
				continue;
			alive++;
			if (number != 0)
				send_signal(&entry->process, number);
		}
	}
	free(walk.list);
	return alive;
}

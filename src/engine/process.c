/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading /proc, and pidfds. A pidfd is opened first and the start time is read after: if it is the
 * one that was remembered, the pidfd belongs to that process, as its number was not free since.
 */
#include "engine/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "parc/error.h"

#define STAT_SIZE	1024
#define STAT_PARENT	4 /* fields of /proc/PID/stat, as proc(5) numbers them */
#define STAT_SESSION	6
#define STAT_CPU_USER	14
#define STAT_CPU_SYSTEM 15
#define STAT_START	22

/* struct pidfd_info of linux/pidfd.h as of 6.15, which the headers of Debian 12 do not have. */
struct exit_info {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_code;
};
#define EXIT_INFO_ASK  _IOWR(0xFF, 11, struct exit_info)
#define EXIT_INFO_EXIT 8 /* bit of the mask: exit_code is asked for, or holds */

/* Read a small file of the system whole; the bytes read, or -1. */
static ssize_t read_file(const char *path, char *bytes, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -1;
	do
		got = read(fd, bytes, size - 1);
	while (got < 0 && errno == EINTR);
	close(fd);
	if (got >= 0)
		bytes[got] = '\0';
	return got;
}

void process_boot(char boot[PROCESS_BOOT_SIZE])
{
	snprintf(boot, PROCESS_BOOT_SIZE, "unknown");
	if (read_file("/proc/sys/kernel/random/boot_id", boot, PROCESS_BOOT_SIZE) <= 0)
		snprintf(boot, PROCESS_BOOT_SIZE, "unknown");
	boot[strcspn(boot, "\n")] = '\0';
}

/* Field `number` of /proc/PID/stat, -1 when there is none. The second one, the program's name, may
 * hold anything, so counting starts behind its last parenthesis. */
static int64_t stat_field(const char *stat, int number)
{
	const char *at = strrchr(stat, ')');

	for (int field = 2; at != NULL && field < number; field++) {
		at = strchr(at, ' ');
		at = at != NULL ? at + 1 : NULL;
	}
	return at != NULL ? strtoll(at, NULL, 10) : -1;
}

static int read_stat(int64_t pid, char stat[STAT_SIZE])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
	return read_file(path, stat, STAT_SIZE) > 0 ? 0 : PARC_ERR_IO;
}

int process_name(int64_t pid, struct process *process)
{
	char stat[STAT_SIZE];
	int64_t start;

	if (read_stat(pid, stat) != 0)
		return PARC_ERR_IO;
	start = stat_field(stat, STAT_START);
	if (start < 0)
		return PARC_ERR_IO;
	*process = (struct process){.pid = pid, .start = start};
	return 0;
}

int process_family(int64_t pid, struct process_family *family)
{
	char stat[STAT_SIZE];
	const char *state;

	if (read_stat(pid, stat) != 0)
		return PARC_ERR_IO;
	state = strrchr(stat, ')');
	if (state == NULL || state[1] != ' ')
		return PARC_ERR_IO;
	*family = (struct process_family){.parent = stat_field(stat, STAT_PARENT),
					  .session = stat_field(stat, STAT_SESSION),
					  .start = stat_field(stat, STAT_START),
					  .state = state[2]};
	return 0;
}

int process_open(const struct process *process)
{
	struct process now;
	int fd;

	if (process->pid <= 0 || process->pid > INT32_MAX)
		return -1;
	fd = (int)syscall(SYS_pidfd_open, (pid_t)process->pid, 0);
	if (fd < 0)
		return -1;
	if (process_name(process->pid, &now) == 0 && now.start == process->start)
		return fd;
	close(fd);
	return -1;
}

int process_status(int pidfd, int *status)
{
	struct exit_info info = {.mask = EXIT_INFO_EXIT};

	if (ioctl(pidfd, EXIT_INFO_ASK, &info) != 0 || !(info.mask & EXIT_INFO_EXIT))
		return PARC_ERR_UNKNOWN;
	*status = info.exit_code;
	return 0;
}

int64_t process_cpu_us(int64_t pid)
{
	char stat[STAT_SIZE];
	int64_t ticks;

	if (read_stat(pid, stat) != 0)
		return -1;
	ticks = stat_field(stat, STAT_CPU_USER) + stat_field(stat, STAT_CPU_SYSTEM);
	return ticks * (1000000 / sysconf(_SC_CLK_TCK));
}

static int64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

int64_t clock_boot_us(void)
{
	return clock_us(CLOCK_BOOTTIME);
}

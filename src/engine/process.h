/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes and clocks of this machine. A process number alone means nothing: it may belong to
 * another process a moment later. A process is known by its number, the time at which it started
 * and the boot of the machine, and is held by a pidfd.
 */
#ifndef ENGINE_PROCESS_H
#define ENGINE_PROCESS_H

#include <stdint.h>

#define PROCESS_BOOT_SIZE 40 /* bytes of a boot's id with its NUL */

struct process {
	int64_t pid;
	int64_t start; /* clock ticks after boot at which it started, as in /proc/PID/stat */
};

/* The id of this boot of the machine; "unknown" where the system has none. */
void process_boot(char boot[PROCESS_BOOT_SIZE]);

/* Name a process that surely exists now: the caller itself or a child not yet waited for.
 * 0, or PARC_ERR_IO where /proc does not say. */
int process_name(int64_t pid, struct process *process);

struct process_family {
	int64_t parent, session, start;
	char state; /* as in /proc/PID/stat: R, S, D, T, Z, ... */
};

/* What /proc says now of the process with that number: 0, or PARC_ERR_IO when there is none. */
int process_family(int64_t pid, struct process_family *family);

/* A pidfd (close-on-exec) of just this process, -1 when it is gone. */
int process_open(const struct process *process);

/* After the pidfd has become readable: how it ended, as waitpid gives it. 0, or PARC_ERR_UNKNOWN:
 * only newer kernels (6.15) tell that to others than the parent. */
int process_status(int pidfd, int *status);

/* CPU time of a process so far, microseconds; -1 when it is gone. */
int64_t process_cpu_us(int64_t pid);

int64_t clock_wall_us(void); /* since 1970; may be set */
int64_t clock_boot_us(void); /* since boot, with sleep; never set */

#endif

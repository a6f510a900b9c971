/* SPDX-License-Identifier: Apache-2.0
 *
 * The plain CPU: its cores are one pool (rule CORES), its use is the CPU time of the machine. The
 * share of a task is held by a quota of its control group, not by anything here.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chip/adapter.h"

#define FILE_SIZE 8192
#define IDLE_AT	  3 /* fields of the first line of /proc/stat: idle, and waiting for disks */
#define WAIT_AT	  4
#define FIELDS	  8 /* what comes after is counted in these already */

struct cpu {
	char proc[256];
	int64_t all, idle; /* clock ticks at the last sample */
	int is_sampled;
};

static int cpu_open(void **self, const struct adapter_world *world, struct parc_err *err)
{
	struct cpu *cpu = calloc(1, sizeof(*cpu));

	if (cpu == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for an adapter");
	snprintf(cpu->proc, sizeof(cpu->proc), "%s",
		 world != NULL && world->proc != NULL ? world->proc : "/proc");
	*self = cpu;
	return 0;
}

static int read_file(const struct cpu *cpu, const char *name, char text[FILE_SIZE])
{
	char path[512];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", cpu->proc, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return PARC_ERR_IO;
	got = read(fd, text, FILE_SIZE - 1);
	close(fd);
	if (got <= 0)
		return PARC_ERR_IO;
	text[got] = '\0';
	return 0;
}

/* "MemTotal:   123 kB" in MiB, -1 when it is not there. */
static int64_t memory_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at != NULL ? strtoll(at + strlen(name), NULL, 10) >> 10 : -1;
}

static int32_t cpu_discover(void *self, struct adapter_device *devices, int32_t max,
			    struct parc_err *err)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	(void)self;
	if (cores < 1)
		return parc_err_set(err, PARC_ERR_IO, "the system does not tell its cores");
	if (max > 0) {
		devices[0] = (struct adapter_device){.chip = "cpu",
						     .id = "cpu",
						     .rule = PARC_RULE_CORES,
						     .step_milli = 10,
						     .cores = (int32_t)cores};
	}
	return 1;
}

static int cpu_sample(void *self, int32_t device, struct adapter_sample *sample)
{
	struct cpu *cpu = self;
	int64_t all = 0, idle = 0, total, free;
	char text[FILE_SIZE], *at;

	(void)device;
	*sample = (struct adapter_sample){.busy_milli = -1, .memory_mib = -1, .power_mw = -1};
	if (read_file(cpu, "stat", text) != 0 || strncmp(text, "cpu ", 4) != 0)
		return PARC_ERR_IO;
	at = text + 4;
	for (int field = 0; field < FIELDS; field++) {
		int64_t ticks = strtoll(at, &at, 10);

		all += ticks;
		idle += field == IDLE_AT || field == WAIT_AT ? ticks : 0;
	}
	if (cpu->is_sampled && all > cpu->all && idle >= cpu->idle)
		sample->busy_milli = (int32_t)(1000 - (idle - cpu->idle) * 1000 / (all - cpu->all));
	cpu->all = all;
	cpu->idle = idle;
	cpu->is_sampled = 1;
	if (read_file(cpu, "meminfo", text) == 0) {
		total = memory_of(text, "MemTotal:");
		free = memory_of(text, "MemAvailable:");
		sample->memory_mib = total >= 0 && free >= 0 ? (int32_t)(total - free) : -1;
	}
	return 0;
}

static void cpu_environment(const struct adapter_world *world, const struct adapter_part *part,
			    struct adapter_lines *lines)
{
	(void)world;
	(void)part;
	lines->is_enforced = 1; /* by the control group; what is missing there is said there */
}

static void cpu_close(void *self)
{
	free(self);
}

const struct adapter adapter_cpu = {.name = "cpu",
				    .open = cpu_open,
				    .discover = cpu_discover,
				    .sample = cpu_sample,
				    .environment = cpu_environment,
				    .close = cpu_close};

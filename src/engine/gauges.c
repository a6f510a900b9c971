/* SPDX-License-Identifier: Apache-2.0
 *
 * Running and reading the gauge. Devices keep the index that the first gauge gave them: a later
 * one that finds others is asked for samples of the same ids only.
 */
#include "engine/gauges.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/process.h"

static_assert(ADAPTER_NAME_SIZE == ENGINE_NAME_MAX + 1, "a chip's name fits");

#define FIND_US	    10000000 /* to find the devices */
#define SILENT_US   10000000 /* without a tick: it hangs */
#define FRESH	    3	     /* periods */
#define LEAVE_MS    2	     /* a gauge that was killed is waited for, but not for ever */
#define LEAVE_TRIES 100
#define RESTART_US  10000000 /* between two gauges, times their number */
#define RESTARTS    30	     /* the pause grows up to so many times */

static int spawn_gauge(struct gauges *gauges, int out)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *const environment[] = {path, NULL};
	const char *words[3 + GAUGE_WORDS] = {gauges->program, "gauge"};
	char period[32];
	posix_spawn_file_actions_t files;
	pid_t pid;
	int number;

	snprintf(period, sizeof(period), "%lld", (long long)gauges->period_us);
	words[2] = period;
	gauge_world_words(&gauges->world, words + 3);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	number =
		posix_spawn(&pid, gauges->program, &files, NULL, (char *const *)words, environment);
	posix_spawn_file_actions_destroy(&files);
	if (number == 0)
		gauges->pid = pid;
	return number;
}

static void start(struct gauges *gauges)
{
	int ends[2], number;

	gauges->is_ready = 0;
	gauges->got = 0;
	gauges->heard_us = clock_boot_us();
	if (pipe2(ends, O_CLOEXEC) != 0)
		return;
	number = spawn_gauge(gauges, ends[1]);
	close(ends[1]);
	if (number != 0) {
		close(ends[0]);
		snprintf(gauges->problem, sizeof(gauges->problem),
			 "devices are not measured: no process for it: %s", strerror(number));
		return;
	}
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	gauges->fd = ends[0];
}

/* It is our child and not waited for, so the number is still its own. */
static void stop(struct gauges *gauges)
{
	if (gauges->fd >= 0)
		close(gauges->fd);
	gauges->fd = -1;
	if (gauges->pid > 0) {
		kill((pid_t)gauges->pid, SIGKILL);
		/* One that hangs in its driver does not die at once: it is waited for later. */
		if (waitpid((pid_t)gauges->pid, NULL, WNOHANG) != 0)
			gauges->pid = 0;
	}
}

/* ---- Pools */

/* The pool of a new device, made if it is the first of its chip. */
static int32_t find_pool(struct gauges *gauges, const struct adapter_device *description)
{
	struct engine_pool *pool;

	for (int32_t i = 0; i < gauges->pools_count; i++) {
		pool = &gauges->pools[i];
		if (strcmp(pool->chip, description->chip) == 0 &&
		    pool->memory_mib == description->memory_mib)
			return i;
	}
	if (gauges->pools_count == PARC_NODE_POOLS_MAX)
		return -1;
	pool = &gauges->pools[gauges->pools_count];
	*pool = (struct engine_pool){.rule = description->rule,
				     .memory_mib = description->memory_mib,
				     .step_milli = description->step_milli};
	memcpy(pool->chip, description->chip, sizeof(pool->chip));
	return gauges->pools_count++;
}

static void add_device(struct gauges *gauges, const struct gauge_message *message)
{
	struct gauges_device *device = &gauges->devices[gauges->count++];

	*device = (struct gauges_device){
		.description = message->description, .adapter = message->adapter, .index = -1};
	device->sample = (struct adapter_sample){
		.busy_milli = -1, .memory_mib = -1, .power_mw = -1, .processes_count = -1};
	device->pool = find_pool(gauges, &device->description);
	if (device->pool < 0)
		snprintf(gauges->problem, sizeof(gauges->problem),
			 "more than %d kinds of chips: %s is not used", PARC_NODE_POOLS_MAX,
			 device->description.chip);
	else if (device->description.rule == PARC_RULE_CORES)
		gauges->pools[device->pool].devices = device->description.cores;
	else
		gauges->pools[device->pool].devices++;
}

/* The node's devices are numbered pool by pool. */
static void number_devices(struct gauges *gauges)
{
	gauges->node_devices = 0;
	for (int32_t pool = 0; pool < gauges->pools_count; pool++) {
		for (int32_t i = 0; i < gauges->count; i++) {
			struct gauges_device *device = &gauges->devices[i];

			if (device->pool == pool && device->description.rule != PARC_RULE_CORES)
				device->index = gauges->node_devices++;
		}
	}
}

/* ---- Messages */

/* Of a later gauge: the device that the first one knew by that id. */
static struct gauges_device *find_known(struct gauges *gauges, int32_t number)
{
	return number >= 0 && number < gauges->count ? &gauges->devices[number] : NULL;
}

static void take_device(struct gauges *gauges, const struct gauge_message *message)
{
	const struct gauges_device *known = find_known(gauges, message->device);

	if (gauges->restarts == 0 && gauges->count < GAUGE_DEVICES_MAX && message->adapter >= 0 &&
	    message->adapter < ADAPTER_COUNT) {
		add_device(gauges, message);
	} else if (known == NULL || strcmp(known->description.id, message->description.id) != 0) {
		snprintf(gauges->problem, sizeof(gauges->problem),
			 "the devices are not those of the start; restart the daemon to use them");
		gauges->is_ready = -1;
	}
}

static void take_sample(struct gauges *gauges, const struct gauge_message *message)
{
	struct gauges_device *device = find_known(gauges, message->device);

	if (device == NULL || gauges->is_ready < 0)
		return;
	device->sample = message->sample;
	if (message->is_lost)
		device->lost_runs = device->lost_runs < 0 ? 1 : device->lost_runs + 1;
	else
		device->lost_runs = device->lost_runs > 0   ? -1
				    : device->lost_runs < 0 ? device->lost_runs - 1
							    : 0;
}

/* 1 for a tick. */
static int take_message(struct gauges *gauges)
{
	const struct gauge_message *message = &gauges->message;

	if (message->version != GAUGE_VERSION)
		return 0;
	switch (message->kind) {
	case GAUGE_DEVICE:
		take_device(gauges, message);
		break;
	case GAUGE_PROBLEM:
		snprintf(gauges->problem, sizeof(gauges->problem), "%.*s",
			 (int)sizeof(message->problem) - 1, message->problem);
		break;
	case GAUGE_READY:
		if (gauges->restarts == 0)
			number_devices(gauges);
		gauges->is_ready = gauges->is_ready < 0 ? -1 : 1;
		break;
	case GAUGE_SAMPLE:
		take_sample(gauges, message);
		break;
	default:
		gauges->heard_us = clock_boot_us();
		return 1;
	}
	return 0;
}

int gauges_hear(struct gauges *gauges)
{
	char *bytes = (char *)&gauges->message;
	int ticks = 0;

	while (gauges->fd >= 0) {
		ssize_t got = read(gauges->fd, bytes + gauges->got,
				   sizeof(gauges->message) - gauges->got);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		if (got == 0) {
			stop(gauges);
			break;
		}
		gauges->got += (size_t)got;
		if (gauges->got == sizeof(gauges->message)) {
			gauges->got = 0;
			ticks |= take_message(gauges);
		}
	}
	return ticks;
}

void gauges_open(struct gauges *gauges, const char *program, const struct adapter_world *world,
		 int64_t period_us)
{
	int64_t until_us = clock_boot_us() + FIND_US, left_us = FIND_US;

	*gauges = (struct gauges){
		.program = program, .world = *world, .period_us = period_us, .fd = -1};
	start(gauges);
	while (gauges->fd >= 0 && gauges->is_ready == 0 && left_us > 0) {
		struct pollfd file = {.fd = gauges->fd, .events = POLLIN};

		poll(&file, 1, (int)(left_us / 1000) + 1);
		gauges_hear(gauges);
		left_us = until_us - clock_boot_us();
	}
	if (gauges->is_ready == 0) {
		snprintf(gauges->problem, sizeof(gauges->problem),
			 "the devices of this machine did not answer within ten seconds");
		number_devices(gauges);
	}
}

int gauges_tend(struct gauges *gauges, int64_t now_us)
{
	int factor = gauges->restarts < RESTARTS ? gauges->restarts + 1 : RESTARTS;

	if (gauges->fd >= 0 && now_us - gauges->heard_us > SILENT_US) {
		snprintf(gauges->problem, sizeof(gauges->problem),
			 "the devices of this machine do not answer; they are unmeasured");
		stop(gauges);
	}
	if (gauges->pid > 0 && gauges->fd < 0)
		stop(gauges);
	if (gauges->fd >= 0 || gauges->pid > 0 || now_us < gauges->next_us)
		return 0;
	gauges->next_us = now_us + (int64_t)factor * RESTART_US;
	gauges->restarts++;
	start(gauges);
	return gauges->fd >= 0;
}

struct gauges_device *gauges_get(struct gauges *gauges, int32_t index)
{
	for (int32_t i = 0; i < gauges->count; i++) {
		if (gauges->devices[i].index == index)
			return &gauges->devices[i];
	}
	return NULL;
}

int gauges_is_fresh(const struct gauges *gauges, int64_t now_us)
{
	return gauges->is_ready > 0 && now_us - gauges->heard_us < FRESH * gauges->period_us;
}

void gauges_close(struct gauges *gauges)
{
	for (int tries = 0; tries < LEAVE_TRIES && (gauges->fd >= 0 || gauges->pid > 0); tries++) {
		stop(gauges);
		if (gauges->pid > 0)
			poll(NULL, 0, LEAVE_MS);
	}
}

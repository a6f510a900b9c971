/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop of the gauge. It costs what one round of the vendors' calls costs, once a second.
 */
#include "engine/gauge.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/assert.h"
#include "engine/process.h"

struct gauge {
	int fd;
	void *selves[ADAPTER_COUNT];
	int32_t counts[ADAPTER_COUNT]; /* devices of each */
	struct adapter_device devices[GAUGE_DEVICES_MAX];
	int32_t devices_count;
};

static int send_message(const struct gauge *gauge, struct gauge_message *message)
{
	ssize_t wrote;

	message->version = GAUGE_VERSION;
	do
		wrote = write(gauge->fd, message, sizeof(*message));
	while (wrote < 0 && errno == EINTR);
	return wrote == (ssize_t)sizeof(*message) ? 0 : -1;
}

static int send_problem(const struct gauge *gauge, int adapter, const struct parc_err *err)
{
	struct gauge_message message = {.kind = GAUGE_PROBLEM, .adapter = adapter};

	snprintf(message.problem, sizeof(message.problem), "%.20s: %.200s",
		 adapter_get(adapter)->name, err->text);
	return send_message(gauge, &message);
}

static int find(struct gauge *gauge, const struct adapter_world *world, int number)
{
	const struct adapter *adapter = adapter_get(number);
	struct adapter_device *devices = gauge->devices + gauge->devices_count;
	struct gauge_message message = {.kind = GAUGE_DEVICE, .adapter = number};
	struct parc_err err = {0};
	int32_t count;
	int code = adapter->open(&gauge->selves[number], world, &err);

	if (code == PARC_ERR_UNKNOWN)
		return 0;
	if (code != 0)
		return send_problem(gauge, number, &err);
	count = adapter->discover(gauge->selves[number], devices,
				  GAUGE_DEVICES_MAX - gauge->devices_count, &err);
	code = err.code != 0 ? send_problem(gauge, number, &err) : 0;
	for (int32_t i = 0; i < count && code == 0; i++) {
		message.device = gauge->devices_count++;
		message.description = devices[i];
		code = send_message(gauge, &message);
	}
	gauge->counts[number] = count > 0 ? count : 0;
	return code;
}

static int sample_all(struct gauge *gauge)
{
	struct gauge_message message = {.kind = GAUGE_SAMPLE};
	int code = 0;

	for (int number = 0; number < ADAPTER_COUNT; number++) {
		for (int32_t i = 0; i < gauge->counts[number] && code == 0; i++) {
			message.adapter = number;
			memset(&message.sample, 0, sizeof(message.sample));
			message.is_lost = adapter_get(number)->sample(gauge->selves[number], i,
								      &message.sample) != 0;
			code = send_message(gauge, &message);
			message.device++;
		}
	}
	return code;
}

static void wait_for_period(int clock)
{
	uint64_t times;

	while (read(clock, &times, sizeof(times)) < 0 && errno == EINTR)
		continue;
}

int gauge_run(int fd, char *const *words, struct parc_err *err)
{
	long long period_us = strtoll(words[0], NULL, 10);
	const struct timespec period = {.tv_sec = period_us / 1000000,
					.tv_nsec = period_us % 1000000 * 1000};
	const struct itimerspec every = {.it_interval = period, .it_value = period};
	struct adapter_world world;
	struct gauge gauge = {.fd = fd};
	struct gauge_message ready = {.kind = GAUGE_READY}, tick = {.kind = GAUGE_TICK};
	int clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), code = 0;

	gauge_world_read(&world, words + 1);
	if (clock < 0 || timerfd_settime(clock, 0, &every, NULL) != 0)
		return parc_err_set(err, PARC_ERR_IO, "no clock: %s", strerror(errno));
	signal(SIGPIPE, SIG_IGN);
	for (int number = 0; number < ADAPTER_COUNT && code == 0; number++)
		code = find(&gauge, &world, number);
	if (code == 0)
		code = send_message(&gauge, &ready);
	while (code == 0) {
		code = sample_all(&gauge);
		if (code == 0)
			code = send_message(&gauge, &tick);
		if (code == 0)
			wait_for_period(clock);
	}
	for (int number = 0; number < ADAPTER_COUNT; number++) {
		if (gauge.selves[number] != NULL)
			adapter_get(number)->close(gauge.selves[number]);
	}
	close(clock);
	return 0;
}

void gauge_world_words(const struct adapter_world *world, const char *words[GAUGE_WORLD])
{
	const char *const list[GAUGE_WORLD] = {world->library, world->sys, world->dev, world->proc,
					       world->mps};

	for (int i = 0; i < GAUGE_WORLD; i++)
		words[i] = list[i] != NULL ? list[i] : "-";
}

void gauge_world_read(struct adapter_world *world, char *const *words)
{
	const char **const list[GAUGE_WORLD] = {&world->library, &world->sys, &world->dev,
						&world->proc, &world->mps};

	for (int i = 0; i < GAUGE_WORLD; i++)
		*list[i] = strcmp(words[i], "-") == 0 ? NULL : words[i];
}

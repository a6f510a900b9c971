/* SPDX-License-Identifier: Apache-2.0
 *
 * The processes of an attempt: by its control groups where there are any, else by descent.
 */
#include "engine/attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine/descent.h"
#include "engine/supervisor.h"

void (*supervisor_point)(int number);

void attempt_point(int number)
{
	if (supervisor_point != NULL)
		supervisor_point(number);
}

int attempt_open_reports(struct attempt *attempt, struct parc_err *err)
{
	attempt->reports =
		openat(attempt->folder, "report", O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (attempt->reports >= 0)
		return 0;
	return parc_err_set(err, PARC_ERR_IO, "no way for reports: %s", strerror(errno));
}

int attempt_has_tree(const struct attempt *attempt)
{
	return (attempt->groups.abilities & GROUPS_TREE) != 0;
}

static int32_t signal_descent(struct attempt *attempt, int number)
{
	struct process leaders[CLAIM_TASKS_MAX];

	for (int32_t i = 0; i < attempt->count; i++)
		leaders[i] = attempt->tasks[i].process;
	return descent_signal(getpid(), leaders, attempt->count, number);
}

void attempt_signal(struct attempt *attempt, int number)
{
	if (!attempt_has_tree(attempt)) {
		signal_descent(attempt, number);
		return;
	}
	for (int32_t i = 0; i < attempt->count; i++)
		groups_signal(&attempt->groups, attempt->name, attempt->tasks[i].leaf, number);
}

void attempt_kill_rest(struct attempt *attempt, int32_t task)
{
	if (attempt_has_tree(attempt))
		groups_kill(&attempt->groups, attempt->name, attempt->tasks[task].leaf);
}

void attempt_kill(struct attempt *attempt)
{
	if (!attempt_has_tree(attempt)) {
		/* Stopped they make no more; then none is missed. */
		signal_descent(attempt, SIGSTOP);
		signal_descent(attempt, SIGKILL);
		return;
	}
	for (int32_t i = 0; i < attempt->count; i++)
		groups_kill(&attempt->groups, attempt->name, attempt->tasks[i].leaf);
}

int attempt_is_empty(struct attempt *attempt)
{
	if (!attempt_has_tree(attempt))
		return signal_descent(attempt, 0) == 0;
	for (int32_t i = 0; i < attempt->count; i++) {
		if (!groups_is_empty(&attempt->groups, attempt->name, attempt->tasks[i].leaf))
			return 0;
	}
	return 1;
}

void attempt_measure(struct attempt *attempt, struct claim_exit *end)
{
	struct groups_use use, sum = {0};
	int64_t kills = 0;

	for (int32_t i = 0; i < attempt->count; i++) {
		groups_use(&attempt->groups, attempt->name, attempt->tasks[i].leaf, &use);
		sum.cpu_us = use.cpu_us < 0 || sum.cpu_us < 0 ? -1 : sum.cpu_us + use.cpu_us;
		sum.memory_peak_mib = use.memory_peak_mib < 0 || sum.memory_peak_mib < 0
					      ? -1
					      : sum.memory_peak_mib + use.memory_peak_mib;
		kills += use.memory_kills > 0 ? use.memory_kills : 0;
	}
	/* Without a group's account there is what the processes that were waited for used; a
	 * supervisor that took over has not waited for them. */
	end->cpu_us = sum.cpu_us >= 0 ? sum.cpu_us : attempt->is_adopted ? -1 : attempt->reaped_us;
	end->memory_peak_mib = sum.memory_peak_mib;
	end->over_memory = kills > 0;
}

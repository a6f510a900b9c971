/* SPDX-License-Identifier: Apache-2.0
 *
 * The child changes its own copy of the core and nothing else: it has no file open, no handle on
 * the store is used, and it dies with the daemon.
 */
#include "daemon/forecast.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/daemon.h"

#define CHILD_NICE 10

static struct forecast_sheet *sheet_make(void)
{
	void *memory = mmap(NULL, sizeof(struct forecast_sheet), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void sheet_free(struct forecast_sheet *sheet)
{
	if (sheet != NULL)
		munmap(sheet, sizeof(*sheet));
}

static int look(struct daemon *daemon, struct forecast_sheet *sheet)
{
	sheet->ahead = (struct ahead){
		.horizon_us = daemon->now_us + FORECAST_HORIZON_US,
		.real_us = FORECAST_REAL_US,
		.starts = sheet->starts,
		.starts_max = FORECAST_STARTS_MAX,
	};
	return ahead_run(&sheet->ahead, daemon->core, daemon->now_us, NULL);
}

static void begin(struct daemon *daemon)
{
	const struct rlimit limit = {2 * FORECAST_REAL_US / 1000000, 4}, none = {0};
	struct forecast *forecast = &daemon->forecast;

	if (forecast->making == NULL)
		forecast->making = sheet_make();
	forecast->is_failed = forecast->making == NULL;
	if (forecast->is_failed)
		return;
	forecast->begun_us = wall_ticks_us();
	forecast->making_us = daemon->now_us;
	forecast->making_below = daemon->next_job;
	forecast->child = fork();
	if (forecast->child < 0) {
		forecast->is_failed = 1;
		forecast->child = 0;
	}
	if (forecast->is_failed || forecast->child > 0)
		return;
	close_range(3, ~0U, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpriority(PRIO_PROCESS, 0, CHILD_NICE);
	setrlimit(RLIMIT_CPU, &limit);
	setrlimit(RLIMIT_CORE, &none);
	_exit(look(daemon, forecast->making) != 0);
}

void forecast_reap(struct daemon *daemon)
{
	struct forecast *forecast = &daemon->forecast;
	struct forecast_sheet *made = forecast->making;
	int status;

	if (forecast->child <= 0 || waitpid(forecast->child, &status, WNOHANG) != forecast->child)
		return;
	forecast->child = 0;
	forecast->took_us = wall_ticks_us() - forecast->begun_us;
	forecast->is_failed = status != 0;
	if (forecast->is_failed) {
		log_write(&daemon->log, LOG_WARNING_LEVEL,
			  "when jobs start could not be estimated: %s",
			  WIFEXITED(status) ? "the core refused" : "the process died");
		return;
	}
	forecast->making = forecast->ready;
	forecast->ready = made;
	forecast->made_us = forecast->making_us;
	forecast->made_ticks_us = forecast->begun_us;
	forecast->jobs_below = forecast->making_below;
}

enum forecast_state forecast_ask(struct daemon *daemon, int64_t job)
{
	struct forecast *forecast = &daemon->forecast;
	int64_t now_us = wall_ticks_us(), pause_us = FORECAST_PART * forecast->took_us;
	int is_known = forecast->ready != NULL && job < forecast->jobs_below;

	pause_us = pause_us < FORECAST_FRESH_US ? FORECAST_FRESH_US : pause_us;
	if (is_known && now_us - forecast->made_ticks_us < pause_us)
		return FORECAST_READY;
	/* A job that is not in it cannot wait for it to age, but for the child before. */
	if (forecast->child == 0 &&
	    (!forecast->is_failed || now_us - forecast->begun_us >= pause_us) &&
	    (is_known || now_us - forecast->begun_us >= FORECAST_PART * forecast->took_us))
		begin(daemon);
	if (forecast->child > 0)
		return FORECAST_MAKING;
	return is_known ? FORECAST_READY : FORECAST_NONE;
}

void forecast_end(struct daemon *daemon)
{
	struct forecast *forecast = &daemon->forecast;

	if (forecast->child > 0) {
		kill(forecast->child, SIGKILL);
		waitpid(forecast->child, NULL, 0);
	}
	sheet_free(forecast->ready);
	sheet_free(forecast->making);
	*forecast = (struct forecast){0};
}

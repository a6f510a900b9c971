/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop, opening and closing.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/act.h"
#include "daemon/tripped.h"
#include "engine/dry.h"
#include "store/snapshot.h"

#define CARE_EVERY_US  1000000 /* looks at free space, snapshots, keys */
#define STEPS_TIME_MAX 64      /* TIME events in one round */
#define GATHER_PART    4       /* of a sync is waited for those who were answered last */
#define GATHER_MAX_US  2000
#define EXPIRY_WARN_S  (14 * 86400)
#define POLLED_US      1000000 /* an engine without an fd is asked so often */

/* Tell the service manager, if there is one (sd_notify(3)): one datagram to its socket. */
static void manager_tell(const char *what)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = path == NULL ? 0 : strlen(path);
	int file;

	if (length == 0 || length >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (file < 0)
		return;
	/* Nobody can be told when this fails. */
	(void)!sendto(file, what, strlen(what), MSG_NOSIGNAL, (struct sockaddr *)&address,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	close(file);
}

static int watch(struct daemon *daemon, int fd, struct parc_err *err)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (fd < 0 || epoll_ctl(daemon->poll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
		return 0;
	return parc_err_set(err, PARC_ERR_IO, "waiting is not possible: %s", strerror(errno));
}

static int signals_open(struct daemon *daemon, struct parc_err *err)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	sigset_t set;

	sigemptyset(&set);
	for (int i = 0; i < 4; i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	daemon->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	daemon->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (daemon->poll_fd < 0 || daemon->signal_fd < 0)
		return parc_err_set(err, PARC_ERR_IO, "no event loop: %s", strerror(errno));
	return watch(daemon, daemon->signal_fd, err);
}

/* The engine for this machine, or the one that runs nothing. */
static int engine_open(struct daemon *daemon, const struct fleet *fleet, struct parc_err *err)
{
	struct engine_machine machine = {.cpu_milli = 1000, .limits = "nothing is run: dry"};
	char folder[STORE_PATH_MAX];

	if (!daemon->options.dry) {
		snprintf(folder, sizeof(folder), "%s/" DAEMON_ENGINE, daemon->options.directory);
		return engine_open_local(&daemon->engine, folder, daemon->options.program, err);
	}
	if (fleet->nodes_count > 0)
		memcpy(machine.name, fleet->nodes[0].name, sizeof(machine.name));
	return engine_open_dry(&daemon->engine, &machine, err);
}

/* Read the configured certificate; a daemon that has one keeps it when none is named any more. */
int certificate_read(struct daemon *daemon, const struct config_tls *named, struct parc_err *err)
{
	int64_t left_s;
	int code = 0;

	if (named->certificate[0] != '\0')
		code = tls_load(&daemon->tls, named->certificate, named->key, err);
	if (code != 0 || daemon->tls == NULL)
		return code;
	left_s = daemon->tls->expires_s - (int64_t)time(NULL);
	if (left_s < EXPIRY_WARN_S)
		log_write(&daemon->log, LOG_WARNING_LEVEL, "the certificate %s %lld days",
			  left_s < 0 ? "has expired for" : "expires in",
			  (long long)(left_s < 0 ? -left_s : left_s) / 86400);
	return 0;
}

static int parts_open(struct daemon *daemon, struct fleet *fleet, struct parc_err *err)
{
	struct store_options store = {.vfs = daemon->options.vfs, .seed = 1};
	int code = 0;

	if (daemon->options.dry && daemon->options.fleet == NULL)
		code = parc_err_set(err, PARC_ERR_USAGE, "--dry needs --fleet FILE");
	if (code == 0 && daemon->options.fleet != NULL)
		code = fleet_find(daemon, fleet, err);
	if (code == 0)
		code = signals_open(daemon, err);
	if (code == 0)
		code = engine_open(daemon, fleet, err);
	if (code == 0)
		code = daemon->engine.calls->machine(daemon->engine.self, &daemon->machine, err);
	if (code == 0 && daemon->options.fleet == NULL)
		code = fleet_find(daemon, fleet, err);
	if (code == 0) /* what is wrong with it is said before anything is made */
		code = config_read(&daemon->config, daemon->options.config, fleet, err);
	if (code == 0)
		code = certificate_read(daemon, &daemon->config.tls, err);
	if (code != 0)
		return code;
	store.limits = fleet_limits(fleet, daemon->options.jobs_max);
	if (daemon->options.fleet == NULL) /* a machine may be given more devices later */
		store.limits.node_devices = PARC_NODE_DEVICES_MAX;
	code = store_open(&daemon->store, daemon->options.directory, &store, err);
	if (code == 0)
		code = watch(daemon, daemon->engine.calls->fd(daemon->engine.self), err);
	return code;
}

int daemon_open(struct daemon *daemon, const struct daemon_options *options, struct parc_err *err)
{
	struct fleet fleet = {0};
	int code;

	memset(daemon, 0, sizeof(*daemon));
	daemon->options = *options;
	daemon->log = options->log;
	daemon->poll_fd = daemon->signal_fd = -1;
	code = parts_open(daemon, &fleet, err);
	if (code == 0)
		code = tripped_open(daemon->options.directory, err);
	if (code == 0)
		code = recover(daemon, err);
	if (code == 0)
		code = setup_fleet(daemon, &fleet, err);
	if (code == 0)
		code = setup_config(daemon, err);
	if (code == 0)
		code = store_commit(daemon->store, err);
	fleet_deinit(&fleet);
	if (code != 0) {
		daemon_close(daemon);
		return code;
	}
	if (daemon->machine.limits[0] != '\0')
		log_write(&daemon->log, LOG_WARNING_LEVEL, "%s", daemon->machine.limits);
	acts_do(daemon);
	return 0;
}

void daemon_close(struct daemon *daemon)
{
	if (daemon->snapshot_child > 0) {
		kill(daemon->snapshot_child, SIGKILL);
		waitpid(daemon->snapshot_child, NULL, 0);
	}
	forecast_end(daemon);
	if (daemon->engine.calls != NULL)
		daemon->engine.calls->close(daemon->engine.self);
	store_close(daemon->store);
	tripped_close();
	marks_free(&daemon->marks);
	parc_core_destroy(daemon->core);
	config_deinit(&daemon->config);
	tls_destroy(daemon->tls);
	if (daemon->poll_fd >= 0)
		close(daemon->poll_fd);
	if (daemon->signal_fd >= 0)
		close(daemon->signal_fd);
	free(daemon->acts);
	free(daemon->late);
	memset(daemon, 0, sizeof(*daemon));
	daemon->poll_fd = daemon->signal_fd = -1;
}

int daemon_add_source(struct daemon *daemon, const struct daemon_source *source,
		      struct parc_err *err)
{
	if (daemon->sources_count == DAEMON_SOURCES_MAX)
		return parc_err_set(err, PARC_ERR_FULL, "too many sources");
	daemon->sources[daemon->sources_count++] = *source;
	return watch(daemon, source->fd, err);
}

/* ---- Snapshots */

static void snapshot_reap(struct daemon *daemon)
{
	int status;

	if (daemon->snapshot_child <= 0 ||
	    waitpid(daemon->snapshot_child, &status, WNOHANG) != daemon->snapshot_child)
		return;
	daemon->snapshot_child = 0;
	daemon->figures.snapshot_us = wall_ticks_us() - daemon->snapshot_begin_us;
	if (status == 0)
		retain_snapshots(daemon);
	if (status == 0)
		log_write(&daemon->log, LOG_INFO_LEVEL, "snapshot %lld is written after %lld ms",
			  (long long)daemon->snapshot_number,
			  (long long)(daemon->figures.snapshot_us / 1000));
	else
		log_write(&daemon->log, LOG_ERROR_LEVEL,
			  "snapshot %lld could not be written: %s; what it would save at the next "
			  "start is read from the journal",
			  (long long)daemon->snapshot_number,
			  WIFEXITED(status) ? strerror(WEXITSTATUS(status)) : "its writer died");
}

static void snapshot_begin(struct daemon *daemon)
{
	int64_t last = store_last(daemon->store);
	struct parc_err err = {0};

	if (daemon->snapshot_child > 0 ||
	    last - daemon->snapshot_number < daemon->config.snapshot_records)
		return;
	daemon->snapshot_begin_us = wall_ticks_us();
	daemon->snapshot_child =
		snapshot_put_paced(daemon->options.directory, daemon->core, last, &err);
	if (daemon->snapshot_child < 0) {
		log_write(&daemon->log, LOG_ERROR_LEVEL, "%s", err.text);
		daemon->snapshot_child = 0;
	}
	daemon->snapshot_number = last;
}

/* ---- The loop */

static void signals_take(struct daemon *daemon)
{
	struct signalfd_siginfo info;
	struct parc_err err = {0};

	while (read(daemon->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			snapshot_reap(daemon);
			forecast_reap(daemon);
		} else if (info.ssi_signo == SIGHUP) {
			manager_tell("RELOADING=1");
			if (daemon_reload(daemon, &err) == 0)
				log_write(&daemon->log, LOG_INFO_LEVEL,
					  "the configuration is read");
			else
				log_write(&daemon->log, LOG_ERROR_LEVEL,
					  "the configuration stays as it was: %s", err.text);
			manager_tell("READY=1");
		} else {
			daemon->is_stopping = 1;
		}
	}
}

static void reports_take(struct daemon *daemon)
{
	struct engine_report report;
	struct parc_err err = {0};
	int code = 1;

	for (int32_t i = 0; i < daemon->late_count && !daemon->is_broken; i++) {
		report = daemon->late[i];
		report_take(daemon, &report);
	}
	daemon->late_count = 0;
	for (int i = 0; i < DAEMON_REPORTS_ROUND && code == 1 && !daemon->is_broken; i++) {
		code = daemon->engine.calls->poll(daemon->engine.self, &report, &err);
		if (code == 1)
			report_take(daemon, &report);
	}
	if (code < 0)
		daemon_break(daemon, &err);
}

static void time_take(struct daemon *daemon)
{
	struct parc_event event = {.kind = PARC_EVENT_TIME};

	for (int i = 0; i < STEPS_TIME_MAX && parc_wake(daemon->core) <= daemon->now_us; i++)
		if (daemon_step(daemon, &event, NULL) != 0)
			return;
}

/* What has to be looked after now and then. */
static void care(struct daemon *daemon)
{
	int64_t free_bytes;

	if (daemon->now_us < daemon->expire_us)
		return;
	daemon->expire_us = daemon->now_us + CARE_EVERY_US;
	store_reserve(daemon->store);
	free_bytes = store_free_bytes(daemon->store);
	if (daemon->is_low != (free_bytes >= 0 && free_bytes < DAEMON_RESERVE_BYTES)) {
		daemon->is_low = !daemon->is_low;
		log_write(&daemon->log, LOG_WARNING_LEVEL, "the disk of %s %s",
			  daemon->options.directory,
			  daemon->is_low ? "is nearly full: new jobs are refused"
					 : "has room again");
	}
	retain_care(daemon);
}

static int commit(struct daemon *daemon)
{
	int64_t begin_us = wall_ticks_us(), took_us;
	struct parc_err err = {0};

	if (daemon->is_broken)
		return daemon->failure.code;
	if (!store_is_open(daemon->store))
		return 0;
	if (notices_drop(daemon, &err) != 0 || store_commit(daemon->store, &err) != 0)
		return daemon_break(daemon, &err);
	took_us = wall_ticks_us() - begin_us;
	daemon->sync_us = took_us;
	daemon->figures.commits++;
	daemon->figures.commit_us += took_us;
	if (took_us > daemon->figures.commit_max_us)
		daemon->figures.commit_max_us = took_us;
	return 0;
}

/* Microseconds until something has to be done without being asked; -1: never. */
static int64_t sleep_us(struct daemon *daemon, int64_t wait_us)
{
	int64_t now_us = wall_now_us(&daemon->wall), wake_us = parc_wake(daemon->core);
	int64_t least = wait_us;

	if (daemon->late_count > 0 || store_is_open(daemon->store))
		return 0;
	if (wake_us != PARC_NEVER && (least < 0 || wake_us - now_us < least))
		least = wake_us - now_us < 0 ? 0 : wake_us - now_us;
	if (daemon->engine.calls->fd(daemon->engine.self) < 0 && (least < 0 || least > POLLED_US))
		least = POLLED_US;
	for (int32_t i = 0; i < daemon->sources_count; i++) {
		int64_t asked = daemon->sources[i].timeout_us(daemon->sources[i].context);

		if (asked >= 0 && (least < 0 || asked < least))
			least = asked;
	}
	return least;
}

static int32_t sources_waiting(const struct daemon *daemon)
{
	int32_t count = 0;

	for (int32_t i = 0; i < daemon->sources_count; i++)
		count += daemon->sources[i].waiting(daemon->sources[i].context);
	return count;
}

static void sources_collect(struct daemon *daemon)
{
	for (int32_t i = 0; i < daemon->sources_count; i++)
		daemon->sources[i].collect(daemon->sources[i].context);
}

/* Collect, and wait a little for those who were answered last to ask again. */
static void requests_take(struct daemon *daemon)
{
	int64_t window_us = daemon->sync_us / GATHER_PART, left_us, end_us;
	struct epoll_event events[8];

	sources_collect(daemon);
	if (!store_is_open(daemon->store))
		return; /* nothing to commit: readers need not wait */
	window_us = window_us > GATHER_MAX_US ? GATHER_MAX_US : window_us;
	end_us = wall_ticks_us() + window_us;
	while (sources_waiting(daemon) < daemon->answered &&
	       (left_us = end_us - wall_ticks_us()) > 0) {
		struct timespec timeout = {.tv_nsec = left_us * 1000};

		if (epoll_pwait2(daemon->poll_fd, events, 8, &timeout, NULL) <= 0)
			return;
		sources_collect(daemon);
	}
}

int daemon_round(struct daemon *daemon, int64_t wait_us, struct parc_err *err)
{
	int64_t sleep = sleep_us(daemon, wait_us);
	struct epoll_event events[8];

	/* Rounded up, so that a wake-up is not missed by a part of a millisecond again and again.
	 */
	if (epoll_wait(daemon->poll_fd, events, 8, sleep < 0 ? -1 : (int)((sleep + 999) / 1000)) <
		    0 &&
	    errno != EINTR)
		return parc_err_set(err, PARC_ERR_IO, "waiting failed: %s", strerror(errno));
	daemon->now_us = wall_now_us(&daemon->wall);
	daemon->figures.rounds++;
	signals_take(daemon);
	reports_take(daemon);
	requests_take(daemon);
	time_take(daemon);
	care(daemon);
	if (commit(daemon) != 0) {
		*err = daemon->failure;
		return daemon->failure.code;
	}
	acts_do(daemon);
	daemon->answered = sources_waiting(daemon);
	for (int32_t i = 0; i < daemon->sources_count; i++)
		daemon->sources[i].answer(daemon->sources[i].context);
	snapshot_begin(daemon);
	return 0;
}

int daemon_run(struct daemon *daemon, struct parc_err *err)
{
	struct parc_err why = {0};
	int code = 0;

	manager_tell("READY=1");
	while (code == 0 && !daemon->is_stopping)
		code = daemon_round(daemon, -1, err);
	manager_tell("STOPPING=1");
	if (code != 0) {
		log_write(&daemon->log, LOG_ERROR_LEVEL,
			  "nothing of the last round was acted on or answered: %s", err->text);
		return code;
	}
	if (daemon->snapshot_child > 0 || store_last(daemon->store) <= daemon->snapshot_number)
		return 0;
	if (snapshot_put(daemon->options.directory, daemon->core, store_last(daemon->store),
			 &why) == 0)
		retain_snapshots(daemon);
	else
		log_write(&daemon->log, LOG_ERROR_LEVEL, "%s", why.text);
	return 0;
}

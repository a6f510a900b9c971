/* SPDX-License-Identifier: Apache-2.0
 *
 * The local engine: processes of this machine. It answers the calls of engine.h by writing sheets
 * into the folders of attempts and starting supervisors, and reports what supervisors write there.
 * It keeps nothing that it could not read again, so it may die at any moment.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "engine/local.h"

#define PERIOD_MS   1000
#define LOCK_MS	    10
#define LOCK_TRIES  200
#define LEAVE_MS    5
#define LEAVE_TRIES 100

void local_alarm(struct local *local, const char *format, ...)
{
	va_list args;
	int32_t at;

	if (local->alarms_count == LOCAL_ALARMS_MAX)
		return;
	at = (local->alarms_first + local->alarms_count++) % LOCAL_ALARMS_MAX;
	va_start(args, format);
	vsnprintf(local->alarms[at], sizeof(local->alarms[at]), format, args);
	va_end(args);
}

/* ---- The calls */

static void add_limit(struct engine_machine *machine, const char *sentence)
{
	size_t used = strlen(machine->limits);

	snprintf(machine->limits + used, sizeof(machine->limits) - used, "%s%s",
		 used > 0 ? "; " : "", sentence);
}

static int local_machine(void *self, struct engine_machine *machine, struct parc_err *err)
{
	const struct local *local = self;
	long cores = sysconf(_SC_NPROCESSORS_ONLN), pages = sysconf(_SC_PHYS_PAGES);

	if (cores < 1 || pages < 1)
		return parc_err_set(err, PARC_ERR_IO, "the system does not tell its size");
	*machine =
		(struct engine_machine){.cpu_milli = (int32_t)(cores * 1000),
					.memory_mib = (int64_t)pages * sysconf(_SC_PAGESIZE) >> 20,
					.pools_count = local->gauges.pools_count};
	memcpy(machine->pools, local->gauges.pools, sizeof(machine->pools));
	if (gethostname(machine->name, sizeof(machine->name) - 1) != 0 || machine->name[0] == '\0')
		snprintf(machine->name, sizeof(machine->name), "localhost");
#define X(name, bit, missing)                           \
	if (!(local->groups.abilities & GROUPS_##name)) \
		add_limit(machine, missing);
	GROUPS_ABILITY_MAP(X)
#undef X
	if (local->gauges.node_devices > 0 && !(local->groups.abilities & GROUPS_TREE))
		add_limit(machine, "what others run on devices cannot be told from jobs");
	return 0;
}

static int local_start(void *self, const struct engine_work *work, struct parc_err *err)
{
	struct local *local = self;
	struct request request;
	struct slot *slot;
	int code;

	if (slots_find(local, work->key) != NULL)
		return 0;
	if (local->slots_count >= LOCAL_ATTEMPTS_MAX)
		return parc_err_set(err, PARC_ERR_FULL, "%d attempts are claimed; no more can be",
				    LOCAL_ATTEMPTS_MAX);
	code = request_init(&request, local, work, err);
	if (code != 0)
		return code;
	code = claim_create(local->claims, &request.claim, err);
	if (code == 0 || code == PARC_ERR_EXISTS) {
		slot = slots_load_one(local, work->key, -1, err);
		code = slot == NULL ? PARC_ERR_MEMORY : 0;
		if (slot != NULL)
			slots_supervise(local, slot);
	}
	request_deinit(&request);
	return code;
}

static int local_stop(void *self, struct engine_key key, int64_t grace_us, int32_t why,
		      struct parc_err *err)
{
	struct local *local = self;
	struct slot *slot = slots_find(local, key);
	struct claim_stop before, stop = {.time_us = clock_wall_us(),
					  .grace_us = grace_us > 0 ? grace_us : 0,
					  .why = why};
	int folder, code;

	if (slot == NULL)
		return parc_err_set(err, PARC_ERR_UNKNOWN,
				    "attempt %" PRId64 ".%" PRId32 " was never claimed here",
				    key.allocation, key.attempt);
	if (slot->state == ENGINE_OVER)
		return 0;
	folder = claim_open(local->claims, key, err);
	if (folder < 0)
		return folder;
	stop.kill_us = clock_boot_us() + stop.grace_us;
	/* A second stop may come sooner, never later. */
	if (claim_read_stop(folder, &before, NULL) == 0 && before.kill_us <= stop.kill_us)
		code = 0;
	else
		code = claim_write_stop(folder, &stop, err);
	close(folder);
	slots_mark(local, slot);
	return code;
}

static void local_forget(void *self, struct engine_key key)
{
	struct local *local = self;
	struct slot *slot = slots_find(local, key);

	if (slot != NULL && slot->state == ENGINE_OVER)
		slots_forget(local, slot);
}

static int32_t local_list(void *self, struct engine_key after, struct engine_entry *entries,
			  int32_t max)
{
	const struct local *local = self;
	int32_t count = 0;

	for (int32_t i = slots_above(local, after); i < local->slots_count && count < max; i++) {
		const struct slot *slot = &local->slots[i];

		if (!slot->is_forgotten)
			entries[count++] =
				(struct engine_entry){.key = slot->key, .state = slot->state};
	}
	return count;
}

static int32_t local_look(void *self, struct engine_device *devices, int32_t max)
{
	const struct local *local = self;
	int is_fresh = gauges_is_fresh(&local->gauges, clock_boot_us());

	for (int32_t i = 0; i < local->gauges.count && i < max; i++) {
		const struct gauges_device *device = &local->gauges.devices[i];

		devices[i] = (struct engine_device){.device = device->index,
						    .pool = device->pool,
						    .busy_milli = -1,
						    .memory_mib = -1,
						    .power_mw = -1,
						    .processes = -1,
						    .foreign = device->foreign_runs > 0};
		if (!is_fresh)
			continue;
		devices[i].busy_milli = device->sample.busy_milli;
		devices[i].memory_mib = device->sample.memory_mib;
		devices[i].power_mw = device->sample.power_mw;
		devices[i].processes = device->sample.processes_count;
	}
	return local->gauges.count;
}

static int local_fd(void *self)
{
	return ((const struct local *)self)->events;
}

static int take_alarm(struct local *local, struct engine_report *report)
{
	if (local->alarms_count == 0)
		return 0;
	snprintf(local->text, sizeof(local->text), "%s", local->alarms[local->alarms_first]);
	local->alarms_first = (local->alarms_first + 1) % LOCAL_ALARMS_MAX;
	local->alarms_count--;
	*report = (struct engine_report){
		.kind = ENGINE_ALARM, .time_us = clock_wall_us(), .text = local->text};
	return 1;
}

static int take_report(struct local *local, struct engine_report *report)
{
	for (int32_t i = 0; i < local->slots_count && local->changed_count > 0; i++) {
		struct slot *slot = &local->slots[i];

		if (!slot->is_changed)
			continue;
		if (slots_report(local, slot, report))
			return 1;
		slot->is_changed = 0;
		local->changed_count--;
	}
	return 0;
}

/* The lock's time of change tells the next engine until when this one reported: on the clock since
 * boot, as what was said is. */
static void note_alive(const struct local *local)
{
	int64_t now_us = clock_boot_us();
	const struct timespec now = {.tv_sec = now_us / 1000000,
				     .tv_nsec = now_us % 1000000 * 1000};
	const struct timespec times[2] = {now, now};

	if (local->lock >= 0)
		futimens(local->lock, times);
}

static void read_alive(struct local *local)
{
	struct stat status;

	local->heard_us = -1;
	if (fstat(local->lock, &status) == 0)
		local->heard_us =
			(int64_t)status.st_mtim.tv_sec * 1000000 + status.st_mtim.tv_nsec / 1000;
	if (local->heard_us > clock_boot_us())
		local->heard_us = -1; /* a new lock, or of another boot */
}

static void second_passed(struct local *local)
{
	int64_t now_us = clock_boot_us();

	note_alive(local);
	slots_tend(local);
	if (gauges_tend(&local->gauges, now_us))
		slots_listen(local, local->gauges.fd, LOCAL_TAG_GAUGE);
	use_look(local, now_us);
	if (local->gauges.problem[0] != '\0')
		local_alarm(local, "%s", local->gauges.problem);
	local->gauges.problem[0] = '\0';
}

static int local_poll(void *self, struct engine_report *report, struct parc_err *err)
{
	struct local *local = self;
	int heard = 1, tick = 0;

	(void)err;
	while (heard) {
		if (take_alarm(local, report) || use_report_device(local, report) ||
		    take_report(local, report))
			return 1;
		heard = slots_hear(local, &tick);
		if (tick)
			second_passed(local);
		tick = 0;
	}
	return 0;
}

/* Is a supervisor about to leave? Those whose attempts were forgotten take their groups along. */
static int is_any_leaving(struct local *local)
{
	int any = 0;

	for (int32_t i = local->slots_count - 1; i >= 0; i--) {
		struct slot *slot = &local->slots[i];
		struct pollfd file = {.fd = slot->supervisor, .events = POLLIN};

		if (!slot->is_forgotten)
			continue;
		if (slot->supervisor < 0)
			slots_forget(local, slot);
		else if (poll(&file, 1, 0) > 0)
			slots_part(local, slot);
	}
	for (int32_t i = 0; i < local->slots_count; i++)
		any |= local->slots[i].is_forgotten;
	return any;
}

/* Give them a moment, so that nothing of them is left behind. */
static void await_leaving(struct local *local)
{
	for (int tries = 0; tries < LEAVE_TRIES && is_any_leaving(local); tries++)
		poll(NULL, 0, LEAVE_MS);
}

static void local_close(void *self)
{
	struct local *local = self;
	const int files[] = {local->events, local->changes, local->clock,    local->lock,
			     local->claims, local->output,  local->directory};

	note_alive(local);
	await_leaving(local);
	while (local->slots_count > 0)
		slots_remove(local, &local->slots[local->slots_count - 1]);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i] >= 0)
			close(files[i]);
	}
	gauges_close(&local->gauges);
	groups_close(&local->groups);
	free(local->slots);
	free(local);
}

static const struct engine_calls local_calls = {.machine = local_machine,
						.start = local_start,
						.stop = local_stop,
						.tell = local_tell,
						.rebook = local_rebook,
						.forget = local_forget,
						.list = local_list,
						.look = local_look,
						.fd = local_fd,
						.poll = local_poll,
						.close = local_close};

/* ---- Opening */

static int open_folder(int at, const char *name, int *folder, struct parc_err *err)
{
	if (mkdirat(at, name, 0700) != 0 && errno != EEXIST)
		return parc_err_set(err, PARC_ERR_IO, "%s cannot be made: %s", name,
				    strerror(errno));
	*folder = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (*folder < 0)
		return parc_err_set(err, PARC_ERR_IO, "%s cannot be opened: %s", name,
				    strerror(errno));
	return 0;
}

/* The number that names this engine's control groups, drawn once. */
static int read_id(struct local *local, uint64_t *id, struct parc_err *err)
{
	struct sheet sheet;
	struct sheet_line line;
	int64_t number = 0;
	int code = sheet_read(&sheet, local->directory, "id", "parc-engine", 1, err);

	if (code == PARC_ERR_UNKNOWN) {
		if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
			return parc_err_set(err, PARC_ERR_IO, "the system has no random numbers");
		number &= INT64_MAX;
		sheet_begin(&sheet, "parc-engine", 1);
		sheet_put_number(&sheet, "id", number);
		code = sheet_create(&sheet, local->directory, "id", err);
	} else {
		while (code == 0 && sheet_next(&sheet, &line)) {
			if (strcmp(line.key, "id") == 0)
				code = sheet_number(&line, 0, INT64_MAX, &number);
		}
	}
	sheet_free(&sheet);
	*id = (uint64_t)number;
	return code;
}

static int open_events(struct local *local, struct parc_err *err)
{
	const struct timespec period = {.tv_sec = local->period_us / 1000000,
					.tv_nsec = local->period_us % 1000000 * 1000};
	const struct itimerspec every = {.it_interval = period, .it_value = period};

	local->events = epoll_create1(EPOLL_CLOEXEC);
	local->changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	local->clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (local->events < 0 || local->changes < 0 || local->clock < 0 ||
	    timerfd_settime(local->clock, 0, &every, NULL) != 0)
		return parc_err_set(err, PARC_ERR_IO, "the engine cannot watch: %s",
				    strerror(errno));
	slots_listen(local, local->changes, LOCAL_TAG_CHANGES);
	slots_listen(local, local->clock, LOCAL_TAG_CLOCK);
	return 0;
}

static void open_groups(struct local *local, uint64_t id)
{
	char name[32];

	if (local->options.without_groups)
		return;
	snprintf(name, sizeof(name), "parc-%016" PRIx64, id);
	groups_find(&local->groups, name, NULL);
	groups_open(&local->groups);
	groups_to_text(&local->groups, local->groups_text);
}

/* A daemon that was killed while it started a process leaves one behind that holds its files until
 * it has become what it is to be. */
static int take_lock(struct local *local, struct parc_err *err)
{
	for (int tries = 0; tries < LOCK_TRIES; tries++) {
		local->lock = claim_lock(local->directory, err);
		if (local->lock != -1)
			return local->lock >= 0 ? 0 : local->lock;
		poll(NULL, 0, LOCK_MS);
	}
	return parc_err_set(err, PARC_ERR_STATE, "another engine has %s", local->path);
}

static int open_all(struct local *local, struct parc_err *err)
{
	uint64_t id = 0;
	int code = open_folder(AT_FDCWD, local->path, &local->directory, err);

	if (code == 0)
		code = take_lock(local, err);
	if (code == 0)
		code = open_folder(local->directory, "claims", &local->claims, err);
	if (code == 0)
		code = open_folder(local->directory, "output", &local->output, err);
	if (code == 0)
		code = read_id(local, &id, err);
	if (code == 0)
		code = open_events(local, err);
	if (code != 0)
		return code;
	read_alive(local);
	open_groups(local, id);
	gauges_open(&local->gauges, local->program, &local->options.world, local->period_us);
	if (local->gauges.fd >= 0)
		slots_listen(local, local->gauges.fd, LOCAL_TAG_GAUGE);
	claim_sweep(local->claims);
	code = slots_load(local, err);
	if (code == 0) {
		slots_sweep_groups(local);
		slots_tend(local);
	}
	return code;
}

int engine_open_local(struct engine *engine, const char *directory, const char *program,
		      struct parc_err *err)
{
	const struct local_options none = {0};

	return engine_open_local_with(engine, directory, program, &none, err);
}

int engine_open_local_with(struct engine *engine, const char *directory, const char *program,
			   const struct local_options *options, struct parc_err *err)
{
	struct local *local;
	int code;

	if (directory[0] != '/' || strlen(directory) >= sizeof(local->path) ||
	    strlen(program) >= sizeof(local->program))
		return parc_err_set(err, PARC_ERR_INVALID,
				    "'%.80s' is no absolute path of less than %zu bytes", directory,
				    sizeof(local->path));
	local = calloc(1, sizeof(*local));
	if (local == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the engine");
	local->directory = local->claims = local->output = local->lock = -1;
	local->events = local->changes = local->clock = local->gauges.fd = -1;
	local->options = *options;
	local->period_us =
		(options->period_ms > 0 ? options->period_ms : PERIOD_MS) * INT64_C(1000);
	snprintf(local->path, sizeof(local->path), "%s", directory);
	snprintf(local->program, sizeof(local->program), "%s", program);
	process_boot(local->boot);
	code = open_all(local, err);
	if (code != 0) {
		local_close(local);
		return code;
	}
	*engine = (struct engine){.calls = &local_calls, .self = local};
	return 0;
}

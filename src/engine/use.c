/* SPDX-License-Identifier: Apache-2.0
 *
 * From samples to what is told. Once a second the busy part of what an attempt holds is looked at:
 * of its devices by the gauge, else of its cores by the CPU time of its control group. That goes
 * into a window (of one second, then each twice as long, up to a minute), and only a window whose
 * value differs from the one told before makes a report, in steps of 50 thousandths: so short
 * work is measured, too, while an attempt makes at most one a minute in the long run, and a
 * steady one makes none. (Looks are a second apart, but in tests.)
 *
 * A device that several attempts share tells only its own use, not theirs: they are unmeasured. A
 * moment without a fresh sample is unmeasured, too. Processes on a device that are in no control
 * group of this engine are foreign; one that comes and goes within three seconds is passed over.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/local.h"

#define WINDOW	    60 /* looks, of the longest */
#define GAP	    5  /* since the last look: nobody looked */
#define STEP_MILLI  50
#define LEAST_MILLI 10 /* below it is idle */
#define RUNS	    3  /* samples that agree before a device's state is told */
#define QUIET_RUNS  10 /* and before it is taken back */

/* ---- Attempts */

/* CPU time of all tasks so far; -1: unmeasured. */
static int64_t read_cpu(const struct local *local, const struct slot *slot)
{
	char name[CLAIM_NAME_SIZE], leaf[16];
	struct groups_use use;
	int64_t sum = 0;

	if (!(local->groups.abilities & GROUPS_ACCOUNT))
		return -1;
	claim_name(name, slot->key);
	for (int32_t i = 0; i < slot->tasks_count; i++) {
		snprintf(leaf, sizeof(leaf), "t%" PRId32, i);
		groups_use(&local->groups, name, leaf, &use);
		if (use.cpu_us < 0)
			return -1;
		sum += use.cpu_us;
	}
	return sum;
}

static int32_t bounded(int64_t milli)
{
	return milli < 0 ? 0 : milli > PARC_SHARE_WHOLE ? PARC_SHARE_WHOLE : (int32_t)milli;
}

/* Busy part of the devices it holds, by their shares; -1: of one it is not known. */
static int32_t devices_busy(struct local *local, const struct slot *slot)
{
	int64_t busy = 0, held = 0;

	for (int32_t i = 0; i < local->gauges.node_devices; i++) {
		const struct gauges_device *device =
			slot->shares_milli[i] > 0 ? gauges_get(&local->gauges, i) : NULL;

		if (device == NULL)
			continue;
		if (device->sample.busy_milli < 0 || device->holders != 1 || device->lost_runs > 0)
			return -1;
		held += slot->shares_milli[i];
		busy += (int64_t)slot->shares_milli[i] * device->sample.busy_milli;
	}
	return held > 0 ? bounded(busy / held) : -1;
}

/* Busy part of its cores since the last look. */
static int32_t cores_busy(const struct slot *slot, int64_t cpu_us, int64_t past_us)
{
	if (cpu_us < 0 || slot->use.cpu_us < 0 || slot->cpu_milli <= 0)
		return -1;
	return bounded((cpu_us - slot->use.cpu_us) * 1000 * 1000 / (past_us * slot->cpu_milli));
}

static int32_t quantise(int64_t milli)
{
	if (milli < LEAST_MILLI)
		return 0;
	if (milli < STEP_MILLI)
		return STEP_MILLI;
	return (int32_t)((milli + STEP_MILLI / 2) / STEP_MILLI * STEP_MILLI);
}

static int32_t window_looks(const struct use *use)
{
	return use->looks == 0 ? 1 : use->looks;
}

static void end_window(struct use *use)
{
	int32_t busy = -1;

	if (use->measured_us * 2 >= use->window_us && use->measured_us > 0)
		busy = quantise(use->busy_us / use->measured_us);
	use->is_due = use->is_due || use->looks == 0 || busy != use->busy_milli;
	use->busy_milli = busy;
	use->looks = (int8_t)(2 * window_looks(use) < WINDOW ? 2 * window_looks(use) : WINDOW);
	use->window_us = use->measured_us = use->busy_us = 0;
}

static void look_at(struct local *local, struct slot *slot, int64_t now_us, int is_fresh)
{
	struct use *use = &slot->use;
	int64_t past_us = now_us - use->at_us, cpu_us = read_cpu(local, slot), share = 0;
	int32_t busy = -1;

	if (use->at_us == 0 || past_us <= 0 || past_us > GAP * local->period_us) {
		use->is_complete = use->at_us == 0 && slot->told_running < 2;
	} else if (slot->devices_count > 0) {
		busy = is_fresh ? devices_busy(local, slot) : -1;
		for (int32_t i = 0; i < PARC_NODE_DEVICES_MAX; i++)
			share += slot->shares_milli[i];
	} else {
		busy = cores_busy(slot, cpu_us, past_us);
	}
	if (use->at_us != 0 && past_us > 0) {
		use->window_us += past_us;
		use->measured_us += busy >= 0 ? past_us : 0;
		use->busy_us += busy > 0 ? busy * past_us : 0;
		use->delivered += busy > 0 ? share * busy / 1000 * past_us : 0;
		use->is_complete = use->is_complete && busy >= 0;
	}
	use->at_us = now_us;
	use->cpu_us = cpu_us;
	if (use->window_us >= window_looks(use) * local->period_us)
		end_window(use);
	if (use->is_due)
		slots_mark(local, slot);
}

int use_report(struct slot *slot, struct engine_report *report)
{
	if (!slot->use.is_due)
		return 0;
	slot->use.is_due = 0;
	*report = (struct engine_report){.kind = ENGINE_USE,
					 .key = slot->key,
					 .time_us = clock_wall_us(),
					 .busy_milli = slot->use.busy_milli,
					 .text = ""};
	return 1;
}

int64_t use_delivered(const struct slot *slot, int64_t cpu_us)
{
	if (slot->devices_count == 0)
		return cpu_us < 0 ? -1 : cpu_us * PARC_SHARE_WHOLE;
	return slot->use.is_complete && slot->use.at_us != 0 ? slot->use.delivered : -1;
}

/* ---- Devices */

/* Is the process in a control group of this engine? Without such groups nobody can tell. */
static int is_ours(const struct local *local, int64_t pid)
{
	const char *name = strrchr(local->groups.places[GROUPS_AT_TREE].path, '/');
	char path[64], text[4096], want[64];
	ssize_t got;
	int fd;

	if (!(local->groups.abilities & GROUPS_TREE) || name == NULL)
		return 1;
	snprintf(path, sizeof(path), "/proc/%" PRId64 "/cgroup", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 1; /* it is gone */
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	snprintf(want, sizeof(want), "%.60s/", name);
	return strstr(text, want) != NULL;
}

static void look_at_processes(const struct local *local, struct gauges_device *device)
{
	int foreign = 0;

	device->foreign_mib = 0;
	for (int32_t i = 0; i < device->sample.processes_told; i++) {
		const struct adapter_process *process = &device->sample.processes[i];

		if (is_ours(local, process->pid))
			continue;
		foreign = 1;
		device->foreign_mib += process->memory_mib > 0 ? process->memory_mib : 0;
	}
	if (foreign)
		device->foreign_runs = device->foreign_runs < 0 ? 1 : device->foreign_runs + 1;
	else
		device->foreign_runs = device->foreign_runs > 0 ? -1 : device->foreign_runs - 1;
}

/* What is to be told of foreign use: a device that none of ours holds is theirs whole, as nobody
 * knows what part they will take; beside ours they take memory. */
static int foreign_differs(const struct gauges_device *device, int32_t *share_milli, int32_t *mib)
{
	int is_used = device->told_share_milli > 0 || device->told_mib > 0;

	if (device->foreign_runs >= RUNS)
		is_used = 1;
	else if (device->foreign_runs <= -QUIET_RUNS)
		is_used = 0;
	*share_milli = is_used && device->holders == 0 ? PARC_SHARE_WHOLE : 0;
	*mib = is_used ? device->foreign_mib : 0;
	if (is_used && device->foreign_runs < 0)
		*mib = device->told_mib;
	/* Memory that grows or shrinks by less than a sixteenth is not worth an event. */
	return *share_milli != device->told_share_milli || (*mib > 0) != (device->told_mib > 0) ||
	       (*mib - device->told_mib) * 16 > device->description.memory_mib ||
	       (device->told_mib - *mib) * 16 > device->description.memory_mib;
}

static int failure_differs(const struct gauges_device *device)
{
	return device->is_failed ? device->lost_runs <= -QUIET_RUNS : device->lost_runs >= RUNS;
}

int use_report_device(struct local *local, struct engine_report *report)
{
	int32_t share_milli, mib;

	for (int32_t i = 0; i < local->gauges.count && local->devices_changed; i++) {
		struct gauges_device *device = &local->gauges.devices[i];

		*report = (struct engine_report){
			.time_us = clock_wall_us(), .device = device->index, .text = ""};
		if (device->index < 0)
			continue;
		if (failure_differs(device)) {
			device->is_failed = !device->is_failed;
			report->kind = ENGINE_DEVICE;
			report->failed = device->is_failed;
			report->text =
				device->is_failed ? "it does not answer" : "it answers again";
			return 1;
		}
		if (foreign_differs(device, &share_milli, &mib)) {
			device->told_share_milli = report->share_milli = share_milli;
			device->told_mib = report->memory_mib = mib;
			report->kind = ENGINE_FOREIGN;
			return 1;
		}
	}
	local->devices_changed = 0;
	return 0;
}

static void count_holders(struct local *local)
{
	for (int32_t i = 0; i < local->gauges.count; i++)
		local->gauges.devices[i].holders = 0;
	for (int32_t s = 0; s < local->slots_count; s++) {
		const struct slot *slot = &local->slots[s];

		for (int32_t i = 0; i < local->gauges.count && slot->devices_count > 0; i++) {
			struct gauges_device *device = &local->gauges.devices[i];

			device->holders += slot->state != ENGINE_OVER && device->index >= 0 &&
					   slot->shares_milli[device->index] > 0;
		}
	}
}

void use_look(struct local *local, int64_t now_us)
{
	int is_fresh = gauges_is_fresh(&local->gauges, now_us);

	count_holders(local);
	for (int32_t i = 0; i < local->gauges.count && is_fresh; i++) {
		if (local->gauges.devices[i].index >= 0)
			look_at_processes(local, &local->gauges.devices[i]);
	}
	local->devices_changed = is_fresh;
	for (int32_t i = 0; i < local->slots_count; i++) {
		struct slot *slot = &local->slots[i];

		if (slot->state == ENGINE_RUNNING || slot->state == ENGINE_STOPPING)
			look_at(local, slot, now_us, is_fresh);
	}
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Services (service.h): what a load needs, the spans over which the need is remembered, and the
 * jobs of replicas. The replicas of a service are a list in order of their numbers.
 */
#include "core/service.h"

#include <string.h>

#include "base/hash.h"
#include "base/root.h"
#include "core/act.h"
#include "core/job.h"
#include "core/line.h"
#include "core/policy.h"
#include "core/shape.h"
#include "core/strand.h"
#include "core/tree.h"

#define SERVICES_MAX  16384 /* each is many requests a second: few even in the largest fleet */
#define SPAN_USUAL_US INT64_C(300000000) /* five minutes */
#define RETRY_US      INT64_C(10000000)	 /* after the first failure; twice as long each time */
#define RETRY_MOST_US INT64_C(300000000)
#define NEED_MAX      ((int64_t)PARC_REPLICAS_MAX * PARC_SHARE_WHOLE)

void service_init(struct parc_core *core, struct block *block)
{
	int32_t size = core->limits.extras < SERVICES_MAX ? core->limits.extras : SERVICES_MAX;

	core->services = TABLE_INIT(&core->services_table, block, size, struct service, noted_next);
	ranking_init(&core->dues, block, size);
}

/* ---- What a load needs */

/* The b of square-root staffing for a share of requests that find a replica free: the solution of
 * 1 - share = 1 / (1 + b P(b) / p(b)), P and p of the normal distribution, in thousandths and
 * rounded up. The first row whose share is not below the target counts. */
static const struct {
	int32_t target_milli, beta_milli;
} staffing[] = {
	{0, 0},	     {500, 507},  {600, 652},  {700, 829},  {800, 1062}, {850, 1216},
	{900, 1421}, {925, 1558}, {950, 1740}, {960, 1836}, {970, 1956}, {975, 2030},
	{980, 2117}, {985, 2227}, {990, 2375}, {995, 2615}, {999, 3116}, {1000, 3735},
};

int64_t service_need_milli(const struct parc_service *set, int64_t load_milli)
{
	__int128 offered = (__int128)load_milli * PARC_SHARE_WHOLE / set->capacity_milli;
	int64_t milli;
	size_t row = 0;

	if (offered > NEED_MAX)
		return NEED_MAX;
	while (staffing[row].target_milli < set->target_milli)
		row++;
	milli = (int64_t)offered + staffing[row].beta_milli *
					   root_of((int64_t)offered * PARC_SHARE_WHOLE) /
					   PARC_SHARE_WHOLE;
	return milli < NEED_MAX ? milli : NEED_MAX;
}

int64_t parc_service_need(const struct parc_service *service, int64_t load_milli)
{
	return service_need_milli(service, load_milli);
}

/* ---- Spans */

static int64_t span_us(const struct parc_core *core)
{
	return core->rules.shrink_us > 0 ? core->rules.shrink_us : SPAN_USUAL_US;
}

/* What it needed at most in this span and the last. */
static int64_t service_peak(const struct service *it)
{
	return it->peak_milli > it->peak_before_milli ? it->peak_milli : it->peak_before_milli;
}

static void service_roll(const struct parc_core *core, struct service *it)
{
	int64_t span = span_us(core);

	if (core->time_us < it->span_end_us)
		return;
	it->peak_before_milli = it->peak_milli;
	it->peak_milli = it->need_milli;
	if (core->time_us - it->span_end_us < span) {
		it->span_end_us += span;
	} else { /* a whole span without any news */
		it->peak_before_milli = it->need_milli;
		it->span_end_us = core->time_us + span;
	}
}

static int64_t due_of(const struct parc_core *core, const struct service *it)
{
	int64_t due_us = service_peak(it) > it->need_milli ? it->span_end_us : PARC_NEVER;

	if (it->retry_us > core->time_us && it->retry_us < due_us)
		due_us = it->retry_us;
	return due_us;
}

static void due_file(struct parc_core *core, int32_t slot)
{
	struct service *it = &core->services[slot];
	struct ranking_node node = {.tie = core->jobs[it->job].id};

	if (it->due_us != PARC_NEVER)
		ranking_remove(&core->dues, &core->dues_root, slot);
	it->due_us = node.key = due_of(core, it);
	if (it->due_us != PARC_NEVER)
		ranking_insert(&core->dues, &core->dues_root, slot, &node);
}

int64_t service_wake_us(const struct parc_core *core)
{
	int32_t slot = ranking_first(&core->dues, core->dues_root, PARC_NEVER);

	return slot < 0 ? PARC_NEVER : core->services[slot].due_us;
}

/* ---- Notes */

void service_note(struct parc_core *core, int32_t job)
{
	int32_t slot = core->jobs[job].service;

	if (slot < 0 || core->services[slot].noted)
		return;
	core->services[slot].noted = 1;
	core->services[slot].noted_next = core->services_noted;
	core->services_noted = slot;
}

void service_note_all(struct parc_core *core)
{
	for (int32_t slot = 0; slot < core->services_table.high; slot++)
		if (core->services[slot].job >= 0)
			service_note(core, core->services[slot].job);
}

/* The noted service whose job came first, taken out of the notes; -1: none. The order of the
 * notes is that of what happened, which may differ after a recovery. */
static int32_t noted_take(struct parc_core *core)
{
	int32_t *best = NULL, slot;

	for (int32_t *link = &core->services_noted; *link >= 0;
	     link = &core->services[*link].noted_next)
		if (best == NULL || core->jobs[core->services[*link].job].id <
					    core->jobs[core->services[*best].job].id)
			best = link;
	if (best == NULL)
		return -1;
	slot = *best;
	*best = core->services[slot].noted_next;
	core->services[slot].noted = 0;
	return slot;
}

void service_forget(struct parc_core *core)
{
	while (core->services_noted >= 0) {
		core->services[core->services_noted].noted = 0;
		core->services_noted = core->services[core->services_noted].noted_next;
	}
}

/* ---- Life */

void service_enter(struct parc_core *core, int32_t job, const struct parc_service *set)
{
	int32_t slot = table_take(&core->services_table);

	core->services[slot] = (struct service){.set = *set,
						.span_end_us = core->time_us + span_us(core),
						.due_us = PARC_NEVER,
						.job = job,
						.first = -1};
	core->jobs[job].service = slot;
	service_note(core, job);
}

void service_leave(struct parc_core *core, int32_t job)
{
	int32_t slot = core->jobs[job].service, *link = &core->services_noted;
	struct service *it = &core->services[slot];

	ASSERT(it->replicas == 0);
	if (it->due_us != PARC_NEVER)
		ranking_remove(&core->dues, &core->dues_root, slot);
	while (*link >= 0 && *link != slot)
		link = &core->services[*link].noted_next;
	if (*link == slot)
		*link = it->noted_next;
	it->noted = 0;
	it->job = -1;
	table_give(&core->services_table, slot);
}

void service_set_load(struct parc_core *core, int32_t job, int64_t load_milli)
{
	int32_t slot = core->jobs[job].service;
	struct service *it = &core->services[slot];

	service_roll(core, it);
	it->load_milli = load_milli;
	it->need_milli = service_need_milli(&it->set, load_milli);
	if (it->need_milli > it->peak_milli)
		it->peak_milli = it->need_milli;
	due_file(core, slot);
	job_digest(core, job);
	service_note(core, job);
}

void service_time(struct parc_core *core)
{
	if (core->dues_root < 0)
		return;
	while (service_wake_us(core) <= core->time_us) {
		int32_t slot = ranking_first(&core->dues, core->dues_root, PARC_NEVER);

		service_roll(core, &core->services[slot]);
		due_file(core, slot);
		job_digest(core, core->services[slot].job);
		service_note(core, core->services[slot].job);
	}
}

uint64_t service_hash(const struct service *it, uint64_t hash)
{
	hash = hash_pair(hash, it->set.replicas_min, it->set.replicas_max);
	hash = hash_word(hash, (uint64_t)it->set.capacity_milli);
	hash = hash_word(hash, (uint64_t)it->set.target_milli);
	hash = hash_word(hash, (uint64_t)it->load_milli);
	hash = hash_word(hash, (uint64_t)it->need_milli);
	hash = hash_word(hash, (uint64_t)it->peak_milli);
	hash = hash_word(hash, (uint64_t)it->peak_before_milli);
	hash = hash_word(hash, (uint64_t)it->span_end_us);
	hash = hash_word(hash, (uint64_t)it->retry_us);
	return hash_word(hash, (uint64_t)it->failures);
}

/* ---- Replicas */

static void replica_link(struct parc_core *core, struct service *it, int32_t job)
{
	int32_t *link = &it->first;

	while (*link >= 0 && core->jobs[*link].replica < core->jobs[job].replica)
		link = &core->jobs[*link].replica_next;
	core->jobs[job].replica_next = *link;
	*link = job;
	it->replicas++;
}

void replica_ready(struct parc_core *core, int32_t job)
{
	struct service *it = &core->services[core->jobs[job].service];

	it->failures = 0;
	job_digest(core, it->job);
}

/* It ended by itself, so that the next one may as well: each time wait for longer. */
static void replica_failed(struct parc_core *core, struct service *it)
{
	int64_t wait_us = RETRY_US << (it->failures < 5 ? it->failures : 5);

	it->retry_us = core->time_us + (wait_us < RETRY_MOST_US ? wait_us : RETRY_MOST_US);
	it->failures += it->failures < 5;
}

void replica_leave(struct parc_core *core, int32_t job, int32_t result)
{
	int32_t slot = core->jobs[job].service;
	struct service *it = &core->services[slot];
	int32_t *link = &it->first, state = core->jobs[job].state;

	while (*link != job)
		link = &core->jobs[*link].replica_next;
	*link = core->jobs[job].replica_next;
	it->replicas--;
	if ((state == PARC_JOB_STARTING || state == PARC_JOB_RUNNING) && result != PARC_RESULT_LOST)
		replica_failed(core, it);
	due_file(core, slot);
	job_digest(core, it->job);
	service_note(core, it->job);
	if (core->jobs[it->job].cancelled && it->replicas == 0)
		job_orphan(core, it->job);
}

/* The lowest number that none of its replicas has. */
static int32_t number_free(const struct parc_core *core, const struct service *it)
{
	int32_t number = 1;

	for (int32_t job = it->first; job >= 0 && core->jobs[job].replica == number;
	     job = core->jobs[job].replica_next)
		number++;
	return number;
}

static int replica_has_room(const struct parc_core *core)
{
	return table_has_room(&core->jobs_table, 1) && strand_has_room(core);
}

int replica_check(const struct parc_core *core, int32_t job, const struct parc_action *action,
		  struct parc_err *err)
{
	const struct job *it = &core->jobs[job];

	if (job_is_service(it) && !it->cancelled &&
	    action->replica.replica == core->last_replica + 1 &&
	    action->replica.number == number_free(core, &core->services[it->service]) &&
	    replica_has_room(core))
		return 0;
	return parc_err_set(err, PARC_ERR_STATE, "job %lld cannot have this replica",
			    (long long)action->job);
}

void replica_add(struct parc_core *core, int32_t from, const struct parc_action *action)
{
	int32_t slot = table_take(&core->jobs_table);
	const struct job *service = &core->jobs[from];
	const struct spec *spec = spec_of(core, service);
	struct service *it = &core->services[service->service];
	struct job *job = &core->jobs[slot];

	*job = (struct job){
		.id = action->replica.replica,
		.spec = spec_share(core, service->spec),
		.submit_us = core->time_us,
		.order = core->orders++,
		.service = service->service,
		.replica = action->replica.number,
		.depends = -1,
		.afters = -1,
		.reservation = -1,
		.next = -1,
		.line = -1,
		.strand = -1,
		.preemptible =
			service->preemptible && action->replica.number > it->set.replicas_min,
	};
	core->allocations[slot].planned = 0;
	core->last_replica = job->id;
	idmap_add(&core->job_ids, job->id, slot);
	for (int32_t g = spec->groups; g >= 0; g = core->groups[g].next)
		policy_learn(core, core->groups[g].shape, core->groups[g].tasks_min);
	if (spec->tenant >= 0)
		core->tenants[spec->tenant].jobs++;
	tree_add_pending(core, spec->tenant, 1);
	strand_enter(core, slot, line_key(core, slot)); /* that of its service */
	replica_link(core, it, slot);
	job_digest(core, slot);
	line_join(core, slot);
}

/* ---- Deciding */

/* What the replica gives, or will: one that waits is taken to start on the reference chip. */
static int64_t replica_gives(const struct parc_core *core, int32_t job)
{
	const struct job *it = &core->jobs[job];

	if (it->state == PARC_JOB_STARTING || it->state == PARC_JOB_RUNNING)
		return core->allocations[job].speed_milli;
	if (it->state == PARC_JOB_PENDING || it->result == PARC_RESULT_PREEMPTED ||
	    it->result == PARC_RESULT_DRAINED ||
	    (it->result == PARC_RESULT_LOST && spec_of(core, it)->requeue))
		return PARC_SHARE_WHOLE;
	return 0;
}

/* What its replicas give in sum, and how many are to stay. */
struct offer {
	int64_t milli;
	int32_t count;
};

static struct offer service_offer(const struct parc_core *core, const struct service *it)
{
	struct offer offer = {0};

	for (int32_t job = it->first; job >= 0; job = core->jobs[job].replica_next) {
		int64_t gives = replica_gives(core, job);

		offer.milli += gives;
		offer.count += gives > 0;
	}
	return offer;
}

/* All replicas go. Stopping one changes no list; what only waits is out of it at once. */
static int replicas_cancel(struct parc_core *core, const struct service *it)
{
	int32_t next;

	for (int32_t job = it->first; job >= 0; job = next) {
		next = core->jobs[job].replica_next;
		if (!act_has_room(core))
			return 0;
		if (allocation_is_live(core, job))
			act_stop(core, job, PARC_RESULT_CANCELLED);
		else
			act_end(core, job, PARC_RESULT_CANCELLED, PARC_REASON_NONE);
	}
	return 1;
}

static int service_grow(struct parc_core *core, const struct service *it, struct offer *offer)
{
	const struct job *job = &core->jobs[it->job];

	if (job->held || job->waits > 0 || core->time_us < it->retry_us)
		return 1;
	while (offer->count < it->set.replicas_min ||
	       (offer->milli < it->need_milli && offer->count < it->set.replicas_max)) {
		struct parc_action action = {.kind = PARC_ACTION_REPLICA, .job = job->id};

		if (!act_has_room(core))
			return 0;
		action.replica.replica = core->last_replica + 1;
		action.replica.number = number_free(core, it);
		if (replica_check(core, it->job, &action, NULL) != 0)
			break; /* a table is full */
		act(core, &action, 0);
		offer->milli += PARC_SHARE_WHOLE;
		offer->count++;
	}
	return 1;
}

/* Who goes first: of those that wait the last, else the last of all; -1: none is to stay. */
static int32_t replica_last(const struct parc_core *core, const struct service *it)
{
	int32_t last = -1;

	for (int32_t job = it->first; job >= 0; job = core->jobs[job].replica_next)
		if (replica_gives(core, job) > 0 && core->jobs[job].state != PARC_JOB_STOPPING &&
		    (last < 0 || core->jobs[job].state == PARC_JOB_PENDING ||
		     core->jobs[last].state != PARC_JOB_PENDING))
			last = job;
	return last;
}

static int service_shrink(struct parc_core *core, const struct service *it, struct offer *offer)
{
	int32_t job;

	while (offer->count > it->set.replicas_min && (job = replica_last(core, it)) >= 0) {
		int64_t gives = replica_gives(core, job);

		if (offer->milli - gives < service_peak(it))
			break;
		if (!act_has_room(core))
			return 0;
		if (allocation_is_live(core, job))
			act_stop(core, job, PARC_RESULT_RETIRED);
		else
			act_end(core, job, PARC_RESULT_RETIRED, PARC_REASON_NONE);
		offer->milli -= gives;
		offer->count--;
	}
	return 1;
}

int service_decide(struct parc_core *core)
{
	int32_t slot;
	int done = 1;

	while (done && (slot = noted_take(core)) >= 0) {
		const struct service *it = &core->services[slot];
		struct offer offer = service_offer(core, it);

		if (core->jobs[it->job].cancelled)
			done = replicas_cancel(core, it);
		else
			done = service_grow(core, it, &offer) && service_shrink(core, it, &offer);
	}
	return done;
}

/* ---- After decoding, and checks */

void service_rebuild(struct parc_core *core)
{
	core->dues_root = core->services_noted = -1;
	for (int32_t slot = 0; slot < core->services_table.high; slot++) {
		struct service *it = &core->services[slot];

		it->replicas = it->noted = 0;
		it->first = -1;
		it->due_us = PARC_NEVER;
		if (it->job >= 0)
			due_file(core, slot);
	}
	for (int32_t i = 0; i < core->jobs_table.high; i++)
		if (core->jobs[i].id != PARC_NONE && core->jobs[i].replica > 0)
			replica_link(core, &core->services[core->jobs[i].service], i);
}

static int service_check(const struct parc_core *core, int32_t slot, struct parc_err *err)
{
	const struct service *it = &core->services[slot];
	struct offer offer = service_offer(core, it);
	int64_t id = core->jobs[it->job].id;
	int32_t count = 0, number = 0;

	for (int32_t job = it->first; job >= 0; job = core->jobs[job].replica_next, count++) {
		if (core->jobs[job].service != slot || core->jobs[job].replica <= number)
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "V1: replica %d of job %lld is out of place",
					    core->jobs[job].replica, (long long)id);
		number = core->jobs[job].replica;
	}
	if (!job_is_service(&core->jobs[it->job]) || core->jobs[it->job].service != slot ||
	    count != it->replicas || offer.count > it->set.replicas_max)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "V1: job %lld has %d replicas, counts %d, %d are to stay",
				    (long long)id, count, it->replicas, offer.count);
	if (it->need_milli != service_need_milli(&it->set, it->load_milli) ||
	    it->peak_milli < it->need_milli || it->due_us <= core->time_us || it->noted)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "V2: job %lld needs %lld/1000 replicas, its peak is %lld",
				    (long long)id, (long long)it->need_milli,
				    (long long)it->peak_milli);
	return 0;
}

int service_verify(const struct parc_core *core, struct parc_err *err)
{
	int code = 0;

	for (int32_t slot = 0; slot < core->services_table.high && code == 0; slot++)
		if (core->services[slot].job >= 0)
			code = service_check(core, slot, err);
	return code;
}

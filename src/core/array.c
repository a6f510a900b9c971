/* SPDX-License-Identifier: Apache-2.0
 *
 * Caps of arrays, and waiting for them (array.h). A parked job is in no line, so its node in the
 * pool of rankings is free to stand in the ranking of its array. Each operation is one look-up and
 * one O(log n), but the first time that somebody waits for an array: its jobs are counted, in a
 * walk over all.
 */
#include "core/array.h"

#include "core/job.h"
#include "core/line.h"

void array_init(struct parc_core *core, struct block *block)
{
	int32_t size = 2 * core->limits.extras; /* as many with a cap, as many that are awaited */

	core->arrays = TABLE_INIT(&core->arrays_table, block, size, struct array, root);
	idmap_init(&core->array_ids, block, size, core->arrays, sizeof(*core->arrays));
}

void array_reset(struct parc_core *core)
{
	for (int32_t i = 0; i < core->arrays_table.high; i++)
		if (core->arrays[i].id != PARC_NONE)
			idmap_remove(&core->array_ids, core->arrays[i].id);
	table_reset(&core->arrays_table);
	core->arrays_capped = 0;
}

/* The array of this id if it is known, else NULL. */
static struct array *array_find(const struct parc_core *core, int64_t id)
{
	int32_t slot = id == PARC_NONE ? -1 : idmap_find(&core->array_ids, id);

	return slot < 0 ? NULL : &core->arrays[slot];
}

static struct array *array_make(struct parc_core *core, int64_t id)
{
	int32_t slot = table_take(&core->arrays_table);

	core->arrays[slot] = (struct array){.id = id, .root = -1, .awaiting = -1};
	idmap_add(&core->array_ids, id, slot);
	return &core->arrays[slot];
}

/* Forget it when it neither has a cap nor is waited for. */
static void array_release(struct parc_core *core, struct array *array)
{
	if (array->capped > 0 || array->awaiting >= 0)
		return;
	idmap_remove(&core->array_ids, array->id);
	array->id = PARC_NONE;
	table_give(&core->arrays_table, (int32_t)(array - core->arrays));
}

static struct array *array_of(const struct parc_core *core, int32_t job)
{
	const struct job *it = &core->jobs[job];

	if (it->array == PARC_NONE || spec_of(core, it)->array_running_max == 0)
		return NULL;
	return &core->arrays[idmap_find(&core->array_ids, it->array)];
}

int array_check(const struct parc_core *core, const struct parc_submit *submit,
		struct parc_err *err)
{
	const struct array *array = array_find(core, submit->array);

	if (array != NULL && array->awaiting >= 0)
		return parc_err_set(err, PARC_ERR_STATE,
				    "array %lld is waited for, so it takes no more jobs",
				    (long long)submit->array);
	if (submit->array == PARC_NONE || submit->array_running_max == 0)
		return 0;
	if (submit->now_or_never)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "a job that starts now or never cannot wait for its array");
	if (array == NULL && core->arrays_capped >= core->limits.extras)
		return parc_err_set(err, PARC_ERR_FULL,
				    "the table of arrays is full; raise extras (%d)",
				    core->limits.extras);
	if (array != NULL && array->running_max != submit->array_running_max)
		return parc_err_set(
			err, PARC_ERR_INVALID, "array_running_max is %d, that of array %lld is %d",
			submit->array_running_max, (long long)submit->array, array->running_max);
	return 0;
}

void array_enter(struct parc_core *core, int32_t job)
{
	const struct job *it = &core->jobs[job];
	struct array *array = array_find(core, it->array);

	if (array != NULL)
		array->members++;
	if (it->array == PARC_NONE || spec_of(core, it)->array_running_max == 0)
		return;
	if (array == NULL)
		array = array_make(core, it->array);
	array->running_max = spec_of(core, it)->array_running_max;
	core->arrays_capped += array->capped++ == 0;
}

int array_admit(struct parc_core *core, int32_t job)
{
	struct array *array = array_of(core, job);
	struct job *it = &core->jobs[job];
	struct ranking_node node = {.key = it->order};

	if (array == NULL || it->admitted)
		return 1;
	if (array->admitted < array->running_max) {
		array->admitted++;
		it->admitted = 1;
		return 1;
	}
	if (!it->parked)
		ranking_insert(&core->waiting, &array->root, job, &node);
	it->parked = 1;
	return 0;
}

/* Take the job out of the parked ones or of the admitted ones. */
static void place_clear(struct parc_core *core, struct array *array, int32_t job)
{
	struct job *it = &core->jobs[job];

	if (it->parked)
		ranking_remove(&core->waiting, &array->root, job);
	array->admitted -= it->admitted;
	it->parked = it->admitted = 0;
}

/* Let the first of the parked ones have a place that has come free. */
static void next_admit(struct parc_core *core, struct array *array)
{
	int32_t job = ranking_first(&core->waiting, array->root, INT64_MAX);

	if (job < 0 || array->admitted >= array->running_max)
		return;
	place_clear(core, array, job);
	job_settle(core, job);
}

void array_withdraw(struct parc_core *core, int32_t job)
{
	struct array *array = array_of(core, job);

	if (array == NULL)
		return;
	place_clear(core, array, job);
	next_admit(core, array);
}

int array_leave(struct parc_core *core, int32_t job)
{
	struct array *array = array_find(core, core->jobs[job].array);

	if (array == NULL)
		return 0;
	array->members--;
	if (job_spec(core, job)->array_running_max > 0) {
		array_withdraw(core, job);
		core->arrays_capped -= --array->capped == 0;
	}
	array_release(core, array);
	return array->id != PARC_NONE && array->awaiting >= 0;
}

static int32_t members_count(const struct parc_core *core, int64_t id)
{
	int32_t count = 0;

	for (int32_t i = 0; i < core->jobs_table.high; i++)
		count += core->jobs[i].id != PARC_NONE && core->jobs[i].array == id;
	return count;
}

int array_is_there(const struct parc_core *core, int64_t id)
{
	return array_find(core, id) != NULL || members_count(core, id) > 0;
}

void array_await(struct parc_core *core, int32_t depend, int is_counted)
{
	struct depend *it = &core->depends[depend];
	struct array *array = array_find(core, it->array);

	if (array == NULL)
		array = array_make(core, it->array);
	if (array->awaiting < 0 && !is_counted)
		array->members = members_count(core, it->array);
	it->next_after = array->awaiting;
	array->awaiting = depend;
}

void array_forget(struct parc_core *core, int32_t depend)
{
	struct array *array = array_find(core, core->depends[depend].array);
	int32_t *link = &array->awaiting;

	while (*link != depend)
		link = &core->depends[*link].next_after;
	*link = core->depends[depend].next_after;
	core->depends[depend].array = PARC_NONE;
	array_release(core, array);
}

int32_t array_awaiting(const struct parc_core *core, int64_t id, int32_t *members)
{
	const struct array *array = array_find(core, id);

	*members = array->members;
	return array->awaiting;
}

/* Q5: who waits for an array stands in its list, and the array counts its jobs. */
static int awaited_verify(const struct parc_core *core, struct parc_err *err)
{
	int32_t waiting = 0, listed = 0;

	for (int32_t i = 0; i < core->jobs_table.high; i++)
		for (int32_t d = core->jobs[i].id == PARC_NONE ? -1 : core->jobs[i].depends; d >= 0;
		     d = core->depends[d].next)
			waiting += core->depends[d].array != PARC_NONE;
	for (int32_t i = 0; i < core->arrays_table.high; i++) {
		const struct array *it = &core->arrays[i];

		for (int32_t d = it->id == PARC_NONE ? -1 : it->awaiting; d >= 0;
		     d = core->depends[d].next_after)
			listed += core->depends[d].array == it->id;
		if (it->id != PARC_NONE && it->awaiting >= 0 &&
		    (it->members == 0 || it->members != members_count(core, it->id)))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "Q5: array %lld is waited for and counts %d jobs",
					    (long long)it->id, it->members);
	}
	if (waiting != listed)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "Q5: %d wait for arrays, %d of them in their lists", waiting,
				    listed);
	return 0;
}

int array_verify(const struct parc_core *core, struct parc_err *err)
{
	for (int32_t i = 0; i < core->arrays_table.high; i++) {
		const struct array *it = &core->arrays[i];
		int32_t parked, admitted = 0;

		if (it->id == PARC_NONE)
			continue;
		parked = ranking_count(&core->waiting, it->root);
		for (int32_t j = 0; j < core->jobs_table.high; j++)
			if (core->jobs[j].id != PARC_NONE && core->jobs[j].array == it->id)
				admitted += core->jobs[j].admitted;
		if (admitted != it->admitted || admitted > it->running_max ||
		    (parked > 0 && admitted < it->running_max))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "Q3: array %lld admits %d jobs of %d, parks %d",
					    (long long)it->id, admitted, it->running_max, parked);
	}
	return awaited_verify(core, err);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Caps of arrays (array.h). A parked job is in no line, so its node in the pool of rankings is
 * free to stand in the ranking of its array. Each operation is one look-up and one O(log n).
 */
#include "core/array.h"

#include "core/job.h"
#include "core/line.h"

void array_init(struct parc_core *core, struct block *block)
{
	int32_t size = core->limits.extras;

	core->arrays = TABLE_INIT(&core->arrays_table, block, size, struct array, root);
	idmap_init(&core->array_ids, block, size, core->arrays, sizeof(*core->arrays));
}

void array_reset(struct parc_core *core)
{
	for (int32_t i = 0; i < core->arrays_table.high; i++)
		if (core->arrays[i].id != PARC_NONE)
			idmap_remove(&core->array_ids, core->arrays[i].id);
	table_reset(&core->arrays_table);
}

static struct array *array_of(const struct parc_core *core, int32_t job)
{
	const struct job *it = &core->jobs[job];

	if (it->array == PARC_NONE || it->array_running_max == 0)
		return NULL;
	return &core->arrays[idmap_find(&core->array_ids, it->array)];
}

int array_check(const struct parc_core *core, const struct parc_submit *submit,
		struct parc_err *err)
{
	int32_t slot;

	if (submit->array == PARC_NONE || submit->array_running_max == 0)
		return 0;
	if (submit->now_or_never)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "a job that starts now or never cannot wait for its array");
	slot = idmap_find(&core->array_ids, submit->array);
	if (slot < 0 && !table_has_room(&core->arrays_table, 1))
		return parc_err_set(err, PARC_ERR_FULL,
				    "the table of arrays is full; raise extras (%d)",
				    core->limits.extras);
	if (slot >= 0 && core->arrays[slot].running_max != submit->array_running_max)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "array_running_max is %d, that of array %lld is %d",
				    submit->array_running_max, (long long)submit->array,
				    core->arrays[slot].running_max);
	return 0;
}

void array_enter(struct parc_core *core, int32_t job)
{
	const struct job *it = &core->jobs[job];
	int32_t slot;

	if (it->array == PARC_NONE || it->array_running_max == 0)
		return;
	slot = idmap_find(&core->array_ids, it->array);
	if (slot < 0) {
		slot = table_take(&core->arrays_table);
		core->arrays[slot] = (struct array){
			.id = it->array, .root = -1, .running_max = it->array_running_max};
		idmap_add(&core->array_ids, it->array, slot);
	}
	core->arrays[slot].members++;
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

void array_leave(struct parc_core *core, int32_t job)
{
	struct array *array = array_of(core, job);

	if (array == NULL)
		return;
	array_withdraw(core, job);
	if (--array->members > 0)
		return;
	idmap_remove(&core->array_ids, array->id);
	array->id = PARC_NONE;
	table_give(&core->arrays_table, (int32_t)(array - core->arrays));
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
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Two logs are the same when every row says the same: numbers, names by their text, groups and
 * dependences in order. Ids may differ when they were not unique.
 */
#include "support/jobs_same.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "text/text.h"

static bool is_same_name(const struct jobs_names *a, int32_t x, const struct jobs_names *b,
			 int32_t y)
{
	return x < 0 || y < 0 ? x == y : strcmp(a->list[x], b->list[y]) == 0;
}

static bool are_names_same(const struct jobs *a, const struct jobs_row *x, const struct jobs *b,
			   const struct jobs_row *y)
{
	return is_same_name(&a->users, x->user, &b->users, y->user) &&
	       is_same_name(&a->tenants, x->tenant, &b->tenants, y->tenant) &&
	       is_same_name(&a->kinds, x->kind, &b->kinds, y->kind) &&
	       is_same_name(&a->queues, x->queue, &b->queues, y->queue);
}

static bool is_same_group(const struct jobs_group *x, const struct jobs_group *y)
{
	return x->tasks == y->tasks && x->task.chips == y->task.chips &&
	       x->task.devices == y->task.devices && x->task.share_milli == y->task.share_milli &&
	       x->task.device_memory_mib == y->task.device_memory_mib &&
	       x->task.cpu_milli == y->task.cpu_milli && x->task.memory_mib == y->task.memory_mib &&
	       x->task.link == y->task.link;
}

static const char *compare_parts(const struct jobs *a, const struct jobs_row *x,
				 const struct jobs *b, const struct jobs_row *y)
{
	if (x->groups_count != y->groups_count || x->depends_count != y->depends_count ||
	    x->variants_count != y->variants_count)
		return "counts";
	for (int32_t i = 0; i < x->groups_count; i++) {
		if (!is_same_group(&a->groups[x->first_group + i], &b->groups[y->first_group + i]))
			return "a group";
	}
	for (int32_t i = 0; i < x->depends_count; i++) {
		const struct parc_depend *p = &a->depends[x->first_depend + i];
		const struct parc_depend *q = &b->depends[y->first_depend + i];

		if (p->job != q->job || p->kind != q->kind)
			return "a dependence";
	}
	for (int32_t i = 0; i < x->variants_count; i++) {
		const struct parc_variant *p = &a->variants[x->first_variant + i];
		const struct parc_variant *q = &b->variants[y->first_variant + i];

		if (p->chips != q->chips || p->speed_milli != q->speed_milli ||
		    p->device_memory_mib != q->device_memory_mib)
			return "a variant";
	}
	return NULL;
}

/* All that refers to no table. */
static bool are_numbers_same(struct jobs_row x, struct jobs_row y)
{
	return x.submit_us == y.submit_us && x.length_us == y.length_us &&
	       x.limit_us == y.limit_us && x.expected_us == y.expected_us &&
	       x.checkpoint_us == y.checkpoint_us && x.think_us == y.think_us && x.tier == y.tier &&
	       x.work_class == y.work_class && x.result == y.result &&
	       x.close_level == y.close_level && x.close_strength == y.close_strength &&
	       x.array == y.array && x.array_running_max == y.array_running_max &&
	       x.held == y.held && x.requeue == y.requeue && x.preemptible == y.preemptible &&
	       x.alien == y.alien;
}

static const char *compare(const struct jobs *a, const struct jobs *b)
{
	if (a->count != b->count || a->start_us != b->start_us || a->aliens != b->aliens)
		return "the logs";
	for (int32_t i = 0; i < a->count; i++) {
		const char *what = compare_parts(a, &a->rows[i], b, &b->rows[i]);

		if (what != NULL)
			return what;
		if (!are_numbers_same(a->rows[i], b->rows[i]))
			return "a number";
		if (!are_names_same(a, &a->rows[i], b, &b->rows[i]))
			return "a name";
	}
	return NULL;
}

const char *jobs_same_when_written(const struct jobs *jobs, const struct fleet *fleet)
{
	struct jobs again;
	struct text text;
	char *written = NULL;
	const char *what;
	size_t size = 0;
	FILE *out = open_memstream(&written, &size);

	ASSERT(out != NULL && jobs_write_csv(jobs, fleet, out, NULL) == 0);
	fclose(out);
	text_init(&text, "written", written, size);
	if (jobs_read_bytes("csv", &text, fleet, NULL, &again, NULL) != 0) {
		free(written);
		return "it does not read";
	}
	what = compare(jobs, &again);
	jobs_deinit(&again);
	free(written);
	return what;
}

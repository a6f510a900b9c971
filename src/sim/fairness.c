/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/fairness.h"

#include <stdlib.h>

#define NEVER 1e30 /* microseconds */

struct sharer {
	int32_t row;
	double left_us;	   /* work on the reference chip */
	double per_device; /* sum over chips of devices x speed, for each device it asks for */
	double gang;	   /* devices it asks for */
};

struct shares {
	const struct fleet *fleet;
	const struct jobs *log;
	int64_t *alone_us;
	struct sharer *list;
	int32_t count;
	double devices, now_us;
};

static double speed_on(const struct shares *shares, const struct jobs_row *row, int32_t chip)
{
	const struct parc_task *task = &shares->log->groups[row->first_group].task;
	int32_t speed = shares->fleet->chips[chip].chip.speed_milli[row->work_class];
	if (task->chips != 0 && !(task->chips >> chip & 1))
		return 0;
	for (int32_t i = 0; i < row->variants_count; i++) {
		const struct parc_variant *it = &shares->log->variants[row->first_variant + i];
		if (it->chips >> chip & 1)
			return it->speed_milli / 1e3;
	}
	return speed > 0 ? speed / 1e3 : 1.0;
}

static void join(struct shares *shares, int32_t at)
{
	const struct jobs_row *row = &shares->log->rows[at];
	double gang = (double)jobs_demand(shares->log, at) / PARC_SHARE_WHOLE, sum = 0;
	for (int32_t i = 0; i < shares->fleet->nodes_count; i++) {
		const struct parc_node_add *node = &shares->fleet->nodes[i].add;
		for (int32_t p = 0; p < node->pools_count; p++)
			sum += node->pools[p].devices * speed_on(shares, row, node->pools[p].chip);
	}
	if (gang <= 0 || sum <= 0)
		return;
	shares->list[shares->count++] = (struct sharer){.row = at,
							.left_us = (double)row->length_us,
							.per_device = sum / gang,
							.gang = gang};
}

/* Work a second of one job while so many are there. */
static double rate_of(const struct shares *shares, const struct sharer *it)
{
	double part = shares->devices / shares->count / it->gang;
	double rate = it->per_device / shares->count;
	return part > 1 ? rate / part : rate;
}

static double next_end(const struct shares *shares, int32_t *first)
{
	double next_us = NEVER;
	*first = -1;
	for (int32_t i = 0; i < shares->count; i++) {
		double end_us = shares->now_us +
				shares->list[i].left_us / rate_of(shares, &shares->list[i]);
		if (end_us < next_us) {
			next_us = end_us;
			*first = i;
		}
	}
	return next_us;
}

static void advance(struct shares *shares, double time_us)
{
	for (int32_t i = 0; i < shares->count; i++)
		shares->list[i].left_us -=
			(time_us - shares->now_us) * rate_of(shares, &shares->list[i]);
	shares->now_us = time_us;
}

static void leave(struct shares *shares, int32_t at)
{
	int32_t row = shares->list[at].row;
	shares->alone_us[row] =
		(int64_t)(shares->now_us - (double)shares->log->rows[row].submit_us + 0.5);
	shares->list[at] = shares->list[--shares->count];
}

int fairness_alone(const struct fleet *fleet, const struct jobs *log, int64_t *alone_us,
		   struct parc_err *err)
{
	struct shares shares = {.fleet = fleet,
				.log = log,
				.alone_us = alone_us,
				.devices = (double)fleet->devices};
	int32_t next = 0;
	shares.list = malloc(((size_t)log->count + 1) * sizeof(*shares.list));
	if (!shares.list)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the shares of %d jobs",
				    log->count);
	for (int32_t i = 0; i < log->count; i++)
		alone_us[i] = 0;
	while (next < log->count || shares.count > 0) {
		int32_t first;
		double end_us = next_end(&shares, &first);
		double arrival_us = next < log->count ? (double)log->rows[next].submit_us : NEVER;
		advance(&shares, end_us <= arrival_us ? end_us : arrival_us);
		if (end_us <= arrival_us)
			leave(&shares, first);
		else
			join(&shares, next++);
	}
	free(shares.list);
	return 0;
}

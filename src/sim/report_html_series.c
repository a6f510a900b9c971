/* SPDX-License-Identifier: Apache-2.0
 *
 * Points of a run for people. The ledger books some hours when it learns what they were, and takes
 * them back from where they stood: lost work when it is lost, the causes of free hours when an
 * epoch closes. In that interval the one category may grow by more than there are devices, and the
 * other shrinks below nothing. Whoever looks at hours over time wants to see them when they were,
 * so what an interval cannot hold goes back to the ones before it. Sums over the run, and over all
 * categories in an interval, stay as they are.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/report_html_parts.h"

struct range { /* of categories, both ends in it */
	int32_t first, last;
};

/* Categories that hours are taken back from, and those that they are then booked to. */
static const struct {
	struct range from, to;
} reversals[] = {
	{{PARC_LEDGER_STARTING, PARC_LEDGER_STOPPING}, {PARC_LEDGER_LOST, PARC_LEDGER_LOST}},
	{{PARC_LEDGER_FREE_UNATTRIBUTED, PARC_LEDGER_FREE_UNATTRIBUTED},
	 {PARC_LEDGER_FREE_NO_DEMAND, PARC_LEDGER_FREE_HELD}},
};

/* Move `amount` from `later` to `earlier`, of each category in the range in proportion. */
static void move_back(struct replay_point *earlier, struct replay_point *later, struct range range,
		      __int128 amount)
{
	__int128 all = 0, left = amount;
	for (int32_t i = range.first; i <= range.last; i++)
		all += later->ledger[i];
	for (int32_t i = range.first; i <= range.last; i++) {
		__int128 part = left;
		if (i < range.last && all != 0)
			part = (__int128)((double)later->ledger[i] * (double)amount / (double)all);
		later->ledger[i] -= part;
		earlier->ledger[i] += part;
		left -= part;
	}
}

static void settle(struct replay_point *points, int32_t count, int32_t from, struct range to)
{
	for (int32_t i = count - 1; i > 0; i--) {
		__int128 short_by = -points[i].ledger[from];
		if (short_by <= 0)
			continue;
		points[i].ledger[from] = 0;
		points[i - 1].ledger[from] -= short_by;
		move_back(&points[i - 1], &points[i], to, short_by);
	}
}

void report_series_settle(struct replay_point *points, int32_t count)
{
	for (size_t k = 0; k < sizeof(reversals) / sizeof(reversals[0]); k++)
		for (int32_t from = reversals[k].from.first; from <= reversals[k].from.last; from++)
			settle(points, count, from, reversals[k].to);
}

int report_series_copy(struct replay_result *result, struct parc_err *err)
{
	size_t count = (size_t)result->points_count;
	struct replay_point *points = calloc(count + 1, sizeof(*points));
	if (!points)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the report's series");
	if (count > 0)
		memcpy(points, result->points, count * sizeof(*points));
	report_series_settle(points, result->points_count);
	result->points = points;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Points of a run for people. The ledger books lost work when it is known to be lost, by a
 * reversing entry: in that interval lost may grow by more than there are devices, and what was
 * booked before shrinks below nothing. Whoever looks at hours over time wants to see the work
 * where it was done, so what an interval cannot hold goes back to the ones before it. Sums over
 * the run, and over all categories in an interval, stay as they are.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/report_html_parts.h"

static const int32_t reversed[] = {PARC_LEDGER_STARTING, PARC_LEDGER_BUSY, PARC_LEDGER_IDLE,
				   PARC_LEDGER_UNMEASURED, PARC_LEDGER_STOPPING};

void report_series_settle(struct replay_point *points, int32_t count)
{
	for (size_t k = 0; k < sizeof(reversed) / sizeof(reversed[0]); k++)
		for (int32_t i = count - 1; i > 0; i--) {
			__int128 short_by = -points[i].ledger[reversed[k]];
			if (short_by <= 0)
				continue;
			points[i].ledger[reversed[k]] = 0;
			points[i].ledger[PARC_LEDGER_LOST] -= short_by;
			points[i - 1].ledger[reversed[k]] -= short_by;
			points[i - 1].ledger[PARC_LEDGER_LOST] += short_by;
		}
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

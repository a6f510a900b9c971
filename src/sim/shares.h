/* SPDX-License-Identifier: Apache-2.0
 *
 * The tenants of a replay: which of the log's is which of the file's, and what became of the
 * guarantees: device time that their holders left idle and others used, by integrals that move
 * when a job starts or gives back what it holds.
 */
#ifndef SIM_SHARES_H
#define SIM_SHARES_H

#include "trace/jobs.h"
#include "trace/tenants.h"

/* One guarantee, or (the last one) all tenants without. Normalised thousandths of devices, and
 * these times microseconds. */
struct shares_holder {
	int64_t promised, used;
	__int128 idle, borrowed; /* below, and above what is promised */
};

struct shares {
	struct parc_tenant *sets; /* all tenants, in the order of their ids from 1 */
	int32_t *tenants;	  /* by the log's tenant, and the last for jobs without: id */
	int32_t *holders;	  /* by the same: whose guarantee holds */
	int32_t sets_count, holders_count;
	struct shares_holder *list;
	int64_t time_us;
	__int128 lent; /* idle and borrowed at the same time */
};

/* Of a log; `file` may be empty: then each tenant is by itself, without rules. */
int shares_init(struct shares *shares, const struct jobs *log, const struct tenants *file,
		struct parc_err *err);
void shares_deinit(struct shares *shares); /* takes a zeroed one */

/* From this time on the log's tenant holds so much more. */
void shares_move(struct shares *shares, int64_t time_us, int32_t tenant, int64_t normal_milli);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The figures of a what-if that are shown, for the text and the JSON alike: words, key, field.
 */
#ifndef REVIEW_WHATIF_ROWS_H
#define REVIEW_WHATIF_ROWS_H

/* clang-format off */
/* Of struct course_figures: words, name of the field and key, shown even where both are 0. */
#define WHATIF_COUNTS(X) \
	X("jobs", jobs, 1) X("  started", started, 1) X("  finished", finished, 1) \
	X("  failed", failed, 0) X("  stopped at the time limit", timed_out, 0) \
	X("  stopped as idle", idle, 0) X("  lost", lost, 0) X("  cancelled", cancelled, 0) \
	X("  refused", refused, 0) X("  running at the end", running, 1) \
	X("  waiting at the end", waiting, 1) X("starts", starts, 1) \
	X("gave way to others", preempted, 0) X("started again", requeues, 0)

/* Of its waits. */
#define WHATIF_WAITS(X) \
	X("  mean", wait_us.mean, "mean_us") X("  median", wait_us.p50, "p50_us") \
	X("  90 % below", wait_us.p90, "p90_us") X("  99 % below", wait_us.p99, "p99_us") \
	X("  longest", wait_us.max, "max_us") \
	X("  mean of all, also who still waits", waited_mean_us, "mean_of_all_us")
/* clang-format on */

#endif

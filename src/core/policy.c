/* SPDX-License-Identifier: Apache-2.0
 *
 * Which policy is in force, and the classical ones: their scores are a few operations on what
 * is free in sum. Best fit and dot product are scaled as in the published simulator of Weng et
 * al. (ATC 2023), with 128 cores and 8 devices as the largest node: a score is a per cent,
 * truncated, and many nodes tie, which the rank then decides.
 */
#include "core/policy.h"

#include <string.h>

#include "core/index.h"
#include "core/profile.h"

#define SCALE_CPU_MILLI	   INT64_C(128000)
#define SCALE_DEVICE_MILLI INT64_C(8000)

static const struct policy_ops *const policies[] = {
	[PARC_PLACE_PARC] = &policy_parc,	  [PARC_PLACE_FIRST_FIT] = &policy_first_fit,
	[PARC_PLACE_BEST_FIT] = &policy_best_fit, [PARC_PLACE_WORST_FIT] = &policy_worst_fit,
	[PARC_PLACE_RANDOM] = &policy_random,	  [PARC_PLACE_DOT_PRODUCT] = &policy_dot_product,
	[PARC_PLACE_FGD] = &policy_fgd,
};

const struct policy_ops *policy_get(const struct parc_core *core)
{
	return policies[core->rules.place];
}

static int64_t devices_free(const struct view *view)
{
	int64_t milli = 0;

	for (int32_t i = 0; i < view->kind->devices_count; i++)
		milli += view->cells[i].free_milli;
	return milli;
}

static int64_t pick_milli(const struct pick *pick)
{
	return (int64_t)pick->booking.devices * pick->booking.share_milli;
}

static int32_t score_nothing(struct parc_core *core, struct view *view, const struct ask *ask,
			     struct pick *pick)
{
	(void)core;
	(void)view;
	(void)ask;
	(void)pick;
	return 0;
}

/* 100 (1 - 0.5 cpu left / 128 cores - 0.5 devices left / 8), truncated, in whole numbers:
 * the common denominator of both halves is 2 x 128000 x 8000. */
static int32_t score_best(struct parc_core *core, struct view *view, const struct ask *ask,
			  struct pick *pick)
{
	int64_t cpu = view->cpu_free - pick->booking.cpu_milli;
	int64_t milli = devices_free(view) - pick_milli(pick);
	int64_t whole = 2 * SCALE_CPU_MILLI * SCALE_DEVICE_MILLI;
	int64_t left = cpu * SCALE_DEVICE_MILLI + milli * SCALE_CPU_MILLI;

	(void)core;
	(void)ask;
	return (int32_t)(100 * (whole - left) / whole);
}

static int32_t score_worst(struct parc_core *core, struct view *view, const struct ask *ask,
			   struct pick *pick)
{
	return -score_best(core, view, ask, pick);
}

static int32_t score_dot(struct parc_core *core, struct view *view, const struct ask *ask,
			 struct pick *pick)
{
	__int128 cpu = (__int128)view->cpu_free * pick->booking.cpu_milli;
	__int128 devices = (__int128)devices_free(view) * pick_milli(pick);
	__int128 cpu_whole = (__int128)SCALE_CPU_MILLI * SCALE_CPU_MILLI;
	__int128 devices_whole = (__int128)SCALE_DEVICE_MILLI * SCALE_DEVICE_MILLI;
	__int128 whole = 2 * cpu_whole * devices_whole;

	(void)core;
	(void)ask;
	return (int32_t)(100 * (whole - cpu * devices_whole - devices * cpu_whole) / whole);
}

const struct policy_ops policy_first_fit = {"first-fit", 1, 0, score_nothing, NULL, 0};
const struct policy_ops policy_best_fit = {"best-fit", 1, 0, score_best, NULL, 0};
const struct policy_ops policy_worst_fit = {"worst-fit", 1, 0, score_worst, NULL, 0};
const struct policy_ops policy_random = {"random", 1, 1, score_nothing, NULL, 0};
const struct policy_ops policy_dot_product = {"dot-product", 1, 0, score_dot, NULL, 0};

/* SPDX-License-Identifier: Apache-2.0
 *
 * The base is the oldest snapshot from which no record is missing: what is kept is looked at whole.
 */
#include "review/review.h"

#include "store/snapshot.h"

static int base_find(struct review *review, struct parc_err *err)
{
	int64_t first = store_first(review->store);

	review->last = store_last(review->store);
	review->base = first > 1 ? snapshot_oldest(store_directory(review->store), first - 1) : 0;
	if (first <= 1 || (review->base > 0 && review->base <= review->last))
		return 0;
	return parc_err_set(err, PARC_ERR_STATE,
			    "the journal begins at record %lld, and no snapshot from there on is "
			    "kept",
			    (long long)first);
}

int review_open(struct review *review, const char *directory, struct parc_err *err)
{
	struct store_options options = {.read_only = 1};
	int code;

	*review = (struct review){0};
	code = store_open(&review->store, directory, &options, err);
	if (code == 0)
		code = store_hold(review->store, err);
	if (code == 0)
		code = base_find(review, err);
	if (code != 0)
		review_close(review);
	return code;
}

void review_close(struct review *review)
{
	store_close(review->store);
	*review = (struct review){0};
}

struct parc_core *review_core(const struct review *review, struct parc_err *err)
{
	struct parc_core *core = NULL;
	int64_t number = 0;
	int32_t broken;

	if (review->base == 0)
		return parc_core_create(store_limits(review->store), store_seed(review->store),
					err);
	snapshot_get(store_directory(review->store), review->base, &core, &number, &broken, err);
	if (core != NULL && number == review->base)
		return core;
	parc_core_destroy(core);
	parc_err_set(err, PARC_ERR_CORRUPT, "snapshot %lld cannot be read",
		     (long long)review->base);
	return NULL;
}

int review_scan(const struct review *review, store_visit *visit, void *context,
		struct parc_err *err)
{
	return store_scan(review->store, review->base + 1, visit, context, err);
}

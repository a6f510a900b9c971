/* SPDX-License-Identifier: Apache-2.0 */
#include "base/treap.h"

#include "base/assert.h"
#include "base/random.h"

static int unit_before(const struct treap *treap, int32_t a, int32_t b)
{
	if (treap->counts[a] != treap->counts[b])
		return treap->counts[a] < treap->counts[b];
	return a < b;
}

static uint64_t priority(int32_t unit)
{
	return random_mix((uint64_t)unit + 1);
}

/* Split the tree at `at` into units before `unit` and the others. */
static void split(struct treap *treap, int32_t at, int32_t unit, int32_t *before, int32_t *after)
{
	while (at >= 0) {
		if (unit_before(treap, at, unit)) {
			*before = at;
			before = &treap->right[at];
			at = *before;
		} else {
			*after = at;
			after = &treap->left[at];
			at = *after;
		}
	}
	*before = *after = -1;
}

void treap_insert(struct treap *treap, int32_t unit)
{
	int32_t *link = &treap->root;

	while (*link >= 0 && priority(*link) > priority(unit))
		link = unit_before(treap, *link, unit) ? &treap->right[*link] : &treap->left[*link];
	split(treap, *link, unit, &treap->left[unit], &treap->right[unit]);
	*link = unit;
}

void treap_remove(struct treap *treap, int32_t unit)
{
	int32_t *link = &treap->root, a = treap->left[unit], b = treap->right[unit];

	while (*link >= 0 && *link != unit)
		link = unit_before(treap, *link, unit) ? &treap->right[*link] : &treap->left[*link];
	ASSERT(*link == unit);
	while (a >= 0 && b >= 0) {
		if (priority(a) > priority(b)) {
			*link = a;
			link = &treap->right[a];
			a = *link;
		} else {
			*link = b;
			link = &treap->left[b];
			b = *link;
		}
	}
	*link = a >= 0 ? a : b;
}

int32_t treap_find(const struct treap *treap, int32_t count, int32_t unit)
{
	int32_t best = -1;

	for (int32_t at = treap->root; at >= 0;) {
		int before = treap->counts[at] < count || (treap->counts[at] == count && at < unit);

		if (!before)
			best = at;
		at = before ? treap->right[at] : treap->left[at];
	}
	return best;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A treap (Seidel, Aragon, "Randomized search trees", Algorithmica 1996) of units 0 .. n-1, each
 * with a count, ordered by count, then unit. The priority of a unit is a hash of its number, so
 * the shape depends on the contents alone. Insert, remove and search take O(log n) expected.
 */
#ifndef BASE_TREAP_H
#define BASE_TREAP_H

#include <stdint.h>

struct treap {
	int32_t *left, *right; /* by unit; the caller's */
	const int32_t *counts; /* by unit; the caller's, constant while the unit is in */
	int32_t root;	       /* -1: empty */
};

/* The unit, which is not in yet, with the count that it has now. */
void treap_insert(struct treap *treap, int32_t unit);

/* The unit must be in. */
void treap_remove(struct treap *treap, int32_t unit);

/* The unit with the smallest (count, unit) that is not before (count, unit); -1: none. */
int32_t treap_find(const struct treap *treap, int32_t count, int32_t unit);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ranking.h"

#include "base/assert.h"
#include "base/random.h"

void ranking_init(struct ranking *ranking, struct block *block, int32_t size)
{
	ranking_init_within(ranking, block_take(block, (size_t)size, sizeof(struct ranking_node)),
			    sizeof(struct ranking_node));
}

void ranking_init_within(struct ranking *ranking, void *records, size_t stride)
{
	*ranking = (struct ranking){.nodes = records, .stride = stride};
}

void ranking_init_major(struct ranking *ranking, struct block *block, int32_t size)
{
	ranking_init(ranking, block, size);
	ranking->majors = block_take(block, (size_t)size, sizeof(*ranking->majors));
}

static uint64_t priority(int32_t slot)
{
	return random_mix((uint64_t)slot + 1);
}

static int slot_before(const struct ranking *ranking, int32_t x, int32_t y)
{
	const struct ranking_node *a = ranking_at(ranking, x), *b = ranking_at(ranking, y);

	if (ranking->majors != NULL && ranking->majors[x] != ranking->majors[y])
		return ranking->majors[x] < ranking->majors[y];
	return a->key != b->key ? a->key < b->key : a->tie < b->tie;
}

static void least_set(struct ranking *ranking, int32_t at)
{
	struct ranking_node *node = ranking_at(ranking, at);

	node->least = node->value;
	if (node->left >= 0 && ranking_at(ranking, node->left)->least < node->least)
		node->least = ranking_at(ranking, node->left)->least;
	if (node->right >= 0 && ranking_at(ranking, node->right)->least < node->least)
		node->least = ranking_at(ranking, node->right)->least;
}

/* Split the tree at `at` into nodes before `slot` and the others. Recursion as deep as the tree. */
static void split(struct ranking *ranking, int32_t at, int32_t slot, int32_t *before,
		  int32_t *after)
{
	struct ranking_node *node;

	if (at < 0) {
		*before = *after = -1;
		return;
	}
	node = ranking_at(ranking, at);
	if (slot_before(ranking, at, slot)) {
		split(ranking, node->right, slot, &node->right, after);
		*before = at;
	} else {
		split(ranking, node->left, slot, before, &node->left);
		*after = at;
	}
	least_set(ranking, at);
}

static int32_t merge(struct ranking *ranking, int32_t before, int32_t after)
{
	if (before < 0 || after < 0)
		return before < 0 ? after : before;
	if (priority(before) > priority(after)) {
		struct ranking_node *node = ranking_at(ranking, before);

		node->right = merge(ranking, node->right, after);
		least_set(ranking, before);
		return before;
	}
	ranking_at(ranking, after)->left = merge(ranking, before, ranking_at(ranking, after)->left);
	least_set(ranking, after);
	return after;
}

static int32_t insert_below(struct ranking *ranking, int32_t at, int32_t slot)
{
	struct ranking_node *node = ranking_at(ranking, slot);

	if (at < 0 || priority(slot) > priority(at)) {
		split(ranking, at, slot, &node->left, &node->right);
		least_set(ranking, slot);
		return slot;
	}
	if (slot_before(ranking, slot, at))
		ranking_at(ranking, at)->left =
			insert_below(ranking, ranking_at(ranking, at)->left, slot);
	else
		ranking_at(ranking, at)->right =
			insert_below(ranking, ranking_at(ranking, at)->right, slot);
	least_set(ranking, at);
	return at;
}

void ranking_insert(struct ranking *ranking, int32_t *root, int32_t slot,
		    const struct ranking_node *node)
{
	*ranking_at(ranking, slot) = *node;
	ranking_at(ranking, slot)->left = ranking_at(ranking, slot)->right = -1;
	*root = insert_below(ranking, *root, slot);
}

static int32_t remove_below(struct ranking *ranking, int32_t at, int32_t slot)
{
	struct ranking_node *node;

	ASSERT(at >= 0);
	node = ranking_at(ranking, at);
	if (at == slot)
		return merge(ranking, node->left, node->right);
	if (slot_before(ranking, slot, at))
		node->left = remove_below(ranking, node->left, slot);
	else
		node->right = remove_below(ranking, node->right, slot);
	least_set(ranking, at);
	return at;
}

void ranking_remove(struct ranking *ranking, int32_t *root, int32_t slot)
{
	*root = remove_below(ranking, *root, slot);
}

void ranking_set_value(struct ranking *ranking, int32_t root, int32_t slot, int64_t value)
{
	struct ranking_node *node = ranking_at(ranking, root);

	if (root == slot) {
		node->value = value;
	} else {
		int32_t child = slot_before(ranking, slot, root) ? node->left : node->right;

		ASSERT(child >= 0);
		ranking_set_value(ranking, child, slot, value);
	}
	least_set(ranking, root);
}

int32_t ranking_first(const struct ranking *ranking, int32_t root, int64_t most)
{
	int32_t at = root;

	if (at < 0 || ranking_at(ranking, at)->least > most)
		return -1;
	for (;;) {
		const struct ranking_node *node = ranking_at(ranking, at);

		if (node->left >= 0 && ranking_at(ranking, node->left)->least <= most)
			at = node->left;
		else if (node->value <= most)
			return at;
		else
			at = node->right;
	}
}

int32_t ranking_next(const struct ranking *ranking, int32_t root, int32_t slot, int64_t most)
{
	int32_t found = -1; /* the deepest node behind `slot` with something to offer */

	for (int32_t at = root; at >= 0;) {
		const struct ranking_node *node = ranking_at(ranking, at);

		if (!slot_before(ranking, slot, at)) {
			at = node->right;
			continue;
		}
		if (node->value <= most ||
		    (node->right >= 0 && ranking_at(ranking, node->right)->least <= most))
			found = at;
		at = node->left;
	}
	if (found < 0 || ranking_at(ranking, found)->value <= most)
		return found;
	return ranking_first(ranking, ranking_at(ranking, found)->right, most);
}

int32_t ranking_from(const struct ranking *ranking, int32_t root, int64_t major)
{
	int32_t found = -1;

	while (root >= 0) {
		int is_before = ranking->majors[root] < major;

		found = is_before ? found : root;
		root = is_before ? ranking_at(ranking, root)->right
				 : ranking_at(ranking, root)->left;
	}
	return found;
}

int32_t ranking_count(const struct ranking *ranking, int32_t root)
{
	if (root < 0)
		return 0;
	return 1 + ranking_count(ranking, ranking_at(ranking, root)->left) +
	       ranking_count(ranking, ranking_at(ranking, root)->right);
}

void chain_insert(struct ranking *ranking, struct chain *chain, int32_t slot, int32_t before)
{
	int32_t after = before < 0 ? chain->first : ranking_at(ranking, before)->right;

	ranking_at(ranking, slot)->left = before;
	ranking_at(ranking, slot)->right = after;
	if (before >= 0)
		ranking_at(ranking, before)->right = slot;
	else
		chain->first = slot;
	if (after >= 0)
		ranking_at(ranking, after)->left = slot;
	else
		chain->last = slot;
}

void chain_remove(struct ranking *ranking, struct chain *chain, int32_t slot)
{
	const struct ranking_node *node = ranking_at(ranking, slot);

	ASSERT(chain->first >= 0 && (node->left >= 0 || chain->first == slot));
	if (node->left >= 0)
		ranking_at(ranking, node->left)->right = node->right;
	else
		chain->first = node->right;
	if (node->right >= 0)
		ranking_at(ranking, node->right)->left = node->left;
	else
		chain->last = node->left;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The containers of src/base against plain arrays that do the same the slow way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buddy.h"
#include "base/cutting.h"
#include "base/idmap.h"
#include "base/random.h"
#include "base/ranking.h"
#include "base/table.h"
#include "base/treap.h"

#define SIZE  64
#define STEPS 20000

/* Memory for a container, counted first and then handed out. */
static void *memory_for(size_t bytes)
{
	void *memory = aligned_alloc(64, bytes);

	assert_non_null(memory);
	memset(memory, 0xa5, bytes); /* nothing may lean on zeros */
	return memory;
}

/* `far`: what its cells can tell of their way from home; 0: as much as there is room for. */
static void idmap_is_put_to_the_test(uint32_t far)
{
	struct block block = {0};
	struct idmap map;
	struct {
		int64_t id;
		int32_t other;
	} records[SIZE] = {0};
	int32_t slots[200] = {0}, count = 0, slot;
	uint64_t random = 1;

	idmap_init(&map, &block, SIZE, records, sizeof(*records));
	block = (struct block){.memory = memory_for(block.used)};
	idmap_init(&map, &block, SIZE, records, sizeof(*records));
	map.far = far > 0 ? far : map.far;
	for (int32_t i = 0; i < STEPS; i++) {
		/* Ids that fall on each other: the same low bits. */
		int32_t at = (int32_t)random_below(&random, 200);
		int64_t id = 1 + at % 20 + ((int64_t)(at / 20) << 40);

		assert_int_equal(idmap_find(&map, id), slots[at] - 1);
		if (slots[at] != 0) {
			idmap_remove(&map, id);
			records[slots[at] - 1].id = 0;
			slots[at] = 0;
			count--;
		} else if (count < SIZE) {
			for (slot = 0; records[slot].id != 0;)
				slot++;
			slots[at] = 1 + slot;
			records[slot].id = id;
			idmap_add(&map, id, slot);
			count++;
		}
		assert_int_equal(map.count, count);
	}
	free(block.memory);
}

static void test_idmap_finds_what_was_added_and_not_removed(void **state)
{
	(void)state;
	for (uint32_t far = 0; far < 8; far = 2 * far + 1)
		idmap_is_put_to_the_test(far);
}

/* The first slot by key behind `slot` (-1: of all) whose value is at most `most`; keys differ. */
static int32_t ranking_reference(const int64_t *keys, const int64_t *values, int32_t slot,
				 int64_t most)
{
	int32_t first = -1;

	for (int32_t s = 0; s < SIZE; s++)
		if (keys[s] >= 0 && values[s] <= most && (slot < 0 || keys[s] > keys[slot]) &&
		    (first < 0 || keys[s] < keys[first]))
			first = s;
	return first;
}

static void test_ranking_finds_the_first_and_next_of_small_value(void **state)
{
	struct block block = {0};
	struct ranking ranking;
	int64_t keys[SIZE], values[SIZE];
	int32_t root = -1, count = 0;
	uint64_t random = 2;

	(void)state;
	ranking_init(&ranking, &block, SIZE);
	block = (struct block){.memory = memory_for(block.used)};
	ranking_init(&ranking, &block, SIZE);
	memset(keys, -1, sizeof(keys));
	for (int32_t i = 0; i < STEPS; i++) {
		int32_t slot = (int32_t)random_below(&random, SIZE);
		int64_t most = (int64_t)random_below(&random, 12) - 1;

		values[slot] = (int64_t)random_below(&random, 10);
		if (keys[slot] < 0) {
			/* Ten keys, told apart by the tie. */
			struct ranking_node node = {.key = (int64_t)random_below(&random, 10),
						    .tie = i,
						    .value = values[slot]};

			keys[slot] = node.key * STEPS + i;
			ranking_insert(&ranking, &root, slot, &node);
			count++;
		} else if (random_below(&random, 2) == 0) {
			ranking_set_value(&ranking, root, slot, values[slot]);
		} else {
			ranking_remove(&ranking, &root, slot);
			keys[slot] = -1;
			count--;
		}
		assert_int_equal(ranking_count(&ranking, root), count);
		assert_int_equal(ranking_first(&ranking, root, most),
				 ranking_reference(keys, values, -1, most));
		if (keys[slot] >= 0)
			assert_int_equal(ranking_next(&ranking, root, slot, most),
					 ranking_reference(keys, values, slot, most));
	}
	free(block.memory);
}

static void test_treap_finds_the_next_in_order(void **state)
{
	int32_t left[SIZE], right[SIZE], counts[SIZE] = {0};
	struct treap treap = {.left = left, .right = right, .counts = counts, .root = -1};
	uint64_t random = 3;

	(void)state;
	for (int32_t i = 0; i < STEPS; i++) {
		int32_t unit = (int32_t)random_below(&random, SIZE), best = -1;
		int32_t count = (int32_t)random_below(&random, 12), after;

		if (counts[unit] > 0)
			treap_remove(&treap, unit);
		counts[unit] = (int32_t)random_below(&random, 10);
		if (counts[unit] > 0)
			treap_insert(&treap, unit);
		after = (int32_t)random_below(&random, SIZE + 1) - 1;
		for (int32_t u = SIZE - 1; u >= 0; u--)
			if (counts[u] > 0 &&
			    (counts[u] > count || (counts[u] == count && u >= after)) &&
			    (best < 0 || counts[u] <= counts[best]))
				best = u;
		assert_int_equal(treap_find(&treap, count, after), best);
	}
}

static void test_buddy_extents_do_not_overlap_and_merge_again(void **state)
{
	enum { UNITS = 64, RECORDS = UNITS * BUDDY_UNIT };
	struct block block = {0};
	struct buddy buddy;
	uint8_t used[UNITS] = {0};
	int64_t extents[UNITS];
	int orders[UNITS], held = 0;
	uint64_t random = 4;

	(void)state;
	buddy_init(&buddy, &block, RECORDS + 7);
	block = (struct block){.memory = memory_for(block.used)};
	buddy_init(&buddy, &block, RECORDS + 7);
	buddy_reset(&buddy);
	for (int32_t i = 0; i < STEPS; i++) {
		if (held > 0 && random_below(&random, 2) == 0) {
			int at = (int)random_below(&random, (uint64_t)held--);

			memset(used + extents[at] / BUDDY_UNIT, 0, (size_t)1 << orders[at]);
			buddy_give(&buddy, extents[at], orders[at]);
			extents[at] = extents[held];
			orders[at] = orders[held];
			continue;
		}
		orders[held] = (int)random_below(&random, 4);
		extents[held] = buddy_take(&buddy, orders[held]);
		if (extents[held] < 0)
			continue;
		assert_int_equal(extents[held] % (BUDDY_UNIT << orders[held]), 0);
		for (int u = 0; u < 1 << orders[held]; u++) {
			assert_int_equal(used[extents[held] / BUDDY_UNIT + u], 0);
			used[extents[held] / BUDDY_UNIT + u] = 1;
		}
		held++;
	}
	while (held > 0) {
		held--;
		buddy_give(&buddy, extents[held], orders[held]);
	}
	assert_int_equal(buddy_take(&buddy, 6), 0);  /* all of it in one piece */
	assert_int_equal(buddy_take(&buddy, 0), -1); /* and then nothing */
	free(block.memory);
}

static void test_table_takes_each_slot_once(void **state)
{
	struct record {
		int64_t id;
		int32_t next;
	} * records;
	struct block block = {0};
	struct table table;
	uint8_t used[SIZE] = {0};
	int32_t count = 0;
	uint64_t random = 5;

	(void)state;
	TABLE_INIT(&table, &block, SIZE, struct record, next);
	block = (struct block){.memory = memory_for(block.used)};
	records = TABLE_INIT(&table, &block, SIZE, struct record, next);
	for (int32_t i = 0; i < STEPS; i++) {
		int32_t slot = (int32_t)random_below(&random, SIZE);

		assert_int_equal(table_count(&table), count);
		assert_int_equal(table_has_room(&table, SIZE - count), 1);
		assert_int_equal(table_has_room(&table, SIZE - count + 1), 0);
		if (used[slot]) {
			assert_int_equal(records[slot].id, slot);
			table_give(&table, slot);
			used[slot] = 0;
			count--;
		} else if (count < SIZE) {
			slot = table_take(&table);
			assert_int_equal(used[slot], 0);
			used[slot] = 1;
			records[slot].id = slot;
			count++;
		}
	}
	free(block.memory);
}

/* A piece of stock is worth the best that can be cut from it. */
static void test_cutting_values_what_can_be_cut(void **state)
{
	int64_t demands[CUTTING_WHOLE + 1] = {0};
	int32_t values[CUTTING_WHOLE + 1];

	(void)state;
	demands[500] = 100;
	cutting_values(demands, values);
	assert_int_equal(values[0], 0);
	assert_int_equal(values[499], 0); /* nothing fits: worth nothing */
	assert_int_equal(values[999], values[500]);
	assert_int_equal(values[CUTTING_WHOLE], CUTTING_ONE);
	memset(demands, 0, sizeof(demands));
	demands[300] = 50;
	demands[400] = 50;
	demands[700] = 20;
	cutting_values(demands, values);
	for (int32_t i = 1; i <= CUTTING_WHOLE; i++) {
		assert_true(values[i] >= values[i - 1]);
		assert_true(values[i] <= CUTTING_ONE);
	}
	assert_int_equal(values[299], 0);
	assert_true(values[300] > 0);
	assert_true(values[700] >= values[300] + values[400]);
}

static void test_random_below_stays_below(void **state)
{
	uint64_t random = 6, seen = 0;

	(void)state;
	for (int32_t i = 0; i < 1000; i++) {
		uint64_t value = random_below(&random, 7);

		assert_true(value < 7);
		seen |= UINT64_C(1) << value;
	}
	assert_int_equal(seen, 0x7f);
	assert_int_equal(random_below(&random, 1), 0);
}

static void test_chain_keeps_the_order_in_which_slots_were_put(void **state)
{
	struct chain chain = {.first = -1, .last = -1};
	struct block block = {0};
	struct ranking ranking;
	const int32_t order[] = {7, 3, 5, 1};
	int32_t at;

	(void)state;
	ranking_init(&ranking, &block, SIZE);
	block = (struct block){.memory = memory_for(block.used)};
	ranking_init(&ranking, &block, SIZE);
	chain_insert(&ranking, &chain, 5, -1);
	chain_insert(&ranking, &chain, 7, -1);
	chain_insert(&ranking, &chain, 1, chain.last);
	chain_insert(&ranking, &chain, 3, 7);
	at = chain.first;
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		assert_int_equal(at, order[i]);
		assert_int_equal(chain_previous(&ranking, at), i == 0 ? -1 : order[i - 1]);
		at = chain_next(&ranking, at);
	}
	assert_int_equal(at, -1);
	chain_remove(&ranking, &chain, 7);
	chain_remove(&ranking, &chain, 1);
	assert_int_equal(chain.first, 3);
	assert_int_equal(chain.last, 5);
	chain_remove(&ranking, &chain, 5);
	chain_remove(&ranking, &chain, 3);
	assert_int_equal(chain.first, -1);
	assert_int_equal(chain.last, -1);
	free(block.memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idmap_finds_what_was_added_and_not_removed),
		cmocka_unit_test(test_ranking_finds_the_first_and_next_of_small_value),
		cmocka_unit_test(test_chain_keeps_the_order_in_which_slots_were_put),
		cmocka_unit_test(test_treap_finds_the_next_in_order),
		cmocka_unit_test(test_buddy_extents_do_not_overlap_and_merge_again),
		cmocka_unit_test(test_table_takes_each_slot_once),
		cmocka_unit_test(test_cutting_values_what_can_be_cut),
		cmocka_unit_test(test_random_below_stays_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

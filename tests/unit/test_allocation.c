/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that cannot be had: every allocation of each operation fails in turn, and each time the
 * operation says so and leaves nothing behind. The core allocates at set-up only: no step may
 * ask for memory at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/world.h"

#define BYTES_MAX (1 << 20)

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static int64_t asked, fails_at; /* asked so often; the one that fails, 0: none */

static int fails_now(void)
{
	return ++asked == fails_at;
}

void *__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return fails_now() ? NULL : __real_aligned_alloc(alignment, size);
}

/* Let each allocation of the operation fail in turn, until it gets all it asks for. */
static void each_fails(int (*operation)(void *argument, struct parc_err *err), void *argument)
{
	for (int64_t n = 1; n < 1000; n++) {
		struct parc_err err = {0};
		int code;

		asked = 0;
		fails_at = n;
		code = operation(argument, &err);
		fails_at = 0;
		if (asked < n) {
			assert_int_equal(code, 0);
			assert_true(n > 1);
			return;
		}
		assert_int_equal(code, PARC_ERR_MEMORY);
		assert_int_equal(err.code, PARC_ERR_MEMORY);
		assert_true(err.text[0] != '\0');
	}
	fail_msg("it never gets enough");
}

static int core_create(void *argument, struct parc_err *err)
{
	struct parc_limits limits = parc_limits_for(8, 64, 64);
	struct parc_core *core = parc_core_create(&limits, 1, err);

	(void)argument;
	parc_core_destroy(core);
	return core == NULL ? err->code : 0;
}

struct bytes {
	void *at;
	int64_t size;
};

static int state_decode(void *argument, struct parc_err *err)
{
	const struct bytes *bytes = argument;
	struct parc_core *core = parc_state_decode(bytes->at, (size_t)bytes->size, err);

	parc_core_destroy(core);
	return core == NULL ? err->code : 0;
}

static void test_a_core_that_cannot_be_made(void **state)
{
	(void)state;
	each_fails(core_create, NULL);
	parc_core_destroy(NULL);
}

/* Steps of a whole world: `asked` may not grow. */
static void test_a_step_asks_for_no_memory(void **state)
{
	struct bytes bytes = {.at = malloc(BYTES_MAX)};
	struct parc_limits limits;
	struct parc_core *core;
	struct world world;
	struct draw draw;
	int64_t starts = 0;

	(void)state;
	draw_seed(&draw, 5);
	world_init(&world, &draw, PARC_PLACE_PARC);
	world_limits(&world, &limits);
	core = parc_core_create(&limits, 1, NULL);
	assert_non_null(core);
	for (int32_t i = 0; i < 300; i++) {
		struct parc_actions actions;
		struct entry entry;

		world_next(&world, core, &entry);
		asked = 0;
		if (parc_step(core, &entry.event, &actions, NULL) == 0)
			for (int32_t a = 0; a < actions.count; a++)
				starts += actions.list[a].kind == PARC_ACTION_START;
		bytes.size = parc_state_encode(core, bytes.at, BYTES_MAX);
		assert_int_equal(asked, 0);
	}
	assert_true(starts > 10);
	each_fails(state_decode, &bytes);
	parc_core_destroy(core);
	free(bytes.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_core_that_cannot_be_made),
		cmocka_unit_test(test_a_step_asks_for_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

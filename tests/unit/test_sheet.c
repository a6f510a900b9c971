/* SPDX-License-Identifier: Apache-2.0
 *
 * Sheets on a disk that fails and loses power: a sheet is there whole or not at all, what was said
 * to be written stays, and what was created once is created by nobody again. Without any one of
 * the syncs a test here fails.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/sheet.h"
#include "support/faulty.h"
#include "support/folder.h"

#define SEEDS 8 /* of each moment at which the power goes */

static char folder[512];
static int directory;

static int setup(void **state)
{
	const char *base = getenv("TMPDIR");

	(void)state;
	faulty_register();
	faulty_fail_after(0, 0);
	snprintf(folder, sizeof(folder), "%s/parc-sheet-XXXXXX", base == NULL ? "/tmp" : base);
	if (mkdtemp(folder) == NULL)
		return 1;
	directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return directory < 0;
}

static int teardown(void **state)
{
	(void)state;
	faulty_unwatch();
	faulty_fail_after(0, 0);
	close(directory);
	folder_remove(folder);
	return 0;
}

static void again(void)
{
	teardown(NULL);
	assert_int_equal(setup(NULL), 0);
}

static int put(int64_t number, int is_new)
{
	struct sheet sheet;
	int code;

	sheet_begin(&sheet, "test", 1);
	sheet_put_number(&sheet, "number", number);
	sheet_put(&sheet, "words", number == 1 ? "a\nlonger one, so that its end is cut off" : "");
	code = is_new ? sheet_create(&sheet, directory, "it", NULL)
		      : sheet_replace(&sheet, directory, "it", NULL);
	sheet_free(&sheet);
	return code;
}

/* The number that the sheet holds, 0: there is none. Anything else is a failure. */
static int64_t get(void)
{
	struct sheet sheet;
	struct sheet_line line;
	struct parc_err err = {0};
	int64_t number = 0;
	int code = sheet_read(&sheet, directory, "it", "test", 1, &err);

	if (code == PARC_ERR_UNKNOWN)
		return 0;
	if (code != 0)
		fail_msg("%s", err.text);
	assert_int_equal(sheet_next(&sheet, &line), 1);
	assert_string_equal(line.key, "number");
	assert_int_equal(sheet_number(&line, 1, 100, &number), 0);
	sheet_free(&sheet);
	return number;
}

/* The power goes at each operation of one that is written over another, or made anew. */
static void power_goes(int is_new)
{
	int is_off = 1;

	for (int64_t n = 1; is_off; n++)
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			int64_t before = is_new ? 0 : 1, number;

			faulty_watch();
			if (!is_new)
				assert_int_equal(put(1, 0), 0);
			faulty_power_off_after(n);
			put(2, is_new);
			is_off = faulty_power_is_off();
			faulty_crash((uint64_t)n * SEEDS + seed);
			number = get();
			assert_true(number == 2 || (number == before && is_off));
			again();
		}
}

static void test_power_is_lost_while_one_is_replaced(void **state)
{
	(void)state;
	power_goes(0);
}

static void test_power_is_lost_while_one_is_created(void **state)
{
	(void)state;
	power_goes(1);
}

/* The nth operation of each kind fails, for each n: what was there is there still or replaced, and
 * what was created, whatever was said of it, is created by nobody again. */
static void each_fails(int kind, int is_new)
{
	int failed = 1;

	for (int64_t n = 1; failed != 0; n++) {
		int64_t number;

		if (!is_new)
			assert_int_equal(put(1, 0), 0);
		faulty_fail_after(kind, n);
		failed = put(2, is_new);
		faulty_fail_after(0, 0);
		number = get();
		assert_true(number == 2 || (failed != 0 && number == (is_new ? 0 : 1)));
		assert_int_equal(put(3, 1), number == 0 ? 0 : PARC_ERR_EXISTS);
		assert_int_equal(get(), number == 0 ? 3 : number);
		assert_int_equal(put(4, 0), 0);
		assert_int_equal(get(), 4);
		again();
	}
}

static void test_each_operation_fails(void **state)
{
	static const int kinds[] = {FAULTY_WRITE, FAULTY_FULL, FAULTY_SYNC, FAULTY_TRUNCATE,
				    FAULTY_NAME};

	(void)state;
	for (int i = 0; i < 5; i++) {
		each_fails(kinds[i], 0);
		each_fails(kinds[i], 1);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_power_is_lost_while_one_is_replaced),
		TEST(test_power_is_lost_while_one_is_created),
		TEST(test_each_operation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The audit of a recorded run: it passes on what was recorded, and fails when any byte of any
 * action, or of a digest, is another one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/record.h"
#include "support/world.h"

#define EVENTS	  150
#define HEAD_SIZE 8 /* of the file */
#define ITEM_SIZE 5 /* letter and length */

struct file {
	char path[512];
	uint8_t *bytes;
	long size;
};

static void path_make(struct file *file)
{
	const char *folder = getenv("TMPDIR");
	int handle;

	snprintf(file->path, sizeof(file->path), "%s/record.XXXXXX",
		 folder == NULL ? "/tmp" : folder);
	handle = mkstemp(file->path);
	assert_true(handle >= 0);
	close(handle);
}

/* Record a random world. */
static void file_record(struct file *file)
{
	struct parc_limits limits;
	struct record record;
	struct world world;
	struct draw draw;
	struct parc_core *core;

	draw_seed(&draw, 3);
	world_init(&world, &draw, PARC_PLACE_PARC);
	world_limits(&world, &limits);
	core = parc_core_create(&limits, 5, NULL);
	assert_non_null(core);
	assert_int_equal(record_open(&record, file->path, NULL), 0);
	assert_int_equal(record_world(&record, &limits, 5, NULL), 0);
	for (int32_t i = 0; i < EVENTS; i++) {
		struct parc_actions actions;
		struct entry entry;

		world_next(&world, core, &entry);
		if (parc_step(core, &entry.event, &actions, NULL) == 0)
			assert_int_equal(record_step(&record, &entry.event, &actions, NULL), 0);
	}
	assert_int_equal(record_digest(&record, parc_digest(core), NULL), 0);
	assert_int_equal(record_close(&record, NULL), 0);
	parc_core_destroy(core);
}

static void file_read(struct file *file)
{
	FILE *in = fopen(file->path, "rb");

	assert_non_null(in);
	assert_int_equal(fseek(in, 0, SEEK_END), 0);
	file->size = ftell(in);
	rewind(in);
	file->bytes = malloc((size_t)file->size);
	assert_non_null(file->bytes);
	assert_int_equal(fread(file->bytes, 1, (size_t)file->size, in), file->size);
	fclose(in);
}

static int file_audit(const struct file *file, struct parc_err *err)
{
	struct record_audit audit;
	FILE *out = fopen(file->path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(file->bytes, 1, (size_t)file->size, out), file->size);
	assert_int_equal(fclose(out), 0);
	return record_audit(&audit, file->path, err);
}

static void file_init(struct file *file)
{
	path_make(file);
	file_record(file);
	file_read(file);
}

static void file_deinit(struct file *file)
{
	unlink(file->path);
	free(file->bytes);
}

static uint32_t length_at(const struct file *file, long at)
{
	uint32_t length = 0;

	for (int i = 3; i >= 0; i--)
		length = length << 8 | file->bytes[at + 1 + i];
	return length;
}

/* Change every step-th byte of the items of this letter, one at a time; what is refused must name
 * the file. Returns how many bytes there are, and in *passed how many changes the audit let
 * through. */
static int64_t file_spoil(struct file *file, char letter, int step, int64_t *passed)
{
	struct parc_err err = {0};
	int64_t changed = 0;

	*passed = 0;

	for (long at = HEAD_SIZE; at < file->size; at += ITEM_SIZE + length_at(file, at)) {
		uint32_t length = length_at(file, at);

		for (uint32_t i = 0; i < length && file->bytes[at] == letter; i++) {
			uint8_t *byte = &file->bytes[at + ITEM_SIZE + i];

			if (changed++ % step != 0)
				continue;
			*byte ^= (uint8_t)(1 << changed % 8);
			if (file_audit(file, &err) == 0)
				++*passed;
			else if (strstr(err.text, file->path) == NULL)
				fail_msg("\"%s\" does not name the file", err.text);
			*byte ^= (uint8_t)(1 << changed % 8);
		}
	}
	return changed;
}

static void test_the_record_is_decided_again_alike(void **state)
{
	struct file file;
	struct parc_err err = {0};

	(void)state;
	file_init(&file);
	if (file_audit(&file, &err) != 0)
		fail_msg("%s", err.text);
	file_deinit(&file);
}

static void test_any_changed_byte_of_an_action_is_found(void **state)
{
	struct file file;
	int64_t passed;

	(void)state;
	file_init(&file);
	assert_true(file_spoil(&file, 'A', 13, &passed) > 1000);
	assert_int_equal(passed, 0);
	assert_int_equal(file_audit(&file, NULL), 0);
	file_deinit(&file);
}

static void test_any_changed_byte_of_a_digest_is_found(void **state)
{
	struct file file;
	int64_t passed;

	(void)state;
	file_init(&file);
	assert_int_equal(file_spoil(&file, 'D', 1, &passed), 8);
	assert_int_equal(passed, 0);
	file_deinit(&file);
}

/* Also limits and events that can't be had at all are refused with their file. A change that leaves
 * a possible event which is decided alike passes. */
static void test_a_changed_byte_of_an_event_is_said_with_its_file(void **state)
{
	struct file file;
	int64_t passed, count;

	(void)state;
	file_init(&file);
	count = file_spoil(&file, 'E', 131, &passed);
	assert_true(count > 1000 && passed < count / 131);
	assert_true(file_spoil(&file, 'W', 9, &passed) > 40);
	file_deinit(&file);
}

static void test_a_record_that_ends_early_is_refused(void **state)
{
	struct file file;
	struct parc_err err = {0};
	long whole;

	(void)state;
	file_init(&file);
	whole = file.size;
	for (file.size = 0; file.size < whole; file.size += file.size < 80 ? 1 : 997) {
		int code = file_audit(&file, &err);

		/* It may end between two steps: then it is a shorter record. */
		assert_true(code == 0 || (err.code == code && err.text[0] != '\0'));
		assert_true(code != 0 || file.size >= HEAD_SIZE);
	}
	file_deinit(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_record_is_decided_again_alike),
		cmocka_unit_test(test_any_changed_byte_of_an_action_is_found),
		cmocka_unit_test(test_any_changed_byte_of_a_digest_is_found),
		cmocka_unit_test(test_a_changed_byte_of_an_event_is_said_with_its_file),
		cmocka_unit_test(test_a_record_that_ends_early_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

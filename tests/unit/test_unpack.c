/* SPDX-License-Identifier: Apache-2.0
 *
 * Packed files: what gzip and xz make reads as what was packed, whole, in parts, or empty; every
 * cut and every flipped byte of it is refused, or reads as the same, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <lzma.h>
#include <zlib.h>

#include "text/text.h"
#include "text/unpack.h"
#include "trace/fleet.h"

#define PACKED_MAX 4096
#define BYTES_MAX  200000
#define PLAIN_SIZE 150000

static char plain[PLAIN_SIZE + 1];

struct packed {
	char bytes[PACKED_MAX];
	size_t size;
};

/* Lines that pack well and do not repeat. */
static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i + 10 <= PLAIN_SIZE; i += 10)
		snprintf(plain + i, 11, "row %5zu\n", i / 1000);
	return 0;
}

static void add_gzip(struct packed *packed, const char *bytes, size_t size)
{
	z_stream stream = {0};

	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_in = (Bytef *)(uintptr_t)bytes;
	stream.avail_in = (uInt)size;
	stream.next_out = (Bytef *)packed->bytes + packed->size;
	stream.avail_out = (uInt)(PACKED_MAX - packed->size);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	packed->size += stream.total_out;
	deflateEnd(&stream);
}

static void add_xz(struct packed *packed, const char *bytes, size_t size)
{
	assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, (const uint8_t *)bytes,
						 size, (uint8_t *)packed->bytes, &packed->size,
						 PACKED_MAX),
			 LZMA_OK);
}

/* Unpack a copy. On success *bytes is the caller's. */
static int unpack_copy(const char *from, size_t from_size, size_t max, char **bytes, size_t *size,
		       struct parc_err *err)
{
	int code;

	*bytes = malloc(from_size + 1);
	assert_non_null(*bytes);
	memcpy(*bytes, from, from_size);
	*size = from_size;
	code = unpack("f", max, bytes, size, err);
	if (code != 0)
		free(*bytes);
	return code;
}

static void check_unpacks(const struct packed *packed, const char *expected, size_t expected_size)
{
	struct parc_err err = {0};
	char *bytes;
	size_t size;

	assert_int_equal(unpack_copy(packed->bytes, packed->size, BYTES_MAX, &bytes, &size, &err),
			 0);
	assert_int_equal(size, expected_size);
	assert_memory_equal(bytes, expected, expected_size);
	free(bytes);
}

static void test_whole_and_empty(void **state)
{
	struct packed packed = {.size = 0};

	(void)state;
	add_gzip(&packed, plain, PLAIN_SIZE);
	check_unpacks(&packed, plain, PLAIN_SIZE);
	packed.size = 0;
	add_xz(&packed, plain, PLAIN_SIZE);
	check_unpacks(&packed, plain, PLAIN_SIZE);
	packed.size = 0;
	add_gzip(&packed, "", 0);
	check_unpacks(&packed, "", 0);
	packed.size = 0;
	add_xz(&packed, "", 0);
	check_unpacks(&packed, "", 0);
}

/* Files put one after another, and zeros after a gzip file, as tapes leave them. */
static void test_several_parts(void **state)
{
	struct packed packed = {.size = 0};

	(void)state;
	add_gzip(&packed, "one,", 4);
	add_gzip(&packed, "two", 3);
	check_unpacks(&packed, "one,two", 7);
	memset(packed.bytes + packed.size, 0, 512);
	packed.size += 512;
	check_unpacks(&packed, "one,two", 7);
	packed.size = 0;
	add_xz(&packed, "one,", 4);
	add_xz(&packed, "two", 3);
	check_unpacks(&packed, "one,two", 7);
}

static void test_other_bytes_stay(void **state)
{
	struct packed packed = {.bytes = "name,cpu\n", .size = 9};

	(void)state;
	check_unpacks(&packed, "name,cpu\n", 9);
	packed.size = 0;
	check_unpacks(&packed, "", 0);
}

/* Cut at any place after the first bytes: refused, and said to be cut off. */
static void check_cuts(const struct packed *packed, const char *message)
{
	for (size_t cut = 6; cut < packed->size; cut++) {
		struct parc_err err = {0};
		char *bytes;
		size_t size;

		assert_int_equal(unpack_copy(packed->bytes, cut, BYTES_MAX, &bytes, &size, &err),
				 PARC_ERR_CORRUPT);
		assert_string_equal(err.text, message);
	}
}

static void test_cut_off(void **state)
{
	struct packed packed = {.size = 0};

	(void)state;
	add_gzip(&packed, plain, 5000);
	check_cuts(&packed, "f: the gzip data is cut off, expected the whole file");
	packed.size = 0;
	add_xz(&packed, plain, 5000);
	check_cuts(&packed, "f: the xz data is cut off, expected the whole file");
}

/* Flip each byte: it never reads as something else. Bytes 4 to 9 of gzip are time, hints, system,
 * and the first bytes say what it is. */
static void check_flips(struct packed *packed, size_t first)
{
	size_t refused = 0;

	for (size_t i = first; i < packed->size; i++) {
		struct parc_err err = {0};
		char *bytes;
		size_t size;

		packed->bytes[i] ^= 0x5a;
		if (unpack_copy(packed->bytes, packed->size, BYTES_MAX, &bytes, &size, &err) != 0) {
			assert_memory_equal(err.text, "f: ", 3);
			refused++;
		} else {
			assert_int_equal(size, 5000);
			assert_memory_equal(bytes, plain, size);
			free(bytes);
		}
		packed->bytes[i] ^= 0x5a;
	}
	assert_true(refused + 10 >= packed->size - first);
}

static void test_damaged(void **state)
{
	struct packed packed = {.size = 0};

	(void)state;
	add_gzip(&packed, plain, 5000);
	check_flips(&packed, 10);
	packed.size = 0;
	add_xz(&packed, plain, 5000);
	check_flips(&packed, 6);
}

static void test_garbage_after_gzip(void **state)
{
	struct packed packed = {.size = 0};
	struct parc_err err = {0};
	char *bytes;
	size_t size;

	(void)state;
	add_gzip(&packed, "one", 3);
	memcpy(packed.bytes + packed.size, "garbage", 7);
	assert_int_equal(unpack_copy(packed.bytes, packed.size + 7, BYTES_MAX, &bytes, &size, &err),
			 PARC_ERR_CORRUPT);
	assert_string_equal(err.text, "f: the gzip data is damaged");
}

static void test_too_large(void **state)
{
	struct packed packed = {.size = 0};
	struct parc_err err = {0};
	char *bytes;
	size_t size;

	(void)state;
	add_gzip(&packed, plain, PLAIN_SIZE);
	assert_int_equal(unpack_copy(packed.bytes, packed.size, 100000, &bytes, &size, &err),
			 PARC_ERR_FULL);
	assert_string_equal(err.text, "f: it unpacks to 100000 bytes or more");
	packed.size = 0;
	add_xz(&packed, plain, PLAIN_SIZE);
	assert_int_equal(unpack_copy(packed.bytes, packed.size, 100000, &bytes, &size, &err),
			 PARC_ERR_FULL);
}

/* A fleet file packed by gzip, under a name that does not say so. */
static void test_packed_fleet(void **state)
{
	static const char list[] = "sn,cpu_milli,memory_mib,gpu,model\na,1,2,2,T4\nb,1,2,1,P100\n";
	const char *folder = getenv("TMPDIR");
	struct packed packed = {.size = 0};
	struct fleet fleet;
	char path[4096];
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/parc-test-unpack-%d.csv", folder != NULL ? folder : "/tmp",
		 (int)getpid());
	add_gzip(&packed, list, sizeof(list) - 1);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(packed.bytes, 1, packed.size, file), packed.size);
	fclose(file);
	assert_int_equal(fleet_read(&fleet, path, NULL), 0);
	assert_int_equal(fleet.nodes_count, 2);
	fleet_deinit(&fleet);
	remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_and_empty),	 cmocka_unit_test(test_several_parts),
		cmocka_unit_test(test_other_bytes_stay), cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_damaged),		 cmocka_unit_test(test_garbage_after_gzip),
		cmocka_unit_test(test_too_large),	 cmocka_unit_test(test_packed_fleet),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

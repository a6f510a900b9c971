/* SPDX-License-Identifier: Apache-2.0
 *
 * Sheets on disk. To replace one: write NAME.new, sync it, rename it over NAME, sync the directory.
 * To create one exclusively: the same, but link(2) it, which fails if the name is there, so that a
 * sheet is never seen half written and never created twice. Costs two syncs a sheet.
 */
#include "engine/sheet.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/hash.h"

#define NAME_SIZE 64
#define SUM_SIZE  21 /* "sum " and 16 digits and "\n" */

static uint64_t sum_of(const char *bytes, size_t size)
{
	uint64_t hash = hash_word(HASH_START, size);

	for (size_t at = 0; at < size; at += 8) {
		uint64_t word = 0;

		for (size_t i = 0; i < 8 && at + i < size; i++)
			word |= (uint64_t)(unsigned char)bytes[at + i] << (8 * i);
		hash = hash_word(hash, word);
	}
	return hash;
}

static void append(struct sheet *sheet, const char *bytes, size_t size)
{
	if (sheet->failed)
		return;
	if (sheet->size + size > sheet->room) {
		size_t room = (sheet->size + size) * 2 + 512;
		char *more =
			room > 2 * (size_t)SHEET_BYTES_MAX ? NULL : realloc(sheet->bytes, room);

		if (more == NULL) {
			sheet->failed = 1;
			return;
		}
		sheet->bytes = more;
		sheet->room = room;
	}
	memcpy(sheet->bytes + sheet->size, bytes, size);
	sheet->size += size;
}

static int is_plain(unsigned char byte)
{
	return byte >= 32 && byte != 127 && byte != '%';
}

void sheet_begin(struct sheet *sheet, const char *kind, int version)
{
	char head[NAME_SIZE];
	int size = snprintf(head, sizeof(head), "%s %d\n", kind, version);

	ASSERT(size > 0 && (size_t)size < sizeof(head));
	*sheet = (struct sheet){0};
	append(sheet, head, (size_t)size);
}

void sheet_put(struct sheet *sheet, const char *key, const char *value)
{
	append(sheet, key, strlen(key));
	append(sheet, " ", 1);
	while (*value != '\0') {
		size_t plain = 0;
		char code[4];

		while (is_plain((unsigned char)value[plain]))
			plain++;
		append(sheet, value, plain);
		value += plain;
		if (*value != '\0') {
			snprintf(code, sizeof(code), "%%%02X", (unsigned char)*value++);
			append(sheet, code, 3);
		}
	}
	append(sheet, "\n", 1);
}

void sheet_put_number(struct sheet *sheet, const char *key, int64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, value);
	sheet_put(sheet, key, text);
}

/* Add the sum; the sheet may be written again after a failure, so it is added once. */
static int finish(struct sheet *sheet, const char *name, struct parc_err *err)
{
	char sum[SUM_SIZE + 1];

	if (!sheet->failed && sheet->at == 0) {
		snprintf(sum, sizeof(sum), "sum %016" PRIx64 "\n",
			 sum_of(sheet->bytes, sheet->size));
		append(sheet, sum, SUM_SIZE);
		sheet->at = sheet->size;
	}
	if (sheet->failed || sheet->size > SHEET_BYTES_MAX)
		return parc_err_set(err, PARC_ERR_MEMORY,
				    "no memory for %s, or it is larger than %d bytes", name,
				    SHEET_BYTES_MAX);
	return 0;
}

static int write_bytes(int fd, const char *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t wrote = pwrite(fd, bytes + done, size - done, (off_t)done);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return -1;
		done += (size_t)wrote;
	}
	return ftruncate(fd, (off_t)size);
}

/* Write NAME.new and wait for the disk if `sync`. */
static int write_new(const struct sheet *sheet, int directory, const char *name, int sync,
		     struct parc_err *err)
{
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int failed, number;

	if (fd < 0)
		return parc_err_set(err, PARC_ERR_IO, "%s cannot be made: %s", name,
				    strerror(errno));
	failed = write_bytes(fd, sheet->bytes, sheet->size) != 0 || (sync && fsync(fd) != 0);
	number = errno;
	close(fd);
	if (failed)
		return parc_err_set(err, PARC_ERR_IO, "%s cannot be written: %s", name,
				    strerror(number));
	return 0;
}

static void name_new(char new_name[NAME_SIZE], const char *name)
{
	int size = snprintf(new_name, NAME_SIZE, "%s.new", name);

	ASSERT(size > 0 && size < NAME_SIZE);
}

static int replace(struct sheet *sheet, int directory, const char *name, int sync,
		   struct parc_err *err)
{
	char new_name[NAME_SIZE];
	int code = finish(sheet, name, err);

	name_new(new_name, name);
	if (code == 0)
		code = write_new(sheet, directory, new_name, sync, err);
	if (code != 0)
		return code;
	if (renameat(directory, new_name, directory, name) != 0 || (sync && fsync(directory) != 0))
		return parc_err_set(err, PARC_ERR_IO, "%s cannot be put in its place: %s", name,
				    strerror(errno));
	return 0;
}

int sheet_replace(struct sheet *sheet, int directory, const char *name, struct parc_err *err)
{
	return replace(sheet, directory, name, 1, err);
}

int sheet_replace_quickly(struct sheet *sheet, int directory, const char *name,
			  struct parc_err *err)
{
	return replace(sheet, directory, name, 0, err);
}

int sheet_create(struct sheet *sheet, int directory, const char *name, struct parc_err *err)
{
	char new_name[NAME_SIZE];
	int code, linked, number;

	/* A name of its own, so that two that try do not write into one file. */
	if (snprintf(new_name, sizeof(new_name), "%s.%d", name, (int)getpid()) >= NAME_SIZE)
		return parc_err_set(err, PARC_ERR_INVALID, "%s is too long a name", name);
	unlinkat(directory, new_name, 0);
	code = finish(sheet, name, err);
	if (code == 0)
		code = write_new(sheet, directory, new_name, 1, err);
	if (code != 0) {
		unlinkat(directory, new_name, 0);
		return code;
	}
	linked = linkat(directory, new_name, directory, name, 0);
	number = errno;
	unlinkat(directory, new_name, 0);
	if (linked != 0 && number == EEXIST)
		return parc_err_set(err, PARC_ERR_EXISTS, "%s is there already", name);
	if (linked != 0 || fsync(directory) != 0)
		return parc_err_set(err, PARC_ERR_IO, "%s cannot be put in its place: %s", name,
				    strerror(linked != 0 ? number : errno));
	return 0;
}

int sheet_reserve(int directory, const char *name, size_t size, struct parc_err *err)
{
	char new_name[NAME_SIZE];
	int fd, failed;

	name_new(new_name, name);
	fd = openat(directory, new_name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	failed = fd < 0 ? errno : posix_fallocate(fd, 0, (off_t)size);
	if (fd >= 0)
		close(fd);
	if (failed != 0)
		return parc_err_set(err, PARC_ERR_IO, "no room for %s: %s", new_name,
				    strerror(failed));
	return 0;
}

static int load(struct sheet *sheet, int fd, const char *name, struct parc_err *err)
{
	struct stat status;
	size_t size, done = 0;

	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > SHEET_BYTES_MAX)
		return parc_err_set(err, PARC_ERR_CORRUPT, "%s is not a sheet", name);
	size = (size_t)status.st_size;
	sheet->bytes = malloc(size + 1);
	if (sheet->bytes == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for %s", name);
	while (done < size) {
		ssize_t got = pread(fd, sheet->bytes + done, size - done, (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return parc_err_set(err, PARC_ERR_IO, "%s cannot be read", name);
		done += (size_t)got;
	}
	sheet->bytes[size] = '\0';
	sheet->size = size;
	return 0;
}

/* Take off the sum and the head; what is left are lines that each end in a newline. */
static int check(struct sheet *sheet, const char *name, const char *kind, int version,
		 struct parc_err *err)
{
	char sum[SUM_SIZE + 1], *end;
	size_t length = strlen(kind);
	long found;

	if (sheet->size < SUM_SIZE + length + 3 || memchr(sheet->bytes, '\0', sheet->size) != NULL)
		return parc_err_set(err, PARC_ERR_CORRUPT, "%s was cut off", name);
	sheet->size -= SUM_SIZE;
	snprintf(sum, sizeof(sum), "sum %016" PRIx64 "\n", sum_of(sheet->bytes, sheet->size));
	if (memcmp(sheet->bytes + sheet->size, sum, SUM_SIZE) != 0 ||
	    sheet->bytes[sheet->size - 1] != '\n')
		return parc_err_set(err, PARC_ERR_CORRUPT, "%s was cut off or changed", name);
	if (memcmp(sheet->bytes, kind, length) != 0 || sheet->bytes[length] != ' ')
		return parc_err_set(err, PARC_ERR_CORRUPT, "%s is not a %s", name, kind);
	found = strtol(sheet->bytes + length + 1, &end, 10);
	if (*end != '\n' || found < 1)
		return parc_err_set(err, PARC_ERR_CORRUPT, "%s has no version", name);
	if (found > version)
		return parc_err_set(err, PARC_ERR_VERSION,
				    "%s has version %ld; this parc knows up to %d", name, found,
				    version);
	sheet->at = (size_t)(end + 1 - sheet->bytes);
	return 0;
}

int sheet_read(struct sheet *sheet, int directory, const char *name, const char *kind, int version,
	       struct parc_err *err)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int code;

	*sheet = (struct sheet){0};
	if (fd < 0)
		return parc_err_set(err, errno == ENOENT ? PARC_ERR_UNKNOWN : PARC_ERR_IO,
				    "%s cannot be opened: %s", name, strerror(errno));
	code = load(sheet, fd, name, err);
	close(fd);
	if (code == 0)
		code = check(sheet, name, kind, version, err);
	if (code != 0)
		sheet_free(sheet);
	return code;
}

static int hex_digit(char digit)
{
	return digit >= '0' && digit <= '9'   ? digit - '0'
	       : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
					      : -1;
}

/* Put the bytes back that were written as %XX; text gets shorter, so it is done in place. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		int high = *text == '%' ? hex_digit(text[1]) : -1;
		int low = high >= 0 ? hex_digit(text[2]) : -1;

		if (low >= 0 && (high | low) != 0) {
			*to++ = (char)(high << 4 | low);
			text += 2;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

int sheet_next(struct sheet *sheet, struct sheet_line *line)
{
	char *start, *end, *space;

	if (sheet->at >= sheet->size)
		return 0;
	start = sheet->bytes + sheet->at;
	end = memchr(start, '\n', sheet->size - sheet->at);
	if (end == NULL)
		return 0;
	*end = '\0';
	sheet->at = (size_t)(end + 1 - sheet->bytes);
	space = strchr(start, ' ');
	line->key = start;
	line->value = "";
	if (space != NULL) {
		*space = '\0';
		unescape(space + 1);
		line->value = space + 1;
	}
	return 1;
}

int sheet_number(const struct sheet_line *line, int64_t min, int64_t max, int64_t *number)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(line->value, &end, 10);
	if (errno != 0 || end == line->value || *end != '\0' || value < min || value > max)
		return PARC_ERR_CORRUPT;
	*number = value;
	return 0;
}

void sheet_free(struct sheet *sheet)
{
	free(sheet->bytes);
	*sheet = (struct sheet){0};
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Unpacking gzip (zlib) and xz (liblzma) from memory to memory. The room for the result doubles
 * until it holds it or the bound is reached, so a small file that unpacks to very much is refused
 * before it takes the machine's memory.
 */
#include "text/unpack.h"

#include <lzma.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/assert.h"

#define ROOM_FIRST	65536
#define XZ_MEMORY_MAX	(UINT64_C(256) << 20) /* xz -9 takes 65 MiB to unpack */
#define ZLIB_GZIP_ALONE (16 + MAX_WBITS)      /* as inflateInit2 counts: a gzip header, no other */

/* What was unpacked so far. */
struct room {
	const char *path;
	char *bytes;
	size_t size, capacity, max;
	struct parc_err *err;
};

/* A library's stream behind one face: unpack into `out`, up to `*size` bytes, which becomes how
 * many came. 1: there is more; 0: the end; or a negative code. */
struct stream {
	z_stream gzip;
	lzma_stream xz;
	int (*step)(struct stream *stream, char *out, size_t *size, struct room *room);
};

static int refuse(const struct room *room, int code, const char *what)
{
	return parc_err_set(room->err, code, "%s: %s", room->path, what);
}

static int grow(struct room *room)
{
	size_t larger = room->capacity == 0 ? ROOM_FIRST : room->capacity * 2;
	char *more;

	if (room->capacity == room->max)
		return parc_err_set(room->err, PARC_ERR_FULL, "%s: it unpacks to %zu bytes or more",
				    room->path, room->max);
	if (larger > room->max)
		larger = room->max;
	more = realloc(room->bytes, larger);
	if (more == NULL)
		return refuse(room, PARC_ERR_MEMORY, "no memory to unpack the file");
	room->bytes = more;
	room->capacity = larger;
	return 0;
}

/* One part of a gzip file has ended: go on when another follows. Zeros after it are padding. */
static int end_gzip_part(struct stream *stream, struct room *room)
{
	while (stream->gzip.avail_in > 0 && *stream->gzip.next_in == 0) {
		stream->gzip.next_in++;
		stream->gzip.avail_in--;
	}
	if (stream->gzip.avail_in == 0)
		return 0;
	if (inflateReset(&stream->gzip) != Z_OK)
		return refuse(room, PARC_ERR_CORRUPT, "the gzip data cannot be read on");
	return 1;
}

static int step_gzip(struct stream *stream, char *out, size_t *size, struct room *room)
{
	uInt room_size = *size > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)*size;
	int code;

	stream->gzip.next_out = (Bytef *)out;
	stream->gzip.avail_out = room_size;
	code = inflate(&stream->gzip, Z_NO_FLUSH);
	*size = room_size - stream->gzip.avail_out;
	if (code == Z_STREAM_END)
		return end_gzip_part(stream, room);
	if (code == Z_MEM_ERROR)
		return refuse(room, PARC_ERR_MEMORY, "no memory to unpack the file");
	if (code == Z_BUF_ERROR || (code == Z_OK && *size == 0 && stream->gzip.avail_in == 0))
		return refuse(room, PARC_ERR_CORRUPT,
			      "the gzip data is cut off, expected the whole file");
	if (code != Z_OK)
		return refuse(room, PARC_ERR_CORRUPT, "the gzip data is damaged");
	return 1;
}

static int step_xz(struct stream *stream, char *out, size_t *size, struct room *room)
{
	size_t room_size = *size;
	lzma_ret code;

	stream->xz.next_out = (uint8_t *)out;
	stream->xz.avail_out = room_size;
	code = lzma_code(&stream->xz, LZMA_FINISH);
	*size = room_size - stream->xz.avail_out;
	switch (code) {
	case LZMA_OK:
		return 1;
	case LZMA_STREAM_END:
		return 0;
	case LZMA_MEM_ERROR:
	case LZMA_MEMLIMIT_ERROR:
		return refuse(room, PARC_ERR_MEMORY,
			      "no memory to unpack the file; at most 256 MiB are used");
	case LZMA_BUF_ERROR:
		return refuse(room, PARC_ERR_CORRUPT,
			      "the xz data is cut off, expected the whole file");
	default:
		return refuse(room, PARC_ERR_CORRUPT, "the xz data is damaged");
	}
}

/* Unpack to the end of the stream. One step that gives nothing and takes nothing is an error of
 * the libraries (BUF_ERROR), so this ends. */
static int unpack_all(struct stream *stream, struct room *room)
{
	int code;

	do {
		size_t size;

		code = room->size == room->capacity ? grow(room) : 0;
		if (code != 0)
			return code;
		size = room->capacity - room->size;
		code = stream->step(stream, room->bytes + room->size, &size, room);
		if (code >= 0)
			room->size += size;
	} while (code > 0);
	return code;
}

static int unpack_gzip(const char *bytes, size_t size, struct room *room)
{
	struct stream stream = {.step = step_gzip};
	int code;

	stream.gzip.next_in = (Bytef *)(uintptr_t)bytes;
	stream.gzip.avail_in = (uInt)size;
	if (inflateInit2(&stream.gzip, ZLIB_GZIP_ALONE) != Z_OK)
		return refuse(room, PARC_ERR_MEMORY, "no memory to unpack the file");
	code = unpack_all(&stream, room);
	inflateEnd(&stream.gzip);
	return code;
}

static int unpack_xz(const char *bytes, size_t size, struct room *room)
{
	struct stream stream = {.xz = LZMA_STREAM_INIT, .step = step_xz};
	int code;

	if (lzma_stream_decoder(&stream.xz, XZ_MEMORY_MAX, LZMA_CONCATENATED) != LZMA_OK)
		return refuse(room, PARC_ERR_MEMORY, "no memory to unpack the file");
	stream.xz.next_in = (const uint8_t *)bytes;
	stream.xz.avail_in = size;
	code = unpack_all(&stream, room);
	lzma_end(&stream.xz);
	return code;
}

static bool begins_with(const char *bytes, size_t size, const char *magic, size_t magic_size)
{
	return size >= magic_size && memcmp(bytes, magic, magic_size) == 0;
}

int unpack(const char *path, size_t bytes_max, char **bytes, size_t *size, struct parc_err *err)
{
	struct room room = {.path = path, .max = bytes_max, .err = err};
	int code;

	ASSERT(bytes_max > 0 && *size <= UINT32_MAX);

	if (begins_with(*bytes, *size, "\x1f\x8b", 2))
		code = unpack_gzip(*bytes, *size, &room);
	else if (begins_with(*bytes, *size,
			     "\xfd"
			     "7zXZ\0",
			     6))
		code = unpack_xz(*bytes, *size, &room);
	else
		return 0;
	if (code != 0) {
		free(room.bytes);
		return code;
	}
	free(*bytes);
	*bytes = room.bytes;
	*size = room.size;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A run on file. Writing encodes into one buffer that grows to the largest item; reading checks
 * every length before it allocates. Costs one encoding and one buffered write a step.
 */
#include "sim/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_MAGIC	  "PARCREC1"
#define RECORD_MAGIC_SIZE 8
#define RECORD_ITEM_MAX	  (64 << 20) /* bytes; the actions of one step */
#define RECORD_LIMITS	  11	     /* fields of struct parc_limits */
#define RECORD_WORLD_SIZE (RECORD_LIMITS * 4 + 8)
#define RECORD_BUFFER	  65536

static void put_u32(uint8_t *bytes, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
}

static void put_u64(uint8_t *bytes, uint64_t value)
{
	put_u32(bytes, (uint32_t)value);
	put_u32(bytes + 4, (uint32_t)(value >> 32));
}

static uint32_t get_u32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static uint64_t get_u64(const uint8_t *bytes)
{
	return get_u32(bytes) | (uint64_t)get_u32(bytes + 4) << 32;
}

/* The fields of the limits, in the order of the file. */
static void list_limits(struct parc_limits *limits, int32_t *fields[RECORD_LIMITS])
{
	int32_t *list[RECORD_LIMITS] = {
		&limits->nodes,	  &limits->places, &limits->devices,	  &limits->node_devices,
		&limits->jobs,	  &limits->groups, &limits->extras,	  &limits->tasks,
		&limits->tenants, &limits->shapes, &limits->index_entries};
	memcpy(fields, list, sizeof(list));
}

static int reserve_bytes(struct record *record, size_t size, struct parc_err *err)
{
	if (size <= record->size)
		return 0;
	if (size > RECORD_ITEM_MAX)
		return parc_err_set(err, PARC_ERR_CORRUPT,
				    "%s: an item of %zu bytes; at most %d are allowed",
				    record->path, size, RECORD_ITEM_MAX);
	uint8_t *bytes = realloc(record->bytes, size);
	if (!bytes)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for an item of %zu bytes",
				    size);
	record->bytes = bytes;
	record->size = size;
	return 0;
}

static int open_file(struct record *record, const char *path, const char *mode,
		     struct parc_err *err)
{
	*record = (struct record){.path = path};
	record->file = fopen(path, mode);
	if (!record->file)
		return parc_err_set(err, PARC_ERR_IO, "cannot open %s: %s", path, strerror(errno));
	return reserve_bytes(record, RECORD_BUFFER, err);
}

static void close_file(struct record *record)
{
	if (record->file)
		fclose(record->file);
	free(record->bytes);
	*record = (struct record){0};
}

static int write_error(const struct record *record, struct parc_err *err)
{
	return parc_err_set(err, PARC_ERR_IO, "cannot write to %s; is the disk full?",
			    record->path);
}

int record_open(struct record *record, const char *path, struct parc_err *err)
{
	int code = open_file(record, path, "wb", err);
	if (!code && fwrite(RECORD_MAGIC, 1, RECORD_MAGIC_SIZE, record->file) != RECORD_MAGIC_SIZE)
		code = write_error(record, err);
	if (code)
		close_file(record);
	return code;
}

static int write_item(struct record *record, char letter, size_t size, struct parc_err *err)
{
	uint8_t head[5] = {(uint8_t)letter};
	put_u32(head + 1, (uint32_t)size);
	if (fwrite(head, 1, sizeof(head), record->file) != sizeof(head) ||
	    fwrite(record->bytes, 1, size, record->file) != size)
		return write_error(record, err);
	return 0;
}

int record_world(struct record *record, const struct parc_limits *limits, uint64_t seed,
		 struct parc_err *err)
{
	struct parc_limits copy = *limits;
	int32_t *fields[RECORD_LIMITS];
	list_limits(&copy, fields);
	for (int i = 0; i < RECORD_LIMITS; i++)
		put_u32(record->bytes + (size_t)i * 4, (uint32_t)*fields[i]);
	put_u64(record->bytes + RECORD_LIMITS * 4, seed);
	return write_item(record, 'W', RECORD_WORLD_SIZE, err);
}

static int write_event(struct record *record, const struct parc_event *event, struct parc_err *err)
{
	int64_t size = parc_event_encode(event, record->bytes, record->size);
	int code = size < 0 ? parc_err_set(err, (int)size, "an event cannot be encoded")
			    : reserve_bytes(record, (size_t)size, err);
	if (code)
		return code;
	parc_event_encode(event, record->bytes, record->size);
	return write_item(record, 'E', (size_t)size, err);
}

static int write_actions(struct record *record, const struct parc_actions *actions,
			 struct parc_err *err)
{
	int64_t size = parc_actions_encode(actions, record->bytes, record->size);
	int code = size < 0 ? parc_err_set(err, (int)size, "actions cannot be encoded")
			    : reserve_bytes(record, (size_t)size, err);
	if (code)
		return code;
	parc_actions_encode(actions, record->bytes, record->size);
	return write_item(record, 'A', (size_t)size, err);
}

int record_step(struct record *record, const struct parc_event *event,
		const struct parc_actions *actions, struct parc_err *err)
{
	int code = write_event(record, event, err);
	return code ? code : write_actions(record, actions, err);
}

int record_digest(struct record *record, uint64_t digest, struct parc_err *err)
{
	put_u64(record->bytes, digest);
	return write_item(record, 'D', 8, err);
}

int record_close(struct record *record, struct parc_err *err)
{
	if (!record->file)
		return 0;
	FILE *file = record->file;
	record->file = NULL;
	int failed = ferror(file) != 0;
	failed |= fclose(file) != 0;
	int code = failed ? write_error(record, err) : 0;
	close_file(record);
	return code;
}

struct reader {
	struct record record; /* the file and the bytes of the present item */
	struct parc_core *core;
	struct record_audit *audit;
	uint64_t *event_scratch, *action_scratch;
	size_t action_scratch_size;
	struct parc_event event;
	int has_event; /* an event waits for its actions */
};

static int corrupt(const struct reader *reader, const char *what, struct parc_err *err)
{
	return parc_err_set(err, PARC_ERR_CORRUPT, "%s: after %lld steps: %s", reader->record.path,
			    (long long)reader->audit->steps, what);
}

/* Why the next step can't be had, with the file and the step that it stands at. */
static int step_fail(const struct reader *reader, const char *step, int code,
		     const struct parc_err *why, struct parc_err *err)
{
	return parc_err_set(err, code, "%s: step %lld (%s): %.180s", reader->record.path,
			    (long long)reader->audit->steps + 1, step, why->text);
}

static int read_world(struct reader *reader, size_t size, struct parc_err *err)
{
	struct parc_limits limits = {0};
	struct parc_err why = {0};
	int32_t *fields[RECORD_LIMITS];
	if (size != RECORD_WORLD_SIZE || reader->has_event)
		return corrupt(reader, "a malformed start of a core", err);
	list_limits(&limits, fields);
	for (int i = 0; i < RECORD_LIMITS; i++)
		*fields[i] = (int32_t)get_u32(reader->record.bytes + (size_t)i * 4);
	parc_core_destroy(reader->core);
	reader->core =
		parc_core_create(&limits, get_u64(reader->record.bytes + RECORD_LIMITS * 4), &why);
	if (!reader->core)
		return step_fail(reader, "a new core", why.code, &why, err);
	reader->audit->worlds++;
	return 0;
}

static int read_event(struct reader *reader, size_t size, struct parc_err *err)
{
	struct parc_err why = {0};
	if (!reader->core || reader->has_event)
		return corrupt(reader, "an event without a core or before the last one's actions",
			       err);
	int64_t used = parc_event_decode(&reader->event, reader->event_scratch, PARC_EVENT_SCRATCH,
					 reader->record.bytes, size, &why);
	if (used < 0)
		return step_fail(reader, "its event", (int)used, &why, err);
	if ((size_t)used != size)
		return corrupt(reader, "bytes are left over behind an event", err);
	reader->has_event = 1;
	return 0;
}

/* A decoded action is larger than its bytes, by a bounded factor. */
static int reserve_scratch(struct reader *reader, size_t size, struct parc_err *err)
{
	size_t needed = PARC_EVENT_SCRATCH + size * 32;
	if (needed <= reader->action_scratch_size)
		return 0;
	uint64_t *scratch = realloc(reader->action_scratch, needed);
	if (!scratch)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for decoded actions");
	reader->action_scratch = scratch;
	reader->action_scratch_size = needed;
	return 0;
}

static int read_actions(struct reader *reader, size_t size, struct parc_err *err)
{
	struct parc_actions actions = {0};
	struct parc_err why = {0};
	if (!reader->has_event)
		return corrupt(reader, "actions without their event", err);
	int code = reserve_scratch(reader, size, err);
	if (code)
		return code;
	int64_t used =
		parc_actions_decode(&actions, reader->action_scratch, reader->action_scratch_size,
				    reader->record.bytes, size, &why);
	if (used < 0)
		return step_fail(reader, parc_event_name(reader->event.kind), (int)used, &why, err);
	if ((size_t)used != size)
		return corrupt(reader, "bytes are left over behind actions", err);
	code = parc_audit_step(reader->core, &reader->event, &actions, &why);
	if (code)
		return step_fail(reader, parc_event_name(reader->event.kind), code, &why, err);
	reader->has_event = 0;
	reader->audit->steps++;
	return 0;
}

static int read_digest(struct reader *reader, size_t size, struct parc_err *err)
{
	if (size != 8 || !reader->core || reader->has_event)
		return corrupt(reader, "a malformed digest", err);
	uint64_t recorded = get_u64(reader->record.bytes);
	reader->audit->digest = parc_digest(reader->core);
	if (recorded != reader->audit->digest)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "%s: after %lld steps the digest is %016llx, recorded %016llx",
				    reader->record.path, (long long)reader->audit->steps,
				    (unsigned long long)reader->audit->digest,
				    (unsigned long long)recorded);
	return 0;
}

/* Read one item: 1, 0 at the end of the file, or a negative code. */
static int read_item(struct reader *reader, struct parc_err *err)
{
	uint8_t head[5];
	size_t got = fread(head, 1, sizeof(head), reader->record.file);
	if (got == 0)
		return reader->has_event ? corrupt(reader, "the file ends after an event", err) : 0;
	if (got != sizeof(head))
		return corrupt(reader, "the file ends inside an item", err);
	size_t size = get_u32(head + 1);
	int code = reserve_bytes(&reader->record, size, err);
	if (code)
		return code;
	if (fread(reader->record.bytes, 1, size, reader->record.file) != size)
		return corrupt(reader, "the file ends inside an item", err);
	switch (head[0]) {
	case 'W':
		code = read_world(reader, size, err);
		break;
	case 'E':
		code = read_event(reader, size, err);
		break;
	case 'A':
		code = read_actions(reader, size, err);
		break;
	case 'D':
		code = read_digest(reader, size, err);
		break;
	default:
		code = corrupt(reader, "an item of unknown kind", err);
	}
	return code ? code : 1;
}

static int read_magic(struct reader *reader, struct parc_err *err)
{
	char magic[RECORD_MAGIC_SIZE];
	if (fread(magic, 1, sizeof(magic), reader->record.file) != sizeof(magic) ||
	    memcmp(magic, RECORD_MAGIC, sizeof(magic)) != 0)
		return parc_err_set(err, PARC_ERR_CORRUPT,
				    "%s is not a record of parc sim --record", reader->record.path);
	return 0;
}

int record_audit(struct record_audit *audit, const char *path, struct parc_err *err)
{
	struct reader reader = {.audit = audit};
	*audit = (struct record_audit){0};
	int code = open_file(&reader.record, path, "rb", err);
	if (!code) {
		reader.event_scratch = malloc(PARC_EVENT_SCRATCH);
		if (!reader.event_scratch)
			code = parc_err_set(err, PARC_ERR_MEMORY, "no memory for decoded events");
	}
	if (!code)
		code = read_magic(&reader, err);
	while (!code) {
		int more = read_item(&reader, err);
		if (more <= 0) {
			code = more;
			break;
		}
	}
	parc_core_destroy(reader.core);
	free(reader.event_scratch);
	free(reader.action_scratch);
	close_file(&reader.record);
	return code;
}

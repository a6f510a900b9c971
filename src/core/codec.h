/* SPDX-License-Identifier: Apache-2.0
 *
 * Encoding and decoding by one description: each function below names the fields of a record
 * once, and the codec either writes or reads them, so the two cannot differ. Numbers are little
 * endian and of fixed width. Reading past the end sets `failed` and yields zeros, so a function
 * need not check after each field; what was read is validated by the caller.
 */
#ifndef CORE_CODEC_H
#define CORE_CODEC_H

#include <stddef.h>
#include <string.h>

#include "parc/event.h"

struct codec {
	uint8_t *out;	   /* writing: may be NULL to count bytes only */
	const uint8_t *in; /* reading; NULL: writing */
	size_t size, used; /* bytes there are; bytes done */
	uint8_t *scratch;  /* reading: where arrays are put */
	size_t scratch_size, scratch_used;
	int failed;
};

/* A number of so many bytes, out of line and with all checks. */
void codec_number(struct codec *codec, uint64_t *value, size_t bytes);

/* Reading is most of what a start does: a whole number at once where the machine has the order of
 * the encoding. */
#define CODEC_UNSIGNED(name, type)                                                    \
	static inline void name(struct codec *codec, type *value)                     \
	{                                                                             \
		uint64_t number = *value;                                             \
                                                                                      \
		if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && codec->in != NULL && \
		    !codec->failed && codec->size >= sizeof(*value) &&                \
		    codec->used <= codec->size - sizeof(*value)) {                    \
			memcpy(value, codec->in + codec->used, sizeof(*value));       \
			codec->used += sizeof(*value);                                \
		} else {                                                              \
			codec_number(codec, &number, sizeof(*value));                 \
			*value = (type)number;                                        \
		}                                                                     \
	}
CODEC_UNSIGNED(codec_u64, uint64_t)
CODEC_UNSIGNED(codec_u32, uint32_t)
CODEC_UNSIGNED(codec_u16, uint16_t)
CODEC_UNSIGNED(codec_u8, uint8_t)
#undef CODEC_UNSIGNED

static inline void codec_i64(struct codec *codec, int64_t *value)
{
	codec_u64(codec, (uint64_t *)value);
}

static inline void codec_i32(struct codec *codec, int32_t *value)
{
	codec_u32(codec, (uint32_t *)value);
}

static inline void codec_i16(struct codec *codec, int16_t *value)
{
	codec_u16(codec, (uint16_t *)value);
}

/* A number that must be what is expected: a version, a kind. */
void codec_expect(struct codec *codec, uint32_t expected);

/* Reading: room for `count` records in the scratch, zeroed; NULL and failed if there is none. */
void *codec_array(struct codec *codec, int64_t count, size_t size);

/* A slot: -1, or below `high`. */
void codec_slot(struct codec *codec, int32_t *slot, int32_t high);

/* An encoded state begins with a header of so many bytes. */
#define STATE_HEADER_BYTES 72

/* Put size and checksum of a state right after its bytes were changed. */
void state_seal(uint8_t *bytes, size_t size);

/* Records that events and the state share (codec_event.c). */
void codec_chip(struct codec *codec, struct parc_chip *it);
void codec_tenant(struct codec *codec, struct parc_tenant *it);
void codec_policy(struct codec *codec, struct parc_policy *it);
void codec_profile_entry(struct codec *codec, struct parc_profile_entry *it);
void codec_task(struct codec *codec, struct parc_task *it);
void codec_variant(struct codec *codec, struct parc_variant *it);
void codec_service(struct codec *codec, struct parc_service *it);

#endif

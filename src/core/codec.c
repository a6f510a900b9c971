/* SPDX-License-Identifier: Apache-2.0 */
#include "core/codec.h"

#include <string.h>

void codec_number(struct codec *codec, uint64_t *value, size_t bytes)
{
	int has_room = bytes <= codec->size && codec->used <= codec->size - bytes;

	if (codec->in != NULL) {
		*value = 0;
		codec->failed |= !has_room;
		if (codec->failed)
			return;
		for (size_t i = 0; i < bytes; i++)
			*value |= (uint64_t)codec->in[codec->used + i] << (8 * i);
	} else if (codec->out != NULL && has_room) {
		for (size_t i = 0; i < bytes; i++)
			codec->out[codec->used + i] = (uint8_t)(*value >> (8 * i));
	}
	codec->used += bytes;
}

void codec_expect(struct codec *codec, uint32_t expected)
{
	uint32_t value = expected;

	codec_u32(codec, &value);
	codec->failed |= value != expected;
}

void codec_slot(struct codec *codec, int32_t *slot, int32_t high)
{
	codec_i32(codec, slot);
	if (*slot < -1 || *slot >= high)
		codec->failed = 1;
	if (codec->failed)
		*slot = -1;
}

void *codec_array(struct codec *codec, int64_t count, size_t size)
{
	size_t left = codec->scratch_size - codec->scratch_used;
	void *array;

	if (codec->failed || count < 0 || (uint64_t)count > left / size) {
		codec->failed = 1;
		return NULL;
	}
	array = codec->scratch + codec->scratch_used;
	codec->scratch_used += ((size_t)count * size + 7) & ~(size_t)7;
	if (codec->scratch_used > codec->scratch_size)
		codec->scratch_used = codec->scratch_size;
	memset(array, 0, (size_t)count * size);
	return array;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Hashing a record word by word: one 64 x 64 -> 128 bit multiplication a word, folded. It has
 * no secret and no seed, so equal records hash alike on every machine.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0x2d358dccaa6c78a5)

static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
	unsigned __int128 product = (unsigned __int128)(hash ^ UINT64_C(0x8bb84b93962eacc9)) *
				    (word ^ UINT64_C(0x4b33a62ed433d4a3));

	return (uint64_t)product ^ (uint64_t)(product >> 64) ^ (hash << 1);
}

static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		hash = hash_word(hash, ((const uint8_t *)bytes)[i]);
	return hash;
}

static inline uint64_t hash_pair(uint64_t hash, int64_t high, int64_t low)
{
	return hash_word(hash, ((uint64_t)high << 32) ^ (uint64_t)(uint32_t)low);
}

#endif

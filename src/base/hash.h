/* SPDX-License-Identifier: Apache-2.0
 *
 * Hashing a record word by word: one 64 x 64 -> 128 bit multiplication a word, folded. It has
 * no secret and no seed, so equal records hash alike on every machine; who chooses the words may
 * choose what collides. A hash begins with HASH_START and goes on from word to word.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0x2d358dccaa6c78a5)

/* The hash of what was hashed so far and one more word; their order counts. */
static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
	unsigned __int128 product = (unsigned __int128)(hash ^ UINT64_C(0x8bb84b93962eacc9)) *
				    (word ^ UINT64_C(0x4b33a62ed433d4a3));

	return (uint64_t)product ^ (uint64_t)(product >> 64) ^ (hash << 1);
}

/* Each byte as a word: for what is short, as names. Its size is not hashed. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		hash = hash_word(hash, ((const uint8_t *)bytes)[i]);
	return hash;
}

/* Two numbers in one word: injective where both fit 32 bits; of larger ones bits are mixed. */
static inline uint64_t hash_pair(uint64_t hash, int64_t high, int64_t low)
{
	return hash_word(hash, ((uint64_t)high << 32) ^ (uint64_t)(uint32_t)low);
}

#endif

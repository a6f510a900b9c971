/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table with linear probing, at most half full. A look-up costs about one comparison.
 */
#include "trace/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/random.h"
#include "parc/error.h"

static uint32_t key_hash(struct names_key key)
{
	uint64_t hash = random_mix((uint64_t)key.scope + 1);

	for (const char *byte = key.name; *byte != '\0'; byte++)
		hash = (hash ^ (unsigned char)*byte) * UINT64_C(0x100000001b3);
	return (uint32_t)random_mix(hash);
}

/* The slot of a key: where it is, or the free one where it would be. */
static uint32_t find_slot(const struct names *names, struct names_key key)
{
	uint32_t slot = key_hash(key) & (names->size - 1);

	while (names->slots[slot] != 0) {
		struct names_key other = names->key_of(names->owner, names->slots[slot] - 1);

		if (other.scope == key.scope && strcmp(other.name, key.name) == 0)
			break;
		slot = (slot + 1) & (names->size - 1);
	}
	return slot;
}

void names_init(struct names *names, const void *owner, names_key_of *key_of)
{
	*names = (struct names){.owner = owner, .key_of = key_of};
}

void names_deinit(struct names *names)
{
	free(names->slots);
	*names = (struct names){0};
}

int32_t names_find(const struct names *names, struct names_key key)
{
	return names->size == 0 ? -1 : names->slots[find_slot(names, key)] - 1;
}

static int names_grow(struct names *names)
{
	struct names larger = *names;

	larger.size = names->size == 0 ? 64 : names->size * 2;
	larger.slots = calloc(larger.size, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return PARC_ERR_MEMORY;
	for (uint32_t i = 0; i < names->size; i++) {
		int32_t entry = names->slots[i];

		if (entry != 0)
			larger.slots[find_slot(&larger, names->key_of(names->owner, entry - 1))] =
				entry;
	}
	free(names->slots);
	*names = larger;
	return 0;
}

int names_add(struct names *names, int32_t index)
{
	uint32_t slot;

	if ((uint32_t)names->count * 2 >= names->size && names_grow(names) != 0)
		return PARC_ERR_MEMORY;
	slot = find_slot(names, names->key_of(names->owner, index));
	ASSERT(names->slots[slot] == 0);
	names->slots[slot] = index + 1;
	names->count++;
	return 0;
}

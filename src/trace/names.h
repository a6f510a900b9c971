/* SPDX-License-Identifier: Apache-2.0
 *
 * Names already used, each within a scope, so that a duplicate is found at once. An open hash
 * table of indexes; the names themselves stay with their owner. It is empty when all zero.
 */
#ifndef TRACE_NAMES_H
#define TRACE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct names_key {
	int64_t scope;
	const char *name;
};

/* The key of an index that was added, from the owner's tables. */
typedef struct names_key names_key_of(const void *owner, int32_t index);

struct names {
	int32_t *slots; /* index + 1; 0: free */
	uint32_t size;	/* a power of two, or 0 */
	int32_t count;
	const void *owner;
	names_key_of *key_of;
};

void names_init(struct names *names, const void *owner, names_key_of *key_of);
void names_deinit(struct names *names);

/* Index of a key, -1 if it was not added. */
int32_t names_find(const struct names *names, struct names_key key);

/* Add the key of `index`, which must be new: 0, or PARC_ERR_MEMORY. */
int names_add(struct names *names, int32_t index);

#endif

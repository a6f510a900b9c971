/* SPDX-License-Identifier: Apache-2.0
 *
 * The policy as files describe it: one mapping with a key for each field of struct parc_policy, the
 * same for the simulator and the daemon (docs/policy.md). One table of fields drives the reader,
 * the writer and the documentation.
 *
 *   begin   policy_file_default
 *   read    policy_file_read, policy_file_read_map
 *   check   policy_file_check
 *   show    policy_file_write, policy_file_json, policy_file_document
 */
#ifndef TRACE_POLICY_FILE_H
#define TRACE_POLICY_FILE_H

#include <jansson.h>
#include <stdio.h>

#include "parc/setting.h"
#include "text/yaml_tree.h"

enum policy_field_kind {
	POLICY_WORD,   /* a name out of one of the core's tables, int32 */
	POLICY_COUNT,  /* a whole number, int32 */
	POLICY_FLAG,   /* true or false, as 1 or 0 in int32 */
	POLICY_TIME,   /* "30s", "6m", in microseconds, int64 */
	POLICY_SEED,   /* a whole number, uint64 */
	POLICY_RIGHTS, /* tiers to lists of lower tiers */
};

struct policy_field {
	const char *key;
	const char *seconds_key; /* of a time: its other key, whole seconds; else NULL */
	enum policy_field_kind kind;
	size_t offset;		     /* in struct parc_policy */
	int64_t min, max;	     /* of a count; of a time in microseconds */
	const char *(*name_of)(int); /* WORD */
	const char *heed;	     /* with what it has an effect; "": always */
	const char *meaning;
};

extern const struct policy_field policy_fields[];
extern const int policy_fields_count;

/* What holds where nobody said otherwise, in the daemon and for `parc sim --policy-file`. */
void policy_file_default(struct parc_policy *policy);

/* Read the file at `path`, a mapping below the key `policy`. Fields that it lacks stay as they are,
 * so begin with policy_file_default or with the policy in force. What is malformed, out of range or
 * without effect is refused with FILE:LINE:COLUMN and what is right; `policy` is then unchanged. */
int policy_file_read(struct parc_policy *policy, const char *path, struct parc_err *err);

/* The same from a mapping within another file. */
int policy_file_read_map(struct yaml_tree *tree, yaml_node_t *map, struct parc_policy *policy,
			 struct parc_err *err);

/* Do its parts go together? 0, or PARC_ERR_INVALID and why not. */
int policy_file_check(const struct parc_policy *policy, struct parc_err *err);

/* The whole policy as a file that policy_file_read takes: 0, or PARC_ERR_IO. */
int policy_file_write(FILE *out, const struct parc_policy *policy, struct parc_err *err);

/* The whole policy as an object, times in microseconds as KEY_us; the caller's. NULL: no memory. */
json_t *policy_file_json(const struct parc_policy *policy);

/* docs/policy.md as text; the caller frees it. NULL: no memory. */
char *policy_file_document(void);

#endif

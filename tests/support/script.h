/* SPDX-License-Identifier: Apache-2.0
 *
 * A script is a list of events that can be written as text, read again, cut down and stepped.
 *
 * One event is one line: its time, its kind, then field=value; a field that is left out has its
 * usual value. A bare word begins a part of the event:
 *
 *     0s chip-set chip=0 rule=scalar memory=16
 *     0s node-add node=1 cpu=8000 memory=64 pool chip=0 devices=4 link=2
 *     5s submit job=1 group devices=2 cpu=1000 tasks=2 max=4 after job=1 kind=1
 *     6s started job=1
 *
 * An event of an allocation names the job; the allocation it has at that moment is meant.
 */
#ifndef SUPPORT_SCRIPT_H
#define SUPPORT_SCRIPT_H

#include <stdio.h>

#include "parc/core.h"

#define ENTRY_NODES_MAX	  16
#define ENTRY_PROFILE_MAX 16
#define ENTRY_TEXT_MAX	  4096

struct entry { /* one event with its arrays */
	struct parc_event event;
	int64_t run_job; /* above 0: this job's allocation and attempt are filled in when stepped */
	struct parc_group groups[PARC_GROUPS_MAX];
	struct parc_variant variants[PARC_VARIANTS_MAX];
	struct parc_depend depends[PARC_DEPENDS_MAX];
	struct parc_profile_entry profile[ENTRY_PROFILE_MAX];
	int64_t nodes[ENTRY_NODES_MAX]; /* of a window */
};

struct script {
	struct entry *list;
	int32_t count, room;
};

void script_init(struct script *script);
void script_deinit(struct script *script);

/* A copy of the entry at the end. */
void script_add(struct script *script, const struct entry *entry);

/* Everything but the entries first .. first + count - 1, into `to` (initialised, emptied). */
void script_cut(struct script *to, const struct script *from, int32_t first, int32_t count);

/* Let the event point to the arrays beside it, and to the allocation that its job has now. */
void entry_bind(struct entry *entry, const struct parc_core *core);

/* As one line without a newline. Returns the text. */
const char *entry_format(const struct entry *entry, char text[ENTRY_TEXT_MAX]);

/* From one line; -1 and what is wrong in `why`. */
int entry_parse(struct entry *entry, const char *line, const char **why);

/* One action as a line without a newline. */
const char *action_format(const struct parc_action *action, char text[ENTRY_TEXT_MAX]);

/* The numbers of an event that are no counts of arrays, for tests that spoil them. */
struct entry_number {
	void *at;
	int32_t bytes;
};
int32_t entry_numbers(struct entry *entry, struct entry_number *numbers, int32_t max);

void script_print(const struct script *script, FILE *out);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The process that becomes a task: between fork and exec it puts on the user, the session, the
 * folder, the files and the environment of its job. It waits for a byte before it goes, so that
 * nothing of the job runs before its start is on disk; if its supervisor dies first, it ends.
 */
#ifndef ENGINE_CHILD_H
#define ENGINE_CHILD_H

#include "engine/claim.h"

/* clang-format off */
#define CHILD_STAGE_MAP(X) \
	X(GO, 0, "it was not let go") X(SESSION, 1, "it has no session of its own") \
	X(LIMITS, 0, "its limits cannot be set") \
	X(ENVIRONMENT, 0, "no memory for its environment") \
	X(REPORTS, 0, "its reports have no way") X(FOLDER_OUTPUT, 0, "its output has no file") \
	X(USER, 0, "it cannot run as its user") \
	X(USER_LIMITS, 1, "a limit that it asks for cannot be set") \
	X(DIRECTORY, 1, "its directory cannot be entered") \
	X(OUTPUT, 1, "its output cannot be opened") \
	X(FILES, 0, "its files cannot be put in place") \
	X(COMMAND, 1, "its command cannot be run")
/* clang-format on */
#define X(name, users, text) CHILD_##name,
enum child_stage { CHILD_STAGE_MAP(X) };
#undef X

/* Written by a child that could not become its task. */
struct child_failure {
	int32_t stage, number; /* enum child_stage; errno */
};

struct child {
	const struct claim *claim;
	int32_t task;	   /* index in claim->tasks */
	int folder;	   /* of the claim */
	int lock;	   /* of the claim: not to be held by the child */
	int go, failure;   /* pipes: a byte lets it go; a child_failure comes back, or its end */
	int limits_memory; /* no control group does */
};

/* Become the task. It does not return. */
void child_become(const struct child *child) __attribute__((noreturn));

/* The sentence of a stage, and whether the user is to mend it. */
const char *child_stage_text(int stage);
int child_stage_is_users(int stage);

/* The output file of task k, as its path: PATH, or PATH.k for k > 0. */
void child_output_path(char *path, size_t size, const char *output, int32_t task);

#endif

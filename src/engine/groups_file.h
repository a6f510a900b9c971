/* SPDX-License-Identifier: Apache-2.0
 *
 * Within groups_*.c: the files of a group, and the setting of limits.
 */
#ifndef ENGINE_GROUPS_FILE_H
#define ENGINE_GROUPS_FILE_H

#include <sys/types.h>

#include "engine/groups.h"

#define GROUPS_FILE_SIZE (GROUPS_PATH_SIZE + 128) /* of a path of a file of a leaf */

/* Read a file whole, ended by NUL: its bytes, or -1. Write one in a single write: 0, or -1. */
ssize_t groups_read_file(const char *path, char *bytes, size_t size);
int groups_write_file(const char *path, const char *text);

/* The path of a leaf's file; leaf "": of the attempt's group; file "": of the group itself. */
void groups_leaf_path(char path[GROUPS_FILE_SIZE], const struct groups_place *place,
		      const char *attempt, const char *leaf, const char *file);

/* The number behind a word that begins a line, -1 if it is not there. */
int64_t groups_word_number(const char *text, const char *word);

/* Set the weight of a group for the CPU, so that 1,000 is that of an ordinary process. Leaf "": of
 * the attempt's group; attempt "." and leaf "": of the engine's. */
int groups_set_weight(const struct groups *groups, const char *attempt, const char *leaf,
		      int64_t cpu_milli, struct parc_err *err);

int groups_limit(const struct groups *groups, const char *attempt, const char *leaf,
		 const struct groups_limits *limits, struct parc_err *err);

#endif

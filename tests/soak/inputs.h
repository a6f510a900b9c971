/* SPDX-License-Identifier: Apache-2.0
 *
 * Inputs for the fuzzers of what is encoded (fuzz/fuzz_event.c, fuzz_actions.c), out of a soak: the
 * first event of each kind and the first decision with an action of each kind. When an encoding
 * gets a new version, its corpus is written anew.
 */
#ifndef SOAK_INPUTS_H
#define SOAK_INPUTS_H

#include "parc/core.h"

/* Write into DIRECTORY/fuzz_event/ and DIRECTORY/fuzz_actions/, which exist, what is not there
 * yet. Returns 0, or -1 when a file cannot be written (errno). */
int inputs_write(const char *directory, const struct parc_event *event,
		 const struct parc_actions *actions);

#endif

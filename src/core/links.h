/* SPDX-License-Identifier: Apache-2.0
 *
 * Is a state that was read a state at all? Its bytes may be anything: before lists are walked and
 * records believed, each list must visit used records of its owner, each record once, and each
 * number must lie in the range that events could have given it.
 */
#ifndef CORE_LINKS_H
#define CORE_LINKS_H

#include "core/state.h"

/* 0, or why not. Takes memory for marks and gives it back: for decoding only. */
int links_check(const struct parc_core *core, struct parc_err *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Shrinking by delta debugging (Zeller, Hildebrandt, "Simplifying and Isolating Failure-Inducing
 * Input", IEEE TSE 2002): parts of the script are left out, ever smaller ones, as long as what
 * is left fails in the same way.
 */
#ifndef SOAK_SHRINK_H
#define SOAK_SHRINK_H

#include "support/script.h"

/* Does this script still fail in the way that is looked for? */
typedef int (*shrink_fails)(const struct script *script, void *context);

/* Cut the script down in place. Returns how many scripts were tried. */
int32_t shrink(struct script *script, shrink_fails fails, void *context);

#endif

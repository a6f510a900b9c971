/* SPDX-License-Identifier: Apache-2.0
 *
 * What a piece of stock is worth: the dual of the cutting-stock problem (Gilmore, Gomory, "A
 * linear programming approach to the cutting-stock problem", Operations Research 1961).
 *
 * Given sizes with demands, to be cut from stock of length CUTTING_WHOLE with as little stock as
 * possible, each size has a shadow price; the value of a piece of length w is the dearest set of
 * sizes that can be cut from it. A piece that nothing fits is worth nothing; a cut loses value
 * exactly when it departs from the best patterns.
 */
#ifndef BASE_CUTTING_H
#define BASE_CUTTING_H

#include <stdint.h>

#define CUTTING_WHOLE 1000
#define CUTTING_ONE   (1 << 20) /* the value of a whole piece */

/* Fill values[0..CUTTING_WHOLE], in 1/CUTTING_ONE of a whole piece, for demands[size] of each
 * size 1..CUTTING_WHOLE-1 (0: not asked for). The rarest sizes beyond 40 are counted with the
 * next larger one. `demands` is changed. Cost: some tens of knapsacks over 1000 lengths. */
void cutting_values(int64_t *demands, int32_t *values);

#endif

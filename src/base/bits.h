/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting bits without a call: for x86-64 as such the compiler calls a function for that.
 */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdint.h>

/* How many bits are set: summed in pairs, fours and bytes, then all bytes by one multiplication. */
static inline int32_t bits_count(uint32_t bits)
{
	bits -= bits >> 1 & UINT32_C(0x55555555);
	bits = (bits & UINT32_C(0x33333333)) + (bits >> 2 & UINT32_C(0x33333333));
	return (int32_t)(((bits + (bits >> 4)) & UINT32_C(0x0f0f0f0f)) * UINT32_C(0x01010101) >>
			 24);
}

#endif

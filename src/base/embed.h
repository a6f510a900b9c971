/* SPDX-License-Identifier: Apache-2.0
 *
 * A file inside the program: the assembler takes it in as it is, which gcc and clang do alike and
 * without a generator. NAME begins it, NAME_end stands at the zero byte after it.
 */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

/* clang-format off */
#define EMBED(name, path) \
	__asm__(".section .rodata\n" \
		".global " #name ", " #name "_end\n" \
		".type " #name ", %object\n" \
		#name ":\n" \
		".incbin \"" path "\"\n" \
		#name "_end:\n" \
		".byte 0\n" \
		".size " #name ", . - " #name "\n" \
		".text\n")
/* clang-format on */

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of the HTML report inside the program: the assembler takes them in as they are, which
 * gcc and clang do alike and without a generator. The Makefile gives their paths and hashes.
 */
#include "sim/report_assets.h"

/* clang-format off */
#define EMBED(name, path) \
	__asm__(".section .rodata\n" \
		".global " #name "\n" \
		".type " #name ", %object\n" \
		#name ":\n" \
		".incbin \"" path "\"\n" \
		".byte 0\n" \
		".size " #name ", . - " #name "\n" \
		".text\n")
/* clang-format on */

EMBED(report_style, REPORT_STYLE);
EMBED(report_script, REPORT_SCRIPT);

const char report_style_hash[] = REPORT_STYLE_HASH;
const char report_script_hash[] = REPORT_SCRIPT_HASH;

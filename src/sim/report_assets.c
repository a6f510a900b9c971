/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of the HTML report inside the program (embed.h). The Makefile gives their paths and
 * hashes.
 */
#include "sim/report_assets.h"

#include "base/embed.h"

EMBED(report_style, REPORT_STYLE);
EMBED(report_script, REPORT_SCRIPT);

const char report_style_hash[] = REPORT_STYLE_HASH;
const char report_script_hash[] = REPORT_SCRIPT_HASH;

/* SPDX-License-Identifier: Apache-2.0
 *
 * The style sheet and the script of the HTML report: the files of src/sim/report/, as the Makefile
 * joined them, inside the program. Each ends in a zero.
 */
#ifndef SIM_REPORT_ASSETS_H
#define SIM_REPORT_ASSETS_H

extern const char report_style[], report_script[];

/* Their SHA-256 in base64, by which the page's security policy allows these and no others. */
extern const char report_style_hash[], report_script_hash[];

#endif

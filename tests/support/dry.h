/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests that need a daemon within their own process: on a folder of the test's own, the faulty
 * file layer, and the dry engine with a fleet of one node of four devices.
 *
 *   dry_setup, dry_teardown    around each test
 *   dry_open, dry_make         a daemon; dry_make fails the test when it cannot
 *   dry_submit                 one job
 */
#ifndef TESTS_SUPPORT_DRY_H
#define TESTS_SUPPORT_DRY_H

#include "daemon/daemon.h"

extern char dry_data[420], dry_config[420]; /* the daemon's folder; a file to be written */

int dry_setup(void **state);
int dry_teardown(void **state);

int dry_open(struct daemon *daemon, const char *configuration, struct parc_err *err);
struct daemon *dry_make(const char *configuration); /* NULL: the defaults */
void dry_end(struct daemon *daemon);		    /* closes it as it is: no snapshot */

/* Submit one job with these fields beside the command: its number, or a code. */
int64_t dry_submit(struct daemon *daemon, const char *fields, struct parc_err *err);

void text_write(const char *path, const char *text);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What may be forgotten (docs/journal.md): records before a snapshot that is kept, once they are
 * older than the configuration says or the database is larger; rows of jobs that ended long ago,
 * with the output that parc kept of them; idempotency keys.
 *
 *   retain_care       now and then, within a transaction if one is open; a little at each call
 *   retain_snapshots  after a snapshot was written
 */
#ifndef DAEMON_RETAIN_H
#define DAEMON_RETAIN_H

#include <stdint.h>

struct daemon;

struct retain {
	int64_t base;	 /* records up to this one go; 0: none do */
	int64_t look_us; /* when the base is next thought about */
	int64_t job;	 /* rows of jobs were looked at up to this one */
	int64_t dropped; /* records, since the start */
};

void retain_care(struct daemon *daemon);
void retain_snapshots(struct daemon *daemon);

#endif

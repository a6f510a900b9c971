/* SPDX-License-Identifier: Apache-2.0
 *
 * A file layer of SQLite that fails when it is told to, and that can lose power: it knows of each
 * file what was synced and what was written since. With LINK_FAULTY (Makefile) a test's calls of
 * open, write, fsync, rename and their kin go through it too (faulty_calls.c), those of children
 * as well.
 *
 *   faulty_register            as "faulty", before the first store_open
 *   faulty_fail_after          the nth write, sync, truncation or opening fails, and all after it
 *   faulty_crash               of what was not synced a random part reaches the disk, the last
 *                              write perhaps torn; to be called with all stores closed
 */
#ifndef TESTS_SUPPORT_FAULTY_H
#define TESTS_SUPPORT_FAULTY_H

#include <stdint.h>

enum faulty_kind {
	FAULTY_WRITE = 1,
	FAULTY_SYNC = 2,
	FAULTY_TRUNCATE = 4,
	FAULTY_FULL = 8,  /* writes fail with "disk full" */
	FAULTY_NAME = 16, /* making, renaming, linking and removing files; of calls only */
};

void faulty_register(void);

/* Operations of the kinds (a set) until one fails: 1 the next; 0: none. */
void faulty_fail_after(int kinds, int64_t operations);

/* Operations seen since the last call of faulty_fail_after. */
int64_t faulty_seen(void);

/* Begin to remember what is not synced; stop remembering and leave the files as they are. */
void faulty_watch(void);
void faulty_unwatch(void);

/* From now on, or from the nth operation on, nothing reaches a file any more: the power is off. */
void faulty_power_off(void);
void faulty_power_off_after(int64_t operations);
int faulty_power_is_off(void);

/* Make of each watched file what the disk has. Ends the watch; the power is on again. */
void faulty_crash(uint64_t seed);

/* For the layers: an operation of this kind is to fail; nothing is to be done any more. */
int faulty_fails(int kind);
int faulty_is_off(void);

#endif

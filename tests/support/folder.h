/* SPDX-License-Identifier: Apache-2.0
 *
 * Folders that tests, benchmarks and fuzzers make.
 */
#ifndef TESTS_SUPPORT_FOLDER_H
#define TESTS_SUPPORT_FOLDER_H

/* Remove a folder with all that is in it, also what others are just making there; one that is not
 * there is passed over. Links are not followed. */
void folder_remove(const char *path);

#endif

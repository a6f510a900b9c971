/* SPDX-License-Identifier: Apache-2.0
 *
 * ASSERT guards against our own bugs and stays on in release builds: a daemon that dies before
 * the commit recovers; one that goes on with a broken state does not.
 */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

#define ASSERT(condition)                             \
	(__builtin_expect(!!(condition), 1) ? (void)0 \
					    : assert_failed(#condition, __FILE__, __LINE__))

/* Write what failed and where to standard error, and abort. */
void assert_failed(const char *condition, const char *file, int line)
	__attribute__((noreturn, cold));

#endif

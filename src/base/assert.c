/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "parc: internal error: %s does not hold at %s:%d\n", condition, file, line);
	abort();
}

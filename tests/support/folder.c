/* SPDX-License-Identifier: Apache-2.0 */
#include "support/folder.h"

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#define OPEN_MAX_HERE 16 /* folders that are open at a time */
#define TRIES_MAX     10 /* as long as somebody still writes into it */

static int entry_remove(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	remove(path);
	return 0;
}

void folder_remove(const char *path)
{
	for (int i = 0; i < TRIES_MAX && access(path, F_OK) == 0; i++)
		nftw(path, entry_remove, OPEN_MAX_HERE, FTW_DEPTH | FTW_PHYS);
}

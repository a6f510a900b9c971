/* SPDX-License-Identifier: Apache-2.0
 *
 * A file that a command writes, whole or not at all: what is written goes into a file beside it,
 * which takes its name when all of it is there. So what stood there before is lost only to
 * something whole, whatever fails, and whoever stops the program. What is no plain file (a device,
 * a pipe, a symbolic link) is written to as it stands.
 *
 *   life cycle   outfile_open, outfile_close
 */
#ifndef CLI_OUTFILE_H
#define CLI_OUTFILE_H

#include <stdio.h>

#include "parc/error.h"

struct outfile {
	FILE *stream;	  /* to write to */
	const char *path; /* the caller's */
	char *part;	  /* the file beside it, NULL: there is none */
};

/* Open the file at `path`, which has to stay until it is closed. On failure nothing is open and
 * PARC_ERR_IO or PARC_ERR_MEMORY is returned. One is open at a time. */
int outfile_open(struct outfile *outfile, const char *path, struct parc_err *err);

/* Close it after the writing that ended with `code`: 0 gives it its name, anything else leaves
 * what was there. Returns `code`, or with 0 PARC_ERR_IO when what was written could not be kept. */
int outfile_close(struct outfile *outfile, int code, struct parc_err *err);

#endif

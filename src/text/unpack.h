/* SPDX-License-Identifier: Apache-2.0
 *
 * Files as they lie about: packed by gzip or xz, told by their first bytes and not by their name.
 */
#ifndef TEXT_UNPACK_H
#define TEXT_UNPACK_H

#include <stddef.h>

#include "parc/error.h"

/* Replace a packed block by what is in it; leaves any other block as it is. Several packed parts
 * one after another count as one. Data that is broken, cut off, or unpacks to bytes_max bytes or
 * more is refused, and the block stays the caller's to free. `path` is for messages. */
int unpack(const char *path, size_t bytes_max, char **bytes, size_t *size, struct parc_err *err);

#endif

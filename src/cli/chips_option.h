/* SPDX-License-Identifier: Apache-2.0
 *
 * The option --chips FILE of several commands: catalogues that lie over the program's own, in the
 * order in which they are given.
 */
#ifndef CLI_CHIPS_OPTION_H
#define CLI_CHIPS_OPTION_H

#include "chip/catalogue.h"

#define CHIPS_OPTION_MAX 8

struct chips_option {
	const char *paths[CHIPS_OPTION_MAX];
	int count;
};

/* 0, or PARC_ERR_USAGE when there are too many. */
int chips_option_add(struct chips_option *option, const char *path, struct parc_err *err);

/* The catalogue, to be destroyed by the caller; NULL and an error. */
struct catalogue *chips_option_load(const struct chips_option *option, struct parc_err *err);

#endif

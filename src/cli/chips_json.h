/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CHIPS_JSON_H
#define CLI_CHIPS_JSON_H

#include "chip/catalogue.h"

/* Print the catalogue, or the one chip that it is known to have, as one JSON object: 0, or -1 and a
 * message on standard error. An unknown figure is null. */
int chips_json_print(const struct catalogue *catalogue, const char *name);

#endif

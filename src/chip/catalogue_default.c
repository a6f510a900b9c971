/* SPDX-License-Identifier: Apache-2.0
 *
 * The catalogue in the program: catalogue.yaml as it is, taken in by the assembler.
 */
#include "base/embed.h"
#include "chip/catalogue.h"

extern const char catalogue_yaml[];
extern const char catalogue_yaml_end[];

EMBED(catalogue_yaml, CATALOGUE_YAML);

int catalogue_add_default(struct catalogue *catalogue, struct parc_err *err)
{
	return catalogue_add_bytes(catalogue, "catalogue.yaml", catalogue_yaml,
				   (size_t)(catalogue_yaml_end - catalogue_yaml), err);
}

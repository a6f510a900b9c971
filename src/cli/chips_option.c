/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/chips_option.h"

int chips_option_add(struct chips_option *option, const char *path, struct parc_err *err)
{
	if (option->count == CHIPS_OPTION_MAX)
		return parc_err_set(err, PARC_ERR_USAGE, "--chips is given more than %d times",
				    CHIPS_OPTION_MAX);
	option->paths[option->count++] = path;
	return 0;
}

struct catalogue *chips_option_load(const struct chips_option *option, struct parc_err *err)
{
	struct catalogue *catalogue = catalogue_create();
	int code;

	if (catalogue == NULL) {
		parc_err_set(err, PARC_ERR_MEMORY, "no memory for the catalogue of chips");
		return NULL;
	}
	code = catalogue_add_default(catalogue, err);
	for (int i = 0; i < option->count && code == 0; i++)
		code = catalogue_add_file(catalogue, option->paths[i], err);
	if (code == 0)
		return catalogue;
	catalogue_destroy(catalogue);
	return NULL;
}

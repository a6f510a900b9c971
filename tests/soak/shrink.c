/* SPDX-License-Identifier: Apache-2.0 */
#include "shrink.h"

/* Leave out each part of `size` entries in turn, the last first: what comes late depends on what
 * came before, not the other way round. Returns 1 if any could go. */
static int shrink_by(struct script *script, int32_t size, shrink_fails fails, void *context,
		     int32_t *tried)
{
	struct script less;
	int any = 0;

	script_init(&less);
	for (int32_t first = script->count - size; first > -size; first -= size) {
		int32_t from = first < 0 ? 0 : first;

		script_cut(&less, script, from, size);
		(*tried)++;
		if (less.count < script->count && fails(&less, context)) {
			struct script kept = less;

			less = *script;
			*script = kept;
			any = 1;
		}
	}
	script_deinit(&less);
	return any;
}

int32_t shrink(struct script *script, shrink_fails fails, void *context)
{
	int32_t size = script->count / 2, tried = 0;

	while (size >= 1) {
		int any = shrink_by(script, size, fails, context, &tried);

		if (!any || size > 1)
			size = size == 1 ? 0 : (size + 1) / 2;
	}
	return tried;
}

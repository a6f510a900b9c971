/* SPDX-License-Identifier: Apache-2.0
 *
 * The catalogue in memory: three short tables that are searched from end to end. Reading a file is
 * in catalogue_yaml.c.
 */
#include "chip/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

#define X(name, key, unit, min, max, text) {key, unit, min, max, text},
const struct catalogue_label catalogue_labels[CATALOGUE_FIGURES] = {CATALOGUE_FIGURE_MAP(X)};
#undef X

#define X(name, text) text,
const char *const catalogue_kind_names[CATALOGUE_KINDS] = {CATALOGUE_KIND_MAP(X)};
#undef X

struct catalogue *catalogue_create(void)
{
	return calloc(1, sizeof(struct catalogue));
}

void catalogue_destroy(struct catalogue *catalogue)
{
	free(catalogue);
}

const struct catalogue_chip *catalogue_find(const struct catalogue *catalogue, const char *name)
{
	for (int32_t i = 0; i < catalogue->chips_count; i++)
		if (strcmp(catalogue->chips[i].name, name) == 0)
			return &catalogue->chips[i];
	return NULL;
}

const struct catalogue_make *catalogue_find_make(const struct catalogue *catalogue,
						 const char *name)
{
	for (int32_t i = 0; i < catalogue->makes_count; i++)
		if (strcmp(catalogue->makes[i].name, name) == 0)
			return &catalogue->makes[i];
	return NULL;
}

const struct catalogue_claim *catalogue_value(const struct catalogue *catalogue,
					      const struct catalogue_figure *figure)
{
	const struct catalogue_claim *best = NULL;
	int best_measured = 0;

	for (int32_t i = 0; i < figure->claims_count; i++) {
		const struct catalogue_claim *claim = &figure->claims[i];
		int measured = catalogue->sources[claim->source].kind == CATALOGUE_MEASURED;

		if (best == NULL || measured > best_measured ||
		    (measured == best_measured && claim->value < best->value)) {
			best = claim;
			best_measured = measured;
		}
	}
	return best;
}

static int64_t value_or(const struct catalogue *catalogue, const struct catalogue_chip *it,
			int32_t figure, int64_t usual)
{
	const struct catalogue_claim *claim = catalogue_value(catalogue, &it->figures[figure]);

	return claim == NULL ? usual : claim->value;
}

void catalogue_fill(const struct catalogue *catalogue, const struct catalogue_chip *it,
		    struct parc_chip *chip)
{
	_Static_assert(CATALOGUE_SPEED_BATCH - CATALOGUE_SPEED_TRAIN == PARC_CLASS_BATCH,
		       "speeds stand in the order of the classes");

	*chip = it->rules;
	chip->memory_mib = (int32_t)value_or(catalogue, it, CATALOGUE_MEMORY, 0);
	chip->rate_milli = (int32_t)value_or(catalogue, it, CATALOGUE_RATE, PARC_SHARE_WHOLE);
	chip->price_micro[0] = value_or(catalogue, it, CATALOGUE_PRICE, 0);
	for (int32_t c = PARC_CLASS_TRAIN; c <= PARC_CLASS_BATCH; c++)
		chip->speed_milli[c] =
			(int32_t)value_or(catalogue, it, CATALOGUE_SPEED_TRAIN + c, 0);
}

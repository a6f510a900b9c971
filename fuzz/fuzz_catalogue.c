/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of the reader of catalogues. A file that is refused must leave the catalogue as it was, to
 * the byte; one that is taken must give chips that the core takes.
 */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "chip/catalogue.h"
#include "parc/core.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_chips(const struct catalogue *catalogue)
{
	struct parc_limits limits = parc_limits_for(1, 8, 1);
	static struct parc_core *core;

	if (core == NULL)
		core = parc_core_create(&limits, 1, NULL);
	ASSERT(core != NULL);
	for (int32_t i = 0; i < catalogue->chips_count; i++) {
		struct parc_event event = {.kind = PARC_EVENT_CHIP_SET};
		struct parc_err err = {0};

		catalogue_fill(catalogue, &catalogue->chips[i], &event.chip);
		event.chip.chip = i;
		if (parc_check(core, &event, &err) != 0)
			/* a rule may not suit units or users: fleets are told so when they load it
			 */
			ASSERT(err.code < 0 && err.text[0] != '\0');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct catalogue *known;
	struct catalogue *it = catalogue_create();
	struct parc_err err = {0};

	if (known == NULL) {
		known = catalogue_create();
		ASSERT(known != NULL && catalogue_add_default(known, &err) == 0);
	}
	ASSERT(it != NULL);
	memcpy(it, known, sizeof(*it)); /* padding, too: it is compared byte by byte */
	if (catalogue_add_bytes(it, "fuzz", (const char *)bytes, size, &err) == 0)
		check_chips(it);
	else
		ASSERT(err.code < 0 && err.text[0] != '\0' && memcmp(it, known, sizeof(*it)) == 0);
	catalogue_destroy(it);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of what is submitted: any text is refused with a sentence, or is a job that a core checks
 * like any other: it is refused there, or stepped with all invariants kept.
 */
#include <stdint.h>

#include "base/assert.h"
#include "daemon/spec.h"
#include "support/hostile.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void spec_step(struct spec *spec)
{
	struct parc_core *core = hostile_core();
	struct parc_event event = {
		.time_us = PARC_TIME_MAX - 1, .kind = PARC_EVENT_SUBMIT, .submit = spec->submit};

	event.submit.job = INT64_MAX - 1;
	event.submit.user = 1;
	if (parc_check(core, &event, NULL) == 0)
		ASSERT(parc_step(core, &event, NULL, NULL) == 0);
	hostile_check(core);
	parc_core_destroy(core);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct spec_chips chips = {.names = {"A100", "cpu"}, .count = 2};
	json_t *object = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, NULL);
	struct spec_fault fault = {0};
	struct spec spec;
	int code;

	if (object == NULL)
		return 0;
	code = spec_read(&spec, object, &chips, &fault);
	if (code == 0)
		spec_step(&spec);
	else
		ASSERT(fault.err.code == code && fault.err.text[0] != '\0');
	json_decref(object);
	return 0;
}

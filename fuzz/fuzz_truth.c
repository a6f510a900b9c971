/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of the reader of true speeds: what is taken lies within its ranges, what is refused says
 * why.
 */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "text/text.h"
#include "trace/truth.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void make_world(struct fleet *fleet, struct jobs *jobs)
{
	static const char nodes[] =
		"name,cpu_milli,memory_mib,pools\na,8000,1,T4:1\nb,8000,1,P4:1\n";
	static const char log[] = "submit_s,length_s,devices,kind\n0,1,1,k\n0,1,1,l\n";
	struct text text;

	ASSERT(fleet_read_bytes(fleet, "nodes", nodes, strlen(nodes), NULL) == 0);
	text_init(&text, "log", log, strlen(log));
	ASSERT(jobs_read_bytes("csv", &text, fleet, NULL, jobs, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct fleet fleet;
	static struct jobs jobs;
	struct parc_err err = {0};
	struct truth truth;
	struct text text;

	if (fleet.chips_count == 0)
		make_world(&fleet, &jobs);
	text_init(&text, "fuzz", (const char *)bytes, size);
	if (truth_read_bytes(&truth, &text, &fleet, &jobs, &err) != 0) {
		ASSERT(err.code < 0 && err.text[0] != '\0' && truth.rows == NULL);
		return 0;
	}
	for (int32_t kind = -1; kind < jobs.kinds.count; kind++)
		for (int32_t chip = 0; chip < fleet.chips_count; chip++) {
			int32_t speed = truth_speed(&truth, kind, chip, size);

			ASSERT(speed >= 0 && speed < 2 * PARC_SPEED_MAX);
		}
	truth_deinit(&truth);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of the fleet readers. A fleet that is read must survive being written as YAML and read
 * again, with as many nodes, places and devices. The mixes share the readers, so they are tried
 * with the same bytes.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/assert.h"
#include "trace/generate.h"

#define NODES_MAX 2000 /* larger fleets (one entry with a large count) are not written */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_written(const struct fleet *fleet)
{
	struct fleet again;
	char *written = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&written, &size);

	ASSERT(out != NULL && fleet_write_yaml(fleet, out, NULL) == 0);
	fclose(out);
	ASSERT(fleet_read_bytes(&again, "written", written, size, NULL) == 0);
	ASSERT(again.nodes_count == fleet->nodes_count);
	ASSERT(again.places_count == fleet->places_count);
	ASSERT(again.chips_count == fleet->chips_count && again.devices == fleet->devices);
	fleet_deinit(&again);
	free(written);
}

static void try_mixes(const char *bytes, size_t size)
{
	struct fleet_mix fleet_mix;
	struct task_mix task_mix;
	struct fleet fleet;

	if (fleet_mix_read_bytes(&fleet_mix, "fuzz", bytes, size, NULL) == 0) {
		ASSERT(fleet_generate(&fleet, &fleet_mix, 50, 1, NULL) == 0);
		fleet_deinit(&fleet);
		fleet_mix_deinit(&fleet_mix);
	}
	if (task_mix_read_bytes(&task_mix, "fuzz", bytes, size, NULL) == 0)
		task_mix_deinit(&task_mix);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fleet fleet;
	struct parc_err err = {0};

	if (fleet_read_bytes(&fleet, "fuzz", (const char *)bytes, size, &err) == 0) {
		if (fleet.nodes_count <= NODES_MAX && fleet.places_count <= NODES_MAX)
			check_written(&fleet);
		fleet_deinit(&fleet);
		return 0;
	}
	ASSERT(err.code < 0 && err.text[0] != '\0');
	try_mixes((const char *)bytes, size);
	return 0;
}

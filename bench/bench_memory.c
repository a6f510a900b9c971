/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory of a core, all of it: one block, taken at set-up, for 60,625 nodes of 8 devices and
 * 1,000,000 jobs, and for smaller fleets.
 */
#include "load.h"

int main(void)
{
	static const struct {
		int32_t nodes, devices, jobs;
	} sizes[] = {{1, 8, 1000},
		     {1000, 8000, 20000},
		     {10000, 80000, 200000},
		     {60625, 485000, 1000000}};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct parc_limits limits =
			parc_limits_for(sizes[i].nodes, sizes[i].devices, sizes[i].jobs);

		print_figure((double)parc_core_size(&limits) / 1048576, "MiB",
			     "a core for %d nodes and %d jobs", sizes[i].nodes, sizes[i].jobs);
	}
	return 0;
}

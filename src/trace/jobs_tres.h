/* SPDX-License-Identifier: Apache-2.0
 *
 * Slurm's trackable resources: cpu=32,gres/gpu:a100=4,gres/gpu=4,mem=256G,node=2 and the like. The
 * numbers are of the whole job.
 */
#ifndef TRACE_JOBS_TRES_H
#define TRACE_JOBS_TRES_H

#include "trace/jobs_build.h"

struct jobs_tres {
	int64_t cpus, nodes, memory_mib;
	int64_t devices; /* gres/gpu, or the sum of its types when that is more */
	int64_t typed;	 /* sum of the types */
	uint64_t chips;	 /* of the types that the fleet has */
	int32_t share_milli, device_memory_mib; /* of a partition template; 0: whole devices */
	bool has_type;
	char type[FLEET_NAME_MAX + 1]; /* the first that was named */
};

/* Read a list over what `tres` has; `label` is the column's name. */
int jobs_read_tres(struct jobs_builder *builder, struct text_field field, const char *label,
		   struct jobs_tres *tres);

/* One task on each node; when the devices cannot be dealt out equally, some tasks have one more. */
int jobs_add_tres(struct jobs_builder *builder, struct jobs_draft *draft,
		  const struct jobs_tres *tres);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What changes for an attempt that runs: what it is told, and what it holds. The quota of a task's
 * cores is that of its control group, which is there as long as it runs; nothing has to be asked of
 * its supervisor. A share of a device is the vendor's to enforce, and is fixed when a process
 * begins to use the device (docs/engine.md): for what runs, it changes what is measured.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/local.h"

/* The slot of an attempt that is not over; NULL: 0 when it is, else a code. */
static struct slot *find(const struct local *local, struct engine_key key, int *code,
			 struct parc_err *err)
{
	struct slot *slot = slots_find(local, key);

	*code = slot != NULL
			? 0
			: parc_err_set(err, PARC_ERR_UNKNOWN,
				       "attempt %" PRId64 ".%" PRId32 " was never claimed here",
				       key.allocation, key.attempt);
	return slot != NULL && slot->state != ENGINE_OVER ? slot : NULL;
}

int local_tell(void *self, struct engine_key key, const char *line, struct parc_err *err)
{
	struct local *local = self;
	int code, folder;

	if (find(local, key, &code, err) == NULL)
		return code;
	folder = claim_open(local->claims, key, err);
	if (folder < 0)
		return folder;
	claim_tell(folder, line);
	close(folder);
	return 0;
}

static int set_cpu(const struct local *local, struct engine_key key,
		   const struct parc_placement *placements, int32_t count, struct parc_err *err)
{
	char name[CLAIM_NAME_SIZE], leaf[16];
	int64_t sum_milli = 0;
	int code = 0;

	if (!(local->groups.abilities & GROUPS_CPU))
		return 0;
	claim_name(name, key);
	for (int32_t i = 0; i < count && code == 0; i++) {
		snprintf(leaf, sizeof(leaf), "t%" PRId32, i);
		code = groups_set_cpu(&local->groups, name, leaf, placements[i].cpu_milli, err);
		sum_milli += placements[i].cpu_milli;
	}
	if (code == 0)
		groups_weigh(&local->groups, name, sum_milli);
	return code;
}

int local_rebook(void *self, struct engine_key key, const struct parc_placement *placements,
		 int32_t count, struct parc_err *err)
{
	struct local *local = self;
	int code;
	struct slot *slot = find(local, key, &code, err);

	if (slot == NULL)
		return code;
	if (count != slot->tasks_count)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "%" PRId32 " tasks are booked, and %" PRId32 " run", count,
				    slot->tasks_count);
	slots_hold(slot, placements, count);
	return set_cpu(local, key, placements, count, err);
}

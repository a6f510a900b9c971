/* SPDX-License-Identifier: Apache-2.0
 *
 * Partitions by name. A chip whose devices are cut as jobs come has templates (rule `templates`):
 * a job that names one asks for its share and memory, and the core takes the smallest template
 * that holds both. Where the operator has cut the devices before, as with MIG on a machine, each
 * part is a device of a chip of its own, called CHIP-PARTITION. A name may mean both.
 */
#include <string.h>

#include "daemon/spec.h"

#define REFUSE(...) \
	spec_under(fault, parc_err_set(&fault->err, PARC_ERR_INVALID, __VA_ARGS__), "partition")

static const struct spec_partition *template_find(const struct spec_chips *known, int32_t chip,
						  const char *name)
{
	for (int32_t i = 0; i < PARC_TEMPLATES_MAX; i++)
		if (strcmp(known->partitions[chip][i].name, name) == 0)
			return &known->partitions[chip][i];
	return NULL;
}

/* Is this chip an instance of that name? */
static int is_instance(const char *chip, const char *name)
{
	size_t length = strlen(chip), size = strlen(name);

	return length > size + 1 && chip[length - size - 1] == '-' &&
	       strcmp(chip + length - size, name) == 0;
}

int spec_partition_read(json_t *object, const struct spec_chips *known, struct parc_task *task,
			struct spec_fault *fault)
{
	static const char *const others[] = {"share_milli", "device_memory_mib"};
	const char *name = json_string_value(json_object_get(object, "partition"));
	const struct spec_partition *found = NULL;
	uint64_t chips = 0;

	if (name == NULL)
		return 0;
	for (int i = 0; i < 2; i++)
		if (json_object_get(object, others[i]) != NULL)
			return REFUSE("a partition has its own %s; leave that out", others[i]);
	if (json_object_get(object, "devices") != NULL && task->devices != 1)
		return REFUSE("a partition is of one device; ask for more tasks");
	for (int32_t i = 0; i < known->count; i++) {
		const struct spec_partition *it = template_find(known, i, name);

		if (task->chips != 0 && !(task->chips >> i & 1))
			continue;
		if (it == NULL && !is_instance(known->names[i], name))
			continue;
		if (it != NULL && found != NULL &&
		    (it->share_milli != found->share_milli || it->memory_mib != found->memory_mib))
			return REFUSE(
				"'%s' is not the same on all chips that have it; name the chips",
				name);
		found = it == NULL ? found : it;
		chips |= UINT64_C(1) << i;
	}
	if (chips == 0)
		return REFUSE(
			"no chip that it can use here has a partition '%s'; 'parc chips NAME' "
			"shows what a chip can be cut into",
			name);
	task->chips = chips;
	task->devices = 1;
	task->share_milli = found == NULL ? PARC_SHARE_WHOLE : found->share_milli;
	task->device_memory_mib = found == NULL ? 0 : found->memory_mib;
	return 0;
}

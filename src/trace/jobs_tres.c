/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading Slurm's trackable resources. Types of devices are looked up among the fleet's chips, then
 * among their partition templates (gres/gpu:1g.10gb), without regard to case, and with '-' and '_'
 * alike.
 */
#include "trace/jobs_tres.h"

#include <string.h>

#include "base/assert.h"

#define COUNT_MAX INT32_MAX
#define GPU	  "gres/gpu"

static char plain(char byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return (char)(byte - 'A' + 'a');
	return byte == '_' ? '-' : byte;
}

static bool is_alike(struct text_field field, const char *name)
{
	if (field.size != strlen(name))
		return false;
	for (size_t i = 0; i < field.size; i++) {
		if (plain(field.bytes[i]) != plain(name[i]))
			return false;
	}
	return true;
}

/* A partition template of one of the chips: the share and memory of one instance. */
static void note_template(const struct fleet *fleet, struct text_field type, struct jobs_tres *tres)
{
	for (int32_t i = 0; i < fleet->chips_count; i++) {
		const struct parc_chip *chip = &fleet->chips[i].chip;

		for (int32_t t = 0; t < chip->templates_count; t++) {
			if (!is_alike(type, fleet->chips[i].template_names[t]))
				continue;
			tres->chips |= UINT64_C(1) << i;
			tres->share_milli = chip->templates[t].share_milli;
			tres->device_memory_mib = chip->templates[t].memory_mib;
		}
	}
}

static void note_type(const struct fleet *fleet, struct text_field type, struct jobs_tres *tres)
{
	bool is_found = false;

	if (!tres->has_type) {
		size_t size = type.size < FLEET_NAME_MAX ? type.size : FLEET_NAME_MAX;

		for (size_t i = 0; i < size; i++)
			tres->type[i] = text_is_name(type.bytes + i, 1, 1) ? type.bytes[i] : '_';
		tres->type[size] = '\0';
	}
	tres->has_type = true;
	for (int32_t i = 0; i < fleet->chips_count; i++) {
		if (!is_alike(type, fleet->chips[i].name))
			continue;
		tres->chips |= UINT64_C(1) << i;
		is_found = true;
	}
	if (!is_found)
		note_template(fleet, type, tres);
}

static int refuse_value(struct jobs_builder *builder, struct text_field part, const char *label,
			const char *expected)
{
	return text_refuse(builder->text, part, PARC_ERR_INVALID, builder->err,
			   "%s has \"%s\", expected %s", label,
			   text_quote(part.bytes, part.size).text, expected);
}

/* "256G", "1.50T", "4000M", "512K", or MiB without a letter: as MiB, rounded up. */
static bool parse_memory(struct text_field value, int64_t *memory_mib)
{
	static const char letters[] = "KMGTP";
	int64_t whole = 0, thousandths = 0, digits = 0, kib = INT64_C(1024);
	const char *letter = value.size == 0 ? NULL : strchr(letters, value.bytes[value.size - 1]);
	bool has_point = false;

	if (letter != NULL && *letter != '\0') {
		kib = INT64_C(1) << (10 * (letter - letters));
		value.size--;
	}
	if (value.size == 0)
		return false;
	for (size_t i = 0; i < value.size; i++) {
		char byte = value.bytes[i];

		if (byte == '.' && !has_point && i > 0) {
			has_point = true;
			continue;
		}
		if (byte < '0' || byte > '9' || whole > PARC_MEMORY_MAX * 1024)
			return false;
		if (!has_point)
			whole = whole * 10 + (byte - '0');
		else if (digits++ < 3)
			thousandths = thousandths * 10 + (byte - '0');
	}
	for (; digits < 3; digits++)
		thousandths *= 10;
	if (whole > PARC_MEMORY_MAX * PARC_NODE_DEVICES_MAX * 1024 / kib)
		return false;
	*memory_mib = (whole * kib + thousandths * kib / 1000 + 1023) / 1024;
	return true;
}

static int read_count(struct jobs_builder *builder, struct text_field part, struct text_field value,
		      const char *label, int64_t *count)
{
	int64_t sum = 0;

	for (size_t i = 0; i < value.size; i++) {
		if (value.bytes[i] < '0' || value.bytes[i] > '9' || sum > COUNT_MAX / 10)
			return refuse_value(builder, part, label, "NAME=COUNT");
		sum = sum * 10 + (value.bytes[i] - '0');
	}
	if (value.size == 0 || sum > COUNT_MAX)
		return refuse_value(builder, part, label, "NAME=COUNT");
	*count = sum;
	return 0;
}

static int read_devices(struct jobs_builder *builder, struct text_field part,
			struct text_field name, struct text_field value, const char *label,
			struct jobs_tres *tres)
{
	int64_t count;
	int code = read_count(builder, part, value, label, &count);

	if (code != 0)
		return code;
	if (name.size == strlen(GPU)) {
		tres->devices = count;
		return 0;
	}
	name.bytes += strlen(GPU) + 1;
	name.size -= strlen(GPU) + 1;
	note_type(builder->fleet, name, tres);
	tres->typed += count;
	return 0;
}

static int read_part(struct jobs_builder *builder, struct text_field part, const char *label,
		     struct jobs_tres *tres)
{
	struct text_field value = part, name;

	text_take(&value, '=', &name);
	if (value.bytes == NULL)
		return refuse_value(builder, part, label, "NAME=COUNT");
	if (text_is(name, "cpu"))
		return read_count(builder, part, value, label, &tres->cpus);
	if (text_is(name, "node"))
		return read_count(builder, part, value, label, &tres->nodes);
	if (text_is(name, "mem"))
		return parse_memory(value, &tres->memory_mib)
			       ? 0
			       : refuse_value(builder, part, label, "memory as mem=256G");
	if (name.size >= strlen(GPU) && memcmp(name.bytes, GPU, strlen(GPU)) == 0 &&
	    (name.size == strlen(GPU) ||
	     (name.size > strlen(GPU) + 1 && name.bytes[strlen(GPU)] == ':')))
		return read_devices(builder, part, name, value, label, tres);
	return 0;
}

int jobs_read_tres(struct jobs_builder *builder, struct text_field field, const char *label,
		   struct jobs_tres *tres)
{
	struct text_field part;
	int code = 0;

	if (field.size == 0)
		return 0;
	while (code == 0 && text_take(&field, ',', &part))
		code = read_part(builder, part, label, tres);
	if (tres->devices < tres->typed)
		tres->devices = tres->typed;
	return code;
}

/* What one node's task asks for, but for its devices, rounded up. */
static struct parc_task make_task(const struct jobs_tres *tres, int64_t nodes)
{
	int64_t cpu_milli = (tres->cpus * 1000 + nodes - 1) / nodes;
	int64_t memory_mib = (tres->memory_mib + nodes - 1) / nodes;

	return (struct parc_task){
		.chips = tres->chips,
		.cpu_milli = (int32_t)(cpu_milli < PARC_CPU_MAX ? cpu_milli : PARC_CPU_MAX),
		.memory_mib = memory_mib < PARC_MEMORY_MAX ? memory_mib : PARC_MEMORY_MAX,
	};
}

static int add_tasks(struct jobs_builder *builder, struct jobs_draft *draft,
		     const struct jobs_tres *tres, int64_t devices, int64_t tasks)
{
	int64_t nodes = tres->nodes > 0 ? tres->nodes : 1;
	struct parc_task task = make_task(tres, nodes);

	if (tasks == 0 || (devices == 0 && task.cpu_milli == 0 && task.memory_mib == 0))
		return 0;
	if (devices > PARC_NODE_DEVICES_MAX)
		return text_refuse(builder->text, draft->place, PARC_ERR_INVALID, builder->err,
				   "the job has %lld devices on one node, at most %d are allowed",
				   (long long)devices, PARC_NODE_DEVICES_MAX);
	task.devices = (int32_t)devices;
	if (devices > 0) {
		task.share_milli = tres->share_milli > 0 ? tres->share_milli : PARC_SHARE_WHOLE;
		task.device_memory_mib = tres->device_memory_mib;
	} else {
		task.chips = 0;
	}
	return jobs_add_group(builder, draft, &task, tasks);
}

int jobs_add_tres(struct jobs_builder *builder, struct jobs_draft *draft,
		  const struct jobs_tres *tres)
{
	int64_t nodes = tres->nodes > 0 ? tres->nodes : 1;
	int64_t each = tres->devices / nodes, more = tres->devices % nodes;
	int code;

	if (tres->devices == 0 && tres->cpus == 0 && tres->memory_mib == 0)
		return 0;
	if (tres->devices == 0)
		draft->row.work_class = PARC_CLASS_BATCH;
	if (tres->devices > 0 && tres->has_type && tres->chips == 0)
		jobs_set_alien(builder, draft, tres->type);
	code = add_tasks(builder, draft, tres, each + 1, more);
	return code != 0 ? code : add_tasks(builder, draft, tres, each, nodes - more);
}

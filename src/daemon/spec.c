/* SPDX-License-Identifier: Apache-2.0
 *
 * A job's fields, which are checked before (spec_check.c), put where they belong.
 */
#include "daemon/spec.h"

#include <string.h>

#include "text/text.h"

#define REFUSE(...) parc_err_set(&fault->err, PARC_ERR_INVALID, __VA_ARGS__)
#define SECOND	    1000000

/* Refused for what this field says. */
#define REFUSE_AT(place, ...) spec_under(fault, REFUSE(__VA_ARGS__), "%s", place)

static int word_number(json_t *value, const char *(*name_of)(int), const char *field,
		       int32_t *number, struct spec_fault *fault)
{
	const char *word = json_string_value(value);
	char known[96] = "";

	if (value == NULL)
		return 0;
	for (int i = 0; word != NULL && strcmp(name_of(i), "?") != 0; i++) {
		if (strcmp(word, name_of(i)) != 0)
			continue;
		*number = i;
		return 0;
	}
	for (int i = 0; strcmp(name_of(i), "?") != 0; i++)
		text_list_add(known, sizeof(known), name_of(i));
	return REFUSE_AT(field, "%s has to be one of %s", field, known);
}

static int chips_read(json_t *list, const struct spec_chips *chips, uint64_t *set,
		      struct spec_fault *fault)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		int32_t at = 0;

		while (at < chips->count && strcmp(chips->names[at], name) != 0)
			at++;
		if (at == chips->count)
			return spec_under(fault,
					  REFUSE("there is no chip '%s' here; 'parc fleet' shows "
						 "what there is",
						 name),
					  "chips[%zu]", i);
		*set |= UINT64_C(1) << at;
	}
	return 0;
}

/* Keep of a set of chips (0: all) those of the runtime. */
static int runtime_read(json_t *value, const struct spec_chips *chips, uint64_t *set,
			struct spec_fault *fault)
{
	const char *name = json_string_value(value);
	uint64_t of = 0;

	if (name == NULL || strcmp(name, "any") == 0)
		return 0;
	for (int32_t i = 0; i < chips->count; i++)
		if (strcmp(chips->runtimes[i], name) == 0)
			of |= UINT64_C(1) << i;
	if (of == 0)
		return REFUSE_AT("runtime",
				 "there is no chip of the runtime '%s' here; 'parc fleet' shows "
				 "what there is",
				 name);
	of &= *set == 0 ? UINT64_MAX : *set;
	if (of == 0)
		return REFUSE_AT("chips", "none of these chips is of the runtime '%s'", name);
	*set = of;
	return 0;
}

/* Work built for one runtime must not land on a chip of another because nobody said which. */
static int runtime_check(json_t *object, const struct spec_chips *chips, struct spec_fault *fault)
{
	const char *first = NULL;

	if (json_object_get(object, "runtime") != NULL)
		return 0;
	for (int32_t i = 0; i < chips->count; i++) {
		const char *name = chips->runtimes[i];

		if (!(chips->present >> i & 1) || name[0] == '\0')
			continue;
		if (first == NULL)
			first = name;
		else if (strcmp(first, name) != 0)
			return REFUSE("the devices here are of several runtimes, such as %s and "
				      "%s: say runtime (one of them, or any), chips, or variants",
				      first, name);
	}
	return 0;
}

static int64_t number_of(json_t *object, const char *name, int64_t missing)
{
	json_t *value = json_object_get(object, name);

	return value == NULL ? missing : json_integer_value(value);
}

static uint8_t flag_of(json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

static int task_read(struct parc_task *task, json_t *object, struct spec_fault *fault)
{
	int has_partition = json_object_get(object, "partition") != NULL;

	task->devices = (int32_t)number_of(object, "devices", has_partition);
	task->share_milli = (int32_t)number_of(object, "share_milli", PARC_SHARE_WHOLE);
	task->device_memory_mib = (int32_t)number_of(object, "device_memory_mib", 0);
	task->cpu_milli =
		(int32_t)number_of(object, "cpu_milli", task->devices == 0 ? PARC_SHARE_WHOLE : 0);
	task->memory_mib = number_of(object, "memory_mib", 0);
	if (task->devices == 0 && json_object_get(object, "share_milli") != NULL)
		return REFUSE_AT("share_milli", "share_milli is of devices; ask for devices");
	if (task->devices == 0 && task->device_memory_mib > 0)
		return REFUSE_AT("device_memory_mib",
				 "device_memory_mib is of devices; ask for devices");
	if (task->devices == 0)
		task->share_milli = 0;
	return word_number(json_object_get(object, "link"), parc_strength_name, "link", &task->link,
			   fault);
}

/* `ways`: the chips that the variants name; 0: there are none. */
static int group_read(struct parc_group *group, json_t *object, const struct spec_chips *chips,
		      uint64_t ways, struct spec_fault *fault)
{
	struct parc_task *task = &group->task;
	int code;

	*group = (struct parc_group){.tasks_min = (int32_t)number_of(object, "tasks", 1),
				     .mixed_chips = flag_of(object, "mixed_chips")};
	group->tasks_max = (int32_t)number_of(object, "tasks_max", group->tasks_min);
	if (group->tasks_max < group->tasks_min)
		return REFUSE_AT("tasks_max", "tasks_max is below tasks");
	code = task_read(task, object, fault);
	if (code == 0)
		code = chips_read(json_object_get(object, "chips"), chips, &task->chips, fault);
	if (code == 0)
		code = runtime_read(json_object_get(object, "runtime"), chips, &task->chips, fault);
	if (code == 0)
		code = spec_partition_read(object, chips, task, fault);
	if (code != 0 || task->devices == 0)
		return code;
	if (ways == 0)
		return task->chips == 0 ? runtime_check(object, chips, fault) : 0;
	task->chips = ways & (task->chips == 0 ? UINT64_MAX : task->chips);
	return task->chips != 0 ? 0 : REFUSE("none of its variants is for a chip that it can use");
}

static int variant_read(struct parc_variant *variant, json_t *object,
			const struct spec_chips *chips, struct spec_fault *fault)
{
	int code = chips_read(json_object_get(object, "chips"), chips, &variant->chips, fault);

	if (json_array_size(json_object_get(object, "chips")) == 0 &&
	    json_object_get(object, "runtime") == NULL)
		return REFUSE("a variant names chips or a runtime");
	if (code == 0)
		code = runtime_read(json_object_get(object, "runtime"), chips, &variant->chips,
				    fault);
	if (code == 0 && variant->chips == 0)
		code = REFUSE_AT("runtime", "a variant names chips or one runtime, not any");
	variant->speed_milli = (int32_t)number_of(object, "speed_milli", 0);
	variant->device_memory_mib = (int32_t)number_of(object, "device_memory_mib", 0);
	return code;
}

/* A variant whose chips are not here is no fault: another may have some. */
static int variants_read(struct spec *spec, json_t *list, const struct spec_chips *chips,
			 uint64_t *ways, struct spec_fault *fault)
{
	int code = 0;

	spec->submit.variants = spec->variants;
	spec->submit.variants_count = (int32_t)json_array_size(list);
	for (int32_t i = 0; code == 0 && i < spec->submit.variants_count; i++) {
		code = variant_read(&spec->variants[i], json_array_get(list, (size_t)i), chips,
				    fault);
		spec_under(fault, code, "variants[%d]", i);
		/* One chip runs one of them: the first that names it. */
		spec->variants[i].chips &= ~*ways;
		if (code == 0 && spec->variants[i].chips == 0)
			code = spec_under(fault,
					  REFUSE("an earlier variant is for all chips of this one"),
					  "variants[%d]", i);
		*ways |= spec->variants[i].chips;
	}
	return code;
}

static int groups_read(struct spec *spec, json_t *object, const struct spec_chips *chips,
		       struct spec_fault *fault)
{
	json_t *list = json_object_get(object, "groups");
	uint64_t ways = 0;
	int code = variants_read(spec, json_object_get(object, "variants"), chips, &ways, fault);

	spec->submit.groups = spec->groups;
	spec->submit.groups_count = 1;
	if (code != 0 || list == NULL)
		return code != 0 ? code : group_read(&spec->groups[0], object, chips, ways, fault);
	for (int i = 0; i < spec_group_fields_count; i++) {
		const char *name = spec_group_fields[i].name;

		if (strcmp(name, "command") != 0 && json_object_get(object, name) != NULL)
			return REFUSE_AT(name, "%s belongs into each of the groups", name);
	}
	spec->submit.groups_count = (int32_t)json_array_size(list);
	for (int32_t i = 0; code == 0 && i < spec->submit.groups_count; i++) {
		code = group_read(&spec->groups[i], json_array_get(list, (size_t)i), chips, ways,
				  fault);
		spec_under(fault, code, "groups[%d]", i);
	}
	return code;
}

static int after_read(struct parc_depend *depend, json_t *item, struct spec_fault *fault)
{
	static const char *const kinds[] = {"any", "ok", "failed"}; /* enum parc_depend_kind */
	json_t *job = json_is_object(item) ? json_object_get(item, "job") : item;
	const char *kind = json_string_value(json_object_get(item, "if"));

	*depend = (struct parc_depend){.job = json_integer_value(job)};
	if (!json_is_integer(job) || depend->job < 1)
		return REFUSE("after has to name jobs by their numbers");
	for (int i = 0; kind != NULL && i < 3; i++) {
		if (strcmp(kind, kinds[i]) == 0) {
			depend->kind = i;
			return 0;
		}
	}
	return kind == NULL ? 0 : REFUSE("after: if has to be any, ok or failed");
}

static int afters_read(struct spec *spec, json_t *list, struct spec_fault *fault)
{
	int code = 0;

	spec->submit.depends = spec->depends;
	spec->submit.depends_count = (int32_t)json_array_size(list);
	for (int32_t i = 0; code == 0 && i < spec->submit.depends_count; i++)
		code = spec_under(
			fault,
			after_read(&spec->depends[i], json_array_get(list, (size_t)i), fault),
			"after[%d]", i);
	return code;
}

static int close_read(struct parc_submit *submit, const json_t *value, struct spec_fault *fault)
{
	const char *text = json_string_value(value);
	int prefer = text != NULL && strncmp(text, "prefer:", 7) == 0;
	int require = text != NULL && strncmp(text, "require:", 8) == 0;

	if (value == NULL)
		return 0;
	for (int level = PARC_LEVEL_SITE; (prefer || require) && level <= PARC_LEVEL_NODE;
	     level++) {
		if (strcmp(text + (prefer ? 7 : 8), parc_level_name(level)) != 0)
			continue;
		submit->close_level = level;
		submit->close_strength = prefer ? PARC_STRENGTH_PREFER : PARC_STRENGTH_REQUIRE;
		return 0;
	}
	return REFUSE_AT("close",
			 "close has to be prefer: or require: with node, rack, pod or site");
}

/* One number of an array's object. */
static int array_number(json_t *value, const char *name, const int64_t range[2], int32_t *number,
			struct spec_fault *fault)
{
	json_t *it = json_object_get(value, name);

	if (it == NULL)
		return 0;
	if (!json_is_integer(it) || json_integer_value(it) < range[0] ||
	    json_integer_value(it) > range[1])
		return spec_under(fault,
				  REFUSE("array: %s has to be a whole number from %lld to %lld",
					 name, (long long)range[0], (long long)range[1]),
				  "array.%s", name);
	*number = (int32_t)json_integer_value(it);
	return 0;
}

static int array_read(struct spec *spec, json_t *value, struct spec_fault *fault)
{
	static const char *const names[] = {"count", "from", "running_max"};
	const int64_t counts[] = {1, SPEC_ARRAY_MAX}, caps[] = {0, SPEC_ARRAY_MAX};
	const int64_t indexes[] = {0, SPEC_INDEX_MAX};
	const char *name;
	json_t *it;
	int code;

	if (value == NULL)
		return 0;
	if (json_object_get(value, "count") == NULL)
		return REFUSE_AT("array", "array has to have a count from 1 to %d", SPEC_ARRAY_MAX);
	json_object_foreach(value, name, it)
	{
		if (strcmp(name, names[0]) != 0 && strcmp(name, names[1]) != 0 &&
		    strcmp(name, names[2]) != 0)
			return REFUSE_AT("array", "array has a count, from and running_max alone");
	}
	code = array_number(value, "count", counts, &spec->array_count, fault);
	if (code == 0)
		code = array_number(value, "from", indexes, &spec->array_from, fault);
	if (code == 0)
		code = array_number(value, "running_max", caps, &spec->submit.array_running_max,
				    fault);
	return code;
}

static int service_read(struct spec *spec, json_t *value, struct spec_fault *fault)
{
	struct parc_submit *submit = &spec->submit;

	if (value == NULL)
		return 0;
	if (json_object_get(value, "replicas_max") == NULL ||
	    json_object_get(value, "capacity_milli") == NULL)
		return REFUSE_AT("service",
				 "service has to have replicas_max and capacity_milli, the load "
				 "that one replica serves");
	submit->service = (struct parc_service){
		.replicas_min = (int32_t)number_of(value, "replicas_min", 0),
		.replicas_max = (int32_t)number_of(value, "replicas_max", 0),
		.capacity_milli = number_of(value, "capacity_milli", 0),
		.target_milli = (int32_t)number_of(value, "target_milli", 900)};
	if (submit->service.replicas_min > submit->service.replicas_max)
		return REFUSE_AT("service", "service: replicas_min is above replicas_max");
	if (spec->array_count > 0 || submit->time_limit_us > 0 || submit->expected_us > 0)
		return REFUSE_AT("service", "a service is no array and has no time_limit_s and no "
					    "expected_s");
	return 0;
}

int64_t spec_us(const json_t *object, const char *name)
{
	return (int64_t)(json_number_value(json_object_get(object, name)) * SECOND);
}

static void plain_read(struct spec *spec, json_t *object)
{
	struct parc_submit *submit = &spec->submit;

	spec->name = json_string_value(json_object_get(object, "name"));
	spec->tenant = json_string_value(json_object_get(object, "tenant"));
	spec->kind = json_string_value(json_object_get(object, "kind"));
	submit->tier = (int32_t)number_of(object, "tier", 0);
	submit->time_limit_us = spec_us(object, "time_limit_s");
	submit->expected_us = spec_us(object, "expected_s");
	submit->checkpoint_us = spec_us(object, "checkpoint_s");
	submit->grace_us = spec_us(object, "grace_s");
	submit->held = flag_of(object, "held");
	submit->requeue = flag_of(object, "requeue");
	submit->preemptible = flag_of(object, "preemptible");
	submit->work_class = PARC_CLASS_BATCH;
}

/* A command begins with a program. */
static int check_command(json_t *object, struct spec_fault *fault)
{
	json_t *command = json_object_get(object, "command");

	if (command == NULL || json_string_length(json_array_get(command, 0)) > 0)
		return 0;
	return REFUSE_AT("command", "command is missing: the program and its arguments");
}

static int check_commands(json_t *list, const char *name, struct spec_fault *fault)
{
	int code = 0;

	for (size_t i = 0; code == 0 && i < json_array_size(list); i++)
		code = spec_under(fault, check_command(json_array_get(list, i), fault), "%s[%zu]",
				  name, i);
	return code;
}

static int check_paths(json_t *object, struct spec_fault *fault)
{
	static const char *const paths[] = {"directory", "output", "errors"};

	int code = check_command(object, fault);

	if (code == 0 && json_object_get(object, "command") == NULL)
		code = REFUSE("command is missing: the program and its arguments");
	if (code == 0)
		code = check_commands(json_object_get(object, "groups"), "groups", fault);
	if (code == 0)
		code = check_commands(json_object_get(object, "variants"), "variants", fault);
	if (code != 0)
		return code;
	if (json_object_get(object, "directory") == NULL)
		return REFUSE("directory is missing: where the job starts");
	for (int i = 0; i < 3; i++) {
		const char *path = json_string_value(json_object_get(object, paths[i]));

		if (path != NULL && path[0] != '/')
			return REFUSE_AT(paths[i], "%s has to be an absolute path", paths[i]);
	}
	return 0;
}

int spec_read(struct spec *spec, json_t *object, const struct spec_chips *chips,
	      struct spec_fault *fault)
{
	int code = spec_check(object, fault);

	memset(spec, 0, sizeof(*spec));
	if (code == 0)
		code = check_paths(object, fault);
	if (code != 0)
		return code;
	plain_read(spec, object);
	code = word_number(json_object_get(object, "class"), parc_class_name, "class",
			   &spec->submit.work_class, fault);
	if (code == 0)
		code = close_read(&spec->submit, json_object_get(object, "close"), fault);
	if (code == 0)
		code = array_read(spec, json_object_get(object, "array"), fault);
	if (code == 0)
		code = service_read(spec, json_object_get(object, "service"), fault);
	if (code == 0)
		code = afters_read(spec, json_object_get(object, "after"), fault);
	if (code == 0)
		code = groups_read(spec, object, chips, fault);
	return code;
}

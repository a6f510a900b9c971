/* SPDX-License-Identifier: Apache-2.0
 *
 * Each field is checked by its kind, then put where it belongs by its name.
 */
#include "daemon/spec.h"

#include <string.h>

#include "text/text.h"

#define X(name, kind, min, max, meaning) {#name, SPEC_##kind, min, max, meaning},
const struct spec_field spec_job_fields[] = {SPEC_JOB_FIELDS(X)};
const struct spec_field spec_group_fields[] = {SPEC_GROUP_FIELDS(X)};
#undef X
const int spec_job_fields_count = sizeof(spec_job_fields) / sizeof(spec_job_fields[0]);
const int spec_group_fields_count = sizeof(spec_group_fields) / sizeof(spec_group_fields[0]);

#define REFUSE(...) parc_err_set(err, PARC_ERR_INVALID, __VA_ARGS__)
#define SECOND	    1000000

const char *spec_kind_name(enum spec_kind kind)
{
	static const char *const names[] = {"text",	 "name",  "integer", "seconds", "boolean",
					    "texts",	 "names", "object",  "class",	"link",
					    "closeness", "jobs",  "groups",  "array",	"service"};

	return names[kind];
}

static const struct spec_field *field_find(const struct spec_field *list, int count,
					   const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	return NULL;
}

static int check_text(const struct spec_field *field, const json_t *value, struct parc_err *err)
{
	const char *text = json_string_value(value);

	if (text == NULL || json_string_length(value) < (size_t)field->min ||
	    json_string_length(value) > (size_t)field->max ||
	    strlen(text) != json_string_length(value))
		return REFUSE("%s has to be a text of %lld to %lld bytes without NUL", field->name,
			      (long long)field->min, (long long)field->max);
	return 0;
}

static int check_word(const struct spec_field *field, const json_t *value, struct parc_err *err)
{
	const char *text = json_string_value(value);

	if (text == NULL || !text_is_name(text, json_string_length(value), SPEC_WORD_MAX))
		return REFUSE("%s has to be a name of 1 to %d letters, digits, - _ . +",
			      field->name, SPEC_WORD_MAX);
	return 0;
}

static int check_number(const struct spec_field *field, const json_t *value, struct parc_err *err)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < field->min || number > field->max)
		return REFUSE("%s has to be a whole number from %lld to %lld", field->name,
			      (long long)field->min, (long long)field->max);
	return 0;
}

static int check_seconds(const struct spec_field *field, const json_t *value, struct parc_err *err)
{
	double number = json_number_value(value);

	if (!json_is_number(value) || !(number >= (double)field->min) ||
	    !(number <= (double)field->max))
		return REFUSE("%s has to be seconds from %lld to %lld", field->name,
			      (long long)field->min, (long long)field->max);
	return 0;
}

static int check_list(const struct spec_field *field, const json_t *value, struct parc_err *err)
{
	struct spec_field item = {.name = field->name, .max = 1 << 17};
	size_t count = json_array_size(value);

	if (!json_is_array(value) || count < (size_t)field->min || count > (size_t)field->max)
		return REFUSE("%s has to be a list of %lld to %lld items", field->name,
			      (long long)field->min, (long long)field->max);
	for (size_t i = 0; i < count; i++) {
		const json_t *it = json_array_get(value, i);
		int code = field->kind == SPEC_WORDS ? check_word(&item, it, err)
						     : check_text(&item, it, err);

		if (code != 0)
			return code;
	}
	return 0;
}

static int is_variable(const char *name)
{
	if (*name == '\0' || (*name >= '0' && *name <= '9'))
		return 0;
	for (; *name != '\0'; name++)
		if (!(*name >= 'a' && *name <= 'z') && !(*name >= 'A' && *name <= 'Z') &&
		    !(*name >= '0' && *name <= '9') && *name != '_')
			return 0;
	return 1;
}

static int check_map(const struct spec_field *field, json_t *value, struct parc_err *err)
{
	struct spec_field item = {.name = field->name, .max = 1 << 17};
	const char *name;
	json_t *it;

	if (!json_is_object(value) || json_object_size(value) > (size_t)field->max)
		return REFUSE("%s has to be an object of at most %lld texts", field->name,
			      (long long)field->max);
	json_object_foreach(value, name, it)
	{
		int code = check_text(&item, it, err);

		if (code == 0 && !is_variable(name))
			code = REFUSE("%s: '%.40s' is no name of a variable: letters, digits and "
				      "_ only",
				      field->name, name);
		if (code != 0)
			return code;
	}
	return 0;
}

static int check_field(const struct spec_field *field, json_t *value, struct parc_err *err)
{
	switch (field->kind) {
	case SPEC_TEXT:
		return check_text(field, value, err);
	case SPEC_WORD:
		return check_word(field, value, err);
	case SPEC_NUMBER:
		return check_number(field, value, err);
	case SPEC_SECONDS:
		return check_seconds(field, value, err);
	case SPEC_FLAG:
		return json_is_boolean(value) ? 0
					      : REFUSE("%s has to be true or false", field->name);
	case SPEC_STRINGS:
	case SPEC_WORDS:
		return check_list(field, value, err);
	case SPEC_MAP:
		return check_map(field, value, err);
	case SPEC_AFTER:
	case SPEC_GROUPS:
		if (!json_is_array(value) || json_array_size(value) < (size_t)field->min ||
		    json_array_size(value) > (size_t)field->max)
			return REFUSE("%s has to be a list of %lld to %lld items", field->name,
				      (long long)field->min, (long long)field->max);
		return 0;
	default:
		return 0; /* read by its own function */
	}
}

/* Check all fields of an object; `more` may be NULL. */
static int check_object(json_t *object, const struct spec_field *list, int count,
			const struct spec_field *more, int more_count, struct parc_err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		const struct spec_field *field = field_find(list, count, name);
		int code;

		if (field == NULL && more != NULL)
			field = field_find(more, more_count, name);
		if (field == NULL)
			return REFUSE("there is no field '%.60s'; docs/api.md lists them", name);
		code = check_field(field, value, err);
		if (code != 0)
			return code;
	}
	return 0;
}

static int word_number(json_t *value, const char *(*name_of)(int), const char *field,
		       int32_t *number, struct parc_err *err)
{
	const char *word = json_string_value(value);

	if (value == NULL)
		return 0;
	for (int i = 0; word != NULL && strcmp(name_of(i), "?") != 0; i++) {
		if (strcmp(word, name_of(i)) != 0)
			continue;
		*number = i;
		return 0;
	}
	return REFUSE("%s has to be one of %s, %s, %s ...", field, name_of(0), name_of(1),
		      name_of(2));
}

static int chips_read(json_t *list, const struct spec_chips *chips, uint64_t *set,
		      struct parc_err *err)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		int32_t at = 0;

		while (at < chips->count && strcmp(chips->names[at], name) != 0)
			at++;
		if (at == chips->count)
			return REFUSE(
				"there is no chip '%s' here; 'parc fleet' shows what there is",
				name);
		*set |= UINT64_C(1) << at;
	}
	return 0;
}

static int64_t number_of(json_t *object, const char *name, int64_t missing)
{
	json_t *value = json_object_get(object, name);

	return value == NULL ? missing : json_integer_value(value);
}

static int group_read(struct parc_group *group, json_t *object, const struct spec_chips *chips,
		      struct parc_err *err)
{
	struct parc_task *task = &group->task;
	int code;

	*group = (struct parc_group){.tasks_min = (int32_t)number_of(object, "tasks", 1)};
	group->tasks_max = group->tasks_min;
	task->devices = (int32_t)number_of(object, "devices", 0);
	task->share_milli = (int32_t)number_of(object, "share_milli", PARC_SHARE_WHOLE);
	task->device_memory_mib = (int32_t)number_of(object, "device_memory_mib", 0);
	task->cpu_milli =
		(int32_t)number_of(object, "cpu_milli", task->devices == 0 ? PARC_SHARE_WHOLE : 0);
	task->memory_mib = number_of(object, "memory_mib", 0);
	if (task->devices == 0 &&
	    (json_object_get(object, "share_milli") != NULL || task->device_memory_mib > 0))
		return REFUSE("share_milli and device_memory_mib are of devices; ask for devices");
	if (task->devices == 0)
		task->share_milli = 0;
	code = chips_read(json_object_get(object, "chips"), chips, &task->chips, err);
	if (code == 0)
		code = word_number(json_object_get(object, "link"), parc_strength_name, "link",
				   &task->link, err);
	return code;
}

static int groups_read(struct spec *spec, json_t *object, const struct spec_chips *chips,
		       struct parc_err *err)
{
	json_t *list = json_object_get(object, "groups");
	int code = 0;

	spec->submit.groups = spec->groups;
	spec->submit.groups_count = 1;
	if (list == NULL)
		return group_read(&spec->groups[0], object, chips, err);
	for (int i = 0; i < spec_group_fields_count; i++)
		if (json_object_get(object, spec_group_fields[i].name) != NULL)
			return REFUSE("%s belongs into each of the groups",
				      spec_group_fields[i].name);
	spec->submit.groups_count = (int32_t)json_array_size(list);
	for (int32_t i = 0; code == 0 && i < spec->submit.groups_count; i++) {
		json_t *item = json_array_get(list, (size_t)i);

		if (!json_is_object(item))
			return REFUSE("groups has to be a list of objects");
		code = check_object(item, spec_group_fields, spec_group_fields_count, NULL, 0, err);
		if (code == 0)
			code = group_read(&spec->groups[i], item, chips, err);
	}
	return code;
}

static int after_read(struct parc_depend *depend, json_t *item, struct parc_err *err)
{
	static const char *const kinds[] = {"any", "ok", "failed"};
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

static int afters_read(struct spec *spec, json_t *list, struct parc_err *err)
{
	int code = 0;

	spec->submit.depends = spec->depends;
	spec->submit.depends_count = (int32_t)json_array_size(list);
	for (int32_t i = 0; code == 0 && i < spec->submit.depends_count; i++)
		code = after_read(&spec->depends[i], json_array_get(list, (size_t)i), err);
	return code;
}

static int close_read(struct parc_submit *submit, const json_t *value, struct parc_err *err)
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
	return REFUSE("close has to be prefer: or require: with node, rack, pod or site");
}

static int array_read(struct spec *spec, json_t *value, struct parc_err *err)
{
	json_t *count = json_object_get(value, "count");
	json_t *running = json_object_get(value, "running_max");
	json_int_t most = running == NULL ? 0 : json_integer_value(running);

	if (value == NULL)
		return 0;
	if (!json_is_integer(count) || json_integer_value(count) < 1 ||
	    json_integer_value(count) > SPEC_ARRAY_MAX)
		return REFUSE("array has to have a count from 1 to %d", SPEC_ARRAY_MAX);
	if (running != NULL && (!json_is_integer(running) || most < 0 || most > SPEC_ARRAY_MAX))
		return REFUSE("array: running_max has to be from 0 (no cap) to %d", SPEC_ARRAY_MAX);
	spec->array_count = (int32_t)json_integer_value(count);
	spec->submit.array_running_max = (int32_t)most;
	return 0;
}

static int service_read(struct spec *spec, json_t *value, struct parc_err *err)
{
	static const struct spec_field fields[] = {
		{"replicas_min", SPEC_NUMBER, 0, PARC_REPLICAS_MAX, ""},
		{"replicas_max", SPEC_NUMBER, 1, PARC_REPLICAS_MAX, ""},
		{"capacity_milli", SPEC_NUMBER, 1, PARC_LOAD_MAX, ""},
		{"target_milli", SPEC_NUMBER, 0, PARC_SHARE_WHOLE, ""},
	};
	struct parc_submit *submit = &spec->submit;
	int code;

	if (value == NULL)
		return 0;
	if (!json_is_object(value) || json_object_get(value, "replicas_max") == NULL ||
	    json_object_get(value, "capacity_milli") == NULL)
		return REFUSE("service has to have replicas_max and capacity_milli, the load that "
			      "one replica serves");
	code = check_object(value, fields, sizeof(fields) / sizeof(fields[0]), NULL, 0, err);
	if (code != 0)
		return code;
	submit->service = (struct parc_service){
		.replicas_min = (int32_t)number_of(value, "replicas_min", 0),
		.replicas_max = (int32_t)number_of(value, "replicas_max", 0),
		.capacity_milli = number_of(value, "capacity_milli", 0),
		.target_milli = (int32_t)number_of(value, "target_milli", 900)};
	if (submit->service.replicas_min > submit->service.replicas_max)
		return REFUSE("service: replicas_min is above replicas_max");
	if (spec->array_count > 0 || submit->time_limit_us > 0 || submit->expected_us > 0)
		return REFUSE("a service is no array and has no time_limit_s and no expected_s");
	return 0;
}

static int64_t us_of(json_t *object, const char *name)
{
	return (int64_t)(json_number_value(json_object_get(object, name)) * SECOND);
}

static uint8_t flag_of(json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

static void plain_read(struct spec *spec, json_t *object)
{
	struct parc_submit *submit = &spec->submit;

	spec->name = json_string_value(json_object_get(object, "name"));
	spec->tenant = json_string_value(json_object_get(object, "tenant"));
	spec->kind = json_string_value(json_object_get(object, "kind"));
	submit->tier = (int32_t)number_of(object, "tier", 0);
	submit->time_limit_us = us_of(object, "time_limit_s");
	submit->expected_us = us_of(object, "expected_s");
	submit->checkpoint_us = us_of(object, "checkpoint_s");
	submit->grace_us = us_of(object, "grace_s");
	submit->held = flag_of(object, "held");
	submit->requeue = flag_of(object, "requeue");
	submit->preemptible = flag_of(object, "preemptible");
	submit->work_class = PARC_CLASS_BATCH;
}

static int check_paths(json_t *object, struct parc_err *err)
{
	static const char *const paths[] = {"directory", "output", "errors"};

	if (json_object_get(object, "command") == NULL ||
	    json_string_length(json_array_get(json_object_get(object, "command"), 0)) == 0)
		return REFUSE("command is missing: the program and its arguments");
	if (json_object_get(object, "directory") == NULL)
		return REFUSE("directory is missing: where the job starts");
	for (int i = 0; i < 3; i++) {
		const char *path = json_string_value(json_object_get(object, paths[i]));

		if (path != NULL && path[0] != '/')
			return REFUSE("%s has to be an absolute path", paths[i]);
	}
	return 0;
}

int spec_read(struct spec *spec, json_t *object, const struct spec_chips *chips,
	      struct parc_err *err)
{
	int code;

	memset(spec, 0, sizeof(*spec));
	if (!json_is_object(object))
		return REFUSE("a job is a JSON object");
	code = check_object(object, spec_job_fields, spec_job_fields_count, spec_group_fields,
			    spec_group_fields_count, err);
	if (code == 0)
		code = check_paths(object, err);
	if (code != 0)
		return code;
	plain_read(spec, object);
	code = word_number(json_object_get(object, "class"), parc_class_name, "class",
			   &spec->submit.work_class, err);
	if (code == 0)
		code = close_read(&spec->submit, json_object_get(object, "close"), err);
	if (code == 0)
		code = array_read(spec, json_object_get(object, "array"), err);
	if (code == 0)
		code = service_read(spec, json_object_get(object, "service"), err);
	if (code == 0)
		code = afters_read(spec, json_object_get(object, "after"), err);
	if (code == 0)
		code = groups_read(spec, object, chips, err);
	return code;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of fields, and each field checked by its kind. A refusal finds its place on its way up:
 * each level puts its part before it.
 */
#include "daemon/spec.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text/text.h"

#define X(name, kind, min, max, meaning) {#name, SPEC_##kind, min, max, meaning},
const struct spec_field spec_job_fields[] = {SPEC_JOB_FIELDS(X)};
const struct spec_field spec_group_fields[] = {SPEC_GROUP_FIELDS(X)};
const struct spec_field spec_variant_fields[] = {SPEC_VARIANT_FIELDS(X)};
const struct spec_field spec_service_fields[] = {SPEC_SERVICE_FIELDS(X)};
#undef X
const int spec_job_fields_count = sizeof(spec_job_fields) / sizeof(spec_job_fields[0]);
const int spec_group_fields_count = sizeof(spec_group_fields) / sizeof(spec_group_fields[0]);
const int spec_variant_fields_count = sizeof(spec_variant_fields) / sizeof(spec_variant_fields[0]);
const int spec_service_fields_count = sizeof(spec_service_fields) / sizeof(spec_service_fields[0]);

#define REFUSE(...) parc_err_set(&fault->err, PARC_ERR_INVALID, __VA_ARGS__)

const char *spec_kind_name(enum spec_kind kind)
{
	static const char *const names[] = {"text",	 "name",  "integer", "seconds", "boolean",
					    "texts",	 "names", "object",  "class",	"link",
					    "closeness", "jobs",  "groups",  "array",	"service",
					    "variants",	 "list"};

	_Static_assert(sizeof(names) / sizeof(names[0]) == SPEC_LIST + 1, "a name for each");
	return names[kind];
}

int spec_under(struct spec_fault *fault, int code, const char *format, ...)
{
	char part[SPEC_PLACE_MAX], whole[2 * SPEC_PLACE_MAX];
	va_list args;

	if (code == 0)
		return 0;
	va_start(args, format);
	vsnprintf(part, sizeof(part), format, args);
	va_end(args);
	snprintf(whole, sizeof(whole), "%s%s%s", part,
		 fault->place[0] == '\0' || fault->place[0] == '[' ? "" : ".", fault->place);
	snprintf(fault->place, sizeof(fault->place), "%.*s", SPEC_PLACE_MAX - 1, whole);
	return code;
}

const struct spec_field *spec_field_in(const struct spec_field *list, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	return NULL;
}

const struct spec_field *spec_field_of(const char *name)
{
	const struct spec_field *field =
		spec_field_in(spec_job_fields, spec_job_fields_count, name);

	return field != NULL ? field
			     : spec_field_in(spec_group_fields, spec_group_fields_count, name);
}

static int check_text(const struct spec_field *field, const json_t *value, struct spec_fault *fault)
{
	const char *text = json_string_value(value);

	if (text == NULL || json_string_length(value) < (size_t)field->min ||
	    json_string_length(value) > (size_t)field->max ||
	    strlen(text) != json_string_length(value))
		return REFUSE("%s has to be a text of %lld to %lld bytes without NUL", field->name,
			      (long long)field->min, (long long)field->max);
	return 0;
}

static int check_word(const struct spec_field *field, const json_t *value, struct spec_fault *fault)
{
	const char *text = json_string_value(value);

	if (text == NULL || !text_is_name(text, json_string_length(value), SPEC_WORD_MAX))
		return REFUSE("%s has to be a name of 1 to %d letters, digits, - _ . +",
			      field->name, SPEC_WORD_MAX);
	return 0;
}

static int check_number(const struct spec_field *field, const json_t *value,
			struct spec_fault *fault)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < field->min || number > field->max)
		return REFUSE("%s has to be a whole number from %lld to %lld", field->name,
			      (long long)field->min, (long long)field->max);
	return 0;
}

static int check_seconds(const struct spec_field *field, const json_t *value,
			 struct spec_fault *fault)
{
	double number = json_number_value(value);

	if (!json_is_number(value) || !(number >= (double)field->min) ||
	    !(number <= (double)field->max))
		return REFUSE("%s has to be seconds from %lld to %lld", field->name,
			      (long long)field->min, (long long)field->max);
	return 0;
}

static int check_list(const struct spec_field *field, const json_t *value, struct spec_fault *fault)
{
	struct spec_field item = {.name = field->name, .max = 1 << 17};
	size_t count = json_array_size(value);

	if (!json_is_array(value) || count < (size_t)field->min || count > (size_t)field->max)
		return REFUSE("%s has to be a list of %lld to %lld items", field->name,
			      (long long)field->min, (long long)field->max);
	for (size_t i = 0; i < count; i++) {
		const json_t *it = json_array_get(value, i);
		int code = field->kind == SPEC_WORDS ? check_word(&item, it, fault)
						     : check_text(&item, it, fault);

		if (code != 0)
			return spec_under(fault, code, "[%zu]", i);
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

static int check_map(const struct spec_field *field, json_t *value, struct spec_fault *fault)
{
	struct spec_field item = {.name = field->name, .max = 1 << 17};
	const char *name;
	json_t *it;

	if (!json_is_object(value) || json_object_size(value) > (size_t)field->max)
		return REFUSE("%s has to be an object of at most %lld texts", field->name,
			      (long long)field->max);
	json_object_foreach(value, name, it)
	{
		int code = check_text(&item, it, fault);

		if (code == 0 && !is_variable(name))
			code = REFUSE("%s: '%s' is no name of a variable: letters, digits and "
				      "_ only",
				      field->name, text_quote(name, strlen(name)).text);
		if (code != 0)
			return spec_under(fault, code, "%s", text_quote(name, strlen(name)).text);
	}
	return 0;
}

static int check_field(const struct spec_field *field, json_t *value, struct spec_fault *fault)
{
	switch (field->kind) {
	case SPEC_TEXT:
		return check_text(field, value, fault);
	case SPEC_WORD:
		return check_word(field, value, fault);
	case SPEC_NUMBER:
		return check_number(field, value, fault);
	case SPEC_SECONDS:
		return check_seconds(field, value, fault);
	case SPEC_FLAG:
		return json_is_boolean(value) ? 0
					      : REFUSE("%s has to be true or false", field->name);
	case SPEC_STRINGS:
	case SPEC_WORDS:
		return check_list(field, value, fault);
	case SPEC_MAP:
		return check_map(field, value, fault);
	case SPEC_AFTER:
	case SPEC_GROUPS:
	case SPEC_VARIANTS:
	case SPEC_LIST:
		if (!json_is_array(value) || json_array_size(value) < (size_t)field->min ||
		    json_array_size(value) > (size_t)field->max)
			return REFUSE("%s has to be a list of %lld to %lld items", field->name,
				      (long long)field->min, (long long)field->max);
		return 0;
	case SPEC_SERVICE:
		return json_is_object(value) ? 0 : REFUSE("%s has to be an object", field->name);
	default:
		return 0; /* read by its own function */
	}
}

static int check_items(json_t *list, const char *name, struct spec_fault *fault);

/* Check all fields of an object by the table; of a job also those of groups. */
static int check_object(json_t *object, const struct spec_field *list, int count,
			struct spec_fault *fault)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		const struct spec_field *field = list == spec_job_fields
							 ? spec_field_of(name)
							 : spec_field_in(list, count, name);
		struct text_quote quote = text_quote(name, strlen(name));
		int code;

		if (field == NULL)
			code = REFUSE("there is no field '%s' here; docs/api.md lists them",
				      quote.text);
		else
			code = check_field(field, value, fault);
		if (code == 0 && (field->kind == SPEC_GROUPS || field->kind == SPEC_VARIANTS))
			code = check_items(value, name, fault);
		if (code == 0 && field->kind == SPEC_SERVICE)
			code = check_object(value, spec_service_fields, spec_service_fields_count,
					    fault);
		if (code != 0)
			return spec_under(fault, code, "%s", quote.text);
	}
	return 0;
}

static int check_items(json_t *list, const char *name, struct spec_fault *fault)
{
	int are_groups = strcmp(name, "groups") == 0;
	int code = 0;

	for (size_t i = 0; code == 0 && i < json_array_size(list); i++) {
		json_t *item = json_array_get(list, i);

		if (!json_is_object(item))
			code = REFUSE("%s has to be a list of objects", name);
		else if (are_groups)
			code = check_object(item, spec_group_fields, spec_group_fields_count,
					    fault);
		else
			code = check_object(item, spec_variant_fields, spec_variant_fields_count,
					    fault);
		if (code != 0)
			spec_under(fault, code, "[%zu]", i);
	}
	return code;
}

int spec_check(json_t *object, struct spec_fault *fault)
{
	fault->place[0] = '\0';
	if (!json_is_object(object))
		return REFUSE("a job is a JSON object");
	return check_object(object, spec_job_fields, spec_job_fields_count, fault);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * One table of options: each sets a field of the job. Sizes and times have units, as people write
 * them.
 */
#include "cli/job_options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTION_BASE 1000 /* of the numbers that getopt_long returns for the table below */

enum value_kind {
	VALUE_TEXT,
	VALUE_NUMBER,
	VALUE_CORES,
	VALUE_MEMORY,
	VALUE_TIME,
	VALUE_SHARE,
	VALUE_FLAG,
	VALUE_CHIP,
	VALUE_AFTER,
	VALUE_ARRAY,
	VALUE_SERVICE,
	VALUE_OF_SERVICE,
	VALUE_VARIABLE,
	VALUE_FILE,
	VALUE_KEY,
	VALUE_PATH,
};

struct job_option {
	const char *name, *argument, *field;
	enum value_kind kind;
};

static const struct job_option table[] = {
#define X(name, argument, field, kind, help) {name, argument, field, VALUE_##kind},
	JOB_OPTIONS(X)
#undef X
};

static const struct option common[] = {LIVE_OPTIONS};

#define TABLE_COUNT  ((int)(sizeof(table) / sizeof(table[0])))
#define COMMON_COUNT ((int)(sizeof(common) / sizeof(common[0])))

static int bad(const struct job_options *options, const struct job_option *option,
	       const char *right)
{
	return command_usage(options->live.name, "--%s %s: %s", option->name, optarg, right);
}

/* A number with decimals, times 1000, and what stands behind it. */
static int64_t milli_read(const char *text, const char **unit)
{
	char *end;
	double number = strtod(text, &end);

	*unit = end;
	if (end == text || !(number >= 0) || number > 1e12)
		return -1;
	return (int64_t)(number * 1000 + 0.5);
}

/* MiB of "512M", "2G", "1T" or plain MiB; -1 when it is none. */
static int64_t memory_read(const char *text)
{
	const char *unit;
	int64_t milli = milli_read(text, &unit);
	int64_t factor = *unit == '\0' || toupper(*unit) == 'M' ? 1
			 : toupper(*unit) == 'G'		? 1024
			 : toupper(*unit) == 'T'		? 1024 * 1024
								: 0;

	if (*unit != '\0' && unit[1] != '\0' && strcmp(unit + 1, "iB") != 0)
		return -1;
	return factor == 0 || milli < 0 ? -1 : (milli * factor + 999) / 1000;
}

/* Thousandths of seconds of "90", "90s", "30m", "2h", "1d". */
static int64_t time_read(const char *text)
{
	const char *unit;
	int64_t milli = milli_read(text, &unit);
	int64_t factor = *unit == '\0' || *unit == 's' ? 1
			 : *unit == 'm'		       ? 60
			 : *unit == 'h'		       ? 3600
			 : *unit == 'd'		       ? 86400
						       : 0;

	if (*unit != '\0' && unit[1] != '\0')
		return -1;
	return factor == 0 || milli < 0 ? -1 : milli * factor;
}

static json_t *list_of(json_t *job, const char *field)
{
	json_t *list = json_object_get(job, field);

	if (list == NULL) {
		list = json_array();
		json_object_set_new(job, field, list);
	}
	return list;
}

static int variable_set(json_t *job, const char *text)
{
	json_t *map = json_object_get(job, "environment");
	size_t length = strcspn(text, "=");
	char name[256];
	const char *value;

	if (length == 0 || length >= sizeof(name))
		return -1;
	snprintf(name, sizeof(name), "%.*s", (int)length, text);
	value = text[length] == '=' ? text + length + 1 : getenv(name);
	if (value == NULL)
		return 0; /* it is not set here either */
	if (map == NULL) {
		map = json_object();
		json_object_set_new(job, "environment", map);
	}
	return json_object_set_new(map, name, json_string(value));
}

static int after_add(json_t *job, const char *text)
{
	char number[32];
	size_t length = strcspn(text, ":");

	if (length >= sizeof(number))
		return -1;
	snprintf(number, sizeof(number), "%.*s", (int)length, text);
	if (live_number(number) < 0)
		return -1;
	return json_array_append_new(list_of(job, "after"),
				     json_pack("{s:I, s:s}", "job", (json_int_t)live_number(number),
					       "if",
					       text[length] == ':' ? text + length + 1 : "any"));
}

static int array_set(json_t *job, const char *text)
{
	char *end;
	long count = strtol(text, &end, 10), most = 0;

	if (end == text || count < 1)
		return -1;
	if (*end == ':')
		most = strtol(end + 1, &end, 10);
	if (*end != '\0')
		return -1;
	return json_object_set_new(job, "array",
				   json_pack("{s:I, s:I}", "count", (json_int_t)count,
					     "running_max", (json_int_t)most));
}

/* The object of a service, made when it is not there yet. */
static json_t *service_of(json_t *job)
{
	json_t *service = json_object_get(job, "service");

	if (service == NULL) {
		service = json_object();
		json_object_set_new(job, "service", service);
	}
	return service;
}

static int service_set(json_t *job, const char *text)
{
	char *end;
	long min = strtol(text, &end, 10), max = min;

	if (end == text || (*end != '\0' && *end != ':'))
		return -1;
	if (*end == ':')
		max = strtol(end + 1, &end, 10);
	if (*end != '\0' || min < 0 || max < 1)
		return -1;
	return json_object_set_new(service_of(job), "replicas_min", json_integer(min)) != 0
		       ? -1
		       : json_object_set_new(service_of(job), "replicas_max", json_integer(max));
}

static int path_set(json_t *job, const char *field, const char *path)
{
	char here[4096], whole[8192];

	if (path[0] == '/')
		return json_object_set_new(job, field, json_string(path));
	if (getcwd(here, sizeof(here)) == NULL)
		return -1;
	snprintf(whole, sizeof(whole), "%s%s%s", here, path[0] == '\0' ? "" : "/", path);
	return json_object_set_new(job, field, json_string(whole));
}

static int file_read(struct job_options *options, const char *path)
{
	json_error_t why;
	json_t *job = json_load_file(path, JSON_REJECT_DUPLICATES, &why);

	if (!json_is_object(job)) {
		json_decref(job);
		return command_usage(options->live.name, "%s:%d:%d: %s", path, why.line, why.column,
				     job == NULL ? why.text : "a job is an object");
	}
	json_object_update_missing(options->job, job);
	json_decref(job);
	return COMMAND_OK;
}

static int number_set(json_t *job, const char *field, int64_t number)
{
	return number < 0 ? -1 : json_object_set_new(job, field, json_integer(number));
}

static int value_set(struct job_options *options, const struct job_option *option)
{
	json_t *job = options->job;
	const char *unit;
	int64_t milli;

	switch (option->kind) {
	case VALUE_TEXT:
		return json_object_set_new(job, option->field, json_string(optarg));
	case VALUE_NUMBER:
		return number_set(job, option->field,
				  strcmp(optarg, "0") == 0 ? 0 : live_number(optarg));
	case VALUE_CORES:
		milli = milli_read(optarg, &unit);
		return number_set(job, option->field, *unit == '\0' ? milli : -1);
	case VALUE_SHARE:
		milli = milli_read(optarg, &unit);
		if (milli > 1000 && milli % 1000 == 0)
			milli /= 1000; /* thousandths */
		return number_set(job, option->field, *unit == '\0' ? milli : -1);
	case VALUE_MEMORY:
		return number_set(job, option->field, memory_read(optarg));
	case VALUE_TIME:
		milli = time_read(optarg);
		return milli < 0 ? -1
				 : json_object_set_new(job, option->field,
						       json_real((double)milli / 1000));
	case VALUE_FLAG:
		return json_object_set_new(job, option->field, json_true());
	case VALUE_CHIP:
		return json_array_append_new(list_of(job, "chips"), json_string(optarg));
	case VALUE_AFTER:
		return after_add(job, optarg);
	case VALUE_ARRAY:
		return array_set(job, optarg);
	case VALUE_SERVICE:
		return service_set(job, optarg);
	case VALUE_OF_SERVICE:
		milli = milli_read(optarg, &unit);
		return *unit == '\0' ? number_set(service_of(job), option->field, milli) : -1;
	case VALUE_VARIABLE:
		return variable_set(job, optarg);
	case VALUE_PATH:
		return path_set(job, option->field, optarg);
	default:
		options->key = optarg;
		return 0;
	}
}

/* What getopt_long needs of the table, with the common options before it. */
static void getopt_table(struct option *options)
{
	memcpy(options, common, sizeof(common));
	for (int i = 0; i < TABLE_COUNT; i++)
		options[COMMON_COUNT + i] = (struct option){
			table[i].name,
			table[i].argument[0] == '\0' ? no_argument : required_argument, NULL,
			OPTION_BASE + i};
	options[COMMON_COUNT + TABLE_COUNT] = (struct option){0};
}

static int rest_set(struct job_options *options, int argc, char **argv)
{
	json_t *job = options->job, *command = json_array();

	for (int i = optind; i < argc; i++)
		json_array_append_new(command, json_string(argv[i]));
	if (optind < argc)
		json_object_set_new(job, "command", command);
	else
		json_decref(command);
	if (json_object_get(job, "command") == NULL)
		return command_usage(options->live.name, "the command is missing: what to run");
	if (json_object_get(job, "directory") == NULL)
		path_set(job, "directory", "");
	if (json_object_get(job, "name") == NULL && optind < argc)
		json_object_set_new(job, "name",
				    json_string(strrchr(argv[optind], '/') != NULL
							? strrchr(argv[optind], '/') + 1
							: argv[optind]));
	if (json_object_get(json_object_get(job, "environment"), "PATH") == NULL)
		variable_set(job, "PATH");
	if (json_object_get(json_object_get(job, "environment"), "LANG") == NULL)
		variable_set(job, "LANG");
	return COMMAND_OK;
}

int job_options_parse(struct job_options *options, int argc, char **argv)
{
	struct option table_all[COMMON_COUNT + TABLE_COUNT + 1];
	const char *file = NULL;
	int option;

	getopt_table(table_all);
	options->job = json_object();
	/* The first word that is no option begins the command, whose options are its own. */
	while ((option = getopt_long(argc, argv, "+", table_all, NULL)) != -1) {
		const struct job_option *it =
			&table[option >= OPTION_BASE ? option - OPTION_BASE : 0];

		if (live_option(&options->live, option))
			continue;
		if (option < OPTION_BASE)
			return command_usage_hint(options->live.name);
		if (it->kind == VALUE_FILE)
			file = optarg;
		else if (value_set(options, it) != 0)
			return bad(options, it, "this is not what it takes; see the help");
	}
	if (file != NULL && file_read(options, file) != COMMAND_OK)
		return COMMAND_USAGE;
	return rest_set(options, argc, argv);
}

int64_t job_options_submit(const struct job_options *options, int32_t *count)
{
	struct client_call call = {options->live.socket, "POST",       "/v1/jobs",
				   options->job,	 options->key, options->live.ca};
	struct client_answer answer;
	struct parc_err err = {0};
	int64_t job = -1;

	if (client_do(&call, &answer, &err) == 0) {
		job = live_integer(answer.json, "job");
		*count = (int32_t)live_integer(answer.json, "count");
	} else {
		command_fail(&err);
	}
	client_answer_deinit(&answer);
	return job;
}

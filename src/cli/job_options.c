/* SPDX-License-Identifier: Apache-2.0
 *
 * One table of options: each sets a field of the job, or of one of its groups. Sizes and times have
 * units, as people write them.
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
	VALUE_TASKS,
	VALUE_GROUP,
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

/* One job to wait for: the first `size` bytes are its number. */
static int after_one(json_t *job, const char *number, size_t size, const char *kind)
{
	char text[32];

	if (size >= sizeof(text))
		return -1;
	snprintf(text, sizeof(text), "%.*s", (int)size, number);
	if (live_number(text) < 0)
		return -1;
	return json_array_append_new(
		list_of(job, "after"),
		json_pack("{s:I, s:s}", "job", (json_int_t)live_number(text), "if", kind));
}

/* "JOB", "JOB:IF", or as Slurm has it "afterok:JOB:JOB,afterany:JOB". */
static int after_add(json_t *job, const char *text)
{
	static const struct {
		const char *word, *kind;
	} words[] = {{"afterany:", "any"}, {"afterok:", "ok"}, {"afternotok:", "failed"}};
	const char *kind = NULL;
	int code = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(text, words[i].word, strlen(words[i].word)) == 0) {
			kind = words[i].kind;
			text += strlen(words[i].word);
		}
	if (kind == NULL) {
		size_t size = strcspn(text, ":");

		return after_one(job, text, size, text[size] == ':' ? text + size + 1 : "any");
	}
	while (code == 0) {
		size_t size = strcspn(text, ":,");

		code = after_one(job, text, size, kind);
		text += size;
		if (*text == '\0')
			break;
		if (*text++ == ',')
			return code == 0 ? after_add(job, text) : code;
	}
	return code;
}

/* "N", "N-M": two numbers, equal when there is one; -1 when it is neither. `rest`: behind them. */
static int range_read(const char *text, long range[2], const char **rest)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	range[0] = range[1] = strtol(text, &end, 10);
	*rest = end;
	if (*end != '-')
		return 0;
	if (end[1] < '0' || end[1] > '9')
		return -1;
	range[1] = strtol(end + 1, &end, 10);
	*rest = end;
	return range[1] < range[0] ? -1 : 1;
}

/* "10", "0-9", "0-9%2"; ":2" as well as "%2". */
static int array_set(json_t *job, const char *text)
{
	const char *rest;
	char *end = "";
	long range[2], most = 0;
	int code = range_read(text, range, &rest);

	if (code == 0 && range[0] > 0) {
		range[1] = range[0] - 1;
		range[0] = 0;
	} else if (code <= 0) {
		return -1;
	}
	if (*rest == '%' || *rest == ':')
		most = strtol(rest + 1, &end, 10);
	else if (*rest != '\0')
		return -1;
	if (*end != '\0' || end == rest + 1)
		return -1;
	return json_object_set_new(
		job, "array",
		json_pack("{s:I, s:I, s:I}", "count", (json_int_t)(range[1] - range[0] + 1), "from",
			  (json_int_t)range[0], "running_max", (json_int_t)most));
}

static int tasks_set(json_t *job, const char *text)
{
	const char *rest;
	long range[2];

	if (range_read(text, range, &rest) < 0 || *rest != '\0')
		return -1;
	json_object_set_new(job, "tasks", json_integer(range[0]));
	return range[1] == range[0] ? 0
				    : json_object_set_new(job, "tasks_max", json_integer(range[1]));
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

/* A path that is not absolute is meant from here. */
static void path_whole(json_t *job, const char *field)
{
	const char *path = json_string_value(json_object_get(job, field));
	char copy[SPEC_PATH_MAX + 1];

	if (path == NULL || path[0] == '/' || path[0] == '\0' || strlen(path) > SPEC_PATH_MAX)
		return;
	snprintf(copy, sizeof(copy), "%s", path);
	path_set(job, field, copy);
}

/* Options come on top of the file; variables of both are there. */
static int file_read(struct job_options *options)
{
	struct parc_err err = {0};
	json_t *here = json_object_get(options->job, "environment"), *there;

	if (job_file_read(&options->file, options->path, &err) != 0) {
		command_fail(&err);
		return COMMAND_USAGE;
	}
	there = json_object_get(options->file.object, "environment");
	if (json_is_object(here) && json_is_object(there))
		json_object_update_missing(here, there);
	json_object_update_missing(options->job, options->file.object);
	path_whole(options->job, "directory");
	path_whole(options->job, "output");
	path_whole(options->job, "errors");
	return COMMAND_OK;
}

static int number_set(json_t *job, const char *field, int64_t number)
{
	return number < 0 ? -1 : json_object_set_new(job, field, json_integer(number));
}

static int group_add(json_t *job, const char *text);

/* Read the text as the option takes it, and set its field of a job or a group. */
static int value_set(json_t *job, const struct job_option *option, const char *text)
{
	const char *unit;
	int64_t milli;

	switch (option->kind) {
	case VALUE_TEXT:
		return json_object_set_new(job, option->field, json_string(text));
	case VALUE_NUMBER:
		return number_set(job, option->field,
				  strcmp(text, "0") == 0 ? 0 : live_number(text));
	case VALUE_CORES:
		milli = milli_read(text, &unit);
		return number_set(job, option->field, *unit == '\0' ? milli : -1);
	case VALUE_SHARE:
		milli = milli_read(text, &unit);
		if (milli > 1000 && milli % 1000 == 0)
			milli /= 1000; /* thousandths */
		return number_set(job, option->field, *unit == '\0' ? milli : -1);
	case VALUE_MEMORY:
		return number_set(job, option->field, memory_read(text));
	case VALUE_TIME:
		milli = time_read(text);
		return milli < 0 ? -1
				 : json_object_set_new(job, option->field,
						       json_real((double)milli / 1000));
	case VALUE_FLAG:
		return json_object_set_new(job, option->field, json_true());
	case VALUE_CHIP:
		return json_array_append_new(list_of(job, "chips"), json_string(text));
	case VALUE_AFTER:
		return after_add(job, text);
	case VALUE_TASKS:
		return tasks_set(job, text);
	case VALUE_GROUP:
		return group_add(job, text);
	case VALUE_ARRAY:
		return array_set(job, text);
	case VALUE_SERVICE:
		return service_set(job, text);
	case VALUE_OF_SERVICE:
		milli = milli_read(text, &unit);
		return *unit == '\0' ? number_set(service_of(job), option->field, milli) : -1;
	case VALUE_VARIABLE:
		return variable_set(job, text);
	default:
		return path_set(job, option->field, text);
	}
}

/* The option of this name that sets a field of a group, NULL: none. */
static const struct job_option *group_option(const char *name, size_t size)
{
	for (int i = 0; i < TABLE_COUNT; i++)
		if (strlen(table[i].name) == size && strncmp(table[i].name, name, size) == 0 &&
		    table[i].field != NULL &&
		    spec_field_in(spec_group_fields, spec_group_fields_count, table[i].field) !=
			    NULL)
			return &table[i];
	return NULL;
}

/* "tasks=2,devices=1,mixed-chips": the options of a task, without their dashes. */
static int group_add(json_t *job, const char *text)
{
	json_t *group = json_object();
	int code = 0;

	json_array_append_new(list_of(job, "groups"), group);
	while (code == 0 && *text != '\0') {
		size_t size = strcspn(text, ","), name = strcspn(text, "=,");
		const struct job_option *option = group_option(text, name);
		char value[256];

		if (option == NULL || size - name >= sizeof(value) ||
		    (text[name] == '=') != (option->argument[0] != '\0'))
			return -1;
		snprintf(value, sizeof(value), "%.*s", (int)(size - name),
			 text + name + (text[name] == '='));
		value[size - name - (text[name] == '=')] = '\0';
		code = value_set(group, option, value);
		text += size + (text[size] == ',');
	}
	return code;
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

/* What is run, for people: the name of its program. */
static void name_set(json_t *job)
{
	const char *program = json_string_value(json_array_get(json_object_get(job, "command"), 0));
	const char *slash = program == NULL ? NULL : strrchr(program, '/');

	if (program != NULL && json_object_get(job, "name") == NULL)
		json_object_set_new(job, "name", json_string(slash != NULL ? slash + 1 : program));
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
	/* What a file lacks or has too much the daemon says, with its place. */
	if (json_object_get(job, "command") == NULL && options->path == NULL)
		return command_usage(options->live.name, "the command is missing: what to run");
	if (json_object_get(job, "directory") == NULL)
		path_set(job, "directory", "");
	name_set(job);
	if (json_object_get(json_object_get(job, "environment"), "PATH") == NULL)
		variable_set(job, "PATH");
	if (json_object_get(json_object_get(job, "environment"), "LANG") == NULL)
		variable_set(job, "LANG");
	return COMMAND_OK;
}

static int options_read(struct job_options *options, int argc, char **argv)
{
	struct option table_all[COMMON_COUNT + TABLE_COUNT + 1];
	int option;

	getopt_table(table_all);
	/* The first word that is no option begins the command, whose options are its own. */
	while ((option = getopt_long(argc, argv, "+", table_all, NULL)) != -1) {
		const struct job_option *it =
			&table[option >= OPTION_BASE ? option - OPTION_BASE : 0];

		if (live_option(&options->live, option))
			continue;
		if (option < OPTION_BASE)
			return command_usage_hint(options->live.name);
		if (it->kind == VALUE_FILE)
			options->path = optarg;
		else if (it->kind == VALUE_KEY)
			options->key = optarg;
		else if (value_set(options->job, it, optarg) != 0)
			return command_usage(options->live.name,
					     "--%s %s: this is not what it takes; see the help",
					     it->name, optarg);
	}
	return COMMAND_OK;
}

int job_options_parse(struct job_options *options, int argc, char **argv)
{
	int code;

	options->job = json_object();
	code = options_read(options, argc, argv);
	/* A word that is the name of a job's file is one, unless "--" stands before it. */
	if (code == COMMAND_OK && optind < argc && options->path == NULL &&
	    strcmp(argv[optind - 1], "--") != 0 && job_file_is_name(argv[optind])) {
		options->path = argv[optind++];
		code = options_read(options, argc, argv);
		if (code == COMMAND_OK && optind < argc)
			code = command_usage(options->live.name,
					     "'%s' is too many behind a job's file", argv[optind]);
	}
	if (code == COMMAND_OK && options->path != NULL)
		code = file_read(options);
	return code == COMMAND_OK ? rest_set(options, argc, argv) : code;
}

void job_options_deinit(struct job_options *options)
{
	json_decref(options->job);
	job_file_deinit(&options->file);
}

/* Say what was refused, with its place in the file, or with the file if it stands in none. */
static void refusal_say(const struct job_options *options, const json_t *answer,
			struct parc_err *err)
{
	const json_t *refused = json_object_get(answer, "error");

	if (options->path != NULL &&
	    strcmp(live_string(refused, "code"), parc_err_name(PARC_ERR_INVALID)) == 0)
		job_file_locate(&options->file, live_string(refused, "field"), err);
	command_fail(err);
}

int64_t job_options_submit(const struct job_options *options, int32_t *count)
{
	struct client_call call = {options->live.socket, "POST",	   "/v1/jobs", options->job,
				   options->key,	 options->live.ca, 0};
	struct client_answer answer;
	struct parc_err err = {0};
	int64_t job = -1;

	if (client_do(&call, &answer, &err) == 0) {
		job = live_integer(answer.json, "job");
		*count = (int32_t)live_integer(answer.json, "count");
	} else {
		refusal_say(options, answer.json, &err);
	}
	client_answer_deinit(&answer);
	return job;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What is submitted: a JSON object whose fields are the table below. It is checked whole before
 * anything happens; unknown fields are refused. The table also makes docs/api.md and the OpenAPI
 * document.
 */
#ifndef DAEMON_SPEC_H
#define DAEMON_SPEC_H

#include <jansson.h>

#include "parc/core.h"

#define SPEC_BYTES_MAX	     (1 << 18) /* of the object as text */
#define SPEC_NAME_MAX	     127       /* bytes of a job's name */
#define SPEC_WORD_MAX	     63	       /* of a tenant, kind, chip */
#define SPEC_PATH_MAX	     4095
#define SPEC_ARGUMENTS_MAX   4096
#define SPEC_ENVIRONMENT_MAX 4096
#define SPEC_ARRAY_MAX	     10000
#define SPEC_INDEX_MAX	     1000000000 /* of an array's job */
#define SPEC_PLACE_MAX	     96
#define SPEC_SECONDS_MAX     315576000 /* ten years */

enum spec_kind {
	SPEC_TEXT,    /* of up to max bytes, no NUL */
	SPEC_WORD,    /* letters, digits, - _ . + : a name */
	SPEC_NUMBER,  /* a whole number */
	SPEC_SECONDS, /* a number, kept in microseconds */
	SPEC_FLAG,
	SPEC_STRINGS, /* a list of texts */
	SPEC_WORDS,   /* a list of words */
	SPEC_MAP,     /* names to texts */
	SPEC_CLASS,
	SPEC_LINK,
	SPEC_CLOSE,
	SPEC_AFTER,
	SPEC_GROUPS,
	SPEC_ARRAY,
	SPEC_SERVICE,
	SPEC_VARIANTS,
	SPEC_LIST, /* of objects, which are read by a function of their own */
};

/* name, kind, smallest, largest, meaning. Of the job. */
/* clang-format off */
#define SPEC_JOB_FIELDS(X) \
	X(name, TEXT, 0, SPEC_NAME_MAX, "name, for people") \
	X(command, STRINGS, 1, SPEC_ARGUMENTS_MAX, "program and its arguments; required") \
	X(directory, TEXT, 1, SPEC_PATH_MAX, "absolute path where it starts; required") \
	X(environment, MAP, 0, SPEC_ENVIRONMENT_MAX, "variables it gets besides HOME, USER, PATH") \
	X(output, TEXT, 1, SPEC_PATH_MAX, "absolute path of standard output; else parc keeps it") \
	X(errors, TEXT, 1, SPEC_PATH_MAX, "absolute path of standard error; else as output") \
	X(tenant, WORD, 1, SPEC_WORD_MAX, "who pays; else the caller's own") \
	X(kind, WORD, 1, SPEC_WORD_MAX, "jobs of one kind of a tenant have one speed") \
	X(class, CLASS, 0, 0, "train, infer, interactive or batch") \
	X(tier, NUMBER, 0, PARC_TIERS_MAX - 1, "priority level; above 7 for operators only") \
	X(time_limit_s, SECONDS, 0, SPEC_SECONDS_MAX, "it is stopped after so long; 0: never") \
	X(expected_s, SECONDS, 0, SPEC_SECONDS_MAX, "how long it is expected to run; 0: unknown") \
	X(checkpoint_s, SECONDS, 0, SPEC_SECONDS_MAX, "interval of its checkpoints; 0: none") \
	X(grace_s, SECONDS, 0, 86400, "between SIGTERM and SIGKILL; 0: the policy's") \
	X(held, FLAG, 0, 0, "it waits until it is released") \
	X(requeue, FLAG, 0, 0, "start it again after a loss") \
	X(preemptible, FLAG, 0, 0, "it may give way to others and start again") \
	X(close, CLOSE, 0, 0, "prefer: or require: with node, rack, pod or site") \
	X(after, AFTER, 0, PARC_DEPENDS_MAX, \
	  "jobs it waits for: ids, or {job, if: any, ok, failed}; the number of an array's first " \
	  "job is the whole array") \
	X(array, ARRAY, 0, 0, \
	  "{count, from, running_max}: so many equal jobs, PARC_ARRAY_INDEX counted from `from`") \
	X(service, SERVICE, 0, 0, \
	  "{replicas_min, replicas_max, capacity_milli, target_milli}: a service, whose replicas " \
	  "are jobs with PARC_REPLICA (docs/services.md)") \
	X(variants, VARIANTS, 1, PARC_VARIANTS_MAX, \
	  "other ways to run it: each on the chips or the runtime that it names") \
	X(groups, GROUPS, 1, PARC_GROUPS_MAX, \
	  "unlike tasks that start together; else the fields below")
/* Of each group of equal tasks, or of the job itself when it has one group. */
#define SPEC_GROUP_FIELDS(X) \
	X(tasks, NUMBER, 1, 4096, "equal tasks that start together, all or none (1)") \
	X(tasks_max, NUMBER, 1, 4096, "so many at most, as far as there is room (tasks)") \
	X(mixed_chips, FLAG, 0, 0, "its tasks may run on unlike chips") \
	X(command, STRINGS, 1, SPEC_ARGUMENTS_MAX, "of this group; else the job's") \
	X(chips, WORDS, 0, PARC_CHIPS_MAX, "chips it can run on (any of its runtime)") \
	X(runtime, WORD, 1, SPEC_WORD_MAX, \
	  "software it is built for: cuda, cann ... or any; runs on no other") \
	X(partition, WORD, 1, SPEC_WORD_MAX, \
	  "a part of one device by its name, such as 1g.10gb (MIG, vNPU), in place of devices, " \
	  "share and memory") \
	X(devices, NUMBER, 0, PARC_NODE_DEVICES_MAX, "devices of one task (0)") \
	X(share_milli, NUMBER, 1, PARC_SHARE_WHOLE, "thousandths of each device (1000)") \
	X(device_memory_mib, NUMBER, 0, PARC_DEVICE_MEMORY_MAX, "memory on each device (0)") \
	X(cpu_milli, NUMBER, 0, PARC_CPU_MAX, \
	  "thousandths of a core of one task (1000 without devices)") \
	X(memory_mib, NUMBER, 0, PARC_MEMORY_MAX, "memory of one task (0: not limited)") \
	X(link, LINK, 0, 0, "its devices in one link group: none, prefer or require")
/* Of each variant. The first that a chip is named by counts. */
#define SPEC_VARIANT_FIELDS(X) \
	X(chips, WORDS, 0, PARC_CHIPS_MAX, "chips it runs on") \
	X(runtime, WORD, 1, SPEC_WORD_MAX, "or all chips of this runtime; both: those of both") \
	X(command, STRINGS, 1, SPEC_ARGUMENTS_MAX, "its command there; else the job's") \
	X(device_memory_mib, NUMBER, 0, PARC_DEVICE_MEMORY_MAX, "memory on each device there") \
	X(speed_milli, NUMBER, 0, PARC_SPEED_MAX, \
	  "how fast it is there, thousandths of the reference chip (0: unknown)")
/* Of a service. */
#define SPEC_SERVICE_FIELDS(X) \
	X(replicas_min, NUMBER, 0, PARC_REPLICAS_MAX, "replicas that always run (0)") \
	X(replicas_max, NUMBER, 1, PARC_REPLICAS_MAX, "replicas at most") \
	X(capacity_milli, NUMBER, 1, PARC_LOAD_MAX, "load that one replica serves, thousandths") \
	X(target_milli, NUMBER, 0, PARC_SHARE_WHOLE, \
	  "part of the requests that find a replica free, thousandths (900)")
/* clang-format on */

struct spec_field {
	const char *name;
	enum spec_kind kind;
	int64_t min, max;
	const char *meaning;
};

extern const struct spec_field spec_job_fields[], spec_group_fields[], spec_variant_fields[],
	spec_service_fields[];
extern const int spec_job_fields_count, spec_group_fields_count, spec_variant_fields_count,
	spec_service_fields_count;

/* What devices of a chip can be cut into, by name. */
struct spec_partition {
	char name[SPEC_WORD_MAX + 1]; /* "": it has none */
	int32_t share_milli, memory_mib;
};

/* Chips by number, for reading and showing. */
struct spec_chips {
	struct spec_partition partitions[PARC_CHIPS_MAX][PARC_TEMPLATES_MAX];
	char names[PARC_CHIPS_MAX][SPEC_WORD_MAX + 1];
	char runtimes[PARC_CHIPS_MAX][SPEC_WORD_MAX + 1]; /* "": not known */
	int32_t count;
	uint64_t present; /* chips of which there are devices now, a bit each; not of cores */
};

/* Why an object is refused. */
struct spec_fault {
	struct parc_err err;
	char place[SPEC_PLACE_MAX]; /* "groups[1].devices"; "": the whole */
};

struct spec {
	struct parc_submit submit; /* job, tenant, user and kind are left to the caller */
	struct parc_group groups[PARC_GROUPS_MAX];
	struct parc_depend depends[PARC_DEPENDS_MAX];
	struct parc_variant variants[PARC_VARIANTS_MAX];
	int32_t array_count, array_from;  /* count 0: no array; index of the first */
	const char *name, *tenant, *kind; /* of the object; NULL: not given */
};

/* Check the object and fill in the spec, which refers to it. PARC_ERR_INVALID and a sentence that
 * names the field, and the place where it stands in the object. */
int spec_read(struct spec *spec, json_t *object, const struct spec_chips *chips,
	      struct spec_fault *fault);

/* What a partition asks for: its share and memory, and the chips that have one, of those in *chips
 * (0: all) on instances of which, or on parts of which, it runs. */
int spec_partition_read(json_t *object, const struct spec_chips *known, struct parc_task *task,
			struct spec_fault *fault);

/* Check every field of the object by its kind, alone. */
int spec_check(json_t *object, struct spec_fault *fault);

/* Put a part of the place before what is there, when `code` is a refusal. Returns the code. */
int spec_under(struct spec_fault *fault, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The field of a job by its name, also those of groups that stand in the job; NULL: none. */
const struct spec_field *spec_field_of(const char *name);
const struct spec_field *spec_field_in(const struct spec_field *list, int count, const char *name);

const char *spec_kind_name(enum spec_kind kind);

/* A field of seconds in microseconds; 0 when it is not there. */
int64_t spec_us(const json_t *object, const char *name);

#endif

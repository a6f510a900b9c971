/* SPDX-License-Identifier: Apache-2.0
 *
 * A job on the command line, as `parc submit` and `parc run` take it.
 */
#ifndef CLI_JOB_OPTIONS_H
#define CLI_JOB_OPTIONS_H

#include "cli/live.h"
#include "daemon/job_file.h"

/* All options: name, argument ("": none), field of the job, how it is read, what it means. */
/* clang-format off */
#define JOB_OPTIONS(X) \
	X("name", "TEXT", "name", TEXT, "name of the job") \
	X("devices", "N", "devices", NUMBER, "devices of a task") \
	X("share", "PART", "share_milli", SHARE, "part of each device: 0.5, or 500 thousandths") \
	X("partition", "NAME", "partition", TEXT, \
	  "a part of one device by its name: 1g.10gb (MIG, vNPU)") \
	X("chip", "NAME", "chips", CHIP, "a chip it can run on; may stand again (any)") \
	X("runtime", "NAME", "runtime", TEXT, "software it is built for: cuda, cann ... or any") \
	X("device-memory", "SIZE", "device_memory_mib", MEMORY, "memory on each device: 8G") \
	X("cpu", "CORES", "cpu_milli", CORES, "cores of a task: 0.5 (1 without devices)") \
	X("memory", "SIZE", "memory_mib", MEMORY, "memory of a task: 512M, 2G") \
	X("tasks", "N[-MAX]", "tasks", TASKS, \
	  "N equal tasks that start together, up to MAX if there is room (1)") \
	X("link", "HOW", "link", TEXT, "devices in one link group: none, prefer, require") \
	X("mixed-chips", "", "mixed_chips", FLAG, "its tasks may run on unlike chips") \
	X("group", "K=V,...", "groups", GROUP, \
	  "unlike tasks that start together: a group of tasks=, devices=, cpu= ...; again for " \
	  "each") \
	X("close", "WHERE", "close", TEXT, "prefer: or require: with node, rack, pod, site") \
	X("tenant", "NAME", "tenant", TEXT, "who pays") \
	X("tier", "N", "tier", NUMBER, "priority level (0)") \
	X("class", "NAME", "class", TEXT, "train, infer, interactive or batch") \
	X("kind", "NAME", "kind", TEXT, "jobs of one kind of a tenant have one speed") \
	X("time", "T", "time_limit_s", TIME, "time limit: 90s, 30m, 2h, 1d") \
	X("expected", "T", "expected_s", TIME, "how long it will run, about") \
	X("checkpoint", "T", "checkpoint_s", TIME, "interval of its checkpoints") \
	X("grace", "T", "grace_s", TIME, "between SIGTERM and SIGKILL when it is stopped") \
	X("after", "JOB[:IF]", "after", AFTER, \
	  "wait for a job, or with the number of its first job for an array; IF is any, ok or " \
	  "failed; also afterok:JOB:JOB, afterany:, afternotok:") \
	X("array", "A-B[%MAX]", "array", ARRAY, \
	  "equal jobs of indexes A to B (N: 0 to N-1), at most MAX running") \
	X("service", "MIN:MAX", "service", SERVICE, \
	  "a service of so many replicas; PARC_REPLICA is the number of each") \
	X("capacity", "LOAD", "capacity_milli", OF_SERVICE, "load that one replica serves") \
	X("target", "PART", "target_milli", OF_SERVICE, \
	  "part of the requests that find a replica free (0.9)") \
	X("hold", "", "held", FLAG, "wait until it is released") \
	X("requeue", "", "requeue", FLAG, "start it again after a loss") \
	X("preemptible", "", "preemptible", FLAG, "it may give way and start again") \
	X("env", "NAME[=V]", "environment", VARIABLE, "a variable, of here or of this value") \
	X("directory", "PATH", "directory", PATH, "where it starts (here)") \
	X("output", "PATH", "output", PATH, "file for standard output (kept by parc)") \
	X("errors", "PATH", "errors", PATH, "file for standard error (as output)") \
	X("file", "FILE", NULL, FILE, "the job as YAML or, NAME.json, JSON; options come on top") \
	X("key", "TEXT", NULL, KEY, "idempotency key: the same key makes no second job")
/* clang-format on */

#define JOB_OPTION_LINE(name, argument, field, kind, help) \
	"  --" name " " argument "\n\t\t" help "\n"
#define JOB_OPTIONS_HELP                                                                    \
	"The job:\n" JOB_OPTIONS(JOB_OPTION_LINE) "PATH and LANG of here go along.\n\nThe " \
						  "daemon:\n" LIVE_HELP

struct job_options {
	struct live live;
	json_t *job; /* the object to submit */
	const char *key;
	const char *path;     /* of the file, NULL: none */
	struct job_file file; /* that the job comes from */
};

/* Read the command line: COMMAND_OK, or it was said why. End it with job_options_deinit. */
int job_options_parse(struct job_options *options, int argc, char **argv);
void job_options_deinit(struct job_options *options);

/* Submit it: the number of the (first) job, or -1 and it was said why. */
int64_t job_options_submit(const struct job_options *options, int32_t *count);

#endif

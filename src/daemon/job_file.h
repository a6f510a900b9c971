/* SPDX-License-Identifier: Apache-2.0
 *
 * A job in a file, as YAML or (NAME.json) as JSON: the object that is submitted, and the place of
 * each of its fields, so that a refusal names file, line and column.
 *
 * The fields are those of spec.h. What they take decides how a scalar is read: where a field takes
 * text, `0.1` and `yes` are text; elsewhere whole and other numbers, true, false and null are what
 * they look like, unless they are quoted.
 */
#ifndef DAEMON_JOB_FILE_H
#define DAEMON_JOB_FILE_H

#include "daemon/spec.h"
#include "text/yaml_tree.h"

struct job_file {
	const char *name;
	json_t *object;
	char *bytes;
	struct yaml_tree tree; /* empty when JSON is no YAML */
};

/* Read a file of at most SPEC_BYTES_MAX bytes: 0, or a code and a sentence that names the place.
 * Checks the form, not the fields. The caller ends it with job_file_deinit, also after a failure.
 */
int job_file_read(struct job_file *file, const char *name, struct parc_err *err);
int job_file_read_bytes(struct job_file *file, const char *name, const char *bytes, size_t size,
			struct parc_err *err);
void job_file_deinit(struct job_file *file);

/* Is this the name of such a file? */
int job_file_is_name(const char *name);

/* Put "FILE:LINE:COLUMN: " before the sentence, of the place as struct spec_fault has it; "FILE: "
 * when the file has no such place. Returns err->code. */
int job_file_locate(const struct job_file *file, const char *place, struct parc_err *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing a log of jobs as parc's own table, with all columns.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "trace/jobs_own.h"

#define SECOND_US INT64_C(1000000)
#define ALIEN	  "alien" /* stands for a chip that the fleet lacks */

struct writer {
	const struct jobs *jobs;
	const struct fleet *fleet;
	FILE *out;
	bool has_ids; /* ids differ; else the rows' numbers are written */
};

static int64_t row_id(const struct writer *writer, int64_t row)
{
	return writer->has_ids ? writer->jobs->rows[row].id : row + 1;
}

static int compare_ids(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Do all ids differ? */
static int find_ids(struct writer *writer, struct parc_err *err)
{
	size_t count = (size_t)writer->jobs->count;
	int64_t *ids = malloc((count + 1) * sizeof(*ids));

	if (ids == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory to write the log of jobs");
	for (size_t i = 0; i < count; i++)
		ids[i] = writer->jobs->rows[i].id;
	qsort(ids, count, sizeof(*ids), compare_ids);
	writer->has_ids = true;
	for (size_t i = 1; i < count; i++)
		writer->has_ids = writer->has_ids && ids[i] != ids[i - 1];
	free(ids);
	return 0;
}

static void write_time(int64_t time_us, FILE *out)
{
	fprintf(out, "%lld", (long long)(time_us / SECOND_US));
	if (time_us % SECOND_US != 0)
		fprintf(out, ".%06lld", (long long)(time_us % SECOND_US));
}

static void write_name(const struct writer *writer, const struct jobs_own_field *field,
		       int32_t name)
{
	const struct jobs *jobs = writer->jobs;
	const struct jobs_names *names =
		field->offset == offsetof(struct jobs_row, tenant) ? &jobs->tenants
		: field->offset == offsetof(struct jobs_row, user) ? &jobs->users
		: field->offset == offsetof(struct jobs_row, kind) ? &jobs->kinds
								   : &jobs->queues;

	if (name >= 0)
		fputs(names->list[name], writer->out);
}

static void write_depends(const struct writer *writer, const struct jobs_row *row)
{
	static const char *const kinds[] = {"", ":ok", ":failed"};

	for (int32_t i = 0; i < row->depends_count; i++) {
		const struct parc_depend *depend = &writer->jobs->depends[row->first_depend + i];

		fprintf(writer->out, "%s%lld%s", i == 0 ? "" : "+",
			(long long)row_id(writer, depend->job), kinds[depend->kind]);
	}
}

static void write_chips(const struct writer *writer, const struct jobs_row *row, uint64_t chips)
{
	const char *separator = "";

	if (row->alien && chips == 0)
		fputs(ALIEN, writer->out);
	for (int32_t chip = 0; chip < writer->fleet->chips_count; chip++) {
		if ((chips >> chip & 1) == 0)
			continue;
		fprintf(writer->out, "%s%s", separator, writer->fleet->chips[chip].name);
		separator = "|";
	}
}

static void write_variants(const struct writer *writer, const struct jobs_row *row)
{
	for (int32_t i = 0; i < row->variants_count; i++) {
		const struct parc_variant *it = &writer->jobs->variants[row->first_variant + i];
		const char *separator = i == 0 ? "" : "|";

		for (int32_t chip = 0; chip < writer->fleet->chips_count; chip++) {
			if ((it->chips >> chip & 1) == 0)
				continue;
			fprintf(writer->out, "%s%s", separator, writer->fleet->chips[chip].name);
			separator = "/";
		}
		fprintf(writer->out, ":%d:%d", it->speed_milli, it->device_memory_mib);
	}
}

static void write_close(const struct writer *writer, const struct jobs_row *row)
{
	if (row->close_strength != PARC_STRENGTH_NONE)
		fprintf(writer->out, "%s:%s", parc_strength_name(row->close_strength),
			parc_level_name(row->close_level));
}

/* One field of a row, or of one of its groups. */
static void write_field(const struct writer *writer, const struct jobs_row *row,
			const struct jobs_group *group, const struct jobs_own_field *field)
{
	const char *base = group != NULL ? (const char *)group : (const char *)row;
	const void *at = base + field->offset;

	switch (field->kind) {
	case JOBS_OWN_INT32:
		fprintf(writer->out, "%d", *(const int32_t *)at);
		return;
	case JOBS_OWN_INT64:
		fprintf(writer->out, "%lld", (long long)*(const int64_t *)at);
		return;
	case JOBS_OWN_TIME:
		write_time(*(const int64_t *)at, writer->out);
		return;
	case JOBS_OWN_FLAG:
		fputs(*(const uint8_t *)at ? "true" : "false", writer->out);
		return;
	case JOBS_OWN_NAME:
		write_name(writer, field, *(const int32_t *)at);
		return;
	case JOBS_OWN_CLASS:
		fputs(parc_class_name(*(const int32_t *)at), writer->out);
		return;
	case JOBS_OWN_RESULT:
		fputs(parc_result_name(*(const int32_t *)at), writer->out);
		return;
	case JOBS_OWN_LINK:
		fputs(parc_strength_name(*(const int32_t *)at), writer->out);
		return;
	case JOBS_OWN_CLOSE:
		write_close(writer, row);
		return;
	case JOBS_OWN_ARRAY:
		if (row->array >= 0)
			fprintf(writer->out, "%lld", (long long)row_id(writer, row->array));
		return;
	case JOBS_OWN_DEPENDS:
		write_depends(writer, row);
		return;
	case JOBS_OWN_CHIPS:
		write_chips(writer, row, *(const uint64_t *)at);
		return;
	case JOBS_OWN_RUNTIME: /* its chips say it */
		return;
	case JOBS_OWN_VARIANTS:
		write_variants(writer, row);
		return;
	}
	ASSERT(false);
}

static void write_row_field(const struct writer *writer, int32_t at,
			    const struct jobs_own_field *field)
{
	struct jobs_row row = writer->jobs->rows[at];

	row.id = row_id(writer, at);
	row.submit_us += writer->jobs->start_us;
	write_field(writer, &row, NULL, field);
}

/* One field of all groups. A share of no device is written as a whole one, which says the same. */
static void write_group_field(const struct writer *writer, int32_t at,
			      const struct jobs_own_field *field)
{
	const struct jobs_row *row = &writer->jobs->rows[at];

	for (int32_t i = 0; i < row->groups_count; i++) {
		struct jobs_group group = writer->jobs->groups[row->first_group + i];

		if (group.task.devices == 0)
			group.task.share_milli = PARC_SHARE_WHOLE;
		fputs(i == 0 ? "" : ";", writer->out);
		write_field(writer, row, &group, field);
	}
}

int jobs_write_csv(const struct jobs *jobs, const struct fleet *fleet, FILE *out,
		   struct parc_err *err)
{
	struct writer writer = {.jobs = jobs, .fleet = fleet, .out = out};
	int code = find_ids(&writer, err);

	if (code != 0)
		return code;
	for (int32_t i = 0; i < jobs_own_row_count; i++)
		fprintf(out, "%s,", jobs_own_row_fields[i].name);
	for (int32_t i = 0; i < jobs_own_group_count; i++)
		fprintf(out, "%s%s", i == 0 ? "" : ",", jobs_own_group_fields[i].name);
	fputc('\n', out);
	for (int32_t at = 0; at < jobs->count; at++) {
		for (int32_t i = 0; i < jobs_own_row_count; i++) {
			write_row_field(&writer, at, &jobs_own_row_fields[i]);
			fputc(',', out);
		}
		for (int32_t i = 0; i < jobs_own_group_count; i++) {
			fputs(i == 0 ? "" : ",", out);
			write_group_field(&writer, at, &jobs_own_group_fields[i]);
		}
		fputc('\n', out);
	}
	if (fflush(out) != 0 || ferror(out))
		return parc_err_set(err, PARC_ERR_IO, "writing the log of jobs failed");
	return 0;
}

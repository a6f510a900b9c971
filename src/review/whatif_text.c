/* SPDX-License-Identifier: Apache-2.0
 *
 * A what-if as text: one row a measure, what was recorded beside what was tried.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "review/whatif.h"
#include "review/whatif_rows.h"
#include "sim/columns.h"
#include "sim/waterfall.h"
#include "trace/policy_file.h"

#define HOUR_MILLI_US 3.6e12 /* thousandth-device-microseconds in a device-hour */
#define TENANTS_SHOWN 20
#define POLICY_WIDTH  14 /* of a column: the longest word of a policy has 12 letters */

static void time_write(FILE *out, int64_t time_us)
{
	time_t seconds = (time_t)(time_us / 1000000);
	struct tm local;
	char text[32];

	if (localtime_r(&seconds, &local) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local) == 0)
		fprintf(out, "%" PRId64 " us", time_us);
	else
		fputs(text, out);
}

static void head_write(FILE *out, const struct whatif *whatif)
{
	fprintf(out, "Records %" PRId64 " to %" PRId64 ", ", whatif->base + 1, whatif->last);
	time_write(out, whatif->begin_us);
	fputs(" to ", out);
	time_write(out, whatif->end_us);
	if (whatif->base > 0)
		fprintf(out, "\n(those up to %" PRId64 " are forgotten)", whatif->base);
	fprintf(out, "\n%" PRId64 " events from outside", whatif->outside);
	if (whatif->refused > 0)
		fprintf(out, ", of which %" PRId64 " come to nothing here", whatif->refused);
	if (whatif->other > 0)
		fprintf(out, "\nThe first difference is at record %" PRId64 ": %s\n\n",
			whatif->other, whatif->other_text);
	else
		fputs("\nEvery event and every action is as recorded\n\n", out);
}

static void policy_value(const struct policy_field *field, const struct parc_policy *policy,
			 char text[32])
{
	const char *at = (const char *)policy + field->offset;
	int64_t wide = 0;
	int32_t number = 0;

	if (field->kind == POLICY_RIGHTS) {
		snprintf(text, 32, "other");
	} else if (field->kind == POLICY_TIME || field->kind == POLICY_SEED) {
		memcpy(&wide, at, sizeof(wide));
		snprintf(text, 32, "%g", (double)wide / (field->kind == POLICY_TIME ? 1e6 : 1));
	} else {
		memcpy(&number, at, sizeof(number));
		if (field->kind == POLICY_WORD)
			snprintf(text, 32, "%s", field->name_of(number));
		else
			snprintf(text, 32, "%d", number);
	}
}

static int policy_differs(const struct policy_field *field, const struct whatif *whatif)
{
	size_t size = field->kind == POLICY_RIGHTS ? sizeof(whatif->policy_tried.rights)
		      : field->kind == POLICY_TIME || field->kind == POLICY_SEED ? sizeof(int64_t)
										 : sizeof(int32_t);

	return memcmp((const char *)&whatif->policy_recorded + field->offset,
		      (const char *)&whatif->policy_tried + field->offset, size) != 0;
}

/* What differs, under the names of a policy's file. */
static void policy_write(const struct columns *table, const struct whatif *whatif)
{
	for (int i = 0; i < policy_fields_count; i++) {
		const struct policy_field *field = &policy_fields[i];
		char text[32];

		if (!policy_differs(field, whatif))
			continue;
		fprintf(table->out, "  %s%-*s", field->key,
			COLUMNS_LABEL_WIDTH - 2 - (int)strlen(field->key),
			field->kind == POLICY_TIME ? ", seconds" : "");
		policy_value(field, &whatif->policy_recorded, text);
		columns_name(table, text);
		policy_value(field, &whatif->policy_tried, text);
		columns_name(table, text);
		columns_end(table);
	}
}

static void row(const struct columns *table, const char *label, double recorded, double tried,
		int decimals)
{
	columns_label(table, label);
	columns_cell(table, recorded, decimals);
	columns_cell(table, tried, decimals);
	columns_end(table);
}

static void counts_write(const struct columns *table, const struct course_figures *a,
			 const struct course_figures *b)
{
#define X(label, field, always)                       \
	if (always || a->field != 0 || b->field != 0) \
		row(table, label, (double)a->field, (double)b->field, 0);
	WHATIF_COUNTS(X)
#undef X
	fputs("\nwait until the first start, seconds\n", table->out);
#define X(label, field, key) row(table, label, (double)a->field / 1e6, (double)b->field / 1e6, 2);
	WHATIF_WAITS(X)
#undef X
}

static double percent(__int128 part, __int128 whole)
{
	return whole > 0 ? (double)part * 100 / (double)whole : 0;
}

static void waterfall_write(const struct columns *table, const struct course_figures *a,
			    const struct course_figures *b)
{
	fputs("\nwhere the hours went, % of the capacity\n", table->out);
	for (int32_t i = 0; i < waterfall_count; i++) {
		const struct waterfall_row *it = &waterfall_rows[i];
		__int128 was = waterfall_sum(it, a->ledger), is = waterfall_sum(it, b->ledger);

		if (was == 0 && is == 0)
			continue;
		fprintf(table->out, "%*s%-*s", 2 + 2 * it->depth, "",
			COLUMNS_LABEL_WIDTH - 2 - 2 * it->depth, it->label);
		columns_cell(table, percent(was, a->capacity), 2);
		columns_cell(table, percent(is, b->capacity), 2);
		columns_end(table);
	}
	row(table, "capacity, device-hours", (double)a->capacity / HOUR_MILLI_US,
	    (double)b->capacity / HOUR_MILLI_US, 3);
}

static void name_write(const struct columns *table, const char *name)
{
	char shown[COLUMNS_LABEL_WIDTH - 2];
	size_t size = 0;

	for (; name[size] != '\0' && size < sizeof(shown) - 1; size++)
		shown[size] = name[size] >= ' ' && name[size] != 0x7f ? name[size] : '?';
	shown[size] = '\0';
	fprintf(table->out, "  %-*s", COLUMNS_LABEL_WIDTH - 2, shown);
}

static void tenants_write(const struct columns *table, const struct whatif *whatif)
{
	const struct course_figures *a = &whatif->recorded, *b = &whatif->tried;
	int32_t count = b->tenants_count < TENANTS_SHOWN ? b->tenants_count : TENANTS_SHOWN;

	fputs("\ndevice-hours held, by tenant\n", table->out);
	for (int32_t i = 0; i < count && i < a->tenants_count; i++) {
		name_write(table, whatif->tenants[i]);
		columns_cell(table, (double)a->tenants[i].held / HOUR_MILLI_US, 3);
		columns_cell(table, (double)b->tenants[i].held / HOUR_MILLI_US, 3);
		columns_end(table);
	}
	fputs("\nmean wait until the first start, seconds, by tenant\n", table->out);
	for (int32_t i = 0; i < count && i < a->tenants_count; i++) {
		name_write(table, whatif->tenants[i]);
		columns_cell(table, (double)a->tenants[i].wait_mean_us / 1e6, 2);
		columns_cell(table, (double)b->tenants[i].wait_mean_us / 1e6, 2);
		columns_end(table);
	}
}

static void rests_write(FILE *out, const struct whatif *whatif)
{
	__int128 all = 0;

	for (int i = 0; i < TRIED_BASES; i++)
		all += whatif->held[i];
	fprintf(out, "\nWhat was tried rests on, of %.3f device-hours that jobs held:\n",
		(double)all / HOUR_MILLI_US);
	fprintf(out, "  %6.2f %%  times measured on the same chips\n",
		percent(whatif->held[TRIED_MEASURED], all));
	fprintf(out, "  %6.2f %%  speeds that are known, on other chips\n",
		percent(whatif->held[TRIED_KNOWN], all));
	fprintf(out, "  %6.2f %%  speeds that nobody knows, taken for that of the reference\n",
		percent(whatif->held[TRIED_UNKNOWN], all));
	fprintf(out, "  %6.2f %%  of it: beyond what was seen of the job, its length assumed\n",
		percent(whatif->unseen, all));
	fprintf(out,
		"The lengths of %" PRId64 " jobs that were cut off and of %" PRId64
		" that never ran are not known.\n",
		whatif->cut_off, whatif->never_ran);
}

void whatif_text(FILE *out, const struct whatif *whatif)
{
	struct columns table = columns_of(out, 2);

	table.width = POLICY_WIDTH;
	head_write(out, whatif);
	columns_label(&table, "");
	columns_name(&table, "recorded");
	columns_name(&table, "tried");
	columns_end(&table);
	policy_write(&table, whatif);
	counts_write(&table, &whatif->recorded, &whatif->tried);
	waterfall_write(&table, &whatif->recorded, &whatif->tried);
	tenants_write(&table, whatif);
	rests_write(out, whatif);
}

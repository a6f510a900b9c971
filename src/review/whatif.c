/* SPDX-License-Identifier: Apache-2.0
 *
 * Two passes over the records, one core at a time: first what was recorded, applied, and then what
 * is tried, decided.
 */
#include "review/whatif.h"

#include <stdlib.h>
#include <string.h>

#include "review/review.h"
#include "trace/policy_file.h"

struct passes {
	struct whatif *whatif;
	struct review review;
	struct parc_core *base; /* before the first record, for both */
	struct parc_core *core; /* of the pass */
	struct past past;
	struct course course;
	struct tried tried;
	const char *path; /* of the policy; NULL: the recorded ones */
};

static int record_apply(void *context, const struct store_record *record, struct parc_err *err)
{
	struct passes *passes = context;
	struct parc_err why = {0};
	int code;

	if (parc_apply(passes->core, &record->event, &record->actions, &why) != 0)
		return parc_err_set(err, PARC_ERR_CORRUPT,
				    "record %lld of the journal cannot be applied: %s",
				    (long long)record->number, why.text);
	if (record->event.kind == PARC_EVENT_POLICY_SET)
		passes->whatif->policy_recorded = record->event.policy;
	code = past_note(&passes->past, passes->review.store, passes->core, record, err);
	return code == 0 ? course_note(&passes->course, &record->event, &record->actions, err)
			 : code;
}

static int record_try(void *context, const struct store_record *record, struct parc_err *err)
{
	struct passes *passes = context;

	return tried_note(&passes->tried, record, err);
}

/* A new core for a pass. */
static int core_renew(struct passes *passes, struct parc_err *err)
{
	parc_core_destroy(passes->core);
	passes->core = review_core(&passes->review, err);
	return passes->core == NULL ? PARC_ERR_CORRUPT : 0;
}

/* The ledger ends with the last event; both are read at the same moment. */
static int ledger_close(struct passes *passes, struct parc_err *err)
{
	struct parc_event event = {.kind = PARC_EVENT_TIME, .time_us = passes->past.end_us};

	return parc_step(passes->core, &event, NULL, err);
}

/* The figures of a pass that has come to the end of the journal. */
static int figures_fill(const struct passes *passes, const struct course *course,
			struct course_figures *figures, struct parc_err *err)
{
	const struct course_span span = {passes->base, passes->core, passes->past.end_us};

	return course_figures(course, passes->review.store, &span, figures, err);
}

static int recorded_pass(struct passes *passes, struct parc_err *err)
{
	int code = core_renew(passes, err);

	if (code == 0)
		code = course_inherit(&passes->course, passes->review.store, passes->base, err);
	if (code == 0)
		code = review_scan(&passes->review, record_apply, passes, err);
	if (code == 0 && passes->past.begin_us < 0)
		code = parc_err_set(err, PARC_ERR_STATE, "the journal holds no record to try");
	if (code == 0)
		code = past_finish(&passes->past, err);
	if (code == 0)
		code = ledger_close(passes, err);
	if (code == 0)
		code = figures_fill(passes, &passes->course, &passes->whatif->recorded, err);
	return code;
}

static int tried_pass(struct passes *passes, struct parc_err *err)
{
	int code = core_renew(passes, err);

	if (code == 0)
		code = tried_init(
			&passes->tried,
			&(struct tried_setup){.store = passes->review.store,
					      .past = &passes->past,
					      .core = passes->core,
					      .policy = passes->path == NULL
								? NULL
								: &passes->whatif->policy_tried,
					      .base = passes->review.base},
			err);
	if (code == 0)
		code = review_scan(&passes->review, record_try, passes, err);
	if (code == 0)
		code = tried_finish(&passes->tried, err);
	if (code == 0)
		code = figures_fill(passes, &passes->tried.course, &passes->whatif->tried, err);
	return code;
}

static void lengths_count(struct passes *passes)
{
	for (int32_t i = 0; i < passes->past.jobs.count; i++) {
		const struct past_job *it = ROLL_AT(&passes->past.jobs, struct past_job, i);

		if (it->work >= 0 || it->is_replica)
			continue;
		passes->whatif->cut_off += it->last >= 0;
		passes->whatif->never_ran += it->last < 0;
	}
}

static void whatif_fill(struct passes *passes)
{
	struct whatif *whatif = passes->whatif;
	const struct tried *tried = &passes->tried;

	whatif->base = passes->review.base;
	whatif->last = passes->review.last;
	whatif->begin_us = passes->past.begin_us;
	whatif->end_us = passes->past.end_us;
	whatif->outside = tried->outside;
	whatif->refused = tried->refused;
	whatif->other = tried->other;
	memcpy(whatif->other_text, tried->other_text, sizeof(whatif->other_text));
	memcpy(whatif->held, tried->held, sizeof(whatif->held));
	whatif->unseen = tried->unseen;
	lengths_count(passes);
}

static int tenants_name(struct passes *passes, struct parc_err *err)
{
	struct whatif *whatif = passes->whatif;
	const char *name, *text;

	whatif->tenants = calloc((size_t)whatif->tried.tenants_count + 1, sizeof(*whatif->tenants));
	if (whatif->tenants == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for tenants");
	for (int32_t i = 0; i < whatif->tried.tenants_count; i++)
		if (store_name_of(passes->review.store, STORE_TENANT,
				  whatif->tried.tenants[i].tenant, &name, &text, err) == 1)
			snprintf(whatif->tenants[i], sizeof(*whatif->tenants), "%s", name);
	return 0;
}

int whatif_run(struct whatif *whatif, const char *directory, const char *policy,
	       struct parc_err *err)
{
	struct passes passes = {.whatif = whatif, .path = policy};
	int code;

	*whatif = (struct whatif){0};
	policy_file_default(&whatif->policy_recorded); /* if its setting is forgotten */
	code = review_open(&passes.review, directory, err);
	if (code == 0) {
		passes.base = review_core(&passes.review, err);
		code = passes.base == NULL ? PARC_ERR_CORRUPT : 0;
	}
	past_init(&passes.past, passes.base);
	course_init(&passes.course);
	if (code == 0)
		code = recorded_pass(&passes, err);
	whatif->policy_tried = whatif->policy_recorded;
	if (code == 0 && policy != NULL)
		code = policy_file_read(&whatif->policy_tried, policy, err);
	if (code == 0)
		code = tried_pass(&passes, err);
	if (code == 0)
		code = tenants_name(&passes, err);
	if (code == 0)
		whatif_fill(&passes);
	tried_deinit(&passes.tried);
	course_deinit(&passes.course);
	past_deinit(&passes.past);
	parc_core_destroy(passes.core);
	parc_core_destroy(passes.base);
	review_close(&passes.review);
	if (code != 0)
		whatif_deinit(whatif);
	return code;
}

void whatif_deinit(struct whatif *whatif)
{
	course_figures_deinit(&whatif->recorded);
	course_figures_deinit(&whatif->tried);
	free(whatif->tenants);
	*whatif = (struct whatif){0};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "review/audit.h"
#include "store/quarantine.h"

struct auditor {
	struct audit *audit;
	struct parc_core *core;
};

static int record_audit(void *context, const struct store_record *record, struct parc_err *err)
{
	struct auditor *auditor = context;
	struct parc_err why = {0};

	auditor->audit->records++;
	if (parc_audit_step(auditor->core, &record->event, &record->actions, &why) != 0)
		return parc_err_set(err, PARC_ERR_MISMATCH, "record %lld: %s",
				    (long long)record->number, why.text);
	auditor->audit->digest = parc_digest(auditor->core);
	if (record->digest == auditor->audit->digest)
		return 0;
	return parc_err_set(err, PARC_ERR_MISMATCH,
			    "record %lld: the state is another than the one recorded",
			    (long long)record->number);
}

int audit_run(struct audit *audit, const char *directory, struct parc_err *err)
{
	struct auditor auditor = {.audit = audit};
	struct review review;
	int code;

	*audit = (struct audit){0};
	code = review_open(&review, directory, err);
	if (code != 0)
		return code;
	audit->base = review.base;
	audit->last = review.last;
	auditor.core = review_core(&review, err);
	code = auditor.core == NULL ? PARC_ERR_CORRUPT : 0;
	if (code == 0)
		code = review_scan(&review, record_audit, &auditor, err);
	if (code == 0)
		code = parc_core_check(auditor.core, err);
	parc_core_destroy(auditor.core);
	review_close(&review);
	return code;
}

int audit_quarantine(const char *directory, store_quarantine_visit *visit, void *context,
		     struct parc_err *err)
{
	struct store_options options = {.read_only = 1};
	struct store *store;
	int code = store_open(&store, directory, &options, err);

	if (code != 0)
		return code;
	code = store_quarantine_list(store, visit, context, err);
	store_close(store);
	return code;
}

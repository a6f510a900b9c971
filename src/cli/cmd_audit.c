/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc audit`: decide a journal again and compare.
 */
#include <stdlib.h>

#include "cli/live.h"
#include "store/snapshot.h"

static const char audit_text[] =
	"Usage: parc audit [OPTION]... DIR\n"
	"\n"
	"Decide every event of a daemon's journal again and compare actions and state with what "
	"was\n"
	"recorded. It reads DIR only, also while the daemon runs. --socket is not used.\n"
	"\n" LIVE_HELP "\n"
	"Example:\n"
	"  parc audit /var/lib/parc\n";

struct audit {
	struct parc_core *core;
	int64_t records;
};

static int record_audit(void *context, const struct store_record *record, struct parc_err *err)
{
	struct audit *audit = context;
	struct parc_err why = {0};

	audit->records++;
	if (parc_audit_step(audit->core, &record->event, &record->actions, &why) != 0)
		return parc_err_set(err, PARC_ERR_MISMATCH, "record %lld: %s",
				    (long long)record->number, why.text);
	if (record->digest == parc_digest(audit->core))
		return 0;
	return parc_err_set(err, PARC_ERR_MISMATCH,
			    "record %lld: the state is another than the one recorded",
			    (long long)record->number);
}

static int audit_store(struct store *store, struct audit *audit, struct parc_err *err)
{
	int code;

	if (store_first(store) > 1)
		return parc_err_set(err, PARC_ERR_STATE,
				    "the journal begins at record %lld; only a whole one can be "
				    "audited",
				    (long long)store_first(store));
	audit->core = parc_core_create(store_limits(store), store_seed(store), err);
	if (audit->core == NULL)
		return PARC_ERR_MEMORY;
	code = store_scan(store, 1, record_audit, audit, err);
	if (code == 0)
		code = parc_core_check(audit->core, err);
	return code;
}

static int audit_run(int argc, char **argv)
{
	struct live live = {.name = "audit"};
	struct store_options options = {.read_only = 1};
	struct audit audit = {0};
	struct store *store = NULL;
	struct parc_err err = {0};
	int code = live_words(&live, argc, argv, 1, 1);

	if (code != COMMAND_OK)
		return code;
	code = store_open(&store, argv[optind], &options, &err);
	if (code == 0)
		code = audit_store(store, &audit, &err);
	store_close(store);
	if (live.json)
		printf("{\"audit\": \"%s\", \"records\": %lld}\n", code == 0 ? "ok" : "failed",
		       (long long)audit.records);
	else if (code == 0)
		printf("%lld records decided again: all as recorded\n", (long long)audit.records);
	if (code == 0 && audit.core != NULL && !live.json)
		printf("digest %016llx\n", (unsigned long long)parc_digest(audit.core));
	parc_core_destroy(audit.core);
	return code == 0 ? COMMAND_OK : command_fail(&err);
}

const struct command command_audit = {
	.name = "audit",
	.summary = "decide a journal again and compare",
	.help = audit_text,
	.run = audit_run,
};

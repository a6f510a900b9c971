/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc audit`: decide a journal again and compare.
 */
#include <inttypes.h>

#include "cli/live.h"
#include "review/audit.h"

static const char audit_text[] =
	"Usage: parc audit [OPTION]... DIR\n"
	"\n"
	"Decide every event of a daemon's journal again and compare actions and state with what "
	"was\n"
	"recorded. It reads DIR only, also while the daemon runs. --socket is not used.\n"
	"\n" LIVE_HELP "\n"
	"Example:\n"
	"  parc audit /var/lib/parc\n";

static void audit_say(const struct audit *audit)
{
	printf("%" PRId64 " records decided again: all as recorded\n", audit->records);
	if (audit->base > 0)
		printf("they begin after snapshot %" PRId64 "; older ones are forgotten\n",
		       audit->base);
	printf("digest %016" PRIx64 "\n", audit->digest);
}

static void audit_json(const struct audit *audit, int code)
{
	printf("{\"audit\": \"%s\", \"records\": %" PRId64 ", \"first_record\": %" PRId64
	       ", \"last_record\": %" PRId64 ", \"quarantined\": %" PRId64 "}\n",
	       code == 0 ? "ok" : "failed", audit->records, audit->base + 1, audit->last,
	       audit->quarantined);
}

static int audit_command(int argc, char **argv)
{
	struct live live = {.name = "audit"};
	struct audit audit;
	struct parc_err err = {0};
	int code = live_words(&live, argc, argv, 1, 1);

	if (code != COMMAND_OK)
		return code;
	code = audit_run(&audit, argv[optind], &err);
	if (live.json)
		audit_json(&audit, code);
	else if (code == 0)
		audit_say(&audit);
	return code == 0 ? COMMAND_OK : command_fail(&err);
}

const struct command command_audit = {
	.name = "audit",
	.summary = "decide a journal again and compare",
	.help = audit_text,
	.run = audit_command,
};

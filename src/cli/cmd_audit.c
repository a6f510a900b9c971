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
	"recorded. It reads DIR only, also while the daemon runs. --socket is not used. Events "
	"that\n"
	"were put aside are listed (docs/journal.md).\n"
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

/* One that was put aside, as text, or as JSON into the list. */
static int aside_show(void *context, const struct store_quarantined *it)
{
	const char *kind = it->event == NULL ? "unreadable" : parc_event_name(it->event->kind);
	json_t *list = context;

	if (list != NULL)
		return json_array_append_new(list, json_pack("{s:I, s:I, s:s, s:s}", "number",
							     (json_int_t)it->number, "time_us",
							     (json_int_t)it->created_us, "event",
							     kind, "why", it->why));
	printf("put aside: %s: ", kind);
	live_print_text(it->why, 0);
	printf("\n");
	return 0;
}

static void audit_json(const struct audit *audit, const char *directory, int code)
{
	json_t *list = json_array(), *object;

	audit_quarantine(directory, aside_show, list, NULL);
	object = json_pack("{s:s, s:I, s:I, s:I, s:o}", "audit", code == 0 ? "ok" : "failed",
			   "records", (json_int_t)audit->records, "first_record",
			   (json_int_t)audit->base + 1, "last_record", (json_int_t)audit->last,
			   "put_aside", list);
	json_dumpf(object, stdout, JSON_COMPACT);
	printf("\n");
	json_decref(object);
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
		audit_json(&audit, argv[optind], code);
	else if (code == 0)
		audit_say(&audit);
	if (!live.json)
		audit_quarantine(argv[optind], aside_show, NULL, NULL);
	return code == 0 ? COMMAND_OK : command_fail(&err);
}

const struct command command_audit = {
	.name = "audit",
	.summary = "decide a journal again and compare",
	.help = audit_text,
	.run = audit_command,
};

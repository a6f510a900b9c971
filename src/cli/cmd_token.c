/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc token`: make, list and revoke tokens for callers over TCP.
 */
#include <string.h>

#include "cli/live.h"

static const char token_text[] =
	"Usage: parc token add --user NAME [OPTION]...\n"
	"       parc token [list]\n"
	"       parc token revoke TOKEN\n"
	"\n"
	"Make a token for a caller over TCP: its secret is shown once, and only its hash is kept. "
	"Such a\n"
	"caller sets PARC_SOCKET=https://HOST:PORT (or http://127.0.0.1:PORT without TLS) and "
	"PARC_TOKEN\n"
	"to the secret.\n"
	"\n"
	"  --user NAME        whose jobs they will be; never root\n"
	"  --tenant NAME      the only tenant it is for (those of the user)\n"
	"  --role ROLE        viewer (reads all), tenant (default) or operator\n"
	"  --days N           valid for so long (30)\n"
	"  --note TEXT        what it is for\n" LIVE_HELP;

struct token {
	struct live live;
	const char *user, *tenant, *role, *note;
	int64_t days;
};

static int token_options(struct token *token, int argc, char **argv)
{
	static const struct option options[] = {LIVE_OPTIONS,
						{"user", required_argument, NULL, 'u'},
						{"tenant", required_argument, NULL, 't'},
						{"role", required_argument, NULL, 'r'},
						{"days", required_argument, NULL, 'd'},
						{"note", required_argument, NULL, 'n'},
						{0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (live_option(&token->live, option))
			continue;
		if (option == 'u')
			token->user = optarg;
		else if (option == 't')
			token->tenant = optarg;
		else if (option == 'r')
			token->role = optarg;
		else if (option == 'd')
			token->days = live_number(optarg);
		else if (option == 'n')
			token->note = optarg;
		else
			return command_usage_hint("token");
	}
	return COMMAND_OK;
}

static int token_add(const struct token *token)
{
	struct client_answer answer;
	json_t *body;
	int code;

	if (token->user == NULL)
		return command_usage("token", "--user NAME is missing: whose jobs they will be");
	body = json_pack("{s:s, s:s, s:I}", "user", token->user, "role", token->role, "days",
			 (json_int_t)token->days);
	if (token->tenant != NULL)
		json_object_set_new(body, "tenant", json_string(token->tenant));
	if (token->note != NULL)
		json_object_set_new(body, "note", json_string(token->note));
	code = live_call(&token->live, "POST", "/v1/tokens", body, &answer);
	if (code == COMMAND_OK && !token->live.json)
		printf("%s\n", live_string(answer.json, "secret"));
	json_decref(body);
	client_answer_deinit(&answer);
	return code;
}

static int token_list(const struct token *token)
{
	struct client_answer answer;
	int code = live_call(&token->live, "GET", "/v1/tokens", NULL, &answer);
	const json_t *list = json_object_get(answer.json, "tokens");

	if (code == COMMAND_OK && !token->live.json)
		printf("   ID  USER              ROLE      VALID FOR     NOTE\n");
	for (size_t i = 0; code == COMMAND_OK && !token->live.json && i < json_array_size(list);
	     i++) {
		const json_t *it = json_array_get(list, i);
		int64_t left_us = live_integer(it, "expires_us") - live_now_us();

		printf("%5lld  ", (long long)live_integer(it, "token"));
		live_print_text(live_string(it, "user"), 16);
		printf("  %-8s  %-12s  ", live_string(it, "role"),
		       live_integer(it, "revoked_us") != 0 ? "revoked"
		       : left_us <= 0			   ? "expired"
							   : live_duration(left_us));
		live_print_text(live_string(it, "note"), 0);
		printf("\n");
	}
	client_answer_deinit(&answer);
	return code;
}

static int token_revoke(const struct token *token, const char *number)
{
	struct client_answer answer;
	char path[64];
	int code;

	if (live_number(number) < 0)
		return command_usage("token", "'%s' is no number of a token", number);
	snprintf(path, sizeof(path), "/v1/tokens/%s", number);
	code = live_call(&token->live, "DELETE", path, NULL, &answer);
	client_answer_deinit(&answer);
	return code;
}

static int token_run(int argc, char **argv)
{
	struct token token = {.live = {.name = "token"}, .role = "tenant", .days = 30};
	int code = token_options(&token, argc, argv), words = argc - optind;
	const char *verb = words > 0 ? argv[optind] : "list";

	if (code != COMMAND_OK)
		return code;
	if (strcmp(verb, "add") == 0 && words == 1)
		return token_add(&token);
	if (strcmp(verb, "list") == 0 && words <= 1)
		return token_list(&token);
	if (strcmp(verb, "revoke") == 0 && words == 2)
		return token_revoke(&token, argv[optind + 1]);
	return command_usage("token", "'%s' is none of add, list and revoke TOKEN", verb);
}

const struct command command_token = {
	.name = "token",
	.summary = "make, list and revoke tokens for callers over TCP",
	.help = token_text,
	.run = token_run,
};

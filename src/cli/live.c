/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text/glyph.h"

#define ESTIMATE_TRIES	  60 /* while one is being made */
#define ESTIMATE_PAUSE_NS 50000000

int live_option(struct live *live, int option)
{
	if (option == 'S')
		live->socket = optarg;
	else if (option == 'C')
		live->ca = optarg;
	else if (option == 'J')
		live->json = 1;
	else
		return 0;
	return 1;
}

int live_words(struct live *live, int argc, char **argv, int min, int max)
{
	static const struct option options[] = {LIVE_OPTIONS, {0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!live_option(live, option))
			return command_usage_hint(live->name);
	if (argc - optind < min)
		return command_usage(live->name,
				     "what it is for is missing: a number or a name at the end");
	if (argc - optind > max)
		return command_usage(live->name, "'%s' is too many", argv[optind + max]);
	return COMMAND_OK;
}

static void answer_print(const struct client_answer *answer)
{
	if (answer->json == NULL)
		return;
	json_dumpf(answer->json, stdout, JSON_INDENT(2));
	printf("\n");
}

int live_call(const struct live *live, const char *method, const char *path, json_t *body,
	      struct client_answer *answer)
{
	struct client_call call = {live->socket, method, path, body, NULL, live->ca, 0};
	struct parc_err err = {0};

	if (client_do(&call, answer, &err) != 0)
		return command_fail(&err);
	if (live->json)
		answer_print(answer);
	return COMMAND_OK;
}

int64_t live_number(const char *word)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(word, &end, 10);
	return errno == 0 && *end == '\0' && end != word && number > 0 ? number : -1;
}

void live_print_text(const char *text, int width)
{
	char glyph[GLYPH_BYTES];
	int shown = 0;

	while (*text != '\0') {
		int columns = glyph_take(&text, glyph);

		if (width > 0 && shown + columns > width)
			break;
		fputs(glyph, stdout);
		shown += columns;
	}
	for (; shown < width; shown++)
		putchar(' ');
}

const char *live_duration(int64_t us)
{
	static char texts[2][32];
	static int at;
	char *text = texts[at = !at];
	int64_t s = us / 1000000;

	if (s >= 86400)
		snprintf(text, sizeof(texts[0]), "%lld d %lld h", (long long)(s / 86400),
			 (long long)(s / 3600 % 24));
	else if (s >= 3600)
		snprintf(text, sizeof(texts[0]), "%lld h %lld min", (long long)(s / 3600),
			 (long long)(s / 60 % 60));
	else if (s >= 60)
		snprintf(text, sizeof(texts[0]), "%lld min %lld s", (long long)(s / 60),
			 (long long)(s % 60));
	else
		snprintf(text, sizeof(texts[0]), "%lld s", (long long)s);
	return text;
}

const char *live_string(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

int64_t live_integer(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

double live_real(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

int64_t live_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int live_call_estimate(const struct live *live, const char *path, struct client_answer *answer)
{
	const struct timespec pause = {.tv_nsec = ESTIMATE_PAUSE_NS};
	struct live quiet = *live;
	int code = COMMAND_OK, is_made = 0;

	quiet.json = 0;
	for (int tries = 0; tries < ESTIMATE_TRIES && code == COMMAND_OK && !is_made; tries++) {
		if (tries > 0) {
			client_answer_deinit(answer);
			nanosleep(&pause, NULL);
		}
		code = live_call(&quiet, "GET", path, NULL, answer);
		is_made = strcmp(live_string(json_object_get(answer->json, "estimate"), "state"),
				 "making") != 0;
	}
	if (code == COMMAND_OK && live->json)
		answer_print(answer);
	return code;
}

int live_job(struct live *live, int argc, char **argv, const char *below,
	     struct client_answer *answer)
{
	char path[64];
	int code = live_words(live, argc, argv, 1, 1);

	*answer = (struct client_answer){0};
	if (code != COMMAND_OK)
		return code;
	if (live_number(argv[optind]) < 0)
		return command_usage(live->name, "'%s' is no number of a job", argv[optind]);
	snprintf(path, sizeof(path), "/v1/jobs/%.20s%s", argv[optind], below);
	return live_call_estimate(live, path, answer);
}

int live_verb(int argc, char **argv, const char *verb)
{
	struct live live = {.name = verb};
	int code = live_words(&live, argc, argv, 1, 10000), worst = COMMAND_OK;

	for (int i = optind; code == COMMAND_OK && i < argc; i++)
		if (live_number(argv[i]) < 0)
			return command_usage(verb, "'%s' is no number of a job", argv[i]);
	for (int i = optind; code == COMMAND_OK && i < argc; i++) {
		struct client_answer answer;
		char path[80];

		snprintf(path, sizeof(path), "/v1/jobs/%.20s/%s", argv[i], verb);
		if (live_call(&live, "POST", path, NULL, &answer) != COMMAND_OK)
			worst = COMMAND_FAILED;
		client_answer_deinit(&answer);
	}
	return code == COMMAND_OK ? worst : code;
}

/* The number of a node by its name; 0 when there is none. */
static int64_t node_find(const struct live *live, const char *name)
{
	struct client_answer answer;
	struct live quiet = *live;
	int64_t number = 0;

	quiet.json = 0;
	if (live_call(&quiet, "GET", "/v1/fleet", NULL, &answer) != COMMAND_OK) {
		number = -1;
	} else {
		const json_t *nodes = json_object_get(answer.json, "nodes");

		for (size_t i = 0; i < json_array_size(nodes); i++)
			if (strcmp(live_string(json_array_get(nodes, i), "name"), name) == 0)
				number = live_integer(json_array_get(nodes, i), "node");
	}
	client_answer_deinit(&answer);
	return number;
}

int live_node_verb(int argc, char **argv, const char *verb)
{
	struct live live = {.name = verb};
	struct client_answer answer;
	int code = live_words(&live, argc, argv, 1, 1);
	int64_t node;
	char path[80];

	if (code != COMMAND_OK)
		return code;
	node = node_find(&live, argv[optind]);
	if (node < 0)
		return COMMAND_FAILED;
	if (node == 0) {
		fprintf(stderr, "parc: there is no node '%.63s'; 'parc fleet' lists them\n",
			argv[optind]);
		return COMMAND_FAILED;
	}
	snprintf(path, sizeof(path), "/v1/nodes/%lld/%s", (long long)node, verb);
	code = live_call(&live, "POST", path, NULL, &answer);
	client_answer_deinit(&answer);
	return code;
}

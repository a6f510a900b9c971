/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands that talk to the daemon share: their common options, the call, and printing.
 */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include <getopt.h>
#include <stdint.h>

#include "cli/client.h"
#include "cli/command.h"

#define LIVE_HELP                                                                               \
	"  --socket PATH      the daemon's socket (else PARC_SOCKET, else the default path)\n"  \
	"  --url URL          https://HOST:PORT or http://HOST:PORT instead, with PARC_TOKEN\n" \
	"  --ca FILE          who signed that server's certificate (else PARC_CA, else the\n"   \
	"                     system's authorities)\n"                                          \
	"  --json             for programs\n"

struct live {
	const char *name; /* of the command */
	const char *socket, *ca;
	int json;
};

/* getopt_long's entries of the common options, for the tables of the commands. */
#define LIVE_OPTIONS                                                                     \
	{"socket", required_argument, NULL, 'S'}, {"url", required_argument, NULL, 'S'}, \
		{"ca", required_argument, NULL, 'C'},                                    \
	{                                                                                \
		"json", no_argument, NULL, 'J'                                           \
	}

/* Read a common option: 1 taken, 0 not one of them. */
int live_option(struct live *live, int option);

/* Read a command line that has the common options and words only: COMMAND_OK, or it was said why.
 * There have to be min to max words, the first being argv[optind]. */
int live_words(struct live *live, int argc, char **argv, int min, int max);

/* Call and print the JSON when --json is on. The caller ends the answer. */
int live_call(const struct live *live, const char *method, const char *path, json_t *body,
	      struct client_answer *answer);

/* The same of a path whose answer has an "estimate" (docs/api.md): asked again for a few seconds
 * while one is being made. */
int live_call_estimate(const struct live *live, const char *path, struct client_answer *answer);

/* `parc NAME JOB`: get /v1/jobs/JOB, with `below` behind it, as live_call_estimate does. An exit
 * code. */
int live_job(struct live *live, int argc, char **argv, const char *below,
	     struct client_answer *answer);

/* `parc VERB JOB...` and `parc VERB NODE`: post to each. An exit code. */
int live_verb(int argc, char **argv, const char *verb);
int live_node_verb(int argc, char **argv, const char *verb);

/* The whole number of a word, above 0; -1 when it is none. */
int64_t live_number(const char *word);

/* Print text that others chose, cut off and filled up to so many columns (0: as it is): what could
 * move the cursor becomes '?'. */
void live_print_text(const char *text, int width);

/* "3 d 4 h", "12 min", "5 s" into a buffer that lasts until the call after the next. */
const char *live_duration(int64_t us);

const char *live_string(const json_t *object, const char *name); /* "" when missing */
int64_t live_integer(const json_t *object, const char *name);
double live_real(const json_t *object, const char *name);

/* The time now, as the daemon counts. */
int64_t live_now_us(void);

#endif

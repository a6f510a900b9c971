/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc version`: the version from the file VERSION, and the compiler that built the program.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>

#include "cli/command.h"

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static const char version_text[] =
	"Usage: parc version [--json]\n"
	"\n"
	"Show the version of parc and the compiler that built it.\n"
	"\n"
	"  --json    as one JSON object: name, version, compiler, licence\n";

static int version_print_json(void)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:s}", "name", "parc", "version", PARC_VERSION,
				   "compiler", COMPILER, "licence", "Apache-2.0");
	int failed = object == NULL || json_dumpf(object, stdout, JSON_INDENT(2)) != 0;

	json_decref(object);
	if (failed) {
		fprintf(stderr, "parc: the version could not be written\n");
		return COMMAND_FAILED;
	}
	printf("\n");
	return COMMAND_OK;
}

static int version_run(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
	int json = 0, option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return command_usage_hint("version");
		json = 1;
	}
	if (optind < argc)
		return command_usage("version", "'%s' is too many: it takes no arguments",
				     argv[optind]);
	if (json)
		return version_print_json();
	printf("parc %s (%s)\n", PARC_VERSION, COMPILER);
	return COMMAND_OK;
}

const struct command command_version = {
	.name = "version",
	.summary = "show the version of parc",
	.help = version_text,
	.run = version_run,
};

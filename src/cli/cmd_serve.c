/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc serve`: the daemon of one machine.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/live.h"
#include "engine/rights.h"

#define JOBS_DEFAULT 100000
#define JOBS_MAX     2000000

static const char serve_text[] =
	"Usage: parc serve --data DIR [OPTION]...\n"
	"\n"
	"Run the daemon: it takes jobs over its socket, decides who runs where and when, and keeps "
	"all\n"
	"of it in DIR (docs/serve.md, docs/journal.md). SIGTERM ends it, SIGHUP reads the "
	"configuration\n"
	"again.\n"
	"\n"
	"  --data DIR        where it keeps its journal; made when missing\n"
	"  --config FILE     policy, tenants, operators: YAML (docs/serve.md)\n"
	"  --socket PATH     listen there (default: /run/parc/parc.sock for root, else\n"
	"                    $XDG_RUNTIME_DIR/parc.sock)\n"
	"  --listen [ADDRESS:]PORT\n"
	"                    listen on TCP as well, for callers with a token; ADDRESS is\n"
	"                    127.0.0.1 when left out, and port 0 one that is free. TLS when the\n"
	"                    configuration names a certificate\n"
	"  --listen-plain    let --listen go beyond this machine without TLS\n"
	"  --allow-set-uid   as root: let jobs run programs that gain rights (sudo, fusermount)\n"
	"  --jobs-max N      jobs pending and running at one time, of a new DIR (default 100000)\n"
	"  --dry             run nothing: a job takes the time that its environment's PARC_DRY_S "
	"says\n"
	"  --fleet FILE      with --dry: the fleet, instead of this machine\n"
	"  --log FORM        text (default) or json, to standard error\n"
	"  --quiet           only warnings and errors in the log\n"
	"\n"
	"Example:\n"
	"  parc serve --data /var/lib/parc --config /etc/parc.yaml\n";

struct serve_options {
	struct daemon_options daemon;
	struct api_places places;
	struct rights rights;
};

/* The port of "PORT" or "ADDRESS:PORT", -1 when it has none. */
static long port_of(const char *address)
{
	const char *colon = strrchr(address, ':'), *word = colon == NULL ? address : colon + 1;
	char *end;
	long number = strtol(word, &end, 10);

	return *word >= '0' && *word <= '9' && *end == '\0' && number <= 65535 ? number : -1;
}

static int listen_read(struct serve_options *options, const char *address)
{
	long port = port_of(address);

	if (port < 0)
		return command_usage("serve",
				     "--listen %s: PORT or ADDRESS:PORT, a port from 0 to 65535",
				     address);
	options->places.address = address;
	options->rights.binds_low = port > 0 && port < 1024;
	return COMMAND_OK;
}

static int jobs_max_read(struct serve_options *options, const char *word)
{
	int64_t number = live_number(word);

	if (number < 1 || number > JOBS_MAX)
		return command_usage("serve", "--jobs-max %s: 1 to %d", word, JOBS_MAX);
	options->daemon.jobs_max = (int32_t)number;
	return COMMAND_OK;
}

static int log_read(struct serve_options *options, const char *word)
{
	if (strcmp(word, "text") != 0 && strcmp(word, "json") != 0)
		return command_usage("serve", "--log %s: text or json", word);
	options->daemon.log.as_json = strcmp(word, "json") == 0;
	return COMMAND_OK;
}

static int option_read(struct serve_options *options, int option)
{
	switch (option) {
	case 'd':
		options->daemon.directory = optarg;
		break;
	case 'c':
		options->daemon.config = optarg;
		break;
	case 's':
		options->places.path = optarg;
		break;
	case 'l':
		return listen_read(options, optarg);
	case 'u':
		options->rights.allows_set_uid = 1;
		break;
	case 'p':
		options->places.is_plain = 1;
		break;
	case 'j':
		return jobs_max_read(options, optarg);
	case 'y':
		options->daemon.dry = 1;
		break;
	case 'f':
		options->daemon.fleet = optarg;
		break;
	case 'g':
		return log_read(options, optarg);
	case 'q':
		options->daemon.log.level = LOG_WARNING_LEVEL;
		break;
	default:
		return command_usage_hint("serve");
	}
	return COMMAND_OK;
}

static int options_parse(struct serve_options *options, int argc, char **argv)
{
	static const struct option table[] = {{"data", required_argument, NULL, 'd'},
					      {"config", required_argument, NULL, 'c'},
					      {"socket", required_argument, NULL, 's'},
					      {"listen", required_argument, NULL, 'l'},
					      {"listen-plain", no_argument, NULL, 'p'},
					      {"allow-set-uid", no_argument, NULL, 'u'},
					      {"jobs-max", required_argument, NULL, 'j'},
					      {"dry", no_argument, NULL, 'y'},
					      {"fleet", required_argument, NULL, 'f'},
					      {"log", required_argument, NULL, 'g'},
					      {"quiet", no_argument, NULL, 'q'},
					      {0}};
	int option, code = COMMAND_OK;

	while (code == COMMAND_OK && (option = getopt_long(argc, argv, "", table, NULL)) != -1)
		code = option_read(options, option);
	if (code != COMMAND_OK)
		return code;
	if (optind < argc)
		return command_usage("serve", "'%s' is too many", argv[optind]);
	if (options->daemon.directory == NULL)
		return command_usage("serve", "--data DIR is missing: where the journal is kept");
	if (options->daemon.fleet != NULL && !options->daemon.dry)
		return command_usage("serve", "--fleet is for --dry: this machine is what it is");
	return COMMAND_OK;
}

/* Ten thousand connections need as many open files. */
static void files_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int serve(const struct serve_options *options, struct parc_err *err)
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	struct api *api = NULL;
	int code;

	if (daemon == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the daemon");
	code = daemon_open(daemon, &options->daemon, err);
	if (code == 0) {
		code = api_open(&api, daemon, &options->places, err);
		if (code == 0)
			code = daemon_run(daemon, err);
		api_close(api);
		daemon_close(daemon);
	}
	free(daemon);
	return code;
}

/* The socket's path as jobs find it, whose folder is not the daemon's. */
static const char *socket_whole(const char *path, char *whole, size_t size)
{
	char here[2048];

	if (path[0] == '/' || getcwd(here, sizeof(here)) == NULL)
		return path;
	snprintf(whole, size, "%s/%s", here, path);
	return whole;
}

static int serve_run(int argc, char **argv)
{
	struct serve_options options = {
		.daemon = {.jobs_max = JOBS_DEFAULT,
			   .program = "/proc/self/exe",
			   .log = {.file = STDERR_FILENO, .level = LOG_INFO_LEVEL}}};
	char directory[4096], program[4096], socket[4096];
	struct parc_err err = {0};
	int code = options_parse(&options, argc, argv);

	if (code != COMMAND_OK)
		return code;
	if (options.places.path == NULL)
		options.places.path = client_default_path();
	options.daemon.socket = socket_whole(options.places.path, socket, sizeof(socket));
	if (mkdir(options.daemon.directory, 0700) != 0 && errno != EEXIST) {
		parc_err_set(&err, PARC_ERR_IO, "%s cannot be made: %s", options.daemon.directory,
			     strerror(errno));
		return command_fail(&err);
	}
	if (realpath(options.daemon.directory, directory) != NULL)
		options.daemon.directory = directory;
	if (realpath("/proc/self/exe", program) != NULL)
		options.daemon.program = program;
	if (strncmp(options.places.path, "/run/parc/", 10) == 0)
		mkdir("/run/parc", 0755);
	files_raise();
	if (rights_keep(&options.rights, &err) != 0)
		return command_fail(&err);
	return serve(&options, &err) == 0 ? COMMAND_OK : command_fail(&err);
}

const struct command command_serve = {
	.name = "serve",
	.summary = "run the daemon of this machine: take jobs, start them, keep the books",
	.help = serve_text,
	.run = serve_run,
};

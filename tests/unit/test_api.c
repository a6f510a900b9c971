/* SPDX-License-Identifier: Apache-2.0
 *
 * The edge of the daemon, in one process on the dry engine: more connections than there is room
 * for, one user who takes all he can get, requests that trickle in, answers that nobody takes, and
 * streams whose reader is slow or gone. Time is set, not waited for.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/request.h"
#include "support/faulty.h"
#include "support/folder.h"

#define CROWD	    10000
#define ROUNDS_MAX  20000
#define GET(path)   "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"
#define HALF	    "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
#define NOBODY	    65534
#define OTHER_CROWD 1000

static struct daemon *house;
static struct api *api;
static char folder[300], path[320], data[320], fleet[320];

static int setup(void **state)
{
	struct daemon_options options = {
		.vfs = "faulty", .dry = 1, .jobs_max = 1000, .log = {.file = -1}};
	struct api_places places = {.path = path, .address = "0"};
	struct parc_err err = {0};
	FILE *out;

	(void)state;
	faulty_register();
	/* Not in TMPDIR: another user has to get through to it. */
	snprintf(folder, sizeof(folder), "/tmp/parc-api-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(data, sizeof(data), "%s/data", folder);
	snprintf(fleet, sizeof(fleet), "%s/fleet.yaml", folder);
	snprintf(path, sizeof(path), "%s/s", folder);
	out = fopen(fleet, "w");
	assert_non_null(out);
	fputs("fleet: {chips: [{name: A100, memory_gib: 80}], nodes: [{name: gpu, cores: 16, "
	      "memory_gib: 64, pools: [{chip: A100, devices: 4}]}]}\n",
	      out);
	fclose(out);
	options.directory = data;
	options.fleet = fleet;
	house = calloc(1, sizeof(*house));
	assert_non_null(house);
	assert_int_equal(daemon_open(house, &options, &err), 0);
	assert_int_equal(api_open(&api, house, &places, &err), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	api_close(api);
	daemon_close(house);
	free(house);
	folder_remove(folder);
	return 0;
}

static void round_once(void)
{
	struct parc_err err = {0};

	assert_int_equal(daemon_round(house, 0, &err), 0);
}

static struct listener *local(void)
{
	return &api->listeners[1];
}

static struct listener *tcp(void)
{
	return &api->listeners[0];
}

static int connect_path(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int file = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
	for (int i = 0; i < ROUNDS_MAX; i++) {
		if (connect(file, (struct sockaddr *)&address, sizeof(address)) == 0)
			return file;
		assert_int_equal(errno, EAGAIN); /* as many wait as may */
		round_once();
	}
	fail_msg("nobody accepts");
	return -1;
}

static int connect_tcp(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	address.sin_port = htons((uint16_t)strtoul(strrchr(tcp()->address, ':') + 1, NULL, 10));
	if (file >= 0 && connect(file, (struct sockaddr *)&address, sizeof(address)) != 0)
		assert_int_equal(errno, EINPROGRESS);
	return file;
}

/* Run rounds until `text` was answered, 1, or the connection ended or had its rounds, 0. */
static int answered(int file, const char *text)
{
	static char bytes[65536];
	size_t used = 0;

	for (int i = 0; i < ROUNDS_MAX; i++) {
		ssize_t got = read(file, bytes + used, sizeof(bytes) - 1 - used);

		if (got == 0 || (got < 0 && errno != EAGAIN))
			return 0;
		used += got > 0 ? (size_t)got : 0;
		bytes[used] = '\0';
		if (strstr(bytes, text) != NULL)
			return 1;
		round_once();
	}
	return 0;
}

static void say(int file, const char *text)
{
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
}

static int is_well(void)
{
	int file = connect_path(), well;

	say(file, GET("/healthz"));
	well = answered(file, "200 OK");
	close(file);
	return well;
}

/* So many files may be open in this process, which is both sides. */
static int files_allow(rlim_t files)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = files;
	limit.rlim_max = limit.rlim_max < files ? files : limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static void test_crowd(void **state)
{
	static int files[CROWD];
	int64_t before = api->turned_away;

	(void)state;
	if (!files_allow(CROWD + 3 * API_CONNECTIONS))
		skip();
	for (int i = 0; i < CROWD; i++) {
		files[i] = connect_tcp();
		assert_true(files[i] >= 0);
		if (i % 64 == 0)
			round_once();
	}
	for (int i = 0; i < ROUNDS_MAX && api->turned_away - before < CROWD - tcp()->count_max; i++)
		round_once();
	assert_int_equal(tcp()->count, tcp()->count_max);
	assert_int_equal(api->turned_away - before, CROWD - tcp()->count_max);
	assert_true(answered(files[CROWD - 1], "503 Service Unavailable"));
	assert_true(is_well());
	for (int i = 0; i < CROWD; i++)
		close(files[i]);
	for (int i = 0; i < ROUNDS_MAX && tcp()->count > 0; i++)
		round_once();
	assert_int_equal(tcp()->count, 0);
}

/* No file is left: who comes is still told so, and what is there goes on. */
static void test_no_files(void **state)
{
	int first = connect_path(), second;

	(void)state;
	say(first, GET("/healthz"));
	assert_true(answered(first, "200 OK"));
	second = connect_path();
	assert_true(files_allow((rlim_t)second + 1));
	assert_true(answered(second, "503 Service Unavailable"));
	say(first, GET("/healthz"));
	assert_true(answered(first, "200 OK"));
	assert_true(files_allow(4096));
	assert_true(is_well());
	close(first);
	close(second);
}

/* The child is another user, who opens all he can. */
static void other_crowd(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
	if (!files_allow(2 * OTHER_CROWD) || setuid(NOBODY) != 0)
		_exit(2);
	for (int i = 0; i < OTHER_CROWD; i++) {
		int file = socket(AF_UNIX, SOCK_STREAM, 0);

		if (connect(file, (struct sockaddr *)&address, sizeof(address)) != 0)
			_exit(3);
	}
	pause();
}

static void test_one_user(void **state)
{
	int32_t places = local()->count_max / API_CALLER_PART;
	int64_t before = api->turned_away;
	pid_t child;

	(void)state;
	if (getuid() != 0)
		skip();
	assert_int_equal(chmod(folder, 0755), 0);
	child = fork();
	if (child == 0)
		other_crowd();
	for (int64_t i = 0; i < INT64_C(100) * ROUNDS_MAX && waitpid(child, NULL, WNOHANG) == 0 &&
			    api->turned_away - before < OTHER_CROWD - places;
	     i++)
		round_once();
	assert_int_equal(api->turned_away - before, OTHER_CROWD - places);
	assert_int_equal(local()->count, places);
	assert_true(is_well());
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	for (int i = 0; i < ROUNDS_MAX && local()->count > 0; i++)
		round_once();
	assert_int_equal(local()->count, 0);
}

/* Bytes that come later give a request no more time. */
static void test_trickle(void **state)
{
	int file = connect_path();
	int64_t until_us;

	(void)state;
	say(file, HALF);
	for (int i = 0; i < 4; i++)
		round_once();
	assert_non_null(local()->visits);
	until_us = local()->visits->until_us;
	assert_true(until_us > wall_ticks_us());
	assert_true(local()->check_us <= until_us);
	say(file, " ");
	for (int i = 0; i < 4; i++)
		round_once();
	assert_int_equal(local()->visits->until_us, until_us);
	local()->visits->until_us = local()->check_us = 1;
	assert_true(answered(file, "408 Request Timeout"));
	for (int i = 0; i < 4; i++)
		round_once();
	assert_int_equal(local()->count, 0);
	close(file);
	assert_true(is_well());
}

/* While it waits for the commit a request has all time; then its answer has to be taken. */
static void test_answered(void **state)
{
	int file = connect_path();

	(void)state;
	say(file, GET("/v1/jobs"));
	assert_true(answered(file, "\"jobs\""));
	for (int i = 0; i < 4; i++)
		round_once();
	assert_int_equal(local()->visits->stage, VISIT_READING);
	assert_true(local()->visits->until_us > 0);
	say(file, GET("/v1/jobs"));
	assert_true(answered(file, "\"jobs\""));
	close(file);
}

static int stream_open(void)
{
	int file = connect_path();

	say(file, GET("/v1/events?after=0"));
	assert_true(answered(file, "text/event-stream"));
	for (int i = 0; i < 4; i++)
		round_once();
	assert_non_null(api->following);
	return file;
}

/* A reader who left without a word is found out by the next sign of life. */
static void test_stream_left(void **state)
{
	int file = stream_open();

	(void)state;
	assert_int_equal(local()->visits->until_us, 0);
	api->beat_us = 0;
	assert_true(answered(file, "\n\n"));
	assert_non_null(local()->visits);
	close(file);
	for (int i = 0; i < 8 && local()->count > 0; i++) {
		api->beat_us = 0;
		round_once();
	}
	assert_int_equal(local()->count, 0);
	assert_null(api->following);
}

/* What a slow reader has not taken is kept in the ring alone: he is told of the gap. */
static void test_stream_slow(void **state)
{
	int file = stream_open();

	(void)state;
	house->changes_count += DAEMON_CHANGES + 1;
	assert_true(answered(file, "event: gap"));
	close(file);
	for (int i = 0; i < 8; i++)
		round_once();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_crowd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_user, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trickle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stream_left, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stream_slow, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Which control groups are found on machines of different kinds, told from what /proc/self says
 * there, and the form in which a supervisor is told of them.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/groups.h"
#include "support/attempts.h"
#include "support/folder.h"

struct host {
	char root[300], mounts[400], own[400];
	const char *files[2];
};

static int set_up(void **state)
{
	const char *temporary = getenv("TMPDIR");
	struct host *host = calloc(1, sizeof(*host));

	assert_non_null(host);
	snprintf(host->root, sizeof(host->root), "%.200s/groups.XXXXXX",
		 temporary != NULL ? temporary : "/tmp");
	assert_non_null(mkdtemp(host->root));
	snprintf(host->mounts, sizeof(host->mounts), "%s/mountinfo", host->root);
	snprintf(host->own, sizeof(host->own), "%s/cgroup", host->root);
	host->files[0] = host->mounts;
	host->files[1] = host->own;
	*state = host;
	return 0;
}

static int tear_down(void **state)
{
	folder_remove(((struct host *)*state)->root);
	free(*state);
	return 0;
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* A mount of version 2 at root/NAME with these controllers; returns its line. */
static void mount_2(struct host *host, const char *name, const char *controllers, char line[512])
{
	char path[400];

	snprintf(path, sizeof(path), "%s/%s", host->root, name);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(line, 512,
		 "40 31 0:38 / %s rw,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n", path);
	strncat(path, "/cgroup.controllers", sizeof(path) - strlen(path) - 1);
	put(path, controllers);
}

static void test_a_machine_of_version_2_has_all_there(void **state)
{
	struct host *host = *state;
	struct groups groups;
	char line[512], want[400];

	mount_2(host, "cg", "cpuset cpu io memory hugetlb pids rdma misc\n", line);
	put(host->mounts, line);
	put(host->own, "0::/\n");
	groups_find(&groups, "parc-1", host->files);
	snprintf(want, sizeof(want), "%s/cg/parc-1", host->root);
	for (int part = 0; part < GROUPS_PARTS; part++) {
		assert_int_equal(groups.places[part].version, 2);
		assert_string_equal(groups.places[part].path, want);
	}
}

static void test_a_hybrid_machine_gives_each_where_it_is(void **state)
{
	struct host *host = *state;
	struct groups groups;
	char line[512], all[4096];

	mount_2(host, "unified", "hugetlb\n", line);
	snprintf(all, sizeof(all),
		 "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
		 "32 31 0:29 / /c/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
		 "33 31 0:31 / /c/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
		 "34 31 0:32 / /c/with\\040blank rw,relatime - cgroup cgroup rw,memory\n"
		 "35 31 0:33 / /c/devices rw,relatime - cgroup cgroup rw,devices\n"
		 "36 31 0:34 / /c/freezer rw,relatime - cgroup cgroup rw,freezer\n"
		 "%s",
		 line);
	put(host->mounts, all);
	put(host->own, "5:cpu,cpuacct:/\n4:memory:/\n3:devices:/\n2:freezer:/\n0::/\n");
	groups_find(&groups, "parc-1", host->files);
	assert_int_equal(groups.places[GROUPS_AT_TREE].version, 2);
	assert_int_equal(groups.places[GROUPS_AT_ACCOUNT].version, 2);
	assert_int_equal(groups.places[GROUPS_AT_CPU].version, 1);
	assert_string_equal(groups.places[GROUPS_AT_CPU].path, "/c/cpu,cpuacct/parc-1");
	assert_string_equal(groups.places[GROUPS_AT_MEMORY].path, "/c/with blank/parc-1");
	assert_int_equal(groups.places[GROUPS_AT_DEVICES].version, 1);
	assert_int_equal(groups.places[GROUPS_AT_PIDS].version, 0);
	assert_int_equal(groups.abilities, GROUPS_TREE | GROUPS_ACCOUNT | GROUPS_CPU |
						   GROUPS_MEMORY | GROUPS_DEVICES);
}

static void test_a_machine_of_version_1_has_its_freezer_for_a_tree(void **state)
{
	struct host *host = *state;
	struct groups groups;

	put(host->mounts, "36 31 0:34 / /c/freezer rw - cgroup cgroup rw,freezer\n"
			  "37 31 0:35 / /c/cpuacct rw - cgroup cgroup rw,cpuacct\n");
	put(host->own, "2:cpuacct:/\n1:freezer:/\n");
	groups_find(&groups, "parc-1", host->files);
	assert_int_equal(groups.places[GROUPS_AT_TREE].version, 1);
	assert_string_equal(groups.places[GROUPS_AT_TREE].path, "/c/freezer/parc-1");
	assert_int_equal(groups.places[GROUPS_AT_ACCOUNT].version, 1);
	assert_int_equal(groups.abilities, GROUPS_TREE | GROUPS_ACCOUNT);
}

static void test_without_mounts_there_is_nothing_and_nothing_is_opened(void **state)
{
	struct host *host = *state;
	struct groups groups;

	put(host->mounts, "31 23 0:28 / / rw - ext4 /dev/sda rw\nnonsense\n - cgroup x\n");
	put(host->own, "");
	groups_find(&groups, "parc-1", host->files);
	assert_int_equal(groups.abilities, 0);
	host->files[0] = "/no/such/file";
	groups_find(&groups, "parc-1", host->files);
	groups_open(&groups);
	assert_int_equal(groups.abilities, 0);
}

static void test_what_cannot_be_made_is_no_ability(void **state)
{
	struct host *host = *state;
	struct groups groups;

	put(host->mounts, "36 31 0:34 / /no/such/place rw - cgroup cgroup rw,freezer,cpu\n");
	put(host->own, "1:freezer,cpu:/\n");
	groups_find(&groups, "parc-1", host->files);
	assert_int_equal(groups.abilities, GROUPS_TREE | GROUPS_CPU);
	groups_open(&groups);
	assert_int_equal(groups.abilities, 0);
}

static void test_places_survive_their_text(void **state)
{
	static const char *const wrong[] = {"",
					    "2",
					    "2/a\n",
					    "3/a\n0\n0\n0\n0\n0\n",
					    "2relative\n0\n0\n0\n0\n0\n",
					    "2/a\n0\n0\n0\n0\n"};
	char text[GROUPS_TEXT_SIZE];
	struct groups groups = {0}, again;

	(void)state;
	groups.places[GROUPS_AT_TREE] = (struct groups_place){.version = 2, .path = "/c/u/parc-1"};
	groups.places[GROUPS_AT_CPU] = (struct groups_place){.version = 1, .path = "/c/p/parc-1"};
	groups.abilities = GROUPS_TREE | GROUPS_CPU;
	groups_to_text(&groups, text);
	assert_int_equal(groups_from_text(&again, text), 0);
	assert_memory_equal(&again, &groups, sizeof(groups));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(groups_from_text(&again, wrong[i]), PARC_ERR_CORRUPT);
}

/* ---- With groups of this machine */

/* Of this machine's mounts those whose line has this text, and not the other. */
static void keep_mounts(struct host *host, const char *with, const char *without)
{
	FILE *from = fopen("/proc/self/mountinfo", "r"), *to = fopen(host->mounts, "w");
	char line[2048];

	assert_true(from != NULL && to != NULL);
	while (fgets(line, sizeof(line), from) != NULL) {
		if (strstr(line, with) != NULL && strstr(line, without) == NULL)
			fputs(line, to);
	}
	fclose(from);
	fclose(to);
	host->files[1] = "/proc/self/cgroup";
}

/* A process and its child in the leaf, that wait for ever; /dev/zero was denied. */
static void start_family(const struct groups *groups)
{
	struct parc_err err = {0};
	int go[2];
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		/* One that can open what was denied is not there to be counted. */
		if (groups->abilities & GROUPS_DEVICES && open("/dev/zero", O_RDONLY) >= 0)
			_exit(2);
		fork();
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	if (groups_enter(groups, "1.1", "t0", pid, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(write(go[1], &byte, 1), 1);
	close(go[0]);
	close(go[1]);
	for (int tries = 0; tries < 2000 && groups_signal(groups, "1.1", "t0", 0) < 2; tries++)
		poll(NULL, 0, 5);
	assert_int_equal(groups_signal(groups, "1.1", "t0", 0), 2);
}

/* What a task's group is there for, with whatever of it there is. */
static void check_a_life(const struct groups *groups)
{
	const struct claim_device denied = {.major = 1, .minor = 5};
	const struct groups_limits limits = {.cpu_milli = 500,
					     .memory_mib = 64,
					     .pids = 20,
					     .denied = &denied,
					     .denied_count = 1};
	struct groups_use use;
	struct parc_err err = {0};

	if (groups_make(groups, "1.1", "t0", &limits, &err) != 0)
		fail_msg("%s", err.text);
	assert_true(groups_is_empty(groups, "1.1", "t0"));
	start_family(groups);
	assert_false(groups_is_empty(groups, "1.1", "t0"));
	groups_use(groups, "1.1", "t0", &use);
	assert_true(use.cpu_us >= 0 || !(groups->abilities & GROUPS_ACCOUNT));
	for (int tries = 0; tries < 2000 && !groups_is_empty(groups, "1.1", "t0"); tries++) {
		groups_kill(groups, "1.1", "t0");
		waitpid(-1, NULL, WNOHANG);
		poll(NULL, 0, 5);
	}
	assert_true(groups_is_empty(groups, "1.1", "t0"));
	groups_remove(groups, "1.1");
	assert_int_equal(groups_make(groups, "1.1", "t0", NULL, &err), 0); /* nothing was left */
	groups_remove(groups, "1.1");
	groups_close(groups);
}

static void run_a_life(struct host *host, const char *with, const char *without)
{
	struct groups groups;
	char name[64];

	keep_mounts(host, with, without);
	snprintf(name, sizeof(name), "parc-test-%d", (int)getpid());
	groups_find(&groups, name, host->files);
	groups_open(&groups);
	if (!(groups.abilities & GROUPS_TREE))
		skip();
	check_a_life(&groups);
}

static void test_a_group_of_this_machine_lives_and_goes(void **state)
{
	run_a_life(*state, " - cgroup", "nothing");
}

static void test_a_group_of_version_1_lives_and_goes(void **state)
{
	run_a_life(*state, " - cgroup ", "nothing");
}

static void test_devices_of_version_2_are_closed_beside_version_1(void **state)
{
	run_a_life(*state, " - cgroup", "/devices ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_a_machine_of_version_2_has_all_there),
		TEST(test_a_hybrid_machine_gives_each_where_it_is),
		TEST(test_a_machine_of_version_1_has_its_freezer_for_a_tree),
		TEST(test_without_mounts_there_is_nothing_and_nothing_is_opened),
		TEST(test_what_cannot_be_made_is_no_ability),
		TEST(test_places_survive_their_text),
		TEST(test_a_group_of_this_machine_lives_and_goes),
		TEST(test_a_group_of_version_1_lives_and_goes),
		TEST(test_devices_of_version_2_are_closed_beside_version_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What jobs of the local engine may use: memory, cores, devices; and what is measured of it. The
 * devices are files without a driver behind them and a library that stands in for NVIDIA's.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/groups.h"
#include "standin/nvml_standin.h"
#include "support/attempts.h"
#include "support/folder.h"

#define GIB (1ULL << 30)

/* It doubles what it holds, for ever. */
static const char hog[] = "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done";

struct place {
	struct attempts attempts;
	char root[300], library[400], sys[400], dev[400];
	struct standin says;
};

static void make(const char *path)
{
	assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
	char fresh[800];
	FILE *file;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	file = fopen(fresh, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
	assert_int_equal(rename(fresh, path), 0);
}

static void copy_library(struct place *place)
{
	char path[400] = "", from[500], *bytes = malloc(4 << 20);
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	size_t size;
	FILE *file;

	assert_true(length > 0 && bytes != NULL);
	*strrchr(path, '/') = '\0';
	snprintf(from, sizeof(from), "%s/../standin/nvml.so", path);
	file = fopen(from, "rb");
	assert_non_null(file);
	size = fread(bytes, 1, 4 << 20, file);
	fclose(file);
	write_file(place->library, bytes, size);
	free(bytes);
}

static void say(struct place *place)
{
	char path[500];

	snprintf(path, sizeof(path), "%s.says", place->library);
	write_file(path, &place->says, sizeof(place->says));
}

static void plug(struct place *place, unsigned number)
{
	struct standin_device *device = &place->says.devices[number];
	char path[700];

	snprintf(path, sizeof(path), "%s/bus", place->sys);
	make(path);
	strncat(path, "/pci", sizeof(path) - strlen(path) - 1);
	make(path);
	strncat(path, "/devices", sizeof(path) - strlen(path) - 1);
	make(path);
	snprintf(path, sizeof(path), "%s/bus/pci/devices/0000:%02x:00.0", place->sys,
		 0x10 + number);
	make(path);
	strncat(path, "/vendor", sizeof(path) - strlen(path) - 1);
	write_file(path, "0x10de\n", 7);
	snprintf(path, sizeof(path), "%s/nvidia%u", place->dev, number);
	assert_int_equal(mknod(path, S_IFCHR | 0666, makedev(195, number)), 0);
	*device = (struct standin_device){.name = "NVIDIA H100 80GB HBM3",
					  .number = number,
					  .vendor = 0x10de,
					  .bus = 0x10 + number,
					  .total = 80 * GIB};
	snprintf(device->uuid, sizeof(device->uuid), "GPU-0000000%u-aaaa", number);
	place->says.count = number + 1;
}

/* A machine with two devices where that can be made, which takes root. */
static int set_up(void **state)
{
	const char *temporary = getenv("TMPDIR");
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	snprintf(place->root, sizeof(place->root), "%.200s/devices.XXXXXX",
		 temporary != NULL ? temporary : "/tmp");
	assert_non_null(mkdtemp(place->root));
	snprintf(place->library, sizeof(place->library), "%s/nvml.so", place->root);
	snprintf(place->sys, sizeof(place->sys), "%s/sys", place->root);
	snprintf(place->dev, sizeof(place->dev), "%s/dev", place->root);
	make(place->sys);
	make(place->dev);
	copy_library(place);
	if (geteuid() == 0) {
		plug(place, 0);
		plug(place, 1);
	}
	say(place);
	place->attempts.options.period_ms = 20;
	place->attempts.options.world = (struct adapter_world){
		.library = place->library, .sys = place->sys, .dev = place->dev};
	attempts_init(&place->attempts);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	attempts_deinit(&place->attempts);
	folder_remove(place->root);
	free(place);
	return 0;
}

static int can(enum groups_ability ability)
{
	struct groups groups;
	int has;

	groups_find(&groups, "parc-test-probe", NULL);
	groups_open(&groups);
	has = (groups.abilities & ability) != 0;
	groups_close(&groups);
	return has;
}

static void await_end(struct place *place, struct engine_report *report)
{
	assert_true(attempts_await_kind(&place->attempts, ENGINE_ENDED, 1, report));
}

static void test_the_machine_is_described(void **state)
{
	struct place *place = *state;
	struct engine_machine machine;
	struct attempts *attempts = &place->attempts;

	assert_int_equal(attempts->engine.calls->machine(attempts->engine.self, &machine, NULL), 0);
	assert_int_equal(machine.cpu_milli, 1000 * sysconf(_SC_NPROCESSORS_ONLN));
	assert_true(machine.memory_mib > 0);
	assert_string_equal(machine.pools[0].chip, "cpu");
	assert_int_equal(machine.pools[0].rule, PARC_RULE_CORES);
	if (geteuid() != 0)
		skip();
	assert_int_equal(machine.pools_count, 2);
	assert_string_equal(machine.pools[1].chip, "H100");
	assert_int_equal(machine.pools[1].devices, 2);
	assert_int_equal(machine.pools[1].memory_mib, 81920);
}

static void test_a_memory_hog_stops_at_its_limit_and_is_told_why(void **state)
{
	struct place *place = *state;
	struct engine_report report;

	if (!can(GROUPS_MEMORY))
		skip();
	attempts_start(&place->attempts,
		       &(struct attempts_job){.allocation = 1, .memory_mib = 32, .script = hog});
	await_end(place, &report);
	assert_int_equal(report.result, PARC_RESULT_FAILED);
	assert_int_equal(report.over_memory, 1);
	assert_string_equal(report.text,
			    "a process of it was killed at its memory limit of 32 MiB");
	assert_in_range(report.memory_peak_mib, 8, 33);
}

static void test_without_groups_a_hog_meets_the_limit_of_its_process(void **state)
{
	struct place *place = *state;
	struct engine_report report;
	struct engine_machine machine;

	attempts_close(&place->attempts);
	place->attempts.options.without_groups = 1;
	attempts_open(&place->attempts);
	attempts_start(&place->attempts,
		       &(struct attempts_job){.allocation = 1, .memory_mib = 32, .script = hog});
	await_end(place, &report);
	assert_int_equal(report.result, PARC_RESULT_FAILED);
	place->attempts.engine.calls->machine(place->attempts.engine.self, &machine, NULL);
	assert_non_null(strstr(machine.limits, "CPU shares are not enforced; "));
	assert_non_null(strstr(machine.limits, "; a job can open devices that it was not given"));
}

static void test_a_job_opens_its_own_device_and_no_other(void **state)
{
	struct place *place = *state;
	struct engine_report report;
	char script[1200];
	const char *text;

	if (geteuid() != 0 || !can(GROUPS_DEVICES))
		skip();
	snprintf(script, sizeof(script),
		 "(: <%s/nvidia0); (: <%s/nvidia1); head -c 1 /dev/zero >/dev/null && echo open; "
		 "echo $CUDA_VISIBLE_DEVICES",
		 place->dev, place->dev);
	attempts_start(&place->attempts, &(struct attempts_job){.allocation = 1,
								.devices = 2,
								.share_milli = 1000,
								.script = script});
	await_end(place, &report);
	text = attempts_read(&place->attempts, "engine/output/1.1.out");
	assert_non_null(strstr(text, "nvidia0: Operation not permitted\n"));
	/* No driver is behind the file, so the kernel finds no such device: it let the job try. */
	assert_non_null(strstr(text, "nvidia1: No such device or address\n"));
	assert_non_null(strstr(text, "open\nGPU-00000001-aaaa\n"));
}

static void test_use_of_a_device_is_told_once_and_again_when_it_changes(void **state)
{
	struct place *place = *state;
	struct engine_report report;

	if (geteuid() != 0)
		skip();
	place->says.devices[0].gpu = 73;
	say(place);
	attempts_start(&place->attempts, &(struct attempts_job){.allocation = 1,
								.devices = 1,
								.share_milli = 1000,
								.script = "exec sleep 100"});
	/* On a machine too busy to look in time it is unmeasured at first. */
	do
		assert_true(attempts_await_kind(&place->attempts, ENGINE_USE, 1, &report));
	while (report.busy_milli == -1);
	assert_int_equal(report.busy_milli, 750);
}

static void test_others_on_a_device_and_a_lost_device_are_told(void **state)
{
	struct place *place = *state;
	struct engine_report report;

	if (geteuid() != 0 || !can(GROUPS_TREE))
		skip();
	place->says.devices[1].processes = 1;
	place->says.devices[1].pids[0] = (unsigned)getpid(); /* the test is no job */
	place->says.devices[1].process_memory = 8 * GIB;
	say(place);
	assert_true(attempts_await_kind(&place->attempts, ENGINE_FOREIGN, 0, &report));
	assert_int_equal(report.device, 1);
	assert_int_equal(report.share_milli, 1000);
	assert_int_equal(report.memory_mib, 8192);
	place->says.devices[0].code = 15; /* lost */
	say(place);
	assert_true(attempts_await_kind(&place->attempts, ENGINE_DEVICE, 0, &report));
	assert_int_equal(report.device, 0);
	assert_int_equal(report.failed, 1);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_the_machine_is_described),
		TEST(test_a_memory_hog_stops_at_its_limit_and_is_told_why),
		TEST(test_without_groups_a_hog_meets_the_limit_of_its_process),
		TEST(test_a_job_opens_its_own_device_and_no_other),
		TEST(test_use_of_a_device_is_told_once_and_again_when_it_changes),
		TEST(test_others_on_a_device_and_a_lost_device_are_told),
	};
	int code;

	if (attempts_supervise(argc, argv, &code))
		return code;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

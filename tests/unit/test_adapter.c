/* SPDX-License-Identifier: Apache-2.0
 *
 * The adapters, against a machine made of files and a library that stands in for NVIDIA's: a good
 * one, an old one, one that fails and ones that lie.
 */
#include <dlfcn.h>
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

#include "chip/adapter.h"
#include "chip/nvml.h"
#include "standin/nvml_standin.h"
#include "support/attempts.h"
#include "support/folder.h"

#define GIB (1ULL << 30)

/* A machine with one library. */
struct bench {
	char root[400], library[512], sys[512], dev[512], mps[512];
	struct adapter_world world;
	void *handle;
	struct standin *says;
	void *self;
};

static void make_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void make_folders(struct bench *bench)
{
	static const char *const folders[] = {
		"sys", "sys/bus", "sys/bus/pci", "sys/bus/pci/devices", "dev", "mps"};
	char path[600];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", bench->root, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	snprintf(bench->sys, sizeof(bench->sys), "%s/sys", bench->root);
	snprintf(bench->dev, sizeof(bench->dev), "%s/dev", bench->root);
	snprintf(bench->mps, sizeof(bench->mps), "%s/mps", bench->root);
}

static void load(struct bench *bench, const char *name)
{
	char path[400] = "";
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);

	assert_true(size > 0);
	*strrchr(path, '/') = '\0';
	snprintf(bench->library, sizeof(bench->library), "%s/../standin/%s", path, name);
	bench->handle = dlopen(bench->library, RTLD_NOW | RTLD_LOCAL);
	assert_non_null(bench->handle);
	bench->says = dlsym(bench->handle, "standin");
	assert_non_null(bench->says);
	memset(bench->says, 0, sizeof(*bench->says));
	bench->world = (struct adapter_world){
		.library = bench->library, .sys = bench->sys, .dev = bench->dev, .mps = bench->mps};
}

/* Put a device on the bus, and its file into dev. */
static void plug(struct bench *bench, unsigned number, unsigned vendor)
{
	char path[700], text[32];

	snprintf(path, sizeof(path), "%s/bus/pci/devices/0000:%02x:00.0", bench->sys,
		 0x10 + number);
	assert_int_equal(mkdir(path, 0700), 0);
	strncat(path, "/vendor", sizeof(path) - strlen(path) - 1);
	snprintf(text, sizeof(text), "0x%04x\n", vendor);
	make_file(path, text);
	snprintf(path, sizeof(path), "%s/nvidia%u", bench->dev, number);
	assert_int_equal(mknod(path, S_IFCHR | 0600, makedev(195, number)), 0);
}

static void say(struct bench *bench, unsigned number)
{
	struct standin_device *device = &bench->says->devices[number];

	*device = (struct standin_device){.name = "NVIDIA H100 80GB HBM3",
					  .number = number,
					  .vendor = 0x10de,
					  .bus = 0x10 + number,
					  .total = 80 * GIB,
					  .used = 3 * GIB,
					  .gpu = 40,
					  .power = 250000};
	snprintf(device->uuid, sizeof(device->uuid), "GPU-0000000%u-aaaa-bbbb-cccc-0123456789ab",
		 number % 10);
	if (bench->says->count < number + 1)
		bench->says->count = number + 1;
}

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	const char *temporary = getenv("TMPDIR");

	assert_non_null(bench);
	snprintf(bench->root, sizeof(bench->root), "%.300s/adapter.XXXXXX",
		 temporary != NULL ? temporary : "/tmp");
	assert_non_null(mkdtemp(bench->root));
	make_folders(bench);
	load(bench, "nvml.so");
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	if (bench->self != NULL)
		adapter_nvidia.close(bench->self);
	dlclose(bench->handle);
	folder_remove(bench->root);
	free(bench);
	return 0;
}

static void open_it(struct bench *bench)
{
	struct parc_err err = {0};

	if (adapter_nvidia.open(&bench->self, &bench->world, &err) != 0)
		fail_msg("%s", err.text);
}

static int needs_root(void)
{
	return geteuid() != 0; /* to make device files */
}

static void test_devices_are_found_named_and_measured(void **state)
{
	struct adapter_device devices[PARC_NODE_DEVICES_MAX];
	struct adapter_sample sample;
	struct bench *bench = *state;
	struct parc_err err = {0};

	if (needs_root())
		skip();
	for (unsigned i = 0; i < 2; i++) {
		plug(bench, i, 0x10de);
		say(bench, i);
	}
	snprintf(bench->says->devices[1].name, 96, "NVIDIA GeForce RTX 4090");
	bench->says->devices[0].processes = 2;
	bench->says->devices[0].pids[0] = 77;
	bench->says->devices[0].pids[1] = 78;
	bench->says->devices[0].process_memory = GIB;
	open_it(bench);
	assert_int_equal(adapter_nvidia.discover(bench->self, devices, 32, &err), 2);
	assert_int_equal(err.code, 0);
	assert_string_equal(devices[0].chip, "H100");
	assert_string_equal(devices[0].id, "GPU-00000000-aaaa-bbbb-cccc-0123456789ab");
	assert_int_equal(devices[0].memory_mib, 81920);
	assert_int_equal(devices[0].files_count, 1);
	assert_int_equal(devices[0].files[0].major, 195);
	assert_string_equal(devices[1].chip, "RTX4090");
	assert_int_equal(devices[1].files[0].minor, 1);

	assert_int_equal(adapter_nvidia.sample(bench->self, 0, &sample), 0);
	assert_int_equal(sample.busy_milli, 400);
	assert_int_equal(sample.memory_mib, 3072);
	assert_int_equal(sample.power_mw, 250000);
	assert_int_equal(sample.processes_count, 2);
	assert_int_equal(sample.processes[1].pid, 78);
	assert_int_equal(sample.processes[1].memory_mib, 1024);
	assert_int_equal(adapter_nvidia.sample(bench->self, 2, &sample), PARC_ERR_UNKNOWN);
}

static void test_names_are_those_of_the_catalogue(void **state)
{
	static const char *const names[][2] = {{"NVIDIA A100-SXM4-80GB", "A100"},
					       {"A100-PCIE-40GB", "A100"},
					       {"Tesla V100-SXM2-32GB", "V100"},
					       {"NVIDIA L40S", "L40S"},
					       {"NVIDIA RTX 6000 Ada Generation", "RTX6000"},
					       {"NVIDIA GeForce RTX 5090", "RTX5090"},
					       {"NVIDIA H100 PCIe", "H100"},
					       {"Quadro RTX 8000", "RTX8000"},
					       {"??", "nvidia"}};
	struct adapter_device devices[PARC_NODE_DEVICES_MAX];
	struct bench *bench = *state;

	if (needs_root())
		skip();
	plug(bench, 0, 0x10de);
	say(bench, 0);
	open_it(bench);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(bench->says->devices[0].name, 96, "%s", names[i][0]);
		assert_int_equal(adapter_nvidia.discover(bench->self, devices, 32, NULL), 1);
		assert_string_equal(devices[0].chip, names[i][1]);
	}
}

static void test_instances_are_devices_of_their_own(void **state)
{
	struct adapter_device devices[PARC_NODE_DEVICES_MAX];
	struct bench *bench = *state;

	if (needs_root())
		skip();
	plug(bench, 0, 0x10de);
	say(bench, 0);
	bench->says->devices[0].mig = 1;
	bench->says->devices[0].instances = 2;
	for (unsigned i = 1; i <= 2; i++) {
		say(bench, i);
		snprintf(bench->says->devices[i].name, 96, "NVIDIA A100-SXM4-80GB MIG 1g.10gb");
		snprintf(bench->says->devices[i].uuid, 96, "MIG-0000000%u-aaaa", i);
		bench->says->devices[i].total = 10 * GIB;
	}
	bench->says->count = 1;
	open_it(bench);
	assert_int_equal(adapter_nvidia.discover(bench->self, devices, 32, NULL), 2);
	assert_string_equal(devices[0].chip, "A100-1g.10gb");
	assert_string_equal(devices[0].id, "MIG-00000001-aaaa");
	assert_int_equal(devices[0].rule, PARC_RULE_WHOLE);
	assert_int_equal(devices[0].memory_mib, 10240);
}

static void test_a_machine_without_the_library_has_no_such_devices(void **state)
{
	struct bench *bench = *state;
	struct parc_err err = {0};

	bench->world.library = "/no/such/library.so";
	assert_int_equal(adapter_nvidia.open(&bench->self, &bench->world, &err), PARC_ERR_UNKNOWN);
	assert_null(bench->self);
}

static void test_an_old_library_measures_what_it_can(void **state)
{
	struct adapter_device devices[PARC_NODE_DEVICES_MAX];
	struct adapter_sample sample;
	struct bench *bench = *state;

	if (needs_root())
		skip();
	dlclose(bench->handle);
	load(bench, "nvml_old.so");
	plug(bench, 0, 0x10de);
	say(bench, 0);
	bench->says->devices[0].mig = 1; /* it cannot say so */
	bench->says->devices[0].processes = 1;
	bench->says->devices[0].pids[0] = 5;
	bench->says->devices[0].process_memory = NVML_NOT_AVAILABLE;
	open_it(bench);
	assert_int_equal(adapter_nvidia.discover(bench->self, devices, 32, NULL), 1);
	assert_int_equal(adapter_nvidia.sample(bench->self, 0, &sample), 0);
	assert_int_equal(sample.busy_milli, 400);
	assert_int_equal(sample.processes_count, 1);
	assert_int_equal(sample.processes[0].pid, 5);
	assert_int_equal(sample.processes[0].memory_mib, -1);
}

static void test_a_library_that_is_no_such_library_is_refused(void **state)
{
	struct bench *bench = *state;
	struct parc_err err = {0};

	bench->world.library = "libm.so.6";
	assert_int_equal(adapter_nvidia.open(&bench->self, &bench->world, &err), PARC_ERR_VERSION);
	assert_non_null(strstr(err.text, "too old"));
}

static void test_what_fails_is_unmeasured_and_never_zero(void **state)
{
	struct adapter_device devices[PARC_NODE_DEVICES_MAX];
	struct adapter_sample sample;
	struct bench *bench = *state;
	struct parc_err err = {0};

	if (needs_root())
		skip();
	plug(bench, 0, 0x10de);
	say(bench, 0);
	bench->says->init_code = 9;
	assert_int_equal(adapter_nvidia.open(&bench->self, &bench->world, &err), PARC_ERR_IO);
	bench->says->init_code = 0;
	open_it(bench);
	bench->says->count_code = 999;
	assert_int_equal(adapter_nvidia.discover(bench->self, devices, 32, &err), PARC_ERR_IO);
	bench->says->count_code = 0;
	assert_int_equal(adapter_nvidia.discover(bench->self, devices, 32, &err), 1);
	bench->says->devices[0].code = NVML_NOT_SUPPORTED;
	assert_int_equal(adapter_nvidia.sample(bench->self, 0, &sample), 0);
	assert_int_equal(sample.busy_milli, -1);
	assert_int_equal(sample.memory_mib, -1);
	assert_int_equal(sample.power_mw, -1);
	assert_int_equal(sample.processes_count, -1);
	bench->says->devices[0].code = NVML_GPU_IS_LOST;
	assert_int_equal(adapter_nvidia.sample(bench->self, 0, &sample), PARC_ERR_IO);
}

static void test_numbers_that_cannot_be_are_unmeasured(void **state)
{
	struct adapter_device devices[PARC_NODE_DEVICES_MAX];
	struct adapter_sample sample;
	struct bench *bench = *state;

	if (needs_root())
		skip();
	plug(bench, 0, 0x10de);
	say(bench, 0);
	open_it(bench);
	assert_int_equal(adapter_nvidia.discover(bench->self, devices, 32, NULL), 1);
	bench->says->devices[0].gpu = 101;
	bench->says->devices[0].used = 81 * GIB;
	bench->says->devices[0].power = 4000000000U;
	bench->says->devices[0].processes = 100000;
	assert_int_equal(adapter_nvidia.sample(bench->self, 0, &sample), 0);
	assert_int_equal(sample.busy_milli, -1);
	assert_int_equal(sample.memory_mib, -1);
	assert_int_equal(sample.power_mw, -1);
	assert_int_equal(sample.processes_count, -1);
}

static void test_another_make_that_answers_as_nvidia_is_not_taken_for_it(void **state)
{
	struct adapter_device devices[PARC_NODE_DEVICES_MAX];
	struct bench *bench = *state;
	struct parc_err err = {0};

	if (needs_root())
		skip();
	plug(bench, 0, 0x1ded); /* the bus knows better than the library */
	say(bench, 0);
	plug(bench, 1, 0x10de);
	say(bench, 1);
	open_it(bench);
	assert_int_equal(adapter_nvidia.discover(bench->self, devices, 32, &err), 1);
	assert_string_equal(devices[0].id, "GPU-00000001-aaaa-bbbb-cccc-0123456789ab");
	assert_int_equal(err.code, PARC_ERR_MISMATCH);
	assert_non_null(strstr(err.text, "its vendor is 1ded on the bus and 10de by the library"));
	bench->says->devices[1].vendor = 0x1ded; /* or the library says it itself */
	assert_int_equal(adapter_nvidia.discover(bench->self, devices, 32, &err),
			 PARC_ERR_MISMATCH);
	say(bench, 1);
	bench->says->devices[1].number = 7; /* or there is no such file of the driver */
	assert_int_equal(adapter_nvidia.discover(bench->self, devices, 32, &err),
			 PARC_ERR_MISMATCH);
}

static void test_ids_that_would_say_more_in_a_variable_are_refused(void **state)
{
	static const char *const ids[] = {"",
					  "GPU-",
					  "GPU-1,GPU-2-abcdef",
					  "GPU-0000 0000-aaaa",
					  "0,1,2,3,4,5",
					  "GPU-00000000\nLD_PRELOAD=x"};
	struct adapter_device devices[PARC_NODE_DEVICES_MAX];
	struct bench *bench = *state;
	struct parc_err err = {0};

	if (needs_root())
		skip();
	plug(bench, 0, 0x10de);
	plug(bench, 1, 0x10de);
	say(bench, 0);
	open_it(bench);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		snprintf(bench->says->devices[0].uuid, 96, "%s", ids[i]);
		assert_int_equal(adapter_nvidia.discover(bench->self, devices, 32, &err),
				 PARC_ERR_CORRUPT);
	}
	say(bench, 0);
	say(bench, 1);
	memcpy(bench->says->devices[1].uuid, bench->says->devices[0].uuid, 96);
	err = (struct parc_err){0};
	assert_int_equal(adapter_nvidia.discover(bench->self, devices, 32, &err), 1);
	assert_int_equal(err.code, PARC_ERR_CORRUPT);
}

static void test_more_devices_than_there_may_be_are_left_out(void **state)
{
	struct adapter_device devices[2];
	struct bench *bench = *state;
	struct parc_err err = {0};

	if (needs_root())
		skip();
	for (unsigned i = 0; i < 3; i++) {
		plug(bench, i, 0x10de);
		say(bench, i);
	}
	open_it(bench);
	assert_int_equal(adapter_nvidia.discover(bench->self, devices, 2, &err), 2);
	assert_int_equal(err.code, PARC_ERR_FULL);
	bench->says->count = 4000000000U;
	assert_int_equal(adapter_nvidia.discover(bench->self, devices, 2, &err), 2);
}

static void test_a_job_is_shown_its_devices_and_its_share(void **state)
{
	const struct adapter_device one = {.id = "GPU-1"}, two = {.id = "GPU-2"};
	const struct adapter_device *const list[] = {&one, &two};
	struct adapter_part part = {.devices = list, .count = 2, .share_milli = 1000, .uid = 1000};
	struct adapter_lines lines = {0};
	struct bench *bench = *state;
	char path[600];

	adapter_nvidia.environment(&bench->world, &part, &lines);
	assert_int_equal(lines.count, 1);
	assert_string_equal(lines.lines[0], "CUDA_VISIBLE_DEVICES=GPU-1,GPU-2");
	assert_int_equal(lines.is_enforced, 1);

	lines = (struct adapter_lines){0};
	part.count = 0; /* none: it sees none */
	adapter_nvidia.environment(&bench->world, &part, &lines);
	assert_string_equal(lines.lines[0], "CUDA_VISIBLE_DEVICES=");

	lines = (struct adapter_lines){0};
	part = (struct adapter_part){.devices = list,
				     .count = 1,
				     .share_milli = 255,
				     .memory_mib = 2048,
				     .uid = geteuid()};
	adapter_nvidia.environment(&bench->world, &part, &lines);
	assert_int_equal(lines.count, 1);
	assert_int_equal(lines.is_enforced, 0);

	snprintf(path, sizeof(path), "%s/control", bench->mps);
	assert_int_equal(mkfifo(path, 0600), 0);
	lines = (struct adapter_lines){0};
	adapter_nvidia.environment(&bench->world, &part, &lines);
	assert_int_equal(lines.is_enforced, 1);
	assert_int_equal(lines.count, 4);
	assert_string_equal(lines.lines[2], "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE=25.5");
	assert_string_equal(lines.lines[3], "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT=0=2048M");
	if (geteuid() == 0) { /* somebody else's daemon does not serve this user */
		assert_int_equal(chown(path, 1234, 1234), 0);
		lines = (struct adapter_lines){0};
		adapter_nvidia.environment(&bench->world, &part, &lines);
		assert_int_equal(lines.is_enforced, 0);
	}
}

static void test_the_cpu_is_one_pool_of_cores(void **state)
{
	struct adapter_device device;
	struct adapter_sample sample;
	struct bench *bench = *state;
	struct adapter_world world = {.proc = bench->dev};
	char path[600];
	void *self;

	snprintf(path, sizeof(path), "%s/stat", bench->dev);
	make_file(path, "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3\n");
	assert_int_equal(adapter_cpu.open(&self, &world, NULL), 0);
	assert_int_equal(adapter_cpu.discover(self, &device, 1, NULL), 1);
	assert_string_equal(device.chip, "cpu");
	assert_int_equal(device.rule, PARC_RULE_CORES);
	assert_int_equal(device.cores, sysconf(_SC_NPROCESSORS_ONLN));
	assert_int_equal(adapter_cpu.sample(self, 0, &sample), 0);
	assert_int_equal(sample.busy_milli, -1); /* of one look there is no use */
	make_file(path, "cpu  150 0 125 725 100 0 0 0 0 0\n");
	assert_int_equal(adapter_cpu.sample(self, 0, &sample), 0);
	assert_int_equal(sample.busy_milli, 750);
	make_file(path, "nonsense\n");
	assert_int_equal(adapter_cpu.sample(self, 0, &sample), PARC_ERR_IO);
	adapter_cpu.close(self);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_devices_are_found_named_and_measured),
		TEST(test_names_are_those_of_the_catalogue),
		TEST(test_instances_are_devices_of_their_own),
		TEST(test_a_machine_without_the_library_has_no_such_devices),
		TEST(test_an_old_library_measures_what_it_can),
		TEST(test_a_library_that_is_no_such_library_is_refused),
		TEST(test_what_fails_is_unmeasured_and_never_zero),
		TEST(test_numbers_that_cannot_be_are_unmeasured),
		TEST(test_another_make_that_answers_as_nvidia_is_not_taken_for_it),
		TEST(test_ids_that_would_say_more_in_a_variable_are_refused),
		TEST(test_more_devices_than_there_may_be_are_left_out),
		TEST(test_a_job_is_shown_its_devices_and_its_share),
		TEST(test_the_cpu_is_one_pool_of_cores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * NVIDIA's devices, through the management library that its driver installs. Nothing that the
 * library says is believed alone: other makes ship a library that answers to the same names. A
 * device is NVIDIA's when the bus says so (vendor 10de in /sys) and its device file has the major
 * number of NVIDIA's driver. Numbers outside their range are unmeasured, not clipped.
 *
 * Devices in MIG mode are shown as their instances, each a device of a chip of its own, such as
 * A100-1g.10gb. A share of a device is held by MPS where its daemon serves the user, and by nothing
 * else.
 */
#include <ctype.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "chip/adapter.h"
#include "chip/nvml.h"

#define LIBRARY	     "libnvidia-ml.so.1"
#define VENDOR	     0x10de
#define DEVICE_MAJOR 195 /* of /dev/nvidia0..., as the kernel's list of devices assigns it */
#define MPS_PIPE     "/tmp/nvidia-mps" /* where its daemon is unless told otherwise */
#define LIST_MAX     256	       /* processes of one device that are asked for */
#define PATH_SIZE    512

struct nvidia {
	struct nvml nvml;
	char sys[256], dev[256];
	int is_started;
	int32_t count;
	nvml_device devices[PARC_NODE_DEVICES_MAX]; /* in the order of what was discovered */
};

/* ---- The library */

static void *find_symbol(void *library, const char *const *names, size_t count)
{
	void *found = NULL;

	for (size_t i = 0; i < count && found == NULL; i++)
		found = dlsym(library, names[i]);
	return found;
}

#define NAMES(...)          \
	{                   \
		__VA_ARGS__ \
	}
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static int load(struct nvml *nvml, const char *path, struct parc_err *err)
{
	const char *missing = NULL;

	nvml->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (nvml->library == NULL)
		return parc_err_set(err, PARC_ERR_UNKNOWN, "there is no %s here", path);
#define X(call, needed, list, arguments)                                          \
	{                                                                         \
		static const char *const names[] = NAMES list;                    \
		void *found = find_symbol(nvml->library, names, COUNT_OF(names)); \
                                                                                  \
		memcpy(&nvml->call, &found, sizeof(found));                       \
		if (found == NULL && needed)                                      \
			missing = names[0];                                       \
	}
	NVML_CALL_MAP(X)
#undef X
	if (missing != NULL)
		return parc_err_set(err, PARC_ERR_VERSION, "%s is too old: it has no %s", path,
				    missing);
	return 0;
}

static void nvidia_close(void *self)
{
	struct nvidia *nvidia = self;

	if (nvidia->is_started && nvidia->nvml.shutdown != NULL)
		nvidia->nvml.shutdown();
	if (nvidia->nvml.library != NULL)
		dlclose(nvidia->nvml.library);
	free(nvidia);
}

static int nvidia_open(void **self, const struct adapter_world *world, struct parc_err *err)
{
	struct nvidia *nvidia = calloc(1, sizeof(*nvidia));
	const char *path = world != NULL && world->library != NULL ? world->library : LIBRARY;
	int code, number;

	if (nvidia == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for an adapter");
	snprintf(nvidia->sys, sizeof(nvidia->sys), "%s",
		 world != NULL && world->sys != NULL ? world->sys : "/sys");
	snprintf(nvidia->dev, sizeof(nvidia->dev), "%s",
		 world != NULL && world->dev != NULL ? world->dev : "/dev");
	code = load(&nvidia->nvml, path, err);
	if (code == 0) {
		number = nvidia->nvml.init();
		if (number != NVML_OK)
			code = parc_err_set(err, PARC_ERR_IO,
					    "%s does not start: error %d; is the driver loaded?",
					    path, number);
		nvidia->is_started = number == NVML_OK;
	}
	if (code != 0) {
		nvidia_close(nvidia);
		return code;
	}
	*self = nvidia;
	return 0;
}

/* ---- Whose device it is */

/* The first number of a small file, in hexadecimal; -1. */
static int64_t read_hex(const char *path)
{
	char text[32];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -1;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (got <= 0)
		return -1;
	text[got] = '\0';
	return strtoll(text, NULL, 16);
}

/* What the bus itself says of the vendor; -1: it does not know the device. */
static int64_t bus_vendor(const struct nvidia *nvidia, const struct nvml_pci *pci)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%04x:%02x:%02x.0/vendor", nvidia->sys,
		 pci->domain, pci->bus & 0xff, pci->device & 0xff);
	return read_hex(path);
}

static int find_file(const struct nvidia *nvidia, unsigned number, struct adapter_file *file)
{
	char path[PATH_SIZE];
	struct stat status;

	snprintf(path, sizeof(path), "%s/nvidia%u", nvidia->dev, number);
	if (stat(path, &status) != 0 || !S_ISCHR(status.st_mode) ||
	    major(status.st_rdev) != DEVICE_MAJOR || minor(status.st_rdev) != number)
		return -1;
	*file = (struct adapter_file){.major = DEVICE_MAJOR, .minor = number};
	return 0;
}

static int check_owner(const struct nvidia *nvidia, nvml_device device, unsigned index,
		       struct adapter_file *file, struct parc_err *err)
{
	struct nvml_pci pci = {0};
	unsigned number = 0;
	int64_t vendor;

	if (nvidia->nvml.pci(device, &pci) != NVML_OK)
		return parc_err_set(err, PARC_ERR_IO, "device %u does not tell where it is", index);
	vendor = bus_vendor(nvidia, &pci);
	if ((pci.device_id & 0xffff) != VENDOR || vendor != VENDOR)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "device %u answers as NVIDIA's, but its vendor is %04x on the "
				    "bus and %04x by the library: it is not used as NVIDIA's",
				    index, (unsigned)(vendor & 0xffff), pci.device_id & 0xffff);
	if (nvidia->nvml.number(device, &number) != NVML_OK || find_file(nvidia, number, file) != 0)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "device %u has no device file %s/nvidia%u of NVIDIA's driver",
				    index, nvidia->dev, number);
	return 0;
}

/* ---- Discovery */

/* The id goes into a variable of jobs: only what NVIDIA's ids are made of. */
static int check_id(const char *id, struct parc_err *err)
{
	size_t size = strlen(id);

	if (size < 8 || size >= ADAPTER_ID_SIZE ||
	    (strncmp(id, "GPU-", 4) != 0 && strncmp(id, "MIG-", 4) != 0) ||
	    id[strspn(id, "GPUMI-0123456789abcdefABCDEF/")] != '\0')
		return parc_err_set(err, PARC_ERR_CORRUPT, "'%.40s' is no id of a device", id);
	return 0;
}

static int is_name_byte(char byte)
{
	return isalnum((unsigned char)byte) || byte == '.' || byte == '+';
}

/* The catalogue's name of "NVIDIA A100-SXM4-80GB" is A100, that of "NVIDIA GeForce RTX 4090"
 * RTX4090, that of "NVIDIA A100-SXM4-80GB MIG 1g.10gb" A100-1g.10gb. */
static void name_chip(char chip[ADAPTER_NAME_SIZE], const char *product)
{
	static const char *const brands[] = {"NVIDIA ", "Tesla ", "GeForce ", "Quadro "};
	const char *profile = strstr(product, " MIG ");
	size_t used = 0;

	for (size_t i = 0; i < COUNT_OF(brands); i++) {
		size_t size = strlen(brands[i]);

		if (strncmp(product, brands[i], size) == 0)
			product += size;
	}
	for (; is_name_byte(*product) && used < 24; product++) {
		chip[used++] = *product;
		if (used == 3 && strncmp(chip, "RTX", 3) == 0 && product[1] == ' ')
			product++;
	}
	if (profile != NULL && used > 0) {
		chip[used++] = '-';
		for (profile += 5; is_name_byte(*profile) && used < 48; profile++)
			chip[used++] = *profile;
	}
	snprintf(chip + used, ADAPTER_NAME_SIZE - used, "%s", used == 0 ? "nvidia" : "");
}

static int32_t memory_mib(const struct nvidia *nvidia, nvml_device handle, int64_t *used_mib)
{
	struct nvml_memory memory = {0};
	int64_t total;

	*used_mib = -1;
	if (nvidia->nvml.memory == NULL || nvidia->nvml.memory(handle, &memory) != NVML_OK)
		return 0;
	total = (int64_t)(memory.total >> 20);
	if (total < 1 || total > PARC_DEVICE_MEMORY_MAX)
		return 0;
	if (memory.used <= memory.total)
		*used_mib = (int64_t)(memory.used >> 20);
	return (int32_t)total;
}

/* Take one device, or one instance, that surely is NVIDIA's. */
static int describe(struct nvidia *nvidia, nvml_device handle, struct adapter_device *device,
		    struct parc_err *err)
{
	char product[NVML_NAME_SIZE] = "", id[NVML_UUID_SIZE] = "";
	int64_t used_mib;

	if (nvidia->nvml.name(handle, product, sizeof(product)) != NVML_OK ||
	    nvidia->nvml.uuid(handle, id, sizeof(id)) != NVML_OK)
		return parc_err_set(err, PARC_ERR_IO, "a device does not tell its name and id");
	product[sizeof(product) - 1] = id[sizeof(id) - 1] = '\0';
	if (check_id(id, err) != 0)
		return PARC_ERR_CORRUPT;
	name_chip(device->chip, product);
	snprintf(device->id, sizeof(device->id), "%.79s", id);
	device->memory_mib = memory_mib(nvidia, handle, &used_mib);
	return 0;
}

static int has_id(const struct adapter_device *devices, int32_t count, const char *id)
{
	for (int32_t i = 0; i < count; i++) {
		if (strcmp(devices[i].id, id) == 0)
			return 1;
	}
	return 0;
}

/* What is being found: devices, and the first thing that was wrong. */
struct finding {
	struct adapter_device *devices;
	int32_t count, max;
	int wrong; /* its code */
	struct parc_err *err;
};

static void note(struct finding *finding, const struct parc_err *err)
{
	if (finding->wrong == 0 && finding->err != NULL)
		*finding->err = *err;
	if (finding->wrong == 0)
		finding->wrong = err->code;
}

static void take(struct nvidia *nvidia, struct finding *finding, nvml_device handle,
		 const struct adapter_device *like)
{
	struct adapter_device device = *like;
	struct parc_err err = {0};

	if (describe(nvidia, handle, &device, &err) != 0) {
		note(finding, &err);
	} else if (has_id(finding->devices, finding->count, device.id)) {
		parc_err_set(&err, PARC_ERR_CORRUPT, "two devices have the id %s", device.id);
		note(finding, &err);
	} else if (finding->count == finding->max) {
		parc_err_set(&err, PARC_ERR_FULL,
			     "there are more than %d devices; the rest is "
			     "not used",
			     finding->max);
		note(finding, &err);
	} else {
		nvidia->devices[finding->count] = handle;
		finding->devices[finding->count++] = device;
	}
}

/* 1 if the device is split: then its instances were taken. */
static int take_instances(struct nvidia *nvidia, struct finding *finding, nvml_device handle)
{
	const struct adapter_device like = {.rule = PARC_RULE_WHOLE, .step_milli = 1000};
	unsigned mode = 0, pending = 0, most = 0;
	nvml_device instance;

	if (nvidia->nvml.mig_mode == NULL || nvidia->nvml.mig_max == NULL ||
	    nvidia->nvml.mig_handle == NULL ||
	    nvidia->nvml.mig_mode(handle, &mode, &pending) != NVML_OK || mode != 1)
		return 0;
	if (nvidia->nvml.mig_max(handle, &most) != NVML_OK)
		most = 0;
	for (unsigned i = 0; i < most && i < PARC_SLOTS_MAX; i++) {
		if (nvidia->nvml.mig_handle(handle, i, &instance) == NVML_OK)
			take(nvidia, finding, instance, &like);
	}
	return 1;
}

static int32_t nvidia_discover(void *self, struct adapter_device *devices, int32_t max,
			       struct parc_err *err)
{
	struct nvidia *nvidia = self;
	struct finding finding = {.devices = devices, .err = err};
	struct adapter_device like = {.rule = PARC_RULE_SCALAR, .step_milli = 10, .files_count = 1};
	struct parc_err wrong;
	unsigned count = 0;

	finding.max = max < PARC_NODE_DEVICES_MAX ? max : PARC_NODE_DEVICES_MAX;
	if (nvidia->nvml.count(&count) != NVML_OK)
		return parc_err_set(err, PARC_ERR_IO,
				    "the library does not tell how many devices "
				    "there are");
	for (unsigned i = 0; i < count && i < 4 * PARC_NODE_DEVICES_MAX; i++) {
		nvml_device handle = NULL;

		wrong = (struct parc_err){0};
		if (nvidia->nvml.handle(i, &handle) != NVML_OK) {
			parc_err_set(&wrong, PARC_ERR_IO, "device %u cannot be reached", i);
			note(&finding, &wrong);
		} else if (check_owner(nvidia, handle, i, &like.files[0], &wrong) != 0) {
			note(&finding, &wrong);
		} else if (!take_instances(nvidia, &finding, handle)) {
			take(nvidia, &finding, handle, &like);
		}
	}
	nvidia->count = finding.count;
	/* Some good devices are better than none; what is wrong with the rest is in err. */
	return finding.count == 0 && finding.wrong != 0 ? finding.wrong : finding.count;
}

/* ---- Samples */

static void add_process(struct adapter_sample *sample, int64_t pid, uint64_t bytes)
{
	struct adapter_process *process = &sample->processes[sample->processes_told];

	if (sample->processes_told == ADAPTER_PROCESSES_MAX)
		return;
	sample->processes_told++;
	process->pid = pid;
	process->memory_mib = bytes == NVML_NOT_AVAILABLE || bytes >> 20 > PARC_DEVICE_MEMORY_MAX
				      ? -1
				      : (int32_t)(bytes >> 20);
}

static void sample_processes(const struct nvidia *nvidia, nvml_device device,
			     struct adapter_sample *sample)
{
	static struct nvml_process list[LIST_MAX];
	static struct nvml_process_old old[LIST_MAX];
	unsigned count = LIST_MAX;
	int is_old = nvidia->nvml.processes == NULL;
	int code = !is_old ? nvidia->nvml.processes(device, &count, list)
		   : nvidia->nvml.processes_old != NULL
			   ? nvidia->nvml.processes_old(device, &count, old)
			   : NVML_NOT_SUPPORTED;

	sample->processes_count = -1;
	if (code != NVML_OK || count > LIST_MAX)
		return;
	sample->processes_count = (int32_t)count;
	for (unsigned i = 0; i < count; i++)
		add_process(sample, is_old ? old[i].pid : list[i].pid,
			    is_old ? old[i].memory : list[i].memory);
}

static int nvidia_sample(void *self, int32_t device, struct adapter_sample *sample)
{
	struct nvidia *nvidia = self;
	struct nvml_utilization use = {0};
	int64_t used_mib = -1;
	unsigned power = 0;
	nvml_device handle;
	int code = NVML_NOT_SUPPORTED;

	*sample = (struct adapter_sample){
		.busy_milli = -1, .memory_mib = -1, .power_mw = -1, .processes_count = -1};
	if (device < 0 || device >= nvidia->count)
		return PARC_ERR_UNKNOWN;
	handle = nvidia->devices[device];
	if (nvidia->nvml.utilization != NULL)
		code = nvidia->nvml.utilization(handle, &use);
	if (code == NVML_GPU_IS_LOST)
		return PARC_ERR_IO;
	if (code == NVML_OK && use.gpu <= 100)
		sample->busy_milli = (int32_t)use.gpu * 10;
	memory_mib(nvidia, handle, &used_mib);
	sample->memory_mib = (int32_t)used_mib;
	if (nvidia->nvml.power != NULL && nvidia->nvml.power(handle, &power) == NVML_OK &&
	    power < 100000000)
		sample->power_mw = power;
	sample_processes(nvidia, handle, sample);
	return 0;
}

/* ---- What a job is told */

/* Does an MPS daemon serve this user? Its pipes belong to who started it: root's serves all, one
 * at a time. */
static int has_mps(const struct adapter_world *world, uint32_t uid, char path[PATH_SIZE])
{
	const char *pipes = world != NULL && world->mps != NULL ? world->mps : MPS_PIPE;
	struct stat status;

	snprintf(path, PATH_SIZE, "%s/control", pipes);
	if (stat(path, &status) != 0 || !(S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) ||
	    (status.st_uid != 0 && status.st_uid != uid))
		return 0;
	snprintf(path, PATH_SIZE, "%s", pipes);
	return 1;
}

static void nvidia_environment(const struct adapter_world *world, const struct adapter_part *part,
			       struct adapter_lines *lines)
{
	char list[ADAPTER_ID_SIZE * PARC_NODE_DEVICES_MAX] = "", path[PATH_SIZE];
	size_t used = 0;

	for (int32_t i = 0; i < part->count && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i > 0 ? "," : "",
					 part->devices[i]->id);
	adapter_add_line(lines, "CUDA_VISIBLE_DEVICES=%s", list);
	lines->is_enforced = part->count == 0 || part->share_milli >= PARC_SHARE_WHOLE;
	if (lines->is_enforced || !has_mps(world, part->uid, path))
		return;
	adapter_add_line(lines, "CUDA_MPS_PIPE_DIRECTORY=%s", path);
	adapter_add_line(lines, "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE=%" PRId32 ".%" PRId32,
			 part->share_milli / 10, part->share_milli % 10);
	if (part->memory_mib > 0)
		adapter_add_line(lines, "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT=0=%" PRId32 "M",
				 part->memory_mib);
	lines->is_enforced = 1;
}

const struct adapter adapter_nvidia = {.name = "nvidia",
				       .open = nvidia_open,
				       .discover = nvidia_discover,
				       .sample = nvidia_sample,
				       .environment = nvidia_environment,
				       .close = nvidia_close};

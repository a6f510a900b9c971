/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that stands in for NVIDIA's management library. With STANDIN_OLD it lacks what came
 * later: the second names of calls, MIG, and the list of processes with instances.
 */
#include "standin/nvml_standin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "chip/nvml.h"

struct standin standin;

/* Where the test is another process, it leaves what is to be said in a file beside the library. */
static void read_says(void)
{
	char path[1024];
	Dl_info info;
	FILE *file;
	struct standin says;

	if (dladdr(&standin, &info) == 0 || info.dli_fname == NULL)
		return;
	snprintf(path, sizeof(path), "%s.says", info.dli_fname);
	file = fopen(path, "rb");
	if (file == NULL)
		return;
	if (fread(&says, sizeof(says), 1, file) == 1)
		standin = says;
	fclose(file);
}

static struct standin_device *get(nvml_device handle)
{
	return handle;
}

#ifdef STANDIN_OLD
#define nvmlInit_v2		      nvmlInit
#define nvmlDeviceGetCount_v2	      nvmlDeviceGetCount
#define nvmlDeviceGetHandleByIndex_v2 nvmlDeviceGetHandleByIndex
#endif

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlDeviceGetCount_v2(unsigned int *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvml_device *handle);
int nvmlDeviceGetName(nvml_device handle, char *name, unsigned int size);
int nvmlDeviceGetUUID(nvml_device handle, char *uuid, unsigned int size);
int nvmlDeviceGetPciInfo_v3(nvml_device handle, struct nvml_pci *pci);
int nvmlDeviceGetMinorNumber(nvml_device handle, unsigned int *number);
int nvmlDeviceGetMemoryInfo(nvml_device handle, struct nvml_memory *memory);
int nvmlDeviceGetUtilizationRates(nvml_device handle, struct nvml_utilization *use);
int nvmlDeviceGetPowerUsage(nvml_device handle, unsigned int *power);
int nvmlDeviceGetComputeRunningProcesses(nvml_device handle, unsigned int *count,
					 struct nvml_process_old *list);
int nvmlDeviceGetComputeRunningProcesses_v3(nvml_device handle, unsigned int *count,
					    struct nvml_process *list);
int nvmlDeviceGetMigMode(nvml_device handle, unsigned int *mode, unsigned int *pending);
int nvmlDeviceGetMaxMigDeviceCount(nvml_device handle, unsigned int *count);
int nvmlDeviceGetMigDeviceHandleByIndex(nvml_device handle, unsigned int index,
					nvml_device *instance);

int nvmlInit_v2(void)
{
	read_says();
	standin.inits++;
	return standin.init_code;
}

int nvmlShutdown(void)
{
	standin.shutdowns++;
	return 0;
}

int nvmlDeviceGetCount_v2(unsigned int *count)
{
	*count = standin.count;
	return standin.count_code;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvml_device *handle)
{
	if (index >= STANDIN_DEVICES)
		return NVML_NOT_FOUND;
	*handle = &standin.devices[index];
	return standin.devices[index].code;
}

int nvmlDeviceGetName(nvml_device handle, char *name, unsigned int size)
{
	snprintf(name, size, "%s", get(handle)->name);
	return get(handle)->code;
}

int nvmlDeviceGetUUID(nvml_device handle, char *uuid, unsigned int size)
{
	snprintf(uuid, size, "%s", get(handle)->uuid);
	return get(handle)->code;
}

int nvmlDeviceGetPciInfo_v3(nvml_device handle, struct nvml_pci *pci)
{
	memset(pci, 0, sizeof(*pci));
	pci->bus = get(handle)->bus;
	pci->device_id = 0x23300000 | get(handle)->vendor;
	return get(handle)->code;
}

int nvmlDeviceGetMinorNumber(nvml_device handle, unsigned int *number)
{
	*number = get(handle)->number;
	return get(handle)->code;
}

int nvmlDeviceGetMemoryInfo(nvml_device handle, struct nvml_memory *memory)
{
	*memory = (struct nvml_memory){.total = get(handle)->total, .used = get(handle)->used};
	return get(handle)->code;
}

int nvmlDeviceGetUtilizationRates(nvml_device handle, struct nvml_utilization *use)
{
	read_says();
	*use = (struct nvml_utilization){.gpu = get(handle)->gpu};
	return get(handle)->code;
}

int nvmlDeviceGetPowerUsage(nvml_device handle, unsigned int *power)
{
	*power = get(handle)->power;
	return get(handle)->code;
}

int nvmlDeviceGetComputeRunningProcesses(nvml_device handle, unsigned int *count,
					 struct nvml_process_old *list)
{
	const struct standin_device *device = get(handle);

	if (*count < device->processes)
		return NVML_TOO_SMALL;
	*count = device->processes;
	for (unsigned i = 0; i < device->processes; i++)
		list[i] = (struct nvml_process_old){.pid = device->pids[i % 8],
						    .memory = device->process_memory};
	return device->code;
}

#ifndef STANDIN_OLD
int nvmlDeviceGetComputeRunningProcesses_v3(nvml_device handle, unsigned int *count,
					    struct nvml_process *list)
{
	const struct standin_device *device = get(handle);

	if (*count < device->processes)
		return NVML_TOO_SMALL;
	*count = device->processes;
	for (unsigned i = 0; i < device->processes; i++)
		list[i] = (struct nvml_process){.pid = device->pids[i % 8],
						.memory = device->process_memory};
	return device->code;
}

int nvmlDeviceGetMigMode(nvml_device handle, unsigned int *mode, unsigned int *pending)
{
	*mode = *pending = get(handle)->mig;
	return get(handle)->code;
}

int nvmlDeviceGetMaxMigDeviceCount(nvml_device handle, unsigned int *count)
{
	(void)handle;
	*count = 7;
	return 0;
}

int nvmlDeviceGetMigDeviceHandleByIndex(nvml_device handle, unsigned int index,
					nvml_device *instance)
{
	if (index >= get(handle)->instances)
		return NVML_NOT_FOUND;
	*instance = get(handle) + 1 + index;
	return 0;
}
#endif

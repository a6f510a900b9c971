/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of NVIDIA's management library that parc calls, as its reference documents it (NVML API
 * Reference Guide, docs.nvidia.com/deploy/nvml-api). The library is loaded at run time, so none of
 * its headers is needed to build. Each function has the names that it had in turn, newest first;
 * `needed` says whether the adapter can do without.
 */
#ifndef CHIP_NVML_H
#define CHIP_NVML_H

#include <stdint.h>

enum {
	NVML_OK = 0,
	NVML_NOT_SUPPORTED = 3,
	NVML_NO_PERMISSION = 4,
	NVML_NOT_FOUND = 6,
	NVML_TOO_SMALL = 7, /* an array */
	NVML_GPU_IS_LOST = 15
};

#define NVML_UUID_SIZE	   96
#define NVML_NAME_SIZE	   96
#define NVML_NOT_AVAILABLE UINT64_MAX /* of a process's memory */

typedef void *nvml_device;

struct nvml_memory { /* bytes */
	unsigned long long total, free, used;
};

struct nvml_utilization { /* per cent */
	unsigned int gpu, memory;
};

struct nvml_pci {
	char bus_legacy[16];
	unsigned int domain, bus, device;
	unsigned int device_id; /* device << 16 | vendor */
	unsigned int subsystem;
	char bus_id[32]; /* "00000000:3B:00.0" */
};

/* An entry of the list of processes, in the second and third version of that call. The first has
 * no instances. */
struct nvml_process {
	unsigned int pid;
	unsigned long long memory; /* bytes */
	unsigned int gpu_instance, compute_instance;
};

struct nvml_process_old {
	unsigned int pid;
	unsigned long long memory;
};

/* name here, needed, names in the library, arguments */
/* clang-format off */
#define NVML_CALL_MAP(X) \
	X(init, 1, ("nvmlInit_v2", "nvmlInit"), (void)) \
	X(shutdown, 0, ("nvmlShutdown"), (void)) \
	X(count, 1, ("nvmlDeviceGetCount_v2", "nvmlDeviceGetCount"), (unsigned int *)) \
	X(handle, 1, ("nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex"), \
	  (unsigned int, nvml_device *)) \
	X(name, 1, ("nvmlDeviceGetName"), (nvml_device, char *, unsigned int)) \
	X(uuid, 1, ("nvmlDeviceGetUUID"), (nvml_device, char *, unsigned int)) \
	X(pci, 1, ("nvmlDeviceGetPciInfo_v3"), (nvml_device, struct nvml_pci *)) \
	X(number, 1, ("nvmlDeviceGetMinorNumber"), (nvml_device, unsigned int *)) \
	X(memory, 0, ("nvmlDeviceGetMemoryInfo"), (nvml_device, struct nvml_memory *)) \
	X(utilization, 0, ("nvmlDeviceGetUtilizationRates"), \
	  (nvml_device, struct nvml_utilization *)) \
	X(power, 0, ("nvmlDeviceGetPowerUsage"), (nvml_device, unsigned int *)) \
	X(processes, 0, ("nvmlDeviceGetComputeRunningProcesses_v3", \
			 "nvmlDeviceGetComputeRunningProcesses_v2"), \
	  (nvml_device, unsigned int *, struct nvml_process *)) \
	X(processes_old, 0, ("nvmlDeviceGetComputeRunningProcesses"), \
	  (nvml_device, unsigned int *, struct nvml_process_old *)) \
	X(mig_mode, 0, ("nvmlDeviceGetMigMode"), (nvml_device, unsigned int *, unsigned int *)) \
	X(mig_max, 0, ("nvmlDeviceGetMaxMigDeviceCount"), (nvml_device, unsigned int *)) \
	X(mig_handle, 0, ("nvmlDeviceGetMigDeviceHandleByIndex"), \
	  (nvml_device, unsigned int, nvml_device *))
/* clang-format on */

struct nvml {
	void *library;
#define X(name, needed, names, arguments) int(*name) arguments;
	NVML_CALL_MAP(X)
#undef X
};

#endif

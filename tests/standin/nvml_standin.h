/* SPDX-License-Identifier: Apache-2.0
 *
 * What the library that stands in for NVIDIA's says, set by the test that loads it.
 */
#ifndef STANDIN_NVML_STANDIN_H
#define STANDIN_NVML_STANDIN_H

#define STANDIN_DEVICES 40

struct standin_device {
	char name[96], uuid[96];
	unsigned number, vendor, bus;
	unsigned long long total, used; /* bytes */
	unsigned gpu;			/* per cent */
	unsigned power;			/* milliwatts */
	unsigned processes, pids[8];
	unsigned long long process_memory; /* bytes, of each */
	unsigned mig, instances;	   /* devices behind this one that are its instances */
	int code;			   /* of every call about it; 0: well */
};

struct standin {
	int init_code, count_code;
	unsigned count; /* devices that are told; instances lie behind them */
	struct standin_device devices[STANDIN_DEVICES];
	int inits, shutdowns;
};

#endif

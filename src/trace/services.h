/* SPDX-License-Identifier: Apache-2.0
 *
 * Services and their loads as files describe them: a YAML list of services, each with the name of
 * a table of its load over time (docs/formats.md).
 *
 *   read   services_read
 *   end    services_deinit
 */
#ifndef TRACE_SERVICES_H
#define TRACE_SERVICES_H

#include "trace/fleet.h"

#define SERVICES_MAX	    64
#define SERVICES_POINTS_MAX 10000000 /* of one load */

struct services_point {
	int64_t time_us; /* since the first arrival; the load holds from here on */
	int64_t load_milli;
};

struct services_row {
	char name[FLEET_NAME_MAX + 1];
	struct parc_service service;
	struct parc_task task; /* of one replica's group */
	int32_t tasks;	       /* of one replica, a gang */
	int32_t tier, work_class;
	uint8_t preemptible;	       /* replicas above the minimum may give way */
	int64_t ready_us;	       /* from a replica's start until it serves */
	int64_t deadline_us;	       /* a request that waits for longer is not served in time */
	int64_t report_us;	       /* so often the mean load is told to the core */
	struct services_point *points; /* in order of time; with the last one the service ends */
	int32_t points_count;
};

struct services {
	struct services_row *rows;
	int32_t count;
};

/* Read a file; the tables of load lie where it says, seen from the folder of the file. Chips are
 * looked up in `fleet`. What is malformed is refused with file, line, column and what was
 * expected; `services` is then empty. The caller ends it with services_deinit. */
int services_read(struct services *services, const char *path, const struct fleet *fleet,
		  struct parc_err *err);
void services_deinit(struct services *services); /* takes an empty one */

/* Devices of one replica. */
int64_t services_devices_milli(const struct services_row *row);

/* The highest mean load of one report, in thousandths: what a fixed fleet has to be made for. */
int64_t services_peak_milli(const struct services_row *row);

#endif

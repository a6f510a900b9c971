/* SPDX-License-Identifier: Apache-2.0
 *
 * Gavel's generated job lists and its measured speeds (Narayanan and others, "Heterogeneity-aware
 * cluster scheduling policies for deep learning workloads", OSDI 2020): the fleet of their
 * experiments. The lists are the format "gavel" of jobs.h, read with options.speeds.
 */
#ifndef TRACE_GAVEL_H
#define TRACE_GAVEL_H

#include "trace/fleet.h"

/* 36 V100, 36 P100 and 36 K80, one device a node; fleet_deinit ends it. */
int gavel_fleet(struct fleet *fleet, struct parc_err *err);

#endif

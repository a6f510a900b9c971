/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the daemon share: keeping what has to be done after the commit, doing it,
 * setting a fleet up, recovering.
 */
#ifndef DAEMON_ACT_H
#define DAEMON_ACT_H

#include "daemon/daemon.h"
#include "trace/fleet.h"

enum daemon_act_kind { ACT_START = 1, ACT_STOP, ACT_FORGET };

/* Keep an act for after the commit. */
int act_keep(struct daemon *daemon, const struct daemon_act *act, struct parc_err *err);

/* Tell listeners what became of a job; number, time, tenant and user are filled in. */
void change_add(struct daemon *daemon, const struct daemon_change *change);

/* Do all that was kept. */
void acts_do(struct daemon *daemon);

/* A report of something that the engine cannot report itself, taken in the next round. */
int late_add(struct daemon *daemon, const struct engine_report *report, struct parc_err *err);

/* Take a report of the engine: step its event, write its rows. */
void report_take(struct daemon *daemon, const struct engine_report *report);

/* Read the state out of the folder and bring engine and core together. */
int recover(struct daemon *daemon, struct parc_err *err);

/* The fleet: that of a file, or of this machine. */
int fleet_find(struct daemon *daemon, struct fleet *fleet, struct parc_err *err);

/* Bring chips, nodes, policy and tenants to what fleet and configuration say. */
int setup_fleet(struct daemon *daemon, const struct fleet *fleet, struct parc_err *err);
int setup_config(struct daemon *daemon, struct parc_err *err);
int setup_chips(struct daemon *daemon, struct parc_err *err); /* names, out of the store */

/* Put an event aside that came unexpectedly, for people, and say so in the log. */
void event_aside(struct daemon *daemon, const struct parc_event *event, const char *why);

/* The daemon is broken: keep why. Returns the code. */
int daemon_break(struct daemon *daemon, const struct parc_err *why);

#endif

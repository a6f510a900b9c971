/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the daemon share: keeping what has to be done after the commit, doing it,
 * setting fleet and configuration up, recovering.
 */
#ifndef DAEMON_ACT_H
#define DAEMON_ACT_H

#include "daemon/daemon.h"
#include "trace/fleet.h"

enum daemon_act_kind { ACT_START = 1, ACT_STOP, ACT_FORGET, ACT_REBOOK, ACT_TELL };

/* Keep an act for after the commit. */
int act_keep(struct daemon *daemon, const struct daemon_act *act, struct parc_err *err);

/* Rows of a new replica; of a warning to whoever runs the job; of what it is booked from now on. */
int replica_write(struct daemon *daemon, const struct parc_action *action, struct parc_err *err);
int warn_write(struct daemon *daemon, const struct parc_action *action, struct parc_err *err);
int rebook_write(struct daemon *daemon, const struct parc_action *action, struct parc_err *err);

/* To be done after the commit: tell the job a notice; have the engine hold it to what its row says.
 */
void tell_do(struct daemon *daemon, const struct daemon_act *act);
void rebook_do(struct daemon *daemon, const struct daemon_act *act);

/* At a start: keep telling what may not have been told. Before a commit: drop what was told. */
int notices_keep(struct daemon *daemon, struct parc_err *err);
int notices_drop(struct daemon *daemon, struct parc_err *err);

/* Read the START of an attempt's row into memory that the caller frees: 0, or another value. */
int start_read(const struct store_attempt *attempt, struct parc_actions *actions, void **memory);

/* What the end of a run, which the core does not have yet, says of its kind's speed: 1 and an
 * event, or 0. */
int pace_find(struct daemon *daemon, const struct engine_report *report, int64_t job,
	      struct parc_event *event);

/* The row of a window follows the core: placed, begun, ended. */
int window_write(struct daemon *daemon, const struct parc_action *action, struct parc_err *err);

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

/* Bring chips and nodes to what the fleet says, policy and tenants to what the configuration does.
 */
int setup_fleet(struct daemon *daemon, const struct fleet *fleet, struct parc_err *err);
int setup_config(struct daemon *daemon, struct parc_err *err);
int setup_chips(struct daemon *daemon, struct parc_err *err); /* names, out of the store */

/* Read the certificate that the configuration names; the old one stays when it cannot be read. */
int certificate_read(struct daemon *daemon, const struct config_tls *tls, struct parc_err *err);

/* Bring policy and tenants to what `config` says, all of it or, on an error, nothing. On success it
 * is the daemon's and `config` is empty. */
int config_settle(struct daemon *daemon, struct config *config, struct parc_err *err);

/* Put an event aside that came unexpectedly, for people, and say so in the log. */
void event_aside(struct daemon *daemon, const struct parc_event *event, const char *why);

/* The daemon is broken: keep why. Returns the code. */
int daemon_break(struct daemon *daemon, const struct parc_err *why);

#endif

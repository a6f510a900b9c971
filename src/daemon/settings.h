/* SPDX-License-Identifier: Apache-2.0
 *
 * What operators set by command: tenants (tenancy.c) and windows (window.c).
 */
#ifndef DAEMON_SETTINGS_H
#define DAEMON_SETTINGS_H

#include "daemon/daemon.h"

/* Set a tenant by command, from an object with the fields that change; undo that, so that it is
 * again as the file says (which is read again). On an error all stays as it was. */
int daemon_tenant_set(struct daemon *daemon, json_t *object, struct parc_err *err);
int daemon_tenant_unset(struct daemon *daemon, const char *name, struct parc_err *err);

/* Set a window from an object, its number in *number; take one back; those that wait or have
 * begun, as a list of objects that is the caller's. */
int daemon_window_add(struct daemon *daemon, json_t *object, int64_t *number, struct parc_err *err);
int daemon_window_drop(struct daemon *daemon, int64_t number, struct parc_err *err);
json_t *windows_json(struct daemon *daemon);

/* A tenant's settings and users as an object; the caller's. */
json_t *tenant_json(const struct daemon *daemon, const struct config *config, int32_t at);

#endif

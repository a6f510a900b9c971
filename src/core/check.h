/* SPDX-License-Identifier: Apache-2.0
 *
 * Validating what comes from outside: every field of an event has a range, every id it names
 * must exist, and every table it needs must have room. What passes here may be asserted later.
 */
#ifndef CORE_CHECK_H
#define CORE_CHECK_H

#include "core/state.h"

/* Is the value within low..high? Else the error names the field. */
int check_range(const char *field, int64_t value, int64_t low, int64_t high, struct parc_err *err);

/* parc_check, which also tells the slot of the allocation that the event is of, if it is of one. */
int check_event(const struct parc_core *core, const struct parc_event *event, int32_t *run_slot,
		struct parc_err *err);

int check_policy(const struct parc_policy *policy, struct parc_err *err);
int check_chip(const struct parc_core *core, const struct parc_chip *chip, struct parc_err *err);
int check_tenant_fields(const struct parc_tenant *set, struct parc_err *err);
int check_task(const struct parc_task *task, struct parc_err *err);
int check_submit(const struct parc_core *core, const struct parc_submit *submit,
		 struct parc_err *err);
int check_node_add(const struct parc_core *core, const struct parc_node_add *add,
		   struct parc_err *err);

#endif

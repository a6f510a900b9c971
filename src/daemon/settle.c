/* SPDX-License-Identifier: Apache-2.0
 *
 * Bringing policy and tenants to what the configuration says: the events that lead there are made
 * first, tried on a copy of the core, and stepped only when all of them would be taken. So a
 * configuration is in force whole or not at all. Costs the encoding and decoding of the state when
 * there is more than one event, and little when there is none.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "daemon/act.h"
#include "daemon/kind.h"

struct settling {
	struct daemon *daemon;
	const struct config *config;
	struct parc_event *events;
	const char **names; /* of new tenants, for their event; else NULL */
	int32_t count, capacity;
	int64_t last; /* number of a tenant */
	int failed;   /* no memory */
};

static void event_add(struct settling *settling, const struct parc_event *event, const char *name)
{
	if (settling->count == settling->capacity) {
		int32_t capacity = settling->capacity == 0 ? 16 : 2 * settling->capacity;
		void *events =
			realloc(settling->events, (size_t)capacity * sizeof(*settling->events));
		void *names = realloc(settling->names, (size_t)capacity * sizeof(*settling->names));

		settling->events = events != NULL ? events : settling->events;
		settling->names = names != NULL ? names : settling->names;
		settling->failed |= events == NULL || names == NULL;
		if (settling->failed)
			return;
		settling->capacity = capacity;
	}
	settling->events[settling->count] = *event;
	settling->names[settling->count++] = name;
}

static int policy_same(const struct parc_policy *a, const struct parc_policy *b)
{
	const struct parc_event events[2] = {{.kind = PARC_EVENT_POLICY_SET, .policy = *a},
					     {.kind = PARC_EVENT_POLICY_SET, .policy = *b}};
	uint8_t bytes[2][1024];
	int64_t size = parc_event_encode(&events[0], bytes[0], sizeof(bytes[0]));

	ASSERT(size > 0 && size <= (int64_t)sizeof(bytes[0]));
	parc_event_encode(&events[1], bytes[1], sizeof(bytes[1]));
	return memcmp(bytes[0], bytes[1], (size_t)size) == 0;
}

static int tenant_same(const struct parc_tenant *a, const struct parc_tenant *b)
{
	return a->parent == b->parent && a->weight == b->weight &&
	       memcmp(a->guarantees, b->guarantees, sizeof(a->guarantees)) == 0 &&
	       a->limit_milli == b->limit_milli && a->jobs_max == b->jobs_max &&
	       a->pending_max == b->pending_max;
}

/* A tenant that nobody lists any more keeps its jobs and loses its guarantees. */
static int name_look(void *context, int64_t number, const char *name, const char *text)
{
	struct settling *settling = context;
	struct parc_event event = {.kind = PARC_EVENT_TENANT_SET};

	(void)text;
	settling->last = number;
	if (config_tenant_find(settling->config, name) >= 0 ||
	    parc_tenant_get(settling->daemon->core, number, &event.tenant) != 0 ||
	    parc_guarantee_find(&event.tenant, 0) < 0)
		return 0;
	memset(event.tenant.guarantees, 0, sizeof(event.tenant.guarantees));
	event_add(settling, &event, NULL);
	return 0;
}

/* The number of a tenant, also of one that is made by the events before. */
static int64_t number_find(const struct settling *settling, const char *name)
{
	for (int32_t i = 0; i < settling->count; i++)
		if (settling->names[i] != NULL && strcmp(settling->names[i], name) == 0)
			return settling->events[i].tenant.tenant;
	return daemon_tenant_number(settling->daemon, name);
}

static void tenant_look(struct settling *settling, const struct config_tenant *tenant)
{
	struct parc_event event = {.kind = PARC_EVENT_TENANT_SET, .tenant = tenant->set};
	struct parc_tenant now;

	event.tenant.tenant = number_find(settling, tenant->name);
	event.tenant.parent =
		tenant->parent[0] == '\0' ? PARC_NONE : number_find(settling, tenant->parent);
	if (event.tenant.tenant == PARC_NONE) {
		event.tenant.tenant = ++settling->last;
		event_add(settling, &event, tenant->name);
	} else if (parc_tenant_get(settling->daemon->core, event.tenant.tenant, &now) != 0 ||
		   !tenant_same(&now, &event.tenant)) {
		event_add(settling, &event, NULL);
	}
}

/* ---- Speeds */

static int chip_number(const struct daemon *daemon, const char *name)
{
	for (int32_t i = 0; i < daemon->chips.count; i++)
		if (strcmp(daemon->chips.names[i], name) == 0)
			return i;
	return -1;
}

/* The speed as an event; a kind that is new gets its number. */
static int speed_event(struct daemon *daemon, const struct config_speed *speed,
		       struct parc_event *event, struct parc_err *err)
{
	int code;

	*event = (struct parc_event){.kind = PARC_EVENT_SPEED_MEASURED,
				     .speed = {.chip = chip_number(daemon, speed->chip),
					       .speed_milli = speed->speed_milli,
					       .set = 1}};
	code = kind_number_set(daemon, speed->tenant, speed->kind, &event->speed.kind, err);
	return code == 0 ? kind_number_set(daemon, speed->tenant, speed->beside,
					   &event->speed.beside, err)
			 : code;
}

/* Is it set to just that? */
static int speed_is_set(const struct parc_core *core, const struct parc_event *event)
{
	struct parc_speed_info info;
	int64_t kind, beside;
	int32_t chip;

	for (int32_t i = 0; parc_speed_at(core, i, &kind, &beside, &chip, &info) == 0; i++)
		if (kind == event->speed.kind && beside == event->speed.beside &&
		    chip == event->speed.chip)
			return info.source == PARC_SPEED_SET &&
			       info.speed_milli == event->speed.speed_milli;
	return 0;
}

/* Take back what the core has as set and the file does not name any more. */
static void speeds_withdraw(struct settling *settling, const struct parc_event *named,
			    int32_t count)
{
	struct parc_event event = {.kind = PARC_EVENT_SPEED_MEASURED, .speed.set = 1};
	struct parc_speed_info info;

	for (int32_t i = 0; parc_speed_at(settling->daemon->core, i, &event.speed.kind,
					  &event.speed.beside, &event.speed.chip, &info) == 0;
	     i++) {
		int32_t at = info.source == PARC_SPEED_SET ? 0 : count;

		while (at < count && (named[at].speed.kind != event.speed.kind ||
				      named[at].speed.beside != event.speed.beside ||
				      named[at].speed.chip != event.speed.chip))
			at++;
		if (info.source == PARC_SPEED_SET && at == count)
			event_add(settling, &event, NULL);
	}
}

static int speeds_look(struct settling *settling, struct parc_err *err)
{
	const struct config *config = settling->config;
	struct parc_event *named = calloc((size_t)config->speeds_count + 1, sizeof(*named));
	int code =
		named == NULL ? parc_err_set(err, PARC_ERR_MEMORY, "no memory for the speeds") : 0;

	for (int32_t i = 0; code == 0 && i < config->speeds_count; i++)
		code = speed_event(settling->daemon, &config->speeds[i], &named[i], err);
	if (code == 0)
		speeds_withdraw(settling, named, config->speeds_count);
	for (int32_t i = 0; code == 0 && i < config->speeds_count; i++)
		if (!speed_is_set(settling->daemon->core, &named[i]))
			event_add(settling, &named[i], NULL);
	free(named);
	return code;
}

static int events_make(struct settling *settling, struct parc_err *err)
{
	struct parc_event event = {.kind = PARC_EVENT_POLICY_SET,
				   .policy = settling->config->policy};
	struct parc_policy now;
	int code;

	parc_policy_get(settling->daemon->core, &now);
	if (!policy_same(&now, &event.policy))
		event_add(settling, &event, NULL);
	code = store_name_list(settling->daemon->store, STORE_TENANT, name_look, settling, err);
	for (int32_t i = 0; code == 0 && i < settling->config->tenants_count; i++)
		tenant_look(settling, &settling->config->tenants[i]);
	if (code == 0)
		code = speeds_look(settling, err);
	if (code == 0 && settling->failed)
		code = parc_err_set(err, PARC_ERR_MEMORY, "no memory for the configuration");
	return code;
}

/* Step them on a copy. */
static int events_try(struct settling *settling, struct parc_err *err)
{
	const struct parc_core *core = settling->daemon->core;
	int64_t size = parc_state_encode(core, NULL, 0);
	void *bytes = malloc((size_t)size);
	struct parc_core *copy = NULL;
	int code = 0;

	if (bytes != NULL && parc_state_encode(core, bytes, (size_t)size) == size)
		copy = parc_state_decode(bytes, (size_t)size, err);
	free(bytes);
	if (copy == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY,
				    "no memory to try the configuration before it is in force");
	for (int32_t i = 0; code == 0 && i < settling->count; i++) {
		struct parc_actions actions;

		settling->events[i].time_us = settling->daemon->now_us;
		code = parc_step(copy, &settling->events[i], &actions, err);
	}
	parc_core_destroy(copy);
	return code;
}

static int events_step(struct settling *settling, struct parc_err *err)
{
	struct daemon *daemon = settling->daemon;
	int code = settling->count > 0 ? store_begin(daemon->store, err) : 0;

	for (int32_t i = 0; code == 0 && i < settling->count; i++) {
		int64_t number = settling->events[i].tenant.tenant;

		if (settling->names[i] != NULL)
			code = store_name_add(daemon->store, STORE_TENANT, settling->names[i], "",
					      &number, err);
		if (code == 0 && settling->names[i] != NULL)
			ASSERT(number == settling->events[i].tenant.tenant);
		if (code == 0)
			code = daemon_step(daemon, &settling->events[i], err);
	}
	return code;
}

int config_settle(struct daemon *daemon, struct config *config, struct parc_err *err)
{
	struct settling settling = {.daemon = daemon, .config = config};
	int code = config_check(config, err);

	if (code == 0)
		code = events_make(&settling, err);
	if (code == 0 && settling.count > 0)
		code = events_try(&settling, err);
	if (code == 0)
		code = events_step(&settling, err);
	free(settling.events);
	free(settling.names);
	if (code != 0)
		return code;
	config_deinit(&daemon->config);
	daemon->config = *config;
	*config = (struct config){0};
	return 0;
}

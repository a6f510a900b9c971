/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of requests but that of a job (src/daemon/spec.h): body, field, kind, smallest, largest,
 * whether it has to be there, meaning. The table refuses unknown fields, and drives the OpenAPI
 * document and docs/api.md; the values are checked where they are used.
 */
#ifndef API_BODIES_H
#define API_BODIES_H

#include "api/api.h"
#include "daemon/spec.h"

/* clang-format off */
#define API_BODIES(X) \
	X(Tenant, tenant, WORD, 1, SPEC_WORD_MAX, 1, "its name") \
	X(Tenant, parent, WORD, 0, SPEC_WORD_MAX, 0, "the tenant above it; empty: none") \
	X(Tenant, weight, NUMBER, 1, INT32_MAX, 0, "its part of what is left (1)") \
	X(Tenant, guarantee_milli, NUMBER, 0, PARC_NORMAL_MAX, 0, \
	  "thousandths of devices of the reference chip; 0: none") \
	X(Tenant, guarantee_chips, WORDS, 0, PARC_CHIPS_MAX, 0, "chips that can fulfil it (any)") \
	X(Tenant, guarantees, LIST, 0, PARC_GUARANTEES_MAX, 0, \
	  "all of them instead, each {milli, chips}; no chip in two") \
	X(Tenant, limit_milli, NUMBER, 0, PARC_NORMAL_MAX, 0, \
	  "what it and all below it may hold; 0: no limit") \
	X(Tenant, jobs_max, NUMBER, 0, INT64_C(1) << 40, 0, \
	  "jobs that run at a time; 0: no limit") \
	X(Tenant, pending_max, NUMBER, 0, INT64_C(1) << 40, 0, "jobs that wait; 0: no limit") \
	X(Tenant, users, WORDS, 0, 1024, 0, "who is in it: just these") \
	X(Tenant, add_users, WORDS, 0, 1024, 0, "these besides those that it has") \
	X(Tenant, remove_users, WORDS, 0, 1024, 0, "not these any more") \
	X(TenantName, tenant, WORD, 1, SPEC_WORD_MAX, 1, "its name") \
	X(Window, start_us, NUMBER, 0, PARC_TIME_MAX, 0, "when it begins (now)") \
	X(Window, end_us, NUMBER, 1, PARC_TIME_MAX, 1, "when it ends") \
	X(Window, maintenance, FLAG, 0, 0, 0, "nothing runs there; else it is for somebody") \
	X(Window, tenant, WORD, 1, SPEC_WORD_MAX, 0, "for this tenant and all below it") \
	X(Window, user, WORD, 1, SPEC_WORD_MAX, 0, "for this user of the machine") \
	X(Window, nodes, WORDS, 1, 4096, 0, "these nodes whole; or chip and devices") \
	X(Window, chip, WORD, 1, SPEC_WORD_MAX, 0, "devices of this chip") \
	X(Window, devices, NUMBER, 1, INT32_MAX, 0, "so many of them, anywhere") \
	X(Window, note, TEXT, 0, SPEC_NAME_MAX, 0, "what it is for, for people") \
	X(Token, role, WORD, 1, SPEC_WORD_MAX, 1, "viewer, tenant or operator") \
	X(Token, user, WORD, 1, SPEC_WORD_MAX, 1, \
	  "who calls with it: a user of the machine, not root") \
	X(Token, tenant, WORD, 1, SPEC_WORD_MAX, 0, "of this tenant alone") \
	X(Token, days, NUMBER, 1, API_TOKEN_DAYS, 1, "so long it is valid") \
	X(Token, note, TEXT, 0, SPEC_NAME_MAX, 0, "what it is for, for people") \
	X(Amount, done, SECONDS, 0, 999999999, 0, \
	  "what is done; of a checkpoint it may be missing: what was said last") \
	X(Amount, total, SECONDS, 0, 999999999, 0, \
	  "of so much; missing: done is seconds on the reference chip") \
	X(Amount, attempt, NUMBER, 1, INT32_MAX, 0, "of this attempt (the present one)") \
	X(Load, load_milli, NUMBER, 0, PARC_LOAD_MAX, 1, "thousandths of a load")

/* Which route takes which. */
#define API_ROUTE_BODIES(X) \
	X(tenant_set, Tenant) X(tenant_unset, TenantName) X(window_add, Window) \
	X(token_add, Token) X(job_progress, Amount) X(job_checkpoint, Amount) X(job_load, Load)
/* clang-format on */

struct api_field {
	const char *body;
	struct spec_field field;
	int is_required;
};

extern const struct api_field api_fields[];
extern const int api_fields_count;

/* The name of the body that a route takes; NULL: none of these. */
const char *api_body_of(const char *route);

/* Has the object fields of this body alone? */
int api_body_check(const char *body, json_t *object, struct parc_err *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * All routes: name, method, path, who may call it, when it is handled, and what it does. The table
 * drives dispatch, the OpenAPI document and docs/api.md. A path has at most one {id}, a number.
 *
 *   who    OPEN anybody, ANY every caller who is known, WORKER tenants and operators,
 *          READER viewers and operators, OPERATOR operators alone
 *   when   STEP before the commit, as it changes something; LOOK after it, as it reads
 */
#ifndef API_ROUTES_H
#define API_ROUTES_H

/* clang-format off */
#define API_ROUTES(X) \
	X(jobs_list, "GET", "/v1/jobs", ANY, LOOK, \
	  "List jobs, newest first; live ones oldest first") \
	X(job_submit, "POST", "/v1/jobs", WORKER, STEP, "Submit a job, or an array of them") \
	X(job_show, "GET", "/v1/jobs/{id}", ANY, LOOK, "Show one job") \
	X(job_why, "GET", "/v1/jobs/{id}/why", ANY, LOOK, \
	  "Say why a job waits and what would help") \
	X(job_output, "GET", "/v1/jobs/{id}/output", ANY, LOOK, "Read what a job wrote, as bytes") \
	X(job_cancel, "POST", "/v1/jobs/{id}/cancel", WORKER, STEP, "Cancel a job") \
	X(job_hold, "POST", "/v1/jobs/{id}/hold", WORKER, STEP, "Keep a job from starting") \
	X(job_release, "POST", "/v1/jobs/{id}/release", WORKER, STEP, "Let a held job start") \
	X(job_progress, "POST", "/v1/jobs/{id}/progress", WORKER, STEP, \
	  "Report how far a job has come: {done, total, attempt}") \
	X(job_checkpoint, "POST", "/v1/jobs/{id}/checkpoint", WORKER, STEP, \
	  "Report that so much of a job would not be lost now: the same, or {}") \
	X(job_load, "POST", "/v1/jobs/{id}/load", WORKER, STEP, \
	  "Tell a service its load: {load_milli}") \
	X(events, "GET", "/v1/events", ANY, LOOK, \
	  "Follow what becomes of jobs, as server-sent events") \
	X(fleet, "GET", "/v1/fleet", ANY, LOOK, "List nodes and devices with what is free") \
	X(node_drain, "POST", "/v1/nodes/{id}/drain", OPERATOR, STEP, \
	  "Start nothing more on a node") \
	X(node_resume, "POST", "/v1/nodes/{id}/resume", OPERATOR, STEP, \
	  "Use a drained node again") \
	X(tenants, "GET", "/v1/tenants", READER, LOOK, "List tenants with their settings and use") \
	X(tenant_set, "POST", "/v1/tenants", OPERATOR, STEP, \
	  "Make a tenant or change it; fields that are not given stay") \
	X(tenant_unset, "POST", "/v1/tenants/unset", OPERATOR, STEP, \
	  "Undo that: a tenant is again as the configuration file has it") \
	X(usage, "GET", "/v1/usage", ANY, STEP, \
	  "Device-hours by tenant; of the caller's own for tenants") \
	X(report, "GET", "/v1/report", READER, STEP, \
	  "Where every device-hour went: the waterfall") \
	X(tokens_list, "GET", "/v1/tokens", OPERATOR, LOOK, "List tokens, without their secrets") \
	X(token_add, "POST", "/v1/tokens", OPERATOR, STEP, \
	  "Make a token; its secret is shown once") \
	X(token_revoke, "DELETE", "/v1/tokens/{id}", OPERATOR, STEP, "Revoke a token") \
	X(policy_show, "GET", "/v1/policy", ANY, LOOK, \
	  "The policy in force, as fields and as a policy file") \
	X(speeds, "GET", "/v1/speeds", READER, LOOK, \
	  "How fast kinds of jobs are on chips, as it was measured or set") \
	X(windows, "GET", "/v1/windows", ANY, LOOK, \
	  "List reservations and maintenance that wait or have begun") \
	X(window_add, "POST", "/v1/windows", OPERATOR, STEP, \
	  "Keep nodes or devices for a time, or take nodes out of service") \
	X(window_drop, "DELETE", "/v1/windows/{id}", OPERATOR, STEP, "Take a window back") \
	X(reload, "POST", "/v1/reload", OPERATOR, STEP, "Read the configuration file again") \
	X(whoami, "GET", "/v1/whoami", ANY, LOOK, "Say who the caller is to parc") \
	X(openapi, "GET", "/v1/openapi.json", OPEN, LOOK, "This interface as an OpenAPI document") \
	X(metrics, "GET", "/metrics", READER, LOOK, "Figures in Prometheus text") \
	X(healthz, "GET", "/healthz", OPEN, LOOK, "200 when the daemon answers")

/* Errors: code of parc/error.h, status of HTTP, when. */
#define API_ERRORS(X) \
	X(INVALID, 400, "a field or parameter is wrong; the message names it") \
	X(SYNTAX, 400, "the body is no JSON") \
	X(UNKNOWN, 404, "there is no such thing, or the caller may not know of it") \
	X(EXISTS, 409, "the idempotency key was used for another request") \
	X(STATE, 409, "not possible in the present state") \
	X(FULL, 503, "no room: too many jobs, or the disk is nearly full; try again later") \
	X(MEMORY, 503, "no memory; try again later") \
	X(IO, 500, "something could not be read")

/* Parameters of queries: route, name, text. */
#define API_PARAMETERS(X) \
	X(jobs_list, "live", "1: only jobs that have not ended, oldest first") \
	X(jobs_list, "starts", "1: with when those that wait start, by reservation or estimate") \
	X(jobs_list, "tenant", "of this tenant") \
	X(jobs_list, "user", "of this user") \
	X(jobs_list, "limit", "so many at most, 1 to 1000 (100)") \
	X(jobs_list, "after", "go on behind the job of this number") \
	X(job_output, "stream", "out (default) or err") \
	X(job_output, "task", "of the task of this number (0)") \
	X(job_output, "attempt", "of this attempt (the last)") \
	X(job_output, "offset", "from this byte on (0)") \
	X(usage, "from", "from this moment on, in microseconds since 1970 (the beginning)") \
	X(usage, "to", "up to this moment (now)") \
	X(report, "from", "from this moment on, in microseconds since 1970 (the beginning)") \
	X(report, "to", "up to this moment (now)") \
	X(events, "last", "no stream: {events} with the last changes, 1 to 200 of them") \
	X(events, "job", "only of this job") \
	X(events, "after", "only changes above this number; also as Last-Event-ID")
/* clang-format on */

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Within the API: one request on its way, and what the handlers of the routes use.
 */
#ifndef API_REQUEST_H
#define API_REQUEST_H

#include <microhttpd.h>

#include "api/listener.h"
#include "api/routes.h"

#define RATE_SLOTS 1024 /* callers whose rate is remembered; a power of two */

enum api_who { API_OPEN, API_ANY, API_WORKER, API_READER, API_OPERATOR };
enum api_when { API_STEP, API_LOOK };

struct request;

struct api_route {
	const char *name, *method, *path;
	enum api_who who;
	enum api_when when;
	const char *summary;
	int (*handle)(struct request *request, struct parc_err *err);
};

extern const struct api_route api_routes[];
extern const int api_routes_count;

struct rate {
	uint64_t caller; /* hash of its id */
	int64_t tokens_milli, since_us;
};

struct api {
	struct daemon *daemon;
	struct listener listeners[2];
	int listeners_count;
	struct request *waiting, **waiting_last; /* to be answered after the commit */
	int32_t waiting_count;
	struct request *following; /* streams that have nothing to send now */
	int64_t beat_us;	   /* when they get a sign of life, in ticks */
	int is_resumed;		   /* connections have to be run again */
	struct rate rates[RATE_SLOTS];
	int64_t requests, refused, turned_away, late;
};

enum request_stage { REQUEST_READING, REQUEST_WAITING, REQUEST_READY };

struct request {
	struct api *api;
	struct listener *listener;
	struct MHD_Connection *connection;
	struct visit *visit;
	const struct api_route *route;
	enum request_stage stage;
	struct daemon_caller caller;
	int64_t id; /* of the path */
	char *body;
	size_t body_size;
	unsigned int status; /* of the answer; 0: not known yet */
	json_t *answer;
	char place[SPEC_PLACE_MAX];	 /* in the body, of what is refused; "" */
	struct MHD_Response *response;	 /* an answer that is no JSON */
	struct request *next;		 /* waiting, following */
	int64_t follow_job, follow_seen; /* of a stream: changes that were sent or passed over */
	int is_stream, is_following, is_beat; /* beat: it has to be sent something */
};

/* What the library calls, and answering all who wait. */
enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
			   const char *method, const char *version, const char *bytes, size_t *size,
			   void **own);
void on_completed(void *context, struct MHD_Connection *connection, void **own,
		  enum MHD_RequestTerminationCode why);
void requests_answer(struct api *api);

/* Who calls? 0, or the status of HTTP with the sentence set. */
unsigned int caller_find(struct request *request, struct parc_err *err);

/* May this caller go on now? */
int rate_allows(struct api *api, const struct daemon_caller *caller);

/* SHA-256. */
void hash_of(const void *bytes, size_t size, uint8_t hash[STORE_HASH_BYTES]);

/* Parameters of the query: NULL or `missing` when there is none, refused out of range. */
const char *parameter_text(struct request *request, const char *name);
int parameter_number(struct request *request, const char *name, const int64_t range[2],
		     int64_t *number, struct parc_err *err);

/* The body as an object: 0, or PARC_ERR_SYNTAX. */
int body_json(struct request *request, json_t **object, struct parc_err *err);

/* The row of the job of the path, if the caller may see it, and touch it when `touch`. */
int job_get(struct request *request, int touch, struct store_job *job, struct parc_err *err);

/* Why it waits, or ended: enum parc_reason. */
int32_t job_reason_of(struct daemon *daemon, const struct store_job *job);

/* Show how far the job of the path has come: "progress" and "checkpoint" (progress.c). */
void progress_show(struct request *request, json_t *object);

/* Add to a job's object what it has as a service or a replica. */
void service_show(struct daemon *daemon, json_t *object, const struct store_job *job);

/* When the job starts, as far as looking ahead says: "state" (ready, making, none), "start_us" or
 * null, "made_us", "text". Asking may begin to make one. */
json_t *estimate_json(struct daemon *daemon, int64_t job);

/* Add to a job of a list by when it starts, "start_by_us", or when by the estimate that there is,
 * "start_estimate_us". */
void start_show(struct daemon *daemon, json_t *object, int64_t job);

int caller_sees_all(const struct daemon_caller *caller);

/* Streams of changes (events.c): go on after a commit; show that there is still somebody, and learn
 * whether there is on the other side; one has ended. */
void events_wake(struct api *api);
void events_beat(struct api *api);
void events_end(struct request *request);

/* Set a JSON answer; takes the reference. */
int answer_json(struct request *request, unsigned int status, json_t *answer, struct parc_err *err);
int answer_text(struct request *request, const char *type, const char *text, size_t size,
		struct parc_err *err);

#define X(name, method, path, who, when, summary) \
	int handle_##name(struct request *request, struct parc_err *err);
API_ROUTES(X)
#undef X

#endif

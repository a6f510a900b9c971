/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon: durable submissions a second over 32 connections with the file system's own rate of
 * syncs beside it, and how long a start takes with a million jobs and a hundred thousand records
 * behind the last snapshot. The engine is the dry one; submitted jobs are held, so nothing starts.
 *
 * SERVE_SUBMISSIONS, SERVE_JOBS, SERVE_RECORDS change the sizes; TMPDIR is where the journal lies.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/api.h"
#include "base/assert.h"
#include "daemon/daemon.h"
#include "store/snapshot.h"
#include "support/folder.h"

#define CONNECTIONS 32
#define SYNCS	    200
#define ARRAY	    10000

static const char body[] =
	"{\"command\":[\"true\"],\"directory\":\"/\",\"devices\":1,\"held\":true}";
static char folder[256], socket_path[300], fleet_path[300], data_path[300];

static int64_t size_of(const char *name, int64_t missing)
{
	const char *text = getenv(name);

	return text == NULL ? missing : strtoll(text, NULL, 10);
}

/* Processor time of this process, to tell a slow program from a busy machine. */
static int64_t cpu_us(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * INT64_C(1000000) +
	       used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

static void folder_make(void)
{
	const char *base = getenv("TMPDIR");
	FILE *fleet;

	snprintf(folder, sizeof(folder), "%.200s/parc-bench-XXXXXX", base == NULL ? "/tmp" : base);
	ASSERT(mkdtemp(folder) != NULL);
	snprintf(socket_path, sizeof(socket_path), "%s/s", folder);
	snprintf(fleet_path, sizeof(fleet_path), "%s/fleet.yaml", folder);
	snprintf(data_path, sizeof(data_path), "%s/data", folder);
	fleet = fopen(fleet_path, "w");
	ASSERT(fleet != NULL);
	fprintf(fleet,
		"fleet: {chips: [{name: A100, memory_gib: 80}], nodes: [{name: gpu, count: 2, "
		"cores: 64, memory_gib: 512, pools: [{chip: A100, devices: 8}]}]}\n");
	fclose(fleet);
}

static struct daemon_options options(int32_t jobs_max)
{
	return (struct daemon_options){.directory = data_path,
				       .fleet = fleet_path,
				       .dry = 1,
				       .jobs_max = jobs_max,
				       .log = {.file = -1}};
}

static void syncs_measure(void)
{
	char path[300], bytes[4096] = {0};
	int64_t begin_us;
	int file;

	snprintf(path, sizeof(path), "%s/sync", folder);
	file = open(path, O_RDWR | O_CREAT, 0600);
	begin_us = wall_ticks_us();
	for (int i = 0; i < SYNCS; i++) {
		ASSERT(pwrite(file, bytes, sizeof(bytes), (off_t)i * 4096) == sizeof(bytes));
		ASSERT(fdatasync(file) == 0);
	}
	printf("sync of 4 KiB appended, one after another\tper_second\t%.0f\n",
	       SYNCS * 1e6 / (double)(wall_ticks_us() - begin_us));
	close(file);
}

/* ---- Submissions */

static void daemon_child(int ready)
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	struct daemon_options how = options(1000000);
	struct parc_err err = {0};
	struct api *api;

	if (daemon_open(daemon, &how, &err) != 0 ||
	    api_open(&api, daemon, &(struct api_places){.path = socket_path}, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		_exit(1);
	}
	ASSERT(write(ready, "r", 1) == 1);
	daemon_run(daemon, &err);
	_exit(0);
}

static pid_t daemon_start(void)
{
	int ready[2];
	char byte;
	pid_t child;

	ASSERT(pipe(ready) == 0);
	child = fork();
	if (child == 0) {
		close(ready[0]);
		daemon_child(ready[1]);
	}
	close(ready[1]);
	ASSERT(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	return child;
}

struct client {
	int file;
	int64_t sent_us;
	size_t got;
	char answer[1024];
};

static int client_connect(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int file = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", socket_path);
	ASSERT(connect(file, (struct sockaddr *)&address, sizeof(address)) == 0);
	return file;
}

static void client_send(struct client *client)
{
	char request[512];
	int size = snprintf(request, sizeof(request),
			    "POST /v1/jobs HTTP/1.1\r\nHost: parc\r\nContent-Length: %zu\r\n\r\n%s",
			    strlen(body), body);

	client->got = 0;
	client->sent_us = wall_ticks_us();
	ASSERT(write(client->file, request, (size_t)size) == size);
}

/* 1: the answer is whole; it has to be that a job was taken. */
static int client_read(struct client *client)
{
	ssize_t got = read(client->file, client->answer + client->got,
			   sizeof(client->answer) - 1 - client->got);
	char *end;

	ASSERT(got > 0);
	client->got += (size_t)got;
	client->answer[client->got] = '\0';
	end = strstr(client->answer, "\r\n\r\n");
	if (end == NULL || end[strlen(end) - 1] != '}')
		return 0;
	ASSERT(strncmp(client->answer, "HTTP/1.1 201", 12) == 0);
	return 1;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void submissions_measure(int64_t count)
{
	struct client clients[CONNECTIONS];
	struct epoll_event event = {.events = EPOLLIN}, events[CONNECTIONS];
	int64_t *took_us = calloc((size_t)count, sizeof(*took_us)), done = 0, sent = 0, begin_us;
	int poll = epoll_create1(0);
	pid_t child = daemon_start();

	begin_us = wall_ticks_us();
	for (int i = 0; i < CONNECTIONS; i++, sent++) {
		clients[i].file = client_connect();
		event.data.u32 = (uint32_t)i;
		epoll_ctl(poll, EPOLL_CTL_ADD, clients[i].file, &event);
		client_send(&clients[i]);
	}
	while (done < count) {
		int ready = epoll_wait(poll, events, CONNECTIONS, -1);

		for (int i = 0; i < ready; i++) {
			struct client *client = &clients[events[i].data.u32];

			if (!client_read(client) || done == count)
				continue;
			took_us[done++] = wall_ticks_us() - client->sent_us;
			if (sent < count) {
				client_send(client);
				sent++;
			}
		}
	}
	printf("durable submissions, %d connections\tper_second\t%.0f\n", CONNECTIONS,
	       (double)count * 1e6 / (double)(wall_ticks_us() - begin_us));
	qsort(took_us, (size_t)count, sizeof(*took_us), by_value);
	printf("a durable submission, p50\tms\t%.2f\n", (double)took_us[count / 2] / 1000);
	printf("a durable submission, p99\tms\t%.2f\n", (double)took_us[count * 99 / 100] / 1000);
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
	free(took_us);
	close(poll);
}

/* ---- Restart */

static void fill(struct daemon *daemon, int64_t jobs)
{
	struct daemon_caller caller = {.role = DAEMON_OPERATOR, .user = "root", .id = "uid:0"};
	struct daemon_submission submission = {0};
	struct parc_err err = {0};
	int64_t first;
	int32_t count;

	for (int64_t done = 0; done < jobs; done += ARRAY) {
		submission.object =
			json_pack("{s:[s], s:s, s:i, s:b, s:{s:i}}", "command", "true", "directory",
				  "/", "devices", 1, "held", 1, "array", "count", ARRAY);
		ASSERT(daemon_submit(daemon, &caller, &submission, &first, &count, &err) == 0);
		json_decref(submission.object);
		ASSERT(store_commit(daemon->store, &err) == 0);
	}
}

/* Records that change many jobs: each released job is held again. */
static void records_make(struct daemon *daemon, int64_t records)
{
	struct parc_err err = {0};

	for (int64_t i = 0; i < records; i++) {
		struct parc_event event = {.kind = PARC_EVENT_HOLD, .job.job = 1 + i * 7 % 1000};

		ASSERT(daemon_step(daemon, &event, &err) == 0);
		if (i % 1000 == 999)
			ASSERT(store_commit(daemon->store, &err) == 0);
	}
	ASSERT(store_commit(daemon->store, &err) == 0);
}

static int64_t file_size(const char *name)
{
	char path[400];
	struct stat status;

	snprintf(path, sizeof(path), "%s/%s", data_path, name);
	return stat(path, &status) == 0 ? (int64_t)status.st_size : 0;
}

/* Commits of one record each: `count` of them, or as long as the child writes its snapshot. */
static void commits_measure(struct daemon *daemon, const char *what, int64_t count, pid_t child)
{
	int64_t done = 0, sum_us = 0, worst_us = 0;
	struct parc_err err = {0};
	int status;

	while (child > 0 ? waitpid(child, &status, WNOHANG) == 0 : done < count) {
		struct parc_event event = {.kind = PARC_EVENT_HOLD, .job.job = 1 + done % 1000};
		int64_t begin_us, took_us;

		ASSERT(daemon_step(daemon, &event, &err) == 0);
		begin_us = wall_ticks_us();
		ASSERT(store_commit(daemon->store, &err) == 0);
		took_us = wall_ticks_us() - begin_us;
		worst_us = took_us > worst_us ? took_us : worst_us;
		sum_us += took_us;
		done++;
	}
	printf("a commit %s, mean of %lld\tms\t%.2f\n", what, (long long)done,
	       done > 0 ? (double)sum_us / (double)done / 1000 : 0.0);
	printf("a commit %s, worst\tms\t%.2f\n", what, (double)worst_us / 1000);
}

/* What commits suffer while a child writes a snapshot, and what making the child takes. */
static void snapshot_measure(struct daemon *daemon)
{
	struct parc_err err = {0};
	int64_t begin_us;
	pid_t child;

	commits_measure(daemon, "by itself", 500, 0);
	begin_us = wall_ticks_us();
	child = snapshot_put_paced(data_path, daemon->core, store_last(daemon->store), &err);
	ASSERT(child > 0);
	printf("making the child that writes a snapshot\tms\t%.2f\n",
	       (double)(wall_ticks_us() - begin_us) / 1000);
	commits_measure(daemon, "while a snapshot is written", 0, child);
	printf("a snapshot written by the child\tms\t%.0f\n",
	       (double)(wall_ticks_us() - begin_us) / 1000);
}

static void restart_measure(int64_t jobs, int64_t records)
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	struct daemon_options how = options((int32_t)jobs + ARRAY);
	struct parc_err err = {0};
	int64_t begin_us, used_us, last;
	char name[64];

	folder_remove(data_path);
	ASSERT(daemon_open(daemon, &how, &err) == 0);
	begin_us = wall_ticks_us();
	fill(daemon, jobs);
	printf("jobs stepped and stored in batches of %d\tper_second\t%.0f\n", ARRAY,
	       (double)jobs * 1e6 / (double)(wall_ticks_us() - begin_us));
	last = store_last(daemon->store);
	begin_us = wall_ticks_us();
	ASSERT(snapshot_put(data_path, daemon->core, last, &err) == 0);
	printf("snapshot written at once, %lld jobs\tms\t%.0f\n", (long long)jobs,
	       (double)(wall_ticks_us() - begin_us) / 1000);
	snprintf(name, sizeof(name), "snapshot-%lld.parc", (long long)last);
	printf("size of the snapshot\tMiB\t%.1f\n", (double)file_size(name) / (1 << 20));
	snapshot_measure(daemon);
	ASSERT(snapshot_put(data_path, daemon->core, store_last(daemon->store), &err) == 0);
	records_make(daemon, records);
	daemon_close(daemon);
	printf("size of the database\tMiB\t%.1f\n", (double)file_size(STORE_DATABASE) / (1 << 20));
	used_us = cpu_us();
	begin_us = wall_ticks_us();
	ASSERT(daemon_open(daemon, &how, &err) == 0);
	printf("start with %lld jobs and %lld records after the snapshot\tms\t%.0f\n",
	       (long long)jobs, (long long)records, (double)(wall_ticks_us() - begin_us) / 1000);
	printf("processor time of that start\tms\t%.0f\n", (double)(cpu_us() - used_us) / 1000);
	daemon_close(daemon);
	free(daemon);
}

int main(void)
{
	folder_make();
	syncs_measure();
	submissions_measure(size_of("SERVE_SUBMISSIONS", 50000));
	restart_measure(size_of("SERVE_JOBS", 1000000), size_of("SERVE_RECORDS", 100000));
	folder_remove(folder);
	return 0;
}

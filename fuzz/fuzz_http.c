/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of the HTTP interface: any bytes on a connection of the Unix socket. The daemon lives as
 * long as the fuzzer, on the dry engine and on a file layer that does not sync, so that what an
 * input has changed is met by the next. After each input the daemon answers as before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/api.h"
#include "base/assert.h"
#include "support/faulty.h"
#include "support/folder.h"

#define ROUNDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct daemon daemon_here;
static struct api *api;
static char folder[300], path[320];

static void end(void)
{
	api_close(api);
	daemon_close(&daemon_here);
	folder_remove(folder);
}

static void begin(void)
{
	const char *base = getenv("TMPDIR");
	struct daemon_options options = {
		.vfs = "faulty", .dry = 1, .jobs_max = 4000, .log = {.file = -1}};
	static char fleet[320], data[320]; /* the daemon keeps them */
	struct parc_err err = {0};
	FILE *out;

	faulty_register();
	snprintf(folder, sizeof(folder), "%.200s/parc-fuzz-XXXXXX", base == NULL ? "/tmp" : base);
	ASSERT(mkdtemp(folder) != NULL);
	snprintf(fleet, sizeof(fleet), "%s/fleet.yaml", folder);
	snprintf(data, sizeof(data), "%s/data", folder);
	snprintf(path, sizeof(path), "%s/s", folder);
	out = fopen(fleet, "w");
	ASSERT(out != NULL);
	fputs("fleet: {chips: [{name: A100, memory_gib: 80}], nodes: [{name: gpu, cores: 16, "
	      "memory_gib: 64, pools: [{chip: A100, devices: 4}]}]}\n",
	      out);
	fclose(out);
	options.directory = data;
	options.fleet = fleet;
	ASSERT(daemon_open(&daemon_here, &options, &err) == 0);
	ASSERT(api_open(&api, &daemon_here, &(struct api_places){.path = path}, &err) == 0);
	atexit(end);
}

/* Send the bytes and live on until the daemon closes, or has had its rounds. */
static void talk(const uint8_t *bytes, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int file = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct parc_err err = {0};
	char answer[4096];

	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
	ASSERT(connect(file, (struct sockaddr *)&address, sizeof(address)) == 0);
	if (write(file, bytes, size) >= 0)
		shutdown(file, SHUT_WR);
	for (int i = 0; i < ROUNDS_MAX; i++) {
		ASSERT(daemon_round(&daemon_here, 0, &err) == 0);
		if (read(file, answer, sizeof(answer)) == 0)
			break;
	}
	close(file);
	for (int i = 0; i < 4; i++)
		ASSERT(daemon_round(&daemon_here, 0, &err) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (api == NULL)
		begin();
	if (size < 65536)
		talk(bytes, size);
	return 0;
}

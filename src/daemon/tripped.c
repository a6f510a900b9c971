/* SPDX-License-Identifier: Apache-2.0
 *
 * The handler of the abort calls nothing but what may be called there: encoding an event touches
 * no memory but its own. Hashes are of the event without its time, which is another each time.
 */
#include "daemon/tripped.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "parc/core.h"
#include "store/store.h"

#define TRIPPED_MAX   256 /* hashes that are kept */
#define TRIPPED_TIMES 2	  /* after so many it is refused */

static struct {
	int file;
	const struct parc_event *volatile event; /* that is being stepped */
	uint64_t hashes[TRIPPED_MAX];
	int count;
	uint8_t bytes[PARC_EVENT_BYTES_MAX];
} tripped = {.file = -1};

static uint64_t event_hash(const struct parc_event *event)
{
	struct parc_event timeless = *event;
	uint64_t hash = HASH_START;
	int64_t size;

	timeless.time_us = 0;
	size = parc_event_encode(&timeless, tripped.bytes, sizeof(tripped.bytes));
	for (int64_t i = 0; i < size && i < (int64_t)sizeof(tripped.bytes); i++)
		hash = hash_word(hash, tripped.bytes[i]);
	return hash;
}

static void abort_note(int number)
{
	uint64_t hash;

	(void)number;
	if (tripped.event == NULL || tripped.file < 0)
		return;
	hash = event_hash(tripped.event);
	if (write(tripped.file, &hash, sizeof(hash)) == (ssize_t)sizeof(hash))
		fsync(tripped.file);
}

int tripped_open(const char *directory, struct parc_err *err)
{
	struct sigaction action = {.sa_handler = abort_note, .sa_flags = (int)SA_RESETHAND};
	char path[STORE_PATH_MAX + 16];
	ssize_t size;

	tripped_close();
	snprintf(path, sizeof(path), "%s/" TRIPPED_FILE, directory);
	tripped.file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (tripped.file < 0)
		return parc_err_set(err, PARC_ERR_IO, "%s: %s", path, strerror(errno));
	size = pread(tripped.file, tripped.hashes, sizeof(tripped.hashes), 0);
	tripped.count = size < 0 ? 0 : (int)(size / (ssize_t)sizeof(uint64_t));
	sigaction(SIGABRT, &action, NULL);
	return 0;
}

void tripped_close(void)
{
	if (tripped.file >= 0) {
		close(tripped.file);
		signal(SIGABRT, SIG_DFL);
	}
	tripped.file = -1;
	tripped.count = 0;
	tripped.event = NULL;
}

int tripped_check(const struct parc_event *event, struct parc_err *err)
{
	int times = 0;
	uint64_t hash;

	if (tripped.count == 0 || event->kind == PARC_EVENT_TIME)
		return 0; /* all TIME events are one, and nothing goes on without */
	hash = event_hash(event);
	for (int i = 0; i < tripped.count; i++)
		times += tripped.hashes[i] == hash;
	if (times < TRIPPED_TIMES)
		return 0;
	return parc_err_set(err, PARC_ERR_STATE,
			    "the daemon died of this %s event %d times; it is refused until the "
			    "file " TRIPPED_FILE " of its folder is removed",
			    parc_event_name(event->kind), times);
}

void tripped_begin(const struct parc_event *event)
{
	tripped.event = event;
}

void tripped_end(void)
{
	tripped.event = NULL;
}

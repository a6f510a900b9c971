/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger as people read it: one table for the text, the JSON follows the core's own names.
 */
#include "sim/waterfall.h"

#include <string.h>

#define ROW(label, depth, first, last, advice)                                \
	{                                                                     \
		label, depth, PARC_LEDGER_##first, PARC_LEDGER_##last, advice \
	}

/* clang-format off */
const struct waterfall_row waterfall_rows[] = {
	ROW("down", 0, DOWN_FAILED, DOWN_MAINTENANCE, ""),
	ROW("failed", 1, DOWN_FAILED, DOWN_FAILED, "repair sooner"),
	ROW("suspected", 1, DOWN_SUSPECTED, DOWN_SUSPECTED, "fence sooner"),
	ROW("drained", 1, DOWN_DRAINED, DOWN_DRAINED, "resume the nodes"),
	ROW("maintenance", 1, DOWN_MAINTENANCE, DOWN_MAINTENANCE, "resume the nodes"),
	ROW("foreign use", 0, FOREIGN, FOREIGN, "bring that work into the queue"),
	ROW("unallocated", 0, FREE_UNATTRIBUTED, FREE_HELD, ""),
	ROW("not yet attributed", 1, FREE_UNATTRIBUTED, FREE_UNATTRIBUTED, ""),
	ROW("no demand", 1, FREE_NO_DEMAND, FREE_NO_DEMAND, "more work"),
	ROW("held by quota", 1, FREE_QUOTA, FREE_QUOTA, "raise or lend the quota"),
	ROW("no job can run on this chip", 1, FREE_NO_CHIP, FREE_NO_CHIP, "port jobs to the chip"),
	ROW("stranded by share", 1, STRANDED_SHARE, STRANDED_SHARE, "smaller shares"),
	ROW("stranded by CPU", 1, STRANDED_CPU, STRANDED_CPU, "ask for less CPU"),
	ROW("stranded by memory", 1, STRANDED_MEMORY, STRANDED_MEMORY, "ask for less memory"),
	ROW("stranded by closeness", 1, STRANDED_CLOSENESS, STRANDED_CLOSENESS,
	    "prefer closeness instead of requiring it"),
	ROW("stranded by partition mode", 1, STRANDED_MODE, STRANDED_MODE, "change the mode"),
	ROW("held for a gang or reservation", 1, FREE_HELD, FREE_HELD,
	    "tell the queue how long jobs run"),
	ROW("allocated", 0, STARTING, LOST, ""),
	ROW("starting", 1, STARTING, STARTING, "smaller images, nearer data"),
	ROW("busy", 1, BUSY, BUSY, ""),
	ROW("idle", 1, IDLE, IDLE, "ask for smaller shares"),
	ROW("unmeasured", 1, UNMEASURED, UNMEASURED, "measure use"),
	ROW("stopping", 1, STOPPING, STOPPING, "stop sooner"),
	ROW("lost, to be done again", 1, LOST, LOST, "more frequent checkpoints"),
};
/* clang-format on */
const int32_t waterfall_count = (int32_t)(sizeof(waterfall_rows) / sizeof(waterfall_rows[0]));

__int128 waterfall_sum(const struct waterfall_row *row, const __int128 ledger[PARC_LEDGER_COUNT])
{
	__int128 sum = 0;
	for (int32_t i = row->first; i <= row->last; i++)
		sum += ledger[i];
	return sum;
}

const char *waterfall_decimal(__int128 number, char text[WATERFALL_DIGITS])
{
	unsigned __int128 rest =
		number < 0 ? -(unsigned __int128)number : (unsigned __int128)number;
	char *at = text + WATERFALL_DIGITS - 1;
	*at = '\0';
	do {
		*--at = (char)('0' + (int)(rest % 10));
		rest /= 10;
	} while (rest > 0);
	if (number < 0)
		*--at = '-';
	memmove(text, at, strlen(at) + 1);
	return text;
}

/* Put the value under a name like "down.failed", made of objects within objects. */
static void put_nested(json_t *object, const char *name, const char *value)
{
	char key[64];
	const char *dot = strchr(name, '.');
	size_t size = dot ? (size_t)(dot - name) : strlen(name);
	if (size >= sizeof(key))
		size = sizeof(key) - 1;
	memcpy(key, name, size);
	key[size] = '\0';
	if (!dot) {
		json_object_set_new(object, key, json_string(value));
		return;
	}
	if (!json_object_get(object, key))
		json_object_set_new(object, key, json_object());
	put_nested(json_object_get(object, key), dot + 1, value);
}

json_t *waterfall_json(const __int128 ledger[PARC_LEDGER_COUNT])
{
	char text[WATERFALL_DIGITS];
	json_t *object = json_object();
	for (int i = 0; i < PARC_LEDGER_COUNT; i++)
		put_nested(object, parc_ledger_name(i), waterfall_decimal(ledger[i], text));
	return object;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Spans are whole microseconds, read and written without floating point: what is written reads back
 * as the same number.
 */
#include "text/span.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"

#define SECOND_US    INT64_C(1000000)
#define SPAN_US_MAX  (INT64_C(1) << 60) /* PARC_TIME_MAX */
#define DECIMALS_MAX 6

static const struct unit {
	const char *name;
	int64_t us;
} units[] = {
	{"w", 604800 * SECOND_US},
	{"d", 86400 * SECOND_US},
	{"h", 3600 * SECOND_US},
	{"m", 60 * SECOND_US},
	{"s", SECOND_US},
	{"ms", 1000},
	{"us", 1},
};
#define UNITS (sizeof(units) / sizeof(units[0]))

static bool is_digit(const char *at, const char *end)
{
	return at < end && *at >= '0' && *at <= '9';
}

static const struct unit *unit_find(const char *bytes, size_t size)
{
	for (size_t i = 0; i < UNITS; i++)
		if (strlen(units[i].name) == size && memcmp(units[i].name, bytes, size) == 0)
			return &units[i];
	return NULL;
}

/* One number with its unit from *at on; without a unit it has to be all there is. */
static bool part_parse(const char *begin, const char **at, const char *end, __int128 *sum)
{
	const char *first = *at;
	const struct unit *unit;
	__int128 whole = 0, millionths = 0;
	int64_t scale = SECOND_US;

	for (; is_digit(*at, end) && whole <= SPAN_US_MAX; (*at)++)
		whole = whole * 10 + (**at - '0');
	if (*at == first)
		return false;
	if (*at < end && **at == '.') {
		const char *point = (*at)++;

		for (; is_digit(*at, end) && *at - point <= DECIMALS_MAX; (*at)++) {
			scale /= 10;
			millionths += (**at - '0') * scale;
		}
		if (*at == point + 1)
			return false;
	}
	first = *at;
	while (*at < end && **at >= 'a' && **at <= 'z')
		(*at)++;
	unit = unit_find(first, (size_t)(*at - first));
	if (*at == first && *at == end && begin != NULL)
		unit = &units[4];
	if (unit == NULL)
		return false;
	*sum += whole * unit->us + millionths * unit->us / SECOND_US;
	return *sum <= SPAN_US_MAX;
}

bool span_parse(const char *bytes, size_t size, int64_t *span_us)
{
	const char *at = bytes, *end = bytes + size;
	__int128 sum = 0;

	if (size == 0)
		return false;
	while (at < end)
		if (!part_parse(at == bytes ? bytes : NULL, &at, end, &sum))
			return false;
	*span_us = (int64_t)sum;
	return true;
}

struct span_text span_text(int64_t span_us)
{
	struct span_text out = {"0s"};
	int used = 0;

	ASSERT(span_us >= 0);
	for (size_t i = 1; i < UNITS && span_us > 0; i++) { /* weeks are written as days */
		if (span_us < units[i].us)
			continue;
		used += snprintf(out.text + used, sizeof(out.text) - (size_t)used, "%lld%s",
				 (long long)(span_us / units[i].us), units[i].name);
		span_us %= units[i].us;
	}
	ASSERT(used < SPAN_TEXT_MAX);
	return out;
}

int text_read_span(const struct text *text, struct text_field field, const char *label,
		   const int64_t range[2], int64_t *span_us, struct parc_err *err)
{
	int64_t value;

	ASSERT(range[0] >= 0 && range[1] >= range[0]);
	if (!span_parse(field.bytes, field.size, &value) || value < range[0] || value > range[1])
		return text_refuse(text, field, PARC_ERR_INVALID, err,
				   "%s is \"%s\", expected a time from %s to %s, as 30s, 6m, 1h30m "
				   "or 7d",
				   label, text_quote(field.bytes, field.size).text,
				   span_text(range[0]).text, span_text(range[1]).text);
	*span_us = value;
	return 0;
}

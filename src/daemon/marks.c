/* SPDX-License-Identifier: Apache-2.0
 *
 * A step that crosses full minutes makes at most two marks: of the first of them and of the last.
 * Nothing happened in between, so that what lies there can be reckoned from these.
 */
#include "daemon/marks.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "daemon/daemon.h"

#define MINUTE_US INT64_C(60000000)
#define HOUR_US	  (60 * MINUTE_US)
#define FINE_US	  (48 * HOUR_US) /* so long minutes are kept */

static struct store_mark mark_now(const struct daemon *daemon)
{
	struct store_mark mark = {.time_us = daemon->marks.last_us,
				  .capacity = parc_ledger_capacity(daemon->core)};

	for (int i = 0; i < PARC_LEDGER_COUNT; i++)
		mark.ledger[i] = parc_ledger(daemon->core, (enum parc_ledger)i);
	return mark;
}

static struct store_usage usage_now(const struct daemon *daemon, int64_t tenant)
{
	struct parc_usage usage = {0};

	if (parc_tenant_usage(daemon->core, tenant, &usage) != 0)
		return (struct store_usage){0};
	return (struct store_usage){usage.held, usage.normal};
}

/* a + (b - a) * part / whole, rounded down; amounts only grow but for reversing entries. */
static __int128 between(__int128 a, __int128 b, int64_t part, int64_t whole)
{
	__int128 grown = b - a, share = grown / whole * part + grown % whole * part / whole;

	return a + share;
}

/* The mark at a time between two others; what rounding left out goes to the first categories that
 * grew, a unit each, so that they add up to the capacity. */
static struct store_mark mark_between(const struct store_mark *a, const struct store_mark *b,
				      int64_t time_us)
{
	int64_t part = time_us - a->time_us, whole = b->time_us - a->time_us;
	struct store_mark mark = {.time_us = time_us};
	__int128 left;

	if (part <= 0 || whole <= 0)
		return *a;
	mark.capacity = left = between(a->capacity, b->capacity, part, whole);
	for (int i = 0; i < PARC_LEDGER_COUNT; i++) {
		mark.ledger[i] = between(a->ledger[i], b->ledger[i], part, whole);
		left -= mark.ledger[i];
	}
	for (int i = 0; left != 0 && i < PARC_LEDGER_COUNT; i++) {
		if (a->ledger[i] == b->ledger[i])
			continue;
		mark.ledger[i] += left > 0 ? 1 : -1;
		left -= left > 0 ? 1 : -1;
	}
	return mark;
}

static struct store_usage usage_between(const struct store_usage *a, const struct store_usage *b,
					int64_t part, int64_t whole)
{
	return whole <= 0 || part <= 0
		       ? *a
		       : (struct store_usage){between(a->held, b->held, part, whole),
					      between(a->normal, b->normal, part, whole)};
}

/* ---- Making marks */

static int crosses(const struct daemon *daemon, int64_t time_us)
{
	return daemon->marks.last_us > 0 && time_us / MINUTE_US > daemon->marks.last_us / MINUTE_US;
}

void marks_before(struct daemon *daemon, int64_t time_us)
{
	struct marks *marks = &daemon->marks;
	int64_t count = parc_count(daemon->core, PARC_COUNT_TENANTS);
	struct store_usage *tenants;

	marks->before.time_us = 0;
	if (!crosses(daemon, time_us))
		return;
	tenants = realloc(marks->tenants, ((size_t)count + 1) * sizeof(*tenants));
	if (tenants == NULL)
		return; /* the mark is left out; the next one has it all */
	marks->tenants = tenants;
	marks->tenants_count = count;
	for (int64_t t = 1; t <= count; t++)
		tenants[t] = usage_now(daemon, t);
	marks->before = mark_now(daemon);
}

static int mark_write(struct daemon *daemon, const struct store_mark *after, int64_t time_us,
		      struct parc_err *err)
{
	const struct marks *marks = &daemon->marks;
	const struct store_mark *before = &marks->before;
	struct store_mark mark = mark_between(before, after, time_us);
	int code = store_mark_add(daemon->store, &mark, err);

	mark.time_us = time_us;
	for (int64_t t = 1; t <= marks->tenants_count && code == 0; t++) {
		struct store_usage now = usage_now(daemon, t), old;
		struct store_usage usage =
			usage_between(&marks->tenants[t], &now, time_us - before->time_us,
				      after->time_us - before->time_us);

		code = store_mark_tenant(daemon->store, time_us, t, &old, err);
		if (code == 0 && usage.held != old.held)
			code = store_mark_add_tenant(daemon->store, time_us, t, &usage, err);
	}
	return code;
}

/* The first mark of all, from which on there are periods. */
static int first_write(struct daemon *daemon, struct parc_err *err)
{
	struct store_mark mark;
	int code = store_mark_find(daemon->store, INT64_MAX, 0, &mark, err);

	daemon->marks.has_first = 1;
	if (code != 0)
		return code < 0 ? code : 0;
	mark = mark_now(daemon);
	code = store_mark_add(daemon->store, &mark, err);
	for (int64_t t = 1; t <= parc_count(daemon->core, PARC_COUNT_TENANTS) && code == 0; t++) {
		struct store_usage usage = usage_now(daemon, t);

		if (usage.held > 0)
			code = store_mark_add_tenant(daemon->store, mark.time_us, t, &usage, err);
	}
	return code;
}

int marks_after(struct daemon *daemon, struct parc_err *err)
{
	struct marks *marks = &daemon->marks;
	int64_t first_us = (marks->before.time_us / MINUTE_US + 1) * MINUTE_US, last_us;
	struct store_mark after;
	int code = 0;

	marks->last_us = daemon->now_us;
	last_us = marks->last_us / MINUTE_US * MINUTE_US;
	if (!marks->has_first)
		code = first_write(daemon, err);
	if (code != 0 || marks->before.time_us == 0)
		return code;
	after = mark_now(daemon);
	code = mark_write(daemon, &after, first_us, err);
	if (code == 0 && last_us > first_us)
		code = mark_write(daemon, &after, last_us, err);
	if (code == 0)
		code = store_mark_thin(daemon->store, last_us - FINE_US - HOUR_US,
				       last_us - FINE_US, HOUR_US, err);
	marks->before.time_us = 0;
	return code;
}

void marks_free(struct marks *marks)
{
	free(marks->tenants);
	*marks = (struct marks){0};
}

/* ---- Periods */

/* The marks around a time: the one before it and the one after it, which may be of now. Times
 * before the first mark are that of the first. */
static int marks_around(struct daemon *daemon, int64_t time_us, struct store_mark around[2],
			struct parc_err *err)
{
	struct store_mark now = mark_now(daemon);
	int code = store_mark_find(daemon->store, time_us, 0, &around[0], err), after;

	if (code == 0)
		code = store_mark_find(daemon->store, time_us, 1, &around[0], err);
	if (code == 0)
		around[0] = now;
	if (code < 0)
		return code;
	after = store_mark_find(daemon->store,
				time_us > around[0].time_us ? time_us : around[0].time_us, 1,
				&around[1], err);
	if (after == 0)
		around[1] = now;
	return after < 0 ? after : 0;
}

static int mark_at(struct daemon *daemon, int64_t time_us, struct store_mark *mark,
		   struct parc_err *err)
{
	struct store_mark around[2];
	int code = marks_around(daemon, time_us, around, err);

	if (code == 0)
		*mark = mark_between(&around[0], &around[1],
				     time_us < around[1].time_us ? time_us : around[1].time_us);
	return code;
}

int marks_period(struct daemon *daemon, int64_t from_us, int64_t to_us, struct marks_period *period,
		 struct parc_err *err)
{
	struct store_mark begin = {0}, end = mark_now(daemon);
	int code = 0;

	if (from_us > 0)
		code = mark_at(daemon, from_us, &begin, err);
	if (code == 0 && to_us > 0 && to_us < end.time_us)
		code = mark_at(daemon, to_us, &end, err);
	if (code != 0)
		return code;
	if (end.time_us < begin.time_us)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "nothing is known of that period; it ends before it begins, or "
				    "before the first mark");
	period->from_us = begin.time_us;
	period->to_us = end.time_us;
	period->amount = end;
	period->amount.capacity -= begin.capacity;
	for (int i = 0; i < PARC_LEDGER_COUNT; i++)
		period->amount.ledger[i] -= begin.ledger[i];
	return 0;
}

static int usage_at(struct daemon *daemon, int64_t time_us, int64_t tenant,
		    struct store_usage *usage, struct parc_err *err)
{
	struct store_mark around[2];
	struct store_usage a, b = usage_now(daemon, tenant);
	int code;

	*usage = (struct store_usage){0};
	if (time_us == 0)
		return 0; /* before the beginning */
	*usage = b;
	if (time_us >= daemon->marks.last_us)
		return 0;
	code = marks_around(daemon, time_us, around, err);
	if (code == 0)
		code = store_mark_tenant(daemon->store, around[0].time_us, tenant, &a, err);
	if (code == 0 && around[1].time_us < daemon->marks.last_us)
		code = store_mark_tenant(daemon->store, around[1].time_us, tenant, &b, err);
	if (code == 0)
		*usage = usage_between(&a, &b, time_us - around[0].time_us,
				       around[1].time_us - around[0].time_us);
	return code;
}

int marks_tenant(struct daemon *daemon, const struct marks_period *period, int64_t tenant,
		 struct store_usage *usage, struct parc_err *err)
{
	struct store_usage before;
	int code = usage_at(daemon, period->from_us, tenant, &before, err);

	if (code == 0)
		code = usage_at(daemon, period->to_us, tenant, usage, err);
	usage->held -= before.held;
	usage->normal -= before.normal;
	return code;
}

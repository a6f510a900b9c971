/* SPDX-License-Identifier: Apache-2.0 */
#include "core/attribution.h"

#include <string.h>

#include "core/job.h"
#include "core/ledger.h"
#include "core/line.h"
#include "core/strand.h"

#define ASKS_MAX (PARC_GROUPS_MAX * PARC_VARIANTS_MAX)

/* What one line wants, job for job the same. */
struct demand {
	struct ask asks[ASKS_MAX]; /* its groups under its variants, in order */
	int32_t asks_count;
	uint64_t chips;	     /* on which any of these may run */
	__int128 want_milli; /* of all its jobs together */
	int32_t fits;	     /* the cause where a task would fit and the job does not start */
	int32_t limited;     /* a full table keeps it back */
	int32_t never;	     /* it fits nowhere, however empty */
};

/* The reckoning of one epoch. */
struct account {
	int64_t rest_milli[PARC_CHIPS_MAX]; /* free and not yet given to a demand */
	int64_t *causes;
	__int128 unmet_milli; /* wanted by those who found nothing of their chips free */
	int32_t nodes_count, looks;
};

/* By category: what of the free of each chip would be given to a line for which cause. */
struct found {
	int64_t milli[PARC_CHIPS_MAX][PARC_LEDGER_COUNT];
};

/* Causes in the order in which a demand takes them: first what is nearest to its use. */
static const uint8_t nearest[] = {
	PARC_LEDGER_FREE_HELD,	     PARC_LEDGER_STRANDED_MODE, PARC_LEDGER_STRANDED_CLOSENESS,
	PARC_LEDGER_STRANDED_MEMORY, PARC_LEDGER_STRANDED_CPU,	PARC_LEDGER_STRANDED_SHARE,
};
#define NEAREST_COUNT ((int32_t)sizeof(nearest))

/* ---- What a line wants */

static void demand_group(const struct parc_core *core, const struct job *job,
			 const struct group *group, struct demand *it)
{
	const struct parc_task *task = &core->shapes[group->shape].ask.task;
	int32_t v = spec_of(core, job)->variants;
	int64_t milli =
		task->devices == 0 ? task->cpu_milli : (int64_t)task->devices * task->share_milli;

	do {
		struct ask *ask = &it->asks[it->asks_count++];

		group_ask(core, job, group, v, 0, ask);
		it->chips |= task->devices == 0 ? core->cores_chips : ask->task.chips;
		v = v < 0 ? -1 : core->variants[v].next;
	} while (v >= 0);
	it->want_milli += (__int128)milli * group->tasks_min;
}

static void demand_fill(const struct parc_core *core, int32_t line, struct demand *it)
{
	const struct job *head = &core->jobs[line_head(core, line)];
	int32_t reason = head->reason;

	it->asks_count = 0;
	it->chips = 0;
	it->want_milli = 0;
	for (int32_t g = spec_of(core, head)->groups; g >= 0; g = core->groups[g].next)
		demand_group(core, head, &core->groups[g], it);
	it->want_milli *= core->lines[line].count - core->lines[line].gated;
	it->limited = reason == PARC_REASON_LIMIT;
	it->never = reason == PARC_REASON_NO_CHIP || reason == PARC_REASON_TOO_LARGE ||
		    reason == PARC_REASON_FLEET;
	it->fits = reason == PARC_REASON_CLOSENESS ? PARC_LEDGER_STRANDED_CLOSENESS
						   : PARC_LEDGER_FREE_HELD;
}

/* Of all its asks the one that is nearest to running there says why it does not. */
static int32_t demand_lacks(const struct parc_core *core, const struct demand *it,
			    const struct view *view, int32_t pool)
{
	int32_t best = NEAREST_COUNT;

	for (int32_t i = 0; i < it->asks_count && best > 0; i++) {
		int32_t cause = view_lacks(core, view, &it->asks[i], pool), n = 0;

		while (n < best && nearest[n] != cause)
			n++;
		best = n;
	}
	if (best == NEAREST_COUNT)
		return PARC_LEDGER_FREE_NO_CHIP;
	return best == 0 ? it->fits : nearest[best];
}

/* ---- What is free for it */

static int64_t pool_free(const struct view *view, int32_t number, int32_t cores)
{
	const struct pool *pool = &view->kind->pools[number];
	int64_t milli = 0;

	if (number == cores)
		return view->cpu_free;
	for (int32_t i = pool->first; i < pool->first + pool->count; i++)
		milli += view->cells[i].free_milli;
	return milli;
}

static int32_t nodes_find(const struct parc_core *core)
{
	int32_t count = 0;

	for (int32_t i = 0; i < core->nodes_table.high; i++)
		if (core->nodes[i].free_milli > 0)
			core->attribution.nodes[count++] = i;
	return count;
}

/* Ask every node that has something free on these chips. */
static void found_fill(const struct parc_core *core, const struct demand *demand, uint64_t chips,
		       int32_t nodes_count, struct found *found)
{
	for (uint64_t left = chips; left != 0; left &= left - 1)
		memset(found->milli[__builtin_ctzll(left)], 0, sizeof(*found->milli));
	for (int32_t i = 0; i < nodes_count; i++) {
		int32_t slot = core->attribution.nodes[i];
		const struct node *node = &core->nodes[slot];
		struct view view;

		view_of_node(core, slot, &view);
		for (int32_t p = 0; p < node->pools_count; p++) {
			int32_t chip = node->pools[p].chip;
			int64_t milli;

			if (!(chips >> chip & 1))
				continue;
			milli = pool_free(&view, p, node->cores_pool);
			if (milli > 0)
				found->milli[chip][demand_lacks(core, demand, &view, p)] += milli;
		}
	}
}

/* ---- Who gets it */

/* Give the demand what is left on one chip. Those before it took evenly of all causes: of each
 * the part rest / free is left, rounded so that the parts add up to the rest. */
static void chip_give(const struct parc_core *core, struct account *account, struct demand *demand,
		      int32_t chip, const int64_t *found)
{
	int64_t free_milli = core->chip_free[chip] - core->chip_kept[chip],
		rest = account->rest_milli[chip];
	int64_t sum = 0, before = 0;

	for (int32_t n = 0; n < NEAREST_COUNT; n++) {
		int64_t upto, part;

		sum += found[nearest[n]];
		upto = (int64_t)((__int128)rest * sum / free_milli);
		part = upto - before;
		before = upto;
		if (part > demand->want_milli)
			part = (int64_t)demand->want_milli;
		account->causes[nearest[n]] += part;
		account->rest_milli[chip] -= part;
		demand->want_milli -= part;
	}
}

/* The chips that it accepts and that have something left. */
static uint64_t chips_left(const struct account *account, uint64_t chips)
{
	for (uint64_t left = chips; left != 0; left &= left - 1)
		if (account->rest_milli[__builtin_ctzll(left)] == 0)
			chips &= ~(left & -left);
	return chips;
}

/* A demand at its limit is given what it would have had. */
static void limit_give(struct account *account, struct demand *demand, int32_t chip)
{
	int64_t part = account->rest_milli[chip];

	if (part > demand->want_milli)
		part = (int64_t)demand->want_milli;
	account->causes[PARC_LEDGER_FREE_QUOTA] += part;
	account->rest_milli[chip] -= part;
	demand->want_milli -= part;
}

/* Give the line what it can be given. 0: there are no looks left. */
static int line_give(const struct parc_core *core, struct account *account, int32_t line)
{
	struct demand demand;
	struct found found;
	uint64_t chips;

	demand_fill(core, line, &demand);
	chips = demand.never ? 0 : chips_left(account, demand.chips & core->chips_known);
	if (chips != 0 && !demand.limited) {
		account->looks += account->nodes_count;
		if (account->looks > LOOKS_MAX && account->looks > account->nodes_count)
			return 0;
		found_fill(core, &demand, chips, account->nodes_count, &found);
	}
	for (uint64_t left = chips; left != 0 && demand.want_milli > 0; left &= left - 1) {
		int32_t chip = __builtin_ctzll(left);

		if (demand.limited)
			limit_give(account, &demand, chip);
		else
			chip_give(core, account, &demand, chip, found.milli[chip]);
	}
	account->unmet_milli += demand.want_milli;
	return 1;
}

/* What is left is wanted by jobs that wait for room under a limit: on each chip as much as all of
 * them would take there. */
static void quota_give(const struct parc_core *core, struct account *account)
{
	__int128 want_milli[PARC_CHIPS_MAX] = {0};

	for (int32_t i = 0; i < core->strands_table.high; i++) {
		struct demand demand = {0};
		const struct job *head;

		if (core->strands[i].refs == 0 || core->strands[i].gate == -1)
			continue;
		head = &core->jobs[strand_head(core, i)];
		for (int32_t g = spec_of(core, head)->groups; g >= 0; g = core->groups[g].next)
			demand_group(core, head, &core->groups[g], &demand);
		for (uint64_t left = demand.chips & core->chips_known; left != 0; left &= left - 1)
			want_milli[__builtin_ctzll(left)] +=
				demand.want_milli * core->strands[i].count;
	}
	for (int32_t chip = 0; chip < PARC_CHIPS_MAX; chip++) {
		int64_t part = account->rest_milli[chip];

		if (part > want_milli[chip])
			part = (int64_t)want_milli[chip];
		account->causes[PARC_LEDGER_FREE_QUOTA] += part;
		account->rest_milli[chip] -= part;
	}
}

/* What no line could be given: kept from work that is for other chips only, or not wanted. */
static void rest_give(struct account *account, int explained)
{
	for (int32_t chip = 0; chip < PARC_CHIPS_MAX; chip++) {
		int64_t rest = account->rest_milli[chip], part = rest;

		if (rest == 0)
			continue;
		if (!explained) {
			account->causes[PARC_LEDGER_FREE_UNATTRIBUTED] += rest;
			continue;
		}
		if (part > account->unmet_milli)
			part = (int64_t)account->unmet_milli;
		account->causes[PARC_LEDGER_FREE_NO_CHIP] += part;
		account->causes[PARC_LEDGER_FREE_NO_DEMAND] += rest - part;
		account->unmet_milli -= part;
	}
}

void attribution_count(const struct parc_core *core, int64_t causes[PARC_LEDGER_COUNT])
{
	struct account account = {.causes = causes};
	int32_t line = line_first(core, LINE_HOPELESS), lines = 0;
	uint64_t left = 0;

	memset(causes, 0, PARC_LEDGER_COUNT * sizeof(*causes));
	memcpy(account.rest_milli, core->chip_free, sizeof(account.rest_milli));
	for (int32_t chip = 0; chip < PARC_CHIPS_MAX; chip++) {
		account.rest_milli[chip] -= core->chip_kept[chip];
		causes[PARC_LEDGER_FREE_HELD] += core->chip_kept[chip];
		left |= (uint64_t)(account.rest_milli[chip] > 0) << chip;
	}
	if (left != 0 && line >= 0)
		account.nodes_count = nodes_find(core);
	for (; line >= 0 && chips_left(&account, left) != 0; line = line_next(core, line))
		if (lines++ == LINES_EXPLAINED || !line_give(core, &account, line))
			break;
	if (line < 0 && core->stranded)
		quota_give(core, &account);
	rest_give(&account, line < 0);
}

/* ---- Epochs */

void attribution_init(struct parc_core *core, struct block *block)
{
	core->attribution.nodes =
		block_take(block, (size_t)core->limits.nodes, sizeof(*core->attribution.nodes));
}

void attribution_reset(struct parc_core *core)
{
	core->attribution.due_us = PARC_NEVER;
}

/* What has accrued without a cause goes to those that hold now, in proportion, by one rounding
 * over their running sum, so that nothing is left over. If all that was free is now used it
 * waited for the demand that has come since. */
static void past_attribute(struct parc_core *core, const int64_t causes[PARC_LEDGER_COUNT])
{
	__int128 past = parc_ledger(core, PARC_LEDGER_FREE_UNATTRIBUTED) - core->attribution.kept;
	__int128 before = 0;
	int64_t total = core->ledger.rate[PARC_LEDGER_FREE_UNATTRIBUTED], sum = 0;

	if (total == 0) {
		ledger_rebook(core, PARC_LEDGER_FREE_UNATTRIBUTED, PARC_LEDGER_FREE_NO_DEMAND,
			      past);
		return;
	}
	for (int32_t i = PARC_LEDGER_FREE_UNATTRIBUTED; i <= PARC_LEDGER_FREE_HELD; i++) {
		__int128 upto;

		sum += causes[i];
		upto = past / total * sum + past % total * sum / total;
		ledger_rebook(core, PARC_LEDGER_FREE_UNATTRIBUTED, (enum parc_ledger)i,
			      upto - before);
		before = upto;
	}
	ASSERT(sum == total && before == past);
}

/* From now on what is free has no cause. */
static void epoch_open(struct parc_core *core)
{
	core->attribution.open = 1;
	core->attribution.kept = parc_ledger(core, PARC_LEDGER_FREE_UNATTRIBUTED);
	for (int32_t i = PARC_LEDGER_FREE_NO_DEMAND; i <= PARC_LEDGER_FREE_HELD; i++)
		if (core->ledger.rate[i] != 0)
			ledger_move(core, (enum parc_ledger)i, PARC_LEDGER_FREE_UNATTRIBUTED,
				    core->ledger.rate[i]);
}

static __attribute__((noinline)) void epoch_close(struct parc_core *core)
{
	int64_t causes[PARC_LEDGER_COUNT];

	core->time_us = core->attribution.due_us;
	attribution_count(core, causes);
	past_attribute(core, causes);
	for (int32_t i = PARC_LEDGER_FREE_NO_DEMAND; i <= PARC_LEDGER_FREE_HELD; i++)
		ledger_move(core, PARC_LEDGER_FREE_UNATTRIBUTED, (enum parc_ledger)i, causes[i]);
	core->attribution.open = 0;
	core->attribution.due_us = PARC_NEVER;
}

void attribution_begin(struct parc_core *core, int64_t time_us)
{
	if (core->attribution.due_us <= time_us)
		epoch_close(core);
	core->attribution.stamp_before = core->stamp;
	core->attribution.noted = 0;
}

void attribution_policy(struct parc_core *core, int64_t epoch_before_us)
{
	if (epoch_before_us == 0)
		core->attribution.kept = parc_ledger(core, PARC_LEDGER_FREE_UNATTRIBUTED);
	core->attribution.due_us = PARC_NEVER;
	attribution_note(core);
}

void attribution_settle(struct parc_core *core)
{
	struct attribution *it = &core->attribution;
	int changed = it->noted || core->stamp != it->stamp_before;

	it->noted = 0;
	if (!changed || (it->open && it->due_us != PARC_NEVER))
		return;
	if (!it->open)
		epoch_open(core);
	if (core->rules.epoch_us > 0)
		it->due_us = (core->time_us / core->rules.epoch_us + 1) * core->rules.epoch_us;
}

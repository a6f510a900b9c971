/* SPDX-License-Identifier: Apache-2.0 */
#include "core/score.h"

#include <string.h>

#include "core/act.h"
#include "core/assign.h"
#include "core/choose.h"
#include "core/line.h"
#include "core/spec.h"

#define EPOCHS_MAX  128			  /* after so many every score is where it is wanted */
#define STEP	    (ASSIGN_LOG_ONE / 16) /* of one epoch: a twentieth */
#define STILL	    (ASSIGN_LOG_ONE / 8)  /* a tenth; more than a step, so that none goes too far */
#define LINES_MAX   64			  /* that are looked at, in order of turns */
#define CLASSES_MAX 32			  /* of work that is worth the same on each chip */

/* What is wanted by those who wait: by class, as jobs of assign.h that have so long to go. */
struct demand {
	struct assign assign;
	struct assign_job classes[CLASSES_MAX];
	int64_t milli[CLASSES_MAX]; /* thousandths of devices */
	int32_t chips[ASSIGN_CHIPS_MAX];
};

/* ---- One score */

int32_t score_get(const struct parc_core *core, int32_t chip)
{
	return core->scores[chip] > 0 ? core->scores[chip] : SCORE_ONE;
}

int32_t score_log(const struct parc_core *core, int32_t chip)
{
	return assign_log2_ratio((uint32_t)score_get(core, chip), SCORE_ONE);
}

static int32_t score_of(int32_t logarithm)
{
	int64_t score = assign_scale(SCORE_ONE, logarithm);

	return score < SCORE_MAX ? (int32_t)score : SCORE_MAX;
}

static int32_t limit_step(int32_t value)
{
	return value > STEP ? STEP : value < -STEP ? -STEP : value;
}

int score_follow(struct parc_core *core, int32_t chip, int32_t wanted, int32_t epochs)
{
	struct parc_action action = {.kind = PARC_ACTION_SCORE, .job = PARC_NONE};
	int32_t now = score_log(core, chip), change = wanted - now;

	for (; epochs > 0 && (change >= STILL || change <= -STILL || wanted == 0); epochs--) {
		now += limit_step(change);
		change = wanted - now;
	}
	action.score.chip = chip;
	action.score.score = score_of(now);
	if (now == score_log(core, chip) || action.score.score == score_get(core, chip) ||
	    !act_has_room(core))
		return 0;
	act(core, &action, 0);
	return 1;
}

/* ---- What is wanted */

/* Count the line in, without those that wait at gates. Its first job speaks for it. It counts by
 * what it asks for; that it takes more or less of a chip is in what the chip is worth to it. */
static void demand_add(const struct parc_core *core, struct demand *demand, int32_t line)
{
	int32_t job = line_head(core, line), i = 0, value[ASSIGN_CHIPS_MAX] = {0};
	int64_t milli = choose_asked(core, job);
	uint64_t chips = choose_accepted(core, job);
	int32_t runs = 0;

	for (int32_t c = 0; c < demand->assign.chips; c++) {
		int32_t chip = demand->chips[c];

		value[c] = (chips >> chip & 1) && core->chip_total[chip] >= milli
				   ? choose_value(core, job, chip)
				   : ASSIGN_NEVER;
		runs |= value[c] != ASSIGN_NEVER;
	}
	if (!runs)
		return;
	while (i < demand->assign.count &&
	       memcmp(demand->classes[i].value, value, sizeof(value)) != 0)
		i++;
	if (i == CLASSES_MAX)
		return;
	if (i == demand->assign.count) {
		demand->classes[i] = (struct assign_job){.size = 1, .chip = -1, .was = -1};
		memcpy(demand->classes[i].value, value, sizeof(value));
		demand->milli[i] = 0;
		demand->assign.count++;
	}
	demand->milli[i] += milli * (core->lines[line].count - core->lines[line].gated);
}

static void demand_find(const struct parc_core *core, uint64_t market, struct demand *demand)
{
	int32_t line = line_first(core, LINE_HOPELESS);

	demand->assign = (struct assign){.jobs = demand->classes};
	demand->assign.chips = choose_makes(core, market, demand->chips);
	for (int32_t c = 0; c < demand->assign.chips; c++)
		demand->assign.room[c] =
			(int32_t)(core->chip_total[demand->chips[c]] / PARC_SHARE_WHOLE);
	for (int32_t i = 0; i < LINES_MAX && line >= 0; i++, line = line_next(core, line))
		if (core->jobs[line_head(core, line)].reason != PARC_REASON_NONE)
			demand_add(core, demand, line);
	for (int32_t i = 0; i < demand->assign.count; i++)
		demand->classes[i].left_us = demand->milli[i] < PARC_NEVER / ASSIGN_TIME_UNIT_US
						     ? demand->milli[i] * ASSIGN_TIME_UNIT_US
						     : PARC_NEVER;
}

/* ---- Epochs */

void score_time(struct parc_core *core, int64_t before_us)
{
	int64_t epochs = core->time_us / SCORE_EPOCH_US - before_us / SCORE_EPOCH_US;

	core->score_epochs = epochs < EPOCHS_MAX ? (int32_t)epochs : EPOCHS_MAX;
}

/* Is there a choice of these chips, and does anybody wait or a score stand above one? */
static int is_of_use(const struct parc_core *core, uint64_t market)
{
	uint64_t chips = core->chips_here & market;
	int raised = core->pending > 0;

	if ((chips & (chips - 1)) == 0)
		return 0;
	for (; chips != 0 && !raised; chips &= chips - 1)
		raised = score_get(core, __builtin_ctzll(chips)) > SCORE_ONE;
	return raised;
}

/* Let the scores of these chips follow; 1: one has changed. */
static int market_decide(struct parc_core *core, uint64_t market)
{
	struct demand demand;
	const struct assign *assign = &demand.assign;
	int32_t least = INT32_MAX, changed = 0;

	if (!is_of_use(core, market))
		return 0;
	demand_find(core, market, &demand);
	assign_prices(&demand.assign, PARC_SHARE_WHOLE);
	for (int32_t c = 0; c < assign->chips; c++)
		least = assign->price[c] < least ? assign->price[c] : least;
	for (int32_t c = 0; c < assign->chips; c++)
		changed |= score_follow(core, demand.chips[c], assign->price[c] - least,
					core->score_epochs);
	return changed;
}

void score_decide(struct parc_core *core)
{
	int changed;

	if (core->score_epochs == 0 || core->rules.backfill == PARC_BACKFILL_DEAL)
		return;
	changed = market_decide(core, ~core->cores_chips);
	changed |= market_decide(core, core->cores_chips);
	if (changed)
		core->freed_all = 1;
}

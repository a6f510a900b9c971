/* SPDX-License-Identifier: Apache-2.0
 *
 * Measured speeds lie in one table, found by a hash of kind, chip and the kind beside it; the rest
 * is in the chips and the variants. Asking costs a look into a bucket for each chip that the job
 * accepts, and nothing while no chip has a speed, no variant declares one and nothing was measured.
 *
 * Runs are pooled: the mean and the standard deviation of all of them follow from the sums of the
 * speeds and of their squares. No more than WEIGHT_MAX runs weigh, so that old ones fade. What is
 * learnt counts from the first run on; after that the speed in force follows the mean only when
 * it is off by more than a part in STEADY, since each change makes all that waits be tried again.
 */
#include "core/speed.h"

#include "base/hash.h"
#include "base/root.h"
#include "core/attribution.h"
#include "core/check.h"
#include "core/index.h"
#include "core/profile.h"
#include "core/rebuild.h"
#include "core/spec.h"

#define SPEEDS_MIN 64
#define SPEEDS_MAX 16384
#define WEIGHT_MAX 64
#define STEADY	   32
#define ANY_CHIP   UINT64_MAX

/* ---- The table */

static uint32_t speed_bucket(const struct parc_core *core, int64_t kind, int64_t beside,
			     int32_t chip)
{
	uint64_t hash = hash_word(HASH_START, (uint64_t)kind);

	return (uint32_t)hash_pair(hash_word(hash, (uint64_t)beside), chip, 0) & core->speed_mask;
}

/* That of the kind on the chip beside another kind; PARC_NONE: alone. */
static int32_t speed_find_beside(const struct parc_core *core, int64_t kind, int64_t beside,
				 int32_t chip)
{
	int32_t slot = core->speeds_count == 0
			       ? -1
			       : core->speed_buckets[speed_bucket(core, kind, beside, chip)];

	while (slot >= 0 && (core->speeds[slot].kind != kind || core->speeds[slot].chip != chip ||
			     core->speeds[slot].beside != beside))
		slot = core->speeds[slot].next;
	return slot;
}

static int32_t speed_find(const struct parc_core *core, int64_t kind, int32_t chip)
{
	return speed_find_beside(core, kind, PARC_NONE, chip);
}

static void speed_link(struct parc_core *core, int32_t slot)
{
	struct speed *it = &core->speeds[slot];
	int32_t *bucket = &core->speed_buckets[speed_bucket(core, it->kind, it->beside, it->chip)];

	it->next = *bucket;
	*bucket = slot;
}

static void speed_unlink(struct parc_core *core, int32_t slot)
{
	const struct speed *it = &core->speeds[slot];
	int32_t *link = &core->speed_buckets[speed_bucket(core, it->kind, it->beside, it->chip)];

	while (*link != slot)
		link = &core->speeds[*link].next;
	*link = it->next;
}

static int32_t speed_milli(const struct speed *it)
{
	return it->set_milli > 0 ? it->set_milli : it->learnt_milli;
}

/* The slot for a kind and a chip; in a full table that of the figure that nobody set and that has
 * not changed for the longest. */
static int32_t speed_make(struct parc_core *core, int64_t kind, int64_t beside, int32_t chip)
{
	int32_t slot = core->speeds_count;

	if (slot < core->speeds_max) {
		core->speeds_count++;
	} else {
		slot = -1;
		for (int32_t i = 0; i < core->speeds_count; i++)
			if (core->speeds[i].set_milli == 0 &&
			    (slot < 0 || core->speeds[i].order < core->speeds[slot].order))
				slot = i;
		ASSERT(slot >= 0); /* the operator's are half of them at most */
		speed_unlink(core, slot);
	}
	core->speeds[slot] = (struct speed){.kind = kind, .beside = beside, .chip = chip};
	speed_link(core, slot);
	return slot;
}

void speed_init(struct parc_core *core, struct block *block)
{
	int32_t jobs = core->limits.jobs, count;
	uint32_t buckets = SPEEDS_MIN;

	count = jobs < SPEEDS_MIN ? SPEEDS_MIN : jobs < SPEEDS_MAX / 2 ? 2 * jobs : SPEEDS_MAX;
	core->speeds_max = count;
	while (buckets < (uint32_t)core->speeds_max)
		buckets *= 2;
	core->speeds = block_take(block, (size_t)core->speeds_max, sizeof(*core->speeds));
	core->speed_buckets = block_take(block, buckets, sizeof(*core->speed_buckets));
	core->speed_mask = buckets - 1;
}

void speed_chip_set(struct parc_core *core, int32_t chip)
{
	for (int32_t c = 0; c < 4; c++) {
		uint64_t bit = UINT64_C(1) << chip;

		core->chips_paced[c] &= ~bit;
		if (core->chips[chip].speed_milli[c] > 0)
			core->chips_paced[c] |= bit;
	}
}

void speed_rebuild(struct parc_core *core)
{
	for (uint32_t i = 0; i <= core->speed_mask; i++)
		core->speed_buckets[i] = -1;
	core->speeds_set = 0;
	for (int32_t i = 0; i < core->speeds_count; i++) {
		speed_link(core, i);
		core->speeds_set += core->speeds[i].set_milli > 0;
	}
	for (int32_t chip = 0; chip < PARC_CHIPS_MAX; chip++)
		speed_chip_set(core, chip);
}

void speed_changed(struct parc_core *core)
{
	rebuild_lines(core);
	attribution_note(core);
	core->freed_all = core->disrupted = 1;
}

void speed_chips_changed(struct parc_core *core)
{
	uint64_t paced = 0;

	for (int32_t c = 0; c < 4; c++)
		paced |= core->chips_paced[c];
	if (paced == 0 && core->speeds_count == 0 && table_count(&core->variants_table) == 0)
		return; /* nothing has a speed: none was shut out, and none is */
	speed_changed(core);
}

/* ---- How fast */

int32_t speed_known(const struct parc_core *core, const struct job *job, int32_t chip,
		    int32_t variant, int32_t *source)
{
	int32_t slot = spec_of(core, job)->kind == PARC_NONE
			       ? -1
			       : speed_find(core, spec_of(core, job)->kind, chip);
	int32_t milli = slot < 0 ? 0 : speed_milli(&core->speeds[slot]);
	int32_t from = PARC_SPEED_UNKNOWN;

	if (milli > 0) {
		from = core->speeds[slot].set_milli > 0 ? PARC_SPEED_SET : PARC_SPEED_LEARNT;
	} else if (variant >= 0 && core->variants[variant].set.speed_milli > 0) {
		milli = core->variants[variant].set.speed_milli;
		from = PARC_SPEED_DECLARED;
	} else if (core->chips[chip].speed_milli[spec_of(core, job)->work_class] > 0) {
		milli = core->chips[chip].speed_milli[spec_of(core, job)->work_class];
		from = PARC_SPEED_CHIP;
	}
	if (source != NULL)
		*source = from;
	return milli;
}

int32_t speed_assumed(const struct parc_core *core, const struct job *job, int32_t chip,
		      int32_t variant)
{
	int32_t milli = speed_known(core, job, chip, variant, NULL);

	return milli > 0 ? milli : PARC_SHARE_WHOLE;
}

int32_t speed_beside(const struct parc_core *core, int64_t kind, int64_t beside, int32_t chip)
{
	int32_t slot = kind == PARC_NONE || beside == PARC_NONE
			       ? -1
			       : speed_find_beside(core, kind, beside, chip);

	return slot < 0 ? 0 : speed_milli(&core->speeds[slot]);
}

static const struct group *group_of(const struct parc_core *core, const struct job *job,
				    const struct parc_placement *placement)
{
	int32_t g = spec_of(core, job)->groups;

	for (int32_t i = 0; i < placement->group; i++)
		g = core->groups[g].next;
	return &core->groups[g];
}

int32_t speed_variant_of(const struct parc_core *core, const struct job *job,
			 const struct parc_placement *placement)
{
	int32_t v = placement->variant < 0 ? -1 : spec_of(core, job)->variants;

	for (int32_t i = 0; i < placement->variant && v >= 0; i++)
		v = core->variants[v].next;
	return v;
}

/* Rented cores are a number of the node's, not a device. */
int32_t speed_chip_of(const struct parc_core *core, const struct job *job,
		      const struct parc_placement *placement)
{
	/* Mostly it has just been taken there. */
	int32_t slot = idmap_find_near(&core->node_ids, placement->node, core->index->latest);
	const struct node *node = &core->nodes[slot];
	const struct group *group;

	if (placement->devices != 0)
		return kind_device_chip(&core->kinds[node->kind],
					__builtin_ctz(placement->devices));
	group = group_of(core, job, placement);
	if (core->shapes[group->shape].ask.task.devices == 0 || node->cores_pool < 0)
		return -1;
	return node->pools[node->cores_pool].chip;
}

/* ---- Where it may run */

/* Of these chips those where the job's speed is known without a variant; `claimed`: from the
 * operator or the chips, not only learnt. */
static uint64_t chips_known(const struct parc_core *core, const struct job *job, uint64_t chips,
			    uint64_t *claimed)
{
	uint64_t known = core->chips_paced[spec_of(core, job)->work_class] & chips;

	*claimed = known;
	if (spec_of(core, job)->kind == PARC_NONE || core->speeds_count == 0)
		return known;
	for (uint64_t left = chips & ~known; left != 0; left &= left - 1) {
		int32_t slot = speed_find(core, spec_of(core, job)->kind, __builtin_ctzll(left));

		if (slot >= 0 && speed_milli(&core->speeds[slot]) > 0)
			known |= left & -left;
		if (slot >= 0 && core->speeds[slot].set_milli > 0)
			*claimed |= left & -left;
	}
	return known;
}

/* Of these chips, where its speed is unknown, those on which it may be tried once more. */
static uint64_t chips_to_try(const struct parc_core *core, const struct job *job, uint64_t chips)
{
	uint64_t mask = 0;

	if (core->rules.trial_max == 0 || spec_of(core, job)->kind == PARC_NONE)
		return 0;
	for (uint64_t left = chips; left != 0; left &= left - 1) {
		int32_t slot = speed_find(core, spec_of(core, job)->kind, __builtin_ctzll(left));
		int may = slot < 0 ? core->speeds_count < core->speeds_max
				   : core->speeds[slot].trials < core->rules.trial_max;

		if (may)
			mask |= left & -left;
	}
	return mask;
}

/* Chips of the fleet that a group accepts with a variant, and of these where its speed is known;
 * and where anybody claims to know it, with whichever variant. */
struct reach {
	uint64_t accepted, known, claimed;
};

static void reach_of(const struct parc_core *core, const struct job *job, const struct group *group,
		     int32_t variant, struct reach *it)
{
	uint64_t chips = core->shapes[group->shape].ask.task.chips & core->chips_here;
	uint64_t claimed, base = chips_known(core, job, chips, &claimed);

	*it = (struct reach){.accepted = chips, .known = base, .claimed = claimed};
	if (spec_of(core, job)->variants < 0)
		return;
	it->claimed = 0;
	for (int32_t v = spec_of(core, job)->variants; v >= 0; v = core->variants[v].next) {
		const struct parc_variant *set = &core->variants[v].set;
		uint64_t own = chips & set->chips, all = set->speed_milli > 0 ? ANY_CHIP : 0;

		it->claimed |= own & (claimed | all);
		if (v == variant) {
			it->accepted = own;
			it->known = own & (base | all);
		}
	}
}

/* Is the group kept to chips on which its speed is known, and to trials on the others? */
static int is_kept_to_known(const struct parc_core *core, const struct job *job,
			    const struct group *group, int32_t variant, struct reach *reach)
{
	if (!speed_matters(core, job))
		return 0;
	reach_of(core, job, group, variant, reach);
	return reach->claimed != 0 && reach->known != reach->accepted;
}

uint64_t speed_chips(const struct parc_core *core, const struct job *job, const struct group *group,
		     int32_t variant)
{
	struct reach reach;

	if (!is_kept_to_known(core, job, group, variant, &reach))
		return ANY_CHIP;
	return reach.known | chips_to_try(core, job, reach.accepted & ~reach.known);
}

uint64_t speed_chips_at_most(const struct parc_core *core, const struct job *job,
			     const struct group *group, int32_t variant)
{
	struct reach reach;

	if (core->rules.trial_max > 0 || !is_kept_to_known(core, job, group, variant, &reach))
		return ANY_CHIP;
	return reach.known;
}

int speed_shuts_out(const struct parc_core *core, int32_t job)
{
	const struct job *it = &core->jobs[job];

	for (int32_t g = spec_of(core, it)->groups; g >= 0; g = core->groups[g].next) {
		int32_t v = spec_of(core, it)->variants;

		do {
			struct reach reach;

			reach_of(core, it, &core->groups[g], v, &reach);
			if ((reach.accepted & ~speed_chips(core, it, &core->groups[g], v)) != 0)
				return 1;
			v = v < 0 ? -1 : core->variants[v].next;
		} while (v >= 0);
	}
	return 0;
}

uint64_t speed_key(const struct parc_core *core, const struct job *job, uint64_t hash)
{
	for (int32_t g = spec_of(core, job)->groups; g >= 0; g = core->groups[g].next) {
		int32_t v = spec_of(core, job)->variants;
		struct reach reach;

		do {
			reach_of(core, job, &core->groups[g], v, &reach);
			v = v < 0 ? -1 : core->variants[v].next;
			if (reach.claimed == 0 || reach.known == reach.accepted)
				continue;
			hash = hash_word(hash, reach.known);
			if (core->rules.trial_max > 0)
				hash = hash_word(hash, (uint64_t)spec_of(core, job)->kind);
		} while (v >= 0);
	}
	return hash;
}

/* ---- Measuring */

int speed_check(const struct parc_core *core, const struct parc_event *event, struct parc_err *err)
{
	int32_t set = event->speed.set, chip = event->speed.chip;
	int code = check_range("kind", event->speed.kind, 1, INT64_MAX, err);

	if (code == 0)
		code = check_range("beside", event->speed.beside, 0, INT64_MAX, err);
	if (code == 0)
		code = check_range("chip", chip, 0, PARC_CHIPS_MAX - 1, err);
	if (code == 0 && !(core->chips_known >> chip & 1))
		code = parc_err_set(err, PARC_ERR_UNKNOWN, "there is no chip %d", chip);
	if (code == 0)
		code = check_range("set", set, 0, 1, err);
	if (code == 0)
		code = check_range("speed_milli", event->speed.speed_milli, !set, PARC_SPEED_MAX,
				   err);
	if (code == 0)
		code = check_range("count", event->speed.count, !set, PARC_SPEED_RUNS_MAX, err);
	if (code == 0)
		code = check_range("spread_milli", event->speed.spread_milli, 0, PARC_SPEED_MAX,
				   err);
	if (code == 0 && set && event->speed.speed_milli > 0 &&
	    core->speeds_set >= core->speeds_max / 2)
		return parc_err_set(err, PARC_ERR_FULL,
				    "%d speeds are set; withdraw one, or raise the limit of jobs",
				    core->speeds_set);
	return code;
}

/* Let old runs fade: the sums of WEIGHT_MAX runs with the same mean and variance. What is cut off
 * the sum must not show in the variance, which may be a millionth of the mean's square. */
static void speed_fade(struct speed *it)
{
	__int128 weight = it->weight, sum = (it->sum * WEIGHT_MAX + weight / 2) / weight;
	__int128 variance = root_variance(it->weight, it->sum, it->squares);

	it->squares = (int64_t)(variance * WEIGHT_MAX / (weight * weight) +
				(sum * sum + WEIGHT_MAX - 1) / WEIGHT_MAX);
	it->sum = (int64_t)sum;
	it->weight = WEIGHT_MAX;
}

static void speed_learn(struct speed *it, int32_t speed_milli_new, int32_t count, int32_t spread)
{
	int64_t mean = speed_milli_new, off;

	if (count > WEIGHT_MAX)
		it->weight = 0; /* these runs alone are more than may weigh */
	if (it->weight == 0)
		it->sum = it->squares = 0;
	it->runs = it->runs < PARC_SPEED_RUNS_MAX - count ? it->runs + count : PARC_SPEED_RUNS_MAX;
	count = count < WEIGHT_MAX ? count : WEIGHT_MAX;
	it->sum += mean * count;
	it->squares += (mean * mean + (int64_t)spread * spread) * count;
	it->weight += count;
	if (it->weight > WEIGHT_MAX)
		speed_fade(it);
	mean = it->sum / it->weight;
	off = mean - it->learnt_milli;
	if (it->learnt_milli == 0 || (off < 0 ? -off : off) * STEADY > it->learnt_milli)
		it->learnt_milli = (int32_t)(mean > 0 ? mean : 1);
}

static void speed_set(struct parc_core *core, struct speed *it, int32_t milli)
{
	core->speeds_set += (milli > 0) - (it->set_milli > 0);
	it->set_milli = milli;
}

void speed_measure(struct parc_core *core, const struct parc_event *event)
{
	int full = core->speeds_count == core->speeds_max, made, before, claimed;
	int64_t kind = event->speed.kind, beside = event->speed.beside;
	int32_t slot = speed_find_beside(core, kind, beside, event->speed.chip);
	struct speed *it;

	made = slot < 0;
	if (made)
		slot = speed_make(core, kind, beside, event->speed.chip);
	it = &core->speeds[slot];
	before = speed_milli(it);
	claimed = it->set_milli > 0;
	if (event->speed.set)
		speed_set(core, it, event->speed.speed_milli);
	else
		speed_learn(it, event->speed.speed_milli, event->speed.count,
			    event->speed.spread_milli);
	it->order = ++core->speeds_order;
	if (made && full)
		speed_chips_changed(core);
	else if (beside != PARC_NONE)
		return; /* it shuts nobody out; the next deal looks at it */
	else if ((before > 0) != (speed_milli(it) > 0) || claimed != (it->set_milli > 0))
		speed_chips_changed(core);
	else if (before != speed_milli(it))
		core->freed_all = core->disrupted = 1;
}

/* A start on a chip that is shut out but for trials. */
static void trial_count(struct parc_core *core, const struct job *job, int32_t chip)
{
	int32_t slot = speed_find(core, spec_of(core, job)->kind, chip);

	if (slot < 0 && core->speeds_count == core->speeds_max)
		return;
	if (slot < 0) {
		slot = speed_make(core, spec_of(core, job)->kind, PARC_NONE, chip);
		core->speeds[slot].order = ++core->speeds_order;
	}
	if (core->speeds[slot].trials < PARC_SPEED_RUNS_MAX)
		core->speeds[slot].trials++;
}

void speed_started(struct parc_core *core, const struct job *job,
		   const struct parc_placement *placements, int32_t count)
{
	uint64_t trials = 0;

	if (core->rules.trial_max == 0 || spec_of(core, job)->kind == PARC_NONE)
		return;
	for (int32_t i = 0; i < count; i++) {
		const struct parc_placement *it = &placements[i];
		int32_t chip = speed_chip_of(core, job, it);
		struct reach reach;

		if (chip < 0)
			continue;
		reach_of(core, job, group_of(core, job, it), speed_variant_of(core, job, it),
			 &reach);
		if (reach.claimed != 0 && !(reach.known >> chip & 1))
			trials |= UINT64_C(1) << chip;
	}
	for (; trials != 0; trials &= trials - 1)
		trial_count(core, job, __builtin_ctzll(trials));
}

/* ---- Looking at it */

static struct parc_speed_info info_of(const struct speed *it)
{
	return (struct parc_speed_info){
		.speed_milli = speed_milli(it),
		.source = it->set_milli > 0	 ? PARC_SPEED_SET
			  : it->learnt_milli > 0 ? PARC_SPEED_LEARNT
						 : PARC_SPEED_UNKNOWN,
		.learnt_milli = it->learnt_milli,
		.spread_milli = (int32_t)root_deviation(it->weight, it->sum, it->squares),
		.runs = it->runs,
		.trials = it->trials,
	};
}

int parc_speed_info(const struct parc_core *core, int64_t kind, int32_t chip,
		    struct parc_speed_info *info)
{
	int32_t slot = chip < 0 || chip >= PARC_CHIPS_MAX ? -1 : speed_find(core, kind, chip);

	if (slot < 0)
		return PARC_ERR_UNKNOWN;
	*info = info_of(&core->speeds[slot]);
	return 0;
}

int parc_speed_at(const struct parc_core *core, int32_t index, int64_t *kind, int64_t *beside,
		  int32_t *chip, struct parc_speed_info *info)
{
	const struct speed *it = &core->speeds[index];

	if (index < 0 || index >= core->speeds_count)
		return PARC_ERR_UNKNOWN;
	*kind = it->kind;
	*beside = it->beside;
	*chip = it->chip;
	*info = info_of(it);
	return 0;
}

uint64_t speed_hash(const struct parc_core *core)
{
	uint64_t sum = hash_pair(HASH_START, core->speeds_count, core->speeds_order);

	for (int32_t i = 0; i < core->speeds_count; i++) {
		const struct speed *it = &core->speeds[i];
		uint64_t hash = hash_word(HASH_START, (uint64_t)it->kind);

		hash = hash_word(hash, (uint64_t)it->beside);
		hash = hash_pair(hash, it->chip, it->order);
		hash = hash_word(hash_word(hash, (uint64_t)it->sum), (uint64_t)it->squares);
		hash = hash_pair(hash, it->weight, it->runs);
		hash = hash_pair(hash, it->set_milli, it->learnt_milli);
		sum += hash_pair(hash, it->trials, 0);
	}
	return sum;
}

int speed_is_possible(const struct speed *it)
{
	int64_t most = PARC_SPEED_MAX;

	return it->kind > 0 && it->beside >= 0 && it->order > 0 && it->chip >= 0 &&
	       it->chip < PARC_CHIPS_MAX && it->weight >= 0 && it->weight <= WEIGHT_MAX &&
	       it->runs >= it->weight && it->runs <= PARC_SPEED_RUNS_MAX && it->trials >= 0 &&
	       it->trials <= PARC_SPEED_RUNS_MAX && it->set_milli >= 0 && it->set_milli <= most &&
	       it->learnt_milli >= 0 && it->learnt_milli <= most && it->sum >= 0 &&
	       it->sum <= most * it->weight && it->squares >= 0 &&
	       it->squares <= 2 * most * most * it->weight &&
	       (it->learnt_milli > 0) == (it->runs > 0) && (it->weight > 0) == (it->runs > 0);
}

/* S1: each kind and chip stands once, where it is looked for; the speed in force is near the mean
 * of the runs that weigh; changes are numbered. */
static int speed_verify_one(const struct parc_core *core, int32_t slot, struct parc_err *err)
{
	const struct speed *it = &core->speeds[slot];
	int64_t mean = it->weight > 0 ? it->sum / it->weight : 0;
	int64_t off = mean > it->learnt_milli ? mean - it->learnt_milli : it->learnt_milli - mean;

	if (speed_find_beside(core, it->kind, it->beside, it->chip) != slot ||
	    !speed_is_possible(it) || it->order > core->speeds_order ||
	    !(core->chips_known >> it->chip & 1))
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "S1: the speed of kind %lld on chip %d is impossible",
				    (long long)it->kind, it->chip);
	if (it->weight > 0 && off * STEADY > it->learnt_milli && off > 1)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "S1: the speed of kind %lld on chip %d is not what its runs "
				    "say",
				    (long long)it->kind, it->chip);
	return 0;
}

/* S2: what is derived of the chips' speeds and of which chips there are is right. */
int speed_verify(const struct parc_core *core, struct parc_err *err)
{
	int32_t set = 0;
	int code = 0;

	for (int32_t i = 0; i < core->speeds_count && code == 0; i++) {
		set += core->speeds[i].set_milli > 0;
		code = speed_verify_one(core, i, err);
	}
	for (int32_t chip = 0; chip < PARC_CHIPS_MAX && code == 0; chip++) {
		int right = (core->chips_here >> chip & 1) == (core->chip_total[chip] > 0);

		for (int32_t c = 0; c < 4; c++)
			right &= (core->chips_paced[c] >> chip & 1) ==
				 (core->chips[chip].speed_milli[c] > 0);
		if (!right)
			code = parc_err_set(err, PARC_ERR_MISMATCH,
					    "S2: what is known of chip %d is wrong", chip);
	}
	if (code == 0 && set != core->speeds_set)
		return parc_err_set(err, PARC_ERR_MISMATCH, "S2: %d speeds are set, not %d", set,
				    core->speeds_set);
	return code;
}

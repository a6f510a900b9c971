/* SPDX-License-Identifier: Apache-2.0
 *
 * Who works on which make of chip. Jobs come in turn order and want so many devices of one make
 * each; what a device of a chip is worth to a job is given as the logarithm of its speed there.
 * Wanted: as many of the first as fit, and among the ways to give them chips the one with the
 * greatest sum of devices x logarithm.
 *
 * That is comparative advantage: of two jobs that could exchange their chips the one goes to the
 * fast chip that loses the larger factor on the slow one, whatever its speed in itself; and if
 * nothing is short, each has its fastest chip. The multipliers of the optimum are prices of the
 * chips (a transportation problem; Kuhn 1955, Munkres 1957): each job has the chip on which speed
 * divided by price is greatest, that is, on which its work is cheapest.
 *
 *   admit    in turn order: on the best chip with room, else in the place of the last in turn
 *            order of those that hold a place so far
 *   improve  while the sum grows: one job to a chip with room; two or three of one size in a
 *            cycle, the last perhaps to a chip with room; a gang against smaller ones
 *   prices   the smallest at which nobody would rather change
 *
 * Jobs of one size on three makes of chip are dealt optimally, as each way to improve is a cycle
 * or a path of at most three; else it is a local search. Cost: jobs x chips + chips^3 for each
 * improvement, of which there are few when the last deal was optimal; at most ASSIGN_WORK_MAX.
 * Nothing depends on where a record lies: equals go by turn, then by chip.
 */
#ifndef CORE_ASSIGN_H
#define CORE_ASSIGN_H

#include <stdint.h>

#define ASSIGN_CHIPS_MAX    16	      /* makes of chip that one deal tells apart */
#define ASSIGN_CLASSES_MAX  128	      /* kinds of jobs that may be in pairs */
#define ASSIGN_LOG_ONE	    1024      /* logarithms to base 2 are in 1/1024 */
#define ASSIGN_NEVER	    INT32_MIN /* it cannot run there */
#define ASSIGN_TIME_UNIT_US 1000000
#define ASSIGN_WORK_MAX	    (INT64_C(1) << 24) /* looks at a job and a chip */

struct assign_job {
	int32_t size;		   /* devices, 1.. */
	int32_t chip;		   /* in: where it is; out: where it shall be; -1: nowhere */
	int32_t fixed;		   /* it stays where it is */
	int64_t left_us;	   /* work left on the reference chip (assign_balance) */
	int32_t mate;		   /* in, out: with whom it shares its devices; -1: nobody */
	int32_t class;		   /* for the values of pairs; -1: it shares with nobody */
	int32_t was, old, stay;	   /* where it is, its mate there; what staying adds to values */
	int32_t wish, held, level; /* for assign_balance's own use, as the next */
	int64_t time_s[ASSIGN_CHIPS_MAX];
	int32_t value[ASSIGN_CHIPS_MAX]; /* of each of its devices on a chip, or ASSIGN_NEVER */
};

struct assign {
	struct assign_job *jobs; /* in turn order */
	int32_t count, chips;
	int32_t room[ASSIGN_CHIPS_MAX];	 /* in: devices for these jobs, with what they hold */
	int32_t price[ASSIGN_CHIPS_MAX]; /* logarithm; in: of the last deal (assign_balance) */
	int64_t work, base_s;		 /* base_s: of assign_prices */
	/* What a device of a chip is worth to a job of one class beside one of another, or
	 * ASSIGN_NEVER; NULL: nobody shares. Mates are then looked at. */
	const int32_t (*pair)[ASSIGN_CLASSES_MAX][ASSIGN_CHIPS_MAX];
};

/* The same for work that is all there from the start and shall be done soon: who has the longest
 * to go comes first. The prices are those at which each chip gets a like amount of time to work
 * when everybody takes the chip where its work is cheapest; what would take longer there than all
 * of the work takes the fleet has its fastest chip at once. Longest first is Graham's list
 * scheduling (1969), the prices are those of the linear program over the time of each chip. */
void assign_balance(struct assign *assign);

/* Only such prices, from those given on: at which each chip has a like time to work, when each of
 * its devices has so many seconds of work already. Jobs are of size 1. */
void assign_prices(struct assign *assign, int64_t base_s);

/* Deal. Jobs that are somewhere must fit together. */
void assign_deal(struct assign *assign);

/* The parts of a deal that deal with pairs (assign_pairs.c), for assign.c and for what is done with
 * a deal. What the sum gains if a job without a place joins one that is alone; whom to join, the
 * best with `after` -1, then the next best after it, of which `gain` holds the gain, -1: none; let
 * it join the host, or with -1 take devices of the chip; let it leave its place, which is free if
 * nobody stays there; let it take the place of the last one in a pair whose turn is later, 0: there
 * is none; let those part who are together and may not be (any more), the later one leaves; let
 * each job do the best it can, 1: somebody could. */
int64_t assign_join_gain(const struct assign *assign, int32_t job, int32_t host);
int32_t assign_join_next(const struct assign *assign, int32_t job, int32_t after, int64_t *gain);
void assign_join(struct assign *assign, int32_t job, int32_t chip, int32_t host);
void assign_leave(struct assign *assign, int32_t job);
int32_t assign_take_place(struct assign *assign, int32_t job);
void assign_part(struct assign *assign);
int assign_pairs_improve(struct assign *assign);

/* Logarithm to base 2 of a number above 0, rounded down to 1/1024. */
int32_t assign_log2(uint32_t number);

/* Of a ratio; mostly the two are equal. */
static inline int32_t assign_log2_ratio(uint32_t number, uint32_t one)
{
	return number == one ? 0 : assign_log2(number) - assign_log2(one);
}

/* number x 2^(logarithm / ASSIGN_LOG_ONE), rounded down; of 0 to 2^42. The logarithm is cut at 20
 * either way. */
int64_t assign_scale(int64_t number, int32_t logarithm);

#endif

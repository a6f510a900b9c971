/* SPDX-License-Identifier: Apache-2.0
 *
 * Words and units of the core. Every quantity is an integer of a fixed unit and width, chosen
 * to hold for 500,000 devices over 10 years; docs/glossary.md has the words.
 *
 *   time      int64 microseconds            share   int32 thousandths of a device
 *   memory    int64 MiB                     CPU     int32 thousandths of a core
 *   speed, accounting rate  int32 thousandths of the reference chip
 *   money     int64 millionths of the currency unit
 *   ledger    thousandth-device-microseconds, 128 bits in sums
 *   ids       int64, above 0, ascending, never reused
 */
#ifndef PARC_TYPES_H
#define PARC_TYPES_H

#include <stdint.h>

#include "parc/reason.h"

PARC_C_BEGIN

#define PARC_SHARE_WHOLE 1000	   /* thousandths in one device, one core, the reference speed */
#define PARC_NEVER	 INT64_MAX /* a time that does not come */
#define PARC_NONE	 0	   /* no id */

/* Bounds on single things. A table's size is a limit given at init (core.h). */
#define PARC_CHIPS_MAX	       64	 /* chip kinds; a set of chips is one uint64 */
#define PARC_NODE_DEVICES_MAX  32	 /* devices of one node; a set of them is one uint32 */
#define PARC_NODE_POOLS_MAX    4	 /* pools of one node */
#define PARC_SLOTS_MAX	       16	 /* partition slots of one device (MIG has 8) */
#define PARC_TEMPLATES_MAX     16	 /* partition templates of one chip */
#define PARC_GROUPS_MAX	       8	 /* groups of one job */
#define PARC_VARIANTS_MAX      8	 /* variants of one job */
#define PARC_DEPENDS_MAX       16	 /* jobs that one job waits for */
#define PARC_TASKS_MAX	       65536	 /* tasks of one gang */
#define PARC_TIERS_MAX	       16	 /* tier 0 is the lowest */
#define PARC_SPEED_MAX	       1000000	 /* thousandths: a thousand times the reference chip */
#define PARC_SPEED_RUNS_MAX    (1 << 20) /* runs that one measurement sums up */
#define PARC_RESERVE_MAX       256	 /* waiting jobs that have a reservation */
#define PARC_RECALLS_MAX       1024 /* waiting jobs for which others have been told to give way */
#define PARC_PROFILE_MAX       512  /* shapes in a profile of expected work */
#define PARC_CPU_MAX	       (1 << 24) /* thousandths of a core in one node: 16,777 cores */
#define PARC_MEMORY_MAX	       (INT64_C(1) << 30) /* MiB in one node: 1 PiB */
#define PARC_DEVICE_MEMORY_MAX ((1 << 24) - 1)	  /* MiB in one device: 16 TiB */
#define PARC_USER_MAX	       ((1 << 30) - 1)
#define PARC_TIME_MAX	       (INT64_C(1) << 60) /* us: 36,000 years */

/* Tables that name things: the enumerator, its stable number, its name in text. */
/* clang-format off */
#define PARC_CLASS_MAP(X) \
	X(TRAIN, 0, "train") X(INFER, 1, "infer") X(INTERACTIVE, 2, "interactive") \
	X(BATCH, 3, "batch")
#define PARC_LEVEL_MAP(X) \
	X(FLEET, 0, "fleet") X(SITE, 1, "site") X(POD, 2, "pod") X(RACK, 3, "rack") \
	X(NODE, 4, "node")
#define PARC_STRENGTH_MAP(X) X(NONE, 0, "none") X(PREFER, 1, "prefer") X(REQUIRE, 2, "require")
#define PARC_RULE_MAP(X) \
	X(WHOLE, 0, "whole") X(SCALAR, 1, "scalar") X(TEMPLATES, 2, "templates") \
	X(MEMORY, 3, "memory") X(CORES, 4, "cores")
#define PARC_PLACE_MAP(X) \
	X(PARC, 0, "parc") X(FIRST_FIT, 1, "first-fit") X(BEST_FIT, 2, "best-fit") \
	X(WORST_FIT, 3, "worst-fit") X(RANDOM, 4, "random") X(DOT_PRODUCT, 5, "dot-product") \
	X(FGD, 6, "fgd")
#define PARC_ORDER_MAP(X) \
	X(FIFO, 0, "fifo") X(SHORTEST, 1, "shortest") X(LARGEST, 2, "largest") \
	X(ATTAINED, 3, "attained") X(LONGEST, 4, "longest")
#define PARC_BACKFILL_MAP(X) \
	X(GREEDY, 0, "greedy") X(NONE, 1, "none") X(EASY, 2, "easy") \
	X(CONSERVATIVE, 3, "conservative") X(DEAL, 4, "deal")
#define PARC_RESULT_MAP(X) \
	X(NONE, 0, "none") X(OK, 1, "ok") X(FAILED, 2, "failed") X(CANCELLED, 3, "cancelled") \
	X(LOST, 4, "lost") X(TIMEOUT, 5, "timeout") X(REFUSED, 6, "refused") \
	X(PREEMPTED, 7, "preempted") X(RETIRED, 8, "retired") X(DRAINED, 9, "drained") \
	X(IDLE, 10, "idle")
#define PARC_SPEED_MAP(X) \
	X(UNKNOWN, 0, "unknown") X(CHIP, 1, "chip") X(DECLARED, 2, "declared") \
	X(LEARNT, 3, "learnt") X(SET, 4, "set")
#define PARC_JOB_STATE_MAP(X) \
	X(PENDING, 0, "pending") X(STARTING, 1, "starting") X(RUNNING, 2, "running") \
	X(STOPPING, 3, "stopping") X(ENDED, 4, "ended")
#define PARC_NODE_STATE_MAP(X) \
	X(UP, 0, "up") X(DRAINED, 1, "drained") X(SUSPECTED, 2, "suspected") X(DOWN, 3, "down") \
	X(MAINTENANCE, 4, "maintenance")
/* clang-format on */

#define PARC_ENUM_NAME(prefix, name) PARC_##prefix##_##name
#define X(name, number, text)	     PARC_CLASS_##name = number,
enum parc_class { PARC_CLASS_MAP(X) };
#undef X
#define X(name, number, text) PARC_LEVEL_##name = number,
enum parc_level { PARC_LEVEL_MAP(X) };
#undef X
#define X(name, number, text) PARC_STRENGTH_##name = number,
enum parc_strength { PARC_STRENGTH_MAP(X) };
#undef X
#define X(name, number, text) PARC_RULE_##name = number,
enum parc_rule { PARC_RULE_MAP(X) };
#undef X
#define X(name, number, text) PARC_PLACE_##name = number,
enum parc_place { PARC_PLACE_MAP(X) };
#undef X
#define X(name, number, text) PARC_ORDER_##name = number,
enum parc_order { PARC_ORDER_MAP(X) };
#undef X
#define X(name, number, text) PARC_BACKFILL_##name = number,
enum parc_backfill { PARC_BACKFILL_MAP(X) };
#undef X
#define X(name, number, text) PARC_RESULT_##name = number,
enum parc_result { PARC_RESULT_MAP(X) PARC_RESULT_COUNT };
#undef X
#define X(name, number, text) PARC_SPEED_##name = number,
enum parc_speed { PARC_SPEED_MAP(X) }; /* where a speed is from, the weakest first */
#undef X
#define X(name, number, text) PARC_JOB_##name = number,
enum parc_job_state { PARC_JOB_STATE_MAP(X) };
#undef X
#define X(name, number, text) PARC_NODE_##name = number,
enum parc_node_state { PARC_NODE_STATE_MAP(X) };
#undef X

/* Where each thousandth of a device is at each moment (DESIGN: the ledger closes). The free
 * part accrues as `unattributed` and is moved to its causes when an epoch closes. */
/* clang-format off */
#define PARC_LEDGER_MAP(X) \
	X(DOWN_FAILED, 0, "down.failed") X(DOWN_SUSPECTED, 1, "down.suspected") \
	X(DOWN_DRAINED, 2, "down.drained") X(DOWN_MAINTENANCE, 3, "down.maintenance") \
	X(FOREIGN, 4, "foreign") X(FREE_UNATTRIBUTED, 5, "unallocated.unattributed") \
	X(FREE_NO_DEMAND, 6, "unallocated.no_demand") X(FREE_QUOTA, 7, "unallocated.quota") \
	X(FREE_NO_CHIP, 8, "unallocated.no_chip") \
	X(STRANDED_SHARE, 9, "unallocated.stranded.share") \
	X(STRANDED_CPU, 10, "unallocated.stranded.cpu") \
	X(STRANDED_MEMORY, 11, "unallocated.stranded.memory") \
	X(STRANDED_CLOSENESS, 12, "unallocated.stranded.closeness") \
	X(STRANDED_MODE, 13, "unallocated.stranded.mode") X(FREE_HELD, 14, "unallocated.held") \
	X(STARTING, 15, "allocated.starting") X(BUSY, 16, "allocated.busy") \
	X(IDLE, 17, "allocated.idle") X(UNMEASURED, 18, "allocated.unmeasured") \
	X(STOPPING, 19, "allocated.stopping") X(LOST, 20, "allocated.lost")
/* clang-format on */
#define PARC_LEDGER_COUNT 21

#define X(name, number, text) PARC_LEDGER_##name = number,
enum parc_ledger { PARC_LEDGER_MAP(X) };
#undef X

/* The text of each table's entry; "?" for a number outside it. */
const char *parc_class_name(int number);
const char *parc_level_name(int number);
const char *parc_strength_name(int number);
const char *parc_rule_name(int number);
const char *parc_place_name(int number);
const char *parc_order_name(int number);
const char *parc_backfill_name(int number);
const char *parc_result_name(int number);
const char *parc_speed_name(int number);
const char *parc_job_state_name(int number);
const char *parc_node_state_name(int number);
const char *parc_ledger_name(int number);

PARC_C_END

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What operators set: chips, tenants, the policy. Each is replaced whole by its event.
 */
#ifndef PARC_SETTING_H
#define PARC_SETTING_H

#include "parc/types.h"

PARC_C_BEGIN

/* One partition template of a chip (MIG profile, vNPU template). */
struct parc_template {
	int32_t share_milli; /* booked for one instance, 1..1000 */
	int32_t memory_mib;  /* device memory of one instance */
	int32_t slots;	     /* consecutive slots it takes, 1..PARC_SLOTS_MAX */
	uint32_t starts;     /* bit i: it may begin at slot i */
};

struct parc_chip {	     /* CHIP_SET: new or changed catalogue entry, by index */
	int32_t chip;	     /* 0..PARC_CHIPS_MAX-1 */
	int32_t rule;	     /* enum parc_rule; CORES: the node's cores are the pool */
	int32_t memory_mib;  /* of one device */
	int32_t step_milli;  /* SCALAR: a share is rounded up to a multiple of this, 1..1000 */
	int32_t rate_milli;  /* accounting rate, reference chip = 1000 */
	int32_t runtime;     /* software family, so that a CUDA-only job stays on CUDA */
	int32_t unit;	     /* devices come in aligned units of so many (910C: 2), 1.. */
	uint32_t counts;     /* bit n-1: a task may take n whole devices; 0: any number */
	uint8_t one_user;    /* a shared device serves one user at a time (MPS) */
	uint8_t within_link; /* devices of one task stay in one link group if they can (P800) */
	int32_t slots;	     /* TEMPLATES: slots of one device */
	int32_t templates_count;
	int64_t mode_cost_us; /* to change a device's partition mode */
	struct parc_template templates[PARC_TEMPLATES_MAX];
	int32_t speed_milli[4]; /* per enum parc_class; 0: unknown */
	int64_t price_micro[4]; /* money per device-hour and product; nothing reads it yet */
};

#define PARC_TENANTS_DEEP 16		     /* tenants above each other */
#define PARC_NORMAL_MAX	  (INT64_C(1) << 40) /* normalised thousandths of devices */

#define PARC_GUARANTEES_MAX 4 /* of one tenant */

struct parc_guarantee {
	int64_t milli;	/* normalised thousandths of devices; 0: there is none in this place */
	uint64_t chips; /* that can fulfil it, a bit each; 0: all */
};

struct parc_tenant {		/* TENANT_SET: new or changed; a tree by parent */
	int64_t tenant, parent; /* parent PARC_NONE: below the root */
	int32_t weight;		/* part of what is left, 1.. */
	/* No chip can fulfil two of them: what is held of it counts against one. */
	struct parc_guarantee guarantees[PARC_GUARANTEES_MAX];
	int64_t limit_milli;	       /* cap on all that is held, in the same unit; 0: none */
	int64_t jobs_max, pending_max; /* caps; 0: none */
	int64_t budget_micro;	       /* money; 0: none */
	int32_t price_plan;
};

/* Can any of these chips, a bit each, fulfil the guarantee? Not one that is none. */
int parc_guarantee_meets(const struct parc_guarantee *it, uint64_t chips);

/* The place of the first guarantee that any of these chips can fulfil (0: of all chips any); -1:
 * there is none. Of one handed down, that is the one that it is a part of. */
int32_t parc_guarantee_find(const struct parc_tenant *set, uint64_t chips);

/* All that a tenant is guaranteed, and the chips that can fulfil some of it (0: all, or none). */
struct parc_guarantee parc_guarantee_sum(const struct parc_tenant *set);

/* The places of two guarantees that one chip can fulfil, and the least such chip. Returns 1, or 0
 * when there are no two, and nothing is set. */
int parc_guarantees_clash(const struct parc_tenant *set, int32_t places[2], int32_t *chip);

#define PARC_IDLE_MAP(X)      X(WARN, 0, "warn") X(SHRINK, 1, "shrink") X(STOP, 2, "stop")
#define X(name, number, text) PARC_IDLE_##name = number,
enum parc_idle { PARC_IDLE_MAP(X) };
#undef X
const char *parc_idle_name(int number);

/* clang-format off */
/* Who gives way first: who loses least, who started last, or whose turn is last. */
#define PARC_VICTIMS_MAP(X) X(LOST, 0, "lost") X(YOUNGEST, 1, "youngest") X(LOWEST, 2, "lowest")
/* Who may use what is guaranteed to others and idle: all, what can be told to stop, or nobody. */
#define PARC_LEND_MAP(X) X(ALL, 0, "all") X(PREEMPTIBLE, 1, "preemptible") X(NONE, 2, "none")
/* clang-format on */
#define X(name, number, text) PARC_VICTIMS_##name = number,
enum parc_victims { PARC_VICTIMS_MAP(X) };
#undef X
#define X(name, number, text) PARC_LEND_##name = number,
enum parc_lend { PARC_LEND_MAP(X) };
#undef X

/* The text of an entry; "?" for a number outside the table. */
const char *parc_victims_name(int number);
const char *parc_lend_name(int number);

struct parc_policy {	      /* POLICY_SET: replaces the policy whole */
	int32_t place;	      /* enum parc_place */
	int32_t order;	      /* enum parc_order, within a tier */
	int32_t backfill;     /* enum parc_backfill */
	int32_t reserve_max;  /* CONSERVATIVE: waiting jobs that get a reservation; 0: 64 */
	uint64_t seed;	      /* of the core's generator; 0: leave it as it is */
	int64_t age_us;	      /* FIFO: so long a wait is worth one tier; 0: tiers are strict */
	int64_t epoch_us;     /* fair share and attribution, 1 s..60 s */
	int64_t grace_us;     /* between the signal and the kill */
	int64_t half_life_us; /* of fair share */
	int32_t requeue_max;  /* attempts after a loss; 0: none */
	int32_t preempt;      /* EASY, CONSERVATIVE: 1: the first that waits may take the place of
			       * others, by `rights` or, in order ATTAINED, of a higher level */
	int32_t reclaim;      /* the same: 1: within its guarantee, of what others borrowed */
	int32_t victims;      /* enum parc_victims */
	int32_t lend;	      /* enum parc_lend */
	uint16_t rights[PARC_TIERS_MAX]; /* tiers that each may take the place of, a bit each; all
					  * are lower ones. All 0: each of every lower tier */
	int64_t run_min_us;		 /* nobody gives way before he has run so long ... */
	int64_t reclaim_us;    /* ... or, for what he borrowed, so long, if that is less */
	int32_t trial_max;     /* starts of a kind on a chip where its speed is unknown; 0: none */
	int64_t round_us;      /* DEAL: so often the fleet is dealt anew; 0: at any event */
	int64_t move_us;       /* DEAL: what a move costs the job that is moved */
	int32_t pairs;	       /* DEAL: 1: two jobs may share devices where that is worth it */
	int32_t reserved[3];   /* 0: for later */
	int64_t idle_us;       /* so long idle is warned; 0: nobody looks at it */
	int64_t idle_grace_us; /* from the warning until idle_act */
	int32_t idle_milli;    /* busy part of what it holds, up to which it is idle */
	int32_t idle_act;      /* enum parc_idle */
	int32_t pack_margin_milli; /* of a device, above the measured use; 0: nothing is packed */
	int64_t shrink_us;	   /* so long a service keeps replicas that it needed; 0: 5 min */
};

/* WINDOW_SET: nodes, or an amount of devices of a chip, that are kept for somebody or taken out of
 * service for a time. */
#define PARC_WINDOWS_MAX      64
#define PARC_WINDOW_NODES_MAX 4096

struct parc_window {
	int64_t window;		  /* its id */
	int64_t start_us, end_us; /* end after start and after now; a start in the past is now */
	int64_t tenant, user;	  /* who may use it: the tenant and all below it, the user */
	uint8_t maintenance;	  /* 1: nobody may, and its nodes leave service meanwhile */
	int32_t nodes_count;	  /* 0: `devices` of `chip`, of nodes that the core chooses */
	const int64_t *nodes;	  /* ascending */
	int32_t chip, devices;
};

PARC_C_END

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The core's state: tables of records (model.h), a few words beside them, and what is derived
 * from both. Derived parts (marked so) are rebuilt after decoding and never encoded; a decision
 * must come out the same whether they are warm or just rebuilt.
 */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "base/idmap.h"
#include "base/ranking.h"
#include "base/table.h"
#include "core/model.h"
#include "core/model_job.h"
#include "core/model_queue.h"
#include "core/model_service.h"
#include "core/model_tenant.h"

#define KINDS_MAX    4096 /* distinct empty nodes of one fleet */
#define PLEDGES_MAX  32	  /* sets of chips that guarantees name; more count as all chips */
#define LINE_SHELVES (PARC_NODE_DEVICES_MAX + 2) /* no device, a share, 1.. whole devices */

struct ledger {
	int64_t rate[PARC_LEDGER_COUNT];    /* thousandths of devices in it now */
	__int128 offset[PARC_LEDGER_COUNT]; /* integral so far = rate x time - offset */
};

/* Why what is free is free (attribution.h). */
struct attribution {
	int64_t due_us; /* when the epoch closes; PARC_NEVER: it need not, or there are none */
	__int128 kept;	/* of the unattributed: from when there were no epochs */
	int32_t open;	/* what is free has no cause yet, not even the one of the last epoch */
	/* derived */
	int32_t noted;	      /* the queue or a rule changed in this step */
	int64_t stamp_before; /* as the step began */
	int32_t *nodes;	      /* room for the nodes that have something free */
};

struct index;  /* derived: classes of nodes and the best of them for each ask (index.h) */
struct close;  /* derived: how many tasks fit in each place (close.h) */
struct deal;   /* derived: room for a deal of the fleet (deal.h) */
struct policy; /* derived: what the placement policy keeps for itself (policy.h) */

struct parc_core {
	struct parc_limits limits;
	uint64_t random;
	int64_t time_us, stamp, orders; /* now; node changes; jobs ever queued */
	int64_t last_job, last_node, last_place, last_allocation;
	int64_t decisions, steps;
	int64_t round_at_us;		/* when this round was first looked at (deal.h) */
	int32_t scores[PARC_CHIPS_MAX]; /* how scarce a chip is, 1000: not; 0: not yet said */
	int32_t unfinished;		/* a step ran out of room for actions; the next goes on */
	struct parc_policy rules;
	struct parc_chip chips[PARC_CHIPS_MAX]; /* memory etc.; rate 0: not set */
	uint64_t chips_known, cores_chips;	/* a bit each; of rule CORES */
	struct thresholds cpu, memory, device_memory;
	struct ledger ledger;
	struct integral capacity; /* of all nodes, counted apart from the ledger */
	struct attribution attribution;
	struct usage chip_usage[PARC_CHIPS_MAX];
	struct integral chip_capacity[PARC_CHIPS_MAX];
	struct usage unnamed; /* of jobs without a tenant */
	int64_t fair_us;      /* end of the last epoch of fair share; 0: none yet */
	struct parc_profile_entry *profile;
	int32_t profile_count;		  /* 0: the profile is learnt */
	int64_t tasks_seen, profile_next; /* tasks submitted; when it is next learnt */
	struct speed *speeds;		  /* no order; what was learnt longest ago makes room */
	int32_t speeds_count, speeds_max;
	int64_t speeds_order; /* changes so far */
	struct table nodes_table, places_table, jobs_table, tasks_table;
	struct table shapes_table, tenants_table, groups_table, variants_table, depends_table;
	struct table reservations_table, holds_table, services_table, specs_table, closures_table;
	struct node *nodes;
	struct device *devices; /* of node slot n: limits.node_devices from n on */
	struct beset *besets;	/* of each of these */
	struct place *places;
	struct job *jobs;
	struct spec *specs;
	struct group *groups;
	struct variant *variants;
	struct depend *depends;
	struct allocation *allocations;
	struct task *tasks;
	struct shape *shapes;
	struct tenant *tenants;
	struct reservation *reservations;
	struct hold *holds;
	struct service *services;
	struct idle_list {
		int32_t first, last;
	} idles[2]; /* derived: idle allocations, not warned and warned */
	struct closure *closures;
	int64_t last_window, last_replica; /* the highest ids that were used */
	struct use *uses;
	int32_t uses_count, uses_max;

	/* derived */
	struct idmap node_ids, place_ids, job_ids, allocation_ids, tenant_ids, array_ids;
	struct table arrays_table;
	struct array *arrays;
	int32_t arrays_capped; /* of these those with a cap */
	int32_t *speed_buckets;
	uint32_t speed_mask;
	int32_t speeds_set;	 /* of these the operator's */
	uint64_t chips_paced[4]; /* chips with a speed, by class */
	uint64_t chips_here;	 /* chips of which the fleet has devices */
	int32_t *shape_buckets, *spec_buckets;
	struct guess *spec_guesses; /* specs that were submitted lately (spec.c) */
	uint32_t shape_mask, spec_mask;
	struct kind *kinds;
	int32_t kinds_count;
	struct line *lines;
	struct table lines_table, strands_table, bundles_table;
	int32_t ruled;	  /* tenants with a rule of their own: a guarantee, a limit, a cap */
	int32_t stranded; /* 1: strands tell tenants apart: some have rules, or shares are fair */
	struct strand *strands;
	struct bundle *bundles;
	int32_t *strand_buckets, *bundle_buckets;
	uint32_t strand_mask;
	uint64_t *strand_marks;	     /* kinds, while they are counted: twice as many as buckets */
	struct ranking strand_turns; /* within bundle or gate */
	struct ranking bundle_turns; /* in line */
	int32_t strands_stale;	     /* first whose first job is said to lack room; -1: none */
	struct pledge pledges[PLEDGES_MAX];
	int32_t pledges_count;
	int32_t pledge_freed;  /* a pledge was used up: it keeps nobody back any more */
	int32_t pledge_root;   /* strands that may not take what is pledged */
	int32_t gates_changed; /* first tenant whose gates may have got room; -1: none */
	int32_t *fair_list;    /* room to sort tenants */
	/* A job stands in one ranking at a time: within its line or array while it waits, by
	 * expected end while it runs (value: when its time limit ends), in the chain of the
	 * endless, by id, while it runs with neither. Lines stand by turn. */
	struct ranking waiting, turns;
	int32_t turns_root, ends_root;
	struct chain endless;
	struct idmap use_ids;
	const struct parc_window *closure_set; /* within a step: the one to be placed */
	int32_t closures_noted;		   /* a step had no room to stop all that is in the way */
	int32_t pack_noted;		   /* a measured use or the margin changed in this step */
	int32_t pairs_noted, looks;	   /* in this step a pair parted; recalls are sought */
	struct ranking dues;		   /* services by when they are to be looked at */
	int32_t dues_root, services_noted; /* first of those to be looked at in this step */
	int32_t reserved, recalls;	   /* reservations of jobs; of these recalls (recall.h) */
	int32_t fleet_changed; /* in this step a node or device came, went or changed its state */
	int32_t disrupted; /* in this step something happened that no reservation reckoned with */
	int64_t chip_kept[PARC_CHIPS_MAX]; /* of the free ones those kept for reservations */
	int32_t *movables, movables_count, movables_max; /* who may give way (preempt.c) */
	int32_t *releases, *touched; /* tasks that a plan gives back; their nodes */
	struct node_undo *files;     /* as these were filed before a try */
	struct node_undo *lifts;     /* nodes whose holds are lifted for a try */
	int32_t releases_count, releases_max, touched_count, files_count, lifts_count, plan_over;
	int32_t *line_buckets;
	struct line_note *line_notes; /* what specs give to keys (line.c) */
	uint32_t line_mask;
	int32_t shelves[LINE_SHELVES]; /* blocked lines by what they need */
	int32_t shapes_idle;	       /* shapes that no job has */
	int64_t kinds_version;
	int32_t *freed, freed_count, freed_all; /* nodes on which this step freed something */
	int64_t chip_free[PARC_CHIPS_MAX], chip_total[PARC_CHIPS_MAX], chip_whole[PARC_CHIPS_MAX];
	int64_t chip_claimed[PARC_CHIPS_MAX]; /* of what is free; 0 but while a deal stops work */
	int64_t cores_free;		      /* thousandths, on all nodes that are up */
	uint64_t digest;
	int32_t undigested; /* within a step: 1 + the job that is not yet in it as it is; 0: none */
	int32_t score_epochs;		   /* that ended before this step (score.h) */
	int64_t pending, limited, running; /* jobs in lines; stopped by a full table; that run */
	int32_t run_slot;		   /* within a step: the allocation that the event is of */
	int32_t orphans; /* first pending job whose dependency cannot come true; to be ended */
	struct index *index;
	struct close *close;
	struct deal *deal;
	uint64_t plan_only; /* while a plan is made: on these chips alone; 0: on all */
	int32_t plan_soon;  /* likewise: 1: it must hold from now on */
	struct policy *policy;
	struct parc_action *actions;
	struct parc_placement *placements;
	struct node_undo *undos; /* of each placement of the plan being made */
	int32_t actions_count, actions_max, placements_count, placements_max;
	int on_heap;
};

#endif

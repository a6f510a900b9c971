/* SPDX-License-Identifier: Apache-2.0 */
#include "core/usage.h"

#include "core/ledger.h"
#include "core/spec.h"
#include "core/tree.h"

/* Where the usage of a job is summed: its tenant, or that of jobs without one. */
static struct usage *usage_of(struct parc_core *core, int32_t job)
{
	int32_t tenant = job_spec(core, job)->tenant;

	return tenant < 0 ? &core->unnamed : &core->tenants[tenant].usage;
}

/* Whose usage is booked: the tenant's slot, and where it is summed; NULL: in the tree alone. */
struct account {
	int32_t tenant;
	struct usage *usage;
};

static void usage_add(struct parc_core *core, const struct account *account, int32_t chip,
		      int64_t milli)
{
	int64_t normal = milli * core->chips[chip].rate_milli;

	if (account->usage == NULL) {
		tree_add_normal(core, account->tenant, chip, normal);
		return;
	}
	integral_add(core, &account->usage->held, milli);
	integral_add(core, &account->usage->normal, normal);
	integral_add(core, &core->chip_usage[chip].held, milli);
	integral_add(core, &core->chip_usage[chip].normal, normal);
	tree_add_normal(core, account->tenant, chip, normal);
}

/* The chip of a task's devices, which lie in one pool. */
static int32_t devices_chip(const struct node *node, uint32_t devices)
{
	int32_t p = 0, device = __builtin_ctz(devices);

	while (device >= node->pools[p].first + node->pools[p].count)
		p++;
	return node->pools[p].chip;
}

/* What a task, or tasks in a row, hold on one chip. */
struct run {
	int32_t chip;
	int64_t milli;
};

static struct run devices_of(const struct node *node, const struct task *task)
{
	if (task->devices == 0)
		return (struct run){0};
	return (struct run){devices_chip(node, task->devices),
			    (int64_t)task->share_milli * __builtin_popcount(task->devices)};
}

static struct run cores_of(const struct node *node, const struct task *task)
{
	if (node->cores_pool < 0)
		return (struct run){0};
	return (struct run){node->pools[node->cores_pool].chip, task->cpu_milli};
}

static void run_end(struct parc_core *core, const struct account *account, struct run run, int sign)
{
	if (run.milli > 0)
		usage_add(core, account, run.chip, sign * run.milli);
}

static void run_add(struct parc_core *core, const struct account *account, struct run *run,
		    struct run more, int sign)
{
	if (more.milli > 0 && run->chip != more.chip) {
		run_end(core, account, *run, sign);
		*run = (struct run){.chip = more.chip};
	}
	run->milli += more.milli;
}

static void account_book(struct parc_core *core, const struct account *account, int32_t slot,
			 int sign)
{
	struct run devices, cores;
	int32_t t = core->allocations[slot].tasks;
	const struct task *task = &core->tasks[t < 0 ? 0 : t];
	const struct node *node = &core->nodes[task->node];

	if (t < 0)
		return;
	devices = devices_of(node, task);
	cores = cores_of(node, task);
	for (t = task->next; t >= 0; t = core->tasks[t].next) {
		task = &core->tasks[t];
		node = &core->nodes[task->node];
		run_add(core, account, &devices, devices_of(node, task), sign);
		run_add(core, account, &cores, cores_of(node, task), sign);
	}
	run_end(core, account, devices, sign);
	run_end(core, account, cores, sign);
}

void usage_book(struct parc_core *core, int32_t slot, int sign)
{
	int32_t job = slot;
	struct account account = {job_spec(core, job)->tenant, usage_of(core, job)};

	account_book(core, &account, slot, sign);
}

void usage_count(struct parc_core *core, int32_t slot)
{
	struct account account = {job_spec(core, slot)->tenant, NULL};

	account_book(core, &account, slot, 1);
}

void usage_book_all(struct parc_core *core, int sign)
{
	for (int32_t i = 0; i < core->jobs_table.high; i++)
		if (allocation_is_live(core, i))
			usage_book(core, i, sign);
}

static void usage_give(const struct parc_core *core, const struct usage *it,
		       struct parc_usage *usage)
{
	usage->held = integral_now(core, &it->held);
	usage->normal = integral_now(core, &it->normal);
	usage->held_milli = it->held.rate;
}

int parc_tenant_usage(const struct parc_core *core, int64_t tenant, struct parc_usage *usage)
{
	int32_t slot = tenant == PARC_NONE ? -1 : idmap_find(&core->tenant_ids, tenant);

	if (tenant != PARC_NONE && slot < 0)
		return PARC_ERR_UNKNOWN;
	usage_give(core, slot < 0 ? &core->unnamed : &core->tenants[slot].usage, usage);
	usage->capacity = parc_ledger_capacity(core);
	return 0;
}

int parc_chip_usage(const struct parc_core *core, int32_t chip, struct parc_usage *usage)
{
	if (chip < 0 || chip >= PARC_CHIPS_MAX || !(core->chips_known >> chip & 1))
		return PARC_ERR_UNKNOWN;
	usage_give(core, &core->chip_usage[chip], usage);
	usage->capacity = integral_now(core, &core->chip_capacity[chip]);
	return 0;
}

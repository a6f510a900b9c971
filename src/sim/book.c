/* SPDX-License-Identifier: Apache-2.0
 *
 * The second book. Devices of all nodes lie in one array, a node's in the order of its pools
 * without those of cores; node ids of a fleet are index + 1. A start and an end cost one visit of
 * each device they hold.
 */
#include "sim/book.h"

#include <stdlib.h>

#include "base/assert.h"

static int is_cores(const struct fleet *fleet, int32_t chip)
{
	return fleet->chips[chip].chip.rule == PARC_RULE_CORES;
}

static int32_t bin_of(int32_t used_milli)
{
	return (PARC_SHARE_WHOLE - used_milli + 99) / 100;
}

static void add_node(struct book *book, int32_t node)
{
	const struct parc_node_add *add = &book->fleet->nodes[node].add;
	int32_t device = book->first_device[node];
	book->cores_chip[node] = -1;
	for (int32_t p = 0; p < add->pools_count; p++) {
		int32_t chip = add->pools[p].chip;
		if (is_cores(book->fleet, chip)) {
			book->cores_chip[node] = chip;
			book->capacity_milli += add->cpu_milli;
			continue;
		}
		for (int32_t i = 0; i < add->pools[p].devices; i++)
			book->device_chip[device++] = (uint8_t)chip;
	}
	int64_t devices = device - book->first_device[node];
	book->capacity_milli += devices * PARC_SHARE_WHOLE;
	book->free_bins[BOOK_FREE_BINS - 1] += devices;
	book->first_device[node + 1] = device;
}

int book_init(struct book *book, const struct fleet *fleet, struct parc_err *err)
{
	size_t nodes = (size_t)fleet->nodes_count + 1, devices = (size_t)fleet->devices + 1;
	*book = (struct book){.fleet = fleet, .tasks_free = -1};
	book->first_device = calloc(nodes, sizeof(*book->first_device));
	book->cores_chip = calloc(nodes, sizeof(*book->cores_chip));
	book->device_chip = calloc(devices, sizeof(*book->device_chip));
	book->used_milli = calloc(devices, sizeof(*book->used_milli));
	book->out = calloc(devices, sizeof(*book->out));
	if (!book->first_device || !book->cores_chip || !book->device_chip || !book->used_milli ||
	    !book->out) {
		book_deinit(book);
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the second book");
	}
	for (int32_t i = 0; i < fleet->nodes_count; i++)
		add_node(book, i);
	return 0;
}

void book_deinit(struct book *book)
{
	free(book->first_device);
	free(book->cores_chip);
	free(book->device_chip);
	free(book->used_milli);
	free(book->out);
	free(book->tasks);
	*book = (struct book){0};
}

static int take_task(struct book *book, int32_t *slot, struct parc_err *err)
{
	if (book->tasks_free >= 0) {
		*slot = book->tasks_free;
		book->tasks_free = book->tasks[*slot].next;
		return 0;
	}
	if (book->tasks_count == book->tasks_size) {
		int32_t size = book->tasks_size ? book->tasks_size * 2 : 1024;
		struct book_task *tasks = realloc(book->tasks, (size_t)size * sizeof(*tasks));
		if (!tasks)
			return parc_err_set(err, PARC_ERR_MEMORY, "no memory for running tasks");
		book->tasks = tasks;
		book->tasks_size = size;
	}
	*slot = book->tasks_count++;
	return 0;
}

/* Book a share on a device or take it back. */
static void change_device(struct book *book, int32_t device, int32_t share_milli)
{
	int counts = book->out[device] == 0;
	book->free_bins[bin_of(book->used_milli[device])] -= counts;
	book->used_milli[device] = (int16_t)(book->used_milli[device] + share_milli);
	book->free_bins[bin_of(book->used_milli[device])] += counts;
}

static int start_device(struct book *book, const struct parc_placement *placement, int32_t device,
			struct book_entry *entry, struct parc_err *err)
{
	if (device >= (int32_t)book->fleet->devices || book->out[device] ||
	    book->used_milli[device] + placement->share_milli > PARC_SHARE_WHOLE)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "the core starts %d/1000 on a device of node %lld that is %s",
				    placement->share_milli, (long long)placement->node,
				    book->out[device] ? "out of order" : "too full for it");
	change_device(book, device, placement->share_milli);
	const struct parc_chip *chip = &book->fleet->chips[book->device_chip[device]].chip;
	entry->held_milli += placement->share_milli;
	entry->rated_milli += (int64_t)placement->share_milli * chip->rate_milli;
	return 0;
}

/* `variant` is the placement's. */
static void note_speed(const struct book *book, int32_t chip, const struct book_pace *pace,
		       int32_t variant, struct book_entry *entry)
{
	int32_t speed = 0;
	entry->chips |= UINT64_C(1) << chip;
	if (pace->truth)
		speed = truth_speed(pace->truth, pace->kind, chip, pace->draw);
	if (speed == 0 && variant >= 0 && variant < pace->variants_count)
		speed = pace->variants[variant].speed_milli;
	if (speed == 0)
		speed = book->fleet->chips[chip].chip.speed_milli[pace->work_class];
	if (speed == 0)
		speed = PARC_SHARE_WHOLE;
	if (entry->speed_milli == 0 || speed < entry->speed_milli)
		entry->speed_milli = speed;
}

static int start_task(struct book *book, const struct parc_placement *placement,
		      const struct book_pace *pace, struct book_entry *entry, struct parc_err *err)
{
	int32_t node = (int32_t)placement->node - 1, slot = -1;
	ASSERT(node >= 0 && node < book->fleet->nodes_count);
	int code = take_task(book, &slot, err);
	if (code)
		return code;
	book->tasks[slot] = (struct book_task){.node = node,
					       .next = entry->tasks,
					       .share_milli = placement->share_milli,
					       .devices = placement->devices};
	entry->tasks = slot;
	if (placement->devices)
		note_speed(book,
			   book->device_chip[book->first_device[node] +
					     __builtin_ctz(placement->devices)],
			   pace, placement->variant, entry);
	for (uint32_t left = placement->devices; left && !code; left &= left - 1)
		code = start_device(book, placement, book->first_device[node] + __builtin_ctz(left),
				    entry, err);
	int32_t cores = book->cores_chip[node];
	if (code || cores < 0)
		return code;
	entry->held_milli += placement->cpu_milli;
	entry->rated_milli +=
		(int64_t)placement->cpu_milli * book->fleet->chips[cores].chip.rate_milli;
	if (!placement->devices)
		note_speed(book, cores, pace, placement->variant, entry);
	return 0;
}

int book_start(struct book *book, const struct parc_action *start, int64_t now_us,
	       const struct book_pace *pace, struct book_entry *entry, struct parc_err *err)
{
	int code = 0;
	*entry = (struct book_entry){.start_us = now_us, .tasks = -1};
	for (int32_t i = 0; i < start->start.count && !code; i++)
		code = start_task(book, &start->start.placements[i], pace, entry, err);
	if (entry->speed_milli == 0)
		entry->speed_milli = PARC_SHARE_WHOLE;
	return code;
}

/* What it has held so far is booked; it goes on from here. */
static void settle(struct book *book, struct book_entry *entry, int64_t now_us)
{
	int64_t took_us = now_us - entry->start_us;

	book->allocated += (__int128)entry->held_milli * took_us;
	book->rated += (__int128)entry->rated_milli * took_us;
	entry->start_us = now_us;
}

int book_rebook(struct book *book, struct book_entry *entry, int32_t share_milli, int64_t now_us,
		struct parc_err *err)
{
	settle(book, entry, now_us);
	for (int32_t t = entry->tasks; t >= 0; t = book->tasks[t].next) {
		struct book_task *task = &book->tasks[t];
		int32_t more = share_milli - task->share_milli;

		for (uint32_t left = task->devices; left; left &= left - 1) {
			int32_t device = book->first_device[task->node] + __builtin_ctz(left);
			int32_t chip = book->device_chip[device];

			if (book->used_milli[device] + more > PARC_SHARE_WHOLE)
				return parc_err_set(err, PARC_ERR_MISMATCH,
						    "the core books %d/1000 on a device that is "
						    "too full for it",
						    share_milli);
			change_device(book, device, more);
			entry->held_milli += more;
			entry->rated_milli +=
				(int64_t)more * book->fleet->chips[chip].chip.rate_milli;
		}
		task->share_milli = task->devices ? share_milli : task->share_milli;
	}
	return 0;
}

void book_end(struct book *book, struct book_entry *entry, int64_t now_us)
{
	settle(book, entry, now_us);
	while (entry->tasks >= 0) {
		int32_t slot = entry->tasks;
		struct book_task *task = &book->tasks[slot];
		for (uint32_t left = task->devices; left; left &= left - 1)
			change_device(book, book->first_device[task->node] + __builtin_ctz(left),
				      -task->share_milli);
		entry->tasks = task->next;
		task->next = book->tasks_free;
		book->tasks_free = slot;
	}
}

void book_set_out(struct book *book, int32_t node, int32_t device, int change)
{
	int32_t first = book->first_device[node] + (device < 0 ? 0 : device);
	int32_t last = device < 0 ? book->first_device[node + 1] - 1 : first;
	for (int32_t i = first; i <= last; i++) {
		int32_t bin = bin_of(book->used_milli[i]);
		book->free_bins[bin] -= book->out[i] == 0;
		book->out[i] = (uint8_t)(book->out[i] + change);
		book->free_bins[bin] += book->out[i] == 0;
	}
}

int book_touches(const struct book *book, const struct book_entry *entry, int32_t node,
		 int32_t device)
{
	for (int32_t t = entry->tasks; t >= 0; t = book->tasks[t].next)
		if (book->tasks[t].node == node &&
		    (device < 0 || book->tasks[t].devices >> device & 1))
			return 1;
	return 0;
}

int book_compare(const struct book *book, const struct parc_core *core, int64_t now_us,
		 struct parc_err *err)
{
	__int128 allocated = 0, capacity = (__int128)book->capacity_milli * now_us;
	for (int i = PARC_LEDGER_STARTING; i <= PARC_LEDGER_LOST; i++)
		allocated += parc_ledger(core, (enum parc_ledger)i);
	if (allocated != book->allocated)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "the ledger has %.6f allocated device-hours, the starts and "
				    "ends of the run give %.6f",
				    (double)allocated / 3.6e12, (double)book->allocated / 3.6e12);
	if (parc_ledger_capacity(core) != capacity)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "the ledger has %.6f device-hours of capacity, the fleet %.6f",
				    (double)parc_ledger_capacity(core) / 3.6e12,
				    (double)capacity / 3.6e12);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What `parc top` shows: devices, the queue and the latest events, laid out for a window of any
 * size, or for paper. It is asked for in one go, and laid out as often as one likes.
 */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include "cli/frame.h"
#include "cli/live.h"

#define SCREEN_JOBS_MAX	  1000
#define SCREEN_TENANT_MAX 63

/* Orders of the queue: name, what it is for people. */
/* clang-format off */
#define SCREEN_SORTS(X) \
	X(age, "oldest first") X(since, "longest in its state first") X(state, "by state") \
	X(tenant, "by tenant") X(user, "by user") X(name, "by name")
/* clang-format on */

#define X(name, text) SCREEN_SORT_##name,
enum screen_sort { SCREEN_SORTS(X) SCREEN_SORTS_COUNT };
#undef X

const char *screen_sort_name(int sort);

struct screen_view {
	int lines, columns; /* of the window; lines 0: as many as it takes */
	int sort, is_reversed, is_paused, is_help;
	int top;			    /* jobs above the first that is shown */
	int page;			    /* set: how many are shown */
	char tenant[SCREEN_TENANT_MAX + 1]; /* only of this one; "": of all */
	const char *notice;		    /* a sentence for the last line, or NULL: the keys */
};

struct screen_data {
	json_t *fleet, *jobs, *events; /* answers of the daemon */
	int64_t taken_us;
};

/* Ask the daemon; what was there before stays when it fails. */
int screen_fetch(const struct live *live, const struct screen_view *view, struct screen_data *data,
		 struct parc_err *err);
void screen_data_deinit(struct screen_data *data);

/* Lay it out. Puts view->top into range and sets view->page. */
void screen_make(const struct screen_data *data, struct screen_view *view, struct frame *frame);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "support/script.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

void script_init(struct script *script)
{
	memset(script, 0, sizeof(*script));
}

void script_deinit(struct script *script)
{
	free(script->list);
	script_init(script);
}

void script_add(struct script *script, const struct entry *entry)
{
	if (script->count == script->room) {
		script->room = script->room * 2 + 64;
		script->list = realloc(script->list, (size_t)script->room * sizeof(*script->list));
		ASSERT(script->list != NULL);
	}
	script->list[script->count++] = *entry;
}

void script_cut(struct script *to, const struct script *from, int32_t first, int32_t count)
{
	to->count = 0;
	for (int32_t i = 0; i < from->count; i++)
		if (i < first || i >= first + count)
			script_add(to, &from->list[i]);
}

void entry_bind(struct entry *entry, const struct parc_core *core)
{
	struct parc_event *event = &entry->event;
	struct parc_job_info info;

	if (event->kind == PARC_EVENT_WINDOW_SET)
		event->window.nodes = entry->nodes;
	if (event->kind == PARC_EVENT_SUBMIT) {
		event->submit.groups = entry->groups;
		event->submit.variants = entry->variants;
		event->submit.depends = entry->depends;
	}
	if (event->kind == PARC_EVENT_PROFILE_SET)
		event->profile.entries = entry->profile;
	if (entry->run_job <= 0 || event->kind < PARC_EVENT_STARTED)
		return;
	if (parc_job_info(core, entry->run_job, &info) != 0)
		info = (struct parc_job_info){.allocation = PARC_NONE};
	event->run.allocation = info.allocation;
	event->run.attempt = info.attempt;
}

void script_print(const struct script *script, FILE *out)
{
	char text[ENTRY_TEXT_MAX];

	for (int32_t i = 0; i < script->count; i++)
		fprintf(out, "%s\n", entry_format(&script->list[i], text));
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Schemes by name. The text is cut at its marks from left to right; each part is looked up in the
 * core's own tables of names, so a scheme is new when the core's table has a new row.
 */
#include "sim/scheme.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "text/text.h"
#include "trace/policy_file.h"

struct scheme_word {
	const char *name;
	int32_t number;
};

/* clang-format off */
#define ORDER_WORD(name, number, text)		   {text, PARC_ORDER_##name},
#define BACKFILL_WORD(name, number, text)	   {text, PARC_BACKFILL_##name},
#define PLACE_WORD(name, number, text)		   {text, PARC_PLACE_##name},
#define LENGTHS_WORD(name, number, text, sentence) {text, SCHEME_LENGTHS_##name},
/* clang-format on */
static const struct scheme_word orders[] = {PARC_ORDER_MAP(ORDER_WORD){NULL, 0}};
static const struct scheme_word backfills[] = {PARC_BACKFILL_MAP(BACKFILL_WORD){NULL, 0}};
static const struct scheme_word places[] = {PARC_PLACE_MAP(PLACE_WORD){NULL, 0}};
static const struct scheme_word victims[] = {{"lost", PARC_VICTIMS_LOST},
					     {"youngest", PARC_VICTIMS_YOUNGEST},
					     {"lowest", PARC_VICTIMS_LOWEST},
					     {NULL, 0}};
static const struct scheme_word lenders[] = {{"all", PARC_LEND_ALL},
					     {"preemptible", PARC_LEND_PREEMPTIBLE},
					     {"nobody", PARC_LEND_NONE},
					     {NULL, 0}};
static const struct scheme_word lengths_words[] = {SCHEME_LENGTHS_MAP(LENGTHS_WORD){NULL, 0}};

/* What the command line offers by one word. */
static const struct {
	const char *name, *meaning;
} presets[] = {
	{"strict", "fifo+none"},
	{"easy", "fifo+easy"},
	{"conservative", "fifo+conservative"},
	{"tiers", "fifo:tiers"},
};

/* Devices in thousandths that a job of each tier asks for at most, the highest tier first; what
 * asks for more is in tier 0. */
static const int64_t tier_sizes_milli[] = {1000, 4000, 8000};

static const struct scheme_word *find_word(const struct scheme_word *words, const char *text,
					   size_t size)
{
	for (; words->name; words++)
		if (strlen(words->name) == size && memcmp(words->name, text, size) == 0)
			return words;
	return NULL;
}

int32_t scheme_find_lengths(const char *text)
{
	const struct scheme_word *word = find_word(lengths_words, text, strlen(text));
	return word ? word->number : -1;
}

const char *scheme_lengths_name(int32_t lengths)
{
	for (const struct scheme_word *word = lengths_words; word->name; word++)
		if (word->number == lengths)
			return word->name;
	return "?";
}

int32_t scheme_tier_of_size(int64_t demand_milli)
{
	int32_t count = (int32_t)(sizeof(tier_sizes_milli) / sizeof(tier_sizes_milli[0]));
	for (int32_t i = 0; i < count; i++)
		if (demand_milli <= tier_sizes_milli[i])
			return count - i;
	return 0;
}

static const struct scheme_word flags[] = {{"tiers", offsetof(struct scheme, sizes_are_tiers)},
					   {"preempt", offsetof(struct scheme, preempts)},
					   {"reclaim", offsetof(struct scheme, reclaims)},
					   {"fair", offsetof(struct scheme, is_fair)},
					   {NULL, 0}};

/* All that stands behind a colon; what is named first in messages stands first. */
static const struct scheme_word *const option_tables[] = {lengths_words, flags, victims, lenders,
							  NULL};

static int unknown_word(const char *what, const struct scheme_word *const *tables, const char *text,
			size_t size, struct parc_err *err)
{
	char list[160] = "";
	for (; *tables; tables++)
		for (const struct scheme_word *word = *tables; word->name; word++)
			text_list_add(list, sizeof(list), word->name);
	return parc_err_set(err, PARC_ERR_USAGE, "there is no %s '%.*s'; there are %s", what,
			    (int)(size < 40 ? size : 40), text, list);
}

/* 1 if it is a word of the table. */
static int set_known(int32_t *field, const struct scheme_word *words, const char *text, size_t size)
{
	const struct scheme_word *word = find_word(words, text, size);
	if (word)
		*field = word->number;
	return word != NULL;
}

static int set_word(int32_t *field, const char *what, const struct scheme_word *words,
		    const char *text, size_t size, struct parc_err *err)
{
	const struct scheme_word *const tables[] = {words, NULL};
	return set_known(field, words, text, size) ? 0
						   : unknown_word(what, tables, text, size, err);
}

static int set_flag(struct scheme *scheme, const char *text, size_t size)
{
	const struct scheme_word *word = find_word(flags, text, size);
	if (word)
		*((uint8_t *)scheme + word->number) = 1;
	return word != NULL;
}

/* One part behind its mark; mark 0: the first. */
static int set_part(struct scheme *scheme, char mark, const char *text, size_t size,
		    struct parc_err *err)
{
	switch (mark) {
	case '+':
		return set_word(&scheme->backfill, "backfill", backfills, text, size, err);
	case '@':
		return set_word(&scheme->place, "placement", places, text, size, err);
	case ':':
		if (set_flag(scheme, text, size) ||
		    set_known(&scheme->victims, victims, text, size) ||
		    set_known(&scheme->lend, lenders, text, size) ||
		    set_known(&scheme->lengths, lengths_words, text, size))
			return 0;
		return unknown_word("option", option_tables, text, size, err);
	default:
		return set_word(&scheme->order, "order", orders, text, size, err);
	}
}

static int parse_parts(struct scheme *scheme, const char *text, struct parc_err *err)
{
	char mark = '\0';
	for (;;) {
		size_t size = strcspn(text, "+@:");
		int code = set_part(scheme, mark, text, size, err);
		if (code || text[size] == '\0')
			return code;
		mark = text[size];
		text += size + 1;
	}
}

/* A word of the table of presets, and what stands behind it. */
static int parse_preset(struct scheme *scheme, const char *text, struct parc_err *err)
{
	size_t size = strcspn(text, "+@:");
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		if (strlen(presets[i].name) != size || memcmp(presets[i].name, text, size) != 0)
			continue;
		int code = parse_parts(scheme, presets[i].meaning, err);
		while (!code && text[size] != '\0') {
			char mark = text[size];
			text += size + 1;
			size = strcspn(text, "+@:");
			code = set_part(scheme, mark, text, size, err);
		}
		return code;
	}
	return parse_parts(scheme, text, err);
}

/* An option that the other parts leave without effect is refused, not passed over. */
static int check_preempt(const struct scheme *scheme, struct parc_err *err)
{
	const struct parc_policy policy = {.backfill = scheme->backfill,
					   .preempt = scheme->preempts,
					   .reclaim = scheme->reclaims};
	return policy_file_check(&policy, err) ? PARC_ERR_USAGE : 0;
}

void scheme_of_policy(struct scheme *scheme, const struct parc_policy *policy, const char *name)
{
	snprintf(scheme->name, sizeof(scheme->name), "%s", name);
	scheme->order = policy->order;
	scheme->backfill = policy->backfill;
	scheme->place = policy->place;
	scheme->victims = policy->victims;
	scheme->lend = policy->lend;
	scheme->is_fair = policy->half_life_us > 0;
	scheme->reclaims = policy->reclaim != 0;
	scheme->preempts = policy->preempt != 0;
}

int scheme_parse(struct scheme *scheme, const struct scheme *base, const char *text,
		 struct parc_err *err)
{
	struct scheme parsed = *base;
	if (strlen(text) > SCHEME_NAME_MAX)
		return parc_err_set(err, PARC_ERR_USAGE,
				    "the policy '%.40s...' is too long; at most %d bytes", text,
				    SCHEME_NAME_MAX);
	int code = parse_preset(&parsed, text, err);
	if (!code)
		code = check_preempt(&parsed, err);
	if (code)
		return code;
	memcpy(parsed.name, text, strlen(text) + 1);
	*scheme = parsed;
	return 0;
}

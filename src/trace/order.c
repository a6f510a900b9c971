/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrival orders: reading files of them and making new ones. A file holds for each seed the lines
 *
 *   SEED 42 N 10866 REQ_MILLI 8075080      seed, rows that arrive, their device requests
 *   ORDER 255 1685 ...                     N rows of the task list, from 0
 *   NODEPREFIX 601 815 ...                 rank of each node, by index; may be missing
 *
 * Reading is one pass. Making costs two random numbers a row.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/random.h"
#include "trace/fleet_build.h"
#include "trace/tasks.h"

#define SEEDS_MAX      65536
#define ORDER_ROWS_MAX (1 << 26) /* arrivals of one seed */
#define ORDER_LINE_MAX (1 << 29) /* bytes of a line */

struct reader {
	struct text text;
	struct order *order;
	int32_t seeds_capacity, rows_max, nodes_count;
	struct parc_err *err;
};

/* The next word after blanks; false at the end of the line. */
static bool take_word(struct text_field *rest, struct text_field *word)
{
	while (text_take(rest, ' ', word)) {
		if (word->size > 0)
			return true;
	}
	*word = (struct text_field){"", 0, rest->line, rest->column + (int64_t)rest->size};
	return false;
}

static int read_word(struct reader *reader, struct text_field *rest, const char *expected)
{
	struct text_field word;

	take_word(rest, &word);
	if (!text_is(word, expected))
		return text_refuse(&reader->text, word, PARC_ERR_SYNTAX, reader->err,
				   "found \"%s\", expected %s",
				   text_quote(word.bytes, word.size).text, expected);
	return 0;
}

static int read_number(struct reader *reader, struct text_field *rest, const char *label,
		       int64_t max, int64_t *number)
{
	const int64_t range[2] = {0, max};
	struct text_field word;

	take_word(rest, &word);
	return text_read_number(&reader->text, word, label, range, number, reader->err);
}

static int read_end(struct reader *reader, struct text_field *rest)
{
	struct text_field word;

	if (take_word(rest, &word))
		return text_refuse(&reader->text, word, PARC_ERR_SYNTAX, reader->err,
				   "found \"%s\", expected the end of the line",
				   text_quote(word.bytes, word.size).text);
	return 0;
}

/* Count numbers below `max` to the end of the line, in a list that the caller frees. */
static int read_numbers(struct reader *reader, struct text_field *rest, const char *label,
			int32_t max, int32_t count, int32_t **list)
{
	/* A number takes two bytes of the line at least, so a false count can't claim memory. */
	size_t possible = rest->bytes == NULL ? 0 : rest->size / 2 + 1;
	int32_t *numbers;
	int code = 0;

	if ((size_t)count > possible)
		return text_refuse(&reader->text, *rest, PARC_ERR_SYNTAX, reader->err,
				   "the line is too short, expected %d times %s", count, label);
	numbers = malloc(((size_t)count + 1) * sizeof(*numbers));
	if (numbers == NULL)
		return parc_err_set(reader->err, PARC_ERR_MEMORY, "no memory for %d numbers",
				    count);
	for (int32_t i = 0; i < count && code == 0; i++) {
		int64_t number = 0;

		code = read_number(reader, rest, label, max - 1, &number);
		numbers[i] = (int32_t)number;
	}
	if (code == 0)
		code = read_end(reader, rest);
	if (code != 0) {
		free(numbers);
		return code;
	}
	*list = numbers;
	return 0;
}

/* The line of one seed opens its entry. */
static int read_seed(struct reader *reader, struct text_field *rest)
{
	struct order *order = reader->order;
	struct order_seed seed = {0};
	int64_t rows = 0;
	int code = read_number(reader, rest, "SEED", INT64_MAX - 1, &seed.seed);

	if (code == 0)
		code = read_word(reader, rest, "N");
	if (code == 0)
		code = read_number(reader, rest, "N", ORDER_ROWS_MAX, &rows);
	if (code == 0)
		code = read_word(reader, rest, "REQ_MILLI");
	if (code == 0)
		code = read_number(reader, rest, "REQ_MILLI", INT64_C(1) << 50,
				   &seed.request_milli);
	if (code == 0)
		code = read_end(reader, rest);
	if (code == 0 && order->count == SEEDS_MAX)
		code = text_refuse(&reader->text, *rest, PARC_ERR_FULL, reader->err,
				   "more than %d seeds", SEEDS_MAX);
	if (code == 0)
		code = fleet_grow(&order->seeds, order->count, &reader->seeds_capacity,
				  sizeof(seed), reader->err);
	if (code != 0)
		return code;
	seed.rows_count = (int32_t)rows;
	order->seeds[order->count++] = seed;
	return 0;
}

/* Every rank from 0 on exactly once? */
static int check_ranks(struct reader *reader, struct text_field line, const struct order_seed *seed)
{
	bool *seen = calloc((size_t)seed->ranks_count + 1, sizeof(*seen));
	int code = 0;

	if (seen == NULL)
		return parc_err_set(reader->err, PARC_ERR_MEMORY, "no memory for the ranks");
	for (int32_t i = 0; i < seed->ranks_count && code == 0; i++) {
		if (seen[seed->ranks[i]])
			code = text_refuse(&reader->text, line, PARC_ERR_EXISTS, reader->err,
					   "the rank %d stands twice, expected each once",
					   seed->ranks[i]);
		seen[seed->ranks[i]] = true;
	}
	free(seen);
	return code;
}

/* One line into the entry of the last seed. */
static int read_line(struct reader *reader, struct text_field line)
{
	struct order *order = reader->order;
	struct order_seed *last = order->count > 0 ? &order->seeds[order->count - 1] : NULL;
	struct text_field rest = line, word;
	int code;

	take_word(&rest, &word);
	if (text_is(word, "SEED") && (last == NULL || last->rows != NULL))
		return read_seed(reader, &rest);
	if (text_is(word, "ORDER") && last != NULL && last->rows == NULL)
		return read_numbers(reader, &rest, "ORDER", reader->rows_max, last->rows_count,
				    &last->rows);
	if (!text_is(word, "NODEPREFIX") || last == NULL || last->rows == NULL ||
	    last->ranks != NULL)
		return text_refuse(
			&reader->text, word, PARC_ERR_SYNTAX, reader->err,
			"found \"%s\", expected the lines SEED, ORDER, NODEPREFIX in turn",
			text_quote(word.bytes, word.size).text);
	code = read_numbers(reader, &rest, "NODEPREFIX", reader->nodes_count, reader->nodes_count,
			    &last->ranks);
	if (code != 0)
		return code;
	last->ranks_count = reader->nodes_count;
	return check_ranks(reader, line, last);
}

static int read_lines(struct reader *reader)
{
	struct order *order = reader->order;
	struct text_field line;
	int code;

	while ((code = text_next_line(&reader->text, &line, ORDER_LINE_MAX, reader->err)) > 0) {
		code = read_line(reader, line);
		if (code != 0)
			return code;
	}
	if (code == 0 && (order->count == 0 || order->seeds[order->count - 1].rows == NULL))
		return parc_err_set(reader->err, PARC_ERR_SYNTAX,
				    "%s: the file ends early, expected SEED and ORDER lines",
				    reader->text.name);
	return code;
}

int order_read_openb_text(struct order *order, const struct text *text, int32_t rows_max,
			  int32_t nodes_count, struct parc_err *err)
{
	struct reader reader = {.text = *text,
				.order = order,
				.rows_max = rows_max,
				.nodes_count = nodes_count,
				.err = err};
	int code;

	ASSERT(rows_max > 0 && nodes_count > 0);
	*order = (struct order){0};
	code = read_lines(&reader);
	if (code != 0)
		order_deinit(order);
	return code;
}

int order_read_openb(struct order *order, const char *path, int32_t rows_max, int32_t nodes_count,
		     struct parc_err *err)
{
	struct text text;
	char *bytes;
	size_t size;
	int code;

	*order = (struct order){0};
	code = text_load(path, &bytes, &size, err);
	if (code != 0)
		return code;
	text_init(&text, path, bytes, size);
	code = order_read_openb_text(order, &text, rows_max, nodes_count, err);
	free(bytes);
	return code;
}

void order_deinit(struct order *order)
{
	for (int32_t i = 0; i < order->count; i++) {
		free(order->seeds[i].rows);
		free(order->seeds[i].ranks);
	}
	free(order->seeds);
	*order = (struct order){0};
}

/* 0..count-1 in random order (Fisher and Yates), in a list that the caller frees; NULL: no memory.
 */
static int32_t *shuffle(int32_t count, uint64_t *random)
{
	int32_t *list = malloc(((size_t)count + 1) * sizeof(*list));

	if (list == NULL)
		return NULL;
	for (int32_t i = 0; i < count; i++) {
		int32_t at = (int32_t)random_below(random, (uint64_t)i + 1);

		list[i] = list[at];
		list[at] = i;
	}
	return list;
}

static int64_t row_request(const struct tasks_row *row)
{
	return (int64_t)row->task.devices * row->task.share_milli * row->gang;
}

/* Grow the shuffled rows by draws until they ask for target_milli. */
static int draw_rows(struct order_seed *seed, const struct tasks *tasks, int64_t target_milli,
		     uint64_t *random, struct parc_err *err)
{
	int32_t capacity = tasks->count, count = 0;

	while (seed->request_milli < target_milli && count < ORDER_ROWS_MAX) {
		int code = fleet_grow(&seed->rows, count, &capacity, sizeof(*seed->rows), err);

		if (code != 0)
			return code;
		if (count >= tasks->count)
			seed->rows[count] = (int32_t)random_below(random, (uint64_t)tasks->count);
		seed->request_milli += row_request(&tasks->rows[seed->rows[count]]);
		count++;
	}
	seed->rows_count = count;
	if (seed->request_milli < target_milli)
		return parc_err_set(err, PARC_ERR_FULL,
				    "%d arrivals ask for too little to fill the fleet", count);
	return 0;
}

static int make_seed(struct order_seed *seed, const struct tasks *tasks, int32_t nodes_count,
		     int64_t target_milli, struct parc_err *err)
{
	uint64_t random = (uint64_t)seed->seed;

	seed->rows = shuffle(tasks->count, &random);
	seed->ranks = shuffle(nodes_count, &random);
	if (seed->rows == NULL || seed->ranks == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for an arrival order");
	seed->ranks_count = nodes_count;
	return draw_rows(seed, tasks, target_milli, &random, err);
}

/* Does any task ask for a device? Else no number of them fills the fleet. */
static bool has_request(const struct tasks *tasks)
{
	for (int32_t i = 0; i < tasks->count; i++) {
		if (row_request(&tasks->rows[i]) > 0)
			return true;
	}
	return false;
}

int order_make(struct order *order, const struct tasks *tasks, const struct fleet *fleet,
	       const struct order_wish *wish, struct parc_err *err)
{
	int64_t target_milli = fleet->devices * wish->saturate_milli;
	int code = 0;

	ASSERT(wish->saturate_milli >= 0 && wish->seeds > 0 && wish->seeds <= SEEDS_MAX);
	*order = (struct order){0};
	if (!has_request(tasks))
		return parc_err_set(
			err, PARC_ERR_INVALID,
			"no task of the list asks for a device, so it can't fill a fleet");
	order->seeds = calloc((size_t)wish->seeds, sizeof(*order->seeds));
	if (order->seeds == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for %d orders", wish->seeds);
	for (order->count = 0; order->count < wish->seeds && code == 0; order->count++) {
		struct order_seed *seed = &order->seeds[order->count];

		seed->seed = wish->first_seed + order->count;
		code = make_seed(seed, tasks, fleet->nodes_count, target_milli, err);
	}
	if (code != 0)
		order_deinit(order);
	return code;
}

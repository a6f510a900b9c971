/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of the reader of arrival orders, for a list of ten tasks on a fleet of three nodes. What
 * is read must keep the reader's promises.
 */
#include <stdint.h>

#include "base/assert.h"
#include "trace/tasks.h"

#define ROWS  10
#define NODES 3

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_seed(const struct order_seed *seed)
{
	int32_t sum = 0;

	ASSERT(seed->rows != NULL && seed->rows_count >= 0 && seed->request_milli >= 0);
	for (int32_t i = 0; i < seed->rows_count; i++)
		ASSERT(seed->rows[i] >= 0 && seed->rows[i] < ROWS);
	ASSERT(seed->ranks_count == 0 || seed->ranks_count == NODES);
	for (int32_t i = 0; i < seed->ranks_count; i++)
		sum += 1 << seed->ranks[i];
	ASSERT(seed->ranks_count == 0 || sum == (1 << NODES) - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct order order;
	struct parc_err err = {0};
	struct text text;
	int code;

	text_init(&text, "fuzz", (const char *)bytes, size);
	code = order_read_openb_text(&order, &text, ROWS, NODES, &err);
	if (code != 0) {
		ASSERT(err.code == code && err.text[0] != '\0' && order.seeds == NULL);
		return 0;
	}
	ASSERT(order.count > 0);
	for (int32_t i = 0; i < order.count; i++)
		check_seed(&order.seeds[i]);
	order_deinit(&order);
	return 0;
}

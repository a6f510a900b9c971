/* SPDX-License-Identifier: Apache-2.0
 *
 * The texts of the public tables, by number.
 */
#include "parc/action.h"
#include "parc/event.h"

/* One function for each table: a switch, so that gaps in the numbers cost nothing. */
#define NAMES(function, MAP)             \
	const char *function(int number) \
	{                                \
		switch (number) {        \
			MAP(X)           \
		}                        \
		return "?";              \
	}

#define X(name, number, text, ...) \
	case number:               \
		return text;
NAMES(parc_class_name, PARC_CLASS_MAP)
NAMES(parc_level_name, PARC_LEVEL_MAP)
NAMES(parc_strength_name, PARC_STRENGTH_MAP)
NAMES(parc_rule_name, PARC_RULE_MAP)
NAMES(parc_place_name, PARC_PLACE_MAP)
NAMES(parc_order_name, PARC_ORDER_MAP)
NAMES(parc_backfill_name, PARC_BACKFILL_MAP)
NAMES(parc_victims_name, PARC_VICTIMS_MAP)
NAMES(parc_lend_name, PARC_LEND_MAP)
NAMES(parc_result_name, PARC_RESULT_MAP)
NAMES(parc_speed_name, PARC_SPEED_MAP)
NAMES(parc_job_state_name, PARC_JOB_STATE_MAP)
NAMES(parc_node_state_name, PARC_NODE_STATE_MAP)
NAMES(parc_ledger_name, PARC_LEDGER_MAP)
NAMES(parc_reason_name, PARC_REASON_MAP)
NAMES(parc_event_name, PARC_EVENT_MAP)
NAMES(parc_action_name, PARC_ACTION_MAP)
NAMES(parc_warning_name, PARC_WARN_MAP)
NAMES(parc_idle_name, PARC_IDLE_MAP)
NAMES(parc_window_phase_name, PARC_WINDOW_PHASE_MAP)
#undef X

#define X(name, number, text, sentence, todo) \
	case number:                          \
		return sentence;
NAMES(parc_reason_sentence, PARC_REASON_MAP)
#undef X

#define X(name, number, text, sentence, todo) \
	case number:                          \
		return todo;
NAMES(parc_reason_todo, PARC_REASON_MAP)
#undef X

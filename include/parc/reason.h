/* SPDX-License-Identifier: Apache-2.0
 *
 * Reasons: why a pending job is pending. Always one code, one sentence, and one thing to do.
 */
#ifndef PARC_REASON_H
#define PARC_REASON_H

#include "parc/language.h"

PARC_C_BEGIN

/* The enumerator, its stable number, its name in text, the sentence, what to do about it. */
/* clang-format off */
#define PARC_REASON_MAP(X) \
	X(NONE, 0, "none", "it is not waiting", "nothing to do") \
	X(HELD, 1, "held", "it is held", "release it") \
	X(DEPENDENCY, 2, "dependency", "it waits for another job", \
	  "wait for that job or cancel it") \
	X(NO_CHIP, 3, "no-chip", "no node has a chip it can run on", \
	  "name another chip or add a variant") \
	X(TOO_LARGE, 4, "too-large", \
	  "no node of this fleet could hold one of its tasks, even empty", \
	  "ask for less a task") \
	X(DEVICES, 5, "devices", "too few free devices of the chips it accepts", \
	  "wait, or accept more chips") \
	X(STRANDED, 6, "stranded", "enough is free in sum, but not in this shape on any node", \
	  "wait, or ask for less a task") \
	X(GANG, 7, "gang", "some of its tasks fit, but not all at once", \
	  "wait, or lower the gang's minimum") \
	X(CLOSENESS, 8, "closeness", "it fits, but not as close together as it requires", \
	  "prefer closeness instead of requiring it") \
	X(NODE_DOWN, 9, "node-down", "the nodes that could hold it are drained or down", \
	  "resume or repair a node") \
	X(QUOTA, 10, "quota", "its tenant is at its limit", "wait, or ask for a higher limit") \
	X(PRIORITY, 11, "priority", "jobs of a higher order come first", "wait") \
	X(RESERVATION, 12, "reservation", "what is free is held for a gang or a reservation", \
	  "wait") \
	X(RETRY, 13, "retry", "its last attempt was lost and it waits for its next turn", "wait") \
	X(LIMIT, 14, "limit", "a table of the core is full", "wait, or raise the core's limits") \
	X(ARRAY, 15, "array", "its array runs as many of its jobs as it may", \
	  "wait, or raise the array's cap") \
	X(PREEMPTED, 16, "preempted", "it gave way to work whose turn comes first", "wait") \
	X(SPEED, 17, "speed", "what is free are chips on which nobody knows its speed", \
	  "wait, declare or measure its speed there, or allow trial runs") \
	X(SERVICE, 18, "service", "it is a service: its replicas wait and run for it", \
	  "look at its replicas") \
	X(MAINTENANCE, 19, "maintenance", \
	  "the nodes that could hold it go to maintenance before it would end", \
	  "wait, or declare a shorter time limit") \
	X(GUARANTEE, 20, "guarantee", "what is free is guaranteed to other tenants", \
	  "wait, or ask for a guarantee or for lending") \
	X(NO_SPEED, 21, "no-speed", \
	  "all that could hold it are chips on which nobody knows its speed", \
	  "declare or measure its speed there, or allow trial runs") \
	X(ROUND, 22, "round", "it waits for the next round, in which the fleet is dealt anew", \
	  "wait") \
	X(CORES, 23, "cores", "too few cores are free", "wait, or ask for fewer cores") \
	X(FLEET, 24, "fleet", \
	  "all its tasks at once are more than the nodes in service could hold, even empty", \
	  "lower the gang's minimum, accept more chips, or bring nodes into service")
/* clang-format on */

#define X(name, number, text, sentence, todo) PARC_REASON_##name = number,
enum parc_reason { PARC_REASON_MAP(X) PARC_REASON_COUNT };
#undef X

/* The text of a reason's entry; "?" for a number outside the table. */
const char *parc_reason_name(int number);
const char *parc_reason_sentence(int number);
const char *parc_reason_todo(int number);

PARC_C_END

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of the experiments as JSON and as tables of at most 80 columns. Nothing is measured
 * here; integers become decimals at the last moment.
 */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "sim/churn.h"
#include "sim/replay.h"
#include "sim/saturate.h"

#define REPORT_COLUMNS_MAX 7 /* policies side by side */

/* place, seeds[...], mean{...}, elapsed_ms. NULL when out of memory; the caller's reference. */
json_t *report_saturate_json(const struct saturate_result *result);

/* The results of one policy at several loads: place, churn[{load_pct, seeds, mean}], elapsed_ms. */
json_t *report_churn_json(const struct churn_result *loads, int32_t loads_count);

/* The results of several policies side by side, of the same fleet, tasks and seeds. */
void report_saturate_text(FILE *out, const struct saturate_result *results, int32_t count);

/* results[place * loads_count + load]. */
void report_churn_text(FILE *out, const struct churn_result *results, int32_t places_count,
		       int32_t loads_count);

/* One policy's replay: the keys are listed in docs/formats.md. */
json_t *report_replay_json(const struct replay_result *result);

/* Replays of the same log on the same fleet under several policies, side by side. */
void report_replay_text(FILE *out, const struct replay_result *results, int32_t count);

/* Text of a kind of shape (saturate_kind) into `text`: "CPU only", "part of 1", "8 devices". */
void report_kind_text(int32_t kind, char *text, size_t size);

#endif

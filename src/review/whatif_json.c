/* SPDX-License-Identifier: Apache-2.0
 *
 * A what-if as JSON (docs/whatif.md lists the keys). Amounts of 128 bits are decimal strings.
 */
#include "review/whatif.h"
#include "review/whatif_rows.h"
#include "sim/waterfall.h"
#include "trace/policy_file.h"

static json_t *decimal(__int128 amount)
{
	char text[WATERFALL_DIGITS];

	return json_string(waterfall_decimal(amount, text));
}

static json_t *tenants_json(const struct whatif *whatif, const struct course_figures *figures)
{
	json_t *list = json_array();

	for (int32_t i = 0; i < figures->tenants_count; i++) {
		const struct course_tenant *it = &figures->tenants[i];

		json_array_append_new(
			list,
			json_pack("{s:s, s:I, s:I, s:I, s:o, s:o}", "tenant", whatif->tenants[i],
				  "jobs", (json_int_t)it->jobs, "started", (json_int_t)it->started,
				  "wait_mean_us", (json_int_t)it->wait_mean_us, "held_milli_us",
				  decimal(it->held), "normal_milli_us", decimal(it->normal)));
	}
	return list;
}

static json_t *course_json(const struct whatif *whatif, const struct parc_policy *policy,
			   const struct course_figures *figures)
{
	json_t *object = json_pack("{s:o}", "policy", policy_file_json(policy));
	json_t *waits = json_object();

#define X(label, field, always) \
	json_object_set_new(object, #field, json_integer((json_int_t)figures->field));
	WHATIF_COUNTS(X)
#undef X
#define X(label, field, key) \
	json_object_set_new(waits, key, json_integer((json_int_t)figures->field));
	WHATIF_WAITS(X)
#undef X
	json_object_set_new(object, "wait", waits);
	json_object_set_new(object, "capacity_milli_us", decimal(figures->capacity));
	json_object_set_new(object, "waterfall", waterfall_json(figures->ledger));
	json_object_set_new(object, "tenants", tenants_json(whatif, figures));
	return object;
}

json_t *whatif_json(const struct whatif *whatif)
{
	json_t *rests =
		json_pack("{s:o, s:o, s:o, s:o, s:I, s:I}", "measured_milli_us",
			  decimal(whatif->held[TRIED_MEASURED]), "known_speed_milli_us",
			  decimal(whatif->held[TRIED_KNOWN]), "assumed_speed_milli_us",
			  decimal(whatif->held[TRIED_UNKNOWN]), "assumed_length_milli_us",
			  decimal(whatif->unseen), "jobs_cut_off", (json_int_t)whatif->cut_off,
			  "jobs_never_ran", (json_int_t)whatif->never_ran);
	json_t *object = json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:o, s:o, s:o}", "first_record",
		(json_int_t)whatif->base + 1, "last_record", (json_int_t)whatif->last, "begin_us",
		(json_int_t)whatif->begin_us, "end_us", (json_int_t)whatif->end_us,
		"outside_events", (json_int_t)whatif->outside, "outside_refused",
		(json_int_t)whatif->refused, "as_recorded", whatif->other == 0, "recorded",
		course_json(whatif, &whatif->policy_recorded, &whatif->recorded), "tried",
		course_json(whatif, &whatif->policy_tried, &whatif->tried), "rests_on", rests);

	if (object != NULL && whatif->other > 0) {
		json_object_set_new(object, "first_difference",
				    json_integer((json_int_t)whatif->other));
		json_object_set_new(object, "difference", json_string(whatif->other_text));
	}
	return object;
}

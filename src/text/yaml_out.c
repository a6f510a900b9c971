/* SPDX-License-Identifier: Apache-2.0
 *
 * libyaml's emitter with its events made in one line each. libyaml frees every event that it is
 * given, also when it fails.
 */
#include "text/yaml_out.h"

#include <string.h>

static void emit(struct yaml_out *out, yaml_event_t *event, int is_made)
{
	if (!is_made || out->has_failed) {
		if (is_made)
			yaml_event_delete(event);
		out->has_failed = true;
		return;
	}
	if (!yaml_emitter_emit(&out->emitter, event))
		out->has_failed = true;
}

void yaml_out_begin(struct yaml_out *out, FILE *file)
{
	yaml_event_t event;

	*out = (struct yaml_out){0};
	out->is_ready = yaml_emitter_initialize(&out->emitter) != 0;
	if (!out->is_ready) {
		out->has_failed = true;
		return;
	}
	yaml_emitter_set_output_file(&out->emitter, file);
	yaml_emitter_set_width(&out->emitter, -1);
	emit(out, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	emit(out, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
}

int yaml_out_end(struct yaml_out *out, FILE *file, struct parc_err *err)
{
	yaml_event_t event;

	emit(out, &event, yaml_document_end_event_initialize(&event, 1));
	emit(out, &event, yaml_stream_end_event_initialize(&event));
	if (out->is_ready)
		yaml_emitter_delete(&out->emitter);
	if (out->has_failed || fflush(file) != 0 || ferror(file))
		return parc_err_set(err, PARC_ERR_IO, "writing YAML failed");
	return 0;
}

static void emit_text(struct yaml_out *out, const char *text)
{
	yaml_event_t event;

	emit(out, &event,
	     yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
					  (int)strlen(text), 1, 1, YAML_PLAIN_SCALAR_STYLE));
}

static void emit_key(struct yaml_out *out, const char *key)
{
	if (key != NULL)
		emit_text(out, key);
}

void yaml_out_map(struct yaml_out *out, const char *key, bool is_flow)
{
	yaml_event_t event;

	emit_key(out, key);
	emit(out, &event,
	     yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
						 is_flow ? YAML_FLOW_MAPPING_STYLE
							 : YAML_BLOCK_MAPPING_STYLE));
}

void yaml_out_map_end(struct yaml_out *out)
{
	yaml_event_t event;

	emit(out, &event, yaml_mapping_end_event_initialize(&event));
}

void yaml_out_list(struct yaml_out *out, const char *key, bool is_flow)
{
	yaml_event_t event;

	emit_key(out, key);
	emit(out, &event,
	     yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
						  is_flow ? YAML_FLOW_SEQUENCE_STYLE
							  : YAML_BLOCK_SEQUENCE_STYLE));
}

void yaml_out_list_end(struct yaml_out *out)
{
	yaml_event_t event;

	emit(out, &event, yaml_sequence_end_event_initialize(&event));
}

void yaml_out_text(struct yaml_out *out, const char *key, const char *value)
{
	emit_key(out, key);
	emit_text(out, value);
}

void yaml_out_number(struct yaml_out *out, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	yaml_out_text(out, key, text);
}

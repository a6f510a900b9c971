/* SPDX-License-Identifier: Apache-2.0
 *
 * The catalogue: what is known of each make of chip, and who says so. A figure is one claim,
 * several claims that disagree, or *unknown*, which is a value and never filled in by a guess. Each
 * claim names a source, and a source has a kind and a date.
 *
 *   life cycle   catalogue_create, catalogue_destroy
 *   change       catalogue_add_default (the one in the program), catalogue_add_file, _add_bytes:
 *                each lies over what is there, figure by figure
 *   query        catalogue_find, catalogue_value, catalogue_fill
 *
 * docs/formats.md has the file's form, docs/chips.md what it is for.
 */
#ifndef CHIP_CATALOGUE_H
#define CHIP_CATALOGUE_H

#include <stddef.h>

#include "parc/error.h"
#include "parc/setting.h"

#define CHIP_NAME_MAX	      63 /* bytes of a name */
#define CATALOGUE_TEXT_MAX    191
#define CATALOGUE_SOURCES_MAX 256
#define CATALOGUE_MAKES_MAX   32
#define CATALOGUE_CLAIMS_MAX  4 /* of one figure */

/* The enumerator, its word; what may be believed more comes first. */
#define CATALOGUE_KIND_MAP(X) \
	X(MEASURED, "measured") X(VENDOR, "vendor") X(PRESS, "press") X(ESTIMATE, "estimate")

/* The enumerator, its key, its unit, the least and the most, what it is. */
/* clang-format off */
#define CATALOGUE_FIGURE_MAP(X) \
	X(MEMORY, "memory_mib", "MiB", 1, PARC_DEVICE_MEMORY_MAX, "memory") \
	X(PEAK, "peak_gflops", "GFLOPS", 1, 1000000000, "dense FP16/BF16 peak") \
	X(BANDWIDTH, "bandwidth_gb_s", "GB/s", 1, 1000000, "memory bandwidth") \
	X(POWER_BUSY, "power_busy_w", "W", 1, 100000, "power, busy") \
	X(POWER_IDLE, "power_idle_w", "W", 1, 100000, "power, idle") \
	X(LINK, "link_gb_s", "GB/s", 1, 1000000, "link") \
	X(LINK_SIZE, "link_size", "devices", 1, PARC_NODE_DEVICES_MAX, "devices of a link group") \
	X(RATE, "rate_milli", "thousandths", 1, PARC_SPEED_MAX, "accounting rate") \
	X(PRICE, "price_micro", "millionths", 1, INT64_C(1) << 50, "price of a device-hour") \
	X(SPEED_TRAIN, "speed_train_milli", "thousandths", 1, PARC_SPEED_MAX, "speed, train") \
	X(SPEED_INFER, "speed_infer_milli", "thousandths", 1, PARC_SPEED_MAX, "speed, infer") \
	X(SPEED_INTERACTIVE, "speed_interactive_milli", "thousandths", 1, PARC_SPEED_MAX, \
	  "speed, interactive") \
	X(SPEED_BATCH, "speed_batch_milli", "thousandths", 1, PARC_SPEED_MAX, "speed, batch")
/* clang-format on */

#define X(name, ...) CATALOGUE_##name,
enum catalogue_kind { CATALOGUE_KIND_MAP(X) CATALOGUE_KINDS };
enum catalogue_figure_name { CATALOGUE_FIGURE_MAP(X) CATALOGUE_FIGURES };
#undef X

struct catalogue_label { /* of a figure, by enum catalogue_figure_name */
	const char *key, *unit;
	int64_t min, max;
	const char *text;
};
extern const struct catalogue_label catalogue_labels[CATALOGUE_FIGURES];
extern const char *const catalogue_kind_names[CATALOGUE_KINDS];

struct catalogue_source {
	char name[CHIP_NAME_MAX + 1], title[CATALOGUE_TEXT_MAX + 1];
	char date[16]; /* 2025, 2025-04, 2025-04-21 or "unknown" */
	int32_t kind;
};

/* What an operator sees of a make, and what the programs that find its devices need. */
struct catalogue_make {
	char name[CHIP_NAME_MAX + 1];
	char title[CATALOGUE_TEXT_MAX + 1], files[CATALOGUE_TEXT_MAX + 1];
	char library[CATALOGUE_TEXT_MAX + 1], tool[CATALOGUE_TEXT_MAX + 1];
	char variable[CATALOGUE_TEXT_MAX + 1], partition[CATALOGUE_TEXT_MAX + 1];
	char note[CATALOGUE_TEXT_MAX + 1];
	int32_t source;
};

struct catalogue_claim {
	int64_t value;
	int32_t source; /* index */
};

struct catalogue_figure {
	int32_t claims_count; /* 0: unknown */
	struct catalogue_claim claims[CATALOGUE_CLAIMS_MAX];
};

struct catalogue_chip {
	char name[CHIP_NAME_MAX + 1], make[CHIP_NAME_MAX + 1], runtime[CHIP_NAME_MAX + 1];
	char title[CATALOGUE_TEXT_MAX + 1], note[CATALOGUE_TEXT_MAX + 1];
	struct catalogue_figure figures[CATALOGUE_FIGURES];
	struct parc_chip rules; /* how it is shared and placed; the rest of it is not set */
	char template_names[PARC_TEMPLATES_MAX][CHIP_NAME_MAX + 1];
	int32_t runtime_source, sharing_source, placing_source;
};

struct catalogue {
	struct catalogue_source sources[CATALOGUE_SOURCES_MAX];
	struct catalogue_make makes[CATALOGUE_MAKES_MAX];
	struct catalogue_chip chips[PARC_CHIPS_MAX];
	int32_t sources_count, makes_count, chips_count;
	char reference[CHIP_NAME_MAX + 1];
};

/* An empty one on the heap, NULL without memory; destroy takes NULL. */
struct catalogue *catalogue_create(void);
void catalogue_destroy(struct catalogue *catalogue);

/* Lay a file over what is there. A chip or make that is new must be described whole; of one that is
 * there, only what the file says changes. On an error (file, line, column, what would be right)
 * nothing has changed. */
int catalogue_add_default(struct catalogue *catalogue, struct parc_err *err);
int catalogue_add_file(struct catalogue *catalogue, const char *path, struct parc_err *err);
int catalogue_add_bytes(struct catalogue *catalogue, const char *name, const char *bytes,
			size_t size, struct parc_err *err);

/* NULL when it has no such chip. */
const struct catalogue_chip *catalogue_find(const struct catalogue *catalogue, const char *name);
const struct catalogue_make *catalogue_find_make(const struct catalogue *catalogue,
						 const char *name);

/* The claim that counts, NULL when the figure is unknown: the lowest of those that were measured,
 * if any was, else the lowest of all, so that nothing is chosen on the better end of a dispute. */
const struct catalogue_claim *catalogue_value(const struct catalogue *catalogue,
					      const struct catalogue_figure *figure);

/* The chip as the core takes it, but for its index and the number of its runtime. */
void catalogue_fill(const struct catalogue *catalogue, const struct catalogue_chip *it,
		    struct parc_chip *chip);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening the local engine with more said than engine_open_local takes.
 */
#ifndef ENGINE_LOCAL_OPTIONS_H
#define ENGINE_LOCAL_OPTIONS_H

#include "chip/adapter.h"
#include "engine/engine.h"

struct local_options {
	int period_ms;		    /* between two looks at what is used; 0: a second */
	int without_groups;	    /* use no control groups, though the machine may have some */
	struct adapter_world world; /* where chips are looked for */
};

int engine_open_local_with(struct engine *engine, const char *directory, const char *program,
			   const struct local_options *options, struct parc_err *err);

#endif

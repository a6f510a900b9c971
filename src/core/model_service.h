/* SPDX-License-Identifier: Apache-2.0
 *
 * The records of services (service.h) and of measured uses. Slots as in model.h.
 */
#ifndef CORE_MODEL_SERVICE_H
#define CORE_MODEL_SERVICE_H

#include "parc/submit.h"

/* The part of one device that tasks of a kind were measured to use (pack.h). */
struct use {
	int64_t kind;
	int32_t share_milli; /* 0: not known */
};

/* A job that serves requests. Needs are in thousandths of reference replicas. */
struct service {
	struct parc_service set;
	int64_t load_milli;
	int64_t need_milli, peak_milli, peak_before_milli; /* now; in this span, in the last */
	int64_t span_end_us;				   /* of this span */
	int64_t retry_us; /* no new replica before this, as replicas ended by themselves */
	int64_t due_us;	  /* derived: when to look at it; PARC_NEVER: when something happens */
	int32_t job;	  /* its job's slot; -1: free */
	int32_t failures; /* of replicas since one was ready */
	int32_t replicas, first;   /* derived: the jobs of its replicas */
	int32_t noted, noted_next; /* derived: to be looked at in this step */
};

#endif

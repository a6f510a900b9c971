/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy.h"

#include "core/profile.h"

static int32_t score_parc(struct parc_core *core, const struct view *view, const struct ask *ask,
			 struct pick *pick)
{
	return policy_fgd.score(core, view, ask, pick);
}

const struct policy_ops policy_parc = {"parc", 0, 0, score_parc};

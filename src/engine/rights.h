/* SPDX-License-Identifier: Apache-2.0
 *
 * What root's daemon keeps of root's rights: to start processes as other users, to signal them, to
 * read what they wrote, and to make control groups and set their device rules. It gives up the rest
 * at its start, for itself and for all that it starts. No program that it starts gains rights by
 * being set-user-id, unless the operator wants that.
 *
 * A job's user has no capability of his own: changing the user takes them all.
 */
#ifndef ENGINE_RIGHTS_H
#define ENGINE_RIGHTS_H

#include "parc/error.h"

enum rights_who { RIGHTS_DAEMON, RIGHTS_SUPERVISOR, RIGHTS_GAUGE };

struct rights {
	enum rights_who who;
	int binds_low;	    /* a port below 1024 */
	int allows_set_uid; /* jobs may run sudo, fusermount and the like */
};

/* Give up what this process does not need. Nothing is done when it is not root's. */
int rights_keep(const struct rights *rights, struct parc_err *err);

#endif

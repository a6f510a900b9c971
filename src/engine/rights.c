/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/rights.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cap-ng.h>

#define BOTH ((capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED))

static const unsigned int always[] = {
	CAP_SETUID,	     CAP_SETGID, CAP_KILL, /* jobs are other users' */
	CAP_DAC_READ_SEARCH,			   /* output in a home folder; /proc of others */
	CAP_DAC_OVERRIDE, /* the root of control groups has mode 0555, also for root */
};

/* Is the devices controller one of version 1? Its files want the right to do nearly everything,
 * programs of version 2 want their own two. */
static bool has_old_devices(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[4096];
	bool found = false;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		char *controllers = strchr(line, ':');
		char *end = controllers == NULL ? NULL : strchr(controllers + 1, ':');

		if (end == NULL)
			continue;
		*end = '\0';
		found |= strstr(controllers, "devices") != NULL;
	}
	if (file != NULL)
		fclose(file);
	return found;
}

/* What it has now is asked before it is cleared. */
static void choose(const struct rights *rights)
{
	unsigned int wanted[sizeof(always) / sizeof(always[0]) + 3];
	unsigned int held[sizeof(wanted) / sizeof(wanted[0])];
	int count = 0, held_count = 0;

	for (size_t i = 0; rights->who != RIGHTS_GAUGE && i < sizeof(always) / sizeof(always[0]);
	     i++)
		wanted[count++] = always[i];
	if (rights->who != RIGHTS_GAUGE && has_old_devices()) {
		wanted[count++] = CAP_SYS_ADMIN;
	} else if (rights->who != RIGHTS_GAUGE) {
		wanted[count++] = CAP_BPF;
		wanted[count++] = CAP_NET_ADMIN;
	}
	if (rights->binds_low)
		wanted[count++] = CAP_NET_BIND_SERVICE;
	for (int i = 0; i < count; i++)
		if (capng_have_capability(CAPNG_PERMITTED, wanted[i]))
			held[held_count++] = wanted[i];
	capng_clear(CAPNG_SELECT_ALL);
	for (int i = 0; i < held_count; i++)
		capng_update(CAPNG_ADD, (capng_type_t)(BOTH | CAPNG_BOUNDING_SET), held[i]);
}

int rights_keep(const struct rights *rights, struct parc_err *err)
{
	capng_select_t what = CAPNG_SELECT_CAPS;

	if (geteuid() != 0)
		return 0;
	if (capng_get_caps_process() != 0)
		return parc_err_set(err, PARC_ERR_IO, "capabilities cannot be read");
	/* The bounding set can only be cut by who may; who may not has been cut already. */
	if (!rights->allows_set_uid && capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		what = CAPNG_SELECT_BOTH;
	choose(rights);
	if (capng_apply(what) != 0 || capng_apply(CAPNG_SELECT_AMBIENT) != 0)
		return parc_err_set(err, PARC_ERR_IO, "capabilities cannot be given up: %s",
				    strerror(errno));
	if (!rights->allows_set_uid && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return parc_err_set(err, PARC_ERR_IO, "set-user-id cannot be given up: %s",
				    strerror(errno));
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A name has no '/', so the last one in a key parts it from its tenant.
 */
#include "daemon/kind.h"

#include <stdio.h>
#include <string.h>

#include "daemon/daemon.h"

static void key_make(char key[KIND_KEY_BYTES], const char *tenant, const char *name)
{
	snprintf(key, KIND_KEY_BYTES, "%.*s/%.*s", CONFIG_NAME_MAX, tenant, CONFIG_NAME_MAX, name);
}

static void key_of(struct daemon *daemon, int64_t tenant, const char *name,
		   char key[KIND_KEY_BYTES])
{
	const char *owner = "", *text;

	if (config_is_shared(&daemon->config, name)) {
		snprintf(key, KIND_KEY_BYTES, "%.*s", CONFIG_NAME_MAX, name);
		return;
	}
	if (tenant != PARC_NONE)
		store_name_of(daemon->store, STORE_TENANT, tenant, &owner, &text, NULL);
	key_make(key, owner, name);
}

static int key_find(struct daemon *daemon, const char *key, int64_t *number, struct parc_err *err)
{
	const char *text;

	*number = PARC_NONE;
	return store_name_find(daemon->store, STORE_KIND, key, number, &text, err);
}

static int key_number(struct daemon *daemon, const char *key, int64_t *number, struct parc_err *err)
{
	int code = key_find(daemon, key, number, err);

	if (code == 0)
		code = store_begin(daemon->store, err);
	if (code == 0 && *number == PARC_NONE)
		code = store_name_add(daemon->store, STORE_KIND, key, "", number, err);
	return code < 0 ? code : 0;
}

int kind_find(struct daemon *daemon, int64_t tenant, const char *name, int64_t *number,
	      struct parc_err *err)
{
	char key[KIND_KEY_BYTES];
	int code = 0;

	*number = PARC_NONE;
	if (name != NULL) {
		key_of(daemon, tenant, name, key);
		code = key_find(daemon, key, number, err);
	}
	return code < 0 ? code : 0;
}

int kind_number(struct daemon *daemon, int64_t tenant, const char *name, int64_t *number,
		struct parc_err *err)
{
	char key[KIND_KEY_BYTES];

	*number = PARC_NONE;
	if (name == NULL)
		return 0;
	key_of(daemon, tenant, name, key);
	return key_number(daemon, key, number, err);
}

int kind_number_set(struct daemon *daemon, const char *tenant, const char *name, int64_t *number,
		    struct parc_err *err)
{
	char key[KIND_KEY_BYTES];

	*number = PARC_NONE;
	if (name[0] == '\0')
		return 0;
	if (tenant[0] == '\0')
		return key_number(daemon, name, number, err);
	key_make(key, tenant, name);
	return key_number(daemon, key, number, err);
}

const char *kind_name(struct daemon *daemon, int64_t number, char key[KIND_KEY_BYTES],
		      const char **tenant)
{
	const char *name = "", *text;
	char *mark;

	store_name_of(daemon->store, STORE_KIND, number, &name, &text, NULL);
	snprintf(key, KIND_KEY_BYTES, "%s", name);
	mark = strrchr(key, '/');
	*tenant = mark == NULL ? NULL : key;
	if (mark == NULL)
		return key;
	*mark = '\0';
	return mark + 1;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding the hierarchies, and making and removing groups in them. Root takes a group at the top of
 * each hierarchy, beside those of the init system; others take one below their own, which works
 * where that was delegated to them. A version 2 group that has processes cannot hand controllers
 * down, so whoever starts below its own group first moves into a leaf of it.
 */
#include "engine/groups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/groups_file.h"

#define FILE_MAX 65536 /* bytes of mountinfo that are looked at */

/* What each part is called among the controllers, and the ability that it gives. */
static const struct part {
	const char *controller;
	uint32_t ability;
} parts[GROUPS_PARTS] = {
	[GROUPS_AT_TREE] = {"freezer", GROUPS_TREE},
	[GROUPS_AT_CPU] = {"cpu", GROUPS_CPU},
	[GROUPS_AT_ACCOUNT] = {"cpuacct", GROUPS_ACCOUNT},
	[GROUPS_AT_MEMORY] = {"memory", GROUPS_MEMORY},
	[GROUPS_AT_PIDS] = {"pids", GROUPS_PIDS},
	[GROUPS_AT_DEVICES] = {"devices", GROUPS_DEVICES},
};

/* ---- Files of groups */

ssize_t groups_read_file(const char *path, char *bytes, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t done = 0;
	ssize_t got = 0;

	if (fd < 0)
		return -1;
	while (done < size - 1) {
		got = read(fd, bytes + done, size - 1 - done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	close(fd);
	bytes[done] = '\0';
	return got < 0 ? -1 : (ssize_t)done;
}

int groups_write_file(const char *path, const char *text)
{
	size_t size = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t wrote;
	int number;

	if (fd < 0)
		return -1;
	wrote = write(fd, text, size);
	number = errno;
	close(fd);
	errno = number;
	return wrote == (ssize_t)size ? 0 : -1;
}

void groups_leaf_path(char path[GROUPS_FILE_SIZE], const struct groups_place *place,
		      const char *attempt, const char *leaf, const char *file)
{
	snprintf(path, GROUPS_FILE_SIZE, "%s/%s%s%s%s%s", place->path, attempt,
		 leaf[0] != '\0' ? "/" : "", leaf, file[0] != '\0' ? "/" : "", file);
}

int64_t groups_word_number(const char *text, const char *word)
{
	size_t length = strlen(word);

	while (text != NULL) {
		if (strncmp(text, word, length) == 0 && text[length] == ' ')
			return strtoll(text + length + 1, NULL, 10);
		text = strchr(text, '\n');
		text = text != NULL ? text + 1 : NULL;
	}
	return -1;
}

/* Is the word in a list parted by blanks, commas or newlines? */
static int has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (*list != '\0') {
		size_t size = strcspn(list, " ,\n");

		if (size == length && memcmp(list, word, length) == 0)
			return 1;
		list += size;
		list += strspn(list, " ,\n");
	}
	return 0;
}

/* ---- Finding */

struct mount {
	int version;
	char root[GROUPS_PATH_SIZE], point[GROUPS_PATH_SIZE], options[GROUPS_PATH_SIZE];
};

/* mountinfo writes blanks and the like as \ooo. */
static void copy_unescaped(char *to, const char *from, size_t size)
{
	size_t used = 0, at = 0;

	while (at < size && used + 1 < GROUPS_PATH_SIZE) {
		if (from[at] == '\\' && at + 3 < size) {
			to[used++] = (char)((from[at + 1] - '0') << 6 | (from[at + 2] - '0') << 3 |
					    (from[at + 3] - '0'));
			at += 4;
		} else {
			to[used++] = from[at++];
		}
	}
	to[used] = '\0';
}

/* A line of mountinfo: 1 if it is a mount of control groups. */
static int parse_mount(const char *line, struct mount *mount)
{
	const char *fields[6], *sizes_end, *type = strstr(line, " - ");
	int count = 0;

	if (type == NULL)
		return 0;
	for (const char *at = line; count < 6; count++) {
		fields[count] = at;
		at = strchr(at, ' ');
		if (at == NULL || at > type)
			return 0;
		at++;
	}
	type += 3;
	mount->version = strncmp(type, "cgroup2 ", 8) == 0 ? 2 : strncmp(type, "cgroup ", 7) == 0;
	sizes_end = strrchr(type, ' ');
	if (mount->version == 0 || sizes_end == NULL)
		return 0;
	copy_unescaped(mount->root, fields[3], strcspn(fields[3], " "));
	copy_unescaped(mount->point, fields[4], strcspn(fields[4], " "));
	snprintf(mount->options, sizeof(mount->options), "%s", sizes_end + 1);
	return 1;
}

/* This process's group in the hierarchy of that mount, from /proc/self/cgroup: lines
 * "number:controllers:path", the controllers empty for version 2. */
static void find_own(const char *own, const struct mount *mount, char path[GROUPS_PATH_SIZE])
{
	path[0] = '\0';
	for (const char *line = own; line != NULL && *line != '\0';) {
		const char *names = strchr(line, ':'), *end = strchr(line, '\n');
		const char *group = names != NULL ? strchr(names + 1, ':') : NULL;
		char first[64];
		size_t size;

		if (group == NULL || end == NULL)
			return;
		size = strcspn(names + 1, ",:");
		snprintf(first, sizeof(first), "%.*s", (int)(size < 60 ? size : 60), names + 1);
		if (mount->version == 2 ? size == 0 : has_word(mount->options, first)) {
			snprintf(path, GROUPS_PATH_SIZE, "%.*s", (int)(end - group - 1), group + 1);
			return;
		}
		line = end + 1;
	}
}

/* The folder in which the engine's group is to be made. */
static void find_base(const struct mount *mount, const char *own, char base[GROUPS_PATH_SIZE])
{
	char path[GROUPS_PATH_SIZE];
	size_t root = strcmp(mount->root, "/") == 0 ? 0 : strlen(mount->root);

	snprintf(base, GROUPS_PATH_SIZE, "%s", mount->point);
	if (geteuid() == 0)
		return;
	find_own(own, mount, path);
	if (strncmp(path, mount->root, root) == 0 && strcmp(path, "/") != 0 &&
	    strlen(base) + strlen(path + root) < GROUPS_PATH_SIZE)
		memcpy(base + strlen(base), path + root, strlen(path + root) + 1);
}

static void place_set(struct groups *groups, enum groups_part part, int version, const char *base,
		      const char *name)
{
	struct groups_place *place = &groups->places[part];
	int size = snprintf(place->path, sizeof(place->path), "%.400s/%s", base, name);

	place->version = size > 0 && size < GROUPS_PATH_SIZE - 64 ? version : 0;
	if (place->version != 0)
		groups->abilities |= parts[part].ability;
}

static void take_mount(struct groups *groups, const struct mount *mount, const char *own,
		       const char *name)
{
	char base[GROUPS_PATH_SIZE], file[GROUPS_FILE_SIZE], controllers[GROUPS_PATH_SIZE];

	find_base(mount, own, base);
	if (mount->version == 2) {
		snprintf(file, sizeof(file), "%s/cgroup.controllers", base);
		if (groups_read_file(file, controllers, sizeof(controllers)) < 0)
			return;
		place_set(groups, GROUPS_AT_TREE, 2, base, name);
		place_set(groups, GROUPS_AT_ACCOUNT, 2, base, name);
		if (groups->places[GROUPS_AT_DEVICES].version == 0)
			place_set(groups, GROUPS_AT_DEVICES, 2, base, name);
	}
	for (int part = 0; part < GROUPS_PARTS; part++) {
		struct groups_place *place = &groups->places[part];
		const char *list = mount->version == 2 ? controllers : mount->options;
		int is_kept = place->version != 0 && part != GROUPS_AT_DEVICES;

		if (!is_kept && has_word(list, parts[part].controller))
			place_set(groups, (enum groups_part)part, mount->version, base, name);
	}
}

/* Take what the mounts of one version give. A line is ended for as long as it is read. */
static void take_mounts(struct groups *groups, char *mounts, int version, const char *own,
			const char *name)
{
	struct mount mount;

	for (char *line = mounts; line != NULL && *line != '\0';) {
		char *end = strchr(line, '\n');

		if (end != NULL)
			*end = '\0';
		if (parse_mount(line, &mount) && mount.version == version)
			take_mount(groups, &mount, own, name);
		if (end != NULL)
			*end = '\n';
		line = end != NULL ? end + 1 : NULL;
	}
}

void groups_find(struct groups *groups, const char *name, const char *const files[2])
{
	static const char *const own_files[2] = {"/proc/self/mountinfo", "/proc/self/cgroup"};
	char *mounts = malloc(FILE_MAX), *own = malloc(FILE_MAX);

	*groups = (struct groups){0};
	files = files != NULL ? files : own_files;
	if (mounts != NULL && own != NULL && groups_read_file(files[0], mounts, FILE_MAX) > 0 &&
	    groups_read_file(files[1], own, FILE_MAX) >= 0) {
		/* Version 2 first, for what both could give. */
		for (int version = 2; version > 0; version--)
			take_mounts(groups, mounts, version, own, name);
	}
	free(mounts);
	free(own);
}

/* ---- Making */

static int make_folder(const char *path)
{
	return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -1;
}

/* Let the groups below this one have a controller. */
static int hand_down(const char *folder, const char *controller)
{
	char path[GROUPS_FILE_SIZE + 32], text[32];

	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", folder);
	snprintf(text, sizeof(text), "+%s", controller);
	return groups_write_file(path, text);
}

/* Hand a controller down to the engine's group and through it. */
static int open_controller(const struct groups_place *place, const char *controller)
{
	char base[GROUPS_FILE_SIZE], leaf[GROUPS_FILE_SIZE];

	snprintf(base, sizeof(base), "%s", place->path);
	*strrchr(base, '/') = '\0';
	if (hand_down(base, controller) != 0) {
		/* It may be that this process is in the way. */
		snprintf(leaf, sizeof(leaf), "%s.daemon", place->path);
		if (errno != EBUSY || make_folder(leaf) != 0)
			return -1;
		snprintf(leaf, sizeof(leaf), "%s.daemon/cgroup.procs", place->path);
		if (groups_write_file(leaf, "0") != 0 || hand_down(base, controller) != 0)
			return -1;
	}
	return hand_down(place->path, controller);
}

/* Does the system let us attach a device program? Tried on a group of its own, as programs stay. */
static int open_devices(const struct groups_place *place)
{
	struct claim_device nothing = {.major = UINT32_MAX, .minor = UINT32_MAX};
	char path[GROUPS_FILE_SIZE];
	int group, code = -1;

	groups_leaf_path(path, place, "probe", "", "");
	if (make_folder(path) != 0)
		return -1;
	group = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (group >= 0) {
		code = groups_deny_devices(group, &nothing, 1, NULL);
		close(group);
	}
	rmdir(path);
	return code;
}

static int open_place(enum groups_part part, const struct groups_place *place)
{
	if (make_folder(place->path) != 0)
		return -1;
	if (place->version != 2)
		return access(place->path, W_OK);
	switch (part) {
	case GROUPS_AT_CPU:
	case GROUPS_AT_MEMORY:
	case GROUPS_AT_PIDS:
		return open_controller(place, parts[part].controller);
	case GROUPS_AT_DEVICES:
		return open_devices(place);
	default:
		return access(place->path, W_OK);
	}
}

void groups_open(struct groups *groups)
{
	for (int part = 0; part < GROUPS_PARTS; part++) {
		struct groups_place *place = &groups->places[part];

		/* Without the tree nobody could clean up behind the rest. */
		if (place->version != 0 && (groups->places[GROUPS_AT_TREE].version == 0 ||
					    open_place((enum groups_part)part, place) != 0)) {
			place->version = 0;
			groups->abilities &= ~parts[part].ability;
		}
	}
	if (groups->places[GROUPS_AT_CPU].version != 0)
		groups_weigh(groups, ".", sysconf(_SC_NPROCESSORS_ONLN) * 1000);
}

void groups_to_text(const struct groups *groups, char text[GROUPS_TEXT_SIZE])
{
	size_t used = 0;

	text[0] = '\0';
	for (int part = 0; part < GROUPS_PARTS; part++) {
		const struct groups_place *place = &groups->places[part];

		used += (size_t)snprintf(text + used, GROUPS_TEXT_SIZE - used, "%d%s\n",
					 place->version, place->version != 0 ? place->path : "");
	}
}

int groups_from_text(struct groups *groups, const char *text)
{
	*groups = (struct groups){0};
	for (int part = 0; part < GROUPS_PARTS; part++) {
		struct groups_place *place = &groups->places[part];
		size_t size = strcspn(text, "\n");

		if (size < 1 || size >= sizeof(place->path) || text[0] < '0' || text[0] > '2' ||
		    text[size] != '\n')
			return PARC_ERR_CORRUPT;
		place->version = text[0] - '0';
		memcpy(place->path, text + 1, size - 1);
		if (place->version != 0 && place->path[0] != '/')
			return PARC_ERR_CORRUPT;
		groups->abilities |= place->version != 0 ? parts[part].ability : 0;
		text += size + 1;
	}
	return 0;
}

static int hand_down_all(const struct groups *groups, const char *attempt, struct parc_err *err)
{
	char folder[GROUPS_FILE_SIZE];

	for (int part = GROUPS_AT_CPU; part < GROUPS_PARTS; part++) {
		const struct groups_place *place = &groups->places[part];

		if (place->version != 2 || part == GROUPS_AT_DEVICES || part == GROUPS_AT_ACCOUNT)
			continue;
		groups_leaf_path(folder, place, attempt, "", "");
		if (hand_down(folder, parts[part].controller) != 0)
			return parc_err_set(err, PARC_ERR_IO, "%s does not hand down %s: %s",
					    folder, parts[part].controller, strerror(errno));
	}
	return 0;
}

/* An engine that closes takes its place with it if nothing is in it yet: then that is made again.
 */
static int make_in_place(const struct groups_place *place, const char *folder)
{
	if (make_folder(folder) == 0)
		return 0;
	return errno == ENOENT && make_folder(place->path) == 0 ? make_folder(folder) : -1;
}

int groups_make(const struct groups *groups, const char *attempt, const char *leaf,
		const struct groups_limits *limits, struct parc_err *err)
{
	char folder[GROUPS_FILE_SIZE];
	int code = 0;

	for (int part = 0; part < GROUPS_PARTS && code == 0; part++) {
		const struct groups_place *place = &groups->places[part];

		if (place->version == 0)
			continue;
		groups_leaf_path(folder, place, attempt, "", "");
		if (make_in_place(place, folder) == 0)
			groups_leaf_path(folder, place, attempt, leaf, "");
		if (make_folder(folder) != 0)
			code = parc_err_set(err, PARC_ERR_IO, "no control group %s: %s", folder,
					    strerror(errno));
	}
	if (code == 0)
		code = hand_down_all(groups, attempt, err);
	if (code == 0 && limits != NULL)
		code = groups_limit(groups, attempt, leaf, limits, err);
	return code;
}

int groups_enter(const struct groups *groups, const char *attempt, const char *leaf, int64_t pid,
		 struct parc_err *err)
{
	char path[GROUPS_FILE_SIZE], text[32];

	snprintf(text, sizeof(text), "%lld", (long long)pid);
	for (int part = 0; part < GROUPS_PARTS; part++) {
		const struct groups_place *place = &groups->places[part];

		if (place->version == 0)
			continue;
		groups_leaf_path(path, place, attempt, leaf, "cgroup.procs");
		if (groups_write_file(path, text) != 0)
			return parc_err_set(err, PARC_ERR_IO, "no way into %s: %s", path,
					    strerror(errno));
	}
	return 0;
}

static void remove_attempt(const char *folder)
{
	char path[GROUPS_FILE_SIZE + 256];
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
			rmdir(path);
		}
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(folder);
}

void groups_remove(const struct groups *groups, const char *attempt)
{
	char folder[GROUPS_FILE_SIZE];

	for (int part = 0; part < GROUPS_PARTS; part++) {
		if (groups->places[part].version == 0)
			continue;
		groups_leaf_path(folder, &groups->places[part], attempt, "", "");
		remove_attempt(folder);
	}
}

void groups_close(const struct groups *groups)
{
	for (int part = 0; part < GROUPS_PARTS; part++) {
		if (groups->places[part].version != 0)
			rmdir(groups->places[part].path);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* See owner.h. Knows the names of SQLite's files beside a store and nothing of what is in them. */
#include "owner.h"

#include <stdio.h>
#include <sys/stat.h>

static int check_directory(const char *store, struct fly_why *why)
{
	auto_free char *dir = strdup(store);
	char *slash = dir ? strrchr(dir, '/') : NULL;
	struct stat st;

	if (!slash)
		return 0;
	slash[slash == dir] = '\0';
	if (stat(dir, &st) < 0 || st.st_mode & S_ISVTX || !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	return fly_fail(why, EPERM, "others may write in %s, where root's store %s would lie: "
			"chmod go-w it, or choose another place", dir, strrchr(store, '/') + 1);
}

int fly_owner_check(const char *store, struct fly_why *why)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal", ".lock" };

	for (size_t i = 0; i < FLY_ARRAY_LEN(ends); i++) {
		auto_free char *path = NULL;
		struct stat st;

		if (asprintf(&path, "%s%s", store, ends[i]) < 0) {
			path = NULL;
			return fly_no_memory(why);
		}
		if (stat(path, &st) == 0 && st.st_uid != geteuid())
			return fly_fail(why, EPERM, "%s belongs to uid %u: only a store of one's "
					"own is run; -o ro shows another's", path, st.st_uid);
	}
	return geteuid() ? 0 : check_directory(store, why);
}

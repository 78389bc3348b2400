/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mount table: what stands at a mount point, dead mounts of our own, and the end of our mount.
 * Knows no session and no store.
 */
#include "mounts.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "path.h"

/* mountinfo writes blank, tab, newline and backslash as \ooo. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] && from[2] && from[3]) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = 0;
}

/* Split one line into the fields wanted; false when it is not of the form proc(5) gives. */
static bool read_line(char *line, int *id, char **point, char **type, char **source)
{
	char *save = NULL, *word = strtok_r(line, " ", &save);

	*point = *type = *source = NULL;
	*id = word ? atoi(word) : -1;
	for (int field = 1; (word = strtok_r(NULL, " ", &save)); field++) {
		if (field == 4)
			*point = word;
		if (!strcmp(word, "-"))
			break;
	}
	*type = strtok_r(NULL, " ", &save);
	*source = strtok_r(NULL, " ", &save);
	if (!*point || !*type || !*source)
		return false;
	unescape(*point);
	unescape(*source);
	return true;
}

int fly_mount_find(const char *path, struct fly_mount *out)
{
	FILE *table = fopen("/proc/self/mountinfo", "re");
	auto_free char *line = NULL;
	size_t size = 0;
	int rc = -ENOENT;

	if (!table)
		return -errno;
	while (getline(&line, &size, table) > 0) {
		char *point, *type, *source;
		int id;

		line[strcspn(line, "\n")] = 0;
		if (!read_line(line, &id, &point, &type, &source) || strcmp(point, path) != 0)
			continue;
		if (!rc)
			fly_mount_release(out);
		*out = (struct fly_mount){ id, !strcmp(type, FLY_MOUNT_TYPE), strdup(source) };
		rc = 0;
	}
	fclose(table);
	return rc;
}

void fly_mount_release(struct fly_mount *m)
{
	free(m->source);
	m->source = NULL;
}

bool fly_mount_exists(int wanted)
{
	FILE *table = fopen("/proc/self/mountinfo", "re");
	auto_free char *line = NULL;
	size_t size = 0;
	bool found = !table;

	while (table && !found && getline(&line, &size, table) > 0)
		found = atoi(line) == wanted;
	if (table)
		fclose(table);
	return found;
}

/* An ordinary user may not umount2(); fusermount3 may, for who mounted. */
static int detach(const char *path)
{
	int status;
	pid_t pid;

	if (!umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW))
		return 0;
	pid = fork();
	if (!pid) {
		execlp("fusermount3", "fusermount3", "-u", "-z", "-q", "--", path, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return status ? -EPERM : 0;
}

static int clear_dead(char **path, struct fly_why *why)
{
	struct fly_mount m;
	char *real;
	int rc = fly_path_absolute(*path, &real); /* realpath() would ask the dead mount */

	if (rc < 0)
		return fly_fail(why, -rc, "%s: %s", *path, strerror(-rc));
	free(*path);
	*path = real;
	if (fly_mount_find(real, &m) < 0 || !m.ours)
		return fly_fail(why, ENOTCONN, "%s: a dead mount of another program is there: %s",
				real, "fusermount3 -u -z it first");
	fly_mount_release(&m);
	rc = detach(real);
	if (rc < 0)
		return fly_fail(why, -rc, "%s: the dead flytefs mount there can't be detached",
				real);
	fly_log(FLY_WARNING, "main", "%s: detached the dead flytefs mount there", real);
	return 0;
}

/* The kernel may still answer a stat() itself; statfs() always asks who serves the mount. */
static bool is_dead(const char *path)
{
	struct statfs s;

	return statfs(path, &s) && (errno == ENOTCONN || errno == ECONNABORTED);
}

int fly_mount_prepare(char **path, struct fly_why *why)
{
	struct stat st;
	char *real;
	int error;

	/* Several dead mounts may lie on one another. */
	for (int i = 0; i < 64 && is_dead(*path); i++) {
		int rc = clear_dead(path, why);

		if (rc < 0)
			return rc;
	}
	real = realpath(*path, NULL);
	error = errno;
	if (!real || stat(real, &st)) {
		error = real ? errno : error;
		free(real);
		return fly_fail(why, error, "%s: %s", *path, strerror(error));
	}
	free(*path);
	*path = real;
	return S_ISDIR(st.st_mode) ? 0 : fly_fail(why, ENOTDIR, "%s: not a directory", real);
}

static void *watch(void *arg)
{
	int id = (int)(intptr_t)arg;
	auto_fd fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	struct pollfd p = { fd, POLLPRI, 0 };

	while (fd >= 0 && fly_mount_exists(id))
		poll(&p, 1, -1);
	if (fd >= 0)
		kill(getpid(), SIGTERM);
	return NULL;
}

int fly_mount_watch(int id, struct fly_why *why)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, watch, (void *)(intptr_t)id);

	if (error)
		return fly_fail(why, error, "no thread to watch the mount: %s", strerror(error));
	pthread_detach(thread);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * descendants: every process below the supervisor. As it is the subreaper, one that left its
 * session and lost its parent is its child, so nothing escapes the walk from here down.
 */
#include "supervisor.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#define DEPTH_MAX 100 /* deeper ones move up as their parents die */

/* All of them are known before the first is told: one that dies takes its children out of sight. */
struct pids {
	pid_t *list;
	size_t n, cap;
};

static void add(struct pids *p, pid_t pid)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 64;
		pid_t *list = realloc(p->list, cap * sizeof(*list));

		if (!list)
			return;
		p->list = list;
		p->cap = cap;
	}
	p->list[p->n++] = pid;
}

static void collect(struct pids *p, pid_t parent, unsigned depth);

static void collect_list(struct pids *p, const char *text, unsigned depth)
{
	char *end;

	for (;;) {
		pid_t pid = (pid_t)strtol(text, &end, 10);

		if (end == text)
			return;
		text = end;
		add(p, pid);
		collect(p, pid, depth + 1);
	}
}

/* A process's children are listed by the thread that made them. */
static void collect(struct pids *p, pid_t parent, unsigned depth)
{
	char path[64];
	struct dirent *e;
	DIR *dir;

	if (depth > DEPTH_MAX)
		return;
	snprintf(path, sizeof(path), "/proc/%d/task", parent);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		auto_buf list = {0};

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%.20s/children", e->d_name);
		if (!fly_read_file(dirfd(dir), path, 1 << 20, &list) && list.data)
			collect_list(p, list.data, depth);
	}
	if (dir)
		closedir(dir);
}

void fly_descendants_signal(int sig, pid_t leader)
{
	struct pids p = {0};

	collect(&p, getpid(), 0);
	/* To a whole group at once, so that no member forks another one behind our back. */
	if (leader > 0)
		kill(-leader, sig);
	for (size_t i = 0; i < p.n; i++) /* parents first, for the same reason */
		if (leader <= 0 || getpgid(p.list[i]) != leader)
			kill(p.list[i], sig);
	free(p.list);
}

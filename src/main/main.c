/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flytefs: puts the rooms together. Options, the order of opening and closing, signals, readiness.
 * Everything that can fail fails before the parent says "it serves".
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "background.h"
#include "config.h"
#include "flytefs/engine.h"
#include "flytefs/fs.h"
#include "mounts.h"
#include "options.h"
#include "owner.h"

struct daemon {
	struct fly_options o;
	struct fly_store *store;
	struct fly_admin *admin;
	struct fly_engine *engine;	/* NULL with -o ro */
	struct fly_fs *fs;
	int mount;			/* id in the mount table, 0: not known */
};

static struct fly_fs *volatile serving;	/* the one session, for the signal handler */

static void on_signal(int number)
{
	struct fly_fs *fs = serving;

	(void)number;
	if (fs)
		fly_fs_exit(fs);
}

/* Every thread but this one keeps the ending signals blocked: they interrupt the session loop. */
static void block_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(how, &set, NULL);
}

static void catch_signals(void)
{
	struct sigaction end = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	sigaction(SIGHUP, &end, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

/* The supervisor: beside this program, in the build tree, or where it was installed. */
static int find_task_program(char out[PATH_MAX], struct fly_why *why)
{
	static const char *const places[] = { "%s/flytefs-task", "%s/../task/flytefs-task",
					      FLY_LIBEXECDIR "/flytefs-task" };
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n < 0 ? 0 : n] = 0;
	if (n > 0)
		*strrchr(self, '/') = 0;
	for (size_t i = 0; i < FLY_ARRAY_LEN(places); i++) {
		char path[PATH_MAX * 2];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(path, sizeof(path), places[i], self);
#pragma GCC diagnostic pop
		if (!access(path, X_OK) && realpath(path, out))
			return 0;
	}
	return fly_fail(why, ENOENT, "flytefs-task, which starts tasks, is not installed (%s)",
			FLY_LIBEXECDIR);
}

static int refuse_store_inside(const struct daemon *d, struct fly_why *why)
{
	size_t n = strlen(d->o.mountpoint);

	if (!strncmp(d->o.store, d->o.mountpoint, n) && (d->o.store[n] == '/' || n == 1))
		return fly_fail(why, ELOOP, "the store %s can't lie inside its own mount point %s",
				d->o.store, d->o.mountpoint);
	return 0;
}

static int open_engine(struct daemon *d, struct fly_why *why)
{
	char task_program[PATH_MAX];
	struct fly_engine_options options = {
		.admin = d->admin,
		.rundir = d->o.rundir,
		.workdir = d->o.workdir,
		.env = (const char *const *)d->o.env,
		.uid = geteuid(),
		.jobs = d->o.jobs,
		.task_program = task_program,
		.sendmail = d->o.sendmail,
	};
	int rc = find_task_program(task_program, why);

	if (rc < 0)
		return rc;
	rc = fly_engine_create(&options, &d->engine, why);
	if (rc < 0)
		return rc;
	fly_admin_set_backend(d->admin, fly_engine_backend(d->engine));
	return 0;
}

static void engine_stats(void *arg, struct fly_buf *b)
{
	struct daemon *d = arg;
	struct fly_engine_stats s = { 0 };

	fly_buf_printf(b, "store %s\n", d->o.store);
	if (!d->engine)
		return;
	fly_engine_stats(d->engine, &s);
	fly_buf_printf(b, "tasks_running %u\ntasks_waiting %u\nexecutions_running %u\n",
		       s.running_tasks, s.waiting_tasks, s.executions);
}

static int open_rooms(struct daemon *d, struct fly_why *why)
{
	struct fly_store_options store = { .read_only = d->o.read_only };
	struct fly_admin_options admin = { .default_project = d->o.default_project,
					   .read_only = d->o.read_only };
	struct fly_fs_options fs = { 0 };
	int rc = d->o.read_only ? 0 : fly_owner_check(d->o.store, why);

	if (!rc)
		rc = fly_store_open(d->o.store, &store, &d->store, why);
	if (rc < 0)
		return rc;
	admin.store = d->store;
	rc = fly_admin_create(&admin, &d->admin, why);
	if (rc < 0 || (!d->o.read_only && (rc = open_engine(d, why)) < 0))
		return rc;
	fs = (struct fly_fs_options){
		.admin = d->admin,
		.backend = d->engine ? fly_engine_backend(d->engine) : NULL,
		.source = d->o.source,
		.mountpoint = d->o.mountpoint,
		.read_only = d->o.read_only,
		.allow_other = d->o.allow_other,
		.stats = engine_stats,
		.stats_arg = d,
	};
	rc = fly_fs_create(&fs, &d->fs, why);
	return rc < 0 ? rc : fly_fs_mount(d->fs, &d->o.fuse, why);
}

static int start_rooms(struct daemon *d, struct fly_why *why)
{
	struct fly_mount m;
	int rc = fly_mount_find(d->o.mountpoint, &m);

	if (!rc) {
		d->mount = m.id;
		rc = fly_mount_watch(m.id, why);
		fly_mount_release(&m);
	}
	if (rc < 0 && rc != -ENOENT)
		return rc;
	return d->engine ? fly_engine_start(d->engine, why) : 0;
}

static void close_rooms(struct daemon *d)
{
	if (d->engine)
		fly_engine_stop(d->engine);
	if (d->fs)
		fly_fs_unmount(d->fs, d->mount && !fly_mount_exists(d->mount));
	fly_fs_destroy(d->fs);
	if (d->admin)
		fly_admin_set_backend(d->admin, NULL);
	fly_engine_destroy(d->engine);
	fly_admin_destroy(d->admin);
	fly_store_close(d->store);
}

static int serve(struct daemon *d, int ready)
{
	struct fly_why why = { 0 };
	int rc = open_rooms(d, &why);

	serving = d->fs;
	if (rc >= 0)
		rc = start_rooms(d, &why);
	if (rc < 0) {
		fprintf(stderr, "flytefs: %s\n", why.text[0] ? why.text : strerror(-rc));
	} else {
		if (ready >= 0)
			fly_log_open(false, FLY_INFO);
		fly_background_ready(ready, 0);
		fly_log(FLY_INFO, "main", "%s serves %s", d->o.mountpoint, d->o.store);
		block_signals(SIG_UNBLOCK);
		rc = fly_fs_serve(d->fs);
		block_signals(SIG_BLOCK);
		ready = -1;
	}
	close_rooms(d);
	serving = NULL;
	fly_background_ready(ready, rc < 0 ? 1 : 0);
	return rc < 0 ? 1 : 0;
}

/* Is this very store served there already? The mount itself knows where its store lies. */
static bool serves_store(const struct daemon *d, const struct fly_mount *m)
{
	auto_buf text = { 0 };
	auto_free char *path = NULL, *line = NULL;

	if (!m->ours || asprintf(&path, "%s/.flytefs/stats", d->o.mountpoint) < 0)
		return false;
	if (fly_read_file(AT_FDCWD, path, 1 << 16, &text) < 0 ||
	    asprintf(&line, "store %s\n", d->o.store) < 0)
		return !strcmp(m->source, d->o.source);
	return text.data && strstr(text.data, line);
}

/* 1: served already, 0: nothing of ours there, -errno: something else of ours is there. */
static int already_mounted(const struct daemon *d, struct fly_why *why)
{
	struct fly_mount m;
	bool same;
	int rc = fly_mount_find(d->o.mountpoint, &m);

	if (rc < 0 || !m.ours) {
		if (!rc)
			fly_mount_release(&m);
		return 0;
	}
	same = serves_store(d, &m);
	rc = same ? 1 : fly_fail(why, EBUSY, "%s: another flytefs store is mounted there: %s",
				 d->o.mountpoint, m.source);
	fly_mount_release(&m);
	return rc;
}

static int prepare(struct daemon *d, int argc, char **argv, struct fly_why *why)
{
	int rc = fly_options_parse(argc, argv, &d->o, why);

	if (rc < 0 || d->o.help || d->o.version)
		return rc;
	if ((rc = fly_mount_prepare(&d->o.mountpoint, why)) < 0 ||
	    (rc = fly_options_resolve(&d->o, why)) < 0 || (rc = refuse_store_inside(d, why)) < 0)
		return rc;
	return already_mounted(d, why);
}

static int run(struct daemon *d)
{
	struct fly_why why = { 0 };
	int ready = -1;

	block_signals(SIG_BLOCK);
	catch_signals();
	if (!d->o.foreground && !d->o.debug) {
		ready = fly_background_fork(&why);
		if (ready < 0) {
			fprintf(stderr, "flytefs: %s\n", why.text);
			return 1;
		}
	}
	return serve(d, ready);
}

int main(int argc, char **argv)
{
	struct daemon d = { 0 };
	struct fly_why why = { 0 };
	int rc;

	umask(022);
	fly_log_open(true, FLY_WARNING);
	rc = prepare(&d, argc, argv, &why);
	if (rc < 0) {
		fprintf(stderr, "flytefs: %s\n", why.text[0] ? why.text : strerror(-rc));
		rc = 2;
	} else if (d.o.help) {
		fly_options_help(stdout);
	} else if (d.o.version) {
		printf("flytefs %s\n", FLY_VERSION);
	} else if (rc == 1) {
		printf("flytefs: %s is mounted there already: %s\n", d.o.source, d.o.mountpoint);
		rc = 0;
	} else {
		fly_log_open(true, d.o.debug ? FLY_DEBUG : d.o.foreground ? FLY_INFO : FLY_WARNING);
		rc = run(&d);
	}
	fly_options_release(&d.o);
	return rc;
}

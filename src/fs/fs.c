/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mounted tree as a thing: makes its parts, mounts, serves, and ends so that nobody hangs.
 * Knows no file of the tree.
 */
#include "tree.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>

#include "document.h"
#include "draft.h"
#include "errors.h"
#include "events.h"
#include "gesture.h"
#include "gone.h"
#include "notify.h"
#include "ops.h"
#include "park.h"
#include "poller.h"
#include "query.h"
#include "quota.h"
#include "reading.h"
#include "snapshot.h"
#include "textcache.h"
#include "touch.h"
#include "user.h"

enum { WORKERS_MIN = 4, WORKERS_MAX = 10, DRAIN_STEP_MS = 10, DRAIN_MS = 10000 };

/*
 * Two more than processors, for those that wait for the disk. With many more each request wakes
 * one that slept, and none finds the next request waiting for it.
 */
static unsigned workers(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN) + 2;

	return n < WORKERS_MIN ? WORKERS_MIN : n > WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

static int create_parts(struct fly_fs *fs)
{
	int rc;

	if ((rc = fly_errors_create(&fs->errors)) < 0 ||
	    (rc = fly_events_create(&fs->events)) < 0 ||
	    (rc = fly_textcache_create(&fs->texts)) < 0 ||
	    (rc = fly_touches_create(&fs->touches)) < 0 ||
	    (rc = fly_users_create(&fs->users)) < 0 || (rc = fly_quota_create(&fs->quota)) < 0 ||
	    (rc = fly_gone_create(&fs->gone)) < 0 || (rc = fly_parks_create(&fs->parks)) < 0 ||
	    (rc = fly_polls_create(&fs->polls)) < 0 || (rc = fly_drafts_create(&fs->drafts)) < 0 ||
	    (rc = fly_gestures_create(&fs->gestures)) < 0 ||
	    (rc = fly_documents_create(&fs->documents)) < 0 ||
	    (rc = fly_queries_create(&fs->queries)) < 0)
		return rc;
	return fly_snapshot_create(&fs->snapshot);
}

int fly_fs_create(const struct fly_fs_options *options, struct fly_fs **out, struct fly_why *why)
{
	struct fly_fs *fs = calloc(1, sizeof(*fs));
	int rc;

	if (!fs)
		return fly_no_memory(why);
	fs->admin = options->admin;
	fs->store = fly_admin_store(options->admin);
	fs->backend = options->backend;
	fs->read_only = options->read_only;
	fs->allow_other = options->allow_other;
	fs->uid = geteuid();
	fs->gid = getegid();
	fs->started_ns = fly_file_now_ns();
	fs->stats = options->stats;
	fs->stats_arg = options->stats_arg;
	fs->source = strdup(options->source);
	fs->mountpoint = strdup(options->mountpoint);
	rc = fs->source && fs->mountpoint ? create_parts(fs) : -ENOMEM;
	if (rc < 0)
		fly_fail(why, -rc, "out of memory");
	else
		rc = fly_notify_create(fs, why);
	if (!rc)
		rc = fly_readings_create(fs, why);
	if (rc < 0) {
		fly_fs_destroy(fs);
		return rc;
	}
	fly_store_listen(fs->store, fly_notify_changes, fs);
	*out = fs;
	return 0;
}

void fly_fs_destroy(struct fly_fs *fs)
{
	if (!fs)
		return;
	fly_readings_destroy(fs->readings);
	fly_notify_destroy(fs->notify);
	if (fs->session)
		fuse_session_destroy(fs->session);
	fly_snapshot_destroy(fs->snapshot);
	fly_queries_destroy(fs->queries);
	fly_documents_destroy(fs->documents);
	fly_gestures_destroy(fs->gestures);
	fly_drafts_destroy(fs->drafts);
	fly_polls_destroy(fs->polls);
	fly_parks_destroy(fs->parks);
	fly_gone_destroy(fs->gone);
	fly_quota_destroy(fs->quota);
	fly_users_destroy(fs->users);
	fly_touches_destroy(fs->touches);
	fly_textcache_destroy(fs->texts);
	fly_events_destroy(fs->events);
	fly_errors_destroy(fs->errors);
	free(fs->mountpoint);
	free(fs->source);
	free(fs);
}

/* --- mounting ------------------------------------------------------------- */

/* The mount table shows the source exactly as given, whatever characters it has. */
static int add_options(struct fly_fs *fs, struct fuse_args *args)
{
	auto_free char *name = NULL;
	char *options = NULL;
	int rc = asprintf(&name, "fsname=%s", fs->source) < 0 ? -1 : 0;

	if (!rc)
		rc = fuse_opt_add_opt_escaped(&options, name);
	if (!rc)
		rc = fuse_opt_add_opt(&options, "subtype=flytefs,default_permissions");
	if (!rc)
		rc = fuse_opt_add_arg(args, "-o");
	if (!rc)
		rc = fuse_opt_add_arg(args, options);
	free(options);
	return rc ? -ENOMEM : 0;
}

/* The one option that a session must be told once more when it begins. */
static int read_options(struct fly_fs *fs, struct fuse_args *args)
{
	static const struct fuse_opt options[] = {
		{ "max_read=%u", offsetof(struct fly_fs, max_read), 0 },
		FUSE_OPT_KEY("max_read=", FUSE_OPT_KEY_KEEP),
		FUSE_OPT_END,
	};

	return fuse_opt_parse(args, fs, options, NULL) ? -ENOMEM : 0;
}

int fly_fs_mount(struct fly_fs *fs, struct fuse_args *args, struct fly_why *why)
{
	struct fuse_session *session;

	if (access("/dev/fuse", R_OK | W_OK) != 0) {
		int error = errno;

		return fly_fail(why, error, "/dev/fuse: %s (is the fuse module loaded, may you "
				"use it?)", strerror(error));
	}
	if (read_options(fs, args) < 0 || add_options(fs, args) < 0)
		return fly_no_memory(why);
	session = fuse_session_new(args, &fly_fs_ops, sizeof(fly_fs_ops), fs);
	if (!session)
		return fly_fail(why, EINVAL, "libfuse refused the mount options");
	errno = 0;
	if (fuse_session_mount(session, fs->mountpoint) != 0) {
		int error = errno ? errno : EIO;

		fuse_session_destroy(session);
		return fly_fail(why, error, "cannot mount on %s%s", fs->mountpoint,
				fs->allow_other && geteuid() ?
				" (allow_other needs user_allow_other in /etc/fuse.conf)" : "");
	}
	fs->session = session;
	return 0;
}

/* --- serving -------------------------------------------------------------- */

/* Answer one more request when there is one. */
static int serve_once(struct fly_fs *fs, struct fuse_buf *buf)
{
	struct pollfd p = { .fd = fuse_session_fd(fs->session), .events = POLLIN };
	int n = poll(&p, 1, DRAIN_STEP_MS);

	if (n <= 0)
		return n < 0 && errno != EINTR ? -errno : 0;
	if (p.revents & (POLLERR | POLLNVAL))
		return -ENODEV;
	n = fuse_session_receive_buf(fs->session, buf);
	if (n > 0)
		fuse_session_process_buf(fs->session, buf);
	return n < 0 && n != -EINTR && n != -EAGAIN ? n : 0;
}

/*
 * The workers are gone, but a notification of a name may sit in the kernel behind a request in its
 * directory that nobody serves, and commits under way have not been answered. Serve alone until
 * neither is so.
 */
static void drain(struct fly_fs *fs)
{
	int64_t until = fly_tick_ns() + DRAIN_MS * INT64_C(1000000);
	struct fuse_buf buf = { 0 };

	fuse_session_reset(fs->session);
	fly_parks_end(fs);
	fly_notify_quiet(fs);
	while (fly_notify_busy(fs) && fly_tick_ns() < until)
		if (serve_once(fs, &buf) < 0)
			break;
	free(buf.mem);
}

int fly_fs_serve(struct fly_fs *fs)
{
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	int rc;

	if (!config)
		return -ENOMEM;
	fuse_loop_cfg_set_clone_fd(config, 0);
	fuse_loop_cfg_set_max_threads(config, workers());
	rc = fuse_session_loop_mt(fs->session, config);
	fuse_loop_cfg_destroy(config);
	drain(fs);
	return rc < 0 ? rc : 0;
}

void fly_fs_exit(struct fly_fs *fs)
{
	if (fs->session)
		fuse_session_exit(fs->session);
}

/*
 * libfuse unmounts by path unless poll() on its descriptor says POLLERR, which the kernel does not
 * while a copy of the mount lives in another namespace. A pipe without a reader says it.
 */
static void let_go(struct fuse_session *session)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return;
	close(ends[0]);
	dup3(ends[1], fuse_session_fd(session), O_CLOEXEC);
	close(ends[1]);
}

void fly_fs_unmount(struct fly_fs *fs, bool gone)
{
	if (!fs->session)
		return;
	fly_parks_end(fs);
	fly_notify_quiet(fs);
	fly_readings_destroy(fs->readings);
	fs->readings = NULL;
	fly_notify_destroy(fs->notify);
	fs->notify = NULL;
	if (gone)
		let_go(fs->session);
	fuse_session_unmount(fs->session);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * null_fuse MOUNTPOINT: a FUSE daemon that takes every create and write in its root and stores
 * nothing: the ceiling that launching by NAME.json is measured against. Mounts and answers as
 * flytefs does (default_permissions, timeouts 0, direct I/O, no open, no flush).
 */
#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_ulong last = 1;

static void fill(struct stat *st, fuse_ino_t ino)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = ino;
	st->st_nlink = 1;
	st->st_mode = ino == 1 ? S_IFDIR | 0777 : S_IFREG | 0644;
}

static void on_init(void *data, struct fuse_conn_info *conn)
{
	(void)data;
	conn->want &= ~(unsigned)(FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_WRITEBACK_CACHE);
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	(void)parent, (void)name;
	fuse_reply_err(req, ENOENT);
}

static void on_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	fill(&st, ino);
	fuse_reply_attr(req, &st, 3600);
}

static void on_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st, int set,
		       struct fuse_file_info *fi)
{
	(void)st, (void)set;
	on_getattr(req, ino, fi);
}

static void on_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	struct fuse_entry_param e = { .ino = atomic_fetch_add(&last, 1) + 1 };

	(void)parent, (void)name, (void)mode;
	fill(&e.attr, e.ino);
	fi->direct_io = 1;
	fuse_reply_create(req, &e, fi);
}

static void on_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t len, off_t at,
		     struct fuse_file_info *fi)
{
	(void)ino, (void)data, (void)at, (void)fi;
	fuse_reply_write(req, len);
}

static void on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino, (void)fi;
	fuse_reply_err(req, ENOSYS);
}

static const struct fuse_lowlevel_ops ops = {
	.init = on_init,	.lookup = on_lookup, .getattr = on_getattr, .setattr = on_setattr,
	.create = on_create,	.write = on_write,   .open = on_open,	    .opendir = on_open,
	.flush = on_open,
};

int main(int argc, char **argv)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	struct fuse_session *session;
	int rc = 1;

	if (argc != 2 || fuse_opt_add_arg(&args, argv[0]) ||
	    fuse_opt_add_arg(&args, "-odefault_permissions"))
		return 2;
	session = fuse_session_new(&args, &ops, sizeof(ops), NULL);
	if (session && !fuse_session_mount(session, argv[1])) {
		fuse_set_signal_handlers(session);
		rc = fuse_session_loop_mt(session, config);
		fuse_session_unmount(session);
	}
	if (session)
		fuse_session_destroy(session);
	fuse_loop_cfg_destroy(config);
	fuse_opt_free_args(&args);
	return rc ? 1 : 0;
}

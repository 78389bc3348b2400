/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fs: the tree. Inode numbers, the table of files, drafts, control files, kernel invalidation, over
 * libfuse's low-level API. Reads rows through the store's typed functions and texts through admin;
 * knows no SQL and no processes.
 */
#ifndef FLYTEFS_FS_H
#define FLYTEFS_FS_H
#ifndef FLY_LINKS_FS
#error "this room does not link fs"
#endif

#include "flytefs/admin.h"

struct fly_fs;
struct fuse_args;

struct fly_fs_options {
	struct fly_admin *admin;	/* borrowed, as are its store and the backend */
	struct fly_backend *backend;	/* logs are read from it; NULL: none */
	const char *source;		/* as given on the command line: the mount's source */
	const char *mountpoint;		/* absolute */
	bool read_only;
	bool allow_other;
	/** Text of `.flytefs/stats` beyond the store's own: lines "name value"; may be NULL. */
	void (*stats)(void *arg, struct fly_buf *b);
	void *stats_arg;
};

/** Errors: -ENOMEM. Registers itself as the store's listener. */
int fly_fs_create(const struct fly_fs_options *options, struct fly_fs **out, struct fly_why *why);
/**
 * Mount with these FUSE options ("-o…" words, borrowed). Errors with a sentence: -EACCES /dev/fuse,
 * -EBUSY, -ENOENT …
 */
int fly_fs_mount(struct fly_fs *fs, struct fuse_args *args, struct fly_why *why);
/** Serve until unmounted or fly_fs_exit(). 0, or -errno when the loop failed. */
int fly_fs_serve(struct fly_fs *fs);
/** End serving: async-signal-safe. */
void fly_fs_exit(struct fly_fs *fs);
/**
 * Detach from the mount point (what is parked is answered EINTR first). gone: the mount has left
 * the mount table already; then no mount point is touched, for another mount may lie there.
 */
void fly_fs_unmount(struct fly_fs *fs, bool gone);
void fly_fs_destroy(struct fly_fs *fs);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What the mount table says of a mount point. Source: proc(5), /proc/PID/mountinfo. */
#ifndef FLYTEFS_MAIN_MOUNTS_H
#define FLYTEFS_MAIN_MOUNTS_H

#include "flytefs/base.h"

#define FLY_MOUNT_TYPE "fuse.flytefs"

struct fly_mount {
	int id;		/* of the topmost mount there */
	bool ours;	/* its type is fuse.flytefs */
	char *source;	/* as it was given; free with fly_mount_release() */
};

/** The topmost mount exactly at path (absolute, without links). 0; -ENOENT: none there; -errno. */
int fly_mount_find(const char *path, struct fly_mount *out);
void fly_mount_release(struct fly_mount *m);

/**
 * Resolve a mount point and clear a dead flytefs mount that stands in the way.
 * @path       as given; replaced (freed) by the resolved one
 * Errors: -ENOENT, -ENOTDIR, -ENOTCONN dead mount of another program, …
 */
int fly_mount_prepare(char **path, struct fly_why *why);

/** Is mount id in this process's mount table? */
bool fly_mount_exists(int id);

/**
 * Watch this process's own mount table in a thread; when mount id is gone, send the process
 * SIGTERM. (A copy of the mount in a private namespace of a task keeps the session alive for ever,
 * so the kernel does not tell.)
 */
int fly_mount_watch(int id, struct fly_why *why);

#endif

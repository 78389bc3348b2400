/* SPDX-License-Identifier: Apache-2.0 */
/* Names of tasks, workflows and launch plans as their scope shows them. */
#ifndef FLYTEFS_FS_NAMED_H
#define FLYTEFS_FS_NAMED_H

#include "tree.h"

/** The kind of the versions below a scope's directory; FLY_KIND_NONE when it holds no names. */
enum fly_kind fly_scope_kind(unsigned index);
/** The inode kind of a version, and back. */
enum fly_ino_kind fly_ino_kind_of(enum fly_kind kind);
enum fly_kind fly_kind_of_ino(enum fly_ino_kind kind);
/** "tasks", "workflows", "launch_plans". */
const char *fly_kind_folder(enum fly_kind kind);

/** A name in a scope's directory; index 0: its versions, FLY_NAMED_RUNS: its executions. */
int fly_named_lookup(struct fly_request *r, int64_t scope, enum fly_kind kind, const char *file,
		     unsigned index, struct fuse_entry_param *e);
int fly_nameds_list(struct fly_request *r, int64_t scope, enum fly_kind kind, unsigned index,
		    struct fly_listing *l);
/** dir: the scope's directory for names of a kind. */
int fly_named_mkdir(struct fly_request *r, const struct fly_scope *s, struct fly_ino dir,
		    const char *file, mode_t mode, struct fuse_entry_param *e);
int fly_named_rmdir(struct fly_request *r, int64_t scope, enum fly_kind kind, const char *file);

#endif

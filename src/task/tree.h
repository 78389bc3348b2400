/* SPDX-License-Identifier: Apache-2.0 */
/* tree: files below a directory: remove, copy, measure. Never follows a symbolic link inside. */
#ifndef FLYTEFS_TASK_TREE_H
#define FLYTEFS_TASK_TREE_H

#include <dirent.h>

#include "flytefs/base.h"

/**
 * Remove name and all below it, but nothing of another mount (a hanging one would hold us up).
 * Opens directories as the caller. 0 (also when it is not there) or -errno of the first failure.
 */
int fly_tree_remove(int dirfd, const char *name);
/** A directory to be read, reached through no link of this name. NULL and errno. */
DIR *fly_tree_open(int dirfd, const char *name);
/** Make directory path with its parents. 0 or -errno. */
int fly_tree_mkdir(const char *path, mode_t mode);
/** Copy a file, or a directory with all below it, to a name not taken. 0 or -errno. */
int fly_tree_copy(const char *from, const char *to);
/** Sum of the sizes of the regular files below. */
uint64_t fly_tree_size(int dirfd, const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of things that can't be asked where they are. */
#ifndef FLYTEFS_MAIN_PATH_H
#define FLYTEFS_MAIN_PATH_H

/**
 * The absolute path of what may not exist, or not answer: its directory is resolved, its name kept.
 * *out is the caller's to free. 0, or -errno of resolving the directory.
 */
int fly_path_absolute(const char *path, char **out);

#endif

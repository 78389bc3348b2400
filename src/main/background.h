/* SPDX-License-Identifier: Apache-2.0 */
/* Going to the background, with an exit status that tells whether the mount serves. */
#ifndef FLYTEFS_MAIN_BACKGROUND_H
#define FLYTEFS_MAIN_BACKGROUND_H

#include "flytefs/base.h"

/**
 * Fork before any thread exists. In the parent this never returns: it waits for the child's word
 * and exits with it. In the child returns the descriptor to give fly_background_ready(), or -errno.
 */
int fly_background_fork(struct fly_why *why);
/**
 * Tell the waiting parent "it serves" (status 0) or a failure, and let go of the terminal. fd -1:
 * foreground, nothing to do.
 */
void fly_background_ready(int fd, int status);

#endif

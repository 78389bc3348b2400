/* SPDX-License-Identifier: Apache-2.0 */
/* mv between executions/ and archived/: UpdateExecution. */
#ifndef FLYTEFS_FS_MOVE_H
#define FLYTEFS_FS_MOVE_H

#include "tree.h"

/** dir is a scope's directory. FLY_PARKED or -errno. */
int fly_move(struct fly_request *r, struct fly_ino dir, const char *name, struct fly_ino newdir,
	     const char *newname);

#endif

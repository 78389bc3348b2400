/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of what was removed lately. A listing goes on behind the name of the last entry the
 * kernel has; when that entry is gone from the store, its name is still needed for a while.
 */
#ifndef FLYTEFS_FS_GONE_H
#define FLYTEFS_FS_GONE_H

#include "flytefs/base.h"

struct fly_gone;

int fly_gone_create(struct fly_gone **out);
void fly_gone_destroy(struct fly_gone *gone);
void fly_gone_add(struct fly_gone *gone, int64_t id, const char *name);
/** Its name in arena, or NULL when it was never here or is forgotten. */
const char *fly_gone_name(struct fly_gone *gone, int64_t id, struct fly_arena *arena);

#endif

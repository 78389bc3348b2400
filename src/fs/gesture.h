/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Launching in one step: files made by CREATE in executions/ under names that lookup never finds,
 * so that each writer has a handle of its own. `spec.json` asks for a generated name, `NAME.json`
 * for NAME. Opened read-write the handle reads the ExecutionCreateResponse back.
 */
#ifndef FLYTEFS_FS_GESTURE_H
#define FLYTEFS_FS_GESTURE_H

#include "tree.h"

struct fly_gestures;

int fly_gestures_create(struct fly_gestures **out);
void fly_gestures_destroy(struct fly_gestures *gestures);
/** Drop handles that nobody used for a day. */
void fly_gestures_age(struct fly_fs *fs);
/** Is this name one that lookup never finds? No execution has such a name. */
bool fly_is_gesture(const char *name);
/** CREATE in executions/. -EEXIST: the name is taken; -EPERM: not a gesture's name. */
int fly_gesture_create(struct fly_request *r, const struct fly_scope *s, const char *name,
		       mode_t mode, struct fuse_entry_param *e, struct fuse_file_info *fi);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times that no row holds: a file whose text a WRITE has changed under the kernel's pages, a
 * directory whose drafts came and went. A bounded table without memory per inode: what falls out
 * of it gets its row's time back, which the kernel sees as one more change.
 */
#ifndef FLYTEFS_FS_TOUCH_H
#define FLYTEFS_FS_TOUCH_H

#include "flytefs/base.h"

struct fly_touches;

int fly_touches_create(struct fly_touches **out);
void fly_touches_destroy(struct fly_touches *t);
/** Move the time of an inode: no two calls ever give it the same one. Takes only its own lock. */
void fly_touch(struct fly_touches *t, uint64_t ino);
/** A file's mtime: its row's, moved by some nanoseconds when it was touched. */
int64_t fly_touched_file_ns(struct fly_touches *t, uint64_t ino, int64_t row_ns);
/** A directory's mtime: its row's, or when it was touched after that. */
int64_t fly_touched_dir_ns(struct fly_touches *t, uint64_t ino, int64_t row_ns);

#endif

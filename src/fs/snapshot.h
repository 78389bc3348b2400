/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of `.flytefs/stats`: taken when its attributes are asked for, so that the size they
 * tell is that of the text the READ behind them gives.
 */
#ifndef FLYTEFS_FS_SNAPSHOT_H
#define FLYTEFS_FS_SNAPSHOT_H

#include "tree.h"

struct fly_snapshot;

int fly_snapshot_create(struct fly_snapshot **out);
void fly_snapshot_destroy(struct fly_snapshot *s);
/** Take a new one. Size and time come back. */
int fly_snapshot_take(struct fly_request *r, uint64_t *size, int64_t *at_ns);
/** Bytes of the last one. */
void fly_snapshot_read(struct fly_fs *fs, uint64_t off, size_t size, struct fly_buf *b);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What tasks printed, as the backend keeps it. */
#ifndef FLYTEFS_FS_RUNLOG_H
#define FLYTEFS_FS_RUNLOG_H

#include "tree.h"

/** Does anybody keep logs? */
bool fly_runlogs_kept(const struct fly_fs *fs);
/**
 * attempt 0: the execution's log; else stream 1 stdout, 2 stderr of an attempt. A missing one is
 * empty.
 */
int fly_runlog_size(struct fly_fs *fs, int64_t execution, int64_t attempt, int stream,
		    uint64_t *size);
int fly_runlog_read(struct fly_fs *fs, int64_t execution, int64_t attempt, int stream, uint64_t off,
		 size_t size, struct fly_buf *b);
/**
 * May the kernel keep it without asking? Only some time after the end: tasks that are being
 * killed can still print.
 */
double fly_runlog_timeout(bool over, int64_t ended_ns);

#endif

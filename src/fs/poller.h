/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll(2) on `phase`: POLLPRI|POLLIN once it changed since the same thread polled it last, and
 * always when the execution is over. The kernel names no reader, so a poller is a thread and an
 * execution. Its first poll is ready at once, as with cgroup.events: what it has read before that
 * may have changed already.
 */
#ifndef FLYTEFS_FS_POLLER_H
#define FLYTEFS_FS_POLLER_H

#include "tree.h"

struct fly_polls;

int fly_polls_create(struct fly_polls **out);
void fly_polls_destroy(struct fly_polls *polls);
/** A POLL of an execution's phase. ph (may be NULL) is taken over. Returns the events. */
unsigned fly_poll(struct fly_request *r, int64_t execution, bool over, struct fuse_pollhandle *ph);
/** Its phase changed: wake who polls it. */
void fly_polls_changed(struct fly_fs *fs, int64_t execution);

#endif

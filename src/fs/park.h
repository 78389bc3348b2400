/* SPDX-License-Identifier: Apache-2.0 */
/*
 * READLINK requests of `.wait` that wait for the end of an execution. Parked they hold no thread:
 * a list node and the kernel's request each. Answered by the notifier when the phase is terminal,
 * or at once when the caller is interrupted.
 */
#ifndef FLYTEFS_FS_PARK_H
#define FLYTEFS_FS_PARK_H

#include "tree.h"

struct fly_parks;

int fly_parks_create(struct fly_parks **out);
void fly_parks_destroy(struct fly_parks *parks);
/**
 * Park a request until the execution is over. Who parks looks at the phase again afterwards, with
 * fly_notify_waiting(): the end may have come between the two. Returns FLY_PARKED, -EINTR or -ENOMEM.
 */
int fly_park(struct fly_request *r, int64_t execution);
/** Answer all who wait for it: "phase". On the notifier, behind the invalidations. */
void fly_parks_finished(struct fly_fs *fs, int64_t execution);
/** Does its row say that it is over, while somebody waits? Answers who waits when it is gone. */
bool fly_parks_are_late(struct fly_fs *fs, int64_t execution);
/** It was deleted: -ENOENT. */
void fly_parks_gone(struct fly_fs *fs, int64_t execution);
/** The mount ends: -EINTR to all, now and later. */
void fly_parks_end(struct fly_fs *fs);
/** How many wait. */
size_t fly_parks_count(struct fly_parks *parks);

#endif

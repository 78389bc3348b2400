/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents handed to admin: short ones on the request's own thread; long ones one after the other
 * on a thread for them, so that however many there are, all but one thread serve others, and the
 * memory that one takes is all that is taken.
 */
#ifndef FLYTEFS_FS_READING_H
#define FLYTEFS_FS_READING_H

#include "answer.h"

#define FLY_READING_LONG ((size_t)256 << 10)

struct fly_readings;

/* First member of what a document's owner needs; lies in the answer's arena. */
struct fly_reading {
	struct fly_reading *next;	/* private */
	struct fly_answer *answer;
	/*
	 * Read it and start the call: FLY_PARKED, or -errno with the sentence in r->why; then the
	 * answer is finished with that. r: the thread's, without anything but reader and caller.
	 */
	int (*read)(struct fly_request *r, struct fly_reading *reading);
};

/** Starts the thread; sets fs->readings. */
int fly_readings_create(struct fly_fs *fs, struct fly_why *why);
/** Answers what still waits with EINTR, ends the thread after what it is at. NULL allowed. */
void fly_readings_destroy(struct fly_readings *readings);

/** Read a document of len bytes, now or in its turn. FLY_PARKED: the answer finishes in any case. */
int fly_reading_start(struct fly_request *r, struct fly_reading *reading, size_t len);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last refusals of each user, as the text of `.flytefs/errors/UID`: a line for each, fields
 * separated by tabs: time, pid, path, errno's name, sentence. The log gets them too.
 */
#ifndef FLYTEFS_FS_ERRORS_H
#define FLYTEFS_FS_ERRORS_H

#include "flytefs/base.h"

struct fly_errors;

int fly_errors_create(struct fly_errors **out);
void fly_errors_destroy(struct fly_errors *errors);
/**
 * Record a refusal. path, sentence: borrowed; blanks other than spaces in them become spaces.
 * error: positive errno.
 */
void fly_errors_add(struct fly_errors *errors, uid_t uid, pid_t pid, const char *path, int error,
		    const char *sentence);
/**
 * Bytes off … off + len of a user's text into b (b NULL: none). Size and time of the newest line
 * come back.
 */
void fly_errors_read(struct fly_errors *errors, uid_t uid, uint64_t off, size_t len,
		     struct fly_buf *b, uint64_t *size, int64_t *changed_ns);
/** Uids with a text greater than after (-1: all), ascending; at most max. Returns the count. */
size_t fly_errors_users(struct fly_errors *errors, int64_t after, size_t max, uid_t *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parcel: named runs of bytes in one file, as job and exit record are written. It knows neither.
 *
 * A field is "NAME LENGTH\n", that many bytes, "\n"; the last one is "end" with the FNV-1a of all
 * before it, so that a file cut short by a crash is told from a whole one.
 */
#ifndef FLYTEFS_TASK_PARCEL_H
#define FLYTEFS_TASK_PARCEL_H

#include "flytefs/base.h"

void fly_parcel_add(struct fly_buf *b, const char *name, const void *data, size_t len);
void fly_parcel_text(struct fly_buf *b, const char *name, const char *text);
void fly_parcel_number(struct fly_buf *b, const char *name, int64_t number);
/** Seal it; start is where the parcel began in b. */
void fly_parcel_end(struct fly_buf *b, size_t start);

struct fly_parcel {
	char *at, *end;
	bool failed;
};
/**
 * Look into a sealed parcel. The memory is changed while it is read: the newline behind a value
 * becomes NUL, so that a value is a text as well.
 * Errors: -EBADMSG when it is not whole.
 */
int fly_parcel_open(struct fly_parcel *p, char *data, size_t len);
/** Next field; false at the end or when the rest makes no sense (then failed). */
bool fly_parcel_next(struct fly_parcel *p, const char **name, struct fly_bytes *value);
int64_t fly_parcel_int(struct fly_bytes value);

#endif

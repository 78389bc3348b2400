/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document that comes in WRITE requests: its bytes so far and how far a scanner has looked at
 * them. Not thread-safe.
 */
#ifndef FLYTEFS_FS_INCOMING_H
#define FLYTEFS_FS_INCOMING_H

#include "flytefs/codec.h"

/* Zero-initialised is empty. */
struct fly_incoming {
	uint8_t *data;
	size_t len, cap;
	struct fly_scan scan;
	bool scanning;		/* scan is initialised and holds for the first scan.offset bytes */
};

/** Put bytes at an offset (a hole is filled with zeros). -EFBIG beyond max, -ENOMEM. */
int fly_incoming_write(struct fly_incoming *in, struct fly_bytes bytes, uint64_t off, size_t max,
		       struct fly_why *why);
/** Cut, or lengthen with zeros. The same errors. */
int fly_incoming_resize(struct fly_incoming *in, uint64_t size, size_t max, struct fly_why *why);
/** Look at what is new. After FLY_SCAN_DONE only blanks follow the value. */
enum fly_scan_state fly_incoming_scan(struct fly_incoming *in);
/**
 * Fail for a document that can't become one: "FILE:LINE:COLUMN: reason" and -EINVAL. Only after
 * FLY_SCAN_BAD.
 */
int fly_incoming_refuse(const struct fly_incoming *in, const char *file, struct fly_why *why);
void fly_incoming_release(struct fly_incoming *in);

#endif

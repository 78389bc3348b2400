/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moment: points and spans of time as people and Go write them, by seconds and nanoseconds, which
 * reach further than 64 bits of nanoseconds do. Knows no messages.
 */
#ifndef FLYTEFS_CODEC_MOMENT_H
#define FLYTEFS_CODEC_MOMENT_H

#include "flytefs/codec.h"

/**
 * RFC 3339 as Go prints it: no zeros at the end of the fraction. Outside the years 1 to 9999: the
 * seconds.
 */
void fly_time_trimmed(struct fly_buf *b, int64_t seconds, int32_t nanos);
/**
 * RFC 3339, and what `date` and people write: a blank or "t" for the T, "z", a date alone (midnight
 * UTC). -EINVAL: not a time; -ERANGE: outside the years 1 to 9999.
 */
int fly_time_loose(const char *text, size_t len, int64_t *seconds, int32_t *nanos);

/** Go's text of a span: "1h0m0.005s". */
void fly_span_print(struct fly_buf *b, int64_t seconds, int32_t nanos);
/** The same back, up to the 10,000 years of a Duration, more than Go takes. 0 or -EINVAL. */
int fly_span_parse(const char *text, size_t len, int64_t *seconds, int32_t *nanos);

#endif

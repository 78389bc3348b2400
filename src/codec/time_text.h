/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time_text: Timestamp and Duration as proto3 JSON writes them, from and to seconds and
 * nanoseconds. Knows no messages. Source: flyte-api §6.1.
 */
#ifndef FLYTEFS_CODEC_TIME_TEXT_H
#define FLYTEFS_CODEC_TIME_TEXT_H

#include "flytefs/base.h"

/** A Timestamp that can be written: years 1 to 9999, nanos 0 to 999999999. */
bool fly_rfc3339_valid(int64_t seconds, int32_t nanos);
/** "2020-05-12T10:00:00.250Z" of a valid one: UTC, 0, 3, 6 or 9 digits of fraction. */
void fly_rfc3339_print(struct fly_buf *b, int64_t seconds, int32_t nanos);
/** RFC 3339 with any offset. -EINVAL: not a time; -ERANGE: outside the years 1 to 9999. */
int fly_rfc3339_parse(const char *text, size_t len, int64_t *seconds, int32_t *nanos);

/** A Duration that can be written: 10,000 years either way, both parts of one sign. */
bool fly_seconds_valid(int64_t seconds, int32_t nanos);
/** "12.500s" of a valid one. */
void fly_seconds_print(struct fly_buf *b, int64_t seconds, int32_t nanos);
/** The same back. -EINVAL: not a duration; -ERANGE: too long. */
int fly_seconds_parse(const char *text, size_t len, int64_t *seconds, int32_t *nanos);

#endif

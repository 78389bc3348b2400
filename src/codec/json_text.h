/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_text: how single values are written in JSON: strings, numbers, base64, times. Knows no
 * messages and no layout.
 */
#ifndef FLYTEFS_CODEC_JSON_TEXT_H
#define FLYTEFS_CODEC_JSON_TEXT_H

#include "flytefs/base.h"

/*
 * Like fly_buf_add and fly_buf_putc, without a call when there is room. The terminating NUL is
 * left to fly_buf_end.
 */
static inline void fly_buf_append(struct fly_buf *b, const char *data, size_t len)
{
	if (b->failed || b->cap - b->len <= len) {
		fly_buf_add(b, data, len);
		return;
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static inline void fly_buf_append_char(struct fly_buf *b, char c)
{
	fly_buf_append(b, &c, 1);
}

/** Make room for at least len more bytes, growing in great steps. */
static inline void fly_buf_room(struct fly_buf *b, size_t len)
{
	if (b->cap - b->len <= len)
		fly_buf_reserve(b, len > b->cap ? len : b->cap);
}

static inline void fly_buf_end(struct fly_buf *b)
{
	fly_buf_reserve(b, 0);
}

/** Do these eight bytes stand in a JSON string as they are: ASCII, nothing to be escaped? */
static inline bool fly_json_is_plain_word(const void *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t word, quote, slash;

	memcpy(&word, p, 8);
	quote = word ^ ones * '"';
	slash = word ^ ones * '\\';
	/* A byte that is less than n borrows when n is subtracted; one of 0x80 or more is none. */
	return !(((word - ones * ' ') | (quote - ones) | (slash - ones) | word) & tops);
}

/** The last bytes of a text, at most max and from the start of a character on. */
const char *fly_text_tail(const char *text, size_t len, size_t max);

/** A JSON string; bytes that are not UTF-8 become U+FFFD. */
void fly_json_put_string(struct fly_buf *b, const char *text, size_t len);
/** A whole number, as JSON number. */
void fly_json_put_int(struct fly_buf *b, int64_t value);
void fly_json_put_uint(struct fly_buf *b, uint64_t value);
/**
 * A number with the fewest digits that read back as the same; exponent form below 1e-6 and from
 * 1e21 on; "NaN", "Infinity", "-Infinity" in quotes. Source: flyte-api §6.1.
 */
void fly_json_put_double(struct fly_buf *b, double value);
void fly_json_put_float(struct fly_buf *b, float value);
/** Bytes as a string of standard base64 with padding. */
void fly_json_put_base64(struct fly_buf *b, const uint8_t *data, size_t len);

/** Length of the base64 text's bytes when it is one: either alphabet, padded or not. */
bool fly_base64_size(const char *text, size_t len, size_t *out);
/** Decode a text that fly_base64_size accepted. */
void fly_base64_decode(const char *text, size_t len, uint8_t *out);

#endif

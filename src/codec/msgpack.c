/* SPDX-License-Identifier: Apache-2.0 */
/* MessagePack's headers, read and written. Source: github.com/msgpack/msgpack, spec.md. */
#include "msgpack.h"

/* --- reading -------------------------------------------------------------------- */

static bool take_bytes(struct fly_bytes *in, size_t len, struct fly_bytes *out)
{
	if (in->len < len)
		return false;
	*out = (struct fly_bytes){in->data, len};
	in->data += len;
	in->len -= len;
	return true;
}

/* A big-endian number of so many bytes. */
static bool take_number(struct fly_bytes *in, size_t len, uint64_t *out)
{
	struct fly_bytes bytes;

	if (!take_bytes(in, len, &bytes))
		return false;
	*out = 0;
	for (size_t i = 0; i < len; i++)
		*out = *out << 8 | bytes.data[i];
	return true;
}

static bool take_signed(struct fly_bytes *in, size_t len, struct fly_msgpack *out)
{
	uint64_t bits;

	if (!take_number(in, len, &bits))
		return false;
	out->kind = FLY_MSGPACK_INT;
	/* Shifted up and down again, the sign fills what was missing. */
	out->integer = (int64_t)(bits << (64 - len * 8)) >> (64 - len * 8);
	return true;
}

static bool take_unsigned(struct fly_bytes *in, size_t len, struct fly_msgpack *out)
{
	uint64_t bits;

	if (!take_number(in, len, &bits))
		return false;
	out->kind = bits > INT64_MAX ? FLY_MSGPACK_UINT : FLY_MSGPACK_INT;
	if (bits > INT64_MAX)
		out->natural = bits;
	else
		out->integer = (int64_t)bits;
	return true;
}

static bool take_float(struct fly_bytes *in, bool single, struct fly_msgpack *out)
{
	uint64_t bits;
	uint32_t half;
	float small;

	if (!take_number(in, single ? 4 : 8, &bits))
		return false;
	out->kind = FLY_MSGPACK_FLOAT;
	out->single = single;
	if (single) {
		half = (uint32_t)bits;
		memcpy(&small, &half, sizeof(small));
		out->real = small;
	} else {
		memcpy(&out->real, &bits, sizeof(out->real));
	}
	return true;
}

/* A length of so many bytes and that much content. */
static bool take_content(struct fly_bytes *in, enum fly_msgpack_kind kind, size_t len_bytes,
			 size_t extra, struct fly_msgpack *out)
{
	uint64_t len;

	out->kind = kind;
	return take_number(in, len_bytes, &len) && take_bytes(in, len + extra, &out->bytes);
}

static bool take_count(struct fly_bytes *in, enum fly_msgpack_kind kind, size_t len_bytes,
		       struct fly_msgpack *out)
{
	uint64_t count;

	out->kind = kind;
	if (!take_number(in, len_bytes, &count))
		return false;
	out->count = (uint32_t)count;
	return true;
}

static bool take_by_tag(struct fly_bytes *in, uint8_t tag, struct fly_msgpack *out)
{
	switch (tag) {
	case 0xc0:
		out->kind = FLY_MSGPACK_NIL;
		return true;
	case 0xc2:
	case 0xc3:
		out->kind = FLY_MSGPACK_BOOL;
		out->boolean = tag & 1;
		return true;
	case 0xc4 ... 0xc6:
		return take_content(in, FLY_MSGPACK_BIN, 1u << (tag - 0xc4), 0, out);
	case 0xc7 ... 0xc9:	/* the type of an extension is one byte */
		return take_content(in, FLY_MSGPACK_EXT, 1u << (tag - 0xc7), 1, out);
	case 0xca:
	case 0xcb:
		return take_float(in, tag == 0xca, out);
	case 0xcc ... 0xcf:
		return take_unsigned(in, 1u << (tag - 0xcc), out);
	case 0xd0 ... 0xd3:
		return take_signed(in, 1u << (tag - 0xd0), out);
	case 0xd4 ... 0xd8:
		out->kind = FLY_MSGPACK_EXT;
		return take_bytes(in, (1u << (tag - 0xd4)) + 1, &out->bytes);
	case 0xd9 ... 0xdb:
		return take_content(in, FLY_MSGPACK_STR, 1u << (tag - 0xd9), 0, out);
	case 0xdc:
	case 0xdd:
		return take_count(in, FLY_MSGPACK_ARRAY, tag == 0xdc ? 2 : 4, out);
	case 0xde:
	case 0xdf:
		return take_count(in, FLY_MSGPACK_MAP, tag == 0xde ? 2 : 4, out);
	default:		/* 0xc1 is never used */
		return false;
	}
}

bool fly_msgpack_next(struct fly_bytes *in, struct fly_msgpack *out)
{
	struct fly_bytes rest = *in, tag;
	bool whole = true;

	*out = (struct fly_msgpack){0};
	if (!take_bytes(&rest, 1, &tag))
		return false;
	switch (*tag.data) {
	case 0x00 ... 0x7f:
		out->kind = FLY_MSGPACK_INT;
		out->integer = *tag.data;
		break;
	case 0x80 ... 0x8f:
		out->kind = FLY_MSGPACK_MAP;
		out->count = *tag.data & 15;
		break;
	case 0x90 ... 0x9f:
		out->kind = FLY_MSGPACK_ARRAY;
		out->count = *tag.data & 15;
		break;
	case 0xa0 ... 0xbf:
		out->kind = FLY_MSGPACK_STR;
		whole = take_bytes(&rest, *tag.data & 31, &out->bytes);
		break;
	case 0xe0 ... 0xff:
		out->kind = FLY_MSGPACK_INT;
		out->integer = (int8_t)*tag.data;
		break;
	default:
		whole = take_by_tag(&rest, *tag.data, out);
	}
	if (whole)
		*in = rest;
	return whole;
}

/* Values still to come after this header. */
static uint64_t follow(const struct fly_msgpack *v)
{
	if (v->kind == FLY_MSGPACK_ARRAY)
		return v->count;
	return v->kind == FLY_MSGPACK_MAP ? (uint64_t)v->count * 2 : 0;
}

bool fly_msgpack_take(struct fly_bytes *in, struct fly_bytes *value)
{
	struct fly_bytes rest = *in;
	uint64_t pending = 1;
	struct fly_msgpack v;

	for (; pending; pending--) {
		/* Each value is at least a byte: more than there are bytes cannot come. */
		if (pending > rest.len || !fly_msgpack_next(&rest, &v))
			return false;
		pending += follow(&v);
	}
	if (value)
		*value = (struct fly_bytes){in->data, in->len - rest.len};
	*in = rest;
	return true;
}

bool fly_msgpack_valid(struct fly_bytes data)
{
	uint64_t pending[FLY_MESSAGE_MAX_DEPTH + 1] = {1};
	struct fly_msgpack v;
	size_t depth = 0;

	for (;;) {
		while (!pending[depth]) {
			if (!depth)
				return !data.len;
			depth--;
		}
		pending[depth]--;
		if (!fly_msgpack_next(&data, &v))
			return false;
		if (v.kind == FLY_MSGPACK_STR &&
		    !fly_utf8_valid((const char *)v.bytes.data, v.bytes.len))
			return false;
		if (!follow(&v))
			continue;
		if (follow(&v) > data.len || depth == FLY_MESSAGE_MAX_DEPTH)
			return false;
		pending[++depth] = follow(&v);
	}
}

/* --- writing ------------------------------------------------------------------------ */

/* A tag and a big-endian number of so many bytes. */
static void put(struct fly_buf *b, uint8_t tag, uint64_t number, size_t len)
{
	char bytes[9] = {(char)tag};

	for (size_t i = 0; i < len; i++)
		bytes[1 + i] = (char)(number >> (8 * (len - 1 - i)));
	fly_buf_add(b, bytes, 1 + len);
}

void fly_msgpack_put_nil(struct fly_buf *b)
{
	put(b, 0xc0, 0, 0);
}

void fly_msgpack_put_bool(struct fly_buf *b, bool value)
{
	put(b, value ? 0xc3 : 0xc2, 0, 0);
}

void fly_msgpack_put_uint(struct fly_buf *b, uint64_t value)
{
	if (value <= 0x7f)
		put(b, (uint8_t)value, 0, 0);
	else if (value <= UINT8_MAX)
		put(b, 0xcc, value, 1);
	else if (value <= UINT16_MAX)
		put(b, 0xcd, value, 2);
	else if (value <= UINT32_MAX)
		put(b, 0xce, value, 4);
	else
		put(b, 0xcf, value, 8);
}

void fly_msgpack_put_int(struct fly_buf *b, int64_t value)
{
	if (value >= 0)
		fly_msgpack_put_uint(b, (uint64_t)value);
	else if (value >= -32)
		put(b, (uint8_t)value, 0, 0);
	else if (value >= INT8_MIN)
		put(b, 0xd0, (uint64_t)value, 1);
	else if (value >= INT16_MIN)
		put(b, 0xd1, (uint64_t)value, 2);
	else if (value >= INT32_MIN)
		put(b, 0xd2, (uint64_t)value, 4);
	else
		put(b, 0xd3, (uint64_t)value, 8);
}

void fly_msgpack_put_double(struct fly_buf *b, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put(b, 0xcb, bits, 8);
}

void fly_msgpack_put_str(struct fly_buf *b, const char *text, size_t len)
{
	if (len <= 31)
		put(b, (uint8_t)(0xa0 | len), 0, 0);
	else if (len <= UINT8_MAX)
		put(b, 0xd9, len, 1);
	else if (len <= UINT16_MAX)
		put(b, 0xda, len, 2);
	else
		put(b, 0xdb, len, 4);
	fly_buf_add(b, text, len);
}

static void put_count(struct fly_buf *b, size_t count, uint8_t small, uint8_t tag)
{
	if (count <= 15)
		put(b, (uint8_t)(small | count), 0, 0);
	else if (count <= UINT16_MAX)
		put(b, tag, count, 2);
	else
		put(b, tag + 1, count, 4);
}

void fly_msgpack_put_array(struct fly_buf *b, size_t count)
{
	put_count(b, count, 0x90, 0xdc);
}

void fly_msgpack_put_map(struct fly_buf *b, size_t count)
{
	put_count(b, count, 0x80, 0xde);
}

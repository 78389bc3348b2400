/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages as wire bytes, the same bytes for the same content: fields by number, map entries by
 * key and always with both fields, lists of numbers packed, unknown fields last. (protobuf-c's
 * own packer leaves map entries in the order they lie in and takes -0.0 for a default.)
 *
 * Bytes are written from the end towards the front: when a message's length is due it has just
 * been written, so nothing is measured twice or moved.
 */
#include "flytefs/codec.h"

#include <endian.h>

#include "shape.h"
#include "wire.h"

/* --- sizes ---------------------------------------------------------------------- */

static size_t varint_size(uint64_t value)
{
	return value ? (size_t)(70 - __builtin_clzll(value)) / 7 : 1;
}

static uint64_t varint_of(uint8_t type, const void *at)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
		return *(const uint64_t *)at;
	case PROTOBUF_C_TYPE_UINT32:
		return *(const uint32_t *)at;
	case PROTOBUF_C_TYPE_BOOL:
		return *(const protobuf_c_boolean *)at != 0;
	default:
		return (uint64_t)(int64_t)*(const int32_t *)at;
	}
}

static struct fly_bytes bytes_of(uint8_t type, const void *at)
{
	const ProtobufCBinaryData *bytes = at;
	const char *text;

	if (type == PROTOBUF_C_TYPE_BYTES)
		return (struct fly_bytes){bytes->data, bytes->len};
	text = fly_string_at(at);
	return (struct fly_bytes){(const uint8_t *)text, strlen(text)};
}

static size_t message_bound(const struct fly_shape *shape, const ProtobufCMessage *m);

/* Of one value, its length prefix included, its tag not. */
static size_t value_bound(const struct fly_field *f, const void *at)
{
	size_t len;

	switch (fly_wire_type_of(f->type)) {
	case FLY_WIRE_64BIT:
		return 8;
	case FLY_WIRE_32BIT:
		return 4;
	case FLY_WIRE_BYTES:
		len = f->message ? message_bound(f->message, fly_message_at(f, at))
				 : bytes_of(f->type, at).len;
		return varint_size(len) + len;
	default:
		return varint_size(varint_of(f->type, at));
	}
}

static bool is_packed(const struct fly_field *f)
{
	return f->repeated && fly_wire_type_of(f->type) != FLY_WIRE_BYTES;
}

/* An entry of a map says its key and value even where they are the defaults. */
static size_t count_of(const struct fly_shape *shape, const struct fly_field *f,
		       const ProtobufCMessage *m)
{
	return shape->kind == FLY_SHAPE_ENTRY ? 1 : fly_field_count(f, m);
}

static size_t field_bound(const struct fly_field *f, const ProtobufCMessage *m, size_t n)
{
	size_t tag = varint_size((uint64_t)f->desc->id << 3), total = 0;

	for (size_t i = 0; i < n; i++)
		total += value_bound(f, fly_field_at(f, m, i));
	if (is_packed(f))
		return tag + varint_size(total) + total;
	return n * tag + total;
}

/* The bytes put_message will write; more only where a map repeats a key. */
static size_t message_bound(const struct fly_shape *shape, const ProtobufCMessage *m)
{
	size_t total = 0;

	for (unsigned i = 0; i < shape->desc->n_fields; i++) {
		const struct fly_field *f = &shape->fields[i];
		size_t n = count_of(shape, f, m);

		if (n)
			total += field_bound(f, m, n);
	}
	for (unsigned i = 0; i < m->n_unknown_fields; i++)
		total += varint_size((uint64_t)m->unknown_fields[i].tag << 3) +
			 m->unknown_fields[i].len;
	return total;
}

/* --- writing ----------------------------------------------------------------------- */

struct writer {
	uint8_t *p;	/* the first byte written so far */
	bool failed;	/* out of memory */
};

static void put_message(struct writer *w, const struct fly_shape *shape, const ProtobufCMessage *m);

static void put_bytes(struct writer *w, const void *data, size_t len)
{
	w->p -= len;
	if (len)
		memcpy(w->p, data, len);
}

static void put_varint(struct writer *w, uint64_t value)
{
	uint8_t *p = w->p -= varint_size(value);

	for (; value > 0x7f; value >>= 7)
		*p++ = (uint8_t)(value | 0x80);
	*p = (uint8_t)value;
}

static void put_value(struct writer *w, const struct fly_field *f, const void *at)
{
	const uint8_t *end = w->p;
	struct fly_bytes bytes;
	uint64_t bits64;
	uint32_t bits32;

	switch (fly_wire_type_of(f->type)) {
	case FLY_WIRE_64BIT:
		bits64 = htole64(*(const uint64_t *)at);
		put_bytes(w, &bits64, 8);
		break;
	case FLY_WIRE_32BIT:
		bits32 = htole32(*(const uint32_t *)at);
		put_bytes(w, &bits32, 4);
		break;
	case FLY_WIRE_BYTES:
		if (f->message) {
			put_message(w, f->message, fly_message_at(f, at));
		} else {
			bytes = bytes_of(f->type, at);
			put_bytes(w, bytes.data, bytes.len);
		}
		put_varint(w, (uint64_t)(end - w->p));
		break;
	default:
		put_varint(w, varint_of(f->type, at));
	}
}

static void put_tag(struct writer *w, const struct fly_field *f, enum fly_wire_type type)
{
	put_varint(w, (uint64_t)f->desc->id << 3 | type);
}

static void put_map(struct writer *w, const struct fly_field *f, const ProtobufCMessage *m)
{
	auto_map_order order;

	if (fly_map_order(&order, f, m) < 0)
		w->failed = true;
	for (size_t i = order.n; i--;) {
		put_value(w, f, &order.entries[i]);
		put_tag(w, f, FLY_WIRE_BYTES);
	}
}

static void put_field(struct writer *w, const struct fly_field *f, const ProtobufCMessage *m,
		      size_t n)
{
	const uint8_t *end = w->p;

	for (size_t i = n; i--;) {
		put_value(w, f, fly_field_at(f, m, i));
		if (!is_packed(f))
			put_tag(w, f, fly_wire_type_of(f->type));
	}
	if (is_packed(f)) {
		put_varint(w, (uint64_t)(end - w->p));
		put_tag(w, f, FLY_WIRE_BYTES);
	}
}

static void put_message(struct writer *w, const struct fly_shape *shape, const ProtobufCMessage *m)
{
	for (unsigned i = m->n_unknown_fields; i--;) {
		const ProtobufCMessageUnknownField *unknown = &m->unknown_fields[i];

		put_bytes(w, unknown->data, unknown->len);
		put_varint(w, (uint64_t)unknown->tag << 3 | unknown->wire_type);
	}
	for (unsigned i = shape->desc->n_fields; i--;) {
		const struct fly_field *f = &shape->fields[i];
		size_t n = count_of(shape, f, m);

		if (n && f->map)
			put_map(w, f, m);
		else if (n)
			put_field(w, f, m, n);
	}
}

void fly_wire_print(const ProtobufCMessage *m, struct fly_buf *b)
{
	const struct fly_shape *shape = fly_shape_of(m->descriptor);
	size_t bound = shape ? message_bound(shape, m) : 0;
	uint8_t *start = (uint8_t *)fly_buf_reserve(b, bound);
	struct writer w = {0};

	if (!start || !shape) {
		b->failed = true;
		return;
	}
	w.p = start + bound;
	put_message(&w, shape, m);
	if (w.failed) {
		b->failed = true;
		return;
	}
	bound -= (size_t)(w.p - start);
	if (w.p != start)
		memmove(start, w.p, bound);
	b->len += bound;
	fly_buf_reserve(b, 0);
}

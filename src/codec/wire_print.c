/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages as wire bytes, the same bytes for the same content: fields by number, map entries by
 * key and always with both fields, lists of numbers packed, unknown fields last. (protobuf-c's
 * own packer leaves map entries in the order they lie in and takes -0.0 for a default.)
 *
 * Bytes are written from the end towards the front: when a message's length is due it has just
 * been written, so nothing is measured first.
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

/* --- writing ----------------------------------------------------------------------- */

#define ROOM_FIRST 512	/* most messages are shorter */

struct writer {
	struct fly_buf *b;
	uint8_t *end;	/* of the room behind what b holds */
	size_t room, used;	/* used is what was written, at the end of the room */
};

/* More room, with what was written at its end; false, and b failed, when memory runs out. */
static bool make_room(struct writer *w, size_t len)
{
	size_t room = w->room ? 2 * w->room + len : ROOM_FIRST + len;
	uint8_t *start = (uint8_t *)fly_buf_reserve(w->b, room);

	if (!start)
		return false;
	memmove(start + room - w->used, start + w->room - w->used, w->used);
	w->end = start + room;
	w->room = room;
	return true;
}

/* Where len bytes go that lie before all others; NULL when memory has run out. */
static uint8_t *put_before(struct writer *w, size_t len)
{
	/* The first byte stays free: fly_buf_reserve ends there what b holds. */
	if (w->b->failed || (w->room - w->used <= len && !make_room(w, len)))
		return NULL;
	w->used += len;
	return w->end - w->used;
}

static void put_message(struct writer *w, const struct fly_shape *shape, const ProtobufCMessage *m);

static void put_bytes(struct writer *w, const void *data, size_t len)
{
	uint8_t *p = put_before(w, len);

	if (p && len)
		memcpy(p, data, len);
}

static void put_varint(struct writer *w, uint64_t value)
{
	uint8_t *p = put_before(w, varint_size(value));

	if (!p)
		return;
	for (; value > 0x7f; value >>= 7)
		*p++ = (uint8_t)(value | 0x80);
	*p = (uint8_t)value;
}

static void put_value(struct writer *w, const struct fly_field *f, const void *at)
{
	size_t behind = w->used;
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
		put_varint(w, w->used - behind);
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
		w->b->failed = true;
	for (size_t i = order.n; i--;) {
		put_value(w, f, &order.entries[i]);
		put_tag(w, f, FLY_WIRE_BYTES);
	}
}

static void put_field(struct writer *w, const struct fly_field *f, const ProtobufCMessage *m,
		      size_t n)
{
	size_t behind = w->used;

	for (size_t i = n; i--;) {
		put_value(w, f, fly_field_at(f, m, i));
		if (!is_packed(f))
			put_tag(w, f, fly_wire_type_of(f->type));
	}
	if (is_packed(f)) {
		put_varint(w, w->used - behind);
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
	struct writer w = {.b = b};

	if (!shape)
		b->failed = true;
	else
		put_message(&w, shape, m);
	if (b->failed)
		return;
	if (w.used)
		memmove(w.end - w.room, w.end - w.used, w.used);
	b->len += w.used;
	fly_buf_reserve(b, 0);
}

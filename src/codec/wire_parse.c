/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wire bytes into messages, in one walk that checks what it reads: size, nesting, UTF-8, no NUL
 * in strings, no groups. What a field of another wire type or an unknown number holds is kept
 * as an unknown field. (protobuf-c's own unpacker gives no reason and no depth limit, and
 * fails to merge some messages; checking first would be a second reader of the same length.)
 */
#include "flytefs/codec.h"

#include <endian.h>

#include "json_text.h"
#include "shape.h"
#include "wire.h"

#define PATH_SHOWN 400	/* bytes of a path that a sentence repeats */

/* A map that was met, to be settled when all is read. */
struct met {
	struct met *next;
	const struct fly_field *map;
	ProtobufCMessage *message;
};

struct reader {
	const uint8_t *start;	/* of everything, to say where */
	struct fly_arena *arena;
	struct fly_why *why;
	struct met *maps;	/* each once, in any order */
};

/* The field being read, inside the one above it. */
struct place {
	const struct place *above;
	const struct fly_field *field;
	unsigned depth;
};

static int read_message(struct reader *r, const struct place *place, const struct fly_shape *shape,
			struct fly_bytes in, ProtobufCMessage *m);

/* --- failures --------------------------------------------------------------------- */

static void print_place(const struct place *place, struct fly_buf *b)
{
	if (!place || !place->field)
		return;
	print_place(place->above, b);
	if (b->len)
		fly_buf_putc(b, '.');
	fly_buf_puts(b, place->field->desc->name);
}

static int bad(struct reader *r, const struct place *place, const uint8_t *at, const char *reason)
{
	auto_buf path = {0};
	const char *tail = "";

	print_place(place, &path);
	if (path.data)
		tail = fly_text_tail(path.data, path.len, PATH_SHOWN);
	return fly_refuse(r->why, FLY_INVALID_ARGUMENT, "byte %zu: %s%s%s%s",
			  (size_t)(at - r->start), tail == path.data || !*tail ? "" : "…", tail,
			  *tail ? ": " : "", reason);
}

static int no_memory(struct reader *r)
{
	return fly_fail(r->why, ENOMEM, "out of memory for the message");
}

/* --- pieces ------------------------------------------------------------------------ */

/* Take a varint off the front: 0 or -EINVAL (cut off, or longer than 64 bits). */
static int take_varint(struct fly_bytes *in, uint64_t *out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < in->len && i < 10; i++) {
		uint8_t byte = in->data[i];

		if (i == 9 && byte > 1)
			return -EINVAL;
		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte & 0x80)
			continue;
		in->data += i + 1;
		in->len -= i + 1;
		*out = value;
		return 0;
	}
	return -EINVAL;
}

static int take_bytes(struct fly_bytes *in, uint64_t len, struct fly_bytes *out)
{
	if (len > in->len)
		return -EINVAL;
	*out = (struct fly_bytes){in->data, (size_t)len};
	in->data += len;
	in->len -= (size_t)len;
	return 0;
}

/* Take one value without its tag; of a length-prefixed one the content, else its bytes. */
static int take_value(struct fly_bytes *in, enum fly_wire_type type, struct fly_bytes *out)
{
	const uint8_t *start = in->data;
	uint64_t value;

	switch (type) {
	case FLY_WIRE_VARINT:
		if (take_varint(in, &value) < 0)
			return -EINVAL;
		*out = (struct fly_bytes){start, (size_t)(in->data - start)};
		return 0;
	case FLY_WIRE_64BIT:
		return take_bytes(in, 8, out);
	case FLY_WIRE_32BIT:
		return take_bytes(in, 4, out);
	default:
		if (take_varint(in, &value) < 0)
			return -EINVAL;
		return take_bytes(in, value, out);
	}
}

/* Room for one more element; the capacity is the length rounded up to a power of two. */
static void *grow(struct fly_arena *arena, void **array, size_t n, size_t size)
{
	void *larger;

	if (n & (n - 1))
		return (char *)*array + n * size;
	larger = fly_arena_alloc(arena, (n ? 2 * n : 1) * size);
	if (!larger)
		return NULL;
	if (n)
		memcpy(larger, *array, n * size);
	*array = larger;
	return (char *)larger + n * size;
}

/* --- values --------------------------------------------------------------------------- */

static int read_string(struct reader *r, const struct place *place, struct fly_bytes in, char **out)
{
	const char *text = (const char *)in.data;

	if (memchr(text, '\0', in.len))
		return bad(r, place, in.data,
			   "the string has a NUL in it, which flytefs does not take");
	if (!fly_utf8_valid(text, in.len))
		return bad(r, place, in.data, "the string is not UTF-8");
	*out = in.len ? fly_arena_strndup(r->arena, text, in.len) : (char *)protobuf_c_empty_string;
	return *out ? 0 : no_memory(r);
}

static int read_bytes(struct reader *r, struct fly_bytes in, ProtobufCBinaryData *out)
{
	uint8_t *copy = in.len ? fly_arena_memdup(r->arena, in.data, in.len) : NULL;

	if (in.len && !copy)
		return no_memory(r);
	*out = (ProtobufCBinaryData){in.len, copy};
	return 0;
}

/* Into the message that is there already (merged), or a new one. */
static int read_submessage(struct reader *r, const struct place *place, struct fly_bytes in,
			   ProtobufCMessage **out)
{
	const struct fly_shape *shape = place->field->message;
	ProtobufCMessage *m = *out;

	if (!m) {
		m = fly_message_new(r->arena, shape->desc);
		if (!m)
			return no_memory(r);
		*out = m;
	}
	return read_message(r, place, shape, in, m);
}

static void read_number(const struct fly_field *f, struct fly_bytes in, void *out)
{
	uint64_t value = 0;

	switch (f->type) {
	case PROTOBUF_C_TYPE_DOUBLE:
		memcpy(&value, in.data, 8);
		*(uint64_t *)out = le64toh(value);
		return;
	case PROTOBUF_C_TYPE_FLOAT:
		memcpy(&value, in.data, 4);
		*(uint32_t *)out = le32toh((uint32_t)value);
		return;
	default:
		take_varint(&in, &value);
	}
	if (f->size == 8)
		*(uint64_t *)out = value;
	else if (f->type == PROTOBUF_C_TYPE_BOOL)
		*(protobuf_c_boolean *)out = value != 0;
	else
		*(uint32_t *)out = (uint32_t)value;
}

/* One value, checked to be of the field's wire type, into its place. */
static int read_value(struct reader *r, const struct place *place, struct fly_bytes in, void *out)
{
	switch (place->field->type) {
	case PROTOBUF_C_TYPE_STRING:
		return read_string(r, place, in, out);
	case PROTOBUF_C_TYPE_BYTES:
		return read_bytes(r, in, out);
	case PROTOBUF_C_TYPE_MESSAGE:
		return read_submessage(r, place, in, out);
	default:
		read_number(place->field, in, out);
		return 0;
	}
}

/* --- fields ---------------------------------------------------------------------------- */

/* A map is new with its first entry. */
static int meet_map(struct reader *r, const struct fly_field *map, ProtobufCMessage *m)
{
	struct met *met = fly_arena_alloc(r->arena, sizeof(*met));

	if (!met)
		return no_memory(r);
	*met = (struct met){r->maps, map, m};
	r->maps = met;
	return 0;
}

static int read_element(struct reader *r, const struct place *place, struct fly_bytes in,
			ProtobufCMessage *m)
{
	const struct fly_field *f = place->field;
	size_t *n = FLY_AT(size_t, m, f->desc->quantifier_offset);
	void *out = grow(r->arena, FLY_AT(void *, m, f->desc->offset), *n, f->size);
	int rc;

	if (!out)
		return no_memory(r);
	if (f->map && !*n && (rc = meet_map(r, f, m)) < 0)
		return rc;
	memset(out, 0, f->size);
	rc = read_value(r, place, in, out);
	if (rc == 0)
		++*n;
	return rc;
}

static int read_packed(struct reader *r, const struct place *place, struct fly_bytes in,
		       ProtobufCMessage *m)
{
	enum fly_wire_type type = fly_wire_type_of(place->field->type);
	struct fly_bytes one;
	int rc;

	while (in.len) {
		if (take_value(&in, type, &one) < 0)
			return bad(r, place, in.data, "the packed list is cut off");
		rc = read_element(r, place, one, m);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_singular(struct reader *r, const struct place *place, struct fly_bytes in,
			 ProtobufCMessage *m)
{
	const struct fly_field *f = place->field;
	uint32_t *which = FLY_AT(uint32_t, m, f->desc->quantifier_offset);
	void *out = FLY_AT(void, m, f->desc->offset);

	if (f->oneof && *which != f->desc->id) {
		memset(out, 0, f->size);
		*which = f->desc->id;
	}
	return read_value(r, place, in, out);
}

/* Keeps raw bytes, the length prefix included, as protobuf-c does. */
static int keep_unknown(struct reader *r, uint32_t number, enum fly_wire_type type,
			struct fly_bytes raw, ProtobufCMessage *m)
{
	void *list = m->unknown_fields;
	ProtobufCMessageUnknownField *unknown =
		grow(r->arena, &list, m->n_unknown_fields, sizeof(*unknown));
	uint8_t *copy = fly_arena_memdup(r->arena, raw.data, raw.len);

	if (!unknown || !copy)
		return no_memory(r);
	*unknown = (ProtobufCMessageUnknownField){
		number, (ProtobufCWireType)type, raw.len, copy};
	m->unknown_fields = list;
	m->n_unknown_fields++;
	return 0;
}

static int read_field(struct reader *r, const struct place *above, const struct fly_shape *shape,
		      struct fly_bytes *in, ProtobufCMessage *m)
{
	struct place place = {.above = above, .depth = above->depth};
	const uint8_t *start = in->data, *after_tag;
	enum fly_wire_type type;
	struct fly_bytes value;
	uint64_t tag;

	if (take_varint(in, &tag) < 0 || tag > UINT32_MAX || tag >> 3 == 0)
		return bad(r, above, start, "no field begins here");
	type = (enum fly_wire_type)(tag & 7);
	after_tag = in->data;
	place.field = fly_shape_number(shape, (uint32_t)(tag >> 3));
	if (type == FLY_WIRE_GROUP || type == FLY_WIRE_GROUP_END)
		return bad(r, above, start, "groups are not part of proto3");
	if (type > FLY_WIRE_32BIT)
		return bad(r, above, start, "there is no such wire type");
	if (take_value(in, type, &value) < 0)
		return bad(r, place.field ? &place : above, after_tag, "the value is cut off");
	if (place.field && type == fly_wire_type_of(place.field->type))
		return place.field->repeated ? read_element(r, &place, value, m)
					     : read_singular(r, &place, value, m);
	if (place.field && place.field->repeated && type == FLY_WIRE_BYTES)
		return read_packed(r, &place, value, m);
	return keep_unknown(r, (uint32_t)(tag >> 3), type,
			    (struct fly_bytes){after_tag, (size_t)(in->data - after_tag)}, m);
}

static int read_message(struct reader *r, const struct place *place, const struct fly_shape *shape,
			struct fly_bytes in, ProtobufCMessage *m)
{
	struct place inside = *place;
	int rc = 0;

	if (++inside.depth > FLY_WIRE_MAX_DEPTH)
		return bad(r, place, in.data, "messages lie too deep inside each other");
	while (in.len && rc == 0)
		rc = read_field(r, &inside, shape, &in, m);
	return rc;
}

/* --- maps -------------------------------------------------------------------------------- */

/*
 * Entries in key order, the last one of equal keys alone, each with a value. Done when all is
 * read: a message may come in many pieces, and each would sort again.
 */
static int finish_map(const struct fly_field *f, ProtobufCMessage *m, struct fly_arena *arena)
{
	const struct fly_field *value = &f->message->fields[FLY_ENTRY_VALUE];
	ProtobufCMessage **entries = *FLY_AT(ProtobufCMessage **, m, f->desc->offset);
	ProtobufCMessage **at;

	if (fly_map_settle(f, m) < 0)
		return -ENOMEM;
	for (size_t i = 0; value->message && i < fly_field_count(f, m); i++) {
		at = FLY_AT(ProtobufCMessage *, entries[i], value->desc->offset);
		if (!*at)
			*at = fly_message_new(arena, value->message->desc);
		if (!*at)
			return -ENOMEM;
	}
	return 0;
}

static int finish_maps(const struct reader *r)
{
	int rc = 0;

	for (const struct met *met = r->maps; rc == 0 && met; met = met->next)
		rc = finish_map(met->map, met->message, r->arena);
	return rc;
}

/* --- the calls --------------------------------------------------------------------------- */

int fly_wire_parse_inside(const struct fly_shape *shape, const void *data, size_t len,
			  unsigned depth, struct fly_arena *arena, ProtobufCMessage **out,
			  struct fly_why *why)
{
	struct reader r = {.start = data, .arena = arena, .why = why};
	const struct place top = {.depth = depth};
	ProtobufCMessage *m;
	int rc;

	if (len > FLY_MESSAGE_MAX_BYTES)
		return fly_fail(why, EFBIG, "the message has %zu bytes, at most %zu are taken", len,
				FLY_MESSAGE_MAX_BYTES);
	m = fly_message_new(arena, shape->desc);
	if (!m)
		return no_memory(&r);
	rc = read_message(&r, &top, shape, (struct fly_bytes){data, len}, m);
	if (rc < 0)
		return rc;
	if (finish_maps(&r) < 0)
		return no_memory(&r);
	*out = m;
	return 0;
}

int fly_wire_parse(const ProtobufCMessageDescriptor *type, const void *data, size_t len,
		   struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why)
{
	const struct fly_shape *shape = fly_shape_of(type);

	if (!shape)
		return fly_fail(why, ENOMEM, "out of memory for the message");
	return fly_wire_parse_inside(shape, data, len, 0, arena, out, why);
}

int fly_wire_parse_bounded(const ProtobufCMessageDescriptor *type, const void *data, size_t len,
			   size_t max_bytes, struct fly_arena *arena, ProtobufCMessage **out,
			   struct fly_why *why)
{
	auto_arena own = {.limit_bytes = max_bytes};
	struct fly_why reason = {0};
	ProtobufCMessage *m;
	int rc = fly_wire_parse(type, data, len, &own, &m, &reason);

	if (rc == -ENOMEM && own.over_limit)
		return fly_fail(why, EFBIG, "read, the message takes more than %zu bytes of memory",
				max_bytes);
	if (rc < 0) {
		if (why && !why->error)
			*why = reason;
		return rc;
	}
	m = fly_message_copy(m, arena);
	if (!m)
		return fly_fail(why, ENOMEM, "out of memory for the message");
	*out = m;
	return 0;
}

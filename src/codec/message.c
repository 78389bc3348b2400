/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages in memory: deep copies, comparison. Knows no text and no wire bytes.
 */
#include "flytefs/codec.h"

#include "shape.h"

/* --- copies ------------------------------------------------------------------- */

static ProtobufCMessage *copy_message(const struct fly_shape *shape, const ProtobufCMessage *m,
				      struct fly_arena *arena);

/* Replace what the bitwise copy at `at` borrows from the original by copies of its own. */
static bool copy_value(const struct fly_field *f, void *at, struct fly_arena *arena)
{
	ProtobufCBinaryData *bytes = at;
	ProtobufCMessage **message = at;
	char **text = at;

	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		*text = *text && **text ? fly_arena_strdup(arena, *text)
					: (char *)protobuf_c_empty_string;
		return *text != NULL;
	case PROTOBUF_C_TYPE_BYTES:
		bytes->data = bytes->len ? fly_arena_memdup(arena, bytes->data, bytes->len) : NULL;
		return !bytes->len || bytes->data;
	case PROTOBUF_C_TYPE_MESSAGE:
		if (!*message)
			return true;
		*message = copy_message(f->message, *message, arena);
		return *message != NULL;
	default:
		return true;
	}
}

static bool copy_field(const struct fly_field *f, ProtobufCMessage *copy, struct fly_arena *arena)
{
	size_t n = fly_field_count(f, copy);
	void **array = FLY_AT(void *, copy, f->desc->offset);

	/* A field at its default may still borrow: the "" it points to can lie anywhere. */
	if (!f->repeated)
		return (f->oneof && !n) || copy_value(f, array, arena);
	*array = n ? fly_arena_memdup(arena, *array, n * f->size) : NULL;
	for (size_t i = 0; *array && i < n; i++) {
		if (!copy_value(f, (char *)*array + i * f->size, arena))
			return false;
	}
	return !n || *array;
}

static bool copy_unknown(ProtobufCMessage *copy, struct fly_arena *arena)
{
	size_t n = copy->n_unknown_fields;

	if (!n)
		return true;
	copy->unknown_fields =
		fly_arena_memdup(arena, copy->unknown_fields, n * sizeof(*copy->unknown_fields));
	for (size_t i = 0; copy->unknown_fields && i < n; i++) {
		ProtobufCMessageUnknownField *u = &copy->unknown_fields[i];

		u->data = fly_arena_memdup(arena, u->data, u->len);
		if (!u->data)
			return false;
	}
	return copy->unknown_fields;
}

static ProtobufCMessage *copy_message(const struct fly_shape *shape, const ProtobufCMessage *m,
				      struct fly_arena *arena)
{
	ProtobufCMessage *copy = fly_arena_memdup(arena, m, shape->desc->sizeof_message);

	if (!copy || !copy_unknown(copy, arena))
		return NULL;
	for (unsigned i = 0; i < shape->desc->n_fields; i++) {
		if (!copy_field(&shape->fields[i], copy, arena))
			return NULL;
	}
	return copy;
}

ProtobufCMessage *fly_message_copy(const ProtobufCMessage *m, struct fly_arena *arena)
{
	const struct fly_shape *shape = m ? fly_shape_of(m->descriptor) : NULL;

	return shape ? copy_message(shape, m, arena) : NULL;
}

/* --- comparison ----------------------------------------------------------------- */

static bool equal_messages(const struct fly_shape *shape, const ProtobufCMessage *a,
			   const ProtobufCMessage *b);

static bool equal_values(const struct fly_field *f, const void *a, const void *b)
{
	const ProtobufCBinaryData *left = a, *right = b;

	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		return !strcmp(fly_string_at(a), fly_string_at(b));
	case PROTOBUF_C_TYPE_BYTES:
		return left->len == right->len &&
		       (!left->len || !memcmp(left->data, right->data, left->len));
	case PROTOBUF_C_TYPE_MESSAGE:
		return equal_messages(f->message, fly_message_at(f, a), fly_message_at(f, b));
	default:
		return !memcmp(a, b, f->size);
	}
}

static bool equal_maps(const struct fly_field *f, const ProtobufCMessage *a,
		       const ProtobufCMessage *b)
{
	const struct fly_field *value = &f->message->fields[FLY_ENTRY_VALUE];
	auto_map_order left, right = {0};
	bool equal = fly_map_order(&left, f, a) == 0 && fly_map_order(&right, f, b) == 0 &&
		     left.n == right.n;

	for (size_t i = 0; equal && i < left.n; i++) {
		equal = !strcmp(fly_entry_key(f->message, left.entries[i]),
				fly_entry_key(f->message, right.entries[i])) &&
			equal_values(value, fly_field_at(value, left.entries[i], 0),
				     fly_field_at(value, right.entries[i], 0));
	}
	return equal;
}

static bool equal_fields(const struct fly_field *f, const ProtobufCMessage *a,
			 const ProtobufCMessage *b)
{
	size_t n = fly_field_count(f, a);

	if (f->map)
		return equal_maps(f, a, b);
	if (n != fly_field_count(f, b))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!equal_values(f, fly_field_at(f, a, i), fly_field_at(f, b, i)))
			return false;
	}
	return true;
}

static bool equal_messages(const struct fly_shape *shape, const ProtobufCMessage *a,
			   const ProtobufCMessage *b)
{
	if (a->n_unknown_fields != b->n_unknown_fields)
		return false;
	for (unsigned i = 0; i < a->n_unknown_fields; i++) {
		const ProtobufCMessageUnknownField *left = &a->unknown_fields[i];
		const ProtobufCMessageUnknownField *right = &b->unknown_fields[i];

		if (left->tag != right->tag || left->wire_type != right->wire_type ||
		    left->len != right->len || memcmp(left->data, right->data, left->len))
			return false;
	}
	for (unsigned i = 0; i < shape->desc->n_fields; i++) {
		if (!equal_fields(&shape->fields[i], a, b))
			return false;
	}
	return true;
}

bool fly_message_equal(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
	const struct fly_shape *shape;

	if (!a || !b || a->descriptor != b->descriptor)
		return a == b;
	shape = fly_shape_of(a->descriptor);
	return shape && equal_messages(shape, a, b);
}

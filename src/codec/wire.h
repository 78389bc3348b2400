/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire: what the rest of the codec asks of the wire format besides the public calls.
 */
#ifndef FLYTEFS_CODEC_WIRE_H
#define FLYTEFS_CODEC_WIRE_H

#include "shape.h"

/* The wire types of proto3; groups (3 and 4) are refused. */
enum fly_wire_type {
	FLY_WIRE_VARINT = PROTOBUF_C_WIRE_TYPE_VARINT,
	FLY_WIRE_64BIT = PROTOBUF_C_WIRE_TYPE_64BIT,
	FLY_WIRE_BYTES = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
	FLY_WIRE_GROUP = 3,
	FLY_WIRE_GROUP_END = 4,
	FLY_WIRE_32BIT = PROTOBUF_C_WIRE_TYPE_32BIT,
};

/** How one value of a type is encoded outside a packed list. */
static inline enum fly_wire_type fly_wire_type_of(uint8_t type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_DOUBLE:
		return FLY_WIRE_64BIT;
	case PROTOBUF_C_TYPE_FLOAT:
		return FLY_WIRE_32BIT;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return FLY_WIRE_BYTES;
	default:
		return FLY_WIRE_VARINT;
	}
}

/** fly_wire_parse for a message that lies so many messages deep in another (an Any). */
int fly_wire_parse_inside(const struct fly_shape *shape, const void *data, size_t len,
			  unsigned depth, struct fly_arena *arena, ProtobufCMessage **out,
			  struct fly_why *why);

#endif

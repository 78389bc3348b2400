/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages to and from the opaque blobs of rows, and fresh ones, all in an arena. It knows no
 * message's meaning.
 */
#include "admin_private.h"

ProtobufCMessage *fly_admin_new_message(const ProtobufCMessageDescriptor *type,
					struct fly_arena *arena)
{
	ProtobufCMessage *m = fly_arena_alloc(arena, type->sizeof_message);

	if (m)
		protobuf_c_message_init(type, m);
	return m;
}

int fly_admin_pack(const ProtobufCMessage *m, struct fly_arena *arena, struct fly_bytes *out,
		   struct fly_why *why)
{
	auto_buf b = {0};
	struct fly_bytes bytes = {0};

	if (m)
		fly_wire_print(m, &b);
	if (b.failed)
		return fly_no_memory(why);
	if (b.len) {
		bytes.data = fly_arena_memdup(arena, b.data, b.len);
		bytes.len = b.len;
		if (!bytes.data)
			return fly_no_memory(why);
	}
	*out = bytes;
	return 0;
}

int fly_admin_unpack(const ProtobufCMessageDescriptor *type, struct fly_bytes bytes,
		     struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why)
{
	struct fly_why inner = {0};
	int rc = fly_wire_parse(type, bytes.data, bytes.len, arena, out, &inner);

	if (rc == -ENOMEM)
		return fly_no_memory(why);
	if (rc < 0)
		return fly_refuse(why, FLY_INTERNAL, "a stored %s does not decode: %s",
				  type->short_name, inner.text);
	return 0;
}

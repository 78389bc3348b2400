/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the compiled descriptors do not say about the messages in this folder: which exist, in which
 * order their fields were declared, and which of them are the entries of a map. It knows nothing of
 * JSON or of any message's meaning. Everything here is constant data, safe in every thread.
 */
#ifndef FLY_PROTO_H
#define FLY_PROTO_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fly_proto_message {
	const ProtobufCMessageDescriptor *desc;
	/*
	 * desc->n_fields indices into desc->fields in declaration order, the order in which JSON
	 * printers emit them; desc->fields itself is sorted by number. NULL without fields.
	 */
	const uint16_t *order;
	/* A map field is a repeated message with the fields key = 1 and value = 2; this is one. */
	bool map_entry;
};

/* All messages, sorted by full name in strcmp order. */
extern const struct fly_proto_message fly_proto_messages[];
extern const size_t fly_proto_message_count;

/*
 * The row of the message with this full name, such as "flyteidl.admin.Execution" (the part of an
 * Any's type_url after the last '/'), or NULL when there is none.
 */
const struct fly_proto_message *fly_proto_message(const char *full_name);

/* The descriptor with this full name, or NULL when there is none. */
const ProtobufCMessageDescriptor *fly_proto_find(const char *full_name);

#endif

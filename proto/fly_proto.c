/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks messages up by name in the table that gen_messages.py writes at build time.
 */
#include "fly_proto.h"

#include <stdlib.h>
#include <string.h>

static int compare_name(const void *name, const void *row)
{
	const struct fly_proto_message *message = row;

	return strcmp(name, message->desc->name);
}

const struct fly_proto_message *fly_proto_message(const char *full_name)
{
	return bsearch(full_name, fly_proto_messages, fly_proto_message_count,
		       sizeof(fly_proto_messages[0]), compare_name);
}

const ProtobufCMessageDescriptor *fly_proto_find(const char *full_name)
{
	const struct fly_proto_message *message = fly_proto_message(full_name);

	return message ? message->desc : NULL;
}

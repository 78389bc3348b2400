/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New messages, and look-ups in the maps that protobuf-c gives as arrays of entries. Knows no
 * meaning of what it finds.
 */
#include "flytefs/codec.h"

void *fly_message_new(struct fly_arena *arena, const ProtobufCMessageDescriptor *type)
{
	void *m = fly_arena_alloc(arena, type->sizeof_message);

	if (m)
		protobuf_c_message_init(type, m);
	return m;
}

/* From the end: where the wire names a key twice, protobuf lets the last one win. */
const Flyteidl__Core__Literal *fly_literal_map_get(const Flyteidl__Core__LiteralMap *map,
						   const char *name)
{
	for (size_t i = map ? map->n_literals : 0; i; i--) {
		if (!strcmp(map->literals[i - 1]->key, name))
			return map->literals[i - 1]->value;
	}
	return NULL;
}

const Flyteidl__Core__Variable *fly_variable_map_get(const Flyteidl__Core__VariableMap *map,
						     const char *name)
{
	for (size_t i = map ? map->n_variables : 0; i; i--) {
		if (!strcmp(map->variables[i - 1]->key, name))
			return map->variables[i - 1]->value;
	}
	return NULL;
}

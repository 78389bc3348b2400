/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape: what the codec needs to know of every message, worked out once from the compiled
 * descriptors: declaration order, both spellings of names, maps, well-known forms; and how to
 * reach a field in a message of protobuf-c. Knows neither JSON text nor wire bytes.
 */
#ifndef FLYTEFS_CODEC_SHAPE_H
#define FLYTEFS_CODEC_SHAPE_H

#include <protobuf-c/protobuf-c.h>

#include "flytefs/base.h"

/* How JSON shows a message. */
enum fly_shape_kind {
	FLY_SHAPE_PLAIN,	/* an object with a member for each field */
	FLY_SHAPE_ENTRY,	/* key and value of a map; JSON shows the map */
	FLY_SHAPE_TIMESTAMP,
	FLY_SHAPE_DURATION,
	FLY_SHAPE_STRUCT,
	FLY_SHAPE_VALUE,
	FLY_SHAPE_LIST,
	FLY_SHAPE_WRAPPER,
	FLY_SHAPE_ANY,
};

struct fly_field {
	const ProtobufCFieldDescriptor *desc;
	const struct fly_shape *message;	/* NULL unless the type is MESSAGE */
	const char *proto_text, *camel_text;	/* `"name":`, as JSON has it */
	uint16_t proto_len, camel_len;
	uint8_t type;				/* desc->type */
	uint8_t size;				/* of one element in memory */
	bool repeated, map, oneof;
};

struct fly_shape_name {
	const char *text;
	uint16_t len;
	uint16_t field;				/* index into fields */
};

struct fly_shape {
	const ProtobufCMessageDescriptor *desc;
	enum fly_shape_kind kind;
	struct fly_field *fields;		/* by number, as desc->fields */
	const uint16_t *order;			/* desc->n_fields indices in declaration order */
	struct fly_shape_name *names;		/* both spellings, sorted */
	size_t n_names;
	const ProtobufCMessage *empty;		/* stands for a message that is not there */
};

/* A map's entry: every map of these messages has text for keys. */
enum { FLY_ENTRY_KEY, FLY_ENTRY_VALUE };

/**
 * The shape of a message of proto/, for ever valid. The first call works all of them out.
 * NULL when memory runs out. Any thread.
 */
const struct fly_shape *fly_shape_of(const ProtobufCMessageDescriptor *type);
/** Of an Any's type_url; NULL when unknown or memory runs out. */
const struct fly_shape *fly_shape_of_url(const char *type_url);
/** The field with this name in either spelling, or NULL. */
const struct fly_field *fly_shape_field(const struct fly_shape *shape, const char *name,
					size_t len);
/** The field with this number, or NULL. */
const struct fly_field *fly_shape_number(const struct fly_shape *shape, uint32_t number);

#define FLY_AT(type, message, offset) ((type *)(void *)((char *)(message) + (offset)))

static inline bool fly_scalar_set(const struct fly_field *f, const void *at)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		return *(char *const *)at && **(char *const *)at;
	case PROTOBUF_C_TYPE_BYTES:
		return ((const ProtobufCBinaryData *)at)->len != 0;
	case PROTOBUF_C_TYPE_MESSAGE:
		return *(void *const *)at != NULL;
	default:
		/* By bits, as -0.0 is not the default. */
		return f->size == 8 ? *(const uint64_t *)at != 0 : *(const uint32_t *)at != 0;
	}
}

/** How many values a field holds: 0 or 1, or the length of a list. */
static inline size_t fly_field_count(const struct fly_field *f, const ProtobufCMessage *m)
{
	if (f->repeated)
		return *FLY_AT(const size_t, m, f->desc->quantifier_offset);
	if (f->oneof)
		return *FLY_AT(const uint32_t, m, f->desc->quantifier_offset) == f->desc->id;
	return fly_scalar_set(f, FLY_AT(const void, m, f->desc->offset));
}

/** Where the i-th value of a field lies. */
static inline const void *fly_field_at(const struct fly_field *f, const ProtobufCMessage *m,
				       size_t i)
{
	if (f->repeated)
		return *FLY_AT(char *const, m, f->desc->offset) + i * f->size;
	return FLY_AT(const void, m, f->desc->offset);
}

/** The message at a place of type MESSAGE; the empty one where none is. */
static inline const ProtobufCMessage *fly_message_at(const struct fly_field *f, const void *at)
{
	const ProtobufCMessage *m = *(const ProtobufCMessage *const *)at;

	return m ? m : f->message->empty;
}

/** The text at a place of type STRING; "" where none is. */
static inline const char *fly_string_at(const void *at)
{
	const char *text = *(char *const *)at;

	return text ? text : "";
}

/** The key of an entry of a map. */
static inline const char *fly_entry_key(const struct fly_shape *entry, const ProtobufCMessage *m)
{
	return fly_string_at(FLY_AT(const void, m, entry->fields[FLY_ENTRY_KEY].desc->offset));
}

/*
 * The entries of a map in key order, the last one of equal keys alone. Zero-initialised is
 * empty; entries points either into the message (already in order) or into own.
 */
struct fly_map_order {
	const ProtobufCMessage *const *entries;
	size_t n;
	const ProtobufCMessage **own;
};

/** -ENOMEM, or 0. Release in both cases. */
int fly_map_order(struct fly_map_order *order, const struct fly_field *map,
		  const ProtobufCMessage *m);

/** Put the entries of a map into that order where they lie. -ENOMEM, or 0. */
int fly_map_settle(const struct fly_field *map, ProtobufCMessage *m);

static inline void fly_map_order_release(struct fly_map_order *order)
{
	free(order->own);
}

#define auto_map_order __attribute__((cleanup(fly_map_order_release))) struct fly_map_order

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Works out the shapes of all messages of proto/ at the first question, and sorts maps. The
 * table is written once and then only read. Knows neither JSON text nor wire bytes.
 */
#include "shape.h"

#include <pthread.h>
#include <stdatomic.h>

#include "fly_proto.h"

/* The table, the memory it lies in, and its rows by descriptor; lock guards their making only. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct fly_arena arena;
static _Atomic(struct fly_shape *) table;
static const struct fly_shape **slots;
static size_t n_slots;		/* a power of two, less than half of them taken */

static const struct {
	const char *name;
	enum fly_shape_kind kind;
} well_known[] = {
	{"google.protobuf.Any", FLY_SHAPE_ANY},
	{"google.protobuf.BoolValue", FLY_SHAPE_WRAPPER},
	{"google.protobuf.Duration", FLY_SHAPE_DURATION},
	{"google.protobuf.ListValue", FLY_SHAPE_LIST},
	{"google.protobuf.Struct", FLY_SHAPE_STRUCT},
	{"google.protobuf.Timestamp", FLY_SHAPE_TIMESTAMP},
	{"google.protobuf.Value", FLY_SHAPE_VALUE},
};

static enum fly_shape_kind kind_of(const struct fly_proto_message *row)
{
	if (row->map_entry)
		return FLY_SHAPE_ENTRY;
	for (size_t i = 0; i < FLY_ARRAY_LEN(well_known); i++) {
		if (!strcmp(well_known[i].name, row->desc->name))
			return well_known[i].kind;
	}
	return FLY_SHAPE_PLAIN;
}

static uint8_t element_size(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	default:
		return 4;
	}
}

/* Underscores go, the letter behind each becomes a capital. Source: flyte-api §1.1. */
static size_t camel(const char *name, char *out)
{
	size_t n = 0;

	for (; *name; name++) {
		if (*name == '_' && name[1] >= 'a' && name[1] <= 'z')
			out[n++] = (char)(*++name - 'a' + 'A');
		else if (*name != '_')
			out[n++] = *name;
	}
	return n;
}

static bool make_names(struct fly_field *f)
{
	const char *name = f->desc->name;
	size_t len = strlen(name);
	char *other = fly_arena_alloc(&arena, len + 4);

	f->proto_text = fly_arena_printf(&arena, "\"%s\":", name);
	if (!other || !f->proto_text)
		return false;
	f->proto_len = (uint16_t)(len + 3);
	other[0] = '"';
	len = camel(name, other + 1);
	memcpy(other + 1 + len, "\":", 3);
	f->camel_text = other;
	f->camel_len = (uint16_t)(len + 3);
	return true;
}

static int compare_name(const struct fly_shape_name *name, const char *text, size_t len)
{
	int order = memcmp(text, name->text, len < name->len ? len : name->len);

	if (order)
		return order;
	return len < name->len ? -1 : len > name->len;
}

static int compare_names(const void *a, const void *b)
{
	const struct fly_shape_name *left = a;

	return compare_name(b, left->text, left->len);
}

static bool index_names(struct fly_shape *shape)
{
	unsigned n_fields = shape->desc->n_fields;
	struct fly_shape_name *names = fly_arena_zalloc(&arena, 2 * n_fields, sizeof(*names));
	size_t n = 0;

	if (!names)
		return false;
	for (uint16_t i = 0; i < n_fields; i++) {
		const struct fly_field *f = &shape->fields[i];
		uint16_t proto_len = (uint16_t)(f->proto_len - 3);
		uint16_t camel_len = (uint16_t)(f->camel_len - 3);

		names[n++] = (struct fly_shape_name){f->proto_text + 1, proto_len, i};
		if (proto_len != camel_len || memcmp(f->proto_text, f->camel_text, f->proto_len))
			names[n++] = (struct fly_shape_name){f->camel_text + 1, camel_len, i};
	}
	qsort(names, n, sizeof(*names), compare_names);
	shape->names = names;
	shape->n_names = n;
	return true;
}

static bool make_field(struct fly_field *f, const ProtobufCFieldDescriptor *desc,
		       const struct fly_shape *shapes)
{
	f->desc = desc;
	f->type = (uint8_t)desc->type;
	f->size = element_size(desc->type);
	f->repeated = desc->label == PROTOBUF_C_LABEL_REPEATED;
	f->oneof = desc->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
	if (desc->type == PROTOBUF_C_TYPE_MESSAGE) {
		const ProtobufCMessageDescriptor *type = desc->descriptor;
		const struct fly_proto_message *row = fly_proto_message(type->name);

		f->message = &shapes[row - fly_proto_messages];
		f->map = row->map_entry;
	}
	return make_names(f);
}

static bool make_shape(struct fly_shape *shape, const struct fly_proto_message *row,
		       const struct fly_shape *shapes)
{
	const ProtobufCMessageDescriptor *desc = row->desc;
	ProtobufCMessage *empty = fly_arena_alloc(&arena, desc->sizeof_message);

	shape->desc = desc;
	shape->kind = kind_of(row);
	shape->order = row->order;
	shape->fields = fly_arena_zalloc(&arena, desc->n_fields, sizeof(*shape->fields));
	if (!empty || !shape->fields)
		return false;
	desc->message_init(empty);
	shape->empty = empty;
	for (unsigned i = 0; i < desc->n_fields; i++) {
		if (!make_field(&shape->fields[i], &desc->fields[i], shapes))
			return false;
	}
	return index_names(shape);
}

/* Where the shape of a descriptor is, or would be. */
static const struct fly_shape **slot_of(const ProtobufCMessageDescriptor *desc)
{
	size_t at = ((uintptr_t)desc * UINT64_C(0x9e3779b97f4a7c15)) >> 32;

	while (slots[at &= n_slots - 1] && slots[at]->desc != desc)
		at++;
	return &slots[at];
}

static bool index_shapes(const struct fly_shape *shapes)
{
	for (n_slots = 1; n_slots <= 2 * fly_proto_message_count; n_slots *= 2)
		;
	slots = fly_arena_zalloc(&arena, n_slots, sizeof(*slots));
	for (size_t i = 0; slots && i < fly_proto_message_count; i++)
		*slot_of(shapes[i].desc) = &shapes[i];
	return slots;
}

static struct fly_shape *make_table(void)
{
	struct fly_shape *shapes =
		fly_arena_zalloc(&arena, fly_proto_message_count, sizeof(*shapes));
	bool made = shapes != NULL;

	for (size_t i = 0; made && i < fly_proto_message_count; i++)
		made = make_shape(&shapes[i], &fly_proto_messages[i], shapes);
	if (made && index_shapes(shapes))
		return shapes;
	fly_arena_release(&arena);
	return NULL;
}

/* NULL when memory runs out. */
static const struct fly_shape *shapes_of_all(void)
{
	struct fly_shape *shapes = atomic_load_explicit(&table, memory_order_acquire);

	if (shapes)
		return shapes;
	pthread_mutex_lock(&lock);
	shapes = atomic_load_explicit(&table, memory_order_relaxed);
	if (!shapes) {
		shapes = make_table();
		atomic_store_explicit(&table, shapes, memory_order_release);
	}
	pthread_mutex_unlock(&lock);
	return shapes;
}

const struct fly_shape *fly_shape_of(const ProtobufCMessageDescriptor *type)
{
	return shapes_of_all() ? *slot_of(type) : NULL;
}

const struct fly_shape *fly_shape_of_url(const char *type_url)
{
	const char *slash = strrchr(type_url, '/');
	const struct fly_proto_message *row = fly_proto_message(slash ? slash + 1 : type_url);
	const struct fly_shape *shapes = row ? shapes_of_all() : NULL;

	return shapes ? &shapes[row - fly_proto_messages] : NULL;
}

const struct fly_field *fly_shape_field(const struct fly_shape *shape, const char *name, size_t len)
{
	size_t low = 0, high = shape->n_names;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_name(&shape->names[middle], name, len);

		if (!order)
			return &shape->fields[shape->names[middle].field];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct fly_field *fly_shape_number(const struct fly_shape *shape, uint32_t number)
{
	size_t low = 0, high = shape->desc->n_fields;

	/* Most messages number their fields 1, 2, 3 … */
	if (number - 1 < high && shape->desc->fields[number - 1].id == number)
		return &shape->fields[number - 1];
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint32_t id = shape->desc->fields[middle].id;

		if (id == number)
			return &shape->fields[middle];
		if (number < id)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* --- maps ----------------------------------------------------------------- */

struct keyed {
	const char *key;
	size_t at;	/* settles the order of equal keys */
};

static int compare_keyed(const void *a, const void *b)
{
	const struct keyed *left = a, *right = b;
	int order = strcmp(left->key, right->key);

	if (order)
		return order;
	return left->at < right->at ? -1 : left->at > right->at;
}

static bool in_order(const struct fly_shape *entry, const ProtobufCMessage *const *entries,
		     size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!entries[i])
			return false;
		if (i && strcmp(fly_entry_key(entry, entries[i - 1]),
				fly_entry_key(entry, entries[i])) >= 0)
			return false;
	}
	return true;
}

int fly_map_order(struct fly_map_order *order, const struct fly_field *map,
		  const ProtobufCMessage *m)
{
	size_t n = fly_field_count(map, m);
	const ProtobufCMessage *const *entries = n ? fly_field_at(map, m, 0) : NULL;
	auto_free struct keyed *keys = NULL;

	*order = (struct fly_map_order){.entries = entries, .n = n};
	if (in_order(map->message, entries, n))
		return 0;
	order->n = 0;
	keys = calloc(n, sizeof(*keys));
	order->own = calloc(n, sizeof(*order->own));
	order->entries = order->own;
	if (!keys || !order->own)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		keys[i] = (struct keyed){
			fly_entry_key(map->message, fly_message_at(map, &entries[i])), i};
	qsort(keys, n, sizeof(*keys), compare_keyed);
	for (size_t i = 0; i < n; i++) {
		if (i + 1 < n && !strcmp(keys[i].key, keys[i + 1].key))
			continue;
		order->own[order->n++] = fly_message_at(map, &entries[keys[i].at]);
	}
	return 0;
}

int fly_map_settle(const struct fly_field *map, ProtobufCMessage *m)
{
	auto_map_order order;
	int rc = fly_map_order(&order, map, m);

	if (rc == 0 && order.own)
		memcpy(*FLY_AT(void *, m, map->desc->offset), order.own,
		       order.n * sizeof(*order.own));
	if (rc == 0)
		*FLY_AT(size_t, m, map->desc->quantifier_offset) = order.n;
	return rc;
}

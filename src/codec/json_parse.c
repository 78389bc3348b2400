/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from the tree of a document, in either spelling of names: objects, lists, maps and the
 * well-known types. Single values are json_scalar's. Refuses what it does not know.
 * Source: flyte-api §6.1.
 */
#include "json_parse.h"

#include "google/protobuf/any.pb-c.h"

static int read_message(struct fly_json_reader *r, const struct fly_doc_where *where,
			const struct fly_shape *shape, const json_t *value, ProtobufCMessage *m);

int fly_json_no_memory(struct fly_json_reader *r)
{
	return fly_fail(r->why, ENOMEM, "out of memory for the message");
}

static int wrong_kind(struct fly_json_reader *r, const struct fly_doc_where *where,
		      const char *wanted, const json_t *value)
{
	return fly_json_bad(r, where, "expected %s, got %s", wanted, fly_doc_kind(value));
}

/* --- values and fields --------------------------------------------------------------- */

static bool takes_null(const struct fly_field *f)
{
	return f->message && f->message->kind == FLY_SHAPE_VALUE;
}

static int read_value(struct fly_json_reader *r, const struct fly_doc_where *where,
		      const struct fly_field *f, const json_t *value, void *out)
{
	ProtobufCMessage *m;

	if (!f->message)
		return fly_json_read_scalar(r, where, f, value, out);
	m = fly_message_new(r->arena, f->message->desc);
	if (!m)
		return fly_json_no_memory(r);
	*(ProtobufCMessage **)out = m;
	return read_message(r, where, f->message, value, m);
}

static int read_list(struct fly_json_reader *r, const struct fly_doc_where *above,
		     const struct fly_field *f, const json_t *value, ProtobufCMessage *m)
{
	struct fly_doc_where where = {.above = above};
	size_t n = json_array_size(value);
	char *list = NULL;
	int rc = 0;

	if (!json_is_array(value))
		return wrong_kind(r, above, "an array", value);
	if (n)
		list = fly_arena_zalloc(r->arena, n, f->size);
	if (n && !list)
		return fly_json_no_memory(r);
	for (; rc == 0 && where.index < n; where.index++) {
		const json_t *element = json_array_get(value, where.index);

		if (json_is_null(element) && !takes_null(f))
			return fly_json_bad(r, &where, "a list has no null elements");
		rc = read_value(r, &where, f, element, list + where.index * f->size);
	}
	*FLY_AT(char *, m, f->desc->offset) = list;
	*FLY_AT(size_t, m, f->desc->quantifier_offset) = n;
	return rc;
}

static int read_entry(struct fly_json_reader *r, const struct fly_doc_where *where,
		      const struct fly_shape *shape, const json_t *value, ProtobufCMessage **out)
{
	const struct fly_field *key_field = &shape->fields[FLY_ENTRY_KEY];
	const struct fly_field *value_field = &shape->fields[FLY_ENTRY_VALUE];
	ProtobufCMessage *entry = fly_message_new(r->arena, shape->desc);
	char *key = fly_arena_strndup(r->arena, where->name, where->len);

	if (!entry || !key)
		return fly_json_no_memory(r);
	*FLY_AT(char *, entry, key_field->desc->offset) = key;
	*out = entry;
	if (json_is_null(value) && !takes_null(value_field))
		return fly_json_bad(r, where, "a map has no null values");
	return read_value(r, where, value_field, value,
			  FLY_AT(void, entry, value_field->desc->offset));
}

static int read_map(struct fly_json_reader *r, const struct fly_doc_where *above,
		    const struct fly_field *f, const json_t *value, ProtobufCMessage *m)
{
	struct fly_doc_where where = {.above = above};
	size_t n = json_object_size(value), i = 0;
	ProtobufCMessage **entries = NULL;
	json_t *object = (json_t *)value;	/* only iterated */
	int rc = 0;

	if (!json_is_object(value))
		return wrong_kind(r, above, "an object", value);
	if (n)
		entries = fly_arena_zalloc(r->arena, n, sizeof(*entries));
	if (n && !entries)
		return fly_json_no_memory(r);
	for (void *at = json_object_iter(object); rc == 0 && at;
	     at = json_object_iter_next(object, at)) {
		where.name = json_object_iter_key(at);
		where.len = json_object_iter_key_len(at);
		rc = read_entry(r, &where, f->message, json_object_iter_value(at), &entries[i++]);
	}
	if (rc < 0)
		return rc;
	*FLY_AT(ProtobufCMessage **, m, f->desc->offset) = entries;
	*FLY_AT(size_t, m, f->desc->quantifier_offset) = n;
	return fly_map_settle(f, m) < 0 ? fly_json_no_memory(r) : 0;
}

static int read_oneof(struct fly_json_reader *r, const struct fly_doc_where *where,
		      const struct fly_shape *shape, const struct fly_field *f,
		      const json_t *value, ProtobufCMessage *m)
{
	uint32_t *which = FLY_AT(uint32_t, m, f->desc->quantifier_offset);

	if (*which)
		return fly_doc_fail_at(r->doc, r->why, where, true,
				       "only one of %s and %s can be given",
				       fly_shape_number(shape, *which)->desc->name, f->desc->name);
	*which = f->desc->id;
	return read_value(r, where, f, value, FLY_AT(void, m, f->desc->offset));
}

static int read_field(struct fly_json_reader *r, const struct fly_doc_where *where,
		      const struct fly_shape *shape, const struct fly_field *f,
		      const json_t *value, ProtobufCMessage *m)
{
	/* null is the same as leaving it out, but for a Value, which can be null. */
	if (json_is_null(value) && (f->repeated || !takes_null(f)))
		return 0;
	if (f->map)
		return read_map(r, where, f, value, m);
	if (f->repeated)
		return read_list(r, where, f, value, m);
	if (f->oneof)
		return read_oneof(r, where, shape, f, value, m);
	return read_value(r, where, f, value, FLY_AT(void, m, f->desc->offset));
}

/* --- objects --------------------------------------------------------------------------- */

static int unknown_field(struct fly_json_reader *r, const struct fly_doc_where *where,
			 const struct fly_shape *shape)
{
	auto_buf names = {0};

	for (unsigned i = 0; i < shape->desc->n_fields; i++)
		fly_buf_printf(&names, "%s%s", i ? ", " : "",
			       shape->fields[shape->order[i]].desc->name);
	return fly_doc_fail_at(r->doc, r->why, where, true, "%s has no such field, only %s",
			       shape->desc->name, names.len ? names.data : "none");
}

/* Is a field given a second time, in its other spelling? Told at the camelCase one. */
static bool comes_twice(const struct fly_field *f, const json_t *object, size_t name_len)
{
	size_t proto_len = f->proto_len - 3u;

	return name_len != proto_len &&
	       json_object_getn(object, f->proto_text + 1, proto_len) != NULL;
}

static int read_members(struct fly_json_reader *r, const struct fly_doc_where *above,
			const struct fly_shape *shape, const json_t *value, const char *skip,
			ProtobufCMessage *m)
{
	struct fly_doc_where where = {.above = above};
	json_t *object = (json_t *)value;	/* only iterated */
	int rc = 0;

	if (!json_is_object(value))
		return wrong_kind(r, above, "an object", value);
	for (void *at = json_object_iter(object); rc == 0 && at;
	     at = json_object_iter_next(object, at)) {
		const struct fly_field *f;

		where.name = json_object_iter_key(at);
		where.len = json_object_iter_key_len(at);
		if (skip && !strcmp(where.name, skip))
			continue;
		f = fly_shape_field(shape, where.name, where.len);
		if (!f)
			return unknown_field(r, &where, shape);
		if (comes_twice(f, value, where.len))
			return fly_doc_fail_at(r->doc, r->why, &where, true,
					       "the same field as %s, which is given too",
					       f->desc->name);
		rc = read_field(r, &where, shape, f, json_object_iter_value(at), m);
	}
	return rc;
}

/* --- well-known types ---------------------------------------------------------------------- */

/* google.protobuf.Value: the member of its oneof that holds this kind of JSON. */
static int read_any_value(struct fly_json_reader *r, const struct fly_doc_where *where,
			  const struct fly_shape *shape, const json_t *value, ProtobufCMessage *m)
{
	static const uint8_t numbers[] = {
		[JSON_NULL] = GOOGLE__PROTOBUF__VALUE__KIND_NULL_VALUE,
		[JSON_INTEGER] = GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE,
		[JSON_REAL] = GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE,
		[JSON_STRING] = GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE,
		[JSON_TRUE] = GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE,
		[JSON_FALSE] = GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE,
		[JSON_OBJECT] = GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE,
		[JSON_ARRAY] = GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE,
	};
	Google__Protobuf__Value *v = (void *)m;
	const struct fly_field *f = fly_shape_number(shape, numbers[json_typeof(value)]);

	v->kind_case = f->desc->id;
	if (json_is_null(value))
		return 0;
	return read_value(r, where, f, value, FLY_AT(void, m, f->desc->offset));
}

static int pack_any(struct fly_json_reader *r, const char *url, const ProtobufCMessage *content,
		    Google__Protobuf__Any *any)
{
	auto_buf bytes = {0};

	fly_wire_print(content, &bytes);
	any->type_url = fly_arena_strdup(r->arena, url);
	any->value.len = bytes.len;
	any->value.data = fly_arena_memdup(r->arena, bytes.data, bytes.len);
	return bytes.failed || !any->type_url || !any->value.data ? fly_json_no_memory(r) : 0;
}

static int read_any_content(struct fly_json_reader *r, const struct fly_doc_where *where,
			    const struct fly_shape *shape, const json_t *value, ProtobufCMessage *m)
{
	const json_t *inner = json_object_get(value, "value");
	const struct fly_doc_where inside = {.above = where, .name = "value", .len = 5};

	if (shape->kind <= FLY_SHAPE_ENTRY)
		return read_members(r, where, shape, value, "@type", m);
	if (!inner)
		return fly_json_bad(r, where, "%s needs its \"value\" here", shape->desc->name);
	if (json_object_size(value) > 2)
		return fly_json_bad(r, where,
				    "beside \"@type\" and \"value\" there is nothing in %s",
				    shape->desc->name);
	return read_message(r, &inside, shape, inner, m);
}

static int read_any(struct fly_json_reader *r, const struct fly_doc_where *where,
		    const json_t *value, ProtobufCMessage *m)
{
	const struct fly_doc_where type = {.above = where, .name = "@type", .len = 5};
	const json_t *url = json_object_get(value, "@type");
	const struct fly_shape *shape;
	ProtobufCMessage *content;
	int rc;

	if (!json_is_object(value))
		return wrong_kind(r, where, "an object", value);
	if (!json_object_size(value))
		return 0;
	if (!url)
		return fly_json_bad(r, where, "an Any says its \"@type\"");
	if (!json_is_string(url))
		return wrong_kind(r, &type, "a string", url);
	shape = fly_shape_of_url(json_string_value(url));
	if (!shape)
		return fly_json_bad(r, &type, "there is no message type \"%s\"",
				    json_string_value(url));
	content = fly_message_new(r->arena, shape->desc);
	if (!content)
		return fly_json_no_memory(r);
	rc = read_any_content(r, where, shape, value, content);
	if (rc < 0)
		return rc;
	return pack_any(r, json_string_value(url), content, (Google__Protobuf__Any *)m);
}

static int read_message(struct fly_json_reader *r, const struct fly_doc_where *where,
			const struct fly_shape *shape, const json_t *value, ProtobufCMessage *m)
{
	switch (shape->kind) {
	case FLY_SHAPE_PLAIN:
	case FLY_SHAPE_ENTRY:
		return read_members(r, where, shape, value, NULL, m);
	case FLY_SHAPE_TIMESTAMP:
	case FLY_SHAPE_DURATION:
		return fly_json_read_time(r, where, shape, value, m);
	case FLY_SHAPE_STRUCT:
		return read_map(r, where, &shape->fields[0], value, m);
	case FLY_SHAPE_LIST:
		return read_list(r, where, &shape->fields[0], value, m);
	case FLY_SHAPE_VALUE:
		return read_any_value(r, where, shape, value, m);
	case FLY_SHAPE_WRAPPER:
		return fly_json_read_scalar(r, where, &shape->fields[0], value,
					    FLY_AT(void, m, shape->fields[0].desc->offset));
	case FLY_SHAPE_ANY:
		return read_any(r, where, value, m);
	}
	return -EINVAL;
}

/* --- the calls -------------------------------------------------------------------------------- */

int fly_doc_message(struct fly_doc *doc, const json_t *value, const char *path,
		    const ProtobufCMessageDescriptor *type, struct fly_arena *arena,
		    ProtobufCMessage **out, struct fly_why *why)
{
	const struct fly_doc_where top = {.name = path, .len = strlen(path)};
	struct fly_json_reader r = {doc, arena, why};
	const struct fly_shape *shape = fly_shape_of(type);
	ProtobufCMessage *m = shape ? fly_message_new(arena, type) : NULL;
	int rc;

	if (!m)
		return fly_json_no_memory(&r);
	rc = read_message(&r, &top, shape, value, m);
	if (rc == 0)
		*out = m;
	return rc;
}

int fly_json_parse(const ProtobufCMessageDescriptor *type, const char *text, size_t len,
		   struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why)
{
	struct fly_doc *doc;
	int rc = fly_doc_parse(text, len, &doc, why);

	if (rc < 0)
		return rc;
	rc = fly_doc_message(doc, fly_doc_root(doc), "", type, arena, out, why);
	fly_doc_free(doc);
	return rc;
}

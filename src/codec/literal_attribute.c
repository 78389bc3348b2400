/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attribute paths: the part of an output that a binding names (promise.a["b"][0]). Knows no
 * nodes. Source: flyte-engine §4.6.
 */
#include "literal.h"

#include "msgpack.h"

struct walk {
	const Flyteidl__Core__PromiseAttribute *const *path;
	size_t n, at;
	struct fly_arena *arena;
	struct fly_why *why;
};

static int no_memory(struct walk *w)
{
	return fly_no_memory(w->why);
}

static int made(struct walk *w, Flyteidl__Core__Literal *lit, Flyteidl__Core__Literal **out)
{
	if (!lit)
		return no_memory(w);
	*out = lit;
	return 0;
}

/* The path up to and with the present step: `.a["b"][0]`. */
static void put_path(const struct walk *w, struct fly_buf *b)
{
	for (size_t i = 0; i <= w->at && i < w->n; i++) {
		const Flyteidl__Core__PromiseAttribute *a = w->path[i];

		if (a->value_case == FLYTEIDL__CORE__PROMISE_ATTRIBUTE__VALUE_INT_VALUE)
			fly_buf_printf(b, "[%d]", a->int_value);
		else if (a->value_case == FLYTEIDL__CORE__PROMISE_ATTRIBUTE__VALUE_STRING_VALUE)
			fly_buf_printf(b, ".%s", a->string_value);
		else
			fly_buf_puts(b, ".?");
	}
}

static int bad(struct walk *w, const char *reason)
{
	auto_buf path = {0};

	put_path(w, &path);
	return fly_refuse(w->why, FLY_INVALID_ARGUMENT, "attribute %s: %s",
			  path.data ? path.data : "", reason);
}

/* The present step as a key; NULL and a failure when it is an index. */
static const char *step_key(struct walk *w)
{
	const Flyteidl__Core__PromiseAttribute *a = w->path[w->at];

	if (a->value_case == FLYTEIDL__CORE__PROMISE_ATTRIBUTE__VALUE_STRING_VALUE)
		return a->string_value;
	bad(w, "a map is asked for by index");
	return NULL;
}

/* The present step as an index below n; negative and a failure when it is none such. */
static int step_index(struct walk *w, size_t n, size_t *out)
{
	const Flyteidl__Core__PromiseAttribute *a = w->path[w->at];

	if (a->value_case != FLYTEIDL__CORE__PROMISE_ATTRIBUTE__VALUE_INT_VALUE)
		return bad(w, "a list is asked for by key");
	if (a->int_value < 0 || (size_t)a->int_value >= n)
		return bad(w, "the index is out of range");
	*out = (size_t)a->int_value;
	return 0;
}

/* --- MessagePack ---------------------------------------------------------------------- */

static int packed_item(struct walk *w, struct fly_bytes *in, size_t count)
{
	struct fly_bytes skipped;
	size_t index;
	int ret = step_index(w, count, &index);

	for (size_t i = 0; !ret && i < index; i++)
		fly_msgpack_take(in, &skipped);
	return ret;
}

static int packed_member(struct walk *w, struct fly_bytes *in, size_t count)
{
	struct fly_bytes skipped, found = {0};
	const char *key = step_key(w);
	struct fly_msgpack name;

	if (!key)
		return -EINVAL;
	/* Of keys that come twice the last one counts. */
	for (size_t i = 0; i < count; i++) {
		struct fly_bytes header = *in;

		fly_msgpack_next(&header, &name);
		fly_msgpack_take(in, &skipped);
		if (name.kind == FLY_MSGPACK_STR && name.bytes.len == strlen(key) &&
		    !memcmp(name.bytes.data, key, name.bytes.len))
			found = *in;
		fly_msgpack_take(in, &skipped);
	}
	if (!found.data)
		return bad(w, "there is no such key");
	*in = found;
	return 0;
}

static Flyteidl__Core__Literal *packed(struct walk *w, struct fly_bytes value)
{
	return fly_literal_binary(w->arena, value.data, value.len, FLY_MSGPACK_TAG);
}

/* A list becomes a collection, each item still packed. */
static int packed_collection(struct walk *w, struct fly_bytes in, size_t count,
			     Flyteidl__Core__Literal **out)
{
	Flyteidl__Core__Literal *lit = fly_literal_collection(w->arena, count);
	struct fly_bytes item;

	for (size_t i = 0; lit && i < count; i++) {
		fly_msgpack_take(&in, &item);
		lit->collection->literals[i] = packed(w, item);
		if (!lit->collection->literals[i])
			return no_memory(w);
	}
	return made(w, lit, out);
}

static int packed_primitive(struct walk *w, const struct fly_msgpack *v,
			    Flyteidl__Core__Literal **out)
{
	Flyteidl__Core__Literal *lit;

	if (v->kind == FLY_MSGPACK_STR) {
		if (v->bytes.len && memchr(v->bytes.data, '\0', v->bytes.len))
			return bad(w, "the string holds a NUL");
		return made(w, fly_literal_string(w->arena, (const char *)v->bytes.data,
						  v->bytes.len), out);
	}
	lit = fly_literal_primitive(w->arena, v->kind == FLY_MSGPACK_BOOL ? FLY_PRIMITIVE(BOOLEAN)
					      : v->kind == FLY_MSGPACK_INT
					      ? FLY_PRIMITIVE(INTEGER)
					      : FLY_PRIMITIVE(FLOAT_VALUE));
	if (!lit)
		return no_memory(w);
	if (v->kind == FLY_MSGPACK_BOOL)
		lit->scalar->primitive->boolean = v->boolean;
	else if (v->kind == FLY_MSGPACK_INT)
		lit->scalar->primitive->integer = v->integer;
	else
		lit->scalar->primitive->float_value = v->real;
	*out = lit;
	return 0;
}

static int from_packed(struct walk *w, const Flyteidl__Core__Binary *binary,
		       Flyteidl__Core__Literal **out)
{
	struct fly_bytes in = {binary->value.data, binary->value.len}, rest, value;
	struct fly_msgpack v;
	int ret = 0;

	if (strcmp(binary->tag, FLY_MSGPACK_TAG) || !fly_msgpack_valid(in))
		return bad(w, "the value is not msgpack");
	for (; !ret && w->at < w->n; w->at += !ret) {
		fly_msgpack_next(&in, &v);
		if (v.kind == FLY_MSGPACK_MAP)
			ret = packed_member(w, &in, v.count);
		else if (v.kind == FLY_MSGPACK_ARRAY)
			ret = packed_item(w, &in, v.count);
		else
			ret = bad(w, "the value has no parts");
	}
	if (ret)
		return ret;
	rest = in;
	fly_msgpack_next(&rest, &v);
	switch (v.kind) {
	case FLY_MSGPACK_ARRAY:
		return packed_collection(w, rest, v.count, out);
	case FLY_MSGPACK_UINT:
		return bad(w, "the number does not fit in 64 bits with a sign");
	case FLY_MSGPACK_BOOL:
	case FLY_MSGPACK_INT:
	case FLY_MSGPACK_FLOAT:
	case FLY_MSGPACK_STR:
		return packed_primitive(w, &v, out);
	default:
		fly_msgpack_take(&in, &value);
		return made(w, packed(w, value), out);
	}
}

/* --- Struct ---------------------------------------------------------------------------- */

static int value_step(struct walk *w, const Google__Protobuf__Value **value)
{
	const Google__Protobuf__Value *v = *value;
	const char *key;
	size_t index;
	int ret;

	if (v && v->kind_case == GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE) {
		ret = step_index(w, v->list_value->n_values, &index);
		if (!ret)
			*value = v->list_value->values[index];
		return ret;
	}
	if (!v || v->kind_case != GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE)
		return bad(w, "the value has no parts");
	key = step_key(w);
	if (!key)
		return -EINVAL;
	for (size_t i = v->struct_value->n_fields; i; i--) {
		if (!strcmp(v->struct_value->fields[i - 1]->key, key)) {
			*value = v->struct_value->fields[i - 1]->value;
			return 0;
		}
	}
	return bad(w, "there is no such key");
}

static int value_literal(struct walk *w, const Google__Protobuf__Value *v,
			 Flyteidl__Core__Literal **out);

static int list_literal(struct walk *w, const Google__Protobuf__ListValue *list,
			Flyteidl__Core__Literal **out)
{
	Flyteidl__Core__Literal *lit = fly_literal_collection(w->arena, list->n_values);
	int ret = 0;

	if (!lit)
		return no_memory(w);
	for (size_t i = 0; !ret && i < list->n_values; i++)
		ret = value_literal(w, list->values[i], &lit->collection->literals[i]);
	if (!ret)
		*out = lit;
	return ret;
}

static int value_literal(struct walk *w, const Google__Protobuf__Value *v,
			 Flyteidl__Core__Literal **out)
{
	Flyteidl__Core__Literal *lit;

	switch (v ? v->kind_case : GOOGLE__PROTOBUF__VALUE__KIND__NOT_SET) {
	case GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE:
		lit = fly_literal_scalar(w->arena, FLY_SCALAR(GENERIC));
		if (lit)
			lit->scalar->generic = v->struct_value;
		return made(w, lit, out);
	case GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE:
		return list_literal(w, v->list_value, out);
	case GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE:
		return made(w, fly_literal_string(w->arena, v->string_value,
						  strlen(v->string_value)), out);
	case GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE:
		/* Even a whole one: a Struct only holds doubles. */
		lit = fly_literal_primitive(w->arena, FLY_PRIMITIVE(FLOAT_VALUE));
		if (lit)
			lit->scalar->primitive->float_value = v->number_value;
		return made(w, lit, out);
	case GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE:
		lit = fly_literal_primitive(w->arena, FLY_PRIMITIVE(BOOLEAN));
		if (lit)
			lit->scalar->primitive->boolean = v->bool_value;
		return made(w, lit, out);
	default:
		return made(w, fly_literal_none(w->arena), out);
	}
}

static int from_struct(struct walk *w, Google__Protobuf__Struct *s, Flyteidl__Core__Literal **out)
{
	Google__Protobuf__Value top = GOOGLE__PROTOBUF__VALUE__INIT;
	const Google__Protobuf__Value *value = &top;
	int ret = 0;

	top.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE;
	top.struct_value = s;
	for (; !ret && w->at < w->n; w->at += !ret)
		ret = value_step(w, &value);
	return ret ? ret : value_literal(w, value, out);
}

/* --- literals ----------------------------------------------------------------------------- */

/* One step into a map or collection. */
static int literal_step(struct walk *w, const Flyteidl__Core__Literal **lit)
{
	const Flyteidl__Core__Literal *found;
	const char *key;
	size_t index;
	int ret;

	if ((*lit)->value_case == FLY_LITERAL(COLLECTION)) {
		ret = step_index(w, (*lit)->collection->n_literals, &index);
		if (!ret)
			*lit = (*lit)->collection->literals[index];
		return ret;
	}
	key = step_key(w);
	if (!key)
		return -EINVAL;
	found = fly_literal_map_get((*lit)->map, key);
	if (!found)
		return bad(w, "there is no such key");
	*lit = found;
	return 0;
}

int fly_literal_attribute(const Flyteidl__Core__Literal *lit,
			  const Flyteidl__Core__PromiseAttribute *const *path, size_t n_path,
			  struct fly_arena *arena, Flyteidl__Core__Literal **out,
			  struct fly_why *why)
{
	struct walk w = {.path = path, .n = n_path, .arena = arena, .why = why};
	Flyteidl__Core__Literal *part;
	int ret = 0;

	while (w.at < n_path && (lit->value_case == FLY_LITERAL(MAP) ||
				 lit->value_case == FLY_LITERAL(COLLECTION))) {
		ret = literal_step(&w, &lit);
		if (ret)
			return ret;
		w.at++;
	}
	if (w.at < n_path && lit->value_case == FLY_LITERAL(OFFLOADED_METADATA))
		return bad(&w, "the literal is offloaded: load it first");
	part = (Flyteidl__Core__Literal *)lit;
	if (n_path && lit->value_case == FLY_LITERAL(SCALAR)) {
		if (lit->scalar->value_case == FLY_SCALAR(BINARY))
			ret = from_packed(&w, lit->scalar->binary, &part);
		else if (lit->scalar->value_case == FLY_SCALAR(GENERIC))
			ret = from_struct(&w, lit->scalar->generic, &part);
	}
	if (!ret)
		*out = part;
	return ret;
}

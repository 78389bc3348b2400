/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Literals as plain JSON values and as the text of inputs/VAR. Knows no declared types: a value
 * shows itself. Source: DESIGN §3, flyte-engine §5.4.
 */
#include "literal.h"

#include "json_layout.h"
#include "moment.h"
#include "msgpack.h"
#include "shape.h"
#include "time_text.h"

struct plain {
	struct fly_layout out;
	bool in_key;	/* the text will be a name: MessagePack only */
};

static void put_literal(struct plain *p, const Flyteidl__Core__Literal *lit);

/* --- words -------------------------------------------------------------------------- */

static void put_text(struct plain *p, const char *text)
{
	fly_json_put_string(p->out.b, text, strlen(text));
}

static void put_word(struct plain *p, const char *word)
{
	fly_buf_append(p->out.b, word, strlen(word));
}

/* A float stays one: whole ones keep a point, which an integer has not. */
static void put_float(struct plain *p, double value, bool single)
{
	size_t start = p->out.b->len;

	if (single)
		fly_json_put_float(p->out.b, (float)value);
	else
		fly_json_put_double(p->out.b, value);
	if (p->out.b->failed)
		return;
	for (size_t i = start; i < p->out.b->len; i++) {
		if (!strchr("-0123456789", p->out.b->data[i]))
			return;
	}
	fly_buf_append(p->out.b, ".0", 2);
}

/* --- Struct ---------------------------------------------------------------------------- */

static void put_value(struct plain *p, const Google__Protobuf__Value *v);

static void put_struct(struct plain *p, const Google__Protobuf__Struct *s)
{
	const struct fly_shape *shape = fly_shape_of(s->base.descriptor);
	auto_map_order order = {0};

	if (!shape || fly_map_order(&order, &shape->fields[0], &s->base) < 0) {
		p->out.b->failed = true;
		return;
	}
	fly_layout_open(&p->out, '{');
	for (size_t i = 0; i < order.n; i++) {
		const Google__Protobuf__Struct__FieldsEntry *e =
			(const Google__Protobuf__Struct__FieldsEntry *)order.entries[i];

		fly_layout_next(&p->out, i == 0);
		put_text(p, e->key);
		fly_layout_colon(&p->out);
		put_value(p, e->value);
	}
	fly_layout_close(&p->out, '}', order.n == 0);
}

static void put_list(struct plain *p, const Google__Protobuf__ListValue *list)
{
	fly_layout_open(&p->out, '[');
	for (size_t i = 0; i < list->n_values; i++) {
		fly_layout_next(&p->out, i == 0);
		put_value(p, list->values[i]);
	}
	fly_layout_close(&p->out, ']', list->n_values == 0);
}

static void put_value(struct plain *p, const Google__Protobuf__Value *v)
{
	switch (v ? v->kind_case : GOOGLE__PROTOBUF__VALUE__KIND__NOT_SET) {
	case GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE:
		/* Numbers of a Struct are all doubles: a point would say nothing. */
		fly_json_put_double(p->out.b, v->number_value);
		break;
	case GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE:
		put_text(p, v->string_value);
		break;
	case GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE:
		put_word(p, v->bool_value ? "true" : "false");
		break;
	case GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE:
		put_struct(p, v->struct_value);
		break;
	case GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE:
		put_list(p, v->list_value);
		break;
	default:
		put_word(p, "null");
	}
}

/* --- MessagePack -------------------------------------------------------------------------- */

static void put_packed(struct plain *p, struct fly_bytes *in);

/* JSON's names are strings: any other key becomes the text of its JSON. */
static void put_packed_key(struct plain *p, struct fly_bytes *in)
{
	auto_buf text = {0};
	struct plain inner = {.out = {.b = &text}, .in_key = true};
	struct fly_bytes rest = *in;
	struct fly_msgpack v;

	if (fly_msgpack_next(&rest, &v) && v.kind == FLY_MSGPACK_STR) {
		put_packed(p, in);
		return;
	}
	put_packed(&inner, in);
	if (text.failed)
		p->out.b->failed = true;
	else
		fly_json_put_string(p->out.b, text.data, text.len);
}

static void put_packed_items(struct plain *p, struct fly_bytes *in, const struct fly_msgpack *v)
{
	bool map = v->kind == FLY_MSGPACK_MAP;

	fly_layout_open(&p->out, map ? '{' : '[');
	for (size_t i = 0; i < v->count; i++) {
		fly_layout_next(&p->out, i == 0);
		if (map) {
			put_packed_key(p, in);
			fly_layout_colon(&p->out);
		}
		put_packed(p, in);
	}
	fly_layout_close(&p->out, map ? '}' : ']', v->count == 0);
}

/*
 * A map inside a key is shown as its bytes: keys within keys would be quotes within quotes, and the
 * text twice as long with each.
 */
static void put_key_map(struct plain *p, struct fly_bytes *in)
{
	struct fly_bytes map;

	if (fly_msgpack_take(in, &map))
		fly_json_put_base64(p->out.b, map.data, map.len);
}

/* The next value of an input that is valid. */
static void put_packed(struct plain *p, struct fly_bytes *in)
{
	struct fly_bytes whole = *in;
	struct fly_msgpack v;

	if (!fly_msgpack_next(in, &v))
		return;
	switch (v.kind) {
	case FLY_MSGPACK_NIL:
		put_word(p, "null");
		break;
	case FLY_MSGPACK_BOOL:
		put_word(p, v.boolean ? "true" : "false");
		break;
	case FLY_MSGPACK_INT:
		fly_json_put_int(p->out.b, v.integer);
		break;
	case FLY_MSGPACK_UINT:
		fly_json_put_uint(p->out.b, v.natural);
		break;
	case FLY_MSGPACK_FLOAT:
		put_float(p, v.real, v.single);
		break;
	case FLY_MSGPACK_STR:
		fly_json_put_string(p->out.b, (const char *)v.bytes.data, v.bytes.len);
		break;
	case FLY_MSGPACK_BIN:
	case FLY_MSGPACK_EXT:
		fly_json_put_base64(p->out.b, v.bytes.data, v.bytes.len);
		break;
	case FLY_MSGPACK_MAP:
		if (p->in_key) {
			*in = whole;
			put_key_map(p, in);
			break;
		}
		/* fall through */
	case FLY_MSGPACK_ARRAY:
		put_packed_items(p, in, &v);
		break;
	}
}

static bool is_packed(const Flyteidl__Core__Binary *binary)
{
	return !strcmp(binary->tag, FLY_MSGPACK_TAG) &&
	       fly_msgpack_valid((struct fly_bytes){binary->value.data, binary->value.len});
}

static void put_binary(struct plain *p, const Flyteidl__Core__Binary *binary)
{
	struct fly_bytes in = {binary->value.data, binary->value.len};

	if (is_packed(binary))
		put_packed(p, &in);
	else
		fly_json_put_base64(p->out.b, in.data, in.len);
}

/* --- scalars -------------------------------------------------------------------------------- */

/* The text of a datetime or duration, without quotes. */
static void put_time(struct fly_buf *b, const Flyteidl__Core__Primitive *primitive)
{
	const Google__Protobuf__Timestamp *t;

	if (primitive->value_case == FLY_PRIMITIVE(DURATION)) {
		fly_span_print(b, primitive->duration->seconds, primitive->duration->nanos);
		return;
	}
	t = primitive->datetime;
	if (fly_rfc3339_valid(t->seconds, t->nanos))
		fly_rfc3339_print(b, t->seconds, t->nanos);
	else
		fly_json_put_int(b, t->seconds);
}

static void put_primitive(struct plain *p, const Flyteidl__Core__Primitive *primitive)
{
	switch (primitive->value_case) {
	case FLY_PRIMITIVE(INTEGER):
		fly_json_put_int(p->out.b, primitive->integer);
		break;
	case FLY_PRIMITIVE(FLOAT_VALUE):
		put_float(p, primitive->float_value, false);
		break;
	case FLY_PRIMITIVE(STRING_VALUE):
		put_text(p, primitive->string_value);
		break;
	case FLY_PRIMITIVE(BOOLEAN):
		put_word(p, primitive->boolean ? "true" : "false");
		break;
	case FLY_PRIMITIVE(DATETIME):
	case FLY_PRIMITIVE(DURATION):
		fly_buf_append_char(p->out.b, '"');
		put_time(p->out.b, primitive);
		fly_buf_append_char(p->out.b, '"');
		break;
	default:
		put_word(p, "null");
	}
}

/* Where it is kept, for what is not in the message itself; else NULL. */
static const char *stored_at(const Flyteidl__Core__Literal *lit)
{
	if (lit->value_case == FLY_LITERAL(OFFLOADED_METADATA))
		return lit->offloaded_metadata->uri;
	return fly_literal_uri(lit);
}

static void put_scalar(struct plain *p, const Flyteidl__Core__Scalar *scalar)
{
	switch (scalar->value_case) {
	case FLY_SCALAR(PRIMITIVE):
		put_primitive(p, scalar->primitive);
		break;
	case FLY_SCALAR(BINARY):
		put_binary(p, scalar->binary);
		break;
	case FLY_SCALAR(ERROR):
		put_text(p, scalar->error->message);
		break;
	case FLY_SCALAR(GENERIC):
		put_struct(p, scalar->generic);
		break;
	default:
		put_word(p, "null");
	}
}

/* --- literals --------------------------------------------------------------------------------- */

static void put_collection(struct plain *p, const Flyteidl__Core__LiteralCollection *c)
{
	fly_layout_open(&p->out, '[');
	for (size_t i = 0; i < c->n_literals; i++) {
		fly_layout_next(&p->out, i == 0);
		put_literal(p, c->literals[i]);
	}
	fly_layout_close(&p->out, ']', c->n_literals == 0);
}

static void put_map(struct plain *p, const Flyteidl__Core__LiteralMap *map)
{
	const struct fly_shape *shape = fly_shape_of(map->base.descriptor);
	auto_map_order order = {0};

	if (!shape || fly_map_order(&order, &shape->fields[0], &map->base) < 0) {
		p->out.b->failed = true;
		return;
	}
	fly_layout_open(&p->out, '{');
	for (size_t i = 0; i < order.n; i++) {
		const Flyteidl__Core__LiteralMap__LiteralsEntry *e =
			(const Flyteidl__Core__LiteralMap__LiteralsEntry *)order.entries[i];

		fly_layout_next(&p->out, i == 0);
		put_text(p, e->key);
		fly_layout_colon(&p->out);
		put_literal(p, e->value);
	}
	fly_layout_close(&p->out, '}', order.n == 0);
}

static void put_literal(struct plain *p, const Flyteidl__Core__Literal *lit)
{
	const Flyteidl__Core__Literal *inside = fly_literal_inside(lit);
	const char *uri = inside ? stored_at(inside) : NULL;

	if (uri) {
		put_text(p, uri);
		return;
	}
	switch (inside ? inside->value_case : FLY_LITERAL(_NOT_SET)) {
	case FLY_LITERAL(SCALAR):
		put_scalar(p, inside->scalar);
		break;
	case FLY_LITERAL(COLLECTION):
		put_collection(p, inside->collection);
		break;
	case FLY_LITERAL(MAP):
		put_map(p, inside->map);
		break;
	default:
		put_word(p, "null");
	}
}

void fly_literal_plain(const Flyteidl__Core__Literal *lit, struct fly_buf *b)
{
	struct plain p = {.out = {.b = b}};

	put_literal(&p, lit);
	fly_buf_end(b);
}

/* --- the text of inputs/VAR ------------------------------------------------------------------- */

/* The number as JSON has it; its words for what is no number without their quotes. */
static void text_float(double value, struct fly_buf *b)
{
	auto_buf number = {0};

	fly_json_put_double(&number, value);
	fly_buf_end(&number);
	if (number.failed)
		b->failed = true;
	else if (*number.data == '"')
		fly_buf_add(b, number.data + 1, number.len - 2);
	else
		fly_buf_add(b, number.data, number.len);
}

static void text_primitive(const Flyteidl__Core__Primitive *primitive, struct fly_buf *b)
{
	switch (primitive->value_case) {
	case FLY_PRIMITIVE(INTEGER):
		fly_json_put_int(b, primitive->integer);
		break;
	case FLY_PRIMITIVE(FLOAT_VALUE):
		text_float(primitive->float_value, b);
		break;
	case FLY_PRIMITIVE(STRING_VALUE):
		fly_buf_puts(b, primitive->string_value);
		break;
	case FLY_PRIMITIVE(BOOLEAN):
		fly_buf_puts(b, primitive->boolean ? "true" : "false");
		break;
	case FLY_PRIMITIVE(DATETIME):
	case FLY_PRIMITIVE(DURATION):
		put_time(b, primitive);
		break;
	default:
		break;
	}
}

static void text_scalar(const Flyteidl__Core__Scalar *scalar, struct fly_buf *b)
{
	struct plain p = {.out = {.b = b, .pretty = true}};
	size_t start = b->len;

	switch (scalar->value_case) {
	case FLY_SCALAR(PRIMITIVE):
		text_primitive(scalar->primitive, b);
		break;
	case FLY_SCALAR(BINARY):
		put_binary(&p, scalar->binary);
		/* base64 by itself needs no quotes. */
		if (!is_packed(scalar->binary) && !b->failed) {
			b->len -= 2;
			memmove(b->data + start, b->data + start + 1, b->len - start);
		}
		break;
	case FLY_SCALAR(ERROR):
		fly_buf_puts(b, scalar->error->message);
		break;
	case FLY_SCALAR(GENERIC):
		put_struct(&p, scalar->generic);
		break;
	default:
		break;
	}
}

void fly_literal_text(const Flyteidl__Core__Literal *lit, struct fly_buf *b)
{
	const Flyteidl__Core__Literal *inside = fly_literal_inside(lit);
	const char *uri = inside ? stored_at(inside) : NULL;
	struct plain p = {.out = {.b = b, .pretty = true}};

	if (uri)
		fly_buf_puts(b, uri);
	else if (inside && inside->value_case == FLY_LITERAL(SCALAR))
		text_scalar(inside->scalar, b);
	else if (inside && inside->value_case)
		put_literal(&p, inside);
	fly_buf_putc(b, '\n');
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages as proto3 JSON, straight into a buffer: structure and the well-known types. How single
 * values are spelled is json_text's, how they are laid out json_layout's. Refuses to know what any
 * message means.
 */
#include "flytefs/codec.h"

#include "google/protobuf/any.pb-c.h"
#include "json_layout.h"
#include "shape.h"
#include "time_text.h"
#include "wire.h"

struct printer {
	struct fly_layout out;
	bool camel;
	unsigned depth;		/* messages inside each other, through Any too */
};

static void print_message(struct printer *p, const struct fly_shape *shape,
			  const ProtobufCMessage *m);

static void put_field_name(struct printer *p, const struct fly_field *f)
{
	if (p->camel)
		fly_buf_append(p->out.b, f->camel_text, f->camel_len);
	else
		fly_buf_append(p->out.b, f->proto_text, f->proto_len);
	if (p->out.pretty)
		fly_buf_append_char(p->out.b, ' ');
}

static void put_name(struct printer *p, const char *name)
{
	fly_json_put_string(p->out.b, name, strlen(name));
	fly_layout_colon(&p->out);
}

/* --- fields ------------------------------------------------------------------------ */

static void print_enum(struct printer *p, const ProtobufCEnumDescriptor *type, int value)
{
	const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(type, value);

	if (!known) {
		fly_json_put_int(p->out.b, value);
		return;
	}
	fly_buf_append_char(p->out.b, '"');
	fly_buf_append(p->out.b, known->name, strlen(known->name));
	fly_buf_append_char(p->out.b, '"');
}

static void print_quoted(struct printer *p, const struct fly_field *f, const void *at)
{
	fly_buf_append_char(p->out.b, '"');
	if (f->type == PROTOBUF_C_TYPE_UINT64)
		fly_json_put_uint(p->out.b, *(const uint64_t *)at);
	else
		fly_json_put_int(p->out.b, *(const int64_t *)at);
	fly_buf_append_char(p->out.b, '"');
}

static void print_value(struct printer *p, const struct fly_field *f, const void *at)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		fly_json_put_string(p->out.b, fly_string_at(at), strlen(fly_string_at(at)));
		break;
	case PROTOBUF_C_TYPE_MESSAGE:
		print_message(p, f->message, fly_message_at(f, at));
		break;
	case PROTOBUF_C_TYPE_ENUM:
		print_enum(p, f->desc->descriptor, *(const int *)at);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		fly_buf_append(p->out.b, *(const protobuf_c_boolean *)at ? "true" : "false",
			       *(const protobuf_c_boolean *)at ? 4 : 5);
		break;
	case PROTOBUF_C_TYPE_BYTES: {
		const ProtobufCBinaryData *bytes = at;

		fly_json_put_base64(p->out.b, bytes->data, bytes->len);
		break;
	}
	case PROTOBUF_C_TYPE_UINT32:
		fly_json_put_uint(p->out.b, *(const uint32_t *)at);
		break;
	case PROTOBUF_C_TYPE_FLOAT:
		fly_json_put_float(p->out.b, *(const float *)at);
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		fly_json_put_double(p->out.b, *(const double *)at);
		break;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
		print_quoted(p, f, at);
		break;
	default:
		fly_json_put_int(p->out.b, *(const int32_t *)at);
	}
}

static void print_list(struct printer *p, const struct fly_field *f, const ProtobufCMessage *m)
{
	size_t n = fly_field_count(f, m);

	fly_layout_open(&p->out, '[');
	for (size_t i = 0; i < n; i++) {
		fly_layout_next(&p->out, i == 0);
		print_value(p, f, fly_field_at(f, m, i));
	}
	fly_layout_close(&p->out, ']', n == 0);
}

static void print_map(struct printer *p, const struct fly_field *f, const ProtobufCMessage *m)
{
	const struct fly_field *value = &f->message->fields[FLY_ENTRY_VALUE];
	auto_map_order order;

	if (fly_map_order(&order, f, m) < 0) {
		p->out.b->failed = true;
		return;
	}
	p->depth++;
	fly_layout_open(&p->out, '{');
	for (size_t i = 0; i < order.n; i++) {
		fly_layout_next(&p->out, i == 0);
		put_name(p, fly_entry_key(f->message, order.entries[i]));
		print_value(p, value, fly_field_at(value, order.entries[i], 0));
	}
	fly_layout_close(&p->out, '}', order.n == 0);
	p->depth--;
}

/* The members of an object; returns whether there were none at all. */
static bool print_fields(struct printer *p, const struct fly_shape *shape,
			 const ProtobufCMessage *m, bool first)
{
	for (unsigned i = 0; i < shape->desc->n_fields; i++) {
		const struct fly_field *f = &shape->fields[shape->order[i]];

		if (!fly_field_count(f, m))
			continue;
		fly_layout_next(&p->out, first);
		first = false;
		put_field_name(p, f);
		if (f->map)
			print_map(p, f, m);
		else if (f->repeated)
			print_list(p, f, m);
		else
			print_value(p, f, fly_field_at(f, m, 0));
	}
	return first;
}

/* --- well-known types ------------------------------------------------------------------ */

static void print_timestamp(struct printer *p, const ProtobufCMessage *m)
{
	const Google__Protobuf__Timestamp *t = (const void *)m;

	fly_buf_append_char(p->out.b, '"');
	if (fly_rfc3339_valid(t->seconds, t->nanos))
		fly_rfc3339_print(p->out.b, t->seconds, t->nanos);
	else
		fly_json_put_int(p->out.b, t->seconds);
	fly_buf_append_char(p->out.b, '"');
}

static void print_duration(struct printer *p, const ProtobufCMessage *m)
{
	const Google__Protobuf__Duration *d = (const void *)m;

	fly_buf_append_char(p->out.b, '"');
	if (fly_seconds_valid(d->seconds, d->nanos))
		fly_seconds_print(p->out.b, d->seconds, d->nanos);
	else
		fly_json_put_int(p->out.b, d->seconds);
	fly_buf_append_char(p->out.b, '"');
}

/* google.protobuf.Value: whichever of its fields is set, a null being none of the others. */
static void print_any_value(struct printer *p, const struct fly_shape *shape,
			    const ProtobufCMessage *m)
{
	for (unsigned i = 0; i < shape->desc->n_fields; i++) {
		const struct fly_field *f = &shape->fields[i];

		if (f->type != PROTOBUF_C_TYPE_ENUM && fly_field_count(f, m)) {
			print_value(p, f, fly_field_at(f, m, 0));
			return;
		}
	}
	fly_buf_append(p->out.b, "null", 4);
}

static void print_any(struct printer *p, const struct fly_shape *shape, const ProtobufCMessage *m)
{
	const Google__Protobuf__Any *any = (const void *)m;
	const char *url = fly_string_at(&any->type_url);
	const struct fly_shape *inner = fly_shape_of_url(url);
	ProtobufCMessage *content = NULL;
	auto_arena arena = {0};
	bool empty = !*url && !any->value.len;

	fly_layout_open(&p->out, '{');
	if (!empty) {
		fly_layout_next(&p->out, true);
		put_name(p, "@type");
		fly_json_put_string(p->out.b, url, strlen(url));
	}
	if (inner)
		fly_wire_parse_inside(inner, any->value.data, any->value.len, p->depth, &arena,
				      &content, NULL);
	if (content && inner->kind <= FLY_SHAPE_ENTRY) {
		print_fields(p, inner, content, false);
	} else if (content || any->value.len) {
		fly_layout_next(&p->out, empty);
		put_name(p, "value");
		if (content)
			print_message(p, inner, content);
		else
			fly_json_put_base64(p->out.b, any->value.data, any->value.len);
	}
	fly_layout_close(&p->out, '}', empty);
}

/* --- messages --------------------------------------------------------------------------------- */

static void print_object(struct printer *p, const struct fly_shape *shape,
			 const ProtobufCMessage *m)
{
	fly_layout_open(&p->out, '{');
	fly_layout_close(&p->out, '}', print_fields(p, shape, m, true));
}

static void print_message(struct printer *p, const struct fly_shape *shape,
			  const ProtobufCMessage *m)
{
	p->depth++;
	switch (shape->kind) {
	case FLY_SHAPE_PLAIN:
	case FLY_SHAPE_ENTRY:
		print_object(p, shape, m);
		break;
	case FLY_SHAPE_TIMESTAMP:
		print_timestamp(p, m);
		break;
	case FLY_SHAPE_DURATION:
		print_duration(p, m);
		break;
	case FLY_SHAPE_STRUCT:
		print_map(p, &shape->fields[0], m);
		break;
	case FLY_SHAPE_VALUE:
		print_any_value(p, shape, m);
		break;
	case FLY_SHAPE_LIST:
		print_list(p, &shape->fields[0], m);
		break;
	case FLY_SHAPE_WRAPPER:
		print_value(p, &shape->fields[0], fly_field_at(&shape->fields[0], m, 0));
		break;
	case FLY_SHAPE_ANY:
		print_any(p, shape, m);
		break;
	}
	p->depth--;
}

void fly_json_print(const ProtobufCMessage *m, unsigned style, struct fly_buf *b)
{
	const struct fly_shape *shape = fly_shape_of(m->descriptor);
	struct printer p = {
		.out = {.b = b, .pretty = !(style & FLY_JSON_COMPACT)},
		.camel = style & FLY_JSON_CAMEL,
	};

	if (!shape) {
		b->failed = true;
		return;
	}
	fly_buf_room(b, 1000);
	print_message(&p, shape, m);
	if (p.out.pretty)
		fly_buf_append_char(b, '\n');
	fly_buf_end(b);
}

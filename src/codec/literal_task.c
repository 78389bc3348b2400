/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Literals as tasks are given them: inside a command line, and as the input files of raw
 * containers. Knows no files. Source: flyte-engine §2.2, §3.2.
 */
#include "literal.h"

#include "json_text.h"
#include "moment.h"
#include "msgpack.h"

static int cannot(struct fly_why *why, int error, const char *what, const char *where)
{
	return fly_fail(why, error, "%s cannot be put into %s", what, where);
}

/* What a literal is called that cannot be put somewhere. */
static const char *kind_of(const Flyteidl__Core__Literal *lit)
{
	if (!lit || lit->value_case != FLY_LITERAL(SCALAR))
		return !lit || !lit->value_case			  ? "a literal without value"
		       : lit->value_case == FLY_LITERAL(MAP)	  ? "a map"
		       : lit->value_case == FLY_LITERAL(COLLECTION) ? "a collection"
								  : "an offloaded literal";
	switch (lit->scalar->value_case) {
	case FLY_SCALAR(BLOB):
		return "a file or directory";
	case FLY_SCALAR(BINARY):
		return "a binary";
	case FLY_SCALAR(SCHEMA):
		return "a schema";
	case FLY_SCALAR(NONE_TYPE):
		return "none";
	case FLY_SCALAR(ERROR):
		return "an error";
	case FLY_SCALAR(GENERIC):
		return "a struct";
	case FLY_SCALAR(STRUCTURED_DATASET):
		return "a structured dataset";
	case FLY_SCALAR(UNION):
		return "a union";
	default:
		return "a scalar without value";
	}
}

/* --- in a command line -------------------------------------------------------------- */

static void go_packed(struct fly_bytes *in, struct fly_buf *b);

struct member {
	struct fly_msgpack key;
	struct fly_bytes key_bytes, value;
};

static int by_key(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	size_t len;
	int order;

	if (x->key.kind != y->key.kind)
		return x->key.kind < y->key.kind ? -1 : 1;
	if (x->key.kind == FLY_MSGPACK_INT)
		return (x->key.integer > y->key.integer) - (x->key.integer < y->key.integer);
	if (x->key.kind != FLY_MSGPACK_STR)
		return 0;
	len = x->key.bytes.len < y->key.bytes.len ? x->key.bytes.len : y->key.bytes.len;
	order = len ? memcmp(x->key.bytes.data, y->key.bytes.data, len) : 0;
	return order ? order
		     : (x->key.bytes.len > y->key.bytes.len) - (x->key.bytes.len < y->key.bytes.len);
}

/* Go's text of a map sorts its keys. */
static void go_packed_map(struct fly_bytes *in, size_t count, struct fly_buf *b)
{
	auto_free struct member *members = calloc(count + 1, sizeof(*members));
	struct fly_bytes key;

	if (!members) {
		b->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (!fly_msgpack_take(in, &members[i].key_bytes) ||
		    !fly_msgpack_take(in, &members[i].value))
			return;
		key = members[i].key_bytes;
		fly_msgpack_next(&key, &members[i].key);
	}
	qsort(members, count, sizeof(*members), by_key);
	fly_buf_puts(b, "map[");
	for (size_t i = 0; i < count; i++) {
		if (i)
			fly_buf_putc(b, ' ');
		go_packed(&members[i].key_bytes, b);
		fly_buf_putc(b, ':');
		go_packed(&members[i].value, b);
	}
	fly_buf_putc(b, ']');
}

static void go_packed_array(struct fly_bytes *in, size_t count, struct fly_buf *b)
{
	fly_buf_putc(b, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			fly_buf_putc(b, ' ');
		go_packed(in, b);
	}
	fly_buf_putc(b, ']');
}

static void go_bytes(struct fly_bytes bytes, struct fly_buf *b)
{
	fly_buf_putc(b, '[');
	for (size_t i = 0; i < bytes.len; i++)
		fly_buf_printf(b, "%s%u", i ? " " : "", bytes.data[i]);
	fly_buf_putc(b, ']');
}

/* Go's %v of the next value of an input that is valid. */
static void go_packed(struct fly_bytes *in, struct fly_buf *b)
{
	struct fly_msgpack v;

	if (!fly_msgpack_next(in, &v))
		return;
	switch (v.kind) {
	case FLY_MSGPACK_NIL:
		fly_buf_puts(b, "<nil>");
		break;
	case FLY_MSGPACK_BOOL:
		fly_buf_puts(b, v.boolean ? "true" : "false");
		break;
	case FLY_MSGPACK_INT:
		fly_buf_printf(b, "%lld", (long long)v.integer);
		break;
	case FLY_MSGPACK_UINT:
		fly_buf_printf(b, "%llu", (unsigned long long)v.natural);
		break;
	case FLY_MSGPACK_FLOAT:
		fly_go_float(b, v.real);
		break;
	case FLY_MSGPACK_STR:
		fly_buf_add(b, v.bytes.data, v.bytes.len);
		break;
	case FLY_MSGPACK_BIN:
	case FLY_MSGPACK_EXT:
		go_bytes(v.bytes, b);
		break;
	case FLY_MSGPACK_ARRAY:
		go_packed_array(in, v.count, b);
		break;
	case FLY_MSGPACK_MAP:
		go_packed_map(in, v.count, b);
		break;
	}
}

/* Flyte prints this one message as protobuf text. */
static void prototext_duration(const Google__Protobuf__Duration *d, struct fly_buf *b)
{
	if (d->seconds)
		fly_buf_printf(b, "seconds:%lld", (long long)d->seconds);
	if (d->nanos)
		fly_buf_printf(b, "%snanos:%d", d->seconds ? " " : "", d->nanos);
}

static void template_primitive(const Flyteidl__Core__Primitive *p, struct fly_buf *b)
{
	switch (p->value_case) {
	case FLY_PRIMITIVE(INTEGER):
		fly_buf_printf(b, "%lld", (long long)p->integer);
		break;
	case FLY_PRIMITIVE(FLOAT_VALUE):
		fly_go_float(b, p->float_value);
		break;
	case FLY_PRIMITIVE(STRING_VALUE):
		fly_buf_puts(b, p->string_value);
		break;
	case FLY_PRIMITIVE(BOOLEAN):
		fly_buf_puts(b, p->boolean ? "true" : "false");
		break;
	case FLY_PRIMITIVE(DATETIME):
		fly_time_trimmed(b, p->datetime->seconds, p->datetime->nanos);
		break;
	default:
		prototext_duration(p->duration, b);
	}
}

static int template_binary(const Flyteidl__Core__Binary *binary, struct fly_buf *b,
			   struct fly_why *why)
{
	struct fly_bytes in = {binary->value.data, binary->value.len};

	if (strcmp(binary->tag, FLY_MSGPACK_TAG))
		return cannot(why, EINVAL, "a binary that is not msgpack", "a command line");
	if (!fly_msgpack_valid(in))
		return cannot(why, EINVAL, "broken msgpack", "a command line");
	go_packed(&in, b);
	return 0;
}

static int template_collection(const Flyteidl__Core__LiteralCollection *c, struct fly_buf *b,
			       struct fly_why *why)
{
	int ret = 0;

	fly_buf_putc(b, '[');
	for (size_t i = 0; !ret && i < c->n_literals; i++) {
		if (i)
			fly_buf_putc(b, ',');
		ret = fly_literal_template(c->literals[i], b, why);
	}
	fly_buf_putc(b, ']');
	return ret;
}

int fly_literal_template(const Flyteidl__Core__Literal *lit, struct fly_buf *b,
			 struct fly_why *why)
{
	if (lit && lit->value_case == FLY_LITERAL(COLLECTION))
		return template_collection(lit->collection, b, why);
	if (!lit || lit->value_case != FLY_LITERAL(SCALAR))
		return cannot(why, EINVAL, kind_of(lit), "a command line");
	switch (lit->scalar->value_case) {
	case FLY_SCALAR(PRIMITIVE):
		if (!lit->scalar->primitive->value_case)
			return cannot(why, EINVAL, "none", "a command line");
		template_primitive(lit->scalar->primitive, b);
		return 0;
	case FLY_SCALAR(BLOB):
		fly_buf_puts(b, lit->scalar->blob->uri);
		return 0;
	case FLY_SCALAR(SCHEMA):
		fly_buf_puts(b, lit->scalar->schema->uri);
		return 0;
	case FLY_SCALAR(BINARY):
		return template_binary(lit->scalar->binary, b, why);
	default:
		return cannot(why, EINVAL, kind_of(lit), "a command line");
	}
}

/* --- in a file of its own ------------------------------------------------------------------ */

static void file_primitive(const Flyteidl__Core__Primitive *p, struct fly_buf *b)
{
	switch (p->value_case) {
	case FLY_PRIMITIVE(FLOAT_VALUE):
		fly_go_plain_float(b, p->float_value);
		break;
	case FLY_PRIMITIVE(DURATION):
		fly_span_print(b, p->duration->seconds, p->duration->nanos);
		break;
	case FLY_PRIMITIVE(INTEGER):
	case FLY_PRIMITIVE(STRING_VALUE):
	case FLY_PRIMITIVE(BOOLEAN):
	case FLY_PRIMITIVE(DATETIME):
		template_primitive(p, b);
		break;
	default:
		fly_buf_puts(b, "null");
	}
}

int fly_literal_file(const Flyteidl__Core__Literal *lit, struct fly_buf *b, struct fly_why *why)
{
	const Flyteidl__Core__Literal *inside = fly_literal_inside(lit);

	if (!inside || inside->value_case != FLY_LITERAL(SCALAR))
		return cannot(why, EOPNOTSUPP, kind_of(inside), "one file");
	switch (inside->scalar->value_case) {
	case FLY_SCALAR(PRIMITIVE):
		file_primitive(inside->scalar->primitive, b);
		return 0;
	case FLY_SCALAR(NONE_TYPE):
		fly_buf_puts(b, "null");
		return 0;
	case FLY_SCALAR(ERROR):
		fly_buf_puts(b, inside->scalar->error->message);
		return 0;
	case FLY_SCALAR(BINARY):
		fly_buf_add(b, inside->scalar->binary->value.data, inside->scalar->binary->value.len);
		return 0;
	case FLY_SCALAR(GENERIC):
		fly_json_print(&inside->scalar->generic->base, FLY_JSON_COMPACT, b);
		return 0;
	default:
		return cannot(why, EOPNOTSUPP, kind_of(inside), "one file");
	}
}

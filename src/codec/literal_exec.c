/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of flytectl's exec files into literals, as flytectl does it: through Go's text of a
 * value, with all numbers doubles. Source: flyte-api §5.3, flyte-engine §5.4.
 *
 * One difference: a whole number that a double cannot hold is refused, where flytectl sends
 * another number.
 */
#include "json_pack.h"
#include "literal_value.h"

#include <math.h>

/* --- Go's %v of a value ------------------------------------------------------------- */

static void put_go(struct fly_buf *b, const json_t *value);

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_go_object(struct fly_buf *b, const json_t *value)
{
	auto_free const char **names = calloc(json_object_size(value) + 1, sizeof(*names));
	size_t n = 0;

	if (!names) {
		b->failed = true;
		return;
	}
	for (void *i = json_object_iter((json_t *)value); i;
	     i = json_object_iter_next((json_t *)value, i))
		names[n++] = json_object_iter_key(i);
	qsort(names, n, sizeof(*names), by_name);
	fly_buf_puts(b, "map[");
	for (size_t i = 0; i < n; i++) {
		fly_buf_printf(b, "%s%s:", i ? " " : "", names[i]);
		put_go(b, json_object_get(value, names[i]));
	}
	fly_buf_putc(b, ']');
}

static void put_go_array(struct fly_buf *b, const json_t *value)
{
	fly_buf_putc(b, '[');
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (i)
			fly_buf_putc(b, ' ');
		put_go(b, json_array_get(value, i));
	}
	fly_buf_putc(b, ']');
}

static void put_go(struct fly_buf *b, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		put_go_object(b, value);
		break;
	case JSON_ARRAY:
		put_go_array(b, value);
		break;
	case JSON_STRING:
		fly_buf_add(b, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
	case JSON_REAL:
		fly_go_float(b, json_number_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		fly_buf_puts(b, json_is_true(value) ? "true" : "false");
		break;
	case JSON_NULL:
		fly_buf_puts(b, "<nil>");
		break;
	}
}

/* --- simple types -------------------------------------------------------------------- */

/* Whole numbers without exponent, nothing for null. */
static int simple_text(const struct fly_values *v, const struct fly_doc_where *where,
		       const json_t *value, struct fly_buf *b)
{
	double real = json_number_value(value);
	int64_t whole;

	if (json_is_integer(value)) {
		whole = json_integer_value(value);
		/* Compared as doubles INT64_MAX would be 2^63 and equal. */
		if (real >= 0x1p63 || (int64_t)real != whole)
			return FLY_VALUE_BAD(v, where, "the number is not exact as a double, "
						       "which exec files send");
		fly_buf_printf(b, "%lld", (long long)whole);
	} else if (json_is_real(value) && trunc(real) == real) {
		fly_buf_printf(b, "%.0f", real);
	} else if (!json_is_null(value)) {
		put_go(b, value);
	}
	return 0;
}

static int from_struct(const struct fly_values *v, const struct fly_doc_where *where,
		       const json_t *value, Flyteidl__Core__Literal **out)
{
	auto_buf b = {0};
	int ret = fly_json_pack(v->doc, where, value, true, &b, v->why);

	if (ret)
		return ret;
	if (b.failed)
		return fly_value_no_memory(v);
	return fly_value_made(v, fly_literal_binary(v->arena, b.data, b.len, FLY_MSGPACK_TAG), out);
}

/* Text that holds JSON becomes a Struct. */
static int from_struct_text(const struct fly_values *v, const struct fly_doc_where *where,
			    const char *text, size_t len, Flyteidl__Core__Literal **out)
{
	Flyteidl__Core__Literal *lit = fly_literal_scalar(v->arena, FLY_SCALAR(GENERIC));
	ProtobufCMessage *m = NULL;
	struct fly_why why = {0};
	int ret;

	if (!lit)
		return fly_value_no_memory(v);
	ret = fly_json_parse(&google__protobuf__struct__descriptor, text, len, v->arena, &m, &why);
	if (ret == -ENOMEM)
		return fly_value_no_memory(v);
	if (ret)
		return FLY_VALUE_BAD(v, where, "expected a JSON object; in this string: %s",
				     why.text);
	lit->scalar->generic = (Google__Protobuf__Struct *)m;
	*out = lit;
	return 0;
}

static int from_simple(const struct fly_values *v, const struct fly_doc_where *where,
		       const json_t *value, Flyteidl__Core__SimpleType simple,
		       Flyteidl__Core__Literal **out)
{
	auto_buf b = {0};
	const char *text;
	size_t len;
	int ret;

	if (simple == FLY_SIMPLE(STRUCT) && !json_is_string(value))
		return from_struct(v, where, value, out);
	ret = simple_text(v, where, value, &b);
	fly_buf_puts(&b, "");
	if (ret || b.failed)
		return ret ? ret : fly_value_no_memory(v);
	text = b.data;
	len = b.len;
	fly_trim(&text, &len);
	switch (simple) {
	case FLY_SIMPLE(NONE):
		return fly_value_made(v, fly_literal_none(v->arena), out);
	case FLY_SIMPLE(STRING):
		return fly_value_made(v, fly_literal_string(v->arena, text, len), out);
	case FLY_SIMPLE(BINARY):
		return fly_value_made(v, fly_literal_binary(v->arena, text, len, FLY_MSGPACK_TAG),
				      out);
	case FLY_SIMPLE(ERROR):
		return fly_value_made(v, fly_literal_error(v->arena, text, len), out);
	case FLY_SIMPLE(STRUCT):
		return from_struct_text(v, where, text, len, out);
	default:
		ret = fly_simple_parse(simple, text, len, false, v->arena, out);
	}
	if (ret == -ENOMEM)
		return fly_value_no_memory(v);
	return ret ? FLY_VALUE_BAD(v, where, "\"%.*s\" is not %s%s", (int)len, text,
				   fly_simple_wants(simple),
				   ret == -ERANGE ? ", or too large a one" : "")
		   : 0;
}

/* --- other types ------------------------------------------------------------------------- */

static int from_enum(const struct fly_values *v, const struct fly_doc_where *where,
		     const json_t *value, const Flyteidl__Core__EnumType *e,
		     Flyteidl__Core__Literal **out)
{
	const char *text = json_string_value(value);
	auto_buf names = {0};

	/* Nothing stands for the first value. */
	if (json_is_null(value) && e->n_values)
		text = e->values[0];
	if (text && fly_enum_has(e, text, strlen(text)))
		return fly_value_made(v, fly_literal_string(v->arena, text, strlen(text)), out);
	fly_enum_list(e, &names);
	return FLY_VALUE_BAD(v, where, "%s%s%s is not one of: %s", text ? "\"" : "",
			     text ? text : fly_doc_kind(value), text ? "\"" : "",
			     names.data ? names.data : "");
}

static int from_stored(const struct fly_values *v, const struct fly_doc_where *where,
		       const json_t *value, const Flyteidl__Core__LiteralType *type,
		       Flyteidl__Core__Literal **out)
{
	auto_buf b = {0};

	put_go(&b, value);
	if (b.failed)
		return fly_value_no_memory(v);
	return fly_value_made(v, fly_literal_stored(v->arena, type, b.data, b.len), out);
}

/* The first variant that converts, even if an earlier one's failure made it none. */
static int from_union(const struct fly_values *v, const struct fly_doc_where *where,
		      const json_t *value, const Flyteidl__Core__LiteralType *type,
		      Flyteidl__Core__Literal **out)
{
	int ret = fly_value_variant(v, where, value, type->union_type, false, out);

	return ret == -EINVAL ? fly_value_fits_none(v, where, value, type) : ret;
}

static const struct fly_value_rules rules = {
	.simple = from_simple,
	.choice = from_enum,
	.stored = from_stored,
	.either = from_union,
	.list = "a list",
	.map = "a map",
};

int fly_literal_from_exec_value(struct fly_doc *doc, const struct json_t *value, const char *path,
				const Flyteidl__Core__LiteralType *type, struct fly_arena *arena,
				Flyteidl__Core__Literal **out, struct fly_why *why)
{
	const struct fly_values v = {.rules = &rules, .doc = doc, .arena = arena, .why = why};

	return fly_value_read(&v, value, path, type, out);
}

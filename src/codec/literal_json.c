/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain JSON values, as people write them in a shorthand, into literals of a declared type.
 * Stricter than flytectl where that would guess (text for numbers), kinder where nothing is lost
 * (3 for a float). Source: flyte-engine §5.4.
 */
#include "json_pack.h"
#include "json_text.h"
#include "literal_value.h"

/* --- simple types --------------------------------------------------------------------- */

static int from_integer(const struct fly_values *v, const struct fly_doc_where *where,
			const json_t *value, Flyteidl__Core__Literal **out)
{
	Flyteidl__Core__Literal *lit = fly_literal_primitive(v->arena, FLY_PRIMITIVE(INTEGER));
	int ret;

	if (!lit)
		return fly_value_no_memory(v);
	if (v->exact && !json_is_integer(value))
		return -EINVAL;
	ret = fly_doc_int64(v->doc, value, &lit->scalar->primitive->integer);
	if (ret == -EDOM)
		return FLY_VALUE_BAD(v, where, "expected a whole number, got one with a fraction");
	if (ret == -ERANGE)
		return FLY_VALUE_BAD(v, where, "the number does not fit in 64 bits");
	if (ret)
		return fly_value_wants(v, where, "a whole number", value);
	*out = lit;
	return 0;
}

static int from_float(const struct fly_values *v, const struct fly_doc_where *where,
		      const json_t *value, Flyteidl__Core__Literal **out)
{
	Flyteidl__Core__Literal *lit;
	int ret;

	if (json_is_string(value) && !v->exact) {
		ret = fly_simple_parse(FLY_SIMPLE(FLOAT), json_string_value(value),
				       json_string_length(value), false, v->arena, out);
		if (ret == -ENOMEM)
			return fly_value_no_memory(v);
		if (ret == -ERANGE)
			return FLY_VALUE_BAD(v, where, "the number does not fit a float");
		return ret ? fly_value_wants(v, where, "a number", value) : 0;
	}
	if (!(v->exact ? json_is_real(value) : json_is_number(value)))
		return fly_value_wants(v, where, "a number", value);
	lit = fly_literal_primitive(v->arena, FLY_PRIMITIVE(FLOAT_VALUE));
	if (!lit)
		return fly_value_no_memory(v);
	lit->scalar->primitive->float_value = json_number_value(value);
	*out = lit;
	return 0;
}

static int from_boolean(const struct fly_values *v, const struct fly_doc_where *where,
			const json_t *value, Flyteidl__Core__Literal **out)
{
	const char *text = v->exact ? NULL : json_string_value(value);
	Flyteidl__Core__Literal *lit = fly_literal_primitive(v->arena, FLY_PRIMITIVE(BOOLEAN));

	if (!lit)
		return fly_value_no_memory(v);
	if (json_is_true(value) || (text && !strcmp(text, "true")))
		lit->scalar->primitive->boolean = true;
	else if (!json_is_false(value) && !(text && !strcmp(text, "false")))
		return fly_value_wants(v, where, "true or false", value);
	*out = lit;
	return 0;
}

/* Times have no kind of their own in JSON: a string in their form is exact. */
static int from_time(const struct fly_values *v, const struct fly_doc_where *where,
		     const json_t *value, Flyteidl__Core__SimpleType simple,
		     Flyteidl__Core__Literal **out)
{
	int ret;

	if (!json_is_string(value))
		return fly_value_wants(v, where, fly_simple_wants(simple), value);
	ret = fly_simple_parse(simple, json_string_value(value), json_string_length(value), true,
			       v->arena, out);
	if (ret == -ENOMEM)
		return fly_value_no_memory(v);
	return ret ? FLY_VALUE_BAD(v, where, "\"%s\" is not %s", json_string_value(value),
				   fly_simple_wants(simple))
		   : 0;
}

static int from_base64(const struct fly_values *v, const struct fly_doc_where *where,
		       const json_t *value, Flyteidl__Core__Literal **out)
{
	const char *text = json_string_value(value);
	auto_free uint8_t *bytes = NULL;
	size_t len;

	if (!text || !fly_base64_size(text, json_string_length(value), &len))
		return fly_value_wants(v, where, fly_simple_wants(FLY_SIMPLE(BINARY)), value);
	bytes = malloc(len + 1);
	if (!bytes)
		return fly_value_no_memory(v);
	fly_base64_decode(text, json_string_length(value), bytes);
	return fly_value_made(v, fly_literal_binary(v->arena, bytes, len, ""), out);
}

static int from_error(const struct fly_values *v, const struct fly_doc_where *where,
		      const json_t *value, Flyteidl__Core__Literal **out)
{
	if (!json_is_string(value))
		return fly_value_wants(v, where, fly_simple_wants(FLY_SIMPLE(ERROR)), value);
	return fly_value_made(
		v, fly_literal_error(v->arena, json_string_value(value), json_string_length(value)),
		out);
}

/* --- STRUCT -------------------------------------------------------------------------- */

static int from_struct(const struct fly_values *v, const struct fly_doc_where *where,
		       const json_t *value, Flyteidl__Core__Literal **out);

/* A string that holds a JSON object, which flytectl takes for the object. */
static int from_struct_text(const struct fly_values *v, const struct fly_doc_where *where,
			    const json_t *value, Flyteidl__Core__Literal **out)
{
	const struct fly_doc_where top = {.name = ""};
	struct fly_values inner = {.rules = v->rules, .arena = v->arena};
	struct fly_why why = {0};
	int ret;

	inner.why = &why;
	ret = fly_doc_parse(json_string_value(value), json_string_length(value), &inner.doc, &why);
	if (!ret && !json_is_object(fly_doc_root(inner.doc)))
		ret = fly_value_wants(&inner, &top, "an object", fly_doc_root(inner.doc));
	if (!ret)
		ret = from_struct(&inner, &top, fly_doc_root(inner.doc), out);
	fly_doc_free(inner.doc);
	if (ret == -ENOMEM)
		return fly_value_no_memory(v);
	return ret ? FLY_VALUE_BAD(v, where, "expected a JSON object; in this string: %s", why.text)
		   : 0;
}

static int from_struct(const struct fly_values *v, const struct fly_doc_where *where,
		       const json_t *value, Flyteidl__Core__Literal **out)
{
	bool container = json_is_object(value) || json_is_array(value);
	auto_buf b = {0};
	int ret;

	if (json_is_string(value) && !v->exact)
		return from_struct_text(v, where, value, out);
	if (!container && (v->exact || json_is_string(value) || json_is_null(value)))
		return fly_value_wants(v, where, fly_simple_wants(FLY_SIMPLE(STRUCT)), value);
	ret = fly_json_pack(v->doc, where, value, false, &b, v->why);
	if (ret)
		return ret;
	if (b.failed)
		return fly_value_no_memory(v);
	return fly_value_made(v, fly_literal_binary(v->arena, b.data, b.len, FLY_MSGPACK_TAG), out);
}

static int from_simple(const struct fly_values *v, const struct fly_doc_where *where,
		       const json_t *value, Flyteidl__Core__SimpleType simple,
		       Flyteidl__Core__Literal **out)
{
	switch (simple) {
	case FLY_SIMPLE(NONE):
		if (!json_is_null(value))
			return fly_value_wants(v, where, fly_simple_wants(simple), value);
		return fly_value_made(v, fly_literal_none(v->arena), out);
	case FLY_SIMPLE(INTEGER):
		return from_integer(v, where, value, out);
	case FLY_SIMPLE(FLOAT):
		return from_float(v, where, value, out);
	case FLY_SIMPLE(STRING):
		if (!json_is_string(value))
			return fly_value_wants(v, where, "a string (put quotes around it)", value);
		return fly_value_made(v,
				      fly_literal_string(v->arena, json_string_value(value),
							 json_string_length(value)),
				      out);
	case FLY_SIMPLE(BOOLEAN):
		return from_boolean(v, where, value, out);
	case FLY_SIMPLE(DATETIME):
	case FLY_SIMPLE(DURATION):
		return from_time(v, where, value, simple, out);
	case FLY_SIMPLE(BINARY):
		return from_base64(v, where, value, out);
	case FLY_SIMPLE(ERROR):
		return from_error(v, where, value, out);
	case FLY_SIMPLE(STRUCT):
		return from_struct(v, where, value, out);
	default:
		return FLY_VALUE_BAD(v, where, "the declared type %d is unknown", (int)simple);
	}
}

/* --- enums, blobs and the like ------------------------------------------------------------ */

static int from_enum(const struct fly_values *v, const struct fly_doc_where *where,
		     const json_t *value, const Flyteidl__Core__EnumType *e,
		     Flyteidl__Core__Literal **out)
{
	auto_buf names = {0};

	if (!json_is_string(value))
		return fly_value_wants(v, where, "one of an enum's values", value);
	if (fly_enum_has(e, json_string_value(value), json_string_length(value)))
		return fly_value_made(v,
				      fly_literal_string(v->arena, json_string_value(value),
							 json_string_length(value)),
				      out);
	fly_enum_list(e, &names);
	return FLY_VALUE_BAD(v, where, "\"%s\" is not one of: %s", json_string_value(value),
			     names.data ? names.data : "");
}

static int from_stored(const struct fly_values *v, const struct fly_doc_where *where,
		       const json_t *value, const Flyteidl__Core__LiteralType *type,
		       Flyteidl__Core__Literal **out)
{
	if (!json_is_string(value))
		return fly_value_wants(v, where, FLY_STORED_WANTS, value);
	if (!fly_is_place(json_string_value(value), json_string_length(value)))
		return FLY_VALUE_BAD(v, where, "\"%s\" is not " FLY_STORED_WANTS,
				     json_string_value(value));
	return fly_value_made(v,
			      fly_literal_stored(v->arena, type, json_string_value(value),
						 json_string_length(value)),
			      out);
}

static int from_union(const struct fly_values *v, const struct fly_doc_where *where,
		      const json_t *value, const Flyteidl__Core__LiteralType *type,
		      Flyteidl__Core__Literal **out)
{
	const Flyteidl__Core__LiteralType *only = fly_union_only(type->union_type);
	Flyteidl__Core__Literal *inner;
	int ret = fly_value_variant(v, where, value, type->union_type, true, out);

	if (ret == -EINVAL && !v->exact)
		ret = fly_value_variant(v, where, value, type->union_type, false, out);
	if (ret != -EINVAL || !v->why)
		return ret;
	/* Of an optional value the value's own complaint is the one that helps. */
	if (only && fly_value_convert(v, where, value, only, &inner) < 0)
		return -EINVAL;
	return fly_value_fits_none(v, where, value, type);
}

static const struct fly_value_rules rules = {
	.simple = from_simple,
	.choice = from_enum,
	.stored = from_stored,
	.either = from_union,
	.list = "an array",
	.map = "an object",
};

int fly_literal_from_json(struct fly_doc *doc, const struct json_t *value, const char *path,
			  const Flyteidl__Core__LiteralType *type, struct fly_arena *arena,
			  Flyteidl__Core__Literal **out, struct fly_why *why)
{
	const struct fly_values v = {.rules = &rules, .doc = doc, .arena = arena, .why = why};

	return fly_value_read(&v, value, path, type, out);
}

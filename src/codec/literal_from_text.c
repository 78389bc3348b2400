/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text into literals of a declared type: what people write to inputs/VAR, and what raw containers
 * leave in their output files. Knows no files. Source: DESIGN §4, flyte-engine §3.3.
 */
#include "literal.h"

#include <jansson.h>

#include "json_text.h"

struct text {
	const char *at;
	size_t len;
	struct fly_arena *arena;
	struct fly_why *why;	/* NULL while variants of a union are tried */
};

/* `"the beginning of the text…" is not …` */
static int is_not(const struct text *t, const char *wanted)
{
	size_t shown = fly_utf8_cut(t->at, t->len, 60);

	return fly_refuse(t->why, FLY_INVALID_ARGUMENT, "\"%.*s%s\" is not %s", (int)shown,
			  t->len ? t->at : "", shown < t->len ? "…" : "", wanted);
}

static struct text trimmed(const struct text *t)
{
	struct text inner = *t;

	fly_trim(&inner.at, &inner.len);
	return inner;
}

static bool is_text(const struct text *t)
{
	return fly_utf8_valid(t->at, t->len) && (!t->len || !memchr(t->at, '\0', t->len));
}

/* --- simple types ------------------------------------------------------------------ */

static int from_number(const struct text *t, Flyteidl__Core__SimpleType simple, bool loose,
		       Flyteidl__Core__Literal **out)
{
	struct text inner = trimmed(t);
	int ret = fly_simple_parse(simple, inner.at, inner.len, loose, t->arena, out);

	if (ret == -ENOMEM)
		return fly_literal_made(NULL, t->why, out);
	if (ret == -ERANGE)
		return is_not(&inner, simple == FLY_SIMPLE(INTEGER)
					      ? "a whole number that fits in 64 bits"
					      : simple == FLY_SIMPLE(FLOAT)
					      ? "a number that fits a float"
					      : "a time in the years 1 to 9999");
	return ret ? is_not(&inner, fly_simple_wants(simple)) : 0;
}

static int from_base64(const struct text *t, Flyteidl__Core__Literal **out)
{
	struct text inner = trimmed(t);
	auto_free uint8_t *bytes = NULL;
	size_t len;

	if (!fly_base64_size(inner.at, inner.len, &len))
		return is_not(&inner, fly_simple_wants(FLY_SIMPLE(BINARY)));
	bytes = malloc(len + 1);
	if (!bytes)
		return fly_literal_made(NULL, t->why, out);
	fly_base64_decode(inner.at, inner.len, bytes);
	return fly_literal_made(fly_literal_binary(t->arena, bytes, len, ""), t->why, out);
}

/* JSON: places in its sentences are those of the text. */
static int from_document(const struct text *t, const Flyteidl__Core__LiteralType *type,
			 Flyteidl__Core__Literal **out)
{
	struct fly_doc *doc = NULL;
	int ret = fly_doc_parse(t->at, t->len, &doc, t->why);

	if (!ret)
		ret = fly_literal_from_json(doc, fly_doc_root(doc), "", type, t->arena, out, t->why);
	fly_doc_free(doc);
	return ret;
}

/* A number, true or false alone is no document, but a value that a STRUCT may have. */
static int from_struct(const struct text *t, const Flyteidl__Core__LiteralType *type,
		       Flyteidl__Core__Literal **out)
{
	struct text inner = trimmed(t);
	struct fly_doc *doc = NULL;
	const json_t *value = NULL;
	auto_buf b = {0};
	int ret = 0;

	if (!inner.len || !strchr("-0123456789tf", *inner.at))
		return from_document(t, type, out);
	fly_buf_putc(&b, '[');
	fly_buf_add(&b, inner.at, inner.len);
	fly_buf_putc(&b, ']');
	if (b.failed)
		return fly_literal_made(NULL, t->why, out);
	ret = fly_doc_parse(b.data, b.len, &doc, NULL);
	if (!ret && json_array_size(fly_doc_root(doc)) == 1)
		value = json_array_get(fly_doc_root(doc), 0);
	if (value)
		ret = fly_literal_from_json(doc, value, "", type, t->arena, out, NULL);
	fly_doc_free(doc);
	if (ret == -ENOMEM)
		return fly_literal_made(NULL, t->why, out);
	return ret || !value ? is_not(&inner, "JSON") : 0;
}

static int from_simple(const struct text *t, const Flyteidl__Core__LiteralType *type,
		       Flyteidl__Core__Literal **out)
{
	struct text inner = trimmed(t);

	switch (type->simple) {
	case FLY_SIMPLE(STRING):
		return fly_literal_made(fly_literal_string(t->arena, t->at, t->len), t->why, out);
	case FLY_SIMPLE(ERROR):
		return fly_literal_made(fly_literal_error(t->arena, t->at, t->len), t->why, out);
	case FLY_SIMPLE(NONE):
		if (inner.len && (inner.len != 4 || memcmp(inner.at, "null", 4)))
			return is_not(&inner, "empty or null");
		return fly_literal_made(fly_literal_none(t->arena), t->why, out);
	case FLY_SIMPLE(BINARY):
		return from_base64(t, out);
	case FLY_SIMPLE(STRUCT):
		return from_struct(t, type, out);
	case FLY_SIMPLE(INTEGER):
	case FLY_SIMPLE(FLOAT):
	case FLY_SIMPLE(BOOLEAN):
	case FLY_SIMPLE(DATETIME):
	case FLY_SIMPLE(DURATION):
		return from_number(t, type->simple, true, out);
	default:
		return fly_refuse(t->why, FLY_INVALID_ARGUMENT, "the declared type %d is unknown",
				  (int)type->simple);
	}
}

/* --- other types ---------------------------------------------------------------------- */

static int convert(const struct text *t, const Flyteidl__Core__LiteralType *type,
		   Flyteidl__Core__Literal **out);

static int from_enum(const struct text *t, const Flyteidl__Core__EnumType *e,
		     Flyteidl__Core__Literal **out)
{
	auto_buf wanted = {0};

	if (fly_enum_has(e, t->at, t->len))
		return fly_literal_made(fly_literal_string(t->arena, t->at, t->len), t->why, out);
	fly_buf_puts(&wanted, "one of: ");
	fly_enum_list(e, &wanted);
	return is_not(t, wanted.data ? wanted.data : "");
}

static int from_stored(const struct text *t, const Flyteidl__Core__LiteralType *type,
		       Flyteidl__Core__Literal **out)
{
	if (!fly_is_place(t->at, t->len))
		return is_not(t, FLY_STORED_WANTS " (a file is named here, its bytes stay where "
						  "they are)");
	return fly_literal_made(fly_literal_stored(t->arena, type, t->at, t->len), t->why, out);
}

static int from_union(const struct text *t, const Flyteidl__Core__LiteralType *type,
		      Flyteidl__Core__Literal **out)
{
	const Flyteidl__Core__UnionType *u = type->union_type;
	const Flyteidl__Core__LiteralType *only = fly_union_only(u);
	struct text trial = *t;
	Flyteidl__Core__Literal *inner;
	auto_buf words = {0};

	trial.why = NULL;
	for (size_t i = 0; i < u->n_variants; i++) {
		int ret = convert(&trial, u->variants[i], &inner);

		if (ret == -ENOMEM)
			return fly_literal_made(NULL, t->why, out);
		if (!ret)
			return fly_literal_made(fly_literal_union(t->arena, u->variants[i], inner),
						t->why, out);
	}
	if (!t->why)
		return -EINVAL;
	/* Of an optional value the value's own complaint is the one that helps. */
	if (only && convert(t, only, &inner) < 0)
		return -EINVAL;
	fly_buf_puts(&words, "any of: ");
	fly_type_print(type, &words);
	return is_not(t, words.data ? words.data : "");
}

static int convert(const struct text *t, const Flyteidl__Core__LiteralType *type,
		   Flyteidl__Core__Literal **out)
{
	switch (type ? type->type_case : FLY_TYPE(_NOT_SET)) {
	case FLY_TYPE(SIMPLE):
		return from_simple(t, type, out);
	case FLY_TYPE(ENUM_TYPE):
		return from_enum(t, type->enum_type, out);
	case FLY_TYPE(BLOB):
	case FLY_TYPE(SCHEMA):
	case FLY_TYPE(STRUCTURED_DATASET_TYPE):
		return from_stored(t, type, out);
	case FLY_TYPE(COLLECTION_TYPE):
	case FLY_TYPE(MAP_VALUE_TYPE):
		return from_document(t, type, out);
	case FLY_TYPE(UNION_TYPE):
		return from_union(t, type, out);
	default:
		return fly_refuse(t->why, FLY_INVALID_ARGUMENT,
				  "the declared type does not say what it is");
	}
}

int fly_literal_from_text(const Flyteidl__Core__LiteralType *type, const char *text, size_t len,
			  struct fly_arena *arena, Flyteidl__Core__Literal **out,
			  struct fly_why *why)
{
	struct text t = {text, len, arena, why};
	Flyteidl__Core__Literal *lit;
	int ret;

	if (len && text[len - 1] == '\n')
		t.len--;
	if (!is_text(&t))
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "the text is not UTF-8 or holds a NUL");
	ret = convert(&t, type, &lit);
	if (!ret)
		*out = lit;
	return ret;
}

/* --- output files of raw containers ------------------------------------------------------ */

static int from_struct_file(const struct text *t, Flyteidl__Core__Literal **out)
{
	Flyteidl__Core__Literal *lit = fly_literal_scalar(t->arena, FLY_SCALAR(GENERIC));
	ProtobufCMessage *m = NULL;
	int ret;

	if (!lit)
		return fly_literal_made(NULL, t->why, out);
	ret = fly_json_parse(&google__protobuf__struct__descriptor, t->at, t->len, t->arena, &m,
			     t->why);
	if (ret)
		return ret;
	lit->scalar->generic = (Google__Protobuf__Struct *)m;
	*out = lit;
	return 0;
}

int fly_literal_from_file(const Flyteidl__Core__LiteralType *type, const char *text, size_t len,
			  struct fly_arena *arena, Flyteidl__Core__Literal **out,
			  struct fly_why *why)
{
	struct text t = {text, len, arena, why};
	auto_buf words = {0};

	if (type->type_case != FLY_TYPE(SIMPLE)) {
		fly_type_print(type, &words);
		return fly_fail(why, EOPNOTSUPP, "an output file cannot be read as %s",
				words.data ? words.data : "");
	}
	fly_trim(&t.at, &t.len);
	if (type->simple == FLY_SIMPLE(BINARY))
		return fly_literal_made(fly_literal_binary(arena, t.at, t.len, FLY_MSGPACK_TAG),
					why, out);
	if (!is_text(&t))
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "the text is not UTF-8 or holds a NUL");
	switch (type->simple) {
	case FLY_SIMPLE(NONE):
		return fly_literal_made(fly_literal_none(arena), why, out);
	case FLY_SIMPLE(STRUCT):
		return from_struct_file(&t, out);
	case FLY_SIMPLE(STRING):
	case FLY_SIMPLE(ERROR):
		return from_simple(&t, type, out);
	default:
		return from_number(&t, type->simple, false, out);
	}
}

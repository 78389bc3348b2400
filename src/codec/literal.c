/* SPDX-License-Identifier: Apache-2.0 */
/* Literals made in memory, and what declared types ask of them. Knows no JSON. */
#include "literal.h"

int fly_literal_made(Flyteidl__Core__Literal *lit, struct fly_why *why,
		     Flyteidl__Core__Literal **out)
{
	if (!lit)
		return fly_no_memory(why);
	*out = lit;
	return 0;
}

Flyteidl__Core__Literal *fly_literal_scalar(struct fly_arena *arena,
					    Flyteidl__Core__Scalar__ValueCase value_case)
{
	Flyteidl__Core__Literal *lit =
		fly_message_new(arena, &flyteidl__core__literal__descriptor);
	Flyteidl__Core__Scalar *scalar =
		fly_message_new(arena, &flyteidl__core__scalar__descriptor);

	if (!lit || !scalar)
		return NULL;
	lit->value_case = FLY_LITERAL(SCALAR);
	lit->scalar = scalar;
	scalar->value_case = value_case;
	return lit;
}

Flyteidl__Core__Literal *fly_literal_primitive(struct fly_arena *arena,
					       Flyteidl__Core__Primitive__ValueCase value_case)
{
	Flyteidl__Core__Literal *lit = fly_literal_scalar(arena, FLY_SCALAR(PRIMITIVE));
	Flyteidl__Core__Primitive *primitive =
		fly_message_new(arena, &flyteidl__core__primitive__descriptor);

	if (!lit || !primitive)
		return NULL;
	lit->scalar->primitive = primitive;
	primitive->value_case = value_case;
	return lit;
}

Flyteidl__Core__Literal *fly_literal_string(struct fly_arena *arena, const char *text, size_t len)
{
	Flyteidl__Core__Literal *lit = fly_literal_primitive(arena, FLY_PRIMITIVE(STRING_VALUE));
	char *copy = fly_arena_strndup(arena, text, len);

	if (!lit || !copy)
		return NULL;
	lit->scalar->primitive->string_value = copy;
	return lit;
}

Flyteidl__Core__Literal *fly_literal_binary(struct fly_arena *arena, const void *data, size_t len,
					    const char *tag)
{
	Flyteidl__Core__Literal *lit = fly_literal_scalar(arena, FLY_SCALAR(BINARY));
	Flyteidl__Core__Binary *binary =
		fly_message_new(arena, &flyteidl__core__binary__descriptor);

	if (!lit || !binary)
		return NULL;
	binary->value.data = fly_arena_memdup(arena, data, len);
	binary->value.len = len;
	binary->tag = fly_arena_strdup(arena, tag);
	if (!binary->value.data || !binary->tag)
		return NULL;
	lit->scalar->binary = binary;
	return lit;
}

Flyteidl__Core__Literal *fly_literal_none(struct fly_arena *arena)
{
	Flyteidl__Core__Literal *lit = fly_literal_scalar(arena, FLY_SCALAR(NONE_TYPE));
	Flyteidl__Core__Void *nothing = fly_message_new(arena, &flyteidl__core__void__descriptor);

	if (!lit || !nothing)
		return NULL;
	lit->scalar->none_type = nothing;
	return lit;
}

Flyteidl__Core__Literal *fly_literal_error(struct fly_arena *arena, const char *text, size_t len)
{
	Flyteidl__Core__Literal *lit = fly_literal_scalar(arena, FLY_SCALAR(ERROR));
	Flyteidl__Core__Error *error = fly_message_new(arena, &flyteidl__core__error__descriptor);
	char *copy = fly_arena_strndup(arena, text, len);

	if (!lit || !error || !copy)
		return NULL;
	error->message = copy;
	lit->scalar->error = error;
	return lit;
}

static bool fill_blob(struct fly_arena *arena, const Flyteidl__Core__LiteralType *type, char *uri,
		      Flyteidl__Core__Scalar *scalar)
{
	Flyteidl__Core__Blob *blob = fly_message_new(arena, &flyteidl__core__blob__descriptor);

	if (!blob)
		return false;
	blob->metadata = fly_message_new(arena, &flyteidl__core__blob_metadata__descriptor);
	if (!blob->metadata)
		return false;
	blob->metadata->type = type->blob;
	blob->uri = uri;
	scalar->blob = blob;
	return true;
}

static bool fill_schema(struct fly_arena *arena, const Flyteidl__Core__LiteralType *type,
			char *uri, Flyteidl__Core__Scalar *scalar)
{
	Flyteidl__Core__Schema *schema =
		fly_message_new(arena, &flyteidl__core__schema__descriptor);

	if (!schema)
		return false;
	schema->type = type->schema;
	schema->uri = uri;
	scalar->schema = schema;
	return true;
}

static bool fill_dataset(struct fly_arena *arena, const Flyteidl__Core__LiteralType *type,
			 char *uri, Flyteidl__Core__Scalar *scalar)
{
	Flyteidl__Core__StructuredDataset *dataset =
		fly_message_new(arena, &flyteidl__core__structured_dataset__descriptor);

	if (!dataset)
		return false;
	dataset->metadata = fly_message_new(
		arena, &flyteidl__core__structured_dataset_metadata__descriptor);
	if (!dataset->metadata)
		return false;
	dataset->metadata->structured_dataset_type = type->structured_dataset_type;
	dataset->uri = uri;
	scalar->structured_dataset = dataset;
	return true;
}

Flyteidl__Core__Literal *fly_literal_stored(struct fly_arena *arena,
					    const Flyteidl__Core__LiteralType *type,
					    const char *uri, size_t len)
{
	Flyteidl__Core__Scalar__ValueCase value_case =
		type->type_case == FLY_TYPE(BLOB)     ? FLY_SCALAR(BLOB)
		: type->type_case == FLY_TYPE(SCHEMA) ? FLY_SCALAR(SCHEMA)
						      : FLY_SCALAR(STRUCTURED_DATASET);
	Flyteidl__Core__Literal *lit = fly_literal_scalar(arena, value_case);
	char *copy = fly_arena_strndup(arena, uri, len);
	bool filled;

	if (!lit || !copy)
		return NULL;
	if (value_case == FLY_SCALAR(BLOB))
		filled = fill_blob(arena, type, copy, lit->scalar);
	else if (value_case == FLY_SCALAR(SCHEMA))
		filled = fill_schema(arena, type, copy, lit->scalar);
	else
		filled = fill_dataset(arena, type, copy, lit->scalar);
	return filled ? lit : NULL;
}

Flyteidl__Core__Literal *fly_literal_union(struct fly_arena *arena,
					   const Flyteidl__Core__LiteralType *variant,
					   Flyteidl__Core__Literal *value)
{
	Flyteidl__Core__Literal *lit = fly_literal_scalar(arena, FLY_SCALAR(UNION));
	Flyteidl__Core__Union *u = fly_message_new(arena, &flyteidl__core__union__descriptor);

	if (!lit || !u)
		return NULL;
	u->type = (Flyteidl__Core__LiteralType *)variant;
	u->value = value;
	lit->scalar->union_ = u;
	return lit;
}

Flyteidl__Core__Literal *fly_literal_collection(struct fly_arena *arena, size_t n)
{
	Flyteidl__Core__Literal *lit =
		fly_message_new(arena, &flyteidl__core__literal__descriptor);
	Flyteidl__Core__LiteralCollection *c =
		fly_message_new(arena, &flyteidl__core__literal_collection__descriptor);

	if (!lit || !c)
		return NULL;
	lit->value_case = FLY_LITERAL(COLLECTION);
	lit->collection = c;
	if (!n)
		return lit;
	c->n_literals = n;
	c->literals = fly_arena_zalloc(arena, n, sizeof(*c->literals));
	return c->literals ? lit : NULL;
}

Flyteidl__Core__Literal *fly_literal_map(struct fly_arena *arena, size_t n)
{
	Flyteidl__Core__Literal *lit =
		fly_message_new(arena, &flyteidl__core__literal__descriptor);
	Flyteidl__Core__LiteralMap *map =
		fly_message_new(arena, &flyteidl__core__literal_map__descriptor);

	if (!lit || !map)
		return NULL;
	lit->value_case = FLY_LITERAL(MAP);
	lit->map = map;
	if (!n)
		return lit;
	map->n_literals = n;
	map->literals = fly_arena_zalloc(arena, n, sizeof(*map->literals));
	for (size_t i = 0; map->literals && i < n; i++) {
		map->literals[i] = fly_message_new(
			arena, &flyteidl__core__literal_map__literals_entry__descriptor);
		if (!map->literals[i])
			return NULL;
	}
	return map->literals ? lit : NULL;
}

const Flyteidl__Core__Literal *fly_literal_inside(const Flyteidl__Core__Literal *lit)
{
	while (lit && lit->value_case == FLY_LITERAL(SCALAR) &&
	       lit->scalar->value_case == FLY_SCALAR(UNION))
		lit = lit->scalar->union_->value;
	return lit;
}

const char *fly_literal_uri(const Flyteidl__Core__Literal *lit)
{
	lit = fly_literal_inside(lit);
	if (!lit || lit->value_case != FLY_LITERAL(SCALAR))
		return NULL;
	switch (lit->scalar->value_case) {
	case FLY_SCALAR(BLOB):
		return lit->scalar->blob->uri;
	case FLY_SCALAR(SCHEMA):
		return lit->scalar->schema->uri;
	case FLY_SCALAR(STRUCTURED_DATASET):
		return lit->scalar->structured_dataset->uri;
	default:
		return NULL;
	}
}

const char *fly_uri_path(const char *uri)
{
	if (!strncmp(uri, "file:///", strlen("file:///")))
		uri += strlen("file://");
	return *uri == '/' ? uri : NULL;
}

/* --- declared types ------------------------------------------------------------------ */

bool fly_enum_has(const Flyteidl__Core__EnumType *e, const char *text, size_t len)
{
	for (size_t i = 0; i < e->n_values; i++) {
		if (strlen(e->values[i]) == len && !memcmp(e->values[i], text, len))
			return true;
	}
	return false;
}

void fly_enum_list(const Flyteidl__Core__EnumType *e, struct fly_buf *b)
{
	for (size_t i = 0; i < e->n_values; i++)
		fly_buf_printf(b, "%s%s", i ? ", " : "", e->values[i]);
}

const Flyteidl__Core__LiteralType *fly_union_only(const Flyteidl__Core__UnionType *u)
{
	const Flyteidl__Core__LiteralType *only = NULL;

	for (size_t i = 0; i < u->n_variants; i++) {
		if (u->variants[i]->type_case == FLY_TYPE(SIMPLE) &&
		    u->variants[i]->simple == FLY_SIMPLE(NONE))
			continue;
		if (only)
			return NULL;
		only = u->variants[i];
	}
	return only;
}

/* Source: RFC 3986 §3.1 for schemes. */
bool fly_is_place(const char *text, size_t len)
{
	size_t at = 0;

	if (len && *text == '/')
		return true;
	while (at < len && ((text[at] >= 'a' && text[at] <= 'z') ||
			    (text[at] >= 'A' && text[at] <= 'Z') ||
			    (at && ((text[at] >= '0' && text[at] <= '9') ||
				    strchr("+-.", text[at])))))
		at++;
	/* One letter and a colon is no scheme in use, but somebody's disk. */
	return at > 1 && len - at > 1 && text[at] == ':' && text[at + 1] == '/';
}

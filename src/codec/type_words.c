/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types in the words of the shorthand: "integer", "[string]", "{float}", "file(csv)",
 * "integer | none". Knows no values.
 *
 *	type     = variant *( "|" variant )
 *	variant  = word | "[" type "]" | "{" type "}"
 *	         | ( "file" | "directory" | "dataset" ) "(" name ")"
 *	         | "enum" "(" name *( "," name ) ")"
 *	name     = 1*( letter | digit | "_" | "-" | "." | "+" | "/" ) | JSON string without escapes
 */
#include "flytefs/codec.h"

#include <strings.h>

#include "json_text.h"

#define SIMPLE(name) FLYTEIDL__CORE__SIMPLE_TYPE__##name
#define TYPE(name) FLYTEIDL__CORE__LITERAL_TYPE__TYPE_##name

#define WORDS "integer, float, string, boolean, datetime, duration, file, directory, dataset, " \
	      "json, binary, error, none, enum(A, B), [TYPE] for lists, {TYPE} for maps, A | B"

/* Printed and parsed; the first of a type is the one printed. */
static const struct {
	const char *word;
	Flyteidl__Core__SimpleType simple;
	const char *tag;	/* what flytekit calls it in a union */
} simples[] = {
	{"none", SIMPLE(NONE), "none"},
	{"integer", SIMPLE(INTEGER), "int"},
	{"float", SIMPLE(FLOAT), "float"},
	{"string", SIMPLE(STRING), "str"},
	{"boolean", SIMPLE(BOOLEAN), "bool"},
	{"datetime", SIMPLE(DATETIME), "datetime"},
	{"duration", SIMPLE(DURATION), "timedelta"},
	{"binary", SIMPLE(BINARY), "binary"},
	{"error", SIMPLE(ERROR), "FlyteError"},
	{"json", SIMPLE(STRUCT), "Typed Dict"},
	/* What Python and Flyte themselves call them. */
	{"int", SIMPLE(INTEGER), "int"},
	{"str", SIMPLE(STRING), "str"},
	{"bool", SIMPLE(BOOLEAN), "bool"},
	{"struct", SIMPLE(STRUCT), "Typed Dict"},
};

/* --- printing ------------------------------------------------------------------ */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_-.+/", c));
}

static void put_name(struct fly_buf *b, const char *name)
{
	size_t len = strlen(name), plain = 0;

	while (is_name_char(name[plain]))
		plain++;
	if (len && plain == len)
		fly_buf_puts(b, name);
	else
		fly_json_put_string(b, name, len);
}

static void put_word(struct fly_buf *b, const char *word, const char *format)
{
	fly_buf_puts(b, word);
	if (!*format)
		return;
	fly_buf_putc(b, '(');
	put_name(b, format);
	fly_buf_putc(b, ')');
}

static void put_enum(struct fly_buf *b, const Flyteidl__Core__EnumType *e)
{
	fly_buf_puts(b, "enum(");
	for (size_t i = 0; i < e->n_values; i++) {
		if (i)
			fly_buf_puts(b, ", ");
		put_name(b, e->values[i]);
	}
	fly_buf_putc(b, ')');
}

static void put_simple(struct fly_buf *b, Flyteidl__Core__SimpleType simple)
{
	for (size_t i = 0; i < FLY_ARRAY_LEN(simples); i++) {
		if (simples[i].simple == simple) {
			fly_buf_puts(b, simples[i].word);
			return;
		}
	}
	fly_buf_printf(b, "simple %d", (int)simple);
}

static void put_union(struct fly_buf *b, const Flyteidl__Core__UnionType *u)
{
	if (!u->n_variants)
		fly_buf_puts(b, "a union of nothing");
	for (size_t i = 0; i < u->n_variants; i++) {
		if (i)
			fly_buf_puts(b, " | ");
		fly_type_print(u->variants[i], b);
	}
}

static void put_around(struct fly_buf *b, const char *brackets,
		       const Flyteidl__Core__LiteralType *inner)
{
	fly_buf_putc(b, brackets[0]);
	fly_type_print(inner, b);
	fly_buf_putc(b, brackets[1]);
}

void fly_type_print(const Flyteidl__Core__LiteralType *type, struct fly_buf *b)
{
	if (!type) {
		fly_buf_puts(b, "no type");
		return;
	}
	switch (type->type_case) {
	case TYPE(SIMPLE):
		put_simple(b, type->simple);
		break;
	case TYPE(COLLECTION_TYPE):
		put_around(b, "[]", type->collection_type);
		break;
	case TYPE(MAP_VALUE_TYPE):
		put_around(b, "{}", type->map_value_type);
		break;
	case TYPE(BLOB):
		put_word(b, type->blob->dimensionality ? "directory" : "file", type->blob->format);
		break;
	case TYPE(SCHEMA):
		fly_buf_puts(b, "schema");
		break;
	case TYPE(STRUCTURED_DATASET_TYPE):
		put_word(b, "dataset", type->structured_dataset_type->format);
		break;
	case TYPE(ENUM_TYPE):
		put_enum(b, type->enum_type);
		break;
	case TYPE(UNION_TYPE):
		put_union(b, type->union_type);
		break;
	default:
		fly_buf_puts(b, "no type");
	}
}

/* --- parsing --------------------------------------------------------------------- */

struct parse {
	const char *text, *at;
	struct fly_arena *arena;
	struct fly_why *why;
	unsigned depth;
};

static int parse_type(struct parse *p, Flyteidl__Core__LiteralType **out);

static int bad(struct parse *p, const char *reason)
{
	return fly_refuse(p->why, FLY_INVALID_ARGUMENT, "type \"%s\": %s at character %zu; types are: %s",
			  p->text, reason, (size_t)(p->at - p->text) + 1, WORDS);
}

static void skip_blanks(struct parse *p)
{
	while (*p->at == ' ' || *p->at == '\t')
		p->at++;
}

static bool take(struct parse *p, char want)
{
	skip_blanks(p);
	if (*p->at != want)
		return false;
	p->at++;
	return true;
}

static int new_type(struct parse *p, Flyteidl__Core__LiteralType__TypeCase type_case,
		    Flyteidl__Core__LiteralType **out)
{
	*out = fly_message_new(p->arena, &flyteidl__core__literal_type__descriptor);
	if (!*out)
		return fly_no_memory(p->why);
	(*out)->type_case = type_case;
	return 0;
}

/* A name in parentheses, bare or in quotes. */
static int parse_name(struct parse *p, char **out)
{
	const char *start;
	size_t len;

	skip_blanks(p);
	if (*p->at == '"') {
		start = ++p->at;
		len = strcspn(start, "\"\\");
		if (start[len] != '"')
			return bad(p, "a quoted name does not end, or holds a backslash");
		p->at += len + 1;
	} else {
		start = p->at;
		while (is_name_char(*p->at))
			p->at++;
		len = (size_t)(p->at - start);
		if (!len)
			return bad(p, "a name is missing");
	}
	*out = fly_arena_strndup(p->arena, start, len);
	return *out ? 0 : fly_no_memory(p->why);
}

/* "(csv)", or nothing: *out is left as it is. */
static int parse_format(struct parse *p, char **out)
{
	int ret;

	if (!take(p, '('))
		return 0;
	ret = parse_name(p, out);
	if (!ret && !take(p, ')'))
		ret = bad(p, "\")\" is missing");
	return ret;
}

static int parse_blob(struct parse *p, bool directory, Flyteidl__Core__LiteralType **out)
{
	Flyteidl__Core__BlobType *blob =
		fly_message_new(p->arena, &flyteidl__core__blob_type__descriptor);
	int ret = new_type(p, TYPE(BLOB), out);

	if (ret || !blob)
		return fly_no_memory(p->why);
	(*out)->blob = blob;
	if (directory)
		blob->dimensionality = FLYTEIDL__CORE__BLOB_TYPE__BLOB_DIMENSIONALITY__MULTIPART;
	return parse_format(p, &blob->format);
}

static int parse_dataset(struct parse *p, Flyteidl__Core__LiteralType **out)
{
	Flyteidl__Core__StructuredDatasetType *dataset =
		fly_message_new(p->arena, &flyteidl__core__structured_dataset_type__descriptor);
	int ret = new_type(p, TYPE(STRUCTURED_DATASET_TYPE), out);

	if (ret || !dataset)
		return fly_no_memory(p->why);
	(*out)->structured_dataset_type = dataset;
	return parse_format(p, &dataset->format);
}

static int parse_schema(struct parse *p, Flyteidl__Core__LiteralType **out)
{
	Flyteidl__Core__SchemaType *schema =
		fly_message_new(p->arena, &flyteidl__core__schema_type__descriptor);
	int ret = new_type(p, TYPE(SCHEMA), out);

	if (ret || !schema)
		return fly_no_memory(p->why);
	(*out)->schema = schema;
	return 0;
}

static int parse_enum(struct parse *p, Flyteidl__Core__LiteralType **out)
{
	Flyteidl__Core__EnumType *e =
		fly_message_new(p->arena, &flyteidl__core__enum_type__descriptor);
	size_t most = strlen(p->at);
	int ret = new_type(p, TYPE(ENUM_TYPE), out);

	if (!ret && e)
		e->values = fly_arena_zalloc(p->arena, most + 1, sizeof(*e->values));
	if (ret || !e || !e->values)
		return fly_no_memory(p->why);
	(*out)->enum_type = e;
	if (!take(p, '('))
		return bad(p, "the values of an enum are missing");
	do {
		ret = parse_name(p, &e->values[e->n_values]);
		if (ret)
			return ret;
		e->n_values++;
	} while (take(p, ','));
	return take(p, ')') ? 0 : bad(p, "\")\" is missing");
}

static int parse_word(struct parse *p, Flyteidl__Core__LiteralType **out)
{
	const char *start = p->at;
	char word[16];
	size_t len;
	int ret;

	while ((*p->at >= 'a' && *p->at <= 'z') || (*p->at >= 'A' && *p->at <= 'Z'))
		p->at++;
	len = (size_t)(p->at - start);
	if (!len || len >= sizeof(word)) {
		p->at = start;
		return bad(p, "no type");
	}
	memcpy(word, start, len);
	word[len] = '\0';
	for (size_t i = 0; i < FLY_ARRAY_LEN(simples); i++) {
		if (strcasecmp(word, simples[i].word))
			continue;
		ret = new_type(p, TYPE(SIMPLE), out);
		if (!ret)
			(*out)->simple = simples[i].simple;
		return ret;
	}
	if (!strcasecmp(word, "file") || !strcasecmp(word, "directory"))
		return parse_blob(p, !strcasecmp(word, "directory"), out);
	if (!strcasecmp(word, "dataset"))
		return parse_dataset(p, out);
	if (!strcasecmp(word, "schema"))
		return parse_schema(p, out);
	if (!strcasecmp(word, "enum"))
		return parse_enum(p, out);
	p->at = start;
	return bad(p, "no such type");
}

static int parse_around(struct parse *p, char end, Flyteidl__Core__LiteralType **inner)
{
	int ret;

	p->at++;
	/* Two messages a level stay well below the limit of messages. */
	if (++p->depth > FLY_MESSAGE_MAX_DEPTH / 4)
		return bad(p, "too many brackets");
	ret = parse_type(p, inner);
	p->depth--;
	if (!ret && !take(p, end))
		ret = bad(p, end == ']' ? "\"]\" is missing" : "\"}\" is missing");
	return ret;
}

static int parse_variant(struct parse *p, Flyteidl__Core__LiteralType **out)
{
	Flyteidl__Core__LiteralType *inner;
	int ret;

	skip_blanks(p);
	if (*p->at == '[') {
		ret = parse_around(p, ']', &inner);
		if (!ret)
			ret = new_type(p, TYPE(COLLECTION_TYPE), out);
		if (!ret)
			(*out)->collection_type = inner;
		return ret;
	}
	if (*p->at == '{') {
		ret = parse_around(p, '}', &inner);
		if (!ret)
			ret = new_type(p, TYPE(MAP_VALUE_TYPE), out);
		if (!ret)
			(*out)->map_value_type = inner;
		return ret;
	}
	return parse_word(p, out);
}

/* Variants carry flytekit's tags, so that a union made here and one made there fit. */
static const char *variant_tag(const Flyteidl__Core__LiteralType *type)
{
	switch (type->type_case) {
	case TYPE(COLLECTION_TYPE):
		return "Typed List";
	case TYPE(MAP_VALUE_TYPE):
		return "Typed Dict";
	case TYPE(BLOB):
		return type->blob->dimensionality ? "FlyteDirectory" : "FlyteFilePath";
	case TYPE(STRUCTURED_DATASET_TYPE):
		return "StructuredDataset";
	case TYPE(ENUM_TYPE):
		return "DefaultEnumTransformer";
	case TYPE(SIMPLE):
		for (size_t i = 0; i < FLY_ARRAY_LEN(simples); i++) {
			if (simples[i].simple == type->simple)
				return simples[i].tag;
		}
		/* fall through */
	default:
		return "";
	}
}

static int add_variant(struct parse *p, Flyteidl__Core__UnionType *u,
		       Flyteidl__Core__LiteralType *variant)
{
	Flyteidl__Core__TypeStructure *structure =
		fly_message_new(p->arena, &flyteidl__core__type_structure__descriptor);

	if (!structure)
		return fly_no_memory(p->why);
	structure->tag = fly_arena_strdup(p->arena, variant_tag(variant));
	if (!structure->tag)
		return fly_no_memory(p->why);
	variant->structure = structure;
	u->variants[u->n_variants++] = variant;
	return 0;
}

static int parse_union(struct parse *p, Flyteidl__Core__LiteralType *first,
		       Flyteidl__Core__LiteralType **out)
{
	Flyteidl__Core__UnionType *u =
		fly_message_new(p->arena, &flyteidl__core__union_type__descriptor);
	Flyteidl__Core__LiteralType *variant = first;
	size_t most = strlen(p->at) + 2;
	int ret = new_type(p, TYPE(UNION_TYPE), out);

	if (!ret && u)
		u->variants = fly_arena_zalloc(p->arena, most, sizeof(*u->variants));
	if (ret || !u || !u->variants)
		return fly_no_memory(p->why);
	(*out)->union_type = u;
	ret = add_variant(p, u, first);
	while (!ret && take(p, '|')) {
		ret = parse_variant(p, &variant);
		if (!ret)
			ret = add_variant(p, u, variant);
	}
	return ret;
}

static int parse_type(struct parse *p, Flyteidl__Core__LiteralType **out)
{
	Flyteidl__Core__LiteralType *first;
	int ret = parse_variant(p, &first);

	if (ret)
		return ret;
	skip_blanks(p);
	if (*p->at == '|')
		return parse_union(p, first, out);
	*out = first;
	return 0;
}

int fly_type_parse(const char *text, struct fly_arena *arena, Flyteidl__Core__LiteralType **out,
		   struct fly_why *why)
{
	struct parse p = {.text = text, .at = text, .arena = arena, .why = why};
	Flyteidl__Core__LiteralType *type;
	int ret;

	/* The arrays of unions and enums are sized by what is left of the text. */
	if (strlen(text) > 4096)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "a type of more than 4096 characters");
	ret = parse_type(&p, &type);
	if (ret)
		return ret;
	skip_blanks(&p);
	if (*p.at)
		return bad(&p, "more text than a type");
	*out = type;
	return 0;
}

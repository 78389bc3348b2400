/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Literals of every type. The first byte of an input chooses: a text, a JSON value or an output
 * file for a declared type, whose words are the first line; a literal from the wire, or the part of
 * one that the first line names. A literal that was made of something fits its type and goes to
 * text, plain JSON and back unchanged.
 */
#include "flytefs/codec.h"

#include <jansson.h>

#include "fuzz_types.h"

#define PATH_MAX_STEPS 8

typedef Flyteidl__Core__Literal literal;
typedef Flyteidl__Core__LiteralType literal_type;

static bool same(const literal *a, const literal *b)
{
	return fly_message_equal(&a->base, &b->base);
}

/* Variants of a union may read each other's texts, "1" and "true" for one. */
static bool has_union(const literal_type *t)
{
	switch (t->type_case) {
	case FLYTEIDL__CORE__LITERAL_TYPE__TYPE_COLLECTION_TYPE:
		return has_union(t->collection_type);
	case FLYTEIDL__CORE__LITERAL_TYPE__TYPE_MAP_VALUE_TYPE:
		return has_union(t->map_value_type);
	default:
		return t->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_UNION_TYPE;
	}
}

/* --- any literal at all ---------------------------------------------------- */

/* What can be said of it must not fail for anything but the literal itself. */
static void check_said(const literal *lit)
{
	auto_buf text = {0}, plain = {0}, word = {0}, file = {0}, document = {0};
	struct fly_why why = {0};
	struct fly_scan scan;
	uint8_t hash[32];
	int rc;

	fly_literal_text(lit, &text);
	must(!text.failed && text.len && text.data[text.len - 1] == '\n');
	fly_literal_plain(lit, &plain);
	must(!plain.failed && plain.len);
	/* MessagePack may say a name twice; but JSON it is, though maybe nested too deep. */
	fly_buf_printf(&document, "[%s]", plain.data);
	fly_scan_init(&scan);
	must(fly_scan_feed(&scan, document.data, document.len) == FLY_SCAN_DONE ||
	     scan.depth == FLY_MESSAGE_MAX_DEPTH);
	must(fly_literal_template(lit, &word, &why) == 0 || (why.error == EINVAL && why.text[0]));
	why = (struct fly_why){0};
	rc = fly_literal_file(lit, &file, &why);
	must(rc == 0 || (why.error == EOPNOTSUPP && why.text[0]));
	must(fly_object_hash(&lit->base, hash) == 0);
}

/* --- a literal made for a type ------------------------------------------------ */

static void check_text_again(const literal_type *type, const literal *lit, struct fly_arena *arena)
{
	struct fly_why why = {0};
	literal *again = NULL;
	auto_buf text = {0};

	fly_literal_text(lit, &text);
	must(fly_literal_from_text(type, text.data, text.len, arena, &again, &why) == 0);
	must(has_union(type) || same(lit, again));
}

static void check_plain_again(const literal_type *type, const literal *lit,
			      struct fly_arena *arena)
{
	auto_buf text = {0};
	struct fly_why why = {0};
	struct fly_doc *doc = NULL;
	literal *again = NULL;

	fly_buf_puts(&text, "[");
	fly_literal_plain(lit, &text);
	fly_buf_puts(&text, "]");
	/* The bracket around it may be the one too many. */
	if (fly_doc_parse(text.data, text.len, &doc, &why) < 0) {
		must(strstr(why.text, "deep"));
		return;
	}
	must(fly_literal_from_json(doc, json_array_get(fly_doc_root(doc), 0), "[0]", type, arena,
				   &again, &why) == 0);
	must(has_union(type) || same(lit, again));
	fly_doc_free(doc);
}

static void check_fits(const literal_type *type, const literal *lit, struct fly_arena *arena)
{
	literal_type *shown = NULL;

	must(fly_type_infer(lit, arena, &shown, NULL) == 0);
	must(fly_type_castable(shown, type));
}

static void check_made(const literal_type *type, const literal *lit, struct fly_arena *arena)
{
	check_said(lit);
	check_text_again(type, lit, arena);
	check_plain_again(type, lit, arena);
	check_fits(type, lit, arena);
}

/* --- from what --------------------------------------------------------------- */

static void from_text(const literal_type *type, const char *text, size_t len,
		      struct fly_arena *arena)
{
	struct fly_why why = {0};
	literal *lit = NULL;

	if (fly_literal_from_text(type, text, len, arena, &lit, &why) == 0)
		check_made(type, lit, arena);
	else
		must(why.error == EINVAL && why.text[0]);
}

static void from_file(const literal_type *type, const char *text, size_t len,
		      struct fly_arena *arena)
{
	struct fly_why why = {0};
	literal *lit = NULL;

	if (fly_literal_from_file(type, text, len, arena, &lit, &why) < 0) {
		must((why.error == EINVAL || why.error == EOPNOTSUPP) && why.text[0]);
		return;
	}
	check_said(lit);
	/* Flyte's raw containers give binaries the tag of msgpack, which is another type. */
	if (type->simple != FLYTEIDL__CORE__SIMPLE_TYPE__BINARY)
		check_fits(type, lit, arena);
}

static void from_json(const literal_type *type, const char *text, size_t len,
		      struct fly_arena *arena, bool as_exec_value)
{
	struct fly_doc *doc = NULL;
	struct fly_why why = {0};
	const json_t *value;
	literal *lit = NULL;
	int rc;

	if (fly_doc_parse(text, len, &doc, NULL) < 0)
		return;
	/* Brackets around any value make a document of it. */
	value = json_array_get(fly_doc_root(doc), 0);
	if (value && as_exec_value)
		rc = fly_literal_from_exec_value(doc, value, "[0]", type, arena, &lit, &why);
	else if (value)
		rc = fly_literal_from_json(doc, value, "[0]", type, arena, &lit, &why);
	else
		rc = 1;
	if (rc == 0 && as_exec_value)
		check_said(lit);
	else if (rc == 0)
		check_made(type, lit, arena);
	else if (rc < 0)
		must(why.error == EINVAL && why.text[0] >= '1' && why.text[0] <= '9');
	fly_doc_free(doc);
}

static void from_wire(const uint8_t *data, size_t size, struct fly_arena *arena)
{
	literal_type *shown = NULL;
	struct fly_why why = {0};
	ProtobufCMessage *m = NULL;

	if (fly_wire_parse(&flyteidl__core__literal__descriptor, data, size, arena, &m, NULL) < 0)
		return;
	check_said((const literal *)m);
	if (fly_type_infer((const literal *)m, arena, &shown, &why) == 0)
		fly_type_castable(shown, shown);
	else
		must(why.error == EINVAL && why.text[0]);
}

/* The steps of a path: a number where the text has one, else a name. */
static size_t read_path(char *text, struct fly_arena *arena,
			Flyteidl__Core__PromiseAttribute *path[PATH_MAX_STEPS])
{
	size_t n = 0;
	char *step;

	while (n < PATH_MAX_STEPS && (step = strsep(&text, "."))) {
		Flyteidl__Core__PromiseAttribute *a =
			fly_message_new(arena, &flyteidl__core__promise_attribute__descriptor);
		const bool is_number = *step >= '0' && *step <= '9';

		a->value_case = is_number
			? FLYTEIDL__CORE__PROMISE_ATTRIBUTE__VALUE_INT_VALUE
			: FLYTEIDL__CORE__PROMISE_ATTRIBUTE__VALUE_STRING_VALUE;
		if (is_number)
			a->int_value = atoi(step);
		else
			a->string_value = step;
		path[n++] = a;
	}
	return n;
}

/* A part of a literal is a literal. */
static void from_path(char *words, const uint8_t *data, size_t size, struct fly_arena *arena)
{
	Flyteidl__Core__PromiseAttribute *path[PATH_MAX_STEPS];
	const size_t n = read_path(words, arena, path);
	struct fly_why why = {0};
	ProtobufCMessage *m = NULL;
	literal *part = NULL;

	if (fly_wire_parse(&flyteidl__core__literal__descriptor, data, size, arena, &m, NULL) < 0)
		return;
	if (fly_literal_attribute((const literal *)m,
				  (const Flyteidl__Core__PromiseAttribute *const *)path, n, arena,
				  &part, &why) == 0)
		check_said(part);
	else
		must(why.error == EINVAL && why.text[0]);
}

/* The words of a type are read as what they were printed from; a name has no escapes in them. */
static void check_words(const literal_type *type, struct fly_arena *arena)
{
	literal_type *again = NULL;
	auto_buf words = {0};

	fly_type_print(type, &words);
	must(words.data);
	if (strchr(words.data, '\\'))
		return;
	must(fly_type_parse(words.data, arena, &again, NULL) == 0);
	must(fly_message_equal(&type->base, &again->base));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size ? memchr(data + 1, '\n', size - 1) : NULL;
	auto_free char *words = NULL;
	auto_arena arena = {0};
	literal_type *type = NULL;
	const char *text;
	size_t len;

	if (size && data[0] == 'w')
		from_wire(data + 1, size - 1, &arena);
	if (!line)
		return 0;
	words = strndup((const char *)data + 1, (size_t)(line - data - 1));
	text = (const char *)line + 1;
	len = size - (size_t)(line + 1 - data);
	if (data[0] == 'a')
		from_path(words, (const uint8_t *)text, len, &arena);
	if (!fly_utf8_valid(words, strlen(words)) ||
	    fly_type_parse(words, &arena, &type, NULL) < 0)
		return 0;
	check_words(type, &arena);
	switch (data[0]) {
	case 't':
		from_text(type, text, len, &arena);
		break;
	case 'f':
		from_file(type, text, len, &arena);
		break;
	case 'j':
		from_json(type, text, len, &arena, false);
		break;
	case 'x':
		from_json(type, text, len, &arena, true);
		break;
	default:
		break;
	}
	return 0;
}

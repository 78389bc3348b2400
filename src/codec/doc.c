/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents: their life, the exact texts of their numbers, their failures. Knows neither JSON's
 * grammar nor YAML's, and no messages.
 */
#include "doc.h"

#include <math.h>
#include <stdio.h>

#include "json_text.h"
#include "number.h"

#define PATH_SHOWN 400	/* bytes of a path that a sentence repeats */

/* --- life --------------------------------------------------------------------------- */

int fly_doc_create(const char *text, size_t len, fly_doc_locate_fn *locate, struct fly_doc **out,
		   struct fly_why *why)
{
	struct fly_doc *doc;

	if (len > FLY_MESSAGE_MAX_BYTES)
		return fly_fail(why, EFBIG, "the document has %zu bytes, at most %zu are taken",
				len, FLY_MESSAGE_MAX_BYTES);
	doc = calloc(1, sizeof(*doc));
	if (doc)
		doc->text = malloc(len + 1);
	if (!doc || !doc->text) {
		free(doc);
		return fly_fail(why, ENOMEM, "out of memory for the document");
	}
	if (len)
		memcpy(doc->text, text, len);
	doc->text[len] = '\0';
	doc->len = len;
	doc->locate = locate;
	*out = doc;
	return 0;
}

struct fly_doc_number {
	json_t *value;		/* a reference; NULL: free slot */
	const char *text;	/* in the document's */
	size_t len;
};

void fly_doc_free(struct fly_doc *doc)
{
	if (!doc)
		return;
	for (size_t i = 0; i < doc->numbers_cap; i++)
		json_decref(doc->numbers[i].value);
	free(doc->numbers);
	json_decref(doc->root);
	free(doc->text);
	free(doc);
}

json_t *fly_doc_root(struct fly_doc *doc)
{
	return doc->root;
}

const char *fly_doc_kind(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_NULL:
		return "null";
	}
	return "nothing";
}

/* --- numbers -------------------------------------------------------------------------- */

/* The slot of a value, or the free one where it would be; the table has one. */
static struct fly_doc_number *slot(const struct fly_doc *doc, const json_t *value)
{
	size_t at = (size_t)(((uintptr_t)value >> 4) * 0x9e3779b97f4a7c15ULL >> 20);

	for (;; at++) {
		struct fly_doc_number *n = &doc->numbers[at & (doc->numbers_cap - 1)];

		if (!n->value || n->value == value)
			return n;
	}
}

static int grow(struct fly_doc *doc)
{
	struct fly_doc larger = *doc;

	larger.numbers_cap = doc->numbers_cap ? doc->numbers_cap * 2 : 16;
	larger.numbers = calloc(larger.numbers_cap, sizeof(*larger.numbers));
	if (!larger.numbers)
		return -ENOMEM;
	for (size_t i = 0; i < doc->numbers_cap; i++) {
		if (doc->numbers[i].value)
			*slot(&larger, doc->numbers[i].value) = doc->numbers[i];
	}
	free(doc->numbers);
	*doc = larger;
	return 0;
}

int fly_doc_note_number(struct fly_doc *doc, json_t *value, const char *text, size_t len)
{
	if (doc->n_numbers >= doc->numbers_cap / 2 && grow(doc) < 0)
		return -ENOMEM;
	*slot(doc, value) = (struct fly_doc_number){json_incref(value), text, len};
	doc->n_numbers++;
	return 0;
}

const char *fly_doc_number(const struct fly_doc *doc, const json_t *value, size_t *len)
{
	const struct fly_doc_number *n = doc->numbers_cap ? slot(doc, value) : NULL;

	if (!n || !n->value)
		return NULL;
	*len = n->len;
	return n->text;
}

/* The text of a number that is not a json_integer: NULL when there is none. */
static const char *number_text(const struct fly_doc *doc, const json_t *value, size_t *len)
{
	if (json_is_real(value))
		return fly_doc_number(doc, value, len);
	if (!json_is_string(value))
		return NULL;
	*len = json_string_length(value);
	return fly_number_valid(json_string_value(value), *len) ? json_string_value(value) : NULL;
}

int fly_doc_int64(const struct fly_doc *doc, const json_t *value, int64_t *out)
{
	double real;
	const char *text;
	size_t len;

	if (json_is_integer(value)) {
		*out = json_integer_value(value);
		return 0;
	}
	text = number_text(doc, value, &len);
	if (text)
		return fly_number_int64(text, len, out);
	if (!json_is_real(value))
		return -EINVAL;
	real = json_real_value(value);
	if (real != floor(real))
		return -EDOM;
	if (real < -0x1p63 || real >= 0x1p63)
		return -ERANGE;
	*out = (int64_t)real;
	return 0;
}

int fly_doc_uint64(const struct fly_doc *doc, const json_t *value, uint64_t *out)
{
	const char *text;
	size_t len;
	int64_t small;
	int rc;

	text = number_text(doc, value, &len);
	if (text)
		return fly_number_uint64(text, len, out);
	rc = fly_doc_int64(doc, value, &small);
	if (rc < 0)
		return rc;
	if (small < 0)
		return -ERANGE;
	*out = (uint64_t)small;
	return 0;
}

/* --- failures ---------------------------------------------------------------------------- */

struct fly_doc_place fly_doc_place(const char *text, size_t offset)
{
	struct fly_doc_place place = {1, 1};

	for (size_t i = 0; i < offset; i++) {
		if (text[i] == '\n') {
			place.line++;
			place.column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			place.column++;
		}
	}
	return place;
}

int fly_doc_refuse(struct fly_why *why, struct fly_doc_place place, const char *path,
		   const char *reason)
{
	const char *tail = fly_text_tail(path, strlen(path), PATH_SHOWN);

	return fly_refuse(why, FLY_INVALID_ARGUMENT, "%u:%u: %s%s%s%s", place.line, place.column,
			  tail == path ? "" : "…", tail, *tail ? ": " : "", reason);
}

static int FLY_PRINTF(5, 0)
fail(struct fly_doc *doc, struct fly_why *why, const char *path, bool name, const char *format,
     va_list args)
{
	char reason[FLY_WHY_MAX];
	struct fly_doc_place place;

	if (!why || why->status != FLY_OK)
		return -EINVAL;
	if (vsnprintf(reason, sizeof(reason), format, args) < 0)
		reason[0] = '\0';
	place = doc->locate(doc->text, doc->len, path, name);
	return fly_doc_refuse(why, place, path, reason);
}

int fly_doc_fail(struct fly_doc *doc, struct fly_why *why, const char *path, const char *format,
		 ...)
{
	va_list args;
	int rc;

	va_start(args, format);
	rc = fail(doc, why, path, false, format, args);
	va_end(args);
	return rc;
}

int fly_doc_fail_with(struct fly_doc *doc, struct fly_why *why, const char *path,
		      const struct fly_why *inner)
{
	bool first = why && why->status == FLY_OK;

	if (inner->error == ENOMEM)
		return fly_fail(why, ENOMEM, "%s", inner->text);
	fly_doc_fail(doc, why, path, "%s", inner->text);
	if (first) {
		why->status = inner->status;
		why->error = inner->error;
	}
	return -inner->error;
}

int fly_doc_fail_at(struct fly_doc *doc, struct fly_why *why, const struct fly_doc_where *where,
		    bool name, const char *format, ...)
{
	auto_buf path = {0};
	va_list args;
	int rc;

	if (why && why->status == FLY_OK)
		fly_doc_where_print(where, &path);
	va_start(args, format);
	rc = fail(doc, why, path.data && !path.failed ? path.data : "", name, format, args);
	va_end(args);
	return rc;
}

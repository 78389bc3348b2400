/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON text into a document. The scanner has checked the grammar, so what is read here is known
 * to be well-formed; left are names that come twice, surrogates and the values of numbers.
 * (jansson's own reader loses integers beyond 64 bits and the sign of -0, which protobuf needs.)
 */
#include "doc.h"

#include <math.h>

#include "number.h"

struct reader {
	struct fly_doc *doc;
	const char *p;
	size_t n_values;
	struct fly_buf text;	/* the string last unescaped */
	struct fly_why *why;
};

static int read_value(struct reader *r, const struct fly_doc_where *where, json_t **out);

static int bad(struct reader *r, const struct fly_doc_where *where, const char *at,
	       const char *reason)
{
	struct fly_doc_place place = fly_doc_place(r->doc->text, (size_t)(at - r->doc->text));
	auto_buf path = {0};

	fly_doc_where_print(where, &path);
	return fly_doc_refuse(r->why, place, path.len ? path.data : "", reason);
}

static int no_memory(struct reader *r)
{
	return fly_fail(r->why, ENOMEM, "out of memory for the document");
}

static void skip_space(struct reader *r)
{
	r->p += strspn(r->p, " \t\r\n");
}

/* --- strings ---------------------------------------------------------------------- */

static uint32_t read_hex(const char *p)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++) {
		uint32_t c = (unsigned char)p[i];

		value = value << 4 | (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	return value;
}

static void put_utf8(struct fly_buf *b, uint32_t c)
{
	char text[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i; i--, c >>= 6)
		text[i] = (char)(0x80 | (c & 0x3f));
	text[0] = (char)(n == 1 ? c : (0xf00u >> n & 0xff) | c);
	fly_buf_add(b, text, n);
}

/* \uXXXX, or two of them for a character beyond U+FFFF. p at the first digit; moved behind it. */
static const char *unescape_unicode(const char **p, const char *end, struct fly_buf *b)
{
	uint32_t c = read_hex(*p), low;

	*p += 4;
	if (!c)
		return "the string has a NUL in it, which flytefs does not take";
	if (c >= 0xd800 && c <= 0xdbff && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
		low = read_hex(*p + 2);
		if (low >= 0xdc00 && low <= 0xdfff) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			*p += 6;
		}
	}
	if (c >= 0xd800 && c <= 0xdfff)
		return "half a surrogate pair is no character";
	put_utf8(b, c);
	return NULL;
}

const char *fly_json_unescape(const char *text, size_t len, struct fly_buf *b)
{
	static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
	const char *end = text + len, *backslash, *letter, *reason;

	while ((backslash = memchr(text, '\\', (size_t)(end - text)))) {
		fly_buf_add(b, text, (size_t)(backslash - text));
		text = backslash + 2;
		letter = strchr(letters, backslash[1]);
		if (backslash[1] == 'u') {
			reason = unescape_unicode(&text, end, b);
			if (reason)
				return reason;
		} else {
			fly_buf_putc(b, letter ? meanings[letter - letters] : backslash[1]);
		}
	}
	fly_buf_add(b, text, (size_t)(end - text));
	return NULL;
}

/* The inside of the string at p, unescaped; p moves behind it. Valid until the next one. */
static int read_text(struct reader *r, const struct fly_doc_where *where, const char **text,
		     size_t *len)
{
	const char *start = ++r->p, *reason;
	bool escaped = false;

	for (; *r->p != '"'; r->p++) {
		if (*r->p == '\\') {
			escaped = true;
			r->p++;
		}
	}
	*text = start;
	*len = (size_t)(r->p++ - start);
	if (!escaped)
		return 0;
	fly_buf_clear(&r->text);
	reason = fly_json_unescape(start, *len, &r->text);
	if (reason)
		return bad(r, where, start - 1, reason);
	if (r->text.failed)
		return no_memory(r);
	*text = r->text.data;
	*len = r->text.len;
	return 0;
}

static int read_string(struct reader *r, const struct fly_doc_where *where, json_t **out)
{
	const char *text;
	size_t len;
	int rc = read_text(r, where, &text, &len);

	if (rc < 0)
		return rc;
	*out = json_stringn_nocheck(text, len);
	return *out ? 0 : no_memory(r);
}

/* --- numbers ------------------------------------------------------------------------ */

static int read_number(struct reader *r, const struct fly_doc_where *where, json_t **out)
{
	const char *start = r->p;
	size_t len = strspn(start, "+-.0123456789Ee");
	bool whole = strspn(start, "-0123456789") == len;
	int64_t integer;
	double real;
	int rc;

	r->p += len;
	if (whole && fly_number_int64(start, len, &integer) == 0 && (integer || *start != '-')) {
		*out = json_integer(integer);
		return *out ? 0 : no_memory(r);
	}
	rc = fly_number_double(start, len, &real);
	if (rc == -ERANGE)
		return bad(r, where, start, "no double is as large as this number");
	*out = rc < 0 ? NULL : json_real(real);
	if (!*out)
		return no_memory(r);
	if (real != floor(real) || fly_doc_note_number(r->doc, *out, start, len) == 0)
		return 0;
	json_decref(*out);
	return no_memory(r);
}

/* --- objects and arrays ---------------------------------------------------------------- */

static int read_member(struct reader *r, const struct fly_doc_where *above, json_t *object)
{
	const char *start = r->p, *text;
	struct fly_doc_where where = {.above = above};
	auto_free char *name = NULL;
	json_t *value = NULL;
	int rc = read_text(r, above, &text, &where.len);

	if (rc < 0)
		return rc;
	/* The text may be the reader's buffer, which a value would overwrite. */
	name = strndup(text, where.len);
	if (!name)
		return no_memory(r);
	where.name = name;
	if (json_object_getn(object, name, where.len))
		return bad(r, &where, start, "this name came before in the same object");
	skip_space(r);
	r->p++;
	skip_space(r);
	rc = read_value(r, &where, &value);
	if (rc < 0)
		return rc;
	if (json_object_setn_new_nocheck(object, name, where.len, value) < 0)
		return no_memory(r);
	skip_space(r);
	return 0;
}

static int read_object(struct reader *r, const struct fly_doc_where *where, json_t **out)
{
	json_auto_t *object = json_object();
	int rc;

	if (!object)
		return no_memory(r);
	while (*r->p++ != '}') {
		skip_space(r);
		if (*r->p == '}')
			continue;
		rc = read_member(r, where, object);
		if (rc < 0)
			return rc;
	}
	*out = json_incref(object);
	return 0;
}

static int read_array(struct reader *r, const struct fly_doc_where *above, json_t **out)
{
	json_auto_t *array = json_array();
	struct fly_doc_where where = {.above = above};
	json_t *value;
	int rc;

	if (!array)
		return no_memory(r);
	while (*r->p++ != ']') {
		skip_space(r);
		if (*r->p == ']')
			continue;
		where.index = json_array_size(array);
		rc = read_value(r, &where, &value);
		if (rc < 0)
			return rc;
		if (json_array_append_new(array, value) < 0)
			return no_memory(r);
		skip_space(r);
	}
	*out = json_incref(array);
	return 0;
}

static int read_value(struct reader *r, const struct fly_doc_where *where, json_t **out)
{
	if (++r->n_values > FLY_DOC_MAX_VALUES)
		return fly_fail(r->why, EFBIG, "the document has more than %d values",
				FLY_DOC_MAX_VALUES);
	switch (*r->p) {
	case '{':
		return read_object(r, where, out);
	case '[':
		return read_array(r, where, out);
	case '"':
		return read_string(r, where, out);
	case 't':
		r->p += 4;
		*out = json_true();
		return 0;
	case 'f':
		r->p += 5;
		*out = json_false();
		return 0;
	case 'n':
		r->p += 4;
		*out = json_null();
		return 0;
	default:
		return read_number(r, where, out);
	}
}

/* --- documents -------------------------------------------------------------------------- */

static int check_grammar(const char *text, size_t len, struct fly_why *why)
{
	struct fly_scan scan;

	fly_scan_init(&scan);
	switch (fly_scan_feed(&scan, text, len)) {
	case FLY_SCAN_DONE:
		return 0;
	case FLY_SCAN_BAD:
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "%u:%u: %s", scan.line, scan.column,
				  scan.reason);
	case FLY_SCAN_OPEN:
		break;
	}
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "%u:%u: the document ends early, %s",
			  scan.line, scan.column, fly_scan_where(&scan));
}

int fly_doc_parse(const char *text, size_t len, struct fly_doc **out, struct fly_why *why)
{
	struct reader r = {.why = why};
	const struct fly_doc_where top = {0};
	int rc = fly_doc_create(text, len, fly_json_locate, &r.doc, why);

	if (rc < 0)
		return rc;
	rc = check_grammar(r.doc->text, len, why);
	if (rc == 0) {
		r.p = r.doc->text;
		skip_space(&r);
		rc = read_value(&r, &top, &r.doc->root);
	}
	fly_buf_release(&r.text);
	if (rc < 0)
		fly_doc_free(r.doc);
	else
		*out = r.doc;
	return rc;
}

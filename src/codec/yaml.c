/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML 1.1 text into a document, with the reading of plain scalars that flytectl's library has
 * (017 is 15, yes is true). Knows no messages. Source: yaml.org/spec/1.1, yaml.org/type;
 * flyte-api §5.3.
 *
 * Refused, where that library accepts: anchors and aliases (a few bytes can say gigabytes), names
 * that come twice, tags of one's own, a second document. Names stay as they are written: "on: 1"
 * is a member called on, not one called true.
 */
#include "doc.h"

#include <yaml.h>

#include "literal.h"

/* YAML's text is for people; its reader is slower than JSON's. */
#define YAML_MAX_BYTES ((size_t)16 << 20)

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;	/* the present one */
	bool have_event;
	struct fly_why *why;	/* NULL for the one who looks for a place */
	unsigned depth;
};

/* --- events --------------------------------------------------------------------- */

static int bad_at(struct reader *r, const yaml_mark_t *mark, const char *reason)
{
	return fly_refuse(r->why, FLY_INVALID_ARGUMENT, "%zu:%zu: %s", mark->line + 1,
			  mark->column + 1, reason);
}

static int bad(struct reader *r, const char *reason)
{
	return bad_at(r, &r->event.start_mark, reason);
}

static int no_memory(struct reader *r)
{
	return fly_fail(r->why, ENOMEM, "out of memory for the document");
}

static void reader_open(struct reader *r, const char *text, size_t len)
{
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, len);
}

static void reader_close(struct reader *r)
{
	if (r->have_event)
		yaml_event_delete(&r->event);
	yaml_parser_delete(&r->parser);
}

static int next(struct reader *r)
{
	if (r->have_event)
		yaml_event_delete(&r->event);
	r->have_event = yaml_parser_parse(&r->parser, &r->event);
	if (r->have_event)
		return 0;
	if (r->parser.error == YAML_MEMORY_ERROR)
		return no_memory(r);
	/* Bytes that are no text have an offset instead of a place. */
	if (r->parser.error == YAML_READER_ERROR)
		return fly_refuse(r->why, FLY_INVALID_ARGUMENT, "byte %zu: %s",
				  r->parser.problem_offset + 1, r->parser.problem);
	return bad_at(r, &r->parser.problem_mark, r->parser.problem);
}

/* --- plain scalars --------------------------------------------------------------------- */

static bool one_of(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (!strcmp(text, *words))
			return true;
	}
	return false;
}

static bool is_null(const char *text)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};

	return one_of(text, words);
}

static bool is_true(const char *text)
{
	static const char *const words[] = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE",
					    "on", "On", "ON", NULL};

	return one_of(text, words);
}

static bool is_false(const char *text)
{
	static const char *const words[] = {"n", "N", "no", "No", "NO", "false", "False", "FALSE",
					    "off", "Off", "OFF", NULL};

	return one_of(text, words);
}

static bool is_endless(const char *text)
{
	static const char *const words[] = {".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf",
					    "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", NULL};

	return one_of(text, words);
}

/* A number's text without its underscores; false when it does not begin as one. */
static bool squeeze(const char *text, char *out, size_t size)
{
	size_t n = 0;

	if (!*text || !strchr("+-.0123456789", *text))
		return false;
	for (; *text; text++) {
		if (*text == '_')
			continue;
		if (n + 1 == size)
			return false;
		out[n++] = *text;
	}
	out[n] = '\0';
	return true;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' ^ 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Decimal, 0x, 0o, 0b, and octal by a zero in front. False: no integer. */
static bool parse_integer(const char *text, bool *negative, uint64_t *out)
{
	int base = 10;

	*negative = *text == '-';
	if (*text == '-' || *text == '+')
		text++;
	if (text[0] == '0' && text[1]) {
		char c = text[1] | ('a' ^ 'A');

		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		text += c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
	}
	if (!*text)
		return false;
	for (*out = 0; *text; text++) {
		int value = digit_value(*text);

		if (value >= base || __builtin_mul_overflow(*out, (uint64_t)base, out) ||
		    __builtin_add_overflow(*out, (uint64_t)value, out))
			return false;
	}
	return true;
}

/* Digits with a point or an exponent. False: no number, or too large a one. */
static bool parse_real(const char *text, double *out)
{
	for (const char *p = text; *p; p++) {
		/* "inf" is a word here. */
		if (!strchr("+-.0123456789eE", *p))
			return false;
	}
	return fly_go_float_parse(text, strlen(text), out) == 0;
}

/* False: no number. *out is NULL where there is no memory for it. */
static bool number(const char *text, json_t **out)
{
	uint64_t natural;
	bool negative;
	char plain[512];
	double real;

	if (!squeeze(text, plain, sizeof(plain)))
		return false;
	if (parse_integer(plain, &negative, &natural)) {
		if (natural <= INT64_MAX)
			*out = json_integer(negative ? -(int64_t)natural : (int64_t)natural);
		else if (negative && natural == (uint64_t)INT64_MAX + 1)
			*out = json_integer(INT64_MIN);
		else
			*out = json_real(negative ? -(double)natural : (double)natural);
		return true;
	}
	if (!parse_real(plain, &real))
		return false;
	*out = json_real(real);
	return true;
}

static int string(struct reader *r, json_t **out)
{
	const char *text = (const char *)r->event.data.scalar.value;
	size_t len = r->event.data.scalar.length;

	if (memchr(text, '\0', len))
		return bad(r, "a string cannot hold a NUL");
	*out = json_stringn(text, len);
	return *out ? 0 : no_memory(r);
}

static int plain(struct reader *r, json_t **out)
{
	const char *text = (const char *)r->event.data.scalar.value;

	if (is_endless(text))
		return bad(r, "JSON has no such number; put it in quotes");
	if (is_null(text))
		*out = json_null();
	else if (is_true(text) || is_false(text))
		*out = json_boolean(is_true(text));
	else if (!number(text, out))
		return string(r, out);
	return *out ? 0 : no_memory(r);
}

#define TAG "tag:yaml.org,2002:"

static int scalar(struct reader *r, json_t **out)
{
	const char *tag = (const char *)r->event.data.scalar.tag;
	json_t *value;
	int ret;

	if (!tag)
		return r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? plain(r, out)
									     : string(r, out);
	if (!strcmp(tag, "!") || !strcmp(tag, TAG "str") || !strcmp(tag, TAG "timestamp"))
		return string(r, out);
	ret = plain(r, &value);
	if (ret)
		return ret;
	if ((!strcmp(tag, TAG "int") && json_is_integer(value)) ||
	    (!strcmp(tag, TAG "float") && json_is_number(value)) ||
	    (!strcmp(tag, TAG "bool") && json_is_boolean(value)) ||
	    (!strcmp(tag, TAG "null") && json_is_null(value))) {
		*out = value;
		return 0;
	}
	json_decref(value);
	return bad(r, "a tag that is not taken, or does not fit its value");
}

/* --- structure ---------------------------------------------------------------------------- */

static int node(struct reader *r, json_t **out);

static int enter(struct reader *r, const yaml_char_t *anchor, const yaml_char_t *tag,
		 const char *usual)
{
	if (anchor)
		return bad(r, "anchors are not taken");
	if (tag && strcmp((const char *)tag, usual) && strcmp((const char *)tag, "!"))
		return bad(r, "a tag that is not taken");
	if (++r->depth > FLY_MESSAGE_MAX_DEPTH)
		return bad(r, "nested too deep");
	return 0;
}

static int sequence(struct reader *r, json_t **out)
{
	json_t *list, *item;
	int ret = enter(r, r->event.data.sequence_start.anchor, r->event.data.sequence_start.tag,
			TAG "seq");

	if (ret)
		return ret;
	list = json_array();
	if (!list)
		return no_memory(r);
	ret = next(r);
	while (!ret && r->event.type != YAML_SEQUENCE_END_EVENT) {
		ret = node(r, &item);
		if (!ret && json_array_append_new(list, item) < 0)
			ret = no_memory(r);
		if (!ret)
			ret = next(r);
	}
	r->depth--;
	if (ret)
		json_decref(list);
	else
		*out = list;
	return ret;
}

/* The name of a member, as it is written. */
static int member_name(struct reader *r, struct fly_buf *name)
{
	const char *text = (const char *)r->event.data.scalar.value;

	if (r->event.type == YAML_ALIAS_EVENT)
		return bad(r, "aliases are not taken");
	if (r->event.type != YAML_SCALAR_EVENT)
		return bad(r, "a name is a string");
	if (r->event.data.scalar.anchor)
		return bad(r, "anchors are not taken");
	if (r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !strcmp(text, "<<"))
		return bad(r, "merge keys are not taken");
	if (memchr(text, '\0', r->event.data.scalar.length))
		return bad(r, "a string cannot hold a NUL");
	fly_buf_clear(name);
	fly_buf_add(name, text, r->event.data.scalar.length);
	return name->failed ? no_memory(r) : 0;
}

static int member(struct reader *r, json_t *object, struct fly_buf *name)
{
	json_t *value;
	int ret = member_name(r, name);

	if (!ret && json_object_getn(object, name->data, name->len))
		return bad(r, "the name comes twice");
	if (!ret)
		ret = next(r);
	if (!ret)
		ret = node(r, &value);
	if (!ret && json_object_setn_new_nocheck(object, name->data, name->len, value) < 0)
		ret = no_memory(r);
	return ret ? ret : next(r);
}

static int mapping(struct reader *r, json_t **out)
{
	auto_buf name = {0};
	json_t *object;
	int ret = enter(r, r->event.data.mapping_start.anchor, r->event.data.mapping_start.tag,
			TAG "map");

	if (ret)
		return ret;
	object = json_object();
	if (!object)
		return no_memory(r);
	ret = next(r);
	while (!ret && r->event.type != YAML_MAPPING_END_EVENT)
		ret = member(r, object, &name);
	r->depth--;
	if (ret)
		json_decref(object);
	else
		*out = object;
	return ret;
}

/* The value that begins at the present event; afterwards its last event is the present one. */
static int node(struct reader *r, json_t **out)
{
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		if (r->event.data.scalar.anchor)
			return bad(r, "anchors are not taken");
		return scalar(r, out);
	case YAML_SEQUENCE_START_EVENT:
		return sequence(r, out);
	case YAML_MAPPING_START_EVENT:
		return mapping(r, out);
	default:
		return bad(r, "aliases are not taken");
	}
}

static int document(struct reader *r, json_t **out)
{
	json_t *root = NULL;
	int ret = next(r);	/* the start of the stream */

	if (!ret)
		ret = next(r);
	if (!ret && r->event.type == YAML_STREAM_END_EVENT) {
		*out = json_null();
		return 0;
	}
	if (!ret)
		ret = next(r);
	if (!ret)
		ret = node(r, &root);
	if (!ret)
		ret = next(r);	/* the end of the document */
	if (!ret)
		ret = next(r);
	if (!ret && r->event.type != YAML_STREAM_END_EVENT)
		ret = bad(r, "only one document is taken");
	if (ret)
		json_decref(root);
	else
		*out = root;
	return ret;
}

/* --- where is it? ------------------------------------------------------------------------- */

/* From the first event of a value to its last one. */
static int skip(struct reader *r)
{
	int depth = 0, ret = 0;

	for (;;) {
		if (r->event.type == YAML_SEQUENCE_START_EVENT ||
		    r->event.type == YAML_MAPPING_START_EVENT)
			depth++;
		else if (r->event.type == YAML_SEQUENCE_END_EVENT ||
			 r->event.type == YAML_MAPPING_END_EVENT)
			depth--;
		if (depth <= 0)
			return 0;
		ret = next(r);
		if (ret)
			return ret;
	}
}

/* To the value of the member a step names; false when there is none. */
static bool find_member(struct reader *r, const struct fly_doc_step *step, yaml_mark_t *name)
{
	while (!next(r) && r->event.type == YAML_SCALAR_EVENT) {
		bool found = fly_doc_step_is(step, (const char *)r->event.data.scalar.value,
					     r->event.data.scalar.length, false);

		*name = r->event.start_mark;
		if (next(r))
			return false;
		if (found)
			return true;
		if (skip(r))
			return false;
	}
	return false;
}

static bool find_element(struct reader *r, size_t index)
{
	for (size_t i = 0; !next(r) && r->event.type != YAML_SEQUENCE_END_EVENT; i++) {
		if (i == index)
			return true;
		if (skip(r))
			return false;
	}
	return false;
}

static void follow(struct reader *r, const char *path, bool want_name, yaml_mark_t *mark)
{
	struct fly_doc_step step;
	yaml_mark_t name;

	*mark = r->event.start_mark;
	while (fly_doc_step(&path, &step)) {
		if (r->event.type == YAML_MAPPING_START_EVENT && step.name) {
			if (!find_member(r, &step, &name))
				return;
			*mark = want_name ? name : r->event.start_mark;
		} else if (r->event.type == YAML_SEQUENCE_START_EVENT && !step.name) {
			if (!find_element(r, step.index))
				return;
			*mark = r->event.start_mark;
		} else {
			return;
		}
	}
}

static struct fly_doc_place locate(const char *text, size_t len, const char *path, bool name)
{
	struct reader r = {0};
	yaml_mark_t mark = {0};

	if (!yaml_parser_initialize(&r.parser))
		return (struct fly_doc_place){1, 1};
	reader_open(&r, text, len);
	/* The starts of the stream and of the document come before the value. */
	if (!next(&r) && !next(&r) && !next(&r))
		follow(&r, path, name, &mark);
	reader_close(&r);
	return (struct fly_doc_place){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

int fly_doc_parse_yaml(const char *text, size_t len, struct fly_doc **out, struct fly_why *why)
{
	struct reader r = {.why = why};
	struct fly_doc *doc = NULL;
	int ret;

	if (len > YAML_MAX_BYTES)
		return fly_fail(why, EFBIG, "the document has %zu bytes, at most %zu are taken", len,
				YAML_MAX_BYTES);
	ret = fly_doc_create(text, len, locate, &doc, why);
	if (ret)
		return ret;
	if (!yaml_parser_initialize(&r.parser)) {
		fly_doc_free(doc);
		return no_memory(&r);
	}
	reader_open(&r, doc->text, len);
	ret = document(&r, &doc->root);
	reader_close(&r);
	if (ret) {
		fly_doc_free(doc);
		return ret;
	}
	*out = doc;
	return 0;
}

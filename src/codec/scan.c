/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where does a JSON document end? A pushdown automaton over bytes that keeps one bit for each
 * open bracket, so that a document can come in pieces of any size. Knows no values: duplicate
 * names, lone surrogates and numbers too large are left to whoever reads the document.
 *
 * mode		waits for			next
 * START	{ or [				NAME_OR_END, VALUE_OR_END
 * NAME(_OR_END)	" (or })		STRING
 * COLON	:				VALUE
 * VALUE(_OR_END)	the first byte (or ])	STRING, LITERAL, a number's, or a bracket's
 * NEXT		, or the closing bracket	NAME, VALUE, NEXT, END
 * STRING	" ends it			COLON after a name, else NEXT
 * ESCAPE, HEX	the rest of an escape		STRING
 * LITERAL	the rest of true, false, null	NEXT
 * MINUS … EXPONENT	the rest of a number	NEXT, with the byte that ended it
 * END		white space			END
 */
#include "doc.h"
#include "json_text.h"

enum mode {
	START, NAME, NAME_OR_END, COLON, VALUE, VALUE_OR_END, NEXT,
	STRING, ESCAPE, HEX, LITERAL,
	MINUS, ZERO, WHOLE, POINT, FRACTION, EXPONENT_SIGN, EXPONENT_DIGIT, EXPONENT,
	END,
};

void fly_scan_init(struct fly_scan *s)
{
	*s = (struct fly_scan){.state = FLY_SCAN_OPEN, .line = 1, .column = 1, .mode = START};
}

/* --- the stack ------------------------------------------------------------------ */

static bool in_object(const struct fly_scan *s)
{
	uint32_t top = s->depth - 1;

	return s->depth && s->stack[top / 64] >> (top % 64) & 1;
}

_Static_assert(FLY_MESSAGE_MAX_DEPTH == 128, "the words below say so");

static const char *push(struct fly_scan *s, bool object)
{
	uint64_t bit = (uint64_t)1 << (s->depth % 64);

	if (s->depth == FLY_MESSAGE_MAX_DEPTH)
		return "more than 128 objects and arrays lie inside each other here";
	if (object)
		s->stack[s->depth / 64] |= bit;
	else
		s->stack[s->depth / 64] &= ~bit;
	s->depth++;
	s->mode = object ? NAME_OR_END : VALUE_OR_END;
	return NULL;
}

static const char *pop(struct fly_scan *s)
{
	s->depth--;
	s->mode = s->depth ? NEXT : END;
	return NULL;
}

/* --- one byte ------------------------------------------------------------------------ */

/* Each takes the byte, and returns NULL or why it can't come here. */

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static const char *begin_literal(struct fly_scan *s, const char *rest)
{
	s->mode = LITERAL;
	s->literal = rest;
	return NULL;
}

static const char *begin_value(struct fly_scan *s, uint8_t c)
{
	switch (c) {
	case '{':
		return push(s, true);
	case '[':
		return push(s, false);
	case '"':
		s->mode = STRING;
		s->is_name = false;
		return NULL;
	case 't':
		return begin_literal(s, "rue");
	case 'f':
		return begin_literal(s, "alse");
	case 'n':
		return begin_literal(s, "ull");
	case '-':
		s->mode = MINUS;
		return NULL;
	case '0':
		s->mode = ZERO;
		return NULL;
	case '\'':
		return "strings stand in double quotes";
	case ']':
	case '}':
		return "a value is missing before this bracket";
	case '/':
	case '#':
		return "JSON has no comments";
	default:
		if (!is_digit(c))
			return "no value begins like this";
		s->mode = WHOLE;
		return NULL;
	}
}

static const char *begin_document(struct fly_scan *s, uint8_t c)
{
	if (c == '{' || c == '[')
		return begin_value(s, c);
	if (c == 0xef)
		return "a byte order mark is not JSON";
	return "a document begins with { or [";
}

static const char *begin_name(struct fly_scan *s, uint8_t c)
{
	if (c == '}' && s->mode == NAME_OR_END)
		return pop(s);
	if (c == '}')
		return "a member is missing after the comma";
	if (c == '/' || c == '#')
		return "JSON has no comments";
	if (c != '"')
		return "a name in double quotes must stand here";
	s->mode = STRING;
	s->is_name = true;
	return NULL;
}

static const char *take_next(struct fly_scan *s, uint8_t c)
{
	bool object = in_object(s);

	if (c == (object ? '}' : ']'))
		return pop(s);
	if (c != ',')
		return object ? "a comma or } must stand here" : "a comma or ] must stand here";
	s->mode = object ? NAME : VALUE;
	return NULL;
}

static const char *take_literal(struct fly_scan *s, uint8_t c)
{
	if (c != (uint8_t)*s->literal)
		return "the words are true, false and null";
	if (!*++s->literal)
		s->mode = NEXT;
	return NULL;
}

/* A byte of 0x80 or more begins a character, or goes on with one. Source: RFC 3629. */
static const char *take_utf8(struct fly_scan *s, uint8_t c)
{
	if (s->utf8_left) {
		if (c < s->utf8_low || c > s->utf8_high)
			return "this is not UTF-8";
		s->utf8_left--;
		s->utf8_low = 0x80;
		s->utf8_high = 0xbf;
		return NULL;
	}
	if (c < 0xc2 || c > 0xf4)
		return "this is not UTF-8";
	s->utf8_left = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	/* No overlong forms, no surrogates, nothing beyond U+10FFFF. */
	s->utf8_low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	s->utf8_high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	return NULL;
}

static const char *take_string(struct fly_scan *s, uint8_t c)
{
	if (c >= 0x80 || s->utf8_left)
		return take_utf8(s, c);
	if (c == '"')
		s->mode = s->is_name ? COLON : NEXT;
	else if (c == '\\')
		s->mode = ESCAPE;
	else if (c == '\n')
		return "the string does not end on its line (a newline in it is written \\n)";
	else if (c < ' ')
		return "control characters in strings are written \\u00XX";
	return NULL;
}

static const char *take_escape(struct fly_scan *s, uint8_t c)
{
	if (c == 'u') {
		s->mode = HEX;
		s->hex_left = 4;
		return NULL;
	}
	s->mode = STRING;
	return c && strchr("\"\\/bfnrt", c) ? NULL : "there is no such escape";
}

static const char *take_hex(struct fly_scan *s, uint8_t c)
{
	if (!is_digit(c) && !((c | 32) >= 'a' && (c | 32) <= 'f'))
		return "\\u needs four hexadecimal digits";
	if (!--s->hex_left)
		s->mode = STRING;
	return NULL;
}

/* A number's byte; again: it ended before this one, which belongs to what follows. */
static const char *take_number(struct fly_scan *s, uint8_t c, bool *again)
{
	bool digit = is_digit(c);

	switch ((enum mode)s->mode) {
	case MINUS:
		s->mode = c == '0' ? ZERO : WHOLE;
		return digit ? NULL : "a digit must stand here";
	case ZERO:
		if (digit)
			return "a number does not begin with 0 and more digits";
		break;
	case WHOLE:
		if (digit)
			return NULL;
		break;
	case POINT:
		s->mode = FRACTION;
		return digit ? NULL : "a digit must stand here";
	case FRACTION:
		if (digit)
			return NULL;
		break;
	case EXPONENT_SIGN:
		s->mode = EXPONENT_DIGIT;
		if (c == '+' || c == '-')
			return NULL;
		/* fallthrough */
	case EXPONENT_DIGIT:
		s->mode = EXPONENT;
		return digit ? NULL : "a digit must stand here";
	default:
		if (digit)
			return NULL;
	}
	if (c == '.' && (s->mode == ZERO || s->mode == WHOLE)) {
		s->mode = POINT;
	} else if ((c | 32) == 'e' && s->mode != EXPONENT) {
		s->mode = EXPONENT_SIGN;
	} else {
		s->mode = NEXT;
		*again = true;
	}
	return NULL;
}

static const char *take(struct fly_scan *s, uint8_t c)
{
	bool again = false;
	const char *reason;

	switch ((enum mode)s->mode) {
	case START:
		return is_space(c) ? NULL : begin_document(s, c);
	case NAME:
	case NAME_OR_END:
		return is_space(c) ? NULL : begin_name(s, c);
	case COLON:
		if (is_space(c))
			return NULL;
		s->mode = VALUE;
		return c == ':' ? NULL : "a colon must stand here";
	case VALUE_OR_END:
		if (c == ']')
			return pop(s);
		/* fallthrough */
	case VALUE:
		return is_space(c) ? NULL : begin_value(s, c);
	case NEXT:
		return is_space(c) ? NULL : take_next(s, c);
	case STRING:
		return take_string(s, c);
	case ESCAPE:
		return take_escape(s, c);
	case HEX:
		return take_hex(s, c);
	case LITERAL:
		return take_literal(s, c);
	case END:
		return is_space(c) ? NULL : "there is more text behind the end of the document";
	default:
		reason = take_number(s, c, &again);
		return again && !is_space(c) ? take_next(s, c) : reason;
	}
}

/* --- many bytes ---------------------------------------------------------------------- */

static void advance(struct fly_scan *s, uint8_t c)
{
	s->offset++;
	if (c == '\n') {
		s->line++;
		s->column = 1;
	} else if ((c & 0xc0) != 0x80) {
		s->column++;
	}
}

/* Bytes that leave a string's or a blank's state as it is, the bulk of any document. */
static size_t skip_plain(struct fly_scan *s, const uint8_t *data, size_t len)
{
	size_t n = 0;

	if (s->mode == STRING && !s->utf8_left) {
		while (len - n >= 8 && fly_json_is_plain_word(data + n))
			n += 8;
		while (n < len && data[n] >= ' ' && data[n] < 0x80 && data[n] != '"' &&
		       data[n] != '\\')
			n++;
	} else if (s->mode <= NEXT || s->mode == END) {
		while (n < len && data[n] == ' ')
			n++;
	}
	s->offset += n;
	s->column += (uint32_t)n;
	return n;
}

enum fly_scan_state fly_scan_feed(struct fly_scan *s, const void *data, size_t len)
{
	const uint8_t *p = data, *end = len ? p + len : p;

	while (s->state != FLY_SCAN_BAD) {
		if (p != end)
			p += skip_plain(s, p, (size_t)(end - p));
		if (p == end)
			break;
		s->reason = take(s, *p);
		if (s->reason) {
			s->state = FLY_SCAN_BAD;
			break;
		}
		advance(s, *p++);
		if (s->mode == END && s->state == FLY_SCAN_OPEN) {
			s->state = FLY_SCAN_DONE;
			s->value_end = s->offset;
		}
	}
	return s->state;
}

const char *fly_scan_where(const struct fly_scan *s)
{
	switch ((enum mode)s->mode) {
	case START:
		return "before it begins";
	case NAME:
	case NAME_OR_END:
		return "inside an object";
	case COLON:
		return "behind a name";
	case VALUE:
		return "before a value";
	case VALUE_OR_END:
		return "inside an array";
	case NEXT:
		return in_object(s) ? "inside an object" : "inside an array";
	case STRING:
	case ESCAPE:
	case HEX:
		return s->is_name ? "inside a name" : "inside a string";
	case LITERAL:
		return "inside a word";
	case END:
		return "nowhere";
	default:
		return "inside a number";
	}
}

void fly_scan_describe(const struct fly_scan *s, struct fly_buf *b)
{
	fly_buf_printf(b, "ends early at %u:%u, %s", s->line, s->column, fly_scan_where(s));
}

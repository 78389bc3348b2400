/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Simple values between literals and text in the forms that Go reads and writes. Knows no JSON
 * documents. Source: flyte-engine §2.2, §3.2, §3.3; Go's strconv.
 */
#include "literal.h"

#include <math.h>
#include <strings.h>

#include "json_text.h"
#include "moment.h"
#include "number.h"
#include "time_text.h"

/* --- text to value ------------------------------------------------------------------ */

void fly_trim(const char **text, size_t *len)
{
	while (*len && **text && strchr(" \t\n", **text)) {
		++*text;
		--*len;
	}
	while (*len && (*text)[*len - 1] && strchr(" \t\n", (*text)[*len - 1]))
		--*len;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int parse_integer(const char *text, size_t len, int64_t *out)
{
	char copy[32];
	size_t digits = 0;
	bool sign = len && (*text == '-' || *text == '+');

	while (sign + digits < len && is_digit(text[sign + digits]))
		digits++;
	if (!digits || sign + digits < len)
		return -EINVAL;
	/* Zeros in front count for nothing, however many. */
	while (digits > 1 && text[len - digits] == '0')
		digits--;
	if (digits + 2 > sizeof(copy))
		return -ERANGE;
	copy[0] = sign ? *text : '+';
	memcpy(copy + 1, text + len - digits, digits);
	copy[digits + 1] = '\0';
	return fly_parse_int64(copy, out) ? 0 : -ERANGE;
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !strncasecmp(text, word, len);
}

/* "inf", "nan" and the like, which Go reads in any case of letters. */
static bool parse_special(const char *text, size_t len, double *out)
{
	bool sign = len && (*text == '-' || *text == '+');

	if (is_word(text, len, "nan")) {
		*out = NAN;
		return true;
	}
	if (!is_word(text + sign, len - sign, "inf") && !is_word(text + sign, len - sign, "infinity"))
		return false;
	*out = sign && *text == '-' ? -INFINITY : INFINITY;
	return true;
}

/* What JSON's grammar is stricter about: "+", zeros in front, nothing on one side of the point. */
static void put_as_json(struct fly_buf *b, const char *text, size_t len)
{
	const char *end = text + len;

	if (len && (*text == '-' || *text == '+') && *text++ == '-')
		fly_buf_putc(b, '-');
	while (end - text > 1 && *text == '0' && is_digit(text[1]))
		text++;
	if (text < end && *text == '.' && end - text > 1 && is_digit(text[1]))
		fly_buf_putc(b, '0');
	while (text < end && is_digit(*text))
		fly_buf_putc(b, *text++);
	if (text < end && *text == '.' && b->len && is_digit(b->data[b->len - 1]) &&
	    (end - text == 1 || !is_digit(text[1])))
		text++;
	fly_buf_add(b, text, (size_t)(end - text));
}

int fly_go_float_parse(const char *text, size_t len, double *out)
{
	auto_buf b = {0};

	if (parse_special(text, len, out))
		return 0;
	put_as_json(&b, text, len);
	if (b.failed)
		return -ENOMEM;
	if (!fly_number_valid(b.data, b.len))
		return -EINVAL;
	return fly_number_double(b.data, b.len, out);
}

static int parse_boolean(const char *text, size_t len, protobuf_c_boolean *out)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{"1", true}, {"t", true}, {"T", true}, {"true", true}, {"True", true}, {"TRUE", true},
		{"0", false}, {"f", false}, {"F", false}, {"false", false}, {"False", false},
		{"FALSE", false},
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(words); i++) {
		if (strlen(words[i].word) == len && !memcmp(words[i].word, text, len)) {
			*out = words[i].value;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_datetime(const char *text, size_t len, bool loose, struct fly_arena *arena,
			  Google__Protobuf__Timestamp **out)
{
	int64_t seconds;
	int32_t nanos;
	int ret = loose ? fly_time_loose(text, len, &seconds, &nanos)
			: fly_rfc3339_parse(text, len, &seconds, &nanos);

	if (ret)
		return ret;
	*out = fly_message_new(arena, &google__protobuf__timestamp__descriptor);
	if (!*out)
		return -ENOMEM;
	(*out)->seconds = seconds;
	(*out)->nanos = nanos;
	return 0;
}

static int parse_duration(const char *text, size_t len, struct fly_arena *arena,
			  Google__Protobuf__Duration **out)
{
	int64_t seconds;
	int32_t nanos;
	int ret = fly_span_parse(text, len, &seconds, &nanos);

	if (ret)
		return ret;
	*out = fly_message_new(arena, &google__protobuf__duration__descriptor);
	if (!*out)
		return -ENOMEM;
	(*out)->seconds = seconds;
	(*out)->nanos = nanos;
	return 0;
}

static Flyteidl__Core__Primitive__ValueCase primitive_case(Flyteidl__Core__SimpleType simple)
{
	switch (simple) {
	case FLY_SIMPLE(INTEGER):
		return FLY_PRIMITIVE(INTEGER);
	case FLY_SIMPLE(FLOAT):
		return FLY_PRIMITIVE(FLOAT_VALUE);
	case FLY_SIMPLE(BOOLEAN):
		return FLY_PRIMITIVE(BOOLEAN);
	case FLY_SIMPLE(DATETIME):
		return FLY_PRIMITIVE(DATETIME);
	default:
		return FLY_PRIMITIVE(DURATION);
	}
}

int fly_simple_parse(Flyteidl__Core__SimpleType simple, const char *text, size_t len, bool loose,
		     struct fly_arena *arena, Flyteidl__Core__Literal **out)
{
	Flyteidl__Core__Literal *lit = fly_literal_primitive(arena, primitive_case(simple));
	Flyteidl__Core__Primitive *p;
	int ret;

	if (!lit)
		return -ENOMEM;
	p = lit->scalar->primitive;
	switch (p->value_case) {
	case FLY_PRIMITIVE(INTEGER):
		ret = parse_integer(text, len, &p->integer);
		break;
	case FLY_PRIMITIVE(FLOAT_VALUE):
		ret = fly_go_float_parse(text, len, &p->float_value);
		break;
	case FLY_PRIMITIVE(BOOLEAN):
		ret = parse_boolean(text, len, &p->boolean);
		break;
	case FLY_PRIMITIVE(DATETIME):
		ret = parse_datetime(text, len, loose, arena, &p->datetime);
		break;
	default:
		ret = parse_duration(text, len, arena, &p->duration);
	}
	if (!ret)
		*out = lit;
	return ret;
}

const char *fly_simple_wants(Flyteidl__Core__SimpleType simple)
{
	switch (simple) {
	case FLY_SIMPLE(INTEGER):
		return "a whole number";
	case FLY_SIMPLE(FLOAT):
		return "a number";
	case FLY_SIMPLE(STRING):
		return "a string";
	case FLY_SIMPLE(BOOLEAN):
		return "true or false";
	case FLY_SIMPLE(DATETIME):
		return "a time with its zone, such as 2020-05-12T10:00:00Z";
	case FLY_SIMPLE(DURATION):
		return "a duration such as 1h30m or 90s";
	case FLY_SIMPLE(BINARY):
		return "bytes in base64";
	case FLY_SIMPLE(STRUCT):
		return "a JSON object";
	case FLY_SIMPLE(NONE):
		return "null";
	default:
		return "an error's message";
	}
}

/* --- numbers as Go writes them --------------------------------------------------------- */

/* The fewest digits that read back as the same number: 0.d1d2d3… times 10 to the point. */
struct digits {
	char text[32];
	int n, point;
	bool negative;
};

/* Not for infinities and NaN. */
static bool take_apart(double value, struct digits *d)
{
	auto_buf b = {0};
	const char *p;
	bool fraction = false;

	*d = (struct digits){.negative = signbit(value) != 0};
	fly_json_put_double(&b, value);
	fly_buf_end(&b);
	if (b.failed)
		return false;
	for (p = b.data + d->negative; *p == '.' || is_digit(*p); p++) {
		if (*p == '.') {
			fraction = true;
			continue;
		}
		if (!fraction)
			d->point++;
		/* Zeros in front only move the point. */
		if (*p == '0' && !d->n)
			d->point--;
		else if (d->n < (int)sizeof(d->text))
			d->text[d->n++] = *p;
	}
	if (*p == 'e')
		d->point += atoi(p + 1);
	while (d->n && d->text[d->n - 1] == '0')
		d->n--;
	return true;
}

static bool put_special(struct fly_buf *b, double value)
{
	if (isnan(value))
		fly_buf_puts(b, "NaN");
	else if (isinf(value))
		fly_buf_puts(b, value < 0 ? "-Inf" : "+Inf");
	else
		return false;
	return true;
}

static void put_plain(struct fly_buf *b, const struct digits *d)
{
	if (d->negative)
		fly_buf_putc(b, '-');
	if (d->point <= 0 || !d->n)
		fly_buf_putc(b, '0');
	for (int i = 0; d->n && i < d->point; i++)
		fly_buf_putc(b, i < d->n ? d->text[i] : '0');
	if (d->n <= d->point || !d->n)
		return;
	fly_buf_putc(b, '.');
	for (int i = d->point; i < d->n; i++)
		fly_buf_putc(b, i < 0 ? '0' : d->text[i]);
}

void fly_go_plain_float(struct fly_buf *b, double value)
{
	struct digits d;

	if (put_special(b, value))
		return;
	if (take_apart(value, &d))
		put_plain(b, &d);
	else
		b->failed = true;
}

void fly_go_float(struct fly_buf *b, double value)
{
	struct digits d;
	int exponent;

	if (put_special(b, value))
		return;
	if (!take_apart(value, &d)) {
		b->failed = true;
		return;
	}
	exponent = d.n ? d.point - 1 : 0;
	if (exponent >= -4 && exponent < 6) {
		put_plain(b, &d);
		return;
	}
	if (d.negative)
		fly_buf_putc(b, '-');
	fly_buf_putc(b, d.text[0]);
	if (d.n > 1) {
		fly_buf_putc(b, '.');
		fly_buf_add(b, d.text + 1, (size_t)d.n - 1);
	}
	fly_buf_printf(b, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
}

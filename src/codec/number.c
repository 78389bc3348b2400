/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers between text and memory: whole ones digit by digit, the others through strtod and
 * printf in forms that have no decimal point, so that no locale can change them.
 */
#include "number.h"

#include <math.h>
#include <stdio.h>

#include "json_text.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* --- text to number ------------------------------------------------------------ */

static const char *skip_digits(const char *p, const char *end)
{
	while (p < end && is_digit(*p))
		p++;
	return p;
}

bool fly_number_valid(const char *text, size_t len)
{
	const char *p = text, *end = text + len, *start;

	if (p < end && *p == '-')
		p++;
	start = p;
	p = skip_digits(p, end);
	if (p == start || (*start == '0' && p - start > 1))
		return false;
	if (p < end && *p == '.') {
		start = ++p;
		p = skip_digits(p, end);
		if (p == start)
			return false;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		if (++p < end && (*p == '+' || *p == '-'))
			p++;
		start = p;
		p = skip_digits(p, end);
		if (p == start)
			return false;
	}
	return p == end;
}

/* A valid number taken apart: digits (with perhaps a point among them) and where the point is. */
struct decimal {
	bool negative;
	const char *digits;
	size_t len;		/* of digits, point included */
	int64_t point;		/* how many digits stand before it, moved by the exponent */
	int64_t exponent;	/* to put behind the digits read as a whole number */
};

#define EXPONENT_MAX 1000000000000	/* far beyond the digits of any text */

static int64_t read_exponent(const char *p, const char *end)
{
	bool negative = p < end && *p == '-';
	int64_t value = 0;

	if (p < end && !is_digit(*p))
		p++;
	for (; p < end && value < EXPONENT_MAX; p++)
		value = value * 10 + (*p - '0');
	return negative ? -value : value;
}

static struct decimal take_apart(const char *text, size_t len)
{
	const char *end = text + len, *p;
	struct decimal d = {.negative = *text == '-'};
	const char *point = NULL;
	int64_t exponent;

	d.digits = text + d.negative;
	for (p = d.digits; p < end && (is_digit(*p) || *p == '.'); p++) {
		if (*p == '.')
			point = p;
	}
	d.len = (size_t)(p - d.digits);
	exponent = p < end ? read_exponent(p + 1, end) : 0;
	d.point = (point ? point : p) - d.digits + exponent;
	d.exponent = exponent - (point ? p - point - 1 : 0);
	return d;
}

/* The size of a number without its sign: 0, -EDOM when it isn't whole, -ERANGE. */
static int whole(const struct decimal *d, uint64_t *out)
{
	uint64_t value = 0;
	int64_t at = 0;

	for (size_t i = 0; i < d->len; i++) {
		if (d->digits[i] == '.')
			continue;
		if (at++ >= d->point) {
			if (d->digits[i] != '0')
				return -EDOM;
		} else if (__builtin_mul_overflow(value, 10, &value) ||
			   __builtin_add_overflow(value, d->digits[i] - '0', &value)) {
			return -ERANGE;
		}
	}
	for (; value && at < d->point; at++) {
		if (__builtin_mul_overflow(value, 10, &value))
			return -ERANGE;
	}
	*out = value;
	return 0;
}

int fly_number_uint64(const char *text, size_t len, uint64_t *out)
{
	struct decimal d = take_apart(text, len);
	uint64_t value;
	int rc = whole(&d, &value);

	if (rc < 0)
		return rc;
	if (d.negative && value)
		return -ERANGE;
	*out = value;
	return 0;
}

int fly_number_int64(const char *text, size_t len, int64_t *out)
{
	struct decimal d = take_apart(text, len);
	uint64_t value;
	int rc = whole(&d, &value);

	if (rc < 0)
		return rc;
	if (value > (uint64_t)INT64_MAX + d.negative)
		return -ERANGE;
	*out = (int64_t)(d.negative ? -value : value);
	return 0;
}

/* The text for strtod: sign, digits without a point, exponent. */
static char *without_point(const char *text, size_t len, char *small, size_t small_len)
{
	struct decimal d = take_apart(text, len);
	size_t need = d.len + 32;
	char *out = need <= small_len ? small : malloc(need), *p = out;

	if (!out)
		return NULL;
	if (d.negative)
		*p++ = '-';
	for (size_t i = 0; i < d.len; i++) {
		if (d.digits[i] != '.')
			*p++ = d.digits[i];
	}
	sprintf(p, "e%lld", (long long)d.exponent);
	return out;
}

int fly_number_double(const char *text, size_t len, double *out)
{
	char small[128];
	char *plain = without_point(text, len, small, sizeof(small));
	double value;

	if (!plain)
		return -ENOMEM;
	value = strtod(plain, NULL);
	if (plain != small)
		free(plain);
	if (isinf(value))
		return -ERANGE;
	*out = value;
	return 0;
}

/* --- number to text ------------------------------------------------------------- */

/* digits × 10^exponent, with the point behind the first digit. */
struct shortest {
	char digits[20];
	int n;
	int exponent;
};

/* Round to n digits. */
static void round_to(double value, int n, struct shortest *s)
{
	char text[40];
	const char *p = text;

	snprintf(text, sizeof(text), "%.*e", n - 1, value);
	for (s->n = 0; *p != 'e'; p++) {
		if (is_digit(*p))
			s->digits[s->n++] = *p;
	}
	s->exponent = atoi(p + 1);
}

static void count_up(struct shortest *s)
{
	int i = s->n - 1;

	while (i >= 0 && s->digits[i] == '9')
		s->digits[i--] = '0';
	if (i >= 0) {
		s->digits[i]++;
		return;
	}
	s->digits[0] = '1';
	s->exponent++;
}

static bool reads_back(const struct shortest *s, double value, bool is_float)
{
	char text[40];

	snprintf(text, sizeof(text), "%.*se%d", s->n, s->digits, s->exponent - s->n + 1);
	return is_float ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
}

/*
 * The fewest digits that read back. Below a power of two the neighbours are nearer than above
 * it, so the nearest number of n digits may fail while the next one up does not. Nearly all
 * numbers need no more than `sure` digits, which always survive when there were no more to begin
 * with; subnormal ones have fewer and are tried from one digit on.
 */
static void find_shortest(double value, bool is_float, struct shortest *s)
{
	const int most = is_float ? 9 : 17, sure = is_float ? 6 : 15;
	const bool subnormal = value < (is_float ? 0x1p-126 : 0x1p-1022);
	int exponent;
	const bool power = frexp(value, &exponent) == 0.5;

	for (int n = subnormal ? 1 : sure; n <= most; n++) {
		round_to(value, n, s);
		if (reads_back(s, value, is_float))
			break;
		if (!power)
			continue;
		count_up(s);
		if (reads_back(s, value, is_float))
			break;
	}
	while (s->n > 1 && s->digits[s->n - 1] == '0')
		s->n--;
}

static void put_zeros(struct fly_buf *b, int n)
{
	while (n-- > 0)
		fly_buf_append_char(b, '0');
}

static void put_shortest(struct fly_buf *b, const struct shortest *s)
{
	int before = s->exponent + 1;	/* digits before the point */

	if (s->exponent < -6 || s->exponent >= 21) {
		fly_buf_append_char(b, s->digits[0]);
		if (s->n > 1) {
			fly_buf_append_char(b, '.');
			fly_buf_append(b, s->digits + 1, (size_t)s->n - 1);
		}
		fly_buf_append(b, s->exponent < 0 ? "e-" : "e+", 2);
		fly_json_put_int(b, s->exponent < 0 ? -s->exponent : s->exponent);
	} else if (before <= 0) {
		fly_buf_append(b, "0.", 2);
		put_zeros(b, -before);
		fly_buf_append(b, s->digits, (size_t)s->n);
	} else if (before >= s->n) {
		fly_buf_append(b, s->digits, (size_t)s->n);
		put_zeros(b, before - s->n);
	} else {
		fly_buf_append(b, s->digits, (size_t)before);
		fly_buf_append_char(b, '.');
		fly_buf_append(b, s->digits + before, (size_t)(s->n - before));
	}
}

static void put_number(struct fly_buf *b, double value, bool is_float)
{
	struct shortest s;

	if (isnan(value)) {
		fly_buf_append(b, "\"NaN\"", 5);
		return;
	}
	if (isinf(value)) {
		fly_buf_add(b, value < 0 ? "\"-Infinity\"" : "\"Infinity\"", value < 0 ? 11 : 10);
		return;
	}
	if (signbit(value))
		fly_buf_append_char(b, '-');
	value = fabs(value);
	if (value < (is_float ? 0x1p24 : 0x1p53) && value == (double)(int64_t)value) {
		fly_json_put_int(b, (int64_t)value);
		return;
	}
	find_shortest(value, is_float, &s);
	put_shortest(b, &s);
}

void fly_json_put_double(struct fly_buf *b, double value)
{
	put_number(b, value, false);
}

void fly_json_put_float(struct fly_buf *b, float value)
{
	put_number(b, (double)value, true);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times as text. Counts days from 0001-01-01 in the proleptic Gregorian calendar, so that all
 * years are alike and nothing asks the C library's time zone. Source: flyte-api §6.1, RFC 3339.
 */
#include "time_text.h"

#include "json_text.h"

#define DAY_SECONDS 86400
#define EPOCH_SECONDS 62135596800		/* from 0001-01-01 to 1970-01-01 */
#define LAST_SECOND 253402300799		/* 9999-12-31T23:59:59Z */
#define DURATION_SECONDS_MAX 315576000000	/* 10,000 years */
#define NANOS_MAX 999999999

/* Days of a year before a month (1 to 13). */
static int days_before_month(int year, int month)
{
	static const short days[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (leap && month > 2);
}

static int64_t days_before_year(int year)
{
	int64_t past = year - 1;

	return past * 365 + past / 4 - past / 100 + past / 400;
}

/* --- printing -------------------------------------------------------------- */

static void put_number(struct fly_buf *b, int64_t value, int digits)
{
	char text[20];

	for (int i = digits - 1; i >= 0; i--) {
		text[i] = (char)('0' + value % 10);
		value /= 10;
	}
	fly_buf_append(b, text, (size_t)digits);
}

static void put_fraction(struct fly_buf *b, int32_t nanos)
{
	if (!nanos)
		return;
	fly_buf_append_char(b, '.');
	if (nanos % 1000000 == 0)
		put_number(b, nanos / 1000000, 3);
	else if (nanos % 1000 == 0)
		put_number(b, nanos / 1000, 6);
	else
		put_number(b, nanos, 9);
}

bool fly_rfc3339_valid(int64_t seconds, int32_t nanos)
{
	return seconds >= -EPOCH_SECONDS && seconds <= LAST_SECOND && nanos >= 0 &&
	       nanos <= NANOS_MAX;
}

void fly_rfc3339_print(struct fly_buf *b, int64_t seconds, int32_t nanos)
{
	int64_t days = (seconds + EPOCH_SECONDS) / DAY_SECONDS;
	int rest = (int)((seconds + EPOCH_SECONDS) % DAY_SECONDS);
	int year = (int)(days * 400 / 146097) + 1, month = 1, day;

	/* The first guess is off by at most one. */
	if (days_before_year(year) > days)
		year--;
	else if (days_before_year(year + 1) <= days)
		year++;
	day = (int)(days - days_before_year(year));
	while (days_before_month(year, month + 1) <= day)
		month++;
	day -= days_before_month(year, month);
	put_number(b, year, 4);
	fly_buf_append_char(b, '-');
	put_number(b, month, 2);
	fly_buf_append_char(b, '-');
	put_number(b, day + 1, 2);
	fly_buf_append_char(b, 'T');
	put_number(b, rest / 3600, 2);
	fly_buf_append_char(b, ':');
	put_number(b, rest / 60 % 60, 2);
	fly_buf_append_char(b, ':');
	put_number(b, rest % 60, 2);
	put_fraction(b, nanos);
	fly_buf_append_char(b, 'Z');
}

bool fly_seconds_valid(int64_t seconds, int32_t nanos)
{
	if (seconds < -DURATION_SECONDS_MAX || seconds > DURATION_SECONDS_MAX)
		return false;
	if (nanos < -NANOS_MAX || nanos > NANOS_MAX)
		return false;
	return (seconds <= 0 || nanos >= 0) && (seconds >= 0 || nanos <= 0);
}

void fly_seconds_print(struct fly_buf *b, int64_t seconds, int32_t nanos)
{
	if (seconds < 0 || nanos < 0)
		fly_buf_append_char(b, '-');
	fly_json_put_int(b, seconds < 0 ? -seconds : seconds);
	put_fraction(b, nanos < 0 ? -nanos : nanos);
	fly_buf_append_char(b, 's');
}

/* --- parsing ---------------------------------------------------------------- */

/* What is left of a text; good turns false at the first thing that should not be there. */
struct cursor {
	const char *p, *end;
	bool good;
};

static bool at_digit(const struct cursor *c)
{
	return c->p < c->end && *c->p >= '0' && *c->p <= '9';
}

/* Exactly so many digits. */
static int take_number(struct cursor *c, int digits)
{
	int value = 0;

	while (digits--) {
		if (!at_digit(c)) {
			c->good = false;
			return 0;
		}
		value = value * 10 + (*c->p++ - '0');
	}
	return value;
}

static bool take_if(struct cursor *c, char want)
{
	if (c->p >= c->end || *c->p != want)
		return false;
	c->p++;
	return true;
}

static void take(struct cursor *c, char want)
{
	if (!take_if(c, want))
		c->good = false;
}

/* Up to nine digits behind the point, as nanoseconds. */
static int32_t take_fraction(struct cursor *c, int *digits)
{
	int32_t nanos = 0;

	for (*digits = 0; at_digit(c) && *digits < 9; (*digits)++)
		nanos = nanos * 10 + (*c->p++ - '0');
	for (int i = *digits; i < 9; i++)
		nanos *= 10;
	return nanos;
}

/* Seconds east of UTC. */
static int take_offset(struct cursor *c)
{
	int hours, minutes;
	bool west;

	if (take_if(c, 'Z'))
		return 0;
	west = take_if(c, '-');
	if (!west)
		take(c, '+');
	hours = take_number(c, 2);
	take(c, ':');
	minutes = take_number(c, 2);
	if (hours > 23 || minutes > 59)
		c->good = false;
	return (hours * 60 + minutes) * (west ? -60 : 60);
}

int fly_rfc3339_parse(const char *text, size_t len, int64_t *seconds, int32_t *nanos)
{
	struct cursor c = {text, text + len, true};
	int year, month, day, hour, minute, second, digits = 1;
	int32_t fraction = 0;
	int64_t total;

	year = take_number(&c, 4);
	take(&c, '-');
	month = take_number(&c, 2);
	take(&c, '-');
	day = take_number(&c, 2);
	take(&c, 'T');
	hour = take_number(&c, 2);
	take(&c, ':');
	minute = take_number(&c, 2);
	take(&c, ':');
	second = take_number(&c, 2);
	if (c.good && take_if(&c, '.'))
		fraction = take_fraction(&c, &digits);
	total = -take_offset(&c);
	if (!c.good || c.p != c.end || !digits || month < 1 || month > 12 || day < 1 ||
	    day > days_before_month(year, month + 1) - days_before_month(year, month) ||
	    hour > 23 || minute > 59 || second > 59)
		return -EINVAL;
	total += (days_before_year(year) + days_before_month(year, month) + day - 1) * DAY_SECONDS;
	total += hour * 3600 + minute * 60 + second - EPOCH_SECONDS;
	if (year < 1 || !fly_rfc3339_valid(total, fraction))
		return -ERANGE;
	*seconds = total;
	*nanos = fraction;
	return 0;
}

/* Digits without a leading zero, or none; saturates. */
static int64_t take_whole(struct cursor *c, int *digits)
{
	const char *start = c->p;
	int64_t value = 0;

	for (; at_digit(c); c->p++) {
		if (value <= DURATION_SECONDS_MAX)
			value = value * 10 + (*c->p - '0');
	}
	*digits = c->p - start > 1 ? 2 : (int)(c->p - start);
	if (*digits == 2 && *start == '0')
		c->good = false;
	return value;
}

int fly_seconds_parse(const char *text, size_t len, int64_t *seconds, int32_t *nanos)
{
	struct cursor c = {text, text + len, true};
	bool negative = take_if(&c, '-');
	int whole_digits, digits = 0;
	int32_t fraction = 0;
	int64_t whole;

	if (!negative)
		take_if(&c, '+');
	whole = take_whole(&c, &whole_digits);
	if (take_if(&c, '.'))
		fraction = take_fraction(&c, &digits);
	take(&c, 's');
	if (!c.good || c.p != c.end || whole_digits + digits == 0)
		return -EINVAL;
	if (whole > DURATION_SECONDS_MAX)
		return -ERANGE;
	*seconds = negative ? -whole : whole;
	*nanos = negative ? -fraction : fraction;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points and spans of time: messages, nanoseconds, RFC 3339 and Go's durations. Knows no JSON
 * and no literals.
 */
#include "moment.h"

#include <stdio.h>

#include "json_text.h"
#include "time_text.h"

#define NS_PER_SECOND 1000000000
#define SPAN_SECONDS_MAX 315576000000	/* 10,000 years. Source: duration.proto */

/* --- messages ----------------------------------------------------------------- */

Google__Protobuf__Timestamp *fly_timestamp(struct fly_arena *arena, int64_t ns)
{
	Google__Protobuf__Timestamp *t =
		fly_message_new(arena, &google__protobuf__timestamp__descriptor);

	if (!t)
		return NULL;
	t->seconds = ns / NS_PER_SECOND;
	t->nanos = (int32_t)(ns % NS_PER_SECOND);
	if (t->nanos < 0) {
		t->nanos += NS_PER_SECOND;
		t->seconds--;
	}
	return t;
}

Google__Protobuf__Duration *fly_duration(struct fly_arena *arena, int64_t ns)
{
	Google__Protobuf__Duration *d =
		fly_message_new(arena, &google__protobuf__duration__descriptor);

	if (!d)
		return NULL;
	d->seconds = ns / NS_PER_SECOND;
	d->nanos = (int32_t)(ns % NS_PER_SECOND);
	return d;
}

static int64_t saturate(__int128 ns)
{
	if (ns > INT64_MAX)
		return INT64_MAX;
	return ns < INT64_MIN ? INT64_MIN : (int64_t)ns;
}

int64_t fly_timestamp_ns(const Google__Protobuf__Timestamp *t)
{
	return t ? saturate((__int128)t->seconds * NS_PER_SECOND + t->nanos) : 0;
}

int64_t fly_duration_ns(const Google__Protobuf__Duration *d)
{
	return d ? saturate((__int128)d->seconds * NS_PER_SECOND + d->nanos) : 0;
}

/* "." and the digits that say something, or nothing. */
static void put_fraction(struct fly_buf *b, uint32_t nanos)
{
	char text[16];
	size_t len;

	if (!nanos)
		return;
	len = (size_t)snprintf(text, sizeof(text), ".%09u", nanos);
	while (text[len - 1] == '0')
		len--;
	fly_buf_add(b, text, len);
}

/* --- points in time: RFC 3339 ----------------------------------------------------- */

/* Drop the zeros at the end of the fraction, which JSON wants and Go does not. */
void fly_time_trimmed(struct fly_buf *b, int64_t seconds, int32_t nanos)
{
	size_t len;

	if (!fly_rfc3339_valid(seconds, nanos)) {
		fly_buf_printf(b, "%lld", (long long)seconds);
		return;
	}
	fly_rfc3339_print(b, seconds, nanos);
	fly_buf_end(b);
	if (b->failed || !nanos)
		return;
	len = b->len - 1;
	while (b->data[len - 1] == '0')
		len--;
	b->len = len;
	fly_buf_putc(b, 'Z');
}

int fly_time_loose(const char *text, size_t len, int64_t *seconds, int32_t *nanos)
{
	char copy[48];

	if (len + sizeof("T00:00:00Z") > sizeof(copy) || memchr(text, '\0', len))
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (len == strlen("2020-05-12")) {
		memcpy(copy + len, "T00:00:00Z", sizeof("T00:00:00Z"));
		len = strlen(copy);
	} else if (len > strlen("2020-05-12")) {
		if (copy[10] == ' ' || copy[10] == 't')
			copy[10] = 'T';
		if (copy[len - 1] == 'z')
			copy[len - 1] = 'Z';
	}
	return fly_rfc3339_parse(copy, len, seconds, nanos);
}

void fly_time_print(int64_t ns, struct fly_buf *b)
{
	int64_t rest = ns % NS_PER_SECOND;

	fly_time_trimmed(b, ns / NS_PER_SECOND - (rest < 0),
			 (int32_t)(rest < 0 ? rest + NS_PER_SECOND : rest));
}

int fly_time_parse(const char *text, int64_t *ns)
{
	int64_t seconds;
	int32_t nanos;

	if (fly_rfc3339_parse(text, strlen(text), &seconds, &nanos) < 0)
		return -EINVAL;
	*ns = saturate((__int128)seconds * NS_PER_SECOND + nanos);
	return 0;
}

/* --- spans: Go's time.Duration ------------------------------------------------------ */

/* Below a second Go chooses the unit in which the number is at least 1. */
static void put_subsecond(struct fly_buf *b, uint32_t ns)
{
	if (ns < 1000) {
		fly_buf_printf(b, "%uns", ns);
	} else if (ns < 1000000) {
		fly_buf_printf(b, "%u", ns / 1000);
		put_fraction(b, ns % 1000 * 1000000);
		fly_buf_puts(b, "µs");
	} else {
		fly_buf_printf(b, "%u", ns / 1000000);
		put_fraction(b, ns % 1000000 * 1000);
		fly_buf_puts(b, "ms");
	}
}

static void put_span(struct fly_buf *b, bool negative, uint64_t seconds, uint32_t nanos)
{
	if (!seconds && !nanos) {
		fly_buf_puts(b, "0s");
		return;
	}
	if (negative)
		fly_buf_putc(b, '-');
	if (!seconds) {
		put_subsecond(b, nanos);
		return;
	}
	if (seconds >= 3600)
		fly_buf_printf(b, "%lluh", (unsigned long long)(seconds / 3600));
	if (seconds >= 60)
		fly_buf_printf(b, "%llum", (unsigned long long)(seconds / 60 % 60));
	fly_buf_printf(b, "%llu", (unsigned long long)(seconds % 60));
	put_fraction(b, nanos);
	fly_buf_putc(b, 's');
}

void fly_span_print(struct fly_buf *b, int64_t seconds, int32_t nanos)
{
	/* Parts of different signs, which no valid message has, are added up all the same. */
	__int128 ns = (__int128)seconds * NS_PER_SECOND + nanos;
	unsigned __int128 size = ns < 0 ? -(unsigned __int128)ns : (unsigned __int128)ns;

	put_span(b, ns < 0, (uint64_t)(size / NS_PER_SECOND), (uint32_t)(size % NS_PER_SECOND));
}

void fly_go_duration_print(int64_t ns, struct fly_buf *b)
{
	uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;

	put_span(b, ns < 0, size / NS_PER_SECOND, (uint32_t)(size % NS_PER_SECOND));
}

/* A text being read from the left. */
struct cursor {
	const char *at, *end;
};

/* The next byte, if it is one of these. */
static char take_any(struct cursor *c, const char *these)
{
	if (c->at == c->end || !*c->at || !strchr(these, *c->at))
		return 0;
	return *c->at++;
}

/* Nanoseconds of the unit that the text starts with, 0 when it is none. */
static uint64_t take_unit(struct cursor *c)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		/* Both the micro sign and the Greek letter. */
		{"ns", 1}, {"us", 1000}, {"\xc2\xb5s", 1000}, {"\xce\xbcs", 1000},
		{"ms", 1000000}, {"s", NS_PER_SECOND}, {"m", 60ULL * NS_PER_SECOND},
		{"h", 3600ULL * NS_PER_SECOND},
	};
	size_t len = 0, left = (size_t)(c->end - c->at);

	while (len < left && c->at[len] != '.' && (c->at[len] < '0' || c->at[len] > '9'))
		len++;
	for (size_t i = 0; i < FLY_ARRAY_LEN(units); i++) {
		if (strlen(units[i].name) == len && !memcmp(units[i].name, c->at, len)) {
			c->at += len;
			return units[i].ns;
		}
	}
	return 0;
}

/* "1.5h" of "1.5h30m": adds its nanoseconds to *ns. */
static bool take_part(struct cursor *c, unsigned __int128 *ns)
{
	const unsigned __int128 max = (unsigned __int128)SPAN_SECONDS_MAX * NS_PER_SECOND;
	unsigned __int128 whole = 0;
	uint64_t fraction = 0, unit;
	const char *start = c->at;
	bool digits = false;
	double scale = 1;

	for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
		whole = whole * 10 + (uint64_t)(*c->at - '0');
		if (whole > max)
			return false;
	}
	digits = c->at > start;
	if (take_any(c, ".")) {
		for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
			digits = true;
			/* What no nanosecond can show is left out, as in Go. */
			if (fraction > (INT64_MAX - 9) / 10)
				continue;
			fraction = fraction * 10 + (uint64_t)(*c->at - '0');
			scale *= 10;
		}
	}
	unit = digits ? take_unit(c) : 0;
	if (!unit)
		return false;
	*ns += whole * unit;
	/* Go's own arithmetic, so that 0.3333333333333333333h is 20 minutes here too. */
	*ns += (uint64_t)((double)fraction * ((double)unit / scale));
	return *ns <= max;
}

int fly_span_parse(const char *text, size_t len, int64_t *seconds, int32_t *nanos)
{
	struct cursor c = {text, text + len};
	bool negative = take_any(&c, "+-") == '-';
	unsigned __int128 ns = 0;

	if (c.end - c.at == 1 && *c.at == '0')
		c.at++;
	else if (c.at == c.end)
		return -EINVAL;
	while (c.at < c.end) {
		if (!take_part(&c, &ns))
			return -EINVAL;
	}
	*seconds = (int64_t)(ns / NS_PER_SECOND);
	*nanos = (int32_t)(ns % NS_PER_SECOND);
	if (negative) {
		*seconds = -*seconds;
		*nanos = -*nanos;
	}
	return 0;
}

int fly_go_duration_parse(const char *text, int64_t *ns)
{
	int64_t seconds;
	int32_t nanos;
	__int128 value;

	if (fly_span_parse(text, strlen(text), &seconds, &nanos) < 0)
		return -EINVAL;
	value = (__int128)seconds * NS_PER_SECOND + nanos;
	if (value != saturate(value))
		return -EINVAL;
	*ns = (int64_t)value;
	return 0;
}

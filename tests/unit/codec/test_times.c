/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of durations: Go's own tests (time.ParseDuration, time.Duration.String). */
#include "check.h"
#include "flytefs/codec.h"

#include "moment.h"

static void test_durations(void)
{
	static const struct {
		const char *text;
		bool valid;
		int64_t ns;
		const char *printed;
	} cases[] = {
		{"0", true, 0, "0s"},
		{"5s", true, 5000000000, "5s"},
		{"1478s", true, 1478000000000, "24m38s"},
		{"-5s", true, -5000000000, "-5s"},
		{"+5s", true, 5000000000, "5s"},
		{"-0", true, 0, "0s"},
		{"5.6s", true, 5600000000, "5.6s"},
		{"5.s", true, 5000000000, "5s"},
		{".5s", true, 500000000, "500ms"},
		{"-.5s", true, -500000000, "-500ms"},
		{"1.00400s", true, 1004000000, "1.004s"},
		{"100.00100s", true, 100001000000, "1m40.001s"},
		{"10ns", true, 10, "10ns"},
		{"11us", true, 11000, "11µs"},
		{"12.5µs", true, 12500, "12.5µs"},
		{"12μs", true, 12000, "12µs"},
		{"13ms", true, 13000000, "13ms"},
		{"15m", true, 900000000000, "15m0s"},
		{"16h", true, 57600000000000, "16h0m0s"},
		{"1h0m0.005s", true, 3600005000000, "1h0m0.005s"},
		{"3h30m", true, 12600000000000, "3h30m0s"},
		{"10.5s4m", true, 250500000000, "4m10.5s"},
		{"-2m3.4s", true, -123400000000, "-2m3.4s"},
		{"1h2m3s4ms5us6ns", true, 3723004005006, "1h2m3.004005006s"},
		{"0.3333333333333333333h", true, 1200000000000, "20m0s"},
		{"9223372036854775807ns", true, INT64_MAX, "2562047h47m16.854775807s"},
		{"9223372036854775.807us", true, INT64_MAX, "2562047h47m16.854775807s"},
		{"-9223372036854775808ns", true, INT64_MIN, "-2562047h47m16.854775808s"},
		{"0.830103483285477580700h", true, 2988372539827, "49m48.372539827s"},
		{"9223372036854775808ns", false, 0, NULL}, {"3000000h", false, 0, NULL},
		{"99999999999999999999999999999999999999999h", false, 0, NULL},
		{"", false, 0, NULL}, {"3", false, 0, NULL}, {"-", false, 0, NULL},
		{"s", false, 0, NULL}, {".", false, 0, NULL}, {"-.", false, 0, NULL},
		{".s", false, 0, NULL}, {"1d", false, 0, NULL}, {"1h ", false, 0, NULL},
		{" 1h", false, 0, NULL}, {"1hh", false, 0, NULL}, {"1s1", false, 0, NULL},
		{"1.1.1s", false, 0, NULL}, {"P1D", false, 0, NULL},
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(cases); i++) {
		int64_t ns = 77;
		auto_buf b = {0};

		CHECK_INT(fly_go_duration_parse(cases[i].text, &ns), cases[i].valid ? 0 : -EINVAL);
		CHECK_INT(ns, cases[i].valid ? cases[i].ns : 77);
		if (!cases[i].valid)
			continue;
		fly_go_duration_print(ns, &b);
		CHECK_STR(b.data, cases[i].printed);
	}
}

/* Longer than 64 bits of nanoseconds, which the message holds. */
static void test_long_spans(void)
{
	int64_t seconds = 0;
	int32_t nanos = 0;
	auto_buf b = {0};

	CHECK_INT(fly_span_parse("-87659999h0.5s", 14, &seconds, &nanos), 0);
	CHECK_INT(seconds, -315575996400);
	CHECK_INT(nanos, -500000000);
	CHECK_INT(fly_span_parse("87660000h0.5s", 13, &seconds, &nanos), -EINVAL);
	CHECK_INT(fly_span_parse("87660000h", 9, &seconds, &nanos), 0);
	fly_span_print(&b, seconds, nanos);
	CHECK_STR(b.data, "87660000h0m0s");
}

static void test_times(void)
{
	static const struct {
		const char *text;
		int64_t ns;
		const char *printed;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"},
		{"2020-05-12T10:00:00.250Z", 1589277600250000000, "2020-05-12T10:00:00.25Z"},
		{"2020-05-12T12:00:00+02:00", 1589277600000000000, "2020-05-12T10:00:00Z"},
		{"1969-12-31T23:59:59.999999999Z", -1, "1969-12-31T23:59:59.999999999Z"},
		{"1900-01-01T01:01:01.000000001Z", -2208985138999999999,
		 "1900-01-01T01:01:01.000000001Z"},
		{"2024-02-29T00:00:00Z", 1709164800000000000, "2024-02-29T00:00:00Z"},
	};
	static const char *const bad[] = {
		"", "2020-05-12", "2020-05-12 10:00:00Z", "2020-05-12T10:00:00", "2020-05-12T10:00Z",
		"2023-02-29T00:00:00Z", "2020-13-01T00:00:00Z", "2020-05-12T24:00:00Z",
		"2020-05-12T10:00:60Z", "2020-05-12T10:00:00.Z", "2020-05-12t10:00:00z",
		"2020-05-12T10:00:00Zx", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "now",
	};
	int64_t ns = 0;

	for (size_t i = 0; i < FLY_ARRAY_LEN(cases); i++) {
		auto_buf b = {0};

		CHECK_INT(fly_time_parse(cases[i].text, &ns), 0);
		CHECK_INT(ns, cases[i].ns);
		fly_time_print(ns, &b);
		CHECK_STR(b.data, cases[i].printed);
	}
	ns = 77;
	for (size_t i = 0; i < FLY_ARRAY_LEN(bad); i++)
		CHECK_INT(fly_time_parse(bad[i], &ns), -EINVAL);
	CHECK_INT(ns, 77);
	CHECK_INT(fly_time_parse("9999-12-31T23:59:59Z", &ns), 0);
	CHECK_INT(ns, INT64_MAX);
	CHECK_INT(fly_time_parse("0001-01-01T00:00:00Z", &ns), 0);
	CHECK_INT(ns, INT64_MIN);
}

static void test_loose_times(void)
{
	static const char *const same[] = {
		"2020-05-12T10:00:00Z", "2020-05-12 10:00:00Z", "2020-05-12t10:00:00z",
		"2020-05-12 12:00:00+02:00",
	};
	int64_t seconds = 0;
	int32_t nanos = 0;

	for (size_t i = 0; i < FLY_ARRAY_LEN(same); i++) {
		seconds = 0;
		CHECK_INT(fly_time_loose(same[i], strlen(same[i]), &seconds, &nanos), 0);
		CHECK_INT(seconds, 1589277600);
	}
	CHECK_INT(fly_time_loose("2020-05-12", 10, &seconds, &nanos), 0);
	CHECK_INT(seconds, 1589241600);
	/* No zone: whose ten o'clock would it be? */
	CHECK_INT(fly_time_loose("2020-05-12T10:00:00", 19, &seconds, &nanos), -EINVAL);
	CHECK_INT(fly_time_loose("2020-05-12T10:00:00Z\0", 21, &seconds, &nanos), -EINVAL);
	CHECK_INT(fly_time_loose("", 0, &seconds, &nanos), -EINVAL);
	CHECK_INT(fly_time_loose("z", 1, &seconds, &nanos), -EINVAL);
}

static void check_messages(int64_t ns, int64_t seconds, int32_t nanos, int64_t d_seconds,
			   int32_t d_nanos)
{
	auto_arena arena = {0};
	Google__Protobuf__Timestamp *t = fly_timestamp(&arena, ns);
	Google__Protobuf__Duration *d = fly_duration(&arena, ns);

	CHECK_INT(t->seconds, seconds);
	CHECK_INT(t->nanos, nanos);
	CHECK_INT(d->seconds, d_seconds);
	CHECK_INT(d->nanos, d_nanos);
	CHECK_INT(fly_timestamp_ns(t), ns);
	CHECK_INT(fly_duration_ns(d), ns);
}

static void test_messages(void)
{
	Google__Protobuf__Timestamp late = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
	Google__Protobuf__Duration early = GOOGLE__PROTOBUF__DURATION__INIT;

	check_messages(1500000000, 1, 500000000, 1, 500000000);
	check_messages(-1500000000, -2, 500000000, -1, -500000000);
	check_messages(-1, -1, 999999999, 0, -1);
	check_messages(0, 0, 0, 0, 0);
	check_messages(INT64_MAX, 9223372036, 854775807, 9223372036, 854775807);
	check_messages(INT64_MIN, -9223372037, 145224192, -9223372036, -854775808);
	late.seconds = INT64_MAX;
	late.nanos = INT32_MAX;
	CHECK_INT(fly_timestamp_ns(&late), INT64_MAX);
	early.seconds = INT64_MIN;
	CHECK_INT(fly_duration_ns(&early), INT64_MIN);
	CHECK_INT(fly_timestamp_ns(NULL), 0);
	CHECK_INT(fly_duration_ns(NULL), 0);
}

int main(void)
{
	test_durations();
	test_long_spans();
	test_times();
	test_loose_times();
	test_messages();
	return check_done();
}

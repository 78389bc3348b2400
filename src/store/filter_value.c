/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of filters as the columns hold them: integers, times, durations, names of numbers. What
 * the server's database refuses is refused here, in words. Source: flyte-api §2.11.
 */
#include "filter.h"

#include <stdio.h>

#include "flytefs/codec.h"

int fly_filter_duration(const char *text, int64_t *ns, struct fly_why *why)
{
	char seconds[64];

	if (fly_go_duration_parse(text, ns) == 0)
		return 0;
	if (strlen(text) + 2 <= sizeof(seconds)) {
		snprintf(seconds, sizeof(seconds), "%ss", text);
		if (fly_go_duration_parse(seconds, ns) == 0)
			return 0;
	}
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "Failed to parse duration [%s]", text);
}

/* As PostgreSQL reads an integer: blanks around it, a sign, digits. */
static int parse_integer(const struct filter *f, const char *text, int64_t *out,
			 struct fly_why *why)
{
	static const char blanks[] = " \t\n\v\f\r";
	const char *start = text + strspn(text, blanks);
	size_t len = strlen(start);
	char copy[32];

	while (len > 0 && strchr(blanks, start[len - 1]))
		len--;
	if (len > 0 && len < sizeof(copy)) {
		memcpy(copy, start, len);
		copy[len] = '\0';
		if (fly_parse_int64(copy, out))
			return 0;
	}
	return fly_refuse(why, FLY_INVALID_ARGUMENT,
			  "%s is compared with integers, not with \"%s\"", f->field, text);
}

/* RFC 3339; besides, a date, or a blank for the T, or no zone, which all mean UTC. */
static int parse_time(const struct filter *f, const char *text, int64_t *out, struct fly_why *why)
{
	static const char date[] = "2006-01-02", moment[] = "2006-01-02T15:04:05";
	size_t len = strlen(text);
	char copy[64];

	if (len + sizeof("T00:00:00Z") <= sizeof(copy)) {
		strcpy(copy, text);
		if (len > strlen(date) && copy[strlen(date)] == ' ')
			copy[strlen(date)] = 'T';
		if (len == strlen(date))
			strcat(copy, "T00:00:00Z");
		if (fly_time_parse(copy, out) == 0)
			return 0;
		if (len >= strlen(moment) && fly_time_parse(strcat(copy, "Z"), out) == 0)
			return 0;
	}
	return fly_refuse(why, FLY_INVALID_ARGUMENT,
			  "%s is compared with times like 2006-01-02T15:04:05Z, not with \"%s\"",
			  f->field, text);
}

/* The number of a name; names that no number has equal nothing. */
static int64_t number_of_name(const struct column *column, const char *text)
{
	int64_t i, number;

	for (i = 0; column->names[i]; i++) {
		if (strcmp(column->names[i], text) == 0)
			return i;
	}
	/* A number without a name is its own name. */
	if (fly_parse_int64(text, &number) && number >= i)
		return number;
	return -1;
}

static bool compares_order(enum filter_function f)
{
	return f == FILTER_GT || f == FILTER_GTE || f == FILTER_LT || f == FILTER_LTE;
}

static bool compares_pattern(enum filter_function f)
{
	return f == FILTER_CONTAINS || f == FILTER_NOT_LIKE;
}

/* A backslash takes the next character as it is; there must be one. */
static bool ends_in_escape(const char *pattern)
{
	size_t n = 0, len = strlen(pattern);

	while (n < len && pattern[len - 1 - n] == '\\')
		n++;
	return n % 2;
}

static int pattern_value(const struct filter *f, const char *text, struct fly_arena *arena,
			 struct filter_value *out, struct fly_why *why)
{
	enum column_type type = f->column->type;
	const char *name = fly_filter_function_name(f->function);

	if (type != COLUMN_TEXT && type != COLUMN_NAME && type != COLUMN_BYTES)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%s is no text: %s can't be asked of it", f->field, name);
	out->type = VALUE_TEXT;
	out->text = text;
	if (f->function == FILTER_CONTAINS)
		out->text = fly_arena_printf(arena, "%%%s%%", text);
	if (!out->text)
		return fly_no_memory(why);
	if (ends_in_escape(out->text))
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "the pattern \"%s\" of %s ends in a backslash", text, f->field);
	return 0;
}

int fly_filter_value(const struct filter *f, const char *text, struct fly_arena *arena,
		     struct filter_value *out, struct fly_why *why)
{
	if (compares_pattern(f->function))
		return pattern_value(f, text, arena, out, why);
	out->type = VALUE_INT;
	out->text = text;
	switch (f->column->type) {
	case COLUMN_TEXT:
		out->type = VALUE_TEXT;
		return 0;
	case COLUMN_BYTES:
		out->type = VALUE_BYTES;
		return 0;
	case COLUMN_INT:
		return parse_integer(f, text, &out->number, why);
	case COLUMN_TIME:
		return parse_time(f, text, &out->number, why);
	case COLUMN_DURATION:
		return fly_filter_duration(text, &out->number, why);
	case COLUMN_NAME:
		if (compares_order(f->function))
			out->type = VALUE_TEXT;
		else
			out->number = number_of_name(f->column, text);
		return 0;
	case COLUMN_REFUSED:
		break;
	}
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "'%s.%s' can't be filtered by",
			  fly_subjects[f->subject].code, f->field);
}

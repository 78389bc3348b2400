/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flyte's filter language: `function(field, value;value)+…` into a list of conditions. It knows
 * the grammar and which subject a field belongs to, not SQL. Source: flyte-api §2.11.
 */
#include "filter.h"

/* What SQLite takes in one statement, which may say a filter three times: depth and variables. */
#define FILTERS_MAX 200
#define VALUES_MAX 10000

static const char *const functions[] = {
	[FILTER_CONTAINS] = "contains", [FILTER_NOT_LIKE] = "not_like",
	[FILTER_GT] = "gt",		[FILTER_GTE] = "gte",
	[FILTER_LT] = "lt",		[FILTER_LTE] = "lte",
	[FILTER_EQ] = "eq",		[FILTER_NE] = "ne",
	[FILTER_IN] = "value_in",	[FILTER_NOT_IN] = "value_not_in",
};

const char *fly_filter_function_name(enum filter_function function)
{
	return functions[function];
}

/* --- one expression: (.+)\((.+),\s?(.+)\), unanchored, each part as long as it can be - */

struct pieces {
	const char *function, *field, *value;
	size_t function_len, field_len, value_len;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* The value of a comma at q: to the last ')' of its line, at least one byte long. */
static bool match_value(const char *q, const char *end, struct pieces *out)
{
	const char *line, *close, *from;
	int skip;

	for (skip = q + 1 < end && is_space(q[1]); skip >= 0; skip--) {
		from = q + 1 + skip;
		line = memchr(from, '\n', (size_t)(end - from));
		close = memrchr(from, ')', (size_t)((line ? line : end) - from));
		if (close && close > from) {
			out->value = from;
			out->value_len = (size_t)(close - from);
			return true;
		}
	}
	return false;
}

/* The field and value of a '(' at p: the last comma of the line that has a value. */
static bool match_field(const char *p, const char *end, struct pieces *out)
{
	const char *line = memchr(p, '\n', (size_t)(end - p)), *q;

	for (q = (line ? line : end) - 1; q > p + 1; q--) {
		if (*q == ',' && match_value(q, end, out)) {
			out->field = p + 1;
			out->field_len = (size_t)(q - p - 1);
			return true;
		}
	}
	return false;
}

static bool match_line(const char *text, const char *line_end, const char *end,
		       struct pieces *out)
{
	const char *p;

	for (p = line_end - 1; p > text; p--) {
		if (*p == '(' && match_field(p, end, out)) {
			out->function = text;
			out->function_len = (size_t)(p - text);
			return true;
		}
	}
	return false;
}

/* `.` is no newline, so the parts before the value lie in one line. */
static bool match(const char *text, size_t len, struct pieces *out)
{
	const char *end = text + len, *line_end;

	for (; text < end; text = line_end + 1) {
		line_end = memchr(text, '\n', (size_t)(end - text));
		if (!line_end)
			line_end = end;
		if (match_line(text, line_end, end, out))
			return true;
	}
	return false;
}

/* --- fields and values ---------------------------------------------------------------- */

static int find_function(const struct pieces *p, enum filter_function *out, struct fly_why *why)
{
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(functions); i++) {
		if (strlen(functions[i]) == p->function_len &&
		    memcmp(functions[i], p->function, p->function_len) == 0) {
			*out = (enum filter_function)i;
			return 0;
		}
	}
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "unrecognized filter function: %.*s",
			  (int)p->function_len, p->function);
}

static void find_subject(const char *field, enum subject primary, struct filter *out)
{
	size_t i, len;

	out->subject = primary;
	out->field = field;
	for (i = 0; i < N_SUBJECTS; i++) {
		len = strlen(fly_subjects[i].prefix);
		if (strncmp(field, fly_subjects[i].prefix, len) == 0 && field[len] == '.') {
			out->subject = (enum subject)i;
			out->field = field + len + 1;
			break;
		}
	}
	/* Two fields that the server reads elsewhere. */
	if (out->subject == SUBJECT_ADMIN_TAG && strcmp(out->field, "name") == 0) {
		out->subject = SUBJECT_TAG;
		out->field = "key";
	} else if (out->subject == SUBJECT_NAMED && (strcmp(out->field, "description") == 0 ||
						     strcmp(out->field, "state") == 0)) {
		out->subject = SUBJECT_NAMED_METADATA;
	}
}

static int split_values(char *value, struct fly_arena *arena, struct filter *out,
			struct fly_why *why)
{
	size_t n = 1, i;
	char *c;

	for (c = value; *c; c++)
		n += *c == ';';
	out->values = fly_arena_zalloc(arena, n, sizeof(*out->values));
	if (!out->values)
		return fly_no_memory(why);
	for (i = 0; i < n; i++)
		out->values[i] = strsep(&value, ";");
	out->n_values = n;
	return 0;
}

/* Durations are read with the grammar, before anything is looked up. */
static int check_durations(const struct filter *f, struct fly_why *why)
{
	int64_t ns;
	size_t i;
	int rc = 0;

	if (strcmp(f->field, "duration") != 0)
		return 0;
	for (i = 0; rc == 0 && i < f->n_values; i++)
		rc = fly_filter_duration(f->values[i], &ns, why);
	return rc;
}

static int parse_one(const char *text, size_t len, enum subject primary, struct fly_arena *arena,
		     struct filter *out, struct fly_why *why)
{
	struct pieces p;
	char *field, *value;
	int rc;

	if (!match(text, len, &p))
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "invalid value for filters");
	rc = find_function(&p, &out->function, why);
	if (rc < 0)
		return rc;
	field = fly_arena_strndup(arena, p.field, p.field_len);
	value = fly_arena_strndup(arena, p.value, p.value_len);
	if (!field || !value)
		return fly_no_memory(why);
	find_subject(field, primary, out);
	rc = split_values(value, arena, out, why);
	return rc < 0 ? rc : check_durations(out, why);
}

int fly_filters_parse(const char *text, enum subject primary, struct fly_arena *arena,
		      struct filter **out, size_t *n_out, struct fly_why *why)
{
	size_t n = 1, n_values = 0, i;
	struct filter *filters;
	const char *plus;
	int rc;

	for (plus = text; (plus = strchr(plus, '+')); plus++)
		n++;
	if (n > FILTERS_MAX)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%zu filters are too many: at most %d are taken", n, FILTERS_MAX);
	filters = fly_arena_zalloc(arena, n, sizeof(*filters));
	if (!filters)
		return fly_no_memory(why);
	for (i = 0; i < n; i++) {
		plus = strchrnul(text, '+');
		rc = parse_one(text, (size_t)(plus - text), primary, arena, &filters[i], why);
		if (rc < 0)
			return rc;
		n_values += filters[i].n_values;
		if (n_values > VALUES_MAX)
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "filters may have %d values, not more", VALUES_MAX);
		text = plus + 1;
	}
	*out = filters;
	*n_out = n;
	return 0;
}

int fly_filters_resolve(struct filter *filters, size_t n, const struct list_table *list,
			struct fly_why *why)
{
	struct filter *f;

	for (f = filters; n > 0; f++, n--) {
		if (f->subject != list->primary && !list->joins[f->subject])
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "'%s' entity is not allowed in filters",
					  fly_subjects[f->subject].code);
		f->column = fly_column_find(f->subject, f->field);
		if (!f->column)
			return fly_column_refuse(f->subject, f->field, "filter", why);
	}
	return 0;
}

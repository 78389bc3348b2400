/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of schedules: cron texts as Flyte's scheduler reads them, and what a plan with a
 * schedule must leave bound. It computes no time at which anything starts.
 * Source: flyte-engine §1.7.
 */
#include "entity.h"

#include <stdio.h>
#include <strings.h>

struct cron_field {
	const char *name;
	unsigned min, max;
	const char *const *words;	/* in order from first_word */
	unsigned n_words, first_word;
};

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
				     "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static const struct cron_field fields[FLY_CRON_FIELDS] = {
	{"minute", 0, 59, NULL, 0, 0},
	{"hour", 0, 23, NULL, 0, 0},
	{"day of month", 1, 31, NULL, 0, 0},
	{"month", 1, 12, months, FLY_ARRAY_LEN(months), 1},
	{"day of week", 0, 6, days, FLY_ARRAY_LEN(days), 0},
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* --- one field ---------------------------------------------------------------------- */

static int parse_number(const struct cron_field *f, const char *text, size_t len, unsigned *out,
			struct fly_why *why)
{
	char digits[24];
	int64_t value;
	unsigned i;

	for (i = 0; i < f->n_words; i++) {
		if (strlen(f->words[i]) == len && !strncasecmp(text, f->words[i], len)) {
			*out = f->first_word + i;
			return 0;
		}
	}
	if (len && len < sizeof(digits)) {
		memcpy(digits, text, len);
		digits[len] = '\0';
		if (fly_parse_int64(digits, &value) && value >= 0 && value <= UINT32_MAX) {
			*out = (unsigned)value;
			return 0;
		}
	}
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s: \"%.*s\" is no number%s", f->name,
			  (int)len, text, f->n_words ? " and no name" : "");
}

/* From-to of "3", "3-7", "*", "?", "*-5" (a star, whatever follows). */
static int parse_range(const struct cron_field *f, const char *text, size_t len, unsigned *from,
		       unsigned *to, bool *star, bool *single, struct fly_why *why)
{
	const char *dash = memchr(text, '-', len);
	size_t first = dash ? (size_t)(dash - text) : len;
	size_t rest = dash ? len - first - 1 : 0;
	int rc;

	*single = !dash;
	*star = first == 1 && (*text == '*' || *text == '?');
	if (*star) {
		*from = f->min;
		*to = f->max;
		return 0;
	}
	rc = parse_number(f, text, first, from, why);
	if (rc < 0 || !dash) {
		*to = *from;
		return rc;
	}
	if (memchr(dash + 1, '-', rest))
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s: \"%.*s\" has too many hyphens",
				  f->name, (int)len, text);
	return parse_number(f, dash + 1, rest, to, why);
}

static int parse_item(const struct cron_field *f, const char *text, size_t len, uint64_t *bits,
		      bool *star_out, struct fly_why *why)
{
	const char *slash = memchr(text, '/', len);
	size_t range = slash ? (size_t)(slash - text) : len;
	unsigned from = 0, to = 0, step = 1, at;
	bool star = false, single = false;
	int rc;

	rc = parse_range(f, text, range, &from, &to, &star, &single, why);
	if (rc < 0)
		return rc;
	if (slash) {
		static const struct cron_field plain = {"step", 0, 0, NULL, 0, 0};

		rc = parse_number(&plain, slash + 1, len - range - 1, &step, why);
		if (rc < 0)
			return rc;
		if (single)
			to = f->max;
		star = star && step <= 1;
	}
	if (from < f->min || to > f->max)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s: \"%.*s\" is outside %u-%u",
				  f->name, (int)len, text, f->min, f->max);
	if (from > to)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s: \"%.*s\" runs backwards", f->name,
				  (int)len, text);
	if (!step)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s: \"%.*s\" has a step of 0",
				  f->name, (int)len, text);
	for (at = from; at <= to; at += step) {
		*bits |= UINT64_C(1) << at;
		if (step > to)
			break;
	}
	*star_out |= star;
	return 0;
}

static int parse_field(unsigned index, const char *text, size_t len, struct fly_cron *cron,
		       struct fly_why *why)
{
	const struct cron_field *f = &fields[index];
	const char *end = text + len;
	int rc;

	while (text < end) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		const char *stop = comma ? comma : end;

		if (stop > text) {
			rc = parse_item(f, text, (size_t)(stop - text), &cron->bits[index],
					&cron->star[index], why);
			if (rc < 0)
				return rc;
		}
		text = stop + 1;
	}
	if (cron->bits[index])
		return 0;
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s: \"%.*s\" names no value", f->name,
			  (int)len, end - len);
}

/* --- the whole text ----------------------------------------------------------------- */

static int parse_fields(const char *text, struct fly_cron *cron, struct fly_why *why)
{
	const char *start[FLY_CRON_FIELDS];
	size_t len[FLY_CRON_FIELDS];
	const char *p = text;
	unsigned n = 0, i;
	int rc;

	for (;;) {
		while (is_blank(*p))
			p++;
		if (!*p)
			break;
		if (n < FLY_CRON_FIELDS)
			start[n] = p;
		while (*p && !is_blank(*p))
			p++;
		if (n < FLY_CRON_FIELDS)
			len[n] = (size_t)(p - start[n]);
		n++;
	}
	if (n != FLY_CRON_FIELDS)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "it has %u fields, not 5: minute hour day-of-month month "
				  "day-of-week, or @hourly, @daily, @weekly, @monthly, @yearly, "
				  "@every 5m", n);
	for (i = 0; i < FLY_CRON_FIELDS; i++) {
		rc = parse_field(i, start[i], len[i], cron, why);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int parse_every(const char *text, struct fly_cron *cron, struct fly_why *why)
{
	int64_t ns;

	if (fly_go_duration_parse(text, &ns) < 0)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "@every \"%s\" is no duration such as 90s, 5m or 1h30m", text);
	cron->every_s = ns < INT64_C(1000000000) ? 1 : ns / INT64_C(1000000000);
	return 0;
}

static int parse_descriptor(const char *text, struct fly_cron *cron, struct fly_why *why)
{
	static const struct {
		const char *name, *fields;
	} table[] = {
		{"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
		{"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
		{"@hourly", "0 * * * *"},
	};
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(table); i++) {
		if (!strcmp(text, table[i].name))
			return parse_fields(table[i].fields, cron, why);
	}
	if (!strncmp(text, "@every ", 7))
		return parse_every(text + 7, cron, why);
	return fly_refuse(why, FLY_INVALID_ARGUMENT,
			  "\"%s\" is none of @hourly, @daily, @midnight, @weekly, @monthly, "
			  "@yearly, @annually, @every DURATION", text);
}

/* Names as the zone database has them; never a path out of it. */
static bool zone_exists(const char *zone)
{
	char path[128];
	const char *p;

	if (!*zone || !strcmp(zone, "UTC") || !strcmp(zone, "Local"))
		return true;
	if (*zone == '/' || strstr(zone, ".."))
		return false;
	for (p = zone; *p; p++) {
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/",
			    *p))
			return false;
	}
	if ((size_t)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", zone) >= sizeof(path))
		return false;
	return access(path, R_OK) == 0;
}

static int parse_zone(const char **text, struct fly_cron *cron, struct fly_why *why)
{
	const char *equals = strchr(*text, '=');
	size_t len = strcspn(equals + 1, " ");

	if (len >= sizeof(cron->zone) || !equals[1 + len])
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "\"%s\" has no schedule behind its time zone", *text);
	memcpy(cron->zone, equals + 1, len);
	cron->zone[len] = '\0';
	if (!zone_exists(cron->zone))
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "there is no time zone \"%s\"",
				  cron->zone);
	for (*text = equals + 1 + len; is_blank(**text); (*text)++)
		;
	return 0;
}

int fly_cron_parse(const char *text, struct fly_cron *out, struct fly_why *why)
{
	struct fly_cron cron = {0};
	int rc;

	if (!strncmp(text, "TZ=", 3) || !strncmp(text, "CRON_TZ=", 8)) {
		rc = parse_zone(&text, &cron, why);
		if (rc < 0)
			return rc;
	}
	rc = *text == '@' ? parse_descriptor(text, &cron, why) : parse_fields(text, &cron, why);
	if (rc < 0)
		return rc;
	*out = cron;
	return 0;
}

/* --- of a launch plan --------------------------------------------------------------- */

/* The cron text of a schedule; NULL when it has none (or is NULL). */
static const char *cron_of(const Flyteidl__Admin__Schedule *schedule)
{
	switch (schedule ? (int)schedule->schedule_expression_case : 0) {
	case FLYTEIDL__ADMIN__SCHEDULE__SCHEDULE_EXPRESSION_CRON_EXPRESSION:
		return *schedule->cron_expression ? schedule->cron_expression : NULL;
	case FLYTEIDL__ADMIN__SCHEDULE__SCHEDULE_EXPRESSION_CRON_SCHEDULE:
		return *schedule->cron_schedule->schedule ? schedule->cron_schedule->schedule
							  : NULL;
	default:
		return NULL;
	}
}

static bool has_rate(const Flyteidl__Admin__Schedule *schedule)
{
	return schedule &&
	       schedule->schedule_expression_case ==
		       FLYTEIDL__ADMIN__SCHEDULE__SCHEDULE_EXPRESSION_RATE &&
	       schedule->rate->value;
}

const char *fly_schedule_type(const Flyteidl__Admin__Schedule *schedule)
{
	if (cron_of(schedule))
		return "CRON";
	return has_rate(schedule) ? "RATE" : "NONE";
}

static int check_kickoff(const char *arg, const Flyteidl__Core__ParameterMap *expected,
			 const char *field, struct fly_why *why)
{
	const Flyteidl__Core__LiteralType *type;
	size_t i;

	for (i = 0; i < expected->n_parameters; i++) {
		if (strcmp(expected->parameters[i]->key, arg))
			continue;
		type = expected->parameters[i]->value->var->type;
		if (type->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_SIMPLE &&
		    type->simple == FLYTEIDL__CORE__SIMPLE_TYPE__DATETIME)
			return 0;
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%s.kickoff_time_input_arg: input %s is no datetime", field, arg);
	}
	return fly_refuse(why, FLY_INVALID_ARGUMENT,
			  "%s.kickoff_time_input_arg: %s is no free input of the plan", field, arg);
}

int fly_check_schedule(const Flyteidl__Admin__Schedule *schedule,
		       const Flyteidl__Core__ParameterMap *expected, const char *field,
		       struct fly_why *why)
{
	const char *cron = cron_of(schedule);
	struct fly_cron parsed;
	size_t i;
	int rc;

	if (!cron && !has_rate(schedule))
		return 0;
	for (i = 0; i < expected->n_parameters; i++) {
		const Flyteidl__Core__Parameter *p = expected->parameters[i]->value;
		const char *name = expected->parameters[i]->key;

		if (p->behavior_case == FLYTEIDL__CORE__PARAMETER__BEHAVIOR_REQUIRED &&
		    p->required && strcmp(name, schedule->kickoff_time_input_arg))
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "%s: input %s is required and nothing binds it: a plan "
					  "that starts by itself needs a default or a fixed "
					  "value", field, name);
	}
	if (*schedule->kickoff_time_input_arg) {
		rc = check_kickoff(schedule->kickoff_time_input_arg, expected, field, why);
		if (rc < 0)
			return rc;
	}
	if (!cron)
		return 0;
	rc = fly_cron_parse(cron, &parsed, why);
	if (rc < 0)
		fly_why_prefix(why, "%s: cron text \"%s\": ", field, cron);
	return rc;
}

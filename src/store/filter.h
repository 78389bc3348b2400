/* SPDX-License-Identifier: Apache-2.0 */
/* Flyte's filter language, read: see filter.c. Private to the store. */
#ifndef FLYTEFS_STORE_FILTER_H
#define FLYTEFS_STORE_FILTER_H

#include "columns.h"

enum filter_function {
	FILTER_CONTAINS,
	FILTER_NOT_LIKE,
	FILTER_GT,
	FILTER_GTE,
	FILTER_LT,
	FILTER_LTE,
	FILTER_EQ,
	FILTER_NE,
	FILTER_IN,
	FILTER_NOT_IN,
};

/* One expression. Texts lie in the arena of the parse. */
struct filter {
	enum filter_function function;
	enum subject subject;
	const char *field;
	char **values;
	size_t n_values;
	const struct column *column;	/* after fly_filters_resolve() */
};

/** A value as a column compares it. */
struct filter_value {
	enum { VALUE_TEXT, VALUE_INT, VALUE_BYTES } type;
	const char *text;
	int64_t number;
};

/**
 * Read a text of filters; its subjects without prefix are the primary one's.
 * Errors: INVALID_ARGUMENT with the server's words.
 */
int fly_filters_parse(const char *text, enum subject primary, struct fly_arena *arena,
		      struct filter **out, size_t *n_out, struct fly_why *why);
/** Find each one's column; refuse what this list can't be filtered by. */
int fly_filters_resolve(struct filter *filters, size_t n, const struct list_table *list,
			struct fly_why *why);
/** filter_value.c: one value of a resolved filter, converted. */
int fly_filter_value(const struct filter *f, const char *text, struct fly_arena *arena,
		     struct filter_value *out, struct fly_why *why);
/** Parse a duration as filters write it: seconds, or Go's text. 0 or -EINVAL with words. */
int fly_filter_duration(const char *text, int64_t *ns, struct fly_why *why);
/** "equals", "contains", … as the language writes it: "eq". */
const char *fly_filter_function_name(enum filter_function function);

#endif

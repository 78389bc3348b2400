/* SPDX-License-Identifier: Apache-2.0 */
/* A list on its way to one SELECT. Private to the store. */
#ifndef FLYTEFS_STORE_LIST_H
#define FLYTEFS_STORE_LIST_H

#include "filter.h"

struct query {
	const struct fly_list *list;
	const struct list_table *table;
	struct filter *filters;
	size_t n_filters;
	struct fly_arena *arena;
	struct fly_buf sql;
	struct filter_value *values;	/* to bind, in order */
	size_t n_values, cap_values;
	bool no_memory;
};

/* list_where.c: texts and values of conditions, each with " AND " in front. */

void fly_query_bind_int(struct query *q, int64_t number);
/** " AND FIELD op ?" of a resolved filter; -EINVAL with words when its values don't fit. */
int fly_query_condition(struct query *q, const struct filter *f, struct fly_why *why);
/** " AND e.plan IN (…)" of a filter by the name of a launch plan. */
int fly_query_plans(struct query *q, const struct filter *f, struct fly_why *why);
/** The joins that the filters need. */
void fly_query_joins(struct query *q);
/** All filters; the joins must be there already. */
int fly_query_filters(struct query *q, struct fly_why *why);
/** What the list restricts without filters, and what is hidden unless asked for. */
void fly_query_restrictions(struct query *q);
/** Bind everything, in order. */
void fly_query_bind_all(struct stmt *s, const struct query *q);

/* list_path.c */

/** " INDEXED BY …" for a list of executions, or ""; sort may be NULL. */
const char *fly_query_index(struct fly_db *db, const struct query *q, const struct column *sort,
			    int64_t offset);
/** Does the filter ask for launch plans by their whole name? */
bool fly_filter_names_plans(const struct filter *f);

/** One project and one domain? */
static inline bool fly_is_one_scope(const struct fly_list *list)
{
	return list->project && *list->project && list->domain && *list->domain;
}

static inline bool fly_is_given(const char *text)
{
	return text && *text;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists: what is asked for becomes one SELECT whose texts all come from the tables of columns.c
 * and whose values are all bound. Source: flyte-api §2.11.
 */
#include "list.h"

#include <stdio.h>

/* --- order and page ------------------------------------------------------------------- */

static int find_sort(const struct query *q, const struct column **out, struct fly_why *why)
{
	const char *key = q->list->sort_key;

	*out = NULL;
	if (!key)
		return 0;
	*out = fly_column_find(q->table->primary, key);
	if (!*out)
		return fly_column_refuse(q->table->primary, key, "sort", why);
	if (q->list->what == FLY_LIST_NAMED_ENTITY && strcmp(key, "project") != 0 &&
	    strcmp(key, "domain") != 0 && strcmp(key, "name") != 0)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "names are sorted by project, domain or name, not by '%s'", key);
	return 0;
}

/* Columns of the heads that the service sorts by most are never NULL, and an index has them. */
static bool is_never_null(const struct column *column)
{
	return strcmp(column->sql, "e.created_ns") == 0 || strcmp(column->sql, "e.name") == 0 ||
	       strcmp(column->sql, "e.id") == 0;
}

/* NULL is greater than any value, as in PostgreSQL. Ties go by id, in the same direction. */
static void put_order(struct query *q, const struct column *sort)
{
	const char *direction = q->list->ascending || !sort ? "" : " DESC";
	const char *nulls = q->list->ascending ? " NULLS LAST" : " NULLS FIRST";

	fly_buf_puts(&q->sql, " ORDER BY ");
	if (sort) {
		fly_column_print(sort, &q->sql);
		fly_buf_printf(&q->sql, "%s%s, ", direction, is_never_null(sort) ? "" : nulls);
	} else if (q->table->order) {
		fly_buf_printf(&q->sql, "%s, ", q->table->order);
	}
	fly_buf_printf(&q->sql, "%s%s", q->table->id, direction);
}

static int parse_token(const struct fly_list *list, int64_t *out, struct fly_why *why)
{
	*out = 0;
	if (!fly_is_given(list->token))
		return 0;
	if (fly_parse_int64(list->token, out) && *out >= 0)
		return 0;
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "invalid pagination token %s for %s",
			  list->token, list->call);
}

/* --- running it ----------------------------------------------------------------------- */

static int run(struct fly_db *db, struct query *q, int64_t **out, struct fly_why *why)
{
	int64_t *ids = NULL;
	size_t n = 0, cap = 0;
	struct stmt s;
	int rc;

	if (q->no_memory || q->sql.failed)
		return fly_no_memory(why);
	fly_stmt_build(&s, db, q->sql.data, q->arena);
	fly_query_bind_all(&s, q);
	while ((rc = fly_stmt_row(&s)) > 0) {
		ids = fly_rows_room(q->arena, ids, n, &cap, sizeof(*ids));
		if (!ids)
			return fly_stmt_end(&s, fly_no_memory(why));
		ids[n++] = fly_col_int(&s);
	}
	if (rc < 0)
		rc = fly_db_fail(db, s.code, why);
	rc = fly_stmt_end(&s, rc);
	if (rc < 0)
		return rc;
	*out = ids;
	return (int)n;
}

static void put_page(struct query *q, const struct column *sort, int64_t offset)
{
	put_order(q, sort);
	fly_buf_puts(&q->sql, " LIMIT ? OFFSET ?");
	fly_query_bind_int(q, q->list->limit ? (int64_t)q->list->limit : -1);
	fly_query_bind_int(q, offset);
}

/* Names are paged before they are filtered, as the server does: a page may be short, or empty,
 * and more may follow. Lists of bare names ignore filters. */
static int compose_names(struct query *q, const struct column *sort, int64_t offset,
			 struct fly_why *why)
{
	int rc;

	fly_buf_puts(&q->sql, "SELECT m.id FROM named m WHERE m.id IN (SELECT m.id FROM named m "
			      "WHERE 1");
	fly_query_restrictions(q);
	put_page(q, sort, offset);
	fly_buf_putc(&q->sql, ')');
	if (q->n_filters == 0 && !q->list->distinct_names)
		fly_buf_puts(&q->sql, " AND substr(m.name, 1, 9) <> '.flytegen'");
	rc = fly_query_filters(q, why);
	if (rc == 0)
		put_order(q, sort);
	return rc;
}

static int compose(struct fly_db *db, struct query *q, const struct column *sort, int64_t offset,
		   struct fly_why *why)
{
	int rc;

	if (q->list->what == FLY_LIST_NAMED_ENTITY)
		return compose_names(q, sort, offset, why);
	fly_buf_printf(&q->sql, "SELECT %s FROM %s%s", q->table->id, q->table->from,
		       q->list->what == FLY_LIST_EXECUTION ? fly_query_index(db, q, sort, offset)
							   : "");
	fly_query_joins(q);
	fly_buf_puts(&q->sql, " WHERE 1");
	fly_query_restrictions(q);
	rc = fly_query_filters(q, why);
	if (rc == 0)
		put_page(q, sort, offset);
	return rc;
}

/* The order of the checks is the server's: grammar, sort key, token, then fields and values. */
static int ask(struct fly_db *db, struct query *q, int64_t *offset, int64_t **ids,
	       struct fly_why *why)
{
	const struct column *sort;
	int rc = 0;

	if (fly_is_given(q->list->filters) && !q->list->distinct_names)
		rc = fly_filters_parse(q->list->filters, q->table->primary, q->arena, &q->filters,
				       &q->n_filters, why);
	if (rc == 0)
		rc = find_sort(q, &sort, why);
	if (rc == 0)
		rc = parse_token(q->list, offset, why);
	if (rc == 0)
		rc = fly_filters_resolve(q->filters, q->n_filters, q->table, why);
	if (rc == 0)
		rc = compose(db, q, sort, *offset, why);
	return rc < 0 ? rc : run(db, q, ids, why);
}

int fly_list_ids(struct fly_db *db, const struct fly_list *list, struct fly_arena *arena,
		 int64_t **out_ids, const char **out_token, struct fly_why *why)
{
	struct query q = {.list = list, .table = &fly_lists[list->what], .arena = arena};
	struct fly_list names;
	const char *token = "";
	int64_t offset, *ids = NULL;
	int n;

	if (list->distinct_names) {
		names = *list;
		names.what = FLY_LIST_NAMED_ENTITY;
		names.named_kind = list->what == FLY_LIST_TASK	     ? FLY_KIND_TASK
				   : list->what == FLY_LIST_WORKFLOW ? FLY_KIND_WORKFLOW
								     : FLY_KIND_LAUNCH_PLAN;
		q.list = &names;
		q.table = &fly_lists[FLY_LIST_NAMED_ENTITY];
	}
	n = ask(db, &q, &offset, &ids, why);
	fly_buf_release(&q.sql);
	if (n < 0)
		return n;
	if ((uint32_t)n == list->limit)
		token = fly_arena_printf(arena, "%lld", (long long)offset + n);
	if (!token)
		return fly_no_memory(why);
	*out_ids = ids;
	*out_token = token;
	return n;
}

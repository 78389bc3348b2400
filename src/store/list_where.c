/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions of lists as SQL: texts from the tables of columns.c, values bound. It knows neither
 * order nor page.
 */
#include "list.h"

static void bind(struct query *q, struct filter_value value)
{
	struct filter_value *values = fly_rows_room(q->arena, q->values, q->n_values,
						    &q->cap_values, sizeof(*values));

	if (!values) {
		q->no_memory = true;
		return;
	}
	q->values = values;
	q->values[q->n_values++] = value;
}

void fly_query_bind_int(struct query *q, int64_t number)
{
	bind(q, (struct filter_value){.type = VALUE_INT, .number = number});
}

static void bind_text(struct query *q, const char *text)
{
	bind(q, (struct filter_value){.type = VALUE_TEXT, .text = text});
}

static void where_int(struct query *q, const char *condition, int64_t number)
{
	fly_buf_printf(&q->sql, " AND %s ?", condition);
	fly_query_bind_int(q, number);
}

/* --- filters -------------------------------------------------------------------------- */

static const char *const operators[] = {
	[FILTER_GT] = ">",  [FILTER_GTE] = ">=", [FILTER_LT] = "<",  [FILTER_LTE] = "<=",
	[FILTER_EQ] = "=",  [FILTER_NE] = "<>",	 [FILTER_IN] = "IN", [FILTER_NOT_IN] = "NOT IN",
};

/* Names of numbers are compared as numbers where only equality counts: an index may serve. */
static bool compares_number(const struct filter *f)
{
	return f->column->type == COLUMN_NAME &&
	       (f->function == FILTER_EQ || f->function == FILTER_NE ||
		f->function == FILTER_IN || f->function == FILTER_NOT_IN);
}

static int put_value(struct query *q, const struct filter *f, const char *text,
		     struct fly_why *why)
{
	struct filter_value value;
	int rc = fly_filter_value(f, text, q->arena, &value, why);

	if (rc == 0) {
		fly_buf_putc(&q->sql, '?');
		bind(q, value);
	}
	return rc;
}

static void put_column(struct query *q, const struct filter *f)
{
	if (compares_number(f))
		fly_buf_puts(&q->sql, f->column->sql);
	else
		fly_column_print(f->column, &q->sql);
}

static int put_pattern(struct query *q, const struct filter *f, const char *text,
		       struct fly_why *why)
{
	int rc;

	fly_buf_puts(&q->sql, f->function == FILTER_NOT_LIKE ? "NOT fly_like(" : "fly_like(");
	put_column(q, f);
	fly_buf_puts(&q->sql, ", ");
	rc = put_value(q, f, text, why);
	fly_buf_putc(&q->sql, ')');
	return rc;
}

/* Several values given to `contains` are one value to the server: its list, printed. */
static const char *join_values(struct query *q, const struct filter *f)
{
	auto_buf b = {0};
	size_t i;

	for (i = 0; i < f->n_values; i++)
		fly_buf_printf(&b, "%s%s", i ? " " : "[", f->values[i]);
	fly_buf_putc(&b, ']');
	return b.failed ? NULL : fly_arena_strdup(q->arena, b.data);
}

int fly_query_condition(struct query *q, const struct filter *f, struct fly_why *why)
{
	bool takes_many = f->function == FILTER_IN || f->function == FILTER_NOT_IN;
	const char *text = f->values[0];
	size_t i;
	int rc = 0;

	fly_buf_puts(&q->sql, " AND ");
	if (f->n_values > 1 && f->function == FILTER_CONTAINS) {
		text = join_values(q, f);
		if (!text)
			return fly_no_memory(why);
	} else if (f->n_values > 1 && !takes_many) {
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%s(%s, …) compares with one value, not with %zu",
				  fly_filter_function_name(f->function), f->field, f->n_values);
	}
	if (f->function == FILTER_CONTAINS || f->function == FILTER_NOT_LIKE)
		return put_pattern(q, f, text, why);
	put_column(q, f);
	fly_buf_printf(&q->sql, " %s ", operators[f->function]);
	if (!takes_many)
		return put_value(q, f, text, why);
	for (i = 0; rc == 0 && i < f->n_values; i++) {
		fly_buf_puts(&q->sql, i ? ", " : "(");
		rc = put_value(q, f, f->values[i], why);
	}
	fly_buf_putc(&q->sql, ')');
	return rc;
}

/* The condition itself stands on the joined plan; this says the same in terms of an index. */
int fly_query_plans(struct query *q, const struct filter *f, struct fly_why *why)
{
	int rc;

	fly_buf_puts(&q->sql, " AND e.plan IN (SELECT ln.id FROM named ln WHERE ln.kind = 6");
	rc = fly_query_condition(q, f, why);
	fly_buf_putc(&q->sql, ')');
	return rc;
}

/* All conditions on tags are of one tag, as in the server's join; but no row is repeated. */
int fly_query_filters(struct query *q, struct fly_why *why)
{
	const struct filter *f;
	bool has_tags = false;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < q->n_filters; i++) {
		f = &q->filters[i];
		if (f->subject == SUBJECT_TAG)
			has_tags = true;
		else
			rc = fly_query_condition(q, f, why);
		if (rc == 0 && q->list->what == FLY_LIST_EXECUTION && fly_filter_names_plans(f))
			rc = fly_query_plans(q, f, why);
	}
	if (rc < 0 || !has_tags)
		return rc;
	fly_buf_puts(&q->sql, " AND e.id IN (SELECT g.execution FROM execution_tag g WHERE 1");
	for (i = 0; rc == 0 && i < q->n_filters; i++) {
		f = &q->filters[i];
		if (f->subject == SUBJECT_TAG)
			rc = fly_query_condition(q, f, why);
	}
	fly_buf_putc(&q->sql, ')');
	return rc;
}

void fly_query_joins(struct query *q)
{
	bool joined[N_SUBJECTS] = {false};
	size_t i;

	joined[q->table->primary] = true;
	for (i = 0; i < q->n_filters; i++) {
		enum subject subject = q->filters[i].subject;

		if (!joined[subject])
			fly_buf_puts(&q->sql, q->table->joins[subject]);
		joined[subject] = true;
	}
}

/* --- what the list itself restricts --------------------------------------------------- */

static bool asks_for_state(const struct query *q)
{
	size_t i;

	for (i = 0; i < q->n_filters; i++) {
		if (strcmp(q->filters[i].field, "state") == 0)
			return true;
	}
	return false;
}

static void put_scope(struct query *q)
{
	const struct fly_list *list = q->list;

	if (!q->table->scope || (!fly_is_given(list->project) && !fly_is_given(list->domain)))
		return;
	fly_buf_printf(&q->sql,
		       " AND %s %s (SELECT xs.id FROM scope xs JOIN project xp ON "
		       "xp.id = xs.project WHERE 1",
		       q->table->scope, fly_is_one_scope(list) ? "=" : "IN");
	if (fly_is_given(list->project)) {
		fly_buf_puts(&q->sql, " AND xp.identifier = ?");
		bind_text(q, list->project);
	}
	if (fly_is_given(list->domain)) {
		fly_buf_puts(&q->sql, " AND xs.domain = ?");
		bind_text(q, list->domain);
	}
	fly_buf_putc(&q->sql, ')');
}

static void put_nodes(struct query *q)
{
	const struct fly_list *list = q->list;

	if (list->execution)
		where_int(q, "n.execution =", list->execution);
	if (list->attempt)
		where_int(q, "n.parent_attempt =", list->attempt);
	else if (list->node)
		where_int(q, "n.parent =", list->node);
	else
		fly_buf_puts(&q->sql, " AND n.parent = 0 AND n.parent_attempt = 0");
}

void fly_query_restrictions(struct query *q)
{
	const struct fly_list *list = q->list;

	put_scope(q);
	if (q->table->name && fly_is_given(list->name)) {
		fly_buf_printf(&q->sql, " AND %s = ?", q->table->name);
		bind_text(q, list->name);
	}
	switch (list->what) {
	case FLY_LIST_EXECUTION:
		if (!asks_for_state(q))
			fly_buf_puts(&q->sql, " AND e.state = 0");
		break;
	case FLY_LIST_LAUNCH_PLAN:
		if (list->active_only)
			fly_buf_puts(&q->sql, " AND l.state = 1");
		break;
	case FLY_LIST_PROJECT:
		if (q->n_filters == 0)
			fly_buf_puts(&q->sql, " AND p.state <> 1");
		break;
	case FLY_LIST_NAMED_ENTITY:
		where_int(q, "m.kind =", list->named_kind);
		break;
	case FLY_LIST_NODE_EXECUTION:
		put_nodes(q);
		break;
	case FLY_LIST_TASK_EXECUTION:
		if (list->execution)
			where_int(q, "a.execution =", list->execution);
		where_int(q, "a.node =", list->node);
		break;
	case FLY_LIST_WORKFLOW:
	case FLY_LIST_TASK:
		break;
	}
}

void fly_query_bind_all(struct stmt *s, const struct query *q)
{
	size_t i;

	for (i = 0; i < q->n_values; i++) {
		const struct filter_value *v = &q->values[i];

		if (v->type == VALUE_INT)
			fly_bind_int(s, v->number);
		else if (v->type == VALUE_TEXT)
			fly_bind_text(s, v->text);
		else
			fly_bind_bytes(s, (struct fly_bytes){.data = (const uint8_t *)v->text,
							     .len = strlen(v->text)});
	}
}

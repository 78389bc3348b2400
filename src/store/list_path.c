/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which index leads through a list of executions. SQLite keeps no figures of how often a phase or
 * a launch plan occurs, and its guess may be a hundred times too slow. A walk passes rows as they
 * lie and costs least a row; where it goes in the order that is asked for it ends with the page. An
 * index by phase or plan jumps about, and pays where it leaves few rows. So the candidates are
 * counted, no further than they can pay.
 */
#include "list.h"

#define BY_ID " NOT INDEXED"
#define CREATED " INDEXED BY execution_created"
#define NAME " INDEXED BY execution_name"
#define PHASE " INDEXED BY execution_phase"
#define PLAN " INDEXED BY execution_plan"

#define PAYS_BELOW 6	/* a row that is jumped to costs as much as so many that are passed */
#define OTHERS_LEAVE 10	/* conditions that are not counted leave one row in so many, as a guess */

static bool is_equality(const struct filter *f)
{
	return f->function == FILTER_EQ || f->function == FILTER_IN;
}

bool fly_filter_names_plans(const struct filter *f)
{
	return f->subject == SUBJECT_LAUNCH_PLAN && is_equality(f) && strcmp(f->field, "name") == 0;
}

static bool names_phases(const struct filter *f)
{
	return f->subject == SUBJECT_EXECUTION && is_equality(f) && strcmp(f->field, "phase") == 0;
}

/* How many rows of the scope an index leaves, up to most. */
static int64_t count_rows(struct fly_db *db, const struct query *q, const struct filter *f,
			  int64_t scope, int64_t most)
{
	bool by_plan = fly_filter_names_plans(f);
	struct query probe = {.list = q->list, .table = q->table, .arena = q->arena};
	int64_t n = most;
	struct stmt s;
	int rc;

	fly_buf_printf(&probe.sql,
		       "SELECT count(*) FROM (SELECT 1 FROM execution e%s WHERE e.scope = ?",
		       by_plan ? PLAN : PHASE);
	fly_query_bind_int(&probe, scope);
	rc = by_plan ? fly_query_plans(&probe, f, NULL) : fly_query_condition(&probe, f, NULL);
	fly_buf_puts(&probe.sql, " LIMIT ?)");
	fly_query_bind_int(&probe, most);
	if (rc == 0 && !probe.sql.failed && !probe.no_memory) {
		fly_stmt_build(&s, db, probe.sql.data, probe.arena);
		fly_query_bind_all(&s, &probe);
		if (fly_stmt_row(&s) > 0)
			n = fly_col_int(&s);
		fly_stmt_end(&s, 0);
	}
	fly_buf_release(&probe.sql);
	return n;
}

static bool asks_by(const struct query *q, enum subject subject, const char *field)
{
	size_t i;

	for (i = 0; i < q->n_filters; i++) {
		if (q->filters[i].subject == subject &&
		    (!field || strcmp(q->filters[i].field, field) == 0))
			return true;
	}
	return false;
}

static bool is_of_creation(const struct filter *f)
{
	return strcmp(f->column->sql, "e.created_ns") == 0;
}

static bool is_counted(const struct filter *f)
{
	return fly_filter_names_plans(f) || names_phases(f);
}

static int64_t root(int64_t x)
{
	int64_t r = x, next = (x + 1) / 2;

	while (next < r) {
		r = next;
		next = (r + x / r) / 2;
	}
	return r;
}

/*
 * Below how many rows an index pays. A walk that ends with the page passes page * rows / n rows of a
 * scope in which n are wanted.
 */
static int64_t pays_below(const struct query *q, int64_t rows, int64_t page)
{
	int64_t others = 1, most = rows / PAYS_BELOW + 1, least;
	size_t i;

	if (!page)
		return most;
	for (i = 0; i < q->n_filters; i++) {
		if (!is_counted(&q->filters[i]) && !is_of_creation(&q->filters[i]))
			others = OTHERS_LEAVE;
	}
	least = root((page < rows ? page : rows) * most * others) + 1;
	return least < most ? least : most;
}

static bool is_sorted_by(const struct query *q, const struct column *sort, const char *sql)
{
	return strcmp(sort ? sort->sql : q->table->order, sql) == 0;
}

/* The walk that goes in the order asked for, else the one whose rows cost least. */
static const char *walk(const struct query *q, const struct column *sort, int64_t rows,
			int64_t all, bool *in_order)
{
	*in_order = true;
	if (is_sorted_by(q, sort, "e.created_ns"))
		return CREATED;
	if (is_sorted_by(q, sort, "e.name"))
		return NAME;
	/* By id it passes the executions of all scopes. */
	*in_order = is_sorted_by(q, sort, "e.id") && all <= 2 * rows;
	return all <= 2 * rows ? BY_ID : CREATED;
}

static const char *choose(struct fly_db *db, const struct query *q, const struct column *sort,
			  int64_t page, const struct fly_scope *scope)
{
	int64_t rows = fly_execution_count(db, scope->id, 0) + fly_execution_count(db, scope->id, 1);
	int64_t least, n;
	const char *best;
	bool in_order;
	size_t i;

	best = walk(q, sort, rows, fly_scope_recall_total(db->store), &in_order);
	least = pays_below(q, rows, in_order ? page : 0);
	for (i = 0; i < q->n_filters; i++) {
		const struct filter *f = &q->filters[i];

		if (!is_counted(f))
			continue;
		n = count_rows(db, q, f, scope->id, least);
		if (n < least) {
			least = n;
			best = fly_filter_names_plans(f) ? PLAN : PHASE;
		}
	}
	return best;
}

const char *fly_query_index(struct fly_db *db, const struct query *q, const struct column *sort,
			    int64_t offset)
{
	int64_t page = q->list->limit ? offset + (int64_t)q->list->limit : 0;
	struct fly_scope scope;

	/* Tags give the ids themselves. */
	if (asks_by(q, SUBJECT_TAG, NULL))
		return BY_ID;
	if (!fly_is_one_scope(q->list) ||
	    fly_scope_get(db, q->list->project, q->list->domain, q->arena, &scope) < 0)
		return "";
	/* The index by name is the most selective, and holds what names are compared with. */
	if (fly_is_given(q->list->name) || asks_by(q, SUBJECT_EXECUTION, "execution_name"))
		return NAME;
	return choose(db, q, sort, page, &scope);
}

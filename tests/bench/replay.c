/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay BEFORE AFTER GROUP: what SQLite alone needs for the same rows. Takes the executions that
 * AFTER has and BEFORE has not, or has otherwise, and writes just those rows into BEFORE, GROUP of
 * them (a fraction is kept on average) a transaction, with the settings of the store. Everything is
 * read and prepared beforehand; prints how many executions a second. A new execution that names a
 * source takes the change of its source with it.
 */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COLUMNS_MAX 64

/* One statement with its values. */
struct write {
	sqlite3_stmt *stmt;
	int n;
	sqlite3_value *values[];
};

/* What one call wrote. */
struct unit {
	size_t n;
	struct write *writes[16];
};

struct replay {
	sqlite3 *sql;
	char columns[COLUMNS_MAX][64];	/* of execution */
	int n_columns;
	sqlite3_stmt *insert, *insert_part, *insert_tag, *update, *update_part;
	struct unit *units;
	size_t n, cap;
};

static void die(struct replay *r, const char *what)
{
	fprintf(stderr, "replay: %s: %s\n", what, sqlite3_errmsg(r->sql));
	exit(1);
}

static void run(struct replay *r, const char *sql)
{
	if (sqlite3_exec(r->sql, sql, NULL, NULL, NULL))
		die(r, sql);
}

static sqlite3_stmt *prepare(struct replay *r, const char *sql)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(r->sql, sql, -1, &stmt, NULL))
		die(r, sql);
	return stmt;
}

static bool row(struct replay *r, sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		die(r, "step");
	if (rc == SQLITE_DONE)
		sqlite3_reset(stmt);
	return rc == SQLITE_ROW;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- what is to be written -------------------------------------------------- */

static struct unit *add_unit(struct replay *r)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 1024;
		r->units = realloc(r->units, r->cap * sizeof(*r->units));
		if (!r->units)
			exit(1);
	}
	r->units[r->n].n = 0;
	return &r->units[r->n++];
}

/* Each row that a query for one id gives becomes a write of its columns. */
static void add_writes(struct replay *r, struct unit *u, sqlite3_stmt *query, sqlite3_int64 id,
		       sqlite3_stmt *stmt)
{
	sqlite3_bind_int64(query, 1, id);
	while (row(r, query)) {
		int n = sqlite3_column_count(query);
		struct write *w = malloc(sizeof(*w) + (size_t)n * sizeof(*w->values));

		if (!w || u->n == sizeof(u->writes) / sizeof(*u->writes))
			exit(1);
		w->stmt = stmt;
		w->n = n;
		for (int i = 0; i < n; i++)
			w->values[i] = sqlite3_value_dup(sqlite3_column_value(query, i));
		u->writes[u->n++] = w;
	}
}

static void find_columns(struct replay *r)
{
	sqlite3_stmt *stmt = prepare(r, "SELECT name FROM pragma_table_info('execution') "
					"WHERE name <> 'id'");

	while (r->n_columns < COLUMNS_MAX && row(r, stmt))
		snprintf(r->columns[r->n_columns++], sizeof(r->columns[0]), "%s",
			 (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
}

/* Does any execution have another value in this column? */
static bool differs(struct replay *r, const char *column)
{
	char *sql = sqlite3_mprintf("SELECT 1 FROM after.execution n JOIN main.execution o "
				    "USING (id) WHERE n.\"%w\" IS NOT o.\"%w\" LIMIT 1",
				    column, column);
	sqlite3_stmt *stmt = prepare(r, sql);
	bool yes = row(r, stmt);

	sqlite3_finalize(stmt);
	sqlite3_free(sql);
	return yes;
}

/* The leanest update: only the columns that changed in some execution. */
static sqlite3_stmt *prepare_update(struct replay *r)
{
	char *set = sqlite3_mprintf(""), *values = sqlite3_mprintf(""), *sql;
	sqlite3_stmt *query = NULL;

	for (int i = 0; i < r->n_columns; i++) {
		if (!differs(r, r->columns[i]))
			continue;
		set = sqlite3_mprintf("%z%s\"%w\" = ?", set, *set ? ", " : "", r->columns[i]);
		values = sqlite3_mprintf("%z\"%w\", ", values, r->columns[i]);
	}
	if (*set) {
		sql = sqlite3_mprintf("UPDATE main.execution SET %s WHERE id = ?", set);
		r->update = prepare(r, sql);
		sqlite3_free(sql);
		sql = sqlite3_mprintf("SELECT %s id FROM after.execution WHERE id = ?", values);
		query = prepare(r, sql);
		sqlite3_free(sql);
	}
	sqlite3_free(set);
	sqlite3_free(values);
	return query;
}

static sqlite3_stmt *prepare_insert(struct replay *r)
{
	char *marks = sqlite3_mprintf("?");
	char *sql;

	for (int i = 0; i < r->n_columns; i++)
		marks = sqlite3_mprintf("%z, ?", marks);
	sql = sqlite3_mprintf("INSERT INTO main.execution VALUES (%z)", marks);
	r->insert = prepare(r, sql);
	sqlite3_free(sql);
	return prepare(r, "SELECT * FROM after.execution WHERE id = ?");
}

static void read_new(struct replay *r, sqlite3_stmt *head, sqlite3_stmt *changed)
{
	sqlite3_stmt *ids = prepare(r, "SELECT id, source_execution FROM after.execution WHERE id "
				       "NOT IN (SELECT id FROM main.execution) ORDER BY created_ns");
	sqlite3_stmt *parts = prepare(r, "SELECT id, data FROM after.part WHERE id BETWEEN "
					 "?1 * 8 AND ?1 * 8 + 7");
	sqlite3_stmt *tags = prepare(r, "SELECT * FROM after.execution_tag WHERE execution = ?");

	while (row(r, ids)) {
		struct unit *u = add_unit(r);
		sqlite3_int64 id = sqlite3_column_int64(ids, 0);

		add_writes(r, u, head, id, r->insert);
		add_writes(r, u, parts, id, r->insert_part);
		add_writes(r, u, tags, id, r->insert_tag);
		if (changed && sqlite3_column_int64(ids, 1))
			add_writes(r, u, changed, sqlite3_column_int64(ids, 1), r->update);
	}
	sqlite3_finalize(ids);
	sqlite3_finalize(parts);
	sqlite3_finalize(tags);
}

static void read_changed(struct replay *r, sqlite3_stmt *changed)
{
	sqlite3_stmt *ids = prepare(r, "SELECT n.id FROM after.execution n JOIN main.execution o "
				       "USING (id) WHERE n.changed_ns <> o.changed_ns AND n.id NOT "
				       "IN (SELECT source_execution FROM after.execution) "
				       "ORDER BY n.changed_ns");
	sqlite3_stmt *parts = prepare(r, "SELECT n.data, n.id FROM after.part n JOIN main.part o "
					 "USING (id) WHERE n.id BETWEEN ?1 * 8 AND ?1 * 8 + 7 "
					 "AND n.data <> o.data");

	while (changed && row(r, ids)) {
		struct unit *u = add_unit(r);
		sqlite3_int64 id = sqlite3_column_int64(ids, 0);

		add_writes(r, u, changed, id, r->update);
		add_writes(r, u, parts, id, r->update_part);
	}
	sqlite3_finalize(ids);
	sqlite3_finalize(parts);
}

static void read_all(struct replay *r)
{
	sqlite3_stmt *head, *changed;

	find_columns(r);
	r->insert_part = prepare(r, "INSERT INTO main.part (id, data) VALUES (?, ?)");
	r->insert_tag = prepare(r, "INSERT INTO main.execution_tag VALUES (?, ?, ?)");
	r->update_part = prepare(r, "UPDATE main.part SET data = ? WHERE id = ?");
	head = prepare_insert(r);
	changed = prepare_update(r);
	read_new(r, head, changed);
	read_changed(r, changed);
	sqlite3_finalize(head);
	sqlite3_finalize(changed);
}

/* --- writing it ------------------------------------------------------------- */

static void write_unit(struct replay *r, const struct unit *u)
{
	for (size_t i = 0; i < u->n; i++) {
		const struct write *w = u->writes[i];

		for (int at = 0; at < w->n; at++)
			sqlite3_bind_value(w->stmt, at + 1, w->values[at]);
		if (row(r, w->stmt))
			die(r, "a write gave a row");
	}
}

static double write_all(struct replay *r, double group)
{
	sqlite3_stmt *begin = prepare(r, "BEGIN IMMEDIATE"), *commit = prepare(r, "COMMIT");
	double start = now(), took;
	size_t at = 0;

	for (size_t n = 1; at < r->n; n++) {
		row(r, begin);
		do
			write_unit(r, &r->units[at++]);
		while (at < r->n && (double)at + 0.5 < group * (double)n);
		row(r, commit);
	}
	took = now() - start;
	sqlite3_finalize(begin);
	sqlite3_finalize(commit);
	return took;
}

int main(int argc, char **argv)
{
	struct replay r = { 0 };
	double group, took;
	char *sql;

	if (argc != 4 || (group = atof(argv[3])) < 1) {
		fprintf(stderr, "usage: replay BEFORE AFTER GROUP\n");
		return 2;
	}
	if (sqlite3_open_v2(argv[1], &r.sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL))
		die(&r, argv[1]);
	run(&r, "PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF; PRAGMA temp_store = MEMORY;"
		"PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000;"
		"PRAGMA journal_size_limit = 67108864");
	sql = sqlite3_mprintf("ATTACH %Q AS after", argv[2]);
	run(&r, sql);
	read_all(&r);
	run(&r, "DETACH after");
	took = write_all(&r, group);
	printf("%.1f\n", (double)r.n / took);
	return r.n ? 0 : 1;
}

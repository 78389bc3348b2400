/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executions: pages of names and heads by keyset, counts, what is unfinished. Each comes from an
 * index; see schema.c.
 */
#include "execution.h"

#define ARCHIVED 1

struct names {
	struct fly_arena *arena;
	struct fly_execution_name *rows;
	size_t n, cap;
};

static int add_name(struct names *names, struct stmt *s, int phase, int state)
{
	struct fly_execution_name *row;

	names->rows = fly_rows_room(names->arena, names->rows, names->n, &names->cap,
				    sizeof(*names->rows));
	if (!names->rows)
		return -ENOMEM;
	row = &names->rows[names->n++];
	row->id = fly_col_int(s);
	row->name = fly_col_text(s);
	row->phase = phase;
	row->state = state;
	return 0;
}

static int give_names(struct names *names, int rc, struct fly_execution_name **out)
{
	if (rc < 0)
		return rc;
	*out = names->rows;
	return (int)names->n;
}

/* --- in one state --------------------------------------------------------------------- */

static void use_names(struct stmt *s, struct fly_db *db, const char *sql, int64_t scope,
		      const char *after, struct fly_arena *arena)
{
	fly_stmt_use(s, db, sql, arena);
	fly_bind_int(s, scope);
	fly_bind_text(s, after ? after : "");
}

static const char all_sql[] = "SELECT id, name FROM execution INDEXED BY execution_name "
			      "WHERE scope = ? AND name > ? ORDER BY name";
static const char archived_sql[] = "SELECT id, name FROM execution INDEXED BY execution_archived "
				   "WHERE scope = ? AND name > ? AND state = 1 ORDER BY name";

static int list_archived(struct names *names, struct fly_db *db, int64_t scope, const char *after,
			 size_t max)
{
	struct stmt s;
	int rc = 0;

	use_names(&s, db, archived_sql, scope, after, names->arena);
	while (names->n < max && (rc = fly_stmt_row(&s)) > 0) {
		rc = add_name(names, &s, -1, ARCHIVED);
		if (rc < 0)
			break;
	}
	return fly_stmt_end(&s, rc);
}

/* Two walks in the same order, of all names and of the archived ones, that step together: ids
 * seen in both are left out. No row is looked up. */
static int list_others(struct names *names, struct fly_db *db, int64_t scope, const char *after,
		       size_t max)
{
	struct stmt all, archived;
	int64_t skip = 0;
	int rc = 0, more;

	use_names(&all, db, all_sql, scope, after, names->arena);
	use_names(&archived, db, archived_sql, scope, after, names->arena);
	more = fly_stmt_row(&archived);
	if (more > 0)
		skip = fly_col_int(&archived);
	while (more >= 0 && names->n < max && (rc = fly_stmt_row(&all)) > 0) {
		if (more > 0 && sqlite3_column_int64(all.stmt, 0) == skip) {
			more = fly_stmt_row(&archived);
			skip = more > 0 ? fly_col_int(&archived) : 0;
			continue;
		}
		rc = add_name(names, &all, -1, 0);
		if (rc < 0)
			break;
	}
	rc = fly_stmt_end(&all, rc);
	more = fly_stmt_end(&archived, more);
	return more < 0 ? more : rc;
}

int fly_execution_names(struct fly_db *db, int64_t scope, int state, const char *after, size_t max,
			struct fly_arena *arena, struct fly_execution_name **out)
{
	struct names names = {.arena = arena};
	int rc;

	if (state == ARCHIVED)
		rc = list_archived(&names, db, scope, after, max);
	else
		rc = list_others(&names, db, scope, after, max);
	return give_names(&names, rc, out);
}

static int read_entry(struct stmt *s, unsigned parts, void *row)
{
	struct fly_execution_entry *out = row;

	out->id = fly_col_int(s);
	out->name = fly_col_text(s);
	out->phase = (int)fly_col_int(s);
	out->uid = (uint32_t)fly_col_int(s);
	out->gid = (uint32_t)fly_col_int(s);
	out->mode = (uint32_t)fly_col_int(s);
	out->changed_ns = fly_col_int(s);
	return 0;
}

static const struct row_shape entry_shape = {
	.size = sizeof(struct fly_execution_entry),
	.read = read_entry,
};

#define ENTRIES "SELECT id, name, phase, uid, gid, mode, changed_ns FROM execution INDEXED BY "

int fly_execution_entries(struct fly_db *db, int64_t scope, int state, const char *after,
			  size_t max, struct fly_arena *arena, struct fly_execution_entry **out)
{
	static const char archived[] = ENTRIES "execution_archived WHERE scope = ? AND name > ? "
					       "AND state = 1 ORDER BY name LIMIT ?";
	static const char others[] = ENTRIES "execution_name WHERE scope = ? AND name > ? "
					     "AND state <> 1 ORDER BY name LIMIT ?";
	struct stmt s;

	use_names(&s, db, state == ARCHIVED ? archived : others, scope, after, arena);
	fly_bind_int(&s, (int64_t)max);
	return fly_row_list(&s, &entry_shape, 0, out);
}

/* --- by phase, by launch plan --------------------------------------------------------- */

/* sql: id, name, phase and state of those with a value, by name. */
static int list_by(struct fly_db *db, const char *sql, int64_t scope, const char *after,
		   int64_t value, size_t max, struct fly_arena *arena,
		   struct fly_execution_name **out)
{
	struct names names = {.arena = arena};
	struct stmt s;
	int rc;

	use_names(&s, db, sql, scope, after, arena);
	fly_bind_int(&s, value);
	fly_bind_int(&s, (int64_t)max);
	while ((rc = fly_stmt_row(&s)) > 0) {
		rc = add_name(&names, &s, 0, 0);
		if (rc < 0)
			break;
		names.rows[names.n - 1].phase = (int)fly_col_int(&s);
		names.rows[names.n - 1].state = (int)fly_col_int(&s);
	}
	return give_names(&names, fly_stmt_end(&s, rc), out);
}

int fly_execution_names_by_phase(struct fly_db *db, int64_t scope, int phase, const char *after,
				 size_t max, struct fly_arena *arena,
				 struct fly_execution_name **out)
{
	static const char sql[] = "SELECT id, name, phase, state FROM execution "
				  "INDEXED BY execution_phase WHERE scope = ? AND name > ? "
				  "AND phase = ? ORDER BY name LIMIT ?";

	return list_by(db, sql, scope, after, phase, max, arena, out);
}

int fly_execution_names_by_plan(struct fly_db *db, int64_t scope, int64_t named, const char *after,
				size_t max, struct fly_arena *arena,
				struct fly_execution_name **out)
{
	static const char sql[] = "SELECT id, name, phase, state FROM execution "
				  "INDEXED BY execution_plan WHERE scope = ? AND name > ? "
				  "AND plan = ? ORDER BY name LIMIT ?";

	return list_by(db, sql, scope, after, named, max, arena, out);
}

/* --- counts --------------------------------------------------------------------------- */

static int64_t count(struct stmt *s)
{
	int64_t n = 0;
	int rc = fly_stmt_one(s);

	if (rc == 0)
		n = fly_col_int(s);
	rc = fly_stmt_end(s, rc);
	return rc < 0 ? rc : n;
}

int64_t fly_execution_count(struct fly_db *db, int64_t scope, int state)
{
	static const char archived[] = "SELECT count(*) FROM execution INDEXED BY "
				       "execution_archived WHERE scope = ?1 AND state = 1";
	static const char others[] =
		"SELECT (SELECT count(*) FROM execution INDEXED BY execution_name "
		"WHERE scope = ?1) - (SELECT count(*) FROM execution INDEXED BY "
		"execution_archived WHERE scope = ?1 AND state = 1)";
	int64_t n = db->is_writer ? -1 : fly_scope_recall_count(db->store, scope, state);
	struct stmt s;

	if (n >= 0)
		return n;
	fly_stmt_use(&s, db, state == ARCHIVED ? archived : others, NULL);
	fly_bind_int(&s, scope);
	return count(&s);
}

int64_t fly_execution_count_active(struct fly_db *db, int64_t named_launch_plan)
{
	static const char sql[] = "SELECT count(*) FROM execution INDEXED BY execution_phase "
				  "WHERE phase IN (1, 2) AND plan = ?";
	struct stmt s;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, named_launch_plan);
	return count(&s);
}

int fly_execution_unfinished(struct fly_db *db, int64_t after, size_t max, int64_t *out)
{
	/* Terminal: 4, 6, 7, 8. Ranges of the index instead of NOT IN, which would walk the
	 * finished ones too. Source: core.WorkflowExecution.Phase. */
	static const char sql[] =
		"SELECT id FROM (SELECT id FROM execution INDEXED BY execution_phase "
		"WHERE phase < 4 UNION ALL SELECT id FROM execution INDEXED BY execution_phase "
		"WHERE phase = 5 UNION ALL SELECT id FROM execution INDEXED BY execution_phase "
		"WHERE phase > 8) WHERE id > ? ORDER BY id LIMIT ?";
	struct stmt s;
	size_t n = 0;
	int rc;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, after);
	fly_bind_int(&s, (int64_t)max);
	while ((rc = fly_stmt_row(&s)) > 0)
		out[n++] = fly_col_int(&s);
	rc = fly_stmt_end(&s, rc);
	return rc < 0 ? rc : (int)n;
}

int fly_execution_scope(struct fly_db *db, int64_t id, int64_t *out, struct fly_why *why)
{
	static const char sql[] = "SELECT scope FROM execution WHERE id = ?";
	struct stmt s;
	int rc;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, id);
	rc = fly_stmt_one(&s);
	if (rc == 0)
		*out = fly_col_int(&s);
	else if (rc == -ENOENT)
		fly_fail(why, ENOENT, "execution %lld is gone", (long long)id);
	else
		fly_db_fail(db, s.code, why);
	return fly_stmt_end(&s, rc);
}

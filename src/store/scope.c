/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scopes, (project, domain) pairs, as rows. Their times and texts come from the memory of scopes.
 */
#include "row.h"

#define COLUMNS "s.id, s.project, p.identifier, s.domain, s.changed_ns, s.listed_ns"

static int read_row(struct stmt *s, unsigned parts, void *row)
{
	struct fly_scope *out = row;

	out->id = fly_col_int(s);
	out->project_id = fly_col_int(s);
	out->project = fly_col_text(s);
	out->domain = fly_col_text(s);
	out->changed_ns = fly_col_int(s);
	out->listed_ns = fly_col_int(s);
	fly_scope_recall(s->db->store, out->id, out);
	return 0;
}

static const struct row_shape shape = {.size = sizeof(struct fly_scope), .read = read_row};

int fly_scope_get(struct fly_db *db, const char *project, const char *domain,
		  struct fly_arena *arena, struct fly_scope *out)
{
	static const char sql[] = "SELECT " COLUMNS " FROM project p JOIN scope s ON "
				  "s.project = p.id WHERE p.identifier = ? AND s.domain = ?";
	struct stmt s;

	if (fly_scope_recall_name(db->store, project, domain, out))
		return 0;
	fly_stmt_use(&s, db, sql, arena);
	fly_bind_text(&s, project);
	fly_bind_text(&s, domain);
	return fly_row_get(&s, &shape, 0, NULL, out);
}

int fly_scope_get_id(struct fly_db *db, int64_t id, struct fly_arena *arena, struct fly_scope *out)
{
	static const char sql[] = "SELECT " COLUMNS " FROM scope s JOIN project p ON "
				  "p.id = s.project WHERE s.id = ?";
	struct stmt s;

	if (fly_scope_recall(db->store, id, out))
		return 0;
	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, id);
	return fly_row_get(&s, &shape, 0, NULL, out);
}

int fly_scope_list(struct fly_db *db, int64_t project_id, struct fly_arena *arena,
		   struct fly_scope **out)
{
	static const char sql[] = "SELECT " COLUMNS " FROM scope s JOIN project p ON "
				  "p.id = s.project WHERE s.project = ? ORDER BY s.id";
	struct stmt s;

	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, project_id);
	return fly_row_list(&s, &shape, 0, out);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Names of tasks, workflows and launch plans: each groups its versions. */
#include "row.h"

#define COLUMNS "id, scope, kind, name, description, state, uid, created_ns, changed_ns"

#define SYSTEM_GENERATED 2	/* Source: admin.NamedEntityState */

static int read_row(struct stmt *s, unsigned parts, void *row)
{
	struct fly_named *out = row;

	out->id = fly_col_int(s);
	out->scope = fly_col_int(s);
	out->kind = (enum fly_kind)fly_col_int(s);
	out->name = fly_col_text(s);
	out->description = fly_col_text(s);
	out->state = (int)fly_col_int(s);
	out->uid = (uint32_t)fly_col_int(s);
	out->created_ns = fly_col_int(s);
	out->changed_ns = fly_col_int(s);
	return 0;
}

#define AT(field) offsetof(struct fly_named, field)

static const size_t texts[] = {AT(name), AT(description)};
static const struct row_shape shape = {
	.size = sizeof(struct fly_named),
	.read = read_row,
	ROW_TEXTS(texts),
};

int fly_named_get(struct fly_db *db, int64_t scope, enum fly_kind kind, const char *name,
		  struct fly_arena *arena, struct fly_named *out)
{
	static const char sql[] =
		"SELECT " COLUMNS " FROM named WHERE scope = ? AND kind = ? AND name = ?";
	struct row_key key = {.sql = sql, .numbers = {scope, kind}, .texts = {name}};
	struct stmt s;

	if (fly_row_recall(db, &key, &shape, arena, out))
		return 0;
	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, scope);
	fly_bind_int(&s, kind);
	fly_bind_text(&s, name);
	return fly_row_get(&s, &shape, 0, &key, out);
}

int fly_named_get_id(struct fly_db *db, int64_t id, struct fly_arena *arena, struct fly_named *out)
{
	static const char sql[] = "SELECT " COLUMNS " FROM named WHERE id = ?";
	struct stmt s;

	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, id);
	return fly_row_get(&s, &shape, 0, NULL, out);
}

int fly_named_list(struct fly_db *db, int64_t scope, enum fly_kind kind, const char *after,
		   size_t max, bool all, struct fly_arena *arena, struct fly_named **out)
{
	static const char sql[] = "SELECT " COLUMNS " FROM named WHERE scope = ? AND kind = ? "
				  "AND name > ? AND (? OR state <> ?) ORDER BY name LIMIT ?";
	struct stmt s;

	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, scope);
	fly_bind_int(&s, kind);
	fly_bind_text(&s, after ? after : "");
	fly_bind_int(&s, all);
	fly_bind_int(&s, SYSTEM_GENERATED);
	fly_bind_int(&s, (int64_t)max);
	return fly_row_list(&s, &shape, 0, out);
}

static struct fly_change describe(const struct fly_named *n, unsigned flags, int64_t at_ns)
{
	return (struct fly_change){
		.kind = FLY_KIND_NAMED,
		.flags = flags,
		.id = n->id,
		.scope = n->scope,
		.phase = n->kind,
		.old_phase = n->kind,
		.state = n->state,
		.at_ns = at_ns,
		.name = n->name,
	};
}

int fly_named_insert(struct fly_db *db, const struct fly_named *n, struct fly_why *why)
{
	static const char sql[] =
		"INSERT INTO named (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
	struct fly_change change = describe(n, FLY_CHANGE_CREATED, fly_first_change(n->changed_ns));
	struct stmt s;
	int rc;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, n->id);
	fly_bind_int(&s, n->scope);
	fly_bind_int(&s, n->kind);
	fly_bind_text(&s, n->name);
	fly_bind_text(&s, n->description ? n->description : "");
	fly_bind_int(&s, n->state);
	fly_bind_int(&s, n->uid);
	fly_bind_int(&s, n->created_ns);
	fly_bind_int(&s, change.at_ns);
	rc = fly_stmt_insert(&s, why, "the name %s exists already", n->name);
	return rc < 0 ? rc : fly_changes_add(db, &change, why);
}

int fly_named_update(struct fly_db *db, const struct fly_named *n, struct fly_why *why)
{
	static const char sql[] = "UPDATE named SET description = ?, state = ?, uid = ?, "
				  "created_ns = ?, changed_ns = ? WHERE id = ?";
	struct fly_named old;
	struct fly_change change;
	auto_arena arena = {0};
	struct stmt s;
	int rc = fly_named_get_id(db, n->id, &arena, &old);

	if (rc < 0)
		return fly_fail(why, -rc, "the name %s can't be changed: %s", n->name,
				strerror(-rc));
	change = describe(&old, FLY_CHANGE_TEXT, fly_file_time_after(old.changed_ns));
	change.state = n->state;
	if (n->state != old.state)
		change.flags |= FLY_CHANGE_STATE;
	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_text(&s, n->description ? n->description : "");
	fly_bind_int(&s, n->state);
	fly_bind_int(&s, n->uid);
	fly_bind_int(&s, n->created_ns);
	fly_bind_int(&s, change.at_ns);
	fly_bind_int(&s, n->id);
	rc = fly_stmt_run(&s, why);
	return rc < 0 ? rc : fly_changes_add(db, &change, why);
}

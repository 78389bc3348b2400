/* SPDX-License-Identifier: Apache-2.0 */
/* Projects, each made with its scopes. */
#include "row.h"

#define COLUMNS                                                                                    \
	"id, identifier, name, description, labels, state, uid, created_ns, changed_ns, size"

static int read_row(struct stmt *s, unsigned parts, void *row)
{
	struct fly_project *out = row;

	out->id = fly_col_int(s);
	out->identifier = fly_col_text(s);
	out->name = fly_col_text(s);
	out->description = fly_col_text(s);
	out->labels = fly_col_bytes(s);
	out->state = (int)fly_col_int(s);
	out->uid = (uint32_t)fly_col_int(s);
	out->created_ns = fly_col_int(s);
	out->changed_ns = fly_col_int(s);
	out->size = (uint32_t)fly_col_int(s);
	return 0;
}

#define AT(field) offsetof(struct fly_project, field)

static const size_t texts[] = {AT(identifier), AT(name), AT(description)};
static const size_t blobs[] = {AT(labels)};
static const struct row_shape shape = {
	.size = sizeof(struct fly_project),
	.read = read_row,
	ROW_TEXTS(texts),
	ROW_BLOBS(blobs),
};

int fly_project_get(struct fly_db *db, const char *identifier, struct fly_arena *arena,
		    struct fly_project *out)
{
	static const char sql[] = "SELECT " COLUMNS " FROM project WHERE identifier = ?";
	struct row_key key = {.sql = sql, .texts = {identifier}};
	struct stmt s;

	if (fly_row_recall(db, &key, &shape, arena, out))
		return 0;
	fly_stmt_use(&s, db, sql, arena);
	fly_bind_text(&s, identifier);
	return fly_row_get(&s, &shape, 0, &key, out);
}

int fly_project_get_id(struct fly_db *db, int64_t id, struct fly_arena *arena,
		       struct fly_project *out)
{
	static const char sql[] = "SELECT " COLUMNS " FROM project WHERE id = ?";
	struct stmt s;

	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, id);
	return fly_row_get(&s, &shape, 0, NULL, out);
}

int fly_project_list(struct fly_db *db, const char *after, size_t max, struct fly_arena *arena,
		     struct fly_project **out)
{
	static const char sql[] = "SELECT " COLUMNS " FROM project WHERE identifier > ? "
				  "ORDER BY identifier LIMIT ?";
	struct stmt s;

	fly_stmt_use(&s, db, sql, arena);
	fly_bind_text(&s, after ? after : "");
	fly_bind_int(&s, (int64_t)max);
	return fly_row_list(&s, &shape, 0, out);
}

static int insert_scope(struct fly_db *db, int64_t project, const char *domain, int64_t now_ns,
			struct fly_why *why)
{
	static const char sql[] = "INSERT INTO scope (id, project, domain, changed_ns, listed_ns, "
				  "settled) VALUES (?, ?, ?, ?, ?4, 1)";
	struct fly_change change = {
		.kind = FLY_KIND_SCOPE,
		.flags = FLY_CHANGE_CREATED,
		.scope = project,
		.at_ns = now_ns,
		.name = domain,
	};
	struct stmt s;
	int rc;

	change.id = fly_store_new_id(db->store, why);
	if (change.id < 0)
		return (int)change.id;
	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, change.id);
	fly_bind_int(&s, project);
	fly_bind_text(&s, domain);
	fly_bind_int(&s, now_ns);
	rc = fly_stmt_run(&s, why);
	return rc < 0 ? rc : fly_changes_add(db, &change, why);
}

static int insert_row(struct fly_db *db, const struct fly_project *p, int64_t changed_ns,
		      struct fly_why *why)
{
	static const char sql[] =
		"INSERT INTO project (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	struct stmt s;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, p->id);
	fly_bind_text(&s, p->identifier);
	fly_bind_text(&s, p->name ? p->name : "");
	fly_bind_text(&s, p->description ? p->description : "");
	fly_bind_bytes(&s, p->labels);
	fly_bind_int(&s, p->state);
	fly_bind_int(&s, p->uid);
	fly_bind_int(&s, p->created_ns);
	fly_bind_int(&s, changed_ns);
	fly_bind_int(&s, p->size);
	return fly_stmt_insert(&s, why, "project %s exists already", p->identifier);
}

static struct fly_change describe(const struct fly_project *p, unsigned flags, int64_t at_ns)
{
	return (struct fly_change){
		.kind = FLY_KIND_PROJECT,
		.flags = flags,
		.id = p->id,
		.state = p->state,
		.at_ns = at_ns,
		.name = p->identifier,
	};
}

int fly_project_insert(struct fly_db *db, const struct fly_project *p, const char *const *domains,
		       size_t n_domains, struct fly_why *why)
{
	int64_t at_ns = fly_first_change(p->changed_ns);
	struct fly_change change = describe(p, FLY_CHANGE_CREATED, at_ns);
	size_t i;
	int rc = insert_row(db, p, at_ns, why);

	if (rc == 0)
		rc = fly_changes_add(db, &change, why);
	for (i = 0; rc == 0 && i < n_domains; i++)
		rc = insert_scope(db, p->id, domains[i], at_ns, why);
	return rc;
}

int fly_project_update(struct fly_db *db, const struct fly_project *p, struct fly_why *why)
{
	static const char sql[] =
		"UPDATE project SET name = ?, description = ?, labels = ?, state = ?, uid = ?, "
		"created_ns = ?, changed_ns = ?, size = ? WHERE id = ?";
	struct fly_project old;
	struct fly_change change;
	auto_arena arena = {0};
	struct stmt s;
	int rc = fly_project_get_id(db, p->id, &arena, &old);

	if (rc < 0)
		return fly_fail(why, -rc, "project %s can't be changed: %s", p->identifier,
				strerror(-rc));
	change = describe(p, FLY_CHANGE_TEXT, fly_file_time_after(old.changed_ns));
	change.name = old.identifier;
	if (p->state != old.state)
		change.flags |= FLY_CHANGE_STATE;
	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_text(&s, p->name ? p->name : "");
	fly_bind_text(&s, p->description ? p->description : "");
	fly_bind_bytes(&s, p->labels);
	fly_bind_int(&s, p->state);
	fly_bind_int(&s, p->uid);
	fly_bind_int(&s, p->created_ns);
	fly_bind_int(&s, change.at_ns);
	fly_bind_int(&s, p->size);
	fly_bind_int(&s, p->id);
	rc = fly_stmt_run(&s, why);
	return rc < 0 ? rc : fly_changes_add(db, &change, why);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of tasks, workflows and launch plans: one table, the kind a column; reading. */
#include "entity.h"

#include "row.h"

#define SELECT "SELECT " FLY_ENTITY_COLUMNS ", n.name FROM "

static int read_blobs(struct stmt *s, struct fly_entity *e)
{
	struct fly_bytes parts[FLY_BLOBS];
	int rc = fly_blobs_get(s->db, e->id, FLY_ENTITY_ALL_PARTS, s->arena, parts);

	if (rc < 0)
		return rc;
	e->spec = parts[FLY_ENTITY_PART_SPEC];
	e->closure = parts[FLY_ENTITY_PART_CLOSURE];
	e->interface = parts[FLY_ENTITY_PART_INTERFACE];
	e->source = parts[FLY_ENTITY_PART_SOURCE];
	return 0;
}

static int read_row(struct stmt *s, unsigned part, void *row)
{
	struct fly_entity *out = row;
	struct fly_bytes digest;
	int rc;

	out->id = fly_col_int(s);
	out->kind = (enum fly_kind)fly_col_int(s);
	out->named = fly_col_int(s);
	out->scope = fly_col_int(s);
	out->version = fly_col_text(s);
	out->uid = (uint32_t)fly_col_int(s);
	out->generated = fly_col_int(s) != 0;
	digest = fly_col_bytes(s);
	if (digest.len == sizeof(out->digest))
		memcpy(out->digest, digest.data, digest.len);
	out->state = (int)fly_col_int(s);
	out->type = fly_col_text(s);
	out->schedule_type = fly_col_text(s);
	out->launch_condition_type = fly_col_text(s);
	out->short_description = fly_col_text(s);
	out->workflow = fly_col_int(s);
	out->created_ns = fly_col_int(s);
	out->changed_ns = fly_col_int(s);
	fly_col_sizes(s, out->sizes, FLY_ENTITY_SIZES, 0);
	out->name = fly_col_text(s);
	rc = fly_scope_texts(s->db, out->scope, s->arena, &out->project, &out->domain);
	if (rc < 0 || part != FLY_ENTITY_BLOBS)
		return rc;
	return read_blobs(s, out);
}

#define AT(field) offsetof(struct fly_entity, field)

static const size_t texts[] = {
	AT(project), AT(domain), AT(name), AT(version), AT(type), AT(schedule_type),
	AT(launch_condition_type), AT(short_description),
};
static const size_t blobs[] = {AT(spec), AT(closure), AT(interface), AT(source)};
static const struct row_shape shape = {
	.size = sizeof(struct fly_entity),
	.read = read_row,
	ROW_TEXTS(texts),
	ROW_BLOBS(blobs),
};

int fly_entity_get(struct fly_db *db, enum fly_kind kind, const char *project, const char *domain,
		   const char *name, const char *version, enum fly_entity_part part,
		   struct fly_arena *arena, struct fly_entity *out)
{
	static const char sql[] =
		SELECT "named n JOIN entity v ON v.named = n.id "
		       "WHERE n.scope = ? AND n.kind = ? AND n.name = ? AND v.version = ?";
	struct row_key key = {.sql = sql, .texts = {name, version}};
	struct fly_scope scope;
	struct stmt s;
	int rc = fly_scope_get(db, project, domain, arena, &scope);

	if (rc < 0)
		return rc;
	key.numbers[0] = scope.id;
	key.numbers[1] = 2 * kind + part;
	if (fly_row_recall(db, &key, &shape, arena, out))
		return 0;
	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, scope.id);
	fly_bind_int(&s, kind);
	fly_bind_text(&s, name);
	fly_bind_text(&s, version);
	return fly_row_get(&s, &shape, part, &key, out);
}

int fly_entity_get_id(struct fly_db *db, enum fly_kind kind, int64_t id, enum fly_entity_part part,
		      struct fly_arena *arena, struct fly_entity *out)
{
	static const char sql[] = SELECT "entity v JOIN named n ON n.id = v.named "
					 "WHERE v.id = ? AND v.kind = ?";
	struct row_key key = {.sql = sql, .numbers = {id, 2 * kind + part}};
	struct stmt s;

	if (fly_row_recall(db, &key, &shape, arena, out))
		return 0;
	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, id);
	fly_bind_int(&s, kind);
	return fly_row_get(&s, &shape, part, &key, out);
}

static int get_by_named(struct fly_db *db, const char *sql, int64_t named,
			enum fly_entity_part part, struct fly_arena *arena, struct fly_entity *out)
{
	struct row_key key = {.sql = sql, .numbers = {named, part}};
	struct stmt s;

	if (fly_row_recall(db, &key, &shape, arena, out))
		return 0;
	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, named);
	return fly_row_get(&s, &shape, part, &key, out);
}

int fly_entity_get_default(struct fly_db *db, int64_t named, enum fly_kind kind,
			   enum fly_entity_part part, struct fly_arena *arena,
			   struct fly_entity *out)
{
	/* Only launch plans have a state other than 0; at most one of a name has 1. */
	static const char sql[] = SELECT "named n JOIN entity v ON v.named = n.id WHERE n.id = ? "
					 "ORDER BY v.state = 1 DESC, v.id DESC LIMIT 1";

	return get_by_named(db, sql, named, part, arena, out);
}

int fly_entity_get_active(struct fly_db *db, int64_t named, enum fly_entity_part part,
			  struct fly_arena *arena, struct fly_entity *out)
{
	static const char sql[] = SELECT "named n JOIN entity v ON v.named = n.id "
					 "WHERE n.id = ? AND v.state = 1";

	return get_by_named(db, sql, named, part, arena, out);
}

int fly_entity_list(struct fly_db *db, int64_t named, enum fly_kind kind, const char *after,
		    size_t max, struct fly_arena *arena, struct fly_entity **out)
{
	static const char sql[] = SELECT "named n JOIN entity v ON v.named = n.id "
					 "WHERE n.id = ? AND v.version > ? AND v.kind = ? "
					 "ORDER BY v.version LIMIT ?";
	struct stmt s;

	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, named);
	fly_bind_text(&s, after ? after : "");
	fly_bind_int(&s, kind);
	fly_bind_int(&s, (int64_t)max);
	return fly_row_list(&s, &shape, FLY_ENTITY_HEAD, out);
}

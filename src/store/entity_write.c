/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of tasks, workflows and launch plans: writing. */
#include "entity.h"

/* The columns that a replacement may change, in the order of the tables below. */
static void bind_body(struct stmt *s, const struct fly_entity *e, int64_t changed_ns, uint8_t *room)
{
	fly_bind_int(s, e->uid);
	fly_bind_int(s, e->generated);
	fly_bind_bytes(s, (struct fly_bytes){.data = e->digest, .len = sizeof(e->digest)});
	fly_bind_int(s, e->state);
	fly_bind_text(s, e->type);
	fly_bind_text(s, e->schedule_type);
	fly_bind_text(s, e->launch_condition_type);
	fly_bind_text(s, e->short_description);
	fly_bind_int(s, e->workflow);
	fly_bind_int(s, e->created_ns);
	fly_bind_int(s, changed_ns);
	fly_bind_sizes(s, e->sizes, FLY_ENTITY_SIZES, 0, room);
}

static int insert_row(struct fly_db *db, const struct fly_entity *e, int64_t changed_ns,
		      struct fly_why *why)
{
	static const char sql[] =
		"INSERT INTO entity (id, kind, named, scope, version, uid, generated, digest, "
		"state, type, schedule_type, launch_condition_type, short_description, workflow, "
		"created_ns, changed_ns, sizes) "
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	uint8_t room[4 * FLY_ENTITY_SIZES];
	struct stmt s;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, e->id);
	fly_bind_int(&s, e->kind);
	fly_bind_int(&s, e->named);
	fly_bind_int(&s, e->scope);
	fly_bind_text(&s, e->version);
	bind_body(&s, e, changed_ns, room);
	return fly_stmt_insert(&s, why, "version %s exists already", e->version);
}

/* The name's directory lists it: its time moves along, without a change of its own. */
static int touch_named(struct fly_db *db, int64_t named, int64_t at_ns, struct fly_why *why)
{
	static const char sql[] =
		"UPDATE named SET changed_ns = max(?, changed_ns + 1) WHERE id = ?";
	struct stmt s;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, at_ns);
	fly_bind_int(&s, named);
	return fly_stmt_run(&s, why);
}

static struct fly_change describe(const struct fly_entity *e, unsigned flags, int64_t at_ns)
{
	return (struct fly_change){
		.kind = e->kind,
		.flags = flags,
		.id = e->id,
		.parent = e->named,
		.scope = e->scope,
		.state = e->state,
		.at_ns = at_ns,
		.name = e->version,
	};
}

int fly_entity_insert(struct fly_db *db, const struct fly_entity *e, struct fly_why *why)
{
	int64_t at_ns = fly_first_change(e->changed_ns);
	struct fly_change change = describe(e, FLY_CHANGE_CREATED, at_ns);
	int rc = insert_row(db, e, at_ns, why);

	if (rc == 0)
		rc = fly_blob_insert(db, e->id, FLY_ENTITY_PART_SPEC, e->spec, why);
	if (rc == 0)
		rc = fly_blob_insert(db, e->id, FLY_ENTITY_PART_CLOSURE, e->closure, why);
	if (rc == 0)
		rc = fly_blob_insert(db, e->id, FLY_ENTITY_PART_INTERFACE, e->interface, why);
	if (rc == 0)
		rc = fly_blob_insert(db, e->id, FLY_ENTITY_PART_SOURCE, e->source, why);
	if (rc == 0)
		rc = touch_named(db, e->named, at_ns, why);
	return rc < 0 ? rc : fly_changes_add(db, &change, why);
}

static int update_row(struct fly_db *db, const struct fly_entity *e, int64_t changed_ns,
		      struct fly_why *why)
{
	static const char sql[] =
		"UPDATE entity SET uid = ?, generated = ?, digest = ?, state = ?, type = ?, "
		"schedule_type = ?, launch_condition_type = ?, short_description = ?, "
		"workflow = ?, created_ns = ?, changed_ns = ?, sizes = ? WHERE id = ?";
	uint8_t room[4 * FLY_ENTITY_SIZES];
	struct stmt s;

	fly_stmt_use(&s, db, sql, NULL);
	bind_body(&s, e, changed_ns, room);
	fly_bind_int(&s, e->id);
	return fly_stmt_run(&s, why);
}

int fly_entity_update(struct fly_db *db, const struct fly_entity *e, struct fly_why *why)
{
	struct fly_entity old;
	struct fly_change change;
	auto_arena arena = {0};
	int rc = fly_entity_get_id(db, e->kind, e->id, FLY_ENTITY_HEAD, &arena, &old);

	if (rc < 0)
		return fly_fail(why, -rc, "version %s can't be changed: %s", e->version,
				strerror(-rc));
	/* The caller has measured texts that show its moment. */
	change = describe(&old, FLY_CHANGE_TEXT,
			  e->changed_ns > old.changed_ns ? e->changed_ns :
							   fly_file_time_after(old.changed_ns));
	change.state = e->state;
	if (e->state != old.state)
		change.flags |= FLY_CHANGE_STATE;
	rc = update_row(db, e, change.at_ns, why);
	if (rc == 0)
		rc = fly_blob_put(db, e->id, FLY_ENTITY_PART_SPEC, e->spec, NULL, why);
	if (rc == 0)
		rc = fly_blob_put(db, e->id, FLY_ENTITY_PART_CLOSURE, e->closure, NULL, why);
	if (rc == 0)
		rc = fly_blob_put(db, e->id, FLY_ENTITY_PART_INTERFACE, e->interface, NULL, why);
	if (rc == 0)
		rc = fly_blob_put(db, e->id, FLY_ENTITY_PART_SOURCE, e->source, NULL, why);
	if (rc == 0)
		rc = touch_named(db, old.named, change.at_ns, why);
	return rc < 0 ? rc : fly_changes_add(db, &change, why);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Named entities, the names that group versions: GetNamedEntity, UpdateNamedEntity.
 * Source: flyte-api §2.3.
 */
#include "entity.h"

static int check_kind(Flyteidl__Core__ResourceType type, enum fly_kind *kind, struct fly_why *why)
{
	*kind = fly_kind_of_resource((int)type);
	if (*kind != FLY_KIND_NONE)
		return 0;
	return fly_refuse(why, FLY_INVALID_ARGUMENT,
			  "resource_type is %s: TASK, WORKFLOW or LAUNCH_PLAN",
			  fly_resource_type_name((int)type));
}

static int find_named(struct fly_db *db, enum fly_kind kind,
		      const Flyteidl__Admin__NamedEntityIdentifier *id, struct fly_arena *arena,
		      struct fly_named *out, struct fly_why *why)
{
	struct fly_scope scope;
	int rc;

	rc = fly_scope_get(db, id->project, id->domain, arena, &scope);
	if (rc >= 0)
		rc = fly_named_get(db, scope.id, kind, id->name, arena, out);
	if (rc == -ENOENT)
		return fly_refuse(why, FLY_NOT_FOUND, "there is no %s %s/%s/%s",
				  fly_kind_noun(kind), id->project, id->domain, id->name);
	if (rc < 0)
		return fly_fail(why, -rc, "cannot read %s %s", fly_kind_noun(kind), id->name);
	return 0;
}

int fly_admin_get_named_entity(struct fly_db *db,
			       const Flyteidl__Admin__NamedEntityGetRequest *req,
			       struct fly_arena *arena, Flyteidl__Admin__NamedEntity **out,
			       struct fly_why *why)
{
	Flyteidl__Admin__NamedEntity *entity;
	struct fly_named row;
	enum fly_kind kind;
	int rc;

	if ((rc = check_kind(req->resource_type, &kind, why)) < 0 ||
	    (rc = fly_check_named_entity_id(req->id, "id", why)) < 0 ||
	    (rc = find_named(db, kind, req->id, arena, &row, why)) < 0)
		return rc;
	entity = fly_admin_new(Flyteidl__Admin__NamedEntity, flyteidl__admin__named_entity, arena);
	if (!entity)
		return fly_no_memory(why);
	entity->id = fly_admin_new(Flyteidl__Admin__NamedEntityIdentifier,
				   flyteidl__admin__named_entity_identifier, arena);
	entity->metadata = fly_admin_new(Flyteidl__Admin__NamedEntityMetadata,
					 flyteidl__admin__named_entity_metadata, arena);
	if (!entity->id || !entity->metadata)
		return fly_no_memory(why);
	entity->resource_type = req->resource_type;
	entity->id->project = req->id->project;
	entity->id->domain = req->id->domain;
	entity->id->name = (char *)row.name;
	if (row.description)
		entity->metadata->description = (char *)row.description;
	entity->metadata->state = (Flyteidl__Admin__NamedEntityState)row.state;
	*out = entity;
	return 0;
}

struct named_write {
	struct fly_write write;
	const Flyteidl__Admin__NamedEntityUpdateRequest *req;
	enum fly_kind kind;
};

static int named_apply(struct fly_write *write, struct fly_db *db, struct fly_why *why)
{
	struct named_write *w = (struct named_write *)write;
	const Flyteidl__Admin__NamedEntityMetadata *metadata = w->req->metadata;
	struct fly_named row;
	int rc;

	rc = find_named(db, w->kind, w->req->id, &write->call->arena, &row, why);
	if (rc < 0)
		return rc;
	rc = fly_caller_check_owner(&write->call->caller, row.uid, why, "%s %s",
				    fly_kind_noun(w->kind), row.name);
	if (rc < 0)
		return rc;
	row.description = metadata ? metadata->description : "";
	row.state = metadata ? (int)metadata->state : 0;
	row.changed_ns = fly_time_after(row.changed_ns, fly_admin_file_now(write->admin));
	write->call->id = row.id;
	return fly_named_update(db, &row, why);
}

static int check_update(struct fly_admin *a,
			const Flyteidl__Admin__NamedEntityUpdateRequest *req, enum fly_kind *kind,
			struct fly_why *why)
{
	int rc;

	if ((rc = fly_admin_check_writable(a, why)) < 0 ||
	    (rc = check_kind(req->resource_type, kind, why)) < 0 ||
	    (rc = fly_check_named_entity_id(req->id, "id", why)) < 0)
		return rc;
	if (req->metadata && (unsigned)req->metadata->state >
				     FLYTEIDL__ADMIN__NAMED_ENTITY_STATE__SYSTEM_GENERATED)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "metadata.state has no value %d",
				  (int)req->metadata->state);
	return 0;
}

void fly_admin_update_named_entity(struct fly_admin *a, struct fly_call *call,
				   const Flyteidl__Admin__NamedEntityUpdateRequest *req)
{
	struct named_write *w = fly_arena_zalloc(&call->arena, 1, sizeof(*w));
	int rc = w ? check_update(a, req, &w->kind, &call->why) : fly_no_memory(&call->why);

	if (rc < 0) {
		fly_call_finish(call, rc);
		return;
	}
	w->req = req;
	w->write.apply = named_apply;
	fly_admin_write(a, call, &w->write);
}

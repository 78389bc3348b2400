/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which version of a launch plan is active: UpdateLaunchPlan, GetActiveLaunchPlan. At most one
 * version of a name is; activating one puts the other to rest in the same transaction.
 * Source: flyte-api §2.3.
 */
#include "entity.h"

struct state_write {
	struct fly_write write;
	const Flyteidl__Core__Identifier *id;
	int state;
};

static int set_state(struct fly_admin *a, struct fly_db *db, struct fly_entity *e, int state,
		     struct fly_why *why)
{
	e->state = state;
	e->changed_ns = fly_time_after(e->changed_ns, fly_admin_file_now(a));
	fly_entity_measure(db, e);
	return fly_entity_update(db, e, why);
}

static int rest_other(struct fly_write *write, struct fly_db *db, const struct fly_entity *plan,
		      struct fly_why *why)
{
	struct fly_entity other;
	int rc;

	rc = fly_entity_get_active(db, plan->named, FLY_ENTITY_BLOBS, &write->call->arena, &other);
	if (rc == -ENOENT || (rc >= 0 && other.id == plan->id))
		return 0;
	if (rc < 0)
		return fly_fail(why, -rc, "cannot read the active version of launch plan %s",
				plan->name);
	return set_state(write->admin, db, &other, FLYTEIDL__ADMIN__LAUNCH_PLAN_STATE__INACTIVE,
			 why);
}

static int state_apply(struct fly_write *write, struct fly_db *db, struct fly_why *why)
{
	struct state_write *w = (struct state_write *)write;
	struct fly_entity plan;
	int rc;

	rc = fly_find_entity(db, FLY_KIND_LAUNCH_PLAN, w->id, FLY_ENTITY_BLOBS,
			     &write->call->arena, &plan, why);
	if (rc < 0)
		return rc;
	rc = fly_caller_check_owner(&write->call->caller, plan.uid, why, "launch plan %s@%s",
				    plan.name, plan.version);
	if (rc < 0)
		return rc;
	if (w->state == FLYTEIDL__ADMIN__LAUNCH_PLAN_STATE__ACTIVE) {
		rc = rest_other(write, db, &plan, why);
		if (rc < 0)
			return rc;
	}
	write->call->id = plan.id;
	return plan.state == w->state ? 0 : set_state(write->admin, db, &plan, w->state, why);
}

static int check_request(struct fly_admin *a, const Flyteidl__Admin__LaunchPlanUpdateRequest *req,
			 struct fly_why *why)
{
	int rc;

	if ((rc = fly_admin_check_writable(a, why)) < 0 ||
	    (rc = fly_check_get_id(req->id, FLYTEIDL__CORE__RESOURCE_TYPE__LAUNCH_PLAN, why)) < 0)
		return rc;
	if (req->state == FLYTEIDL__ADMIN__LAUNCH_PLAN_STATE__ACTIVE ||
	    req->state == FLYTEIDL__ADMIN__LAUNCH_PLAN_STATE__INACTIVE)
		return 0;
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "state has no value %d: INACTIVE or ACTIVE",
			  (int)req->state);
}

void fly_admin_update_launch_plan(struct fly_admin *a, struct fly_call *call,
				  const Flyteidl__Admin__LaunchPlanUpdateRequest *req)
{
	struct state_write *w = NULL;
	int rc = check_request(a, req, &call->why);

	if (rc >= 0) {
		w = fly_arena_zalloc(&call->arena, 1, sizeof(*w));
		if (!w)
			rc = fly_no_memory(&call->why);
	}
	if (rc < 0) {
		fly_call_finish(call, rc);
		return;
	}
	w->id = req->id;
	w->state = (int)req->state;
	w->write.apply = state_apply;
	fly_admin_write(a, call, &w->write);
}

static int find_active(struct fly_db *db, const Flyteidl__Admin__NamedEntityIdentifier *id,
		       struct fly_arena *arena, struct fly_entity *out)
{
	struct fly_scope scope;
	struct fly_named named;
	int rc;

	if ((rc = fly_scope_get(db, id->project, id->domain, arena, &scope)) < 0 ||
	    (rc = fly_named_get(db, scope.id, FLY_KIND_LAUNCH_PLAN, id->name, arena, &named)) < 0)
		return rc;
	return fly_entity_get_active(db, named.id, FLY_ENTITY_BLOBS, arena, out);
}

int fly_admin_get_active_launch_plan(struct fly_db *db,
				     const Flyteidl__Admin__ActiveLaunchPlanRequest *req,
				     struct fly_arena *arena, Flyteidl__Admin__LaunchPlan **out,
				     struct fly_why *why)
{
	struct fly_entity row;
	int rc;

	rc = fly_check_named_entity_id(req->id, "id", why);
	if (rc < 0)
		return rc;
	rc = find_active(db, req->id, arena, &row);
	if (rc == -ENOENT)
		return fly_refuse(why, FLY_NOT_FOUND,
				  "no version of launch plan %s/%s/%s is active", req->id->project,
				  req->id->domain, req->id->name);
	if (rc < 0)
		return fly_fail(why, -rc, "cannot read launch plan %s", req->id->name);
	return fly_launch_plan_message(&row, arena, out, why);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request launches: a launch plan, or a task by its hidden one (task_execution.c). It gives
 * the inputs that are expected and the workflow that will run.
 * Source: flyte-api §2.4.
 */
#include "create.h"
#include "entity.h"

/* Identity of the plan's workflow. A generated plan names its task there: the row knows better. */
static int find_workflow(struct fly_create *c, const struct fly_entity *plan, struct fly_db *db,
			 struct fly_arena *arena, struct fly_why *why)
{
	struct fly_entity workflow;
	int rc;

	c->row.workflow = plan->workflow;
	if (plan->workflow && !plan->generated) {
		c->closure->workflow_id = c->plan->workflow_id;
		return 0;
	}
	if (!plan->workflow)
		return fly_refuse(why, FLY_NOT_FOUND, "%s has no workflow", c->target);
	rc = fly_entity_get_id(db, FLY_KIND_WORKFLOW, plan->workflow, FLY_ENTITY_HEAD, arena,
			       &workflow);
	if (rc < 0)
		return fly_fail(why, -rc, "cannot read the workflow of %s", c->target);
	c->closure->workflow_id = fly_identifier_new(arena,
						     FLYTEIDL__CORE__RESOURCE_TYPE__WORKFLOW,
						     workflow.project, workflow.domain,
						     workflow.name, workflow.version);
	return c->closure->workflow_id ? 0 : fly_no_memory(why);
}

static int target_plan(struct fly_create *c, struct fly_db *db, struct fly_arena *arena,
		       struct fly_why *why)
{
	const Flyteidl__Core__Identifier *id = c->spec->launch_plan;
	Flyteidl__Admin__LaunchPlanClosure *closure;
	struct fly_entity plan;
	int rc;

	c->target = fly_arena_printf(arena, "launch plan %s@%s", id->name, id->version);
	if (!c->target)
		return fly_no_memory(why);
	if ((rc = fly_find_entity(db, FLY_KIND_LAUNCH_PLAN, id, FLY_ENTITY_BLOBS, arena, &plan,
				  why)) < 0 ||
	    (rc = fly_admin_unpack(&flyteidl__admin__launch_plan_spec__descriptor, plan.spec,
				   arena, (ProtobufCMessage **)&c->plan, why)) < 0 ||
	    (rc = fly_admin_unpack(&flyteidl__admin__launch_plan_closure__descriptor, plan.closure,
				   arena, (ProtobufCMessage **)&closure, why)) < 0)
		return rc;
	c->row.launch_entity = "launch_plan";
	c->row.launch_plan = plan.id;
	c->plan_named = plan.named;
	c->fixed = c->plan->fixed_inputs;
	c->expected = closure->expected_inputs;
	return find_workflow(c, &plan, db, arena, why);
}

int fly_find_target(struct fly_admin *a, struct fly_create *c, struct fly_db *db,
		    struct fly_arena *arena, struct fly_why *why)
{
	int rc;

	if (c->spec->launch_plan->resource_type == FLYTEIDL__CORE__RESOURCE_TYPE__TASK)
		rc = fly_target_task(a, c, db, arena, why);
	else
		rc = target_plan(c, db, arena, why);
	if (rc < 0 && why && why->status == FLY_NOT_FOUND)
		fly_why_prefix(why, "spec.launch_plan: ");
	if (rc < 0 || c->expected)
		return rc;
	c->expected = fly_admin_new(Flyteidl__Core__ParameterMap, flyteidl__core__parameter_map,
				    arena);
	return c->expected ? 0 : fly_no_memory(why);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document written at tasks/NAME/VERSION/spec.json, workflows/… or launch_plans/…: read in
 * whichever form it has, then registered as the RPCs do.
 * Source: DESIGN §3, §4; docs/shorthand.md.
 */
#include "document.h"

static int read_document(const struct fly_document_place *place, enum fly_document form,
			 const char *text, size_t len, struct fly_entity_document *out,
			 struct fly_why *why)
{
	switch (form) {
	case FLY_DOCUMENT_JSON:
	case FLY_DOCUMENT_YAML:
		return fly_document_read_text(place, form == FLY_DOCUMENT_YAML, text, len, out,
					      why);
	case FLY_DOCUMENT_WIRE:
		return fly_document_read_wire(place, text, len, out, why);
	}
	return fly_fail(why, EINVAL, "a document of an unknown form");
}

static int read_here(struct fly_admin *a, struct fly_call *call, struct fly_document_place *place,
		     enum fly_document form, const char *file, const char *text, size_t len,
		     struct fly_entity_document *out)
{
	struct fly_why inner = {0};
	int rc = fly_admin_begin(a, call, &place->db);

	if (rc < 0)
		return rc;
	rc = read_document(place, form, text, len, out, &inner);
	fly_db_end(place->db);
	/* "spec.json:7:12: …", as compilers write it; without a place "spec.pb: …" */
	if (rc < 0)
		fly_refuse(&call->why, inner.status,
			   form == FLY_DOCUMENT_WIRE ? "%s: %s" : "%s:%s", file, inner.text);
	return rc;
}

static void register_it(struct fly_admin *a, struct fly_call *call,
			const struct fly_document_place *place,
			const struct fly_entity_document *doc)
{
	Flyteidl__Admin__TaskCreateRequest *task;
	Flyteidl__Admin__WorkflowCreateRequest *workflow;
	Flyteidl__Admin__LaunchPlanCreateRequest *plan;
	Flyteidl__Core__Identifier *id = (Flyteidl__Core__Identifier *)place->id;

	switch (place->kind) {
	case FLY_KIND_TASK:
		task = fly_admin_new(Flyteidl__Admin__TaskCreateRequest,
				     flyteidl__admin__task_create_request, &call->arena);
		if (!task)
			break;
		task->id = id;
		task->spec = (Flyteidl__Admin__TaskSpec *)doc->spec;
		fly_task_register(a, call, task, &doc->written);
		return;
	case FLY_KIND_WORKFLOW:
		workflow = fly_admin_new(Flyteidl__Admin__WorkflowCreateRequest,
					 flyteidl__admin__workflow_create_request, &call->arena);
		if (!workflow)
			break;
		workflow->id = id;
		workflow->spec = (Flyteidl__Admin__WorkflowSpec *)doc->spec;
		fly_workflow_register(a, call, workflow, &doc->written);
		return;
	default:
		plan = fly_admin_new(Flyteidl__Admin__LaunchPlanCreateRequest,
				     flyteidl__admin__launch_plan_create_request, &call->arena);
		if (!plan)
			break;
		plan->id = id;
		plan->spec = (Flyteidl__Admin__LaunchPlanSpec *)doc->spec;
		fly_launch_plan_register(a, call, plan, &doc->written);
		return;
	}
	fly_call_finish(call, fly_no_memory(&call->why));
}

void fly_admin_register_entity(struct fly_admin *a, struct fly_call *call, enum fly_kind kind,
			       enum fly_document form, const char *file, const char *project,
			       const char *domain, const char *name, const char *version,
			       const char *text, size_t len)
{
	struct fly_document_place place = {.kind = kind, .arena = &call->arena};
	struct fly_entity_document doc = {.written = {.file = file, .default_plan = true}};
	int rc = 0;

	place.id = fly_identifier_new(&call->arena, fly_resource_of_kind(kind), project, domain,
				      name, version);
	doc.written.file = fly_arena_strdup(&call->arena, file);
	if (!place.id || !doc.written.file)
		rc = fly_no_memory(&call->why);
	if (rc >= 0)
		rc = read_here(a, call, &place, form, file, text, len, &doc);
	if (rc < 0)
		fly_call_finish(call, rc);
	else
		register_it(a, call, &place, &doc);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListTasks, ListWorkflows, ListLaunchPlans, ListActiveLaunchPlans.
 * Source: flyte-api §2.3, §2.11.
 */
#include "entity.h"
#include "list.h"

static int read_row(struct fly_db *db, enum fly_kind kind, int64_t id, struct fly_arena *arena,
		    struct fly_entity *out, struct fly_why *why)
{
	int rc = fly_entity_get_id(db, kind, id, FLY_ENTITY_BLOBS, arena, out);

	return rc < 0 ? fly_fail(why, -rc, "cannot read a listed %s", fly_kind_noun(kind)) : 0;
}

static int make_task(struct fly_db *db, int64_t id, const struct fly_page *page,
		     struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why)
{
	struct fly_entity e;
	int rc = read_row(db, FLY_KIND_TASK, id, arena, &e, why);

	return rc < 0 ? rc : fly_task_message(&e, arena, (Flyteidl__Admin__Task **)out, why);
}

/* Its interface as a compiled workflow of nothing else: a list does not carry whole graphs. */
static Flyteidl__Admin__WorkflowClosure *
interface_closure(const struct fly_entity *e, Flyteidl__Core__Identifier *id,
		  Flyteidl__Core__TypedInterface *interface, struct fly_arena *arena)
{
	Flyteidl__Admin__WorkflowClosure *closure =
		fly_admin_new(Flyteidl__Admin__WorkflowClosure, flyteidl__admin__workflow_closure,
			      arena);
	Flyteidl__Core__CompiledWorkflowClosure *compiled =
		fly_admin_new(Flyteidl__Core__CompiledWorkflowClosure,
			      flyteidl__core__compiled_workflow_closure, arena);
	Flyteidl__Core__CompiledWorkflow *primary =
		fly_admin_new(Flyteidl__Core__CompiledWorkflow, flyteidl__core__compiled_workflow,
			      arena);
	Flyteidl__Core__WorkflowTemplate *template =
		fly_admin_new(Flyteidl__Core__WorkflowTemplate, flyteidl__core__workflow_template,
			      arena);

	if (!closure || !compiled || !primary || !template || !id)
		return NULL;
	template->id = id;
	template->interface = interface;
	primary->template_ = template;
	compiled->primary = primary;
	closure->compiled_workflow = compiled;
	closure->created_at = fly_timestamp(arena, e->created_ns);
	return closure->created_at ? closure : NULL;
}

static int make_workflow(struct fly_db *db, int64_t id, const struct fly_page *page,
			 struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why)
{
	Flyteidl__Admin__Workflow *m = fly_admin_new(Flyteidl__Admin__Workflow,
						     flyteidl__admin__workflow, arena);
	Flyteidl__Core__TypedInterface *interface;
	struct fly_entity e;
	int rc = read_row(db, FLY_KIND_WORKFLOW, id, arena, &e, why);

	if (rc >= 0)
		rc = fly_admin_unpack(&flyteidl__core__typed_interface__descriptor, e.interface,
				      arena, (ProtobufCMessage **)&interface, why);
	if (rc < 0)
		return rc;
	if (!m)
		return fly_no_memory(why);
	m->id = fly_identifier_new(arena, FLYTEIDL__CORE__RESOURCE_TYPE__WORKFLOW, e.project,
				   e.domain, e.name, e.version);
	m->closure = interface_closure(&e, m->id, interface, arena);
	if (e.short_description)
		m->short_description = (char *)e.short_description;
	*out = &m->base;
	return m->closure ? 0 : fly_no_memory(why);
}

static int make_launch_plan(struct fly_db *db, int64_t id, const struct fly_page *page,
			    struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why)
{
	struct fly_entity e;
	int rc = read_row(db, FLY_KIND_LAUNCH_PLAN, id, arena, &e, why);

	return rc < 0 ? rc
		      : fly_launch_plan_message(&e, arena, (Flyteidl__Admin__LaunchPlan **)out,
						why);
}

static int ask(struct fly_page *page, const Flyteidl__Admin__ResourceListRequest *req,
	       struct fly_why *why)
{
	int rc = fly_page_place(page, req->id, why);

	return rc < 0 ? rc
		      : fly_page_ask(page, req->limit, req->token, req->filters, req->sort_by, why);
}

int fly_admin_list_tasks(struct fly_db *db, const Flyteidl__Admin__ResourceListRequest *req,
			 struct fly_arena *arena, Flyteidl__Admin__TaskList **out,
			 struct fly_why *why)
{
	struct fly_page page = {.list = {.what = FLY_LIST_TASK, .call = "ListTasks"}};
	Flyteidl__Admin__TaskList *m = fly_admin_new(Flyteidl__Admin__TaskList,
						     flyteidl__admin__task_list, arena);
	int rc = m ? ask(&page, req, why) : fly_no_memory(why);

	if (rc >= 0)
		rc = fly_page_read(db, &page, arena, make_task, (ProtobufCMessage ***)&m->tasks,
				   why);
	if (rc < 0)
		return rc;
	m->n_tasks = page.n;
	m->token = (char *)page.token;
	*out = m;
	return 0;
}

int fly_admin_list_workflows(struct fly_db *db, const Flyteidl__Admin__ResourceListRequest *req,
			     struct fly_arena *arena, Flyteidl__Admin__WorkflowList **out,
			     struct fly_why *why)
{
	struct fly_page page = {.list = {.what = FLY_LIST_WORKFLOW, .call = "ListWorkflows"}};
	Flyteidl__Admin__WorkflowList *m = fly_admin_new(Flyteidl__Admin__WorkflowList,
							 flyteidl__admin__workflow_list, arena);
	int rc = m ? ask(&page, req, why) : fly_no_memory(why);

	if (rc >= 0)
		rc = fly_page_read(db, &page, arena, make_workflow,
				   (ProtobufCMessage ***)&m->workflows, why);
	if (rc < 0)
		return rc;
	m->n_workflows = page.n;
	m->token = (char *)page.token;
	*out = m;
	return 0;
}

static int read_launch_plans(struct fly_db *db, struct fly_page *page, struct fly_arena *arena,
			     Flyteidl__Admin__LaunchPlanList **out, struct fly_why *why)
{
	Flyteidl__Admin__LaunchPlanList *m = fly_admin_new(Flyteidl__Admin__LaunchPlanList,
							   flyteidl__admin__launch_plan_list,
							   arena);
	int rc = m ? fly_page_read(db, page, arena, make_launch_plan,
				   (ProtobufCMessage ***)&m->launch_plans, why)
		   : fly_no_memory(why);

	if (rc < 0)
		return rc;
	m->n_launch_plans = page->n;
	m->token = (char *)page->token;
	*out = m;
	return 0;
}

int fly_admin_list_launch_plans(struct fly_db *db, const Flyteidl__Admin__ResourceListRequest *req,
				struct fly_arena *arena, Flyteidl__Admin__LaunchPlanList **out,
				struct fly_why *why)
{
	struct fly_page page = {.list = {.what = FLY_LIST_LAUNCH_PLAN, .call = "ListLaunchPlans"}};
	int rc = ask(&page, req, why);

	return rc < 0 ? rc : read_launch_plans(db, &page, arena, out, why);
}

int fly_admin_list_active_launch_plans(struct fly_db *db,
				       const Flyteidl__Admin__ActiveLaunchPlanListRequest *req,
				       struct fly_arena *arena,
				       Flyteidl__Admin__LaunchPlanList **out, struct fly_why *why)
{
	struct fly_page page = {
		.list = {
			.what = FLY_LIST_LAUNCH_PLAN,
			.call = "ListActiveLaunchPlans",
			.project = req->project,
			.domain = req->domain,
			.active_only = true,
		},
	};
	int rc;

	if ((rc = fly_check_set(req->project, "project", why)) < 0 ||
	    (rc = fly_check_set(req->domain, "domain", why)) < 0 ||
	    (rc = fly_page_ask(&page, req->limit, req->token, "", req->sort_by, why)) < 0)
		return rc;
	return read_launch_plans(db, &page, arena, out, why);
}

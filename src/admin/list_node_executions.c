/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListNodeExecutions (of an execution, or below one of its nodes), ListNodeExecutionsForTask.
 * Source: flyte-api §2.11, §2.14.
 */
#include "list.h"
#include "task_execution.h"

static int make(struct fly_db *db, int64_t id, const struct fly_page *page,
		struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why)
{
	Flyteidl__Admin__NodeExecution *m;
	struct fly_node n;
	int rc = fly_node_get_id(db, id, arena, &n);

	if (rc >= 0)
		rc = fly_node_execution_message(&n, arena, &m, why);
	if (rc < 0)
		return rc;
	if (m->closure->output_result_case ==
	    FLYTEIDL__ADMIN__NODE_EXECUTION_CLOSURE__OUTPUT_RESULT_ERROR)
		fly_cut_error(m->closure->error);
	*out = &m->base;
	return 0;
}

static int read_page(struct fly_db *db, struct fly_page *page, struct fly_arena *arena,
		     Flyteidl__Admin__NodeExecutionList **out, struct fly_why *why)
{
	Flyteidl__Admin__NodeExecutionList *m = fly_admin_new(Flyteidl__Admin__NodeExecutionList,
							      flyteidl__admin__node_execution_list,
							      arena);
	int rc = m ? fly_page_read(db, page, arena, make,
				   (ProtobufCMessage ***)&m->node_executions, why)
		   : fly_no_memory(why);

	if (rc < 0)
		return rc;
	m->n_node_executions = page->n;
	m->token = (char *)page->token;
	*out = m;
	return 0;
}

/* Whose nodes: of the execution, or only those below one of them. */
static int find_parents(struct fly_db *db, const Flyteidl__Admin__NodeExecutionListRequest *req,
			struct fly_page *page, struct fly_arena *arena, struct fly_why *why)
{
	Flyteidl__Core__NodeExecutionIdentifier id =
		FLYTEIDL__CORE__NODE_EXECUTION_IDENTIFIER__INIT;
	struct fly_execution e;
	struct fly_node parent;
	int rc = fly_find_execution(db, req->workflow_execution_id, FLY_EXECUTION_HEAD, arena, &e,
				    why);

	if (rc < 0)
		return rc;
	page->list.execution = e.id;
	if (!*req->unique_parent_id)
		return 0;
	id.execution_id = req->workflow_execution_id;
	id.node_id = req->unique_parent_id;
	rc = fly_find_node(db, &id, arena, &parent, why);
	if (rc >= 0)
		page->list.node = parent.id;
	return rc;
}

int fly_admin_list_node_executions(struct fly_db *db,
				   const Flyteidl__Admin__NodeExecutionListRequest *req,
				   struct fly_arena *arena,
				   Flyteidl__Admin__NodeExecutionList **out, struct fly_why *why)
{
	struct fly_page page = {
		.list = {.what = FLY_LIST_NODE_EXECUTION, .call = "ListNodeExecutions"},
	};
	int rc;

	if ((rc = fly_check_execution_id(req->workflow_execution_id, "workflow_execution_id",
					 why)) < 0 ||
	    (rc = fly_page_ask(&page, req->limit, req->token, req->filters, req->sort_by,
			       why)) < 0 ||
	    (rc = find_parents(db, req, &page, arena, why)) < 0)
		return rc;
	return read_page(db, &page, arena, out, why);
}

int fly_admin_list_node_executions_for_task(
	struct fly_db *db, const Flyteidl__Admin__NodeExecutionForTaskListRequest *req,
	struct fly_arena *arena, Flyteidl__Admin__NodeExecutionList **out, struct fly_why *why)
{
	struct fly_page page = {
		.list = {.what = FLY_LIST_NODE_EXECUTION, .call = "ListNodeExecutionsForTask"},
	};
	struct fly_attempt t;
	int rc;

	if ((rc = fly_check_task_execution_id(req->task_execution_id, "task_execution_id",
					      why)) < 0 ||
	    (rc = fly_page_ask(&page, req->limit, req->token, req->filters, req->sort_by,
			       why)) < 0 ||
	    (rc = fly_find_attempt(db, req->task_execution_id, arena, &t, why)) < 0)
		return rc;
	page.list.execution = t.execution;
	page.list.attempt = t.id;
	return read_page(db, &page, arena, out, why);
}

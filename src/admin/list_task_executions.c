/* SPDX-License-Identifier: Apache-2.0 */
/* ListTaskExecutions: the attempts of a node. Source: flyte-api §2.11, §2.14. */
#include "list.h"
#include "task_execution.h"

static int make(struct fly_db *db, int64_t id, const struct fly_page *page,
		struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why)
{
	struct fly_attempt t;
	int rc = fly_attempt_get_id(db, id, arena, &t);

	return rc < 0 ? rc
		      : fly_task_execution_message(&t, arena,
						   (Flyteidl__Admin__TaskExecution **)out, why);
}

int fly_admin_list_task_executions(struct fly_db *db,
				   const Flyteidl__Admin__TaskExecutionListRequest *req,
				   struct fly_arena *arena,
				   Flyteidl__Admin__TaskExecutionList **out, struct fly_why *why)
{
	Flyteidl__Admin__TaskExecutionList *m = fly_admin_new(Flyteidl__Admin__TaskExecutionList,
							      flyteidl__admin__task_execution_list,
							      arena);
	struct fly_page page = {
		.list = {.what = FLY_LIST_TASK_EXECUTION, .call = "ListTaskExecutions"},
	};
	struct fly_node n;
	int rc;

	if (!m)
		return fly_no_memory(why);
	if ((rc = fly_check_node_execution_id(req->node_execution_id, "node_execution_id",
					      why)) < 0 ||
	    (rc = fly_page_ask(&page, req->limit, req->token, req->filters, req->sort_by,
			       why)) < 0 ||
	    (rc = fly_find_node(db, req->node_execution_id, arena, &n, why)) < 0)
		return rc;
	page.list.node = n.id;
	rc = fly_page_read(db, &page, arena, make, (ProtobufCMessage ***)&m->task_executions, why);
	if (rc < 0)
		return rc;
	m->n_task_executions = page.n;
	m->token = (char *)page.token;
	*out = m;
	return 0;
}

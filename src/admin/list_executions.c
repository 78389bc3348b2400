/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListExecutions: a page of executions without their inputs and with short error messages.
 * Source: flyte-api §2.11.
 */
#include "list.h"
#include "task_execution.h"

static int make(struct fly_db *db, int64_t id, const struct fly_page *page,
		struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why)
{
	Flyteidl__Admin__Execution *m;
	struct fly_execution e;
	int rc = fly_execution_get_id(db, id, FLY_EXECUTION_SPEC | FLY_EXECUTION_CLOSURE, arena,
				      &e);

	if (rc >= 0)
		rc = fly_execution_message(&e, arena, &m, why);
	if (rc < 0)
		return rc;
	m->spec->inputs = NULL;
	m->closure->computed_inputs = NULL;
	if (m->closure->output_result_case ==
	    FLYTEIDL__ADMIN__EXECUTION_CLOSURE__OUTPUT_RESULT_ERROR)
		fly_cut_error(m->closure->error);
	*out = &m->base;
	return 0;
}

int fly_admin_list_execution_rows(struct fly_db *db,
				  const Flyteidl__Admin__ResourceListRequest *req,
				  struct fly_arena *arena, Flyteidl__Admin__ExecutionList **out,
				  const int64_t **ids, struct fly_why *why)
{
	struct fly_page page = {.list = {.what = FLY_LIST_EXECUTION, .call = "ListExecutions"}};
	Flyteidl__Admin__ExecutionList *m = fly_admin_new(Flyteidl__Admin__ExecutionList,
							  flyteidl__admin__execution_list, arena);
	int rc;

	if (!m)
		return fly_no_memory(why);
	if ((rc = fly_page_place(&page, req->id, why)) < 0 ||
	    (rc = fly_page_ask(&page, req->limit, req->token, req->filters, req->sort_by,
			       why)) < 0 ||
	    (rc = fly_page_read(db, &page, arena, make, (ProtobufCMessage ***)&m->executions,
				why)) < 0)
		return rc;
	m->n_executions = page.n;
	m->token = (char *)page.token;
	*ids = page.ids;
	*out = m;
	return 0;
}

int fly_admin_list_executions(struct fly_db *db, const Flyteidl__Admin__ResourceListRequest *req,
			      struct fly_arena *arena, Flyteidl__Admin__ExecutionList **out,
			      struct fly_why *why)
{
	const int64_t *ids;

	return fly_admin_list_execution_rows(db, req, arena, out, &ids, why);
}

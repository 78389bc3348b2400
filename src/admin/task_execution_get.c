/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetTaskExecution, GetTaskExecutionData: attempts as readers are shown them.
 * Source: flyte-api §2.14, §2.15.
 */
#include "admin_private.h"
#include "task_execution.h"

#define RESULT(r) FLYTEIDL__ADMIN__TASK_EXECUTION_CLOSURE__OUTPUT_RESULT_##r

static int unpack(const struct fly_attempt *t, struct fly_arena *arena,
		  Flyteidl__Admin__TaskExecution **out, struct fly_why *why)
{
	return fly_admin_unpack(&flyteidl__admin__task_execution__descriptor, t->message, arena,
				(ProtobufCMessage **)out, why);
}

int fly_task_execution_message(const struct fly_attempt *t, struct fly_arena *arena,
			       Flyteidl__Admin__TaskExecution **out, struct fly_why *why)
{
	Flyteidl__Admin__TaskExecution *m;
	int rc = unpack(t, arena, &m, why);

	if (rc < 0)
		return rc;
	if (m->closure->output_result_case == RESULT(OUTPUT_DATA)) {
		m->closure->output_result_case = RESULT(OUTPUT_URI);
		m->closure->output_uri = fly_flyte_link(m->id->node_execution_id,
							m->id->retry_attempt, 'o', arena);
		if (!m->closure->output_uri)
			return fly_no_memory(why);
	}
	*out = m;
	return 0;
}

static int find(struct fly_db *db, const Flyteidl__Core__TaskExecutionIdentifier *id,
		struct fly_arena *arena, struct fly_attempt *out, struct fly_why *why)
{
	int rc = fly_check_task_execution_id(id, "id", why);

	return rc < 0 ? rc : fly_find_attempt(db, id, arena, out, why);
}

int fly_admin_get_task_execution(struct fly_db *db,
				 const Flyteidl__Admin__TaskExecutionGetRequest *req,
				 struct fly_arena *arena, Flyteidl__Admin__TaskExecution **out,
				 struct fly_why *why)
{
	struct fly_attempt t;
	int rc = find(db, req->id, arena, &t, why);

	return rc < 0 ? rc : fly_task_execution_message(&t, arena, out, why);
}

/* Inputs are those of the node; outputs those the attempt itself reported. */
static int set_maps(struct fly_db *db, const struct fly_attempt *t,
		    Flyteidl__Admin__TaskExecutionGetDataResponse *r, struct fly_arena *arena,
		    struct fly_why *why)
{
	Flyteidl__Admin__TaskExecution *m;
	struct fly_node n;
	int rc = fly_node_get_id(db, t->node, arena, &n);

	if (rc < 0)
		return fly_fail(why, -rc, "cannot read the node of an attempt of %s", t->name);
	rc = fly_admin_unpack(&flyteidl__core__literal_map__descriptor, n.inputs, arena,
			      (ProtobufCMessage **)&r->full_inputs, why);
	if (rc >= 0)
		rc = unpack(t, arena, &m, why);
	if (rc < 0)
		return rc;
	if (m->closure->output_result_case == RESULT(OUTPUT_DATA))
		r->full_outputs = m->closure->output_data;
	else
		r->full_outputs = fly_admin_new(Flyteidl__Core__LiteralMap,
						flyteidl__core__literal_map, arena);
	return r->full_outputs ? 0 : fly_no_memory(why);
}

int fly_admin_get_task_execution_data(struct fly_db *db,
				      const Flyteidl__Admin__TaskExecutionGetDataRequest *req,
				      struct fly_arena *arena,
				      Flyteidl__Admin__TaskExecutionGetDataResponse **out,
				      struct fly_why *why)
{
	Flyteidl__Admin__TaskExecutionGetDataResponse *r =
		fly_admin_new(Flyteidl__Admin__TaskExecutionGetDataResponse,
			      flyteidl__admin__task_execution_get_data_response, arena);
	struct fly_attempt t;
	int rc = find(db, req->id, arena, &t, why);

	if (rc < 0)
		return rc;
	if (!r || !(r->inputs = fly_admin_new(Flyteidl__Admin__UrlBlob,
					      flyteidl__admin__url_blob, arena)) ||
	    !(r->outputs = fly_admin_new(Flyteidl__Admin__UrlBlob, flyteidl__admin__url_blob,
					 arena)))
		return fly_no_memory(why);
	rc = set_maps(db, &t, r, arena, why);
	if (rc >= 0)
		rc = fly_flyte_links(req->id->node_execution_id, t.retry_attempt, false, arena,
				     &r->flyte_urls, why);
	if (rc >= 0)
		*out = r;
	return rc;
}

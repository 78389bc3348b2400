/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetExecutionData: the whole inputs and outputs of a run. There are no signed URLs here: the
 * deprecated UrlBlobs are present and empty, as Flyte gives them without signing.
 * Source: flyte-api §2.15.
 */
#include "admin_private.h"

static int unpack_map(struct fly_bytes bytes, struct fly_arena *arena,
		      Flyteidl__Core__LiteralMap **out, struct fly_why *why)
{
	return fly_admin_unpack(&flyteidl__core__literal_map__descriptor, bytes, arena,
				(ProtobufCMessage **)out, why);
}

int fly_execution_data(struct fly_bytes inputs, struct fly_bytes outputs, struct fly_arena *arena,
		       Flyteidl__Admin__WorkflowExecutionGetDataResponse **out,
		       struct fly_why *why)
{
	Flyteidl__Admin__WorkflowExecutionGetDataResponse *m =
		fly_admin_new(Flyteidl__Admin__WorkflowExecutionGetDataResponse,
			      flyteidl__admin__workflow_execution_get_data_response, arena);
	int rc;

	if (!m)
		return fly_no_memory(why);
	m->inputs = fly_admin_new(Flyteidl__Admin__UrlBlob, flyteidl__admin__url_blob, arena);
	m->outputs = fly_admin_new(Flyteidl__Admin__UrlBlob, flyteidl__admin__url_blob, arena);
	if (!m->inputs || !m->outputs)
		return fly_no_memory(why);
	if ((rc = unpack_map(inputs, arena, &m->full_inputs, why)) < 0 ||
	    (rc = unpack_map(outputs, arena, &m->full_outputs, why)) < 0)
		return rc;
	*out = m;
	return 0;
}

int fly_admin_get_execution_data(struct fly_db *db,
				 const Flyteidl__Admin__WorkflowExecutionGetDataRequest *req,
				 struct fly_arena *arena,
				 Flyteidl__Admin__WorkflowExecutionGetDataResponse **out,
				 struct fly_why *why)
{
	struct fly_execution e;
	int rc;

	if ((rc = fly_check_execution_id(req->id, "id", why)) < 0 ||
	    (rc = fly_find_execution(db, req->id, FLY_EXECUTION_INPUTS | FLY_EXECUTION_OUTPUTS,
				     arena, &e, why)) < 0)
		return rc;
	return fly_execution_data(e.inputs, e.outputs, arena, out, why);
}

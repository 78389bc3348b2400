/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RelaunchExecution and RecoverExecution: a CreateExecution made of the stored spec and the user's
 * inputs of another run. What an engine copies from a recovered run is the engine's business.
 * Source: flyte-api §2.8, §2.9.
 */
#include "create.h"

/* How a run is made again. */
struct again {
	const Flyteidl__Core__WorkflowExecutionIdentifier *id;
	const char *name;
	Flyteidl__Admin__ExecutionMetadata__ExecutionMode mode;
	/* the spec's own besides mode and reference; may be NULL */
	const Flyteidl__Admin__ExecutionMetadata *parent_of;
	const bool *overwrite_cache;
};

/* Only who owns a run (or root) makes it run again: its row points to the newest one. */
static int find_source(const struct again *again, struct fly_call *call, struct fly_db *db,
		       struct fly_execution *source, struct fly_why *why)
{
	int rc;

	if ((rc = fly_check_execution_id(again->id, "id", why)) < 0 ||
	    (rc = fly_find_execution(db, again->id, FLY_EXECUTION_SPEC | FLY_EXECUTION_INPUTS,
				     &call->arena, source, why)) < 0)
		return rc;
	return fly_caller_check_owner(&call->caller, source->uid, why, "execution %s",
				      source->name);
}

static int complete_spec(const struct again *again, const struct fly_execution *source,
			 Flyteidl__Admin__ExecutionSpec *spec, struct fly_arena *arena,
			 struct fly_why *why)
{
	Flyteidl__Admin__ExecutionMetadata *metadata = spec->metadata;

	if (!metadata)
		metadata = fly_admin_new(Flyteidl__Admin__ExecutionMetadata,
					 flyteidl__admin__execution_metadata, arena);
	if (!metadata)
		return fly_no_memory(why);
	metadata->mode = again->mode;
	metadata->reference_execution = fly_execution_identifier(source, arena);
	if (!metadata->reference_execution)
		return fly_no_memory(why);
	if (again->parent_of)
		metadata->parent_node_execution = again->parent_of->parent_node_execution;
	if (again->overwrite_cache)
		spec->overwrite_cache = *again->overwrite_cache;
	spec->metadata = metadata;
	return 0;
}

static int make_request(const struct again *again, struct fly_call *call, struct fly_db *db,
			Flyteidl__Admin__ExecutionCreateRequest **out,
			struct fly_execution *source, struct fly_why *why)
{
	struct fly_arena *arena = &call->arena;
	Flyteidl__Admin__ExecutionCreateRequest *req;
	int rc;

	req = fly_admin_new(Flyteidl__Admin__ExecutionCreateRequest,
			    flyteidl__admin__execution_create_request, arena);
	if (!req)
		return fly_no_memory(why);
	if ((rc = find_source(again, call, db, source, why)) < 0 ||
	    (rc = fly_admin_unpack(&flyteidl__admin__execution_spec__descriptor, source->spec,
				   arena, (ProtobufCMessage **)&req->spec, why)) < 0 ||
	    (rc = fly_admin_unpack(&flyteidl__core__literal_map__descriptor, source->user_inputs,
				   arena, (ProtobufCMessage **)&req->inputs, why)) < 0 ||
	    (rc = complete_spec(again, source, req->spec, arena, why)) < 0)
		return rc;
	req->project = (char *)source->project;
	req->domain = (char *)source->domain;
	req->name = (char *)again->name;
	*out = req;
	return 0;
}

static void run_again(struct fly_admin *a, struct fly_call *call, const struct again *again)
{
	Flyteidl__Admin__ExecutionCreateRequest *req = NULL;
	struct fly_execution source;
	struct fly_db *db;
	int rc;

	rc = fly_admin_begin(a, call, &db);
	if (rc >= 0) {
		rc = make_request(again, call, db, &req, &source, &call->why);
		fly_db_end(db);
	}
	if (rc < 0)
		fly_call_finish(call, rc);
	else
		fly_create_submit(a, call, req, &source);
}

void fly_admin_relaunch_execution(struct fly_admin *a, struct fly_call *call,
				  const Flyteidl__Admin__ExecutionRelaunchRequest *req)
{
	bool overwrite_cache = req->overwrite_cache;
	struct again again = {
		.id = req->id,
		.name = req->name,
		.mode = FLYTEIDL__ADMIN__EXECUTION_METADATA__EXECUTION_MODE__RELAUNCH,
		.overwrite_cache = &overwrite_cache,
	};

	run_again(a, call, &again);
}

void fly_admin_recover_execution(struct fly_admin *a, struct fly_call *call,
				 const Flyteidl__Admin__ExecutionRecoverRequest *req)
{
	struct again again = {
		.id = req->id,
		.name = req->name,
		.mode = FLYTEIDL__ADMIN__EXECUTION_METADATA__EXECUTION_MODE__RECOVERED,
		.parent_of = req->metadata,
	};

	run_again(a, call, &again);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an execution's row changes its phase: the closure and the columns beside it, by an event or
 * by a termination. It reads and writes no store.
 * Source: flyte-api §2.10 (what ABORTED shows), §2.12, §2.13.
 */
#include "admin_private.h"
#include "phase.h"
#include "text.h"

#define PHASE(p) FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__##p
#define RESULT(r) FLYTEIDL__ADMIN__EXECUTION_CLOSURE__OUTPUT_RESULT_##r

static int unpack_closure(const struct fly_execution *e, struct fly_arena *arena,
			  Flyteidl__Admin__ExecutionClosure **out, struct fly_why *why)
{
	return fly_admin_unpack(&flyteidl__admin__execution_closure__descriptor, e->closure, arena,
				(ProtobufCMessage **)out, why);
}

static int pack_closure(struct fly_execution *e, const Flyteidl__Admin__ExecutionClosure *closure,
			struct fly_arena *arena, struct fly_why *why)
{
	return fly_admin_pack(&closure->base, arena, &e->closure, why);
}

/* Phase and times. A clock that went backwards makes a negative duration, as Flyte shows it. */
static int set_phase(struct fly_execution *e, Flyteidl__Admin__ExecutionClosure *closure, int phase,
		     const Google__Protobuf__Timestamp *at, struct fly_arena *arena,
		     struct fly_why *why)
{
	e->phase = phase;
	e->updated_ns = fly_timestamp_ns(at);
	e->duration_ns = INT64_MIN;
	closure->phase = (Flyteidl__Core__WorkflowExecution__Phase)phase;
	closure->updated_at = (Google__Protobuf__Timestamp *)at;
	closure->duration = NULL;
	if (phase == PHASE(RUNNING)) {
		e->started_ns = fly_timestamp_ns(at);
		closure->started_at = closure->updated_at;
	}
	if (!fly_phase_is_terminal(phase) || !closure->started_at)
		return 0;
	e->duration_ns = fly_time_between_ns(closure->started_at, at);
	closure->duration = fly_duration(arena, e->duration_ns);
	return closure->duration ? 0 : fly_no_memory(why);
}

static int set_outputs_uri(struct fly_execution *e, Flyteidl__Admin__ExecutionClosure *closure,
			   char *uri, struct fly_arena *arena, struct fly_why *why)
{
	Flyteidl__Admin__LiteralMapBlob *blob = fly_admin_new(Flyteidl__Admin__LiteralMapBlob,
							      flyteidl__admin__literal_map_blob,
							      arena);

	if (!blob || !uri)
		return fly_no_memory(why);
	blob->data_case = FLYTEIDL__ADMIN__LITERAL_MAP_BLOB__DATA_URI;
	blob->uri = uri;
	closure->output_result_case = RESULT(OUTPUTS);
	closure->outputs = blob;
	e->result = FLY_RESULT_OUTPUTS;
	return 0;
}

/* Outputs sent inline are kept in the row; the closure names them with Flyte's own kind of link. */
static int set_outputs(struct fly_execution *e, Flyteidl__Admin__ExecutionClosure *closure,
		       const Flyteidl__Core__LiteralMap *outputs, struct fly_arena *arena,
		       unsigned *parts, struct fly_why *why)
{
	int rc = fly_admin_pack(&outputs->base, arena, &e->outputs, why);

	if (rc < 0)
		return rc;
	*parts |= FLY_EXECUTION_OUTPUTS;
	return set_outputs_uri(e, closure,
			       fly_arena_printf(arena, "flyte://v1/%s/%s/%s/end-node/o", e->project,
						e->domain, e->name), arena, why);
}

static int set_error(struct fly_execution *e, Flyteidl__Admin__ExecutionClosure *closure,
		     const Flyteidl__Core__ExecutionError *error, struct fly_arena *arena,
		     struct fly_why *why)
{
	e->result = FLY_RESULT_ERROR;
	e->error_kind = (int)error->kind;
	e->error_code = fly_arena_strdup(arena, error->code);
	closure->output_result_case = RESULT(ERROR);
	closure->error = (Flyteidl__Core__ExecutionError *)error;
	return e->error_code ? 0 : fly_no_memory(why);
}

static int set_result(struct fly_execution *e, Flyteidl__Admin__ExecutionClosure *closure,
		      const Flyteidl__Event__WorkflowExecutionEvent *event,
		      struct fly_arena *arena, unsigned *parts, struct fly_why *why)
{
	switch (event->output_result_case) {
	case FLYTEIDL__EVENT__WORKFLOW_EXECUTION_EVENT__OUTPUT_RESULT_OUTPUT_URI:
		return set_outputs_uri(e, closure, event->output_uri, arena, why);
	case FLYTEIDL__EVENT__WORKFLOW_EXECUTION_EVENT__OUTPUT_RESULT_OUTPUT_DATA:
		return set_outputs(e, closure, event->output_data, arena, parts, why);
	case FLYTEIDL__EVENT__WORKFLOW_EXECUTION_EVENT__OUTPUT_RESULT_ERROR:
		return set_error(e, closure, event->error, arena, why);
	default:
		return 0;
	}
}

static int set_abort(struct fly_execution *e, Flyteidl__Admin__ExecutionClosure *closure,
		     const char *cause, const char *principal, struct fly_arena *arena,
		     struct fly_why *why)
{
	Flyteidl__Admin__AbortMetadata *abort = fly_admin_new(Flyteidl__Admin__AbortMetadata,
							      flyteidl__admin__abort_metadata,
							      arena);

	if (!abort)
		return fly_no_memory(why);
	abort->cause = (char *)cause;
	abort->principal = (char *)principal;
	closure->output_result_case = RESULT(ABORT_METADATA);
	closure->abort_metadata = abort;
	e->result = FLY_RESULT_ABORT;
	return 0;
}

/*
 * An ABORTED run shows why it was aborted and by whom, whatever else its last event carried: an
 * error in it would hide the cause.
 */
static int set_aborted_result(struct fly_execution *e, Flyteidl__Admin__ExecutionClosure *closure,
			      const Flyteidl__Event__WorkflowExecutionEvent *event,
			      struct fly_arena *arena, unsigned *parts, struct fly_why *why)
{
	Flyteidl__Admin__AbortMetadata *known = NULL;
	int rc;

	if (closure->output_result_case == RESULT(ABORT_METADATA))
		known = closure->abort_metadata;
	rc = set_result(e, closure, event, arena, parts, why);
	if (rc < 0)
		return rc;
	return set_abort(e, closure, known ? known->cause : e->abort_cause ? e->abort_cause : "",
			 known ? known->principal : "", arena, why);
}

/* A named producer of QUEUED is the cluster that events must come from. */
static int record_cluster(struct fly_execution *e, const char *producer, struct fly_arena *arena,
			  unsigned *parts, struct fly_why *why)
{
	Flyteidl__Admin__ExecutionSpec *spec;
	Flyteidl__Admin__ExecutionMetadata *metadata;
	int rc;

	rc = fly_admin_unpack(&flyteidl__admin__execution_spec__descriptor, e->spec, arena,
			      (ProtobufCMessage **)&spec, why);
	if (rc < 0)
		return rc;
	if (!spec->metadata)
		spec->metadata = fly_admin_new(Flyteidl__Admin__ExecutionMetadata,
					       flyteidl__admin__execution_metadata, arena);
	metadata = spec->metadata;
	if (metadata && !metadata->system_metadata)
		metadata->system_metadata = fly_admin_new(Flyteidl__Admin__SystemMetadata,
							  flyteidl__admin__system_metadata, arena);
	if (!metadata || !metadata->system_metadata)
		return fly_no_memory(why);
	metadata->system_metadata->execution_cluster = (char *)producer;
	rc = fly_admin_pack(&spec->base, arena, &e->spec, why);
	if (rc < 0)
		return rc;
	e->cluster = fly_arena_strdup(arena, producer);
	*parts |= FLY_EXECUTION_SPEC;
	return e->cluster ? 0 : fly_no_memory(why);
}

static int check_event(const struct fly_execution *e,
		       const Flyteidl__Event__WorkflowExecutionEvent *event, struct fly_why *why)
{
	int to = (int)event->phase;
	int rc;

	/* A repeated phase is told before a wrong cluster, a wrong cluster before all else. */
	if (to != PHASE(QUEUED)) {
		rc = e->phase == to ? fly_phase_check(e->phase, to, e->name, why) : 0;
		if (rc >= 0)
			rc = fly_check_producer(event->producer_id, e->cluster, why);
		if (rc < 0)
			return rc;
	}
	rc = fly_phase_check(e->phase, to, e->name, why);
	if (rc < 0)
		return rc;
	return fly_check_event_time(event->occurred_at, "event.occurred_at", why);
}

int fly_execution_apply_event(struct fly_execution *e,
			      const Flyteidl__Event__WorkflowExecutionEvent *event,
			      struct fly_arena *arena, unsigned *parts, struct fly_why *why)
{
	const char *producer = event->producer_id;
	struct fly_execution next = *e;
	Flyteidl__Admin__ExecutionClosure *closure;
	unsigned changed = FLY_EXECUTION_CLOSURE;
	int rc;

	rc = check_event(e, event, why);
	if (rc >= 0)
		rc = unpack_closure(e, arena, &closure, why);
	if (rc >= 0)
		rc = set_phase(&next, closure, (int)event->phase, event->occurred_at, arena, why);
	if (rc < 0)
		return rc;
	if (next.phase == PHASE(ABORTED))
		rc = set_aborted_result(&next, closure, event, arena, &changed, why);
	else
		rc = set_result(&next, closure, event, arena, &changed, why);
	if (rc >= 0 && next.phase == PHASE(QUEUED) && *producer && strcmp(producer, "propeller"))
		rc = record_cluster(&next, producer, arena, &changed, why);
	if (rc >= 0)
		rc = pack_closure(&next, closure, arena, why);
	if (rc < 0)
		return rc;
	fly_execution_measure(&next, changed);
	*e = next;
	*parts = changed;
	return 0;
}

int fly_execution_apply_abort(struct fly_execution *e, const char *cause, const char *principal,
			      bool at_once, int64_t now_ns, struct fly_arena *arena,
			      unsigned *parts, struct fly_why *why)
{
	struct fly_execution next = *e;
	Flyteidl__Admin__ExecutionClosure *closure;
	Google__Protobuf__Timestamp *now;
	int rc;

	*parts = 0;
	if (fly_phase_is_terminal(e->phase))
		return 0;
	rc = unpack_closure(e, arena, &closure, why);
	if (rc >= 0)
		rc = set_abort(&next, closure, cause, principal, arena, why);
	if (rc < 0)
		return rc;
	next.abort_cause = cause;
	if (at_once) {
		now = fly_timestamp(arena, now_ns);
		rc = now ? set_phase(&next, closure, PHASE(ABORTED), now, arena, why)
			 : fly_no_memory(why);
	} else {
		next.phase = PHASE(ABORTING);
		closure->phase = PHASE(ABORTING);
	}
	if (rc >= 0)
		rc = pack_closure(&next, closure, arena, why);
	if (rc < 0)
		return rc;
	fly_execution_measure(&next, FLY_EXECUTION_CLOSURE);
	*e = next;
	*parts = FLY_EXECUTION_CLOSURE;
	return 0;
}

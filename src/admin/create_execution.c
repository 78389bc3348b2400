/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateExecution: a request checked in Flyte Admin's order against one snapshot, completed, and
 * inserted in one unit of work. What was checked may change until the insert; only what would break
 * an invariant is looked at again inside the transaction: whether the name is taken and how many
 * runs of the plan are active. The rest is as if this call had come a moment earlier.
 * Source: flyte-api §2.4; DESIGN §4, §7.
 */
#include "create.h"
#include "text.h"

#define ROW_MODE 0755

/* --- the request's own checks: steps 1 to 10 ------------------------------------------------- */

static int check_target(const Flyteidl__Core__Identifier *id, struct fly_why *why)
{
	int rc = fly_check_identifier(id, "spec.launch_plan",
				      FLYTEIDL__CORE__RESOURCE_TYPE__UNSPECIFIED, why);

	if (rc < 0)
		return rc;
	if (id->resource_type == FLYTEIDL__CORE__RESOURCE_TYPE__LAUNCH_PLAN ||
	    id->resource_type == FLYTEIDL__CORE__RESOURCE_TYPE__TASK)
		return 0;
	return fly_refuse(why, FLY_INVALID_ARGUMENT,
			  "spec.launch_plan.resource_type is %s (%d): only a LAUNCH_PLAN or a TASK "
			  "can be launched", fly_resource_type_name((int)id->resource_type),
			  (int)id->resource_type);
}

static int check_notifications(const Flyteidl__Admin__ExecutionSpec *spec, struct fly_why *why)
{
	if (spec->notification_overrides_case !=
	    FLYTEIDL__ADMIN__EXECUTION_SPEC__NOTIFICATION_OVERRIDES_NOTIFICATIONS)
		return 0;
	return fly_check_notifications(spec->notifications->notifications,
				       spec->notifications->n_notifications,
				       "spec.notifications.notifications", why);
}

static int check_request(struct fly_create *c, const Flyteidl__Admin__ExecutionCreateRequest *req,
			 struct fly_db *db, struct fly_arena *arena, struct fly_scope *scope,
			 struct fly_why *why)
{
	int rc;

	if ((rc = fly_check_set(req->project, "project", why)) < 0 ||
	    (rc = fly_check_set(req->domain, "domain", why)) < 0 ||
	    (rc = *req->name ? fly_check_execution_name(req->name, why) : 0) < 0 ||
	    (rc = fly_check_scope(db, req->project, req->domain, arena, &c->project, scope,
				  why)) < 0)
		return rc;
	if (!req->spec)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "spec is missing");
	if ((rc = check_target(req->spec->launch_plan, why)) < 0 ||
	    (rc = fly_check_inputs(c->user_inputs, why)) < 0 ||
	    (rc = check_notifications(req->spec, why)) < 0)
		return rc;
	return fly_check_labels(req->spec->labels, "spec.labels", why);
}

/* --- the row --------------------------------------------------------------------------------- */

static int copy_spec(struct fly_create *c, const Flyteidl__Admin__ExecutionSpec *given,
		     struct fly_arena *arena, struct fly_why *why)
{
	Flyteidl__Admin__ExecutionSpec *spec =
		fly_admin_new(Flyteidl__Admin__ExecutionSpec, flyteidl__admin__execution_spec,
			      arena);

	if (!spec)
		return fly_no_memory(why);
	*spec = *given;
	/* The spec always shows what the user gave, so that it can be launched again as it is. */
	spec->inputs = c->user_inputs && c->user_inputs->n_literals
			? (Flyteidl__Core__LiteralMap *)c->user_inputs : NULL;
	c->spec = spec;
	return 0;
}

static int start_closure(struct fly_create *c, struct fly_arena *arena, struct fly_why *why)
{
	Flyteidl__Admin__ExecutionStateChangeDetails *state;

	c->closure = fly_admin_new(Flyteidl__Admin__ExecutionClosure,
				   flyteidl__admin__execution_closure, arena);
	state = fly_admin_new(Flyteidl__Admin__ExecutionStateChangeDetails,
			      flyteidl__admin__execution_state_change_details, arena);
	if (!c->closure || !state)
		return fly_no_memory(why);
	c->closure->created_at = fly_timestamp(arena, c->row.created_ns);
	c->closure->updated_at = state->occurred_at = c->closure->created_at;
	c->closure->state_change_details = state;
	/* Accepted work is queued; Flyte's UNDEFINED lasts until its engine's first event. */
	c->closure->phase = FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__QUEUED;
	state->principal = (char *)fly_caller_principal(&c->owner);
	return c->closure->created_at ? 0 : fly_no_memory(why);
}

/*
 * A run made again is its source's owner's, whoever asks: who writes to `relaunch` with root's rights
 * may be a program of root's whose output somebody else redirected.
 */
static void choose_owner(struct fly_create *c, const struct fly_call *call,
			 const struct fly_execution *source)
{
	c->owner = call->caller;
	c->row.mode = call->mode ? call->mode & 07777 : ROW_MODE;
	if (!source)
		return;
	c->source = c->row.source_execution = source->id;
	if (call->caller.uid != source->uid)
		c->owner.user = source->user;
	c->owner.uid = source->uid;
	c->owner.gid = source->gid;
	if (!call->mode)
		c->row.mode = source->mode;
}

static void start_row(struct fly_create *c, int64_t now_ns)
{
	struct fly_execution *row = &c->row;
	size_t i;

	row->phase = FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__QUEUED;
	row->uid = c->owner.uid;
	row->gid = c->owner.gid;
	row->created_ns = row->updated_ns = row->changed_ns = now_ns;
	row->started_ns = row->duration_ns = INT64_MIN;
	row->error_kind = -1;
	row->sizes_version = FLY_TEXT_VERSION;
	for (i = 0; i < FLY_EXECUTION_SIZES; i++)
		row->sizes[i] = UINT32_MAX;
}

/* "InvalidArgument", as Flyte writes the codes in an error. */
static const char *code_name(enum fly_status status)
{
	switch (status) {
	case FLY_INVALID_ARGUMENT:
		return "InvalidArgument";
	case FLY_NOT_FOUND:
		return "NotFound";
	case FLY_ALREADY_EXISTS:
		return "AlreadyExists";
	case FLY_PERMISSION_DENIED:
		return "PermissionDenied";
	case FLY_RESOURCE_EXHAUSTED:
		return "ResourceExhausted";
	case FLY_FAILED_PRECONDITION:
		return "FailedPrecondition";
	case FLY_UNAVAILABLE:
		return "Unavailable";
	case FLY_UNAUTHENTICATED:
		return "Unauthenticated";
	case FLY_DEADLINE_EXCEEDED:
		return "DeadlineExceeded";
	case FLY_INTERNAL:
		return "Internal";
	default:
		return "Unknown";
	}
}

/* Refused by who would run it, yet accepted by the service: stored as a run that failed at once. */
static int store_refusal(struct fly_create *c, const struct fly_why *refusal,
			 struct fly_arena *arena, struct fly_why *why)
{
	Flyteidl__Core__ExecutionError *error = fly_admin_new(Flyteidl__Core__ExecutionError,
							      flyteidl__core__execution_error,
							      arena);

	if (!error)
		return fly_no_memory(why);
	error->code = (char *)code_name(refusal->status);
	error->message = fly_arena_strdup(arena, refusal->text);
	error->kind = refusal->status == FLY_INVALID_ARGUMENT
			? FLYTEIDL__CORE__EXECUTION_ERROR__ERROR_KIND__USER
			: FLYTEIDL__CORE__EXECUTION_ERROR__ERROR_KIND__SYSTEM;
	c->refused = true;
	c->closure->phase = FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__FAILED;
	c->closure->output_result_case = FLYTEIDL__ADMIN__EXECUTION_CLOSURE__OUTPUT_RESULT_ERROR;
	c->closure->error = error;
	c->row.phase = FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__FAILED;
	c->row.result = FLY_RESULT_ERROR;
	c->row.error_code = error->code;
	c->row.error_kind = (int)error->kind;
	return error->message ? 0 : fly_no_memory(why);
}

/* Step 6: ask the backend. This machine has no clusters that a label could choose from. */
static int ask_backend(struct fly_admin *a, struct fly_create *c, struct fly_arena *arena,
		       struct fly_why *why)
{
	const Flyteidl__Admin__ExecutionClusterLabel *label = c->spec->execution_cluster_label;
	struct fly_backend *backend = a->backend;
	struct fly_why refusal = {0};

	if (label && *label->value && (!backend || backend->ops->aborts_at_once))
		fly_refuse(&refusal, FLY_INTERNAL,
			   "there is no cluster labelled \"%s\": spec.execution_cluster_label must "
			   "be left out", label->value);
	else if (!backend || !backend->ops->check ||
		 backend->ops->check(backend, c->row.project, c->row.domain, c->row.name,
				     &refusal) >= 0)
		return 0;
	if (!c->plan)	/* a task: Flyte gives the failure to the caller */
		return fly_refuse(why, FLY_INTERNAL, "%s", refusal.text);
	return store_refusal(c, &refusal, arena, why);
}

static int pack_row(struct fly_create *c, struct fly_arena *arena, struct fly_why *why)
{
	struct fly_execution *row = &c->row;
	int rc;

	if ((rc = fly_admin_pack(&c->spec->base, arena, &row->spec, why)) < 0 ||
	    (rc = fly_admin_pack(&c->closure->base, arena, &row->closure, why)) < 0 ||
	    (rc = fly_admin_pack(&c->inputs->base, arena, &row->inputs, why)) < 0)
		return rc;
	row->user_inputs = row->inputs;
	if (!c->inputs_are_given)
		rc = fly_admin_pack(c->spec->inputs ? &c->spec->inputs->base : NULL, arena,
				    &row->user_inputs, why);
	if (rc < 0)
		return rc;
	if (row->result == FLY_RESULT_NONE)
		fly_execution_measure_new(row, c->spec, c->closure, c->inputs);
	else
		fly_execution_measure(row, FLY_EXECUTION_ALL);
	return 0;
}

static int choose_name(struct fly_create *c, const char *given, struct fly_arena *arena,
		       struct fly_why *why)
{
	if (!*given)
		return fly_generate_name(arena, &c->row.name, why);
	c->row.name = given;
	return 0;
}

static int choose_id(struct fly_admin *a, struct fly_create *c, int64_t wanted,
		     struct fly_why *why)
{
	c->row.id = wanted ? wanted : fly_store_new_id(a->store, why);
	return c->row.id < 0 ? (int)c->row.id : 0;
}

static int respond(struct fly_create *c, struct fly_call *call, struct fly_why *why)
{
	Flyteidl__Admin__ExecutionCreateResponse *response;
	Flyteidl__Core__WorkflowExecutionIdentifier *id;

	response = fly_admin_new(Flyteidl__Admin__ExecutionCreateResponse,
				 flyteidl__admin__execution_create_response, &call->arena);
	id = fly_execution_identifier(&c->row, &call->arena);
	if (!response || !id)
		return fly_no_memory(why);
	response->id = id;
	call->response = &response->base;
	return 0;
}

static int prepare(struct fly_admin *a, struct fly_create *c, struct fly_db *db,
		   const Flyteidl__Admin__ExecutionCreateRequest *req, struct fly_why *why)
{
	struct fly_call *call = c->write.call;
	struct fly_arena *arena = &call->arena;
	struct fly_scope scope;
	int rc;

	c->user_inputs = req->inputs;
	if ((!req->inputs || !req->inputs->n_literals) && req->spec)
		c->user_inputs = req->spec->inputs;
	rc = check_request(c, req, db, arena, &scope, why);
	if (rc < 0)
		return rc;
	start_row(c, fly_admin_file_now(a));
	c->row.scope = scope.id;
	c->row.project = req->project;
	c->row.domain = req->domain;
	if ((rc = copy_spec(c, req->spec, arena, why)) < 0 ||
	    (rc = start_closure(c, arena, why)) < 0 ||
	    (rc = fly_find_target(a, c, db, arena, why)) < 0 ||
	    (rc = fly_merge_inputs(c, arena, why)) < 0 ||
	    (rc = choose_name(c, req->name, arena, why)) < 0 ||
	    (rc = fly_complete_metadata(c, db, arena, why)) < 0 ||
	    (rc = fly_complete_settings(c, arena, why)) < 0 ||
	    (rc = fly_collect_tags(c, arena, why)) < 0)
		return rc;
	fly_complete_notifications(c);
	if ((rc = ask_backend(a, c, arena, why)) < 0 ||
	    (rc = choose_id(a, c, call->id, why)) < 0 ||
	    (rc = pack_row(c, arena, why)) < 0)
		return rc;
	return respond(c, call, why);
}

/* --- inside the transaction, and behind it --------------------------------------------------- */

static int check_concurrency(const struct fly_create *c, struct fly_db *db, struct fly_why *why)
{
	const Flyteidl__Admin__ConcurrencyPolicy *policy =
		c->plan ? c->plan->concurrency_policy : NULL;
	int64_t active;

	if (!policy ||
	    policy->behavior !=
	    FLYTEIDL__ADMIN__CONCURRENCY_LIMIT_BEHAVIOR__CONCURRENCY_LIMIT_BEHAVIOR_SKIP)
		return 0;
	active = fly_execution_count_active(db, c->plan_named);
	if (active < 0)
		return fly_fail(why, (int)-active, "cannot count the runs of %s", c->target);
	if (active < policy->max)
		return 0;
	return fly_refuse(why, FLY_ALREADY_EXISTS,
			  "%s is limited to %d at once, and %lld are queued or running", c->target,
			  policy->max, (long long)active);
}

/* The source of a relaunch or recovery points to the newest run made from it. */
static int link_source(struct fly_create *c, struct fly_db *db, struct fly_why *why)
{
	struct fly_execution source;
	int rc;

	rc = fly_execution_get_id(db, c->source, FLY_EXECUTION_HEAD, &c->write.call->arena,
				  &source);
	if (rc < 0)
		return fly_fail(why, -rc, "the execution to run again is gone");
	source.relaunched = c->row.id;
	return fly_execution_update(db, &source, FLY_EXECUTION_HEAD, why);
}

static int create_apply(struct fly_write *w, struct fly_db *db, struct fly_why *why)
{
	struct fly_create *c = (struct fly_create *)w;
	int rc;

	if ((rc = check_concurrency(c, db, why)) < 0 ||
	    (rc = c->generated ? fly_put_generated(c, db, why) : 0) < 0 ||
	    (rc = fly_execution_insert(db, &c->row, c->tags, c->n_tags, why)) < 0)
		return rc;
	w->call->id = c->row.id;
	return c->source ? link_source(c, db, why) : 0;
}

static void create_committed(struct fly_write *w)
{
	const struct fly_create *c = (const struct fly_create *)w;
	struct fly_backend *backend = w->admin->backend;

	if (backend && !c->refused)
		backend->ops->execute(backend, c->row.id);
}

void fly_create_submit(struct fly_admin *a, struct fly_call *call,
		       const Flyteidl__Admin__ExecutionCreateRequest *req,
		       const struct fly_execution *source)
{
	struct fly_create *c = fly_arena_zalloc(&call->arena, 1, sizeof(*c));
	struct fly_db *db;
	int rc;

	if (!c) {
		fly_call_finish(call, fly_no_memory(&call->why));
		return;
	}
	c->write.call = call;
	c->write.apply = create_apply;
	c->write.committed = create_committed;
	choose_owner(c, call, source);
	rc = fly_admin_begin(a, call, &db);
	if (rc >= 0) {
		rc = prepare(a, c, db, req, &call->why);
		fly_db_end(db);
	}
	if (rc < 0)
		fly_place_refusal(call->document, &call->why);
	if (rc < 0)
		fly_call_finish(call, rc);
	else
		fly_admin_write(a, call, &c->write);
}

void fly_admin_create_execution(struct fly_admin *a, struct fly_call *call,
				const Flyteidl__Admin__ExecutionCreateRequest *req)
{
	fly_create_submit(a, call, req, NULL);
}

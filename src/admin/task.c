/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks: CreateTask and GetTask. It does not say when a template is good (task_check.c does).
 * Source: flyte-api §2.3.
 */
#include "entity.h"

static int check_request(struct fly_db *db, const Flyteidl__Admin__TaskCreateRequest *req,
			 struct fly_arena *arena, struct fly_scope *scope, struct fly_why *why)
{
	int rc;

	rc = fly_check_new_id(req->id, FLY_KIND_TASK, why);
	if (rc < 0)
		return rc;
	rc = fly_check_scope(db, req->id->project, req->id->domain, arena, NULL, scope, why);
	if (rc < 0)
		return rc;
	if (!req->spec)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "spec is missing");
	if (!req->spec->template_)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "spec.template is missing");
	return fly_check_task(req->spec->template_, why);
}

int fly_task_version(const Flyteidl__Core__Identifier *id, const Flyteidl__Admin__TaskSpec *given,
		     struct fly_arena *arena, struct fly_version *out, struct fly_why *why)
{
	Flyteidl__Admin__TaskSpec *spec =
		fly_admin_new(Flyteidl__Admin__TaskSpec, flyteidl__admin__task_spec, arena);
	Flyteidl__Admin__TaskClosure *closure =
		fly_admin_new(Flyteidl__Admin__TaskClosure, flyteidl__admin__task_closure, arena);
	Flyteidl__Core__CompiledTask *compiled =
		fly_admin_new(Flyteidl__Core__CompiledTask, flyteidl__core__compiled_task, arena);
	Flyteidl__Core__TaskTemplate *template =
		fly_arena_memdup(arena, given->template_, sizeof(*template));

	if (!spec || !closure || !compiled || !template)
		return fly_no_memory(why);
	template->id = (Flyteidl__Core__Identifier *)id;
	compiled->template_ = template;
	closure->compiled_task = compiled;
	*spec = *given;
	spec->template_ = template;
	*out = (struct fly_version){
		.kind = FLY_KIND_TASK,
		.id = id,
		.spec = &spec->base,
		.closure = &closure->base,
		.digested = &compiled->base,
		.interface = template->interface,
		.type = template->type,
		.short_description =
			spec->description ? spec->description->short_description : NULL,
	};
	return 0;
}

static int prepare(struct fly_admin *a, struct fly_call *call, struct fly_db *db,
		   const ProtobufCMessage *message, const struct fly_written *written,
		   struct fly_put_write **out)
{
	const Flyteidl__Admin__TaskCreateRequest *req =
		(const Flyteidl__Admin__TaskCreateRequest *)message;
	struct fly_why *why = &call->why;
	struct fly_scope scope;
	struct fly_version v;
	struct fly_put_item *item;
	struct fly_put_write *w;
	int rc;

	if ((rc = check_request(db, req, &call->arena, &scope, why)) < 0 ||
	    (rc = fly_task_version(req->id, req->spec, &call->arena, &v, why)) < 0)
		return rc;
	if (written)
		v.source = written->source;
	w = fly_put_begin(call, scope.id);
	if (!w)
		return fly_no_memory(why);
	rc = fly_put_add(a, w, db, &v, FLY_PUT_NEW, call->id, &item, why);
	*out = w;
	return rc;
}

void fly_task_register(struct fly_admin *a, struct fly_call *call,
		       const Flyteidl__Admin__TaskCreateRequest *req,
		       const struct fly_written *written)
{
	fly_put_register(a, call, prepare, &req->base, written);
}

void fly_admin_create_task(struct fly_admin *a, struct fly_call *call,
			   const Flyteidl__Admin__TaskCreateRequest *req)
{
	fly_task_register(a, call, req, NULL);
}

/* --- GetTask ------------------------------------------------------------------------ */

int fly_task_message(const struct fly_entity *row, struct fly_arena *arena,
		     Flyteidl__Admin__Task **out, struct fly_why *why)
{
	Flyteidl__Admin__Task *task =
		fly_admin_new(Flyteidl__Admin__Task, flyteidl__admin__task, arena);
	struct fly_version_parts parts;
	int rc = fly_version_read(row, &flyteidl__admin__task_closure__descriptor, arena, &parts,
				  why);

	if (rc < 0 || !task)
		return rc < 0 ? rc : fly_no_memory(why);
	task->id = parts.id;
	task->short_description = parts.short_description;
	task->closure = (Flyteidl__Admin__TaskClosure *)parts.closure;
	task->closure->created_at = parts.created_at;
	*out = task;
	return 0;
}

int fly_admin_get_task(struct fly_db *db, const Flyteidl__Admin__ObjectGetRequest *req,
		       struct fly_arena *arena, Flyteidl__Admin__Task **out, struct fly_why *why)
{
	struct fly_entity row;
	int rc = fly_get_version(db, FLY_KIND_TASK, req->id, arena, &row, why);

	return rc < 0 ? rc : fly_task_message(&row, arena, out, why);
}

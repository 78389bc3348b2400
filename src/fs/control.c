/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs behind control files; see control.h. What may be done is admin's decision. */
#include "control.h"

#include "answer.h"
#include "draft.h"

#define TEXT_MAX ((size_t)64 << 10)

/*
 * What was written, without the blanks around it. Bytes of zero would cut a cause short unseen,
 * and a cause must be text.
 */
static int text_of(struct fly_request *r, struct fly_bytes data, bool from_page, const char **out)
{
	const char *p = (const char *)data.data;
	size_t len = data.len;

	if (from_page)
		return fly_fail(&r->why, EIO, "this file can't be written through mmap");
	if (len > TEXT_MAX)
		return fly_fail(&r->why, EFBIG, "that is %zu bytes, %zu are allowed", len,
				TEXT_MAX);
	if (memchr(p, 0, len) || !fly_utf8_valid(p, len))
		return fly_fail(&r->why, EINVAL, "that is not UTF-8 text");
	while (len && fly_is_blank(p + len - 1, 1))
		len--;
	while (len && fly_is_blank(p, 1)) {
		p++;
		len--;
	}
	*out = fly_arena_strndup(&r->arena, p, len);
	return *out ? 0 : -ENOMEM;
}

static struct fly_answer *answer_to(struct fly_request *r, enum fly_ino_kind kind, int64_t id,
				    unsigned index, size_t size)
{
	struct fly_answer *a = fly_answer_new(r, fly_ino_pack(kind, id, index), NULL,
					      fly_answer_finish_write);

	if (a)
		a->size = size;
	return a;
}

static Flyteidl__Core__WorkflowExecutionIdentifier *run_id(struct fly_answer *a,
							    const struct fly_execution *e)
{
	struct fly_arena *arena = &a->call.arena;
	Flyteidl__Core__WorkflowExecutionIdentifier *id = fly_arena_zalloc(arena, 1, sizeof(*id));

	if (!id)
		return NULL;
	flyteidl__core__workflow_execution_identifier__init(id);
	id->project = fly_arena_strdup(arena, e->project);
	id->domain = fly_arena_strdup(arena, e->domain);
	id->name = fly_arena_strdup(arena, e->name);
	return id->project && id->domain && id->name ? id : NULL;
}

static int terminate(struct fly_answer *a, const struct fly_execution *e, const char *cause)
{
	Flyteidl__Admin__ExecutionTerminateRequest *req =
		fly_arena_zalloc(&a->call.arena, 1, sizeof(*req));

	if (!req)
		return -ENOMEM;
	flyteidl__admin__execution_terminate_request__init(req);
	req->id = run_id(a, e);
	req->cause = fly_arena_strdup(&a->call.arena, cause);
	if (!req->id || !req->cause)
		return -ENOMEM;
	fly_admin_terminate_execution(a->fs->admin, &a->call, req);
	return FLY_PARKED;
}

static int relaunch(struct fly_answer *a, const struct fly_execution *e, const char *name)
{
	Flyteidl__Admin__ExecutionRelaunchRequest *req =
		fly_arena_zalloc(&a->call.arena, 1, sizeof(*req));

	if (!req)
		return -ENOMEM;
	flyteidl__admin__execution_relaunch_request__init(req);
	req->id = run_id(a, e);
	req->name = fly_arena_strdup(&a->call.arena, name);
	if (!req->id || !req->name)
		return -ENOMEM;
	fly_admin_relaunch_execution(a->fs->admin, &a->call, req);
	return FLY_PARKED;
}

static int recover(struct fly_answer *a, const struct fly_execution *e, const char *name)
{
	Flyteidl__Admin__ExecutionRecoverRequest *req =
		fly_arena_zalloc(&a->call.arena, 1, sizeof(*req));

	if (!req)
		return -ENOMEM;
	flyteidl__admin__execution_recover_request__init(req);
	req->id = run_id(a, e);
	req->name = fly_arena_strdup(&a->call.arena, name);
	if (!req->id || !req->name)
		return -ENOMEM;
	fly_admin_recover_execution(a->fs->admin, &a->call, req);
	return FLY_PARKED;
}

static int delete(struct fly_answer *a, const struct fly_execution *e, const char *name)
{
	if (strcmp(name, e->name) != 0)
		return fly_fail(&a->call.why, EINVAL, "to delete %s for good, write its name: echo "
				"%s > archived/%s/delete (this said \"%.64s\")", e->name, e->name,
				e->name, name);
	fly_admin_delete_execution(a->fs->admin, &a->call, e->id);
	return FLY_PARKED;
}

int fly_control_run(struct fly_request *r, const struct fly_execution *e, unsigned index,
		    struct fly_bytes data, bool from_page)
{
	struct fly_answer *a;
	const char *text;
	int rc = text_of(r, data, from_page, &text);

	if (!rc && (index == FLY_RUN_RELAUNCH || index == FLY_RUN_RECOVER))
		rc = fly_draft_check_free(r, e->scope, text);
	if (rc < 0)
		return rc;
	a = answer_to(r, FLY_INO_EXECUTION, e->id, index, data.len);
	if (!a)
		return -ENOMEM;
	switch (index) {
	case FLY_RUN_TERMINATE:
		rc = terminate(a, e, text);
		break;
	case FLY_RUN_RELAUNCH:
		rc = relaunch(a, e, text);
		break;
	case FLY_RUN_RECOVER:
		rc = recover(a, e, text);
		break;
	case FLY_RUN_DELETE:
		rc = delete(a, e, text);
		break;
	default:
		rc = -EPERM;
	}
	return rc < 0 ? fly_answer_abandon(a, r, rc) : FLY_PARKED;
}

/* --- state ---------------------------------------------------------------- */

static int update_plan(struct fly_answer *a, const struct fly_entity *e, int state)
{
	struct fly_arena *arena = &a->call.arena;
	Flyteidl__Admin__LaunchPlanUpdateRequest *req = fly_arena_zalloc(arena, 1, sizeof(*req));
	Flyteidl__Core__Identifier *id = fly_arena_zalloc(arena, 1, sizeof(*id));

	if (!req || !id)
		return -ENOMEM;
	flyteidl__admin__launch_plan_update_request__init(req);
	flyteidl__core__identifier__init(id);
	id->resource_type = FLYTEIDL__CORE__RESOURCE_TYPE__LAUNCH_PLAN;
	id->project = fly_arena_strdup(arena, e->project);
	id->domain = fly_arena_strdup(arena, e->domain);
	id->name = fly_arena_strdup(arena, e->name);
	id->version = fly_arena_strdup(arena, e->version);
	if (!id->project || !id->domain || !id->name || !id->version)
		return -ENOMEM;
	req->id = id;
	req->state = (Flyteidl__Admin__LaunchPlanState)state;
	fly_admin_update_launch_plan(a->fs->admin, &a->call, req);
	return FLY_PARKED;
}

int fly_control_state(struct fly_request *r, const struct fly_entity *e, struct fly_bytes data,
		      bool from_page)
{
	struct fly_answer *a;
	const char *text;
	int state, rc = text_of(r, data, from_page, &text);

	if (rc < 0)
		return rc;
	if (!strcmp(text, "ACTIVE"))
		state = FLYTEIDL__ADMIN__LAUNCH_PLAN_STATE__ACTIVE;
	else if (!strcmp(text, "INACTIVE"))
		state = FLYTEIDL__ADMIN__LAUNCH_PLAN_STATE__INACTIVE;
	else
		return fly_fail(&r->why, EINVAL, "state: \"%.64s\": write ACTIVE or INACTIVE",
				text);
	a = answer_to(r, FLY_INO_LAUNCH_PLAN, e->id, FLY_ENTITY_STATE, data.len);
	if (!a)
		return -ENOMEM;
	rc = update_plan(a, e, state);
	return rc < 0 ? fly_answer_abandon(a, r, rc) : FLY_PARKED;
}

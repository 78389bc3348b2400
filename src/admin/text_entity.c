/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of a task's, workflow's or launch plan's files, and their sizes.
 * Source: DESIGN §3.
 */
#include "entity.h"
#include "text_tree.h"

static const ProtobufCMessageDescriptor *spec_type(enum fly_kind kind)
{
	if (kind == FLY_KIND_TASK)
		return &flyteidl__admin__task_spec__descriptor;
	if (kind == FLY_KIND_WORKFLOW)
		return &flyteidl__admin__workflow_spec__descriptor;
	return &flyteidl__admin__launch_plan_spec__descriptor;
}

/* The closure as the Get calls show it: with what only the row knows, its state and times. */
static int find_closure(const struct fly_entity *e, struct fly_arena *arena,
			const ProtobufCMessage **out)
{
	Flyteidl__Admin__Task *task;
	Flyteidl__Admin__Workflow *workflow;
	Flyteidl__Admin__LaunchPlan *plan;
	int rc;

	switch (e->kind) {
	case FLY_KIND_TASK:
		rc = fly_task_message(e, arena, &task, NULL);
		*out = rc < 0 ? NULL : &task->closure->base;
		return rc;
	case FLY_KIND_WORKFLOW:
		rc = fly_workflow_message(e, arena, &workflow, NULL);
		*out = rc < 0 ? NULL : &workflow->closure->base;
		return rc;
	case FLY_KIND_LAUNCH_PLAN:
		rc = fly_launch_plan_message(e, arena, &plan, NULL);
		*out = rc < 0 ? NULL : &plan->closure->base;
		return rc;
	default:
		return -EINVAL;
	}
}

static int put_closure(const struct fly_entity *e, bool json, struct fly_buf *b)
{
	const ProtobufCMessage *closure;
	auto_arena arena = {0};
	int rc = find_closure(e, &arena, &closure);

	if (rc < 0)
		return rc;
	if (json)
		fly_json_print(closure, FLY_JSON_PRETTY, b);
	else
		fly_wire_print(closure, b);
	return 0;
}

static void put_state(const struct fly_entity *e, struct fly_buf *b)
{
	fly_buf_puts(b, e->state == FLYTEIDL__ADMIN__LAUNCH_PLAN_STATE__ACTIVE ? "ACTIVE\n"
									     : "INACTIVE\n");
}

static bool has_text(enum fly_entity_text text, enum fly_kind kind)
{
	switch (text) {
	case FLY_ENTITY_TEXT_TEMPLATE_JSON:
	case FLY_ENTITY_TEXT_STATE:
		return kind == FLY_KIND_LAUNCH_PLAN;
	case FLY_ENTITY_TEXT_GRAPH_DOT:
		return kind == FLY_KIND_WORKFLOW;
	default:
		return true;
	}
}

int fly_entity_text(enum fly_entity_text text, struct fly_db *db, const struct fly_entity *e,
		    struct fly_buf *b)
{
	int rc = 0;

	if (!has_text(text, e->kind))
		return -ENOENT;
	switch (text) {
	case FLY_ENTITY_TEXT_SPEC_JSON:
		rc = fly_blob_json(spec_type(e->kind), e->spec, b);
		break;
	case FLY_ENTITY_TEXT_SPEC_PB:
		fly_buf_add(b, e->spec.data, e->spec.len);
		break;
	case FLY_ENTITY_TEXT_CLOSURE_JSON:
	case FLY_ENTITY_TEXT_CLOSURE_PB:
		rc = put_closure(e, text == FLY_ENTITY_TEXT_CLOSURE_JSON, b);
		break;
	case FLY_ENTITY_TEXT_TEMPLATE_JSON:
		rc = fly_template_text(e, b);
		break;
	case FLY_ENTITY_TEXT_GRAPH_DOT:
		rc = fly_workflow_graph(e, b);
		break;
	case FLY_ENTITY_TEXT_STATE:
		put_state(e, b);
		break;
	}
	return rc < 0 ? rc : b->failed ? -ENOMEM : 0;
}

int64_t fly_entity_text_size(enum fly_entity_text text, struct fly_db *db,
			     const struct fly_entity *e)
{
	struct fly_entity full = *e;
	auto_arena arena = {0};
	auto_buf b = {0};
	int rc = 0;

	if (text < FLY_N_ENTITY_TEXTS && e->sizes[text])
		return e->sizes[text];
	if (text != FLY_ENTITY_TEXT_STATE)	/* e may be a head */
		rc = fly_entity_get_id(db, e->kind, e->id, FLY_ENTITY_BLOBS, &arena, &full);
	if (rc >= 0)
		rc = fly_entity_text(text, db, &full, &b);
	return rc < 0 ? rc : (int64_t)b.len;
}

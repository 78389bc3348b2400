/* SPDX-License-Identifier: Apache-2.0 */
/* Archiving and activating by mv; see move.h. */
#include "move.h"

#include "answer.h"

static bool is_run_place(struct fly_ino dir)
{
	return dir.kind == FLY_INO_SCOPE &&
	       (dir.index == FLY_SCOPE_EXECUTIONS || dir.index == FLY_SCOPE_ARCHIVED);
}

static int update(struct fly_request *r, struct fly_ino newdir, const struct fly_execution *e,
		  int state)
{
	struct fly_answer *a = fly_answer_new(r, fly_ino_pack(newdir.kind, newdir.id, newdir.index),
					      e->name, fly_answer_finish_empty);
	struct fly_arena *arena = a ? &a->call.arena : NULL;
	Flyteidl__Admin__ExecutionUpdateRequest *req;
	Flyteidl__Core__WorkflowExecutionIdentifier *id;

	if (!a)
		return -ENOMEM;
	a->rename = true;
	req = fly_arena_zalloc(arena, 1, sizeof(*req));
	id = fly_arena_zalloc(arena, 1, sizeof(*id));
	if (!req || !id)
		return fly_answer_abandon(a, r, -ENOMEM);
	flyteidl__admin__execution_update_request__init(req);
	flyteidl__core__workflow_execution_identifier__init(id);
	id->project = fly_arena_strdup(arena, e->project);
	id->domain = fly_arena_strdup(arena, e->domain);
	id->name = fly_arena_strdup(arena, e->name);
	if (!id->project || !id->domain || !id->name)
		return fly_answer_abandon(a, r, -ENOMEM);
	req->id = id;
	req->state = (Flyteidl__Admin__ExecutionState)state;
	fly_admin_update_execution(r->fs->admin, &a->call, req);
	return FLY_PARKED;
}

int fly_move(struct fly_request *r, struct fly_ino dir, const char *name, struct fly_ino newdir,
	     const char *newname)
{
	struct fly_execution e;
	int rc;

	if (!is_run_place(dir) || !is_run_place(newdir) || dir.id != newdir.id ||
	    dir.index == newdir.index)
		return fly_fail(&r->why, EPERM, "only executions are moved, between executions/ "
				"and archived/");
	rc = r->db ? fly_execution_get(r->db, dir.id, name, FLY_EXECUTION_HEAD, &r->arena, &e) :
		     -EIO;
	if (rc == -ENOENT)
		return fly_fail(&r->why, EPERM, "%s is a draft: it can be launched or removed, not "
				"archived", name);
	if (rc < 0)
		return rc;
	/* The kernel may still know the name of one that was deleted, where its successor is not. */
	if ((e.state != 0) != (dir.index == FLY_SCOPE_ARCHIVED))
		return fly_fail(&r->why, ENOENT, "%s is in %s", name,
				e.state ? "archived/" : "executions/");
	if (strcmp(name, newname) != 0)
		return fly_fail(&r->why, EPERM, "an execution keeps its name: %s", name);
	if (!fly_phase_is_terminal(e.phase))
		return fly_fail(&r->why, EBUSY, "%s is %s: only what is over can be put away", name,
				fly_phase_name(e.phase) ? fly_phase_name(e.phase) : "running");
	return update(r, newdir, &e, newdir.index == FLY_SCOPE_ARCHIVED);
}

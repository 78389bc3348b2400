/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deleting an execution for good, which Flyte has no call for and a local disk needs. Only what was
 * put away and is over may go.
 * Source: DESIGN §3, §7.
 */
#include "admin_private.h"

struct deletion {
	struct fly_write write;
	int64_t id;
};

static int check_deletable(const struct fly_execution *e, struct fly_why *why)
{
	if (!fly_phase_is_terminal(e->phase))
		return fly_refuse(why, FLY_FAILED_PRECONDITION,
				  "execution %s is %s: only a finished one can be deleted", e->name,
				  fly_phase_name(e->phase));
	if (e->state != FLYTEIDL__ADMIN__EXECUTION_STATE__EXECUTION_ARCHIVED)
		return fly_refuse(why, FLY_FAILED_PRECONDITION,
				  "execution %s is not archived: move it to archived first",
				  e->name);
	return 0;
}

/* The run it was made from must not point to what is gone. */
static int unlink_source(const struct fly_execution *e, struct fly_db *db,
			 struct fly_arena *arena, struct fly_why *why)
{
	struct fly_execution source;
	int rc;

	if (!e->source_execution)
		return 0;
	rc = fly_execution_get_id(db, e->source_execution, FLY_EXECUTION_HEAD, arena, &source);
	if (rc == -ENOENT || (rc >= 0 && source.relaunched != e->id))
		return 0;
	if (rc < 0)
		return fly_fail(why, -rc, "cannot read the source of execution %s", e->name);
	source.relaunched = 0;
	return fly_execution_update(db, &source, FLY_EXECUTION_HEAD, why);
}

static int delete_apply(struct fly_write *w, struct fly_db *db, struct fly_why *why)
{
	int64_t id = ((struct deletion *)w)->id;
	struct fly_backend *backend = w->admin->backend;
	struct fly_call *call = w->call;
	struct fly_execution e;
	int rc;

	rc = fly_execution_get_id(db, id, FLY_EXECUTION_HEAD, &call->arena, &e);
	if (rc < 0)
		return fly_fail(why, -rc, "there is no such execution");
	if ((rc = fly_caller_check_owner(&call->caller, e.uid, why, "execution %s", e.name)) < 0 ||
	    (rc = check_deletable(&e, why)) < 0 ||
	    (rc = unlink_source(&e, db, &call->arena, why)) < 0)
		return rc;
	call->id = id;
	if (backend && backend->ops->forgetting)
		backend->ops->forgetting(backend, id);
	return fly_execution_delete(db, id, why);
}

static void delete_committed(struct fly_write *w)
{
	struct fly_backend *backend = w->admin->backend;

	if (backend && backend->ops->forget)
		backend->ops->forget(backend, ((struct deletion *)w)->id);
}

void fly_admin_delete_execution(struct fly_admin *a, struct fly_call *call, int64_t id)
{
	struct deletion *d = fly_arena_zalloc(&call->arena, 1, sizeof(*d));
	int rc = d ? fly_admin_check_writable(a, &call->why) : fly_no_memory(&call->why);

	if (rc < 0) {
		fly_call_finish(call, rc);
		return;
	}
	d->id = id;
	d->write.apply = delete_apply;
	d->write.committed = delete_committed;
	fly_admin_write(a, call, &d->write);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One writing RPC from its first step to its answer: the snapshot it validates against, the unit of
 * work it commits, and who hears of the end. It knows no RPC.
 */
#include "admin_private.h"

#include <stdio.h>

int64_t fly_admin_now(const struct fly_admin *a)
{
	return a->clock_ns ? a->clock_ns() : fly_now_ns();
}

int64_t fly_admin_file_now(const struct fly_admin *a)
{
	return a->clock_ns ? a->clock_ns() : fly_file_now_ns();
}

const char *fly_caller_principal(const struct fly_caller *caller)
{
	return caller->user ? caller->user : "";
}

int fly_caller_check_owner(const struct fly_caller *caller, uint32_t uid, struct fly_why *why,
			   const char *format, ...)
{
	char what[256];
	va_list args;

	if (caller->uid == 0 || caller->uid == uid)
		return 0;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return fly_refuse(why, FLY_PERMISSION_DENIED,
			  "%s belongs to uid %u: only that user and root may do this", what, uid);
}

void fly_call_finish(struct fly_call *call, int rc)
{
	call->rc = rc < 0 ? rc : 0;
	if (call->done)
		call->done(call);
}

int fly_admin_check_writable(const struct fly_admin *a, struct fly_why *why)
{
	return a->read_only ? fly_fail(why, EROFS, "this store is served read-only") : 0;
}

int fly_admin_begin(struct fly_admin *a, struct fly_call *call, struct fly_db **out)
{
	struct fly_db *db;
	int rc = fly_admin_check_writable(a, &call->why);

	if (rc < 0)
		return rc;
	db = fly_store_reader(a->store, &call->why);
	if (!db)
		return call->why.error ? -call->why.error : -EIO;
	rc = fly_db_begin(db, &call->why);
	if (rc < 0)
		return rc;
	*out = db;
	return 0;
}

static int write_apply(struct fly_db *db, struct fly_work *work, struct fly_why *why)
{
	struct fly_write *w = (struct fly_write *)work;

	return w->apply(w, db, why);
}

/* The last use of w: the caller may release the arena it lies in. */
static void write_done(struct fly_work *work, int rc)
{
	struct fly_write *w = (struct fly_write *)work;
	struct fly_call *call = w->call;

	if (rc < 0)
		call->why = work->why;
	else if (w->committed)
		w->committed(w);
	fly_call_finish(call, rc);
}

_Static_assert(offsetof(struct fly_write, work) == 0, "a write is found from its work");

void fly_admin_write(struct fly_admin *a, struct fly_call *call, struct fly_write *w)
{
	int rc;

	w->admin = a;
	w->call = call;
	w->work.apply = write_apply;
	if (call->done) {
		w->work.done = write_done;
		fly_store_submit(a->store, &w->work);
		return;
	}
	rc = fly_store_run(a->store, &w->work);
	write_done(&w->work, rc);
}

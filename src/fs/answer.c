/* SPDX-License-Identifier: Apache-2.0 */
/* Parked replies; see answer.h. */
#include "answer.h"

#include <stdio.h>

#include "errors.h"
#include "notify.h"
#include "touch.h"
#include "user.h"

void fly_answer_judge(struct fly_answer *a)
{
	if (a->call.rc != -ENOMEM || !a->call.arena.over_limit)
		return;
	a->call.why = (struct fly_why){ 0 };
	a->call.rc = fly_fail(&a->call.why, EFBIG, "what this means takes more than %zu MiB of "
			      "memory", FLY_CALL_BYTES_MAX >> 20);
}

static void answer_done(struct fly_call *call)
{
	struct fly_answer *a = call->owner;

	fly_answer_judge(a);
	fly_notify_answer(a->fs, a);
}

/* Never nobody: a call without a user would be taken for one that nobody made. */
static void set_user(struct fly_answer *a, uid_t uid, const char *name)
{
	snprintf(a->user, sizeof(a->user), "%u", uid);
	a->call.caller.user = name ? name : a->user;
}

struct fly_answer *fly_answer_new(struct fly_request *r, uint64_t number, const char *name,
				  void (*finish)(struct fly_answer *a))
{
	struct fly_answer *a = calloc(1, sizeof(*a));
	const struct fly_caller *caller = fly_request_caller(r);

	if (!a)
		return NULL;
	*a = (struct fly_answer){ .fs = r->fs, .req = r->req, .finish = finish, .number = number,
				  .asker = caller->uid };
	a->call.arena.limit_bytes = FLY_CALL_BYTES_MAX;
	a->call.caller = *caller;
	set_user(a, caller->uid,
		 caller->user ? fly_arena_strdup(&a->call.arena, caller->user) : NULL);
	a->call.done = answer_done;
	a->call.owner = a;
	a->path = fly_arena_strdup(&a->call.arena, fly_tree_path(r, number, name));
	a->name = name ? fly_arena_strdup(&a->call.arena, name) : NULL;
	if (name && !a->name) {
		fly_arena_release(&a->call.arena);
		free(a);
		return NULL;
	}
	fly_notify_begun(r->fs);
	return a;
}

void fly_answer_for(struct fly_answer *a, uid_t uid, gid_t gid)
{
	if (a->call.caller.uid != uid)
		set_user(a, uid, fly_user_name(a->fs->users, uid, &a->call.arena));
	a->call.caller.uid = uid;
	a->call.caller.gid = gid;
}

void fly_answer_free(struct fly_answer *a)
{
	fly_notify_ended(a->fs);
	fly_arena_release(&a->call.arena);
	free(a);
}

int fly_answer_abandon(struct fly_answer *a, struct fly_request *r, int rc)
{
	if (!r->why.error)
		r->why = a->call.why;
	fly_answer_free(a);
	return rc;
}

static const char *sentence(const struct fly_why *why, int error)
{
	return why->text[0] ? why->text : strerrordesc_np(error);
}

void fly_answer_refuse(struct fly_answer *a)
{
	int error = a->call.rc < 0 ? -a->call.rc : EIO;

	fly_errors_add(a->fs->errors, a->asker, a->call.caller.pid,
		       a->path ? a->path : "", error, sentence(&a->call.why, error));
	fuse_reply_err(a->req, a->rename && error == EINVAL ? EBADMSG : error);
}

void fly_answer_finish_write(struct fly_answer *a)
{
	if (a->call.rc < 0) {
		fly_answer_refuse(a);
	} else {
		fly_touch(a->fs->touches, a->number);
		fuse_reply_write(a->req, a->size);
	}
	fly_answer_free(a);
}

void fly_answer_finish_empty(struct fly_answer *a)
{
	if (a->call.rc < 0)
		fly_answer_refuse(a);
	else
		fuse_reply_err(a->req, 0);
	fly_answer_free(a);
}

int fly_request_owns(struct fly_request *r, uid_t uid)
{
	if (!r->caller.uid || r->caller.uid == uid)
		return 0;
	return fly_fail(&r->why, EACCES, "it belongs to uid %u, and only that user changes it", uid);
}

void fly_request_record(struct fly_request *r, const char *path, int error)
{
	fly_errors_add(r->fs->errors, r->caller.uid, r->caller.pid, path, error,
		       sentence(&r->why, error));
}

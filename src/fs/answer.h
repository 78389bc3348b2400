/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request whose reply waits for a commit. It goes with a call of admin; when the call is over,
 * it is finished behind the invalidations that the same commit caused: by the notifier thread, or
 * where the call ended when there are none.
 */
#ifndef FLYTEFS_FS_ANSWER_H
#define FLYTEFS_FS_ANSWER_H

#include "tree.h"

/* Memory of one call: what a short document means can be very long. */
#define FLY_CALL_BYTES_MAX ((size_t)256 << 20)

struct fly_answer {
	struct fly_fs *fs;
	fuse_req_t req;
	/* Reply once, keep what has to be kept, then fly_answer_free(). */
	void (*finish)(struct fly_answer *a);
	struct fly_call call;	/* its arena also holds what the answer needs */
	char user[16];		/* the uid, where there was no memory for the login name */
	uid_t asker;		/* who is told of a refusal; call.caller may be another one */
	const char *path;	/* what was asked for, for `errors` */
	uint64_t number;	/* the inode that was asked */
	size_t size;		/* WRITE: bytes to acknowledge */
	int64_t draft;		/* draft or handle concerned */
	uint64_t file;		/* inode of the file in it */
	const char *name;	/* MKDIR: the name made */
	bool rename;		/* EINVAL is said as EBADMSG */
};

/** NULL: out of memory. The caller's user name and the path are copied. */
struct fly_answer *fly_answer_new(struct fly_request *r, uint64_t number, const char *name,
				  void (*finish)(struct fly_answer *a));
/**
 * Do it in the name of an owner. The kernel tells who writes, not who opened: what a program of
 * root's prints into a file that somebody else opened must not be done as root.
 */
void fly_answer_for(struct fly_answer *a, uid_t uid, gid_t gid);
/** A call is over: memory that ran out because of FLY_CALL_BYTES_MAX becomes -EFBIG. */
void fly_answer_judge(struct fly_answer *a);
/** Reply a failure: records it, takes the errno from call.rc and the sentence from call.why. */
void fly_answer_refuse(struct fly_answer *a);
void fly_answer_free(struct fly_answer *a);
/** It never began: the sentence moves to the request, the answer is freed. Returns rc. */
int fly_answer_abandon(struct fly_answer *a, struct fly_request *r, int rc);
/** The usual ends: a WRITE acknowledged, an empty success. */
void fly_answer_finish_write(struct fly_answer *a);
void fly_answer_finish_empty(struct fly_answer *a);

/** May the caller change what is uid's? -EACCES unless it is that user, or root. */
int fly_request_owns(struct fly_request *r, uid_t uid);
/** Record a refusal for `.flytefs/errors/UID`; error positive, sentence may be empty. */
void fly_request_record(struct fly_request *r, const char *path, int error);

#endif

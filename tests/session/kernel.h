/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's side of a FUSE session, in memory: requests in the bytes the kernel sends, answers
 * and notifications taken as it would take them. Needs neither /dev/fuse nor a mount. One thread
 * sends; answers come on any. Aborts where an answer is one that the kernel would not understand,
 * or a second one.
 */
#ifndef FLYTEFS_TESTS_KERNEL_H
#define FLYTEFS_TESTS_KERNEL_H

#include <linux/fuse.h>
#include <pthread.h>

#include "flytefs/base.h"
#include "tree.h"

#define KERNEL_REQUESTS_MAX 4096	/* that are sent in one session */
#define KERNEL_NAME_MAX 255

struct kernel_answer {
	bool is_there;
	int error;		/* 0 or a positive errno */
	struct fly_bytes data;	/* behind the header; lives as long as the session */
};

struct kernel {
	struct fly_fs *fs;
	uid_t uid;		/* who asks */
	gid_t gid;
	pid_t pid;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	uint64_t n_sent;
	struct kernel_answer answers[KERNEL_REQUESTS_MAX];	/* lock; by number - 1 */
	uint8_t *memory;	/* own pages: allocations may be made to fail */
	size_t used;		/* lock */
	unsigned n_notified;					/* lock */
};

/** Begin a session on fs (which has none yet): INIT. 0 or -errno. */
int kernel_begin(struct kernel *k, struct fly_fs *fs);
/** As an unmount does it: what is parked is answered; then no request may be unanswered. */
void kernel_end(struct kernel *k);

/* A request: header and up to three parts, sent at once. Returns its number. */
struct kernel_part {
	const void *data;
	size_t len;
};
uint64_t kernel_send(struct kernel *k, enum fuse_opcode op, uint64_t node,
		     const struct kernel_part *parts, size_t n);
/** The answer to a request, waited for: it stays until the session ends. */
const struct kernel_answer *kernel_wait(struct kernel *k, uint64_t number);
/** Is it there? */
bool kernel_is_answered(struct kernel *k, uint64_t number);

/* Requests in the kernel's words; each gives 0 or -errno. */
int kernel_lookup(struct kernel *k, uint64_t dir, const char *name, struct fuse_entry_out *out);
int kernel_getattr(struct kernel *k, uint64_t node, struct fuse_attr *out);
int kernel_setattr(struct kernel *k, uint64_t node, const struct fuse_setattr_in *in,
		   struct fuse_attr *out);
/** The text of a link; a parked one waits. What is read lives as long as the session. */
int kernel_readlink(struct kernel *k, uint64_t node, struct fly_bytes *out);
int kernel_mkdir(struct kernel *k, uint64_t dir, const char *name, mode_t mode,
		 struct fuse_entry_out *out);
int kernel_create(struct kernel *k, uint64_t dir, const char *name, mode_t mode,
		  struct fuse_entry_out *out);
int kernel_mknod(struct kernel *k, uint64_t dir, const char *name, mode_t mode,
		 struct fuse_entry_out *out);
int kernel_link(struct kernel *k, uint64_t node, uint64_t dir, const char *name);
/** What opens answers: -ENOSYS, so that the kernel never asks again. */
int kernel_open(struct kernel *k, uint64_t node, bool is_dir);
int kernel_symlink(struct kernel *k, uint64_t dir, const char *name, const char *target,
		   struct fuse_entry_out *out);
int kernel_unlink(struct kernel *k, uint64_t dir, const char *name);
int kernel_rmdir(struct kernel *k, uint64_t dir, const char *name);
int kernel_rename(struct kernel *k, uint64_t dir, const char *name, uint64_t newdir,
		  const char *newname, unsigned flags);
/** At most 1 MiB at once. */
int kernel_read(struct kernel *k, uint64_t node, uint64_t off, size_t size, struct fly_bytes *out);
/** Bytes taken or -errno. */
int kernel_write(struct kernel *k, uint64_t node, uint64_t off, const void *data, size_t size);
/** READDIRPLUS: the entries as they come; those with a node have been looked up. */
int kernel_readdir(struct kernel *k, uint64_t dir, uint64_t off, size_t size,
		   struct fly_bytes *out);
int kernel_statfs(struct kernel *k, uint64_t node);
int kernel_poll(struct kernel *k, uint64_t node, bool notify);
void kernel_forget(struct kernel *k, uint64_t node, uint64_t count);
/** Two at once: the kernel forgets in batches. */
void kernel_forget_both(struct kernel *k, uint64_t a, uint64_t a_count, uint64_t b,
			uint64_t b_count);
void kernel_interrupt(struct kernel *k, uint64_t number);

#endif

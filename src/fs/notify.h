/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What leaves from threads of its own, because a request thread would hang the mount with it:
 *
 *  - the notifier takes notes in order: a committed change (inval_inode for all it touched, waking
 *    who waits for it), then the parked replies that must follow it;
 *  - the entry notifier sends inval_entry, which waits for a directory's lock that mkdir, create
 *    and rename hold until they are answered. It holds no lock, and nobody waits for it. But a
 *    daemon killed while it waits there can't die, and who holds the lock waits with it for ever:
 *    so it is for names that nobody is busy with (drafts and handles left alone). Where names go
 *    while others are moved, dropping the inode's attributes does: GETATTR says ENOENT.
 *
 * Of a file nothing but its attributes is invalidated. Dropping its pages here would wait for those
 * under READ and WRITE, which other threads serve: one that waits so in the kernel can't be killed,
 * and a daemon that was would hang with its mount for ever. The next read gets the attributes, and
 * their new mtime drops the pages (FUSE_CAP_AUTO_INVAL_DATA): so no text changes without its mtime.
 * Directories have no pages that wait for an answer; their listings are dropped.
 *
 * A new execution is seen in directories only, whose pages no READ locks: the thread that commits it
 * tells the kernel, and answers its launch when nothing waits before it. A wake-up of the notifier
 * costs more than all of that.
 */
#ifndef FLYTEFS_FS_NOTIFY_H
#define FLYTEFS_FS_NOTIFY_H

#include "tree.h"

struct fly_notify;
struct fly_answer;

/** Starts both threads; sets fs->notify. The rest of fs must be there already. */
int fly_notify_create(struct fly_fs *fs, struct fly_why *why);
/** Ends both threads, after what is queued. NULL allowed. */
void fly_notify_destroy(struct fly_notify *n);

/** The store's listener: queues, never blocks. arg: the fs. */
void fly_notify_changes(void *arg, const struct fly_change *changes, size_t count);
/** Finish a parked reply behind all notes so far: at once when there are none. Never blocks. */
void fly_notify_answer(struct fly_fs *fs, struct fly_answer *a);
/** Invalidate a row's texts once more: a listing was overtaken by a change. Never blocks. */
void fly_notify_again(struct fly_fs *fs, enum fly_kind kind, int64_t id);
/** Look whether who waits for the end of an execution waits too long. Never blocks. */
void fly_notify_waiting(struct fly_fs *fs, int64_t execution);
/** Invalidate an inode's attributes; data: a directory's listing too. Never blocks. */
void fly_notify_inode(struct fly_fs *fs, uint64_t number, bool data);
/** Invalidate a name. Never blocks. */
void fly_notify_entry(struct fly_fs *fs, uint64_t parent, const char *name);

/** Parked replies are counted from fly_answer_new() to fly_answer_free(). */
void fly_notify_begun(struct fly_fs *fs);
void fly_notify_ended(struct fly_fs *fs);

/** From now on nothing is sent to the kernel but replies. */
void fly_notify_quiet(struct fly_fs *fs);
/** Is a reply still parked on a commit, or a notification inside the kernel? */
bool fly_notify_busy(struct fly_fs *fs);

/* --- for invalidate.c and who else runs on the notifier thread ------------ */

/** inval_inode now: attributes, and a directory's listing. */
void fly_inval(struct fly_fs *fs, enum fly_ino_kind kind, int64_t id, unsigned index);
/**
 * A new execution that nobody can have cached yet, on any thread: true, and all is told; false: the
 * change is another one. told: another of the same commit that was told before it, or NULL.
 */
bool fly_invalidate_new(struct fly_fs *fs, const struct fly_change *c,
			const struct fly_change *told);
/** All that a committed change means to the kernel and to waiters. */
void fly_invalidate_change(struct fly_fs *fs, const struct fly_change *c);

#endif

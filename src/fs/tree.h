/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share: the mounted tree, a request under way, and the verbs that each
 * kind of inode answers.
 *
 * Locks: each small thing (drafts, gestures, queries, parks, notes …) has one lock of its own,
 * held for memory work only: never across the store, a FUSE reply, a notification or another of
 * these locks (quota's and gone's excepted, which are innermost).
 */
#ifndef FLYTEFS_FS_TREE_H
#define FLYTEFS_FS_TREE_H

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <stdatomic.h>

#include "flytefs/fs.h"
#include "ino.h"
#include "table.h"

/* A verb's answer when the reply is somebody else's: the request is parked. */
#define FLY_PARKED 1

/* Timeouts in seconds. */
#define FLY_TIMEOUT_EVER 1e9
#define FLY_TIMEOUT_SHORT 1.0
#define FLY_TIMEOUT_FIRST 0.05

#define FLY_SEEN_SLOTS 8192

struct fly_fs {
	/* fixed by create */
	struct fly_admin *admin;
	struct fly_store *store;
	struct fly_backend *backend;
	char *source, *mountpoint;
	bool read_only, allow_other;
	uid_t uid;		/* who mounts: owner of what belongs to nobody */
	gid_t gid;
	int64_t started_ns;
	void (*stats)(void *arg, struct fly_buf *b);
	void *stats_arg;
	/* fixed by mount */
	struct fuse_session *session;
	unsigned max_read;	/* as the mount option says; 0: not said */

	struct fly_notify *notify;
	struct fly_drafts *drafts;
	struct fly_gestures *gestures;
	struct fly_documents *documents;
	struct fly_queries *queries;
	struct fly_readings *readings;
	struct fly_parks *parks;
	struct fly_polls *polls;
	struct fly_errors *errors;
	struct fly_events *events;
	struct fly_textcache *texts;
	struct fly_touches *touches;
	struct fly_users *users;
	struct fly_quota *quota;
	struct fly_gone *gone;
	struct fly_snapshot *snapshot;	/* of .flytefs/stats */

	_Atomic uint64_t requests;
	_Atomic uint64_t big[64];	/* directories too long for attributes (runs.c) */
	/*
	 * Changes seen, by a hash of the row's id: tells a handler that its answer was overtaken.
	 */
	_Atomic uint32_t seen[FLY_SEEN_SLOTS];
};

/* One FUSE request on its worker's thread. */
struct fly_request {
	struct fly_fs *fs;
	fuse_req_t req;
	struct fly_db *db;		/* this thread's reader */
	struct fly_caller caller;	/* user is filled by fly_request_caller() */
	struct fly_arena arena;
	struct fly_why why;
	/* the row whose changes this answer must not miss: watched before it is read */
	enum fly_kind watched_kind;
	int64_t watched;
	uint32_t seen;
};

/** The principal: looked up when first needed. */
const struct fly_caller *fly_request_caller(struct fly_request *r);
/** From here on notice changes of a row; the first one watched stays. */
void fly_request_watch(struct fly_request *r, enum fly_kind kind, int64_t id);
_Atomic uint32_t *fly_seen_slot(struct fly_fs *fs, int64_t id);

/* --- listings: listing.c -------------------------------------------------- */

/*
 * A READDIR under way. Cookies: FLY_COOKIE_ROWS + position for names of the file table,
 * FLY_COOKIE_DYNAMIC + a row's id (or a position where it can't shift) for all others, so that a
 * listing goes on where it was, whatever was made or removed meanwhile.
 */
struct fly_listing {
	fuse_req_t req;
	char *data;
	size_t size, used;
	bool plus;
	bool full;
	off_t after;		/* cookie of the last entry the kernel has; 0: begin */
};

#define FLY_COOKIE_ROWS 3
#define FLY_COOKIE_DYNAMIC ((off_t)1 << 44)

/** Add a name with what it is; with attributes when wanted (e->ino 0: none). false: full, stop. */
bool fly_listing_add(struct fly_listing *l, const char *name, const struct fuse_entry_param *e,
		     off_t cookie);
/** The same without attributes: number and type only. */
bool fly_listing_add_plain(struct fly_listing *l, const char *name, uint64_t ino, mode_t type,
			   off_t cookie);
/* How a file of the table stands in the directory of a row; e->ino stays 0: it is not there. */
typedef int fly_listed_fn(struct fly_request *r, const void *row, const struct fly_file *f,
			  struct fuse_entry_param *e);
/** Add those names of a directory that the file table has. 0 or what entry fails with. */
int fly_listing_add_files(struct fly_request *r, struct fly_listing *l, struct fly_ino dir,
			  fly_listed_fn *entry, const void *row);
/**
 * Has the listing already gone into the dynamic names? Then where: the id or position behind the
 * cookie.
 */
static inline int64_t fly_listing_place(const struct fly_listing *l)
{
	return l->after >= FLY_COOKIE_DYNAMIC ? (int64_t)(l->after - FLY_COOKIE_DYNAMIC) : -1;
}

/* --- verbs ---------------------------------------------------------------- */

/*
 * What a kind of inode answers. 0 or -errno, with the sentence in r->why; FLY_PARKED where it
 * says so. A missing verb is refused with EPERM (changing ones) or ENOENT.
 */
struct fly_noun {
	/* e->ino 0 on 0: the name can never appear, the kernel may remember that. */
	int (*lookup)(struct fly_request *r, struct fly_ino dir, const char *name,
		      struct fuse_entry_param *e);
	int (*getattr)(struct fly_request *r, struct fly_ino ino, struct fuse_entry_param *e);
	int (*list)(struct fly_request *r, struct fly_ino dir, struct fly_listing *l);
	/* Bytes off … off + size of a regular file into b. */
	int (*read)(struct fly_request *r, struct fly_ino ino, uint64_t off, size_t size,
		    struct fly_buf *b);
	int (*readlink)(struct fly_request *r, struct fly_ino ino, const char **target); /* parks */
	int (*write)(struct fly_request *r, struct fly_ino ino, struct fly_bytes data, uint64_t off,
		     bool from_page);	/* parks */
	int (*setattr)(struct fly_request *r, struct fly_ino ino, const struct stat *attr,
		       int to_set, struct fuse_entry_param *e);
	int (*create)(struct fly_request *r, struct fly_ino dir, const char *name, mode_t mode,
		      struct fuse_entry_param *e, struct fuse_file_info *fi);
	int (*mkdir)(struct fly_request *r, struct fly_ino dir, const char *name, mode_t mode,
		     struct fuse_entry_param *e);	/* parks */
	int (*symlink)(struct fly_request *r, struct fly_ino dir, const char *name,
		       const char *target, struct fuse_entry_param *e);
	int (*unlink)(struct fly_request *r, struct fly_ino dir, const char *name);
	int (*rmdir)(struct fly_request *r, struct fly_ino dir, const char *name);
	int (*rename)(struct fly_request *r, struct fly_ino dir, const char *name,
		      struct fly_ino newdir, const char *newname, unsigned flags);	/* parks */
	/* The path below the mount point, for people. */
	int (*path)(struct fly_request *r, struct fly_ino ino, struct fly_buf *b);
	/* The kernel holds count more (or fewer) references: for kinds that live in a table. */
	void (*counted)(struct fly_fs *fs, struct fly_ino ino, int64_t count);
	/* A file whose changes can be waited for: POLL; parks ph. Bits in *events. */
	int (*poll)(struct fly_request *r, struct fly_ino ino, struct fuse_pollhandle *ph,
		    unsigned *events);
};

extern const struct fly_noun fly_static_noun, fly_errors_noun, fly_project_noun, fly_scope_noun,
	fly_named_noun, fly_entity_noun, fly_execution_noun, fly_value_noun, fly_node_noun,
	fly_attempt_noun, fly_draft_file_noun, fly_gesture_noun, fly_query_noun;

/** The verbs of a kind; NULL for an unknown one. */
const struct fly_noun *fly_noun_of(enum fly_ino_kind kind);
/** Path of an inode (name NULL) or of a name in it, in r->arena; never NULL. */
const char *fly_tree_path(struct fly_request *r, uint64_t number, const char *name);

/* --- attributes: attr.c --------------------------------------------------- */

struct fly_owner {
	uid_t uid;
	gid_t gid;
};

/** Fill an entry. mode with type; mtime and timeout (both of them) as given. */
void fly_entry_set(struct fuse_entry_param *e, uint64_t number, mode_t mode, struct fly_owner owner,
		   uint64_t size, int64_t mtime_ns, double timeout);
/**
 * For an answer that may be the first the kernel gets of an inode: until it has made the inode, no
 * invalidation reaches it. So what a file that may change looks like holds for the read that
 * follows, hardly longer. (Not at all would be worse: when a change meets the GETATTR of that read,
 * the kernel drops its answer and reads the new text with the old size.)
 */
void fly_entry_first(struct fuse_entry_param *e);
/** Owner of what belongs to nobody. */
struct fly_owner fly_fs_owner(const struct fly_fs *fs);

/**
 * Does a run's own directory keep others out (mkdir -m 700)? Then it is not told in texts that all
 * users read: no file's text depends on who reads it.
 */
bool fly_is_private(const struct fly_fs *fs, const struct fly_execution *e);

/** Does data hold blanks of JSON only? */
bool fly_is_blank(const void *data, size_t len);
/** Take a slice of a whole text. */
void fly_slice(const char *text, size_t text_len, uint64_t off, size_t size, struct fly_buf *b);

/**
 * SETATTR for what can't really be changed but whose owner's tools must not fail (cp -p, install,
 * touch): mode, times and chown to whom it belongs succeed; anything else is EPERM. Size is the
 * caller's business. attr, to_set: as the kernel sent them; e: as it is.
 */
int fly_setattr_quiet(struct fly_request *r, const struct stat *attr, int to_set,
		      const struct fuse_entry_param *e);

#endif

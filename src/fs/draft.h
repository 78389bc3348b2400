/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drafts: directories made by mkdir that are not launched (or registered) yet. They live in
 * memory only. A draft has the id, and so the inode numbers, that its execution or version will
 * have.
 *
 *	OPEN		files come and go
 *	SUBMITTING	its document is with admin; nothing but that may change it
 *	LAUNCHED	the row exists; what is left are files that processes still hold, or an
 *			editor's scratch files, unlisted, until unlinked or forgotten
 *
 * The name directory of an entity (tasks/NAME) without versions is a draft as well, of kind
 * NAMED; its id becomes that of the name's row when the first version is registered.
 */
#ifndef FLYTEFS_FS_DRAFT_H
#define FLYTEFS_FS_DRAFT_H

#include "tree.h"

#define FLY_INPUT_MAX ((size_t)1 << 20)

struct fly_drafts;

int fly_drafts_create(struct fly_drafts **out);
void fly_drafts_destroy(struct fly_drafts *drafts);
/** Drop what was not touched for a day. */
void fly_drafts_age(struct fly_fs *fs);

/* --- as their parents see them -------------------------------------------- */

/*
 * Where a draft stands. kind EXECUTION: name; an entity's kind: name and version; NAMED: the kind
 * of its versions in named_kind, and name. project and domain are scope's.
 */
struct fly_draft_place {
	enum fly_kind kind, named_kind;
	int64_t scope;
	uint64_t parent;	/* inode number of the directory it is made in */
	const char *project, *domain;
	const char *name, *version;
};

/** mkdir. The name is known to be free in the store. -EEXIST, -EDQUOT. */
int fly_draft_mkdir(struct fly_request *r, const struct fly_draft_place *place, mode_t mode,
		    struct fuse_entry_param *e);
/** rmdir: -ENOTEMPTY, -EBUSY, -ENOENT when it is not an (open) draft. */
int fly_draft_rmdir(struct fly_request *r, enum fly_kind kind, int64_t scope, const char *name,
		    const char *version);
/** A draft's directory by name; -ENOENT. For NAMED, kind is that of its versions and version "". */
int fly_draft_find(struct fly_request *r, enum fly_kind kind, int64_t scope, const char *name,
		   const char *version, struct fuse_entry_param *e);
/** Does nobody hold this execution's name with mkdir ("": to be generated)? Else -EEXIST. */
int fly_draft_check_free(struct fly_request *r, int64_t scope, const char *name);
/**
 * Execution id has got a name that is a draft's: made at the same moment by NAME.json, relaunch or
 * recover. The draft loses it, for what the execution is called nothing else ever is; who holds it
 * open may go on. Nothing happens when the draft itself has become the execution.
 */
void fly_draft_name_taken(struct fly_fs *fs, int64_t scope, const char *name, int64_t id);

struct fly_draft_name {
	const char *name;	/* of the execution, or the version */
	int64_t id;
};
/**
 * Open drafts behind a name, sorted, in arena. parent: entities: the name, else NULL. Count or
 * -errno.
 */
int fly_draft_names(struct fly_drafts *drafts, enum fly_kind kind, int64_t scope,
		    const char *parent, const char *after, struct fly_arena *arena,
		    struct fly_draft_name **out);
/** What a draft's id is called; NULL: none. */
const char *fly_draft_name(struct fly_drafts *drafts, int64_t id, struct fly_arena *arena);

/* --- name directories ----------------------------------------------------- */

/** A name directory's draft by id: its scope, kind of versions, name (in r->arena). -ENOENT. */
int fly_draft_named(struct fly_request *r, int64_t id, struct fly_named *out);
/** Its id by name; 0: none. */
int64_t fly_draft_named_id(struct fly_drafts *drafts, int64_t scope, enum fly_kind kind,
			   const char *name);

/* --- verbs on a draft's own directory, inputs/ and files: for execution.c and entity.c --- */

/* All give -ENOENT when the inode is not a draft's. */
int fly_draft_lookup(struct fly_request *r, struct fly_ino dir, const char *name,
		     struct fuse_entry_param *e);
int fly_draft_getattr(struct fly_request *r, struct fly_ino ino, struct fuse_entry_param *e);
int fly_draft_list(struct fly_request *r, struct fly_ino dir, struct fly_listing *l);
int fly_draft_read(struct fly_request *r, struct fly_ino ino, uint64_t off, size_t size,
		   struct fly_buf *b);
int fly_draft_readlink(struct fly_request *r, struct fly_ino ino, const char **target);
int fly_draft_write(struct fly_request *r, struct fly_ino ino, struct fly_bytes data, uint64_t off,
		    bool from_page);
int fly_draft_setattr(struct fly_request *r, struct fly_ino ino, const struct stat *attr,
		      int to_set, struct fuse_entry_param *e);
int fly_draft_create(struct fly_request *r, struct fly_ino dir, const char *name, mode_t mode,
		     struct fuse_entry_param *e, struct fuse_file_info *fi);
int fly_draft_make_inputs(struct fly_request *r, struct fly_ino dir, const char *name,
			  struct fuse_entry_param *e);
int fly_draft_symlink(struct fly_request *r, struct fly_ino dir, const char *name,
		      const char *target, struct fuse_entry_param *e);
int fly_draft_unlink(struct fly_request *r, struct fly_ino dir, const char *name);
int fly_draft_remove_inputs(struct fly_request *r, struct fly_ino dir, const char *name);
int fly_draft_rename(struct fly_request *r, struct fly_ino dir, const char *name,
		     struct fly_ino newdir, const char *newname, unsigned flags);
int fly_draft_path(struct fly_request *r, struct fly_ino ino, struct fly_buf *b);
void fly_draft_counted(struct fly_fs *fs, struct fly_ino ino, int64_t count);

#endif

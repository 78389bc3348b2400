/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drafts inside: shared by draft.c (the table), draft_dir.c (directories), draft_file.c (files)
 * and submit.c. Everything here is guarded by drafts->lock, which is held for memory work only. A
 * SUBMITTING draft is not freed, nor are its document and inputs changed: submit.c uses their
 * bytes unlocked.
 */
#ifndef FLYTEFS_FS_DRAFT_PRIVATE_H
#define FLYTEFS_FS_DRAFT_PRIVATE_H

#include <pthread.h>

#include "draft.h"
#include "incoming.h"

enum { DRAFT_BUCKETS = 1024, LAUNCHED_MAX = 2048 };

enum draft_state { DRAFT_OPEN, DRAFT_SUBMITTING, DRAFT_LAUNCHED };

struct draft_file {
	struct draft_file *next;
	uint64_t number;
	char *name;		/* NULL: unlinked, or launched */
	bool input;		/* lies in inputs/ */
	bool link;		/* a symlink: the bytes are its target */
	bool submitted;		/* its bytes were launched */
	bool document;		/* submitted as the document: the row has its text now */
	mode_t mode;
	int64_t mtime_ns;
	int64_t lookups;	/* references the kernel holds */
	uint64_t written;	/* submitted: size of what was written, blanks behind it included */
	uint64_t value_end;	/* submitted: only blanks may be written from here on */
	struct fly_incoming in;
};

struct draft {
	struct draft *next_id, *next_key;
	int64_t id;
	enum fly_kind kind;	/* EXECUTION, TASK, WORKFLOW, LAUNCH_PLAN or NAMED */
	enum fly_kind key_kind;	/* the same; NAMED: the kind of its versions */
	int64_t scope;
	uint64_t parent;	/* inode number of the directory it lies in */
	char *project, *domain, *name, *version;	/* version "": an execution or a name */
	uid_t uid;
	gid_t gid;
	mode_t mode;
	int64_t mtime_ns, used_ns;
	enum draft_state state;
	bool keyed;		/* found by name */
	bool counted;		/* in its user's quota */
	bool inputs;		/* has inputs/ */
	bool error_hidden;	/* `error` was removed: until the next change */
	unsigned serial;
	unsigned n_files;
	char *error;		/* text of `error`; NULL: none, or that the document ends early */
	struct draft_file *files;
};

struct fly_drafts {
	pthread_mutex_t lock;
	struct draft *by_id[DRAFT_BUCKETS], *by_key[DRAFT_BUCKETS];	/* lock */
	_Atomic size_t count;
	int64_t launched[LAUNCHED_MAX];	/* lock; ring of ids: older ones keep scratch only */
	size_t next_launched;		/* lock */
	struct fly_quota *quota;	/* fixed once the first draft is made */
};

/* --- draft.c -------------------------------------------------------------- */

struct draft *fly_draft_by_id_locked(struct fly_drafts *drafts, int64_t id);
/** The draft an inode belongs to; NULL: none (or ino's kind does not fit it). */
struct draft *fly_draft_of_locked(struct fly_drafts *drafts, struct fly_ino ino);
/** Free when launched and nothing holds it any more. */
void fly_draft_settle_locked(struct fly_drafts *drafts, struct draft *d);
/** It has just been launched: for how long its submitted files are remembered is bounded. */
void fly_draft_launched_locked(struct fly_drafts *drafts, struct draft *d);
/** It is no longer found by name, nor counted. */
void fly_draft_unkey_locked(struct fly_drafts *drafts, struct draft *d);
/**
 * A version's draft was registered, and its name has row named. A draft of that name with the same
 * id is the row now; with another one (somebody made the row otherwise) it stays as the number
 * under which the name is known, but is no longer counted.
 */
void fly_draft_named_settle_locked(struct fly_drafts *drafts, const struct draft *version,
				   int64_t named);
void fly_draft_used(struct draft *d);

/* --- draft_dir.c ---------------------------------------------------------- */

/** inputs/ or the directory itself? */
static inline bool fly_draft_is_inputs(struct fly_ino dir)
{
	return dir.kind == FLY_INO_EXECUTION && dir.index == FLY_FILE_INPUTS;
}

/* --- draft_file.c --------------------------------------------------------- */

struct draft_file *fly_draft_file_named(struct draft *d, bool input, const char *name);
struct draft_file *fly_draft_file_numbered(struct draft *d, uint64_t number);
/** The draft and the file of an inode; both NULL when there is none. */
struct draft *fly_draft_file_of_locked(struct fly_drafts *drafts, struct fly_ino ino,
				       struct draft_file **f);
static inline bool fly_draft_file_is_document(const struct draft_file *f)
{
	return f->name && !f->input && !strcmp(f->name, "spec.json");
}
/** Its bytes changed now. */
void fly_draft_file_changed(struct draft *d, struct draft_file *f);
void fly_draft_file_entry(const struct draft *d, const struct draft_file *f,
			  struct fuse_entry_param *e);
/**
 * Set the text of `error`: the sentence of a refusal, and behind it the status and errno by name.
 */
void fly_draft_set_error_locked(struct draft *d, int rc, const struct fly_why *why);
void fly_draft_forget_error_locked(struct draft *d);
/** Take a file out of its draft and free it. */
void fly_draft_file_free_locked(struct fly_drafts *drafts, struct draft *d, struct draft_file *f);

/* --- submit.c ------------------------------------------------------------- */

/**
 * Hand the document of a draft, which was set SUBMITTING, to admin. file: its inode, form: how it
 * is written. written > 0: a WRITE of so many bytes is to be acknowledged; 0: a rename.
 * FLY_PARKED or -errno (then the draft is OPEN again and has the sentence).
 */
int fly_draft_submit(struct fly_request *r, int64_t id, uint64_t file, enum fly_document form,
		     size_t written);

#endif

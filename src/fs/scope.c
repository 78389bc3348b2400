/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain's directory and the directories that always lie in it. What they hold is found by
 * runs.c, named.c, query.c and the drafts; this file only knows which of them to ask.
 */
#include "draft.h"
#include "gesture.h"
#include "move.h"
#include "named.h"
#include "query.h"
#include "runs.h"
#include "touch.h"

static int load(struct fly_request *r, int64_t id, struct fly_scope *s)
{
	return r->db ? fly_scope_get_id(r->db, id, &r->arena, s) : -EIO;
}

/* Where any user may make things, when other users get in at all. */
static bool is_open(unsigned index)
{
	return index == FLY_SCOPE_EXECUTIONS || index == FLY_SCOPE_ARCHIVED ||
	       index == FLY_SCOPE_REGISTER || fly_scope_kind(index) != FLY_KIND_NONE;
}

static void entry_of(struct fly_request *r, const struct fly_scope *s, unsigned index,
		     struct fuse_entry_param *e)
{
	uint64_t number = fly_ino_pack(FLY_INO_SCOPE, s->id, index);
	mode_t mode = r->fs->allow_other && is_open(index) ? 01777 : 0755;
	bool lists_runs = index == FLY_SCOPE_EXECUTIONS || index == FLY_SCOPE_ARCHIVED;

	fly_entry_set(e, number, S_IFDIR | mode, fly_fs_owner(r->fs), 0,
		      fly_touched_dir_ns(r->fs->touches, number,
					 lists_runs ? s->listed_ns : s->changed_ns),
		      FLY_TIMEOUT_SHORT);
}

static bool is_phase(unsigned index)
{
	return index >= FLY_SCOPE_PHASES && fly_file_at(FLY_INO_SCOPE, index);
}

/* A name that is not in the file table. */
static int lookup_row(struct fly_request *r, const struct fly_scope *s, unsigned index,
		      const char *name, struct fuse_entry_param *e)
{
	enum fly_kind kind = fly_scope_kind(index);

	if (kind != FLY_KIND_NONE)
		return fly_named_lookup(r, s->id, kind, name, 0, e);
	if (is_phase(index))
		return fly_runs_lookup_phase(r, s->id, (int)(index - FLY_SCOPE_PHASES), name, e);
	switch (index) {
	case FLY_SCOPE_EXECUTIONS:
		return fly_runs_lookup(r, s->id, 0, name, e);
	case FLY_SCOPE_ARCHIVED:
		return fly_runs_lookup(r, s->id, 1, name, e);
	case FLY_SCOPE_BY_PLAN:
		return fly_named_lookup(r, s->id, FLY_KIND_LAUNCH_PLAN, name, FLY_NAMED_RUNS, e);
	case FLY_SCOPE_QUERY:
		return fly_query_lookup(r, s, name, e);
	default:
		return -ENOENT;
	}
}

static int scope_lookup(struct fly_request *r, struct fly_ino dir, const char *name,
			struct fuse_entry_param *e)
{
	const struct fly_file *f = fly_file_find(dir.kind, dir.index, name);
	struct fly_scope s;
	int rc = load(r, dir.id, &s);

	if (rc < 0)
		return rc;
	if (!f)
		return lookup_row(r, &s, dir.index, name, e);
	entry_of(r, &s, f->index, e);
	return 0;
}

static int scope_getattr(struct fly_request *r, struct fly_ino ino, struct fuse_entry_param *e)
{
	struct fly_scope s;
	int rc = load(r, ino.id, &s);

	if (rc < 0)
		return rc;
	if (ino.index && !fly_file_at(ino.kind, ino.index))
		return -ENOENT;
	entry_of(r, &s, ino.index, e);
	return 0;
}

static int listed_entry(struct fly_request *r, const void *row, const struct fly_file *f,
			struct fuse_entry_param *e)
{
	entry_of(r, row, f->index, e);
	return 0;
}

static int scope_list(struct fly_request *r, struct fly_ino dir, struct fly_listing *l)
{
	enum fly_kind kind = fly_scope_kind(dir.index);
	struct fly_scope s;
	int rc = load(r, dir.id, &s);

	if (rc < 0)
		return rc;
	if (kind != FLY_KIND_NONE)
		return fly_nameds_list(r, s.id, kind, 0, l);
	if (is_phase(dir.index))
		return fly_runs_list_phase(r, s.id, (int)(dir.index - FLY_SCOPE_PHASES), l);
	switch (dir.index) {
	case FLY_SCOPE_EXECUTIONS:
		return fly_runs_list(r, dir, s.id, 0, l);
	case FLY_SCOPE_ARCHIVED:
		return fly_runs_list(r, dir, s.id, 1, l);
	case FLY_SCOPE_BY_PLAN:
		return fly_nameds_list(r, s.id, FLY_KIND_LAUNCH_PLAN, FLY_NAMED_RUNS, l);
	default:
		return fly_listing_add_files(r, l, dir, listed_entry, &s);
	}
}

/* --- making and removing -------------------------------------------------- */

static int mkdir_run(struct fly_request *r, const struct fly_scope *s, const char *name,
		     mode_t mode, struct fuse_entry_param *e)
{
	struct fly_draft_place place = {
		.kind = FLY_KIND_EXECUTION,
		.scope = s->id,
		.parent = fly_ino_pack(FLY_INO_SCOPE, s->id, FLY_SCOPE_EXECUTIONS),
		.project = s->project,
		.domain = s->domain,
		.name = name,
	};
	int rc = fly_run_check_free(r, s->id, name);

	if (rc >= 0)
		rc = fly_draft_mkdir(r, &place, mode, e);
	if (rc < 0)
		return rc;
	/* A launch that was committed in between has not seen the draft. */
	rc = fly_run_check_free(r, s->id, name);
	if (rc < 0)
		fly_draft_rmdir(r, FLY_KIND_EXECUTION, s->id, name, NULL);
	return rc;
}

static int scope_mkdir(struct fly_request *r, struct fly_ino dir, const char *name, mode_t mode,
		       struct fuse_entry_param *e)
{
	enum fly_kind kind = fly_scope_kind(dir.index);
	struct fly_scope s;
	int rc = load(r, dir.id, &s);

	if (rc < 0)
		return rc;
	if (kind != FLY_KIND_NONE)
		return fly_named_mkdir(r, &s, dir, name, mode, e);
	if (dir.index == FLY_SCOPE_EXECUTIONS)
		return mkdir_run(r, &s, name, mode, e);
	return fly_fail(&r->why, EPERM, "directories are made in executions/, tasks/, workflows/ "
			"and launch_plans/");
}

static int scope_rmdir(struct fly_request *r, struct fly_ino dir, const char *name)
{
	enum fly_kind kind = fly_scope_kind(dir.index);
	struct fly_execution taken;
	int rc = -ENOENT;

	if (kind != FLY_KIND_NONE)
		return fly_named_rmdir(r, dir.id, kind, name);
	/*
	 * A name launched by NAME.json beside its draft is the execution's: the kernel would take the
	 * draft's removal for its, and call its directory dead.
	 */
	if (dir.index == FLY_SCOPE_EXECUTIONS &&
	    fly_execution_get(r->db, dir.id, name, FLY_EXECUTION_HEAD, &r->arena, &taken) == -ENOENT)
		rc = fly_draft_rmdir(r, FLY_KIND_EXECUTION, dir.id, name, NULL);
	if (rc != -ENOENT)
		return rc;
	return fly_fail(&r->why, EPERM, "an execution is never removed by rm, rmdir or find: put "
			"it away with mv executions/%s archived/, then echo %s > "
			"archived/%s/delete", name, name, name);
}

static int scope_create(struct fly_request *r, struct fly_ino dir, const char *name, mode_t mode,
			struct fuse_entry_param *e, struct fuse_file_info *fi)
{
	struct fly_scope s;
	int rc = load(r, dir.id, &s);

	if (rc < 0)
		return rc;
	if (dir.index == FLY_SCOPE_EXECUTIONS)
		return fly_gesture_create(r, &s, name, mode, e, fi);
	if (dir.index == FLY_SCOPE_REGISTER)
		return fly_fail(&r->why, EOPNOTSUPP, "packages are not taken yet: register with "
				"mkdir -p tasks/NAME/VERSION and its spec.json");
	return fly_fail(&r->why, EPERM, "files are not made here");
}

static int scope_rename(struct fly_request *r, struct fly_ino dir, const char *name,
			struct fly_ino newdir, const char *newname, unsigned flags)
{
	(void)flags;
	return fly_move(r, dir, name, newdir, newname);
}

static int scope_path(struct fly_request *r, struct fly_ino ino, struct fly_buf *b)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);
	struct fly_scope s;
	int rc = load(r, ino.id, &s);

	if (rc < 0)
		return rc;
	fly_buf_printf(b, "%s/%s", s.project, s.domain);
	if (f)
		fly_buf_printf(b, "%s/%s", is_phase(ino.index) ? "/by-phase" : "", f->name);
	return 0;
}

const struct fly_noun fly_scope_noun = {
	.lookup = scope_lookup,
	.getattr = scope_getattr,
	.list = scope_list,
	.mkdir = scope_mkdir,
	.rmdir = scope_rmdir,
	.create = scope_create,
	.rename = scope_rename,
	.path = scope_path,
};

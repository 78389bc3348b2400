/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One execution's directory: its texts, links, control files, and the directories in it.
 * Everything about it comes from one row. While there is no row it is a draft, and draft.c
 * answers; draft.c also answers for files of it that a process still holds after the launch.
 */
#include "control.h"
#include "draft.h"
#include "runlog.h"
#include "node.h"
#include "notify.h"
#include "park.h"
#include "poller.h"
#include "runs.h"
#include "textcache.h"
#include "touch.h"
#include "value.h"

static const char *const never_changes =
	"an execution never changes once launched: make another one, or write to terminate, "
	"relaunch or recover";

static int load(struct fly_request *r, int64_t id, unsigned parts, struct fly_execution *e)
{
	fly_request_watch(r, FLY_KIND_EXECUTION, id);
	return r->db ? fly_execution_get_id(r->db, id, parts, &r->arena, e) : -EIO;
}

static uint64_t number_of(struct fly_ino ino)
{
	return fly_ino_pack(ino.kind, ino.id, ino.index);
}

/* --- attributes ----------------------------------------------------------- */

static bool exists(struct fly_request *r, const struct fly_execution *e, const struct fly_file *f)
{
	switch (f->when) {
	case FLY_WHEN_ALWAYS:
		return true;
	case FLY_WHEN_TEXT:
		return fly_execution_text_exists((enum fly_execution_text)f->text, e);
	case FLY_WHEN_OUTPUTS:
		return fly_execution_text_exists(FLY_TEXT_OUTPUTS_JSON, e);
	case FLY_WHEN_RELAUNCHED:
		return e->relaunched != 0;
	case FLY_WHEN_ARCHIVED:
		return e->state != 0;
	case FLY_WHEN_LOGGED:
		return fly_runlogs_kept(r->fs);
	case FLY_WHEN_CHILDREN:
	case FLY_WHEN_DRAFT:
		break;
	}
	return false;
}

/* May a name that is not there come into being later? */
static bool may_appear(const struct fly_execution *e, const struct fly_file *f)
{
	return !fly_phase_is_terminal(e->phase) ||
	       (f && f->when != FLY_WHEN_TEXT && f->when != FLY_WHEN_OUTPUTS);
}

static int64_t mtime_of(const struct fly_execution *e, const struct fly_file *f)
{
	switch (f->age) {
	case FLY_AGE_CREATED:
		return e->created_ns;
	case FLY_AGE_RESULT:
		return fly_phase_is_terminal(e->phase) ? fly_run_result_ns(e) : e->changed_ns;
	case FLY_AGE_CHANGED:
		break;
	}
	return e->changed_ns;
}

static double timeout_of(const struct fly_execution *e, const struct fly_file *f)
{
	if (f->class == FLY_CLASS_LOG)
		return fly_runlog_timeout(fly_phase_is_terminal(e->phase), e->updated_ns);
	switch (f->life) {
	case FLY_LIFE_EVER:
		return FLY_TIMEOUT_EVER;
	case FLY_LIFE_RUN:
		return fly_phase_is_terminal(e->phase) ? FLY_TIMEOUT_EVER : FLY_TIMEOUT_SHORT;
	case FLY_LIFE_SHORT:
		break;
	}
	return FLY_TIMEOUT_SHORT;
}

/*
 * Render a text, reading what it needs of the row. A text of several rows comes from one
 * snapshot.
 */
static int render(struct fly_request *r, int64_t id, enum fly_execution_text text,
		  struct fly_execution *e, struct fly_buf *b)
{
	int rc = fly_db_begin(r->db, &r->why);

	if (rc < 0)
		return rc;
	rc = fly_execution_get_id(r->db, id, fly_execution_text_parts(text), &r->arena, e);
	if (!rc)
		rc = fly_execution_text(text, r->db, e, b);
	fly_db_end(r->db);
	return rc < 0 ? rc : b->failed ? -ENOMEM : 0;
}

static int link_target(struct fly_request *r, const struct fly_execution *e, unsigned index,
		       const char **target)
{
	struct fly_execution other;
	int rc;

	switch (index) {
	case FLY_RUN_WAIT:
		*target = "phase";
		return 0;
	case FLY_RUN_LINK:
		*target = fly_run_link_target(r, e->state, e->name);
		break;
	case FLY_RUN_RELAUNCHED:
		rc = fly_execution_get_id(r->db, e->relaunched, FLY_EXECUTION_HEAD, &r->arena,
					  &other);
		if (rc < 0)
			return rc;
		*target = fly_run_link_target(r, other.state, other.name);
		break;
	default:
		return -EINVAL;
	}
	return *target ? 0 : -ENOMEM;
}

static int size_of(struct fly_request *r, const struct fly_execution *e, const struct fly_file *f,
		   uint64_t *size)
{
	const char *target;
	int64_t n;
	int rc;

	*size = 0;
	switch (f->class) {
	case FLY_CLASS_TEXT:
		n = fly_execution_text_size((enum fly_execution_text)f->text, r->db, e);
		*size = n < 0 ? 0 : (uint64_t)n;
		return n < 0 ? (int)n : 0;
	case FLY_CLASS_LOG:
		return fly_runlog_size(r->fs, e->id, 0, 0, size);
	case FLY_CLASS_LINK:
		rc = link_target(r, e, f->index, &target);
		if (!rc)
			*size = strlen(target);
		return rc;
	case FLY_CLASS_DIR:
	case FLY_CLASS_CONTROL:
	case FLY_CLASS_OWN:
		break;
	}
	return 0;
}

static void set_entry(struct fly_request *r, const struct fly_execution *e,
		      const struct fly_file *f, uint64_t size, struct fuse_entry_param *out)
{
	uint64_t number = fly_ino_pack(FLY_INO_EXECUTION, e->id, f->index);
	int64_t mtime_ns = mtime_of(e, f);

	if (f->class == FLY_CLASS_LOG)
		mtime_ns += (int64_t)size;	/* it grows between the row's changes */
	if (S_ISREG(f->mode))
		mtime_ns = fly_touched_file_ns(r->fs->touches, number, mtime_ns);
	fly_entry_set(out, number, f->mode, (struct fly_owner){ e->uid, e->gid }, size, mtime_ns,
		      timeout_of(e, f));
}

/* An entry in a listing: sizes come from the row. */
static int listed_entry(struct fly_request *r, const struct fly_execution *e,
			const struct fly_file *f, struct fuse_entry_param *out)
{
	uint64_t size;
	int rc = size_of(r, e, f, &size);

	if (rc < 0)
		return rc;
	fly_textcache_unreport(r->fs->texts, fly_ino_pack(FLY_INO_EXECUTION, e->id, f->index));
	set_entry(r, e, f, size, out);
	return 0;
}

/* Asked for by itself, and probably to be read: a text that may change is told with its size. */
static int file_entry(struct fly_request *r, const struct fly_execution *e,
		      const struct fly_file *f, struct fuse_entry_param *out)
{
	const _Atomic uint32_t *seen = fly_seen_slot(r->fs, e->id);
	struct fly_execution now;
	auto_buf text = { 0 };

	if (f->class != FLY_CLASS_TEXT || f->life != FLY_LIFE_RUN ||
	    fly_phase_is_terminal(e->phase))
		return listed_entry(r, e, f, out);
	for (int tries = 0; tries < FLY_REPORT_TRIES; tries++) {
		uint32_t then = atomic_load(seen);
		int rc;

		fly_buf_clear(&text);
		rc = render(r, e->id, (enum fly_execution_text)f->text, &now, &text);
		if (rc < 0)
			return rc;
		set_entry(r, &now, f, text.len, out);
		if (fly_textcache_report(r->fs->texts, out->ino, now.changed_ns, seen, then,
					 &text))
			return 0;
	}
	fly_textcache_unreport(r->fs->texts, out->ino);
	return 0;
}

/* --- reading -------------------------------------------------------------- */

static int lookup_in(struct fly_request *r, const struct fly_execution *e, struct fly_ino dir,
		     const char *name, struct fuse_entry_param *out)
{
	switch (dir.index) {
	case FLY_FILE_INPUTS:
		return fly_values_lookup(r, e->id, false, name, out);
	case FLY_RUN_OUTPUTS:
		return fly_values_lookup(r, e->id, true, name, out);
	case FLY_RUN_NODES:
		return fly_nodes_lookup(r, e->id, 0, name, out);
	default:
		return -ENOENT;
	}
}

static int execution_lookup(struct fly_request *r, struct fly_ino dir, const char *name,
			    struct fuse_entry_param *out)
{
	const struct fly_file *f = dir.index ? NULL : fly_file_find(dir.kind, 0, name);
	struct fly_execution e;
	int rc = load(r, dir.id, FLY_EXECUTION_HEAD, &e);

	if (rc == -ENOENT)
		return fly_draft_lookup(r, dir, name, out);
	if (rc < 0)
		return rc;
	if (f && exists(r, &e, f))
		return file_entry(r, &e, f, out);
	rc = dir.index ? lookup_in(r, &e, dir, name, out) : -ENOENT;
	if (rc == -ENOENT)
		rc = fly_draft_lookup(r, dir, name, out);
	if (rc != -ENOENT || may_appear(&e, f) || dir.index == FLY_RUN_NODES)
		return rc;
	out->ino = 0;
	out->entry_timeout = FLY_TIMEOUT_EVER;
	return 0;
}

static int execution_getattr(struct fly_request *r, struct fly_ino ino,
			     struct fuse_entry_param *out)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);
	struct fly_execution e;
	int rc = load(r, ino.id, FLY_EXECUTION_HEAD, &e);

	if (rc == -ENOENT)
		return fly_draft_getattr(r, ino, out);
	if (rc < 0)
		return rc;
	if (f)
		return exists(r, &e, f) ? file_entry(r, &e, f, out) : -ENOENT;
	if (ino.index == FLY_RUN_LINK)
		fly_run_link_entry(r, &e, out);
	else if (!ino.index)
		fly_run_entry(r, &e, out);
	else
		return -ENOENT;
	return 0;
}

static int shown_entry(struct fly_request *r, const void *row, const struct fly_file *f,
		       struct fuse_entry_param *e)
{
	return exists(r, row, f) ? listed_entry(r, row, f, e) : 0;
}

static int execution_list(struct fly_request *r, struct fly_ino dir, struct fly_listing *l)
{
	struct fly_execution e;
	int rc = load(r, dir.id, FLY_EXECUTION_HEAD, &e);

	if (rc == -ENOENT)
		return fly_draft_list(r, dir, l);
	if (rc < 0)
		return rc;
	switch (dir.index) {
	case 0:
		return fly_listing_add_files(r, l, dir, shown_entry, &e);
	case FLY_FILE_INPUTS:
		return fly_values_list(r, e.id, false, l);
	case FLY_RUN_OUTPUTS:
		return fly_values_list(r, e.id, true, l);
	case FLY_RUN_NODES:
		return fly_nodes_list(r, e.id, 0, l);
	default:
		return -ENOTDIR;
	}
}

static int read_text(struct fly_request *r, struct fly_ino ino, const struct fly_execution *head,
		     enum fly_execution_text which, uint64_t off, size_t size, struct fly_buf *b)
{
	struct fly_execution e;
	auto_buf text = { 0 };
	int rc;

	if (fly_textcache_read(r->fs->texts, number_of(ino), head->changed_ns, off, size, b))
		return 0;
	rc = render(r, ino.id, which, &e, &text);
	if (rc < 0)
		return rc;
	fly_slice(text.data, text.len, off, size, b);
	if (off + size < text.len)
		fly_textcache_keep(r->fs->texts, number_of(ino), e.changed_ns, &text);
	return 0;
}

static int execution_read(struct fly_request *r, struct fly_ino ino, uint64_t off, size_t size,
			  struct fly_buf *b)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);
	struct fly_execution e;
	int rc = load(r, ino.id, FLY_EXECUTION_HEAD, &e);

	if (rc == -ENOENT)
		return fly_draft_read(r, ino, off, size, b);
	if (rc < 0)
		return rc;
	if (!f || !exists(r, &e, f))
		return -ENOENT;
	switch (f->class) {
	case FLY_CLASS_TEXT:
		return read_text(r, ino, &e, (enum fly_execution_text)f->text, off, size, b);
	case FLY_CLASS_LOG:
		return fly_runlog_read(r->fs, e.id, 0, 0, off, size, b);
	case FLY_CLASS_CONTROL:
		return 0;
	case FLY_CLASS_DIR:
	case FLY_CLASS_LINK:
	case FLY_CLASS_OWN:
		break;
	}
	return -EINVAL;
}

/* So long the kernel may not have been told of the end yet, and may show what was before. */
#define UNTOLD_NS INT64_C(2000000000)

static bool is_just_over(const struct fly_execution *e)
{
	return fly_phase_is_terminal(e->phase) && fly_file_now_ns() - e->changed_ns < UNTOLD_NS;
}

/* The end may have come between the look at the row and the parking: the notifier looks again. */
static int wait_for_end(struct fly_request *r, const struct fly_execution *e)
{
	struct fly_fs *fs = r->fs;
	int64_t id = e->id;
	int rc = fly_park(r, id);

	if (rc == FLY_PARKED)
		fly_notify_waiting(fs, id);
	return rc;
}

static int execution_readlink(struct fly_request *r, struct fly_ino ino, const char **target)
{
	struct fly_execution e;
	int rc = load(r, ino.id, FLY_EXECUTION_HEAD, &e);

	if (rc < 0)
		return rc;
	if (ino.index == FLY_RUN_WAIT && (!fly_phase_is_terminal(e.phase) || is_just_over(&e)))
		return wait_for_end(r, &e);
	return link_target(r, &e, ino.index, target);
}

static int execution_poll(struct fly_request *r, struct fly_ino ino, struct fuse_pollhandle *ph,
			  unsigned *events)
{
	struct fly_execution e;
	int rc;

	if (ino.index != FLY_RUN_PHASE) {
		if (ph)
			fuse_pollhandle_destroy(ph);
		return 0;
	}
	rc = load(r, ino.id, FLY_EXECUTION_HEAD, &e);
	*events = fly_poll(r, ino.id, rc < 0 || fly_phase_is_terminal(e.phase), ph);
	return 0;
}

/* --- changing ------------------------------------------------------------- */

static int refuse(struct fly_request *r, int rc)
{
	return rc != -ENOENT ? rc : fly_fail(&r->why, EPERM, "%s", never_changes);
}

static int execution_write(struct fly_request *r, struct fly_ino ino, struct fly_bytes data,
			   uint64_t off, bool from_page)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);
	struct fly_execution e;
	int rc;

	if (!f || f->class != FLY_CLASS_CONTROL)
		return refuse(r, fly_draft_write(r, ino, data, off, from_page));
	rc = load(r, ino.id, FLY_EXECUTION_HEAD, &e);
	if (!rc && !exists(r, &e, f))
		return fly_fail(&r->why, EPERM, "only an archived execution is deleted: mv "
				"executions/%s archived/", e.name);
	return rc < 0 ? rc : fly_control_run(r, &e, ino.index, data, from_page);
}

/* Files that their writer's tools still want to dress: the document, inputs/ and the directory. */
static bool is_dressed(struct fly_ino ino)
{
	return !ino.index || ino.index == FLY_FILE_SPEC_JSON || ino.index == FLY_FILE_SPEC_PB ||
	       ino.index == FLY_FILE_INPUTS;
}

static int execution_setattr(struct fly_request *r, struct fly_ino ino, const struct stat *attr,
			     int to_set, struct fuse_entry_param *out)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);
	bool control = f && f->class == FLY_CLASS_CONTROL;
	int rc = control ? -ENOENT : fly_draft_setattr(r, ino, attr, to_set, out);

	if (rc != -ENOENT)
		return rc;
	rc = execution_getattr(r, ino, out);
	if (rc < 0)
		return rc;
	if (control && to_set & FUSE_SET_ATTR_SIZE)
		return 0;
	if (!control && (to_set & FUSE_SET_ATTR_SIZE || !is_dressed(ino)))
		return fly_fail(&r->why, EPERM, "%s", never_changes);
	return fly_setattr_quiet(r, attr, to_set, out);
}

static int execution_create(struct fly_request *r, struct fly_ino dir, const char *name,
			    mode_t mode, struct fuse_entry_param *out, struct fuse_file_info *fi)
{
	return refuse(r, fly_draft_create(r, dir, name, mode, out, fi));
}

static int execution_mkdir(struct fly_request *r, struct fly_ino dir, const char *name, mode_t mode,
			   struct fuse_entry_param *out)
{
	(void)mode;
	return refuse(r, fly_draft_make_inputs(r, dir, name, out));
}

static int execution_symlink(struct fly_request *r, struct fly_ino dir, const char *name,
			     const char *target, struct fuse_entry_param *out)
{
	return refuse(r, fly_draft_symlink(r, dir, name, target, out));
}

static int execution_unlink(struct fly_request *r, struct fly_ino dir, const char *name)
{
	return refuse(r, fly_draft_unlink(r, dir, name));
}

static int execution_rmdir(struct fly_request *r, struct fly_ino dir, const char *name)
{
	return refuse(r, fly_draft_remove_inputs(r, dir, name));
}

static int execution_rename(struct fly_request *r, struct fly_ino dir, const char *name,
			    struct fly_ino newdir, const char *newname, unsigned flags)
{
	return refuse(r, fly_draft_rename(r, dir, name, newdir, newname, flags));
}

static int execution_path(struct fly_request *r, struct fly_ino ino, struct fly_buf *b)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);
	struct fly_execution e;
	int rc = load(r, ino.id, FLY_EXECUTION_HEAD, &e);

	if (rc == -ENOENT)
		return fly_draft_path(r, ino, b);
	if (rc < 0)
		return rc;
	fly_buf_printf(b, "%s/%s/%s/%s%s%s", e.project, e.domain,
		       e.state ? "archived" : "executions", e.name, f ? "/" : "", f ? f->name : "");
	return 0;
}

const struct fly_noun fly_execution_noun = {
	.lookup = execution_lookup,
	.getattr = execution_getattr,
	.list = execution_list,
	.read = execution_read,
	.readlink = execution_readlink,
	.write = execution_write,
	.setattr = execution_setattr,
	.create = execution_create,
	.mkdir = execution_mkdir,
	.symlink = execution_symlink,
	.unlink = execution_unlink,
	.rmdir = execution_rmdir,
	.rename = execution_rename,
	.path = execution_path,
	.counted = fly_draft_counted,
	.poll = execution_poll,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FUSE operations: each decodes its request, asks the noun the inode belongs to, and replies
 * exactly once (unless it was parked). Refused changes are recorded here, with path and sentence.
 * No knowledge of any noun.
 *
 * OPEN and OPENDIR answer ENOSYS, FLUSH, RELEASE, FSYNC, ACCESS and the xattr operations have no
 * handler, which libfuse answers in the same way: the kernel then never asks again (DESIGN §5).
 */
#include "ops.h"

#include <poll.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "answer.h"
#include "notify.h"
#include "touch.h"
#include "user.h"

/* --- a request ------------------------------------------------------------ */

static void begin(struct fly_request *r, fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	*r = (struct fly_request){
		.fs = fuse_req_userdata(req),
		.req = req,
		.caller = { .uid = ctx->uid, .gid = ctx->gid, .pid = ctx->pid },
	};
	atomic_fetch_add_explicit(&r->fs->requests, 1, memory_order_relaxed);
	r->db = fly_store_reader(r->fs->store, &r->why);
	if (!r->db)	/* whatever is asked for then fails, or is not about rows */
		fly_request_record(r, ".", EIO);
}

static void end(struct fly_request *r)
{
	fly_arena_release(&r->arena);
}

/* After the reply: has its row changed meanwhile, which the kernel may have been told already? */
static bool is_overtaken(const struct fly_request *r)
{
	return r->watched && atomic_load(fly_seen_slot(r->fs, r->watched)) != r->seen;
}

/*
 * The end of who gave an inode's attributes. GETATTR and READ need no more than end(): the kernel
 * itself drops what an invalidation has overtaken. And each invalidation makes it drop the answer
 * to a GETATTR under way, so that its asker reads with the old size: none without need.
 */
static void end_told(struct fly_request *r, const struct fuse_entry_param *e)
{
	if (e->ino && e->attr_timeout > 0 && is_overtaken(r))
		fly_notify_inode(r->fs, e->ino, false);
	end(r);
}

const struct fly_caller *fly_request_caller(struct fly_request *r)
{
	if (!r->caller.user)
		r->caller.user = fly_user_name(r->fs->users, r->caller.uid, &r->arena);
	return &r->caller;
}

_Atomic uint32_t *fly_seen_slot(struct fly_fs *fs, int64_t id)
{
	return &fs->seen[(uint64_t)id % FLY_SEEN_SLOTS];
}

void fly_request_watch(struct fly_request *r, enum fly_kind kind, int64_t id)
{
	if (r->watched)
		return;
	r->watched_kind = kind;
	r->watched = id;
	r->seen = atomic_load(fly_seen_slot(r->fs, id));
}

const struct fly_noun *fly_noun_of(enum fly_ino_kind kind)
{
	static const struct fly_noun *const nouns[FLY_N_INO_KINDS] = {
		[FLY_INO_STATIC] = &fly_static_noun,
		[FLY_INO_ERRORS] = &fly_errors_noun,
		[FLY_INO_PROJECT] = &fly_project_noun,
		[FLY_INO_SCOPE] = &fly_scope_noun,
		[FLY_INO_NAMED] = &fly_named_noun,
		[FLY_INO_TASK] = &fly_entity_noun,
		[FLY_INO_WORKFLOW] = &fly_entity_noun,
		[FLY_INO_LAUNCH_PLAN] = &fly_entity_noun,
		[FLY_INO_EXECUTION] = &fly_execution_noun,
		[FLY_INO_INPUT] = &fly_value_noun,
		[FLY_INO_OUTPUT] = &fly_value_noun,
		[FLY_INO_NODE] = &fly_node_noun,
		[FLY_INO_ATTEMPT] = &fly_attempt_noun,
		[FLY_INO_DRAFT_FILE] = &fly_draft_file_noun,
		[FLY_INO_GESTURE] = &fly_gesture_noun,
		[FLY_INO_QUERY] = &fly_query_noun,
	};

	return kind < FLY_N_INO_KINDS ? nouns[kind] : NULL;
}

/* The verb of an inode's noun, or one that refuses. */
#define VERB(ino, verb) (fly_noun_of((ino).kind) ? fly_noun_of((ino).kind)->verb : NULL)

/* Tell the table a kind lives in that the kernel got (or gave back) references. */
static void counted(struct fly_fs *fs, uint64_t number, int64_t count)
{
	struct fly_ino ino = fly_ino_unpack(number);

	if (number && VERB(ino, counted))
		VERB(ino, counted)(fs, ino, count);
}

const char *fly_tree_path(struct fly_request *r, uint64_t number, const char *name)
{
	struct fly_ino ino = fly_ino_unpack(number);
	auto_buf b = { 0 };
	const char *path;

	if (!VERB(ino, path) || VERB(ino, path)(r, ino, &b) < 0)
		fly_buf_printf(&b, "inode %llu", (unsigned long long)number);
	if (name)
		fly_buf_printf(&b, "%s%s", b.len ? "/" : "", name);
	path = b.len && !b.failed ? fly_arena_strndup(&r->arena, b.data, b.len) : ".";
	return path ? path : "";
}

static int missing_verb(struct fly_request *r, const char *sentence)
{
	return fly_fail(&r->why, EPERM, "%s", sentence);
}

/* Reply a refusal of a change, and record it. */
static void refuse(struct fly_request *r, uint64_t number, const char *name, int rc)
{
	fly_request_record(r, fly_tree_path(r, number, name), -rc);
	fuse_reply_err(r->req, -rc);
}

static void reply_entry(struct fly_request *r, const struct fuse_entry_param *e)
{
	counted(r->fs, e->ino, 1);
	if (fuse_reply_entry(r->req, e) != 0)
		counted(r->fs, e->ino, -1);
}

/* --- reading -------------------------------------------------------------- */

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fly_ino dir = fly_ino_unpack(parent);
	struct fuse_entry_param e = { 0 };
	struct fly_request r;
	int rc;

	begin(&r, req);
	rc = VERB(dir, lookup) ? VERB(dir, lookup)(&r, dir, name, &e) : -ENOENT;
	if (rc < 0) {
		fuse_reply_err(req, -rc);
	} else {
		fly_entry_first(&e);
		reply_entry(&r, &e);
	}
	end_told(&r, &e);
}

static int get(struct fly_request *r, struct fly_ino ino, struct fuse_entry_param *e)
{
	return VERB(ino, getattr) ? VERB(ino, getattr)(r, ino, e) : -ENOENT;
}

static void op_getattr(fuse_req_t req, fuse_ino_t number, struct fuse_file_info *fi)
{
	struct fuse_entry_param e = { 0 };
	struct fly_request r;
	int rc;

	(void)fi;
	begin(&r, req);
	rc = get(&r, fly_ino_unpack(number), &e);
	if (rc < 0)
		fuse_reply_err(req, -rc);
	else
		fuse_reply_attr(req, &e.attr, e.attr_timeout);
	end(&r);
}

static void op_readlink(fuse_req_t req, fuse_ino_t number)
{
	struct fly_ino ino = fly_ino_unpack(number);
	const char *target = NULL;
	struct fly_request r;
	int rc;

	begin(&r, req);
	rc = VERB(ino, readlink) ? VERB(ino, readlink)(&r, ino, &target) : -EINVAL;
	if (rc < 0)
		fuse_reply_err(req, -rc);
	else if (rc != FLY_PARKED)
		fuse_reply_readlink(req, target);
	end(&r);
}

static void op_read(fuse_req_t req, fuse_ino_t number, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	struct fly_ino ino = fly_ino_unpack(number);
	auto_buf b = { 0 };
	struct fly_request r;
	int rc;

	(void)fi;
	begin(&r, req);
	rc = VERB(ino, read) ? VERB(ino, read)(&r, ino, (uint64_t)off, size, &b) : -EIO;
	if (rc >= 0 && b.failed)
		rc = -ENOMEM;
	if (rc < 0)
		fuse_reply_err(req, -rc);
	else
		fuse_reply_buf(req, b.data, b.len < size ? b.len : size);
	end(&r);
}

static int list(struct fly_request *r, fuse_ino_t number, struct fly_listing *l)
{
	struct fly_ino dir = fly_ino_unpack(number);

	if (l->after < 1 && !fly_listing_add_plain(l, ".", number, S_IFDIR, 1))
		return 0;
	if (l->after < 2 && !fly_listing_add_plain(l, "..", number, S_IFDIR, 2))
		return 0;
	return VERB(dir, list) ? VERB(dir, list)(r, dir, l) : -ENOTDIR;
}

static void do_readdir(fuse_req_t req, fuse_ino_t number, size_t size, off_t off, bool plus)
{
	struct fly_listing l = { .req = req, .size = size, .plus = plus, .after = off };
	auto_free char *data = malloc(size);
	struct fly_request r;
	int rc = -ENOMEM;

	begin(&r, req);
	l.data = data;
	if (data)
		rc = list(&r, number, &l);
	/*
	 * What was listed before a failure is given first; the next READDIR meets the failure
	 * again.
	 */
	if (rc < 0 && !l.used)
		fuse_reply_err(req, -rc);
	else
		fuse_reply_buf(req, data, l.used);
	if (is_overtaken(&r))
		fly_notify_again(r.fs, r.watched_kind, r.watched);
	end(&r);
}

static void op_readdir(fuse_req_t req, fuse_ino_t number, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	(void)fi;
	do_readdir(req, number, size, off, false);
}

static void op_readdirplus(fuse_req_t req, fuse_ino_t number, size_t size, off_t off,
			   struct fuse_file_info *fi)
{
	(void)fi;
	do_readdir(req, number, size, off, true);
}

static void op_statfs(fuse_req_t req, fuse_ino_t number)
{
	struct fly_fs *fs = fuse_req_userdata(req);
	struct statvfs s;

	(void)number;
	if (statvfs(fly_store_path(fs->store), &s) != 0) {
		fuse_reply_err(req, errno);
		return;
	}
	s.f_namemax = 255;
	fuse_reply_statfs(req, &s);
}

static void op_open(fuse_req_t req, fuse_ino_t number, struct fuse_file_info *fi)
{
	(void)number;
	(void)fi;
	fuse_reply_err(req, ENOSYS);
}

static void op_forget(fuse_req_t req, fuse_ino_t number, uint64_t count)
{
	counted(fuse_req_userdata(req), number, -(int64_t)count);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		counted(fuse_req_userdata(req), forgets[i].ino,
				 -(int64_t)forgets[i].nlookup);
	fuse_reply_none(req);
}

static void op_poll(fuse_req_t req, fuse_ino_t number, struct fuse_file_info *fi,
		    struct fuse_pollhandle *ph)
{
	struct fly_ino ino = fly_ino_unpack(number);
	unsigned events = POLLIN | POLLOUT;
	struct fly_request r;
	int rc = 0;

	(void)fi;
	begin(&r, req);
	if (VERB(ino, poll))
		rc = VERB(ino, poll)(&r, ino, ph, &events);
	else if (ph)
		fuse_pollhandle_destroy(ph);
	if (rc < 0)
		fuse_reply_err(req, -rc);
	else
		fuse_reply_poll(req, events);
	end(&r);
}

/* --- changing ------------------------------------------------------------- */

/*
 * A page changed through mmap is refused when it is written back, but stays as it is for all
 * readers: it must go. The time of files that can be written moves; of others, which root alone can
 * map so, the data is dropped.
 */
static void drop_page(struct fly_request *r, fuse_ino_t number)
{
	enum fly_ino_kind kind = fly_ino_unpack(number).kind;
	bool written = kind == FLY_INO_PROJECT || kind == FLY_INO_TASK || kind == FLY_INO_WORKFLOW ||
		       kind == FLY_INO_LAUNCH_PLAN || kind == FLY_INO_EXECUTION;

	if (written)
		fly_touch(r->fs->touches, number);
	fly_notify_inode(r->fs, number, !written);
}

static void op_write(fuse_req_t req, fuse_ino_t number, const char *data, size_t size, off_t off,
		     struct fuse_file_info *fi)
{
	struct fly_ino ino = fly_ino_unpack(number);
	struct fly_bytes bytes = { (const uint8_t *)data, size };
	struct fly_request r;
	int rc;

	begin(&r, req);
	if (VERB(ino, write))
		rc = VERB(ino, write)(&r, ino, bytes, (uint64_t)off, fi->writepage);
	else
		rc = missing_verb(&r, "it is read only: drafts and control files can be written");
	if (rc < 0) {
		refuse(&r, number, NULL, rc);
		if (fi->writepage)
			drop_page(&r, number);
	} else if (rc != FLY_PARKED) {
		fly_touch(r.fs->touches, number);
		fuse_reply_write(req, size);
	}
	end(&r);
}

static void op_setattr(fuse_req_t req, fuse_ino_t number, struct stat *attr, int to_set,
		       struct fuse_file_info *fi)
{
	struct fly_ino ino = fly_ino_unpack(number);
	struct fuse_entry_param e = { 0 };
	struct fly_request r;
	int rc;

	(void)fi;
	begin(&r, req);
	if (VERB(ino, setattr))
		rc = VERB(ino, setattr)(&r, ino, attr, to_set, &e);
	else
		rc = missing_verb(&r, "its mode, owner, size and times are not anybody's to set");
	if (rc < 0)
		refuse(&r, number, NULL, rc);
	else
		fuse_reply_attr(req, &e.attr, e.attr_timeout);
	end_told(&r, &e);
}

static int create(struct fly_request *r, fuse_ino_t parent, const char *name, mode_t mode,
		  struct fuse_entry_param *e, struct fuse_file_info *fi)
{
	struct fly_ino dir = fly_ino_unpack(parent);

	return VERB(dir, create) ? VERB(dir, create)(r, dir, name, mode, e, fi) :
				   missing_verb(r, "no file is made here");
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	struct fuse_entry_param e = { 0 };
	struct fly_request r;
	int rc;

	begin(&r, req);
	rc = create(&r, parent, name, mode, &e, fi);
	if (rc < 0) {
		refuse(&r, parent, name, rc);
	} else {
		counted(r.fs, e.ino, 1);
		if (fuse_reply_create(req, &e, fi) != 0)
			counted(r.fs, e.ino, -1);
	}
	end_told(&r, &e);
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	struct fuse_file_info fi = { 0 };
	struct fuse_entry_param e = { 0 };
	struct fly_request r;
	int rc;

	(void)rdev;
	begin(&r, req);
	if (S_ISREG(mode))
		rc = create(&r, parent, name, mode, &e, &fi);
	else
		rc = missing_verb(&r, "no device, pipe or socket is made here");
	if (rc < 0)
		refuse(&r, parent, name, rc);
	else
		reply_entry(&r, &e);
	end_told(&r, &e);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct fly_ino dir = fly_ino_unpack(parent);
	struct fuse_entry_param e = { 0 };
	struct fly_request r;
	int rc;

	begin(&r, req);
	if (VERB(dir, mkdir))
		rc = VERB(dir, mkdir)(&r, dir, name, mode, &e);
	else
		rc = missing_verb(&r, "no directory is made here");
	if (rc < 0)
		refuse(&r, parent, name, rc);
	else if (rc != FLY_PARKED)
		reply_entry(&r, &e);
	end_told(&r, &e);
}

static void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct fly_ino dir = fly_ino_unpack(parent);
	struct fuse_entry_param e = { 0 };
	struct fly_request r;
	int rc;

	begin(&r, req);
	if (VERB(dir, symlink))
		rc = VERB(dir, symlink)(&r, dir, name, target, &e);
	else
		rc = missing_verb(&r, "no symbolic link is made here");
	if (rc < 0)
		refuse(&r, parent, name, rc);
	else
		reply_entry(&r, &e);
	end_told(&r, &e);
}

static void op_link(fuse_req_t req, fuse_ino_t number, fuse_ino_t parent, const char *name)
{
	struct fly_request r;

	(void)number;
	begin(&r, req);
	refuse(&r, parent, name, missing_verb(&r, "there are no hard links"));
	end(&r);
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fly_ino dir = fly_ino_unpack(parent);
	struct fly_request r;
	int rc;

	begin(&r, req);
	if (VERB(dir, unlink))
		rc = VERB(dir, unlink)(&r, dir, name);
	else
		rc = missing_verb(&r, "it is not removed: see README in the root of the mount");
	if (rc < 0)
		refuse(&r, parent, name, rc);
	else
		fuse_reply_err(req, 0);
	end(&r);
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fly_ino dir = fly_ino_unpack(parent);
	struct fly_request r;
	int rc;

	begin(&r, req);
	if (VERB(dir, rmdir))
		rc = VERB(dir, rmdir)(&r, dir, name);
	else
		rc = missing_verb(&r, "it is not removed: see README in the root of the mount");
	if (rc < 0)
		refuse(&r, parent, name, rc);
	else
		fuse_reply_err(req, 0);
	end(&r);
}

static int rename_name(struct fly_request *r, fuse_ino_t parent, const char *name,
		       fuse_ino_t newparent, const char *newname, unsigned flags)
{
	struct fly_ino dir = fly_ino_unpack(parent);

	if (flags & ~(unsigned)RENAME_NOREPLACE)
		return fly_fail(&r->why, EINVAL, "names can't be exchanged here");
	if (!VERB(dir, rename))
		return missing_verb(r, "it is not moved or renamed");
	return VERB(dir, rename)(r, dir, name, fly_ino_unpack(newparent), newname, flags);
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
		      const char *newname, unsigned flags)
{
	struct fly_request r;
	int rc;

	begin(&r, req);
	rc = rename_name(&r, parent, name, newparent, newname, flags);
	if (rc < 0) {
		fly_request_record(&r, fly_tree_path(&r, newparent, newname), -rc);
		/* mv takes EINVAL for "into its own subdirectory". */
		fuse_reply_err(req, rc == -EINVAL ? EBADMSG : -rc);
	} else if (rc != FLY_PARKED) {
		fuse_reply_err(req, 0);
	}
	end(&r);
}

/* --- the session ---------------------------------------------------------- */

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	struct fly_fs *fs = userdata;

	/* libfuse ends the session when this differs from the mount option. */
	conn->max_read = fs->max_read;
	conn->want &= ~(unsigned)(FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_WRITEBACK_CACHE |
				  FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_HANDLE_KILLPRIV);
	conn->want |= conn->capable & (FUSE_CAP_READDIRPLUS | FUSE_CAP_AUTO_INVAL_DATA |
				       FUSE_CAP_PARALLEL_DIROPS);
}

const struct fuse_lowlevel_ops fly_fs_ops = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.readlink = op_readlink,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.symlink = op_symlink,
	.rename = op_rename,
	.link = op_link,
	.open = op_open,
	.opendir = op_open,
	.read = op_read,
	.write = op_write,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.statfs = op_statfs,
	.create = op_create,
	.poll = op_poll,
};

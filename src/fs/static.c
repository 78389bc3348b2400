/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root and `.flytefs/`: what exists once in a mount. Projects are project.c's.
 */
#include "static.h"

#include <stdio.h>

#include "errors.h"
#include "events.h"
#include "project.h"
#include "snapshot.h"
#include "touch.h"

#define VERSION_TEXT "flytefs " FLY_FS_VERSION "\n"

static uint64_t number_of(unsigned index)
{
	return fly_ino_pack(FLY_INO_STATIC, 0, index);
}

/*
 * The root is as new as the newest project; what never changes is as old as the store. Of a store
 * that can't be read any more .flytefs/errors must still say so: then all is as old as the mount.
 */
static void times(struct fly_request *r, unsigned index, int64_t *mtime_ns)
{
	int64_t newest, oldest;

	if (fly_projects_times(r, &newest, &oldest) < 0)
		newest = oldest = r->fs->started_ns;
	*mtime_ns = index == FLY_ROOT_SELF ?
			    fly_touched_dir_ns(r->fs->touches, number_of(index), newest) : oldest;
}

/* Size and time of a file; timeout 0 for what changes without anybody being told. */
static int measure(struct fly_request *r, unsigned index, uint64_t *size, int64_t *mtime_ns)
{
	*size = 0;
	switch (index) {
	case FLY_HIDDEN_STATS:
		return fly_snapshot_take(r, size, mtime_ns);
	case FLY_HIDDEN_EVENTS:
		fly_events_read(r->fs->events, 0, 0, NULL, size, mtime_ns);
		return 0;
	case FLY_ROOT_README:
		*size = fly_readme_len;
		break;
	case FLY_HIDDEN_VERSION:
		*size = strlen(VERSION_TEXT);
		break;
	default:
		break;
	}
	times(r, index, mtime_ns);
	return 0;
}

static double timeout_of(const struct fly_file *f)
{
	if (f->index == FLY_HIDDEN_STATS || f->index == FLY_HIDDEN_EVENTS ||
	    f->index == FLY_HIDDEN_ERRORS)
		return 0;
	return f->life == FLY_LIFE_EVER ? FLY_TIMEOUT_EVER : FLY_TIMEOUT_SHORT;
}

static int entry_of(struct fly_request *r, const struct fly_file *f, struct fuse_entry_param *e)
{
	uint64_t size;
	int64_t mtime_ns;
	int rc = measure(r, f->index, &size, &mtime_ns);

	if (rc < 0)
		return rc;
	fly_entry_set(e, number_of(f->index), f->mode, fly_fs_owner(r->fs), size, mtime_ns,
		      timeout_of(f));
	return 0;
}

static void errors_entry(struct fly_request *r, uid_t uid, struct fuse_entry_param *e)
{
	uint64_t size;
	int64_t changed_ns;

	fly_errors_read(r->fs->errors, uid, 0, 0, NULL, &size, &changed_ns);
	if (!changed_ns)
		changed_ns = r->fs->started_ns;
	fly_entry_set(e, fly_ino_pack(FLY_INO_ERRORS, uid, 0), S_IFREG | 0400,
		      (struct fly_owner){ uid, r->fs->gid }, size, changed_ns, 0);
}

/* Every user has a file, an empty one where nothing was refused. */
static int errors_lookup(struct fly_request *r, const char *name, struct fuse_entry_param *e)
{
	char again[16];
	int64_t uid;

	if (!fly_parse_int64(name, &uid) || uid < 0 || uid >= UINT32_MAX)
		return -ENOENT;
	snprintf(again, sizeof(again), "%u", (unsigned)uid);
	if (strcmp(again, name) != 0)
		return -ENOENT;
	errors_entry(r, (uid_t)uid, e);
	return 0;
}

static int static_lookup(struct fly_request *r, struct fly_ino dir, const char *name,
			 struct fuse_entry_param *e)
{
	const struct fly_file *f = fly_file_find(dir.kind, dir.index, name);

	if (f)
		return entry_of(r, f, e);
	if (dir.index == FLY_ROOT_SELF)
		return fly_project_lookup(r, name, e);
	return dir.index == FLY_HIDDEN_ERRORS ? errors_lookup(r, name, e) : -ENOENT;
}

static int static_getattr(struct fly_request *r, struct fly_ino ino, struct fuse_entry_param *e)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);

	return f ? entry_of(r, f, e) : -ENOENT;
}

static int errors_list(struct fly_request *r, struct fly_listing *l)
{
	uid_t uids[64];
	int64_t after = fly_listing_place(l);
	size_t n;

	do {
		n = fly_errors_users(r->fs->errors, after, FLY_ARRAY_LEN(uids), uids);
		for (size_t i = 0; i < n; i++) {
			struct fuse_entry_param e;
			char name[16];

			errors_entry(r, uids[i], &e);
			snprintf(name, sizeof(name), "%u", uids[i]);
			if (!fly_listing_add(l, name, &e, FLY_COOKIE_DYNAMIC + uids[i]))
				return 0;
			after = uids[i];
		}
	} while (n == FLY_ARRAY_LEN(uids));
	return 0;
}

static int listed_entry(struct fly_request *r, const void *row, const struct fly_file *f,
			struct fuse_entry_param *e)
{
	(void)row;
	return entry_of(r, f, e);
}

static int static_list(struct fly_request *r, struct fly_ino dir, struct fly_listing *l)
{
	int rc = fly_listing_add_files(r, l, dir, listed_entry, NULL);

	if (rc < 0 || l->full)
		return rc;
	if (dir.index == FLY_ROOT_SELF)
		return fly_projects_list(r, l);
	return dir.index == FLY_HIDDEN_ERRORS ? errors_list(r, l) : 0;
}

static int static_read(struct fly_request *r, struct fly_ino ino, uint64_t off, size_t size,
		       struct fly_buf *b)
{
	uint64_t total;
	int64_t changed_ns;

	switch (ino.index) {
	case FLY_ROOT_README:
		fly_slice(fly_readme, fly_readme_len, off, size, b);
		return 0;
	case FLY_HIDDEN_VERSION:
		fly_slice(VERSION_TEXT, strlen(VERSION_TEXT), off, size, b);
		return 0;
	case FLY_HIDDEN_STATS:
		fly_snapshot_read(r->fs, off, size, b);
		return 0;
	case FLY_HIDDEN_EVENTS:
		fly_events_read(r->fs->events, off, size, b, &total, &changed_ns);
		return 0;
	default:
		return -EISDIR;
	}
}

static int static_mkdir(struct fly_request *r, struct fly_ino dir, const char *name, mode_t mode,
			struct fuse_entry_param *e)
{
	(void)mode;
	(void)e;
	if (dir.index != FLY_ROOT_SELF)
		return fly_fail(&r->why, EPERM, "nothing can be made in .flytefs");
	return fly_project_mkdir(r, dir, name);
}

static int static_path(struct fly_request *r, struct fly_ino ino, struct fly_buf *b)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);

	(void)r;
	if (!f)
		return -ENOENT;
	if (f->parent == FLY_ROOT_HIDDEN)
		fly_buf_puts(b, ".flytefs/");
	fly_buf_puts(b, f->name);
	return 0;
}

const struct fly_noun fly_static_noun = {
	.lookup = static_lookup,
	.getattr = static_getattr,
	.list = static_list,
	.read = static_read,
	.mkdir = static_mkdir,
	.path = static_path,
};

/* --- .flytefs/errors/UID -------------------------------------------------- */

static int errors_getattr(struct fly_request *r, struct fly_ino ino, struct fuse_entry_param *e)
{
	errors_entry(r, (uid_t)ino.id, e);
	return 0;
}

static int errors_read(struct fly_request *r, struct fly_ino ino, uint64_t off, size_t size,
		       struct fly_buf *b)
{
	uint64_t total;
	int64_t changed_ns;

	fly_errors_read(r->fs->errors, (uid_t)ino.id, off, size, b, &total, &changed_ns);
	return 0;
}

static int errors_path(struct fly_request *r, struct fly_ino ino, struct fly_buf *b)
{
	(void)r;
	fly_buf_printf(b, ".flytefs/errors/%lld", (long long)ino.id);
	return 0;
}

const struct fly_noun fly_errors_noun = {
	.getattr = errors_getattr,
	.read = errors_read,
	.path = errors_path,
};

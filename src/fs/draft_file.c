/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of a draft: made, found, renamed, removed; their bytes are draft_write.c's. A file lives as
 * long as it has a name or the kernel holds it. spec.json made directly has the inode number that
 * the launched spec.json will have; all others have numbers of the draft's own.
 */
#include "draft_private.h"

#include <stdio.h>

#include "answer.h"
#include "name.h"
#include "named.h"
#include "quota.h"
#include "touch.h"

enum { FILES_MAX = 4096, FILE_COST = 512 };

/* --- files ---------------------------------------------------------------- */

struct draft_file *fly_draft_file_named(struct draft *d, bool input, const char *name)
{
	struct draft_file *f = d->files;

	while (f && (!f->name || f->input != input || strcmp(f->name, name) != 0))
		f = f->next;
	return f;
}

struct draft_file *fly_draft_file_numbered(struct draft *d, uint64_t number)
{
	struct draft_file *f = d->files;

	while (f && f->number != number)
		f = f->next;
	return f;
}

void fly_draft_file_free_locked(struct fly_drafts *drafts, struct draft *d, struct draft_file *f)
{
	struct draft_file **at = &d->files;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	d->n_files--;
	fly_quota_give(drafts->quota, d->uid, 0, FILE_COST + f->in.len);
	fly_incoming_release(&f->in);
	free(f->name);
	free(f);
}

/* Its name goes; the file too unless the kernel holds it. */
static void unname_locked(struct fly_drafts *drafts, struct draft *d, struct draft_file *f)
{
	free(f->name);
	f->name = NULL;
	if (f->lookups <= 0)
		fly_draft_file_free_locked(drafts, d, f);
}

void fly_draft_file_entry(const struct draft *d, const struct draft_file *f,
			  struct fuse_entry_param *e)
{
	fly_entry_set(e, f->number, (f->link ? S_IFLNK | 0777 : S_IFREG | f->mode),
		      (struct fly_owner){ d->uid, d->gid }, f->in.len, f->mtime_ns, 0);
}

void fly_draft_file_changed(struct draft *d, struct draft_file *f)
{
	f->mtime_ns = fly_file_time_after(f->mtime_ns);
	fly_draft_used(d);
}

/* A name came or went: the kernel's listing of the directory holds by its time. */
static void listing_changed(struct draft *d)
{
	d->mtime_ns = fly_file_time_after(d->mtime_ns);
}

void fly_draft_forget_error_locked(struct draft *d)
{
	free(d->error);
	d->error = NULL;
	d->error_hidden = false;
	listing_changed(d);
}

void fly_draft_set_error_locked(struct draft *d, int rc, const struct fly_why *why)
{
	enum fly_status status = why->status ? why->status : fly_errno_status(-rc);
	const char *name = strerrorname_np(-rc);
	char *text = NULL;

	if (asprintf(&text, "%s\n%s (%s)\n", *why->text ? why->text : strerrordesc_np(-rc),
		     fly_status_name(status), name ? name : "?") < 0)
		text = NULL;
	free(d->error);
	d->error = text;
	d->error_hidden = false;
	listing_changed(d);
}

struct draft *fly_draft_file_of_locked(struct fly_drafts *drafts, struct fly_ino ino,
				       struct draft_file **f)
{
	struct draft *d = fly_draft_of_locked(drafts, ino);

	*f = d ? fly_draft_file_numbered(d, fly_ino_pack(ino.kind, ino.id, ino.index)) : NULL;
	return *f ? d : NULL;
}

/* The documents that launch a draft; all but JSON have no end of their own and come by rename. */
static const struct form {
	const char *name;
	enum fly_document form;
	const char *words;
} forms[] = {
	{ "spec.json", FLY_DOCUMENT_JSON, "" },
	{ "spec.pb", FLY_DOCUMENT_WIRE, "the wire form" },
	{ "spec.yaml", FLY_DOCUMENT_YAML, "YAML" },
};

static const struct form *form_of(struct fly_ino dir, const char *name)
{
	for (size_t i = 0; i < FLY_ARRAY_LEN(forms) && !fly_draft_is_inputs(dir); i++)
		if (!strcmp(forms[i].name, name))
			return &forms[i];
	return NULL;
}

/* --- making --------------------------------------------------------------- */

/* Names that mean something once it is launched can't be made before. */
static int check_name(const struct draft *d, struct fly_ino dir, const char *name,
		      struct fly_why *why)
{
	if (strlen(name) > FLY_FILE_NAME_MAX)
		return -ENAMETOOLONG;
	if (fly_draft_is_inputs(dir) || form_of(dir, name))
		return 0;
	if (fly_file_find(fly_ino_kind_of(d->kind), 0, name))
		return fly_fail(why, EPERM, "%s comes with the launch: write spec.json first",
				name);
	return 0;
}

static uint64_t new_number(struct draft *d, struct fly_ino dir, const char *name)
{
	uint64_t own = fly_ino_pack(dir.kind, d->id, FLY_FILE_SPEC_JSON);

	if (!fly_draft_is_inputs(dir) && !strcmp(name, "spec.json") &&
	    !fly_draft_file_numbered(d, own))
		return own;
	/* Serial numbers begin behind the index of spec.json, so that all numbers have an order. */
	if (d->serial <= FLY_FILE_SPEC_JSON)
		d->serial = FLY_FILE_SPEC_JSON;
	return fly_ino_pack(FLY_INO_DRAFT_FILE, d->id, ++d->serial);
}

/*
 * A file costs its user something even when it is empty, and every look at a draft walks over all
 * of its files.
 */
static int take_place(struct fly_drafts *drafts, struct draft *d, struct fly_why *why)
{
	int rc;

	if (d->n_files >= FILES_MAX || d->serial == FLY_INO_INDEX_MAX)
		return fly_fail(why, EDQUOT, "a draft has at most %d files, and %d in all its life",
				FILES_MAX, FLY_INO_INDEX_MAX);
	rc = fly_quota_take(drafts->quota, d->uid, 0, FILE_COST, why);
	if (!rc)
		d->n_files++;
	return rc;
}

static int make_locked(struct fly_drafts *drafts, struct draft *d, struct fly_ino dir,
		       const char *name, mode_t mode, struct draft_file **out, struct fly_why *why)
{
	struct draft_file *f;
	int rc = take_place(drafts, d, why);

	if (rc < 0)
		return rc;
	f = calloc(1, sizeof(*f));
	if (f)
		*f = (struct draft_file){ .name = strdup(name), .input = fly_draft_is_inputs(dir),
					  .mode = mode & 0777, .number = new_number(d, dir, name) };
	if (!f || !f->name) {
		free(f);
		d->n_files--;
		fly_quota_give(drafts->quota, d->uid, 0, FILE_COST);
		return -ENOMEM;
	}
	f->next = d->files;
	d->files = f;
	fly_draft_file_changed(d, f);
	listing_changed(d);
	*out = f;
	return 0;
}

/* A draft into which the caller can put a name. */
static int open_draft_locked(struct fly_request *r, struct fly_ino dir, struct draft **out)
{
	struct draft *d = fly_draft_of_locked(r->fs->drafts, dir);

	if (!d || d->kind == FLY_KIND_NAMED || d->state == DRAFT_LAUNCHED)
		return -ENOENT;
	if (dir.index && !(fly_draft_is_inputs(dir) && d->inputs))
		return -ENOENT;
	*out = d;
	return fly_request_owns(r, d->uid);
}

static int create_locked(struct fly_request *r, struct fly_ino dir, const char *name, mode_t mode,
			 struct draft_file **out, struct draft **draft)
{
	const struct form *form = form_of(dir, name);
	struct fly_why *why = &r->why;
	struct draft *d = NULL;
	int rc = open_draft_locked(r, dir, &d);

	if (!rc)
		rc = check_name(d, dir, name, why);
	if (rc < 0)
		return rc;
	if (form && form->form != FLY_DOCUMENT_JSON)
		return fly_fail(why, EOPNOTSUPP, "%s does not say where it ends, so %s is "
				"submitted by a rename: cp FILE new && mv new %s", form->words,
				name, name);
	*draft = d;
	*out = fly_draft_file_named(d, fly_draft_is_inputs(dir), name);
	return *out ? 0 : make_locked(r->fs->drafts, d, dir, name, mode, out, why);
}

int fly_draft_create(struct fly_request *r, struct fly_ino dir, const char *name, mode_t mode,
		     struct fuse_entry_param *e, struct fuse_file_info *fi)
{
	struct fly_drafts *drafts = r->fs->drafts;
	struct draft_file *f = NULL;
	struct draft *d = NULL;
	int rc;

	pthread_mutex_lock(&drafts->lock);
	rc = create_locked(r, dir, name, mode, &f, &d);
	if (!rc)
		fly_draft_file_entry(d, f, e);
	pthread_mutex_unlock(&drafts->lock);
	fi->direct_io = 1;
	return rc;
}

/*
 * A link's target is a path of the caller's, and means to it what it would mean in any directory:
 * relative ones start from where the link lies.
 */
static int absolute_target(struct fly_request *r, struct fly_ino dir, const char *target,
			   const char **out)
{
	const char *base = fly_tree_path(r, fly_ino_pack(dir.kind, dir.id, dir.index), NULL);

	*out = *target == '/' ? target : fly_arena_printf(&r->arena, "%s/%s/%s",
							  r->fs->mountpoint, base, target);
	return *out ? 0 : -ENOMEM;
}

static int symlink_locked(struct fly_request *r, struct fly_ino dir, const char *name,
			  const char *target, struct fuse_entry_param *e)
{
	struct fly_bytes bytes = { (const uint8_t *)target, strlen(target) };
	struct fly_drafts *drafts = r->fs->drafts;
	struct fly_why *why = &r->why;
	struct draft_file *f;
	struct draft *d;
	int rc = open_draft_locked(r, dir, &d);

	if (rc < 0)
		return rc;
	if (!fly_draft_is_inputs(dir))
		return fly_fail(why, EPERM, "links are made in inputs/ only, to give a file as an "
				"input");
	if (d->state != DRAFT_OPEN)
		return fly_fail(why, EBUSY, "it is being launched");
	if (fly_draft_file_named(d, true, name))
		return -EEXIST;
	rc = check_name(d, dir, name, why);
	if (!rc)
		rc = fly_quota_take(drafts->quota, d->uid, 0, bytes.len, why);
	if (rc < 0)
		return rc;
	rc = make_locked(drafts, d, dir, name, 0777, &f, why);
	if (rc < 0) {
		fly_quota_give(drafts->quota, d->uid, 0, bytes.len);
		return rc;
	}
	f->link = true;
	rc = fly_incoming_write(&f->in, bytes, 0, FLY_INPUT_MAX, why);
	fly_draft_file_entry(d, f, e);
	return rc;
}

int fly_draft_symlink(struct fly_request *r, struct fly_ino dir, const char *name,
		      const char *target, struct fuse_entry_param *e)
{
	struct fly_drafts *drafts = r->fs->drafts;
	const char *path;
	int rc = absolute_target(r, dir, target, &path);

	if (rc < 0)
		return rc;
	pthread_mutex_lock(&drafts->lock);
	rc = symlink_locked(r, dir, name, path, e);
	pthread_mutex_unlock(&drafts->lock);
	return rc;
}

/* --- removing and renaming ------------------------------------------------ */

static int unlink_locked(struct fly_drafts *drafts, struct draft *d, struct fly_ino dir,
			 const char *name, struct fly_why *why)
{
	struct draft_file *f = fly_draft_file_named(d, fly_draft_is_inputs(dir), name);

	if (!f && d->state != DRAFT_LAUNCHED && !dir.index && !strcmp(name, "error")) {
		fly_draft_forget_error_locked(d);
		d->error_hidden = true;
		return 0;
	}
	if (!f)
		return -ENOENT;
	if (d->state == DRAFT_SUBMITTING && (f->input || fly_draft_file_is_document(f)))
		return fly_fail(why, EBUSY, "it is being launched");
	if (fly_draft_file_is_document(f))
		fly_draft_forget_error_locked(d);
	listing_changed(d);
	fly_draft_used(d);
	unname_locked(drafts, d, f);
	fly_draft_settle_locked(drafts, d);
	return 0;
}

int fly_draft_unlink(struct fly_request *r, struct fly_ino dir, const char *name)
{
	struct fly_drafts *drafts = r->fs->drafts;
	struct draft *d;
	int rc = -ENOENT;

	if (!atomic_load(&drafts->count))
		return -ENOENT;
	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_of_locked(drafts, dir);
	if (d && d->kind != FLY_KIND_NAMED)
		rc = fly_request_owns(r, d->uid);
	if (!rc)
		rc = unlink_locked(drafts, d, dir, name, &r->why);
	pthread_mutex_unlock(&drafts->lock);
	return rc;
}

/* A whole document under the name that launches it: complete or refused. 1: SUBMITTING. */
static int rename_document(struct draft *d, struct draft_file *f, const struct form *form,
			   struct fly_why *why)
{
	auto_buf b = { 0 };
	int rc = -EINVAL;

	if (form->form != FLY_DOCUMENT_JSON) {
		d->state = DRAFT_SUBMITTING;
		return 1;
	}
	switch (fly_incoming_scan(&f->in)) {
	case FLY_SCAN_DONE:
		d->state = DRAFT_SUBMITTING;
		return 1;
	case FLY_SCAN_BAD:
		rc = fly_incoming_refuse(&f->in, form->name, why);
		break;
	case FLY_SCAN_OPEN:
		fly_scan_describe(&f->in.scan, &b);
		rc = fly_fail(why, EINVAL, "%s %s", form->name, b.data ? b.data : "ends early");
		break;
	}
	fly_draft_set_error_locked(d, rc, why);
	return rc;
}

static int rename_plain(struct fly_drafts *drafts, struct draft *d, struct draft_file *f,
			struct fly_ino newdir, const char *newname, struct fly_why *why)
{
	struct draft_file *old = fly_draft_file_named(d, fly_draft_is_inputs(newdir), newname);
	char *name = strdup(newname);

	if (!name)
		return -ENOMEM;
	if (fly_draft_is_inputs(newdir) && f->in.len > FLY_INPUT_MAX) {
		free(name);
		return fly_fail(why, EFBIG, "inputs/%s would be longer than %zu bytes: a file is "
				"given by its path, a URI or a link (ln -s), never by its bytes",
				newname, FLY_INPUT_MAX);
	}
	if (fly_draft_file_is_document(f))
		fly_draft_forget_error_locked(d);
	if (old && old != f)
		unname_locked(drafts, d, old);
	free(f->name);
	f->name = name;
	f->input = fly_draft_is_inputs(newdir);
	listing_changed(d);
	return 0;
}

static int rename_locked(struct fly_drafts *drafts, struct draft *d, struct fly_ino dir,
			 const char *name, struct fly_ino newdir, const char *newname,
			 unsigned flags, uint64_t *number, struct fly_why *why)
{
	struct draft_file *f = fly_draft_file_named(d, fly_draft_is_inputs(dir), name);
	const struct form *form = form_of(newdir, newname);
	int rc;

	if (d->state == DRAFT_LAUNCHED)
		return -ENOENT;
	if (d->state == DRAFT_SUBMITTING)
		return fly_fail(why, EBUSY, "it is being launched");
	if (!f)
		return fly_fail(why, EPERM, "only files of a draft are renamed");
	if (flags & RENAME_NOREPLACE &&
	    fly_draft_file_named(d, fly_draft_is_inputs(newdir), newname))
		return -EEXIST;
	rc = check_name(d, newdir, newname, why);
	if (rc < 0)
		return rc;
	if (!form || !f->in.len || f->link)
		return rename_plain(drafts, d, f, newdir, newname, why);
	*number = f->number;
	return rename_document(d, f, form, why);
}

int fly_draft_rename(struct fly_request *r, struct fly_ino dir, const char *name,
		     struct fly_ino newdir, const char *newname, unsigned flags)
{
	const struct form *form = form_of(newdir, newname);
	struct fly_drafts *drafts = r->fs->drafts;
	uint64_t number = 0;
	struct draft *d;
	int rc = -ENOENT;

	if (!atomic_load(&drafts->count))
		return -ENOENT;
	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_of_locked(drafts, dir);
	if (d && d->state != DRAFT_LAUNCHED && fly_draft_of_locked(drafts, newdir) != d)
		rc = -EXDEV;
	else if (d && d->kind != FLY_KIND_NAMED)
		rc = fly_request_owns(r, d->uid);
	if (!rc)
		rc = rename_locked(drafts, d, dir, name, newdir, newname, flags, &number, &r->why);
	pthread_mutex_unlock(&drafts->lock);
	return rc == 1 ? fly_draft_submit(r, dir.id, number, form->form, 0) : rc;
}

/* --- references the kernel holds ------------------------------------------ */

void fly_draft_counted(struct fly_fs *fs, struct fly_ino ino, int64_t count)
{
	struct fly_drafts *drafts = fs->drafts;
	struct draft_file *f;
	struct draft *d;

	if (!atomic_load(&drafts->count) ||
	    (ino.kind != FLY_INO_DRAFT_FILE && ino.index != FLY_FILE_SPEC_JSON))
		return;
	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_file_of_locked(drafts, ino, &f);
	if (d) {
		f->lookups += count;
		if (f->lookups <= 0 && (!f->name || d->state == DRAFT_LAUNCHED) &&
		    d->state != DRAFT_SUBMITTING)
			fly_draft_file_free_locked(drafts, d, f);
		fly_draft_settle_locked(drafts, d);
	}
	pthread_mutex_unlock(&drafts->lock);
}

/* --- the noun of files with numbers of their own -------------------------- */

static int gone(int rc)
{
	return rc == -ENOENT ? -ESTALE : rc;
}

static int file_write(struct fly_request *r, struct fly_ino ino, struct fly_bytes data,
		      uint64_t off, bool from_page)
{
	return gone(fly_draft_write(r, ino, data, off, from_page));
}

const struct fly_noun fly_draft_file_noun = {
	.getattr = fly_draft_getattr,
	.read = fly_draft_read,
	.readlink = fly_draft_readlink,
	.write = file_write,
	.setattr = fly_draft_setattr,
	.path = fly_draft_path,
	.counted = fly_draft_counted,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A draft's directory and its inputs/: names, attributes, `error`. Nothing of it is cached by the
 * kernel (timeouts 0), so that what one process makes the next one sees.
 */
#include "draft_private.h"

#include "answer.h"
#include "name.h"
#include "named.h"

/* Text of `error` into b; empty: there is none. */
static void error_text(const struct draft *d, struct fly_buf *b)
{
	const struct draft_file *f;

	if (d->error) {
		fly_buf_puts(b, d->error);
		return;
	}
	f = fly_draft_file_named((struct draft *)d, false, "spec.json");
	if (d->error_hidden || !f || !f->in.len || !f->in.scanning ||
	    f->in.scan.state != FLY_SCAN_OPEN)
		return;
	fly_buf_puts(b, "spec.json ");
	fly_scan_describe(&f->in.scan, b);
	fly_buf_putc(b, '\n');
}

static void dir_entry(const struct draft *d, struct fly_ino ino, struct fuse_entry_param *e)
{
	fly_entry_set(e, fly_ino_pack(ino.kind, ino.id, ino.index), S_IFDIR | d->mode,
		      (struct fly_owner){ d->uid, d->gid }, 0, d->mtime_ns, 0);
}

static int error_entry(const struct draft *d, enum fly_ino_kind kind, struct fuse_entry_param *e)
{
	auto_buf b = { 0 };

	error_text(d, &b);
	if (!b.len)
		return -ENOENT;
	fly_entry_set(e, fly_ino_pack(kind, d->id, FLY_FILE_ERROR), S_IFREG | 0444,
		      (struct fly_owner){ d->uid, d->gid }, b.len, d->mtime_ns, 0);
	return 0;
}

static int lookup_locked(struct draft *d, struct fly_ino dir, const char *name,
			 struct fuse_entry_param *e)
{
	bool input = fly_draft_is_inputs(dir);
	const struct draft_file *f = fly_draft_file_named(d, input, name);

	if (f) {
		fly_draft_file_entry(d, f, e);
		return 0;
	}
	if (d->state == DRAFT_LAUNCHED || input)
		return -ENOENT;
	if (!strcmp(name, "error"))
		return error_entry(d, dir.kind, e);
	if (strcmp(name, "inputs") != 0 || !d->inputs)
		return -ENOENT;
	dir_entry(d, (struct fly_ino){ dir.kind, FLY_FILE_INPUTS, d->id }, e);
	return 0;
}

int fly_draft_lookup(struct fly_request *r, struct fly_ino dir, const char *name,
		     struct fuse_entry_param *e)
{
	struct fly_drafts *drafts = r->fs->drafts;
	struct draft *d;
	int rc = -ENOENT;

	if (!atomic_load(&drafts->count) || (dir.index && !fly_draft_is_inputs(dir)))
		return -ENOENT;
	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_of_locked(drafts, dir);
	if (d && d->kind != FLY_KIND_NAMED) {
		fly_draft_used(d);
		rc = lookup_locked(d, dir, name, e);
	}
	pthread_mutex_unlock(&drafts->lock);
	return rc;
}

static int getattr_locked(struct draft *d, struct fly_ino ino, struct fuse_entry_param *e)
{
	const struct draft_file *f =
		fly_draft_file_numbered(d, fly_ino_pack(ino.kind, ino.id, ino.index));

	if (f) {
		fly_draft_file_entry(d, f, e);
		return 0;
	}
	if (d->state == DRAFT_LAUNCHED || ino.kind == FLY_INO_DRAFT_FILE)
		return -ENOENT;
	if (ino.index == FLY_FILE_ERROR)
		return error_entry(d, ino.kind, e);
	if (ino.index && !(fly_draft_is_inputs(ino) && d->inputs))
		return -ENOENT;
	dir_entry(d, ino, e);
	return 0;
}

/* A launched document that a process still holds under a number of its own looks like the row's. */
static int launched_ino(struct draft *d, struct fly_ino ino, struct fly_ino *out)
{
	const struct draft_file *f =
		fly_draft_file_numbered(d, fly_ino_pack(ino.kind, ino.id, ino.index));

	if (ino.kind != FLY_INO_DRAFT_FILE || !f || !f->document || d->state != DRAFT_LAUNCHED)
		return -ENOENT;
	*out = (struct fly_ino){ fly_ino_kind_of(d->kind), FLY_FILE_SPEC_JSON, d->id };
	return 0;
}

int fly_draft_getattr(struct fly_request *r, struct fly_ino ino, struct fuse_entry_param *e)
{
	struct fly_drafts *drafts = r->fs->drafts;
	bool launched = false;
	struct fly_ino row;
	struct draft *d;
	int rc = -ENOENT;

	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_of_locked(drafts, ino);
	if (d && d->kind != FLY_KIND_NAMED) {
		fly_draft_used(d);
		launched = !launched_ino(d, ino, &row);
		rc = launched ? 0 : getattr_locked(d, ino, e);
	}
	pthread_mutex_unlock(&drafts->lock);
	if (launched) {
		rc = fly_noun_of(row.kind)->getattr(r, row, e);
		e->ino = e->attr.st_ino = fly_ino_pack(ino.kind, ino.id, ino.index);
		e->attr_timeout = e->entry_timeout = 0;
	}
	return rc;
}

/* --- listing -------------------------------------------------------------- */

enum { COOKIE_ERROR = FLY_COOKIE_ROWS, COOKIE_INPUTS };

static uint64_t order_of(const struct draft_file *f)
{
	return f->number & FLY_INO_INDEX_MAX;
}

/*
 * The named file with the lowest number above one: numbers only grow, so a listing can go on
 * there.
 */
static struct draft_file *next_file(struct draft *d, bool input, int64_t after)
{
	struct draft_file *best = NULL;

	for (struct draft_file *f = d->files; f; f = f->next)
		if (f->name && f->input == input && (int64_t)order_of(f) > after &&
		    strncmp(f->name, ".fuse_hidden", 12) != 0 &&
		    (!best || order_of(f) < order_of(best)))
			best = f;
	return best;
}

/* `error` comes first and inputs/ before files: rm -r then removes it while it is there. */
static void list_locked(struct draft *d, struct fly_ino dir, struct fly_listing *l)
{
	bool input = fly_draft_is_inputs(dir);
	int64_t place = fly_listing_place(l);
	struct fuse_entry_param e;
	struct draft_file *f;

	if (!input && l->after < COOKIE_ERROR && !error_entry(d, dir.kind, &e) &&
	    !fly_listing_add_plain(l, "error", e.ino, S_IFREG, COOKIE_ERROR))
		return;
	if (!input && l->after < COOKIE_INPUTS && d->inputs &&
	    !fly_listing_add_plain(l, "inputs", fly_ino_pack(dir.kind, d->id, FLY_FILE_INPUTS),
				   S_IFDIR, COOKIE_INPUTS))
		return;
	while ((f = next_file(d, input, place))) {
		place = (int64_t)order_of(f);
		if (!fly_listing_add_plain(l, f->name, f->number, f->link ? S_IFLNK : S_IFREG,
					   FLY_COOKIE_DYNAMIC + place))
			return;
	}
}

int fly_draft_list(struct fly_request *r, struct fly_ino dir, struct fly_listing *l)
{
	struct fly_drafts *drafts = r->fs->drafts;
	struct draft *d;
	int rc = -ENOENT;

	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_of_locked(drafts, dir);
	if (d && d->kind != FLY_KIND_NAMED && d->state != DRAFT_LAUNCHED) {
		fly_draft_used(d);
		list_locked(d, dir, l);
		rc = 0;
	}
	pthread_mutex_unlock(&drafts->lock);
	return rc;
}

/* --- reading -------------------------------------------------------------- */

static int read_locked(struct draft *d, struct fly_ino ino, uint64_t off, size_t size,
		       struct fly_buf *b)
{
	const struct draft_file *f =
		fly_draft_file_numbered(d, fly_ino_pack(ino.kind, ino.id, ino.index));

	if (f) {
		fly_slice((const char *)f->in.data, f->in.len, off, size, b);
		return 0;
	}
	if (d->state != DRAFT_LAUNCHED && ino.index == FLY_FILE_ERROR &&
	    ino.kind != FLY_INO_DRAFT_FILE) {
		auto_buf text = { 0 };

		error_text(d, &text);
		fly_slice(text.data, text.len, off, size, b);
		return 0;
	}
	return -ENOENT;
}

int fly_draft_read(struct fly_request *r, struct fly_ino ino, uint64_t off, size_t size,
		   struct fly_buf *b)
{
	struct fly_drafts *drafts = r->fs->drafts;
	bool launched = false;
	struct fly_ino row;
	struct draft *d;
	int rc = -ENOENT;

	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_of_locked(drafts, ino);
	if (d) {
		launched = !launched_ino(d, ino, &row);
		rc = launched ? 0 : read_locked(d, ino, off, size, b);
	}
	pthread_mutex_unlock(&drafts->lock);
	return launched ? fly_noun_of(row.kind)->read(r, row, off, size, b) : rc;
}

int fly_draft_readlink(struct fly_request *r, struct fly_ino ino, const char **target)
{
	struct fly_drafts *drafts = r->fs->drafts;
	struct draft_file *f = NULL;
	struct draft *d;
	int rc = -ENOENT;

	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_of_locked(drafts, ino);
	if (d)
		f = fly_draft_file_numbered(d, fly_ino_pack(ino.kind, ino.id, ino.index));
	if (f && f->link) {
		*target = fly_arena_strndup(&r->arena, (const char *)f->in.data, f->in.len);
		rc = *target ? 0 : -ENOMEM;
	}
	pthread_mutex_unlock(&drafts->lock);
	return rc;
}

/* --- inputs/ -------------------------------------------------------------- */

int fly_draft_make_inputs(struct fly_request *r, struct fly_ino dir, const char *name,
			  struct fuse_entry_param *e)
{
	struct fly_drafts *drafts = r->fs->drafts;
	struct draft *d;
	int rc = -ENOENT;

	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_of_locked(drafts, dir);
	if (d && d->state == DRAFT_OPEN) {
		rc = fly_request_owns(r, d->uid);
		if (!rc && d->inputs)
			rc = -EEXIST;
		if (dir.index || strcmp(name, "inputs") != 0 || d->kind != FLY_KIND_EXECUTION)
			rc = fly_fail(&r->why, EPERM, "a draft has no directories but inputs/");
		if (!rc) {
			d->inputs = true;
			d->mtime_ns = fly_file_now_ns();
			dir_entry(d, (struct fly_ino){ dir.kind, FLY_FILE_INPUTS, d->id }, e);
		}
	}
	pthread_mutex_unlock(&drafts->lock);
	return rc;
}

static int remove_inputs_locked(struct draft *d, struct fly_ino dir, const char *name)
{
	if (dir.index || strcmp(name, "inputs") != 0 || !d->inputs)
		return -ENOENT;
	for (const struct draft_file *f = d->files; f; f = f->next)
		if (f->name && f->input)
			return -ENOTEMPTY;
	d->inputs = false;
	d->mtime_ns = fly_file_now_ns();
	return 0;
}

int fly_draft_remove_inputs(struct fly_request *r, struct fly_ino dir, const char *name)
{
	struct fly_drafts *drafts = r->fs->drafts;
	struct draft *d;
	int rc = -ENOENT;

	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_of_locked(drafts, dir);
	if (d && d->state == DRAFT_OPEN)
		rc = fly_request_owns(r, d->uid);
	if (!rc)
		rc = remove_inputs_locked(d, dir, name);
	pthread_mutex_unlock(&drafts->lock);
	return rc;
}

int fly_draft_path(struct fly_request *r, struct fly_ino ino, struct fly_buf *b)
{
	struct fly_drafts *drafts = r->fs->drafts;
	const struct draft_file *f;
	struct draft *d;

	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_of_locked(drafts, ino);
	if (d) {
		const char *name = fly_name_encode(d->name, &r->arena);

		fly_buf_printf(b, "%s/%s/%s/%s", d->project, d->domain,
			       fly_kind_folder(d->key_kind), name ? name : "?");
		if (*d->version)
			fly_buf_printf(b, "/%s", d->version);
		f = fly_draft_file_numbered(d, fly_ino_pack(ino.kind, ino.id, ino.index));
		if (fly_draft_is_inputs(ino) || (f && f->input))
			fly_buf_puts(b, "/inputs");
		if (f)
			fly_buf_printf(b, "/%s", f->name ? f->name :
					       f->document ? "spec.json" : "(removed)");
	}
	pthread_mutex_unlock(&drafts->lock);
	return d ? 0 : -ENOENT;
}

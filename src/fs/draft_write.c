/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written to a draft's files: bytes, sizes, modes, times. The byte that completes spec.json
 * launches it.
 */
#include "draft_private.h"

#include "answer.h"
#include "quota.h"

#define DOCUMENT_MAX FLY_MESSAGE_MAX_BYTES

/* --- writing -------------------------------------------------------------- */

/* Bytes beyond what a file has: counted before they are taken. */
static int charge(struct fly_drafts *drafts, const struct draft *d, const struct draft_file *f,
		  uint64_t end, struct fly_why *why)
{
	size_t max = f->input ? FLY_INPUT_MAX : DOCUMENT_MAX;

	if (end > max && f->input)
		return fly_fail(why, EFBIG, "inputs/%s is longer than %zu bytes: a file is given "
				"by its path, a URI or a link (ln -s), never by its bytes",
				f->name ? f->name : "", max);
	if (end > max)
		return fly_fail(why, EFBIG, "a message may have %zu bytes", max);
	return end > f->in.len ?
		       fly_quota_take(drafts->quota, d->uid, 0, (size_t)end - f->in.len, why) : 0;
}

static int put(struct fly_drafts *drafts, struct draft *d, struct draft_file *f,
	       struct fly_bytes data, uint64_t off, struct fly_why *why)
{
	size_t max = f->input ? FLY_INPUT_MAX : DOCUMENT_MAX, before = f->in.len;
	uint64_t end = off + data.len < off ? UINT64_MAX : off + data.len;
	int rc = charge(drafts, d, f, end, why);

	if (rc < 0)
		return rc;
	rc = fly_incoming_write(&f->in, data, off, max, why);
	if (rc < 0 && end > before)
		fly_quota_give(drafts->quota, d->uid, 0, (size_t)end - before);
	else if (!rc)
		fly_draft_file_changed(d, f);
	return rc;
}

/* What was launched takes blanks behind its value, and nothing else. */
static int write_launched(struct draft *d, struct draft_file *f, struct fly_bytes data,
			  uint64_t off, struct fly_why *why)
{
	if (off < f->value_end || !fly_is_blank(data.data, data.len))
		return fly_fail(why, EPERM, "it has been launched: what comes behind the document "
				"changes nothing");
	if (off + data.len > f->written)
		f->written = off + data.len;
	fly_draft_file_changed(d, f);
	return 0;
}

/* 1: the document is complete and the draft SUBMITTING. */
static int write_locked(struct fly_drafts *drafts, struct draft *d, struct draft_file *f,
			struct fly_bytes data, uint64_t off, bool from_page, struct fly_why *why)
{
	int rc;

	if (f->submitted)
		return write_launched(d, f, data, off, why);
	if (d->state == DRAFT_SUBMITTING && (f->input || fly_draft_file_is_document(f)))
		return fly_fail(why, EBUSY, "it is being launched");
	if (from_page && fly_draft_file_is_document(f))
		return fly_fail(why, EIO, "a document written through mmap is not launched: "
				"write() it");
	rc = put(drafts, d, f, data, off, why);
	if (rc < 0 || d->state != DRAFT_OPEN || !fly_draft_file_is_document(f))
		return rc;
	fly_draft_forget_error_locked(d);
	switch (fly_incoming_scan(&f->in)) {
	case FLY_SCAN_OPEN:
		return 0;
	case FLY_SCAN_BAD:
		rc = fly_incoming_refuse(&f->in, "spec.json", why);
		fly_draft_set_error_locked(d, rc, why);
		return rc;
	case FLY_SCAN_DONE:
		break;
	}
	d->state = DRAFT_SUBMITTING;
	return 1;
}

int fly_draft_write(struct fly_request *r, struct fly_ino ino, struct fly_bytes data, uint64_t off,
		    bool from_page)
{
	struct fly_drafts *drafts = r->fs->drafts;
	struct draft_file *f;
	struct draft *d;
	int rc = -ENOENT;

	if (!atomic_load(&drafts->count))
		return -ENOENT;
	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_file_of_locked(drafts, ino, &f);
	if (d)
		rc = fly_request_owns(r, d->uid);
	if (d && !rc)
		rc = write_locked(drafts, d, f, data, off, from_page, &r->why);
	pthread_mutex_unlock(&drafts->lock);
	if (rc != 1)
		return rc;
	return fly_draft_submit(r, ino.id, fly_ino_pack(ino.kind, ino.id, ino.index),
				FLY_DOCUMENT_JSON, data.len);
}

/* --- attributes ----------------------------------------------------------- */

static int64_t asked_mtime(const struct stat *attr, int to_set)
{
	if (to_set & FUSE_SET_ATTR_MTIME_NOW)
		return fly_file_now_ns();
	return (int64_t)attr->st_mtim.tv_sec * 1000000000 + attr->st_mtim.tv_nsec;
}

static int resize(struct fly_drafts *drafts, struct draft *d, struct draft_file *f, uint64_t size,
		  struct fly_why *why)
{
	size_t before = f->in.len;
	int rc;

	if (f->submitted)
		return size == f->written ? 0 :
		       fly_fail(why, EPERM, "it has been launched and never changes");
	if (d->state == DRAFT_SUBMITTING && (f->input || fly_draft_file_is_document(f)))
		return fly_fail(why, EBUSY, "it is being launched");
	rc = charge(drafts, d, f, size, why);
	if (rc < 0)
		return rc;
	rc = fly_incoming_resize(&f->in, size, f->input ? FLY_INPUT_MAX : DOCUMENT_MAX, why);
	if (rc < 0 && size > before)
		fly_quota_give(drafts->quota, d->uid, 0, (size_t)size - before);
	else if (!rc && size < before)
		fly_quota_give(drafts->quota, d->uid, 0, before - (size_t)size);
	if (rc < 0)
		return rc;
	fly_draft_file_changed(d, f);
	if (fly_draft_file_is_document(f)) {
		fly_draft_forget_error_locked(d);
		fly_incoming_scan(&f->in);
	}
	return 0;
}

/*
 * A file's owner is its draft's: a chown is taken and changes nothing (install, rsync and tar do
 * it).
 */
static int setattr_locked(struct fly_drafts *drafts, struct draft *d, struct draft_file *f,
			  const struct stat *attr, int to_set, struct fly_why *why)
{
	int rc = 0;

	if (f && to_set & FUSE_SET_ATTR_SIZE)
		rc = resize(drafts, d, f, (uint64_t)attr->st_size, why);
	if (rc < 0)
		return rc;
	fly_draft_used(d);
	if (f && f->submitted)
		return 0;
	if (to_set & FUSE_SET_ATTR_MODE)
		*(f ? &f->mode : &d->mode) = attr->st_mode & 0777;
	if (to_set & FUSE_SET_ATTR_MTIME)
		*(f ? &f->mtime_ns : &d->mtime_ns) = asked_mtime(attr, to_set);
	return 0;
}

int fly_draft_setattr(struct fly_request *r, struct fly_ino ino, const struct stat *attr,
		      int to_set, struct fuse_entry_param *e)
{
	struct fly_drafts *drafts = r->fs->drafts;
	bool is_dir = ino.kind != FLY_INO_DRAFT_FILE &&
		      (!ino.index || fly_draft_is_inputs(ino));
	struct draft_file *f = NULL;
	struct draft *d;
	int rc = -ENOENT;

	if (!atomic_load(&drafts->count))
		return -ENOENT;
	pthread_mutex_lock(&drafts->lock);
	d = is_dir ? fly_draft_of_locked(drafts, ino) : fly_draft_file_of_locked(drafts, ino, &f);
	if (d && (f || d->state != DRAFT_LAUNCHED))
		rc = fly_request_owns(r, d->uid);
	if (!rc)
		rc = setattr_locked(drafts, d, f, attr, to_set, &r->why);
	pthread_mutex_unlock(&drafts->lock);
	return rc < 0 ? rc : fly_noun_of(ino.kind)->getattr(r, ino, e);
}

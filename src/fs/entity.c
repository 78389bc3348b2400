/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One version of a task, workflow or launch plan: its texts, `state` of a launch plan, which can
 * be written, and spec.json of what flytefs generated, which a document of the user's replaces.
 * While it is not registered yet it is a draft, and draft.c answers.
 */
#include "answer.h"
#include "control.h"
#include "document.h"
#include "draft.h"
#include "name.h"
#include "named.h"
#include "textcache.h"
#include "touch.h"

static int load(struct fly_request *r, struct fly_ino ino, enum fly_entity_part part,
		struct fly_entity *e)
{
	enum fly_kind kind = fly_kind_of_ino(ino.kind);

	fly_request_watch(r, kind, ino.id);
	return r->db ? fly_entity_get_id(r->db, kind, ino.id, part, &r->arena, e) : -EIO;
}

/*
 * What never changes: but a version that flytefs generated may be replaced, and a plan has a
 * state.
 */
static double timeout_of(const struct fly_entity *e, const struct fly_file *f)
{
	if (e->generated)
		return FLY_TIMEOUT_SHORT;
	if (e->kind != FLY_KIND_LAUNCH_PLAN || (f && f->life == FLY_LIFE_EVER))
		return FLY_TIMEOUT_EVER;
	return FLY_TIMEOUT_SHORT;
}

/* The file that a document of the user's is written over. */
static bool is_replaceable(const struct fly_entity *e, unsigned index)
{
	return e->generated && index == FLY_FILE_SPEC_JSON;
}

static int64_t mtime_of(const struct fly_entity *e, const struct fly_file *f)
{
	return f && f->age == FLY_AGE_CREATED && !e->generated ? e->created_ns : e->changed_ns;
}

static void dir_entry(struct fly_request *r, const struct fly_entity *e,
		      struct fuse_entry_param *out)
{
	fly_entry_set(out, fly_ino_pack(fly_ino_kind_of(e->kind), e->id, 0), S_IFDIR | 0755,
		      (struct fly_owner){ e->uid, r->fs->gid }, 0, e->changed_ns,
		      timeout_of(e, NULL));
}

/* From where links lie, query/FILTERS/. */
static const char *link_target(struct fly_request *r, const struct fly_entity *e)
{
	const char *name = fly_name_encode(e->name, &r->arena);
	const char *version = fly_name_encode(e->version, &r->arena);

	return name && version ? fly_arena_printf(&r->arena, "../../%s/%s/%s",
						  fly_kind_folder(e->kind), name, version) : NULL;
}

static int link_entry(struct fly_request *r, const struct fly_entity *e,
		      struct fuse_entry_param *out)
{
	const char *target = link_target(r, e);

	if (!target)
		return -ENOENT;
	fly_entry_set(out, fly_ino_pack(fly_ino_kind_of(e->kind), e->id, FLY_ENTITY_LINK),
		      S_IFLNK | 0777, (struct fly_owner){ e->uid, r->fs->gid }, strlen(target),
		      e->created_ns, FLY_TIMEOUT_SHORT);
	return 0;
}

static int render(struct fly_request *r, const struct fly_entity *head, const struct fly_file *f,
		  struct fly_buf *b)
{
	struct fly_entity e;
	int rc = fly_entity_get_id(r->db, head->kind, head->id, FLY_ENTITY_BLOBS, &r->arena, &e);

	if (!rc)
		rc = fly_entity_text((enum fly_entity_text)f->text, r->db, &e, b);
	return rc < 0 ? rc : b->failed ? -ENOMEM : 0;
}

static int file_entry(struct fly_request *r, const struct fly_entity *e, const struct fly_file *f,
		      struct fuse_entry_param *out)
{
	uint64_t number = fly_ino_pack(fly_ino_kind_of(e->kind), e->id, f->index);
	int64_t size = fly_entity_text_size((enum fly_entity_text)f->text, r->db, e);

	if (size < 0)
		return (int)size;
	fly_entry_set(out, number, f->mode | (is_replaceable(e, f->index) ? 0200 : 0),
		      (struct fly_owner){ e->uid, r->fs->gid }, (uint64_t)size,
		      fly_touched_file_ns(r->fs->touches, number, mtime_of(e, f)),
		      timeout_of(e, f));
	return 0;
}

static bool exists(const struct fly_file *f)
{
	return f && f->when != FLY_WHEN_DRAFT;
}

static int entity_lookup(struct fly_request *r, struct fly_ino dir, const char *name,
			 struct fuse_entry_param *out)
{
	const struct fly_file *f = fly_file_find(dir.kind, dir.index, name);
	struct fly_entity e;
	int rc = load(r, dir, FLY_ENTITY_HEAD, &e);

	if (!rc && exists(f))
		return file_entry(r, &e, f, out);
	return !rc || rc == -ENOENT ? fly_draft_lookup(r, dir, name, out) : rc;
}

static int entity_getattr(struct fly_request *r, struct fly_ino ino, struct fuse_entry_param *out)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);
	struct fly_entity e;
	int rc = load(r, ino, FLY_ENTITY_HEAD, &e);

	if (rc == -ENOENT)
		return fly_draft_getattr(r, ino, out);
	if (rc < 0)
		return rc;
	if (exists(f))
		return file_entry(r, &e, f, out);
	if (ino.index == FLY_ENTITY_LINK)
		return link_entry(r, &e, out);
	dir_entry(r, &e, out);
	return ino.index ? -ENOENT : 0;
}

static int entity_readlink(struct fly_request *r, struct fly_ino ino, const char **target)
{
	struct fly_entity e;
	int rc = load(r, ino, FLY_ENTITY_HEAD, &e);

	if (rc < 0)
		return rc;
	*target = ino.index == FLY_ENTITY_LINK ? link_target(r, &e) : NULL;
	return *target ? 0 : -ENOENT;
}

static int listed_entry(struct fly_request *r, const void *row, const struct fly_file *f,
			struct fuse_entry_param *e)
{
	return exists(f) ? file_entry(r, row, f, e) : 0;
}

static int entity_list(struct fly_request *r, struct fly_ino dir, struct fly_listing *l)
{
	struct fly_entity e;
	int rc = load(r, dir, FLY_ENTITY_HEAD, &e);

	if (rc == -ENOENT)
		return fly_draft_list(r, dir, l);
	return rc < 0 ? rc : fly_listing_add_files(r, l, dir, listed_entry, &e);
}

static int entity_read(struct fly_request *r, struct fly_ino ino, uint64_t off, size_t size,
		       struct fly_buf *b)
{
	uint64_t number = fly_ino_pack(ino.kind, ino.id, ino.index);
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);
	auto_buf text = { 0 };
	struct fly_entity e;
	int rc = load(r, ino, FLY_ENTITY_HEAD, &e);

	if (rc == -ENOENT || !exists(f))
		return fly_draft_read(r, ino, off, size, b);
	if (rc < 0 || fly_textcache_read(r->fs->texts, number, e.changed_ns, off, size, b))
		return rc;
	rc = render(r, &e, f, &text);
	if (rc < 0)
		return rc;
	fly_slice(text.data, text.len, off, size, b);
	if (off + size < text.len)
		fly_textcache_keep(r->fs->texts, number, e.changed_ns, &text);
	return 0;
}

static int replace(struct fly_request *r, const struct fly_entity *e, const char *text, size_t len,
		   size_t written)
{
	uint64_t number = fly_ino_pack(fly_ino_kind_of(e->kind), e->id, FLY_FILE_SPEC_JSON);
	struct fly_answer *a = fly_answer_new(r, number, NULL, fly_answer_finish_write);
	struct fly_arena *arena = a ? &a->call.arena : NULL;
	const char *own[] = { e->project, e->domain, e->name, e->version };
	const char *document;

	if (!a)
		return -ENOMEM;
	a->size = written;
	fly_answer_for(a, e->uid, r->caller.gid);
	document = fly_arena_strndup(arena, text, len);
	for (size_t i = 0; i < FLY_ARRAY_LEN(own); i++)
		own[i] = fly_arena_strdup(arena, own[i]);
	if (!document || !own[0] || !own[1] || !own[2] || !own[3])
		return fly_answer_abandon(a, r, -ENOMEM);
	fly_admin_register_entity(r->fs->admin, &a->call, e->kind, FLY_DOCUMENT_JSON, "spec.json",
				  own[0], own[1], own[2], own[3], document, len);
	return FLY_PARKED;
}

static int write_generated(struct fly_request *r, const struct fly_entity *e, struct fly_ino ino,
			   struct fly_bytes data, uint64_t off, bool from_page)
{
	auto_free char *text = NULL;
	size_t len = 0;
	int rc = fly_request_owns(r, e->uid);

	if (rc < 0)
		return rc;
	if (from_page)
		return fly_fail(&r->why, EIO, "a file of flytefs can't be changed through mmap");
	rc = fly_document_write(r, fly_ino_pack(ino.kind, ino.id, ino.index), "spec.json", data,
				off, &text, &len);
	return rc == 1 ? replace(r, e, text, len, data.len) : rc;
}

static int entity_write(struct fly_request *r, struct fly_ino ino, struct fly_bytes data,
			uint64_t off, bool from_page)
{
	struct fly_entity e;
	int rc = load(r, ino, FLY_ENTITY_HEAD, &e);

	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (!rc && ino.index == FLY_ENTITY_STATE && ino.kind == FLY_INO_LAUNCH_PLAN)
		return fly_control_state(r, &e, data, from_page);
	if (!rc && is_replaceable(&e, ino.index))
		return write_generated(r, &e, ino, data, off, from_page);
	rc = fly_draft_write(r, ino, data, off, from_page);
	return rc != -ENOENT ? rc : fly_fail(&r->why, EPERM, "what is registered never changes: "
					     "register another version");
}

/* Files that their writer's tools still want to dress. */
static bool is_dressed(struct fly_ino ino)
{
	return !ino.index || ino.index == FLY_FILE_SPEC_JSON || ino.index == FLY_FILE_SPEC_PB ||
	       ino.index == FLY_ENTITY_STATE;
}

static int entity_setattr(struct fly_request *r, struct fly_ino ino, const struct stat *attr,
			  int to_set, struct fuse_entry_param *out)
{
	struct fly_entity e;
	int rc = fly_draft_setattr(r, ino, attr, to_set, out);

	if (rc != -ENOENT)
		return rc;
	rc = load(r, ino, FLY_ENTITY_HEAD, &e);
	if (!rc)
		rc = entity_getattr(r, ino, out);
	if (rc < 0)
		return rc;
	if (ino.index == FLY_ENTITY_STATE && to_set & FUSE_SET_ATTR_SIZE)
		return 0;
	if (is_replaceable(&e, ino.index) && to_set & FUSE_SET_ATTR_SIZE) {
		fly_document_reset(r->fs, fly_ino_pack(ino.kind, ino.id, ino.index));
		return 0;
	}
	if (to_set & FUSE_SET_ATTR_SIZE || !is_dressed(ino))
		return fly_fail(&r->why, EPERM, "what is registered never changes: register "
				"another version");
	return fly_setattr_quiet(r, attr, to_set, out);
}

static int entity_create(struct fly_request *r, struct fly_ino dir, const char *name, mode_t mode,
			 struct fuse_entry_param *out, struct fuse_file_info *fi)
{
	int rc = fly_draft_create(r, dir, name, mode, out, fi);

	return rc != -ENOENT ? rc : fly_fail(&r->why, EPERM, "what is registered never changes");
}

static int entity_unlink(struct fly_request *r, struct fly_ino dir, const char *name)
{
	int rc = fly_draft_unlink(r, dir, name);

	return rc != -ENOENT ? rc : fly_fail(&r->why, EPERM, "what is registered is never removed");
}

static int entity_rename(struct fly_request *r, struct fly_ino dir, const char *name,
			 struct fly_ino newdir, const char *newname, unsigned flags)
{
	int rc = fly_draft_rename(r, dir, name, newdir, newname, flags);

	return rc != -ENOENT ? rc : fly_fail(&r->why, EPERM, "what is registered never changes");
}

static int entity_path(struct fly_request *r, struct fly_ino ino, struct fly_buf *b)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);
	const char *name, *version;
	struct fly_entity e;
	int rc = load(r, ino, FLY_ENTITY_HEAD, &e);

	if (rc == -ENOENT)
		return fly_draft_path(r, ino, b);
	if (rc < 0)
		return rc;
	name = fly_name_encode(e.name, &r->arena);
	version = fly_name_encode(e.version, &r->arena);
	fly_buf_printf(b, "%s/%s/%s/%s/%s%s%s", e.project, e.domain, fly_kind_folder(e.kind),
		       name ? name : "?", version ? version : "?", f ? "/" : "", f ? f->name : "");
	return 0;
}

const struct fly_noun fly_entity_noun = {
	.lookup = entity_lookup,
	.getattr = entity_getattr,
	.list = entity_list,
	.read = entity_read,
	.readlink = entity_readlink,
	.write = entity_write,
	.setattr = entity_setattr,
	.create = entity_create,
	.unlink = entity_unlink,
	.rename = entity_rename,
	.path = entity_path,
	.counted = fly_draft_counted,
};

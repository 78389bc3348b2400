/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Projects: their directories, project.json (readable, and writable by who registered it), mkdir
 * that registers one, and the domains in them.
 */
#include "project.h"

#include "answer.h"
#include "document.h"
#include "name.h"
#include "touch.h"

enum { PAGE = 64 };

static uint64_t number_of(const struct fly_project *p, unsigned index)
{
	return fly_ino_pack(FLY_INO_PROJECT, p->id, index);
}

static int load(struct fly_request *r, int64_t id, struct fly_project *p)
{
	fly_request_watch(r, FLY_KIND_PROJECT, id);
	return r->db ? fly_project_get_id(r->db, id, &r->arena, p) : -EIO;
}

static void dir_entry(struct fly_request *r, const struct fly_project *p,
		      struct fuse_entry_param *e)
{
	fly_entry_set(e, number_of(p, 0), S_IFDIR | 0755, fly_fs_owner(r->fs), 0, p->changed_ns,
		      FLY_TIMEOUT_SHORT);
}

static int json_entry(struct fly_request *r, const struct fly_project *p,
		      struct fuse_entry_param *e)
{
	uint64_t number = number_of(p, FLY_PROJECT_JSON);
	auto_buf b = { 0 };
	size_t size = p->size;

	if (!size) {
		int rc = fly_project_text(p, &b);

		if (rc < 0 || b.failed)
			return rc < 0 ? rc : -ENOMEM;
		size = b.len;
	}
	fly_entry_set(e, number, S_IFREG | 0644, (struct fly_owner){ p->uid, r->fs->gid }, size,
		      fly_touched_file_ns(r->fs->touches, number, p->changed_ns),
		      FLY_TIMEOUT_SHORT);
	return 0;
}

int fly_project_lookup(struct fly_request *r, const char *file, struct fuse_entry_param *e)
{
	struct fly_project p;
	const char *identifier;
	int rc = fly_name_decode(file, &r->arena, &identifier);

	if (rc < 0)
		return rc;
	rc = r->db ? fly_project_get(r->db, identifier, &r->arena, &p) : -EIO;
	if (rc < 0)
		return rc;
	dir_entry(r, &p, e);
	return 0;
}

int fly_projects_list(struct fly_request *r, struct fly_listing *l)
{
	int64_t place = fly_listing_place(l);
	const char *after = NULL;
	struct fly_project last, *page;
	int n;

	if (place >= 0) {
		if (fly_project_get_id(r->db, place, &r->arena, &last) < 0)
			return 0;
		after = last.identifier;
	}
	while ((n = fly_project_list(r->db, after, PAGE, &r->arena, &page)) > 0) {
		for (int i = 0; i < n; i++) {
			const char *name = fly_name_encode(page[i].identifier, &r->arena);
			struct fuse_entry_param e;

			dir_entry(r, &page[i], &e);
			if (name && !fly_listing_add(l, name, &e, FLY_COOKIE_DYNAMIC + page[i].id))
				return 0;
		}
		after = page[n - 1].identifier;
	}
	return n;
}

int fly_projects_times(struct fly_request *r, int64_t *newest_ns, int64_t *oldest_ns)
{
	const char *after = NULL;
	struct fly_project *page;
	int64_t newest = 0, oldest = 0;
	int n;

	if (!r->db)
		return -EIO;
	while ((n = fly_project_list(r->db, after, PAGE, &r->arena, &page)) > 0) {
		for (int i = 0; i < n; i++) {
			if (page[i].changed_ns > newest)
				newest = page[i].changed_ns;
			if (!oldest || page[i].created_ns < oldest)
				oldest = page[i].created_ns;
		}
		after = page[n - 1].identifier;
	}
	*newest_ns = newest;
	*oldest_ns = oldest;
	return n;
}

/* --- registering ---------------------------------------------------------- */

static void finish_mkdir(struct fly_answer *a)
{
	struct fly_request r = { .fs = a->fs, .req = a->req };
	struct fly_project made = { .id = a->call.id, .changed_ns = fly_file_now_ns() };
	struct fuse_entry_param e;

	r.db = fly_store_reader(a->fs->store, NULL);
	if (a->call.rc < 0) {
		fly_answer_refuse(a);
	} else {
		/* It is made, even if it can't be read back now. */
		if (!r.db || fly_project_lookup(&r, a->name, &e) < 0)
			dir_entry(&r, &made, &e);
		fuse_reply_entry(a->req, &e);
	}
	fly_arena_release(&r.arena);
	fly_answer_free(a);
}

int fly_project_mkdir(struct fly_request *r, struct fly_ino dir, const char *file)
{
	Flyteidl__Admin__ProjectRegisterRequest *req;
	Flyteidl__Admin__Project *project;
	const char *identifier;
	struct fly_answer *a;
	int rc = fly_name_decode(file, &r->arena, &identifier);

	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		return fly_fail(&r->why, EINVAL, "\"%s\" can't be a project's identifier", file);
	a = fly_answer_new(r, fly_ino_pack(dir.kind, dir.id, dir.index), file, finish_mkdir);
	if (!a)
		return -ENOMEM;
	req = fly_arena_zalloc(&a->call.arena, 1, sizeof(*req));
	project = fly_arena_zalloc(&a->call.arena, 1, sizeof(*project));
	if (!req || !project)
		return fly_answer_abandon(a, r, -ENOMEM);
	flyteidl__admin__project_register_request__init(req);
	flyteidl__admin__project__init(project);
	project->id = project->name = fly_arena_strdup(&a->call.arena, identifier);
	if (!project->id)
		return fly_answer_abandon(a, r, -ENOMEM);
	req->project = project;
	fly_admin_register_project(r->fs->admin, &a->call, req);
	return FLY_PARKED;
}

/* --- the noun ------------------------------------------------------------- */

static void scope_entry(struct fly_request *r, const struct fly_scope *s,
			struct fuse_entry_param *e)
{
	fly_entry_set(e, fly_ino_pack(FLY_INO_SCOPE, s->id, 0), S_IFDIR | 0755,
		      fly_fs_owner(r->fs), 0, s->changed_ns, FLY_TIMEOUT_SHORT);
}

static int project_lookup(struct fly_request *r, struct fly_ino dir, const char *name,
			  struct fuse_entry_param *e)
{
	const char *domain;
	struct fly_project p;
	struct fly_scope s;
	int rc = load(r, dir.id, &p);

	if (rc < 0)
		return rc;
	if (fly_file_find(FLY_INO_PROJECT, 0, name))
		return json_entry(r, &p, e);
	rc = fly_name_decode(name, &r->arena, &domain);
	if (!rc)
		rc = fly_scope_get(r->db, p.identifier, domain, &r->arena, &s);
	if (rc < 0)
		return rc;
	scope_entry(r, &s, e);
	return 0;
}

static int project_getattr(struct fly_request *r, struct fly_ino ino, struct fuse_entry_param *e)
{
	struct fly_project p;
	int rc = load(r, ino.id, &p);

	if (rc < 0)
		return rc;
	if (ino.index == FLY_PROJECT_JSON)
		return json_entry(r, &p, e);
	dir_entry(r, &p, e);
	return ino.index ? -ENOENT : 0;
}

static int project_list(struct fly_request *r, struct fly_ino dir, struct fly_listing *l)
{
	struct fuse_entry_param e;
	struct fly_scope *scopes;
	struct fly_project p;
	int n, rc = load(r, dir.id, &p);

	if (rc < 0)
		return rc;
	if (l->after < FLY_COOKIE_ROWS) {
		rc = json_entry(r, &p, &e);
		if (rc < 0 || !fly_listing_add(l, "project.json", &e, FLY_COOKIE_ROWS))
			return rc;
	}
	n = fly_scope_list(r->db, p.id, &r->arena, &scopes);
	for (int i = 0; i < n; i++) {
		const char *name = fly_name_encode(scopes[i].domain, &r->arena);

		scope_entry(r, &scopes[i], &e);
		if (name && i > fly_listing_place(l) &&
		    !fly_listing_add(l, name, &e, FLY_COOKIE_DYNAMIC + i))
			break;
	}
	return n < 0 ? n : 0;
}

static int project_read(struct fly_request *r, struct fly_ino ino, uint64_t off, size_t size,
			struct fly_buf *b)
{
	auto_buf text = { 0 };
	struct fly_project p;
	int rc = load(r, ino.id, &p);

	if (!rc)
		rc = fly_project_text(&p, &text);
	if (rc < 0)
		return rc;
	fly_slice(text.data, text.len, off, size, b);
	return text.failed ? -ENOMEM : 0;
}

static int update(struct fly_request *r, uint64_t number, const struct fly_project *p,
		  const char *text, size_t len, size_t written)
{
	Flyteidl__Admin__Project *project;
	struct fly_answer *a = fly_answer_new(r, number, NULL, fly_answer_finish_write);
	int rc;

	if (!a)
		return -ENOMEM;
	a->size = written;
	rc = fly_admin_read_project(p->identifier, "project.json", text, len, &a->call.arena,
				    &project, &r->why);
	if (rc < 0)
		return fly_answer_abandon(a, r, rc);
	fly_admin_update_project(r->fs->admin, &a->call, project);
	return FLY_PARKED;
}

static int project_write(struct fly_request *r, struct fly_ino ino, struct fly_bytes data,
			 uint64_t off, bool from_page)
{
	uint64_t number = fly_ino_pack(ino.kind, ino.id, ino.index);
	auto_free char *text = NULL;
	struct fly_project p;
	size_t len = 0;
	int rc = load(r, ino.id, &p);

	if (rc < 0)
		return rc;
	if (from_page)
		return fly_fail(&r->why, EIO, "a file of flytefs can't be changed through mmap");
	rc = fly_document_write(r, number, "project.json", data, off, &text, &len);
	return rc == 1 ? update(r, number, &p, text, len, data.len) : rc;
}

static int project_setattr(struct fly_request *r, struct fly_ino ino, const struct stat *attr,
			   int to_set, struct fuse_entry_param *e)
{
	int rc = project_getattr(r, ino, e);

	if (rc < 0)
		return rc;
	if (ino.index != FLY_PROJECT_JSON)
		return fly_fail(&r->why, EPERM, "a project's directory is as it is");
	if (to_set & FUSE_SET_ATTR_SIZE) {
		fly_document_reset(r->fs, fly_ino_pack(ino.kind, ino.id, ino.index));
		return 0;
	}
	return fly_setattr_quiet(r, attr, to_set, e);
}

static int project_path(struct fly_request *r, struct fly_ino ino, struct fly_buf *b)
{
	struct fly_project p;
	int rc = load(r, ino.id, &p);

	if (rc < 0)
		return rc;
	fly_buf_printf(b, "%s%s", p.identifier,
		       ino.index == FLY_PROJECT_JSON ? "/project.json" : "");
	return 0;
}

const struct fly_noun fly_project_noun = {
	.lookup = project_lookup,
	.getattr = project_getattr,
	.list = project_list,
	.read = project_read,
	.write = project_write,
	.setattr = project_setattr,
	.path = project_path,
};

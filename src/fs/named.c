/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of entities: tasks/NAME, workflows/NAME, launch_plans/NAME with their versions, and
 * by-launch-plan/NAME with its executions. A name made by mkdir before any version exists is a
 * draft, whose id the row gets. If the row is made otherwise meanwhile, the draft's number stays
 * that of the name while the draft is remembered, so that a shell's working directory stays valid.
 */
#include "named.h"

#include "draft.h"
#include "gone.h"
#include "name.h"
#include "runs.h"
#include "touch.h"

enum { PAGE = 128 };

enum fly_kind fly_scope_kind(unsigned index)
{
	switch (index) {
	case FLY_SCOPE_LAUNCH_PLANS:
		return FLY_KIND_LAUNCH_PLAN;
	case FLY_SCOPE_WORKFLOWS:
		return FLY_KIND_WORKFLOW;
	case FLY_SCOPE_TASKS:
		return FLY_KIND_TASK;
	default:
		return FLY_KIND_NONE;
	}
}

enum fly_ino_kind fly_ino_kind_of(enum fly_kind kind)
{
	switch (kind) {
	case FLY_KIND_TASK:
		return FLY_INO_TASK;
	case FLY_KIND_WORKFLOW:
		return FLY_INO_WORKFLOW;
	case FLY_KIND_LAUNCH_PLAN:
		return FLY_INO_LAUNCH_PLAN;
	case FLY_KIND_NAMED:
		return FLY_INO_NAMED;
	default:
		return FLY_INO_EXECUTION;
	}
}

enum fly_kind fly_kind_of_ino(enum fly_ino_kind kind)
{
	switch (kind) {
	case FLY_INO_TASK:
		return FLY_KIND_TASK;
	case FLY_INO_WORKFLOW:
		return FLY_KIND_WORKFLOW;
	case FLY_INO_LAUNCH_PLAN:
		return FLY_KIND_LAUNCH_PLAN;
	default:
		return FLY_KIND_EXECUTION;
	}
}

const char *fly_kind_folder(enum fly_kind kind)
{
	switch (kind) {
	case FLY_KIND_TASK:
		return "tasks";
	case FLY_KIND_WORKFLOW:
		return "workflows";
	case FLY_KIND_LAUNCH_PLAN:
		return "launch_plans";
	default:
		return "executions";
	}
}

/* What a number stands for: a row, or a draft whose name may have got a row (then n->id is its). */
static int load(struct fly_request *r, int64_t id, struct fly_named *n)
{
	struct fly_named row;
	int rc;

	if (!r->db)
		return -EIO;
	rc = fly_named_get_id(r->db, id, &r->arena, n);
	if (rc != -ENOENT)
		return rc;
	rc = fly_draft_named(r, id, n);
	if (rc < 0)
		return rc;
	rc = fly_named_get(r->db, n->scope, n->kind, n->name, &r->arena, &row);
	if (!rc)
		*n = row;
	else
		n->id = 0;
	return rc == -ENOENT ? 0 : rc;
}

static void entry_of(struct fly_request *r, const struct fly_named *n, int64_t id, unsigned index,
		     struct fuse_entry_param *e)
{
	uint64_t number = fly_ino_pack(FLY_INO_NAMED, id, index);

	fly_entry_set(e, number, S_IFDIR | 0755, (struct fly_owner){ n->uid, r->fs->gid }, 0,
		      fly_touched_dir_ns(r->fs->touches, number, n->changed_ns),
		      n->id ? FLY_TIMEOUT_SHORT : 0);
}

/* The number under which a row's name is known. */
static int64_t shown_id(struct fly_request *r, const struct fly_named *n, unsigned index)
{
	int64_t draft = index ? 0 : fly_draft_named_id(r->fs->drafts, n->scope, n->kind, n->name);

	return draft ? draft : n->id;
}

int fly_named_lookup(struct fly_request *r, int64_t scope, enum fly_kind kind, const char *file,
		     unsigned index, struct fuse_entry_param *e)
{
	struct fly_named n;
	const char *name;
	int rc = fly_name_decode(file, &r->arena, &name);

	if (rc < 0)
		return rc;
	rc = r->db ? fly_named_get(r->db, scope, kind, name, &r->arena, &n) : -EIO;
	if (!rc)
		entry_of(r, &n, shown_id(r, &n, index), index, e);
	else if (rc == -ENOENT && !index)
		rc = fly_draft_find(r, kind, scope, name, "", e);
	return rc;
}

/* --- lists of names and of versions: rows and drafts, merged -------------- */

struct item {
	const char *name;
	int64_t id;		/* of the row or the draft: the cookie */
	const struct fly_named *named;	/* one of these, or neither: a draft */
	const struct fly_entity *entity;
};

struct source {
	int64_t scope;
	enum fly_kind kind;
	unsigned index;
	const struct fly_named *named;	/* list its versions; NULL: list names */
};

static int rows(struct fly_request *r, const struct source *s, const char *after,
		struct item *items)
{
	struct fly_entity *entities;
	struct fly_named *nameds;
	int n;

	if (s->named && !s->named->id)
		return 0;
	if (s->named) {
		n = fly_entity_list(r->db, s->named->id, s->kind, after, PAGE, &r->arena,
				    &entities);
		for (int i = 0; i < n; i++)
			items[i] = (struct item){ entities[i].version, entities[i].id, NULL,
						  &entities[i] };
		return n;
	}
	n = fly_named_list(r->db, s->scope, s->kind, after, PAGE, false, &r->arena, &nameds);
	for (int i = 0; i < n; i++)
		items[i] = (struct item){ nameds[i].name, nameds[i].id, &nameds[i], NULL };
	return n;
}

static int drafts(struct fly_request *r, const struct source *s, const char *after,
		  struct fly_draft_name **out)
{
	if (s->index)
		return 0;
	return fly_draft_names(r->fs->drafts, s->kind, s->scope, s->named ? s->named->name : "",
			       after, &r->arena, out);
}

static bool give(struct fly_request *r, const struct source *s, struct fly_listing *l,
		 const struct item *item)
{
	const char *name = fly_name_encode(item->name, &r->arena);
	enum fly_ino_kind kind = s->named ? fly_ino_kind_of(s->kind) : FLY_INO_NAMED;
	struct fuse_entry_param e;

	if (!name)
		return true;
	if (!item->named)
		return fly_listing_add_plain(l, name, fly_ino_pack(kind, item->id, 0), S_IFDIR,
					     FLY_COOKIE_DYNAMIC + item->id);
	entry_of(r, item->named, shown_id(r, item->named, s->index), s->index, &e);
	return fly_listing_add(l, name, &e, FLY_COOKIE_DYNAMIC + item->id);
}

/* One page; *after becomes the last name. 1: go on, 0: done, -errno. */
static int give_page(struct fly_request *r, const struct source *s, struct fly_listing *l,
		     const char **after)
{
	struct fly_draft_name *d = NULL;
	struct item items[PAGE];
	int n = rows(r, s, *after, items), n_drafts, i = 0, k = 0;

	if (n < 0)
		return n;
	n_drafts = drafts(r, s, *after, &d);
	if (n_drafts < 0)
		return n_drafts;
	while (i < n || (n < PAGE && k < n_drafts)) {
		int order = i == n ? 1 : k == n_drafts ? -1 : strcmp(items[i].name, d[k].name);
		struct item item = order > 0 ? (struct item){ d[k].name, d[k].id, NULL, NULL } :
					       items[i];

		i += order <= 0;
		k += order >= 0;
		if (!give(r, s, l, &item))
			return 0;
		*after = item.name;
	}
	return n == PAGE;
}

/* The name behind a cookie; NULL when it can't be told any more. */
static const char *place_name(struct fly_request *r, const struct source *s, int64_t id)
{
	struct fly_entity entity;
	struct fly_named named;
	const char *name;

	if (s->named && !fly_entity_get_id(r->db, s->kind, id, FLY_ENTITY_HEAD, &r->arena, &entity))
		return entity.version;
	if (!s->named && !fly_named_get_id(r->db, id, &r->arena, &named))
		return named.name;
	name = fly_draft_name(r->fs->drafts, id, &r->arena);
	return name ? name : fly_gone_name(r->fs->gone, id, &r->arena);
}

static int list(struct fly_request *r, const struct source *s, struct fly_listing *l)
{
	const char *after = NULL;
	int rc;

	if (!r->db)
		return -EIO;
	if (fly_listing_place(l) >= 0) {
		after = place_name(r, s, fly_listing_place(l));
		if (!after)
			return 0;
	}
	do {
		rc = give_page(r, s, l, &after);
	} while (rc > 0);
	return rc;
}

int fly_nameds_list(struct fly_request *r, int64_t scope, enum fly_kind kind, unsigned index,
		    struct fly_listing *l)
{
	struct source s = { .scope = scope, .kind = kind, .index = index };

	return list(r, &s, l);
}

/* --- making and removing names -------------------------------------------- */

int fly_named_mkdir(struct fly_request *r, const struct fly_scope *s, struct fly_ino dir,
		    const char *file, mode_t mode, struct fuse_entry_param *e)
{
	enum fly_kind kind = fly_scope_kind(dir.index);
	struct fly_draft_place place = {
		.kind = FLY_KIND_NAMED,
		.named_kind = kind,
		.scope = s->id,
		.parent = fly_ino_pack(dir.kind, dir.id, dir.index),
		.project = s->project,
		.domain = s->domain,
		.version = "",
	};
	struct fly_named taken;
	int rc;

	rc = fly_name_decode(file, &r->arena, &place.name);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		return fly_fail(&r->why, EINVAL, "\"%s\" is not how a name is spelt: it is UTF-8, "
				"%% and / are %%25 and %%2F, a dot in front is %%2E", file);
	rc = fly_named_get(r->db, s->id, kind, place.name, &r->arena, &taken);
	if (!rc)
		return -EEXIST;
	return rc == -ENOENT ? fly_draft_mkdir(r, &place, mode, e) : rc;
}

int fly_named_rmdir(struct fly_request *r, int64_t scope, enum fly_kind kind, const char *file)
{
	struct fly_named row;
	const char *name;
	int rc = fly_name_decode(file, &r->arena, &name);

	if (!rc && !fly_named_get(r->db, scope, kind, name, &r->arena, &row))
		rc = -ENOENT;
	if (!rc)
		rc = fly_draft_rmdir(r, kind, scope, name, "");
	return rc != -ENOENT ? rc : fly_fail(&r->why, EPERM, "what is registered is never removed");
}

/* --- the noun: one name --------------------------------------------------- */

static int find_version(struct fly_request *r, const struct fly_named *n, const char *file,
			struct fuse_entry_param *e)
{
	const struct fly_noun *noun = &fly_entity_noun;
	struct fly_entity entity;
	struct fly_scope s;
	const char *version;
	int rc = fly_name_decode(file, &r->arena, &version);

	if (!rc)
		rc = fly_scope_get_id(r->db, n->scope, &r->arena, &s);
	if (!rc)
		rc = fly_entity_get(r->db, n->kind, s.project, s.domain, n->name, version,
				    FLY_ENTITY_HEAD, &r->arena, &entity);
	if (!rc)
		return noun->getattr(r, (struct fly_ino){ fly_ino_kind_of(n->kind), 0, entity.id },
				     e);
	return rc == -ENOENT ? fly_draft_find(r, n->kind, n->scope, n->name, version, e) : rc;
}

static int named_lookup(struct fly_request *r, struct fly_ino dir, const char *name,
			struct fuse_entry_param *e)
{
	struct fly_named n;
	int rc = load(r, dir.id, &n);

	if (rc < 0)
		return rc;
	if (dir.index == FLY_NAMED_RUNS)
		return fly_runs_lookup_plan(r, n.scope, n.id, name, e);
	return find_version(r, &n, name, e);
}

static int named_getattr(struct fly_request *r, struct fly_ino ino, struct fuse_entry_param *e)
{
	struct fly_named n;
	int rc = load(r, ino.id, &n);

	if (!rc)
		entry_of(r, &n, ino.id, ino.index, e);
	return rc;
}

static int named_list(struct fly_request *r, struct fly_ino dir, struct fly_listing *l)
{
	struct fly_named n;
	struct source s = { .named = &n };
	int rc = load(r, dir.id, &n);

	if (rc < 0)
		return rc;
	if (dir.index == FLY_NAMED_RUNS)
		return fly_runs_list_plan(r, n.scope, n.id, l);
	s.scope = n.scope;
	s.kind = n.kind;
	return list(r, &s, l);
}

static int named_mkdir(struct fly_request *r, struct fly_ino dir, const char *name, mode_t mode,
		       struct fuse_entry_param *e)
{
	struct fly_draft_place place = { 0 };
	struct fly_scope s;
	struct fly_named n;
	int rc = load(r, dir.id, &n);

	if (!rc)
		rc = fly_scope_get_id(r->db, n.scope, &r->arena, &s);
	if (rc < 0)
		return rc;
	if (dir.index)
		return fly_fail(&r->why, EPERM, "by-launch-plan/ only shows executions");
	if (!find_version(r, &n, name, e))
		return -EEXIST;
	place = (struct fly_draft_place){
		.kind = n.kind,
		.scope = n.scope,
		.parent = fly_ino_pack(dir.kind, dir.id, dir.index),
		.project = s.project,
		.domain = s.domain,
		.name = n.name,
	};
	rc = fly_name_decode(name, &r->arena, &place.version);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		return fly_fail(&r->why, EINVAL, "\"%s\" is not how a version is spelt: it is UTF-8, "
				"%% and / are %%25 and %%2F, a dot in front is %%2E", name);
	return fly_draft_mkdir(r, &place, mode, e);
}

static int named_rmdir(struct fly_request *r, struct fly_ino dir, const char *name)
{
	const char *version;
	struct fly_named n;
	int rc = load(r, dir.id, &n);

	if (!rc)
		rc = fly_name_decode(name, &r->arena, &version);
	if (!rc && !dir.index)
		rc = fly_draft_rmdir(r, n.kind, n.scope, n.name, version);
	return rc != -ENOENT ? rc : fly_fail(&r->why, EPERM, "what is registered is never removed");
}

static int named_path(struct fly_request *r, struct fly_ino ino, struct fly_buf *b)
{
	struct fly_scope s;
	struct fly_named n;
	const char *name;
	int rc = load(r, ino.id, &n);

	if (!rc)
		rc = fly_scope_get_id(r->db, n.scope, &r->arena, &s);
	if (rc < 0)
		return rc;
	name = fly_name_encode(n.name, &r->arena);
	fly_buf_printf(b, "%s/%s/%s/%s", s.project, s.domain,
		       ino.index ? "by-launch-plan" : fly_kind_folder(n.kind), name ? name : "?");
	return 0;
}

const struct fly_noun fly_named_noun = {
	.lookup = named_lookup,
	.getattr = named_getattr,
	.list = named_list,
	.mkdir = named_mkdir,
	.rmdir = named_rmdir,
	.path = named_path,
};

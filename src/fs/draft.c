/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of drafts: made by mkdir, found by id and by name, counted a user, dropped by rmdir
 * or after an idle day. What lies in a draft is draft_dir.c's and draft_file.c's.
 */
#include "draft_private.h"

#include "answer.h"
#include "gone.h"
#include "named.h"
#include "notify.h"
#include "quota.h"
#include "touch.h"

#define IDLE_NS (24 * 3600 * INT64_C(1000000000))

int fly_drafts_create(struct fly_drafts **out)
{
	struct fly_drafts *drafts = calloc(1, sizeof(*drafts));

	if (!drafts)
		return -ENOMEM;
	pthread_mutex_init(&drafts->lock, NULL);
	*out = drafts;
	return 0;
}

/* --- finding -------------------------------------------------------------- */

static struct draft **id_bucket(struct fly_drafts *drafts, int64_t id)
{
	return &drafts->by_id[(uint64_t)id % DRAFT_BUCKETS];
}

static struct draft **key_bucket(struct fly_drafts *drafts, int64_t scope, const char *name)
{
	return &drafts->by_key[(fly_fnv1a64(name, strlen(name)) ^ (uint64_t)scope) % DRAFT_BUCKETS];
}

struct draft *fly_draft_by_id_locked(struct fly_drafts *drafts, int64_t id)
{
	struct draft *d = *id_bucket(drafts, id);

	while (d && d->id != id)
		d = d->next_id;
	return d;
}

struct draft *fly_draft_of_locked(struct fly_drafts *drafts, struct fly_ino ino)
{
	struct draft *d = fly_draft_by_id_locked(drafts, ino.id);

	if (d && ino.kind != FLY_INO_DRAFT_FILE && ino.kind != fly_ino_kind_of(d->kind))
		return NULL;
	return d;
}

static struct draft *by_key_locked(struct fly_drafts *drafts, enum fly_kind kind, int64_t scope,
				   const char *name, const char *version)
{
	struct draft *d = *key_bucket(drafts, scope, name);

	while (d && (d->key_kind != kind || d->scope != scope || strcmp(d->name, name) != 0 ||
		     strcmp(d->version, version ? version : "") != 0))
		d = d->next_key;
	return d;
}

static bool is_empty(struct fly_drafts *drafts)
{
	return !atomic_load(&drafts->count);
}

void fly_draft_used(struct draft *d)
{
	d->used_ns = fly_tick_ns();
}

/* --- making and freeing --------------------------------------------------- */

static void free_draft(struct draft *d)
{
	free(d->project);
	free(d->domain);
	free(d->name);
	free(d->version);
	free(d->error);
	free(d);
}

static struct draft *new_draft(struct fly_request *r, const struct fly_draft_place *place,
			       mode_t mode)
{
	struct draft *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	*d = (struct draft){
		.kind = place->kind,
		.key_kind = place->kind == FLY_KIND_NAMED ? place->named_kind : place->kind,
		.scope = place->scope,
		.parent = place->parent,
		.project = strdup(place->project),
		.domain = strdup(place->domain),
		.name = strdup(place->name),
		.version = strdup(place->version ? place->version : ""),
		.uid = r->caller.uid,
		.gid = r->caller.gid,
		.mode = mode & 0777,
		.mtime_ns = fly_file_now_ns(),
		.inputs = place->kind == FLY_KIND_EXECUTION,
	};
	fly_draft_used(d);
	if (d->project && d->domain && d->name && d->version)
		return d;
	free_draft(d);
	return NULL;
}

static void insert_locked(struct fly_drafts *drafts, struct draft *d)
{
	struct draft **by_id = id_bucket(drafts, d->id);
	struct draft **by_key = key_bucket(drafts, d->scope, d->name);

	d->next_id = *by_id;
	*by_id = d;
	d->next_key = *by_key;
	*by_key = d;
	d->keyed = true;
	atomic_fetch_add(&drafts->count, 1);
}

static void uncount_locked(struct fly_drafts *drafts, struct draft *d)
{
	if (d->counted)
		fly_quota_give(drafts->quota, d->uid, 1, 0);
	d->counted = false;
}

void fly_draft_unkey_locked(struct fly_drafts *drafts, struct draft *d)
{
	struct draft **at = key_bucket(drafts, d->scope, d->name);

	uncount_locked(drafts, d);
	if (!d->keyed)
		return;
	while (*at != d)
		at = &(*at)->next_key;
	*at = d->next_key;
	d->keyed = false;
}

static void drop_locked(struct fly_drafts *drafts, struct draft *d)
{
	struct draft **at = id_bucket(drafts, d->id);

	fly_draft_unkey_locked(drafts, d);
	while (*at != d)
		at = &(*at)->next_id;
	*at = d->next_id;
	while (d->files)
		fly_draft_file_free_locked(drafts, d, d->files);
	free_draft(d);
	atomic_fetch_sub(&drafts->count, 1);
}

void fly_draft_settle_locked(struct fly_drafts *drafts, struct draft *d)
{
	if (d->state == DRAFT_LAUNCHED && !d->files)
		drop_locked(drafts, d);
}

void fly_draft_launched_locked(struct fly_drafts *drafts, struct draft *d)
{
	int64_t *slot = &drafts->launched[drafts->next_launched++ % LAUNCHED_MAX];
	struct draft *old = *slot ? fly_draft_by_id_locked(drafts, *slot) : NULL;
	struct draft_file *next;

	*slot = d->id;
	fly_draft_settle_locked(drafts, d);
	if (!old || old->state != DRAFT_LAUNCHED)
		return;
	for (struct draft_file *f = old->files; f; f = next) {
		next = f->next;
		if (f->submitted)
			fly_draft_file_free_locked(drafts, old, f);
	}
	fly_draft_settle_locked(drafts, old);
}

void fly_draft_named_settle_locked(struct fly_drafts *drafts, const struct draft *version,
				   int64_t named)
{
	struct draft *d = by_key_locked(drafts, version->key_kind, version->scope, version->name,
					"");

	if (d && d->id == named)
		drop_locked(drafts, d);
	else if (d)
		uncount_locked(drafts, d);
}

void fly_drafts_destroy(struct fly_drafts *drafts)
{
	if (!drafts)
		return;
	for (size_t i = 0; i < DRAFT_BUCKETS; i++)
		while (drafts->by_id[i])
			drop_locked(drafts, drafts->by_id[i]);
	pthread_mutex_destroy(&drafts->lock);
	free(drafts);
}

static void dir_entry(const struct draft *d, struct fuse_entry_param *e)
{
	fly_entry_set(e, fly_ino_pack(fly_ino_kind_of(d->kind), d->id, 0), S_IFDIR | d->mode,
		      (struct fly_owner){ d->uid, d->gid }, 0, d->mtime_ns, 0);
}

int fly_draft_mkdir(struct fly_request *r, const struct fly_draft_place *place, mode_t mode,
		    struct fuse_entry_param *e)
{
	struct fly_drafts *drafts = r->fs->drafts;
	int64_t id = fly_store_new_id(r->fs->store, &r->why);
	struct draft *d;
	bool taken;
	int rc;

	if (id < 0)
		return (int)id;
	rc = fly_quota_take(r->fs->quota, r->caller.uid, 1, 0, &r->why);
	if (rc < 0)
		return rc;
	d = new_draft(r, place, mode);
	if (!d) {
		fly_quota_give(r->fs->quota, r->caller.uid, 1, 0);
		return -ENOMEM;
	}
	d->id = id;
	d->counted = true;
	pthread_mutex_lock(&drafts->lock);
	drafts->quota = r->fs->quota;
	taken = by_key_locked(drafts, d->key_kind, d->scope, d->name, d->version) != NULL;
	if (!taken) {
		insert_locked(drafts, d);
		dir_entry(d, e);
	}
	pthread_mutex_unlock(&drafts->lock);
	if (taken) {
		free_draft(d);
		fly_quota_give(r->fs->quota, r->caller.uid, 1, 0);
		return -EEXIST;
	}
	fly_touch(r->fs->touches, place->parent);
	return 0;
}

static bool has_versions_locked(struct fly_drafts *drafts, const struct draft *name)
{
	struct draft *d = *key_bucket(drafts, name->scope, name->name);

	for (; d; d = d->next_key)
		if (d != name && d->key_kind == name->key_kind && d->scope == name->scope &&
		    !strcmp(d->name, name->name))
			return true;
	return false;
}

static bool has_files(const struct draft *d)
{
	for (const struct draft_file *f = d->files; f; f = f->next)
		if (f->name)
			return true;
	return false;
}

static int rmdir_locked(struct fly_drafts *drafts, struct draft *d, struct fly_why *why)
{
	if (d->state == DRAFT_LAUNCHED)
		return -ENOENT;
	if (d->state == DRAFT_SUBMITTING)
		return fly_fail(why, EBUSY, "it is being launched");
	if (has_files(d) || (d->kind == FLY_KIND_NAMED && has_versions_locked(drafts, d)))
		return -ENOTEMPTY;
	return 0;
}

int fly_draft_rmdir(struct fly_request *r, enum fly_kind kind, int64_t scope, const char *name,
		    const char *version)
{
	struct fly_drafts *drafts = r->fs->drafts;
	uint64_t parent = 0;
	struct draft *d;
	int rc;

	pthread_mutex_lock(&drafts->lock);
	d = by_key_locked(drafts, kind, scope, name, version);
	/* The kernel checks the owner of what it remembers under this name. */
	rc = d ? fly_request_owns(r, d->uid) : -ENOENT;
	if (!rc)
		rc = rmdir_locked(drafts, d, &r->why);
	if (!rc) {
		fly_gone_add(r->fs->gone, d->id, version && *version ? version : name);
		parent = d->parent;
		drop_locked(drafts, d);
	}
	pthread_mutex_unlock(&drafts->lock);
	if (!rc)
		fly_touch(r->fs->touches, parent);
	return rc;
}

int fly_draft_find(struct fly_request *r, enum fly_kind kind, int64_t scope, const char *name,
		   const char *version, struct fuse_entry_param *e)
{
	struct fly_drafts *drafts = r->fs->drafts;
	struct draft *d;

	if (is_empty(drafts))
		return -ENOENT;
	pthread_mutex_lock(&drafts->lock);
	d = by_key_locked(drafts, kind, scope, name, version);
	if (d) {
		fly_draft_used(d);
		dir_entry(d, e);
	}
	pthread_mutex_unlock(&drafts->lock);
	return d ? 0 : -ENOENT;
}

int fly_draft_check_free(struct fly_request *r, int64_t scope, const char *name)
{
	struct fuse_entry_param draft;

	if (!*name || fly_draft_find(r, FLY_KIND_EXECUTION, scope, name, NULL, &draft) < 0)
		return 0;
	return fly_fail(&r->why, EEXIST, "%s is a draft already", name);
}

void fly_draft_name_taken(struct fly_fs *fs, int64_t scope, const char *name, int64_t id)
{
	struct fly_drafts *drafts = fs->drafts;
	struct draft *d;

	if (is_empty(drafts))
		return;
	pthread_mutex_lock(&drafts->lock);
	d = by_key_locked(drafts, FLY_KIND_EXECUTION, scope, name, "");
	if (d && d->id != id) {
		fly_gone_add(fs->gone, d->id, name);
		fly_draft_unkey_locked(drafts, d);
	}
	pthread_mutex_unlock(&drafts->lock);
}

/* --- lists of names ------------------------------------------------------- */

/* What a draft is called in a list of its parent; NULL: it is not in it. */
static const char *name_in(const struct draft *d, enum fly_kind kind, int64_t scope,
			   const char *parent)
{
	if (!d->keyed || d->key_kind != kind || d->scope != scope)
		return NULL;
	if (!parent || !*parent)
		return *d->version ? NULL : d->name;
	return *d->version && !strcmp(d->name, parent) ? d->version : NULL;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct fly_draft_name *)a)->name,
		      ((const struct fly_draft_name *)b)->name);
}

static int names_locked(struct fly_drafts *drafts, enum fly_kind kind, int64_t scope,
			const char *parent, const char *after, struct fly_arena *arena,
			struct fly_draft_name **out)
{
	size_t n = 0, max = atomic_load(&drafts->count);
	struct fly_draft_name *names = fly_arena_zalloc(arena, max + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < DRAFT_BUCKETS; i++) {
		for (struct draft *d = drafts->by_key[i]; d && n < max; d = d->next_key) {
			const char *name = name_in(d, kind, scope, parent);

			if (!name || (after && strcmp(name, after) <= 0))
				continue;
			names[n].id = d->id;
			names[n].name = fly_arena_strdup(arena, name);
			if (!names[n++].name)
				return -ENOMEM;
		}
	}
	qsort(names, n, sizeof(*names), compare_names);
	*out = names;
	return (int)n;
}

int fly_draft_names(struct fly_drafts *drafts, enum fly_kind kind, int64_t scope,
		    const char *parent, const char *after, struct fly_arena *arena,
		    struct fly_draft_name **out)
{
	int n;

	if (is_empty(drafts))
		return 0;
	pthread_mutex_lock(&drafts->lock);
	n = names_locked(drafts, kind, scope, parent, after, arena, out);
	pthread_mutex_unlock(&drafts->lock);
	return n;
}

const char *fly_draft_name(struct fly_drafts *drafts, int64_t id, struct fly_arena *arena)
{
	const char *name = NULL;
	struct draft *d;

	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_by_id_locked(drafts, id);
	if (d)
		name = fly_arena_strdup(arena, *d->version ? d->version : d->name);
	pthread_mutex_unlock(&drafts->lock);
	return name;
}

/* --- name directories ----------------------------------------------------- */

int fly_draft_named(struct fly_request *r, int64_t id, struct fly_named *out)
{
	struct fly_drafts *drafts = r->fs->drafts;
	struct draft *d;
	int rc = -ENOENT;

	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_by_id_locked(drafts, id);
	if (d && d->kind == FLY_KIND_NAMED) {
		fly_draft_used(d);
		*out = (struct fly_named){ .id = id, .scope = d->scope, .kind = d->key_kind,
					   .name = fly_arena_strdup(&r->arena, d->name),
					   .uid = d->uid, .created_ns = d->mtime_ns,
					   .changed_ns = d->mtime_ns };
		rc = out->name ? 0 : -ENOMEM;
	}
	pthread_mutex_unlock(&drafts->lock);
	return rc;
}

int64_t fly_draft_named_id(struct fly_drafts *drafts, int64_t scope, enum fly_kind kind,
			   const char *name)
{
	struct draft *d;
	int64_t id;

	if (is_empty(drafts))
		return 0;
	pthread_mutex_lock(&drafts->lock);
	d = by_key_locked(drafts, kind, scope, name, "");
	id = d ? d->id : 0;
	pthread_mutex_unlock(&drafts->lock);
	return id;
}

/* --- ageing --------------------------------------------------------------- */

/* Take one draft out that has been idle too long; its place comes back. False: there is none. */
static bool take_idle(struct fly_fs *fs, uint64_t *parent, char **name)
{
	struct fly_drafts *drafts = fs->drafts;
	int64_t before = fly_tick_ns() - IDLE_NS;
	bool found = false;

	pthread_mutex_lock(&drafts->lock);
	for (size_t i = 0; i < DRAFT_BUCKETS && !found; i++) {
		for (struct draft *d = drafts->by_id[i]; d && !found; d = d->next_id) {
			if (d->used_ns > before || d->state == DRAFT_SUBMITTING)
				continue;
			if (d->kind == FLY_KIND_NAMED && has_versions_locked(drafts, d))
				continue;
			found = true;
			*parent = d->parent;
			*name = d->keyed ? strdup(*d->version ? d->version : d->name) : NULL;
			if (*name)
				fly_gone_add(fs->gone, d->id, *name);
			drop_locked(drafts, d);
			break;
		}
	}
	pthread_mutex_unlock(&drafts->lock);
	return found;
}

void fly_drafts_age(struct fly_fs *fs)
{
	uint64_t parent;
	char *name;

	while (!is_empty(fs->drafts) && take_idle(fs, &parent, &name)) {
		fly_touch(fs->touches, parent);
		fly_notify_inode(fs, parent, true);
		if (name)
			fly_notify_entry(fs, parent, name);
		free(name);
	}
}

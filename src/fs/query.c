/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries as directories; see query.h. The language is admin's, the answer is kept until
 * something changes.
 */
#include "query.h"

#include <pthread.h>

#include "answer.h"
#include "notify.h"
#include "query_page.h"

enum { QUERIES_MAX = 256, BYTES_MAX = 16 << 20 };

struct query {
	int64_t id;		/* 0: free */
	int64_t scope;
	char *project, *domain, *name;
	uint64_t used;
	int64_t lookups;
	bool changed;		/* since the page was taken */
	struct fly_page *page;
	struct fly_page *told[2];	/* whose size the kernel has of list.json, list.pb */
};

struct fly_queries {
	pthread_mutex_t lock;
	int64_t serial;			/* lock */
	uint64_t clock;			/* lock */
	uint64_t changes;		/* lock; in any scope: of what an answer may hold */
	struct query queries[QUERIES_MAX];	/* lock */
};

int fly_queries_create(struct fly_queries **out)
{
	struct fly_queries *queries = calloc(1, sizeof(*queries));

	if (!queries)
		return -ENOMEM;
	pthread_mutex_init(&queries->lock, NULL);
	*out = queries;
	return 0;
}

/* --- pages ---------------------------------------------------------------- */

static void unref_locked(struct fly_page *p)
{
	if (p && !--p->refs)
		fly_page_free(p);
}

static void page_put(struct fly_fs *fs, struct fly_page *p)
{
	pthread_mutex_lock(&fs->queries->lock);
	unref_locked(p);
	pthread_mutex_unlock(&fs->queries->lock);
}

/* --- the table ------------------------------------------------------------ */

static void forget_pages_locked(struct query *q)
{
	unref_locked(q->page);
	unref_locked(q->told[0]);
	unref_locked(q->told[1]);
	q->page = q->told[0] = q->told[1] = NULL;
}

static void free_query(struct query *q)
{
	forget_pages_locked(q);
	free(q->project);
	free(q->domain);
	free(q->name);
	*q = (struct query){ 0 };
}

void fly_queries_destroy(struct fly_queries *queries)
{
	if (!queries)
		return;
	for (size_t i = 0; i < QUERIES_MAX; i++)
		free_query(&queries->queries[i]);
	pthread_mutex_destroy(&queries->lock);
	free(queries);
}

static struct query *by_id_locked(struct fly_queries *queries, int64_t id)
{
	for (size_t i = 0; i < QUERIES_MAX; i++)
		if (queries->queries[i].id == id)
			return &queries->queries[i];
	return NULL;
}

static struct query *by_name_locked(struct fly_queries *queries, int64_t scope, const char *name)
{
	for (size_t i = 0; i < QUERIES_MAX; i++) {
		struct query *q = &queries->queries[i];

		if (q->id && q->scope == scope && !strcmp(q->name, name))
			return q;
	}
	return NULL;
}

/* How much longer a message is as JSON, for the sum: it may not have been made yet. */
enum { JSON_FACTOR = 4 };

static size_t bytes_of(const struct fly_page *p)
{
	return p ? p->pb.cap * (1 + JSON_FACTOR) + p->n * 64 : 0;
}

static size_t pages_of(const struct query *q)
{
	size_t bytes = bytes_of(q->page);

	if (q->told[0] != q->page)
		bytes += bytes_of(q->told[0]);
	if (q->told[1] != q->page && q->told[1] != q->told[0])
		bytes += bytes_of(q->told[1]);
	return bytes;
}

/* Keep all pages together within bounds: those used longest ago go. */
static void trim_locked(struct fly_queries *queries, const struct query *keep)
{
	for (;;) {
		struct query *oldest = NULL;
		size_t bytes = 0;

		for (size_t i = 0; i < QUERIES_MAX; i++) {
			struct query *q = &queries->queries[i];

			if (!q->page && !q->told[0] && !q->told[1])
				continue;
			bytes += pages_of(q);
			if (q != keep && (!oldest || q->used < oldest->used))
				oldest = q;
		}
		if (bytes <= BYTES_MAX || !oldest)
			return;
		forget_pages_locked(oldest);
	}
}

/* A page replaces another: its time moves when its text does, and only then. */
static void set_page_locked(struct fly_queries *queries, struct query *q, struct fly_page *p)
{
	struct fly_page *old = q->page;

	if (old && old->pb.len == p->pb.len &&
	    (!p->pb.len || !memcmp(old->pb.data, p->pb.data, p->pb.len)))
		p->at_ns = old->at_ns;
	else if (old)
		p->at_ns = fly_time_after(old->at_ns, p->at_ns);
	p->refs++;
	q->page = p;
	unref_locked(old);
	trim_locked(queries, q);
}

static struct query *make_locked(struct fly_queries *queries)
{
	struct query *best = &queries->queries[0];

	for (size_t i = 0; i < QUERIES_MAX && best->id; i++)
		if (!queries->queries[i].id || queries->queries[i].used < best->used)
			best = &queries->queries[i];
	free_query(best);
	best->id = ++queries->serial;
	return best;
}

/* The page of a query, referenced; taken anew when there is none or something changed. */
static int get_page(struct fly_request *r, int64_t id, struct fly_page **out)
{
	struct fly_queries *queries = r->fs->queries;
	const char *name = NULL, *project = NULL, *domain = NULL;
	struct fly_page *p = NULL;
	struct query *q;
	int rc;

	pthread_mutex_lock(&queries->lock);
	q = by_id_locked(queries, id);
	if (q) {
		q->used = ++queries->clock;
		if (q->page && !q->changed) {
			p = q->page;
			p->refs++;
		}
		q->changed = false;
		name = fly_arena_strdup(&r->arena, q->name);
		project = fly_arena_strdup(&r->arena, q->project);
		domain = fly_arena_strdup(&r->arena, q->domain);
	}
	pthread_mutex_unlock(&queries->lock);
	*out = p;
	if (!q || p)
		return q ? 0 : -ESTALE;
	rc = fly_page_take(r, name, project, domain, &p);
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&queries->lock);
	q = by_id_locked(queries, id);
	if (q)
		set_page_locked(queries, q, p);
	pthread_mutex_unlock(&queries->lock);
	*out = p;
	return 0;
}

bool fly_queries_hold(struct fly_fs *fs, int64_t scope)
{
	struct fly_queries *queries = fs->queries;
	bool holds = false;

	pthread_mutex_lock(&queries->lock);
	queries->changes++;
	for (size_t i = 0; i < QUERIES_MAX && !holds; i++) {
		const struct query *q = &queries->queries[i];

		holds = q->id && q->scope == scope && !q->changed;
	}
	pthread_mutex_unlock(&queries->lock);
	return holds;
}

void fly_queries_changed(struct fly_fs *fs, int64_t scope)
{
	struct fly_queries *queries = fs->queries;
	int64_t ids[QUERIES_MAX];
	size_t n = 0;

	pthread_mutex_lock(&queries->lock);
	queries->changes++;
	for (size_t i = 0; i < QUERIES_MAX; i++) {
		struct query *q = &queries->queries[i];

		if (!q->id || q->scope != scope || q->changed)
			continue;
		q->changed = true;
		ids[n++] = q->id;
	}
	pthread_mutex_unlock(&queries->lock);
	for (size_t i = 0; i < n; i++) {
		fly_inval(fs, FLY_INO_QUERY, ids[i], 0);
		fly_inval(fs, FLY_INO_QUERY, ids[i], FLY_QUERY_JSON);
		fly_inval(fs, FLY_INO_QUERY, ids[i], FLY_QUERY_PB);
		fly_inval(fs, FLY_INO_QUERY, ids[i], FLY_QUERY_NEXT);
	}
}

/*
 * A READ gives the page whose size the kernel was told, or the text would be cut there: the page
 * behind list.json and list.pb is remembered when their attributes are given.
 */
static struct fly_page **told_locked(struct fly_queries *queries, int64_t id, unsigned index)
{
	struct query *q = by_id_locked(queries, id);

	return q && (index == FLY_QUERY_JSON || index == FLY_QUERY_PB) ?
		       &q->told[index == FLY_QUERY_PB] : NULL;
}

static void tell(struct fly_fs *fs, int64_t id, unsigned index, struct fly_page *p)
{
	struct fly_page **told;

	pthread_mutex_lock(&fs->queries->lock);
	told = told_locked(fs->queries, id, index);
	if (told) {
		p->refs++;
		unref_locked(*told);
		*told = p;
	}
	pthread_mutex_unlock(&fs->queries->lock);
}

static int get_told(struct fly_request *r, int64_t id, unsigned index, struct fly_page **out)
{
	struct fly_queries *queries = r->fs->queries;
	struct fly_page **told, *p;

	pthread_mutex_lock(&queries->lock);
	told = told_locked(queries, id, index);
	p = told ? *told : NULL;
	if (p)
		p->refs++;
	pthread_mutex_unlock(&queries->lock);
	*out = p;
	return p ? 0 : get_page(r, id, out);
}

/* --- entries -------------------------------------------------------------- */

static const char *next_target(struct fly_request *r, const struct fly_page *p)
{
	return fly_arena_printf(&r->arena, "../%s", p->next);
}

static int entry_of(struct fly_request *r, int64_t id, unsigned index, struct fly_page *p,
		    struct fuse_entry_param *e)
{
	const struct fly_file *f = fly_file_at(FLY_INO_QUERY, index);
	const struct fly_buf *json;
	const char *next;
	size_t size = 0;
	int rc;

	switch (index) {
	case FLY_QUERY_JSON:
		rc = fly_page_json(p, &json);
		if (rc < 0)
			return rc;
		size = json->len;
		break;
	case FLY_QUERY_PB:
		size = p->pb.len;
		break;
	case FLY_QUERY_NEXT:
		next = next_target(r, p);
		size = next ? strlen(next) : 0;
		break;
	default:
		break;
	}
	tell(r->fs, id, index, p);
	fly_entry_set(e, fly_ino_pack(FLY_INO_QUERY, id, index), f ? f->mode : S_IFDIR | 0755,
		      fly_fs_owner(r->fs), size, p->at_ns, FLY_TIMEOUT_SHORT);
	return 0;
}

/* changes: when the page was taken; what came since then found no query to mark. */
static int add_query(struct fly_request *r, const struct fly_scope *s, const char *name,
		     uint64_t changes, struct fly_page *p, int64_t *id)
{
	struct fly_queries *queries = r->fs->queries;
	char *texts[] = { strdup(name), strdup(s->project), strdup(s->domain) };
	struct query *q;

	if (!texts[0] || !texts[1] || !texts[2]) {
		for (size_t i = 0; i < FLY_ARRAY_LEN(texts); i++)
			free(texts[i]);
		return -ENOMEM;
	}
	pthread_mutex_lock(&queries->lock);
	q = make_locked(queries);
	q->scope = s->id;
	q->name = texts[0];
	q->project = texts[1];
	q->domain = texts[2];
	q->used = ++queries->clock;
	q->changed = queries->changes != changes;
	set_page_locked(queries, q, p);
	*id = q->id;
	pthread_mutex_unlock(&queries->lock);
	return 0;
}

static int find_or_add(struct fly_request *r, const struct fly_scope *s, const char *name,
		       int64_t *id, struct fly_page **p)
{
	struct fly_queries *queries = r->fs->queries;
	uint64_t changes;
	struct query *q;
	int rc;

	pthread_mutex_lock(&queries->lock);
	q = by_name_locked(queries, s->id, name);
	*id = q ? q->id : 0;
	changes = queries->changes;
	pthread_mutex_unlock(&queries->lock);
	if (*id)
		return get_page(r, *id, p);
	rc = fly_page_take(r, name, s->project, s->domain, p);
	if (rc < 0)
		return rc;
	if (!(*p)->at_ns)
		(*p)->at_ns = s->listed_ns;
	rc = add_query(r, s, name, changes, *p, id);
	if (rc < 0)
		page_put(r->fs, *p);
	return rc;
}

int fly_query_lookup(struct fly_request *r, const struct fly_scope *s, const char *name,
		     struct fuse_entry_param *e)
{
	struct fly_page *p = NULL;
	int64_t id;
	int rc = find_or_add(r, s, name, &id, &p);

	if (rc < 0) {
		const char *path = fly_arena_printf(&r->arena, "%s/%s/query/%s", s->project,
						    s->domain, name);

		fly_request_record(r, path ? path : name, -rc);
		return rc;
	}
	rc = entry_of(r, id, 0, p, e);
	/* Asked for each time: the kernel must not walk to one that has left the table. */
	e->entry_timeout = 0;
	page_put(r->fs, p);
	return rc;
}

/* --- the noun ------------------------------------------------------------- */

static int link_entry(struct fly_request *r, uint64_t link, struct fuse_entry_param *e)
{
	struct fly_ino ino = fly_ino_unpack(link);

	return fly_noun_of(ino.kind)->getattr(r, ino, e);
}

static int lookup_in(struct fly_request *r, struct fly_ino dir, const char *name,
		     struct fly_page *p, struct fuse_entry_param *e)
{
	const struct fly_file *f = fly_file_find(dir.kind, dir.index, name);

	if (f && (f->index != FLY_QUERY_NEXT || p->next))
		return entry_of(r, dir.id, f->index, p, e);
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->rows[i].name, name))
			return link_entry(r, p->rows[i].link, e);
	return -ENOENT;
}

static int query_lookup(struct fly_request *r, struct fly_ino dir, const char *name,
			struct fuse_entry_param *e)
{
	struct fly_page *p;
	int rc = get_page(r, dir.id, &p);

	if (rc < 0)
		return rc;
	rc = lookup_in(r, dir, name, p, e);
	page_put(r->fs, p);
	return rc;
}

static int query_getattr(struct fly_request *r, struct fly_ino ino, struct fuse_entry_param *e)
{
	struct fly_page *p;
	int rc = get_page(r, ino.id, &p);

	if (rc < 0)
		return rc;
	if (ino.index == FLY_QUERY_NEXT && !p->next)
		rc = -ENOENT;
	else
		rc = entry_of(r, ino.id, ino.index, p, e);
	page_put(r->fs, p);
	return rc;
}

static void list_page(const struct fly_page *p, int64_t id, struct fly_listing *l)
{
	if (l->after < FLY_COOKIE_ROWS &&
	    !fly_listing_add_plain(l, "list.json", fly_ino_pack(FLY_INO_QUERY, id, FLY_QUERY_JSON),
				   S_IFREG, FLY_COOKIE_ROWS))
		return;
	if (p->next && l->after < FLY_COOKIE_ROWS + 1 &&
	    !fly_listing_add_plain(l, "next", fly_ino_pack(FLY_INO_QUERY, id, FLY_QUERY_NEXT),
				   S_IFLNK, FLY_COOKIE_ROWS + 1))
		return;
	for (size_t i = (size_t)(fly_listing_place(l) + 1); i < p->n; i++)
		if (!fly_listing_add_plain(l, p->rows[i].name, p->rows[i].link, S_IFLNK,
					   FLY_COOKIE_DYNAMIC + (off_t)i))
			return;
}

static int query_list(struct fly_request *r, struct fly_ino dir, struct fly_listing *l)
{
	struct fly_page *p;
	int rc = get_page(r, dir.id, &p);

	if (rc < 0)
		return rc;
	list_page(p, dir.id, l);
	page_put(r->fs, p);
	return 0;
}

static int query_read(struct fly_request *r, struct fly_ino ino, uint64_t off, size_t size,
		      struct fly_buf *b)
{
	const struct fly_buf *text;
	struct fly_page *p;
	int rc = get_told(r, ino.id, ino.index, &p);

	if (rc < 0)
		return rc;
	text = &p->pb;
	if (ino.index != FLY_QUERY_PB)
		rc = fly_page_json(p, &text);
	if (!rc)
		fly_slice(text->data, text->len, off, size, b);
	page_put(r->fs, p);
	return rc;
}

static int query_readlink(struct fly_request *r, struct fly_ino ino, const char **target)
{
	struct fly_page *p;
	int rc = get_page(r, ino.id, &p);

	if (rc < 0)
		return rc;
	*target = p->next ? next_target(r, p) : NULL;
	page_put(r->fs, p);
	return *target ? 0 : -ENOENT;
}

static int query_path(struct fly_request *r, struct fly_ino ino, struct fly_buf *b)
{
	struct fly_queries *queries = r->fs->queries;
	struct query *q;

	pthread_mutex_lock(&queries->lock);
	q = by_id_locked(queries, ino.id);
	if (q)
		fly_buf_printf(b, "%s/%s/query/%s", q->project, q->domain, q->name);
	pthread_mutex_unlock(&queries->lock);
	return q ? 0 : -ESTALE;
}

/* Only the directory is counted: its files can't be held without it. */
static void query_counted(struct fly_fs *fs, struct fly_ino ino, int64_t count)
{
	struct fly_queries *queries = fs->queries;
	struct query *q;

	if (ino.index)
		return;
	pthread_mutex_lock(&queries->lock);
	q = by_id_locked(queries, ino.id);
	if (q) {
		q->lookups += count;
		if (q->lookups <= 0)
			free_query(q);
	}
	pthread_mutex_unlock(&queries->lock);
}

const struct fly_noun fly_query_noun = {
	.lookup = query_lookup,
	.getattr = query_getattr,
	.list = query_list,
	.read = query_read,
	.readlink = query_readlink,
	.path = query_path,
	.counted = query_counted,
};

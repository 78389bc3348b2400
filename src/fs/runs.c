/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listing and finding executions; see runs.h. Listings go by name, a page at a time, behind the
 * name of the last entry the kernel has: its cookie is the row's id, which holds whatever else
 * comes or goes.
 */
#include "runs.h"

#include "draft.h"
#include "gesture.h"
#include "gone.h"

/*
 * Above this many names a listing gives no attributes: the kernel would keep a kilobyte for each.
 */
#define PLUS_MAX 200000
enum { PAGE_MAX = 512 };

/* The engine says the end exactly: that can be some milliseconds after the row's change. */
int64_t fly_run_result_ns(const struct fly_execution *e)
{
	return e->updated_ns < e->changed_ns ? e->updated_ns : e->changed_ns;
}

static void entry_of(const struct fly_execution_entry *e, struct fuse_entry_param *out)
{
	fly_entry_set(out, fly_ino_pack(FLY_INO_EXECUTION, e->id, 0), S_IFDIR | (e->mode & 0777),
		      (struct fly_owner){ e->uid, e->gid }, 0, e->changed_ns,
		      fly_phase_is_terminal(e->phase) ? FLY_TIMEOUT_EVER : FLY_TIMEOUT_SHORT);
}

void fly_run_entry(struct fly_request *r, const struct fly_execution *e,
		   struct fuse_entry_param *out)
{
	(void)r;
	entry_of(&(struct fly_execution_entry){ .id = e->id, .changed_ns = e->changed_ns,
						.phase = e->phase, .uid = e->uid, .gid = e->gid,
						.mode = e->mode }, out);
}

const char *fly_run_link_target(struct fly_request *r, int state, const char *name)
{
	return fly_arena_printf(&r->arena, "../../%s/%s", state ? "archived" : "executions", name);
}

void fly_run_link_entry(struct fly_request *r, const struct fly_execution *e,
			struct fuse_entry_param *out)
{
	const char *target = fly_run_link_target(r, e->state, e->name);

	fly_entry_set(out, fly_ino_pack(FLY_INO_EXECUTION, e->id, FLY_RUN_LINK), S_IFLNK | 0777,
		      (struct fly_owner){ e->uid, e->gid }, target ? strlen(target) : 0,
		      e->created_ns, FLY_TIMEOUT_SHORT);
}

static int find(struct fly_request *r, int64_t scope, const char *name, struct fly_execution *e)
{
	int64_t id;
	int rc;

	if (!r->db)
		return -EIO;
	rc = fly_execution_find(r->db, scope, name, &id);
	if (rc < 0)
		return rc;
	/* Watched from before the row is read. */
	fly_request_watch(r, FLY_KIND_EXECUTION, id);
	return fly_execution_get_id(r->db, id, FLY_EXECUTION_HEAD, &r->arena, e);
}

int fly_run_check_free(struct fly_request *r, int64_t scope, const char *name)
{
	struct fly_execution taken;
	int rc = fly_check_execution_name(name, &r->why);

	if (rc < 0)
		return rc;
	rc = find(r, scope, name, &taken);
	if (!rc)
		return fly_fail(&r->why, EEXIST, "execution %s exists%s", name,
				taken.state ? " in archived/: an archived name stays taken" : "");
	return rc == -ENOENT ? 0 : rc;
}

int fly_runs_lookup(struct fly_request *r, int64_t scope, int state, const char *name,
		    struct fuse_entry_param *e)
{
	struct fly_execution row;
	int rc = fly_is_gesture(name) ? -ENOENT : find(r, scope, name, &row);

	if (!rc && row.state == state) {
		fly_run_entry(r, &row, e);
		return 0;
	}
	if (rc == -ENOENT && !state)
		return fly_draft_find(r, FLY_KIND_EXECUTION, scope, name, NULL, e);
	return rc < 0 ? rc : -ENOENT;
}

/* The name behind which the listing goes on; NULL: from the start. False: it can't be told. */
static bool place_name(struct fly_request *r, const struct fly_listing *l, const char **after)
{
	int64_t id = fly_listing_place(l);
	struct fly_execution e;

	*after = NULL;
	if (id < 0)
		return true;
	if (!fly_execution_get_id(r->db, id, FLY_EXECUTION_HEAD, &r->arena, &e))
		*after = e.name;
	if (!*after)
		*after = fly_draft_name(r->fs->drafts, id, &r->arena);
	if (!*after)
		*after = fly_gone_name(r->fs->gone, id, &r->arena);
	return *after != NULL;
}

static size_t page_of(const struct fly_listing *l, size_t entry_bytes)
{
	size_t n = (l->size - l->used) / entry_bytes + 1;

	return n < PAGE_MAX ? n : PAGE_MAX;
}

/* --- executions/ and archived/ -------------------------------------------- */

/*
 * Two sorted sources: rows of the store and drafts. A name in both is the row: it has just
 * launched.
 */
struct item {
	const char *name;
	int64_t id;
	const struct fly_execution_entry *entry;	/* NULL: without attributes */
};

struct merge {
	struct item *rows;
	struct fly_draft_name *drafts;
	int n_rows, n_drafts;
	int row, draft;
	bool more_rows;		/* rows ends with the page, not with the directory */
};

static int compare(const struct merge *m)
{
	if (m->row == m->n_rows)
		return 1;
	if (m->draft == m->n_drafts)
		return -1;
	return strcmp(m->rows[m->row].name, m->drafts[m->draft].name);
}

static bool give_item(struct fly_request *r, struct fly_listing *l, const struct item *item)
{
	const struct fly_execution_entry *entry = item->entry;
	struct fuse_entry_param e;

	if (!entry)
		return fly_listing_add_plain(l, item->name,
					     fly_ino_pack(FLY_INO_EXECUTION, item->id, 0), S_IFDIR,
					     FLY_COOKIE_DYNAMIC + item->id);
	entry_of(entry, &e);
	return fly_listing_add(l, item->name, &e, FLY_COOKIE_DYNAMIC + item->id);
}

/* Give all there is of a page; the last name given goes to *after. False: the listing is full. */
static bool give(struct fly_request *r, struct fly_listing *l, struct merge *m, const char **after)
{
	while (m->row < m->n_rows || (!m->more_rows && m->draft < m->n_drafts)) {
		int order = compare(m);
		struct item item;

		if (order <= 0) {
			item = m->rows[m->row++];
			m->draft += !order;
		} else {
			const struct fly_draft_name *d = &m->drafts[m->draft++];

			item = (struct item){ d->name, d->id, NULL };
		}
		if (!give_item(r, l, &item))
			return false;
		*after = item.name;
	}
	return true;
}

static int entries_page(struct fly_request *r, int64_t scope, int state, const char *after,
		      size_t max, struct item **out)
{
	struct fly_execution_entry *rows;
	int n = fly_execution_entries(r->db, scope, state, after, max, &r->arena, &rows);

	if (n <= 0)
		return n;
	*out = fly_arena_zalloc(&r->arena, (size_t)n, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		(*out)[i] = (struct item){ rows[i].name, rows[i].id, &rows[i] };
	return n;
}

static int names_page(struct fly_request *r, int64_t scope, int state, const char *after,
		      size_t max, struct item **out)
{
	struct fly_execution_name *rows;
	int n = fly_execution_names(r->db, scope, state, after, max, &r->arena, &rows);

	if (n <= 0)
		return n;
	*out = fly_arena_zalloc(&r->arena, (size_t)n, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		(*out)[i] = (struct item){ rows[i].name, rows[i].id, NULL };
	return n;
}

static int list_merged(struct fly_request *r, int64_t scope, int state, bool plus,
		       const char *after, struct fly_listing *l)
{
	struct merge m;

	do {
		size_t page = page_of(l, plus ? 160 : 40);

		m = (struct merge){ 0 };
		m.n_rows = plus ? entries_page(r, scope, state, after, page, &m.rows) :
				  names_page(r, scope, state, after, page, &m.rows);
		if (m.n_rows < 0)
			return m.n_rows;
		m.more_rows = (size_t)m.n_rows == page;
		if (!state)
			m.n_drafts = fly_draft_names(r->fs->drafts, FLY_KIND_EXECUTION, scope,
						     NULL, after, &r->arena, &m.drafts);
		if (m.n_drafts < 0)
			return m.n_drafts;
	} while (give(r, l, &m, &after) && m.more_rows);
	return 0;
}

/* Is this listing a big one? Counted when it begins, remembered while it goes on. */
static bool is_big(struct fly_request *r, struct fly_ino dir, int64_t scope, int state,
		   const struct fly_listing *l)
{
	uint64_t number = fly_ino_pack(dir.kind, dir.id, dir.index);
	_Atomic uint64_t *slot = &r->fs->big[number % FLY_ARRAY_LEN(r->fs->big)];

	if (fly_listing_place(l) < 0) {
		bool big = fly_execution_count(r->db, scope, state) > PLUS_MAX;

		atomic_store(slot, big ? number : 0);
		return big;
	}
	return atomic_load(slot) == number;
}

int fly_runs_list(struct fly_request *r, struct fly_ino dir, int64_t scope, int state,
		  struct fly_listing *l)
{
	const char *after;

	if (!r->db)
		return -EIO;
	if (!place_name(r, l, &after))
		return 0;
	return list_merged(r, scope, state, l->plus && !is_big(r, dir, scope, state, l), after, l);
}

/* --- links ---------------------------------------------------------------- */

static bool give_links(struct fly_listing *l, const struct fly_execution_name *page, int n)
{
	for (int i = 0; i < n; i++)
		if (!fly_listing_add_plain(
			    l, page[i].name,
			    fly_ino_pack(FLY_INO_EXECUTION, page[i].id, FLY_RUN_LINK), S_IFLNK,
			    FLY_COOKIE_DYNAMIC + page[i].id))
			return false;
	return true;
}

/* Of one phase (>= 0), or of one launch plan. */
static int links_page(struct fly_request *r, int64_t scope, int phase, int64_t named,
		      const char *after, size_t max, struct fly_execution_name **page)
{
	if (phase >= 0)
		return fly_execution_names_by_phase(r->db, scope, phase, after, max, &r->arena,
						    page);
	return fly_execution_names_by_plan(r->db, scope, named, after, max, &r->arena, page);
}

static int list_links(struct fly_request *r, int64_t scope, int phase, int64_t named,
		      struct fly_listing *l)
{
	struct fly_execution_name *page;
	const char *after;
	int n;

	if (!r->db)
		return -EIO;
	if (!place_name(r, l, &after))
		return 0;
	while ((n = links_page(r, scope, phase, named, after, page_of(l, 40), &page)) > 0) {
		if (!give_links(l, page, n))
			return 0;
		after = page[n - 1].name;
	}
	return n;
}

int fly_runs_lookup_phase(struct fly_request *r, int64_t scope, int phase, const char *name,
			  struct fuse_entry_param *e)
{
	struct fly_execution row;
	int rc = find(r, scope, name, &row);

	if (rc < 0)
		return rc;
	if (row.phase != phase)
		return -ENOENT;
	fly_run_link_entry(r, &row, e);
	/* The link lives on below another phase: only a LOOKUP tells that it has left this one. */
	e->entry_timeout = 0;
	return 0;
}

int fly_runs_lookup_plan(struct fly_request *r, int64_t scope, int64_t named, const char *name,
			 struct fuse_entry_param *e)
{
	struct fly_execution row;
	struct fly_entity plan;
	int rc = find(r, scope, name, &row);

	if (!rc && !row.launch_plan)
		rc = -ENOENT;
	if (!rc)
		rc = fly_entity_get_id(r->db, FLY_KIND_LAUNCH_PLAN, row.launch_plan,
				       FLY_ENTITY_HEAD, &r->arena, &plan);
	if (rc < 0)
		return rc;
	if (plan.named != named)
		return -ENOENT;
	fly_run_link_entry(r, &row, e);
	return 0;
}

int fly_runs_list_phase(struct fly_request *r, int64_t scope, int phase, struct fly_listing *l)
{
	return list_links(r, scope, phase, -1, l);
}

int fly_runs_list_plan(struct fly_request *r, int64_t scope, int64_t named, struct fly_listing *l)
{
	return list_links(r, scope, -1, named, l);
}

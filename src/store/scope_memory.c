/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of scopes: project and domain of each, the newest change in it, how many executions.
 * An insert of an execution would otherwise write the scope's row too, and a count would walk an
 * index. The row follows within a second (one write a second and scope) and exactly at close;
 * after a crash a time that may lag is taken as a second later than written, so that it is never
 * earlier than what was shown.
 */
#include "db.h"

#define LAG_NS INT64_C(1000000000)
#define NEVER (INT64_MIN / 2)

static struct scope_entry **id_bucket(struct scope_memory *m, int64_t id)
{
	return &m->by_id[(uint64_t)id % SCOPE_BUCKETS];
}

static struct scope_entry **name_bucket(struct scope_memory *m, const char *project,
					const char *domain)
{
	uint32_t hash = fly_fnv1a32(project, strlen(project)) ^
			fly_fnv1a32(domain, strlen(domain)) * 31;

	return &m->by_name[hash % SCOPE_BUCKETS];
}

static void link_entry(struct scope_memory *m, struct scope_entry *e)
{
	struct scope_entry **at = id_bucket(m, e->id);

	e->next = *at;
	*at = e;
	at = name_bucket(m, e->project, e->domain);
	e->next_named = *at;
	*at = e;
}

static struct scope_entry *find_locked(struct scope_memory *m, int64_t id)
{
	struct scope_entry *e = *id_bucket(m, id);

	while (e && e->id != id)
		e = e->next;
	return e;
}

static struct scope_entry *find(struct scope_memory *m, int64_t id)
{
	struct scope_entry *e;

	pthread_mutex_lock(&m->lock);
	e = find_locked(m, id);
	pthread_mutex_unlock(&m->lock);
	return e;
}

/* Read one row of a committed scope into memory; leaves the statement to the caller. */
static int remember(struct scope_memory *m, struct stmt *s)
{
	struct scope_entry *e;
	int64_t id = fly_col_int(s), now = fly_now_ns();
	bool settled;
	int rc = 0;

	pthread_mutex_lock(&m->lock);
	s->arena = &m->arena;
	e = find_locked(m, id);
	if (!e && (e = fly_arena_zalloc(&m->arena, 1, sizeof(*e)))) {
		e->id = id;
		e->project_id = fly_col_int(s);
		e->project = fly_col_text(s);
		e->domain = fly_col_text(s);
		e->changed_ns = fly_col_int(s);
		e->listed_ns = fly_col_int(s);
		settled = fly_col_int(s) != 0;
		/* The first change must take the mark of exactness off the row. */
		e->written_ns = settled ? NEVER : e->changed_ns;
		if (!settled && e->changed_ns < now) {
			e->changed_ns = now - e->changed_ns < LAG_NS ? now : e->changed_ns + LAG_NS;
			e->listed_ns = e->changed_ns;
		}
		e->dirty = !settled;
		if (e->project && e->domain)
			link_entry(m, e);
	}
	if (!e || s->no_memory)
		rc = -ENOMEM;
	pthread_mutex_unlock(&m->lock);
	return rc;
}

#define COLUMNS "s.id, s.project, p.identifier, s.domain, s.changed_ns, s.listed_ns, s.settled"

static int load_rows(struct fly_store *store, struct fly_db *db, struct fly_why *why)
{
	static const char sql[] =
		"SELECT " COLUMNS " FROM scope s JOIN project p ON p.id = s.project";
	struct stmt s;
	int rc;

	fly_stmt_use(&s, db, sql, NULL);
	while ((rc = fly_stmt_row(&s)) > 0) {
		rc = remember(&store->scopes, &s);
		if (rc < 0) {
			fly_stmt_end(&s, 0);
			return fly_fail(why, -rc, "out of memory");
		}
	}
	if (rc < 0)
		rc = fly_db_fail(db, s.code, why);
	return fly_stmt_end(&s, rc);
}

static int load_counts(struct fly_store *store, struct fly_db *db, const char *sql, int state,
		       struct fly_why *why)
{
	struct scope_entry *e;
	struct stmt s;
	int rc;

	fly_stmt_build(&s, db, sql, NULL);
	while ((rc = fly_stmt_row(&s)) > 0) {
		e = find(&store->scopes, fly_col_int(&s));
		if (e)
			e->n_executions[state] = fly_col_int(&s);
	}
	if (rc < 0)
		rc = fly_db_fail(db, s.code, why);
	return fly_stmt_end(&s, rc);
}

int fly_scopes_load(struct fly_store *store, struct fly_db *db, struct fly_why *why)
{
	struct scope_entry *e;
	size_t i;
	int rc = load_rows(store, db, why);

	if (rc == 0)
		rc = load_counts(store, db,
				 "SELECT scope, count(*) FROM execution INDEXED BY execution_name "
				 "GROUP BY scope",
				 0, why);
	if (rc == 0)
		rc = load_counts(store, db,
				 "SELECT scope, count(*) FROM execution "
				 "INDEXED BY execution_archived WHERE state = 1 GROUP BY scope",
				 1, why);
	for (i = 0; rc == 0 && i < SCOPE_BUCKETS; i++) {
		for (e = store->scopes.by_id[i]; e; e = e->next)
			e->n_executions[0] -= e->n_executions[1];
	}
	return rc;
}

static const char one_sql[] =
	"SELECT " COLUMNS " FROM scope s JOIN project p ON p.id = s.project WHERE s.id = ?";

/* Committed rows only: the writer's open transaction may yet be undone. */
static int load_one(struct fly_store *store, struct fly_db *db, int64_t id)
{
	struct stmt s;
	int rc;

	fly_stmt_use(&s, db, one_sql, NULL);
	fly_bind_int(&s, id);
	rc = fly_stmt_one(&s);
	if (rc == 0)
		rc = remember(&store->scopes, &s);
	return fly_stmt_end(&s, rc);
}

static void describe(const struct scope_entry *e, struct fly_scope *out)
{
	*out = (struct fly_scope){
		.id = e->id,
		.project_id = e->project_id,
		.project = e->project,
		.domain = e->domain,
		.changed_ns = e->changed_ns,
		.listed_ns = e->listed_ns,
	};
}

bool fly_scope_recall(struct fly_store *store, int64_t id, struct fly_scope *out)
{
	struct scope_memory *m = &store->scopes;
	struct scope_entry *e;

	if (store->read_only)
		return false;
	pthread_mutex_lock(&m->lock);
	e = find_locked(m, id);
	if (e)
		describe(e, out);
	pthread_mutex_unlock(&m->lock);
	return e;
}

bool fly_scope_recall_name(struct fly_store *store, const char *project, const char *domain,
			   struct fly_scope *out)
{
	struct scope_memory *m = &store->scopes;
	struct scope_entry *e;

	if (store->read_only)
		return false;
	pthread_mutex_lock(&m->lock);
	e = *name_bucket(m, project, domain);
	while (e && (strcmp(e->project, project) != 0 || strcmp(e->domain, domain) != 0))
		e = e->next_named;
	if (e)
		describe(e, out);
	pthread_mutex_unlock(&m->lock);
	return e;
}

int64_t fly_scope_recall_count(struct fly_store *store, int64_t id, int state)
{
	struct scope_memory *m = &store->scopes;
	struct scope_entry *e;
	int64_t n = -1;

	if (store->read_only)
		return -1;
	pthread_mutex_lock(&m->lock);
	e = find_locked(m, id);
	if (e)
		n = e->n_executions[state == 1];
	pthread_mutex_unlock(&m->lock);
	return n;
}

int64_t fly_scope_recall_total(struct fly_store *store)
{
	struct scope_memory *m = &store->scopes;
	int64_t n = 0;

	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < SCOPE_BUCKETS; i++)
		for (const struct scope_entry *e = m->by_id[i]; e; e = e->next)
			n += e->n_executions[0] + e->n_executions[1];
	pthread_mutex_unlock(&m->lock);
	return n;
}

int fly_scope_texts(struct fly_db *db, int64_t id, struct fly_arena *arena, const char **project,
		    const char **domain)
{
	struct scope_entry *e = find(&db->store->scopes, id);
	struct stmt s;
	int rc;

	if (!e && (!db->is_writer || sqlite3_get_autocommit(db->sql))) {
		rc = load_one(db->store, db, id);
		if (rc < 0)
			return rc;
		e = find(&db->store->scopes, id);
	}
	if (e) {
		*project = e->project;
		*domain = e->domain;
		return 0;
	}
	fly_stmt_use(&s, db, one_sql, arena);
	fly_bind_int(&s, id);
	rc = fly_stmt_one(&s);
	if (rc == 0) {
		s.column = 2;
		*project = fly_col_text(&s);
		*domain = fly_col_text(&s);
	}
	return fly_stmt_end(&s, rc);
}

/* --- what a group of changes does to them --------------------------------------------- */

static bool is_listed_in_scope(const struct fly_change *c)
{
	return c->kind == FLY_KIND_EXECUTION || c->kind == FLY_KIND_NAMED;
}

static bool moves_a_name(const struct fly_change *c)
{
	unsigned names = FLY_CHANGE_CREATED | FLY_CHANGE_GONE;

	if (c->kind == FLY_KIND_EXECUTION)
		names |= FLY_CHANGE_STATE;
	return c->flags & names;
}

static int write_row(struct fly_db *db, const struct scope_entry *e, int64_t changed_ns,
		     int64_t listed_ns, bool settled, struct fly_why *why)
{
	static const char sql[] =
		"UPDATE scope SET changed_ns = ?, listed_ns = ?, settled = ? WHERE id = ?";
	struct stmt s;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, changed_ns);
	fly_bind_int(&s, listed_ns);
	fly_bind_int(&s, settled);
	fly_bind_int(&s, e->id);
	return fly_stmt_run(&s, why);
}

int fly_scopes_stage(struct fly_db *db, struct fly_why *why)
{
	const struct changes *changes = &db->changes;
	const struct fly_change *c;
	struct scope_entry *e;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < changes->n; i++) {
		c = &changes->items[i];
		if (!is_listed_in_scope(c))
			continue;
		/* A scope made by this group is not known yet, and its row is new. */
		e = find(&db->store->scopes, c->scope);
		if (!e)
			continue;
		e->dirty = true;
		if (c->at_ns - e->written_ns < LAG_NS)
			continue;
		rc = write_row(db, e, c->at_ns, c->at_ns, false, why);
		if (rc == 0)
			e->written_ns = c->at_ns;
	}
	return rc;
}

static void note_one(struct scope_entry *e, const struct fly_change *c)
{
	int state = c->state == 1;

	e->changed_ns = fly_time_after(e->changed_ns, c->at_ns);
	if (moves_a_name(c))
		e->listed_ns = fly_time_after(e->listed_ns, c->at_ns);
	if (c->kind != FLY_KIND_EXECUTION)
		return;
	if (c->flags & FLY_CHANGE_CREATED) {
		e->n_executions[state]++;
	} else if (c->flags & FLY_CHANGE_GONE) {
		e->n_executions[state]--;
	} else if (c->flags & FLY_CHANGE_STATE) {
		e->n_executions[state]++;
		e->n_executions[!state]--;
	}
}

void fly_scopes_note(struct fly_db *db)
{
	struct scope_memory *m = &db->store->scopes;
	const struct changes *changes = &db->changes;
	const struct fly_change *c;
	struct scope_entry *e;
	size_t i;

	for (i = 0; i < changes->n; i++) {
		c = &changes->items[i];
		if (c->kind == FLY_KIND_SCOPE && !find(m, c->id))
			load_one(db->store, db, c->id);
	}
	pthread_mutex_lock(&m->lock);
	for (i = 0; i < changes->n; i++) {
		c = &changes->items[i];
		e = is_listed_in_scope(c) ? find_locked(m, c->scope) : NULL;
		if (e)
			note_one(e, c);
	}
	pthread_mutex_unlock(&m->lock);
}

void fly_scopes_distrust(struct fly_store *store)
{
	struct scope_memory *m = &store->scopes;
	struct scope_entry *e;
	size_t i;

	pthread_mutex_lock(&m->lock);
	for (i = 0; i < SCOPE_BUCKETS; i++) {
		for (e = m->by_id[i]; e; e = e->next)
			e->written_ns = NEVER;
	}
	pthread_mutex_unlock(&m->lock);
}

int fly_scopes_settle(struct fly_db *db)
{
	struct scope_entry *e;
	size_t i;
	int rc = 0;

	for (i = 0; i < SCOPE_BUCKETS; i++) {
		for (e = db->store->scopes.by_id[i]; rc == 0 && e; e = e->next) {
			if (e->dirty)
				rc = write_row(db, e, e->changed_ns, e->listed_ns, true, NULL);
		}
	}
	return rc;
}

void fly_scopes_release(struct scope_memory *m)
{
	fly_arena_release(&m->arena);
}

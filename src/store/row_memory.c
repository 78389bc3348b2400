/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of rows that are asked for again and again. Projects, names, versions of tasks,
 * workflows and launch plans hardly ever change, and each launch asks for the same few: a
 * committed change of any makes all of them old. Of executions and nodes, whose files are all made
 * from one row, a change makes old what has its id (or one that shares its mark). The writer never
 * asks, for its transaction may yet be undone.
 *
 * A row is remembered with the mark that was read before its snapshot began: were it older than
 * the newest change, the marks would differ.
 */
#include "row.h"

#define ROW_MAX_BYTES (64 << 10)	/* larger rows are read each time */
#define MAX_BYTES (4 << 20)

struct row_memory_entry {
	struct row_key key;
	void *row;
	struct fly_arena arena;		/* of all that key and row point to */
};

#define NO_MARK UINT64_MAX		/* nothing to compare with: neither recall nor remember */

static bool is_rare(enum fly_kind kind)
{
	return kind != FLY_KIND_EXECUTION && kind != FLY_KIND_NODE && kind != FLY_KIND_ATTEMPT;
}

void fly_rows_note(struct fly_db *db)
{
	struct row_memory *m = &db->store->rows;
	bool rare = false;
	size_t i;

	for (i = 0; i < db->changes.n; i++) {
		const struct fly_change *c = &db->changes.items[i];

		if (is_rare(c->kind))
			rare = true;
		else
			atomic_fetch_add(&m->marks[(uint64_t)c->id % ROW_MARKS], 1);
	}
	if (rare)
		atomic_fetch_add(&m->mark, 1);
}

void fly_rows_begin(struct fly_db *db)
{
	db->mark = atomic_load(&db->store->rows.mark);
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same_key(const struct row_key *a, const struct row_key *b)
{
	size_t i;

	for (i = 0; i < ROW_KEY_PARTS; i++) {
		if (a->numbers[i] != b->numbers[i] || !is_same_text(a->texts[i], b->texts[i]))
			return false;
	}
	return a->sql == b->sql;
}

static uint64_t mark_now(struct row_memory *m, const struct row_key *key)
{
	return key->id ? atomic_load(&m->marks[(uint64_t)key->id % ROW_MARKS])
		       : atomic_load(&m->mark);
}

/* The mark before the snapshot that is read next; an open one knows that of rare kinds alone. */
static uint64_t mark_before(struct fly_db *db, const struct row_key *key)
{
	if (db->is_writer || db->store->read_only || (db->depth && key->id))
		return NO_MARK;
	return db->depth ? db->mark : mark_now(&db->store->rows, key);
}

static struct row_memory_entry **slot_of(struct row_memory *m, const struct row_key *key)
{
	uint64_t hash = (uintptr_t)key->sql;
	size_t i;

	for (i = 0; i < ROW_KEY_PARTS; i++) {
		hash = hash * 31 + (uint64_t)key->numbers[i];
		if (key->texts[i])
			hash ^= fly_fnv1a64(key->texts[i], strlen(key->texts[i]));
	}
	return &m->slots[(hash * UINT64_C(0x9e3779b97f4a7c15) >> 32) % ROW_SLOTS];
}

/* Give a bitwise copy texts and blobs of its own. */
static int own_parts(const struct row_shape *shape, void *row, struct fly_arena *arena)
{
	size_t i;

	for (i = 0; i < shape->n_texts; i++) {
		const char **text = (const char **)((char *)row + shape->texts[i]);

		if (*text && !(*text = fly_arena_strdup(arena, *text)))
			return -ENOMEM;
	}
	for (i = 0; i < shape->n_blobs; i++) {
		struct fly_bytes *blob = (struct fly_bytes *)((char *)row + shape->blobs[i]);

		if (blob->len && !(blob->data = fly_arena_memdup(arena, blob->data, blob->len)))
			return -ENOMEM;
	}
	return 0;
}

bool fly_row_recall(struct fly_db *db, struct row_key *key, const struct row_shape *shape,
		    struct fly_arena *arena, void *out)
{
	struct row_memory *m = &db->store->rows;
	struct row_memory_entry *e;
	void *row = NULL;

	key->mark = mark_before(db, key);
	if (key->mark == NO_MARK)
		return false;
	pthread_mutex_lock(&m->lock);
	e = *slot_of(m, key);
	if (e && e->key.mark == mark_now(m, key) && is_same_key(&e->key, key)) {
		row = fly_arena_memdup(arena, e->row, shape->size);
		if (row && own_parts(shape, row, arena) < 0)
			row = NULL;
	}
	pthread_mutex_unlock(&m->lock);
	if (row)
		memcpy(out, row, shape->size);
	return row;
}

static void drop(struct row_memory *m, struct row_memory_entry **slot)
{
	struct row_memory_entry *e = *slot;

	if (!e)
		return;
	m->bytes -= e->arena.used_bytes;
	fly_arena_release(&e->arena);
	free(e);
	*slot = NULL;
}

static void drop_all(struct row_memory *m)
{
	size_t i;

	for (i = 0; i < ROW_SLOTS; i++)
		drop(m, &m->slots[i]);
}

static int copy_key(struct row_key *key, struct fly_arena *arena)
{
	size_t i;

	for (i = 0; i < ROW_KEY_PARTS; i++) {
		if (key->texts[i] && !(key->texts[i] = fly_arena_strdup(arena, key->texts[i])))
			return -ENOMEM;
	}
	return 0;
}

static struct row_memory_entry *make(const struct row_key *key, const struct row_shape *shape,
				     const void *row)
{
	struct row_memory_entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->key = *key;
	e->arena.limit_bytes = ROW_MAX_BYTES;
	e->row = fly_arena_memdup(&e->arena, row, shape->size);
	if (e->row && copy_key(&e->key, &e->arena) == 0 &&
	    own_parts(shape, e->row, &e->arena) == 0)
		return e;
	fly_arena_release(&e->arena);
	free(e);
	return NULL;
}

void fly_row_remember(struct fly_db *db, const struct row_key *key, const struct row_shape *shape,
		      const void *row)
{
	struct row_memory *m = &db->store->rows;
	struct row_memory_entry *e, **slot = slot_of(m, key);

	if (key->mark == NO_MARK || key->mark != mark_now(m, key))
		return;
	e = make(key, shape, row);
	if (!e)
		return;
	pthread_mutex_lock(&m->lock);
	drop(m, slot);
	if (m->bytes + e->arena.used_bytes > MAX_BYTES)
		drop_all(m);
	m->bytes += e->arena.used_bytes;
	*slot = e;
	pthread_mutex_unlock(&m->lock);
}

void fly_rows_release(struct row_memory *m)
{
	drop_all(m);
}

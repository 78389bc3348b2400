/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the open transaction changed, in order, and several changes of one row made one. It knows
 * no listener.
 */
#include "db.h"

int fly_changes_add(struct fly_db *db, const struct fly_change *change, struct fly_why *why)
{
	struct changes *c = &db->changes;
	struct fly_change copy = *change;
	struct fly_change *items;
	size_t cap;

	if (c->n == c->cap) {
		cap = c->cap ? c->cap * 2 : 64;
		items = reallocarray(c->items, cap, sizeof(*items));
		if (!items)
			return fly_no_memory(why);
		c->items = items;
		c->cap = cap;
	}
	if (copy.name) {
		copy.name = fly_arena_strdup(&c->names, copy.name);
		if (!copy.name)
			return fly_no_memory(why);
	}
	c->items[c->n++] = copy;
	return 0;
}

void fly_changes_cut(struct changes *c, size_t n)
{
	c->n = n;
}

static void merge(struct fly_change *into, const struct fly_change *later)
{
	int old_phase = into->flags & FLY_CHANGE_PHASE ? into->old_phase : later->old_phase;
	unsigned flags = into->flags | later->flags;
	int64_t plan = into->plan ? into->plan : later->plan;

	*into = *later;
	into->plan = plan;
	into->flags = flags;
	into->old_phase = flags & FLY_CHANGE_PHASE ? old_phase : later->phase;
}

/* A few changes are compared with each other, many through a table of places by id. */
#define FEW 8

static void merge_few(struct changes *c)
{
	size_t i, j, kept = 0;

	for (i = 0; i < c->n; i++) {
		for (j = 0; j < kept && c->items[j].id != c->items[i].id; j++)
			;
		if (j < kept)
			merge(&c->items[j], &c->items[i]);
		else
			c->items[kept++] = c->items[i];
	}
	c->n = kept;
}

void fly_changes_merge(struct changes *c)
{
	size_t cap = 2 * FEW, i, at, kept = 0;
	auto_free uint32_t *table = NULL;	/* place + 1 */

	while (cap < 2 * c->n)
		cap *= 2;
	if (c->n > FEW)
		table = calloc(cap, sizeof(*table));
	/* Without memory for the table the slow way does. */
	if (!table) {
		merge_few(c);
		return;
	}
	for (i = 0; i < c->n; i++) {
		at = ((uint64_t)c->items[i].id * UINT64_C(0x9e3779b97f4a7c15)) >> 20;
		for (at &= cap - 1; table[at]; at = (at + 1) & (cap - 1)) {
			if (c->items[table[at] - 1].id == c->items[i].id)
				break;
		}
		if (table[at]) {
			merge(&c->items[table[at] - 1], &c->items[i]);
			continue;
		}
		c->items[kept++] = c->items[i];
		table[at] = (uint32_t)kept;
	}
	c->n = kept;
}

/* Memory of an unusually large group is given back. */
#define KEPT_CHANGES 4096

void fly_changes_clear(struct changes *c)
{
	c->n = 0;
	fly_arena_release(&c->names);
	if (c->cap > KEPT_CHANGES) {
		free(c->items);
		c->items = NULL;
		c->cap = 0;
	}
}

void fly_changes_release(struct changes *c)
{
	fly_changes_clear(c);
	free(c->items);
	c->items = NULL;
	c->cap = 0;
}

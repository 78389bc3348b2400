/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open addressing with linear probing; grows at two thirds; nothing is ever taken out.
 */
#include "name_index.h"

static struct name_slot *find_slot(const struct name_index *x, const char *key)
{
	size_t at = (size_t)fly_fnv1a64(key, strlen(key)) & (x->cap - 1);

	while (x->slots[at].key && strcmp(x->slots[at].key, key))
		at = (at + 1) & (x->cap - 1);
	return &x->slots[at];
}

void *name_index_get(const struct name_index *x, const char *key)
{
	return x->cap ? find_slot(x, key)->value : NULL;
}

static bool grow(struct name_index *x, struct fly_arena *arena)
{
	struct name_index bigger = {.cap = x->cap ? x->cap * 2 : 16, .n = x->n};
	size_t i;

	bigger.slots = fly_arena_zalloc(arena, bigger.cap, sizeof(*bigger.slots));
	if (!bigger.slots)
		return false;
	for (i = 0; i < x->cap; i++) {
		if (x->slots[i].key)
			*find_slot(&bigger, x->slots[i].key) = x->slots[i];
	}
	*x = bigger;
	return true;
}

bool name_index_put(struct name_index *x, struct fly_arena *arena, const char *key, void *value)
{
	struct name_slot *slot;

	if (x->n * 3 >= x->cap * 2 && !grow(x, arena))
		return false;
	slot = find_slot(x, key);
	if (!slot->key) {
		slot->key = key;
		x->n++;
	}
	slot->value = value;
	return true;
}

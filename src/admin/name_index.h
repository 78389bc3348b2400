/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table from text to a pointer, in an arena. Workflows name nodes, variables and each other by
 * text, and a document may hold very many of them.
 */
#ifndef FLYTEFS_ADMIN_NAME_INDEX_H
#define FLYTEFS_ADMIN_NAME_INDEX_H

#include "flytefs/base.h"

struct name_slot {
	const char *key;	/* NULL: free */
	void *value;
};

/* Zero-initialised is empty. Keys are borrowed and must live as long as the table. */
struct name_index {
	struct name_slot *slots;
	size_t n, cap;
};

/** The value of a key, NULL when it is not there. */
void *name_index_get(const struct name_index *x, const char *key);
/** Set a key's value (never NULL). false: out of memory. */
bool name_index_put(struct name_index *x, struct fly_arena *arena, const char *key, void *value);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows as structs: read one or all that a statement gives, and those that are asked for again and
 * again kept in memory until they change. A remembered row is found by the query that gave it and
 * what was bound there. Private to src/store.
 */
#ifndef FLYTEFS_STORE_ROW_H
#define FLYTEFS_STORE_ROW_H

#include "db.h"

/* A query and what was bound. texts are borrowed. */
struct row_key {
	const char *sql;	/* identity: the address of the text */
	int64_t numbers[ROW_KEY_PARTS];
	const char *texts[ROW_KEY_PARTS];
	int64_t id;		/* of a run's row, which only its own changes make old; 0: a rare kind */
	uint64_t mark;		/* set by recall, for remember */
};

/* A kind of row, one of union any_row (row.c). */
struct row_shape {
	size_t size;
	/* Columns in order, then what other tables hold of it: s, still open, holds the snapshot.
	 * parts: what the kind makes of it. 0 or -errno. */
	int (*read)(struct stmt *s, unsigned parts, void *row);
	/* Where its texts (const char *) and blobs (struct fly_bytes) are, for rows that are
	 * remembered: a copy has its own. */
	const size_t *texts, *blobs;
	size_t n_texts, n_blobs;
};

#define ROW_TEXTS(offsets) .texts = offsets, .n_texts = FLY_ARRAY_LEN(offsets)
#define ROW_BLOBS(offsets) .blobs = offsets, .n_blobs = FLY_ARRAY_LEN(offsets)

/** The one row of a bound statement, which ends; key: remember it by that (may be NULL). */
int fly_row_get(struct stmt *s, const struct row_shape *shape, unsigned parts,
		struct row_key *key, void *out);
/** All of them, in s->arena; out points to a pointer to rows. Their number, or -errno. */
int fly_row_list(struct stmt *s, const struct row_shape *shape, unsigned parts, void *out);

/** The remembered row, copied into arena; false: read it, then remember it. */
bool fly_row_recall(struct fly_db *db, struct row_key *key, const struct row_shape *shape,
		    struct fly_arena *arena, void *out);
void fly_row_remember(struct fly_db *db, const struct row_key *key, const struct row_shape *shape,
		      const void *row);

#endif

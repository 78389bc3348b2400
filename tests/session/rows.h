/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What holds for any row, however it came to be: every text there is can be rendered, has the size
 * it says, and JSON is JSON. Aborts where it does not hold.
 */
#ifndef FLYTEFS_TESTS_ROWS_H
#define FLYTEFS_TESTS_ROWS_H

#include "flytefs/admin.h"

void rows_check_execution(struct fly_db *db, int64_t id);
void rows_check_entity(struct fly_db *db, enum fly_kind kind, int64_t id);
/* Rows that changed, as a store's listener is told. Zeroed is none; from one thread at a time. */
#define ROWS_CHANGED_MAX 512
struct rows_changed {
	size_t n;
	enum fly_kind kinds[ROWS_CHANGED_MAX];
	int64_t ids[ROWS_CHANGED_MAX];
};
void rows_note(struct rows_changed *c, const struct fly_change *changes, size_t n);
/** Check them, and forget them. */
void rows_check_changed(struct fly_db *db, struct rows_changed *c);
/** Everything the store holds, by walking it as the tree does. */
void rows_check_all(struct fly_db *db);
/** A refusal says why: a sentence, in UTF-8, on one line, with an errno a user can cause. */
void rows_check_refusal(int rc, const struct fly_why *why);

#endif

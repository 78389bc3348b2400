/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query/FILTERS/: an answer of a list call as a directory: a link for each row in the order of the
 * page, list.json, list.pb and, when there is more, next. Names live in a bounded
 * table: an entry is dropped when the kernel forgets it, or, when the table is full, when it was
 * used longest ago (ESTALE then, at which the kernel looks it up anew).
 */
#ifndef FLYTEFS_FS_QUERY_H
#define FLYTEFS_FS_QUERY_H

#include "tree.h"

struct fly_queries;

int fly_queries_create(struct fly_queries **out);
void fly_queries_destroy(struct fly_queries *queries);
/** A name in query/; a bad filter: -EINVAL, recorded. */
int fly_query_lookup(struct fly_request *r, const struct fly_scope *s, const char *name,
		     struct fuse_entry_param *e);
/**
 * Something in a scope changed: its answers are taken anew when next asked for. On the notifier.
 */
void fly_queries_changed(struct fly_fs *fs, int64_t scope);

/** A change in a scope: does it make any answer an old one? If not, no more need be done. */
bool fly_queries_hold(struct fly_fs *fs, int64_t scope);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* One page of rows, the part that all list calls share. */
#ifndef FLYTEFS_ADMIN_LIST_H
#define FLYTEFS_ADMIN_LIST_H

#include "admin_private.h"

/* A page under way. Begins with what list requests carry; the rest is filled by fly_page_read. */
struct fly_page {
	struct fly_list list;		/* what, call and the place are the caller's */
	int64_t *ids;
	size_t n;
	const char *token;		/* the next page's; "" at the end */
};

/** Take the parts of a request that all list calls have; sort may be NULL. INVALID_ARGUMENT. */
int fly_page_ask(struct fly_page *page, uint32_t limit, const char *token, const char *filters,
		 const Flyteidl__Admin__Sort *sort, struct fly_why *why);
/**
 * Find the page's rows and make one message of each, all in one snapshot. make: the row id's
 * message into arena, -ENOENT to leave it out. @out on 0: page->n messages, in arena.
 */
int fly_page_read(struct fly_db *db, struct fly_page *page, struct fly_arena *arena,
		  int (*make)(struct fly_db *db, int64_t id, const struct fly_page *page,
			      struct fly_arena *arena, ProtobufCMessage **out,
			      struct fly_why *why),
		  ProtobufCMessage ***out, struct fly_why *why);

/** project and domain of a request's id, which must be there; its name may be. INVALID_ARGUMENT. */
int fly_page_place(struct fly_page *page, const Flyteidl__Admin__NamedEntityIdentifier *id,
		   struct fly_why *why);

#endif

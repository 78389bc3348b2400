/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page of rows: limit, token, filters and sort order of a request, handed to the store, and the
 * rows it finds made into messages. It knows no entity.
 * Source: flyte-api §2.11.
 */
#include "list.h"

static int check_sort(const Flyteidl__Admin__Sort *sort, struct fly_page *page, struct fly_why *why)
{
	if (!sort)
		return 0;
	page->list.sort_key = sort->key;
	page->list.ascending = sort->direction == FLYTEIDL__ADMIN__SORT__DIRECTION__ASCENDING;
	if (page->list.ascending ||
	    sort->direction == FLYTEIDL__ADMIN__SORT__DIRECTION__DESCENDING)
		return 0;
	return fly_refuse(why, FLY_INVALID_ARGUMENT,
			  "sort_by.direction has no value %d: ASCENDING (1) or DESCENDING (0)",
			  (int)sort->direction);
}

int fly_page_ask(struct fly_page *page, uint32_t limit, const char *token, const char *filters,
		 const Flyteidl__Admin__Sort *sort, struct fly_why *why)
{
	int rc = page->list.what == FLY_LIST_PROJECT ? 0 : fly_check_limit(limit, why);

	if (rc < 0)
		return rc;
	page->list.limit = limit;
	page->list.token = token;
	page->list.filters = filters;
	return check_sort(sort, page, why);
}

int fly_page_place(struct fly_page *page, const Flyteidl__Admin__NamedEntityIdentifier *id,
		   struct fly_why *why)
{
	int rc;

	if (!id)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "id is missing");
	if ((rc = fly_check_set(id->project, "id.project", why)) < 0 ||
	    (rc = fly_check_set(id->domain, "id.domain", why)) < 0)
		return rc;
	page->list.project = id->project;
	page->list.domain = id->domain;
	page->list.name = id->name;
	return 0;
}

static int read_rows(struct fly_db *db, struct fly_page *page, struct fly_arena *arena,
		     int (*make)(struct fly_db *db, int64_t id, const struct fly_page *page,
				 struct fly_arena *arena, ProtobufCMessage **out,
				 struct fly_why *why),
		     ProtobufCMessage ***out, struct fly_why *why)
{
	ProtobufCMessage **messages;
	size_t i;
	int n = fly_list_ids(db, &page->list, arena, &page->ids, &page->token, why);
	int rc;

	if (n < 0)
		return n;
	messages = fly_arena_zalloc(arena, (size_t)n + 1, sizeof(*messages));
	if (!messages)
		return fly_no_memory(why);
	page->n = (size_t)n;
	for (i = 0; i < page->n; i++) {
		rc = make(db, page->ids[i], page, arena, &messages[i], why);
		if (rc < 0)
			return fly_fail(why, -rc, "cannot read row %lld of %s",
					(long long)page->ids[i], page->list.call);
	}
	*out = messages;
	return 0;
}

int fly_page_read(struct fly_db *db, struct fly_page *page, struct fly_arena *arena,
		  int (*make)(struct fly_db *db, int64_t id, const struct fly_page *page,
			      struct fly_arena *arena, ProtobufCMessage **out,
			      struct fly_why *why),
		  ProtobufCMessage ***out, struct fly_why *why)
{
	int rc = fly_db_begin(db, why);

	if (rc < 0)
		return rc;
	rc = read_rows(db, page, arena, make, out, why);
	fly_db_end(db);
	return rc;
}

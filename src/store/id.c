/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids: one counter for all kinds, reserved durably in blocks and never given twice. A block is
 * reserved by the group commit that finds few left, so handing one out is an addition; whoever
 * finds none left waits for such a commit.
 *
 * An apply may take ids beyond the limit: they last only if its own group commits, and that
 * commit raises the limit first.
 */
#include "db.h"

#define BLOCK 4096
#define FEW_LEFT (BLOCK / 2)

int fly_ids_load(struct fly_store *store, struct fly_db *db, struct fly_why *why)
{
	int64_t next;
	int rc = fly_db_number(db, "SELECT value FROM meta WHERE name = 'next_id'", &next, why);

	if (rc == -ENOENT)
		return fly_fail(why, EIO, "the store %s is damaged: its counter is missing",
				store->path);
	if (rc < 0)
		return rc;
	/* Nothing is reserved yet: the first ids wait for the first reservation. */
	store->next_id = next;
	store->id_limit = next;
	return 0;
}

int fly_ids_stage(struct fly_db *db, int64_t *limit, struct fly_why *why)
{
	static const char sql[] = "UPDATE meta SET value = ? WHERE name = 'next_id'";
	struct fly_store *store = db->store;
	int64_t next = atomic_load(&store->next_id), have = atomic_load(&store->id_limit);
	struct stmt s;
	int rc;

	*limit = 0;
	if (have - next >= FEW_LEFT)
		return 0;
	if (have < next)
		have = next;
	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, have + BLOCK);
	rc = fly_stmt_run(&s, why);
	if (rc == 0)
		*limit = have + BLOCK;
	return rc;
}

static int reserve_nothing(struct fly_db *db, struct fly_work *work, struct fly_why *why)
{
	return 0;
}

int64_t fly_store_new_id(struct fly_store *store, struct fly_why *why)
{
	struct fly_work work = {.apply = reserve_nothing};
	int64_t id;
	int rc;

	if (store->read_only)
		return fly_fail(why, EROFS, "the store %s is open read-only", store->path);
	id = atomic_fetch_add(&store->next_id, 1);
	if (id < atomic_load(&store->id_limit) || fly_writer_is_applying(store))
		return id;
	/* The group that commits this work sees that the counter has passed the limit. */
	rc = fly_store_run(store, &work);
	if (rc == 0)
		return id;
	if (why && why->status == FLY_OK)
		*why = work.why;
	return rc;
}

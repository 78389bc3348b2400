/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts: the messages and texts of rows of every kind, a row each in one table. It does not know
 * what they hold.
 */
#include "db.h"

/* From here on reading the old part to see that nothing changed is cheaper than writing it. */
#define COMPARE_FROM_BYTES 2048

static int64_t part_key(int64_t id, int part)
{
	return id * FLY_BLOBS + part;
}

int fly_blob_insert(struct fly_db *db, int64_t id, int part, struct fly_bytes data,
		    struct fly_why *why)
{
	static const char sql[] = "INSERT INTO part (id, data) VALUES (?, ?)";
	struct stmt s;

	if (data.len == 0)
		return 0;
	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, part_key(id, part));
	fly_bind_bytes(&s, data);
	return fly_stmt_run(&s, why);
}

/* OR FAIL: who fails here undoes everything, so SQLite need not keep what undoes one statement. */
#define INSERT "INSERT OR FAIL INTO part (id, data) VALUES (?, ?)"
#define ROW ", (?, ?)"

int fly_blobs_insert(struct fly_db *db, int64_t id, const struct fly_bytes parts[FLY_BLOBS],
		     struct fly_why *why)
{
	static const char *const sql[FLY_BLOBS] = {
		INSERT,
		INSERT ROW,
		INSERT ROW ROW,
		INSERT ROW ROW ROW,
		INSERT ROW ROW ROW ROW,
		INSERT ROW ROW ROW ROW ROW,
		INSERT ROW ROW ROW ROW ROW ROW,
		INSERT ROW ROW ROW ROW ROW ROW ROW,
	};
	struct stmt s;
	size_t n = 0;
	int i;

	for (i = 0; i < FLY_BLOBS; i++)
		n += parts[i].len > 0;
	if (n == 0)
		return 0;
	fly_stmt_use(&s, db, sql[n - 1], NULL);
	for (i = 0; i < FLY_BLOBS; i++) {
		if (parts[i].len == 0)
			continue;
		fly_bind_int(&s, part_key(id, i));
		fly_bind_bytes(&s, parts[i]);
	}
	return fly_stmt_run(&s, why);
}

static bool is_same(struct fly_db *db, int64_t key, struct fly_bytes data)
{
	static const char sql[] = "SELECT 1 FROM part WHERE id = ? AND data = ?";
	struct stmt s;
	bool same;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, key);
	fly_bind_bytes(&s, data);
	same = fly_stmt_row(&s) == 1;
	fly_stmt_end(&s, 0);
	return same;
}

static int delete_part(struct fly_db *db, int64_t key, struct fly_why *why)
{
	static const char sql[] = "DELETE FROM part WHERE id = ?";
	struct stmt s;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, key);
	return fly_stmt_run(&s, why);
}

int fly_blob_put(struct fly_db *db, int64_t id, int part, struct fly_bytes data, bool *was_absent,
		 struct fly_why *why)
{
	static const char sql[] = "UPDATE part SET data = ? WHERE id = ?";
	int64_t key = part_key(id, part);
	struct stmt s;
	int rc;

	if (was_absent)
		*was_absent = false;
	if (data.len == 0)
		return delete_part(db, key, why);
	if (data.len >= COMPARE_FROM_BYTES && is_same(db, key, data))
		return 0;
	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_bytes(&s, data);
	fly_bind_int(&s, key);
	rc = fly_stmt_run(&s, why);
	if (rc < 0 || fly_db_touched(db) > 0)
		return rc;
	if (was_absent)
		*was_absent = true;
	return fly_blob_insert(db, id, part, data, why);
}

static int get_all(struct fly_db *db, int64_t id, unsigned mask, struct fly_arena *arena,
		   struct fly_bytes out[FLY_BLOBS])
{
	/* id first: the data of an unwanted part is not read. */
	static const char sql[] = "SELECT id, data FROM part WHERE id BETWEEN ?1 AND ?1 + 7 "
				  "AND ?2 >> (id & 7) & 1";
	struct stmt s;
	int rc;

	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, part_key(id, 0));
	fly_bind_int(&s, mask);
	while ((rc = fly_stmt_row(&s)) > 0) {
		int part = (int)(fly_col_int(&s) & (FLY_BLOBS - 1));

		out[part] = fly_col_bytes(&s);
	}
	return fly_stmt_end(&s, rc);
}

int fly_blobs_get(struct fly_db *db, int64_t id, unsigned mask, struct fly_arena *arena,
		  struct fly_bytes out[FLY_BLOBS])
{
	memset(out, 0, FLY_BLOBS * sizeof(*out));
	return mask ? get_all(db, id, mask, arena, out) : 0;
}

int fly_blobs_delete(struct fly_db *db, int64_t id, struct fly_why *why)
{
	static const char sql[] = "DELETE FROM part WHERE id BETWEEN ?1 AND ?1 + 7";
	struct stmt s;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, part_key(id, 0));
	return fly_stmt_run(&s, why);
}

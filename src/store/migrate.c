/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which file is a store, and bringing it to the present schema: application_id says what it is,
 * user_version how far it came. Nothing is changed in a file that is not ours.
 */
#include "db.h"
#include "schema.h"

#include <stdio.h>

struct header {
	int64_t application, version, n_objects;
};

static int read_header(struct fly_db *db, struct header *h, struct fly_why *why)
{
	int rc = fly_db_number(db, "PRAGMA application_id", &h->application, why);

	if (rc == 0)
		rc = fly_db_number(db, "PRAGMA user_version", &h->version, why);
	if (rc == 0)
		rc = fly_db_number(db, "SELECT count(*) FROM sqlite_schema", &h->n_objects, why);
	return rc;
}

/* A creation that was cut short leaves an empty database: that may be taken over. */
static bool is_empty(const struct header *h)
{
	return h->application == 0 && h->version == 0 && h->n_objects == 0;
}

static int judge(struct fly_db *db, const struct header *h, struct fly_why *why)
{
	const char *path = db->store->path;

	if (h->application != FLY_APPLICATION_ID)
		return fly_fail(why, EIO, "%s is not a store: it is another program's database",
				path);
	if (h->version > (int64_t)fly_schema_n_steps)
		return fly_fail(why, EPROTO,
				"the store %s was written by a newer flytefs "
				"(schema %lld, this one knows %zu)",
				path, (long long)h->version, fly_schema_n_steps);
	if (h->version < 1)
		return fly_fail(why, EIO, "the store %s is damaged: schema %lld", path,
				(long long)h->version);
	return 0;
}

int fly_schema_check(struct fly_db *db, struct fly_why *why)
{
	struct header h;
	int rc = read_header(db, &h, why);

	if (rc == 0)
		rc = judge(db, &h, why);
	if (rc == 0 && h.version < (int64_t)fly_schema_n_steps)
		return fly_fail(why, EROFS,
				"the store %s is of an older flytefs (schema %lld) and must be "
				"opened for writing once",
				db->store->path, (long long)h.version);
	return rc;
}

/* WAL is a property of the file; a file system that can't share memory answers another mode. */
static int want_wal(struct fly_db *db, struct fly_why *why)
{
	struct stmt s;
	const char *mode;
	int rc;

	fly_stmt_build(&s, db, "PRAGMA journal_mode = WAL", NULL);
	rc = fly_stmt_row(&s);
	if (rc < 0) {
		rc = fly_db_fail(db, s.code, why);
	} else {
		mode = rc ? (const char *)sqlite3_column_text(s.stmt, 0) : NULL;
		rc = 0;
		if (!mode || strcmp(mode, "wal") != 0)
			rc = fly_fail(why, ENOLCK,
				      "the file system of %s can't share memory between "
				      "programs",
				      db->store->path);
	}
	return fly_stmt_end(&s, rc);
}

static int set_pragma(struct fly_db *db, const char *name, long long value, struct fly_why *why)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "PRAGMA %s = %lld", name, value);
	return fly_db_exec(db, sql, why);
}

static int take_steps(struct fly_db *db, struct fly_why *why)
{
	int64_t version;
	int rc = fly_db_number(db, "PRAGMA user_version", &version, why);

	while (rc == 0 && version < (int64_t)fly_schema_n_steps)
		rc = fly_db_exec(db, fly_schema_steps[version++], why);
	if (rc == 0)
		rc = set_pragma(db, "application_id", FLY_APPLICATION_ID, why);
	if (rc == 0)
		rc = set_pragma(db, "user_version", (long long)fly_schema_n_steps, why);
	return rc;
}

/* All steps in one transaction: a crash leaves the old schema, whole. */
static int migrate(struct fly_db *db, struct fly_why *why)
{
	int rc = fly_db_exec(db, "BEGIN IMMEDIATE", why);

	if (rc < 0)
		return rc;
	rc = take_steps(db, why);
	if (rc == 0)
		rc = fly_db_exec(db, "COMMIT", why);
	if (!sqlite3_get_autocommit(db->sql))
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

int fly_schema_prepare(struct fly_db *db, struct fly_why *why)
{
	struct header h;
	int rc = read_header(db, &h, why);

	if (rc < 0)
		return rc;
	if (is_empty(&h))
		rc = set_pragma(db, "page_size", FLY_PAGE_SIZE, why);
	else
		rc = judge(db, &h, why);
	if (rc == 0)
		rc = want_wal(db, why);
	if (rc == 0 && h.version < (int64_t)fly_schema_n_steps)
		rc = migrate(db, why);
	return rc;
}

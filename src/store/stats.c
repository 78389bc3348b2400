/* SPDX-License-Identifier: Apache-2.0 */
/* Totals of the store, for people. Counts walk indexes: not for hot paths. */
#include "db.h"

#include <stdio.h>
#include <sys/stat.h>

static const struct {
	enum fly_kind kind;
	const char *sql;
} counts[] = {
	{FLY_KIND_PROJECT, "SELECT count(*) FROM project"},
	{FLY_KIND_SCOPE, "SELECT count(*) FROM scope"},
	{FLY_KIND_NAMED, "SELECT count(*) FROM named"},
	{FLY_KIND_TASK, "SELECT count(*) FROM entity WHERE kind = 4"},
	{FLY_KIND_WORKFLOW, "SELECT count(*) FROM entity WHERE kind = 5"},
	{FLY_KIND_LAUNCH_PLAN, "SELECT count(*) FROM entity WHERE kind = 6"},
	{FLY_KIND_EXECUTION, "SELECT count(*) FROM execution"},
	{FLY_KIND_NODE, "SELECT count(*) FROM node"},
	{FLY_KIND_ATTEMPT, "SELECT count(*) FROM attempt"},
};

_Static_assert(FLY_KIND_TASK == 4 && FLY_KIND_WORKFLOW == 5 && FLY_KIND_LAUNCH_PLAN == 6,
	       "kinds are stored by number");

static int64_t bytes_of(const char *path, const char *suffix)
{
	auto_free char *name = NULL;
	struct stat st;

	if (asprintf(&name, "%s%s", path, suffix) < 0) {
		name = NULL;
		return 0;
	}
	return stat(name, &st) < 0 ? 0 : (int64_t)st.st_size;
}

int fly_store_stats(struct fly_store *store, struct fly_db *db, struct fly_store_stats *out,
		    struct fly_why *why)
{
	static const char unfinished[] =
		"SELECT count(*) FROM execution INDEXED BY execution_phase WHERE phase < 4 "
		"OR phase = 5 OR phase > 8";
	struct fly_store_stats stats = {0};
	size_t i;
	int rc = fly_db_number(db, unfinished, &stats.unfinished, why);

	for (i = 0; rc == 0 && i < FLY_ARRAY_LEN(counts); i++)
		rc = fly_db_number(db, counts[i].sql, &stats.rows[counts[i].kind], why);
	if (rc < 0)
		return rc;
	stats.commits = atomic_load(&store->commits);
	stats.works = atomic_load(&store->works);
	stats.group_max = atomic_load(&store->group_max);
	stats.file_bytes = bytes_of(store->path, "");
	stats.wal_bytes = bytes_of(store->path, "-wal");
	*out = stats;
	return 0;
}

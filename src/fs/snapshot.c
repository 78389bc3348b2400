/* SPDX-License-Identifier: Apache-2.0 */
/* `.flytefs/stats`; see snapshot.h. One "name value" a line. */
#include "snapshot.h"

#include <pthread.h>

#include "park.h"

struct fly_snapshot {
	pthread_mutex_t lock;
	struct fly_buf text;	/* lock */
	int64_t at_ns;		/* lock */
};

int fly_snapshot_create(struct fly_snapshot **out)
{
	struct fly_snapshot *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	pthread_mutex_init(&s->lock, NULL);
	*out = s;
	return 0;
}

void fly_snapshot_destroy(struct fly_snapshot *s)
{
	if (!s)
		return;
	fly_buf_release(&s->text);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static int store_lines(struct fly_request *r, struct fly_buf *b)
{
	static const struct {
		enum fly_kind kind;
		const char *name;
	} rows[] = {
		{ FLY_KIND_PROJECT, "projects" }, { FLY_KIND_TASK, "tasks" },
		{ FLY_KIND_WORKFLOW, "workflows" }, { FLY_KIND_LAUNCH_PLAN, "launch_plans" },
		{ FLY_KIND_EXECUTION, "executions" }, { FLY_KIND_NODE, "nodes" },
		{ FLY_KIND_ATTEMPT, "attempts" },
	};
	struct fly_store_stats s = { 0 };
	int rc = r->db ? fly_store_stats(r->fs->store, r->db, &s, &r->why) : -EIO;

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < FLY_ARRAY_LEN(rows); i++)
		fly_buf_printf(b, "%s %lld\n", rows[i].name, (long long)s.rows[rows[i].kind]);
	fly_buf_printf(b, "executions_unfinished %lld\n", (long long)s.unfinished);
	fly_buf_printf(b, "commits %llu\nworks %llu\ngroup_max %llu\n",
		       (unsigned long long)s.commits, (unsigned long long)s.works,
		       (unsigned long long)s.group_max);
	fly_buf_printf(b, "store_bytes %lld\nwal_bytes %lld\n", (long long)s.file_bytes,
		       (long long)s.wal_bytes);
	return 0;
}

int fly_snapshot_take(struct fly_request *r, uint64_t *size, int64_t *at_ns)
{
	struct fly_fs *fs = r->fs;
	struct fly_snapshot *s = fs->snapshot;
	auto_buf b = { 0 };
	int64_t now = fly_file_now_ns();
	int rc = store_lines(r, &b);

	if (rc < 0)
		return rc;
	fly_buf_printf(&b, "requests %llu\nwaiting %zu\nup_seconds %lld\n",
		       (unsigned long long)atomic_load(&fs->requests), fly_parks_count(fs->parks),
		       (long long)((now - fs->started_ns) / 1000000000));
	if (fs->stats)
		fs->stats(fs->stats_arg, &b);
	if (b.failed)
		return -ENOMEM;
	pthread_mutex_lock(&s->lock);
	fly_buf_release(&s->text);
	s->text = b;
	b = (struct fly_buf){ 0 };
	*at_ns = s->at_ns = fly_time_after(s->at_ns, now);
	*size = s->text.len;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

void fly_snapshot_read(struct fly_fs *fs, uint64_t off, size_t size, struct fly_buf *b)
{
	struct fly_snapshot *s = fs->snapshot;

	pthread_mutex_lock(&s->lock);
	fly_slice(s->text.data, s->text.len, off, size, b);
	pthread_mutex_unlock(&s->lock);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Task attempts: attempts/N/ of a node, N counting retries from 0, with what the task printed. */
#include <stdio.h>

#include "runlog.h"
#include "node.h"

static int load(struct fly_request *r, int64_t id, struct fly_attempt *t, struct fly_execution *run)
{
	int rc;

	fly_request_watch(r, FLY_KIND_ATTEMPT, id);
	rc = r->db ? fly_attempt_get_id(r->db, id, &r->arena, t) : -EIO;
	return rc < 0 ? rc : fly_node_run(r, t->execution, run);
}

static bool is_over(const struct fly_attempt *t, const struct fly_execution *run)
{
	return fly_phase_is_terminal(run->phase) && fly_task_phase_is_terminal(t->phase);
}

static void dir_entry(const struct fly_attempt *t, const struct fly_execution *run,
		      struct fuse_entry_param *e)
{
	fly_entry_set(e, fly_ino_pack(FLY_INO_ATTEMPT, t->id, 0), S_IFDIR | 0755,
		      (struct fly_owner){ run->uid, run->gid }, 0, t->changed_ns,
		      is_over(t, run) ? FLY_TIMEOUT_EVER : FLY_TIMEOUT_SHORT);
}

/*
 * Two attempts with one number (of different tasks of the node) can't both be shown: the first
 * is.
 */
static bool is_shadowed(const struct fly_attempt *attempts, int i)
{
	for (int k = 0; k < i; k++)
		if (attempts[k].retry_attempt == attempts[i].retry_attempt)
			return true;
	return false;
}

int fly_attempts_lookup(struct fly_request *r, const struct fly_node *n, const char *file,
			struct fuse_entry_param *e)
{
	struct fly_attempt *attempts, t;
	struct fly_execution run;
	int count = fly_attempt_list(r->db, n->execution, n->id, &r->arena, &attempts);

	for (int i = 0; i < count; i++) {
		char name[16];
		int rc;

		snprintf(name, sizeof(name), "%u", attempts[i].retry_attempt);
		if (strcmp(name, file) != 0)
			continue;
		rc = load(r, attempts[i].id, &t, &run);
		if (!rc)
			dir_entry(&t, &run, e);
		return rc;
	}
	return count < 0 ? count : -ENOENT;
}

int fly_attempts_list(struct fly_request *r, const struct fly_node *n, struct fly_listing *l)
{
	struct fly_attempt *attempts;
	struct fly_execution run;
	int count, rc = fly_node_run(r, n->execution, &run);

	if (rc < 0)
		return rc;
	count = fly_attempt_list(r->db, n->execution, n->id, &r->arena, &attempts);
	for (int i = 0; i < count; i++) {
		struct fuse_entry_param e;
		char name[16];

		if (attempts[i].id <= fly_listing_place(l) || is_shadowed(attempts, i))
			continue;
		snprintf(name, sizeof(name), "%u", attempts[i].retry_attempt);
		dir_entry(&attempts[i], &run, &e);
		if (!fly_listing_add(l, name, &e, FLY_COOKIE_DYNAMIC + attempts[i].id))
			break;
	}
	return count < 0 ? count : 0;
}

/* --- the noun: one attempt ------------------------------------------------ */

static int render(const struct fly_attempt *t, const struct fly_file *f, struct fly_buf *b)
{
	int rc = fly_attempt_text((enum fly_attempt_text)f->text, t, b);

	return rc < 0 ? rc : b->failed ? -ENOMEM : 0;
}

static bool exists(struct fly_request *r, const struct fly_file *f)
{
	return f && (f->when != FLY_WHEN_LOGGED || fly_runlogs_kept(r->fs));
}

static int file_entry(struct fly_request *r, const struct fly_attempt *t,
		      const struct fly_execution *run, const struct fly_file *f,
		      struct fuse_entry_param *e)
{
	double timeout = is_over(t, run) ? FLY_TIMEOUT_EVER : FLY_TIMEOUT_SHORT;
	int64_t mtime_ns = t->changed_ns;
	uint64_t size;

	if (f->class == FLY_CLASS_LOG) {
		int rc = fly_runlog_size(r->fs, t->execution, t->id, f->text, &size);

		if (rc < 0)
			return rc;
		timeout = fly_runlog_timeout(is_over(t, run), run->updated_ns);
		mtime_ns += (int64_t)size;
	} else {
		int64_t n = fly_attempt_text_size((enum fly_attempt_text)f->text, t);

		if (n < 0)
			return (int)n;
		size = (uint64_t)n;
	}
	fly_entry_set(e, fly_ino_pack(FLY_INO_ATTEMPT, t->id, f->index), f->mode,
		      (struct fly_owner){ run->uid, run->gid }, size, mtime_ns, timeout);
	return 0;
}

static int attempt_lookup(struct fly_request *r, struct fly_ino dir, const char *name,
			  struct fuse_entry_param *e)
{
	const struct fly_file *f = fly_file_find(dir.kind, dir.index, name);
	struct fly_execution run;
	struct fly_attempt t;
	int rc = load(r, dir.id, &t, &run);

	return rc < 0 ? rc : exists(r, f) ? file_entry(r, &t, &run, f, e) : -ENOENT;
}

static int attempt_getattr(struct fly_request *r, struct fly_ino ino, struct fuse_entry_param *e)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);
	struct fly_execution run;
	struct fly_attempt t;
	int rc = load(r, ino.id, &t, &run);

	if (rc < 0)
		return rc;
	if (exists(r, f))
		return file_entry(r, &t, &run, f, e);
	dir_entry(&t, &run, e);
	return ino.index ? -ENOENT : 0;
}

struct shown {
	const struct fly_attempt *attempt;
	const struct fly_execution *run;
};

static int listed_entry(struct fly_request *r, const void *row, const struct fly_file *f,
			struct fuse_entry_param *e)
{
	const struct shown *shown = row;

	return exists(r, f) ? file_entry(r, shown->attempt, shown->run, f, e) : 0;
}

static int attempt_list(struct fly_request *r, struct fly_ino dir, struct fly_listing *l)
{
	struct fly_execution run;
	struct fly_attempt t;
	const struct shown shown = { &t, &run };
	int rc = load(r, dir.id, &t, &run);

	return rc < 0 ? rc : fly_listing_add_files(r, l, dir, listed_entry, &shown);
}

static int attempt_read(struct fly_request *r, struct fly_ino ino, uint64_t off, size_t size,
			struct fly_buf *b)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);
	auto_buf text = { 0 };
	struct fly_execution run;
	struct fly_attempt t;
	int rc = load(r, ino.id, &t, &run);

	if (rc < 0 || !f)
		return rc < 0 ? rc : -ENOENT;
	if (f->class == FLY_CLASS_LOG)
		return fly_runlog_read(r->fs, t.execution, t.id, f->text, off, size, b);
	rc = render(&t, f, &text);
	if (!rc)
		fly_slice(text.data, text.len, off, size, b);
	return rc;
}

static int attempt_path(struct fly_request *r, struct fly_ino ino, struct fly_buf *b)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);
	struct fly_execution run;
	struct fly_attempt t;
	struct fly_node n;
	int rc = load(r, ino.id, &t, &run);

	if (!rc)
		rc = fly_node_get_id(r->db, t.node, &r->arena, &n);
	if (rc < 0)
		return rc;
	fly_buf_printf(b, "%s/%s/%s/%s/nodes/%s/attempts/%u%s%s", run.project, run.domain,
		       run.state ? "archived" : "executions", run.name, n.node_id,
		       t.retry_attempt, f ? "/" : "", f ? f->name : "");
	return 0;
}

const struct fly_noun fly_attempt_noun = {
	.lookup = attempt_lookup,
	.getattr = attempt_getattr,
	.list = attempt_list,
	.read = attempt_read,
	.path = attempt_path,
};

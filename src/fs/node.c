/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Node executions: a directory each, in the execution's nodes/ or, for nodes that another node
 * made, in that node's. Listed by id, so a listing goes on behind an id whatever is added
 * meanwhile.
 */
#include "node.h"

#include "name.h"
#include "textcache.h"

int fly_node_run(struct fly_request *r, int64_t execution, struct fly_execution *e)
{
	return fly_execution_get_id(r->db, execution, FLY_EXECUTION_HEAD, &r->arena, e);
}

static int load(struct fly_request *r, int64_t id, struct fly_node *n, struct fly_execution *run)
{
	int rc;

	fly_request_watch(r, FLY_KIND_NODE, id);
	rc = r->db ? fly_node_get_id(r->db, id, &r->arena, n) : -EIO;
	return rc < 0 ? rc : fly_node_run(r, n->execution, run);
}

static double timeout_of(const struct fly_node *n, const struct fly_execution *run)
{
	return fly_phase_is_terminal(run->phase) && fly_node_phase_is_terminal(n->phase) ?
		       FLY_TIMEOUT_EVER : FLY_TIMEOUT_SHORT;
}

static void dir_entry(const struct fly_node *n, const struct fly_execution *run, unsigned index,
		      struct fuse_entry_param *e)
{
	fly_entry_set(e, fly_ino_pack(FLY_INO_NODE, n->id, index), S_IFDIR | 0755,
		      (struct fly_owner){ run->uid, run->gid }, 0, n->changed_ns,
		      timeout_of(n, run));
}

static int render(const struct fly_node *n, const struct fly_file *f, struct fly_buf *b)
{
	int rc = fly_node_text((enum fly_node_text)f->text, n, b);

	return rc < 0 ? rc : b->failed ? -ENOMEM : 0;
}

static void set_entry(const struct fly_node *n, const struct fly_execution *run,
		      const struct fly_file *f, uint64_t size, struct fuse_entry_param *e)
{
	fly_entry_set(e, fly_ino_pack(FLY_INO_NODE, n->id, f->index), f->mode,
		      (struct fly_owner){ run->uid, run->gid }, size, n->changed_ns,
		      timeout_of(n, run));
}

/* An entry in a listing: sizes come from the row. */
static int listed_entry(struct fly_request *r, const struct fly_node *n,
			const struct fly_execution *run, const struct fly_file *f,
			struct fuse_entry_param *e)
{
	int64_t size;

	if (f->class == FLY_CLASS_DIR) {
		dir_entry(n, run, f->index, e);
		return 0;
	}
	size = fly_node_text_size((enum fly_node_text)f->text, n);
	if (size < 0)
		return (int)size;
	set_entry(n, run, f, (uint64_t)size, e);
	fly_textcache_unreport(r->fs->texts, e->ino);
	return 0;
}

/* Asked for by itself, and probably to be read: a text that may change is told with its size. */
static int file_entry(struct fly_request *r, const struct fly_node *n,
		      const struct fly_execution *run, const struct fly_file *f,
		      struct fuse_entry_param *e)
{
	const _Atomic uint32_t *seen = fly_seen_slot(r->fs, n->id);
	struct fly_node now;
	auto_buf text = { 0 };

	if (f->class == FLY_CLASS_DIR || fly_node_phase_is_terminal(n->phase))
		return listed_entry(r, n, run, f, e);
	for (int tries = 0; tries < FLY_REPORT_TRIES; tries++) {
		uint32_t then = atomic_load(seen);
		int rc;

		fly_buf_clear(&text);
		rc = fly_node_get_id(r->db, n->id, &r->arena, &now);
		if (!rc)
			rc = render(&now, f, &text);
		if (rc < 0)
			return rc;
		set_entry(&now, run, f, text.len, e);
		if (fly_textcache_report(r->fs->texts, e->ino, now.changed_ns, seen, then,
					 &text))
			return 0;
	}
	fly_textcache_unreport(r->fs->texts, e->ino);
	return 0;
}

static bool has_children(struct fly_request *r, const struct fly_node *n)
{
	struct fly_node *children;

	return fly_node_list(r->db, n->execution, n->id, &r->arena, &children) > 0;
}

static bool exists(struct fly_request *r, const struct fly_node *n, const struct fly_file *f)
{
	switch (f->when) {
	case FLY_WHEN_TEXT:
		return fly_node_text_exists((enum fly_node_text)f->text, n);
	case FLY_WHEN_CHILDREN:
		return has_children(r, n);
	case FLY_WHEN_ALWAYS:
		return true;
	default:
		return false;
	}
}

int fly_nodes_lookup(struct fly_request *r, int64_t execution, int64_t parent, const char *file,
		     struct fuse_entry_param *e)
{
	struct fly_execution run;
	struct fly_node n;
	const char *name;
	int rc = fly_name_decode(file, &r->arena, &name);

	if (!rc)
		rc = fly_node_get(r->db, execution, name, &r->arena, &n);
	if (!rc && n.parent != parent)
		rc = -ENOENT;
	if (!rc)
		rc = load(r, n.id, &n, &run);
	if (!rc)
		dir_entry(&n, &run, 0, e);
	return rc;
}

int fly_nodes_list(struct fly_request *r, int64_t execution, int64_t parent, struct fly_listing *l)
{
	struct fly_execution run;
	struct fly_node *nodes;
	int n, rc = fly_node_run(r, execution, &run);

	if (rc < 0)
		return rc;
	n = fly_node_list(r->db, execution, parent, &r->arena, &nodes);
	for (int i = 0; i < n; i++) {
		const char *name = fly_name_encode(nodes[i].node_id, &r->arena);
		struct fuse_entry_param e;

		if (!name || nodes[i].id <= fly_listing_place(l))
			continue;
		dir_entry(&nodes[i], &run, 0, &e);
		if (!fly_listing_add(l, name, &e, FLY_COOKIE_DYNAMIC + nodes[i].id))
			break;
	}
	return n < 0 ? n : 0;
}

/* --- the noun: one node --------------------------------------------------- */

static int node_lookup(struct fly_request *r, struct fly_ino dir, const char *name,
		       struct fuse_entry_param *e)
{
	const struct fly_file *f = fly_file_find(dir.kind, dir.index, name);
	struct fly_execution run;
	struct fly_node n;
	int rc = load(r, dir.id, &n, &run);

	if (rc < 0)
		return rc;
	if (dir.index == FLY_NODE_ATTEMPTS)
		return fly_attempts_lookup(r, &n, name, e);
	if (dir.index == FLY_NODE_NODES)
		return fly_nodes_lookup(r, n.execution, n.id, name, e);
	return f && exists(r, &n, f) ? file_entry(r, &n, &run, f, e) : -ENOENT;
}

static int node_getattr(struct fly_request *r, struct fly_ino ino, struct fuse_entry_param *e)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);
	struct fly_execution run;
	struct fly_node n;
	int rc = load(r, ino.id, &n, &run);

	if (rc < 0)
		return rc;
	if (f)
		return exists(r, &n, f) ? file_entry(r, &n, &run, f, e) : -ENOENT;
	dir_entry(&n, &run, 0, e);
	return ino.index ? -ENOENT : 0;
}

struct shown {
	const struct fly_node *node;
	const struct fly_execution *run;
};

static int shown_entry(struct fly_request *r, const void *row, const struct fly_file *f,
		       struct fuse_entry_param *e)
{
	const struct shown *shown = row;

	return exists(r, shown->node, f) ? listed_entry(r, shown->node, shown->run, f, e) : 0;
}

static int node_list(struct fly_request *r, struct fly_ino dir, struct fly_listing *l)
{
	struct fly_execution run;
	struct fly_node n;
	const struct shown shown = { &n, &run };
	int rc = load(r, dir.id, &n, &run);

	if (rc < 0)
		return rc;
	if (dir.index == FLY_NODE_ATTEMPTS)
		return fly_attempts_list(r, &n, l);
	if (dir.index == FLY_NODE_NODES)
		return fly_nodes_list(r, n.execution, n.id, l);
	return fly_listing_add_files(r, l, dir, shown_entry, &shown);
}

static int node_read(struct fly_request *r, struct fly_ino ino, uint64_t off, size_t size,
		     struct fly_buf *b)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);
	auto_buf text = { 0 };
	struct fly_execution run;
	struct fly_node n;
	int rc = load(r, ino.id, &n, &run);

	if (rc < 0)
		return rc;
	if (!f || f->class != FLY_CLASS_TEXT || !exists(r, &n, f))
		return -ENOENT;
	if (fly_textcache_read(r->fs->texts, fly_ino_pack(ino.kind, ino.id, ino.index),
			       n.changed_ns, off, size, b))
		return 0;
	rc = render(&n, f, &text);
	if (!rc)
		fly_slice(text.data, text.len, off, size, b);
	return rc;
}

static int node_path(struct fly_request *r, struct fly_ino ino, struct fly_buf *b)
{
	const struct fly_file *f = fly_file_at(ino.kind, ino.index);
	struct fly_execution run;
	struct fly_node n;
	int rc = load(r, ino.id, &n, &run);

	if (rc < 0)
		return rc;
	fly_buf_printf(b, "%s/%s/%s/%s/nodes/%s%s%s", run.project, run.domain,
		       run.state ? "archived" : "executions", run.name, n.node_id, f ? "/" : "",
		       f ? f->name : "");
	return 0;
}

const struct fly_noun fly_node_noun = {
	.lookup = node_lookup,
	.getattr = node_getattr,
	.list = node_list,
	.read = node_read,
	.path = node_path,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values: a variable is found by its place among the sorted names of its map, which never changes
 * once the map is there. A local blob is a symlink to it. The only texts that a stat renders.
 */
#include "value.h"

#include "name.h"
#include "runs.h"

struct values {
	struct fly_execution run;
	struct fly_bytes map;
	const char **names;
	int count;
	bool outputs;
};

static int load(struct fly_request *r, int64_t execution, bool outputs, struct values *v)
{
	unsigned parts = outputs ? FLY_EXECUTION_OUTPUTS : FLY_EXECUTION_INPUTS;
	int rc;

	*v = (struct values){ .outputs = outputs };
	rc = r->db ? fly_execution_get_id(r->db, execution, parts, &r->arena, &v->run) : -EIO;
	if (rc < 0)
		return rc;
	v->map = outputs ? v->run.outputs : v->run.inputs;
	v->count = fly_value_names(v->map, &r->arena, &v->names);
	return v->count < 0 ? v->count : 0;
}

/* A value is a link or a text; both are made from its literal. */
static int render(struct fly_request *r, const struct values *v, int index, const char **link,
		  struct fly_buf *b)
{
	Flyteidl__Core__Literal *lit;
	int rc = fly_value_get(v->map, v->names[index], &r->arena, &lit);

	if (rc < 0)
		return rc;
	*link = fly_value_local_path(lit, &r->arena);
	if (!*link)
		fly_literal_text(lit, b);
	return b->failed ? -ENOMEM : 0;
}

static int entry_of(struct fly_request *r, const struct values *v, int index,
		    struct fuse_entry_param *e)
{
	enum fly_ino_kind kind = v->outputs ? FLY_INO_OUTPUT : FLY_INO_INPUT;
	const char *link;
	auto_buf b = { 0 };
	int rc = render(r, v, index, &link, &b);

	if (rc < 0)
		return rc;
	fly_entry_set(e, fly_ino_pack(kind, v->run.id, (unsigned)index),
		      link ? S_IFLNK | 0777 : S_IFREG | 0444,
		      (struct fly_owner){ v->run.uid, v->run.gid }, link ? strlen(link) : b.len,
		      v->outputs ? fly_run_result_ns(&v->run) : v->run.created_ns, FLY_TIMEOUT_EVER);
	return 0;
}

int fly_values_lookup(struct fly_request *r, int64_t execution, bool outputs, const char *file,
		      struct fuse_entry_param *e)
{
	const char *name;
	struct values v;
	int rc = fly_name_decode(file, &r->arena, &name);

	if (!rc)
		rc = load(r, execution, outputs, &v);
	if (rc < 0)
		return rc;
	for (int i = 0; i < v.count && i <= FLY_INO_INDEX_MAX; i++)
		if (!strcmp(v.names[i], name))
			return entry_of(r, &v, i, e);
	return -ENOENT;
}

int fly_values_list(struct fly_request *r, int64_t execution, bool outputs, struct fly_listing *l)
{
	struct values v;
	int rc = load(r, execution, outputs, &v);

	if (rc < 0)
		return rc;
	for (int i = (int)fly_listing_place(l) + 1; i < v.count && i <= FLY_INO_INDEX_MAX; i++) {
		const char *name = fly_name_encode(v.names[i], &r->arena);
		struct fuse_entry_param e;

		rc = name ? entry_of(r, &v, i, &e) : 0;
		if (rc < 0)
			return rc;
		if (name && !fly_listing_add(l, name, &e, FLY_COOKIE_DYNAMIC + i))
			break;
	}
	return 0;
}

/* --- the noun ------------------------------------------------------------- */

static int load_one(struct fly_request *r, struct fly_ino ino, struct values *v)
{
	int rc = load(r, ino.id, ino.kind == FLY_INO_OUTPUT, v);

	return rc < 0 ? rc : ino.index < v->count ? 0 : -ENOENT;
}

static int value_getattr(struct fly_request *r, struct fly_ino ino, struct fuse_entry_param *e)
{
	struct values v;
	int rc = load_one(r, ino, &v);

	return rc < 0 ? rc : entry_of(r, &v, ino.index, e);
}

static int value_read(struct fly_request *r, struct fly_ino ino, uint64_t off, size_t size,
		      struct fly_buf *b)
{
	auto_buf text = { 0 };
	const char *link;
	struct values v;
	int rc = load_one(r, ino, &v);

	if (!rc)
		rc = render(r, &v, ino.index, &link, &text);
	if (!rc)
		fly_slice(text.data, text.len, off, size, b);
	return rc;
}

static int value_readlink(struct fly_request *r, struct fly_ino ino, const char **target)
{
	auto_buf text = { 0 };
	struct values v;
	int rc = load_one(r, ino, &v);

	if (!rc)
		rc = render(r, &v, ino.index, target, &text);
	return rc < 0 ? rc : *target ? 0 : -EINVAL;
}

static int value_setattr(struct fly_request *r, struct fly_ino ino, const struct stat *attr,
			 int to_set, struct fuse_entry_param *e)
{
	int rc = value_getattr(r, ino, e);

	if (rc < 0)
		return rc;
	if (to_set & FUSE_SET_ATTR_SIZE || ino.kind == FLY_INO_OUTPUT)
		return fly_fail(&r->why, EPERM, "values of an execution never change");
	return fly_setattr_quiet(r, attr, to_set, e);
}

static int value_path(struct fly_request *r, struct fly_ino ino, struct fly_buf *b)
{
	struct values v;
	const char *name;
	int rc = load_one(r, ino, &v);

	if (rc < 0)
		return rc;
	name = fly_name_encode(v.names[ino.index], &r->arena);
	fly_buf_printf(b, "%s/%s/%s/%s/%s/%s", v.run.project, v.run.domain,
		       v.run.state ? "archived" : "executions", v.run.name,
		       v.outputs ? "outputs" : "inputs", name ? name : "?");
	return 0;
}

const struct fly_noun fly_value_noun = {
	.getattr = value_getattr,
	.read = value_read,
	.readlink = value_readlink,
	.setattr = value_setattr,
	.path = value_path,
};

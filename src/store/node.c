/* SPDX-License-Identifier: Apache-2.0 */
/* Node executions. */
#include "row.h"

#define COLUMNS                                                                                    \
	"id, execution, parent, parent_attempt, node_id, spec_node_id, phase, created_ns, "        \
	"updated_ns, started_ns, duration_ns, changed_ns, error_code, error_kind, cache_status, "  \
	"child_execution, sizes"

enum {
	PART_MESSAGE,
	PART_INPUTS,
	PART_OUTPUTS,
	PART_DYNAMIC,
	PART_ENGINE,
	ALL_PARTS = 31,
};

static int read_parts(struct stmt *s, struct fly_node *n)
{
	struct fly_bytes parts[FLY_BLOBS];
	int rc = fly_blobs_get(s->db, n->id, ALL_PARTS, s->arena, parts);

	if (rc < 0)
		return rc;
	n->message = parts[PART_MESSAGE];
	n->inputs = parts[PART_INPUTS];
	n->outputs = parts[PART_OUTPUTS];
	n->dynamic = parts[PART_DYNAMIC];
	n->engine = parts[PART_ENGINE];
	return 0;
}

static int read_row(struct stmt *s, unsigned parts, void *row)
{
	struct fly_node *out = row;

	out->id = fly_col_int(s);
	out->execution = fly_col_int(s);
	out->parent = fly_col_int(s);
	out->parent_attempt = fly_col_int(s);
	out->node_id = fly_col_text(s);
	out->spec_node_id = fly_col_text(s);
	out->phase = (int)fly_col_int(s);
	out->created_ns = fly_col_int(s);
	out->updated_ns = fly_col_int(s);
	out->started_ns = fly_col_opt(s, INT64_MIN);
	out->duration_ns = fly_col_opt(s, INT64_MIN);
	out->changed_ns = fly_col_int(s);
	out->error_code = fly_col_text(s);
	out->error_kind = (int)fly_col_opt(s, -1);
	out->cache_status = (int)fly_col_int(s);
	out->child_execution = fly_col_int(s);
	fly_col_sizes(s, out->sizes, FLY_NODE_SIZES, UINT32_MAX);
	return read_parts(s, out);
}

#define AT(field) offsetof(struct fly_node, field)

static const size_t texts[] = {AT(node_id), AT(spec_node_id), AT(error_code)};
static const size_t blobs[] = {AT(message), AT(inputs), AT(outputs), AT(dynamic), AT(engine)};
static const struct row_shape shape = {
	.size = sizeof(struct fly_node),
	.read = read_row,
	ROW_TEXTS(texts),
	ROW_BLOBS(blobs),
};

int fly_node_get(struct fly_db *db, int64_t execution, const char *node_id,
		 struct fly_arena *arena, struct fly_node *out)
{
	static const char sql[] =
		"SELECT " COLUMNS " FROM node WHERE execution = ? AND node_id = ?";
	struct stmt s;

	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, execution);
	fly_bind_text(&s, node_id);
	return fly_row_get(&s, &shape, 0, NULL, out);
}

int fly_node_get_id(struct fly_db *db, int64_t id, struct fly_arena *arena, struct fly_node *out)
{
	static const char sql[] = "SELECT " COLUMNS " FROM node WHERE id = ?";
	struct row_key key = {.sql = sql, .numbers = {id}, .id = id};
	struct stmt s;

	if (fly_row_recall(db, &key, &shape, arena, out))
		return 0;
	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, id);
	return fly_row_get(&s, &shape, 0, &key, out);
}

int fly_node_list(struct fly_db *db, int64_t execution, int64_t parent, struct fly_arena *arena,
		  struct fly_node **out)
{
	static const char all[] = "SELECT " COLUMNS " FROM node WHERE execution = ?1 ORDER BY id";
	static const char top[] =
		"SELECT " COLUMNS " FROM node WHERE execution = ?1 AND parent = 0 ORDER BY id";
	static const char under[] = "SELECT " COLUMNS " FROM node INDEXED BY node_parent "
				    "WHERE parent = ?2 AND parent <> 0 AND execution = ?1 "
				    "ORDER BY id";
	struct stmt s;

	fly_stmt_use(&s, db, parent < 0 ? all : parent == 0 ? top : under, arena);
	fly_bind_int(&s, execution);
	if (parent > 0)
		fly_bind_int(&s, parent);
	return fly_row_list(&s, &shape, 0, out);
}

/* --- writing -------------------------------------------------------------------------- */

/* The columns that move, in the order of the texts below. */
static void bind_body(struct stmt *s, const struct fly_node *n, int64_t changed_ns, uint8_t *room)
{
	fly_bind_int(s, n->phase);
	fly_bind_int(s, n->created_ns);
	fly_bind_int(s, n->updated_ns);
	fly_bind_opt(s, n->started_ns, INT64_MIN);
	fly_bind_opt(s, n->duration_ns, INT64_MIN);
	fly_bind_int(s, changed_ns);
	fly_bind_text(s, n->error_code);
	fly_bind_opt(s, n->error_kind, -1);
	fly_bind_int(s, n->cache_status);
	fly_bind_int(s, n->child_execution);
	fly_bind_sizes(s, n->sizes, FLY_NODE_SIZES, UINT32_MAX, room);
}

static int insert_row(struct fly_db *db, const struct fly_node *n, int64_t changed_ns,
		      struct fly_why *why)
{
	static const char sql[] =
		"INSERT INTO node (id, execution, parent, parent_attempt, node_id, spec_node_id, "
		"phase, created_ns, updated_ns, started_ns, duration_ns, changed_ns, error_code, "
		"error_kind, cache_status, child_execution, sizes) "
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	uint8_t room[4 * FLY_NODE_SIZES];
	struct stmt s;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, n->id);
	fly_bind_int(&s, n->execution);
	fly_bind_int(&s, n->parent);
	fly_bind_int(&s, n->parent_attempt);
	fly_bind_text(&s, n->node_id);
	fly_bind_text(&s, n->spec_node_id ? n->spec_node_id : "");
	bind_body(&s, n, changed_ns, room);
	return fly_stmt_insert(&s, why, "node %s exists already", n->node_id);
}

static int update_row(struct fly_db *db, const struct fly_node *n, int64_t changed_ns,
		      struct fly_why *why)
{
	static const char sql[] =
		"UPDATE node SET phase = ?, created_ns = ?, updated_ns = ?, started_ns = ?, "
		"duration_ns = ?, changed_ns = ?, error_code = ?, error_kind = ?, "
		"cache_status = ?, child_execution = ?, sizes = ? WHERE id = ?";
	uint8_t room[4 * FLY_NODE_SIZES];
	struct stmt s;

	fly_stmt_use(&s, db, sql, NULL);
	bind_body(&s, n, changed_ns, room);
	fly_bind_int(&s, n->id);
	return fly_stmt_run(&s, why);
}

struct old {
	bool exists;
	int phase, error_kind;
	int64_t changed_ns;
};

static int read_old(struct fly_db *db, int64_t id, struct old *out, struct fly_why *why)
{
	static const char sql[] = "SELECT phase, error_kind, changed_ns FROM node WHERE id = ?";
	struct stmt s;
	int rc;

	memset(out, 0, sizeof(*out));
	out->error_kind = -1;
	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, id);
	rc = fly_stmt_row(&s);
	if (rc > 0) {
		out->exists = true;
		out->phase = (int)fly_col_int(&s);
		out->error_kind = (int)fly_col_opt(&s, -1);
		out->changed_ns = fly_col_int(&s);
	} else if (rc < 0) {
		fly_db_fail(db, s.code, why);
	}
	return fly_stmt_end(&s, rc < 0 ? rc : 0);
}

static int put_parts(struct fly_db *db, const struct fly_node *n, bool is_new,
		     bool *has_new_outputs, struct fly_why *why)
{
	const struct fly_bytes parts[FLY_BLOBS] = {
		[PART_MESSAGE] = n->message,
		[PART_INPUTS] = n->inputs,
		[PART_OUTPUTS] = n->outputs,
		[PART_DYNAMIC] = n->dynamic,
		[PART_ENGINE] = n->engine,
	};
	bool was_absent;
	int i, rc = 0;

	*has_new_outputs = is_new && n->outputs.len > 0;
	if (is_new)
		return fly_blobs_insert(db, n->id, parts, why);
	for (i = 0; rc == 0 && i <= PART_ENGINE; i++) {
		rc = fly_blob_put(db, n->id, i, parts[i], &was_absent, why);
		if (i == PART_OUTPUTS && was_absent)
			*has_new_outputs = true;
	}
	return rc;
}

int fly_node_put(struct fly_db *db, struct fly_node *n, struct fly_why *why)
{
	struct fly_change change = {.kind = FLY_KIND_NODE, .flags = FLY_CHANGE_TEXT};
	bool has_new_outputs = false;
	struct old old;
	int rc = fly_execution_scope(db, n->execution, &change.scope, why);

	if (rc == 0)
		rc = read_old(db, n->id, &old, why);
	if (rc < 0)
		return rc;
	if (old.exists)
		change.at_ns = fly_file_time_after(old.changed_ns);
	else
		change.at_ns = fly_first_change(n->changed_ns);
	rc = old.exists ? update_row(db, n, change.at_ns, why)
			: insert_row(db, n, change.at_ns, why);
	if (rc == 0)
		rc = put_parts(db, n, !old.exists, &has_new_outputs, why);
	if (rc < 0)
		return rc;
	change.id = n->id;
	change.parent = n->execution;
	change.node = n->parent;
	change.phase = n->phase;
	change.old_phase = old.phase;
	change.name = n->node_id;
	if (!old.exists)
		change.flags = FLY_CHANGE_CREATED;
	if (n->phase != old.phase)
		change.flags |= FLY_CHANGE_PHASE;
	if (has_new_outputs || (n->error_kind >= 0 && old.error_kind < 0))
		change.flags |= FLY_CHANGE_RESULT;
	n->changed_ns = change.at_ns;
	return fly_changes_add(db, &change, why);
}

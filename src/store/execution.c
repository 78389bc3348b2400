/* SPDX-License-Identifier: Apache-2.0 */
/* Executions: reading one, head and parts. */
#include "execution.h"

#define SELECT "SELECT " FLY_EXECUTION_COLUMNS " FROM execution e "

static void read_state(struct stmt *s, struct fly_execution *out)
{
	out->id = fly_col_int(s);
	out->scope = fly_col_int(s);
	out->name = fly_col_text(s);
	out->phase = (int)fly_col_int(s);
	out->state = (int)fly_col_int(s);
	out->result = (enum fly_result)fly_col_int(s);
	out->uid = (uint32_t)fly_col_int(s);
	out->gid = (uint32_t)fly_col_int(s);
	out->mode = (uint32_t)fly_col_int(s);
	out->created_ns = fly_col_int(s);
	out->updated_ns = fly_col_int(s);
	out->started_ns = fly_col_opt(s, INT64_MIN);
	out->duration_ns = fly_col_opt(s, INT64_MIN);
	out->changed_ns = fly_col_int(s);
}

static int read_parts(struct stmt *s, unsigned parts, struct fly_execution *e)
{
	struct fly_bytes blobs[FLY_BLOBS];
	unsigned mask = 0;
	int rc;

	if (parts & FLY_EXECUTION_SPEC)
		mask |= 1u << FLY_EXECUTION_PART_SPEC;
	if (parts & FLY_EXECUTION_CLOSURE)
		mask |= 1u << FLY_EXECUTION_PART_CLOSURE;
	if (parts & FLY_EXECUTION_INPUTS)
		mask |= 1u << FLY_EXECUTION_PART_INPUTS | 1u << FLY_EXECUTION_PART_USER_INPUTS;
	if (parts & FLY_EXECUTION_OUTPUTS)
		mask |= 1u << FLY_EXECUTION_PART_OUTPUTS;
	rc = fly_blobs_get(s->db, e->id, mask, s->arena, blobs);
	if (rc < 0)
		return rc;
	e->spec = blobs[FLY_EXECUTION_PART_SPEC];
	e->closure = blobs[FLY_EXECUTION_PART_CLOSURE];
	e->inputs = blobs[FLY_EXECUTION_PART_INPUTS];
	e->user_inputs = blobs[FLY_EXECUTION_PART_USER_INPUTS];
	e->outputs = blobs[FLY_EXECUTION_PART_OUTPUTS];
	return 0;
}

static int read_row(struct stmt *s, unsigned parts, void *row)
{
	struct fly_execution *out = row;
	int rc;

	read_state(s, out);
	out->launch_plan = fly_col_int(s);
	out->workflow = fly_col_int(s);
	out->task = fly_col_int(s);
	out->mode_of_start = (int)fly_col_int(s);
	out->source_execution = fly_col_int(s);
	out->parent_node = fly_col_int(s);
	out->relaunched = fly_col_int(s);
	out->cluster = fly_col_text(s);
	out->user = fly_col_text(s);
	out->abort_cause = fly_col_text(s);
	out->error_code = fly_col_text(s);
	out->error_kind = (int)fly_col_opt(s, -1);
	out->launch_entity = fly_col_text(s);
	out->nodes_total = (uint32_t)fly_col_int(s);
	out->nodes_running = (uint32_t)fly_col_int(s);
	out->nodes_done = (uint32_t)fly_col_int(s);
	out->nodes_failed = (uint32_t)fly_col_int(s);
	out->sizes_version = (uint32_t)fly_col_int(s);
	fly_col_sizes(s, out->sizes, FLY_EXECUTION_SIZES, UINT32_MAX);
	rc = fly_scope_texts(s->db, out->scope, s->arena, &out->project, &out->domain);
	return rc < 0 ? rc : read_parts(s, parts, out);
}

#define AT(field) offsetof(struct fly_execution, field)

/* Heads alone are remembered. */
static const size_t texts[] = {
	AT(project), AT(domain), AT(name), AT(cluster), AT(user), AT(abort_cause), AT(error_code),
	AT(launch_entity),
};

const struct row_shape fly_execution_shape = {
	.size = sizeof(struct fly_execution),
	.read = read_row,
	ROW_TEXTS(texts),
};

int fly_execution_find(struct fly_db *db, int64_t scope, const char *name, int64_t *out)
{
	static const char sql[] = "SELECT id FROM execution INDEXED BY execution_name "
				  "WHERE scope = ? AND name = ?";
	struct stmt s;
	int rc;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, scope);
	fly_bind_text(&s, name);
	rc = fly_stmt_one(&s);
	if (rc == 0)
		*out = fly_col_int(&s);
	return fly_stmt_end(&s, rc);
}

int fly_execution_get(struct fly_db *db, int64_t scope, const char *name, unsigned parts,
		      struct fly_arena *arena, struct fly_execution *out)
{
	static const char sql[] = SELECT "WHERE e.scope = ? AND e.name = ?";
	struct stmt s;

	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, scope);
	fly_bind_text(&s, name);
	return fly_row_get(&s, &fly_execution_shape, parts, NULL, out);
}

int fly_execution_get_id(struct fly_db *db, int64_t id, unsigned parts, struct fly_arena *arena,
			 struct fly_execution *out)
{
	static const char sql[] = SELECT "WHERE e.id = ?";
	struct row_key key = {.sql = sql, .numbers = {id}, .id = id};
	struct stmt s;

	if (!parts && fly_row_recall(db, &key, &fly_execution_shape, arena, out))
		return 0;
	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, id);
	return fly_row_get(&s, &fly_execution_shape, parts, parts ? NULL : &key, out);
}

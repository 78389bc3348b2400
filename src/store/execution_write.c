/* SPDX-License-Identifier: Apache-2.0 */
/* Executions: inserting, changing, deleting. */
#include "execution.h"

#include <stdio.h>

static struct fly_change describe(const struct fly_execution *e, unsigned flags, int64_t at_ns)
{
	return (struct fly_change){
		.kind = FLY_KIND_EXECUTION,
		.flags = flags,
		.id = e->id,
		.scope = e->scope,
		.phase = e->phase,
		.old_phase = e->phase,
		.state = e->state,
		.at_ns = at_ns,
		.name = e->name,
	};
}

/* The name whose versions a launch directory lists: of the launch plan, else of the task. */
static int find_plan(struct fly_db *db, const struct fly_execution *e, int64_t *out,
		     struct fly_why *why)
{
	static const char sql[] = "SELECT named FROM entity WHERE id = ?";
	struct stmt s;
	int rc;

	*out = 0;
	if (!e->launch_plan && !e->task)
		return 0;
	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, e->launch_plan ? e->launch_plan : e->task);
	rc = fly_stmt_row(&s);
	if (rc > 0)
		*out = fly_col_int(&s);
	else if (rc < 0)
		fly_db_fail(db, s.code, why);
	return fly_stmt_end(&s, rc < 0 ? rc : 0);
}

/* The columns an update writes each time; nothing of them is indexed. */
#define BODY_COLUMNS(sep)                                                                          \
	"result" sep "uid" sep "gid" sep "mode" sep "updated_ns" sep                               \
	"started_ns" sep "duration_ns" sep "changed_ns" sep "mode_of_start" sep                    \
	"source_execution" sep "parent_node" sep "relaunched" sep "cluster" sep "user" sep         \
	"abort_cause" sep "error_code" sep "error_kind" sep "launch_entity" sep "nodes_total" sep  \
	"nodes_running" sep "nodes_done" sep "nodes_failed" sep "sizes_version" sep "sizes"

#define BODY_MARKS                                                                                 \
	"?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

static void bind_body(struct stmt *s, const struct fly_execution *e, int64_t changed_ns,
		      uint8_t *room)
{
	fly_bind_int(s, e->result);
	fly_bind_int(s, e->uid);
	fly_bind_int(s, e->gid);
	fly_bind_int(s, e->mode);
	fly_bind_int(s, e->updated_ns);
	fly_bind_opt(s, e->started_ns, INT64_MIN);
	fly_bind_opt(s, e->duration_ns, INT64_MIN);
	fly_bind_int(s, changed_ns);
	fly_bind_int(s, e->mode_of_start);
	fly_bind_int(s, e->source_execution);
	fly_bind_int(s, e->parent_node);
	fly_bind_int(s, e->relaunched);
	fly_bind_text(s, e->cluster);
	fly_bind_text(s, e->user);
	fly_bind_text(s, e->abort_cause);
	fly_bind_text(s, e->error_code);
	fly_bind_opt(s, e->error_kind, -1);
	fly_bind_text(s, e->launch_entity);
	fly_bind_int(s, e->nodes_total);
	fly_bind_int(s, e->nodes_running);
	fly_bind_int(s, e->nodes_done);
	fly_bind_int(s, e->nodes_failed);
	fly_bind_int(s, e->sizes_version);
	fly_bind_sizes(s, e->sizes, FLY_EXECUTION_SIZES, UINT32_MAX, room);
}

/* --- insert --------------------------------------------------------------------------- */

/* The name is taken: by whom decides what the person should do. */
static int fail_taken(struct fly_db *db, const struct fly_execution *e, struct fly_why *why)
{
	static const char sql[] = "SELECT state FROM execution WHERE scope = ? AND name = ?";
	struct stmt s;
	int state = -1;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, e->scope);
	fly_bind_text(&s, e->name);
	if (fly_stmt_row(&s) > 0)
		state = (int)fly_col_int(&s);
	fly_stmt_end(&s, 0);
	if (state == 1)
		return fly_fail(why, EEXIST,
				"an archived execution has the name %s: bring it back, delete it "
				"for good, or take another name",
				e->name);
	if (state < 0)
		return fly_fail(why, EEXIST, "execution id %lld is taken", (long long)e->id);
	return fly_fail(why, EEXIST, "execution %s exists already", e->name);
}

static int insert_head(struct fly_db *db, const struct fly_execution *e, int64_t plan,
		       int64_t changed_ns, struct fly_why *why)
{
	static const char sql[] =
		"INSERT INTO execution (id, scope, name, phase, state, launch_plan, workflow, "
		"task, plan, created_ns, " BODY_COLUMNS(", ") ") "
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " BODY_MARKS ")";
	uint8_t room[4 * FLY_EXECUTION_SIZES];
	struct stmt s;
	int rc;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, e->id);
	fly_bind_int(&s, e->scope);
	fly_bind_text(&s, e->name);
	fly_bind_int(&s, e->phase);
	fly_bind_int(&s, e->state);
	fly_bind_int(&s, e->launch_plan);
	fly_bind_int(&s, e->workflow);
	fly_bind_int(&s, e->task);
	fly_bind_int(&s, plan);
	fly_bind_int(&s, e->created_ns);
	bind_body(&s, e, changed_ns, room);
	rc = fly_stmt_row(&s);
	if (rc < 0 && rc != -EEXIST)
		fly_db_fail(db, s.code, why);
	rc = fly_stmt_end(&s, rc);
	return rc == -EEXIST ? fail_taken(db, e, why) : rc;
}

static int insert_tags(struct fly_db *db, int64_t id, const struct fly_tag *tags, size_t n_tags,
		       struct fly_why *why)
{
	static const char sql[] =
		"INSERT OR IGNORE INTO execution_tag (execution, key, value) VALUES (?, ?, ?)";
	struct stmt s;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < n_tags; i++) {
		fly_stmt_use(&s, db, sql, NULL);
		fly_bind_int(&s, id);
		fly_bind_text(&s, tags[i].key);
		fly_bind_text(&s, tags[i].value ? tags[i].value : "");
		rc = fly_stmt_run(&s, why);
	}
	return rc;
}

static int insert_parts(struct fly_db *db, const struct fly_execution *e, struct fly_why *why)
{
	const struct fly_bytes parts[FLY_BLOBS] = {
		[FLY_EXECUTION_PART_SPEC] = e->spec,
		[FLY_EXECUTION_PART_CLOSURE] = e->closure,
		[FLY_EXECUTION_PART_INPUTS] = e->inputs,
		[FLY_EXECUTION_PART_USER_INPUTS] = e->user_inputs,
		[FLY_EXECUTION_PART_OUTPUTS] = e->outputs,
	};

	return fly_blobs_insert(db, e->id, parts, why);
}

int fly_execution_insert(struct fly_db *db, const struct fly_execution *e,
			 const struct fly_tag *tags, size_t n_tags, struct fly_why *why)
{
	int64_t at_ns = fly_first_change(e->changed_ns);
	struct fly_change change = describe(e, FLY_CHANGE_CREATED, at_ns);
	int rc = find_plan(db, e, &change.plan, why);

	if (rc == 0)
		rc = insert_head(db, e, change.plan, at_ns, why);
	if (rc == 0)
		rc = insert_parts(db, e, why);
	if (rc == 0)
		rc = insert_tags(db, e->id, tags, n_tags, why);
	return rc < 0 ? rc : fly_changes_add(db, &change, why);
}

/* --- update --------------------------------------------------------------------------- */

struct old {
	int64_t scope, created_ns, changed_ns, launch_plan, workflow, task;
	int phase, state, result;
	const char *name;
};

static int read_old(struct fly_db *db, int64_t id, struct fly_arena *arena, struct old *out,
		    struct fly_why *why)
{
	static const char sql[] = "SELECT scope, created_ns, changed_ns, launch_plan, workflow, "
				  "task, phase, state, result, name FROM execution WHERE id = ?";
	struct stmt s;
	int rc;

	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, id);
	rc = fly_stmt_one(&s);
	if (rc == 0) {
		out->scope = fly_col_int(&s);
		out->created_ns = fly_col_int(&s);
		out->changed_ns = fly_col_int(&s);
		out->launch_plan = fly_col_int(&s);
		out->workflow = fly_col_int(&s);
		out->task = fly_col_int(&s);
		out->phase = (int)fly_col_int(&s);
		out->state = (int)fly_col_int(&s);
		out->result = (int)fly_col_int(&s);
		out->name = fly_col_text(&s);
	} else if (rc == -ENOENT) {
		fly_fail(why, ENOENT, "execution %lld is gone", (long long)id);
	} else {
		fly_db_fail(db, s.code, why);
	}
	return fly_stmt_end(&s, rc);
}

/* Setting an indexed column rewrites its indexes even to the same value: only when it moves. */
static int update_head(struct fly_db *db, const struct fly_execution *e, bool moves,
		       int64_t changed_ns, struct fly_why *why)
{
	static const char still[] =
		"UPDATE execution SET " BODY_COLUMNS(" = ?, ") " = ? WHERE id = ?";
	static const char moving[] =
		"UPDATE execution SET " BODY_COLUMNS(" = ?, ") " = ?, phase = ?, state = ? "
		"WHERE id = ?";
	uint8_t room[4 * FLY_EXECUTION_SIZES];
	struct stmt s;

	fly_stmt_use(&s, db, moves ? moving : still, NULL);
	bind_body(&s, e, changed_ns, room);
	if (moves) {
		fly_bind_int(&s, e->phase);
		fly_bind_int(&s, e->state);
	}
	fly_bind_int(&s, e->id);
	return fly_stmt_run(&s, why);
}

/* A mirror learns of the launch plan, or of the true time, later than of the run. */
static int update_origin(struct fly_db *db, const struct fly_execution *e, const struct old *old,
			 struct fly_why *why)
{
	static const char sql[] = "UPDATE execution SET launch_plan = ?, workflow = ?, task = ?, "
				  "plan = ?, created_ns = ? WHERE id = ?";
	struct stmt s;
	int64_t plan;
	int rc;

	if (e->launch_plan == old->launch_plan && e->workflow == old->workflow &&
	    e->task == old->task && e->created_ns == old->created_ns)
		return 0;
	rc = find_plan(db, e, &plan, why);
	if (rc < 0)
		return rc;
	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, e->launch_plan);
	fly_bind_int(&s, e->workflow);
	fly_bind_int(&s, e->task);
	fly_bind_int(&s, plan);
	fly_bind_int(&s, e->created_ns);
	fly_bind_int(&s, e->id);
	return fly_stmt_run(&s, why);
}

static int put_parts(struct fly_db *db, const struct fly_execution *e, unsigned parts,
		     bool *has_new_outputs, struct fly_why *why)
{
	int rc = 0;

	if (parts & FLY_EXECUTION_SPEC)
		rc = fly_blob_put(db, e->id, FLY_EXECUTION_PART_SPEC, e->spec, NULL, why);
	if (rc == 0 && parts & FLY_EXECUTION_CLOSURE)
		rc = fly_blob_put(db, e->id, FLY_EXECUTION_PART_CLOSURE, e->closure, NULL, why);
	if (rc == 0 && parts & FLY_EXECUTION_INPUTS)
		rc = fly_blob_put(db, e->id, FLY_EXECUTION_PART_INPUTS, e->inputs, NULL, why);
	if (rc == 0 && parts & FLY_EXECUTION_INPUTS)
		rc = fly_blob_put(db, e->id, FLY_EXECUTION_PART_USER_INPUTS, e->user_inputs, NULL,
				  why);
	if (rc == 0 && parts & FLY_EXECUTION_OUTPUTS)
		rc = fly_blob_put(db, e->id, FLY_EXECUTION_PART_OUTPUTS, e->outputs,
				  has_new_outputs, why);
	return rc;
}

int fly_execution_update(struct fly_db *db, struct fly_execution *e, unsigned parts,
			 struct fly_why *why)
{
	bool has_new_outputs = false;
	struct fly_change change;
	auto_arena arena = {0};
	struct old old;
	int64_t at_ns;
	int rc = read_old(db, e->id, &arena, &old, why);

	if (rc < 0)
		return rc;
	at_ns = fly_file_time_after(old.changed_ns);
	rc = update_head(db, e, e->phase != old.phase || e->state != old.state, at_ns, why);
	if (rc == 0)
		rc = update_origin(db, e, &old, why);
	if (rc == 0)
		rc = put_parts(db, e, parts, &has_new_outputs, why);
	if (rc < 0)
		return rc;
	change = describe(e, FLY_CHANGE_TEXT, at_ns);
	change.scope = old.scope;
	change.old_phase = old.phase;
	change.name = old.name;
	if (e->phase != old.phase)
		change.flags |= FLY_CHANGE_PHASE;
	if (e->state != old.state)
		change.flags |= FLY_CHANGE_STATE;
	if ((int)e->result != old.result || has_new_outputs)
		change.flags |= FLY_CHANGE_RESULT;
	e->changed_ns = at_ns;
	return fly_changes_add(db, &change, why);
}

/* --- delete --------------------------------------------------------------------------- */

/* Parts first: they are found through the rows that own them. */
#define EACH_PART "JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7)) p"

static const char *const delete_steps[] = {
	"DELETE FROM part WHERE id IN (SELECT a.id * 8 + p.column1 FROM node n "
	"JOIN attempt a ON a.node = n.id " EACH_PART " WHERE n.execution = ?)",
	"DELETE FROM attempt WHERE node IN (SELECT id FROM node WHERE execution = ?)",
	"DELETE FROM part WHERE id IN (SELECT n.id * 8 + p.column1 FROM node n " EACH_PART
	" WHERE n.execution = ?)",
	"DELETE FROM node WHERE execution = ?",
	"DELETE FROM execution_tag WHERE execution = ?",
	"DELETE FROM execution WHERE id = ?",
};

int fly_execution_delete(struct fly_db *db, int64_t id, struct fly_why *why)
{
	struct fly_change change = {.kind = FLY_KIND_EXECUTION, .flags = FLY_CHANGE_GONE, .id = id};
	auto_arena arena = {0};
	struct old old;
	struct stmt s;
	size_t i;
	int rc = read_old(db, id, &arena, &old, why);

	if (rc == 0)
		rc = fly_blobs_delete(db, id, why);
	for (i = 0; rc == 0 && i < FLY_ARRAY_LEN(delete_steps); i++) {
		fly_stmt_use(&s, db, delete_steps[i], NULL);
		fly_bind_int(&s, id);
		rc = fly_stmt_run(&s, why);
	}
	if (rc < 0)
		return rc;
	change.scope = old.scope;
	change.phase = change.old_phase = old.phase;
	change.state = old.state;
	change.at_ns = fly_file_time_after(old.changed_ns);
	change.name = old.name;
	return fly_changes_add(db, &change, why);
}

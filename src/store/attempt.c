/* SPDX-License-Identifier: Apache-2.0 */
/* Task executions: the attempts of a node. */
#include "row.h"

#define COLUMNS                                                                                    \
	"a.id, a.node, a.execution, a.retry_attempt, a.phase, a.phase_version, a.project, "        \
	"a.domain, a.name, a.version, a.created_ns, a.updated_ns, a.started_ns, a.duration_ns, "   \
	"a.changed_ns, a.sizes"

enum {
	PART_MESSAGE,
	PART_ENGINE,
	ALL_PARTS = 3,
};

static int read_parts(struct stmt *s, struct fly_attempt *a)
{
	struct fly_bytes parts[FLY_BLOBS];
	int rc = fly_blobs_get(s->db, a->id, ALL_PARTS, s->arena, parts);

	if (rc < 0)
		return rc;
	a->message = parts[PART_MESSAGE];
	a->engine = parts[PART_ENGINE];
	return 0;
}

static int read_row(struct stmt *s, unsigned parts, void *row)
{
	struct fly_attempt *out = row;

	out->id = fly_col_int(s);
	out->node = fly_col_int(s);
	out->execution = fly_col_int(s);
	out->retry_attempt = (uint32_t)fly_col_int(s);
	out->phase = (int)fly_col_int(s);
	out->phase_version = (uint32_t)fly_col_int(s);
	out->project = fly_col_text(s);
	out->domain = fly_col_text(s);
	out->name = fly_col_text(s);
	out->version = fly_col_text(s);
	out->created_ns = fly_col_int(s);
	out->updated_ns = fly_col_int(s);
	out->started_ns = fly_col_opt(s, INT64_MIN);
	out->duration_ns = fly_col_opt(s, INT64_MIN);
	out->changed_ns = fly_col_int(s);
	fly_col_sizes(s, out->sizes, FLY_ATTEMPT_SIZES, UINT32_MAX);
	return read_parts(s, out);
}

static const struct row_shape shape = {.size = sizeof(struct fly_attempt), .read = read_row};

int fly_attempt_get(struct fly_db *db, int64_t node, const char *project, const char *domain,
		    const char *name, const char *version, uint32_t retry_attempt,
		    struct fly_arena *arena, struct fly_attempt *out)
{
	static const char sql[] =
		"SELECT " COLUMNS " FROM attempt a WHERE a.node = ? AND a.retry_attempt = ? AND "
		"a.name = ? AND a.version = ? AND a.domain = ? AND a.project = ?";
	struct stmt s;

	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, node);
	fly_bind_int(&s, retry_attempt);
	fly_bind_text(&s, name);
	fly_bind_text(&s, version);
	fly_bind_text(&s, domain);
	fly_bind_text(&s, project);
	return fly_row_get(&s, &shape, 0, NULL, out);
}

int fly_attempt_get_id(struct fly_db *db, int64_t id, struct fly_arena *arena,
		       struct fly_attempt *out)
{
	static const char sql[] = "SELECT " COLUMNS " FROM attempt a WHERE a.id = ?";
	struct stmt s;

	fly_stmt_use(&s, db, sql, arena);
	fly_bind_int(&s, id);
	return fly_row_get(&s, &shape, 0, NULL, out);
}

int fly_attempt_list(struct fly_db *db, int64_t execution, int64_t node, struct fly_arena *arena,
		     struct fly_attempt **out)
{
	static const char of_node[] =
		"SELECT " COLUMNS " FROM attempt a WHERE a.node = ? ORDER BY a.id";
	static const char of_execution[] = "SELECT " COLUMNS " FROM node n CROSS JOIN attempt a "
					   "ON a.node = n.id WHERE n.execution = ? ORDER BY a.id";
	struct stmt s;

	fly_stmt_use(&s, db, node ? of_node : of_execution, arena);
	fly_bind_int(&s, node ? node : execution);
	return fly_row_list(&s, &shape, 0, out);
}

/* --- writing -------------------------------------------------------------------------- */

/* The columns that move, in the order of the texts below. */
static void bind_body(struct stmt *s, const struct fly_attempt *a, int64_t changed_ns,
		      uint8_t *room)
{
	fly_bind_int(s, a->phase);
	fly_bind_int(s, a->phase_version);
	fly_bind_int(s, a->created_ns);
	fly_bind_int(s, a->updated_ns);
	fly_bind_opt(s, a->started_ns, INT64_MIN);
	fly_bind_opt(s, a->duration_ns, INT64_MIN);
	fly_bind_int(s, changed_ns);
	fly_bind_sizes(s, a->sizes, FLY_ATTEMPT_SIZES, UINT32_MAX, room);
}

static int insert_row(struct fly_db *db, const struct fly_attempt *a, int64_t changed_ns,
		      struct fly_why *why)
{
	static const char sql[] =
		"INSERT INTO attempt (id, node, execution, retry_attempt, project, domain, name, "
		"version, phase, phase_version, created_ns, updated_ns, started_ns, duration_ns, "
		"changed_ns, sizes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	uint8_t room[4 * FLY_ATTEMPT_SIZES];
	struct stmt s;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, a->id);
	fly_bind_int(&s, a->node);
	fly_bind_int(&s, a->execution);
	fly_bind_int(&s, a->retry_attempt);
	fly_bind_text(&s, a->project ? a->project : "");
	fly_bind_text(&s, a->domain ? a->domain : "");
	fly_bind_text(&s, a->name ? a->name : "");
	fly_bind_text(&s, a->version ? a->version : "");
	bind_body(&s, a, changed_ns, room);
	return fly_stmt_insert(&s, why, "attempt %u of task %s exists already",
			       a->retry_attempt, a->name ? a->name : "");
}

static int update_row(struct fly_db *db, const struct fly_attempt *a, int64_t changed_ns,
		      struct fly_why *why)
{
	static const char sql[] =
		"UPDATE attempt SET phase = ?, phase_version = ?, created_ns = ?, updated_ns = ?, "
		"started_ns = ?, duration_ns = ?, changed_ns = ?, sizes = ? WHERE id = ?";
	uint8_t room[4 * FLY_ATTEMPT_SIZES];
	struct stmt s;

	fly_stmt_use(&s, db, sql, NULL);
	bind_body(&s, a, changed_ns, room);
	fly_bind_int(&s, a->id);
	return fly_stmt_run(&s, why);
}

/* 1: it exists; 0: it doesn't. */
static int read_old(struct fly_db *db, int64_t id, int *phase, int64_t *changed_ns,
		    struct fly_why *why)
{
	static const char sql[] = "SELECT phase, changed_ns FROM attempt WHERE id = ?";
	struct stmt s;
	int rc;

	fly_stmt_use(&s, db, sql, NULL);
	fly_bind_int(&s, id);
	rc = fly_stmt_row(&s);
	if (rc > 0) {
		*phase = (int)fly_col_int(&s);
		*changed_ns = fly_col_int(&s);
	} else if (rc < 0) {
		fly_db_fail(db, s.code, why);
	}
	return fly_stmt_end(&s, rc);
}

static int put_parts(struct fly_db *db, const struct fly_attempt *a, bool exists,
		     struct fly_why *why)
{
	int rc;

	if (exists) {
		rc = fly_blob_put(db, a->id, PART_MESSAGE, a->message, NULL, why);
		return rc < 0 ? rc : fly_blob_put(db, a->id, PART_ENGINE, a->engine, NULL, why);
	}
	rc = fly_blob_insert(db, a->id, PART_MESSAGE, a->message, why);
	return rc < 0 ? rc : fly_blob_insert(db, a->id, PART_ENGINE, a->engine, why);
}

int fly_attempt_put(struct fly_db *db, struct fly_attempt *a, struct fly_why *why)
{
	struct fly_change change = {
		.kind = FLY_KIND_ATTEMPT,
		.flags = FLY_CHANGE_TEXT,
		.id = a->id,
		.parent = a->execution,
		.node = a->node,
		.phase = a->phase,
	};
	int64_t old_changed_ns = 0;
	int exists, rc = fly_execution_scope(db, a->execution, &change.scope, why);

	if (rc < 0)
		return rc;
	exists = read_old(db, a->id, &change.old_phase, &old_changed_ns, why);
	if (exists < 0)
		return exists;
	change.at_ns = exists ? fly_file_time_after(old_changed_ns)
			      : fly_first_change(a->changed_ns);
	rc = exists ? update_row(db, a, change.at_ns, why) : insert_row(db, a, change.at_ns, why);
	if (rc == 0)
		rc = put_parts(db, a, exists, why);
	if (rc < 0)
		return rc;
	if (!exists)
		change.flags = FLY_CHANGE_CREATED;
	if (a->phase != change.old_phase)
		change.flags |= FLY_CHANGE_PHASE;
	a->changed_ns = change.at_ns;
	return fly_changes_add(db, &change, why);
}

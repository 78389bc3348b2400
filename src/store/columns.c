/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lists can be filtered and sorted by, as data: names as the service has them, expressions
 * over our rows. Aliases: e execution, l launch plan, w workflow, t task (each with ln, wn, tn, its
 * name), m named, p project, n node, a attempt, g tag.
 *
 * Source: flyte-api §2.11. Columns the server keeps and a store of messages has not (URIs of its
 * blobs) are there, empty, so that the same filters are accepted.
 */
#include "columns.h"

/* --- names of numbers ----------------------------------------------------------------- */

/* Source: core.WorkflowExecution.Phase, core.NodeExecution.Phase, core.TaskExecution.Phase. */
static const char *const execution_phases[] = {
	"UNDEFINED", "QUEUED", "RUNNING", "SUCCEEDING", "SUCCEEDED", "FAILING",
	"FAILED", "ABORTED", "TIMED_OUT", "ABORTING", NULL,
};
static const char *const node_phases[] = {
	"UNDEFINED", "QUEUED", "RUNNING", "SUCCEEDED", "FAILING", "FAILED",
	"ABORTED", "SKIPPED", "TIMED_OUT", "DYNAMIC_RUNNING", "RECOVERED", NULL,
};
static const char *const attempt_phases[] = {
	"UNDEFINED", "QUEUED", "RUNNING", "SUCCEEDED", "ABORTED", "FAILED",
	"INITIALIZING", "WAITING_FOR_RESOURCES", "RETRYABLE_FAILED", NULL,
};
/* Source: core.ExecutionError.ErrorKind, core.CatalogCacheStatus. */
static const char *const error_kinds[] = {"UNKNOWN", "USER", "SYSTEM", NULL};
static const char *const cache_statuses[] = {
	"CACHE_DISABLED", "CACHE_MISS", "CACHE_HIT", "CACHE_POPULATED", "CACHE_LOOKUP_FAILURE",
	"CACHE_PUT_FAILURE", "CACHE_SKIPPED", "CACHE_EVICTED", NULL,
};

/* --- expressions ---------------------------------------------------------------------- */

#define PROJECT_OF(scope)                                                                          \
	"(SELECT xp.identifier FROM scope xs JOIN project xp ON xp.id = xs.project "               \
	"WHERE xs.id = " scope ")"
#define DOMAIN_OF(scope) "(SELECT xs.domain FROM scope xs WHERE xs.id = " scope ")"
#define SCOPE_OF(execution) "(SELECT xe.scope FROM execution xe WHERE xe.id = " execution ")"
#define NAME_OF(execution) "(SELECT xe.name FROM execution xe WHERE xe.id = " execution ")"
#define PART(id, part) "(SELECT xb.data FROM part xb WHERE xb.id = " id " * 8 + " part ")"

/* Row bookkeeping: follows insertion and change of the row, not the times in its message. */
#define BOOKKEEPING(alias)                                                                         \
	{"id", COLUMN_INT, alias ".id"}, {"created_at", COLUMN_TIME, alias ".created_ns"},         \
		{"updated_at", COLUMN_TIME, alias ".changed_ns"},                                  \
		{"deleted_at", COLUMN_TIME, "NULL"}

static const struct column execution_columns[] = {
	BOOKKEEPING("e"),
	{"execution_project", COLUMN_TEXT, PROJECT_OF("e.scope")},
	{"execution_domain", COLUMN_TEXT, DOMAIN_OF("e.scope")},
	{"execution_name", COLUMN_TEXT, "e.name"},
	{"launch_plan_id", COLUMN_INT, "e.launch_plan"},
	{"workflow_id", COLUMN_INT, "e.workflow"},
	{"task_id", COLUMN_INT, "e.task"},
	{"phase", COLUMN_NAME, "e.phase", execution_phases},
	{"closure", COLUMN_BYTES, PART("e.id", "1")},
	{"spec", COLUMN_BYTES, PART("e.id", "0")},
	{"started_at", COLUMN_TIME, "e.started_ns"},
	{"execution_created_at", COLUMN_TIME, "e.created_ns"},
	{"execution_updated_at", COLUMN_TIME, "e.updated_ns"},
	{"duration", COLUMN_DURATION, "coalesce(e.duration_ns, 0)"},
	{"abort_cause", COLUMN_TEXT, "coalesce(e.abort_cause, '')"},
	{"mode", COLUMN_INT, "e.mode_of_start"},
	{"source_execution_id", COLUMN_INT, "e.source_execution"},
	{"parent_node_execution_id", COLUMN_INT, "e.parent_node"},
	{"cluster", COLUMN_TEXT, "coalesce(e.cluster, '')"},
	{"inputs_uri", COLUMN_TEXT, "''"},
	{"user_inputs_uri", COLUMN_TEXT, "''"},
	{"error_kind", COLUMN_NAME, "e.error_kind", error_kinds},
	{"error_code", COLUMN_TEXT, "e.error_code"},
	{"user", COLUMN_TEXT, "coalesce(e.user, '')"},
	{"state", COLUMN_INT, "e.state"},
	{"launch_entity", COLUMN_TEXT, "coalesce(e.launch_entity, '')"},
};

#define IDENTITY(alias)                                                                            \
	{"project", COLUMN_TEXT, PROJECT_OF(alias ".scope")},                                      \
		{"domain", COLUMN_TEXT, DOMAIN_OF(alias ".scope")},                                \
		{"name", COLUMN_TEXT, alias "n.name"}, {"version", COLUMN_TEXT, alias ".version"}

static const struct column launch_plan_columns[] = {
	BOOKKEEPING("l"),
	IDENTITY("l"),
	{"spec", COLUMN_BYTES, PART("l.id", "0")},
	{"workflow_id", COLUMN_INT, "l.workflow"},
	{"closure", COLUMN_BYTES, PART("l.id", "1")},
	{"state", COLUMN_INT, "l.state"},
	{"digest", COLUMN_BYTES, "l.digest"},
	{"schedule_type", COLUMN_TEXT, "coalesce(l.schedule_type, '')"},
	{"launch_condition_type", COLUMN_TEXT, "l.launch_condition_type"},
};

static const struct column workflow_columns[] = {
	BOOKKEEPING("w"),
	IDENTITY("w"),
	{"typed_interface", COLUMN_BYTES, PART("w.id", "2")},
	{"remote_closure_identifier", COLUMN_TEXT, "''"},
	{"digest", COLUMN_BYTES, "w.digest"},
	{"short_description", COLUMN_TEXT, "coalesce(w.short_description, '')"},
};

static const struct column task_columns[] = {
	BOOKKEEPING("t"),
	IDENTITY("t"),
	{"closure", COLUMN_BYTES, PART("t.id", "1")},
	{"digest", COLUMN_BYTES, "t.digest"},
	{"type", COLUMN_TEXT, "coalesce(t.type, '')"},
	{"short_description", COLUMN_TEXT, "coalesce(t.short_description, '')"},
};

static const struct column project_columns[] = {
	BOOKKEEPING("p"),
	{"identifier", COLUMN_TEXT, "p.identifier"},
	{"name", COLUMN_TEXT, "p.name"},
	{"description", COLUMN_TEXT, "p.description"},
	{"labels", COLUMN_BYTES, "p.labels"},
	{"state", COLUMN_INT, "p.state"},
};

static const struct column named_columns[] = {
	BOOKKEEPING("m"),
	{"resource_type", COLUMN_REFUSED, "m.kind"},
	{"project", COLUMN_TEXT, PROJECT_OF("m.scope")},
	{"domain", COLUMN_TEXT, DOMAIN_OF("m.scope")},
	{"name", COLUMN_TEXT, "m.name"},
	{"description", COLUMN_TEXT, "m.description"},
	{"state", COLUMN_INT, "m.state"},
};

static const struct column node_columns[] = {
	BOOKKEEPING("n"),
	{"execution_project", COLUMN_TEXT, PROJECT_OF(SCOPE_OF("n.execution"))},
	{"execution_domain", COLUMN_TEXT, DOMAIN_OF(SCOPE_OF("n.execution"))},
	{"execution_name", COLUMN_TEXT, NAME_OF("n.execution")},
	{"node_id", COLUMN_TEXT, "n.node_id"},
	{"phase", COLUMN_NAME, "n.phase", node_phases},
	{"input_uri", COLUMN_TEXT, "''"},
	{"closure", COLUMN_BYTES, PART("n.id", "0")},
	{"started_at", COLUMN_TIME, "n.started_ns"},
	{"node_execution_created_at", COLUMN_TIME, "n.created_ns"},
	{"node_execution_updated_at", COLUMN_TIME, "n.updated_ns"},
	{"duration", COLUMN_DURATION, "coalesce(n.duration_ns, 0)"},
	{"node_execution_metadata", COLUMN_BYTES, PART("n.id", "0")},
	{"parent_id", COLUMN_INT, "nullif(n.parent, 0)"},
	{"parent_task_execution_id", COLUMN_INT, "nullif(n.parent_attempt, 0)"},
	{"error_kind", COLUMN_NAME, "n.error_kind", error_kinds},
	{"error_code", COLUMN_TEXT, "n.error_code"},
	{"cache_status", COLUMN_NAME, "n.cache_status", cache_statuses},
	{"dynamic_workflow_remote_closure_reference", COLUMN_TEXT, "''"},
	{"internal_data", COLUMN_BYTES, "NULL"},
};

/* project, domain and name are those of the execution, as the server reads them. */
static const struct column attempt_columns[] = {
	BOOKKEEPING("a"),
	{"project", COLUMN_TEXT, PROJECT_OF(SCOPE_OF("a.execution"))},
	{"domain", COLUMN_TEXT, DOMAIN_OF(SCOPE_OF("a.execution"))},
	{"name", COLUMN_TEXT, NAME_OF("a.execution")},
	{"version", COLUMN_TEXT, "a.version"},
	{"execution_project", COLUMN_TEXT, PROJECT_OF(SCOPE_OF("a.execution"))},
	{"execution_domain", COLUMN_TEXT, DOMAIN_OF(SCOPE_OF("a.execution"))},
	{"execution_name", COLUMN_TEXT, NAME_OF("a.execution")},
	{"node_id", COLUMN_TEXT, "(SELECT xn.node_id FROM node xn WHERE xn.id = a.node)"},
	{"retry_attempt", COLUMN_INT, "a.retry_attempt"},
	{"phase", COLUMN_NAME, "a.phase", attempt_phases},
	{"phase_version", COLUMN_INT, "a.phase_version"},
	{"input_uri", COLUMN_TEXT, "''"},
	{"closure", COLUMN_BYTES, PART("a.id", "0")},
	{"started_at", COLUMN_TIME, "a.started_ns"},
	{"task_execution_created_at", COLUMN_TIME, "a.created_ns"},
	{"task_execution_updated_at", COLUMN_TIME, "a.updated_ns"},
	{"duration", COLUMN_DURATION, "coalesce(a.duration_ns, 0)"},
};

/* Tags are kept without times or ids of their own: those of their execution serve. */
static const struct column tag_columns[] = {
	{"id", COLUMN_INT, "g.execution"},
	{"created_at", COLUMN_TIME,
	 "(SELECT xe.created_ns FROM execution xe WHERE xe.id = g.execution)"},
	{"updated_at", COLUMN_TIME,
	 "(SELECT xe.created_ns FROM execution xe WHERE xe.id = g.execution)"},
	{"deleted_at", COLUMN_TIME, "NULL"},
	{"key", COLUMN_TEXT, "g.key"},
	{"value", COLUMN_TEXT, "g.value"},
	{"execution_project", COLUMN_TEXT, PROJECT_OF(SCOPE_OF("g.execution"))},
	{"execution_domain", COLUMN_TEXT, DOMAIN_OF(SCOPE_OF("g.execution"))},
	{"execution_name", COLUMN_TEXT, NAME_OF("g.execution")},
};

/* --- subjects and lists --------------------------------------------------------------- */

#define TABLE(columns) columns, FLY_ARRAY_LEN(columns)

const struct subject_table fly_subjects[N_SUBJECTS] = {
	[SUBJECT_EXECUTION] = {"execution", "e", TABLE(execution_columns)},
	[SUBJECT_LAUNCH_PLAN] = {"launch_plan", "l", TABLE(launch_plan_columns)},
	[SUBJECT_WORKFLOW] = {"workflow", "w", TABLE(workflow_columns)},
	[SUBJECT_TASK] = {"task", "t", TABLE(task_columns)},
	[SUBJECT_PROJECT] = {"project", "p", TABLE(project_columns)},
	[SUBJECT_NAMED] = {"entities", "nen", TABLE(named_columns)},
	[SUBJECT_NAMED_METADATA] = {"named_entity_metadata", "nem", TABLE(named_columns)},
	[SUBJECT_NODE] = {"node_execution", "ne", TABLE(node_columns)},
	[SUBJECT_ATTEMPT] = {"task_execution", "te", TABLE(attempt_columns)},
	[SUBJECT_TAG] = {"execution_tag", "et", TABLE(tag_columns)},
	[SUBJECT_SIGNAL] = {"signal", "s", NULL, 0},
	[SUBJECT_ADMIN_TAG] = {"admin_tag", "at", NULL, 0},
	[SUBJECT_EXECUTION_ADMIN_TAG] = {"execution_admin_tag", "eat", NULL, 0},
};

/* Joins are inner. plan is the name of what started the execution: it leads to an index. */
const struct list_table fly_lists[] = {
	[FLY_LIST_EXECUTION] = {
		SUBJECT_EXECUTION, "execution e", "e.id", "e.scope", "e.name", "e.created_ns",
		{
			[SUBJECT_LAUNCH_PLAN] = " JOIN entity l ON l.id = e.launch_plan "
						"JOIN named ln ON ln.id = e.plan",
			[SUBJECT_WORKFLOW] = " JOIN entity w ON w.id = e.workflow "
					     "JOIN named wn ON wn.id = w.named",
			[SUBJECT_TASK] = " JOIN entity t ON t.id = e.task "
					 "JOIN named tn ON tn.id = t.named",
			[SUBJECT_TAG] = "",
			[SUBJECT_ADMIN_TAG] = "",
		},
	},
	[FLY_LIST_LAUNCH_PLAN] = {
		SUBJECT_LAUNCH_PLAN, "named ln JOIN entity l ON l.named = ln.id AND l.kind = 6",
		"l.id", "ln.scope", "ln.name", NULL,
		{
			[SUBJECT_WORKFLOW] = " JOIN entity w ON w.id = l.workflow "
					     "JOIN named wn ON wn.id = w.named",
		},
	},
	[FLY_LIST_WORKFLOW] = {
		SUBJECT_WORKFLOW, "named wn JOIN entity w ON w.named = wn.id AND w.kind = 5",
		"w.id", "wn.scope", "wn.name", NULL, {0},
	},
	[FLY_LIST_TASK] = {
		SUBJECT_TASK, "named tn JOIN entity t ON t.named = tn.id AND t.kind = 4",
		"t.id", "tn.scope", "tn.name", NULL, {0},
	},
	[FLY_LIST_PROJECT] = {
		SUBJECT_PROJECT, "project p", "p.id", NULL, NULL, "p.identifier", {0},
	},
	[FLY_LIST_NAMED_ENTITY] = {
		SUBJECT_NAMED, "named m", "m.id", "m.scope", "m.name", "m.name",
		{
			[SUBJECT_NAMED_METADATA] = "",
		},
	},
	[FLY_LIST_NODE_EXECUTION] = {
		SUBJECT_NODE, "node n", "n.id", NULL, NULL, NULL,
		{
			[SUBJECT_EXECUTION] = " JOIN execution e ON e.id = n.execution",
		},
	},
	[FLY_LIST_TASK_EXECUTION] = {
		SUBJECT_ATTEMPT, "attempt a", "a.id", NULL, NULL, NULL,
		{
			[SUBJECT_TASK] =
				" JOIN project tp ON tp.identifier = a.project "
				"JOIN scope ts ON ts.project = tp.id AND ts.domain = a.domain "
				"JOIN named tn ON tn.scope = ts.id AND tn.kind = 4 AND "
				"tn.name = a.name "
				"JOIN entity t ON t.named = tn.id AND t.version = a.version",
			[SUBJECT_EXECUTION] = " JOIN execution e ON e.id = a.execution",
			[SUBJECT_NODE] = " JOIN node n ON n.id = a.node",
		},
	},
};

const struct column *fly_column_find(enum subject subject, const char *name)
{
	const struct subject_table *table = &fly_subjects[subject];
	size_t i;

	for (i = 0; i < table->n_columns; i++) {
		if (strcmp(table->columns[i].name, name) == 0)
			return &table->columns[i];
	}
	return NULL;
}

int fly_column_refuse(enum subject subject, const char *name, const char *purpose,
		      struct fly_why *why)
{
	const struct subject_table *table = &fly_subjects[subject];
	auto_buf known = {0};
	size_t i;

	for (i = 0; i < table->n_columns; i++) {
		if (table->columns[i].type != COLUMN_REFUSED)
			fly_buf_printf(&known, "%s%s", known.len ? ", " : ": there are ",
				       table->columns[i].name);
	}
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s has no field '%s' to %s by%s",
			  table->prefix, name, purpose, known.len && !known.failed ? known.data : "");
}

void fly_column_print(const struct column *column, struct fly_buf *sql)
{
	int i;

	if (column->type != COLUMN_NAME) {
		fly_buf_puts(sql, column->sql);
		return;
	}
	fly_buf_printf(sql, "CASE %s", column->sql);
	for (i = 0; column->names[i]; i++)
		fly_buf_printf(sql, " WHEN %d THEN '%s'", i, column->names[i]);
	fly_buf_printf(sql, " ELSE CAST(%s AS TEXT) END", column->sql);
}

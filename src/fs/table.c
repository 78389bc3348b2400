/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the file table; see table.h. spec.json comes first in its directory, so that a copy
 * of a whole one launches before the rest is refused. Knows no row of the store.
 */
#include "table.h"

#include "flytefs/admin.h"

#define DIR (S_IFDIR | 0755)
#define FILE_RO (S_IFREG | 0444)
#define FILE_RW (S_IFREG | 0644)
#define LINK (S_IFLNK | 0777)

#define OWN FLY_CLASS_OWN
#define TEXT FLY_CLASS_TEXT
#define CONTROL FLY_CLASS_CONTROL

static const struct fly_file statics[] = {
	{ FLY_ROOT_SELF, 0, "", DIR, FLY_CLASS_DIR, .life = FLY_LIFE_SHORT },
	{ FLY_ROOT_README, FLY_ROOT_SELF, "README", FILE_RO, OWN, .life = FLY_LIFE_EVER },
	{ FLY_ROOT_HIDDEN, FLY_ROOT_SELF, ".flytefs", DIR, FLY_CLASS_DIR, .unlisted = true,
	  .life = FLY_LIFE_EVER },
	{ FLY_HIDDEN_VERSION, FLY_ROOT_HIDDEN, "version", FILE_RO, OWN, .life = FLY_LIFE_EVER },
	{ FLY_HIDDEN_STATS, FLY_ROOT_HIDDEN, "stats", FILE_RO, OWN },
	{ FLY_HIDDEN_ERRORS, FLY_ROOT_HIDDEN, "errors", DIR, FLY_CLASS_DIR },
	{ FLY_HIDDEN_EVENTS, FLY_ROOT_HIDDEN, "events", FILE_RO, OWN },
};

static const struct fly_file projects[] = {
	{ FLY_PROJECT_JSON, 0, "project.json", FILE_RW, OWN, .life = FLY_LIFE_SHORT },
};

#define PHASE(number, name)                                                                        \
	{ FLY_SCOPE_PHASES + (number), FLY_SCOPE_BY_PHASE, name, DIR, FLY_CLASS_DIR,               \
	  .life = FLY_LIFE_SHORT }
#define PLACE(index, name) { index, 0, name, DIR, FLY_CLASS_DIR, .life = FLY_LIFE_SHORT }

static const struct fly_file scopes[] = {
	PLACE(FLY_SCOPE_EXECUTIONS, "executions"),
	PLACE(FLY_SCOPE_ARCHIVED, "archived"),
	PLACE(FLY_SCOPE_LAUNCH_PLANS, "launch_plans"),
	PLACE(FLY_SCOPE_WORKFLOWS, "workflows"),
	PLACE(FLY_SCOPE_TASKS, "tasks"),
	PLACE(FLY_SCOPE_REGISTER, "register"),
	PLACE(FLY_SCOPE_BY_PHASE, "by-phase"),
	PLACE(FLY_SCOPE_BY_PLAN, "by-launch-plan"),
	PLACE(FLY_SCOPE_QUERY, "query"),
	PHASE(0, "UNDEFINED"),
	PHASE(1, "QUEUED"),
	PHASE(2, "RUNNING"),
	PHASE(3, "SUCCEEDING"),
	PHASE(4, "SUCCEEDED"),
	PHASE(5, "FAILING"),
	PHASE(6, "FAILED"),
	PHASE(7, "ABORTED"),
	PHASE(8, "TIMED_OUT"),
	PHASE(9, "ABORTING"),
};

/* What every entity has. */
#define ENTITY_ROWS                                                                                \
	{ FLY_FILE_SPEC_JSON, 0, "spec.json", FILE_RO, TEXT, FLY_ENTITY_TEXT_SPEC_JSON,            \
	  .age = FLY_AGE_CREATED, .life = FLY_LIFE_EVER },                                         \
	{ FLY_FILE_SPEC_PB, 0, "spec.pb", FILE_RO, TEXT, FLY_ENTITY_TEXT_SPEC_PB,                  \
	  .unlisted = true, .age = FLY_AGE_CREATED, .life = FLY_LIFE_EVER },                       \
	{ FLY_FILE_CLOSURE_JSON, 0, "closure.json", FILE_RO, TEXT, FLY_ENTITY_TEXT_CLOSURE_JSON }, \
	{ FLY_FILE_CLOSURE_PB, 0, "closure.pb", FILE_RO, TEXT, FLY_ENTITY_TEXT_CLOSURE_PB,         \
	  .unlisted = true },                                                                      \
	{ FLY_FILE_ERROR, 0, "error", FILE_RO, OWN, .when = FLY_WHEN_DRAFT }

static const struct fly_file tasks[] = { ENTITY_ROWS };
static const struct fly_file workflows[] = {
	ENTITY_ROWS,
	{ FLY_ENTITY_GRAPH, 0, "graph.dot", FILE_RO, TEXT, FLY_ENTITY_TEXT_GRAPH_DOT,
	  .age = FLY_AGE_CREATED, .life = FLY_LIFE_EVER },
};
static const struct fly_file launch_plans[] = {
	ENTITY_ROWS,
	{ FLY_ENTITY_TEMPLATE, 0, "template.json", FILE_RO, TEXT, FLY_ENTITY_TEXT_TEMPLATE_JSON,
	  .age = FLY_AGE_CREATED },
	{ FLY_ENTITY_STATE, 0, "state", FILE_RW, TEXT, FLY_ENTITY_TEXT_STATE },
};

static const struct fly_file executions[] = {
	{ FLY_FILE_SPEC_JSON, 0, "spec.json", FILE_RO, TEXT, FLY_TEXT_SPEC_JSON,
	  .age = FLY_AGE_CREATED, .life = FLY_LIFE_EVER },
	{ FLY_FILE_SPEC_PB, 0, "spec.pb", FILE_RO, TEXT, FLY_TEXT_SPEC_PB, .unlisted = true,
	  .age = FLY_AGE_CREATED, .life = FLY_LIFE_EVER },
	{ FLY_FILE_CLOSURE_JSON, 0, "closure.json", FILE_RO, TEXT, FLY_TEXT_CLOSURE_JSON },
	{ FLY_FILE_CLOSURE_PB, 0, "closure.pb", FILE_RO, TEXT, FLY_TEXT_CLOSURE_PB,
	  .unlisted = true },
	{ 5, 0, "execution.json", FILE_RO, TEXT, FLY_TEXT_EXECUTION_JSON, .unlisted = true },
	{ 6, 0, "execution.pb", FILE_RO, TEXT, FLY_TEXT_EXECUTION_PB, .unlisted = true },
	{ 7, 0, "id.json", FILE_RO, TEXT, FLY_TEXT_ID_JSON, .unlisted = true,
	  .age = FLY_AGE_CREATED, .life = FLY_LIFE_EVER },
	{ FLY_RUN_PHASE, 0, "phase", FILE_RO, TEXT, FLY_TEXT_PHASE, .age = FLY_AGE_RESULT },
	{ FLY_RUN_STATUS, 0, "status", FILE_RO, TEXT, FLY_TEXT_STATUS },
	{ 10, 0, "inputs.json", FILE_RO, TEXT, FLY_TEXT_INPUTS_JSON, .age = FLY_AGE_CREATED,
	  .life = FLY_LIFE_EVER },
	{ 11, 0, "inputs.pb", FILE_RO, TEXT, FLY_TEXT_INPUTS_PB, .unlisted = true,
	  .age = FLY_AGE_CREATED, .life = FLY_LIFE_EVER },
	{ 12, 0, "outputs.json", FILE_RO, TEXT, FLY_TEXT_OUTPUTS_JSON, .when = FLY_WHEN_TEXT,
	  .age = FLY_AGE_RESULT },
	{ 13, 0, "outputs.pb", FILE_RO, TEXT, FLY_TEXT_OUTPUTS_PB, .unlisted = true,
	  .when = FLY_WHEN_TEXT, .age = FLY_AGE_RESULT },
	{ 14, 0, "error.json", FILE_RO, TEXT, FLY_TEXT_ERROR_JSON, .when = FLY_WHEN_TEXT,
	  .age = FLY_AGE_RESULT },
	{ FLY_FILE_ERROR, 0, "error", FILE_RO, TEXT, FLY_TEXT_ERROR, .when = FLY_WHEN_TEXT,
	  .age = FLY_AGE_RESULT },
	{ 16, 0, "abort_metadata.json", FILE_RO, TEXT, FLY_TEXT_ABORT_JSON, .when = FLY_WHEN_TEXT,
	  .age = FLY_AGE_RESULT },
	{ 17, 0, "data.json", FILE_RO, TEXT, FLY_TEXT_DATA_JSON, .unlisted = true },
	{ FLY_FILE_INPUTS, 0, "inputs", DIR, FLY_CLASS_DIR, .age = FLY_AGE_CREATED,
	  .life = FLY_LIFE_EVER },
	{ FLY_RUN_OUTPUTS, 0, "outputs", DIR, FLY_CLASS_DIR, .when = FLY_WHEN_OUTPUTS,
	  .age = FLY_AGE_RESULT },
	{ FLY_RUN_NODES, 0, "nodes", DIR, FLY_CLASS_DIR },
	{ FLY_RUN_GRAPH, 0, "graph.dot", FILE_RO, TEXT, FLY_TEXT_GRAPH_DOT },
	{ FLY_RUN_LOG, 0, "log", FILE_RO, FLY_CLASS_LOG, .when = FLY_WHEN_LOGGED },
	{ FLY_RUN_TERMINATE, 0, "terminate", FILE_RW, CONTROL, .life = FLY_LIFE_EVER },
	{ FLY_RUN_RELAUNCH, 0, "relaunch", FILE_RW, CONTROL, .life = FLY_LIFE_EVER },
	{ FLY_RUN_RECOVER, 0, "recover", FILE_RW, CONTROL, .life = FLY_LIFE_EVER },
	{ FLY_RUN_RELAUNCHED, 0, "relaunched", LINK, FLY_CLASS_LINK, .when = FLY_WHEN_RELAUNCHED,
	  .life = FLY_LIFE_SHORT },
	{ FLY_RUN_WAIT, 0, ".wait", LINK, FLY_CLASS_LINK, .unlisted = true,
	  .age = FLY_AGE_CREATED, .life = FLY_LIFE_EVER },
	{ FLY_RUN_DELETE, 0, "delete", FILE_RW, CONTROL, .when = FLY_WHEN_ARCHIVED,
	  .life = FLY_LIFE_SHORT },
};

static const struct fly_file nodes[] = {
	{ FLY_NODE_PHASE, 0, "phase", FILE_RO, TEXT, FLY_NODE_TEXT_PHASE },
	{ FLY_NODE_CLOSURE, 0, "closure.json", FILE_RO, TEXT, FLY_NODE_TEXT_CLOSURE_JSON },
	{ FLY_NODE_INPUTS, 0, "inputs.json", FILE_RO, TEXT, FLY_NODE_TEXT_INPUTS_JSON,
	  .when = FLY_WHEN_TEXT },
	{ FLY_NODE_OUTPUTS, 0, "outputs.json", FILE_RO, TEXT, FLY_NODE_TEXT_OUTPUTS_JSON,
	  .when = FLY_WHEN_TEXT },
	{ FLY_NODE_ERROR, 0, "error", FILE_RO, TEXT, FLY_NODE_TEXT_ERROR, .when = FLY_WHEN_TEXT },
	{ FLY_NODE_ATTEMPTS, 0, "attempts", DIR, FLY_CLASS_DIR },
	{ FLY_NODE_NODES, 0, "nodes", DIR, FLY_CLASS_DIR, .when = FLY_WHEN_CHILDREN },
};

static const struct fly_file attempts[] = {
	{ FLY_ATTEMPT_PHASE, 0, "phase", FILE_RO, TEXT, FLY_ATTEMPT_TEXT_PHASE },
	{ FLY_ATTEMPT_CLOSURE, 0, "closure.json", FILE_RO, TEXT, FLY_ATTEMPT_TEXT_CLOSURE_JSON },
	{ FLY_ATTEMPT_STDOUT, 0, "stdout", FILE_RO, FLY_CLASS_LOG, 1, .when = FLY_WHEN_LOGGED },
	{ FLY_ATTEMPT_STDERR, 0, "stderr", FILE_RO, FLY_CLASS_LOG, 2, .when = FLY_WHEN_LOGGED },
};

static const struct fly_file queries[] = {
	{ FLY_QUERY_JSON, 0, "list.json", FILE_RO, OWN, .life = FLY_LIFE_SHORT },
	{ FLY_QUERY_PB, 0, "list.pb", FILE_RO, OWN, .unlisted = true, .life = FLY_LIFE_SHORT },
	{ FLY_QUERY_NEXT, 0, "next", LINK, FLY_CLASS_LINK, .life = FLY_LIFE_SHORT },
};

static const struct rows {
	const struct fly_file *rows;
	unsigned count;
} tables[FLY_N_INO_KINDS] = {
	[FLY_INO_STATIC] = { statics, FLY_ARRAY_LEN(statics) },
	[FLY_INO_PROJECT] = { projects, FLY_ARRAY_LEN(projects) },
	[FLY_INO_SCOPE] = { scopes, FLY_ARRAY_LEN(scopes) },
	[FLY_INO_TASK] = { tasks, FLY_ARRAY_LEN(tasks) },
	[FLY_INO_WORKFLOW] = { workflows, FLY_ARRAY_LEN(workflows) },
	[FLY_INO_LAUNCH_PLAN] = { launch_plans, FLY_ARRAY_LEN(launch_plans) },
	[FLY_INO_EXECUTION] = { executions, FLY_ARRAY_LEN(executions) },
	[FLY_INO_NODE] = { nodes, FLY_ARRAY_LEN(nodes) },
	[FLY_INO_ATTEMPT] = { attempts, FLY_ARRAY_LEN(attempts) },
	[FLY_INO_QUERY] = { queries, FLY_ARRAY_LEN(queries) },
};

bool fly_file_is_dir(enum fly_ino_kind kind, unsigned index)
{
	const struct fly_file *f = fly_file_at(kind, index);

	if (f)
		return S_ISDIR(f->mode);
	return kind == FLY_INO_SCOPE || kind == FLY_INO_NAMED ||
	       (!index && kind < FLY_N_INO_KINDS && tables[kind].count);
}

const struct fly_file *fly_files(enum fly_ino_kind kind, unsigned *count)
{
	*count = kind < FLY_N_INO_KINDS ? tables[kind].count : 0;
	return kind < FLY_N_INO_KINDS ? tables[kind].rows : NULL;
}

const struct fly_file *fly_file_find(enum fly_ino_kind kind, unsigned parent, const char *name)
{
	unsigned n;
	const struct fly_file *rows = fly_files(kind, &n);

	for (unsigned i = 0; i < n; i++)
		if (rows[i].parent == parent && !strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

const struct fly_file *fly_file_at(enum fly_ino_kind kind, unsigned index)
{
	unsigned n;
	const struct fly_file *rows = fly_files(kind, &n);

	for (unsigned i = 0; i < n; i++)
		if (rows[i].index == index)
			return &rows[i];
	return NULL;
}

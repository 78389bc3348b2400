/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status: how a run stands, for people, on one screen. Its lines depend on the rows alone, never on
 * the time of reading, so that a finished run's status never changes.
 * Source: DESIGN §3.
 */
#include "admin_private.h"
#include "text_tree.h"

#define PHASE(p) FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__##p
#define NODE(p) FLYTEIDL__CORE__NODE_EXECUTION__PHASE__##p

#define VALUE_COLUMN 14		/* where values begin */
#define NODES_MAX 6		/* nodes named in a line */
#define WHY_LINES 12
#define WHY_LINE_MAX 160	/* bytes */

static void put_key(struct fly_buf *b, const char *key)
{
	fly_buf_printf(b, "%s:%*s", key, VALUE_COLUMN - (int)strlen(key) - 1, "");
}

static void put_pair(struct fly_buf *b, const char *key, const char *value)
{
	put_key(b, key);
	fly_put_line(b, value);
}

/* What runs: NAME@VERSION as a spec takes it, with its place when that is another one. */
static int put_target(struct fly_db *db, const struct fly_execution *e, struct fly_buf *b)
{
	bool is_task = e->launch_entity && !strcmp(e->launch_entity, "task");
	struct fly_entity target;
	auto_arena arena = {0};
	int rc = fly_entity_get_id(db, is_task ? FLY_KIND_TASK : FLY_KIND_LAUNCH_PLAN,
				   is_task ? e->task : e->launch_plan, FLY_ENTITY_HEAD, &arena,
				   &target);

	if (rc < 0 && rc != -ENOENT)
		return rc;
	put_key(b, is_task ? "task" : "launch plan");
	if (rc < 0) {
		fly_buf_puts(b, "unknown\n");
		return 0;
	}
	if (strcmp(target.project, e->project) != 0 || strcmp(target.domain, e->domain) != 0)
		fly_buf_printf(b, "%s/%s/", target.project, target.domain);
	fly_buf_printf(b, "%s@%s\n", target.name, target.version);
	return 0;
}

static void put_times(const struct fly_execution *e, struct fly_buf *b)
{
	bool over = fly_phase_is_terminal(e->phase);

	put_key(b, "started");
	if (e->started_ns == INT64_MIN)
		fly_buf_puts(b, over ? "never" : "not yet");
	else
		fly_time_print(e->started_ns, b);
	fly_buf_putc(b, '\n');
	if (!over || e->duration_ns == INT64_MIN)
		return;
	put_key(b, "took");
	fly_go_duration_print(e->duration_ns, b);
	fly_buf_putc(b, '\n');
}

/* --- nodes -------------------------------------------------------------- */

struct nodes {
	struct fly_node *list;
	size_t n;
};

static bool is_failed(const struct fly_node *n)
{
	return n->phase == NODE(FAILED) || n->phase == NODE(TIMED_OUT);
}

static bool is_active(const struct fly_node *n)
{
	return !fly_node_phase_is_terminal(n->phase) && n->phase != NODE(UNDEFINED);
}

/* Does one of its children say more than the node itself? */
static bool has_child(const struct nodes *nodes, const struct fly_node *parent,
		      bool (*wanted)(const struct fly_node *n))
{
	size_t i;

	for (i = 0; i < nodes->n; i++) {
		if (nodes->list[i].parent == parent->id && wanted(&nodes->list[i]))
			return true;
	}
	return false;
}

static void put_node(struct fly_db *db, const struct fly_node *n, struct fly_buf *b)
{
	struct fly_execution child;
	auto_arena arena = {0};
	int rc = -ENOENT;

	fly_buf_puts(b, n->node_id);
	if (is_failed(n))
		return;
	fly_buf_printf(b, " (%s", fly_node_phase_name(n->phase) ? fly_node_phase_name(n->phase)
								: "in an unknown phase");
	if (n->child_execution)
		rc = fly_execution_get_id(db, n->child_execution, FLY_EXECUTION_HEAD, &arena,
					  &child);
	if (rc >= 0)
		fly_buf_printf(b, ", execution %s", child.name);
	else if (rc != -ENOENT)
		b->failed = true;
	fly_buf_putc(b, ')');
}

/* "n1, n4 and 3 more": the innermost nodes of a kind. Returns how many there are. */
static size_t put_nodes(struct fly_db *db, const struct nodes *nodes, const char *key,
			bool (*wanted)(const struct fly_node *n), struct fly_buf *b)
{
	size_t found = 0, i;

	for (i = 0; i < nodes->n; i++) {
		const struct fly_node *n = &nodes->list[i];

		if (!wanted(n) || has_child(nodes, n, wanted))
			continue;
		if (++found > NODES_MAX)
			continue;
		if (found == 1)
			put_key(b, key);
		else
			fly_buf_puts(b, ", ");
		put_node(db, n, b);
	}
	if (found > NODES_MAX)
		fly_buf_printf(b, " and %zu more", found - NODES_MAX);
	if (found)
		fly_buf_putc(b, '\n');
	return found;
}

static uint32_t count_aborted(const struct nodes *nodes)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < nodes->n; i++) {
		if (nodes->list[i].phase == NODE(ABORTED) && !nodes->list[i].parent &&
		    !nodes->list[i].parent_attempt)
			n++;
	}
	return n;
}

static void put_counts(const struct fly_execution *e, const struct nodes *nodes, struct fly_buf *b)
{
	uint32_t aborted = count_aborted(nodes);
	uint32_t met = e->nodes_done + e->nodes_running + e->nodes_failed + aborted;

	put_key(b, "nodes");
	fly_buf_printf(b, "%u done, %u running, %u failed, %u %s", e->nodes_done, e->nodes_running,
		       e->nodes_failed, e->nodes_total > met ? e->nodes_total - met : 0,
		       fly_phase_is_terminal(e->phase) ? "not run" : "waiting");
	if (aborted)
		fly_buf_printf(b, ", %u aborted", aborted);
	fly_buf_putc(b, '\n');
}

/* --- why ---------------------------------------------------------------- */

/* One line of somebody else's text: cut, and without bytes that drive a terminal. */
static void put_plain(struct fly_buf *b, const char *line, size_t len)
{
	size_t cut = fly_utf8_cut(line, len, WHY_LINE_MAX);
	size_t i;

	for (i = 0; i < cut; i++)
		fly_buf_putc(b, (unsigned char)line[i] < ' ' || line[i] == 0x7f ? ' ' : line[i]);
	fly_buf_puts(b, cut < len ? "…\n" : "\n");
}

static void put_why(const char *text, struct fly_buf *b)
{
	size_t lines = 0, len;

	while (*text && lines < WHY_LINES) {
		len = strcspn(text, "\n");
		if (len || lines) {
			if (lines++)
				fly_buf_printf(b, "%*s", VALUE_COLUMN, "");
			else
				put_key(b, "why");
			put_plain(b, text, len);
		}
		text += len + (text[len] == '\n');
	}
	if (*text)
		fly_buf_printf(b, "%*s… (the rest is in error)\n", VALUE_COLUMN, "");
}

static int put_result(const struct fly_execution *e, struct fly_buf *b)
{
	Flyteidl__Admin__ExecutionClosure *closure;
	auto_arena arena = {0};
	int rc = fly_admin_unpack(&flyteidl__admin__execution_closure__descriptor, e->closure,
				  &arena, (ProtobufCMessage **)&closure, NULL);

	if (rc < 0)
		return rc;
	switch (closure->output_result_case) {
	case FLYTEIDL__ADMIN__EXECUTION_CLOSURE__OUTPUT_RESULT_ERROR:
		put_why(*closure->error->message ? closure->error->message : closure->error->code,
			b);
		break;
	case FLYTEIDL__ADMIN__EXECUTION_CLOSURE__OUTPUT_RESULT_ABORT_METADATA:
		if (*closure->abort_metadata->principal)
			put_pair(b, "aborted by", closure->abort_metadata->principal);
		put_why(closure->abort_metadata->cause, b);
		break;
	default:
		break;
	}
	return 0;
}

/* --- the whole ---------------------------------------------------------- */

/* The nodes of a run whose counters don't say all: one that works or that ended badly. */
static int read_nodes(struct fly_db *db, const struct fly_execution *e, struct fly_arena *arena,
		      struct nodes *out)
{
	int n;

	if (e->phase == PHASE(SUCCEEDED) || e->phase == PHASE(UNDEFINED) ||
	    e->phase == PHASE(QUEUED))
		return 0;
	n = fly_node_list(db, e->id, -1, arena, &out->list);
	out->n = n < 0 ? 0 : (size_t)n;
	return n < 0 ? n : 0;
}

int fly_status_text(struct fly_db *db, const struct fly_execution *e, struct fly_buf *b)
{
	struct nodes nodes = {0};
	auto_arena arena = {0};
	int rc = read_nodes(db, e, &arena, &nodes);

	if (rc < 0)
		return rc;
	put_key(b, "phase");
	fly_put_phase(b, fly_phase_name(e->phase), e->phase);
	rc = put_target(db, e, b);
	if (rc < 0)
		return rc;
	put_times(e, b);
	put_counts(e, &nodes, b);
	if (e->phase == PHASE(SUCCEEDED))
		return 0;
	put_nodes(db, &nodes, "failed", is_failed, b);
	if (e->phase == PHASE(ABORTING))
		put_pair(b, "waits for", "its tasks to end");
	else if (!fly_phase_is_terminal(e->phase) &&
		 !put_nodes(db, &nodes, "waits for", is_active, b))
		put_pair(b, "waits for", "the engine");
	return put_result(e, b);
}

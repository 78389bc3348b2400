/* SPDX-License-Identifier: Apache-2.0 */
/* See rows.h. */
#include "rows.h"

#include "must.h"

#define PAGE 64

static bool is_json(const struct fly_buf *b)
{
	struct fly_scan scan;

	/* An empty message is an empty object. */
	fly_scan_init(&scan);
	return fly_scan_feed(&scan, b->data, b->len) == FLY_SCAN_DONE ||
	       scan.depth == FLY_MESSAGE_MAX_DEPTH;
}

void rows_check_refusal(int rc, const struct fly_why *why)
{
	static const int allowed[] = {EINVAL, ENOENT, EEXIST, EACCES, EPERM, EFBIG, EOPNOTSUPP,
				      EBUSY, EDQUOT};
	size_t i;

	if (rc >= 0)
		return;
	for (i = 0; i < FLY_ARRAY_LEN(allowed) && allowed[i] != -rc; i++)
		;
	if (i == FLY_ARRAY_LEN(allowed) || why->error != -rc || !why->text[0])
		fprintf(stderr, "%d, %d %s: %s\n", rc, why->error, fly_status_name(why->status),
			why->text);
	must(i < FLY_ARRAY_LEN(allowed));
	must(why->error == -rc && why->text[0]);
	must(fly_utf8_valid(why->text, strlen(why->text)) && !strchr(why->text, '\n'));
}

/* --- executions ---------------------------------------------------------------- */

static bool execution_text_is_json(enum fly_execution_text text)
{
	switch (text) {
	case FLY_TEXT_SPEC_JSON:
	case FLY_TEXT_CLOSURE_JSON:
	case FLY_TEXT_EXECUTION_JSON:
	case FLY_TEXT_INPUTS_JSON:
	case FLY_TEXT_OUTPUTS_JSON:
	case FLY_TEXT_ERROR_JSON:
	case FLY_TEXT_ABORT_JSON:
	case FLY_TEXT_DATA_JSON:
	case FLY_TEXT_ID_JSON:
		return true;
	default:
		return false;
	}
}

static void check_values(struct fly_bytes map)
{
	auto_arena arena = {0};
	Flyteidl__Core__Literal *lit;
	const char **names;
	int n = fly_value_names(map, &arena, &names);

	must(n >= 0);
	for (int i = 0; i < n; i++) {
		auto_buf b = {0};

		must(fly_value_get(map, names[i], &arena, &lit) == 0);
		fly_literal_text(lit, &b);
		must(!b.failed && b.len);
		fly_value_local_path(lit, &arena);
	}
}

static void check_nodes(struct fly_db *db, int64_t execution)
{
	auto_arena arena = {0};
	struct fly_node *nodes;
	struct fly_attempt *attempts;
	int n = fly_node_list(db, execution, -1, &arena, &nodes), m;

	must(n >= 0);
	for (int i = 0; i < n; i++) {
		for (int t = 0; t < FLY_N_NODE_TEXTS; t++) {
			auto_buf b = {0};

			if (!fly_node_text_exists(t, &nodes[i]))
				continue;
			must(fly_node_text(t, &nodes[i], &b) == 0);
			must(fly_node_text_size(t, &nodes[i]) == (int64_t)b.len);
		}
	}
	m = fly_attempt_list(db, execution, 0, &arena, &attempts);
	must(m >= 0);
	for (int i = 0; i < m; i++) {
		for (int t = 0; t < FLY_N_ATTEMPT_TEXTS; t++) {
			auto_buf b = {0};

			must(fly_attempt_text(t, &attempts[i], &b) == 0);
			must(fly_attempt_text_size(t, &attempts[i]) == (int64_t)b.len);
		}
	}
}

/* Of what a run can come to there is one to read. */
static void check_result(const struct fly_execution *e)
{
	must(fly_execution_text_exists(FLY_TEXT_OUTPUTS_JSON, e) +
	     fly_execution_text_exists(FLY_TEXT_ERROR_JSON, e) +
	     fly_execution_text_exists(FLY_TEXT_ABORT_JSON, e) <= 1);
}

void rows_check_execution(struct fly_db *db, int64_t id)
{
	auto_arena arena = {0};
	struct fly_execution head, e;

	must(fly_execution_get_id(db, id, FLY_EXECUTION_HEAD, &arena, &head) == 0);
	must(fly_execution_get_id(db, id, FLY_EXECUTION_ALL, &arena, &e) == 0);
	check_result(&head);
	for (int i = 0; i <= FLY_TEXT_PHASE; i++) {
		auto_buf b = {0};

		if (!fly_execution_text_exists(i, &head))
			continue;
		must(fly_execution_text(i, db, &e, &b) == 0);
		must(!execution_text_is_json(i) || is_json(&b));
		must(fly_execution_text_size(i, db, &head) == (int64_t)b.len);
	}
	check_values(e.inputs);
	check_values(e.outputs);
	check_nodes(db, id);
}

/* --- entities -------------------------------------------------------------------- */

void rows_check_entity(struct fly_db *db, enum fly_kind kind, int64_t id)
{
	auto_arena arena = {0};
	struct fly_entity head, e;

	must(fly_entity_get_id(db, kind, id, FLY_ENTITY_HEAD, &arena, &head) == 0);
	must(fly_entity_get_id(db, kind, id, FLY_ENTITY_BLOBS, &arena, &e) == 0);
	for (int i = 0; i <= FLY_ENTITY_TEXT_STATE; i++) {
		auto_buf b = {0};
		int rc = fly_entity_text(i, db, &e, &b);

		if (rc == -ENOENT)
			continue;
		must(rc == 0);
		must(i == FLY_ENTITY_TEXT_SPEC_PB || i == FLY_ENTITY_TEXT_CLOSURE_PB ||
		     i >= FLY_ENTITY_TEXT_GRAPH_DOT || is_json(&b));
		must(fly_entity_text_size(i, db, &head) == (int64_t)b.len);
	}
}

/* --- what changed ------------------------------------------------------------------- */

static void note(struct rows_changed *c, enum fly_kind kind, int64_t id)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->kinds[i] == kind && c->ids[i] == id)
			return;
	if (c->n == ROWS_CHANGED_MAX)
		return;
	c->kinds[c->n] = kind;
	c->ids[c->n++] = id;
}

static void forget(struct rows_changed *c, int64_t id)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->ids[i] == id)
			c->kinds[i] = FLY_KIND_NONE;
}

void rows_note(struct rows_changed *c, const struct fly_change *changes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (changes[i].flags & FLY_CHANGE_GONE)
			forget(c, changes[i].id);
		else if (changes[i].kind == FLY_KIND_NODE || changes[i].kind == FLY_KIND_ATTEMPT)
			note(c, FLY_KIND_EXECUTION, changes[i].parent);
		else
			note(c, changes[i].kind, changes[i].id);
	}
}

void rows_check_changed(struct fly_db *db, struct rows_changed *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->kinds[i] == FLY_KIND_EXECUTION)
			rows_check_execution(db, c->ids[i]);
		else if (c->kinds[i] >= FLY_KIND_TASK && c->kinds[i] <= FLY_KIND_LAUNCH_PLAN)
			rows_check_entity(db, c->kinds[i], c->ids[i]);
	}
	c->n = 0;
}

/* --- everything --------------------------------------------------------------------- */

static void check_executions(struct fly_db *db, int64_t scope, int state)
{
	auto_arena arena = {0};
	struct fly_execution_name *names;
	const char *after = NULL;
	int64_t total = 0;
	int n;

	while ((n = fly_execution_names(db, scope, state, after, PAGE, &arena, &names)) > 0) {
		for (int i = 0; i < n; i++)
			rows_check_execution(db, names[i].id);
		after = names[n - 1].name;
		total += n;
	}
	must(n == 0);
	must(fly_execution_count(db, scope, state) == total);
}

static void check_named(struct fly_db *db, int64_t scope, enum fly_kind kind)
{
	auto_arena arena = {0};
	struct fly_entity *versions;
	const char *after = NULL, *version;
	struct fly_named *names;
	int n, m;

	while ((n = fly_named_list(db, scope, kind, after, PAGE, true, &arena, &names)) > 0) {
		for (int i = 0; i < n; i++) {
			version = NULL;
			while ((m = fly_entity_list(db, names[i].id, kind, version, PAGE, &arena,
						    &versions)) > 0) {
				for (int k = 0; k < m; k++)
					rows_check_entity(db, kind, versions[k].id);
				version = versions[m - 1].version;
			}
			must(m == 0);
		}
		after = names[n - 1].name;
	}
	must(n == 0);
}

static void check_project(struct fly_db *db, const struct fly_project *p)
{
	auto_arena arena = {0};
	struct fly_scope *scopes;
	auto_buf b = {0};
	int n;

	must(fly_project_text(p, &b) == 0 && is_json(&b));
	must(!p->size || p->size == b.len);
	n = fly_scope_list(db, p->id, &arena, &scopes);
	must(n >= 0);
	for (int i = 0; i < n; i++) {
		for (int kind = FLY_KIND_TASK; kind <= FLY_KIND_LAUNCH_PLAN; kind++)
			check_named(db, scopes[i].id, kind);
		check_executions(db, scopes[i].id, 0);
		check_executions(db, scopes[i].id, 1);
	}
}

void rows_check_all(struct fly_db *db)
{
	auto_arena arena = {0};
	struct fly_project *projects;
	int n;

	must(fly_db_begin(db, NULL) == 0);
	n = fly_project_list(db, NULL, 1000, &arena, &projects);
	must(n >= 0);
	for (int i = 0; i < n; i++)
		check_project(db, &projects[i]);
	fly_db_end(db);
}

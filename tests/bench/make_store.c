/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_store STORE N [SEED [finished]]: fill a store with N executions as a busy team leaves them:
 * all phases (or only the terminal ones), inputs, outputs, errors, a node each. Seeded: the same
 * arguments give the same rows (but for the ids of a store not empty).
 */
#include <stdio.h>

#include "flytefs/admin.h"
#include "text.h"

#define GROUP 500
#define DAY_NS INT64_C(86400000000000)

struct maker {
	struct fly_store *store;
	struct fly_admin *admin;
	struct fly_entity plan;
	uint64_t random;
	int64_t first_ns;
	long count;
	bool finished;
};

struct group {
	struct fly_work work;
	struct maker *maker;
	long from, to;
};

static uint64_t draw(struct maker *m, uint64_t below)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return m->random % below;
}

static void die(const struct fly_why *why)
{
	fprintf(stderr, "make_store: %s\n", why->text);
	exit(1);
}

static int draw_phase(struct maker *m)
{
	uint64_t at = draw(m, m->finished ? 97 : 100);

	return at < 78	 ? FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__SUCCEEDED
	       : at < 90 ? FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__FAILED
	       : at < 95 ? FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__ABORTED
	       : at < 97 ? FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__TIMED_OUT
	       : at < 99 ? FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__RUNNING
			 : FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__QUEUED;
}

/* A row from JSON texts: the codec turns them into the blobs the service would have stored. */
static struct fly_bytes wire(const ProtobufCMessageDescriptor *type, const char *json,
			     struct fly_arena *arena)
{
	struct fly_why why = { 0 };
	struct fly_buf b = { 0 };
	struct fly_bytes out;
	ProtobufCMessage *message;

	if (fly_json_parse(type, json, strlen(json), arena, &message, &why) < 0)
		die(&why);
	fly_wire_print(message, &b);
	out = (struct fly_bytes){ fly_arena_memdup(arena, b.data ? b.data : "", b.len), b.len };
	fly_buf_release(&b);
	return out;
}

static char *rfc3339(struct fly_arena *arena, int64_t ns)
{
	struct fly_buf b = { 0 };
	char *text;

	fly_time_print(ns, &b);
	text = fly_arena_strdup(arena, b.data);
	fly_buf_release(&b);
	return text;
}

static const char *result_json(struct maker *m, struct fly_execution *e, long n,
			       struct fly_arena *arena)
{
	switch (e->phase) {
	case FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__SUCCEEDED:
		e->result = FLY_RESULT_OUTPUTS;
		return fly_arena_printf(arena, "\"outputs\":{\"uri\":\"file:///var/lib/runs/%ld/outputs.pb\"},", n);
	case FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__FAILED:
	case FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__TIMED_OUT:
		e->result = FLY_RESULT_ERROR;
		e->error_code = "RetriesExhausted|Error";
		e->error_kind = 1;
		return fly_arena_printf(arena,
					"\"error\":{\"code\":\"RetriesExhausted|Error\",\"kind\":\"USER\",\"message\":"
					"\"[1/1] currentAttempt done. Last Error: USER::line %ld: no such column: n%lu\"},",
					n, (unsigned long)draw(m, 1000));
	case FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__ABORTED:
		e->result = FLY_RESULT_ABORT;
		e->abort_cause = "superseded by a newer run";
		return "\"abort_metadata\":{\"cause\":\"superseded by a newer run\",\"principal\":\"ann\"},";
	default:
		return "";
	}
}

static void fill_closure(struct maker *m, struct fly_execution *e, long n, struct fly_arena *arena)
{
	const char *result = result_json(m, e, n, arena);
	bool started = e->phase != FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__QUEUED;
	bool over = fly_phase_is_terminal(e->phase);

	if (started)
		e->started_ns = e->created_ns + (int64_t)draw(m, 2000000000);
	if (over)
		e->duration_ns = (int64_t)draw(m, 3600) * 1000000000 + 1000000;
	e->updated_ns = over ? e->started_ns + e->duration_ns : started ? e->started_ns : e->created_ns;
	e->changed_ns = e->updated_ns;
	e->closure = wire(
		&flyteidl__admin__execution_closure__descriptor,
		fly_arena_printf(arena,
				 "{%s\"phase\":\"%s\",%s\"created_at\":\"%s\",\"updated_at\":\"%s\",\"workflow_id\":"
				 "{\"resource_type\":\"WORKFLOW\",\"project\":\"flytesnacks\",\"domain\":\"development\","
				 "\"name\":\"count\",\"version\":\"v1\"},\"state_change_details\":{\"principal\":\"ann\"}}",
				 result, fly_phase_name(e->phase),
				 started ? fly_arena_printf(arena, "\"started_at\":\"%s\",",
							    rfc3339(arena, e->started_ns))
					 : "",
				 rfc3339(arena, e->created_ns), rfc3339(arena, e->updated_ns)),
		arena);
}

static void fill(struct maker *m, struct fly_execution *e, long n, struct fly_arena *arena)
{
	const char *inputs = fly_arena_printf(
		arena,
		"{\"literals\":{\"text\":{\"scalar\":{\"primitive\":{\"string_value\":\"needle %ld in the hay of "
		"row %lu\"}}}}}",
		n, (unsigned long)draw(m, 100000));

	e->created_ns = m->first_ns + n * (30 * DAY_NS / (m->count + 1));
	e->name = fly_arena_printf(arena, "run-%06ld", n);
	e->phase = draw_phase(m);
	fill_closure(m, e, n, arena);
	e->spec = wire(&flyteidl__admin__execution_spec__descriptor,
		       fly_arena_printf(arena,
					"{\"launch_plan\":{\"resource_type\":\"LAUNCH_PLAN\",\"project\":\"flytesnacks\","
					"\"domain\":\"development\",\"name\":\"count\",\"version\":\"v1\"},\"inputs\":%s,"
					"\"metadata\":{\"principal\":\"ann\",\"system_metadata\":{\"namespace\":"
					"\"flytesnacks-development\"}},\"labels\":{\"values\":{\"team\":\"t%lu\"}},"
					"\"max_parallelism\":25,\"security_context\":{\"run_as\":{}}}",
					inputs, (unsigned long)draw(m, 9)),
		       arena);
	e->inputs = e->user_inputs = wire(&flyteidl__core__literal_map__descriptor, inputs, arena);
	if (e->result == FLY_RESULT_OUTPUTS)
		e->outputs = wire(&flyteidl__core__literal_map__descriptor,
				  fly_arena_printf(arena,
						   "{\"literals\":{\"words\":{\"scalar\":{\"primitive\":"
						   "{\"integer\":\"%lu\"}}}}}",
						   (unsigned long)draw(m, 100000)),
				  arena);
	for (size_t i = 0; i < FLY_EXECUTION_SIZES; i++)
		e->sizes[i] = UINT32_MAX;
	fly_execution_measure(e, FLY_EXECUTION_ALL);
}

static int put_node(struct fly_db *db, struct maker *m, const struct fly_execution *e,
		    struct fly_arena *arena, struct fly_why *why)
{
	struct fly_node node = {
		.id = fly_store_new_id(m->store, why), .execution = e->id, .node_id = "n0",
		.spec_node_id = "n0", .phase = e->phase == 4 ? 3 : 5, .created_ns = e->created_ns,
		.updated_ns = e->updated_ns, .started_ns = e->started_ns, .duration_ns = e->duration_ns,
		.error_kind = -1, .inputs = e->inputs, .outputs = e->outputs,
	};

	node.message = wire(&flyteidl__admin__node_execution__descriptor,
			    fly_arena_printf(arena,
					     "{\"id\":{\"node_id\":\"n0\",\"execution_id\":{\"project\":\"flytesnacks\","
					     "\"domain\":\"development\",\"name\":\"%s\"}},\"closure\":{\"phase\":\"%s\"}}",
					     e->name, fly_node_phase_name(node.phase)),
			    arena);
	fly_node_measure(&node);
	return fly_node_put(db, &node, why);
}

static int apply(struct fly_db *db, struct fly_work *work, struct fly_why *why)
{
	struct group *g = (struct group *)work;
	struct maker *m = g->maker;
	auto_arena arena = { 0 };

	for (long n = g->from; n < g->to; n++) {
		struct fly_execution e = {
			.id = fly_store_new_id(m->store, why), .scope = m->plan.scope,
			.project = "flytesnacks", .domain = "development", .mode = 0755,
			.uid = getuid(), .gid = getgid(), .started_ns = INT64_MIN, .duration_ns = INT64_MIN,
			.launch_plan = m->plan.id, .workflow = m->plan.workflow, .user = "ann",
			.error_kind = -1, .launch_entity = "launch_plan", .nodes_total = 1,
		};
		int rc;

		fill(m, &e, n, &arena);
		e.nodes_done = fly_phase_is_terminal(e.phase);
		rc = fly_execution_insert(db, &e, NULL, 0, why);
		if (!rc && e.started_ns != INT64_MIN)
			rc = put_node(db, m, &e, &arena, why);
		if (!rc) {
			fly_execution_measure_tree(db, &e);
			rc = fly_execution_update(db, &e, FLY_EXECUTION_HEAD, why);
		}
		if (rc)
			return rc;
		fly_arena_release(&arena);
	}
	return 0;
}

static void put(struct maker *m, enum fly_kind kind, const char *name, const char *text)
{
	struct fly_call call = { .caller = { getuid(), getgid(), getpid(), "ann" } };

	fly_admin_register_entity(m->admin, &call, kind, FLY_DOCUMENT_JSON, "spec.json", "flytesnacks",
				  "development", name, "v1", text, strlen(text));
	if (call.rc && call.why.status != FLY_ALREADY_EXISTS)
		die(&call.why);
	fly_arena_release(&call.arena);
}

static void prepare(struct maker *m, const char *path, struct fly_arena *arena)
{
	struct fly_admin_options options = { 0 };
	struct fly_store_options store = { 0 };
	struct fly_why why = { 0 };

	if (fly_store_open(path, &store, &m->store, &why) < 0)
		die(&why);
	options.store = m->store;
	if (fly_admin_create(&options, &m->admin, &why) < 0)
		die(&why);
	put(m, FLY_KIND_TASK, "count_words",
	    "{\"inputs\":{\"text\":\"string\"},\"outputs\":{\"words\":\"integer\"},"
	    "\"command\":[\"sh\",\"-c\",\"wc -w < $INPUTS/text > $OUTPUTS/words\"]}");
	put(m, FLY_KIND_WORKFLOW, "count",
	    "{\"inputs\":{\"text\":\"string\"},\"outputs\":{\"words\":\"$n0.words\"},"
	    "\"steps\":[{\"id\":\"n0\",\"task\":\"count_words\",\"inputs\":{\"text\":\"$text\"}}]}");
	if (fly_entity_get(fly_store_reader(m->store, &why), FLY_KIND_LAUNCH_PLAN, "flytesnacks",
			   "development", "count", "v1", FLY_ENTITY_HEAD, arena, &m->plan) < 0) {
		fly_fail(&why, ENOENT, "the launch plan count@v1 is not there");
		die(&why);
	}
}

int main(int argc, char **argv)
{
	auto_arena arena = { 0 };
	struct maker m = { .first_ns = INT64_C(1760000000000000000) };

	if (argc < 3 || (m.count = atol(argv[2])) < 0) {
		fprintf(stderr, "usage: make_store STORE N [SEED [finished]]\n");
		return 2;
	}
	m.finished = argc > 4;
	m.random = 88172645463325252ull + (argc > 3 ? strtoull(argv[3], NULL, 10) : 1);
	prepare(&m, argv[1], &arena);
	for (long n = 0; n < m.count; n += GROUP) {
		struct group g = { .work = { .apply = apply }, .maker = &m, .from = n,
				   .to = n + GROUP < m.count ? n + GROUP : m.count };

		if (fly_store_run(m.store, &g.work))
			die(&g.work.why);
	}
	fly_admin_destroy(m.admin);
	fly_store_close(m.store);
	return 0;
}

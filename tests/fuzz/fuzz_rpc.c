/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls in a row, on a store with something in it: each is a byte that chooses the call, two for the
 * length of its request, and the request's wire bytes. No call breaks a row, a refused one has a
 * reason, and what is over stays as it is.
 */
#include "fuzz_types.h"
#include "place.h"
#include "rows.h"

#define RUNS_MAX 64
#define CALLS_MAX 24

static struct place place;
static bool is_fresh;

static const char *const calls[] = {
	"CreateExecution", "RelaunchExecution", "RecoverExecution", "TerminateExecution",
	"UpdateExecution", "RegisterProject", "UpdateProject", "CreateTask", "CreateWorkflow",
	"CreateLaunchPlan", "UpdateLaunchPlan", "UpdateNamedEntity", "CreateWorkflowEvent",
	"CreateNodeEvent", "CreateTaskEvent", "GetExecution", "GetExecutionData", "ListExecutions",
	"GetProject", "ListProjects", "GetTask", "ListTasks", "GetWorkflow", "ListWorkflows",
	"GetLaunchPlan", "GetActiveLaunchPlan", "ListLaunchPlans", "ListActiveLaunchPlans",
	"GetNamedEntity", "ListNamedEntities", "ListTaskIds", "ListWorkflowIds",
	"ListLaunchPlanIds", "GetNodeExecution", "GetNodeExecutionData", "ListNodeExecutions",
	"ListNodeExecutionsForTask", "GetTaskExecution", "GetTaskExecutionData",
	"ListTaskExecutions",
};

static struct rows_changed changed;

/* On the committing thread, which is this one: every call waits for its commit. */
static void note_changes(void *arg, const struct fly_change *changes, size_t n)
{
	is_fresh = false;
	rows_note(&changed, changes, n);
}

static void leave(void)
{
	place_remove(&place);
}

static void renew(void)
{
	place_renew(&place);
	fly_store_listen(place.store, note_changes, NULL);
	is_fresh = true;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	place_make(&place);
	atexit(leave);
	renew();
	return 0;
}

/* --- what is over stays as it is -------------------------------------------------- */

struct run {
	int64_t id;
	uint64_t hash;	/* of what it came to */
};

static uint64_t hash_of(struct fly_bytes b, uint64_t before)
{
	return (before * 31) ^ (b.len ? fly_fnv1a64(b.data, b.len) : 1);
}

static uint64_t hash_of_run(int64_t id)
{
	auto_arena arena = {0};
	struct fly_execution e;
	uint64_t hash;

	must(fly_execution_get_id(place_reader(&place), id, FLY_EXECUTION_ALL, &arena, &e) == 0);
	hash = (uint64_t)e.phase << 8 | e.result;
	hash = hash_of(e.spec, hash);
	hash = hash_of(e.inputs, hash);
	hash = hash_of(e.outputs, hash);
	return hash ^ (uint64_t)e.duration_ns ^ (uint64_t)e.created_ns;
}

/* The executions that are over now. */
static size_t find_over(struct run *runs)
{
	struct fly_list l = {.what = FLY_LIST_EXECUTION, .call = "", .limit = RUNS_MAX,
			     .filters = "value_in(state,0;1)+value_in(phase,SUCCEEDED;FAILED;"
					"ABORTED;TIMED_OUT)"};
	auto_arena arena = {0};
	const char *token;
	int64_t *ids;
	int n = fly_list_ids(place_reader(&place), &l, &arena, &ids, &token, NULL);

	must(n >= 0);
	for (int i = 0; i < n; i++)
		runs[i] = (struct run){ids[i], hash_of_run(ids[i])};
	return (size_t)n;
}

static void check_over(const struct run *runs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		must(hash_of_run(runs[i].id) == runs[i].hash);
}

/* --- calls --------------------------------------------------------------------------- */

/* Reads a byte, 0 at the end. */
static uint8_t next(const uint8_t **at, const uint8_t *end)
{
	return *at < end ? *(*at)++ : 0;
}

static void make_call(const struct driver_rpc *rpc, const uint8_t *data, size_t len)
{
	struct fly_call call = {0};
	ProtobufCMessage *request;

	if (fly_wire_parse(rpc->request, data, len, &call.arena, &request, NULL) == 0) {
		place_ask(&place, rpc, request, &call);
		rows_check_refusal(call.rc, &call.why);
		if (call.rc == 0 && call.response) {
			auto_buf b = {0};

			fly_json_print(call.response, FLY_JSON_PRETTY, &b);
			must(!b.failed);
		}
	}
	fly_arena_release(&call.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *at = data, *end = data + size;
	struct run over[RUNS_MAX];
	size_t n = 0;

	for (int i = 0; i < CALLS_MAX && at < end; i++) {
		const char *name = calls[next(&at, end) % FLY_ARRAY_LEN(calls)];
		size_t len = next(&at, end);

		len |= (size_t)next(&at, end) << 8;
		if (len > (size_t)(end - at))
			len = (size_t)(end - at);
		make_call(driver_rpc_find(name), at, len);
		at += len;
		if (changed.n) {
			check_over(over, n);
			n = find_over(over);
		}
		rows_check_changed(place_reader(&place), &changed);
	}
	if (!is_fresh)
		renew();
	return 0;
}

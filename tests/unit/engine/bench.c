/* SPDX-License-Identifier: Apache-2.0 */
/* bench: see bench.h. */
#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "tree.h"

#define WAIT_NS (INT64_C(30) * 1000000000)
#define DOMAIN "development"
#define PROJECT "flytesnacks"

static _Noreturn void give_up(const char *what, const struct fly_why *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why->text);
	exit(1);
}

static void make_engine(struct bench *b)
{
	static const char *const env[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "BENCH=1", NULL};
	char rundir[128];
	struct fly_why why = {0};
	struct fly_engine_options options = {
		.admin = b->admin,
		.rundir = rundir,
		.workdir = b->workdir ? b->workdir : b->dir,
		.env = b->env ? b->env : env,
		.uid = b->uid,
		.jobs = b->jobs,
		.task_program = b->task_program,
		.sendmail = b->sendmail,
	};

	snprintf(rundir, sizeof(rundir), "%s/runs", b->dir);
	if (fly_engine_create(&options, &b->engine, &why) < 0)
		give_up("engine", &why);
	fly_admin_set_backend(b->admin, fly_engine_backend(b->engine));
}

void bench_start(struct bench *b)
{
	struct fly_why why = {0};

	make_engine(b);
	if (fly_engine_start(b->engine, &why) < 0)
		give_up("engine", &why);
}

void bench_stop(struct bench *b)
{
	fly_engine_stop(b->engine);
	fly_admin_set_backend(b->admin, NULL);
	fly_engine_destroy(b->engine);
	b->engine = NULL;
}

void bench_open_store(struct bench *b)
{
	struct fly_store_options store_options = {0};
	struct fly_admin_options admin_options = {0};
	struct fly_why why = {0};
	char path[128];
	int rc;

	snprintf(path, sizeof(path), "%s/flyte.db", b->dir);
	/* A daemon killed while it started a process leaves its lock to that for a moment. */
	for (int i = 0;
	     (rc = fly_store_open(path, &store_options, &b->store, &why)) < 0 && i < 1000; i++) {
		if (rc != -EBUSY)
			break;
		usleep(1000);
		why = (struct fly_why){0};
	}
	if (rc < 0)
		give_up("store", &why);
	admin_options.store = b->store;
	if (fly_admin_create(&admin_options, &b->admin, &why) < 0)
		give_up("admin", &why);
}

void bench_close_store(struct bench *b)
{
	fly_admin_destroy(b->admin);
	fly_store_close(b->store);
}

void bench_reopen(struct bench *b, const char *task_program, const char *dir, unsigned jobs)
{
	fly_log_open(true, FLY_WARNING);
	snprintf(b->dir, sizeof(b->dir), "%s", dir);
	b->task_program = task_program;
	b->jobs = jobs;
	b->uid = geteuid();
	b->caller = (struct fly_caller){.uid = geteuid(), .gid = getegid(), .pid = getpid()};
	bench_open_store(b);
	bench_start(b);
}

void bench_open(struct bench *b, const char *task_program, unsigned jobs)
{
	char dir[] = "/tmp/flytefs-engine-XXXXXX";

	if (!mkdtemp(dir))
		exit(1);
	chmod(dir, 0755);
	bench_reopen(b, task_program, dir, jobs);
}

void bench_close(struct bench *b)
{
	if (b->engine)
		bench_stop(b);
	bench_close_store(b);
	CHECK_INT(fly_tree_remove(AT_FDCWD, b->dir), 0);
}

/* --- doing -------------------------------------------------------------- */

void bench_register(struct bench *b, enum fly_kind kind, const char *name, const char *text)
{
	struct fly_call call = {.caller = b->caller};

	fly_admin_register_entity(b->admin, &call, kind, FLY_DOCUMENT_JSON, "spec.json", PROJECT,
				  DOMAIN, name, "v1", text, strlen(text));
	if (call.rc < 0)
		give_up(name, &call.why);
	fly_arena_release(&call.arena);
}

void bench_task(struct bench *b, const char *name, const char *script, unsigned retries,
		const char *timeout)
{
	auto_buf text = {0};

	fly_buf_puts(&text, "{\"command\": ");
	fly_json_string(script, &text);
	fly_buf_printf(&text, ", \"retries\": %u", retries);
	if (timeout)
		fly_buf_printf(&text, ", \"timeout\": \"%s\"", timeout);
	fly_buf_puts(&text, "}");
	bench_register(b, FLY_KIND_TASK, name, text.data);
}

int64_t bench_launch(struct bench *b, const char *name, const char *text)
{
	struct fly_call call = {.caller = b->caller};
	struct fly_db *db = fly_store_reader(b->store, &call.why);
	Flyteidl__Admin__ExecutionCreateRequest *req;
	int64_t id;

	if (fly_admin_read_execution(b->admin, db, FLY_DOCUMENT_JSON, "spec.json", PROJECT, DOMAIN,
				     name, text, strlen(text), NULL, 0, &call.arena, &req,
				     &call.why) < 0)
		give_up(name, &call.why);
	fly_admin_create_execution(b->admin, &call, req);
	if (call.rc < 0)
		give_up(name, &call.why);
	id = call.id;
	fly_arena_release(&call.arena);
	return id;
}

int64_t bench_run(struct bench *b, const char *name, const char *script, unsigned retries,
		  const char *timeout)
{
	char text[128], run[64];

	bench_task(b, name, script, retries, timeout);
	snprintf(text, sizeof(text), "{\"steps\": [{\"task\": \"%s\"}]}", name);
	bench_register(b, FLY_KIND_WORKFLOW, name, text);
	snprintf(text, sizeof(text), "{\"launch_plan\": \"%s\"}", name);
	snprintf(run, sizeof(run), "%s-1", name);
	return bench_launch(b, run, text);
}

void bench_terminate(struct bench *b, const char *name, const char *cause)
{
	struct fly_call call = {.caller = b->caller};
	Flyteidl__Core__WorkflowExecutionIdentifier id =
		FLYTEIDL__CORE__WORKFLOW_EXECUTION_IDENTIFIER__INIT;
	Flyteidl__Admin__ExecutionTerminateRequest req =
		FLYTEIDL__ADMIN__EXECUTION_TERMINATE_REQUEST__INIT;

	id.project = PROJECT;
	id.domain = DOMAIN;
	id.name = (char *)name;
	req.id = &id;
	req.cause = (char *)cause;
	fly_admin_terminate_execution(b->admin, &call, &req);
	if (call.rc < 0)
		give_up(name, &call.why);
	fly_arena_release(&call.arena);
}

/* --- looking ------------------------------------------------------------ */

static int read_row(struct bench *b, int64_t execution, unsigned parts, struct fly_arena *arena,
		    struct fly_execution *row)
{
	struct fly_db *db = fly_store_reader(b->store, NULL);

	return fly_execution_get_id(db, execution, parts, arena, row);
}

const char *bench_wait(struct bench *b, int64_t execution)
{
	int64_t until = fly_tick_ns() + WAIT_NS;
	struct fly_execution row = {0};

	do {
		auto_arena arena = {0};

		if (read_row(b, execution, FLY_EXECUTION_HEAD, &arena, &row) < 0)
			return "(gone)";
		if (fly_phase_is_terminal(row.phase))
			break;
		usleep(500);
	} while (fly_tick_ns() < until);
	return fly_phase_name(row.phase);
}

bool bench_wait_node(struct bench *b, int64_t execution, const char *node, int phase)
{
	int64_t until = fly_tick_ns() + WAIT_NS;
	struct fly_db *db = fly_store_reader(b->store, NULL);

	do {
		auto_arena arena = {0};
		struct fly_node row;

		if (!fly_node_get(db, execution, node, &arena, &row) && row.phase == phase)
			return true;
		usleep(500);
	} while (fly_tick_ns() < until);
	return false;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct fly_node *x = a, *y = b;

	return strcmp(x->node_id, y->node_id);
}

const char *bench_nodes(struct bench *b, int64_t execution)
{
	static char text[16384];
	struct fly_db *db = fly_store_reader(b->store, NULL);
	auto_arena arena = {0};
	struct fly_node *rows;
	int n = fly_node_list(db, execution, -1, &arena, &rows);
	size_t len = 0;

	text[0] = '\0';
	if (n > 0)
		qsort(rows, (size_t)n, sizeof(*rows), compare_nodes);
	for (int i = 0; i < n; i++) {
		if (strstr(rows[i].node_id, "start-node") || strstr(rows[i].node_id, "end-node"))
			continue;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s:%s", len ? " " : "",
					rows[i].node_id, fly_node_phase_name(rows[i].phase));
	}
	return text;
}

const char *bench_attempts(struct bench *b, int64_t execution, const char *node)
{
	static char text[1024];
	struct fly_db *db = fly_store_reader(b->store, NULL);
	auto_arena arena = {0};
	struct fly_attempt *rows;
	struct fly_node row;
	size_t len = 0;
	int n;

	text[0] = '\0';
	if (fly_node_get(db, execution, node, &arena, &row) < 0)
		return "(no node)";
	n = fly_attempt_list(db, execution, row.id, &arena, &rows);
	for (int i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "",
					fly_task_phase_name(rows[i].phase));
	return text;
}

const char *bench_items(struct bench *b, int64_t execution, const char *node)
{
	static char text[1024];
	struct fly_db *db = fly_store_reader(b->store, NULL);
	Flyteidl__Admin__TaskExecution *task;
	auto_arena arena = {0};
	struct fly_attempt *rows;
	struct fly_node row;
	size_t len = 0;

	text[0] = '\0';
	if (fly_node_get(db, execution, node, &arena, &row) < 0 ||
	    fly_attempt_list(db, execution, row.id, &arena, &rows) < 1 ||
	    fly_wire_parse(&flyteidl__admin__task_execution__descriptor, rows[0].message.data,
			   rows[0].message.len, &arena, (ProtobufCMessage **)&task, NULL) < 0 ||
	    !task->closure || !task->closure->metadata)
		return "(no items)";
	for (size_t i = 0; i < task->closure->metadata->n_external_resources; i++)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s%s", len ? " " : "",
			fly_task_phase_name(
				(int)task->closure->metadata->external_resources[i]->phase));
	return text;
}

const char *bench_outputs(struct bench *b, int64_t execution)
{
	static char text[65536];
	auto_arena arena = {0};
	auto_buf json = {0};
	struct fly_execution row;
	ProtobufCMessage *map;

	if (read_row(b, execution, FLY_EXECUTION_ALL, &arena, &row) < 0 ||
	    fly_wire_parse(&flyteidl__core__literal_map__descriptor, row.outputs.data,
			   row.outputs.len, &arena, &map, NULL) < 0)
		return "(unreadable)";
	fly_json_print(map, FLY_JSON_COMPACT, &json);
	snprintf(text, sizeof(text), "%s", json.data ? json.data : "");
	return text;
}

const char *bench_error(struct bench *b, int64_t execution)
{
	static const char *const kinds[] = {"UNKNOWN", "USER", "SYSTEM"};
	static char text[8192];
	auto_arena arena = {0};
	struct fly_execution row;
	Flyteidl__Admin__ExecutionClosure *closure;

	if (read_row(b, execution, FLY_EXECUTION_ALL, &arena, &row) < 0 ||
	    fly_wire_parse(&flyteidl__admin__execution_closure__descriptor, row.closure.data,
			   row.closure.len, &arena, (ProtobufCMessage **)&closure, NULL) < 0)
		return "(unreadable)";
	if (closure->output_result_case != FLYTEIDL__ADMIN__EXECUTION_CLOSURE__OUTPUT_RESULT_ERROR)
		return "(none)";
	snprintf(text, sizeof(text), "%s|%s|%s", closure->error->code,
		 kinds[closure->error->kind % 3], closure->error->message);
	return text;
}

const char *bench_log(struct bench *b, int64_t execution)
{
	static char text[65536];
	struct fly_backend *backend = fly_engine_backend(b->engine);
	auto_buf log = {0};
	uint64_t size;

	if (backend->ops->read_log(backend, execution, 0, 0, 0, 65000, &log, &size) < 0)
		return "(unreadable)";
	snprintf(text, sizeof(text), "%s", log.data ? log.data : "");
	return text;
}

bool bench_appears(const struct bench *b, const char *name)
{
	int64_t until = fly_tick_ns() + WAIT_NS / 3;
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	do {
		if (stat(path, &st) == 0 && st.st_size)
			return true;
		usleep(500);
	} while (fly_tick_ns() < until);
	return false;
}

int bench_pid(const struct bench *b, const char *name)
{
	char path[256];
	auto_buf text = {0};

	snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	fly_read_file(AT_FDCWD, path, 100, &text);
	return text.data ? atoi(text.data) : 0;
}

bool bench_is_alive(int pid)
{
	char path[64];
	auto_buf stat = {0};

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	/* Not a zombie, nor one that is just being reaped. */
	return pid > 0 && !fly_read_file(AT_FDCWD, path, 1000, &stat) && stat.data &&
	       !strstr(stat.data, ") Z") && !strstr(stat.data, ") X");
}

void bench_await_end(int pid)
{
	for (int i = 0; i < 10000 && bench_is_alive(pid); i++)
		usleep(1000);
}

void bench_do(void (*const *tests)(void), size_t n, bool tell_times)
{
	for (size_t i = 0; i < n; i++) {
		int64_t start = fly_tick_ns();

		tests[i]();
		if (tell_times)
			printf("%zu: %.3f s\n", i, (double)(fly_tick_ns() - start) / 1e9);
	}
}

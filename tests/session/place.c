/* SPDX-License-Identifier: Apache-2.0 */
/* See place.h. */
#include "place.h"

#include <fcntl.h>
#include <stdio.h>

static void die(const char *what, const char *why)
{
	fprintf(stderr, "place: %s: %s\n", what, why);
	exit(2);
}

/* --- what is in it ------------------------------------------------------------ */

#define WHERE "\"project\":\"" PLACE_PROJECT "\",\"domain\":\"" PLACE_DOMAIN "\""
#define RUN(name) "{" WHERE ",\"name\":\"" name "\"}"
#define AT "\"occurred_at\":\"2025-01-01T00:00:01Z\""
#define NODE(run, id) "{\"node_id\":\"" id "\",\"execution_id\":" RUN(run) "}"
#define TASK "{\"resource_type\":\"TASK\"," WHERE ",\"name\":\"double\",\"version\":\"v1\"}"
#define LAUNCH(name)                                                                               \
	{"CreateExecution", "{" WHERE ",\"name\":\"" name "\",\"spec\":{\"launch_plan\":{"        \
			    "\"resource_type\":\"LAUNCH_PLAN\"," WHERE ",\"name\":\"twice\","      \
			    "\"version\":\"v1\"},\"tags\":[\"a tag\"],\"labels\":{\"values\":{"    \
			    "\"team\":\"docs\"}}},\"inputs\":{\"literals\":{\"x\":{\"scalar\":{"   \
			    "\"primitive\":{\"integer\":\"7\"}}}}}}"}
#define BECOMES(name, phase, more)                                                                 \
	{"CreateWorkflowEvent", "{\"event\":{\"execution_id\":" RUN(name) ",\"phase\":\"" phase    \
				"\"," AT more "}}"}
#define OUTPUTS                                                                                    \
	",\"output_data\":{\"literals\":{\"y\":{\"scalar\":{\"primitive\":{\"integer\":\"14\"}}}}}"
#define NODE_BECOMES(run, id, phase, more)                                                         \
	{"CreateNodeEvent", "{\"event\":{\"id\":" NODE(run, id) ",\"phase\":\"" phase "\"," AT     \
			    more "}}"}
#define TASK_BECOMES(run, id, phase, more)                                                         \
	{"CreateTaskEvent", "{\"event\":{\"task_id\":" TASK ",\"parent_node_execution_id\":"       \
			    NODE(run, id) ",\"phase\":\"" phase "\"," AT more "}}"}
#define ERROR ",\"error\":{\"code\":\"USER:Died\",\"message\":\"it died\",\"kind\":\"USER\"}"

static const struct document {
	enum fly_kind kind;
	const char *name, *text;
} documents[] = {
	{FLY_KIND_TASK, "double",
	 "{\"inputs\": {\"x\": \"integer\"}, \"outputs\": {\"y\": \"integer\"},"
	 " \"command\": [\"sh\", \"-c\", \"echo $(({{.inputs.x}} * 2)) > $OUTPUTS/y\"]}"},
	{FLY_KIND_WORKFLOW, "twice",
	 "{\"description\": \"Doubles twice.\", \"inputs\": {\"x\": \"integer\"},"
	 " \"steps\": [{\"id\": \"a\", \"task\": \"double\", \"inputs\": {\"x\": \"$x\"}},"
	 " {\"id\": \"b\", \"task\": \"double\", \"inputs\": {\"x\": \"$a.y\"}}],"
	 " \"outputs\": {\"y\": \"$b.y\"}}"},
	{FLY_KIND_TASK, "take",
	 "{\"inputs\": {\"i\": \"integer\", \"f\": \"float\", \"s\": \"string\", \"b\": \"boolean\","
	 " \"t\": \"datetime\", \"d\": \"duration\", \"p\": \"file\", \"q\": \"directory\","
	 " \"j\": \"json\", \"e\": \"enum(red, green)\", \"l\": \"[integer]\", \"m\": \"{string}\","
	 " \"u\": \"integer | none\", \"g\": \"[file | string]\"}, \"outputs\": {\"o\": \"json\"},"
	 " \"command\": \"true\", \"retries\": 2, \"timeout\": \"1m\", \"cache\": \"1\"}"},
	{FLY_KIND_WORKFLOW, "all",
	 "{\"inputs\": {\"i\": {\"type\": \"integer\", \"default\": 1},"
	 " \"f\": {\"type\": \"float\", \"default\": 1.5}, \"s\": {\"type\": \"string\","
	 " \"default\": \"x\"}, \"b\": {\"type\": \"boolean\", \"default\": true},"
	 " \"t\": {\"type\": \"datetime\", \"default\": \"2025-01-01T00:00:00Z\"},"
	 " \"d\": {\"type\": \"duration\", \"default\": \"1h\"},"
	 " \"p\": {\"type\": \"file\", \"default\": \"/etc/passwd\"},"
	 " \"q\": {\"type\": \"directory\", \"default\": \"s3://b/q\"},"
	 " \"j\": {\"type\": \"json\", \"default\": {\"a\": [1]}},"
	 " \"e\": {\"type\": \"enum(red, green)\", \"default\": \"red\"},"
	 " \"l\": {\"type\": \"[integer]\", \"default\": [1, 2]},"
	 " \"m\": {\"type\": \"{string}\", \"default\": {\"k\": \"v\"}},"
	 " \"u\": {\"type\": \"integer | none\", \"default\": null},"
	 " \"g\": {\"type\": \"[file | string]\", \"default\": []}},"
	 " \"steps\": [{\"task\": \"take\", \"inputs\": {\"i\": \"$i\", \"f\": \"$f\", \"s\": \"$s\","
	 " \"b\": \"$b\", \"t\": \"$t\", \"d\": \"$d\", \"p\": \"$p\", \"q\": \"$q\", \"j\": \"$j\","
	 " \"e\": \"$e\", \"l\": \"$l\", \"m\": \"$m\", \"u\": \"$u\", \"g\": \"$g\"}}],"
	 " \"outputs\": {\"o\": \"$take.o\"}}"},
	{FLY_KIND_LAUNCH_PLAN, "seven",
	 "{\"workflow\": \"twice\", \"fixed\": {\"x\": 7}, \"labels\": {\"team\": \"docs\"}}"},
};

static const struct request {
	const char *rpc, *text;
} requests[] = {
	{"UpdateLaunchPlan", "{\"id\":{\"resource_type\":\"LAUNCH_PLAN\"," WHERE
			     ",\"name\":\"seven\",\"version\":\"v1\"},\"state\":\"ACTIVE\"}"},
	LAUNCH("queued"),
	LAUNCH("running"),
	BECOMES("running", "RUNNING", ""),
	NODE_BECOMES("running", "a", "RUNNING", ""),
	TASK_BECOMES("running", "a", "RUNNING", ""),
	LAUNCH("good"),
	BECOMES("good", "RUNNING", ""),
	NODE_BECOMES("good", "a", "RUNNING", ""),
	TASK_BECOMES("good", "a", "SUCCEEDED", OUTPUTS),
	NODE_BECOMES("good", "a", "SUCCEEDED", OUTPUTS),
	BECOMES("good", "SUCCEEDED", OUTPUTS),
	LAUNCH("bad"),
	BECOMES("bad", "RUNNING", ""),
	NODE_BECOMES("bad", "a", "RUNNING", ""),
	TASK_BECOMES("bad", "a", "FAILED", ERROR),
	NODE_BECOMES("bad", "a", "FAILED", ERROR),
	BECOMES("bad", "FAILED", ERROR),
	LAUNCH("stopped"),
	{"TerminateExecution", "{\"id\":" RUN("stopped") ",\"cause\":\"enough\"}"},
	LAUNCH("away"),
	{"TerminateExecution", "{\"id\":" RUN("away") ",\"cause\":\"enough\"}"},
	{"UpdateExecution", "{\"id\":" RUN("away") ",\"state\":\"EXECUTION_ARCHIVED\"}"},
};

static void fill(struct place *p)
{
	for (size_t i = 0; i < FLY_ARRAY_LEN(documents); i++) {
		struct fly_call call = {0};

		place_register(p, documents[i].kind, documents[i].name, "v1", documents[i].text,
			       &call);
		if (call.rc < 0)
			die(documents[i].name, call.why.text);
		fly_arena_release(&call.arena);
	}
	for (size_t i = 0; i < FLY_ARRAY_LEN(requests); i++) {
		struct fly_call call = {0};

		place_call(p, requests[i].rpc, requests[i].text, &call);
		if (call.rc < 0)
			die(requests[i].text, call.why.text);
		fly_arena_release(&call.arena);
	}
}

/* --- opening and closing -------------------------------------------------------- */

static void remove_files(struct place *p)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal", ".lock"};
	char path[128];

	for (size_t i = 0; i < FLY_ARRAY_LEN(ends); i++) {
		snprintf(path, sizeof(path), "%s%s", p->path, ends[i]);
		unlink(path);
	}
}

void place_make(struct place *p)
{
	const char *tmp = getenv("TMPDIR");
	struct fly_why why = {0};

	*p = (struct place){.caller = {.uid = getuid(), .gid = getgid(), .pid = getpid()}};
	snprintf(p->dir, sizeof(p->dir), "%s/flytefs-place.XXXXXX",
		 tmp && strlen(tmp) < 64 ? tmp : "/tmp");
	if (!mkdtemp(p->dir))
		die(p->dir, strerror(errno));
	snprintf(p->path, sizeof(p->path), "%s/flyte.db", p->dir);
	if (place_open(p, &why) < 0)
		die(p->path, why.text);
	fill(p);
	place_shut(p);
	if (fly_read_file(AT_FDCWD, p->path, 64 << 20, &p->image) < 0)
		die(p->path, "cannot be read back");
}

void place_restore(struct place *p)
{
	remove_files(p);
	if (fly_write_file(AT_FDCWD, p->path, 0600, p->image.data, p->image.len, false) < 0)
		die(p->path, "cannot be written");
}

int place_open(struct place *p, struct fly_why *why)
{
	struct fly_admin_options options = {.default_project = PLACE_PROJECT};
	int rc = fly_store_open(p->path, NULL, &p->store, why);

	if (rc < 0)
		return rc;
	options.store = p->store;
	rc = fly_admin_create(&options, &p->admin, why);
	if (rc < 0)
		place_shut(p);
	return rc;
}

void place_shut(struct place *p)
{
	fly_admin_destroy(p->admin);
	fly_store_close(p->store);
	p->admin = NULL;
	p->store = NULL;
}

void place_renew(struct place *p)
{
	struct fly_why why = {0};

	place_shut(p);
	place_restore(p);
	if (place_open(p, &why) < 0)
		die(p->path, why.text);
}

struct fly_db *place_reader(struct place *p)
{
	struct fly_why why = {0};
	struct fly_db *db = fly_store_reader(p->store, &why);

	if (!db)
		die(p->path, why.text);
	return db;
}

void place_remove(struct place *p)
{
	place_shut(p);
	remove_files(p);
	rmdir(p->dir);
	fly_buf_release(&p->image);
}

/* --- calls ----------------------------------------------------------------------- */

void place_ask(struct place *p, const struct driver_rpc *rpc, const ProtobufCMessage *request,
	       struct fly_call *call)
{
	struct driver_event event = {.admin = p->admin, .rpc = rpc, .request = request};
	struct fly_db *db;

	call->caller = p->caller;
	if (rpc->write) {
		rpc->write(p->admin, call, request);
	} else if (rpc->event) {
		event.work.apply = driver_event_apply;
		call->rc = fly_store_run(p->store, &event.work);
		call->why = event.work.why;
	} else {
		db = fly_store_reader(p->store, &call->why);
		call->rc = db ? rpc->read(db, request, &call->arena, &call->response, &call->why)
			      : -call->why.error;
	}
}

void place_call(struct place *p, const char *name, const char *request, struct fly_call *call)
{
	const struct driver_rpc *rpc = driver_rpc_find(name);
	ProtobufCMessage *m;

	if (!rpc)
		die(name, "no such call");
	if (fly_json_parse(rpc->request, request, strlen(request), &call->arena, &m, &call->why) < 0)
		die(request, call->why.text);
	place_ask(p, rpc, m, call);
}

void place_register(struct place *p, enum fly_kind kind, const char *name, const char *version,
		    const char *text, struct fly_call *call)
{
	call->caller = p->caller;
	fly_admin_register_entity(p->admin, call, kind, FLY_DOCUMENT_JSON, "spec.json",
				  PLACE_PROJECT, PLACE_DOMAIN, name, version, text, strlen(text));
}

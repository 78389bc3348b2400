/* SPDX-License-Identifier: Apache-2.0 */
/* Plays recorded calls; see driver.h. */
#include "driver.h"

#include <stdio.h>
#include <sys/stat.h>

#include "rpcs.h"

static void die(const char *what, const char *text)
{
	fprintf(stderr, "driver: %s: %s\n", what, text);
	exit(2);
}

/* --- the backend ------------------------------------------------------------------------- */

static void note(int64_t *ids, size_t *n, int64_t id)
{
	if (*n == DRIVER_NOTES_MAX)
		memmove(ids, ids + 1, (DRIVER_NOTES_MAX - 1) * sizeof(*ids));
	else
		++*n;
	ids[*n - 1] = id;
}

static int backend_check(struct fly_backend *backend, const char *project, const char *domain,
			 const char *name, struct fly_why *why)
{
	if (strncmp(name, "refuse-", 7) && strncmp(name, "broken-", 7))
		return 0;
	return fly_refuse(why, FLY_INTERNAL, "no room for %s/%s/%s", project, domain, name);
}

static void backend_execute(struct fly_backend *backend, int64_t execution)
{
	struct driver_backend *b = (struct driver_backend *)backend;

	note(b->executed, &b->n_executed, execution);
}

static void backend_terminate(struct fly_backend *backend, int64_t execution, const char *cause)
{
	struct driver_backend *b = (struct driver_backend *)backend;

	note(b->terminated, &b->n_terminated, execution);
	snprintf(b->cause, sizeof(b->cause), "%s", cause);
}

static void backend_forget(struct fly_backend *backend, int64_t execution)
{
	struct driver_backend *b = (struct driver_backend *)backend;

	note(b->forgotten, &b->n_forgotten, execution);
}

/* --- open and close ---------------------------------------------------------------------- */

void driver_open(struct driver *d, bool aborts_at_once)
{
	driver_open_with(d, aborts_at_once, NULL);
}

void driver_open_with(struct driver *d, bool aborts_at_once, const char *first_project)
{
	const char *tmp = getenv("TMPDIR");
	char dir[sizeof(d->dir)], path[96];

	snprintf(dir, sizeof(dir), "%s/flytefs-admin-XXXXXX",
		 tmp && strlen(tmp) < 32 ? tmp : "/tmp");
	if (!mkdtemp(dir))
		die("mkdtemp", strerror(errno));
	snprintf(path, sizeof(path), "%s/flyte.db", dir);
	driver_open_at(d, path, aborts_at_once, first_project);
	memcpy(d->dir, dir, sizeof(dir));
}

int64_t driver_now_ns;

static int64_t now(void)
{
	return driver_now_ns ? driver_now_ns : fly_now_ns();
}

void driver_open_at(struct driver *d, const char *path, bool aborts_at_once,
		    const char *first_project)
{
	/* Recorded orders are of moments that one exact clock told. */
	struct fly_admin_options options = {.clock_ns = now};
	const struct fly_store_options store_options = {0};
	struct fly_why why = {0};

	memset(d, 0, sizeof(*d));
	if (fly_store_open(path, &store_options, &d->store, &why) < 0)
		die("store", why.text);
	options.store = d->store;
	options.default_project = first_project;
	if (fly_admin_create(&options, &d->admin, &why) < 0)
		die("admin", why.text);
	d->backend.ops = (struct fly_backend_ops){
		.aborts_at_once = aborts_at_once,
		.check = backend_check,
		.execute = backend_execute,
		.terminate = backend_terminate,
		.forget = backend_forget,
	};
	d->backend.base.ops = &d->backend.ops;
	fly_admin_set_backend(d->admin, &d->backend.base);
	d->caller = (struct fly_caller){.uid = getuid(), .gid = getgid(), .pid = getpid()};
}

static void remove_dir(const char *dir)
{
	static const char *const files[] = {"flyte.db", "flyte.db-wal", "flyte.db-shm",
					    "flyte.db.lock"};
	char path[96];
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	if (rmdir(dir) < 0)
		die(dir, strerror(errno));
}

void driver_close(struct driver *d)
{
	size_t i;

	fly_admin_destroy(d->admin);
	fly_store_close(d->store);
	if (*d->dir)
		remove_dir(d->dir);
	for (i = 0; i < DRIVER_NAMES_MAX; i++)
		free(d->names[i]);
}

/* --- calls ------------------------------------------------------------------------------- */

static char **placeholder(struct driver *d, const char *text)
{
	int64_t n;

	if (text[0] != '$' || !fly_parse_int64(text + 1, &n) || n < 1 || n > DRIVER_NAMES_MAX)
		return NULL;
	return &d->names[n - 1];
}

/* "$1" in a request becomes the name it stands for. */
static void fill_in(struct driver *d, json_t *value)
{
	const char *key;
	json_t *child;
	size_t i;
	char **name;

	json_object_foreach(value, key, child)
		fill_in(d, child);
	json_array_foreach(value, i, child)
		fill_in(d, child);
	name = json_is_string(value) ? placeholder(d, json_string_value(value)) : NULL;
	if (name && *name)
		json_string_set(value, *name);
}

static int parse_json(const struct driver_rpc *rpc, const json_t *request, struct fly_arena *arena,
		      ProtobufCMessage **out, struct fly_why *why)
{
	auto_free char *text = json_dumps(request, JSON_ENCODE_ANY);

	if (!text)
		die("json", "cannot be printed");
	return fly_json_parse(rpc->request, text, strlen(text), arena, out, why);
}

static int parse_wire(const struct driver_rpc *rpc, const char *base64, struct fly_arena *arena,
		      ProtobufCMessage **out, struct fly_why *why)
{
	/* Any message with a bytes field decodes base64. */
	const char *text = fly_arena_printf(arena, "{\"value\":\"%s\"}", base64);
	const Flyteidl__Core__Binary *binary;
	ProtobufCMessage *m;

	if (fly_json_parse(&flyteidl__core__binary__descriptor, text, strlen(text), arena, &m,
			   NULL) < 0)
		die("base64", base64);
	binary = (const Flyteidl__Core__Binary *)m;
	return fly_wire_parse(rpc->request, binary->value.data, binary->value.len, arena, out,
			      why);
}

static json_t *to_json(const ProtobufCMessage *m)
{
	auto_buf b = {0};
	json_error_t error;
	json_t *value;

	fly_json_print(m, FLY_JSON_COMPACT, &b);
	value = json_loadb(b.data, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (!value)
		die("answer", error.text);
	return value;
}

static void run(struct driver *d, const struct driver_rpc *rpc, const ProtobufCMessage *request,
		struct fly_call *call, struct driver_answer *out)
{
	struct driver_event event = {.admin = d->admin, .rpc = rpc, .request = request};
	struct fly_db *db;

	if (rpc->write) {
		rpc->write(d->admin, call, request);
	} else if (rpc->event) {
		event.work.apply = driver_event_apply;
		call->rc = fly_store_run(d->store, &event.work);
		call->why = event.work.why;
	} else {
		db = fly_store_reader(d->store, &call->why);
		call->rc = db ? rpc->read(db, request, &call->arena, &call->response, &call->why)
			      : -EIO;
	}
	out->id = call->id;
}

void driver_call(struct driver *d, json_t *call, struct driver_answer *out)
{
	const char *name = json_string_value(json_object_get(call, "rpc"));
	const char *wire = json_string_value(json_object_get(call, "wire"));
	const struct driver_rpc *rpc = driver_rpc_find(name);
	struct fly_call c = {.caller = d->caller};
	ProtobufCMessage *request;
	json_t *text;

	memset(out, 0, sizeof(*out));
	out->known = rpc;
	if (rpc) {
		text = json_deep_copy(json_object_get(call, "request"));
		if (text)
			fill_in(d, text);
		c.rc = wire ? parse_wire(rpc, wire, &c.arena, &request, &c.why)
			    : parse_json(rpc, text, &c.arena, &request, &c.why);
		if (c.rc >= 0)
			run(d, rpc, request, &c, out);
		json_decref(text);
	}
	out->status = c.rc < 0 ? c.why.status : FLY_OK;
	if (c.rc < 0 && c.why.status == FLY_OK)
		die(name, "failed without a reason");
	memcpy(out->text, c.why.text, sizeof(out->text));
	out->response = c.rc >= 0 && c.response ? to_json(c.response) : json_object();
	fly_arena_release(&c.arena);
}

void driver_ask(struct driver *d, const char *rpc, const char *request, struct driver_answer *out)
{
	json_error_t error;
	json_t *call = json_pack("{s:s, s:o}", "rpc", rpc, "request",
				 json_loads(request, 0, &error));

	if (!call)
		die(request, error.text);
	driver_call(d, call, out);
	json_decref(call);
}

void driver_answer_release(struct driver_answer *a)
{
	json_decref(a->response);
	a->response = NULL;
}

void driver_lines(const char *dir, const char *file, void (*each)(json_t *line, void *arg),
		  void *arg)
{
	auto_free char *line = NULL;
	json_error_t error;
	char path[4096];
	size_t cap = 0;
	ssize_t len;
	json_t *value;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "re");
	if (!f)
		die(path, strerror(errno));
	while ((len = getline(&line, &cap, f)) > 0) {
		value = json_loadb(line, (size_t)len, JSON_ALLOW_NUL, &error);
		if (!value)
			die(path, error.text);
		each(value, arg);
		json_decref(value);
	}
	fclose(f);
}

/* --- comparison -------------------------------------------------------------------------- */

#define BUCKET "file://bucket/"		/* the recorded server's blob store */

static bool differs(struct fly_buf *where, const char *path, const json_t *want, const json_t *got)
{
	auto_free char *w = want ? json_dumps(want, JSON_ENCODE_ANY | JSON_SORT_KEYS) : NULL;
	auto_free char *g = got ? json_dumps(got, JSON_ENCODE_ANY | JSON_SORT_KEYS) : NULL;

	if (where && !where->len)
		fly_buf_printf(where, "%s is %.300s, recorded is %.300s", *path ? path : "answer",
			       g ? g : "missing", w ? w : "missing");
	return false;
}

static bool matches_text(struct driver *d, const char *want, const json_t *got)
{
	const char *text = json_string_value(got);
	char **name = placeholder(d, want);

	if (!strcmp(want, "<any>"))
		return got;
	if (!text)
		return false;
	if (name && !*name)
		*name = strdup(text);
	if (name)
		return !strcmp(*name, text);
	if (!strncmp(want, BUCKET, sizeof(BUCKET) - 1))
		return *text;
	return !strcmp(want, text);
}

static bool matches_object(struct driver *d, const json_t *want, const json_t *got,
			   const char *path, struct fly_buf *where)
{
	char below[512];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)want, key, value) {
		snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", key);
		if (!driver_matches(d, value, json_object_get(got, key), below, where))
			return false;
	}
	json_object_foreach((json_t *)got, key, value) {
		snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", key);
		if (!json_object_get(want, key))
			return differs(where, below, NULL, value);
	}
	return true;
}

/* Bindings have no order: one is found by its variable. */
static const json_t *counterpart(const json_t *list, const json_t *element, size_t at)
{
	const char *var = json_string_value(json_object_get(element, "var"));
	const json_t *candidate;
	size_t i;

	if (!var)
		return json_array_get(list, at);
	json_array_foreach((json_t *)list, i, candidate) {
		const char *other = json_string_value(json_object_get(candidate, "var"));

		if (other && !strcmp(var, other))
			return candidate;
	}
	return NULL;
}

static bool matches_array(struct driver *d, const json_t *want, const json_t *got,
			  const char *path, struct fly_buf *where)
{
	char below[512];
	json_t *value;
	size_t i;

	if (json_array_size(want) != json_array_size(got))
		return differs(where, path, want, got);
	json_array_foreach((json_t *)want, i, value) {
		snprintf(below, sizeof(below), "%s[%zu]", path, i);
		if (!driver_matches(d, value, counterpart(got, value, i), below, where))
			return false;
	}
	return true;
}

bool driver_matches(struct driver *d, const json_t *want, const json_t *got, const char *path,
		    struct fly_buf *where)
{
	if (json_is_string(want))
		return matches_text(d, json_string_value(want), got) ||
		       differs(where, path, want, got);
	if (json_is_object(want) && json_is_object(got))
		return matches_object(d, want, got, path, where);
	if (json_is_array(want) && json_is_array(got))
		return matches_array(d, want, got, path, where);
	if (json_is_number(want) && json_is_number(got))
		return json_number_value(want) == json_number_value(got) ||
		       differs(where, path, want, got);
	return json_equal(want, got) || differs(where, path, want, got);
}

/* --- differences that hold everywhere ---------------------------------------------------- */

/* The server's words for a run its engine refused; ours are other words. */
#define REFUSED "failed to create workflow in propeller "

static void allow_in_error(const json_t *want, json_t *got)
{
	const char *wanted = json_string_value(json_object_get(want, "message"));
	json_t *text = json_object_get(got, "message");

	if (wanted && !strncmp(wanted, REFUSED, sizeof(REFUSED) - 1) && text &&
	    *json_string_value(text))
		json_string_set(text, wanted);
}

static void allow_in_execution(const json_t *want, json_t *got)
{
	const json_t *wanted = json_object_get(want, "closure");
	json_t *closure = json_object_get(got, "closure");
	const char *phase = json_string_value(json_object_get(closure, "phase"));

	if (phase && !strcmp(phase, "QUEUED") && !json_object_get(wanted, "phase"))
		json_object_del(closure, "phase");
	if (!json_object_get(json_object_get(want, "spec"), "inputs"))
		json_object_del(json_object_get(got, "spec"), "inputs");
	allow_in_error(json_object_get(wanted, "error"), json_object_get(closure, "error"));
}

static void allow(const char *rpc, const json_t *want, json_t *got)
{
	const json_t *list = json_object_get(want, "executions");
	size_t i;

	if (!strcmp(rpc, "GetExecution"))
		allow_in_execution(want, got);
	for (i = 0; !strcmp(rpc, "ListExecutions") && i < json_array_size(list); i++)
		allow_in_execution(json_array_get(list, i),
				   json_array_get(json_object_get(got, "executions"), i));
}

bool driver_agrees(struct driver *d, const json_t *call, const struct driver_answer *answer,
		   struct fly_buf *where)
{
	const char *code = json_string_value(json_object_get(call, "code"));
	const json_t *want = json_object_get(call, "response");
	json_t *none = json_object(), *got = json_deep_copy(answer->response);
	bool same = false;

	if (!answer->known) {
		fly_buf_printf(where, "there is no such call here");
	} else if (strcmp(code ? code : "OK", fly_status_name(answer->status))) {
		fly_buf_printf(where, "code is %s (%s), recorded is %s",
			       fly_status_name(answer->status), answer->text, code ? code : "OK");
	} else {
		allow(json_string_value(json_object_get(call, "rpc")), want, got);
		same = driver_matches(d, want && !json_is_null(want) ? want : none, got, "", where);
	}
	json_decref(none);
	json_decref(got);
	return same;
}

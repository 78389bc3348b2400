/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateExecution against what Flyte Admin v1.16.8 answered (tests/data/admin/create): setup, then
 * every case with the GetExecution and GetExecutionData that followed and the settings the engine
 * was given; then each recorded literal as input of each recorded type.
 */
#include "check.h"
#include "driver.h"
#include "recordings.h"
#include "verdicts.h"

static struct driver d;
static struct verdicts verdicts;

/* --- setup ------------------------------------------------------------------------------- */

static void set_up(json_t *call, void *arg)
{
	auto_buf where = {0};
	auto_answer answer = {0};

	/* Attributes of a project and domain have no place here: flytefs has no such settings. */
	if (!strcmp(json_string_value(json_object_get(call, "rpc")),
		    "UpdateProjectDomainAttributes"))
		return;
	driver_call(&d, call, &answer);
	if (!driver_agrees(&d, call, &answer, &where))
		fprintf(stderr, "setup %s: %s\n",
			json_string_value(json_object_get(call, "rpc")), where.data);
	CHECK(!where.len);
}

/* --- what the engine was told ------------------------------------------------------------ */

static json_t *map_of_labels(const Flyteidl__Admin__Labels *labels)
{
	json_t *map = json_object();
	size_t i;

	for (i = 0; i < labels->n_values; i++)
		json_object_set_new(map, labels->values[i]->key,
				    json_string(labels->values[i]->value));
	return map;
}

static json_t *map_of_annotations(const Flyteidl__Admin__Annotations *annotations)
{
	json_t *map = json_object();
	size_t i;

	for (i = 0; annotations && i < annotations->n_values; i++)
		json_object_set_new(map, annotations->values[i]->key,
				    json_string(annotations->values[i]->value));
	return map;
}

static json_t *map_of_envs(const Flyteidl__Admin__Envs *envs)
{
	json_t *map = envs && envs->n_values ? json_object() : json_null();
	size_t i;

	for (i = 0; envs && i < envs->n_values; i++)
		json_object_set_new(map, envs->values[i]->key,
				    json_string(envs->values[i]->value));
	return map;
}

static json_t *settings_json(const struct fly_settings *s)
{
	json_t *config = json_object(), *all = json_object();

	json_object_set_new(config, "MaxParallelism", json_integer(s->max_parallelism));
	json_object_set_new(config, "Interruptible",
			    s->interruptible ? json_boolean(s->interruptible->value) : json_null());
	json_object_set_new(config, "OverwriteCache", json_boolean(s->overwrite_cache));
	json_object_set_new(config, "EnvironmentVariables", map_of_envs(s->envs));
	json_object_set_new(all, "executionConfig", config);
	json_object_set_new(all, "labels", map_of_labels(s->labels));
	json_object_set_new(all, "annotations", map_of_annotations(s->annotations));
	if (*s->raw_output_prefix)
		json_object_set_new(all, "rawOutputDataConfig",
				    json_pack("{s:s}", "output_location_prefix",
					      s->raw_output_prefix));
	return all;
}

/* Labels and an annotation that Flyte makes for its cluster; the context stands in the spec too. */
static void drop_cluster_details(json_t *engine, json_t *got)
{
	static const char *const made[] = {"domain", "execution-id", "project", "workflow-name"};
	json_t *annotations = json_object_get(engine, "annotations");
	json_t *context = json_object_get(engine, "securityContext");
	const char *role = json_string_value(json_object_get(json_object_get(context, "run_as"),
							     "iam_role"));
	const char *none = json_string_value(json_object_get(annotations, ""));
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(made); i++) {
		json_object_del(json_object_get(engine, "labels"), made[i]);
		json_object_del(json_object_get(got, "labels"), made[i]);
	}
	if (role && none && !strcmp(role, none))
		json_object_del(annotations, "");
	json_object_del(engine, "securityContext");
}

static bool engine_agrees(json_t *engine, int64_t id, struct fly_buf *where)
{
	auto_arena arena = {0};
	struct fly_settings settings;
	struct fly_execution e;
	struct fly_why why = {0};
	struct fly_db *db = fly_store_reader(d.store, &why);
	json_t *got, *want = json_deep_copy(engine);
	bool same;

	CHECK(fly_execution_get_id(db, id, FLY_EXECUTION_SPEC, &arena, &e) >= 0);
	CHECK(fly_admin_execution_settings(db, &e, &arena, &settings, &why) >= 0);
	got = settings_json(&settings);
	drop_cluster_details(want, got);
	same = driver_matches(&d, want, got, "engine", where);
	json_decref(want);
	json_decref(got);
	return same;
}

/* --- cases ------------------------------------------------------------------------------- */

static json_t *user_inputs(json_t *request)
{
	json_t *inputs = json_object_get(request, "inputs");

	if (!json_object_size(json_object_get(inputs, "literals")))
		inputs = json_object_get(json_object_get(request, "spec"), "inputs");
	return json_object_size(json_object_get(inputs, "literals")) ? inputs : NULL;
}

/* The stored spec shows what the user gave: it can be launched again as it is. */
static void check_spec_inputs(json_t *call, const struct driver_answer *got)
{
	json_t *want = user_inputs(json_object_get(call, "request"));
	json_t *inputs = json_object_get(json_object_get(got->response, "spec"), "inputs");

	if (json_object_get(call, "request"))
		CHECK(want ? driver_matches(&d, want, inputs, "", NULL) : !inputs);
}

static bool afterwards_agrees(json_t *call, struct fly_buf *where)
{
	json_t *after;
	size_t i;
	bool same = true;

	json_array_foreach(json_object_get(call, "after"), i, after) {
		const char *rpc = json_string_value(json_object_get(after, "rpc"));
		auto_answer answer = {0};

		driver_call(&d, after, &answer);
		same = driver_agrees(&d, after, &answer, where) && same;
		if (!strcmp(rpc, "GetExecution") && answer.status == FLY_OK)
			check_spec_inputs(call, &answer);
	}
	return same;
}

static bool case_agrees(json_t *call, struct fly_buf *where)
{
	json_t *before, *engine = json_object_get(call, "engine");
	auto_answer answer = {0};
	size_t i;

	json_array_foreach(json_object_get(call, "pre"), i, before) {
		auto_answer ignored = {0};

		driver_call(&d, before, &ignored);
		if (!driver_agrees(&d, before, &ignored, where))
			return false;
	}
	driver_call(&d, call, &answer);
	if (answer.status != FLY_OK)
		CHECK(strlen(answer.text) > 10);
	if (!driver_agrees(&d, call, &answer, where) || !afterwards_agrees(call, where))
		return false;
	return !engine || engine_agrees(engine, answer.id, where);
}

static void play(json_t *call, void *arg)
{
	const char *id = json_string_value(json_object_get(call, "id"));
	auto_buf where = {0};

	CHECK(case_agrees(call, &where) == !where.len);
	CHECK(verdicts_judge(&verdicts, id, &where));
}

/* --- literals and types ------------------------------------------------------------------ */

#define PLACE "\"project\":\"vectors\",\"domain\":\"development\""
#define LAUNCH \
	"{" PLACE ",\"spec\":{\"launch_plan\":{\"resource_type\":\"LAUNCH_PLAN\"," PLACE \
	",\"name\":\"w.%s\",\"version\":\"v1\"}},\"inputs\":{\"literals\":{\"x\":%s}}}"

struct matrix {
	struct recordings literals;
	size_t n;
};

static void play_pair(char **fields, void *arg)
{
	struct matrix *m = arg;
	const struct recording *literal = recordings_get(&m->literals, fields[1]);
	auto_free char *request = NULL;
	auto_buf text = {0};
	auto_answer answer = {0};
	bool accepted = !strcmp(fields[2], "ok");

	if (!literal->message)
		return;
	fly_json_print(literal->message, FLY_JSON_COMPACT, &text);
	if (asprintf(&request, LAUNCH, fields[0], text.data) < 0)
		return;
	driver_ask(&d, "CreateExecution", request, &answer);
	if (accepted != (answer.status == FLY_OK))
		fprintf(stderr, "%s for %s: %s (%s), recorded is %s\n", fields[1], fields[0],
			fly_status_name(answer.status), answer.text, fields[2]);
	CHECK(answer.status == (accepted ? FLY_OK : FLY_INVALID_ARGUMENT));
	m->n++;
}

static void test_matrix(const char *dir)
{
	static struct matrix m;

	recordings_read(&m.literals, dir, "literals.tsv", &flyteidl__core__literal__descriptor);
	recordings_lines(dir, "matrix.tsv", 3, play_pair, &m);
	printf("%zu pairs of a type and a literal\n", m.n);
}

int main(int argc, char **argv)
{
	char dir[4096];

	snprintf(dir, sizeof(dir), "%s/create", argc > 1 ? argv[1] : "tests/data/admin");
	verdicts_read(&verdicts, dir);
	driver_open(&d, true);
	driver_lines(dir, "setup.jsonl", set_up, NULL);
	driver_lines(dir, "cases.jsonl", play, NULL);
	CHECK(verdicts_end(&verdicts));
	test_matrix(argc > 1 ? argv[1] : "tests/data/admin");
	driver_close(&d);
	return check_done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people write at tasks/NAME/VERSION/spec.json and the like: the examples of
 * docs/shorthand.md, refusals with their places, copies of other versions, whose things they are,
 * and which version of a launch plan is active.
 */
#include "check.h"
#include "driver.h"
#include "recordings.h"

#include <fcntl.h>
#include <stdio.h>

#define PROJECT "flytesnacks"
#define DOMAIN "development"

static struct driver d;

/* --- registering -------------------------------------------------------------------- */

static struct fly_why register_form(enum fly_kind kind, enum fly_document form, const char *name,
				    const char *version, const char *text, size_t len)
{
	struct fly_call call = {.caller = d.caller};
	struct fly_why why;

	fly_admin_register_entity(d.admin, &call, kind, form, "spec.json", PROJECT, DOMAIN, name,
				  version, text, len);
	CHECK((call.rc < 0) == (call.why.status != FLY_OK));
	CHECK(call.rc < 0 || call.id > 0);
	why = call.why;
	fly_arena_release(&call.arena);
	return why;
}

static struct fly_why register_text(enum fly_kind kind, const char *name, const char *version,
				    const char *text)
{
	return register_form(kind, FLY_DOCUMENT_JSON, name, version, text, strlen(text));
}

static void check_good(enum fly_kind kind, const char *name, const char *version, const char *text)
{
	struct fly_why why = register_text(kind, name, version, text);

	if (why.status != FLY_OK)
		fprintf(stderr, "%s@%s: %s\n", name, version, why.text);
	CHECK_INT(why.status, FLY_OK);
}

static int find(enum fly_kind kind, const char *name, const char *version, struct fly_arena *arena,
		struct fly_entity *out)
{
	return fly_entity_get(fly_store_reader(d.store, NULL), kind, PROJECT, DOMAIN, name, version,
			      FLY_ENTITY_BLOBS, arena, out);
}

/* --- the documented examples -------------------------------------------------------- */

/* "tasks", "task" … */
static enum fly_kind kind_of_folder(const char *folder)
{
	if (!strncmp(folder, "task", 4))
		return FLY_KIND_TASK;
	return strncmp(folder, "workflow", 8) ? FLY_KIND_LAUNCH_PLAN : FLY_KIND_WORKFLOW;
}

/* "`FOLDER/NAME/VERSION/spec.json`" on a line of its own names the block of JSON behind it. */
static void test_documentation(const char *path)
{
	char folder[32], name[64], version[64];
	auto_buf text = {0};
	char *line, *block, *end;
	int n = 0;

	CHECK_INT(fly_read_file(AT_FDCWD, path, 1 << 20, &text), 0);
	for (line = text.data; line; line = strstr(line, "\n`")) {
		line++;
		if (sscanf(line, "`%31[a-z_]/%63[^/]/%63[^/]/spec.json`", folder, name, version) != 3)
			continue;
		block = strstr(line, "```json\n");
		end = block ? strstr(block, "\n```\n") : NULL;
		CHECK(end);
		if (!end)
			return;
		*end++ = '\0';
		check_good(kind_of_folder(folder), name, version, block + strlen("```json\n"));
		line = end;
		n++;
	}
	CHECK_INT(n, 5);
}

/* --- what became of them ------------------------------------------------------------ */

static void test_task(void)
{
	Flyteidl__Core__TaskTemplate *t;
	Flyteidl__Admin__TaskSpec *spec;
	auto_arena arena = {0};
	struct fly_entity e;

	CHECK_INT(find(FLY_KIND_TASK, "count", "v1", &arena, &e), 0);
	CHECK(e.source.len > 10 && !e.generated);
	CHECK_STR(e.type, "raw-container");
	CHECK_STR(e.short_description, "Counts the words of a file.");
	CHECK_INT(fly_wire_parse(&flyteidl__admin__task_spec__descriptor, e.spec.data, e.spec.len,
				 &arena, (ProtobufCMessage **)&spec, NULL), 0);
	t = spec->template_;
	CHECK_INT(t->container->n_command, 3);
	CHECK_STR(t->container->env[0]->key, "INPUTS");
	CHECK(t->container->data_config->enabled);
	CHECK_STR(t->config[0]->key, "flytefs");
	CHECK_STR(t->config[0]->value, "shorthand");
	CHECK(e.sizes[FLY_ENTITY_TEXT_SPEC_JSON] > 0 && e.sizes[FLY_ENTITY_TEXT_CLOSURE_JSON] > 0);
}

static void test_workflow(void)
{
	Flyteidl__Admin__WorkflowClosure *closure;
	Flyteidl__Admin__LaunchPlanSpec *plan;
	Flyteidl__Core__WorkflowTemplate *t;
	auto_arena arena = {0};
	struct fly_entity e, map;

	CHECK_INT(find(FLY_KIND_WORKFLOW, "words", "v1", &arena, &e), 0);
	CHECK_INT(fly_wire_parse(&flyteidl__admin__workflow_closure__descriptor, e.closure.data,
				 e.closure.len, &arena, (ProtobufCMessage **)&closure, NULL), 0);
	t = closure->compiled_workflow->primary->template_;
	CHECK_INT(t->n_nodes, 6);
	CHECK_STR(t->nodes[3]->id, "counts");
	CHECK_INT(t->nodes[3]->target_case, FLYTEIDL__CORE__NODE__TARGET_ARRAY_NODE);
	CHECK_STR(t->nodes[5]->upstream_node_ids[0], "files");
	CHECK_INT(find(FLY_KIND_TASK, ".flytegen.map-file.count", "v1", &arena, &map), 0);
	CHECK(map.generated);

	/* The plan that comes along. */
	CHECK_INT(find(FLY_KIND_LAUNCH_PLAN, "words", "v1", &arena, &e), 0);
	CHECK(e.generated);
	CHECK_INT(fly_wire_parse(&flyteidl__admin__launch_plan_spec__descriptor, e.spec.data,
				 e.spec.len, &arena, (ProtobufCMessage **)&plan, NULL), 0);
	CHECK_INT(plan->default_inputs->n_parameters, 2);
	CHECK(plan->default_inputs->parameters[0]->value->required);
	CHECK_INT(plan->default_inputs->parameters[1]->value->behavior_case,
		  FLYTEIDL__CORE__PARAMETER__BEHAVIOR_DEFAULT);
}

static void test_plan_replaces_generated(void)
{
	auto_arena arena = {0};
	struct fly_entity before, after;

	CHECK_INT(find(FLY_KIND_LAUNCH_PLAN, "words", "v1", &arena, &before), 0);
	check_good(FLY_KIND_LAUNCH_PLAN, "words", "v1",
		   "{\"workflow\": \"words@v1\", \"labels\": {\"a\": \"b\"}}");
	CHECK_INT(find(FLY_KIND_LAUNCH_PLAN, "words", "v1", &arena, &after), 0);
	CHECK(!after.generated && after.id == before.id);
	CHECK_INT(register_text(FLY_KIND_LAUNCH_PLAN, "words", "v1",
				"{\"workflow\": \"words@v1\"}").status, FLY_INVALID_ARGUMENT);
}

/* cp v1/spec.json v2/ */
static void test_copies(void)
{
	static const struct {
		enum fly_kind kind;
		const char *name;
	} things[] = {
		{FLY_KIND_TASK, "count"}, {FLY_KIND_WORKFLOW, "words"},
		{FLY_KIND_LAUNCH_PLAN, "nightly"},
	};
	struct fly_db *db = fly_store_reader(d.store, NULL);
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(things); i++) {
		auto_arena arena = {0};
		auto_buf json = {0}, again = {0}, wire = {0};
		struct fly_entity e;

		CHECK_INT(find(things[i].kind, things[i].name, "v1", &arena, &e), 0);
		CHECK_INT(fly_entity_text(FLY_ENTITY_TEXT_SPEC_JSON, db, &e, &json), 0);
		CHECK_INT(fly_entity_text(FLY_ENTITY_TEXT_SPEC_PB, db, &e, &wire), 0);
		check_good(things[i].kind, things[i].name, "v2", json.data);
		CHECK_INT(register_form(things[i].kind, FLY_DOCUMENT_WIRE, things[i].name, "v3",
					wire.data, wire.len).status, FLY_OK);
		CHECK_INT(find(things[i].kind, things[i].name, "v2", &arena, &e), 0);
		CHECK_INT(e.source.len, 0);
		/* Exactly what is shown, again. */
		CHECK_INT(fly_entity_text(FLY_ENTITY_TEXT_SPEC_JSON, db, &e, &again), 0);
		CHECK_INT(register_text(things[i].kind, things[i].name, "v2", again.data).status,
			  FLY_ALREADY_EXISTS);
		CHECK_INT(register_text(things[i].kind, "another", "v1", json.data).status,
			  things[i].kind == FLY_KIND_LAUNCH_PLAN ? FLY_OK : FLY_INVALID_ARGUMENT);
	}
}

/* A copy keeps the defaults that stand in no message of the workflow. */
static void test_copied_defaults(void)
{
	Flyteidl__Admin__LaunchPlanSpec *plan;
	auto_arena arena = {0};
	auto_buf json = {0};
	struct fly_entity e;

	check_good(FLY_KIND_WORKFLOW, "defaulted", "v1",
		   "{\"inputs\": {\"numbers\": {\"type\": \"[integer]\", \"default\": [1]}},"
		   " \"steps\": [{\"task\": \"sum\", \"inputs\": {\"numbers\": \"$numbers\"}}]}");
	CHECK_INT(find(FLY_KIND_WORKFLOW, "defaulted", "v1", &arena, &e), 0);
	fly_entity_text(FLY_ENTITY_TEXT_SPEC_JSON, fly_store_reader(d.store, NULL), &e, &json);
	check_good(FLY_KIND_WORKFLOW, "defaulted", "v2", json.data);
	CHECK_INT(find(FLY_KIND_LAUNCH_PLAN, "defaulted", "v2", &arena, &e), 0);
	CHECK_INT(fly_wire_parse(&flyteidl__admin__launch_plan_spec__descriptor, e.spec.data,
				 e.spec.len, &arena, (ProtobufCMessage **)&plan, NULL), 0);
	CHECK_INT(plan->default_inputs->parameters[0]->value->behavior_case,
		  FLYTEIDL__CORE__PARAMETER__BEHAVIOR_DEFAULT);
}

/* --- refusals ----------------------------------------------------------------------- */

/* Rows of kind, status, words of the sentence, document; "¶" is a line break in it. */
static void check_refused(char **fields, void *arg)
{
	enum fly_kind kind = kind_of_folder(fields[0]);
	size_t *n = arg;
	struct fly_why why;
	char *mark;

	while ((mark = strstr(fields[3], "¶"))) {
		mark[0] = '\n';
		memmove(mark + 1, mark + strlen("¶"), strlen(mark + strlen("¶")) + 1);
	}
	why = register_text(kind, "bad", "v1", fields[3]);
	CHECK_STR(fly_status_name(why.status), fields[1]);
	if (!strstr(why.text, fields[2]))
		fprintf(stderr, "%s\n\tsays: %s\n\tnot:  %s\n", fields[3], why.text, fields[2]);
	CHECK(strstr(why.text, fields[2]));
	++*n;
}

static void test_refused(const char *dir)
{
	size_t n = 0;

	recordings_lines(dir, "register/refused.tsv", 4, check_refused, &n);
	CHECK(n > 30);
}

/* --- values in steps ---------------------------------------------------------------- */

static void test_values(void)
{
	Flyteidl__Admin__WorkflowSpec *spec;
	Flyteidl__Core__Node **nodes;
	Flyteidl__Core__BindingData *data;
	auto_arena arena = {0};
	struct fly_entity e;

	check_good(FLY_KIND_TASK, "show", "v1",
		   "{\"inputs\": {\"m\": \"{string}\", \"n\": \"integer | none\", \"j\": \"json\"},"
		   " \"outputs\": {\"lists\": \"{[integer]}\"}, \"command\": \"true\"}");
	check_good(FLY_KIND_WORKFLOW, "values", "v1",
		   "{\"inputs\": {\"s\": \"string\"}, \"steps\": ["
		   "{\"id\": \"one\", \"task\": \"show\", \"inputs\": {\"m\": {\"a\": \"$s\", "
		   "\"b\": \"$$s\"}, \"j\": {\"k\": \"$s\"}}},"
		   "{\"id\": \"two\", \"task\": \"sum\", \"inputs\": {\"numbers\": "
		   "\"$one.lists.k\"}}],"
		   " \"outputs\": {\"n\": \"$one.lists.k[2]\"}}");
	CHECK_INT(find(FLY_KIND_WORKFLOW, "values", "v1", &arena, &e), 0);
	CHECK_INT(fly_wire_parse(&flyteidl__admin__workflow_spec__descriptor, e.spec.data,
				 e.spec.len, &arena, (ProtobufCMessage **)&spec, NULL), 0);
	nodes = spec->template_->nodes;
	data = nodes[0]->inputs[0]->binding;
	CHECK_INT(data->value_case, FLYTEIDL__CORE__BINDING_DATA__VALUE_MAP);
	CHECK_STR(data->map->bindings[0]->value->promise->var, "s");
	CHECK_STR(data->map->bindings[1]->value->scalar->primitive->string_value, "$s");
	CHECK_INT(nodes[0]->inputs[1]->binding->value_case,
		  FLYTEIDL__CORE__BINDING_DATA__VALUE_SCALAR);
	data = nodes[1]->inputs[0]->binding;
	CHECK_STR(data->promise->attr_path[0]->string_value, "k");
	data = spec->template_->outputs[0]->binding;
	CHECK_INT(data->promise->attr_path[1]->int_value, 2);
	CHECK_INT(spec->template_->interface->outputs->variables[0]->value->type->simple,
		  FLYTEIDL__CORE__SIMPLE_TYPE__INTEGER);
}

/* --- owners and states -------------------------------------------------------------- */

static void update_state(const char *version, const char *state, enum fly_status want)
{
	auto_answer answer = {0};
	char request[512];

	snprintf(request, sizeof(request),
		 "{\"id\": {\"resource_type\": \"LAUNCH_PLAN\", \"project\": \"" PROJECT "\", "
		 "\"domain\": \"" DOMAIN "\", \"name\": \"nightly\", \"version\": \"%s\"}, "
		 "\"state\": \"%s\"}", version, state);
	driver_ask(&d, "UpdateLaunchPlan", request, &answer);
	CHECK_INT(answer.status, want);
}

static int state_of(const char *version)
{
	auto_arena arena = {0};
	struct fly_entity e;

	CHECK_INT(find(FLY_KIND_LAUNCH_PLAN, "nightly", version, &arena, &e), 0);
	return e.state;
}

static void test_states(void)
{
	static const char active[] = "{\"id\": {\"project\": \"" PROJECT "\", \"domain\": \"" DOMAIN
				     "\", \"name\": \"nightly\"}}";
	auto_answer none = {0}, one = {0};

	driver_ask(&d, "GetActiveLaunchPlan", active, &none);
	CHECK_INT(none.status, FLY_NOT_FOUND);
	update_state("v1", "ACTIVE", FLY_OK);
	update_state("v2", "ACTIVE", FLY_OK);
	CHECK_INT(state_of("v1"), FLYTEIDL__ADMIN__LAUNCH_PLAN_STATE__INACTIVE);
	CHECK_INT(state_of("v2"), FLYTEIDL__ADMIN__LAUNCH_PLAN_STATE__ACTIVE);
	driver_ask(&d, "GetActiveLaunchPlan", active, &one);
	CHECK_STR(json_string_value(json_object_get(json_object_get(one.response, "id"),
						    "version")), "v2");
	update_state("v2", "INACTIVE", FLY_OK);
	CHECK_INT(state_of("v2"), FLYTEIDL__ADMIN__LAUNCH_PLAN_STATE__INACTIVE);
	update_state("v9", "ACTIVE", FLY_NOT_FOUND);
}

/* Only root and who made it: DESIGN §7. */
static void test_owner(void)
{
	struct fly_caller owner = d.caller;
	struct fly_why why;

	d.caller.uid = 4711;
	check_good(FLY_KIND_TASK, "theirs", "v1", "{\"command\": \"true\"}");
	d.caller.uid = 4712;
	why = register_text(FLY_KIND_TASK, "theirs", "v2", "{\"command\": \"true\"}");
	CHECK_INT(why.status, FLY_PERMISSION_DENIED);
	if (owner.uid != 4712)
		update_state("v1", "ACTIVE", FLY_PERMISSION_DENIED);
	d.caller.uid = 0;
	check_good(FLY_KIND_TASK, "theirs", "v3", "{\"command\": \"true\"}");
	/* What others launch by name is not for anybody to fill. */
	why = register_text(FLY_KIND_WORKFLOW, ".flytegen.count", "v1",
			    "{\"steps\": [{\"task\": \"theirs\"}]}");
	CHECK_INT(why.status, FLY_INVALID_ARGUMENT);
	d.caller = owner;
}

static void test_project(void)
{
	Flyteidl__Admin__Project *project;
	auto_arena arena = {0};
	struct fly_why why = {0};
	auto_answer answer = {0}, got = {0}, again = {0};
	static const char text[] = "{\n  \"name\": \"Snacks\",\n  \"domains\": [{\"id\": "
				   "\"development\"}, {\"id\": \"staging\"}, {\"id\": "
				   "\"production\"}]\n}\n";
	static const char other[] = "{\"id\": \"other\"}";

	CHECK_INT(fly_admin_read_project(PROJECT, "project.json", text, strlen(text), &arena,
					 &project, &why), 0);
	CHECK_STR(project->id, PROJECT);
	CHECK_INT(project->n_domains, 0);
	CHECK(fly_admin_read_project(PROJECT, "project.json", other, strlen(other), &arena,
				     &project, &why) < 0);
	CHECK(strstr(why.text, "project.json: id: \"other\""));
	driver_ask(&d, "UpdateProject", "{\"id\": \"" PROJECT "\", \"description\": \"d\"}",
		   &answer);
	CHECK_INT(answer.status, FLY_OK);
	driver_ask(&d, "GetProject", "{\"id\": \"" PROJECT "\"}", &got);
	CHECK_STR(json_string_value(json_object_get(got.response, "description")), "d");
	CHECK_STR(json_string_value(json_object_get(got.response, "name")), PROJECT);
	driver_ask(&d, "RegisterProject",
		   "{\"project\": {\"id\": \"" PROJECT "\", \"name\": \"x\"}}", &again);
	CHECK_INT(again.status, FLY_ALREADY_EXISTS);
}

int main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : "tests/data/admin";
	char path[4096];

	snprintf(path, sizeof(path), "%s/../../../docs/shorthand.md", dir);
	driver_open(&d, true);
	test_documentation(path);
	test_task();
	test_workflow();
	test_refused(dir);
	test_values();
	test_plan_replaces_generated();
	test_copies();
	test_copied_defaults();
	test_states();
	test_owner();
	test_project();
	driver_close(&d);
	return check_done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registration against what Flyte Admin v1.16.8 answered (tests/data/admin/compile): hand-made
 * tasks, workflows and launch plans, good and bad, with the compiled closures of the good ones;
 * packages of flytekit; each recorded literal as a constant, and each recorded type as a promise,
 * for an input of each recorded type.
 */
#include "check.h"
#include "driver.h"
#include "recordings.h"
#include "verdicts.h"

static struct driver d;
static struct verdicts verdicts;

/* The codes in a sentence of the compiler, "… (Code); … (Code)", joined by commas. */
static void codes_of(const char *text, struct fly_buf *b)
{
	const char *open, *close;

	for (; (open = strchr(text, '(')); text = close) {
		close = open + 1;
		while ((*close >= 'A' && *close <= 'Z') || (*close >= 'a' && *close <= 'z'))
			close++;
		if (close == open + 1 || *close != ')' || (close[1] && close[1] != ';'))
			continue;
		if (b->len)
			fly_buf_putc(b, ',');
		fly_buf_add(b, open + 1, (size_t)(close - open - 1));
	}
	fly_buf_puts(b, "");
}

static bool same_codes(const json_t *want, const char *text, struct fly_buf *where)
{
	auto_buf wanted = {0}, codes = {0};
	json_t *code;
	size_t i;

	if (!want)
		return true;
	json_array_foreach((json_t *)want, i, code)
		fly_buf_printf(&wanted, "%s%s", i ? "," : "", json_string_value(code));
	codes_of(text, &codes);
	if (!strcmp(wanted.data, codes.data))
		return true;
	fly_buf_printf(where, "faults %s, recorded are %s: %s", codes.data, wanted.data, text);
	return false;
}

/* --- what is stored ----------------------------------------------------------------- */

/* A plan's row of a written file has its times; the recording has any. Tasks of a closure are
 * compared where the recording has them. */
static json_t *stored_part(const char *rpc, json_t *answer, const json_t *want)
{
	json_t *part;

	if (strcmp(rpc, "CreateWorkflow")) {
		json_object_del(answer, "id");
		return json_incref(answer);
	}
	part = json_object_get(json_object_get(answer, "closure"), "compiled_workflow");
	if (!json_object_get(want, "tasks"))
		json_object_del(part, "tasks");
	return json_incref(part);
}

static bool same_stored(const json_t *line, struct fly_buf *where)
{
	const char *rpc = json_string_value(json_object_get(line, "rpc"));
	const json_t *want = json_object_get(line, "stored");
	const json_t *id = json_object_get(json_object_get(line, "request"), "id");
	char get[64];
	auto_answer answer = {0};
	json_t *call, *part;
	bool same;

	if (!want)
		return true;
	snprintf(get, sizeof(get), "Get%s", rpc + strlen("Create"));
	call = json_pack("{s:s, s:{s:O}}", "rpc", get, "request", "id", id);
	driver_call(&d, call, &answer);
	json_decref(call);
	if (answer.status != FLY_OK) {
		fly_buf_printf(where, "%s: %s", get, answer.text);
		return false;
	}
	part = stored_part(rpc, answer.response, want);
	same = driver_matches(&d, want, part, "stored", where);
	json_decref(part);
	return same;
}

/* --- cases -------------------------------------------------------------------------- */

static bool same_code(const json_t *line, const struct driver_answer *answer,
		      struct fly_buf *where)
{
	const char *code = json_string_value(json_object_get(line, "code"));

	if (code && !strcmp(code, "INTERNAL") && answer->status != FLY_OK)
		return true;
	if (!strcmp(code ? code : "OK", fly_status_name(answer->status)))
		return true;
	fly_buf_printf(where, "%s (%s), recorded is %s", fly_status_name(answer->status),
		       answer->text, code ? code : "OK");
	return false;
}

static void play(json_t *line, void *arg)
{
	const char *id = json_string_value(json_object_get(line, "id"));
	auto_answer answer = {0};
	auto_buf where = {0};
	json_t *before;
	size_t i;

	json_array_foreach(json_object_get(line, "pre"), i, before)
		play(before, NULL);
	driver_call(&d, line, &answer);
	if (same_code(line, &answer, &where) &&
	    same_codes(json_object_get(line, "faults"), answer.text, &where))
		same_stored(line, &where);
	CHECK(verdicts_judge(&verdicts, id ? id : "setup", &where));
}

/* --- the matrix --------------------------------------------------------------------- */

struct matrix {
	struct recordings types, literals;
	size_t n_agree, n, n_promises;
};

static Flyteidl__Core__BindingData *bind(const Flyteidl__Core__Literal *lit, struct fly_arena *a);

static void bind_list(Flyteidl__Core__BindingData *data, const Flyteidl__Core__LiteralCollection *c,
		      struct fly_arena *a)
{
	Flyteidl__Core__BindingDataCollection *list = fly_arena_zalloc(a, 1, sizeof(*list));
	size_t i;

	flyteidl__core__binding_data_collection__init(list);
	list->bindings = fly_arena_zalloc(a, c->n_literals + 1, sizeof(*list->bindings));
	for (i = 0; i < c->n_literals; i++)
		list->bindings[list->n_bindings++] = bind(c->literals[i], a);
	data->value_case = FLYTEIDL__CORE__BINDING_DATA__VALUE_COLLECTION;
	data->collection = list;
}

static void bind_map(Flyteidl__Core__BindingData *data, const Flyteidl__Core__LiteralMap *m,
		     struct fly_arena *a)
{
	Flyteidl__Core__BindingDataMap *map = fly_arena_zalloc(a, 1, sizeof(*map));
	size_t i;

	flyteidl__core__binding_data_map__init(map);
	map->bindings = fly_arena_zalloc(a, m->n_literals + 1, sizeof(*map->bindings));
	for (i = 0; i < m->n_literals; i++) {
		Flyteidl__Core__BindingDataMap__BindingsEntry *e =
			fly_arena_zalloc(a, 1, sizeof(*e));

		flyteidl__core__binding_data_map__bindings_entry__init(e);
		e->key = m->literals[i]->key;
		e->value = bind(m->literals[i]->value, a);
		map->bindings[map->n_bindings++] = e;
	}
	data->value_case = FLYTEIDL__CORE__BINDING_DATA__VALUE_MAP;
	data->map = map;
}

/* A literal as the constant that flytekit makes of it. */
static Flyteidl__Core__BindingData *bind(const Flyteidl__Core__Literal *lit, struct fly_arena *a)
{
	Flyteidl__Core__BindingData *data = fly_arena_zalloc(a, 1, sizeof(*data));

	flyteidl__core__binding_data__init(data);
	switch ((int)lit->value_case) {
	case FLYTEIDL__CORE__LITERAL__VALUE_SCALAR:
		data->value_case = FLYTEIDL__CORE__BINDING_DATA__VALUE_SCALAR;
		data->scalar = lit->scalar;
		break;
	case FLYTEIDL__CORE__LITERAL__VALUE_COLLECTION:
		bind_list(data, lit->collection, a);
		break;
	case FLYTEIDL__CORE__LITERAL__VALUE_MAP:
		bind_map(data, lit->map, a);
		break;
	}
	return data;
}

/* One node whose task takes a value of the type; the binding may use the workflow's input x. */
static int compile_one(const Flyteidl__Core__LiteralType *type,
		       const Flyteidl__Core__LiteralType *input, Flyteidl__Core__BindingData *data,
		       struct fly_arena *arena, struct fly_why *why)
{
	Flyteidl__Core__Identifier id = FLYTEIDL__CORE__IDENTIFIER__INIT;
	Flyteidl__Core__Variable var = FLYTEIDL__CORE__VARIABLE__INIT;
	Flyteidl__Core__VariableMap__VariablesEntry entry =
		FLYTEIDL__CORE__VARIABLE_MAP__VARIABLES_ENTRY__INIT;
	Flyteidl__Core__VariableMap__VariablesEntry *entries[] = {&entry};
	Flyteidl__Core__VariableMap inputs = FLYTEIDL__CORE__VARIABLE_MAP__INIT;
	Flyteidl__Core__Variable given = FLYTEIDL__CORE__VARIABLE__INIT;
	Flyteidl__Core__VariableMap__VariablesEntry given_entry =
		FLYTEIDL__CORE__VARIABLE_MAP__VARIABLES_ENTRY__INIT;
	Flyteidl__Core__VariableMap__VariablesEntry *given_entries[] = {&given_entry};
	Flyteidl__Core__VariableMap given_inputs = FLYTEIDL__CORE__VARIABLE_MAP__INIT;
	Flyteidl__Core__TypedInterface interface = FLYTEIDL__CORE__TYPED_INTERFACE__INIT;
	Flyteidl__Core__TypedInterface outer = FLYTEIDL__CORE__TYPED_INTERFACE__INIT;
	Flyteidl__Core__TaskTemplate task = FLYTEIDL__CORE__TASK_TEMPLATE__INIT;
	Flyteidl__Core__TaskTemplate *tasks[] = {&task};
	Flyteidl__Core__Binding binding = FLYTEIDL__CORE__BINDING__INIT;
	Flyteidl__Core__Binding *bindings[] = {&binding};
	Flyteidl__Core__TaskNode target = FLYTEIDL__CORE__TASK_NODE__INIT;
	Flyteidl__Core__Node node = FLYTEIDL__CORE__NODE__INIT;
	Flyteidl__Core__Node *nodes[] = {&node};
	Flyteidl__Core__WorkflowTemplate workflow = FLYTEIDL__CORE__WORKFLOW_TEMPLATE__INIT;
	struct fly_compile_request req = {.primary = &workflow, .tasks = tasks, .n_tasks = 1};
	Flyteidl__Core__CompiledWorkflowClosure *closure;

	id.resource_type = FLYTEIDL__CORE__RESOURCE_TYPE__TASK;
	id.project = id.domain = id.name = id.version = "t";
	var.type = (Flyteidl__Core__LiteralType *)type;
	given.type = (Flyteidl__Core__LiteralType *)input;
	entry.key = given_entry.key = binding.var = "x";
	entry.value = &var;
	inputs.variables = entries;
	inputs.n_variables = 1;
	interface.inputs = &inputs;
	given_entry.value = &given;
	given_inputs.variables = given_entries;
	given_inputs.n_variables = input ? 1 : 0;
	outer.inputs = &given_inputs;
	task.id = &id;
	task.interface = &interface;
	binding.binding = data;
	target.reference_case = FLYTEIDL__CORE__TASK_NODE__REFERENCE_REFERENCE_ID;
	target.reference_id = &id;
	node.id = "n0";
	node.inputs = bindings;
	node.n_inputs = 1;
	node.target_case = FLYTEIDL__CORE__NODE__TARGET_TASK_NODE;
	node.task_node = &target;
	workflow.interface = &outer;
	workflow.nodes = nodes;
	workflow.n_nodes = 1;
	return fly_compile_workflow(&req, arena, &closure, why);
}

static int compile_constant(const Flyteidl__Core__LiteralType *type,
			    const Flyteidl__Core__Literal *lit, struct fly_why *why)
{
	auto_arena arena = {0};

	return compile_one(type, NULL, bind(lit, &arena), &arena, why);
}

static int compile_promise(const Flyteidl__Core__LiteralType *type,
			   const Flyteidl__Core__LiteralType *from, struct fly_why *why)
{
	auto_arena arena = {0};
	Flyteidl__Core__OutputReference ref = FLYTEIDL__CORE__OUTPUT_REFERENCE__INIT;
	Flyteidl__Core__BindingData data = FLYTEIDL__CORE__BINDING_DATA__INIT;

	ref.var = "x";
	data.value_case = FLYTEIDL__CORE__BINDING_DATA__VALUE_PROMISE;
	data.promise = &ref;
	return compile_one(type, from, &data, &arena, why);
}

/* A constant that no clock shows: refused here, accepted there and unfit to be printed. */
static bool meant_pair(const char *type, const char *literal)
{
	return !strcmp(type, "datetime") &&
	       (!strcmp(literal, "datetime_low") || !strcmp(literal, "datetime_high"));
}

static void play_promise(char **fields, void *arg)
{
	struct matrix *m = arg;
	const struct recording *to = recordings_get(&m->types, fields[0]);
	const struct recording *from = recordings_get(&m->types, fields[1]);
	struct fly_why why = {0};
	auto_buf codes = {0};
	int rc;

	rc = compile_promise((const Flyteidl__Core__LiteralType *)to->message,
			     (const Flyteidl__Core__LiteralType *)from->message, &why);
	codes_of(why.text, &codes);
	CHECK_STR(rc < 0 ? codes.data : "ok",
		  strcmp(fields[2], "ok") ? "MismatchingTypes" : "ok");
	m->n_promises++;
}

static void play_pair(struct matrix *m, const char *type, const char *literal, const char *want)
{
	const struct recording *t = recordings_get(&m->types, type);
	const struct recording *lit = recordings_get(&m->literals, literal);
	struct fly_why why = {0};
	auto_buf codes = {0};
	bool same;
	int rc;

	if (!t->message || !lit->message)
		return;
	rc = compile_constant((const Flyteidl__Core__LiteralType *)t->message,
			      (const Flyteidl__Core__Literal *)lit->message, &why);
	codes_of(why.text, &codes);
	if (!strcmp(want, "broke"))
		same = rc < 0;
	else
		same = !strcmp(want, rc < 0 ? codes.data : "ok");
	if (!same && !meant_pair(type, literal))
		fprintf(stderr, "matrix: %s for %s: %s, recorded is %s\n", literal, type,
			rc < 0 ? why.text : "ok", want);
	CHECK(same == !meant_pair(type, literal));
	m->n++;
	m->n_agree += same;
}

static void play_row(char **fields, void *arg)
{
	char *literal, *rest;

	for (literal = strtok_r(fields[2], " ", &rest); literal;
	     literal = strtok_r(NULL, " ", &rest))
		play_pair(arg, fields[0], literal, fields[1]);
}

static void test_matrix(const char *dir, const char *shared)
{
	static struct matrix m;

	recordings_read(&m.types, shared, "types.tsv", &flyteidl__core__literal_type__descriptor);
	recordings_read(&m.literals, shared, "literals.tsv", &flyteidl__core__literal__descriptor);
	recordings_lines(dir, "matrix.tsv", 3, play_row, &m);
	recordings_lines(shared, "matrix_promise.tsv", 3, play_promise, &m);
	printf("matrix: %zu of %zu constants agree, %zu promises\n", m.n_agree, m.n,
	       m.n_promises);
	fly_arena_release(&m.types.arena);
	fly_arena_release(&m.literals.arena);
}

int main(int argc, char **argv)
{
	const char *shared = argc > 1 ? argv[1] : "tests/data/admin";
	char dir[4096];

	snprintf(dir, sizeof(dir), "%s/compile", argc > 2 ? argv[2] : shared);
	verdicts_read(&verdicts, dir);
	driver_open(&d, true);
	driver_lines(dir, "setup.jsonl", play, NULL);
	driver_lines(dir, "cases.jsonl", play, NULL);
	driver_lines(dir, "packages.jsonl", play, NULL);
	CHECK(verdicts_end(&verdicts));
	driver_close(&d);
	test_matrix(dir, shared);
	return check_done();
}

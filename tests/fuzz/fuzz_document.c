/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people write: executions as JSON, wire bytes and exec files with inputs/VAR beside them,
 * tasks, workflows and launch plans, project.json. The first byte of an input chooses. What is
 * taken is launched or registered, all its texts can be read, and its spec written again is taken
 * again; what is refused has a sentence.
 */
#include "fuzz_types.h"
#include "place.h"
#include "rows.h"

#define INPUTS_MAX 4
#define RENEW_AFTER 500		/* things made: a store that grows gets slow */

static struct place place;
static unsigned made, counter;

static void leave(void)
{
	place_remove(&place);
}

static void renew(void)
{
	place_renew(&place);
	made = 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	place_make(&place);
	atexit(leave);
	renew();
	return 0;
}

/* --- executions ------------------------------------------------------------------ */

static int read_execution(enum fly_document form, const char *file, const char *text, size_t len,
			  const struct fly_input_text *inputs, size_t n, struct fly_arena *arena,
			  Flyteidl__Admin__ExecutionCreateRequest **out, struct fly_why *why)
{
	int rc = fly_admin_read_execution(place.admin, place_reader(&place), form, file,
					  PLACE_PROJECT, PLACE_DOMAIN, "", text, len, inputs, n,
					  arena, out, why);

	rows_check_refusal(rc, why);
	return rc;
}

static void check_text_again(enum fly_execution_text which, enum fly_document form,
			     const char *file, const struct fly_execution *e)
{
	Flyteidl__Admin__ExecutionCreateRequest *req;
	auto_arena arena = {0};
	struct fly_why why = {0};
	auto_buf b = {0};

	must(fly_execution_text(which, place_reader(&place), e, &b) == 0);
	if (read_execution(form, file, b.data ? b.data : "", b.len, NULL, 0, &arena, &req, &why) < 0) {
		fprintf(stderr, "%s\n%.*s\n", why.text, (int)b.len, b.data);
		must(!"a spec is taken again");
	}
}

static void check_again(int64_t id)
{
	auto_arena arena = {0};
	struct fly_execution e;

	must(fly_execution_get_id(place_reader(&place), id, FLY_EXECUTION_ALL, &arena, &e) == 0);
	check_text_again(FLY_TEXT_SPEC_JSON, FLY_DOCUMENT_JSON, "spec.json", &e);
	check_text_again(FLY_TEXT_SPEC_PB, FLY_DOCUMENT_WIRE, "spec.pb", &e);
}

static void execution(enum fly_document form, const char *file, const char *text, size_t len,
		      const struct fly_input_text *inputs, size_t n)
{
	Flyteidl__Admin__ExecutionCreateRequest *req;
	struct fly_call call = {.caller = place.caller};
	struct fly_why why = {0};

	if (read_execution(form, file, text, len, inputs, n, &call.arena, &req, &why) == 0) {
		fly_admin_create_execution(place.admin, &call, req);
		rows_check_refusal(call.rc, &call.why);
		if (call.rc == 0) {
			rows_check_execution(place_reader(&place), call.id);
			check_again(call.id);
			made++;
		}
	}
	fly_arena_release(&call.arena);
}

/* Behind the document, each ended by a NUL: a name and a text, in turns. */
static size_t take_inputs(const char *at, const char *end, struct fly_input_text *inputs)
{
	size_t n = 0;

	while (n < INPUTS_MAX && at < end) {
		const char *name = at, *text = at + strlen(at) + 1;

		if (!*name || text >= end)
			break;
		inputs[n++] = (struct fly_input_text){name, text, strlen(text), *text == '/'};
		at = text + strlen(text) + 1;
	}
	return n;
}

/* --- entities --------------------------------------------------------------------- */

static void write_entity(enum fly_kind kind, enum fly_document form, const char *file,
			 const char *text, size_t len, struct fly_call *call)
{
	char version[32];

	snprintf(version, sizeof(version), "v%u", ++counter);
	call->caller = place.caller;
	fly_admin_register_entity(place.admin, call, kind, form, file, PLACE_PROJECT, PLACE_DOMAIN,
				  "thing", version, text, len);
	rows_check_refusal(call->rc, &call->why);
}

static void check_entity_again(enum fly_kind kind, enum fly_entity_text which,
			       enum fly_document form, const char *file,
			       const struct fly_entity *e)
{
	struct fly_call call = {0};
	auto_buf b = {0};

	must(fly_entity_text(which, place_reader(&place), e, &b) == 0);
	write_entity(kind, form, file, b.data ? b.data : "", b.len, &call);
	if (call.rc < 0)
		fprintf(stderr, "%s\n%.*s\n", call.why.text, (int)b.len, b.data);
	must(call.rc == 0);
	fly_arena_release(&call.arena);
}

/* A template is a document for a launch, unless a value must be given. */
static void check_template(const struct fly_entity *e)
{
	Flyteidl__Admin__ExecutionCreateRequest *req;
	auto_arena arena = {0};
	struct fly_why why = {0};
	auto_buf b = {0};
	int rc;

	must(fly_entity_text(FLY_ENTITY_TEXT_TEMPLATE_JSON, place_reader(&place), e, &b) == 0);
	rc = read_execution(FLY_DOCUMENT_JSON, "template.json", b.data, b.len, NULL, 0, &arena, &req,
			    &why);
	must(rc == 0 || strstr(why.text, "null"));
}

static void entity(enum fly_kind kind, enum fly_document form, const char *file, const char *text,
		   size_t len)
{
	struct fly_call call = {0};
	auto_arena arena = {0};
	struct fly_entity e;

	write_entity(kind, form, file, text, len, &call);
	if (call.rc == 0) {
		rows_check_entity(place_reader(&place), kind, call.id);
		must(fly_entity_get_id(place_reader(&place), kind, call.id, FLY_ENTITY_BLOBS,
				       &arena, &e) == 0);
		check_entity_again(kind, FLY_ENTITY_TEXT_SPEC_JSON, FLY_DOCUMENT_JSON, "spec.json",
				   &e);
		check_entity_again(kind, FLY_ENTITY_TEXT_SPEC_PB, FLY_DOCUMENT_WIRE, "spec.pb", &e);
		if (kind == FLY_KIND_LAUNCH_PLAN)
			check_template(&e);
		made += 3;
	}
	fly_arena_release(&call.arena);
}

/* --- projects ------------------------------------------------------------------------ */

static void project(const char *text, size_t len)
{
	struct fly_call call = {.caller = place.caller};
	struct fly_why why = {0};
	Flyteidl__Admin__Project *p;
	int rc = fly_admin_read_project(PLACE_PROJECT, "project.json", text, len, &call.arena, &p,
					&why);

	rows_check_refusal(rc, &why);
	if (rc == 0) {
		fly_admin_update_project(place.admin, &call, p);
		rows_check_refusal(call.rc, &call.why);
	}
	if (rc == 0 && call.rc == 0) {
		rows_check_all(place_reader(&place));
		renew();
	}
	fly_arena_release(&call.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fly_input_text inputs[INPUTS_MAX];
	auto_free char *copy = NULL;
	size_t n = 0, len;

	if (!size)
		return 0;
	copy = malloc(size + 1);
	memcpy(copy, data + 1, size - 1);
	copy[size - 1] = copy[size] = '\0';
	len = strlen(copy);
	if (len < size - 1)
		n = take_inputs(copy + len + 1, copy + size, inputs);
	switch (data[0]) {
	case 'j':
		execution(FLY_DOCUMENT_JSON, "spec.json", copy, len, inputs, n);
		break;
	case 'y':
		execution(FLY_DOCUMENT_YAML, "exec.yaml", copy, len, inputs, n);
		break;
	case 'w':
		execution(FLY_DOCUMENT_WIRE, "spec.pb", copy, size - 1, NULL, 0);
		break;
	case 't':
		entity(FLY_KIND_TASK, FLY_DOCUMENT_JSON, "spec.json", copy, len);
		break;
	case 'T':
		entity(FLY_KIND_TASK, FLY_DOCUMENT_WIRE, "spec.pb", copy, size - 1);
		break;
	case 'f':
		entity(FLY_KIND_WORKFLOW, FLY_DOCUMENT_JSON, "spec.json", copy, len);
		break;
	case 'F':
		entity(FLY_KIND_WORKFLOW, FLY_DOCUMENT_WIRE, "spec.pb", copy, size - 1);
		break;
	case 'l':
		entity(FLY_KIND_LAUNCH_PLAN, FLY_DOCUMENT_JSON, "spec.json", copy, len);
		break;
	case 'L':
		entity(FLY_KIND_LAUNCH_PLAN, FLY_DOCUMENT_WIRE, "spec.pb", copy, size - 1);
		break;
	case 'p':
		project(copy, len);
		break;
	default:
		break;
	}
	if (made >= RENEW_AFTER)
		renew();
	return 0;
}

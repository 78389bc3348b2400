/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An execution as people write it in JSON: an ExecutionSpec or a whole ExecutionCreateRequest, with
 * "NAME" or "NAME@VERSION" for what runs and plain values for inputs. The plain parts are taken
 * out of the document's tree, the rest is read as messages are. It looks nothing up itself.
 * Source: DESIGN §4.
 */
#include <jansson.h>

#include "launch.h"

/* The document and what was taken out of it. */
struct written {
	struct fly_launch *l;
	struct fly_doc *doc;
	json_t *spec;		/* borrowed: the object that holds the spec's fields */
	bool whole;		/* an ExecutionCreateRequest */
	/* taken out; NULL: not there, or a message */
	const char *target_key;
	json_t *target;
	json_t *inputs, *spec_inputs;
	enum fly_kind target_kind;
	struct fly_launch_target runs;	/* words NULL: not looked up yet */
};

static const struct {
	const char *key;
	enum fly_kind kind;
} targets[] = {
	{"launch_plan", FLY_KIND_LAUNCH_PLAN},
	{"launchPlan", FLY_KIND_LAUNCH_PLAN},
	{"workflow", FLY_KIND_LAUNCH_PLAN},	/* by the launch plan of its name, as in Flyte */
	{"task", FLY_KIND_TASK},
};

/* --- taking the shorthand out ------------------------------------------- */

static void take(json_t *object, const char *key, json_t **out)
{
	*out = json_incref(json_object_get(object, key));
	json_object_del(object, key);
}

/* "spec.KEY" or "KEY" */
static const char *spec_path(const struct written *w, const char *key)
{
	const char *path = w->whole ? fly_arena_printf(w->l->arena, "spec.%s", key) : key;

	return path ? path : "";
}

/* Anything but {"literals": {…}} is plain values. */
static bool is_plain_inputs(json_t *value)
{
	if (!json_is_object(value))
		return false;
	return json_object_size(value) != 1 || !json_is_object(json_object_get(value, "literals"));
}

static int take_target(struct written *w)
{
	const char *first = NULL;
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(targets); i++) {
		json_t *value = json_object_get(w->spec, targets[i].key);

		if (!value)
			continue;
		if (first)
			return fly_doc_fail(w->doc, w->l->why, spec_path(w, targets[i].key),
					    "%s is given already: only one of them can run",
					    first);
		first = targets[i].key;
		if (!json_is_string(value)) {
			if (i < 2)	/* launch_plan as a message */
				continue;
			return fly_doc_fail(w->doc, w->l->why, spec_path(w, first),
					    "expected \"NAME\" or \"NAME@VERSION\"");
		}
		if (!*json_string_value(value))
			return fly_doc_fail(w->doc, w->l->why, spec_path(w, first),
					    "the name is empty");
		w->target_key = first;
		w->target_kind = targets[i].kind;
		take(w->spec, first, &w->target);
	}
	return 0;
}

/* An ExecutionSpec has no such names. */
static bool is_request(const json_t *root)
{
	return json_object_get(root, "project") || json_object_get(root, "domain") ||
	       json_object_get(root, "name");
}

static int find_spec(struct written *w)
{
	json_t *root = fly_doc_root(w->doc), *spec;

	if (!json_is_object(root))
		return fly_doc_fail(w->doc, w->l->why, "", "expected an object");
	spec = json_object_get(root, "spec");
	w->whole = spec || is_request(root);
	w->spec = w->whole ? spec : root;
	if (!w->spec)
		return fly_doc_fail(w->doc, w->l->why, "spec", "it is missing");
	if (!json_is_object(w->spec))
		return fly_doc_fail(w->doc, w->l->why, "spec", "expected an object");
	return 0;
}

static int take_shorthand(struct written *w)
{
	json_t *root = fly_doc_root(w->doc);
	int rc = find_spec(w);

	if (rc >= 0)
		rc = take_target(w);
	if (rc < 0)
		return rc;
	if (is_plain_inputs(json_object_get(w->spec, "inputs")))
		take(w->spec, "inputs", &w->spec_inputs);
	if (w->whole && is_plain_inputs(json_object_get(root, "inputs")))
		take(root, "inputs", &w->inputs);
	return 0;
}

/* --- the messages ------------------------------------------------------- */

/* A whole request names the place it is written to, or leaves that out. */
static int check_place(const struct written *w, const char *field, const char *given,
		       const char *place)
{
	if (!*given || !*place || !strcmp(given, place))
		return 0;
	return fly_doc_fail(w->doc, w->l->why, field, "\"%s\" does not agree with the path: \"%s\"",
			    given, place);
}

static int read_messages(struct written *w)
{
	struct fly_launch *l = w->l;
	const ProtobufCMessageDescriptor *type =
		w->whole ? &flyteidl__admin__execution_create_request__descriptor
			 : &flyteidl__admin__execution_spec__descriptor;
	ProtobufCMessage *m;
	int rc = fly_doc_message(w->doc, fly_doc_root(w->doc), "", type, l->arena, &m, l->why);

	if (rc < 0)
		return rc;
	if (!w->whole) {
		l->req->spec = (Flyteidl__Admin__ExecutionSpec *)m;
		return 0;
	}
	l->req = (Flyteidl__Admin__ExecutionCreateRequest *)m;
	if ((rc = check_place(w, "project", l->req->project, l->project)) < 0 ||
	    (rc = check_place(w, "domain", l->req->domain, l->domain)) < 0)
		return rc;
	return check_place(w, "name", l->req->name, l->name);
}

/* --- the plain parts ---------------------------------------------------- */

static int read_target(struct written *w)
{
	struct fly_why inner = {0};
	int rc;

	if (!w->target)
		return 0;
	rc = fly_launch_find(w->l, w->target_kind, json_string_value(w->target),
			     &w->l->req->spec->launch_plan, &inner);
	return rc < 0 ? fly_doc_fail_with(w->doc, w->l->why, spec_path(w, w->target_key), &inner)
		      : 0;
}

/* What runs and takes the inputs, looked up once. */
static int find_runs(struct written *w)
{
	struct fly_why inner = {0};
	int rc = w->runs.words ? 0 : fly_launch_target(w->l, &w->runs, &inner);

	return rc < 0 ? fly_doc_fail_with(w->doc, w->l->why, spec_path(w, "launch_plan"), &inner)
		      : 0;
}

static int read_input(const struct written *w, const char *path, const char *name,
		      const json_t *value, Flyteidl__Core__LiteralMap *map)
{
	struct fly_launch *l = w->l;
	const Flyteidl__Core__LiteralType *type;
	Flyteidl__Core__Literal *lit;
	auto_buf words = {0};
	int rc = fly_launch_input_type(l, &w->runs, w->doc, path, name, &type);

	if (rc < 0)
		return rc;
	if (json_is_null(value) && !fly_type_admits_none(type)) {
		fly_type_print(type, &words);
		return fly_doc_fail(w->doc, l->why, path, "null is no value for it: %s is expected",
				    words.data ? words.data : "a value");
	}
	rc = fly_literal_from_json(w->doc, value, path, type, l->arena, &lit, l->why);
	return rc < 0 ? rc : fly_launch_put(map, name, lit, l->arena, l->why);
}

static int read_inputs(struct written *w, json_t *values, const char *path,
		       Flyteidl__Core__LiteralMap **out)
{
	struct fly_launch *l = w->l;
	Flyteidl__Core__LiteralMap *map;
	const char *name;
	json_t *value;
	int rc;

	if (!values)
		return 0;
	map = fly_admin_new(Flyteidl__Core__LiteralMap, flyteidl__core__literal_map, l->arena);
	if (!map)
		return fly_no_memory(l->why);
	*out = map;
	if (!json_object_size(values))
		return 0;
	rc = find_runs(w);
	if (rc < 0)
		return rc;
	json_object_foreach(values, name, value) {
		rc = read_input(w, fly_launch_input_path(l, path, name), name, value, map);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int fly_launch_read_json(struct fly_launch *l, const char *text, size_t len)
{
	struct written w = {.l = l};
	int rc = fly_doc_parse(text, len, &w.doc, l->why);

	if (rc < 0)
		return rc;
	rc = take_shorthand(&w);
	if (rc >= 0)
		rc = read_messages(&w);
	if (rc >= 0)
		rc = read_target(&w);
	if (rc >= 0)
		rc = read_inputs(&w, w.inputs, "inputs", &l->req->inputs);
	if (rc >= 0)
		rc = read_inputs(&w, w.spec_inputs, spec_path(&w, "inputs"), &l->req->spec->inputs);
	json_decref(w.target);
	json_decref(w.inputs);
	json_decref(w.spec_inputs);
	fly_doc_free(w.doc);
	return rc;
}

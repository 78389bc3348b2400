/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A workflow as people write it: inputs, steps, outputs. What it means is the compiler's to check;
 * here stand the names and the places of what is wrong.
 * Source: docs/shorthand.md.
 */
#include "shorthand_steps.h"

#define STEPS "steps"
#define ON_FAILURE "on_failure"

/* --- ids ---------------------------------------------------------------------------- */

/* Without an id a step is called what it runs: NAME of NAME@VERSION. */
static const char *given_id(const struct shorthand *s, const json_t *step, const char *otherwise)
{
	static const char *const keys[] = {"id", "task", "workflow", "launch_plan"};
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(keys); i++) {
		const char *text = json_string_value(json_object_get(step, keys[i]));

		if (i && otherwise)
			return otherwise;
		if (text)
			return fly_arena_strndup(s->arena, text,
						 i ? strcspn(text, "@") : strlen(text));
	}
	return otherwise ? otherwise : "";
}

static int check_id(const struct shorthand_steps *w, const struct shorthand_step *step)
{
	const struct shorthand *s = w->s;
	bool said = json_object_get(step->value, "id") != NULL;
	const char *path = said ? shorthand_member(s, step->path, "id") : step->path;
	size_t len = strspn(step->id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-");

	if (!path)
		return fly_no_memory(s->why);
	if (!len || step->id[len] || step->id[0] == '-')
		return fly_doc_fail(s->doc, s->why, path, said ?
				    "\"%s\" is no id: letters a-z and A-Z, digits, '_' and '-', no "
				    "'-' first" :
				    "the step needs an \"id\": \"%s\" cannot be one", step->id);
	if (!strcmp(step->id, "start-node") || !strcmp(step->id, "end-node"))
		return fly_doc_fail(s->doc, s->why, path, "\"%s\" is taken by the workflow itself",
				    step->id);
	if (fly_variable_map_get(w->inputs, step->id))
		return fly_doc_fail(s->doc, s->why, path,
				    "\"%s\" is an input of the workflow already: give the step "
				    "another \"id\"", step->id);
	return 0;
}

static int begin_step(struct shorthand_steps *w, struct shorthand_step *step, json_t *value,
		      const char *path, const char *id)
{
	if (!path)
		return fly_no_memory(w->s->why);
	if (!json_is_object(value))
		return fly_doc_fail(w->s->doc, w->s->why, path, "expected an object: a step");
	step->value = value;
	step->path = path;
	step->id = given_id(w->s, value, id);
	return step->id ? check_id(w, step) : fly_no_memory(w->s->why);
}

static int begin_steps(struct shorthand_steps *w, const json_t *root)
{
	const struct shorthand *s = w->s;
	const json_t *list = json_object_get(root, STEPS);
	json_t *value;
	size_t i;
	int rc;

	if (!json_is_array(list) || !json_array_size(list))
		return fly_doc_fail(s->doc, s->why, list ? STEPS : "",
				    "\"steps\" is a list of at least one step");
	w->steps = fly_arena_zalloc(s->arena, json_array_size(list), sizeof(*w->steps));
	if (!w->steps)
		return fly_no_memory(s->why);
	json_array_foreach((json_t *)list, i, value) {
		struct shorthand_step *step = &w->steps[w->n];

		rc = begin_step(w, step, value, shorthand_element(s, STEPS, i), NULL);
		if (rc < 0)
			return rc;
		if (name_index_get(&w->by_id, step->id))
			return fly_doc_fail(s->doc, s->why, step->path,
					    "a second step \"%s\": give one of them another \"id\"",
					    step->id);
		if (!name_index_put(&w->by_id, s->arena, step->id, step))
			return fly_no_memory(s->why);
		w->n++;
	}
	return 0;
}

/* --- outputs ------------------------------------------------------------------------ */

struct output {
	const json_t *value;
	const char *name, *path, *value_path, *description;
	Flyteidl__Core__LiteralType *type;	/* NULL: that of what is referred to */
};

/* "$ref", or {"value", "type", "description"}. */
static int read_output(const struct shorthand *s, const json_t *value, struct output *o)
{
	static const char *const keys[] = {"value", "type", "description", NULL};
	const char *words = NULL;
	struct fly_why inner = {0};
	int rc;

	o->value = value;
	o->value_path = o->path;
	if (!json_is_object(value) || !json_object_get(value, "value"))
		return 0;
	o->value = json_object_get(value, "value");
	o->value_path = shorthand_member(s, o->path, "value");
	if (!o->value_path)
		return fly_no_memory(s->why);
	if ((rc = shorthand_check_keys(s, value, o->path, keys)) < 0 ||
	    (rc = shorthand_string(s, value, o->path, "description", &o->description)) < 0 ||
	    (rc = shorthand_string(s, value, o->path, "type", &words)) < 0)
		return rc;
	if (words && fly_type_parse(words, s->arena, &o->type, &inner) < 0)
		return shorthand_fail(s, shorthand_member(s, o->path, "type"), &inner);
	return 0;
}

static int bind_output(const struct shorthand_steps *w, struct output *o,
		       Flyteidl__Core__BindingData **out)
{
	const Flyteidl__Core__LiteralType *type = NULL;
	int rc;

	if (o->type)
		return shorthand_bind(w, o->value, o->value_path, o->type, out);
	if (!shorthand_is_reference(o->value))
		return fly_doc_fail(w->s->doc, w->s->why, o->value_path,
				    "an output that is no reference needs a type: "
				    "{\"value\": …, \"type\": \"integer\"}");
	rc = shorthand_reference(w, json_string_value(o->value), o->value_path, out, &type);
	if (rc < 0)
		return rc;
	if (!type)
		return fly_doc_fail(w->s->doc, w->s->why, o->value_path,
				    "its type is not known here: {\"value\": \"%s\", \"type\": "
				    "\"integer\"}", json_string_value(o->value));
	o->type = (Flyteidl__Core__LiteralType *)type;
	return 0;
}

static int add_output(const struct shorthand_steps *w, struct output *o,
		      Flyteidl__Core__WorkflowTemplate *t)
{
	Flyteidl__Core__Binding *binding =
		fly_admin_new(Flyteidl__Core__Binding, flyteidl__core__binding, w->s->arena);
	Flyteidl__Core__Variable *var;
	int rc;

	if (!binding)
		return fly_no_memory(w->s->why);
	rc = bind_output(w, o, &binding->binding);
	if (rc < 0)
		return rc;
	var = shorthand_add_variable(w->s, t->interface->outputs, o->name, o->type);
	binding->var = fly_arena_strdup(w->s->arena, o->name);
	if (!var || !binding->var)
		return fly_no_memory(w->s->why);
	if (o->description)
		var->description = (char *)o->description;
	t->outputs[t->n_outputs++] = binding;
	return 0;
}

static int read_outputs(const struct shorthand_steps *w, const json_t *root,
			Flyteidl__Core__WorkflowTemplate *t)
{
	const struct shorthand *s = w->s;
	const json_t *outputs = json_object_get(root, "outputs");
	const size_t n = json_object_size(outputs);
	const char *name;
	json_t *value;
	int rc;

	if (outputs && !json_is_object(outputs))
		return fly_doc_fail(s->doc, s->why, "outputs",
				    "expected an object of names and references");
	t->interface->outputs = shorthand_room(s, n);
	t->outputs = fly_arena_zalloc(s->arena, n + 1, sizeof(*t->outputs));
	if (!t->interface->outputs || !t->outputs)
		return fly_no_memory(s->why);
	json_object_foreach((json_t *)outputs, name, value) {
		struct output o = {.name = name, .path = shorthand_member(s, "outputs", name)};

		if ((rc = shorthand_check_name(s, o.path, name)) < 0 ||
		    (rc = read_output(s, value, &o)) < 0 || (rc = add_output(w, &o, t)) < 0)
			return rc;
	}
	return 0;
}

/* --- the whole ---------------------------------------------------------------------- */

static int read_steps(struct shorthand_steps *w, const json_t *root,
		      struct fly_entity_document *out, Flyteidl__Admin__WorkflowSpec *spec)
{
	Flyteidl__Core__WorkflowTemplate *t = spec->template_;
	size_t i;
	int rc = begin_steps(w, root);

	for (i = 0; rc >= 0 && i < w->n; i++)
		rc = shorthand_step_target(w, &w->steps[i], out, spec);
	for (i = 0; rc >= 0 && i < w->n; i++)
		rc = shorthand_step_bind(w, &w->steps[i]);
	if (rc < 0)
		return rc;
	t->nodes = fly_arena_zalloc(w->s->arena, w->n, sizeof(*t->nodes));
	if (!t->nodes)
		return fly_no_memory(w->s->why);
	for (i = 0; i < w->n; i++)
		t->nodes[t->n_nodes++] = w->steps[i].node;
	return 0;
}

/* The step that cleans up when another one failed. */
static int read_failure(struct shorthand_steps *w, const json_t *root,
			struct fly_entity_document *out, Flyteidl__Admin__WorkflowSpec *spec)
{
	json_t *value = json_object_get(root, ON_FAILURE);
	struct shorthand_step step = {0};
	int rc;

	if (!value)
		return 0;
	if ((rc = begin_step(w, &step, value, ON_FAILURE, "on-failure")) < 0 ||
	    (rc = shorthand_step_target(w, &step, out, spec)) < 0 ||
	    (rc = shorthand_step_bind(w, &step)) < 0)
		return rc;
	spec->template_->failure_node = step.node;
	return 0;
}

static int begin_template(const struct shorthand *s, Flyteidl__Admin__WorkflowSpec *spec)
{
	Flyteidl__Core__WorkflowTemplate *t = fly_admin_new(
		Flyteidl__Core__WorkflowTemplate, flyteidl__core__workflow_template, s->arena);

	if (!t)
		return fly_no_memory(s->why);
	t->id = (Flyteidl__Core__Identifier *)s->id;
	t->metadata = fly_admin_new(Flyteidl__Core__WorkflowMetadata,
				    flyteidl__core__workflow_metadata, s->arena);
	t->metadata_defaults = fly_admin_new(Flyteidl__Core__WorkflowMetadataDefaults,
					     flyteidl__core__workflow_metadata_defaults, s->arena);
	t->interface = fly_admin_new(Flyteidl__Core__TypedInterface,
				     flyteidl__core__typed_interface, s->arena);
	spec->template_ = t;
	return t->metadata && t->metadata_defaults && t->interface ? 0 : fly_no_memory(s->why);
}

int shorthand_workflow(const struct shorthand *s, json_t *root, struct fly_entity_document *out)
{
	static const char *const keys[] = {"inputs", "outputs", STEPS, ON_FAILURE, "description",
					   NULL};
	Flyteidl__Admin__WorkflowSpec *spec = fly_admin_new(
		Flyteidl__Admin__WorkflowSpec, flyteidl__admin__workflow_spec, s->arena);
	Flyteidl__Core__ParameterMap *defaults = fly_admin_new(
		Flyteidl__Core__ParameterMap, flyteidl__core__parameter_map, s->arena);
	struct shorthand_steps w = {.s = s};
	int rc;

	if (!spec || !defaults)
		return fly_no_memory(s->why);
	if ((rc = shorthand_check_keys(s, root, "", keys)) < 0 ||
	    (rc = begin_template(s, spec)) < 0 ||
	    (rc = shorthand_variables(s, root, "inputs", &spec->template_->interface->inputs,
				      defaults)) < 0)
		return rc;
	w.inputs = spec->template_->interface->inputs;
	if ((rc = read_steps(&w, root, out, spec)) < 0 ||
	    (rc = read_failure(&w, root, out, spec)) < 0 ||
	    (rc = read_outputs(&w, root, spec->template_)) < 0 ||
	    (rc = shorthand_description(s, root, &spec->description)) < 0)
		return rc;
	out->spec = &spec->base;
	out->written.defaults = defaults;
	return 0;
}

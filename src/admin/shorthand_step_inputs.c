/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a step of a workflow's shorthand gets: the bindings of its inputs, and the steps it waits
 * for besides. It knows no target.
 * Source: docs/shorthand.md.
 */
#include "launch.h"
#include "shorthand_steps.h"

static int refuse_input(const struct shorthand_steps *w, const struct shorthand_step *step,
			const char *path, const char *name)
{
	auto_buf words = {0};
	size_t i;

	for (i = 0; step->inputs && i < step->inputs->n_variables; i++) {
		const Flyteidl__Core__Variable *var = step->inputs->variables[i]->value;

		fly_buf_printf(&words, "%s%s (", i ? ", " : "", step->inputs->variables[i]->key);
		fly_type_print(var ? var->type : NULL, &words);
		fly_buf_putc(&words, ')');
	}
	return fly_doc_fail(w->s->doc, w->s->why, path, "%s has no input %s: it takes %s",
			    step->target, name, words.data ? words.data : "none");
}

static int bind_input(const struct shorthand_steps *w, struct shorthand_step *step,
		      const char *path, const char *name, const json_t *value)
{
	const Flyteidl__Core__Variable *var =
		step->inputs ? fly_variable_map_get(step->inputs, name) : NULL;
	Flyteidl__Core__Binding *binding =
		fly_admin_new(Flyteidl__Core__Binding, flyteidl__core__binding, w->s->arena);
	int rc;

	if (!path || !binding)
		return fly_no_memory(w->s->why);
	if (!var || !var->type)
		return refuse_input(w, step, path, name);
	binding->var = fly_arena_strdup(w->s->arena, name);
	if (!binding->var)
		return fly_no_memory(w->s->why);
	rc = shorthand_bind(w, value, path, var->type, &binding->binding);
	if (rc < 0)
		return rc;
	step->node->inputs[step->node->n_inputs++] = binding;
	return 0;
}

static int bind_inputs(const struct shorthand_steps *w, struct shorthand_step *step)
{
	const json_t *inputs = json_object_get(step->value, "inputs");
	const char *path = shorthand_member(w->s, step->path, "inputs");
	const char *name;
	json_t *value;
	int rc;

	if (!path)
		return fly_no_memory(w->s->why);
	if (inputs && !json_is_object(inputs))
		return fly_doc_fail(w->s->doc, w->s->why, path,
				    "expected an object of names and values");
	step->node->inputs = fly_arena_zalloc(w->s->arena,
					      (inputs ? json_object_size(inputs) : 0) + 1,
					      sizeof(*step->node->inputs));
	if (!step->node->inputs)
		return fly_no_memory(w->s->why);
	json_object_foreach((json_t *)inputs, name, value) {
		rc = bind_input(w, step, shorthand_member(w->s, path, name), name, value);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* A plan's inputs may have defaults; the compiler knows which. */
static int check_bound(const struct shorthand_steps *w, const struct shorthand_step *step)
{
	const json_t *inputs = json_object_get(step->value, "inputs");
	size_t i;

	if (json_object_get(step->value, "launch_plan") || !step->inputs)
		return 0;
	for (i = 0; i < step->inputs->n_variables; i++) {
		const Flyteidl__Core__Variable *var = step->inputs->variables[i]->value;
		const char *name = step->inputs->variables[i]->key;
		auto_buf type = {0};

		if (json_object_get(inputs, name) || !var || fly_type_admits_none(var->type))
			continue;
		fly_type_print(var->type, &type);
		return fly_doc_fail(w->s->doc, w->s->why, step->path,
				    "%s needs input %s (%s)", step->target, name,
				    type.data ? type.data : "of some type");
	}
	return 0;
}

/* The node inside an array has the same bindings; those not mapped are named. */
static int bind_array(const struct shorthand_steps *w, struct shorthand_step *step)
{
	Flyteidl__Core__ArrayNode *array = step->node->array_node;
	size_t i, j;

	array->node->inputs = step->node->inputs;
	array->node->n_inputs = step->node->n_inputs;
	array->bound_inputs = fly_arena_zalloc(w->s->arena, step->node->n_inputs + 1,
					       sizeof(*array->bound_inputs));
	if (!array->bound_inputs)
		return fly_no_memory(w->s->why);
	for (i = 0; i < step->node->n_inputs; i++) {
		char *var = step->node->inputs[i]->var;

		for (j = 0; j < step->n_mapped && strcmp(step->mapped[j], var); j++)
			;
		if (j == step->n_mapped)
			array->bound_inputs[array->n_bound_inputs++] = var;
	}
	return 0;
}

static int add_after(const struct shorthand_steps *w, struct shorthand_step *step,
		     const json_t *value, const char *path)
{
	const struct shorthand_step *other;

	if (!path)
		return fly_no_memory(w->s->why);
	if (!json_is_string(value))
		return fly_doc_fail(w->s->doc, w->s->why, path, "expected the id of a step");
	other = name_index_get(&w->by_id, json_string_value(value));
	if (!other)
		return fly_doc_fail(w->s->doc, w->s->why, path, "there is no step \"%s\"",
				    json_string_value(value));
	step->node->upstream_node_ids[step->node->n_upstream_node_ids++] = (char *)other->id;
	return 0;
}

/* "after": "ID" or ["ID", …] */
static int read_after(const struct shorthand_steps *w, struct shorthand_step *step)
{
	const json_t *after = json_object_get(step->value, "after");
	const char *path = shorthand_member(w->s, step->path, "after");
	const size_t n = json_is_array(after) ? json_array_size(after) : 1;
	json_t *value;
	size_t i;
	int rc;

	if (!after)
		return 0;
	step->node->upstream_node_ids = fly_arena_zalloc(
		w->s->arena, n + 1, sizeof(*step->node->upstream_node_ids));
	if (!path || !step->node->upstream_node_ids)
		return fly_no_memory(w->s->why);
	if (!json_is_array(after))
		return add_after(w, step, after, path);
	json_array_foreach((json_t *)after, i, value) {
		rc = add_after(w, step, value, shorthand_element(w->s, path, i));
		if (rc < 0)
			return rc;
	}
	return 0;
}

int shorthand_step_bind(const struct shorthand_steps *w, struct shorthand_step *step)
{
	int rc;

	if ((rc = bind_inputs(w, step)) < 0 || (rc = check_bound(w, step)) < 0 ||
	    (rc = read_after(w, step)) < 0)
		return rc;
	return step->n_mapped ? bind_array(w, step) : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task mapped over lists. Flyte's array nodes refer to a task whose interface has the lists,
 * as flytekit makes one: so a hidden task is derived, with the mapped inputs and all outputs in
 * lists and everything else as it was. The engine gives each run of it one item of each list.
 * Source: docs/shorthand.md; flyte-engine §1.2 (Array node), §4.11.
 */
#include "shorthand.h"

static bool is_shorthand(const Flyteidl__Core__TaskTemplate *t)
{
	size_t i;

	for (i = 0; i < t->n_config; i++) {
		if (!strcmp(t->config[i]->key, SHORTHAND_CONFIG) &&
		    !strcmp(t->config[i]->value, SHORTHAND_MARK))
			return true;
	}
	return false;
}

static bool is_among(const char *const *names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return false;
}

static Flyteidl__Core__LiteralType *list_of(const struct shorthand *s,
					    Flyteidl__Core__LiteralType *item)
{
	Flyteidl__Core__LiteralType *type =
		fly_admin_new(Flyteidl__Core__LiteralType, flyteidl__core__literal_type, s->arena);

	if (type) {
		type->type_case = FLYTEIDL__CORE__LITERAL_TYPE__TYPE_COLLECTION_TYPE;
		type->collection_type = item;
	}
	return type;
}

/* A copy of variables, with those named (NULL: all) in lists. */
static Flyteidl__Core__VariableMap *in_lists(const struct shorthand *s,
					     const Flyteidl__Core__VariableMap *map,
					     const char *const *names, size_t n)
{
	Flyteidl__Core__VariableMap *copy = shorthand_room(s, map ? map->n_variables : 0);
	size_t i;

	for (i = 0; copy && map && i < map->n_variables; i++) {
		const Flyteidl__Core__Variable *var = map->variables[i]->value;
		const char *name = map->variables[i]->key;
		bool listed = !names || is_among(names, n, name);
		Flyteidl__Core__LiteralType *type = listed ? list_of(s, var->type) : var->type;
		Flyteidl__Core__Variable *added =
			type ? shorthand_add_variable(s, copy, name, type) : NULL;

		if (!added)
			return NULL;
		added->description = var->description;
	}
	return copy;
}

/* ".flytegen.map-file-other.wordcount": hidden, and the same for the same map. */
static char *derived_name(const struct shorthand *s, const Flyteidl__Core__TaskTemplate *task,
			  const char *const *mapped, size_t n)
{
	const Flyteidl__Core__VariableMap *inputs = task->interface->inputs;
	auto_buf name = {0};
	size_t i;

	fly_buf_puts(&name, FLY_HIDDEN_PREFIX "map");
	for (i = 0; i < inputs->n_variables; i++) {
		if (is_among(mapped, n, inputs->variables[i]->key))
			fly_buf_printf(&name, "-%s", inputs->variables[i]->key);
	}
	fly_buf_printf(&name, ".%s", task->id->name);
	return name.failed ? NULL : fly_arena_strdup(s->arena, name.data);
}

int shorthand_map_task(const struct shorthand *s, const char *path,
		       const Flyteidl__Core__TaskTemplate *task, const char *const *mapped,
		       size_t n_mapped, Flyteidl__Core__TaskTemplate **out)
{
	Flyteidl__Core__TaskTemplate *t = fly_arena_memdup(s->arena, task, sizeof(*t));
	Flyteidl__Core__TypedInterface *interface = fly_admin_new(
		Flyteidl__Core__TypedInterface, flyteidl__core__typed_interface, s->arena);
	size_t i;

	if (!t || !interface)
		return fly_no_memory(s->why);
	if (!is_shorthand(task))
		return fly_doc_fail(s->doc, s->why, path,
				    "task %s is not written in the shorthand: flytekit makes the "
				    "tasks that it maps itself", task->id->name);
	for (i = 0; i < n_mapped; i++) {
		if (!task->interface || !task->interface->inputs ||
		    !fly_variable_map_get(task->interface->inputs, mapped[i]))
			return fly_doc_fail(s->doc, s->why, path, "task %s has no input %s",
					    task->id->name, mapped[i]);
	}
	interface->inputs = in_lists(s, task->interface->inputs, mapped, n_mapped);
	interface->outputs = in_lists(s, task->interface->outputs, NULL, 0);
	t->interface = interface;
	t->id = fly_arena_memdup(s->arena, task->id, sizeof(*t->id));
	if (!interface->inputs || !interface->outputs || !t->id ||
	    !(t->id->name = derived_name(s, task, mapped, n_mapped)))
		return fly_no_memory(s->why);
	*out = t;
	return 0;
}

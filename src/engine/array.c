/* SPDX-License-Identifier: Apache-2.0 */
/* array: see array.h. Source: flyte-engine §4.11. */
#include "array.h"

#include <math.h>

#include "files.h"

static bool is_bound(const Flyteidl__Core__ArrayNode *array, const char *name)
{
	for (size_t i = 0; i < array->n_bound_inputs; i++)
		if (!strcmp(array->bound_inputs[i], name))
			return true;
	return false;
}

static const Flyteidl__Core__LiteralCollection *list_of(const Flyteidl__Core__ArrayNode *array,
							const char *name,
							const Flyteidl__Core__Literal *lit)
{
	if (is_bound(array, name) || lit->value_case != FLYTEIDL__CORE__LITERAL__VALUE_COLLECTION)
		return NULL;
	return lit->collection;
}

int fly_array_size(const Flyteidl__Core__ArrayNode *array, const Flyteidl__Core__LiteralMap *inputs,
		   size_t *out, struct fly_why *why)
{
	bool found = false, all_bound = true;
	size_t size = 0;

	for (size_t i = 0; i < inputs->n_literals; i++) {
		const char *name = inputs->literals[i]->key;
		const Flyteidl__Core__LiteralCollection *list =
			list_of(array, name, inputs->literals[i]->value);

		if (!is_bound(array, name))
			all_bound = false;
		if (!list)
			continue;
		if (found && list->n_literals != size)
			return fly_refuse(
				why, FLY_INVALID_ARGUMENT,
				"input arrays have different lengths: expecting '%zu' found "
				"'%zu'",
				size, list->n_literals);
		size = list->n_literals;
		found = true;
	}
	if (!found && !all_bound)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "no input array provided");
	*out = found ? size : 1;
	return 0;
}

int fly_array_inputs(const Flyteidl__Core__ArrayNode *array,
		     const Flyteidl__Core__LiteralMap *inputs, size_t index,
		     struct fly_arena *arena, Flyteidl__Core__LiteralMap **out)
{
	Flyteidl__Core__LiteralMap *map = fly_files_map(arena, inputs->n_literals);
	int rc = map ? 0 : -ENOMEM;

	for (size_t i = 0; i < inputs->n_literals && rc >= 0; i++) {
		const Flyteidl__Core__LiteralMap__LiteralsEntry *entry = inputs->literals[i];
		const Flyteidl__Core__LiteralCollection *list =
			list_of(array, entry->key, entry->value);

		rc = fly_files_put(arena, map, entry->key,
				   list ? list->literals[index] : entry->value);
	}
	*out = map;
	return rc;
}

/* --- outputs ------------------------------------------------------------ */

static Flyteidl__Core__Variable *item_variable(struct fly_arena *arena,
					       const Flyteidl__Core__Variable *var)
{
	Flyteidl__Core__Variable *copy =
		FLY_NEW(arena, Flyteidl__Core__Variable, flyteidl__core__variable);

	if (!copy)
		return NULL;
	*copy = *var;
	if (var->type && var->type->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_COLLECTION_TYPE)
		copy->type = var->type->collection_type;
	return copy;
}

static Flyteidl__Core__VariableMap *item_variables(struct fly_arena *arena,
						   const Flyteidl__Core__VariableMap *from)
{
	Flyteidl__Core__VariableMap *map =
		FLY_NEW(arena, Flyteidl__Core__VariableMap, flyteidl__core__variable_map);

	if (!map)
		return NULL;
	map->variables = fly_arena_zalloc(arena, from->n_variables, sizeof(*map->variables));
	if (!map->variables)
		return NULL;
	for (size_t i = 0; i < from->n_variables; i++) {
		Flyteidl__Core__VariableMap__VariablesEntry *entry =
			FLY_NEW(arena, Flyteidl__Core__VariableMap__VariablesEntry,
				flyteidl__core__variable_map__variables_entry);

		if (!entry)
			return NULL;
		entry->key = from->variables[i]->key;
		entry->value = item_variable(arena, from->variables[i]->value);
		if (!entry->value)
			return NULL;
		map->variables[map->n_variables++] = entry;
	}
	return map;
}

Flyteidl__Core__TaskTemplate *fly_array_task(struct fly_arena *arena,
					     const Flyteidl__Core__TaskTemplate *task)
{
	Flyteidl__Core__TaskTemplate *copy =
		FLY_NEW(arena, Flyteidl__Core__TaskTemplate, flyteidl__core__task_template);
	Flyteidl__Core__TypedInterface *interface =
		FLY_NEW(arena, Flyteidl__Core__TypedInterface, flyteidl__core__typed_interface);

	if (!copy || !interface)
		return NULL;
	*copy = *task;
	if (!task->interface)
		return copy;
	*interface = *task->interface;
	if (interface->outputs) {
		interface->outputs = item_variables(arena, interface->outputs);
		if (!interface->outputs)
			return NULL;
	}
	copy->interface = interface;
	return copy;
}

static Flyteidl__Core__Literal *none_literal(struct fly_arena *arena)
{
	Flyteidl__Core__Literal *lit =
		FLY_NEW(arena, Flyteidl__Core__Literal, flyteidl__core__literal);
	Flyteidl__Core__Scalar *scalar =
		FLY_NEW(arena, Flyteidl__Core__Scalar, flyteidl__core__scalar);
	Flyteidl__Core__Void *none = FLY_NEW(arena, Flyteidl__Core__Void, flyteidl__core__void);

	if (!lit || !scalar || !none)
		return NULL;
	scalar->value_case = FLYTEIDL__CORE__SCALAR__VALUE_NONE_TYPE;
	scalar->none_type = none;
	lit->value_case = FLYTEIDL__CORE__LITERAL__VALUE_SCALAR;
	lit->scalar = scalar;
	return lit;
}

static Flyteidl__Core__Literal *list_literal(struct fly_arena *arena, const char *name,
					     Flyteidl__Core__LiteralMap *const *items, size_t n)
{
	Flyteidl__Core__Literal *lit =
		FLY_NEW(arena, Flyteidl__Core__Literal, flyteidl__core__literal);
	Flyteidl__Core__LiteralCollection *list = FLY_NEW(arena, Flyteidl__Core__LiteralCollection,
							  flyteidl__core__literal_collection);

	if (!lit || !list)
		return NULL;
	list->literals = fly_arena_zalloc(arena, n, sizeof(*list->literals));
	if (!list->literals)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const Flyteidl__Core__Literal *item =
			items[i] ? fly_literal_map_get(items[i], name) : NULL;

		list->literals[i] = item ? (Flyteidl__Core__Literal *)item : none_literal(arena);
		if (!list->literals[i])
			return NULL;
	}
	list->n_literals = n;
	lit->value_case = FLYTEIDL__CORE__LITERAL__VALUE_COLLECTION;
	lit->collection = list;
	return lit;
}

int fly_array_outputs(struct fly_arena *arena, const Flyteidl__Core__TaskTemplate *task,
		      Flyteidl__Core__LiteralMap *const *items, size_t n,
		      Flyteidl__Core__LiteralMap **out)
{
	Flyteidl__Core__VariableMap__VariablesEntry *const *vars;
	size_t n_vars = fly_files_outputs(task, &vars);
	Flyteidl__Core__LiteralMap *map = fly_files_map(arena, n_vars);
	int rc = map ? 0 : -ENOMEM;

	for (size_t i = 0; i < n_vars && rc >= 0; i++)
		rc = fly_files_put(arena, map, vars[i]->key,
				   list_literal(arena, vars[i]->key, items, n));
	*out = map;
	return rc;
}

/* --- success and failure ------------------------------------------------ */

size_t fly_array_needed(const Flyteidl__Core__ArrayNode *array, size_t size)
{
	switch (array->success_criteria_case) {
	case FLYTEIDL__CORE__ARRAY_NODE__SUCCESS_CRITERIA_MIN_SUCCESSES:
		return array->min_successes;
	case FLYTEIDL__CORE__ARRAY_NODE__SUCCESS_CRITERIA_MIN_SUCCESS_RATIO:
		return (size_t)ceil((double)array->min_success_ratio * (double)size);
	default:
		return size;
	}
}

/* "[0-2][5]": the items from first on that have the same message, in runs. */
static void add_indexes(const char *const *messages, size_t n, size_t first, struct fly_buf *b)
{
	for (size_t i = first; i < n; i++) {
		size_t last = i;

		if (!messages[i] || strcmp(messages[i], messages[first]))
			continue;
		while (last + 1 < n && messages[last + 1] &&
		       !strcmp(messages[last + 1], messages[first]))
			last++;
		if (last > i)
			fly_buf_printf(b, "[%zu-%zu]", i, last);
		else
			fly_buf_printf(b, "[%zu]", i);
		i = last;
	}
}

void fly_array_summary(const char *const *messages, size_t n, struct fly_buf *b)
{
	for (size_t i = 0; i < n; i++) {
		bool is_first = messages[i] != NULL;

		for (size_t j = 0; j < i && is_first; j++)
			is_first = !messages[j] || strcmp(messages[j], messages[i]);
		if (!is_first)
			continue;
		add_indexes(messages, n, i, b);
		fly_buf_printf(b, ": %s\n", messages[i]);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * binding: a node's inputs from constants and from what its upstream nodes made. It reads memory
 * only. Source: flyte-engine §4.5, §4.6.
 */
#include "model.h"

#include <ctype.h>

#define DEPTH_MAX 64

struct resolver {
	const struct fly_frame *frame;
	struct fly_arena *arena;
	struct fly_why *why;
};

static int no_memory(struct resolver *r)
{
	return fly_no_memory(r->why);
}

/* "name" or "[INDEX].name". */
static const char *split_var(const char *var, int64_t *index)
{
	char *end;

	*index = -1;
	if (var[0] != '[' || !isdigit((unsigned char)var[1]))
		return var;
	*index = strtoll(var + 1, &end, 10);
	return end[0] == ']' && end[1] == '.' ? end + 2 : var;
}

/* What an output is called inside the node, when it was given another name. */
static const char *original_name(const Flyteidl__Core__Node *node, const char *name)
{
	for (size_t i = 0; i < node->n_output_aliases; i++)
		if (!strcmp(node->output_aliases[i]->alias, name))
			return node->output_aliases[i]->var;
	return name;
}

static int take_item(struct resolver *r, const char *node_id, const char *name, int64_t index,
		     const Flyteidl__Core__Literal **lit)
{
	const Flyteidl__Core__LiteralCollection *list;

	if (index < 0)
		return 0;
	if ((*lit)->value_case != FLYTEIDL__CORE__LITERAL__VALUE_COLLECTION)
		return fly_refuse(
			r->why, FLY_INVALID_ARGUMENT,
			"output %s of node %s is no collection, but item %lld is asked for", name,
			node_id, (long long)index);
	list = (*lit)->collection;
	if ((uint64_t)index >= list->n_literals)
		return fly_refuse(r->why, FLY_INVALID_ARGUMENT,
				  "output %s of node %s has %zu items, but item %lld is asked for",
				  name, node_id, list->n_literals, (long long)index);
	*lit = list->literals[index];
	return 0;
}

static int resolve_promise(struct resolver *r, const Flyteidl__Core__OutputReference *promise,
			   Flyteidl__Core__Literal **out)
{
	const char *id = *promise->node_id ? promise->node_id : FLY_START_NODE;
	const struct fly_node_run *source = fly_frame_node(r->frame, id);
	const Flyteidl__Core__Literal *lit = NULL;
	const char *name;
	int64_t index;
	int rc;

	if (!source)
		return fly_refuse(r->why, FLY_INVALID_ARGUMENT, "there is no node %s", id);
	name = split_var(promise->var, &index);
	if (source->outputs)
		lit = fly_literal_map_get(source->outputs, original_name(source->core, name));
	if (!lit)
		return fly_refuse(r->why, FLY_INVALID_ARGUMENT,
				  "Outputs not found at node [%s], variable [%s]", id, name);
	rc = take_item(r, id, name, index, &lit);
	if (rc < 0)
		return rc;
	if (!promise->n_attr_path) {
		*out = (Flyteidl__Core__Literal *)lit;
		return 0;
	}
	rc = fly_literal_attribute(
		lit, (const Flyteidl__Core__PromiseAttribute *const *)promise->attr_path,
		promise->n_attr_path, r->arena, out, r->why);
	if (rc < 0)
		fly_why_prefix(r->why, "failed at Node[%s]. PromiseAttributeResolveError: ", id);
	return rc;
}

static int resolve(struct resolver *r, const Flyteidl__Core__BindingData *data, unsigned depth,
		   Flyteidl__Core__Literal **out);

static int resolve_list(struct resolver *r, const Flyteidl__Core__BindingDataCollection *from,
			unsigned depth, Flyteidl__Core__Literal *to)
{
	Flyteidl__Core__LiteralCollection *list = FLY_NEW(
		r->arena, Flyteidl__Core__LiteralCollection, flyteidl__core__literal_collection);

	if (!list)
		return no_memory(r);
	list->literals = fly_arena_zalloc(r->arena, from->n_bindings, sizeof(*list->literals));
	if (!list->literals)
		return no_memory(r);
	for (size_t i = 0; i < from->n_bindings; i++) {
		int rc = resolve(r, from->bindings[i], depth + 1, &list->literals[i]);

		if (rc < 0)
			return rc;
	}
	list->n_literals = from->n_bindings;
	to->value_case = FLYTEIDL__CORE__LITERAL__VALUE_COLLECTION;
	to->collection = list;
	return 0;
}

static int resolve_map(struct resolver *r, const Flyteidl__Core__BindingDataMap *from,
		       unsigned depth, Flyteidl__Core__Literal *to)
{
	Flyteidl__Core__LiteralMap *map =
		FLY_NEW(r->arena, Flyteidl__Core__LiteralMap, flyteidl__core__literal_map);

	if (!map)
		return no_memory(r);
	map->literals = fly_arena_zalloc(r->arena, from->n_bindings, sizeof(*map->literals));
	if (!map->literals)
		return no_memory(r);
	for (size_t i = 0; i < from->n_bindings; i++) {
		Flyteidl__Core__LiteralMap__LiteralsEntry *entry =
			FLY_NEW(r->arena, Flyteidl__Core__LiteralMap__LiteralsEntry,
				flyteidl__core__literal_map__literals_entry);
		int rc;

		if (!entry)
			return no_memory(r);
		entry->key = from->bindings[i]->key;
		rc = resolve(r, from->bindings[i]->value, depth + 1, &entry->value);
		if (rc < 0)
			return rc;
		map->literals[i] = entry;
	}
	map->n_literals = from->n_bindings;
	to->value_case = FLYTEIDL__CORE__LITERAL__VALUE_MAP;
	to->map = map;
	return 0;
}

static int resolve(struct resolver *r, const Flyteidl__Core__BindingData *data, unsigned depth,
		   Flyteidl__Core__Literal **out)
{
	Flyteidl__Core__Literal *lit;

	if (!data || depth > DEPTH_MAX)
		return fly_refuse(r->why, FLY_INVALID_ARGUMENT, "the binding is %s",
				  data ? "nested too deeply" : "empty");
	if (data->value_case == FLYTEIDL__CORE__BINDING_DATA__VALUE_PROMISE)
		return resolve_promise(r, data->promise, out);
	lit = FLY_NEW(r->arena, Flyteidl__Core__Literal, flyteidl__core__literal);
	if (!lit)
		return no_memory(r);
	*out = lit;
	switch (data->value_case) {
	case FLYTEIDL__CORE__BINDING_DATA__VALUE_SCALAR:
		lit->value_case = FLYTEIDL__CORE__LITERAL__VALUE_SCALAR;
		lit->scalar = data->scalar;
		return 0;
	case FLYTEIDL__CORE__BINDING_DATA__VALUE_COLLECTION:
		return resolve_list(r, data->collection, depth, lit);
	case FLYTEIDL__CORE__BINDING_DATA__VALUE_MAP:
		return resolve_map(r, data->map, depth, lit);
	case FLYTEIDL__CORE__BINDING_DATA__VALUE_OFFLOADED_METADATA:
		lit->value_case = FLYTEIDL__CORE__LITERAL__VALUE_OFFLOADED_METADATA;
		lit->offloaded_metadata = data->offloaded_metadata;
		return 0;
	default:
		return fly_refuse(r->why, FLY_INVALID_ARGUMENT, "the binding is empty");
	}
}

int fly_bindings_resolve(const struct fly_frame *f, Flyteidl__Core__Binding *const *bindings,
			 size_t n, struct fly_arena *arena, Flyteidl__Core__LiteralMap **out,
			 struct fly_why *why)
{
	struct resolver r = {.frame = f, .arena = arena, .why = why};
	Flyteidl__Core__LiteralMap *map =
		FLY_NEW(arena, Flyteidl__Core__LiteralMap, flyteidl__core__literal_map);

	if (!map)
		return no_memory(&r);
	map->literals = fly_arena_zalloc(arena, n, sizeof(*map->literals));
	if (!map->literals)
		return no_memory(&r);
	for (size_t i = 0; i < n; i++) {
		Flyteidl__Core__LiteralMap__LiteralsEntry *entry =
			FLY_NEW(arena, Flyteidl__Core__LiteralMap__LiteralsEntry,
				flyteidl__core__literal_map__literals_entry);
		int rc;

		if (!entry)
			return no_memory(&r);
		entry->key = bindings[i]->var;
		rc = resolve(&r, bindings[i]->binding, 0, &entry->value);
		if (rc == -ENOMEM)
			return rc;
		if (rc < 0) {
			fly_why_prefix(
				why, "Error binding Var [wf].[%s], caused by: ", bindings[i]->var);
			return rc;
		}
		map->literals[i] = entry;
	}
	map->n_literals = n;
	*out = map;
	return 0;
}

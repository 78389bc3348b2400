/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bindings: where each input of a node comes from, whether that is there and of a type that fits,
 * and the edges that follow. It knows no node's kind.
 * Source: flyte-engine §1.5 (binding checks), §5.2.
 */
#include "compile.h"

/* One node's bindings under check. */
struct bindings {
	struct graph *g;
	struct graph_node *node;
	bool typed;
	const char *item;		/* place in the list or map under check: " (item 2)" */
	const char **upstream;		/* of the binding under check */
	size_t n_upstream, cap_upstream;
};

static bool is_end(const struct graph_node *n)
{
	return !strcmp(n->core->id, COMPILE_END);
}

/* "BEFORE VAR AFTER" about the node. */
static void fault(struct bindings *b, const char *code, const char *before, const char *var,
		  const char *after)
{
	compile_fault(b->g->c, code, b->node->core->id, "%s%s%s", before, var, after);
}

static void mismatch(struct bindings *b, const char *code, const char *var, const char *have,
		     const Flyteidl__Core__LiteralType *want)
{
	struct compile *c = b->g->c;

	if (c->muted)
		compile_fault_known(c);
	else
		compile_fault(c, code, b->node->core->id, "%s %s is %s, but gets %s",
			      is_end(b->node) ? "output" : "input", var,
			      compile_type_words(c, want), have);
}

/* A list or map where something else is wanted; told for each item of what it lies in. */
static void mismatch_container(struct bindings *b, const char *code, const char *var,
			       const char *have, const Flyteidl__Core__LiteralType *want)
{
	const char *words = b->item && !b->g->c->muted
				    ? fly_arena_printf(b->g->c->arena, "%s%s", have, b->item)
				    : NULL;

	mismatch(b, code, var, words ? words : have, want);
}

/* --- promises ----------------------------------------------------------------------- */

/* "NAME" or "[INDEX].NAME": \w+ behind an optional index. */
static bool parse_var(const char *text, const char **name, bool *indexed)
{
	const char *p = text;

	*indexed = *p == '[';
	if (*indexed) {
		size_t digits = strspn(++p, "0123456789");

		if (!digits || p[digits] != ']' || p[digits + 1] != '.')
			return false;
		p += digits + 2;
	}
	*name = p;
	for (; *p; p++) {
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		      (*p >= '0' && *p <= '9') || *p == '_'))
			return false;
	}
	return p != *name;
}

static const Flyteidl__Core__LiteralType *field_type(const Flyteidl__Core__TypeStructure *s,
						     const char *name)
{
	size_t i;

	for (i = 0; i < s->n_dataclass_type; i++) {
		if (!strcmp(s->dataclass_type[i]->key, name))
			return s->dataclass_type[i]->value;
	}
	return NULL;
}

/* The type behind a path of attributes; NULL (with a fault) for a field that is not there. */
static const Flyteidl__Core__LiteralType *
walk_attributes(struct bindings *b, const Flyteidl__Core__OutputReference *ref,
		const Flyteidl__Core__LiteralType *type)
{
	size_t i;

	for (i = 0; type && i < ref->n_attr_path; i++) {
		const Flyteidl__Core__PromiseAttribute *attr = ref->attr_path[i];
		const char *key = "";

		if (attr->value_case == FLYTEIDL__CORE__PROMISE_ATTRIBUTE__VALUE_STRING_VALUE)
			key = attr->string_value;
		if (type->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_COLLECTION_TYPE) {
			type = type->collection_type;
		} else if (type->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_MAP_VALUE_TYPE) {
			type = type->map_value_type;
		} else if (type->structure && type->structure->n_dataclass_type) {
			type = field_type(type->structure, key);
			if (!type)
				compile_fault(b->g->c, "FieldNotFound", b->node->core->id,
					      "output %s of %s has no field \"%s\"", ref->var,
					      ref->node_id, key);
		}
	}
	return type;
}

static void add_upstream(struct bindings *b, const char *id)
{
	if (compile_grow(b->g->c, &b->upstream, &b->cap_upstream, b->n_upstream,
			 sizeof(*b->upstream)))
		b->upstream[b->n_upstream++] = id;
}

static struct graph_node *source_node(struct bindings *b, const char *id)
{
	struct graph_node *n = name_index_get(&b->g->by_id, *id ? id : COMPILE_START);

	if (!n)
		compile_fault(b->g->c, "NodeReferenceNotFound", id, "there is no such node");
	return n;
}

static const char *source_words(struct bindings *b, const struct graph_node *source,
				const char *var, const Flyteidl__Core__LiteralType *type)
{
	struct compile *c = b->g->c;
	const char *words;

	if (!strcmp(source->core->id, COMPILE_START))
		words = fly_arena_printf(c->arena, "%s from the workflow's input %s",
					 compile_type_words(c, type), var);
	else
		words = fly_arena_printf(c->arena, "%s from %s.%s", compile_type_words(c, type),
					 source->core->id, var);
	return words ? words : "another type";
}

static const Flyteidl__Core__LiteralType *
check_promise(struct bindings *b, const char *var, Flyteidl__Core__OutputReference *ref,
	      const Flyteidl__Core__LiteralType *want)
{
	struct graph_node *source = source_node(b, ref->node_id);
	const Flyteidl__Core__Variable *output;
	const Flyteidl__Core__LiteralType *type;
	const char *name;
	bool indexed;

	if (source && !parse_var(ref->var, &name, &indexed)) {
		compile_fault(b->g->c, "SyntaxError", b->node->core->id,
			      "input %s: \"%s\" names no output: NAME or [INDEX].NAME", var,
			      ref->var);
		return NULL;
	}
	output = source ? graph_output(b->g, source, name) : NULL;
	if (!output) {
		fault(b, "ParameterNotBound", "input ", var, " is not bound");
		return NULL;
	}
	type = output->type;
	if (indexed && type->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_COLLECTION_TYPE)
		type = type->collection_type;
	else if (indexed)
		mismatch(b, "MismatchingTypes", var, "an item of what is no list", want);
	type = walk_attributes(b, ref, type);
	if (!type)
		return NULL;
	if (b->typed && !fly_type_castable(type, want)) {
		mismatch(b, "MismatchingTypes", var,
			 b->g->c->muted ? "" : source_words(b, source, ref->var, type), want);
		return NULL;
	}
	ref->node_id = source->core->id;
	add_upstream(b, source->core->id);
	return type;
}

/* --- constants ---------------------------------------------------------------------- */

static void check_enum(struct bindings *b, const char *var, const Flyteidl__Core__Scalar *scalar,
		       const Flyteidl__Core__EnumType *want)
{
	const char *value = "";
	size_t i;

	if (scalar->value_case == FLYTEIDL__CORE__SCALAR__VALUE_PRIMITIVE &&
	    scalar->primitive->value_case == FLYTEIDL__CORE__PRIMITIVE__VALUE_STRING_VALUE)
		value = scalar->primitive->string_value;
	for (i = 0; i < want->n_values; i++) {
		if (!strcmp(value, want->values[i]))
			return;
	}
	compile_fault(b->g->c, "IllegalEnumValue", b->node->core->id,
		      "input %s: \"%s\" is none of its values", var, value);
}

static const Flyteidl__Core__LiteralType *
check_constant(struct bindings *b, const char *var, Flyteidl__Core__Scalar *scalar,
	       const Flyteidl__Core__LiteralType *want)
{
	Flyteidl__Core__Literal lit = FLYTEIDL__CORE__LITERAL__INIT;
	Flyteidl__Core__LiteralType *type = NULL;
	struct fly_why why = {0};
	int rc;

	if (!scalar) {
		fault(b, "ParameterNotBound", "input ", var, " is not bound");
		return NULL;
	}
	lit.value_case = FLYTEIDL__CORE__LITERAL__VALUE_SCALAR;
	lit.scalar = scalar;
	rc = fly_type_infer(&lit, b->g->c->arena, &type, &why);
	if (rc == -ENOMEM)
		b->g->c->out_of_memory = true;
	if (rc < 0)
		compile_fault(b->g->c, "MismatchingTypes", b->node->core->id, "input %s: %s", var,
			      why.text);
	else if (b->typed && !fly_type_castable(type, want))
		mismatch(b, "MismatchingTypes", var,
			 b->g->c->muted ? "" : compile_type_words(b->g->c, type), want);
	if (want->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_ENUM_TYPE)
		check_enum(b, var, scalar, want->enum_type);
	return type;
}

/* --- any binding -------------------------------------------------------------------- */

static const Flyteidl__Core__LiteralType *check(struct bindings *b, const char *var,
						Flyteidl__Core__BindingData *data,
						const Flyteidl__Core__LiteralType *want);

/* Lists and maps of bindings go to exactly one variant of a union. */
static const Flyteidl__Core__LiteralType *
check_union(struct bindings *b, const char *var, Flyteidl__Core__BindingData *data,
	    const Flyteidl__Core__LiteralType *want)
{
	const Flyteidl__Core__UnionType *u = want->union_type;
	const Flyteidl__Core__LiteralType *found = NULL;
	struct compile *c = b->g->c;
	size_t i, fits = 0, upstream = b->n_upstream;

	for (i = 0; i < u->n_variants && fits < 2; i++) {
		size_t before = c->n_found, had = b->n_upstream;
		const Flyteidl__Core__LiteralType *type;

		c->muted++;
		type = check(b, var, data, u->variants[i]);
		c->muted--;
		if (c->n_found == before) {
			fits++;
			found = type;
		} else {
			b->n_upstream = had;
			c->n_found = before;
		}
	}
	if (fits == 1)
		return found;
	b->n_upstream = upstream;
	mismatch_container(
		b, fits ? "AmbiguousBindingUnionValue" : "IncompatibleBindingUnionValue", var,
		fits ? "a value that fits two of these types" : "a value of another type", want);
	return NULL;
}

static Flyteidl__Core__LiteralType *container_type(struct bindings *b, bool map,
						   const Flyteidl__Core__LiteralType *item)
{
	Flyteidl__Core__LiteralType *type = fly_admin_new(
		Flyteidl__Core__LiteralType, flyteidl__core__literal_type, b->g->c->arena);

	if (!type) {
		b->g->c->out_of_memory = true;
	} else if (map) {
		type->type_case = FLYTEIDL__CORE__LITERAL_TYPE__TYPE_MAP_VALUE_TYPE;
		type->map_value_type = (Flyteidl__Core__LiteralType *)item;
	} else {
		type->type_case = FLYTEIDL__CORE__LITERAL_TYPE__TYPE_COLLECTION_TYPE;
		type->collection_type = (Flyteidl__Core__LiteralType *)item;
	}
	return type;
}

/* Only a list or map says where it stands: equal faults of plain items are told once. */
static void enter_item(struct bindings *b, const Flyteidl__Core__BindingData *data,
		       const char *key, size_t at)
{
	int kind = data ? (int)data->value_case : 0;

	b->item = NULL;
	if (b->g->c->muted || (kind != FLYTEIDL__CORE__BINDING_DATA__VALUE_COLLECTION &&
			       kind != FLYTEIDL__CORE__BINDING_DATA__VALUE_MAP))
		return;
	b->item = key ? fly_arena_printf(b->g->c->arena, " (key %s)", key)
		      : fly_arena_printf(b->g->c->arena, " (item %zu)", at);
}

static const Flyteidl__Core__LiteralType *
check_list(struct bindings *b, const char *var, const Flyteidl__Core__BindingDataCollection *list,
	   const Flyteidl__Core__LiteralType *want)
{
	size_t i;

	if (want->type_case != FLYTEIDL__CORE__LITERAL_TYPE__TYPE_COLLECTION_TYPE) {
		mismatch_container(b, "MismatchingBindings", var, "a list", want);
		return NULL;
	}
	for (i = 0; i < list->n_bindings; i++) {
		enter_item(b, list->bindings[i], NULL, i);
		check(b, var, list->bindings[i], want->collection_type);
	}
	return container_type(b, false, want->collection_type);
}

static const Flyteidl__Core__LiteralType *
check_map(struct bindings *b, const char *var, const Flyteidl__Core__BindingDataMap *map,
	  const Flyteidl__Core__LiteralType *want)
{
	size_t i;

	if (want->type_case != FLYTEIDL__CORE__LITERAL_TYPE__TYPE_MAP_VALUE_TYPE) {
		mismatch_container(b, "MismatchingBindings", var, "a map", want);
		return NULL;
	}
	for (i = 0; i < map->n_bindings; i++) {
		enter_item(b, map->bindings[i]->value, map->bindings[i]->key, i);
		check(b, var, map->bindings[i]->value, want->map_value_type);
	}
	return container_type(b, true, want->map_value_type);
}

static const Flyteidl__Core__LiteralType *check(struct bindings *b, const char *var,
						Flyteidl__Core__BindingData *data,
						const Flyteidl__Core__LiteralType *want)
{
	int kind = data ? (int)data->value_case : 0;

	if (kind != FLYTEIDL__CORE__BINDING_DATA__VALUE_SCALAR &&
	    kind != FLYTEIDL__CORE__BINDING_DATA__VALUE_PROMISE && want &&
	    want->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_UNION_TYPE)
		return check_union(b, var, data, want);
	switch (want ? kind : 0) {
	case FLYTEIDL__CORE__BINDING_DATA__VALUE_SCALAR:
		return check_constant(b, var, data->scalar, want);
	case FLYTEIDL__CORE__BINDING_DATA__VALUE_PROMISE:
		return check_promise(b, var, data->promise, want);
	case FLYTEIDL__CORE__BINDING_DATA__VALUE_COLLECTION:
		return check_list(b, var, data->collection, want);
	case FLYTEIDL__CORE__BINDING_DATA__VALUE_MAP:
		return check_map(b, var, data->map, want);
	}
	mismatch(b, "MismatchingBindings", var, "nothing that can be bound", want);
	return NULL;
}

/* --- a node's bindings -------------------------------------------------------------- */

static bool is_optional(const Flyteidl__Core__LiteralType *type)
{
	size_t i;

	if (!type || type->type_case != FLYTEIDL__CORE__LITERAL_TYPE__TYPE_UNION_TYPE)
		return false;
	for (i = 0; i < type->union_type->n_variants; i++) {
		const Flyteidl__Core__LiteralType *v = type->union_type->variants[i];

		if (v->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_SIMPLE &&
		    v->simple == FLYTEIDL__CORE__SIMPLE_TYPE__NONE)
			return true;
	}
	return false;
}

static void add_resolved(struct compile *c, Flyteidl__Core__VariableMap *map, char *name,
			 const Flyteidl__Core__LiteralType *type)
{
	Flyteidl__Core__VariableMap__VariablesEntry *entry =
		fly_admin_new(Flyteidl__Core__VariableMap__VariablesEntry,
			      flyteidl__core__variable_map__variables_entry, c->arena);
	Flyteidl__Core__Variable *var =
		fly_admin_new(Flyteidl__Core__Variable, flyteidl__core__variable, c->arena);

	if (!entry || !var) {
		c->out_of_memory = true;
		return;
	}
	var->type = (Flyteidl__Core__LiteralType *)type;
	entry->key = name;
	entry->value = var;
	map->variables[map->n_variables++] = entry;
}

static Flyteidl__Core__VariableMap *new_resolved(struct compile *c, size_t n)
{
	Flyteidl__Core__VariableMap *map = compile_no_variables(c);

	if (!map)
		return NULL;
	map->variables = fly_arena_zalloc(c->arena, n + 1, sizeof(*map->variables));
	if (map->variables)
		return map;
	c->out_of_memory = true;
	return NULL;
}

/* One binding whose place is known to be there and free. */
static void check_one(struct bindings *b, const Flyteidl__Core__Binding *binding,
		      const Flyteidl__Core__LiteralType *want, enum graph_direction direction,
		      Flyteidl__Core__VariableMap *resolved)
{
	const Flyteidl__Core__LiteralType *type;
	size_t before = b->g->c->n_found;
	size_t i;

	b->n_upstream = 0;
	b->item = NULL;
	type = check(b, binding->var, binding->binding, want);
	if (b->g->c->n_found != before)
		return;
	for (i = 0; i < b->n_upstream; i++)
		graph_add_edge(b->g, b->upstream[i], b->node->core->id, direction);
	if (resolved && type)
		add_resolved(b->g->c, resolved, binding->var, type);
}

static void check_unbound(struct bindings *b, const Flyteidl__Core__VariableMap *params,
			  const struct name_index *bound)
{
	size_t i;

	for (i = 0; params && i < params->n_variables; i++) {
		const char *name = params->variables[i]->key;
		const Flyteidl__Core__Variable *var = params->variables[i]->value;

		if (!name_index_get(bound, name) && !is_optional(var ? var->type : NULL))
			fault(b, "ParameterNotBound", is_end(b->node) ? "output " : "input ", name,
			      " is not bound");
	}
}

void graph_check_bindings(struct graph *g, struct graph_node *n,
			  const Flyteidl__Core__VariableMap *params, bool typed,
			  enum graph_direction direction, Flyteidl__Core__VariableMap **resolved)
{
	static const Flyteidl__Core__LiteralType any = FLYTEIDL__CORE__LITERAL_TYPE__INIT;
	struct bindings b = {.g = g, .node = n, .typed = typed};
	struct name_index declared = {0}, bound = {0};
	Flyteidl__Core__VariableMap *map = NULL;
	size_t i;

	if (resolved)
		map = new_resolved(g->c, n->core->n_inputs);
	for (i = 0; params && i < params->n_variables; i++) {
		if (params->variables[i]->value &&
		    !name_index_put(&declared, g->c->arena, params->variables[i]->key,
				    params->variables[i]->value))
			g->c->out_of_memory = true;
	}
	for (i = 0; i < n->core->n_inputs && !g->c->out_of_memory; i++) {
		Flyteidl__Core__Binding *binding = n->core->inputs[i];
		const Flyteidl__Core__Variable *var = name_index_get(&declared, binding->var);

		if (!var && typed) {
			fault(&b, "VariableNameNotFound",
			      is_end(n) ? "the workflow has no output " : "there is no input ",
			      binding->var, "");
		} else if (!binding->binding) {
			fault(&b, "ValueRequired", "the binding of ", binding->var, " is empty");
		} else if (name_index_get(&bound, binding->var)) {
			fault(&b, "ParameterBoundMoreThanOnce", "input ", binding->var,
			      " is bound twice");
		} else {
			if (!name_index_put(&bound, g->c->arena, binding->var, binding))
				g->c->out_of_memory = true;
			check_one(&b, binding, var ? var->type : &any, direction, map);
		}
	}
	check_unbound(&b, params, &bound);
	if (resolved)
		*resolved = map;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values in a workflow's shorthand: "$name" and "$step.output" are references, also in lists and
 * maps; anything else is a constant of the type that is wanted.
 * Source: docs/shorthand.md.
 */
#include "launch.h"
#include "shorthand_steps.h"

static Flyteidl__Core__BindingData *new_binding(const struct shorthand_steps *w,
						Flyteidl__Core__BindingData__ValueCase value_case)
{
	Flyteidl__Core__BindingData *data = fly_admin_new(
		Flyteidl__Core__BindingData, flyteidl__core__binding_data, w->s->arena);

	if (data)
		data->value_case = value_case;
	return data;
}

/* --- references --------------------------------------------------------------------- */

bool shorthand_is_reference(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && text[0] == '$' && text[1] != '$';
}

static size_t name_length(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
}

static void names_of(const Flyteidl__Core__VariableMap *map, struct fly_buf *b)
{
	size_t i;

	for (i = 0; map && i < map->n_variables; i++)
		fly_buf_printf(b, "%s%s", i ? ", " : "", map->variables[i]->key);
	if (!map || !map->n_variables)
		fly_buf_puts(b, "none");
}

static int refuse_unknown(const struct shorthand_steps *w, const char *text, const char *path)
{
	auto_buf inputs = {0}, steps = {0};
	size_t i;

	names_of(w->inputs, &inputs);
	for (i = 0; i < w->n && i < 20; i++)
		fly_buf_printf(&steps, "%s%s", i ? ", " : "", w->steps[i].id);
	return fly_doc_fail(w->s->doc, w->s->why, path,
			    "\"%s\" names no input and no step; inputs: %s; steps: %s (a text that "
			    "begins with $ is written $$…)", text,
			    inputs.data ? inputs.data : "", steps.data ? steps.data : "none");
}

/* One step of a path into a value: ".field" or "[3]". Returns what is left; NULL: no path. */
static const char *read_attribute(const struct shorthand_steps *w, const char *text,
				  Flyteidl__Core__PromiseAttribute *a)
{
	size_t len;

	if (*text == '.') {
		len = strcspn(++text, ".[");
		a->value_case = FLYTEIDL__CORE__PROMISE_ATTRIBUTE__VALUE_STRING_VALUE;
		a->string_value = fly_arena_strndup(w->s->arena, text, len);
		return len && a->string_value ? text + len : NULL;
	}
	if (*text != '[')
		return NULL;
	len = strspn(++text, "0123456789");
	if (!len || len > 9 || text[len] != ']')
		return NULL;
	a->value_case = FLYTEIDL__CORE__PROMISE_ATTRIBUTE__VALUE_INT_VALUE;
	a->int_value = (int32_t)strtol(text, NULL, 10);
	return text + len + 1;
}

static const Flyteidl__Core__LiteralType *
attribute_type(const Flyteidl__Core__LiteralType *type, const Flyteidl__Core__PromiseAttribute *a)
{
	size_t i;

	if (!type)
		return NULL;
	if (type->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_COLLECTION_TYPE)
		return type->collection_type;
	if (type->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_MAP_VALUE_TYPE)
		return type->map_value_type;
	for (i = 0; type->structure && i < type->structure->n_dataclass_type; i++) {
		if (a->value_case == FLYTEIDL__CORE__PROMISE_ATTRIBUTE__VALUE_STRING_VALUE &&
		    !strcmp(type->structure->dataclass_type[i]->key, a->string_value))
			return type->structure->dataclass_type[i]->value;
	}
	return NULL;
}

static int read_attributes(const struct shorthand_steps *w, const char *text, const char *rest,
			   const char *path, Flyteidl__Core__OutputReference *ref,
			   const Flyteidl__Core__LiteralType **type)
{
	size_t n = strlen(rest);	/* more than there can be */

	if (!n)
		return 0;
	ref->attr_path = fly_arena_zalloc(w->s->arena, n, sizeof(*ref->attr_path));
	if (!ref->attr_path)
		return fly_no_memory(w->s->why);
	while (*rest) {
		Flyteidl__Core__PromiseAttribute *a =
			fly_admin_new(Flyteidl__Core__PromiseAttribute,
				      flyteidl__core__promise_attribute, w->s->arena);

		if (!a)
			return fly_no_memory(w->s->why);
		rest = read_attribute(w, rest, a);
		if (!rest)
			return fly_doc_fail(w->s->doc, w->s->why, path,
					    "\"%s\" is no reference: $input, $step.output, and "
					    "behind them .field or [3]", text);
		*type = attribute_type(*type, a);
		ref->attr_path[ref->n_attr_path++] = a;
	}
	return 0;
}

/* "$step.output…": what follows the output's name, or an error. */
static int read_output(const struct shorthand_steps *w, const struct shorthand_step *step,
		       const char *text, const char **rest, const char *path,
		       Flyteidl__Core__OutputReference *ref,
		       const Flyteidl__Core__LiteralType **type)
{
	const char *name = **rest == '.' ? *rest + 1 : "";
	size_t len = name_length(name);
	const Flyteidl__Core__Variable *var;
	auto_buf names = {0};

	ref->node_id = (char *)step->id;
	ref->var = fly_arena_strndup(w->s->arena, name, len);
	if (!ref->var)
		return fly_no_memory(w->s->why);
	var = step->outputs && len ? fly_variable_map_get(step->outputs, ref->var) : NULL;
	if (!var) {
		names_of(step->outputs, &names);
		return fly_doc_fail(w->s->doc, w->s->why, path,
				    "\"%s\": %s has no such output; it has %s", text, step->target,
				    names.data ? names.data : "none");
	}
	*type = var->type;
	*rest = name + len;
	return 0;
}

int shorthand_reference(const struct shorthand_steps *w, const char *text, const char *path,
			Flyteidl__Core__BindingData **out,
			const Flyteidl__Core__LiteralType **type)
{
	Flyteidl__Core__BindingData *data =
		new_binding(w, FLYTEIDL__CORE__BINDING_DATA__VALUE_PROMISE);
	Flyteidl__Core__OutputReference *ref = fly_admin_new(
		Flyteidl__Core__OutputReference, flyteidl__core__output_reference, w->s->arena);
	const char *rest = text + 1;
	size_t len = name_length(rest);
	char *name = fly_arena_strndup(w->s->arena, rest, len);
	const struct shorthand_step *step;
	const Flyteidl__Core__Variable *var;
	int rc;

	if (!data || !ref || !name)
		return fly_no_memory(w->s->why);
	rest += len;
	data->promise = ref;
	*out = data;
	step = name_index_get(&w->by_id, name);
	if (step) {
		rc = read_output(w, step, text, &rest, path, ref, type);
		if (rc < 0)
			return rc;
	} else {
		var = fly_variable_map_get(w->inputs, name);
		if (!var)
			return refuse_unknown(w, text, path);
		ref->var = name;
		*type = var->type;
	}
	return read_attributes(w, text, rest, path, ref, type);
}

/* The compiler checks the types too, but knows no place in the document. */
static int bind_reference(const struct shorthand_steps *w, const char *text, const char *path,
			  const Flyteidl__Core__LiteralType *type,
			  Flyteidl__Core__BindingData **out)
{
	const Flyteidl__Core__LiteralType *behind = NULL;
	auto_buf have = {0}, want = {0};
	int rc = shorthand_reference(w, text, path, out, &behind);

	if (rc < 0 || !behind || fly_type_castable(behind, type))
		return rc;
	fly_type_print(behind, &have);
	fly_type_print(type, &want);
	return fly_doc_fail(w->s->doc, w->s->why, path, "%s is %s, but %s is expected", text,
			    have.data ? have.data : "something", want.data ? want.data : "another");
}

/* --- constants ---------------------------------------------------------------------- */

static int bind_constant(const struct shorthand_steps *w, const json_t *value, const char *path,
			 const Flyteidl__Core__LiteralType *type,
			 Flyteidl__Core__BindingData **out)
{
	const struct shorthand *s = w->s;
	const char *text = json_string_value(value);
	json_t *unescaped = NULL;
	Flyteidl__Core__Literal *lit;
	auto_buf words = {0};
	int rc;

	if (json_is_null(value) && !fly_type_admits_none(type)) {
		fly_type_print(type, &words);
		return fly_doc_fail(s->doc, s->why, path, "null is no value for it: %s is expected",
				    words.data ? words.data : "a value");
	}
	if (text && text[0] == '$' && text[1] == '$')
		unescaped = json_string(text + 1);
	rc = fly_literal_from_json(s->doc, unescaped ? unescaped : value, path, type, s->arena,
				   &lit, s->why);
	json_decref(unescaped);
	if (rc < 0)
		return rc;
	if (lit->value_case != FLYTEIDL__CORE__LITERAL__VALUE_SCALAR)
		return fly_doc_fail(s->doc, s->why, path, "this value cannot be bound");
	*out = new_binding(w, FLYTEIDL__CORE__BINDING_DATA__VALUE_SCALAR);
	if (!*out)
		return fly_no_memory(s->why);
	(*out)->scalar = lit->scalar;
	return 0;
}

/* --- lists and maps ----------------------------------------------------------------- */

static bool has_references(const json_t *value)
{
	const char *key;
	json_t *inner;
	size_t i;

	json_array_foreach((json_t *)value, i, inner) {
		if (has_references(inner))
			return true;
	}
	json_object_foreach((json_t *)value, key, inner) {
		if (has_references(inner))
			return true;
	}
	return shorthand_is_reference(value);
}

static int bind_list(const struct shorthand_steps *w, const json_t *value, const char *path,
		     const Flyteidl__Core__LiteralType *type, Flyteidl__Core__BindingData **out)
{
	struct fly_arena *arena = w->s->arena;
	Flyteidl__Core__BindingDataCollection *list =
		fly_admin_new(Flyteidl__Core__BindingDataCollection,
			      flyteidl__core__binding_data_collection, arena);
	const json_t *item;
	size_t i;
	int rc;

	*out = new_binding(w, FLYTEIDL__CORE__BINDING_DATA__VALUE_COLLECTION);
	if (list)
		list->bindings = fly_arena_zalloc(arena, json_array_size(value) + 1,
						  sizeof(*list->bindings));
	if (!list || !list->bindings || !*out)
		return fly_no_memory(w->s->why);
	(*out)->collection = list;
	json_array_foreach((json_t *)value, i, item) {
		rc = shorthand_bind(w, item, shorthand_element(w->s, path, i),
				    type->collection_type, &list->bindings[i]);
		if (rc < 0)
			return rc;
		list->n_bindings++;
	}
	return 0;
}

static int bind_map(const struct shorthand_steps *w, const json_t *value, const char *path,
		    const Flyteidl__Core__LiteralType *type, Flyteidl__Core__BindingData **out)
{
	struct fly_arena *arena = w->s->arena;
	Flyteidl__Core__BindingDataMap *map = fly_admin_new(
		Flyteidl__Core__BindingDataMap, flyteidl__core__binding_data_map, arena);
	const char *key;
	json_t *item;
	int rc;

	*out = new_binding(w, FLYTEIDL__CORE__BINDING_DATA__VALUE_MAP);
	if (map)
		map->bindings = fly_arena_zalloc(arena, json_object_size(value) + 1,
						 sizeof(*map->bindings));
	if (!map || !map->bindings || !*out)
		return fly_no_memory(w->s->why);
	(*out)->map = map;
	json_object_foreach((json_t *)value, key, item) {
		Flyteidl__Core__BindingDataMap__BindingsEntry *entry =
			fly_admin_new(Flyteidl__Core__BindingDataMap__BindingsEntry,
				      flyteidl__core__binding_data_map__bindings_entry, arena);

		if (!entry || !(entry->key = fly_arena_strdup(arena, key)))
			return fly_no_memory(w->s->why);
		rc = shorthand_bind(w, item, shorthand_member(w->s, path, key),
				    type->map_value_type, &entry->value);
		if (rc < 0)
			return rc;
		map->bindings[map->n_bindings++] = entry;
	}
	return 0;
}

/* Of a union, the variant that a list or an object with references in it can be meant for. */
static const Flyteidl__Core__LiteralType *container_variant(const Flyteidl__Core__LiteralType *type,
							    const json_t *value)
{
	Flyteidl__Core__LiteralType__TypeCase want =
		json_is_array(value) ? FLYTEIDL__CORE__LITERAL_TYPE__TYPE_COLLECTION_TYPE
				     : FLYTEIDL__CORE__LITERAL_TYPE__TYPE_MAP_VALUE_TYPE;
	size_t i;

	if (type->type_case != FLYTEIDL__CORE__LITERAL_TYPE__TYPE_UNION_TYPE ||
	    !has_references(value))
		return type;
	for (i = 0; i < type->union_type->n_variants; i++) {
		if (type->union_type->variants[i]->type_case == want)
			return type->union_type->variants[i];
	}
	return type;
}

int shorthand_bind(const struct shorthand_steps *w, const json_t *value, const char *path,
		   const Flyteidl__Core__LiteralType *type, Flyteidl__Core__BindingData **out)
{
	if (!path)
		return fly_no_memory(w->s->why);
	if (shorthand_is_reference(value))
		return bind_reference(w, json_string_value(value), path, type, out);
	if (json_is_array(value) || json_is_object(value))
		type = container_variant(type, value);
	if (json_is_array(value) &&
	    type->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_COLLECTION_TYPE)
		return bind_list(w, value, path, type, out);
	if (json_is_object(value) &&
	    type->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_MAP_VALUE_TYPE)
		return bind_map(w, value, path, type, out);
	return bind_constant(w, value, path, type, out);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of documents that several shorthands have: members by kind, variables, references by name.
 * Every refusal stands at the place of what is wrong.
 */
#include "shorthand.h"

#include "launch.h"

/* --- places ------------------------------------------------------------------------- */

const char *shorthand_member(const struct shorthand *s, const char *parent, const char *name)
{
	auto_buf path = {0};

	fly_buf_puts(&path, parent);
	fly_doc_path_member(&path, name, strlen(name));
	return path.failed ? NULL : fly_arena_strdup(s->arena, path.data);
}

const char *shorthand_element(const struct shorthand *s, const char *parent, size_t index)
{
	return fly_arena_printf(s->arena, "%s[%zu]", parent, index);
}

int shorthand_fail(const struct shorthand *s, const char *path, const struct fly_why *inner)
{
	return path ? fly_doc_fail_with(s->doc, s->why, path, inner) : fly_no_memory(s->why);
}

/* --- members ------------------------------------------------------------------------ */

static int refuse_key(const struct shorthand *s, const char *path, const char *key,
		      const char *const *keys)
{
	const char *place = shorthand_member(s, path, key);
	auto_buf allowed = {0};
	size_t i;

	for (i = 0; keys[i]; i++)
		fly_buf_printf(&allowed, "%s%s", i ? ", " : "", keys[i]);
	if (!place || allowed.failed)
		return fly_no_memory(s->why);
	return fly_doc_fail(s->doc, s->why, place, "it has no place here; allowed are %s",
			    allowed.data ? allowed.data : "no names");
}

int shorthand_check_keys(const struct shorthand *s, const json_t *value, const char *path,
			 const char *const *keys)
{
	const char *key;
	json_t *member;
	size_t i;

	if (!json_is_object(value))
		return fly_doc_fail(s->doc, s->why, path, "expected an object");
	json_object_foreach((json_t *)value, key, member) {
		for (i = 0; keys[i] && strcmp(keys[i], key); i++)
			;
		if (!keys[i])
			return refuse_key(s, path, key, keys);
	}
	return 0;
}

int shorthand_string(const struct shorthand *s, const json_t *object, const char *path,
		     const char *key, const char **out)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_string(value))
		return fly_doc_fail(s->doc, s->why, shorthand_member(s, path, key),
				    "expected a string");
	*out = fly_arena_strdup(s->arena, json_string_value(value));
	return *out ? 0 : fly_no_memory(s->why);
}

int shorthand_count(const struct shorthand *s, const json_t *object, const char *path,
		    const char *key, uint32_t max, uint32_t *out)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > max)
		return fly_doc_fail(s->doc, s->why, shorthand_member(s, path, key),
				    "expected a whole number from 0 to %u", max);
	*out = (uint32_t)json_integer_value(value);
	return 0;
}

int shorthand_duration(const struct shorthand *s, const json_t *object, const char *path,
		       const char *key, Google__Protobuf__Duration **out)
{
	const char *text = NULL;
	int64_t ns;
	int rc = shorthand_string(s, object, path, key, &text);

	if (rc < 0 || !text)
		return rc;
	if (fly_go_duration_parse(text, &ns) < 0 || ns <= 0)
		return fly_doc_fail(s->doc, s->why, shorthand_member(s, path, key),
				    "\"%s\" is no duration such as 90s, 5m or 1h30m", text);
	*out = fly_duration(s->arena, ns);
	return *out ? 0 : fly_no_memory(s->why);
}

int shorthand_check_name(const struct shorthand *s, const char *path, const char *name)
{
	const char *p = name;

	if (!path)
		return fly_no_memory(s->why);
	while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_' ||
	       (p > name && *p >= '0' && *p <= '9'))
		p++;
	if (p > name && !*p)
		return 0;
	return fly_doc_fail(s->doc, s->why, path,
			    "\"%s\" is no name: letters a-z and A-Z, digits and '_', no digit "
			    "first", name);
}

int shorthand_description(const struct shorthand *s, const json_t *object,
			  Flyteidl__Admin__DescriptionEntity **out)
{
	const char *text = NULL;
	int rc = shorthand_string(s, object, "", "description", &text);

	if (rc < 0 || !text)
		return rc;
	*out = fly_admin_new(Flyteidl__Admin__DescriptionEntity,
			     flyteidl__admin__description_entity, s->arena);
	if (!*out)
		return fly_no_memory(s->why);
	(*out)->short_description = (char *)text;
	return 0;
}

/* --- variables ---------------------------------------------------------------------- */

Flyteidl__Core__VariableMap *shorthand_room(const struct shorthand *s, size_t n)
{
	Flyteidl__Core__VariableMap *map =
		fly_admin_new(Flyteidl__Core__VariableMap, flyteidl__core__variable_map, s->arena);

	if (map)
		map->variables = fly_arena_zalloc(s->arena, n + 1, sizeof(*map->variables));
	return map && map->variables ? map : NULL;
}

Flyteidl__Core__Variable *shorthand_add_variable(const struct shorthand *s,
						 Flyteidl__Core__VariableMap *map,
						 const char *name,
						 Flyteidl__Core__LiteralType *type)
{
	Flyteidl__Core__VariableMap__VariablesEntry *entry =
		fly_admin_new(Flyteidl__Core__VariableMap__VariablesEntry,
			      flyteidl__core__variable_map__variables_entry, s->arena);
	Flyteidl__Core__Variable *var =
		fly_admin_new(Flyteidl__Core__Variable, flyteidl__core__variable, s->arena);

	if (!entry || !var || !(entry->key = fly_arena_strdup(s->arena, name)))
		return NULL;
	var->type = type;
	entry->value = var;
	map->variables[map->n_variables++] = entry;
	return var;
}

static int parse_type(const struct shorthand *s, const json_t *value, const char *path,
		      Flyteidl__Core__LiteralType **out)
{
	struct fly_why inner = {0};

	if (!path)
		return fly_no_memory(s->why);
	if (!json_is_string(value))
		return fly_doc_fail(s->doc, s->why, path,
				    "expected a type, for example \"string\" or \"[file]\"");
	if (fly_type_parse(json_string_value(value), s->arena, out, &inner) < 0)
		return shorthand_fail(s, path, &inner);
	return 0;
}

static int add_default(const struct shorthand *s, const json_t *value, const char *path,
		       const char *name, Flyteidl__Core__Variable *var,
		       Flyteidl__Core__ParameterMap *defaults)
{
	Flyteidl__Core__ParameterMap__ParametersEntry *entry =
		fly_admin_new(Flyteidl__Core__ParameterMap__ParametersEntry,
			      flyteidl__core__parameter_map__parameters_entry, s->arena);
	Flyteidl__Core__Parameter *p =
		fly_admin_new(Flyteidl__Core__Parameter, flyteidl__core__parameter, s->arena);
	int rc;

	if (!entry || !p || !path || !(entry->key = fly_arena_strdup(s->arena, name)))
		return fly_no_memory(s->why);
	rc = fly_literal_from_json(s->doc, value, path, var->type, s->arena, &p->default_, s->why);
	if (rc < 0)
		return rc;
	p->var = var;
	p->behavior_case = FLYTEIDL__CORE__PARAMETER__BEHAVIOR_DEFAULT;
	entry->value = p;
	defaults->parameters[defaults->n_parameters++] = entry;
	return 0;
}

static int add_described(const struct shorthand *s, const json_t *value, const char *path,
			 const char *name, Flyteidl__Core__VariableMap *map,
			 Flyteidl__Core__ParameterMap *defaults)
{
	static const char *const plain[] = {"type", "description", NULL};
	static const char *const with_default[] = {"type", "description", "default", NULL};
	const json_t *given = json_object_get(value, "default");
	const char *description = NULL;
	Flyteidl__Core__LiteralType *type;
	Flyteidl__Core__Variable *var;
	int rc;

	if ((rc = shorthand_check_keys(s, value, path, defaults ? with_default : plain)) < 0 ||
	    (rc = parse_type(s, json_object_get(value, "type"),
			     shorthand_member(s, path, "type"), &type)) < 0 ||
	    (rc = shorthand_string(s, value, path, "description", &description)) < 0)
		return rc;
	var = shorthand_add_variable(s, map, name, type);
	if (!var)
		return fly_no_memory(s->why);
	if (description)
		var->description = (char *)description;
	return given ? add_default(s, given, shorthand_member(s, path, "default"), name, var,
				   defaults)
		     : 0;
}

int shorthand_variables(const struct shorthand *s, const json_t *object, const char *key,
			Flyteidl__Core__VariableMap **out, Flyteidl__Core__ParameterMap *defaults)
{
	const json_t *list = json_object_get(object, key);
	const size_t n = list && json_is_object(list) ? json_object_size(list) : 0;
	Flyteidl__Core__VariableMap *map = shorthand_room(s, n);
	const char *name;
	json_t *value;
	int rc;

	if (list && !json_is_object(list))
		return fly_doc_fail(s->doc, s->why, key, "expected an object of names and types");
	if (defaults)
		defaults->parameters =
			fly_arena_zalloc(s->arena, n + 1, sizeof(*defaults->parameters));
	if (!map || (defaults && !defaults->parameters))
		return fly_no_memory(s->why);
	json_object_foreach((json_t *)list, name, value) {
		const char *path = shorthand_member(s, key, name);
		Flyteidl__Core__LiteralType *type;

		rc = shorthand_check_name(s, path, name);
		if (rc < 0)
			return rc;
		if (json_is_object(value)) {
			rc = add_described(s, value, path, name, map, defaults);
		} else {
			rc = parse_type(s, value, path, &type);
			if (rc >= 0 && !shorthand_add_variable(s, map, name, type))
				rc = fly_no_memory(s->why);
		}
		if (rc < 0)
			return rc;
	}
	*out = map;
	return 0;
}

/* --- references --------------------------------------------------------------------- */

int shorthand_find(const struct shorthand *s, enum fly_kind kind, const char *path,
		   const char *text, struct fly_entity *out)
{
	struct fly_why inner = {0};
	const struct fly_launch place = {
		.db = s->db, .project = s->id->project, .domain = s->id->domain, .name = "",
		.arena = s->arena, .why = &inner,
	};
	Flyteidl__Core__Identifier *id;
	int rc;

	if (!path)
		return fly_no_memory(s->why);
	rc = fly_launch_find(&place, kind, text, &id, &inner);
	if (rc >= 0) {
		id->resource_type = fly_resource_of_kind(kind);
		rc = fly_find_entity(s->db, kind, id, FLY_ENTITY_BLOBS, s->arena, out, &inner);
	}
	return rc < 0 ? shorthand_fail(s, path, &inner) : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a written document launches: the version a name means, and the inputs it takes. It knows no
 * form of document.
 * Source: DESIGN §4; flyte-api §2.3, §2.4.
 */
#include "launch.h"

#define INPUTS_NAMED 12	/* inputs named in a sentence */

/* --- names -------------------------------------------------------------- */

static Flyteidl__Core__Identifier *identifier(const struct fly_launch *l, enum fly_kind kind,
					      const char *name, const char *version)
{
	Flyteidl__Core__Identifier *id = fly_admin_new(Flyteidl__Core__Identifier,
						       flyteidl__core__identifier, l->arena);

	if (!id)
		return NULL;
	id->resource_type = kind == FLY_KIND_TASK ? FLYTEIDL__CORE__RESOURCE_TYPE__TASK
						  : FLYTEIDL__CORE__RESOURCE_TYPE__LAUNCH_PLAN;
	id->project = (char *)l->project;
	id->domain = (char *)l->domain;
	id->name = (char *)name;
	id->version = (char *)version;
	return id;
}

static int default_version(const struct fly_launch *l, enum fly_kind kind, const char *name,
			   const char **version)
{
	struct fly_scope scope;
	struct fly_named named;
	struct fly_entity e;
	int rc;

	rc = fly_scope_get(l->db, l->project, l->domain, l->arena, &scope);
	if (rc >= 0)
		rc = fly_named_get(l->db, scope.id, kind, name, l->arena, &named);
	if (rc >= 0)
		rc = fly_entity_get_default(l->db, named.id, kind, FLY_ENTITY_HEAD, l->arena, &e);
	if (rc >= 0)
		*version = e.version;
	return rc;
}

/* Names may hold an '@' themselves: a text that is a name as it stands is taken so. */
static int split(const struct fly_launch *l, enum fly_kind kind, const char *text,
		 const char **name, const char **version)
{
	const char *at = strrchr(text, '@');
	int rc = default_version(l, kind, text, version);

	*name = text;
	if (rc != -ENOENT || !at || at == text || !at[1])
		return rc;
	*name = fly_arena_strndup(l->arena, text, (size_t)(at - text));
	*version = at + 1;
	return *name ? 0 : -ENOMEM;
}

int fly_launch_find(const struct fly_launch *l, enum fly_kind kind, const char *text,
		    Flyteidl__Core__Identifier **out, struct fly_why *why)
{
	const char *name, *version, *known;
	struct fly_entity e;
	int rc;

	text = fly_arena_strdup(l->arena, text);	/* outlives the document */
	if (!text)
		return fly_no_memory(why);
	rc = split(l, kind, text, &name, &version);
	if (rc >= 0 && name != text)	/* a default version is there */
		rc = fly_entity_get(l->db, kind, l->project, l->domain, name, version,
				    FLY_ENTITY_HEAD, l->arena, &e);
	if (rc == -ENOENT && name != text && default_version(l, kind, name, &known) >= 0)
		return fly_refuse(why, FLY_NOT_FOUND,
				  "%s %s has no version \"%s\" in %s/%s; it has %s, for one",
				  fly_kind_noun(kind), name, version, l->project, l->domain, known);
	if (rc == -ENOENT)
		return fly_refuse(why, FLY_NOT_FOUND, "there is no %s \"%s\" in %s/%s",
				  fly_kind_noun(kind), text, l->project, l->domain);
	if (rc < 0)
		return fly_fail(why, -rc, "cannot read %s \"%s\"", fly_kind_noun(kind), text);
	*out = identifier(l, kind, name, version);
	return *out ? 0 : fly_no_memory(why);
}

/* --- inputs ------------------------------------------------------------- */

/* A task takes all its inputs; none has a default. */
static int task_inputs(const struct fly_entity *task, struct fly_arena *arena,
		       const Flyteidl__Core__ParameterMap **out, struct fly_why *why)
{
	Flyteidl__Core__ParameterMap *map = fly_admin_new(Flyteidl__Core__ParameterMap,
							  flyteidl__core__parameter_map, arena);
	Flyteidl__Core__TypedInterface *interface;
	const Flyteidl__Core__VariableMap *vars;
	size_t i;
	int rc = fly_admin_unpack(&flyteidl__core__typed_interface__descriptor, task->interface,
				  arena, (ProtobufCMessage **)&interface, why);

	if (rc < 0)
		return rc;
	vars = interface->inputs;
	if (map && vars)
		map->parameters = fly_arena_zalloc(arena, vars->n_variables,
						   sizeof(*map->parameters));
	if (!map || (vars && vars->n_variables && !map->parameters))
		return fly_no_memory(why);
	for (i = 0; vars && i < vars->n_variables; i++) {
		Flyteidl__Core__ParameterMap__ParametersEntry *entry =
			fly_admin_new(Flyteidl__Core__ParameterMap__ParametersEntry,
				      flyteidl__core__parameter_map__parameters_entry, arena);
		Flyteidl__Core__Parameter *p = fly_admin_new(Flyteidl__Core__Parameter,
							     flyteidl__core__parameter, arena);

		if (!entry || !p)
			return fly_no_memory(why);
		entry->key = vars->variables[i]->key;
		entry->value = p;
		p->var = vars->variables[i]->value;
		p->behavior_case = FLYTEIDL__CORE__PARAMETER__BEHAVIOR_REQUIRED;
		p->required = true;
		map->parameters[map->n_parameters++] = entry;
	}
	*out = map;
	return 0;
}

static int plan_inputs(const struct fly_entity *plan, struct fly_arena *arena,
		       const Flyteidl__Core__ParameterMap **out, struct fly_why *why)
{
	static const Flyteidl__Core__ParameterMap none = FLYTEIDL__CORE__PARAMETER_MAP__INIT;
	Flyteidl__Admin__LaunchPlanClosure *closure;
	int rc = fly_admin_unpack(&flyteidl__admin__launch_plan_closure__descriptor, plan->closure,
				  arena, (ProtobufCMessage **)&closure, why);

	if (rc < 0)
		return rc;
	*out = closure->expected_inputs ? closure->expected_inputs : &none;
	return 0;
}

int fly_launch_target(const struct fly_launch *l, struct fly_launch_target *out,
		      struct fly_why *why)
{
	const Flyteidl__Core__Identifier *id = l->req->spec ? l->req->spec->launch_plan : NULL;
	enum fly_kind kind = FLY_KIND_LAUNCH_PLAN;
	struct fly_entity e;
	int rc;

	rc = fly_check_identifier(id, "launch_plan", FLYTEIDL__CORE__RESOURCE_TYPE__UNSPECIFIED,
				  why);
	if (rc < 0)
		return rc;
	if (id->resource_type == FLYTEIDL__CORE__RESOURCE_TYPE__TASK)
		kind = FLY_KIND_TASK;
	rc = fly_find_entity(l->db, kind, id, FLY_ENTITY_BLOBS, l->arena, &e, why);
	if (rc < 0)
		return rc;
	out->words = fly_arena_printf(l->arena, "%s %s@%s", fly_kind_noun(kind), e.name,
				      e.version);
	if (!out->words)
		return fly_no_memory(why);
	return kind == FLY_KIND_TASK ? task_inputs(&e, l->arena, &out->inputs, why)
				     : plan_inputs(&e, l->arena, &out->inputs, why);
}

const Flyteidl__Core__Parameter *fly_launch_input(const struct fly_launch_target *t,
						  const char *name)
{
	size_t i;

	for (i = 0; i < t->inputs->n_parameters; i++) {
		if (!strcmp(t->inputs->parameters[i]->key, name))
			return t->inputs->parameters[i]->value;
	}
	return NULL;
}

void fly_launch_describe_inputs(const struct fly_launch_target *t, const char *name,
				struct fly_buf *b)
{
	size_t n = t->inputs->n_parameters, i;

	fly_buf_printf(b, "%s has no input %s", t->words, name);
	fly_buf_puts(b, n ? ": it takes " : ": it takes none");
	for (i = 0; i < n && i < INPUTS_NAMED; i++) {
		const Flyteidl__Core__Parameter *p = t->inputs->parameters[i]->value;

		fly_buf_printf(b, "%s%s (", i ? ", " : "", t->inputs->parameters[i]->key);
		if (p->var && p->var->type)
			fly_type_print(p->var->type, b);
		fly_buf_putc(b, ')');
	}
	if (n > INPUTS_NAMED)
		fly_buf_printf(b, " and %zu more", n - INPUTS_NAMED);
}

int fly_launch_input_type(const struct fly_launch *l, const struct fly_launch_target *t,
			  struct fly_doc *doc, const char *path, const char *name,
			  const Flyteidl__Core__LiteralType **out)
{
	const Flyteidl__Core__Parameter *p = fly_launch_input(t, name);
	auto_buf words = {0};

	if (!path)
		return fly_no_memory(l->why);
	if (p && p->var && p->var->type) {
		*out = p->var->type;
		return 0;
	}
	fly_launch_describe_inputs(t, name, &words);
	return fly_doc_fail(doc, l->why, path, "%s", words.data ? words.data : name);
}

const char *fly_launch_input_path(const struct fly_launch *l, const char *inputs, const char *name)
{
	auto_buf path = {0};

	fly_buf_puts(&path, inputs);
	fly_doc_path_member(&path, name, strlen(name));
	return path.failed ? NULL : fly_arena_strdup(l->arena, path.data);
}

/* --- maps --------------------------------------------------------------- */

int fly_launch_put(Flyteidl__Core__LiteralMap *map, const char *name, Flyteidl__Core__Literal *lit,
		   struct fly_arena *arena, struct fly_why *why)
{
	Flyteidl__Core__LiteralMap__LiteralsEntry *entry, **entries;
	size_t i;

	for (i = 0; i < map->n_literals; i++) {
		if (!strcmp(map->literals[i]->key, name)) {
			map->literals[i]->value = lit;
			return 0;
		}
	}
	entry = fly_admin_new(Flyteidl__Core__LiteralMap__LiteralsEntry,
			      flyteidl__core__literal_map__literals_entry, arena);
	entries = fly_arena_zalloc(arena, map->n_literals + 1, sizeof(*entries));
	if (!entry || !entries || !(entry->key = fly_arena_strdup(arena, name)))
		return fly_no_memory(why);
	if (map->n_literals)
		memcpy(entries, map->literals, map->n_literals * sizeof(*entries));
	entry->value = lit;
	entries[map->n_literals++] = entry;
	map->literals = entries;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A launch plan as people write it: a workflow by name, plain values for its inputs, a schedule as
 * one text. Every other member is a field of LaunchPlanSpec, read as messages are.
 * Source: docs/shorthand.md.
 */
#include "launch.h"
#include "shorthand.h"

/* Members that are taken out of the document before the rest is read as a message. */
struct parts {
	json_t *workflow, *defaults, *fixed, *labels, *annotations, *schedule;
};

static void take(json_t *root, const char *key, json_t **out)
{
	*out = json_incref(json_object_get(root, key));
	json_object_del(root, key);
}

/* {"values": {…}} is the message; other objects are labels themselves. */
static bool is_plain_map(const json_t *value)
{
	return json_is_object(value) && !(json_object_size(value) == 1 &&
					  json_is_object(json_object_get(value, "values")));
}

static void take_parts(json_t *root, struct parts *p)
{
	take(root, "workflow", &p->workflow);
	take(root, "defaults", &p->defaults);
	take(root, "fixed", &p->fixed);
	take(root, "schedule", &p->schedule);
	if (is_plain_map(json_object_get(root, "labels")))
		take(root, "labels", &p->labels);
	if (is_plain_map(json_object_get(root, "annotations")))
		take(root, "annotations", &p->annotations);
}

static void drop_parts(struct parts *p)
{
	json_decref(p->workflow);
	json_decref(p->defaults);
	json_decref(p->fixed);
	json_decref(p->schedule);
	json_decref(p->labels);
	json_decref(p->annotations);
}

/* --- values ------------------------------------------------------------------------- */

static int read_value(const struct shorthand *s, const json_t *value, const char *path,
		      const char *name, const Flyteidl__Core__VariableMap *inputs,
		      const Flyteidl__Core__Variable **var, Flyteidl__Core__Literal **out)
{
	auto_buf words = {0};
	size_t i;

	if (!path)
		return fly_no_memory(s->why);
	*var = inputs ? fly_variable_map_get(inputs, name) : NULL;
	if (!*var || !(*var)->type) {
		for (i = 0; inputs && i < inputs->n_variables; i++)
			fly_buf_printf(&words, "%s%s", i ? ", " : "", inputs->variables[i]->key);
		return fly_doc_fail(s->doc, s->why, path,
				    "the workflow has no input %s: it takes %s", name,
				    words.data ? words.data : "none");
	}
	if (json_is_null(value) && !fly_type_admits_none((*var)->type)) {
		fly_type_print((*var)->type, &words);
		return fly_doc_fail(s->doc, s->why, path, "null is no value for it: %s is expected",
				    words.data ? words.data : "a value");
	}
	return fly_literal_from_json(s->doc, value, path, (*var)->type, s->arena, out, s->why);
}

static int check_object(const struct shorthand *s, const json_t *value, const char *key)
{
	if (!value || json_is_object(value))
		return 0;
	return fly_doc_fail(s->doc, s->why, key, "expected an object of names and values");
}

static int read_defaults(const struct shorthand *s, const json_t *values,
			 const Flyteidl__Core__VariableMap *inputs,
			 Flyteidl__Admin__LaunchPlanSpec *spec)
{
	Flyteidl__Core__ParameterMap *map = fly_admin_new(
		Flyteidl__Core__ParameterMap, flyteidl__core__parameter_map, s->arena);
	const char *name;
	json_t *value;
	int rc = check_object(s, values, "defaults");

	if (rc < 0)
		return rc;
	if (map)
		map->parameters = fly_arena_zalloc(s->arena, json_object_size(values) + 1,
						   sizeof(*map->parameters));
	if (!map || !map->parameters)
		return fly_no_memory(s->why);
	spec->default_inputs = map;
	json_object_foreach((json_t *)values, name, value) {
		Flyteidl__Core__ParameterMap__ParametersEntry *entry =
			fly_admin_new(Flyteidl__Core__ParameterMap__ParametersEntry,
				      flyteidl__core__parameter_map__parameters_entry, s->arena);
		Flyteidl__Core__Parameter *p = fly_admin_new(
			Flyteidl__Core__Parameter, flyteidl__core__parameter, s->arena);
		const Flyteidl__Core__Variable *var;

		if (!entry || !p || !(entry->key = fly_arena_strdup(s->arena, name)))
			return fly_no_memory(s->why);
		rc = read_value(s, value, shorthand_member(s, "defaults", name), name, inputs, &var,
				&p->default_);
		if (rc < 0)
			return rc;
		p->behavior_case = FLYTEIDL__CORE__PARAMETER__BEHAVIOR_DEFAULT;
		p->var = (Flyteidl__Core__Variable *)var;
		entry->value = p;
		map->parameters[map->n_parameters++] = entry;
	}
	return 0;
}

static int read_fixed(const struct shorthand *s, const json_t *values,
		      const Flyteidl__Core__VariableMap *inputs,
		      Flyteidl__Admin__LaunchPlanSpec *spec)
{
	const Flyteidl__Core__Variable *var;
	Flyteidl__Core__Literal *lit;
	const char *name;
	json_t *value;
	int rc = check_object(s, values, "fixed");

	if (rc < 0)
		return rc;
	spec->fixed_inputs =
		fly_admin_new(Flyteidl__Core__LiteralMap, flyteidl__core__literal_map, s->arena);
	if (!spec->fixed_inputs)
		return fly_no_memory(s->why);
	json_object_foreach((json_t *)values, name, value) {
		rc = read_value(s, value, shorthand_member(s, "fixed", name), name, inputs, &var,
				&lit);
		if (rc >= 0)
			rc = fly_launch_put(spec->fixed_inputs, name, lit, s->arena, s->why);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* --- labels, schedule --------------------------------------------------------------- */

/* A plain object as the message that wraps a map. */
static int read_wrapped(const struct shorthand *s, json_t *values, const char *key,
			const ProtobufCMessageDescriptor *type, ProtobufCMessage **out)
{
	json_t *wrapped;
	int rc;

	if (!values)
		return 0;
	wrapped = json_pack("{s:O}", "values", values);
	if (!wrapped)
		return fly_no_memory(s->why);
	rc = fly_doc_message(s->doc, wrapped, key, type, s->arena, out, s->why);
	json_decref(wrapped);
	return rc;
}

/* "CRON", or {"cron", "kickoff"}. */
static int read_schedule(const struct shorthand *s, const json_t *value,
			 Flyteidl__Admin__LaunchPlanSpec *spec)
{
	static const char *const keys[] = {"cron", "kickoff", NULL};
	Flyteidl__Admin__CronSchedule *cron = fly_admin_new(
		Flyteidl__Admin__CronSchedule, flyteidl__admin__cron_schedule, s->arena);
	Flyteidl__Admin__Schedule *schedule =
		fly_admin_new(Flyteidl__Admin__Schedule, flyteidl__admin__schedule, s->arena);
	const char *text = json_string_value(value), *kickoff = NULL;
	struct fly_why inner = {0};
	struct fly_cron parsed;
	int rc;

	if (!value)
		return 0;
	if (!spec->entity_metadata)
		spec->entity_metadata =
			fly_admin_new(Flyteidl__Admin__LaunchPlanMetadata,
				      flyteidl__admin__launch_plan_metadata, s->arena);
	if (!cron || !schedule || !spec->entity_metadata)
		return fly_no_memory(s->why);
	if (!text && ((rc = shorthand_check_keys(s, value, "schedule", keys)) < 0 ||
		      (rc = shorthand_string(s, value, "schedule", "cron", &text)) < 0 ||
		      (rc = shorthand_string(s, value, "schedule", "kickoff", &kickoff)) < 0))
		return rc;
	if (fly_cron_parse(text ? text : "", &parsed, &inner) < 0)
		return shorthand_fail(s, json_is_string(value) ? "schedule" : "schedule.cron",
				      &inner);
	cron->schedule = fly_arena_strdup(s->arena, text);
	if (!cron->schedule)
		return fly_no_memory(s->why);
	if (kickoff)
		schedule->kickoff_time_input_arg = (char *)kickoff;
	schedule->schedule_expression_case =
		FLYTEIDL__ADMIN__SCHEDULE__SCHEDULE_EXPRESSION_CRON_SCHEDULE;
	schedule->cron_schedule = cron;
	spec->entity_metadata->schedule = schedule;
	return 0;
}

/* --- the whole ---------------------------------------------------------------------- */

static int read_parts(const struct shorthand *s, const struct parts *p,
		      Flyteidl__Admin__LaunchPlanSpec *spec)
{
	const Flyteidl__Core__TypedInterface *interface;
	struct fly_entity workflow;
	ProtobufCMessage *m;
	int rc;

	if (!json_is_string(p->workflow))
		return fly_doc_fail(s->doc, s->why, "workflow",
				    "expected \"NAME\" or \"NAME@VERSION\"");
	if ((rc = shorthand_find(s, FLY_KIND_WORKFLOW, "workflow", json_string_value(p->workflow),
				 &workflow)) < 0 ||
	    (rc = fly_admin_unpack(&flyteidl__core__typed_interface__descriptor,
				   workflow.interface, s->arena, &m, s->why)) < 0)
		return rc;
	interface = (const Flyteidl__Core__TypedInterface *)m;
	spec->workflow_id = fly_identifier_new(s->arena, FLYTEIDL__CORE__RESOURCE_TYPE__WORKFLOW,
					       workflow.project, workflow.domain, workflow.name,
					       workflow.version);
	if (!spec->workflow_id)
		return fly_no_memory(s->why);
	if ((rc = read_defaults(s, p->defaults, interface->inputs, spec)) < 0 ||
	    (rc = read_fixed(s, p->fixed, interface->inputs, spec)) < 0 ||
	    (rc = read_wrapped(s, p->labels, "labels", &flyteidl__admin__labels__descriptor,
			       (ProtobufCMessage **)&spec->labels)) < 0 ||
	    (rc = read_wrapped(s, p->annotations, "annotations",
			       &flyteidl__admin__annotations__descriptor,
			       (ProtobufCMessage **)&spec->annotations)) < 0)
		return rc;
	return read_schedule(s, p->schedule, spec);
}

int shorthand_launch_plan(const struct shorthand *s, json_t *root, struct fly_entity_document *out)
{
	struct parts p = {0};
	int rc;

	take_parts(root, &p);
	rc = fly_doc_message(s->doc, root, "", &flyteidl__admin__launch_plan_spec__descriptor,
			     s->arena, &out->spec, s->why);
	if (rc >= 0)
		rc = read_parts(s, &p, (Flyteidl__Admin__LaunchPlanSpec *)out->spec);
	drop_parts(&p);
	return rc;
}

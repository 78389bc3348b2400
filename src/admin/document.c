/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents in wire form, which does not say which message it is, and the parts of the messages
 * that documents may be. Texts are shorthand_document.c's.
 * Source: flyte-engine §1.1, §1.3.
 */
#include "document.h"
#include "place.h"

void fly_document_request(enum fly_kind kind, ProtobufCMessage *request,
			  const Flyteidl__Core__Identifier **id, ProtobufCMessage **spec)
{
	const Flyteidl__Admin__TaskCreateRequest *task;
	const Flyteidl__Admin__WorkflowCreateRequest *workflow;
	const Flyteidl__Admin__LaunchPlan *plan;

	if (kind == FLY_KIND_TASK) {
		task = (const Flyteidl__Admin__TaskCreateRequest *)request;
		*id = task->id;
		*spec = task->spec ? &task->spec->base : NULL;
	} else if (kind == FLY_KIND_WORKFLOW) {
		workflow = (const Flyteidl__Admin__WorkflowCreateRequest *)request;
		*id = workflow->id;
		*spec = workflow->spec ? &workflow->spec->base : NULL;
	} else {
		plan = (const Flyteidl__Admin__LaunchPlan *)request;
		*id = plan->id;
		*spec = plan->spec ? &plan->spec->base : NULL;
	}
}

ProtobufCMessage *fly_document_template(enum fly_kind kind, ProtobufCMessage *template,
					struct fly_arena *arena)
{
	Flyteidl__Admin__TaskSpec *task;
	Flyteidl__Admin__WorkflowSpec *workflow;

	if (kind == FLY_KIND_TASK) {
		task = fly_admin_new(Flyteidl__Admin__TaskSpec, flyteidl__admin__task_spec, arena);
		if (!task)
			return NULL;
		task->template_ = (Flyteidl__Core__TaskTemplate *)template;
		return &task->base;
	}
	workflow = fly_admin_new(Flyteidl__Admin__WorkflowSpec, flyteidl__admin__workflow_spec,
				 arena);
	if (!workflow)
		return NULL;
	workflow->template_ = (Flyteidl__Core__WorkflowTemplate *)template;
	return &workflow->base;
}

/* --- defaults ----------------------------------------------------------------------- */

static bool fits(const Flyteidl__Core__Parameter *p, const Flyteidl__Core__VariableMap *inputs,
		 const char *name)
{
	const Flyteidl__Core__Variable *input = fly_variable_map_get(inputs, name);

	return p && p->behavior_case == FLYTEIDL__CORE__PARAMETER__BEHAVIOR_DEFAULT && p->var &&
	       input && input->type && fly_type_castable(p->var->type, input->type);
}

/* Of a plan's parameters those that are defaults and fit the inputs. */
static Flyteidl__Core__ParameterMap *fitting(const Flyteidl__Core__ParameterMap *from,
					     const Flyteidl__Core__VariableMap *inputs,
					     struct fly_arena *arena)
{
	Flyteidl__Core__ParameterMap *map =
		fly_admin_new(Flyteidl__Core__ParameterMap, flyteidl__core__parameter_map, arena);
	size_t i;

	if (map)
		map->parameters = fly_arena_zalloc(arena, from->n_parameters + 1,
						   sizeof(*map->parameters));
	if (!map || !map->parameters)
		return NULL;
	for (i = 0; i < from->n_parameters; i++) {
		if (fits(from->parameters[i]->value, inputs, from->parameters[i]->key))
			map->parameters[map->n_parameters++] = from->parameters[i];
	}
	return map;
}

int fly_document_inherit(const struct fly_document_place *place, const char *version,
			 struct fly_entity_document *out, struct fly_why *why)
{
	const Flyteidl__Core__WorkflowTemplate *t;
	const Flyteidl__Admin__LaunchPlanSpec *plan;
	struct fly_entity row;
	ProtobufCMessage *m;
	int rc;

	if (place->kind != FLY_KIND_WORKFLOW || !*version)
		return 0;
	t = ((const Flyteidl__Admin__WorkflowSpec *)out->spec)->template_;
	if (!t->interface || !t->interface->inputs)
		return 0;
	rc = fly_entity_get(place->db, FLY_KIND_LAUNCH_PLAN, place->id->project, place->id->domain,
			    place->id->name, version, FLY_ENTITY_BLOBS, place->arena, &row);
	if (rc == -ENOENT || (rc >= 0 && !row.generated))
		return 0;
	if (rc < 0)
		return fly_fail(why, -rc, "cannot read launch plan %s@%s", place->id->name,
				version);
	rc = fly_admin_unpack(&flyteidl__admin__launch_plan_spec__descriptor, row.spec,
			      place->arena, &m, why);
	if (rc < 0)
		return rc;
	plan = (const Flyteidl__Admin__LaunchPlanSpec *)m;
	if (!plan->default_inputs)
		return 0;
	out->written.defaults = fitting(plan->default_inputs, t->interface->inputs, place->arena);
	return out->written.defaults ? 0 : fly_no_memory(why);
}

/* --- wire --------------------------------------------------------------------------- */

/*
 * Both the spec and the request begin with a message in field 1: the request with the thing's own
 * identifier, whose first field is a number (its resource type), a spec with a template, whose
 * first field is a message, or a launch plan's with the identifier of a workflow.
 */
static bool is_request(enum fly_kind kind, const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;

	if (len < 2 || *p++ != 0x0a)
		return false;
	while (p < end && *p & 0x80)
		p++;
	if (end - p < 3 || p[1] != 0x08)
		return false;
	return kind != FLY_KIND_LAUNCH_PLAN ||
	       p[2] == FLYTEIDL__CORE__RESOURCE_TYPE__LAUNCH_PLAN;
}

static const ProtobufCMessageDescriptor *type_of(enum fly_kind kind, bool request)
{
	switch (kind) {
	case FLY_KIND_TASK:
		return request ? &flyteidl__admin__task_create_request__descriptor
			       : &flyteidl__admin__task_spec__descriptor;
	case FLY_KIND_WORKFLOW:
		return request ? &flyteidl__admin__workflow_create_request__descriptor
			       : &flyteidl__admin__workflow_spec__descriptor;
	default:
		return request ? &flyteidl__admin__launch_plan__descriptor
			       : &flyteidl__admin__launch_plan_spec__descriptor;
	}
}

static int check_own(const struct fly_document_place *place, const Flyteidl__Core__Identifier *id,
		     struct fly_why *why)
{
	const char *given, *wanted;
	const char *field = id ? fly_place_disagrees(id, place->id, &given, &wanted) : NULL;

	if (!field)
		return 0;
	return fly_refuse(why, FLY_INVALID_ARGUMENT,
			  "id.%s: \"%s\" does not agree with the path: \"%s\"", field, given,
			  wanted);
}

int fly_document_read_wire(const struct fly_document_place *place, const void *data, size_t len,
			   struct fly_entity_document *out, struct fly_why *why)
{
	bool request = is_request(place->kind, data, len);
	const Flyteidl__Core__Identifier *id = NULL, *own;
	ProtobufCMessage *m;
	int rc = fly_wire_parse(type_of(place->kind, request), data, len, place->arena, &m, why);

	if (rc < 0)
		return rc;
	fly_place_fill(m, place->id);
	out->spec = m;
	if (request)
		fly_document_request(place->kind, m, &id, &out->spec);
	if (!out->spec)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "spec is missing");
	own = fly_place_own_id(place->kind, out->spec);
	if ((rc = check_own(place, id, why)) < 0 || (rc = check_own(place, own, why)) < 0)
		return rc;
	return own ? fly_document_inherit(place, own->version, out, why) : 0;
}

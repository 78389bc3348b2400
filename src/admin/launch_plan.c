/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Launch plans: CreateLaunchPlan, and the messages of their rows. It knows no schedule's grammar
 * (schedule.c) and moves no state (launch_plan_state.c).
 * Source: flyte-api §2.3; flyte-engine §1.4.
 */
#include "entity.h"

static Flyteidl__Core__Parameter *find_parameter(const Flyteidl__Core__ParameterMap *map,
						 const char *name)
{
	size_t i;

	for (i = 0; map && i < map->n_parameters; i++) {
		if (!strcmp(map->parameters[i]->key, name))
			return map->parameters[i]->value;
	}
	return NULL;
}

static const Flyteidl__Core__VariableMap *inputs_of(const Flyteidl__Core__TypedInterface *interface)
{
	return interface ? interface->inputs : NULL;
}

/* --- checks ------------------------------------------------------------------------- */

static int refuse_type(struct fly_why *why, const char *map, const char *name,
		       const Flyteidl__Core__LiteralType *want,
		       const Flyteidl__Core__LiteralType *have, const char *whose)
{
	auto_buf wanted = {0}, given = {0};

	fly_type_print(want, &wanted);
	fly_type_print(have, &given);
	if (wanted.failed || given.failed)
		return fly_no_memory(why);
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "spec.%s.%s is %s, but %s wants %s", map, name,
			  given.data ? given.data : "nothing", whose,
			  wanted.data ? wanted.data : "nothing");
}

static int infer(const Flyteidl__Core__Literal *lit, const char *map, const char *name,
		 struct fly_arena *arena, Flyteidl__Core__LiteralType **out, struct fly_why *why)
{
	struct fly_why inner = {0};
	int rc = -EINVAL;

	if (lit)
		rc = fly_type_infer(lit, arena, out, &inner);
	if (rc == -ENOMEM)
		return fly_no_memory(why);
	if (rc < 0)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "spec.%s.%s has no value: %s", map,
				  name, inner.text[0] ? inner.text : "the literal is empty");
	return 0;
}

static int check_default(const Flyteidl__Core__ParameterMap__ParametersEntry *entry,
			 struct fly_arena *arena, struct fly_why *why)
{
	const Flyteidl__Core__Parameter *p = entry->value;
	Flyteidl__Core__LiteralType *type;
	int rc;

	if (!*entry->key)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "spec.default_inputs has a parameter without a name");
	if (!p || !p->var || !p->var->type)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "spec.default_inputs.%s.var.type is missing", entry->key);
	if (p->behavior_case != FLYTEIDL__CORE__PARAMETER__BEHAVIOR_DEFAULT) {
		if (p->behavior_case == FLYTEIDL__CORE__PARAMETER__BEHAVIOR_REQUIRED && p->required)
			return 0;
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "spec.default_inputs.%s has neither a default nor required: true",
				  entry->key);
	}
	rc = infer(p->default_, "default_inputs", entry->key, arena, &type, why);
	if (rc < 0)
		return rc;
	if (fly_type_castable(type, p->var->type))
		return 0;
	return refuse_type(why, "default_inputs", entry->key, p->var->type, type,
			   "its own declaration");
}

static int check_defaults(const Flyteidl__Core__ParameterMap *defaults,
			  const Flyteidl__Core__VariableMap *inputs, struct fly_arena *arena,
			  struct fly_why *why)
{
	size_t i;
	int rc;

	for (i = 0; defaults && i < defaults->n_parameters; i++) {
		const Flyteidl__Core__ParameterMap__ParametersEntry *entry =
			defaults->parameters[i];
		const Flyteidl__Core__Variable *input;

		rc = check_default(entry, arena, why);
		if (rc < 0)
			return rc;
		input = inputs ? fly_variable_map_get(inputs, entry->key) : NULL;
		if (!input)
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "spec.default_inputs.%s is no input of the workflow",
					  entry->key);
		if (!fly_type_castable(entry->value->var->type, input->type))
			return refuse_type(why, "default_inputs", entry->key, input->type,
					   entry->value->var->type, "the workflow");
	}
	return 0;
}

static int check_fixed(const Flyteidl__Core__LiteralMap *fixed,
		       const Flyteidl__Core__VariableMap *inputs, struct fly_arena *arena,
		       struct fly_why *why)
{
	size_t i;
	int rc;

	for (i = 0; fixed && i < fixed->n_literals; i++) {
		const Flyteidl__Core__LiteralMap__LiteralsEntry *entry = fixed->literals[i];
		const Flyteidl__Core__Variable *input;
		Flyteidl__Core__LiteralType *type;

		if (!*entry->key)
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "spec.fixed_inputs has a value without a name");
		rc = infer(entry->value, "fixed_inputs", entry->key, arena, &type, why);
		if (rc < 0)
			return rc;
		input = inputs ? fly_variable_map_get(inputs, entry->key) : NULL;
		if (!input)
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "spec.fixed_inputs.%s is no input of the workflow",
					  entry->key);
		if (!fly_type_castable(type, input->type))
			return refuse_type(why, "fixed_inputs", entry->key, input->type, type,
					   "the workflow");
	}
	return 0;
}

static int check_settings(const Flyteidl__Admin__LaunchPlanSpec *spec, struct fly_why *why)
{
	const Flyteidl__Admin__LaunchPlanMetadata *meta = spec->entity_metadata;

	if (!meta)
		return 0;
	if (meta->launch_conditions)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "spec.entity_metadata.launch_conditions must be absent: nothing "
				  "evaluates them");
	return fly_check_notifications(meta->notifications, meta->n_notifications,
				       "spec.entity_metadata.notifications", why);
}

/* --- expected inputs ---------------------------------------------------------------- */

static Flyteidl__Core__Parameter *required_parameter(Flyteidl__Core__Variable *var,
						     struct fly_arena *arena)
{
	Flyteidl__Core__Parameter *p =
		fly_admin_new(Flyteidl__Core__Parameter, flyteidl__core__parameter, arena);

	if (!p)
		return NULL;
	p->var = var;
	p->behavior_case = FLYTEIDL__CORE__PARAMETER__BEHAVIOR_REQUIRED;
	p->required = 1;
	return p;
}

int fly_plan_expected(const Flyteidl__Core__TypedInterface *interface,
		      const Flyteidl__Core__ParameterMap *defaults,
		      const Flyteidl__Core__LiteralMap *fixed, struct fly_arena *arena,
		      Flyteidl__Core__ParameterMap **out, struct fly_why *why)
{
	const Flyteidl__Core__VariableMap *inputs = inputs_of(interface);
	Flyteidl__Core__ParameterMap *map =
		fly_admin_new(Flyteidl__Core__ParameterMap, flyteidl__core__parameter_map, arena);
	size_t i;

	if (!map)
		return fly_no_memory(why);
	if (inputs && inputs->n_variables) {
		map->parameters =
			fly_arena_zalloc(arena, inputs->n_variables, sizeof(*map->parameters));
		if (!map->parameters)
			return fly_no_memory(why);
	}
	for (i = 0; inputs && i < inputs->n_variables; i++) {
		const Flyteidl__Core__VariableMap__VariablesEntry *input = inputs->variables[i];
		Flyteidl__Core__Parameter *p = find_parameter(defaults, input->key);
		Flyteidl__Core__ParameterMap__ParametersEntry *entry;

		if (!p && fixed && fly_literal_map_get(fixed, input->key))
			continue;
		entry = fly_admin_new(Flyteidl__Core__ParameterMap__ParametersEntry,
				      flyteidl__core__parameter_map__parameters_entry, arena);
		if (!p)
			p = required_parameter(input->value, arena);
		if (!entry || !p)
			return fly_no_memory(why);
		entry->key = input->key;
		entry->value = p;
		map->parameters[map->n_parameters++] = entry;
	}
	*out = map;
	return 0;
}

int fly_plan_version(const Flyteidl__Core__Identifier *id, Flyteidl__Admin__LaunchPlanSpec *spec,
		     Flyteidl__Core__ParameterMap *expected,
		     const Flyteidl__Core__VariableMap *outputs, int64_t workflow,
		     struct fly_arena *arena, struct fly_version *out, struct fly_why *why)
{
	Flyteidl__Admin__LaunchPlanClosure *closure = fly_admin_new(
		Flyteidl__Admin__LaunchPlanClosure, flyteidl__admin__launch_plan_closure, arena);
	Flyteidl__Core__TypedInterface *interface = fly_admin_new(
		Flyteidl__Core__TypedInterface, flyteidl__core__typed_interface, arena);
	Flyteidl__Core__VariableMap *none =
		fly_admin_new(Flyteidl__Core__VariableMap, flyteidl__core__variable_map, arena);

	if (!closure || !interface || !none)
		return fly_no_memory(why);
	spec->default_inputs = expected;
	closure->expected_inputs = expected;
	closure->expected_outputs = outputs ? (Flyteidl__Core__VariableMap *)outputs : none;
	interface->outputs = closure->expected_outputs;
	*out = (struct fly_version){
		.kind = FLY_KIND_LAUNCH_PLAN,
		.id = id,
		.spec = &spec->base,
		.closure = &closure->base,
		.digested = &spec->base,
		.interface = interface,
		.schedule_type = fly_schedule_type(
			spec->entity_metadata ? spec->entity_metadata->schedule : NULL),
		.workflow = workflow,
	};
	return 0;
}

/* --- CreateLaunchPlan --------------------------------------------------------------- */

static int find_workflow(struct fly_db *db, const Flyteidl__Admin__LaunchPlanSpec *spec,
			 struct fly_arena *arena, struct fly_entity *row,
			 Flyteidl__Core__TypedInterface **interface, struct fly_why *why)
{
	const Flyteidl__Core__Identifier *id = spec ? spec->workflow_id : NULL;
	ProtobufCMessage *m;
	int rc;

	rc = fly_check_identifier(id, "spec.workflow_id", FLYTEIDL__CORE__RESOURCE_TYPE__WORKFLOW,
				  why);
	if (rc < 0)
		return rc;
	rc = fly_find_entity(db, FLY_KIND_WORKFLOW, id, FLY_ENTITY_BLOBS, arena, row, why);
	if (rc < 0)
		return rc;
	rc = fly_admin_unpack(&flyteidl__core__typed_interface__descriptor, row->interface, arena,
			      &m, why);
	if (rc < 0)
		return rc;
	*interface = (Flyteidl__Core__TypedInterface *)m;
	return 0;
}

static int check_inputs(const Flyteidl__Admin__LaunchPlanSpec *spec,
			const Flyteidl__Core__VariableMap *inputs, struct fly_arena *arena,
			struct fly_why *why)
{
	int rc = check_fixed(spec->fixed_inputs, inputs, arena, why);

	return rc < 0 ? rc : check_defaults(spec->default_inputs, inputs, arena, why);
}

static int prepare(struct fly_admin *a, struct fly_call *call, struct fly_db *db,
		   const ProtobufCMessage *message, const struct fly_written *written,
		   struct fly_put_write **out)
{
	const Flyteidl__Admin__LaunchPlanCreateRequest *req =
		(const Flyteidl__Admin__LaunchPlanCreateRequest *)message;
	struct fly_arena *arena = &call->arena;
	struct fly_why *why = &call->why;
	Flyteidl__Core__TypedInterface *interface;
	Flyteidl__Core__ParameterMap *expected;
	Flyteidl__Admin__LaunchPlanSpec *spec;
	struct fly_entity workflow;
	struct fly_scope scope;
	struct fly_version v;
	struct fly_put_item *item;
	int rc;

	if ((rc = find_workflow(db, req->spec, arena, &workflow, &interface, why)) < 0 ||
	    (rc = fly_check_new_id(req->id, FLY_KIND_LAUNCH_PLAN, why)) < 0 ||
	    (rc = fly_check_scope(db, req->id->project, req->id->domain, arena, NULL, &scope,
				  why)) < 0 ||
	    (rc = fly_check_labels(req->spec->labels, "spec.labels", why)) < 0 ||
	    (rc = check_inputs(req->spec, inputs_of(interface), arena, why)) < 0 ||
	    (rc = fly_plan_expected(interface, req->spec->default_inputs, req->spec->fixed_inputs,
				    arena, &expected, why)) < 0 ||
	    (rc = fly_check_schedule(req->spec->entity_metadata ?
					     req->spec->entity_metadata->schedule : NULL,
				     expected, "spec.entity_metadata.schedule", why)) < 0 ||
	    (rc = check_settings(req->spec, why)) < 0)
		return rc;
	spec = fly_arena_memdup(arena, req->spec, sizeof(*spec));
	*out = fly_put_begin(call, scope.id);
	if (!spec || !*out)
		return fly_no_memory(why);
	rc = fly_plan_version(req->id, spec, expected, interface->outputs, workflow.id, arena, &v,
			      why);
	if (rc < 0)
		return rc;
	if (written)
		v.source = written->source;
	return fly_put_add(a, *out, db, &v, FLY_PUT_NEW, call->id, &item, why);
}

void fly_launch_plan_register(struct fly_admin *a, struct fly_call *call,
			      const Flyteidl__Admin__LaunchPlanCreateRequest *req,
			      const struct fly_written *written)
{
	fly_put_register(a, call, prepare, &req->base, written);
}

void fly_admin_create_launch_plan(struct fly_admin *a, struct fly_call *call,
				  const Flyteidl__Admin__LaunchPlanCreateRequest *req)
{
	fly_launch_plan_register(a, call, req, NULL);
}

/* --- GetLaunchPlan ------------------------------------------------------------------ */

int fly_launch_plan_message(const struct fly_entity *row, struct fly_arena *arena,
			    Flyteidl__Admin__LaunchPlan **out, struct fly_why *why)
{
	Flyteidl__Admin__LaunchPlan *plan =
		fly_admin_new(Flyteidl__Admin__LaunchPlan, flyteidl__admin__launch_plan, arena);
	struct fly_version_parts parts;
	int rc = fly_version_read(row, &flyteidl__admin__launch_plan_closure__descriptor, arena,
				  &parts, why);

	if (rc < 0 || !plan)
		return rc < 0 ? rc : fly_no_memory(why);
	rc = fly_admin_unpack(&flyteidl__admin__launch_plan_spec__descriptor, row->spec, arena,
			      (ProtobufCMessage **)&plan->spec, why);
	if (rc < 0)
		return rc;
	plan->id = parts.id;
	plan->closure = (Flyteidl__Admin__LaunchPlanClosure *)parts.closure;
	plan->closure->state = (Flyteidl__Admin__LaunchPlanState)row->state;
	plan->closure->created_at = parts.created_at;
	plan->closure->updated_at = fly_timestamp(arena, row->changed_ns);
	if (!plan->closure->updated_at)
		return fly_no_memory(why);
	*out = plan;
	return 0;
}

int fly_admin_get_launch_plan(struct fly_db *db, const Flyteidl__Admin__ObjectGetRequest *req,
			      struct fly_arena *arena, Flyteidl__Admin__LaunchPlan **out,
			      struct fly_why *why)
{
	struct fly_entity row;
	int rc = fly_get_version(db, FLY_KIND_LAUNCH_PLAN, req->id, arena, &row, why);

	return rc < 0 ? rc : fly_launch_plan_message(&row, arena, out, why);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of an execution: those the stored spec shows resolved (parallelism, security
 * context, project labels), the index of its tags, and what the engine runs it with. The first that
 * says anything wins whole: request, launch plan, service.
 * Source: flyte-api §2.6.
 */
#include "create.h"

/* Without a role or an identity a security context says nothing, whatever secrets it lists. */
static bool has_identity(const Flyteidl__Core__SecurityContext *context)
{
	const Flyteidl__Core__Identity *run_as = context ? context->run_as : NULL;

	return run_as && (*run_as->iam_role || *run_as->k8s_service_account ||
			  *run_as->execution_identity);
}

/* The roles of older clients, in the order in which they replaced one another. */
static void take_roles(const Flyteidl__Admin__ExecutionSpec *spec,
		       const Flyteidl__Admin__LaunchPlanSpec *plan,
		       Flyteidl__Core__Identity *run_as)
{
	if (spec->auth_role) {
		run_as->iam_role = spec->auth_role->assumable_iam_role;
		run_as->k8s_service_account = spec->auth_role->kubernetes_service_account;
	} else if (plan && plan->auth_role) {
		run_as->iam_role = plan->auth_role->assumable_iam_role;
		run_as->k8s_service_account = plan->auth_role->kubernetes_service_account;
	} else if (plan && plan->auth) {
		run_as->iam_role = plan->auth->assumable_iam_role;
		run_as->k8s_service_account = plan->auth->kubernetes_service_account;
	} else if (plan) {
		run_as->iam_role = plan->role;
	}
}

static int complete_security_context(struct fly_create *c, struct fly_arena *arena,
				     struct fly_why *why)
{
	Flyteidl__Core__SecurityContext *context;
	Flyteidl__Core__Identity *run_as;

	context = fly_admin_new(Flyteidl__Core__SecurityContext, flyteidl__core__security_context,
				arena);
	run_as = fly_admin_new(Flyteidl__Core__Identity, flyteidl__core__identity, arena);
	if (!context || !run_as)
		return fly_no_memory(why);
	if (has_identity(c->spec->security_context))
		*context = *c->spec->security_context;
	else if (c->plan && has_identity(c->plan->security_context))
		*context = *c->plan->security_context;
	if (context->run_as)
		*run_as = *context->run_as;
	else
		take_roles(c->spec, c->plan, run_as);
	if (!*run_as->execution_identity)
		run_as->execution_identity = (char *)fly_caller_principal(&c->owner);
	context->run_as = run_as;
	c->spec->security_context = context;
	return 0;
}

static const char *label_value(const Flyteidl__Admin__Labels *labels, const char *key)
{
	size_t i;

	for (i = 0; i < labels->n_values; i++) {
		if (!strcmp(labels->values[i]->key, key))
			return labels->values[i]->value;
	}
	return NULL;
}

/* Labels with those of the project that they lack. own: never NULL. */
static int with_project_labels(const Flyteidl__Admin__Labels *own,
			       const struct fly_project *project, struct fly_arena *arena,
			       Flyteidl__Admin__Labels **out, struct fly_why *why)
{
	Flyteidl__Admin__Labels *labels, *added;
	size_t i;
	int rc;

	labels = fly_admin_new(Flyteidl__Admin__Labels, flyteidl__admin__labels, arena);
	rc = fly_admin_unpack(&flyteidl__admin__labels__descriptor, project->labels, arena,
			      (ProtobufCMessage **)&added, why);
	if (rc < 0)
		return rc;
	if (!labels)
		return fly_no_memory(why);
	labels->values = fly_arena_zalloc(arena, own->n_values + added->n_values + 1,
					  sizeof(*labels->values));
	if (!labels->values)
		return fly_no_memory(why);
	for (i = 0; i < own->n_values; i++)
		labels->values[labels->n_values++] = own->values[i];
	for (i = 0; i < added->n_values; i++) {
		if (!label_value(own, added->values[i]->key))
			labels->values[labels->n_values++] = added->values[i];
	}
	*out = labels;
	return 0;
}

int fly_complete_settings(struct fly_create *c, struct fly_arena *arena, struct fly_why *why)
{
	Flyteidl__Admin__ExecutionSpec *spec = c->spec;

	/* A task's spec keeps what was sent: Flyte resolves its parallelism on the way out. */
	if (c->plan && spec->max_parallelism <= 0)
		spec->max_parallelism = c->plan->max_parallelism > 0 ? c->plan->max_parallelism
								      : FLY_DEFAULT_PARALLELISM;
	/* Only labels that the request brought are stored, then with those of the project. */
	if (spec->labels && spec->labels->n_values && c->project.labels.len) {
		int rc = with_project_labels(spec->labels, &c->project, arena, &spec->labels, why);

		if (rc < 0)
			return rc;
	}
	return complete_security_context(c, arena, why);
}

/* --- tags ------------------------------------------------------------------------------------ */

static bool has_tag(const struct fly_tag *tags, size_t n, const char *key)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!strcmp(tags[i].key, key))
			return true;
	}
	return false;
}

int fly_collect_tags(struct fly_create *c, struct fly_arena *arena, struct fly_why *why)
{
	const Flyteidl__Admin__ExecutionSpec *spec = c->spec;
	size_t n_labels = spec->labels ? spec->labels->n_values : 0;
	size_t i;

	c->tags = fly_arena_zalloc(arena, spec->n_tags + n_labels + 1, sizeof(*c->tags));
	if (!c->tags)
		return fly_no_memory(why);
	for (i = 0; i < n_labels; i++)
		c->tags[c->n_tags++] = (struct fly_tag){.key = spec->labels->values[i]->key,
							.value = spec->labels->values[i]->value};
	for (i = 0; i < spec->n_tags; i++) {
		const char *tag = spec->tags[i];

		if (strlen(tag) > FLY_TAG_MAX)
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "spec.tags[%zu] has %zu bytes, %d are allowed", i,
					  strlen(tag), FLY_TAG_MAX);
		if (has_tag(c->tags, c->n_tags, tag))
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "spec.tags[%zu] \"%s\" is given twice, or is a label too",
					  i, tag);
		c->tags[c->n_tags++] = (struct fly_tag){.key = tag, .value = ""};
	}
	return 0;
}

/* --- what an execution runs with ------------------------------------------------------------- */

static int read_plan(struct fly_db *db, const struct fly_execution *e, struct fly_arena *arena,
		     Flyteidl__Admin__LaunchPlanSpec **out, struct fly_why *why)
{
	struct fly_entity plan;
	int rc;

	rc = fly_entity_get_id(db, FLY_KIND_LAUNCH_PLAN, e->launch_plan, FLY_ENTITY_BLOBS, arena,
			       &plan);
	if (rc < 0)
		return fly_fail(why, -rc, "cannot read the launch plan of execution %s", e->name);
	return fly_admin_unpack(&flyteidl__admin__launch_plan_spec__descriptor, plan.spec, arena,
				(ProtobufCMessage **)out, why);
}

static int resolve_labels(struct fly_db *db, const struct fly_execution *e,
			  const Flyteidl__Admin__Labels *own, struct fly_arena *arena,
			  struct fly_settings *out, struct fly_why *why)
{
	static const Flyteidl__Admin__Labels none = FLYTEIDL__ADMIN__LABELS__INIT;
	Flyteidl__Admin__Labels *labels;
	struct fly_project project;
	int rc;

	rc = fly_project_get(db, e->project, arena, &project);
	if (rc < 0)
		return fly_fail(why, -rc, "cannot read project %s", e->project);
	rc = with_project_labels(own ? own : &none, &project, arena, &labels, why);
	if (rc < 0)
		return rc;
	out->labels = labels;
	return 0;
}

int fly_admin_execution_settings(struct fly_db *db, const struct fly_execution *e,
				 struct fly_arena *arena, struct fly_settings *out,
				 struct fly_why *why)
{
	static const Flyteidl__Admin__LaunchPlanSpec no_plan =
		FLYTEIDL__ADMIN__LAUNCH_PLAN_SPEC__INIT;
	const Flyteidl__Admin__LaunchPlanSpec *plan = &no_plan;
	const Flyteidl__Admin__Labels *labels;
	Flyteidl__Admin__LaunchPlanSpec *read;
	Flyteidl__Admin__ExecutionSpec *spec;
	struct fly_settings s = {0};
	int rc;

	rc = fly_admin_unpack(&flyteidl__admin__execution_spec__descriptor, e->spec, arena,
			      (ProtobufCMessage **)&spec, why);
	if (rc >= 0 && e->launch_plan) {
		rc = read_plan(db, e, arena, &read, why);
		plan = read;
	}
	if (rc < 0)
		return rc;
	s.max_parallelism = spec->max_parallelism > 0 ? spec->max_parallelism
						      : FLY_DEFAULT_PARALLELISM;
	s.security_context = spec->security_context;
	s.raw_output_prefix = "";
	if (spec->raw_output_data_config && *spec->raw_output_data_config->output_location_prefix)
		s.raw_output_prefix = spec->raw_output_data_config->output_location_prefix;
	else if (plan->raw_output_data_config)
		s.raw_output_prefix = plan->raw_output_data_config->output_location_prefix;
	s.interruptible = spec->interruptible ? spec->interruptible : plan->interruptible;
	s.overwrite_cache = spec->overwrite_cache || plan->overwrite_cache;
	s.envs = spec->envs && spec->envs->n_values ? spec->envs : plan->envs;
	s.annotations = spec->annotations && spec->annotations->n_values ? spec->annotations
									 : plan->annotations;
	labels = spec->labels && spec->labels->n_values ? spec->labels : plan->labels;
	rc = resolve_labels(db, e, labels, arena, &s, why);
	if (rc < 0)
		return rc;
	*out = s;
	return 0;
}

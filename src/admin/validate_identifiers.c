/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identifiers in requests: complete, of the right kind, in a place where things may be created.
 * Empty parts never select anything (Flyte Admin's lookups would then find some row). It does not
 * look the things themselves up: find.c does.
 * Source: flyte-api §2.1, §2.4.
 */
#include "admin_private.h"

#include <stdio.h>

#define FIELD_MAX 128

int fly_check_set(const char *value, const char *field, struct fly_why *why)
{
	if (value && *value)
		return 0;
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s is missing", field);
}

/* "FIELD.part is missing"; parts of a request without a prefix are named alone. */
static int check_part(const char *value, const char *field, const char *part, struct fly_why *why)
{
	char path[FIELD_MAX];

	if (value && *value)
		return 0;
	snprintf(path, sizeof(path), "%s.%s", field, part);
	return fly_check_set(value, path, why);
}

static int check_name(const char *project, const char *domain, const char *name, const char *field,
		      struct fly_why *why)
{
	int rc;

	if ((rc = check_part(project, field, "project", why)) < 0 ||
	    (rc = check_part(domain, field, "domain", why)) < 0)
		return rc;
	return check_part(name, field, "name", why);
}

const char *fly_resource_type_name(int type)
{
	static const char *const names[] = {"UNSPECIFIED", "TASK", "WORKFLOW", "LAUNCH_PLAN",
					    "DATASET"};

	return type >= 0 && (size_t)type < FLY_ARRAY_LEN(names) ? names[type] : "UNKNOWN";
}

const char *fly_kind_noun(enum fly_kind kind)
{
	switch (kind) {
	case FLY_KIND_PROJECT:
		return "project";
	case FLY_KIND_SCOPE:
		return "domain";
	case FLY_KIND_TASK:
		return "task";
	case FLY_KIND_WORKFLOW:
		return "workflow";
	case FLY_KIND_LAUNCH_PLAN:
		return "launch plan";
	case FLY_KIND_EXECUTION:
		return "execution";
	case FLY_KIND_NODE:
		return "node execution";
	case FLY_KIND_ATTEMPT:
		return "task execution";
	case FLY_KIND_NAMED:
	case FLY_KIND_NONE:
	case FLY_N_KINDS:
		break;
	}
	return "entity";
}

enum fly_kind fly_kind_of_resource(int resource_type)
{
	switch (resource_type) {
	case FLYTEIDL__CORE__RESOURCE_TYPE__TASK:
		return FLY_KIND_TASK;
	case FLYTEIDL__CORE__RESOURCE_TYPE__WORKFLOW:
		return FLY_KIND_WORKFLOW;
	case FLYTEIDL__CORE__RESOURCE_TYPE__LAUNCH_PLAN:
		return FLY_KIND_LAUNCH_PLAN;
	default:
		return FLY_KIND_NONE;
	}
}

int fly_check_identifier(const Flyteidl__Core__Identifier *id, const char *field,
			 Flyteidl__Core__ResourceType expected, struct fly_why *why)
{
	int rc;

	if (!id)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s is missing", field);
	if ((rc = check_name(id->project, id->domain, id->name, field, why)) < 0 ||
	    (rc = check_part(id->version, field, "version", why)) < 0)
		return rc;
	if (expected == FLYTEIDL__CORE__RESOURCE_TYPE__UNSPECIFIED ||
	    id->resource_type == expected)
		return 0;
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s.resource_type is %s (%d), not %s", field,
			  fly_resource_type_name((int)id->resource_type), (int)id->resource_type,
			  fly_resource_type_name((int)expected));
}

int fly_check_named_entity_id(const Flyteidl__Admin__NamedEntityIdentifier *id, const char *field,
			      struct fly_why *why)
{
	if (!id)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s is missing", field);
	return check_name(id->project, id->domain, id->name, field, why);
}

int fly_check_execution_id(const Flyteidl__Core__WorkflowExecutionIdentifier *id,
			   const char *field, struct fly_why *why)
{
	if (!id)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s is missing", field);
	return check_name(id->project, id->domain, id->name, field, why);
}

int fly_check_node_execution_id(const Flyteidl__Core__NodeExecutionIdentifier *id,
				const char *field, struct fly_why *why)
{
	char path[FIELD_MAX];
	int rc;

	if (!id)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s is missing", field);
	snprintf(path, sizeof(path), "%s.execution_id", field);
	rc = fly_check_execution_id(id->execution_id, path, why);
	if (rc < 0)
		return rc;
	return check_part(id->node_id, field, "node_id", why);
}

int fly_check_task_execution_id(const Flyteidl__Core__TaskExecutionIdentifier *id,
				const char *field, struct fly_why *why)
{
	char path[FIELD_MAX];
	int rc;

	if (!id)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s is missing", field);
	snprintf(path, sizeof(path), "%s.task_id", field);
	rc = fly_check_identifier(id->task_id, path, FLYTEIDL__CORE__RESOURCE_TYPE__TASK, why);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "%s.node_execution_id", field);
	return fly_check_node_execution_id(id->node_execution_id, path, why);
}

int fly_check_limit(uint32_t limit, struct fly_why *why)
{
	if (limit)
		return 0;
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "limit is missing: a number above 0");
}

static bool is_domain(const char *domain)
{
	const char *const *d;

	for (d = fly_admin_domains(); *d; d++) {
		if (!strcmp(*d, domain))
			return true;
	}
	return false;
}

static int refuse_domain(const char *domain, struct fly_why *why)
{
	return fly_refuse(why, FLY_INVALID_ARGUMENT,
			  "domain \"%s\" is unknown: development, staging and production are there",
			  domain);
}

int fly_check_scope(struct fly_db *db, const char *project, const char *domain,
		    struct fly_arena *arena, struct fly_project *project_out,
		    struct fly_scope *scope_out, struct fly_why *why)
{
	struct fly_project p;
	int rc;

	rc = fly_project_get(db, project, arena, &p);
	if (rc == -ENOENT)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "project \"%s\" is not registered",
				  project);
	if (rc < 0)
		return fly_fail(why, -rc, "cannot read project \"%s\"", project);
	if (p.state != FLYTEIDL__ADMIN__PROJECT__PROJECT_STATE__ACTIVE)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "project \"%s\" is not active",
				  project);
	if (!is_domain(domain))
		return refuse_domain(domain, why);
	rc = fly_scope_get(db, project, domain, arena, scope_out);
	if (rc == -ENOENT)
		return refuse_domain(domain, why);
	if (rc < 0)
		return fly_fail(why, -rc, "cannot read domain \"%s\" of project \"%s\"", domain,
				project);
	if (project_out)
		*project_out = p;
	return 0;
}

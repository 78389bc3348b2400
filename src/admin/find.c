/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows by the identifiers that requests use; what is not there is NOT_FOUND with a sentence that
 * names it. It checks no identifier for completeness (validate_identifiers.c does).
 * Source: flyte-api §2.1, §2.17.
 */
#include "admin_private.h"

static const char *text_of(const char *text)
{
	return text ? text : "";
}

static int not_found(int rc, struct fly_why *why, const char *noun, const char *name)
{
	if (rc == -ENOENT)
		return fly_refuse(why, FLY_NOT_FOUND, "there is no %s %s", noun, name);
	return fly_fail(why, -rc, "cannot read %s %s", noun, name);
}

int fly_find_execution(struct fly_db *db, const Flyteidl__Core__WorkflowExecutionIdentifier *id,
		       unsigned parts, struct fly_arena *arena, struct fly_execution *out,
		       struct fly_why *why)
{
	struct fly_scope scope;
	const char *name;
	int rc;

	rc = fly_scope_get(db, text_of(id->project), text_of(id->domain), arena, &scope);
	if (rc >= 0)
		rc = fly_execution_get(db, scope.id, text_of(id->name), parts, arena, out);
	if (rc >= 0)
		return 0;
	name = fly_arena_printf(arena, "%s/%s/%s", text_of(id->project), text_of(id->domain),
				text_of(id->name));
	return not_found(rc, why, "execution", text_of(name));
}

int fly_find_node(struct fly_db *db, const Flyteidl__Core__NodeExecutionIdentifier *id,
		  struct fly_arena *arena, struct fly_node *out, struct fly_why *why)
{
	static const Flyteidl__Core__WorkflowExecutionIdentifier empty =
		FLYTEIDL__CORE__WORKFLOW_EXECUTION_IDENTIFIER__INIT;
	const Flyteidl__Core__WorkflowExecutionIdentifier *run =
		id->execution_id ? id->execution_id : &empty;
	struct fly_execution execution;
	const char *name;
	int rc;

	if (!*run->name)
		return fly_refuse(why, FLY_NOT_FOUND, "it names no execution");
	rc = fly_find_execution(db, run, FLY_EXECUTION_HEAD, arena, &execution, why);
	if (rc < 0)
		return rc;
	rc = fly_node_get(db, execution.id, text_of(id->node_id), arena, out);
	if (rc >= 0)
		return 0;
	name = fly_arena_printf(arena, "%s of execution %s/%s/%s", text_of(id->node_id),
				run->project, run->domain, run->name);
	return not_found(rc, why, "node execution", text_of(name));
}

int fly_find_attempt(struct fly_db *db, const Flyteidl__Core__TaskExecutionIdentifier *id,
		     struct fly_arena *arena, struct fly_attempt *out, struct fly_why *why)
{
	const Flyteidl__Core__Identifier *task = id->task_id;
	struct fly_node node;
	const char *name;
	int rc;

	rc = fly_find_node(db, id->node_execution_id, arena, &node, why);
	if (rc < 0)
		return rc;
	rc = fly_attempt_get(db, node.id, task->project, task->domain, task->name, task->version,
			     id->retry_attempt, arena, out);
	if (rc >= 0)
		return 0;
	name = fly_arena_printf(arena, "%u of task %s/%s/%s@%s in node %s", id->retry_attempt,
				task->project, task->domain, task->name, task->version,
				node.node_id);
	return not_found(rc, why, "attempt", text_of(name));
}

int fly_find_entity(struct fly_db *db, enum fly_kind kind, const Flyteidl__Core__Identifier *id,
		    enum fly_entity_part part, struct fly_arena *arena, struct fly_entity *out,
		    struct fly_why *why)
{
	const char *name;
	int rc;

	rc = fly_entity_get(db, kind, text_of(id->project), text_of(id->domain), text_of(id->name),
			    text_of(id->version), part, arena, out);
	if (rc >= 0)
		return 0;
	name = fly_arena_printf(arena, "%s/%s/%s@%s", text_of(id->project), text_of(id->domain),
				text_of(id->name), text_of(id->version));
	return not_found(rc, why, fly_kind_noun(kind), text_of(name));
}

int fly_find_project(struct fly_db *db, const char *identifier, struct fly_arena *arena,
		     struct fly_project *out, struct fly_why *why)
{
	int rc = fly_project_get(db, identifier, arena, out);

	return rc >= 0 ? 0 : not_found(rc, why, "project", identifier);
}

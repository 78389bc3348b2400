/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ExecutionMetadata as the service completes it: who launched, how deep, below which node. What a
 * request says about its principal and cluster is never believed.
 * Source: flyte-api §2.4 (metadata rules); DESIGN §7.
 */
#include "create.h"

/* The run below whose node this one is launched: only who owns it may say so. */
static int take_parent(struct fly_create *c, struct fly_db *db, struct fly_arena *arena,
		       struct fly_why *why)
{
	Flyteidl__Admin__ExecutionMetadata *metadata = c->spec->metadata;
	Flyteidl__Admin__ExecutionSpec *spec;
	struct fly_execution parent;
	struct fly_node node;
	int rc;

	rc = fly_find_node(db, metadata->parent_node_execution, arena, &node, why);
	if (rc < 0) {
		fly_why_prefix(why, "spec.metadata.parent_node_execution: ");
		return rc;
	}
	rc = fly_execution_get_id(db, node.execution, FLY_EXECUTION_SPEC, arena, &parent);
	if (rc < 0)
		return fly_fail(why, -rc, "cannot read the execution of the parent node");
	rc = fly_caller_check_owner(&c->write.call->caller, parent.uid, why, "parent execution %s",
				    parent.name);
	if (rc < 0)
		return rc;
	rc = fly_admin_unpack(&flyteidl__admin__execution_spec__descriptor, parent.spec, arena,
			      (ProtobufCMessage **)&spec, why);
	if (rc < 0)
		return rc;
	metadata->nesting = (spec->metadata ? spec->metadata->nesting : 0) + 1;
	metadata->principal = (char *)(parent.user ? parent.user : "");
	c->spec->execution_cluster_label = spec->execution_cluster_label;
	c->row.parent_node = node.id;
	/* What a private run starts is as private. */
	if (!c->write.call->mode && !c->source)
		c->row.mode = parent.mode;
	return 0;
}

int fly_complete_metadata(struct fly_create *c, struct fly_db *db, struct fly_arena *arena,
			  struct fly_why *why)
{
	Flyteidl__Admin__ExecutionMetadata *metadata, *given = c->spec->metadata;
	Flyteidl__Admin__SystemMetadata *system;
	int rc;

	metadata = fly_admin_new(Flyteidl__Admin__ExecutionMetadata,
				 flyteidl__admin__execution_metadata, arena);
	system = fly_admin_new(Flyteidl__Admin__SystemMetadata, flyteidl__admin__system_metadata,
			       arena);
	if (!metadata || !system)
		return fly_no_memory(why);
	system->namespace_ = fly_arena_printf(arena, "%s-%s", c->row.project, c->row.domain);
	if (!system->namespace_)
		return fly_no_memory(why);
	if (given)
		*metadata = *given;
	metadata->principal = (char *)fly_caller_principal(&c->owner);
	metadata->system_metadata = system;
	metadata->n_artifact_ids = 0;
	c->spec->metadata = metadata;
	if (metadata->parent_node_execution) {
		rc = take_parent(c, db, arena, why);
		if (rc < 0)
			return rc;
	}
	c->row.user = metadata->principal;
	c->row.mode_of_start = (int)metadata->mode;
	return 0;
}

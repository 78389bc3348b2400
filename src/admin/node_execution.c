/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetNodeExecution, GetNodeExecutionData.
 * Source: flyte-api §2.14, §2.15.
 */
#include "admin_private.h"
#include "task_execution.h"

#define LIST_ERROR_MAX 100	/* bytes of an error's message in lists: flyte-engine §6.2 */

int fly_node_execution_message(const struct fly_node *n, struct fly_arena *arena,
			       Flyteidl__Admin__NodeExecution **out, struct fly_why *why)
{
	return fly_admin_unpack(&flyteidl__admin__node_execution__descriptor, n->message, arena,
				(ProtobufCMessage **)out, why);
}

void fly_cut_error(Flyteidl__Core__ExecutionError *error)
{
	size_t len = error ? strlen(error->message) : 0;

	if (len > LIST_ERROR_MAX)	/* a shorter one may be the constant empty string */
		error->message[fly_utf8_cut(error->message, len, LIST_ERROR_MAX)] = '\0';
}

char *fly_flyte_link(const Flyteidl__Core__NodeExecutionIdentifier *node, int64_t attempt,
		     char what, struct fly_arena *arena)
{
	const Flyteidl__Core__WorkflowExecutionIdentifier *e = node->execution_id;

	if (attempt < 0)
		return fly_arena_printf(arena, "flyte://v1/%s/%s/%s/%s/%c", e->project, e->domain,
					e->name, node->node_id, what);
	return fly_arena_printf(arena, "flyte://v1/%s/%s/%s/%s/%lld/%c", e->project, e->domain,
				e->name, node->node_id, (long long)attempt, what);
}

int fly_flyte_links(const Flyteidl__Core__NodeExecutionIdentifier *node, int64_t attempt,
		    bool has_deck, struct fly_arena *arena, Flyteidl__Admin__FlyteURLs **out,
		    struct fly_why *why)
{
	Flyteidl__Admin__FlyteURLs *urls =
		fly_admin_new(Flyteidl__Admin__FlyteURLs, flyteidl__admin__flyte_urls, arena);

	if (!urls)
		return fly_no_memory(why);
	urls->inputs = fly_flyte_link(node, attempt, 'i', arena);
	urls->outputs = fly_flyte_link(node, attempt, 'o', arena);
	if (has_deck)
		urls->deck = fly_flyte_link(node, attempt, 'd', arena);
	if (!urls->inputs || !urls->outputs || !urls->deck)
		return fly_no_memory(why);
	*out = urls;
	return 0;
}

static int find(struct fly_db *db, const Flyteidl__Core__NodeExecutionIdentifier *id,
		struct fly_arena *arena, struct fly_node *out, struct fly_why *why)
{
	int rc = fly_check_node_execution_id(id, "id", why);

	return rc < 0 ? rc : fly_find_node(db, id, arena, out, why);
}

int fly_admin_get_node_execution(struct fly_db *db,
				 const Flyteidl__Admin__NodeExecutionGetRequest *req,
				 struct fly_arena *arena, Flyteidl__Admin__NodeExecution **out,
				 struct fly_why *why)
{
	struct fly_node n;
	int rc = find(db, req->id, arena, &n, why);

	return rc < 0 ? rc : fly_node_execution_message(&n, arena, out, why);
}

/* The workflow a dynamic node made, under the name of its own template. */
static int set_dynamic(Flyteidl__Admin__NodeExecutionGetDataResponse *r, const struct fly_node *n,
		       const Flyteidl__Admin__NodeExecutionClosure *closure,
		       struct fly_arena *arena, struct fly_why *why)
{
	Flyteidl__Admin__DynamicWorkflowNodeMetadata *m;
	Flyteidl__Core__CompiledWorkflowClosure *compiled;
	int rc = fly_admin_unpack(&flyteidl__core__compiled_workflow_closure__descriptor,
				  n->dynamic, arena, (ProtobufCMessage **)&compiled, why);

	if (rc < 0)
		return rc;
	m = fly_admin_new(Flyteidl__Admin__DynamicWorkflowNodeMetadata,
			  flyteidl__admin__dynamic_workflow_node_metadata, arena);
	if (!m)
		return fly_no_memory(why);
	m->compiled_workflow = compiled;
	if (compiled->primary && compiled->primary->template_)
		m->id = compiled->primary->template_->id;
	m->dynamic_job_spec_uri = closure->dynamic_job_spec_uri;
	r->dynamic_workflow = m;
	return 0;
}

int fly_admin_get_node_execution_data(struct fly_db *db,
				      const Flyteidl__Admin__NodeExecutionGetDataRequest *req,
				      struct fly_arena *arena,
				      Flyteidl__Admin__NodeExecutionGetDataResponse **out,
				      struct fly_why *why)
{
	Flyteidl__Admin__NodeExecutionGetDataResponse *r =
		fly_admin_new(Flyteidl__Admin__NodeExecutionGetDataResponse,
			      flyteidl__admin__node_execution_get_data_response, arena);
	Flyteidl__Admin__NodeExecution *m;
	struct fly_node n;
	int rc = find(db, req->id, arena, &n, why);

	if (rc >= 0)
		rc = fly_node_execution_message(&n, arena, &m, why);
	if (rc < 0)
		return rc;
	if (!r || !(r->inputs = fly_admin_new(Flyteidl__Admin__UrlBlob,
					      flyteidl__admin__url_blob, arena)) ||
	    !(r->outputs = fly_admin_new(Flyteidl__Admin__UrlBlob, flyteidl__admin__url_blob,
					 arena)))
		return fly_no_memory(why);
	rc = fly_admin_unpack(&flyteidl__core__literal_map__descriptor, n.inputs, arena,
			      (ProtobufCMessage **)&r->full_inputs, why);
	if (rc >= 0)
		rc = fly_admin_unpack(&flyteidl__core__literal_map__descriptor, n.outputs, arena,
				      (ProtobufCMessage **)&r->full_outputs, why);
	if (rc >= 0 && n.dynamic.len)
		rc = set_dynamic(r, &n, m->closure, arena, why);
	if (rc >= 0)
		rc = fly_flyte_links(req->id, -1, *m->closure->deck_uri, arena, &r->flyte_urls,
				     why);
	if (rc >= 0)
		*out = r;
	return rc;
}

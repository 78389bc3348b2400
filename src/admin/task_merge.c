/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a task execution's closure grows from event to event. Logs: the event's, then the earlier
 * ones whose uri and name it doesn't repeat. Reasons: each text that differs from the last.
 * custom_info: key by key. External resources: by index and attempt. It knows no phases and no
 * rows.
 * Source: flyte-api §2.14 (CreateTaskEvent), lifecycle/tree-01.
 */
#include "task_merge.h"

#include "admin_private.h"

static bool repeats(Flyteidl__Core__TaskLog *const *logs, size_t n,
		    const Flyteidl__Core__TaskLog *l)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!strcmp(logs[i]->uri, l->uri) || !strcmp(logs[i]->name, l->name))
			return true;
	}
	return false;
}

static int merge_logs(Flyteidl__Core__TaskLog ***logs, size_t *n_logs,
		      Flyteidl__Core__TaskLog *const *new_logs, size_t n_new,
		      struct fly_arena *arena, struct fly_why *why)
{
	Flyteidl__Core__TaskLog **merged;
	size_t n = n_new, i;

	if (!n_new)
		return 0;
	merged = fly_arena_zalloc(arena, n_new + *n_logs, sizeof(*merged));
	if (!merged)
		return fly_no_memory(why);
	memcpy(merged, new_logs, n_new * sizeof(*merged));
	for (i = 0; i < *n_logs; i++) {
		if (!repeats(new_logs, n_new, (*logs)[i]))
			merged[n++] = (*logs)[i];
	}
	*logs = merged;
	*n_logs = n;
	return 0;
}

/* --- reasons ------------------------------------------------------------ */

static int add_reason(Flyteidl__Admin__TaskExecutionClosure *closure, char *text,
		      Google__Protobuf__Timestamp *at, struct fly_arena *arena)
{
	Flyteidl__Admin__Reason *reason;

	if (!*text || !strcmp(text, closure->reason))
		return 0;
	reason = fly_admin_new(Flyteidl__Admin__Reason, flyteidl__admin__reason, arena);
	if (!reason)
		return -ENOMEM;
	reason->message = text;
	reason->occurred_at = at;
	closure->reason = text;
	closure->reasons[closure->n_reasons++] = reason;
	return 0;
}

static int merge_reasons(Flyteidl__Admin__TaskExecutionClosure *closure,
			 const Flyteidl__Event__TaskExecutionEvent *event, struct fly_arena *arena,
			 struct fly_why *why)
{
	Flyteidl__Admin__Reason **reasons;
	size_t i;
	int rc = 0;

	if (!event->n_reasons && !*event->reason)
		return 0;
	reasons = fly_arena_zalloc(arena, closure->n_reasons + event->n_reasons + 1,
				   sizeof(*reasons));
	if (!reasons)
		return fly_no_memory(why);
	if (closure->n_reasons)
		memcpy(reasons, closure->reasons, closure->n_reasons * sizeof(*reasons));
	closure->reasons = reasons;
	for (i = 0; i < event->n_reasons && rc >= 0; i++)
		rc = add_reason(closure, event->reasons[i]->reason,
				event->reasons[i]->occurred_at, arena);
	if (!event->n_reasons)
		rc = add_reason(closure, event->reason, event->occurred_at, arena);
	return rc < 0 ? fly_no_memory(why) : 0;
}

/* --- custom_info -------------------------------------------------------- */

static size_t field_index(const Google__Protobuf__Struct *s, size_t n, const char *key)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!strcmp(s->fields[i]->key, key))
			break;
	}
	return i;
}

static int merge_info(Google__Protobuf__Struct **info, Google__Protobuf__Struct *more,
		      struct fly_arena *arena, struct fly_why *why)
{
	Google__Protobuf__Struct__FieldsEntry **fields;
	Google__Protobuf__Struct *s = *info;
	size_t i, at, old;

	if (!s || !more) {
		*info = s ? s : more;
		return 0;
	}
	old = s->n_fields;
	fields = fly_arena_zalloc(arena, old + more->n_fields, sizeof(*fields));
	if (!fields)
		return fly_no_memory(why);
	memcpy(fields, s->fields, old * sizeof(*fields));
	s->fields = fields;
	for (i = 0; i < more->n_fields; i++) {
		at = field_index(s, old, more->fields[i]->key);
		fields[at < old ? at : s->n_fields++] = more->fields[i];
	}
	return 0;
}

/* --- metadata ----------------------------------------------------------- */

static int merge_resource(Flyteidl__Event__ExternalResourceInfo *r,
			  Flyteidl__Event__ExternalResourceInfo *more, struct fly_arena *arena,
			  struct fly_why *why)
{
	int rc = merge_logs(&r->logs, &r->n_logs, more->logs, more->n_logs, arena, why);

	if (rc >= 0)
		rc = merge_info(&r->custom_info, more->custom_info, arena, why);
	if (*more->external_id)
		r->external_id = more->external_id;
	r->phase = more->phase;
	r->cache_status = more->cache_status;
	if (more->target_metadata_case) {
		r->target_metadata_case = more->target_metadata_case;
		r->workflow_node_metadata = more->workflow_node_metadata;
	}
	if (more->log_context)
		r->log_context = more->log_context;
	return rc;
}

static Flyteidl__Event__ExternalResourceInfo *
find_resource(Flyteidl__Event__ExternalResourceInfo *const *list, size_t n, uint32_t index,
	      uint32_t attempt)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (list[i]->index == index && list[i]->retry_attempt == attempt)
			return list[i];
	}
	return NULL;
}

static int merge_metadata(Flyteidl__Event__TaskExecutionMetadata **metadata,
			  Flyteidl__Event__TaskExecutionMetadata *more, struct fly_arena *arena,
			  struct fly_why *why)
{
	Flyteidl__Event__TaskExecutionMetadata *m = *metadata;
	Flyteidl__Event__ExternalResourceInfo **list, *known;
	size_t i, old;
	int rc = 0;

	if (!m || !more) {
		*metadata = m ? m : more;
		return 0;
	}
	old = m->n_external_resources;
	list = fly_arena_zalloc(arena, old + more->n_external_resources + 1, sizeof(*list));
	if (!list)
		return fly_no_memory(why);
	if (old)
		memcpy(list, m->external_resources, old * sizeof(*list));
	m->external_resources = list;
	for (i = 0; i < more->n_external_resources && rc >= 0; i++) {
		known = find_resource(list, old, more->external_resources[i]->index,
				      more->external_resources[i]->retry_attempt);
		if (known)
			rc = merge_resource(known, more->external_resources[i], arena, why);
		else
			list[m->n_external_resources++] = more->external_resources[i];
	}
	if (*more->generated_name)
		m->generated_name = more->generated_name;
	if (*more->plugin_identifier)
		m->plugin_identifier = more->plugin_identifier;
	if (more->n_resource_pool_info) {
		m->resource_pool_info = more->resource_pool_info;
		m->n_resource_pool_info = more->n_resource_pool_info;
	}
	if (more->instance_class)
		m->instance_class = more->instance_class;
	return rc;
}

int fly_task_merge(Flyteidl__Admin__TaskExecutionClosure *closure,
		   const Flyteidl__Event__TaskExecutionEvent *event, struct fly_arena *arena,
		   struct fly_why *why)
{
	int rc = merge_logs(&closure->logs, &closure->n_logs, event->logs, event->n_logs, arena,
			    why);

	if (rc >= 0)
		rc = merge_reasons(closure, event, arena, why);
	if (rc >= 0)
		rc = merge_info(&closure->custom_info, event->custom_info, arena, why);
	if (rc >= 0)
		rc = merge_metadata(&closure->metadata, event->metadata, arena, why);
	return rc;
}

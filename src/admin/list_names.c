/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names without their versions: ListTaskIds, ListWorkflowIds, ListLaunchPlanIds, ListNamedEntities.
 * Source: flyte-api §2.3 (lists of ids, named entities), §2.11.
 */
#include "entity.h"
#include "list.h"

static Flyteidl__Admin__NamedEntityIdentifier *new_id(const char *project, const char *domain,
						      const char *name, struct fly_arena *arena)
{
	Flyteidl__Admin__NamedEntityIdentifier *id =
		fly_admin_new(Flyteidl__Admin__NamedEntityIdentifier,
			      flyteidl__admin__named_entity_identifier, arena);

	if (!id)
		return NULL;
	id->project = (char *)project;
	id->domain = (char *)domain;
	id->name = (char *)name;
	return id;
}

/* --- lists of ids ------------------------------------------------------- */

static int make_id(struct fly_db *db, int64_t id, const struct fly_page *page,
		   struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why)
{
	Flyteidl__Admin__NamedEntityIdentifier *m;
	struct fly_named row;
	struct fly_scope scope;
	int rc = fly_named_get_id(db, id, arena, &row);

	if (rc >= 0)
		rc = fly_scope_get_id(db, row.scope, arena, &scope);
	if (rc < 0)
		return rc;
	m = new_id(scope.project, scope.domain, row.name, arena);
	if (!m)
		return fly_no_memory(why);
	*out = &m->base;
	return 0;
}

static void choose_ids(struct fly_page *page, enum fly_kind kind)
{
	page->list.distinct_names = true;
	switch (kind) {
	case FLY_KIND_TASK:
		page->list.what = FLY_LIST_TASK;
		page->list.call = "ListTaskIds";
		break;
	case FLY_KIND_WORKFLOW:
		page->list.what = FLY_LIST_WORKFLOW;
		page->list.call = "ListWorkflowIds";
		break;
	default:
		page->list.what = FLY_LIST_LAUNCH_PLAN;
		page->list.call = "ListLaunchPlanIds";
		break;
	}
}

/* Launch plans may be asked for in all projects; tasks and workflows may not. */
static int check_ids(enum fly_kind kind,
		     const Flyteidl__Admin__NamedEntityIdentifierListRequest *req,
		     struct fly_why *why)
{
	int rc = kind == FLY_KIND_LAUNCH_PLAN ? 0 : fly_check_set(req->project, "project", why);

	if (rc >= 0 && kind != FLY_KIND_LAUNCH_PLAN)
		rc = fly_check_set(req->domain, "domain", why);
	return rc;
}

int fly_admin_list_ids(struct fly_db *db, enum fly_kind kind,
		       const Flyteidl__Admin__NamedEntityIdentifierListRequest *req,
		       struct fly_arena *arena, Flyteidl__Admin__NamedEntityIdentifierList **out,
		       struct fly_why *why)
{
	Flyteidl__Admin__NamedEntityIdentifierList *m =
		fly_admin_new(Flyteidl__Admin__NamedEntityIdentifierList,
			      flyteidl__admin__named_entity_identifier_list, arena);
	struct fly_page page = {.list = {.project = req->project, .domain = req->domain}};
	int rc = m ? check_ids(kind, req, why) : fly_no_memory(why);

	choose_ids(&page, kind);
	if (rc >= 0)	/* filters are not looked at, as Flyte's server does not */
		rc = fly_page_ask(&page, req->limit, req->token, "", req->sort_by, why);
	if (rc >= 0)
		rc = fly_page_read(db, &page, arena, make_id, (ProtobufCMessage ***)&m->entities,
				   why);
	if (rc < 0)
		return rc;
	m->n_entities = page.n;
	m->token = (char *)page.token;
	*out = m;
	return 0;
}

/* --- named entities ----------------------------------------------------- */

static Flyteidl__Core__ResourceType resource_of(enum fly_kind kind)
{
	switch (kind) {
	case FLY_KIND_TASK:
		return FLYTEIDL__CORE__RESOURCE_TYPE__TASK;
	case FLY_KIND_WORKFLOW:
		return FLYTEIDL__CORE__RESOURCE_TYPE__WORKFLOW;
	default:
		return FLYTEIDL__CORE__RESOURCE_TYPE__LAUNCH_PLAN;
	}
}

static int make_named(struct fly_db *db, int64_t id, const struct fly_page *page,
		      struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why)
{
	Flyteidl__Admin__NamedEntity *m = fly_admin_new(Flyteidl__Admin__NamedEntity,
							flyteidl__admin__named_entity, arena);
	struct fly_named row;
	int rc = fly_named_get_id(db, id, arena, &row);

	if (rc < 0)
		return rc;
	if (!m || !(m->id = new_id(page->list.project, page->list.domain, row.name, arena)) ||
	    !(m->metadata = fly_admin_new(Flyteidl__Admin__NamedEntityMetadata,
					  flyteidl__admin__named_entity_metadata, arena)))
		return fly_no_memory(why);
	m->resource_type = resource_of(row.kind);
	if (row.description)
		m->metadata->description = (char *)row.description;
	m->metadata->state = (Flyteidl__Admin__NamedEntityState)row.state;
	*out = &m->base;
	return 0;
}

static int check_named(const Flyteidl__Admin__NamedEntityListRequest *req, struct fly_page *page,
		       struct fly_why *why)
{
	int rc;

	page->list.named_kind = fly_kind_of_resource((int)req->resource_type);
	if (page->list.named_kind == FLY_KIND_NONE)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "resource_type is %s: TASK, WORKFLOW or LAUNCH_PLAN",
				  fly_resource_type_name((int)req->resource_type));
	if ((rc = fly_check_set(req->project, "project", why)) < 0 ||
	    (rc = fly_check_set(req->domain, "domain", why)) < 0)
		return rc;
	return fly_page_ask(page, req->limit, req->token, req->filters, req->sort_by, why);
}

int fly_admin_list_named_entities(struct fly_db *db,
				  const Flyteidl__Admin__NamedEntityListRequest *req,
				  struct fly_arena *arena, Flyteidl__Admin__NamedEntityList **out,
				  struct fly_why *why)
{
	Flyteidl__Admin__NamedEntityList *m = fly_admin_new(Flyteidl__Admin__NamedEntityList,
							    flyteidl__admin__named_entity_list,
							    arena);
	struct fly_page page = {
		.list = {
			.what = FLY_LIST_NAMED_ENTITY,
			.call = "ListNamedEntities",
			.project = req->project,
			.domain = req->domain,
		},
	};
	int rc = m ? check_named(req, &page, why) : fly_no_memory(why);

	if (rc >= 0)
		rc = fly_page_read(db, &page, arena, make_named,
				   (ProtobufCMessage ***)&m->entities, why);
	if (rc < 0)
		return rc;
	m->n_entities = page.n;
	m->token = (char *)page.token;
	*out = m;
	return 0;
}

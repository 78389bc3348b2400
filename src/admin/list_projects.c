/* SPDX-License-Identifier: Apache-2.0 */
/* ListProjects. Source: flyte-api §2.2, §2.11. */
#include "entity.h"
#include "list.h"

static int make(struct fly_db *db, int64_t id, const struct fly_page *page,
		struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why)
{
	struct fly_project row;
	int rc = fly_project_get_id(db, id, arena, &row);

	return rc < 0 ? rc
		      : fly_project_message(&row, arena, (Flyteidl__Admin__Project **)out, why);
}

int fly_admin_list_projects(struct fly_db *db, const Flyteidl__Admin__ProjectListRequest *req,
			    struct fly_arena *arena, Flyteidl__Admin__Projects **out,
			    struct fly_why *why)
{
	struct fly_page page = {.list = {.what = FLY_LIST_PROJECT, .call = "ListProjects"}};
	Flyteidl__Admin__Projects *m = fly_admin_new(Flyteidl__Admin__Projects,
						     flyteidl__admin__projects, arena);
	int rc = m ? fly_page_ask(&page, req->limit, req->token, req->filters, req->sort_by, why)
		   : fly_no_memory(why);

	if (rc >= 0)
		rc = fly_page_read(db, &page, arena, make, (ProtobufCMessage ***)&m->projects,
				   why);
	if (rc < 0)
		return rc;
	m->n_projects = page.n;
	m->token = (char *)page.token;
	*out = m;
	return 0;
}

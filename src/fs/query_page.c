/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of admin's list calls as pages; see query_page.h. The language is admin's. */
#include "query_page.h"

#include "name.h"
#include "named.h"
#include "runs.h"

#define PAGE_BYTES_MAX ((size_t)256 << 20)	/* of its messages, while it is made */

void fly_page_free(struct fly_page *p)
{
	fly_buf_release(&p->json);
	fly_buf_release(&p->pb);
	for (size_t i = 0; p->rows && i < p->n; i++)
		free(p->rows[i].name);
	free(p->rows);
	free(p->next);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static int print_json_locked(struct fly_page *p)
{
	auto_arena arena = { 0 };
	ProtobufCMessage *list;
	int rc = fly_wire_parse(p->type, p->pb.data, p->pb.len, &arena, &list, NULL);

	if (rc < 0)
		return rc;
	fly_json_print(list, FLY_JSON_PRETTY, &p->json);
	if (!p->json.failed)
		return 0;
	fly_buf_release(&p->json);
	p->json = (struct fly_buf){ 0 };
	return -ENOMEM;
}

int fly_page_json(struct fly_page *p, const struct fly_buf **out)
{
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	if (!p->json.data)
		rc = print_json_locked(p);
	pthread_mutex_unlock(&p->lock);
	*out = &p->json;
	return rc;
}

/* --- rows ----------------------------------------------------------------- */

static int add_row(struct fly_page *p, uint64_t link, const char *name, int64_t changed_ns)
{
	struct fly_page_row *row = &p->rows[p->n];

	if (changed_ns > p->at_ns)
		p->at_ns = changed_ns;
	*row = (struct fly_page_row){ link, strdup(name) };
	if (!row->name)
		return -ENOMEM;
	p->n++;
	return 0;
}

/* Only where other users get in must the row be asked whether it is private. */
static int add_run(struct fly_request *r, int64_t id, const Flyteidl__Admin__Execution *e,
		   struct fly_page *p, bool *private)
{
	int64_t updated = e->closure ? fly_timestamp_ns(e->closure->updated_at) : 0;
	struct fly_execution row;
	int rc = e->id ? 0 : -EIO;

	if (!rc && r->fs->allow_other)
		rc = fly_execution_get_id(r->db, id, FLY_EXECUTION_HEAD, &r->arena, &row);
	if (rc < 0)
		return rc;
	*private = r->fs->allow_other && fly_is_private(r->fs, &row);
	return add_row(p, fly_ino_pack(FLY_INO_EXECUTION, id, FLY_RUN_LINK), e->id->name, updated);
}

/* NAME@VERSION; one too long for a file name stands in list.json only. */
static int add_version(struct fly_request *r, enum fly_kind kind,
		       const Flyteidl__Core__Identifier *id, struct fly_page *p)
{
	struct fly_entity row;
	const char *name;
	int rc = id ? fly_entity_get(r->db, kind, id->project, id->domain, id->name, id->version,
				     FLY_ENTITY_HEAD, &r->arena, &row) : -EIO;

	if (rc < 0)
		return rc;
	name = fly_arena_printf(&r->arena, "%s@%s", row.name, row.version);
	if (!name)
		return -ENOMEM;
	name = fly_name_encode(name, &r->arena);
	if (!name)
		return 0;
	return add_row(p, fly_ino_pack(fly_ino_kind_of(kind), row.id, FLY_ENTITY_LINK), name,
		       row.changed_ns);
}

static int make_rows(struct fly_page *p, size_t n)
{
	p->rows = calloc(n + 1, sizeof(*p->rows));
	return p->rows ? 0 : -ENOMEM;
}

/* --- answers -------------------------------------------------------------- */

struct question {
	const Flyteidl__Admin__ResourceListRequest *req;
	const char *token;		/* out: of the next page */
	const ProtobufCMessage *list;	/* out */
};

static int list_runs(struct fly_request *r, struct question *q, struct fly_page *p)
{
	Flyteidl__Admin__ExecutionList *list;
	const int64_t *ids;
	int rc = fly_admin_list_execution_rows(r->db, q->req, &r->arena, &list, &ids, &r->why);
	size_t shown = 0;

	if (!rc)
		rc = make_rows(p, list->n_executions);
	for (size_t i = 0; !rc && i < list->n_executions; i++) {
		bool private = false;

		rc = add_run(r, ids[i], list->executions[i], p, &private);
		if (!private)
			list->executions[shown++] = list->executions[i];
	}
	if (rc < 0)
		return rc;
	list->n_executions = shown;
	q->token = list->token;
	q->list = &list->base;
	return 0;
}

/* The lists of entities differ in the names of their types and members only. */
#define LIST_VERSIONS(function, type, call, kind, member)                                          \
	static int function(struct fly_request *r, struct question *q, struct fly_page *p)         \
	{                                                                                          \
		type *list;                                                                        \
		int rc = call(r->db, q->req, &r->arena, &list, &r->why);                           \
                                                                                                   \
		if (!rc)                                                                           \
			rc = make_rows(p, list->n_##member);                                       \
		for (size_t i = 0; !rc && i < list->n_##member; i++)                               \
			rc = add_version(r, kind, list->member[i]->id, p);                         \
		if (rc < 0)                                                                        \
			return rc;                                                                 \
		q->token = list->token;                                                            \
		q->list = &list->base;                                                             \
		return 0;                                                                          \
	}

LIST_VERSIONS(list_tasks, Flyteidl__Admin__TaskList, fly_admin_list_tasks, FLY_KIND_TASK, tasks)
LIST_VERSIONS(list_workflows, Flyteidl__Admin__WorkflowList, fly_admin_list_workflows,
	      FLY_KIND_WORKFLOW, workflows)
LIST_VERSIONS(list_plans, Flyteidl__Admin__LaunchPlanList, fly_admin_list_launch_plans,
	      FLY_KIND_LAUNCH_PLAN, launch_plans)

static int list(struct fly_request *r, enum fly_listed what, struct question *q, struct fly_page *p)
{
	switch (what) {
	case FLY_LIST_EXECUTION:
		return list_runs(r, q, p);
	case FLY_LIST_TASK:
		return list_tasks(r, q, p);
	case FLY_LIST_WORKFLOW:
		return list_workflows(r, q, p);
	case FLY_LIST_LAUNCH_PLAN:
		return list_plans(r, q, p);
	default:
		return fly_fail(&r->why, EINVAL, "query/ lists executions, tasks, workflows and "
				"launch_plans");
	}
}

static int print(struct fly_request *r, const char *name, const struct question *q,
		 struct fly_page *p)
{
	const char *next;

	if (q->token && *q->token) {
		next = fly_query_with_token(name, q->token, &r->arena);
		p->next = next ? strdup(next) : NULL;
		if (!p->next)
			return -ENOMEM;
	}
	p->type = q->list->descriptor;
	fly_wire_print(q->list, &p->pb);
	return p->pb.failed ? -ENOMEM : 0;
}

static int ask(struct fly_request *r, const char *name, const char *project, const char *domain,
	       struct fly_page *p)
{
	Flyteidl__Admin__ResourceListRequest *req;
	struct question q = { 0 };
	enum fly_listed what;
	int rc = r->db ? fly_query_parse(name, project, domain, &what, &r->arena, &req, &r->why) :
			 -EIO;

	if (!rc)
		rc = fly_db_begin(r->db, &r->why);
	if (rc < 0)
		return rc;
	q.req = req;
	r->arena.limit_bytes = r->arena.used_bytes + PAGE_BYTES_MAX;
	rc = list(r, what, &q, p);
	fly_db_end(r->db);
	if (rc == -ENOMEM && r->arena.over_limit) {
		r->why = (struct fly_why){ 0 };
		rc = fly_fail(&r->why, EFBIG, "a page of this takes more than %zu MiB of memory: "
			      "ask for a smaller limit=", PAGE_BYTES_MAX >> 20);
	}
	r->arena.limit_bytes = 0;
	return rc < 0 ? rc : print(r, name, &q, p);
}

int fly_page_take(struct fly_request *r, const char *name, const char *project, const char *domain,
		  struct fly_page **out)
{
	struct fly_page *p = calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return -ENOMEM;
	p->refs = 1;
	pthread_mutex_init(&p->lock, NULL);
	rc = ask(r, name, project, domain, p);
	if (rc < 0) {
		fly_page_free(p);
		return rc;
	}
	*out = p;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists: filters, sort keys, tokens and names of query/ of any kind find rows that there are, or
 * are refused as wrong; no text reaches SQL. The first bytes of an input choose the list; lines are
 * filters, sort key, token; or, with 'q', the name of a directory in query/.
 */
#include "fuzz_types.h"
#include "place.h"

static struct place place;

static void leave(void)
{
	place_remove(&place);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	place_make(&place);
	atexit(leave);
	place_renew(&place);
	return 0;
}

static void check_refusal(int rc, const struct fly_why *why)
{
	if (rc >= 0)
		return;
	if (why->status != FLY_INVALID_ARGUMENT)
		fprintf(stderr, "%s: %s\n", fly_status_name(why->status), why->text);
	must(why->status == FLY_INVALID_ARGUMENT && why->text[0]);
	must(fly_utf8_valid(why->text, strlen(why->text)) && !strchr(why->text, '\n'));
}

/* --- the store's lists ------------------------------------------------------------ */

static void list(struct fly_db *db, uint8_t what, uint8_t flags, char *text)
{
	struct fly_list l = {
		.what = what % (FLY_LIST_TASK_EXECUTION + 1),
		.call = "List",
		.project = flags & 1 ? PLACE_PROJECT : NULL,
		.domain = flags & 2 ? PLACE_DOMAIN : NULL,
		.named_kind = FLY_KIND_TASK + (flags >> 2) % 3,
		.ascending = flags & 16,
		.distinct_names = (flags & 32) && what >= FLY_LIST_LAUNCH_PLAN &&
				  what <= FLY_LIST_TASK,
		.active_only = flags & 64,
		.limit = flags & 128 ? 2 : 100,
	};
	struct fly_why why = {0};
	auto_arena arena = {0};
	const char *token;
	int64_t *ids;
	int n;

	l.filters = strsep(&text, "\n");
	l.sort_key = strsep(&text, "\n");
	l.token = strsep(&text, "\n");
	if (l.sort_key && !*l.sort_key)
		l.sort_key = NULL;
	n = fly_list_ids(db, &l, &arena, &ids, &token, &why);
	check_refusal(n, &why);
	if (n < 0)
		return;
	must((uint32_t)n <= l.limit && (*token != '\0') == ((uint32_t)n == l.limit));
	for (int i = 0; i < n; i++)
		must(ids[i] > 0);
}

/* --- query/ ------------------------------------------------------------------------ */

static int ask(struct fly_db *db, enum fly_listed what,
	       const Flyteidl__Admin__ResourceListRequest *req, struct fly_arena *arena,
	       struct fly_why *why)
{
	void *m;

	switch (what) {
	case FLY_LIST_EXECUTION:
		return fly_admin_list_executions(db, req, arena,
						 (Flyteidl__Admin__ExecutionList **)&m, why);
	case FLY_LIST_LAUNCH_PLAN:
		return fly_admin_list_launch_plans(db, req, arena,
						   (Flyteidl__Admin__LaunchPlanList **)&m, why);
	case FLY_LIST_WORKFLOW:
		return fly_admin_list_workflows(db, req, arena,
						(Flyteidl__Admin__WorkflowList **)&m, why);
	default:
		must(what == FLY_LIST_TASK);
		return fly_admin_list_tasks(db, req, arena, (Flyteidl__Admin__TaskList **)&m, why);
	}
}

static void query(struct fly_db *db, const char *text)
{
	Flyteidl__Admin__ResourceListRequest *req, *next;
	struct fly_why why = {0};
	enum fly_listed what, again;
	auto_arena arena = {0};
	char *link;
	int rc;

	rc = fly_query_parse(text, PLACE_PROJECT, PLACE_DOMAIN, &what, &arena, &req, &why);
	check_refusal(rc, &why);
	if (rc < 0)
		return;
	rc = ask(db, what, req, &arena, &why);
	check_refusal(rc, &why);
	if (rc < 0)
		return;
	/* Where there is a page there may be a next one. */
	link = fly_query_with_token(text, "5", &arena);
	must(fly_query_parse(link, PLACE_PROJECT, PLACE_DOMAIN, &again, &arena, &next, NULL) == 0);
	must(again == what && !strcmp(next->token, "5") && next->limit == req->limit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fly_db *db = place_reader(&place);
	auto_free char *text = NULL;

	if (size < 2)
		return 0;
	text = strndup((const char *)data + 2, size - 2);
	/* Names and messages are UTF-8 before they come here. */
	if (!fly_utf8_valid(text, strlen(text)))
		return 0;
	if (data[0] == 'q')
		query(db, text);
	else
		list(db, data[0], data[1], text);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists against answers recorded from Flyte Admin 1.16.8: data/list_seed.tsv holds the rows its
 * set-up makes, data/list_cases.tsv a request and its answer a line. Fields: see read_case().
 */
#include "store_fixture.h"

#define UNSET "\\N"

static struct fixture f;

/* --- reading the tables --------------------------------------------------------------- */

struct line {
	char *text, *rest;
};

static const char *next_text(struct line *l)
{
	const char *field = strsep(&l->rest, "\t");

	return !field || strcmp(field, UNSET) == 0 ? NULL : field;
}

static int64_t next_int(struct line *l, int64_t unset)
{
	const char *text = next_text(l);

	return text ? strtoll(text, NULL, 10) : unset;
}

static FILE *open_table(const char *name)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", TEST_DATA, name);
	file = fopen(path, "re");
	if (!file) {
		perror(path);
		exit(1);
	}
	return file;
}

static bool next_line(FILE *file, struct line *l)
{
	size_t cap = 0;
	ssize_t len;

	l->text = NULL;
	len = getline(&l->text, &cap, file);
	if (len <= 0) {
		free(l->text);
		return false;
	}
	l->text[len - 1] = '\0';
	l->rest = l->text;
	return true;
}

/* --- the rows ------------------------------------------------------------------------- */

struct ident {
	int64_t id, created_ns, changed_ns;
};

static int64_t scope_of(struct fly_db *db, const char *project, const char *domain)
{
	struct fly_scope scope = {0};

	fly_scope_get(db, project, domain, &f.arena, &scope);
	return scope.id;
}

static int seed_project(struct fly_db *db, const struct ident *at, struct line *l,
			struct fly_why *why)
{
	static const char *const domains[] = {"development", "staging", "production"};
	struct fly_project p = {.id = at->id, .created_ns = at->created_ns,
				.changed_ns = at->changed_ns};

	p.identifier = next_text(l);
	p.name = next_text(l);
	p.description = next_text(l);
	p.state = (int)next_int(l, 0);
	return fly_project_insert(db, &p, domains, 3, why);
}

static int seed_named(struct fly_db *db, const struct ident *at, struct line *l,
		      struct fly_why *why)
{
	struct fly_named n = {.id = at->id, .created_ns = at->created_ns,
			      .changed_ns = at->changed_ns};
	const char *project, *domain;

	n.kind = (enum fly_kind)next_int(l, 0);
	project = next_text(l);
	domain = next_text(l);
	n.scope = scope_of(db, project, domain);
	n.name = next_text(l);
	n.description = next_text(l);
	n.state = (int)next_int(l, 0);
	return fly_named_insert(db, &n, why);
}

static int seed_entity(struct fly_db *db, const struct ident *at, struct line *l,
		       struct fly_why *why)
{
	struct fly_entity e = {.id = at->id, .created_ns = at->created_ns,
			       .changed_ns = at->changed_ns};
	struct fly_named n;
	const char *project, *domain;

	e.kind = (enum fly_kind)next_int(l, 0);
	project = next_text(l);
	domain = next_text(l);
	e.scope = scope_of(db, project, domain);
	if (fly_named_get(db, e.scope, e.kind, next_text(l), &f.arena, &n) < 0)
		return -ENOENT;
	e.named = n.id;
	e.version = next_text(l);
	e.state = (int)next_int(l, 0);
	e.type = next_text(l);
	e.schedule_type = next_text(l);
	e.workflow = next_int(l, 0);
	return fly_entity_insert(db, &e, why);
}

static size_t read_tags(char *text, struct fly_tag tags[16])
{
	size_t n = 0;
	char *tag;

	while (text && *text && (tag = strsep(&text, ";"))) {
		tags[n].key = strsep(&tag, "=");
		tags[n++].value = tag;
	}
	return n;
}

static int seed_execution(struct fly_db *db, const struct ident *at, struct line *l,
			  struct fly_why *why)
{
	struct fly_execution e = an_execution(at->id, 0, NULL);
	struct fly_tag tags[16];
	const char *project, *domain;
	size_t n;

	e.created_ns = at->created_ns;
	e.changed_ns = at->changed_ns;
	project = next_text(l);
	domain = next_text(l);
	e.scope = scope_of(db, project, domain);
	e.name = next_text(l);
	e.phase = (int)next_int(l, 0);
	e.state = (int)next_int(l, 0);
	e.mode_of_start = (int)next_int(l, 0);
	e.launch_plan = next_int(l, 0);
	e.workflow = next_int(l, 0);
	e.task = next_int(l, 0);
	e.updated_ns = next_int(l, 0);
	e.started_ns = next_int(l, INT64_MIN);
	e.duration_ns = next_int(l, INT64_MIN);
	e.cluster = next_text(l);
	e.error_kind = (int)next_int(l, -1);
	e.error_code = next_text(l);
	e.abort_cause = next_text(l);
	e.launch_entity = next_text(l);
	n = read_tags(l->rest, tags);
	return fly_execution_insert(db, &e, tags, n, why);
}

static int seed_node(struct fly_db *db, const struct ident *at, struct line *l,
		     struct fly_why *why)
{
	struct fly_node n = {.id = at->id, .changed_ns = at->changed_ns};

	n.execution = next_int(l, 0);
	n.node_id = next_text(l);
	n.parent = next_int(l, 0);
	n.phase = (int)next_int(l, 0);
	n.created_ns = next_int(l, 0);
	n.updated_ns = next_int(l, 0);
	n.started_ns = next_int(l, INT64_MIN);
	n.duration_ns = next_int(l, INT64_MIN);
	n.error_kind = (int)next_int(l, -1);
	n.error_code = next_text(l);
	return fly_node_put(db, &n, why);
}

static int seed_attempt(struct fly_db *db, const struct ident *at, struct line *l,
			struct fly_why *why)
{
	struct fly_attempt a = {.id = at->id, .changed_ns = at->changed_ns};

	a.node = next_int(l, 0);
	a.project = next_text(l);
	a.domain = next_text(l);
	a.name = next_text(l);
	a.version = next_text(l);
	a.retry_attempt = (uint32_t)next_int(l, 0);
	a.execution = next_int(l, 0);
	a.phase = (int)next_int(l, 0);
	a.created_ns = next_int(l, 0);
	a.updated_ns = next_int(l, 0);
	a.started_ns = next_int(l, INT64_MIN);
	a.duration_ns = next_int(l, INT64_MIN);
	return fly_attempt_put(db, &a, why);
}

static const struct {
	const char *name;
	int (*seed)(struct fly_db *, const struct ident *, struct line *, struct fly_why *);
} seeders[] = {
	{"project", seed_project}, {"named", seed_named}, {"entity", seed_entity},
	{"execution", seed_execution}, {"node", seed_node}, {"attempt", seed_attempt},
};

static int seed_line(struct fly_db *db, struct line *l, struct fly_why *why)
{
	const char *kind = next_text(l);
	struct ident at;
	size_t i;

	at.id = next_int(l, 0);
	at.created_ns = next_int(l, 0);
	at.changed_ns = next_int(l, 0);
	for (i = 0; i < FLY_ARRAY_LEN(seeders); i++) {
		if (strcmp(kind, seeders[i].name) == 0)
			return seeders[i].seed(db, &at, l, why);
	}
	return -EINVAL;
}

static int seed(struct fly_db *db, void *arg, struct fly_why *why)
{
	FILE *file = open_table("list_seed.tsv");
	struct line l;
	int rc = 0;

	while (rc == 0 && next_line(file, &l)) {
		rc = seed_line(db, &l, why);
		if (rc < 0)
			fprintf(stderr, "%s\n", l.text);
		free(l.text);
	}
	fclose(file);
	return rc;
}

/* --- the cases ------------------------------------------------------------------------ */

struct request {
	const char *name, *code, *token, *mode;
	char *names;
	struct fly_list list;
};

static void read_case(struct line *l, struct request *c)
{
	memset(c, 0, sizeof(*c));
	c->name = next_text(l);
	c->list.what = (enum fly_listed)next_int(l, 0);
	c->list.project = next_text(l);
	c->list.domain = next_text(l);
	c->list.name = next_text(l);
	c->list.named_kind = (enum fly_kind)next_int(l, 0);
	c->list.execution = next_int(l, 0);
	c->list.node = next_int(l, 0);
	c->list.active_only = next_int(l, 0);
	c->list.distinct_names = next_int(l, 0);
	c->list.filters = next_text(l);
	c->list.sort_key = next_text(l);
	c->list.ascending = next_int(l, 0);
	c->list.limit = (uint32_t)next_int(l, 0);
	c->list.token = next_text(l);
	c->code = next_text(l);
	c->token = next_text(l);
	c->mode = next_text(l);
	c->names = l->rest;
}

static const char *describe_attempt(struct fly_db *db, int64_t id)
{
	struct fly_attempt a;

	if (fly_attempt_get_id(db, id, &f.arena, &a) < 0)
		return NULL;
	return fly_arena_printf(&f.arena, "%s/%u", a.name, a.retry_attempt);
}

static const char *describe_entity(struct fly_db *db, enum fly_kind kind, int64_t id)
{
	struct fly_entity e;

	if (fly_entity_get_id(db, kind, id, FLY_ENTITY_HEAD, &f.arena, &e) < 0)
		return NULL;
	return fly_arena_printf(&f.arena, "%s@%s", e.name, e.version);
}

static const char *describe(struct fly_db *db, const struct fly_list *list, int64_t id)
{
	struct fly_execution e;
	struct fly_project p;
	struct fly_named m;
	struct fly_node n;

	if (list->distinct_names || list->what == FLY_LIST_NAMED_ENTITY)
		return fly_named_get_id(db, id, &f.arena, &m) < 0 ? NULL : m.name;
	switch (list->what) {
	case FLY_LIST_EXECUTION:
		return fly_execution_get_id(db, id, 0, &f.arena, &e) < 0 ? NULL : e.name;
	case FLY_LIST_LAUNCH_PLAN:
		return describe_entity(db, FLY_KIND_LAUNCH_PLAN, id);
	case FLY_LIST_WORKFLOW:
		return describe_entity(db, FLY_KIND_WORKFLOW, id);
	case FLY_LIST_TASK:
		return describe_entity(db, FLY_KIND_TASK, id);
	case FLY_LIST_PROJECT:
		return fly_project_get_id(db, id, &f.arena, &p) < 0 ? NULL : p.identifier;
	case FLY_LIST_NODE_EXECUTION:
		return fly_node_get_id(db, id, &f.arena, &n) < 0 ? NULL : n.node_id;
	case FLY_LIST_TASK_EXECUTION:
		return describe_attempt(db, id);
	case FLY_LIST_NAMED_ENTITY:
		break;
	}
	return NULL;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names by ';', ones that may change places by '='; repeated ones are given once. */
static bool names_match(const char **got, size_t n_got, char *want, bool is_set)
{
	const char *expected[1024];
	size_t at = 0, n, i;
	char *group, *name;

	while (want && *want && (group = is_set ? want : strsep(&want, ";"))) {
		for (n = 0; (name = strsep(&group, is_set ? ";" : "="));) {
			if (at + n > 0 && !is_set && n == 0 && strcmp(name, got[at - 1]) == 0)
				continue;
			expected[n++] = name;
		}
		if (is_set)
			want = NULL;
		if (at + n > n_got)
			return false;
		qsort(expected, n, sizeof(*expected), compare_names);
		qsort(got + at, n, sizeof(*got), compare_names);
		for (i = 0; i < n; i++) {
			if (strcmp(expected[i], got[at + i]) != 0)
				return false;
		}
		at += n;
	}
	return at == n_got;
}

static void check_answer(struct fly_db *db, struct request *c, const int64_t *ids, int n,
			 const char *token)
{
	const char *got[1024];
	int i;

	CHECK_STR(token, c->token);
	for (i = 0; i < n; i++) {
		got[i] = describe(db, &c->list, ids[i]);
		CHECK(got[i] != NULL);
	}
	if (!names_match(got, (size_t)n, c->names, strcmp(c->mode, "set") == 0)) {
		fprintf(stderr, "%s: other rows:", c->name);
		for (i = 0; i < n; i++)
			fprintf(stderr, " %s", got[i]);
		fprintf(stderr, "\n");
		CHECK(!"the rows recorded");
	}
}

/* What the server's database refused (UNKNOWN) is INVALID_ARGUMENT here, in other words. */
static void check_refusal(const struct request *c, int n, const struct fly_why *why)
{
	CHECK_INT(n, -EINVAL);
	CHECK_INT(why->status, FLY_INVALID_ARGUMENT);
	if (strcmp(c->code, "INVALID_ARGUMENT") == 0)
		CHECK(strstr(why->text, c->token));
	else
		CHECK(why->text[0] != '\0');
}

static void check_case(struct fly_db *db, struct line *l)
{
	struct fly_why why = {.status = FLY_OK};
	struct request c;
	const char *token;
	char call[64];
	int64_t *ids;
	int n, failed = check_failed;

	read_case(l, &c);
	snprintf(call, sizeof(call), "%.*s", (int)strcspn(c.name, "-"), c.name);
	c.list.call = call;
	n = fly_list_ids(db, &c.list, &f.arena, &ids, &token, &why);
	if (strcmp(c.code, "OK") != 0)
		check_refusal(&c, n, &why);
	else if (n < 0)
		CHECK_STR(why.text, "");
	else
		check_answer(db, &c, ids, n, token);
	if (check_failed > failed)
		fprintf(stderr, "%s: filters %s\n", c.name, c.list.filters ? c.list.filters : "");
}

static void test_recorded_cases(void)
{
	FILE *file = open_table("list_cases.tsv");
	struct fly_db *db = fixture_reader(&f);
	struct line l;
	int n = 0;

	while (next_line(file, &l)) {
		check_case(db, &l);
		fly_arena_release(&f.arena);
		free(l.text);
		n++;
	}
	fclose(file);
	CHECK(n > 300);
}

int main(void)
{
	fixture_dir(&f);
	fixture_open(&f);
	CHECK_INT(fixture_run(&f, seed, NULL, NULL), 0);
	test_recorded_cases();
	fixture_end(&f);
	return check_done();
}

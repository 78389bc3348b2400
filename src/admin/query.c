/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query/FILTERS: conditions in a shell's spelling, one file name, into a list request in Flyte's
 * filter language. Commas divide conditions where no parenthesis is open; what has a parenthesis
 * is Flyte's own language and taken as it is. Which columns there are is the store's business.
 * Source: DESIGN §3; flyte-api §2.11, §5.2.
 */
#include "admin_private.h"

#include <ctype.h>

#define LIMIT_DEFAULT 100
#define SECOND_NS INT64_C(1000000000)

struct query {
	enum fly_listed what;
	struct fly_arena *arena;
	struct fly_why *why;
	Flyteidl__Admin__ResourceListRequest *req;
	struct fly_buf filters;
};

/* --- one condition's parts ---------------------------------------------- */

struct op {
	const char *sign;
	const char *function;	/* for one value */
	const char *several;	/* for values divided by ';'; NULL: not allowed */
};

/* Longer signs first. */
static const struct op ops[] = {
	{"!=", "ne", "value_not_in"},
	{"!~", "not_like", NULL},
	{">=", "gte", NULL},
	{"<=", "lte", NULL},
	{"=", "eq", "value_in"},
	{"~", "contains", NULL},
	{">", "gt", NULL},
	{"<", "lt", NULL},
};

/* field.gte=value, as '>' and '<' need quotes in a shell */
static const char *const suffixes[] = {"gte", "gt", "lte", "lt"};

struct condition {
	const char *text;	/* as written, for sentences */
	char *field, *value;	/* decoded */
	const char *function;
	bool several;
};

static int refuse(const struct query *q, const struct condition *c, const char *reason)
{
	return fly_refuse(q->why, FLY_INVALID_ARGUMENT, "\"%s\": %s", c->text, reason);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * %2C and the like stand for what a file name or this language can't hold; other '%' for
 * themselves.
 */
static char *decode(struct fly_arena *arena, const char *text, size_t len)
{
	char *out = fly_arena_strndup(arena, text, len), *p, *to;

	if (!out)
		return NULL;
	for (p = to = out; *p; p++) {
		if (*p == '%' && hex_value(p[1]) >= 0 && hex_value(p[2]) >= 0 &&
		    (p[1] != '0' || p[2] != '0')) {
			*to++ = (char)(hex_value(p[1]) << 4 | hex_value(p[2]));
			p += 2;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	return out;
}

static const struct op *find_op(const char *at)
{
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(ops); i++) {
		if (!strncmp(at, ops[i].sign, strlen(ops[i].sign)))
			return &ops[i];
	}
	return NULL;
}

/* "duration.gte" becomes "duration", and the function gte. */
static void take_suffix(struct condition *c)
{
	char *dot = strrchr(c->field, '.');
	size_t i;

	for (i = 0; dot && i < FLY_ARRAY_LEN(suffixes); i++) {
		if (!strcmp(dot + 1, suffixes[i])) {
			c->function = suffixes[i];
			*dot = '\0';
			return;
		}
	}
}

static int split_condition(const struct query *q, struct condition *c)
{
	const char *at = c->text + strcspn(c->text, "!=<>~");
	const struct op *op = find_op(at);

	if (!op)
		return refuse(q, c, "expected FIELD=VALUE, or one of != ~ !~ .gte= .gt= .lte= .lt= "
				    "in place of =");
	c->field = decode(q->arena, c->text, (size_t)(at - c->text));
	at += strlen(op->sign);
	c->value = decode(q->arena, at, strlen(at));
	if (!c->field || !c->value)
		return fly_no_memory(q->why);
	c->function = op->function;
	if (!strcmp(op->sign, "="))
		take_suffix(c);
	c->several = strchr(c->value, ';') != NULL;
	if (!*c->field)
		return refuse(q, c, "the field is missing");
	if (!*c->value)
		return refuse(q, c, "the value is missing");
	if (!c->several)
		return 0;
	if (!op->several || strcmp(c->function, op->function) != 0)
		return refuse(q, c, "only = and != take several values");
	c->function = op->several;
	return 0;
}

/* --- fields ------------------------------------------------------------- */

/* Words for Flyte's columns. An execution's own columns are named after it there. */
static const struct {
	const char *word, *column;
} execution_words[] = {
	{"name", "execution_name"},
	{"created_at", "execution_created_at"},
	{"updated_at", "execution_updated_at"},
	{"launch_plan", "launch_plan.name"},
	{"workflow", "workflow.name"},
	{"task", "task.name"},
	{"tag", "execution_tag.key"},
};

static const char *column_of(const struct query *q, const char *field)
{
	size_t i;

	if (q->what != FLY_LIST_EXECUTION)
		return field;
	if (!strncmp(field, "execution.", strlen("execution.")))
		field += strlen("execution.");
	for (i = 0; i < FLY_ARRAY_LEN(execution_words); i++) {
		if (!strcmp(execution_words[i].word, field))
			return execution_words[i].column;
	}
	return field;
}

static bool is_place(const char *field)
{
	static const char *const places[] = {"project", "domain", "execution_project",
					     "execution_domain"};
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(places); i++) {
		if (!strcmp(places[i], field))
			return true;
	}
	return false;
}

/* --- values ------------------------------------------------------------- */

/* Columns that hold the number of an enum's value: its name serves too. */
struct enum_column {
	enum fly_listed what;
	const char *column;
	const ProtobufCEnumDescriptor *type;
	const char *prefix;	/* of the names, may be left out */
	bool numbers;		/* false: the column holds names */
};

static const struct enum_column enum_columns[] = {
	{FLY_LIST_EXECUTION, "phase", &flyteidl__core__workflow_execution__phase__descriptor, "",
	 false},
	{FLY_LIST_EXECUTION, "state", &flyteidl__admin__execution_state__descriptor, "EXECUTION_",
	 true},
	{FLY_LIST_EXECUTION, "mode",
	 &flyteidl__admin__execution_metadata__execution_mode__descriptor, "", true},
	{FLY_LIST_LAUNCH_PLAN, "state", &flyteidl__admin__launch_plan_state__descriptor, "", true},
};

static const struct enum_column *enum_column(const struct query *q, const char *column)
{
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(enum_columns); i++) {
		if (enum_columns[i].what == q->what && !strcmp(enum_columns[i].column, column))
			return &enum_columns[i];
	}
	return NULL;
}

static int put_enum(struct query *q, const struct condition *c, const struct enum_column *column,
		    const char *value)
{
	const char *name = fly_arena_printf(q->arena, "%s%s", column->prefix, value);
	const ProtobufCEnumValue *v = NULL;
	int64_t number;
	unsigned i;

	if (!name)
		return fly_no_memory(q->why);
	for (i = 0; i < column->type->n_values && !v; i++) {
		if (!strcasecmp(column->type->values[i].name, value) ||
		    !strcasecmp(column->type->values[i].name, name))
			v = &column->type->values[i];
	}
	if (v && column->numbers)
		fly_buf_printf(&q->filters, "%d", v->value);
	else if (v)
		fly_buf_puts(&q->filters, v->name);
	else if (column->numbers && fly_parse_int64(value, &number))
		fly_buf_puts(&q->filters, value);
	else
		return fly_refuse(q->why, FLY_INVALID_ARGUMENT, "\"%s\": there is no %s \"%s\"",
				  c->text, column->column, value);
	return 0;
}

static bool is_time(const char *column)
{
	size_t len = strlen(column);

	return len > 3 && !strcmp(column + len - 3, "_at");
}

/* A time in any zone, a day, or how long ago (-90m): as UTC, whose text has no '+'. */
static int put_time(struct query *q, const struct condition *c, const char *value)
{
	const char *midnight = fly_arena_printf(q->arena, "%sT00:00:00Z", value);
	int64_t ns;

	if (!midnight)
		return fly_no_memory(q->why);
	if (*value == '-' && fly_go_duration_parse(value, &ns) == 0)
		ns = (fly_now_ns() + ns) / SECOND_NS * SECOND_NS;
	else if (fly_time_parse(value, &ns) < 0 && fly_time_parse(midnight, &ns) < 0)
		return refuse(q, c, "expected a time as 2020-05-12T10:00:00Z, a day as 2020-05-12, "
				    "or how long ago as -90m");
	fly_time_print(ns, &q->filters);
	return 0;
}

static int put_plain(struct query *q, const struct condition *c, const char *value)
{
	if (strpbrk(value, ",+"))
		return refuse(q, c, "Flyte's filters can't say a value with a comma or a plus");
	if (*value == ' ')	/* one blank behind the comma is dropped */
		fly_buf_putc(&q->filters, ' ');
	fly_buf_puts(&q->filters, value);
	return 0;
}

static int put_value(struct query *q, const struct condition *c, const char *column,
		     const char *value)
{
	const struct enum_column *e = enum_column(q, column);
	int rc;

	if (!*value)
		return refuse(q, c, "a value is empty");
	if (!strcmp(c->function, "contains"))
		return put_plain(q, c, value);
	if (!strcmp(c->function, "not_like")) {
		fly_buf_putc(&q->filters, '%');
		rc = put_plain(q, c, value);
		fly_buf_putc(&q->filters, '%');
		return rc;
	}
	if (e)
		return put_enum(q, c, e, value);
	return is_time(column) ? put_time(q, c, value) : put_plain(q, c, value);
}

static int put_condition(struct query *q, struct condition *c)
{
	const char *column = column_of(q, c->field);
	char *rest = c->value, *value;
	const char *before = "";
	int rc = 0;

	if (is_place(column))
		return refuse(q, c, "the directory says which project and domain");
	if (strpbrk(column, "(),+;"))
		return refuse(q, c, "no field has such a name");
	fly_buf_printf(&q->filters, "%s%s(%s,", q->filters.len ? "+" : "", c->function, column);
	while (rc >= 0 && (value = strsep(&rest, c->several ? ";" : ""))) {
		fly_buf_puts(&q->filters, before);
		rc = put_value(q, c, column, value);
		before = ";";
	}
	fly_buf_putc(&q->filters, ')');
	return rc;
}

/* --- sort, limit, token ------------------------------------------------- */

static int set_sort(struct query *q, const struct condition *c)
{
	bool descending = *c->value == '-';
	const char *column = column_of(q, c->value + descending);

	if (q->req->sort_by)
		return refuse(q, c, "sort is given already: one field can be sorted by");
	q->req->sort_by = fly_admin_new(Flyteidl__Admin__Sort, flyteidl__admin__sort, q->arena);
	if (!q->req->sort_by)
		return fly_no_memory(q->why);
	q->req->sort_by->key = (char *)column;
	q->req->sort_by->direction = descending ? FLYTEIDL__ADMIN__SORT__DIRECTION__DESCENDING
						: FLYTEIDL__ADMIN__SORT__DIRECTION__ASCENDING;
	return 0;
}

static int set_limit(struct query *q, const struct condition *c)
{
	int64_t n;

	if (!fly_parse_int64(c->value, &n) || n < 1 || n > UINT32_MAX)
		return refuse(q, c, "expected a number of 1 or more");
	q->req->limit = (uint32_t)n;
	return 0;
}

static int set_token(struct query *q, const struct condition *c)
{
	q->req->token = c->value;
	return 0;
}

static const struct {
	const char *word;
	int (*set)(struct query *q, const struct condition *c);
} settings[] = {
	{"sort", set_sort},
	{"limit", set_limit},
	{"token", set_token},
};

/* --- the whole text ----------------------------------------------------- */

static const struct {
	const char *word;
	enum fly_listed what;
} entities[] = {
	{"executions", FLY_LIST_EXECUTION},
	{"launch_plans", FLY_LIST_LAUNCH_PLAN},
	{"workflows", FLY_LIST_WORKFLOW},
	{"tasks", FLY_LIST_TASK},
};

/* Up to the next comma outside parentheses; *depth: those still open at the end. */
static size_t part_len(const char *text, size_t *depth)
{
	size_t i;

	for (i = *depth = 0; text[i] && (text[i] != ',' || *depth); i++) {
		if (text[i] == '(')
			++*depth;
		else if (text[i] == ')' && *depth)
			--*depth;
	}
	return i;
}

static bool take_entity(struct query *q, const char *word)
{
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(entities); i++) {
		if (!strcmp(entities[i].word, word)) {
			q->what = entities[i].what;
			return true;
		}
	}
	return false;
}

static int take_part(struct query *q, const char *text)
{
	struct condition c = {.text = text};
	char *own;
	size_t i;
	int rc;

	if (text[strcspn(text, "(!=<>~")] == '(') {	/* Flyte's own language */
		own = decode(q->arena, text, strlen(text));
		if (!own)
			return fly_no_memory(q->why);
		fly_buf_printf(&q->filters, "%s%s", q->filters.len ? "+" : "", own);
		return 0;
	}
	rc = split_condition(q, &c);
	if (rc < 0)
		return rc;
	for (i = 0; i < FLY_ARRAY_LEN(settings); i++) {
		if (!strcmp(settings[i].word, c.field) && !strcmp(c.function, "eq"))
			return settings[i].set(q, &c);
	}
	return put_condition(q, &c);
}

/* Newest first, as flytectl lists, where no order is asked for. */
static int set_defaults(struct query *q)
{
	struct condition newest = {.value = (char *)"-id"};

	if (!q->req->limit)
		q->req->limit = LIMIT_DEFAULT;
	return q->req->sort_by ? 0 : set_sort(q, &newest);
}

static int take_parts(struct query *q, const char *text)
{
	bool first = true;
	size_t len, depth;
	char *part;
	int rc;

	for (; *text; text += len + (text[len] == ',')) {
		len = part_len(text, &depth);
		part = fly_arena_strndup(q->arena, text, len);
		if (!part)
			return fly_no_memory(q->why);
		/* What the link to the next page adds would end up inside it. */
		if (depth)
			return fly_refuse(q->why, FLY_INVALID_ARGUMENT,
					  "\"%s\": a parenthesis is not closed (%%28 is one that "
					  "belongs to a value)", part);
		rc = first && take_entity(q, part) ? 0 : take_part(q, part);
		if (rc < 0)
			return rc;
		first = false;
	}
	return set_defaults(q);
}

int fly_query_parse(const char *text, const char *project, const char *domain,
		    enum fly_listed *what, struct fly_arena *arena,
		    Flyteidl__Admin__ResourceListRequest **out, struct fly_why *why)
{
	Flyteidl__Admin__NamedEntityIdentifier *id;
	struct query q = {.what = FLY_LIST_EXECUTION, .arena = arena, .why = why};
	int rc;

	q.req = fly_admin_new(Flyteidl__Admin__ResourceListRequest,
			      flyteidl__admin__resource_list_request, arena);
	id = fly_admin_new(Flyteidl__Admin__NamedEntityIdentifier,
			   flyteidl__admin__named_entity_identifier, arena);
	if (!q.req || !id)
		return fly_no_memory(why);
	id->project = (char *)project;
	id->domain = (char *)domain;
	q.req->id = id;
	rc = take_parts(&q, text);
	if (rc >= 0 && (q.filters.failed ||
			!(q.req->filters = fly_arena_strndup(arena, q.filters.len ? q.filters.data
										  : "",
							     q.filters.len))))
		rc = fly_no_memory(why);
	fly_buf_release(&q.filters);
	if (rc < 0)
		return rc;
	*what = q.what;
	*out = q.req;
	return 0;
}

char *fly_query_with_token(const char *text, const char *token, struct fly_arena *arena)
{
	auto_buf b = {0};
	size_t len, depth;

	for (; *text; text += len + (text[len] == ',')) {
		len = part_len(text, &depth);
		if (!strncmp(text, "token=", strlen("token=")))
			continue;
		if (b.len)
			fly_buf_putc(&b, ',');
		fly_buf_add(&b, text, len);
	}
	if (*token)
		fly_buf_printf(&b, "%stoken=%s", b.len ? "," : "", token);
	return b.failed ? NULL : fly_arena_strdup(arena, b.data ? b.data : "");
}

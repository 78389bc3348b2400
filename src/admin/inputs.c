/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inputs of an execution: what the user gave, checked against what the launch plan expects,
 * with its defaults and fixed inputs added. It knows types by the codec's rules only.
 * Source: flyte-api §2.4 step 8, §2.5.
 */
#include "create.h"

#include <stdio.h>

#define TIMESTAMP_MIN INT64_C(-62135596800)	/* 0001-01-01T00:00:00Z */
#define TIMESTAMP_MAX INT64_C(253402300799)	/* 9999-12-31T23:59:59Z */
#define DURATION_MAX INT64_C(315576000000)	/* 10,000 years in seconds */
#define NANOS_MAX 999999999
#define NAMES_MAX 20	/* inputs named in a sentence */

/* "inputs.NAME: …", as a path of the document it was given in. */
static int FLY_PRINTF(3, 4)
refuse(struct fly_why *why, const char *name, const char *format, ...)
{
	auto_buf b = {0};
	auto_free char *reason = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&reason, format, args) < 0)
		reason = NULL;
	va_end(args);
	fly_buf_puts(&b, "inputs");
	fly_doc_path_member(&b, name, strlen(name));
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s: %s", b.data ? b.data : "inputs",
			  reason ? reason : "out of memory");
}

/* --- form ------------------------------------------------------------------------------------ */

static int check_timestamp(const Google__Protobuf__Timestamp *t, const char *name,
			   struct fly_why *why)
{
	if (t->seconds < TIMESTAMP_MIN || t->seconds > TIMESTAMP_MAX)
		return refuse(why, name,
			      "it holds a datetime %s: years 0001 to 9999 are allowed",
			      t->seconds < 0 ? "before 0001-01-01" : "after 9999-12-31");
	if (t->nanos < 0 || t->nanos > NANOS_MAX)
		return refuse(why, name, "it holds a datetime with %d nanoseconds: 0 to 999999999 "
			      "are allowed", t->nanos);
	return 0;
}

static int check_duration(const Google__Protobuf__Duration *d, const char *name,
			  struct fly_why *why)
{
	if (d->seconds < -DURATION_MAX || d->seconds > DURATION_MAX)
		return refuse(why, name, "it holds a duration beyond 10,000 years");
	if (d->nanos < -NANOS_MAX || d->nanos > NANOS_MAX || (d->seconds > 0 && d->nanos < 0) ||
	    (d->seconds < 0 && d->nanos > 0))
		return refuse(why, name, "it holds a duration whose seconds and nanoseconds (%d) "
			      "do not go together", d->nanos);
	return 0;
}

static int check_primitive(const Flyteidl__Core__Primitive *p, const char *name,
			   struct fly_why *why)
{
	switch ((int)p->value_case) {
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_DATETIME:
		return check_timestamp(p->datetime, name, why);
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_DURATION:
		return check_duration(p->duration, name, why);
	default:
		return 0;
	}
}

/* Times anywhere in a literal. Nesting was limited when the message was read. */
static int check_times(const Flyteidl__Core__Literal *lit, const char *name, struct fly_why *why)
{
	const Flyteidl__Core__Scalar *scalar;
	size_t i;
	int rc = 0;

	if (!lit)
		return 0;
	switch ((int)lit->value_case) {
	case FLYTEIDL__CORE__LITERAL__VALUE_SCALAR:
		scalar = lit->scalar;
		if (scalar->value_case == FLYTEIDL__CORE__SCALAR__VALUE_PRIMITIVE)
			return check_primitive(scalar->primitive, name, why);
		if (scalar->value_case == FLYTEIDL__CORE__SCALAR__VALUE_UNION)
			return check_times(scalar->union_->value, name, why);
		return 0;
	case FLYTEIDL__CORE__LITERAL__VALUE_COLLECTION:
		for (i = 0; rc >= 0 && i < lit->collection->n_literals; i++)
			rc = check_times(lit->collection->literals[i], name, why);
		return rc;
	case FLYTEIDL__CORE__LITERAL__VALUE_MAP:
		for (i = 0; rc >= 0 && i < lit->map->n_literals; i++)
			rc = check_times(lit->map->literals[i]->value, name, why);
		return rc;
	default:
		return 0;
	}
}

int fly_check_inputs(const Flyteidl__Core__LiteralMap *inputs, struct fly_why *why)
{
	size_t i;
	int rc;

	for (i = 0; inputs && i < inputs->n_literals; i++) {
		const Flyteidl__Core__LiteralMap__LiteralsEntry *entry = inputs->literals[i];

		if (!*entry->key)
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "inputs: there is an entry without a name");
		if (!entry->value ||
		    entry->value->value_case == FLYTEIDL__CORE__LITERAL__VALUE__NOT_SET)
			return refuse(why, entry->key, "it has no value");
		rc = check_times(entry->value, entry->key, why);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* --- merging --------------------------------------------------------------------------------- */

/* The user's inputs by name, each once: where the wire names one twice, the last wins. */
struct given {
	struct item {
		Flyteidl__Core__LiteralMap__LiteralsEntry *entry;
		size_t at;
		bool used;
	} *items;
	size_t n;
};

static int by_name(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = strcmp(x->entry->key, y->entry->key);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static int sort_given(const Flyteidl__Core__LiteralMap *map, struct fly_arena *arena,
		      struct given *g)
{
	size_t i, n = map ? map->n_literals : 0;

	g->n = 0;
	g->items = fly_arena_zalloc(arena, n ? n : 1, sizeof(*g->items));
	if (!g->items)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		g->items[i] = (struct item){.entry = map->literals[i], .at = i};
	qsort(g->items, n, sizeof(*g->items), by_name);
	for (i = 0; i < n; i++) {
		if (i + 1 < n && !strcmp(g->items[i].entry->key, g->items[i + 1].entry->key))
			continue;
		g->items[g->n++] = g->items[i];
	}
	return 0;
}

static int name_of_item(const void *name, const void *item)
{
	return strcmp(name, ((const struct item *)item)->entry->key);
}

static struct item *find_given(const struct given *g, const char *name)
{
	return bsearch(name, g->items, g->n, sizeof(*g->items), name_of_item);
}

/* "which takes a, b and 3 more" */
static void describe_expected(const Flyteidl__Core__ParameterMap *expected, struct fly_buf *b)
{
	size_t i, n = expected->n_parameters;
	size_t shown = n > NAMES_MAX ? NAMES_MAX : n;

	if (!n) {
		fly_buf_puts(b, "which takes no inputs");
		return;
	}
	fly_buf_puts(b, "which takes ");
	for (i = 0; i < shown; i++)
		fly_buf_printf(b, "%s%s", i ? ", " : "", expected->parameters[i]->key);
	if (shown < n)
		fly_buf_printf(b, " and %zu more", n - shown);
}

static int refuse_unknown(const struct fly_create *c, const char *name, struct fly_why *why)
{
	auto_buf b = {0};

	if (fly_literal_map_get(c->fixed, name))
		return refuse(why, name, "it is fixed by %s", c->target);
	describe_expected(c->expected, &b);
	return refuse(why, name, "it is unknown to %s, %s", c->target, b.data ? b.data : "");
}

static int check_known(const struct fly_create *c, struct given *g, struct fly_why *why)
{
	size_t i;

	for (i = 0; i < c->expected->n_parameters; i++) {
		struct item *item = find_given(g, c->expected->parameters[i]->key);

		if (item)
			item->used = true;
	}
	for (i = 0; i < g->n; i++) {
		if (!g->items[i].used)
			return refuse_unknown(c, g->items[i].entry->key, why);
	}
	return 0;
}

static int check_type(const Flyteidl__Core__LiteralMap__LiteralsEntry *given,
		      const Flyteidl__Core__Parameter *parameter, struct fly_arena *arena,
		      struct fly_why *why)
{
	const Flyteidl__Core__LiteralType *wanted = parameter->var ? parameter->var->type : NULL;
	Flyteidl__Core__LiteralType *type;
	struct fly_why inner = {0};
	auto_buf want = {0}, got = {0};
	int rc;

	rc = fly_type_infer(given->value, arena, &type, &inner);
	if (rc == -ENOMEM)
		return fly_no_memory(why);
	if (rc < 0)
		return refuse(why, given->key, "%s", inner.text);
	if (wanted && fly_type_castable(type, wanted))
		return 0;
	if (wanted)
		fly_type_print(wanted, &want);
	fly_type_print(type, &got);
	return refuse(why, given->key, "it is of type %s, wanted is %s", got.data ? got.data : "",
		      want.data ? want.data : "another");
}

static int add(Flyteidl__Core__LiteralMap *map, const char *key,
	       const Flyteidl__Core__Literal *value, struct fly_arena *arena)
{
	Flyteidl__Core__LiteralMap__LiteralsEntry *e =
		fly_admin_new(Flyteidl__Core__LiteralMap__LiteralsEntry,
			      flyteidl__core__literal_map__literals_entry, arena);

	if (!e)
		return -ENOMEM;
	e->key = (char *)key;
	e->value = (Flyteidl__Core__Literal *)value;
	map->literals[map->n_literals++] = e;
	return 0;
}

static int merge_one(struct fly_create *c, const struct given *g,
		     const Flyteidl__Core__ParameterMap__ParametersEntry *expected,
		     struct fly_arena *arena, struct fly_why *why)
{
	const Flyteidl__Core__Parameter *parameter = expected->value;
	const struct item *item = find_given(g, expected->key);
	auto_buf type = {0};
	int rc;

	if (item) {
		rc = check_type(item->entry, parameter, arena, why);
		if (rc < 0)
			return rc;
		c->inputs->literals[c->inputs->n_literals++] = item->entry;
		return 0;
	}
	if (parameter->behavior_case == FLYTEIDL__CORE__PARAMETER__BEHAVIOR_DEFAULT)
		return add(c->inputs, expected->key, parameter->default_, arena) < 0
			? fly_no_memory(why) : 0;
	if (parameter->var && parameter->var->type)
		fly_type_print(parameter->var->type, &type);
	return refuse(why, expected->key, "it is missing: %s requires it (%s)", c->target,
		      type.data ? type.data : "a value");
}

static int merge_fixed(struct fly_create *c, struct fly_arena *arena, struct fly_why *why)
{
	size_t i, j, n_merged = c->inputs->n_literals;

	for (i = 0; c->fixed && i < c->fixed->n_literals; i++) {
		const Flyteidl__Core__LiteralMap__LiteralsEntry *fixed = c->fixed->literals[i];

		for (j = 0; j < n_merged; j++) {
			if (!strcmp(c->inputs->literals[j]->key, fixed->key))
				return refuse(why, fixed->key, "it is both expected and fixed by "
					      "%s: that can never run", c->target);
		}
		if (add(c->inputs, fixed->key, fixed->value, arena) < 0)
			return fly_no_memory(why);
	}
	return 0;
}

int fly_merge_inputs(struct fly_create *c, struct fly_arena *arena, struct fly_why *why)
{
	size_t n = c->expected->n_parameters + (c->fixed ? c->fixed->n_literals : 0);
	struct given g;
	size_t i;
	int rc;

	c->inputs = fly_admin_new(Flyteidl__Core__LiteralMap, flyteidl__core__literal_map, arena);
	if (!c->inputs || sort_given(c->user_inputs, arena, &g) < 0)
		return fly_no_memory(why);
	c->inputs->literals = fly_arena_zalloc(arena, n ? n : 1, sizeof(*c->inputs->literals));
	if (!c->inputs->literals)
		return fly_no_memory(why);
	rc = check_known(c, &g, why);
	for (i = 0; rc >= 0 && i < c->expected->n_parameters; i++)
		rc = merge_one(c, &g, c->expected->parameters[i], arena, why);
	if (rc >= 0)
		rc = merge_fixed(c, arena, why);
	/* Each one given was known, so as many are the same ones. */
	c->inputs_are_given = g.n && g.n == c->inputs->n_literals &&
			      g.n == c->user_inputs->n_literals;
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON schemas of dataclasses: whether one allows no more than another does. It knows the words
 * that flytekit's schemas use; a limit it does not know must be the same on both sides.
 * Source: json-schema.org draft 2020-12; flyte-engine §5.2.
 */
#include "types.h"

/* Deeper than any dataclass: what comes here refers to itself, and agreed all the way. */
#define DEPTH_MAX 64

struct compare {
	const Google__Protobuf__Struct *given_root, *wanted_root;
	unsigned *steps;
};

static bool satisfies(const struct compare *c, const Google__Protobuf__Value *given,
		      const Google__Protobuf__Value *wanted, unsigned depth);

static const Google__Protobuf__Value *get(const Google__Protobuf__Struct *s, const char *name)
{
	for (size_t i = s ? s->n_fields : 0; i; i--) {
		if (!strcmp(s->fields[i - 1]->key, name))
			return s->fields[i - 1]->value;
	}
	return NULL;
}

static const Google__Protobuf__Struct *as_object(const Google__Protobuf__Value *v)
{
	return v && v->kind_case == GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE ? v->struct_value
									       : NULL;
}

static const char *as_text(const Google__Protobuf__Value *v)
{
	return v && v->kind_case == GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE ? v->string_value
									       : NULL;
}

/* A list's items; of any other value the value itself, as one item. */
static size_t as_items(const Google__Protobuf__Value *const *v,
		       const Google__Protobuf__Value *const **items)
{
	if (!*v)
		return 0;
	if ((*v)->kind_case != GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE) {
		*items = v;
		return 1;
	}
	*items = (const Google__Protobuf__Value *const *)(*v)->list_value->values;
	return (*v)->list_value->n_values;
}

static bool same(const Google__Protobuf__Value *a, const Google__Protobuf__Value *b)
{
	return a && b && fly_message_equal(&a->base, &b->base);
}

/* "#/$defs/Point" or "#/definitions/Point" in the schema that it stands in. */
static const Google__Protobuf__Struct *follow(const Google__Protobuf__Struct *root,
					      const Google__Protobuf__Struct *schema)
{
	static const char *const places[] = {"$defs", "definitions"};

	for (int hops = 0; schema && hops < DEPTH_MAX; hops++) {
		const char *ref = as_text(get(schema, "$ref"));
		const Google__Protobuf__Struct *found = NULL;

		if (!ref)
			return schema;
		for (size_t i = 0; i < FLY_ARRAY_LEN(places) && !found; i++) {
			size_t len = strlen(places[i]);

			if (!strncmp(ref, "#/", 2) && !strncmp(ref + 2, places[i], len) &&
			    ref[2 + len] == '/')
				found = as_object(get(as_object(get(root, places[i])),
						      ref + 3 + len));
		}
		schema = found;
	}
	return NULL;
}

/* --- words ------------------------------------------------------------------------- */

static bool type_in(const Google__Protobuf__Value *type, const Google__Protobuf__Value *wanted)
{
	const Google__Protobuf__Value *const *items = NULL;
	size_t n = as_items(&wanted, &items);
	const char *text = as_text(type);

	for (size_t i = 0; i < n; i++) {
		const char *other = as_text(items[i]);

		if (text && other && (!strcmp(text, other) ||
				      (!strcmp(text, "integer") && !strcmp(other, "number"))))
			return true;
	}
	return false;
}

static bool types_satisfy(const Google__Protobuf__Struct *given,
			  const Google__Protobuf__Struct *wanted)
{
	const Google__Protobuf__Value *want = get(wanted, "type"), *have = get(given, "type");
	const Google__Protobuf__Value *const *items = NULL;
	size_t n = as_items(&have, &items);

	if (!want)
		return true;
	for (size_t i = 0; i < n; i++) {
		if (!type_in(items[i], want))
			return false;
	}
	return n > 0;
}

static bool in_list(const Google__Protobuf__Value *item, const Google__Protobuf__Value *list,
		    unsigned *steps)
{
	const Google__Protobuf__Value *const *items = NULL;
	size_t n = as_items(&list, &items);

	for (size_t i = 0; i < n && *steps; i++, --*steps) {
		if (same(item, items[i]))
			return true;
	}
	return false;
}

/* Everything in one list is in the other; a missing list allows, or requires, nothing. */
static bool subset(const Google__Protobuf__Value *small, const Google__Protobuf__Value *great,
		   unsigned *steps)
{
	const Google__Protobuf__Value *const *items = NULL;
	size_t n = as_items(&small, &items);

	for (size_t i = 0; i < n; i++) {
		if (!in_list(items[i], great, steps))
			return false;
	}
	return true;
}

static bool properties_satisfy(const struct compare *c, const Google__Protobuf__Struct *given,
			       const Google__Protobuf__Struct *wanted, unsigned depth)
{
	const Google__Protobuf__Struct *want = as_object(get(wanted, "properties"));
	const Google__Protobuf__Struct *have = as_object(get(given, "properties"));

	for (size_t i = 0; want && i < want->n_fields; i++) {
		const Google__Protobuf__Value *property = get(have, want->fields[i]->key);

		/* Whether it has to be there is for "required" to say. */
		if (property && !satisfies(c, property, want->fields[i]->value, depth + 1))
			return false;
	}
	return subset(get(wanted, "required"), get(given, "required"), c->steps);
}

static bool items_satisfy(const struct compare *c, const Google__Protobuf__Struct *given,
			  const Google__Protobuf__Struct *wanted, unsigned depth)
{
	static const char *const words[] = {"items", "additionalProperties"};

	for (size_t i = 0; i < FLY_ARRAY_LEN(words); i++) {
		const Google__Protobuf__Value *want = get(wanted, words[i]);
		const Google__Protobuf__Value *have = get(given, words[i]);

		/* true and false: Flyte's own comparison does not look at them. */
		if (as_object(want) && as_object(have) && !satisfies(c, have, want, depth + 1))
			return false;
	}
	return true;
}

/* Words that only set limits: the same limit, or none wanted. */
static bool limits_satisfy(const Google__Protobuf__Struct *given,
			   const Google__Protobuf__Struct *wanted)
{
	static const char *const words[] = {
		"const", "format", "pattern", "minimum", "maximum", "exclusiveMinimum",
		"exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems",
		"uniqueItems", "minProperties", "maxProperties", "prefixItems", "propertyNames",
		"allOf", "not",
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(words); i++) {
		const Google__Protobuf__Value *want = get(wanted, words[i]);

		if (want && !same(get(given, words[i]), want))
			return false;
	}
	return true;
}

static const Google__Protobuf__Value *choices_of(const Google__Protobuf__Struct *schema)
{
	const Google__Protobuf__Value *choices = get(schema, "anyOf");

	return choices ? choices : get(schema, "oneOf");
}

/* Each way in which a value can be allowed is allowed by one of the wanted ways. */
static bool choices_satisfy(const struct compare *c, const Google__Protobuf__Value *given,
			    const Google__Protobuf__Value *own,
			    const Google__Protobuf__Value *choices, unsigned depth)
{
	const Google__Protobuf__Value *const *have = NULL, *const *want = NULL;
	size_t n_have = as_items(own ? &own : &given, &have), n_want = as_items(&choices, &want);

	for (size_t i = 0; i < n_have; i++) {
		bool found = false;

		for (size_t j = 0; j < n_want && !found; j++)
			found = satisfies(c, have[i], want[j], depth + 1);
		if (!found)
			return false;
	}
	return true;
}

/* --- schemas ----------------------------------------------------------------------- */

static bool satisfies(const struct compare *c, const Google__Protobuf__Value *given_value,
		      const Google__Protobuf__Value *wanted_value, unsigned depth)
{
	const Google__Protobuf__Struct *given = follow(c->given_root, as_object(given_value));
	const Google__Protobuf__Struct *wanted = follow(c->wanted_root, as_object(wanted_value));
	const Google__Protobuf__Value *choices, *own;

	if (depth > DEPTH_MAX)
		return true;
	if (!*c->steps)
		return false;
	--*c->steps;
	if (!given || !wanted)
		return same(given_value, wanted_value);
	choices = choices_of(wanted);
	own = choices_of(given);
	if (own && !choices)
		return choices_satisfy(c, given_value, own, wanted_value, depth);
	if (choices && !choices_satisfy(c, given_value, own, choices, depth))
		return false;
	if (get(wanted, "enum") &&
	    (!get(given, "enum") || !subset(get(given, "enum"), get(wanted, "enum"), c->steps)))
		return false;
	return types_satisfy(given, wanted) && limits_satisfy(given, wanted) &&
	       properties_satisfy(c, given, wanted, depth) &&
	       items_satisfy(c, given, wanted, depth);
}

bool fly_schema_satisfies(const Google__Protobuf__Struct *given,
			  const Google__Protobuf__Struct *wanted, unsigned *steps)
{
	struct compare c = {given, wanted, steps};
	Google__Protobuf__Value g = GOOGLE__PROTOBUF__VALUE__INIT;
	Google__Protobuf__Value w = GOOGLE__PROTOBUF__VALUE__INIT;

	g.kind_case = w.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE;
	g.struct_value = (Google__Protobuf__Struct *)given;
	w.struct_value = (Google__Protobuf__Struct *)wanted;
	return fly_message_equal(&given->base, &wanted->base) || satisfies(&c, &g, &w, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The type that a literal shows by itself. Knows no declared types and no text of values.
 * Source: flyte-api §2.5, flyte-engine §5.1.
 */
#include "flytefs/codec.h"

#include "time_text.h"

#define SIMPLE(name) FLYTEIDL__CORE__SIMPLE_TYPE__##name
#define N_SIMPLE (SIMPLE(STRUCT) + 1)

/* Types in one collection. A real one has a handful; looking each item up costs as many steps. */
#define DISTINCT_MAX 256

struct infer {
	struct fly_arena *arena;
	struct fly_why *why;
	Flyteidl__Core__LiteralType *simple[N_SIMPLE];	/* made when first wanted */
};

static int infer(struct infer *in, const Flyteidl__Core__Literal *lit,
		 Flyteidl__Core__LiteralType **out);

static int no_memory(struct infer *in)
{
	return fly_no_memory(in->why);
}

static int new_type(struct infer *in, Flyteidl__Core__LiteralType__TypeCase type_case,
		    Flyteidl__Core__LiteralType **out)
{
	Flyteidl__Core__LiteralType *type =
		fly_message_new(in->arena, &flyteidl__core__literal_type__descriptor);

	if (!type)
		return no_memory(in);
	type->type_case = type_case;
	*out = type;
	return 0;
}

static int simple_type(struct infer *in, Flyteidl__Core__SimpleType simple,
		       Flyteidl__Core__LiteralType **out)
{
	int ret = 0;

	if (!in->simple[simple]) {
		ret = new_type(in, FLYTEIDL__CORE__LITERAL_TYPE__TYPE_SIMPLE, out);
		if (!ret) {
			in->simple[simple] = *out;
			(*out)->simple = simple;
		}
	}
	*out = in->simple[simple];
	return ret;
}

/* --- scalars ----------------------------------------------------------------- */

static int infer_primitive(struct infer *in, const Flyteidl__Core__Primitive *p,
			   Flyteidl__Core__LiteralType **out)
{
	switch (p->value_case) {
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_INTEGER:
		return simple_type(in, SIMPLE(INTEGER), out);
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_FLOAT_VALUE:
		return simple_type(in, SIMPLE(FLOAT), out);
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_STRING_VALUE:
		return simple_type(in, SIMPLE(STRING), out);
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_BOOLEAN:
		return simple_type(in, SIMPLE(BOOLEAN), out);
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_DATETIME:
		if (!fly_rfc3339_valid(p->datetime->seconds, p->datetime->nanos))
			return fly_refuse(in->why, FLY_INVALID_ARGUMENT,
					  "a datetime lies outside the years 1 to 9999 or has "
					  "nanoseconds outside 0 to 999999999");
		return simple_type(in, SIMPLE(DATETIME), out);
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_DURATION:
		if (!fly_seconds_valid(p->duration->seconds, p->duration->nanos))
			return fly_refuse(in->why, FLY_INVALID_ARGUMENT,
					  "a duration is longer than 10,000 years or its seconds "
					  "and nanoseconds disagree");
		return simple_type(in, SIMPLE(DURATION), out);
	default:
		/* Flyte takes an empty primitive for none. */
		return simple_type(in, SIMPLE(NONE), out);
	}
}

static int infer_blob(struct infer *in, const Flyteidl__Core__Blob *blob,
		      Flyteidl__Core__LiteralType **out)
{
	int ret;

	if (!blob->metadata || !blob->metadata->type)
		return fly_refuse(in->why, FLY_INVALID_ARGUMENT, "a blob has no metadata.type");
	ret = new_type(in, FLYTEIDL__CORE__LITERAL_TYPE__TYPE_BLOB, out);
	if (!ret)
		(*out)->blob = blob->metadata->type;
	return ret;
}

static int infer_schema(struct infer *in, const Flyteidl__Core__Schema *schema,
			Flyteidl__Core__LiteralType **out)
{
	int ret;

	if (!schema->type)
		return fly_refuse(in->why, FLY_INVALID_ARGUMENT, "a schema has no type");
	ret = new_type(in, FLYTEIDL__CORE__LITERAL_TYPE__TYPE_SCHEMA, out);
	if (!ret)
		(*out)->schema = schema->type;
	return ret;
}

static int infer_dataset(struct infer *in, const Flyteidl__Core__StructuredDataset *dataset,
			 Flyteidl__Core__LiteralType **out)
{
	int ret;

	if (!dataset->metadata || !dataset->metadata->structured_dataset_type)
		return fly_refuse(in->why, FLY_INVALID_ARGUMENT,
				  "a structured dataset has no metadata.structured_dataset_type");
	ret = new_type(in, FLYTEIDL__CORE__LITERAL_TYPE__TYPE_STRUCTURED_DATASET_TYPE, out);
	if (!ret)
		(*out)->structured_dataset_type = dataset->metadata->structured_dataset_type;
	return ret;
}

static int union_of(struct infer *in, Flyteidl__Core__LiteralType **variants, size_t n,
		    Flyteidl__Core__LiteralType **out)
{
	int ret = new_type(in, FLYTEIDL__CORE__LITERAL_TYPE__TYPE_UNION_TYPE, out);

	if (ret)
		return ret;
	(*out)->union_type = fly_message_new(in->arena, &flyteidl__core__union_type__descriptor);
	if (!(*out)->union_type)
		return no_memory(in);
	(*out)->union_type->n_variants = n;
	(*out)->union_type->variants =
		fly_arena_memdup(in->arena, variants, n * sizeof(*variants));
	return (*out)->union_type->variants ? 0 : no_memory(in);
}

/* The variant that the literal names, whatever its value is: so does Flyte. */
static int infer_union(struct infer *in, const Flyteidl__Core__Union *u,
		       Flyteidl__Core__LiteralType **out)
{
	Flyteidl__Core__LiteralType *variant = u->type;

	if (!variant)
		return fly_refuse(in->why, FLY_INVALID_ARGUMENT, "a union has no type");
	return union_of(in, &variant, 1, out);
}

static int infer_scalar(struct infer *in, const Flyteidl__Core__Scalar *s,
			Flyteidl__Core__LiteralType **out)
{
	switch (s->value_case) {
	case FLYTEIDL__CORE__SCALAR__VALUE_PRIMITIVE:
		return infer_primitive(in, s->primitive, out);
	case FLYTEIDL__CORE__SCALAR__VALUE_BLOB:
		return infer_blob(in, s->blob, out);
	case FLYTEIDL__CORE__SCALAR__VALUE_BINARY:
		return simple_type(in, strcmp(s->binary->tag, "msgpack") ? SIMPLE(BINARY)
									  : SIMPLE(STRUCT), out);
	case FLYTEIDL__CORE__SCALAR__VALUE_SCHEMA:
		return infer_schema(in, s->schema, out);
	case FLYTEIDL__CORE__SCALAR__VALUE_NONE_TYPE:
		return simple_type(in, SIMPLE(NONE), out);
	case FLYTEIDL__CORE__SCALAR__VALUE_ERROR:
		return simple_type(in, SIMPLE(ERROR), out);
	case FLYTEIDL__CORE__SCALAR__VALUE_GENERIC:
		return simple_type(in, SIMPLE(STRUCT), out);
	case FLYTEIDL__CORE__SCALAR__VALUE_STRUCTURED_DATASET:
		return infer_dataset(in, s->structured_dataset, out);
	case FLYTEIDL__CORE__SCALAR__VALUE_UNION:
		return infer_union(in, s->union_, out);
	default:
		return fly_refuse(in->why, FLY_INVALID_ARGUMENT, "a scalar has no value");
	}
}

/* --- collections and maps -------------------------------------------------------- */

/* The different types of the items seen so far. Zero-initialised is none. */
struct distinct {
	Flyteidl__Core__LiteralType **types;	/* own memory: collections of collections have many */
	size_t n, cap;
	Flyteidl__Core__LiteralType *empty;	/* of an empty collection */
};

static void distinct_release(struct distinct *d)
{
	free(d->types);
}

#define auto_distinct __attribute__((cleanup(distinct_release))) struct distinct

static int distinct_add(struct infer *in, struct distinct *d, Flyteidl__Core__LiteralType *type)
{
	Flyteidl__Core__LiteralType **types = d->types;
	size_t cap = d->cap ? d->cap * 2 : 2;

	if (d->n == d->cap) {
		types = reallocarray(types, cap, sizeof(*types));
		if (!types)
			return no_memory(in);
		d->types = types;
		d->cap = cap;
	}
	d->types[d->n++] = type;
	return 0;
}

static bool is_empty_collection(const Flyteidl__Core__Literal *lit)
{
	return lit->value_case == FLYTEIDL__CORE__LITERAL__VALUE_COLLECTION &&
	       !lit->collection->n_literals;
}

static int add_item(struct infer *in, struct distinct *d, const Flyteidl__Core__Literal *item)
{
	Flyteidl__Core__LiteralType *type;
	int ret = infer(in, item, &type);

	if (ret)
		return ret;
	/* Counts only where nothing else says what the items are. */
	if (is_empty_collection(item)) {
		d->empty = type;
		return 0;
	}
	for (size_t i = d->n; i; i--) {
		if (type == d->types[i - 1] || fly_message_equal(&type->base, &d->types[i - 1]->base))
			return 0;
	}
	if (d->n == DISTINCT_MAX)
		return fly_refuse(in->why, FLY_INVALID_ARGUMENT,
				  "a collection or map holds more than %d types", DISTINCT_MAX);
	return distinct_add(in, d, type);
}

struct sortable {
	Flyteidl__Core__LiteralType *type;
	const char *text;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct sortable *)a)->text, ((const struct sortable *)b)->text);
}

/* In an order that does not depend on which item came first. */
static int sort_types(struct infer *in, struct distinct *d)
{
	struct sortable rows[DISTINCT_MAX];
	auto_buf b = {0};

	for (size_t i = 0; i < d->n; i++) {
		fly_buf_clear(&b);
		fly_json_print(&d->types[i]->base, FLY_JSON_COMPACT, &b);
		rows[i].type = d->types[i];
		rows[i].text = b.failed ? NULL : fly_arena_strndup(in->arena, b.data, b.len);
		if (!rows[i].text)
			return no_memory(in);
	}
	qsort(rows, d->n, sizeof(rows[0]), by_text);
	for (size_t i = 0; i < d->n; i++)
		d->types[i] = rows[i].type;
	return 0;
}

static bool is_collection_of_union(const Flyteidl__Core__LiteralType *type)
{
	return type->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_COLLECTION_TYPE &&
	       type->collection_type->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_UNION_TYPE;
}

/* Collections of unions become one collection of all their variants. */
static int merge_types(struct infer *in, const struct distinct *d,
		       Flyteidl__Core__LiteralType **out)
{
	Flyteidl__Core__LiteralType **variants, *inner;
	size_t n = 0, total = 0;
	bool nested = false;
	int ret;

	for (size_t i = 0; i < d->n; i++)
		total += is_collection_of_union(d->types[i])
				 ? d->types[i]->collection_type->union_type->n_variants : 1;
	variants = fly_arena_zalloc(in->arena, total, sizeof(*variants));
	if (!variants)
		return no_memory(in);
	for (size_t i = 0; i < d->n; i++) {
		if (is_collection_of_union(d->types[i])) {
			const Flyteidl__Core__UnionType *u =
				d->types[i]->collection_type->union_type;

			nested = true;
			memcpy(variants + n, u->variants, u->n_variants * sizeof(*variants));
			n += u->n_variants;
		} else {
			variants[n++] = d->types[i];
		}
	}
	ret = union_of(in, variants, n, nested ? &inner : out);
	if (ret || !nested)
		return ret;
	ret = new_type(in, FLYTEIDL__CORE__LITERAL_TYPE__TYPE_COLLECTION_TYPE, out);
	if (!ret)
		(*out)->collection_type = inner;
	return ret;
}

static int item_type(struct infer *in, struct distinct *d, Flyteidl__Core__LiteralType **out)
{
	int ret;

	if (!d->n && d->empty) {
		*out = d->empty;
		return 0;
	}
	if (!d->n)
		return simple_type(in, SIMPLE(NONE), out);
	if (d->n == 1) {
		*out = d->types[0];
		return 0;
	}
	ret = sort_types(in, d);
	return ret ? ret : merge_types(in, d, out);
}

static int infer_collection(struct infer *in, const Flyteidl__Core__LiteralCollection *c,
			    Flyteidl__Core__LiteralType **out)
{
	Flyteidl__Core__LiteralType *inner;
	auto_distinct d = {0};
	int ret;

	for (size_t i = 0; i < c->n_literals; i++) {
		ret = add_item(in, &d, c->literals[i]);
		if (ret)
			return ret;
	}
	ret = item_type(in, &d, &inner);
	if (!ret)
		ret = new_type(in, FLYTEIDL__CORE__LITERAL_TYPE__TYPE_COLLECTION_TYPE, out);
	if (!ret)
		(*out)->collection_type = inner;
	return ret;
}

static int infer_map(struct infer *in, const Flyteidl__Core__LiteralMap *m,
		     Flyteidl__Core__LiteralType **out)
{
	Flyteidl__Core__LiteralType *inner;
	auto_distinct d = {0};
	int ret;

	for (size_t i = 0; i < m->n_literals; i++) {
		ret = add_item(in, &d, m->literals[i]->value);
		if (ret)
			return ret;
	}
	ret = item_type(in, &d, &inner);
	if (!ret)
		ret = new_type(in, FLYTEIDL__CORE__LITERAL_TYPE__TYPE_MAP_VALUE_TYPE, out);
	if (!ret)
		(*out)->map_value_type = inner;
	return ret;
}

static int infer(struct infer *in, const Flyteidl__Core__Literal *lit,
		 Flyteidl__Core__LiteralType **out)
{
	if (!lit)
		return fly_refuse(in->why, FLY_INVALID_ARGUMENT, "a literal has no value");
	switch (lit->value_case) {
	case FLYTEIDL__CORE__LITERAL__VALUE_SCALAR:
		return infer_scalar(in, lit->scalar, out);
	case FLYTEIDL__CORE__LITERAL__VALUE_COLLECTION:
		return infer_collection(in, lit->collection, out);
	case FLYTEIDL__CORE__LITERAL__VALUE_MAP:
		return infer_map(in, lit->map, out);
	case FLYTEIDL__CORE__LITERAL__VALUE_OFFLOADED_METADATA:
		if (!lit->offloaded_metadata->inferred_type)
			return fly_refuse(in->why, FLY_INVALID_ARGUMENT,
					  "an offloaded literal has no inferred_type");
		*out = lit->offloaded_metadata->inferred_type;
		return 0;
	default:
		return fly_refuse(in->why, FLY_INVALID_ARGUMENT, "a literal has no value");
	}
}

int fly_type_infer(const Flyteidl__Core__Literal *lit, struct fly_arena *arena,
		   Flyteidl__Core__LiteralType **out, struct fly_why *why)
{
	struct infer in = {.arena = arena, .why = why};
	Flyteidl__Core__LiteralType *type;
	int ret = infer(&in, lit, &type);

	if (!ret)
		*out = type;
	return ret;
}

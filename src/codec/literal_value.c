/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk over a value by its declared type: lists, maps, variants, and where in the document it
 * is. Knows no spelling of a simple value. Source: flyte-engine §5.4.
 */
#include "literal_value.h"

int fly_value_wants(const struct fly_values *v, const struct fly_doc_where *where,
		    const char *wanted, const json_t *value)
{
	return FLY_VALUE_BAD(v, where, "expected %s, got %s", wanted, fly_doc_kind(value));
}

int fly_value_fits_none(const struct fly_values *v, const struct fly_doc_where *where,
			const json_t *value, const Flyteidl__Core__LiteralType *type)
{
	auto_buf words = {0};

	fly_type_print(type, &words);
	return FLY_VALUE_BAD(v, where, "%s fits none of: %s", fly_doc_kind(value),
			     words.data ? words.data : "");
}

static int from_array(const struct fly_values *v, const struct fly_doc_where *where,
		      const json_t *value, const Flyteidl__Core__LiteralType *item,
		      Flyteidl__Core__Literal **out)
{
	struct fly_doc_where at = {.above = where};
	Flyteidl__Core__Literal *lit;
	int ret = 0;

	if (!json_is_array(value))
		return fly_value_wants(v, where, v->rules->list, value);
	lit = fly_literal_collection(v->arena, json_array_size(value));
	for (size_t i = 0; lit && !ret && i < json_array_size(value); i++) {
		at.index = i;
		ret = fly_value_convert(v, &at, json_array_get(value, i), item,
					&lit->collection->literals[i]);
	}
	return ret ? ret : fly_value_made(v, lit, out);
}

static int from_object(const struct fly_values *v, const struct fly_doc_where *where,
		       const json_t *value, const Flyteidl__Core__LiteralType *item,
		       Flyteidl__Core__Literal **out)
{
	struct fly_doc_where at = {.above = where};
	Flyteidl__Core__LiteralMap__LiteralsEntry **entry;
	Flyteidl__Core__Literal *lit;
	int ret = 0;

	if (!json_is_object(value))
		return fly_value_wants(v, where, v->rules->map, value);
	lit = fly_literal_map(v->arena, json_object_size(value));
	if (!lit)
		return fly_value_no_memory(v);
	entry = lit->map->literals;
	for (void *i = json_object_iter((json_t *)value); i && !ret;
	     i = json_object_iter_next((json_t *)value, i), entry++) {
		at.name = json_object_iter_key(i);
		at.len = json_object_iter_key_len(i);
		(*entry)->key = fly_arena_strndup(v->arena, at.name, at.len);
		if (!(*entry)->key)
			return fly_value_no_memory(v);
		ret = fly_value_convert(v, &at, json_object_iter_value(i), item, &(*entry)->value);
	}
	return ret ? ret : fly_value_made(v, lit, out);
}

int fly_value_variant(const struct fly_values *v, const struct fly_doc_where *where,
		      const json_t *value, const Flyteidl__Core__UnionType *u, bool exact,
		      Flyteidl__Core__Literal **out)
{
	struct fly_values trial = *v;
	Flyteidl__Core__Literal *inner;
	int ret;

	trial.why = NULL;
	trial.exact = exact;
	for (size_t i = 0; i < u->n_variants; i++) {
		ret = fly_value_convert(&trial, where, value, u->variants[i], &inner);
		if (ret == -ENOMEM)
			return fly_value_no_memory(v);
		if (!ret)
			return fly_value_made(v, fly_literal_union(v->arena, u->variants[i], inner),
					      out);
	}
	return -EINVAL;
}

int fly_value_convert(const struct fly_values *v, const struct fly_doc_where *where,
		      const json_t *value, const Flyteidl__Core__LiteralType *type,
		      Flyteidl__Core__Literal **out)
{
	switch (type ? type->type_case : FLY_TYPE(_NOT_SET)) {
	case FLY_TYPE(SIMPLE):
		return v->rules->simple(v, where, value, type->simple, out);
	case FLY_TYPE(ENUM_TYPE):
		return v->rules->choice(v, where, value, type->enum_type, out);
	case FLY_TYPE(BLOB):
	case FLY_TYPE(SCHEMA):
	case FLY_TYPE(STRUCTURED_DATASET_TYPE):
		return v->rules->stored(v, where, value, type, out);
	case FLY_TYPE(COLLECTION_TYPE):
		return from_array(v, where, value, type->collection_type, out);
	case FLY_TYPE(MAP_VALUE_TYPE):
		return from_object(v, where, value, type->map_value_type, out);
	case FLY_TYPE(UNION_TYPE):
		return v->rules->either(v, where, value, type, out);
	default:
		return FLY_VALUE_BAD(v, where, "the declared type does not say what it is");
	}
}

int fly_value_read(const struct fly_values *v, const json_t *value, const char *path,
		   const Flyteidl__Core__LiteralType *type, Flyteidl__Core__Literal **out)
{
	const struct fly_doc_where top = {.name = path, .len = strlen(path)};
	Flyteidl__Core__Literal *lit;
	int ret = fly_value_convert(v, &top, value, type, &lit);

	if (!ret)
		*out = lit;
	return ret;
}

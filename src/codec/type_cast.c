/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a value of one type may go where another is declared. Knows no values.
 * Source: flyte-api §2.5, flyte-engine §5.2.
 */
#include "types.h"

#include <strings.h>

#define SIMPLE(name) FLYTEIDL__CORE__SIMPLE_TYPE__##name
#define TYPE(name) FLYTEIDL__CORE__LITERAL_TYPE__TYPE_##name
#define COLUMN(name) FLYTEIDL__CORE__SCHEMA_TYPE__SCHEMA_COLUMN__SCHEMA_COLUMN_TYPE__##name

static bool castable(unsigned *steps, const Flyteidl__Core__LiteralType *from,
		     const Flyteidl__Core__LiteralType *to);
static bool fits(unsigned *steps, const Flyteidl__Core__LiteralType *from,
		 const Flyteidl__Core__LiteralType *to);

static bool is_simple(const Flyteidl__Core__LiteralType *type, Flyteidl__Core__SimpleType simple)
{
	return type->type_case == TYPE(SIMPLE) && type->simple == simple;
}

/* Counts a step; false once there were too many. */
static bool step(unsigned *steps)
{
	if (!*steps)
		return false;
	--*steps;
	return true;
}

/* --- simple types and enums ------------------------------------------------------ */

static const char *tag_of(const Flyteidl__Core__LiteralType *type)
{
	return type->structure ? type->structure->tag : "";
}

static bool same_values(const Flyteidl__Core__EnumType *a, const Flyteidl__Core__EnumType *b)
{
	if (a->n_values != b->n_values)
		return false;
	for (size_t i = 0; i < a->n_values; i++) {
		if (strcmp(a->values[i], b->values[i]))
			return false;
	}
	return true;
}

static bool simple_fits(unsigned *steps, const Flyteidl__Core__LiteralType *from,
			const Flyteidl__Core__LiteralType *to)
{
	if (from->type_case == TYPE(ENUM_TYPE) && is_simple(to, SIMPLE(STRING)))
		return true;
	if (to->type_case == TYPE(ENUM_TYPE) && is_simple(from, SIMPLE(STRING)))
		return true;
	if (*tag_of(from) && strcmp(tag_of(from), tag_of(to)))
		return false;
	if (from->type_case != to->type_case)
		return false;
	if (is_simple(from, SIMPLE(STRUCT)) && is_simple(to, SIMPLE(STRUCT)))
		return !from->metadata || !to->metadata ||
		       fly_schema_satisfies(from->metadata, to->metadata, steps);
	switch (to->type_case) {
	case TYPE(SIMPLE):
		return from->simple == to->simple;
	case TYPE(ENUM_TYPE):
		return same_values(from->enum_type, to->enum_type);
	default:
		return true;	/* neither says what it is */
	}
}

/* --- blobs, schemas, structured datasets --------------------------------------------- */

static bool same_format(const char *a, const char *b)
{
	return !*a || !*b || !strcmp(a, b);
}

static bool is_parquet(const char *format)
{
	return !*format || !strcasecmp(format, "parquet");
}

static bool column_is(Flyteidl__Core__SchemaType__SchemaColumn__SchemaColumnType column,
		      const Flyteidl__Core__LiteralType *type)
{
	static const Flyteidl__Core__SimpleType simple[] = {
		[COLUMN(INTEGER)] = SIMPLE(INTEGER), [COLUMN(FLOAT)] = SIMPLE(FLOAT),
		[COLUMN(STRING)] = SIMPLE(STRING), [COLUMN(BOOLEAN)] = SIMPLE(BOOLEAN),
		[COLUMN(DATETIME)] = SIMPLE(DATETIME), [COLUMN(DURATION)] = SIMPLE(DURATION),
	};

	return type && (unsigned)column < FLY_ARRAY_LEN(simple) && is_simple(type, simple[column]);
}

/* The last of that name, NULL when there is none or the steps ran out. */
static const Flyteidl__Core__SchemaType__SchemaColumn *
schema_column(unsigned *steps, const Flyteidl__Core__SchemaType *schema, const char *name)
{
	for (size_t i = schema->n_columns; i && step(steps); i--) {
		if (!strcmp(schema->columns[i - 1]->name, name))
			return schema->columns[i - 1];
	}
	return NULL;
}

static const Flyteidl__Core__StructuredDatasetType__DatasetColumn *
dataset_column(unsigned *steps, const Flyteidl__Core__StructuredDatasetType *dataset,
	       const char *name)
{
	for (size_t i = dataset->n_columns; i && step(steps); i--) {
		if (!strcmp(dataset->columns[i - 1]->name, name))
			return dataset->columns[i - 1];
	}
	return NULL;
}

/* Each wanted column must be among the given ones, unless either side names none. */

static bool schema_from_schema(unsigned *steps, const Flyteidl__Core__SchemaType *from,
			       const Flyteidl__Core__SchemaType *to)
{
	for (size_t i = 0; i < to->n_columns && from->n_columns; i++) {
		const Flyteidl__Core__SchemaType__SchemaColumn *given =
			schema_column(steps, from, to->columns[i]->name);

		if (!given || given->type != to->columns[i]->type)
			return false;
	}
	return true;
}

static bool schema_from_dataset(unsigned *steps, const Flyteidl__Core__StructuredDatasetType *from,
				const Flyteidl__Core__SchemaType *to)
{
	if (!is_parquet(from->format))
		return false;
	for (size_t i = 0; i < to->n_columns && from->n_columns; i++) {
		const Flyteidl__Core__StructuredDatasetType__DatasetColumn *given =
			dataset_column(steps, from, to->columns[i]->name);

		if (!given || !column_is(to->columns[i]->type, given->literal_type))
			return false;
	}
	return true;
}

static bool dataset_from_schema(unsigned *steps, const Flyteidl__Core__SchemaType *from,
				const Flyteidl__Core__StructuredDatasetType *to)
{
	if (!is_parquet(to->format))
		return false;
	for (size_t i = 0; i < to->n_columns && from->n_columns; i++) {
		const Flyteidl__Core__SchemaType__SchemaColumn *given =
			schema_column(steps, from, to->columns[i]->name);

		if (!given || !column_is(given->type, to->columns[i]->literal_type))
			return false;
	}
	return true;
}

static bool dataset_from_dataset(unsigned *steps,
				 const Flyteidl__Core__StructuredDatasetType *from,
				 const Flyteidl__Core__StructuredDatasetType *to)
{
	if (*from->format && *to->format && strcasecmp(from->format, to->format))
		return false;
	for (size_t i = 0; i < to->n_columns && from->n_columns; i++) {
		const Flyteidl__Core__StructuredDatasetType__DatasetColumn *given =
			dataset_column(steps, from, to->columns[i]->name);

		if (!given || !fits(steps, given->literal_type, to->columns[i]->literal_type))
			return false;
	}
	return true;
}

static bool schema_fits(unsigned *steps, const Flyteidl__Core__LiteralType *from,
			const Flyteidl__Core__SchemaType *to)
{
	if (from->type_case == TYPE(SCHEMA))
		return schema_from_schema(steps, from->schema, to);
	if (from->type_case == TYPE(STRUCTURED_DATASET_TYPE))
		return schema_from_dataset(steps, from->structured_dataset_type, to);
	return false;
}

static bool dataset_fits(unsigned *steps, const Flyteidl__Core__LiteralType *from,
			 const Flyteidl__Core__StructuredDatasetType *to)
{
	if (is_simple(from, SIMPLE(NONE)))
		return true;
	if (from->type_case == TYPE(SCHEMA))
		return dataset_from_schema(steps, from->schema, to);
	if (from->type_case == TYPE(STRUCTURED_DATASET_TYPE))
		return dataset_from_dataset(steps, from->structured_dataset_type, to);
	return false;
}

/* --- unions ----------------------------------------------------------------------- */

static size_t count_matches(unsigned *steps, const Flyteidl__Core__LiteralType *from,
			    const Flyteidl__Core__UnionType *to, size_t enough)
{
	size_t matches = 0;

	for (size_t i = 0; i < to->n_variants && matches < enough; i++)
		matches += castable(steps, from, to->variants[i]);
	return matches;
}

static bool union_fits(unsigned *steps, const Flyteidl__Core__LiteralType *from,
		       const Flyteidl__Core__UnionType *to)
{
	/* What is no union has to say by itself which variant it is. */
	if (from->type_case != TYPE(UNION_TYPE))
		return count_matches(steps, from, to, 2) == 1;
	for (size_t i = 0; i < from->union_type->n_variants; i++) {
		if (!count_matches(steps, from->union_type->variants[i], to, 1))
			return false;
	}
	return true;
}

/* --- all of them -------------------------------------------------------------------- */

/* Items: those of an empty collection or map fit anywhere. */
static bool items_fit(unsigned *steps, const Flyteidl__Core__LiteralType *from,
		      const Flyteidl__Core__LiteralType *to)
{
	return is_simple(from, SIMPLE(NONE)) || fits(steps, from, to);
}

static bool fits(unsigned *steps, const Flyteidl__Core__LiteralType *from,
		 const Flyteidl__Core__LiteralType *to)
{
	if (!from || !to || !step(steps))
		return false;
	switch (to->type_case) {
	case TYPE(COLLECTION_TYPE):
		return from->type_case == TYPE(COLLECTION_TYPE) &&
		       items_fit(steps, from->collection_type, to->collection_type);
	case TYPE(MAP_VALUE_TYPE):
		return from->type_case == TYPE(MAP_VALUE_TYPE) &&
		       items_fit(steps, from->map_value_type, to->map_value_type);
	case TYPE(BLOB):
		return from->type_case == TYPE(BLOB) &&
		       same_format(from->blob->format, to->blob->format);
	case TYPE(SCHEMA):
		return schema_fits(steps, from, to->schema);
	case TYPE(STRUCTURED_DATASET_TYPE):
		return dataset_fits(steps, from, to->structured_dataset_type);
	case TYPE(UNION_TYPE):
		return union_fits(steps, from, to->union_type);
	default:
		if (is_simple(to, SIMPLE(NONE)))
			return is_simple(from, SIMPLE(NONE));
		return simple_fits(steps, from, to);
	}
}

static bool castable(unsigned *steps, const Flyteidl__Core__LiteralType *from,
		     const Flyteidl__Core__LiteralType *to)
{
	if (!from || !to)
		return false;
	/* A union of one variant counts as that variant too; not so inside collections. */
	if (from->type_case == TYPE(UNION_TYPE) && from->union_type->n_variants == 1 &&
	    fits(steps, from->union_type->variants[0], to))
		return true;
	return fits(steps, from, to);
}

bool fly_type_castable(const Flyteidl__Core__LiteralType *from,
		       const Flyteidl__Core__LiteralType *to)
{
	unsigned steps = FLY_CAST_STEPS;
	bool yes = castable(&steps, from, to);

	/* Run out of steps inside "exactly one variant", a yes may be a missed second one. */
	return yes && steps;
}

/* --- what may stand for a value ----------------------------------------------- */

static bool admits(const Flyteidl__Core__LiteralType *type,
		   bool (*plain)(const Flyteidl__Core__LiteralType *type))
{
	size_t i;

	if (!type || type->type_case != TYPE(UNION_TYPE))
		return type && plain(type);
	for (i = 0; i < type->union_type->n_variants; i++) {
		if (admits(type->union_type->variants[i], plain))
			return true;
	}
	return false;
}

static bool is_none(const Flyteidl__Core__LiteralType *type)
{
	return is_simple(type, SIMPLE(NONE));
}

static bool is_stored(const Flyteidl__Core__LiteralType *type)
{
	return type->type_case == TYPE(BLOB) || type->type_case == TYPE(SCHEMA) ||
	       type->type_case == TYPE(STRUCTURED_DATASET_TYPE);
}

bool fly_type_admits_none(const Flyteidl__Core__LiteralType *type)
{
	return admits(type, is_none);
}

bool fly_type_admits_path(const Flyteidl__Core__LiteralType *type)
{
	return admits(type, is_stored);
}

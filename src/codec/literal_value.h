/* SPDX-License-Identifier: Apache-2.0 */
/*
 * literal_value: values of a JSON document into literals of a declared type: the walk that is the
 * same whoever wrote them. What a simple value may look like is each reader's own.
 */
#ifndef FLYTEFS_CODEC_LITERAL_VALUE_H
#define FLYTEFS_CODEC_LITERAL_VALUE_H

#include "doc.h"
#include "literal.h"

struct fly_values;

/* How one kind of document says values. Each function: 0, -EINVAL with words, -ENOMEM. */
struct fly_value_rules {
	int (*simple)(const struct fly_values *v, const struct fly_doc_where *where,
		      const json_t *value, Flyteidl__Core__SimpleType simple,
		      Flyteidl__Core__Literal **out);
	int (*choice)(const struct fly_values *v, const struct fly_doc_where *where,
		      const json_t *value, const Flyteidl__Core__EnumType *e,
		      Flyteidl__Core__Literal **out);
	int (*stored)(const struct fly_values *v, const struct fly_doc_where *where,
		      const json_t *value, const Flyteidl__Core__LiteralType *type,
		      Flyteidl__Core__Literal **out);
	int (*either)(const struct fly_values *v, const struct fly_doc_where *where,
		      const json_t *value, const Flyteidl__Core__LiteralType *type,
		      Flyteidl__Core__Literal **out);
	const char *list, *map; /* what the document's readers call them: "an array" */
};

/* One reading. */
struct fly_values {
	const struct fly_value_rules *rules;
	struct fly_doc *doc;
	struct fly_arena *arena;
	struct fly_why *why; /* NULL while variants of a union are tried */
	bool exact;	     /* only values that JSON has in that very kind */
};

#define FLY_VALUE_BAD(v, where, ...) fly_doc_fail_at((v)->doc, (v)->why, where, false, __VA_ARGS__)

static inline int fly_value_made(const struct fly_values *v, Flyteidl__Core__Literal *lit,
				 Flyteidl__Core__Literal **out)
{
	return fly_literal_made(lit, v->why, out);
}

static inline int fly_value_no_memory(const struct fly_values *v)
{
	return fly_literal_made(NULL, v->why, NULL);
}

/** "expected WANTED, got a string" */
int fly_value_wants(const struct fly_values *v, const struct fly_doc_where *where,
		    const char *wanted, const json_t *value);
/** It fits no variant of a union. */
int fly_value_fits_none(const struct fly_values *v, const struct fly_doc_where *where,
			const json_t *value, const Flyteidl__Core__LiteralType *type);

/** A value of any type; *out only on success. */
int fly_value_convert(const struct fly_values *v, const struct fly_doc_where *where,
		      const json_t *value, const Flyteidl__Core__LiteralType *type,
		      Flyteidl__Core__Literal **out);
/** The first variant of a union that takes the value; -EINVAL, without words: none does. */
int fly_value_variant(const struct fly_values *v, const struct fly_doc_where *where,
		      const json_t *value, const Flyteidl__Core__UnionType *u, bool exact,
		      Flyteidl__Core__Literal **out);
/** fly_value_convert from the top; path: where value is in the document. */
int fly_value_read(const struct fly_values *v, const json_t *value, const char *path,
		   const Flyteidl__Core__LiteralType *type, Flyteidl__Core__Literal **out);

#endif

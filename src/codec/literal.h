/* SPDX-License-Identifier: Apache-2.0 */
/*
 * literal: what the files about literals share: making scalars, reading simple values, numbers
 * as Go writes them. Knows no JSON.
 */
#ifndef FLYTEFS_CODEC_LITERAL_H
#define FLYTEFS_CODEC_LITERAL_H

#include "flytefs/codec.h"

#define FLY_SIMPLE(name) FLYTEIDL__CORE__SIMPLE_TYPE__##name
#define FLY_TYPE(name) FLYTEIDL__CORE__LITERAL_TYPE__TYPE_##name
#define FLY_LITERAL(name) FLYTEIDL__CORE__LITERAL__VALUE_##name
#define FLY_SCALAR(name) FLYTEIDL__CORE__SCALAR__VALUE_##name
#define FLY_PRIMITIVE(name) FLYTEIDL__CORE__PRIMITIVE__VALUE_##name

/* The tag of binaries that hold MessagePack: flytekit's dataclasses and dicts. */
#define FLY_MSGPACK_TAG "msgpack"

/* --- making: each NULL when memory runs out -------------------------------------- */

/** *out is lit; NULL: -ENOMEM with its sentence. */
int fly_literal_made(Flyteidl__Core__Literal *lit, struct fly_why *why,
		     Flyteidl__Core__Literal **out);
/** A literal with a scalar of this case, whose value the caller sets. */
Flyteidl__Core__Literal *fly_literal_scalar(struct fly_arena *arena,
					    Flyteidl__Core__Scalar__ValueCase value_case);
/** A literal with a primitive of this case, whose value the caller sets. */
Flyteidl__Core__Literal *fly_literal_primitive(struct fly_arena *arena,
					       Flyteidl__Core__Primitive__ValueCase value_case);
/** A string, copied. */
Flyteidl__Core__Literal *fly_literal_string(struct fly_arena *arena, const char *text, size_t len);
/** A binary, data copied. */
Flyteidl__Core__Literal *fly_literal_binary(struct fly_arena *arena, const void *data, size_t len,
					    const char *tag);
Flyteidl__Core__Literal *fly_literal_none(struct fly_arena *arena);
/** An error with this message, copied. */
Flyteidl__Core__Literal *fly_literal_error(struct fly_arena *arena, const char *text, size_t len);
/** A blob, schema or structured dataset of the declared type (which is borrowed), uri copied. */
Flyteidl__Core__Literal *fly_literal_stored(struct fly_arena *arena,
					    const Flyteidl__Core__LiteralType *type,
					    const char *uri, size_t len);
/** A union of this variant (borrowed) around a value. */
Flyteidl__Core__Literal *fly_literal_union(struct fly_arena *arena,
					   const Flyteidl__Core__LiteralType *variant,
					   Flyteidl__Core__Literal *value);
/** A collection or map of n items that the caller puts in (a map's keys too). */
Flyteidl__Core__Literal *fly_literal_collection(struct fly_arena *arena, size_t n);
Flyteidl__Core__Literal *fly_literal_map(struct fly_arena *arena, size_t n);

/* --- declared types ------------------------------------------------------------------ */

/** Is the text one of an enum's values? */
bool fly_enum_has(const Flyteidl__Core__EnumType *e, const char *text, size_t len);
/** "red, green, blue" */
void fly_enum_list(const Flyteidl__Core__EnumType *e, struct fly_buf *b);
/** The one variant beside NONE; NULL when there are more or none. */
const Flyteidl__Core__LiteralType *fly_union_only(const Flyteidl__Core__UnionType *u);

/* What is not in the message itself: whoever reads it later stands in another directory. */
#define FLY_STORED_WANTS "a path that begins with / or a URI"
bool fly_is_place(const char *text, size_t len);

/* --- simple values as text ---------------------------------------------------------- */

/**
 * INTEGER, FLOAT, BOOLEAN, DATETIME or DURATION from its text, in the forms that Go reads; loose
 * also takes what fly_time_loose does. Blanks around it are the caller's to drop.
 * Errors: -EINVAL (not of that type), -ERANGE (of it, but too large), -ENOMEM.
 */
int fly_simple_parse(Flyteidl__Core__SimpleType simple, const char *text, size_t len, bool loose,
		     struct fly_arena *arena, Flyteidl__Core__Literal **out);
/** A float alone. Errors: -EINVAL, -ERANGE (would be infinite), -ENOMEM. */
int fly_go_float_parse(const char *text, size_t len, double *out);
/** What such a text should have been: "a whole number". */
const char *fly_simple_wants(Flyteidl__Core__SimpleType simple);
/** Drop blanks, tabs and newlines at both ends. */
void fly_trim(const char **text, size_t *len);

/* --- numbers as Go writes them ----------------------------------------------------- */

/** %v: exponent form below 1e-4 and from 1e+06 on. */
void fly_go_float(struct fly_buf *b, double value);
/** Never an exponent. */
void fly_go_plain_float(struct fly_buf *b, double value);

#endif

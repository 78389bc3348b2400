/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks, workflows and launch plans as people write them: what the three shorthands share. In this
 * room only shorthand*.c and refusal_place.c see jansson.
 * Source: docs/shorthand.md.
 */
#ifndef FLYTEFS_ADMIN_SHORTHAND_H
#define FLYTEFS_ADMIN_SHORTHAND_H

#include <jansson.h>

#include "document.h"

#define SHORTHAND_CONFIG "flytefs"	/* TaskTemplate.config of a task written so … */
#define SHORTHAND_MARK "shorthand"	/* … and its value */

/* One document under way. All that is made lies in arena. */
struct shorthand {
	struct fly_db *db;
	struct fly_doc *doc;
	const Flyteidl__Core__Identifier *id;	/* of what is registered */
	struct fly_arena *arena;
	struct fly_why *why;
};

/* --- shorthand.c -------------------------------------------------------------------- */

/** Path of a member or an element below parent; NULL without memory. */
const char *shorthand_member(const struct shorthand *s, const char *parent, const char *name);
const char *shorthand_element(const struct shorthand *s, const char *parent, size_t index);
/** Fail at a path with the status and the words of an inner failure. */
int shorthand_fail(const struct shorthand *s, const char *path, const struct fly_why *inner);
/** Is value an object with these keys only (NULL-terminated)? */
int shorthand_check_keys(const struct shorthand *s, const json_t *value, const char *path,
			 const char *const *keys);
/** A string member; absent: *out untouched. */
int shorthand_string(const struct shorthand *s, const json_t *object, const char *path,
		     const char *key, const char **out);
/** A whole number from 0 to max; absent: *out untouched. */
int shorthand_count(const struct shorthand *s, const json_t *object, const char *path,
		    const char *key, uint32_t max, uint32_t *out);
/** Go's duration text, more than nothing; absent: *out untouched. */
int shorthand_duration(const struct shorthand *s, const json_t *object, const char *path,
		       const char *key, Google__Protobuf__Duration **out);
/** A name that is also a file's and a variable's: letters, digits, '_', not a digit first. */
int shorthand_check_name(const struct shorthand *s, const char *path, const char *name);
/**
 * {NAME: "TYPE"} or {NAME: {"type", "description", "default"}} into variables.
 * @defaults  parameters of those with a default; NULL: none may have one
 */
int shorthand_variables(const struct shorthand *s, const json_t *object, const char *key,
			Flyteidl__Core__VariableMap **out,
			Flyteidl__Core__ParameterMap *defaults);
/** Add to a map with room for one more (see shorthand_room); NULL without memory. */
Flyteidl__Core__Variable *shorthand_add_variable(const struct shorthand *s,
						 Flyteidl__Core__VariableMap *map,
						 const char *name,
						 Flyteidl__Core__LiteralType *type);
/** An empty map of variables with room for n. */
Flyteidl__Core__VariableMap *shorthand_room(const struct shorthand *s, size_t n);
/** NAME or NAME@VERSION of a kind, with its blobs. NOT_FOUND at path. */
int shorthand_find(const struct shorthand *s, enum fly_kind kind, const char *path,
		   const char *text, struct fly_entity *out);
/** "DESCRIPTION" into a DescriptionEntity; NULL for NULL. */
int shorthand_description(const struct shorthand *s, const json_t *object,
			  Flyteidl__Admin__DescriptionEntity **out);

/* --- the three ---------------------------------------------------------------------- */

int shorthand_task(const struct shorthand *s, json_t *root, struct fly_entity_document *out);
int shorthand_workflow(const struct shorthand *s, json_t *root, struct fly_entity_document *out);
int shorthand_launch_plan(const struct shorthand *s, json_t *root,
			  struct fly_entity_document *out);

/* --- shorthand_map.c ---------------------------------------------------------------- */

/** The task that an array node over a task refers to: mapped inputs and outputs in lists. */
int shorthand_map_task(const struct shorthand *s, const char *path,
		       const Flyteidl__Core__TaskTemplate *task, const char *const *mapped,
		       size_t n_mapped, Flyteidl__Core__TaskTemplate **out);

#endif

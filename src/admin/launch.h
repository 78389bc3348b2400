/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what a person wrote to the request it means: parts that the forms (JSON, wire, exec file)
 * share.
 */
#ifndef FLYTEFS_ADMIN_LAUNCH_H
#define FLYTEFS_ADMIN_LAUNCH_H

#include "admin_private.h"

/* One document under way. All that is made lies in arena. */
struct fly_launch {
	struct fly_db *db;
	const char *project, *domain, *name;	/* the path's; name "": to be generated */
	struct fly_arena *arena;
	struct fly_why *why;
	const struct fly_input_text *texts;	/* inputs/VAR, which win */
	size_t n_texts;
	Flyteidl__Admin__ExecutionCreateRequest *req;
};

/* What runs, and the inputs it takes. */
struct fly_launch_target {
	const char *words;	/* "launch plan train@v3" */
	const Flyteidl__Core__ParameterMap *inputs;	/* never NULL */
};

/* --- launch_target.c ---------------------------------------------------- */

/**
 * NAME or NAME@VERSION in the document's project and domain; without a version the active launch
 * plan, else the newest. NOT_FOUND.
 */
int fly_launch_find(const struct fly_launch *l, enum fly_kind kind, const char *text,
		    Flyteidl__Core__Identifier **out, struct fly_why *why);
/** The inputs that what l->req names takes. NOT_FOUND, INVALID_ARGUMENT. */
int fly_launch_target(const struct fly_launch *l, struct fly_launch_target *out,
		      struct fly_why *why);
/** NULL when the target has no such input. */
const Flyteidl__Core__Parameter *fly_launch_input(const struct fly_launch_target *t,
						  const char *name);
/**
 * Of an input that a document gives at path: its declared type. INVALID_ARGUMENT there: it has none.
 */
int fly_launch_input_type(const struct fly_launch *l, const struct fly_launch_target *t,
			  struct fly_doc *doc, const char *path, const char *name,
			  const Flyteidl__Core__LiteralType **out);
/** Path of an input below inputs ("spec.inputs"); NULL without memory. */
const char *fly_launch_input_path(const struct fly_launch *l, const char *inputs,
				  const char *name);
/** "launch plan train@v3 has no input y: it takes a (integer), b (string)". */
void fly_launch_describe_inputs(const struct fly_launch_target *t, const char *name,
				struct fly_buf *b);
/** Set, or replace, one entry of a map in arena. -ENOMEM. */
int fly_launch_put(Flyteidl__Core__LiteralMap *map, const char *name, Flyteidl__Core__Literal *lit,
		   struct fly_arena *arena, struct fly_why *why);

/* --- shorthand_execution.c, shorthand_exec_file.c ----------------------- */

/**
 * ExecutionSpec, ExecutionCreateRequest or the shorthand into l->req. "LINE:COLUMN: path: reason".
 */
int fly_launch_read_json(struct fly_launch *l, const char *text, size_t len);
/** flytectl's exec file into l->req. */
int fly_launch_read_exec_file(struct fly_launch *l, const char *text, size_t len);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What inputs and outputs as files have in common, for raw containers and for shorthand tasks. */
#ifndef FLYTEFS_ENGINE_FILES_H
#define FLYTEFS_ENGINE_FILES_H

#include "model.h"

/** May the name of a variable be the name of a file? */
bool fly_files_good_name(const char *name);
/** A literal of a blob found at path. NULL: no memory. */
Flyteidl__Core__Literal *fly_files_blob(struct fly_arena *arena, const char *format, bool is_dir,
					const char *path);
/** Add an entry to a map that has room. */
int fly_files_put(struct fly_arena *arena, Flyteidl__Core__LiteralMap *map, const char *name,
		  Flyteidl__Core__Literal *lit);
/** An empty map with room for n. */
Flyteidl__Core__LiteralMap *fly_files_map(struct fly_arena *arena, size_t n);
/** A text as data of a step, in the arena. */
int fly_files_step(struct fly_command *c, enum fly_step_kind kind, const char *path,
		   const char *data, size_t len);
/** Declared outputs of a task: n and the entries. */
size_t fly_files_outputs(const Flyteidl__Core__TaskTemplate *task,
			 Flyteidl__Core__VariableMap__VariablesEntry *const **out);
/** What was found where an output should lie, as a literal of its type. */
typedef int fly_files_take_fn(const Flyteidl__Core__LiteralType *type,
			      const struct fly_found *found, struct fly_arena *arena,
			      Flyteidl__Core__Literal **out, struct fly_why *why);
/** All declared outputs; found: what lay there, in the same order. */
int fly_files_take(const Flyteidl__Core__TaskTemplate *task, const struct fly_found *found,
		   fly_files_take_fn *take, struct fly_arena *arena,
		   Flyteidl__Core__LiteralMap **out, struct fly_why *why);

#endif

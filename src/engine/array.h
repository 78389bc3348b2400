/* SPDX-License-Identifier: Apache-2.0 */
/* array: the values of a map: sizes, items, lists of outputs, the sentence of a failure. */
#ifndef FLYTEFS_ENGINE_ARRAY_H
#define FLYTEFS_ENGINE_ARRAY_H

#include "model.h"

/** How many items, from the inputs' lists. -EINVAL with why: lengths differ, or no list. */
int fly_array_size(const Flyteidl__Core__ArrayNode *array, const Flyteidl__Core__LiteralMap *inputs,
		   size_t *out, struct fly_why *why);
/** Inputs of one item: its item of every list that is not bound, the rest as it is. */
int fly_array_inputs(const Flyteidl__Core__ArrayNode *array,
		     const Flyteidl__Core__LiteralMap *inputs, size_t index,
		     struct fly_arena *arena, Flyteidl__Core__LiteralMap **out);
/** The task as one item runs it: outputs are items, not lists. NULL: no memory. */
Flyteidl__Core__TaskTemplate *fly_array_task(struct fly_arena *arena,
					     const Flyteidl__Core__TaskTemplate *task);
/** Lists of the items' outputs (NULL: a gap) by the task's interface. */
int fly_array_outputs(struct fly_arena *arena, const Flyteidl__Core__TaskTemplate *task,
		      Flyteidl__Core__LiteralMap *const *items, size_t n,
		      Flyteidl__Core__LiteralMap **out);
/** How many must succeed. */
size_t fly_array_needed(const Flyteidl__Core__ArrayNode *array, size_t size);
/** "[0-2][5]: message" lines, items of one message together. NULL messages are left out. */
void fly_array_summary(const char *const *messages, size_t n, struct fly_buf *b);

#endif

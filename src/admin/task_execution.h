/* SPDX-License-Identifier: Apache-2.0 */
/* Node and task executions as readers are shown them, made of rows. */
#ifndef FLYTEFS_ADMIN_TASK_EXECUTION_H
#define FLYTEFS_ADMIN_TASK_EXECUTION_H

#include "flytefs/admin.h"

/**
 * The stored message, with a link in place of outputs kept inline; in arena. closure is never
 * NULL.
 */
int fly_task_execution_message(const struct fly_attempt *t, struct fly_arena *arena,
			       Flyteidl__Admin__TaskExecution **out, struct fly_why *why);
int fly_node_execution_message(const struct fly_node *n, struct fly_arena *arena,
			       Flyteidl__Admin__NodeExecution **out, struct fly_why *why);
/**
 * Cut an error's message to what lists show: at most 100 bytes, at the border of a character. NULL
 * passes.
 */
void fly_cut_error(Flyteidl__Core__ExecutionError *error);
/**
 * `flyte://v1/PROJECT/DOMAIN/EXECUTION/NODE[/ATTEMPT]/WHAT`; attempt < 0: none. NULL: out of
 * memory.
 */
char *fly_flyte_link(const Flyteidl__Core__NodeExecutionIdentifier *node, int64_t attempt,
		     char what, struct fly_arena *arena);
/** The links of inputs and outputs, of the deck where there is one. */
int fly_flyte_links(const Flyteidl__Core__NodeExecutionIdentifier *node, int64_t attempt,
		    bool has_deck, struct fly_arena *arena, Flyteidl__Admin__FlyteURLs **out,
		    struct fly_why *why);

#endif

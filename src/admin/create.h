/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One execution in the making: what CreateExecution, RelaunchExecution and RecoverExecution share.
 * A request is prepared on the caller's thread against one snapshot; the prepared row is inserted by
 * one unit of work.
 */
#ifndef FLYTEFS_ADMIN_CREATE_H
#define FLYTEFS_ADMIN_CREATE_H

#include "admin_private.h"

struct fly_put_write;

#define FLY_GENERATED_LETTERS 19	/* behind the leading 'a' */
#define FLY_DEFAULT_PARALLELISM 25
#define FLY_TAG_MAX 255

/* Lies in call->arena, as does everything it points to. */
struct fly_create {
	struct fly_write write;
	struct fly_caller owner;			/* whose the run is: the caller's, or its source's */
	struct fly_execution row;
	struct fly_tag *tags;
	size_t n_tags;
	Flyteidl__Admin__ExecutionSpec *spec;		/* the request's, completed; a copy of its own */
	Flyteidl__Admin__ExecutionClosure *closure;
	struct fly_project project;
	/* what is launched */
	Flyteidl__Admin__LaunchPlanSpec *plan;		/* NULL: a task */
	Flyteidl__Core__ParameterMap *expected;		/* its inputs */
	Flyteidl__Core__LiteralMap *fixed;		/* NULL: none */
	const char *target;				/* "launch plan w.int@v1", for sentences */
	int64_t plan_named;				/* row that groups the plan's versions */
	struct fly_put_write *generated;		/* a task's workflow and plan; NULL: they exist */
	/* inputs */
	const Flyteidl__Core__LiteralMap *user_inputs;	/* NULL or empty: none */
	Flyteidl__Core__LiteralMap *inputs;		/* merged */
	bool inputs_are_given;				/* nothing was added to the user's */
	int64_t source;					/* row relaunched or recovered; 0: none */
	bool refused;					/* by the backend: it is stored FAILED */
};

/**
 * Prepare and submit; req as described there. source: the run this one is made from (NULL: none), to
 * whose owner it belongs and as private as which it is. Finishes the call in every case.
 */
void fly_create_submit(struct fly_admin *a, struct fly_call *call,
		       const Flyteidl__Admin__ExecutionCreateRequest *req,
		       const struct fly_execution *source);

/* --- generated_name.c ------------------------------------------------------------------------ */

/** 'a' and 19 letters and digits, in arena. */
int fly_generate_name(struct fly_arena *arena, const char **out, struct fly_why *why);

/* --- inputs.c -------------------------------------------------------------------------------- */

/** Keys that are not empty, literals that hold something, times in range. NULL passes. */
int fly_check_inputs(const Flyteidl__Core__LiteralMap *inputs, struct fly_why *why);
/** c->user_inputs with the target's defaults and fixed inputs, type-checked, into c->inputs. */
int fly_merge_inputs(struct fly_create *c, struct fly_arena *arena, struct fly_why *why);

/* --- metadata.c ------------------------------------------------------------------------------ */

/** Complete c->spec->metadata; sets the row's user, mode_of_start and parent_node. */
int fly_complete_metadata(struct fly_create *c, struct fly_db *db, struct fly_arena *arena,
			  struct fly_why *why);

/* --- settings.c ------------------------------------------------------------------------------ */

/** max_parallelism, security_context, project labels into c->spec. */
int fly_complete_settings(struct fly_create *c, struct fly_arena *arena, struct fly_why *why);
/** c->tags from the tags and labels of c->spec, each key once. INVALID_ARGUMENT. */
int fly_collect_tags(struct fly_create *c, struct fly_arena *arena, struct fly_why *why);

/* --- notifications.c ------------------------------------------------------------------------- */

/** The list that applies, into c->closure. */
void fly_complete_notifications(struct fly_create *c);

/* --- target.c -------------------------------------------------------------------------------- */

/** What c->spec->launch_plan names into c: inputs, plan, workflow. NOT_FOUND. */
int fly_find_target(struct fly_admin *a, struct fly_create *c, struct fly_db *db,
		    struct fly_arena *arena, struct fly_why *why);

/* --- task_execution.c ------------------------------------------------------------------------ */

/** A TASK as the target: its inputs, and the hidden workflow and plan it runs by. */
int fly_target_task(struct fly_admin *a, struct fly_create *c, struct fly_db *db,
		    struct fly_arena *arena, struct fly_why *why);
/** Inside the transaction: c->generated, unless another call made it meanwhile. */
int fly_put_generated(struct fly_create *c, struct fly_db *db, struct fly_why *why);

#endif

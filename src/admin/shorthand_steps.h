/* SPDX-License-Identifier: Apache-2.0 */
/* A workflow's shorthand under way: its steps, and bindings from references and plain values. */
#ifndef FLYTEFS_ADMIN_SHORTHAND_STEPS_H
#define FLYTEFS_ADMIN_SHORTHAND_STEPS_H

#include "name_index.h"
#include "shorthand.h"

struct shorthand_step {
	const char *id, *path;
	json_t *value;				/* borrowed from the document */
	const char *target;			/* "task wordcount@v1" */
	Flyteidl__Core__Node *node;
	const Flyteidl__Core__VariableMap *inputs, *outputs;
	Flyteidl__Core__TaskTemplate *task;	/* of a task's step; the derived one of a map */
	const char **mapped;			/* inputs whose lists are mapped */
	size_t n_mapped;
};

struct shorthand_steps {
	const struct shorthand *s;
	const Flyteidl__Core__VariableMap *inputs;	/* of the workflow */
	struct shorthand_step *steps;
	size_t n;
	struct name_index by_id;
};

/* shorthand_bind.c */
/** A value where type is wanted: references, lists and maps of them, constants. */
int shorthand_bind(const struct shorthand_steps *w, const json_t *value, const char *path,
		   const Flyteidl__Core__LiteralType *type, Flyteidl__Core__BindingData **out);
/** A reference ("$step.output") and the type behind it (NULL: unknown). */
int shorthand_reference(const struct shorthand_steps *w, const char *text, const char *path,
			Flyteidl__Core__BindingData **out,
			const Flyteidl__Core__LiteralType **type);
/** "$x" but not "$$x". */
bool shorthand_is_reference(const json_t *value);

/* shorthand_step.c */
/** What a step runs: its node, its interface. Ids of all steps are known. */
int shorthand_step_target(struct shorthand_steps *w, struct shorthand_step *step,
			  struct fly_entity_document *doc, Flyteidl__Admin__WorkflowSpec *spec);

/* shorthand_step_inputs.c */
/** The step's inputs, what it waits for. Targets of all steps are known. */
int shorthand_step_bind(const struct shorthand_steps *w, struct shorthand_step *step);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template: the placeholders in a task's command. Knows literals by the codec only, no files.
 * Source: flyte-engine §2.2.
 */
#ifndef FLYTEFS_ENGINE_TEMPLATE_H
#define FLYTEFS_ENGINE_TEMPLATE_H

#include "flytefs/codec.h"

enum fly_place {
	FLY_PLACE_INPUT,
	FLY_PLACE_OUTPUT_PREFIX,
	FLY_PLACE_INPUT_PREFIX,
	FLY_PLACE_RAW_OUTPUT,
	FLY_PLACE_PREV_CHECKPOINT,
	FLY_PLACE_CHECKPOINT,
	FLY_PLACE_RETRY_KEY,
	FLY_PLACE_TASK_TEMPLATE,
	FLY_PLACE_NAMESPACE,
	FLY_N_PLACES,
};

struct fly_template {
	const char *values[FLY_N_PLACES];
	const Flyteidl__Core__LiteralMap *inputs;	/* NULL: {{.inputs.x}} stays as it is */
	bool uses_task_template;			/* out: the placeholder occurred */
};

/** One element of a command with its placeholders filled, in arena. -EINVAL with why, -ENOMEM. */
int fly_template_fill(struct fly_template *t, const char *text, struct fly_arena *arena,
		      const char **out, struct fly_why *why);

#endif

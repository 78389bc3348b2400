/* SPDX-License-Identifier: Apache-2.0 */
/* condition: is a branch's condition true? Source: flyte-engine §4.7. */
#ifndef FLYTEFS_ENGINE_CONDITION_H
#define FLYTEFS_ENGINE_CONDITION_H

#include "flytefs/codec.h"
#include "flyteidl/core/condition.pb-c.h"

/** -EINVAL with why: the operands can't be compared. */
int fly_condition_evaluate(const Flyteidl__Core__BooleanExpression *e,
			   const Flyteidl__Core__LiteralMap *inputs, bool *out,
			   struct fly_why *why);

#endif

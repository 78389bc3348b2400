/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What grows in a task execution's closure from event to event: logs, reasons, custom_info,
 * metadata.
 */
#ifndef FLYTEFS_ADMIN_TASK_MERGE_H
#define FLYTEFS_ADMIN_TASK_MERGE_H

#include "flytefs/admin.h"

/** Merge what an event brings into the closure of its attempt; new parts lie in arena. -ENOMEM. */
int fly_task_merge(Flyteidl__Admin__TaskExecutionClosure *closure,
		   const Flyteidl__Event__TaskExecutionEvent *event, struct fly_arena *arena,
		   struct fly_why *why);

#endif

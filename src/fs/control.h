/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files whose every WRITE is a verb: terminate, relaunch, recover, delete of an execution, state
 * of a launch plan. Each parks until it is durable.
 */
#ifndef FLYTEFS_FS_CONTROL_H
#define FLYTEFS_FS_CONTROL_H

#include "tree.h"

/** index: FLY_RUN_TERMINATE, …_RELAUNCH, …_RECOVER, …_DELETE. FLY_PARKED or -errno. */
int fly_control_run(struct fly_request *r, const struct fly_execution *e, unsigned index,
		    struct fly_bytes data, bool from_page);
int fly_control_state(struct fly_request *r, const struct fly_entity *e, struct fly_bytes data,
		      bool from_page);

#endif

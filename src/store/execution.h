/* SPDX-License-Identifier: Apache-2.0 */
/* What reading and writing executions share. Private to the store. */
#ifndef FLYTEFS_STORE_EXECUTION_H
#define FLYTEFS_STORE_EXECUTION_H

#include "row.h"

/* e: execution. In the order in which execution.c reads. */
#define FLY_EXECUTION_COLUMNS                                                                      \
	"e.id, e.scope, e.name, e.phase, e.state, e.result, e.uid, e.gid, e.mode, e.created_ns, "  \
	"e.updated_ns, e.started_ns, e.duration_ns, e.changed_ns, e.launch_plan, e.workflow, "     \
	"e.task, e.mode_of_start, e.source_execution, e.parent_node, e.relaunched, e.cluster, "    \
	"e.user, e.abort_cause, e.error_code, e.error_kind, e.launch_entity, e.nodes_total, "      \
	"e.nodes_running, e.nodes_done, e.nodes_failed, e.sizes_version, e.sizes"

enum {
	FLY_EXECUTION_PART_SPEC,
	FLY_EXECUTION_PART_CLOSURE,
	FLY_EXECUTION_PART_INPUTS,
	FLY_EXECUTION_PART_USER_INPUTS,
	FLY_EXECUTION_PART_OUTPUTS,
};

/** A row of FLY_EXECUTION_COLUMNS; parts: FLY_EXECUTION_SPEC … */
extern const struct row_shape fly_execution_shape;

#endif

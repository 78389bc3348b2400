/* SPDX-License-Identifier: Apache-2.0 */
/* node_ends: the two nodes every graph has, nodes of no known kind, and the table of kinds. */
#include "model.h"

/* The start node is done when its frame starts. */
static int start_start(struct fly_node_run *n)
{
	return 0;
}

/* What the end node is bound to are the workflow's outputs. */
static int end_start(struct fly_node_run *n)
{
	return fly_node_succeed(n, n->inputs);
}

static int unknown_start(struct fly_node_run *n)
{
	return fly_node_fail_with(n, "UnsupportedNode", FLY_ERROR_KIND(SYSTEM),
				  "node %s has no target that can be run", n->core->id);
}

const struct fly_node_kind fly_kind_start = {.start = start_start, .resume = start_start};
const struct fly_node_kind fly_kind_end = {.start = end_start, .resume = end_start};
const struct fly_node_kind fly_kind_unknown = {.start = unknown_start, .resume = unknown_start};

const struct fly_node_kind *fly_kind_of(const Flyteidl__Core__Node *core)
{
	if (!strcmp(core->id, FLY_START_NODE))
		return &fly_kind_start;
	if (!strcmp(core->id, FLY_END_NODE))
		return &fly_kind_end;
	switch (core->target_case) {
	case FLYTEIDL__CORE__NODE__TARGET_TASK_NODE:
		return &fly_kind_task;
	case FLYTEIDL__CORE__NODE__TARGET_WORKFLOW_NODE:
		if (core->workflow_node->reference_case ==
		    FLYTEIDL__CORE__WORKFLOW_NODE__REFERENCE_LAUNCHPLAN_REF)
			return &fly_kind_launch_plan;
		return &fly_kind_workflow;
	case FLYTEIDL__CORE__NODE__TARGET_BRANCH_NODE:
		return &fly_kind_branch;
	case FLYTEIDL__CORE__NODE__TARGET_GATE_NODE:
		return &fly_kind_gate;
	case FLYTEIDL__CORE__NODE__TARGET_ARRAY_NODE:
		return &fly_kind_array;
	default:
		return &fly_kind_unknown;
	}
}

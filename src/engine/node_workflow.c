/* SPDX-License-Identifier: Apache-2.0 */
/* node_workflow: a node that holds a workflow: a frame of its own. Source: flyte-engine §4.8. */
#include "model.h"

static int open_frame(struct fly_node_run *n, struct fly_frame **out)
{
	const Flyteidl__Core__Identifier *id = n->core->workflow_node->sub_workflow_ref;
	const Flyteidl__Core__CompiledWorkflow *w = fly_frame_workflow(n->frame, id);

	if (!w)
		return -ENOENT;
	return fly_frame_create(n->run, n, w, n->frame->closure, out);
}

static int run(struct fly_node_run *n)
{
	const Flyteidl__Core__Identifier *id = n->core->workflow_node->sub_workflow_ref;
	struct fly_frame *f;
	int64_t timeout = fly_node_timeout_ns(n);
	int rc = open_frame(n, &f);

	if (rc == -ENOENT)
		return fly_node_fail_with(n, "SubWorkflowExecutionFailed", FLY_ERROR_KIND(SYSTEM),
					  "subworkflow %s@%s is not part of the workflow",
					  id ? id->name : "", id ? id->version : "");
	if (rc < 0)
		return rc;
	n->data = f;
	if (timeout)
		rc = fly_timer_set(n->run->engine, &n->timer, fly_tick_of(n->started_ns + timeout));
	return rc < 0 ? rc : fly_frame_start(f, n->inputs);
}

static int start(struct fly_node_run *n)
{
	int rc;

	n->is_parent = true;
	rc = fly_node_running(n);
	return rc < 0 ? rc : run(n);
}

static int resume(struct fly_node_run *n)
{
	n->is_parent = true;
	return run(n);
}

static int abort_workflow(struct fly_node_run *n, const char *reason)
{
	struct fly_frame *f = n->data;

	if (!f || f->state == FLY_FRAME_OVER)
		return 0;
	f->state = FLY_FRAME_OVER;
	return fly_frame_abort(f, reason);
}

static int frame_done(struct fly_node_run *n, struct fly_frame *f)
{
	if (fly_node_is_over(n))
		return 0;
	if (f->error)
		return fly_node_fail(n, f->error);
	return fly_node_succeed(n, f->outputs);
}

const struct fly_node_kind fly_kind_workflow = {
	.start = start,
	.resume = resume,
	.abort = abort_workflow,
	.frame_done = frame_done,
};

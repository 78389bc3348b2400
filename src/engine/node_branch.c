/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_branch: a conditional. The taken arm is a node that stands under the branch, but binds in
 * the branch's own scope. Source: flyte-engine §4.7.
 */
#include "model.h"

#include "condition.h"

static int malformed(struct fly_node_run *n, const char *text)
{
	return fly_node_fail_with(n, "MalformedBranchUserError", FLY_ERROR_KIND(USER), "%s", text);
}

/* *arm NULL with *error: the else branch is an error. */
static int decide(struct fly_node_run *n, const Flyteidl__Core__Node **arm, const char **error,
		  struct fly_why *why)
{
	const Flyteidl__Core__IfElseBlock *block = n->core->branch_node->if_else;
	size_t n_blocks = block ? 1 + block->n_other : 0;

	*arm = NULL;
	*error = NULL;
	for (size_t i = 0; i < n_blocks; i++) {
		const Flyteidl__Core__IfBlock *b = i ? block->other[i - 1] : block->case_;
		bool is_true = false;
		int rc = fly_condition_evaluate(b ? b->condition : NULL, n->inputs, &is_true, why);

		if (rc < 0)
			return rc;
		if (is_true) {
			*arm = b->then_node;
			break;
		}
	}
	if (!*arm && block &&
	    block->default_case == FLYTEIDL__CORE__IF_ELSE_BLOCK__DEFAULT_ELSE_NODE)
		*arm = block->else_node;
	else if (!*arm && block &&
		 block->default_case == FLYTEIDL__CORE__IF_ELSE_BLOCK__DEFAULT_ERROR)
		*error = block->error->message;
	if (!*arm && !*error)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "No branch satisfied");
	return 0;
}

struct decision {
	const Flyteidl__Core__Node *arm;
	const char *error;
	struct fly_why why;
	int rc;
};

static int carry_out(struct fly_node_run *n, const struct decision *d)
{
	struct fly_node_run *child;
	int rc;

	if (d->rc < 0)
		return malformed(n, d->why.text);
	if (d->error)
		return fly_node_fail_with(n, "UserProvidedError", FLY_ERROR_KIND(USER),
					  "[UserProvidedError] %s", d->error);
	rc = fly_node_create(n->frame, n, d->arm, &child);
	if (rc < 0)
		return rc;
	child->is_child = true;
	n->data = child;
	return 0;
}

static int child_done(struct fly_node_run *n, struct fly_node_run *child)
{
	switch (child->state) {
	case FLY_NODE_SUCCEEDED:
		return fly_node_succeed(n, child->outputs);
	case FLY_NODE_FAILED:
		return fly_node_fail(n, child->error);
	case FLY_NODE_TIMED_OUT:
		return fly_node_fail_with(n, "Timeout", FLY_ERROR_KIND(USER), "Timeout in node");
	default:
		return 0; /* aborted: so is the branch */
	}
}

static int set_timer(struct fly_node_run *n)
{
	int64_t timeout = fly_node_timeout_ns(n);

	return timeout ? fly_timer_set(n->run->engine, &n->timer,
				       fly_tick_of(n->started_ns + timeout))
		       : 0;
}

static int start(struct fly_node_run *n)
{
	struct decision d = {0};
	int rc;

	d.rc = decide(n, &d.arm, &d.error, &d.why);
	n->is_parent = d.rc >= 0 && d.arm;
	rc = d.rc == -ENOMEM ? d.rc : fly_node_running(n);
	if (rc >= 0)
		rc = set_timer(n);
	if (rc >= 0)
		rc = carry_out(n, &d);
	return rc < 0 || fly_node_is_over(n) ? rc : fly_node_begin(n->data);
}

/* The decision is made again: it depends on nothing but the inputs. */
static int resume(struct fly_node_run *n)
{
	struct decision d = {0};
	struct fly_node_run *child;
	int rc = set_timer(n);

	d.rc = decide(n, &d.arm, &d.error, &d.why);
	n->is_parent = d.rc >= 0 && d.arm;
	if (rc >= 0)
		rc = d.rc == -ENOMEM ? d.rc : carry_out(n, &d);
	if (rc < 0 || fly_node_is_over(n))
		return rc;
	child = n->data;
	rc = fly_node_restore(child);
	if (rc < 0)
		return rc;
	if (child->state == FLY_NODE_WAITING)
		return fly_node_begin(child);
	return fly_node_is_over(child) ? child_done(n, child) : fly_node_take_up(child);
}

static int abort_branch(struct fly_node_run *n, const char *reason)
{
	return n->data ? fly_node_abort(n->data, reason) : 0;
}

const struct fly_node_kind fly_kind_branch = {
	.start = start,
	.resume = resume,
	.abort = abort_branch,
	.child_done = child_done,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_gate: a node that waits: for a while, or for somebody outside. Source: flyte-engine §4.10.
 * Values from outside have no way in here, so those gates end by their timeout or an abort.
 */
#include "model.h"

struct gate {
	struct fly_timer timer; /* first: expired gets a pointer to it */
	struct fly_node_run *node;
};

static int slept(struct fly_timer *timer)
{
	struct fly_node_run *n = ((struct gate *)timer)->node;
	Flyteidl__Core__LiteralMap *none =
		FLY_NEW(&n->run->arena, Flyteidl__Core__LiteralMap, flyteidl__core__literal_map);

	return none ? fly_node_succeed(n, none) : -ENOMEM;
}

static int wait(struct fly_node_run *n)
{
	const Flyteidl__Core__GateNode *gate = n->core->gate_node;
	struct gate *g = fly_arena_zalloc(&n->run->arena, 1, sizeof(*g));
	struct fly_engine *e = n->run->engine;
	int64_t timeout = fly_node_timeout_ns(n), sleep;
	int rc = 0;

	if (!g)
		return -ENOMEM;
	*g = (struct gate){.timer = {.run = n->run, .expired = slept}, .node = n};
	n->data = g;
	if (timeout)
		rc = fly_timer_set(e, &n->timer, fly_tick_of(n->started_ns + timeout));
	if (rc < 0 || gate->condition_case != FLYTEIDL__CORE__GATE_NODE__CONDITION_SLEEP)
		return rc;
	sleep = fly_duration_ns(gate->sleep->duration);
	if (sleep > INT64_MAX / 2 - n->started_ns)
		return 0;
	return fly_timer_set(e, &g->timer, fly_tick_of(n->started_ns + sleep));
}

static int start(struct fly_node_run *n)
{
	int rc = fly_node_running(n);

	return rc < 0 ? rc : wait(n);
}

static int stop(struct fly_node_run *n, const char *reason)
{
	struct gate *g = n->data;

	if (g)
		fly_timer_clear(n->run->engine, &g->timer);
	return 0;
}

const struct fly_node_kind fly_kind_gate = {
	.start = start,
	.resume = wait,
	.abort = stop,
};

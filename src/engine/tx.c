/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tx: what happened in one round, as events that one transaction applies. A run that was terminated
 * or deleted meanwhile takes no more of them: what the person asked for stands, the rest is
 * dropped. It does not know what the events mean.
 */
#include "model.h"

#include <poll.h>

/* The store can't take it (full disk): nothing else can be done either. */
#define RETRY_STEPS 10
#define RETRY_STEP_MS 100

enum event_kind { EVENT_WORKFLOW, EVENT_NODE, EVENT_TASK, EVENT_TOTAL };

struct event {
	enum event_kind kind;
	struct fly_run *run;
	ProtobufCMessage *request;
	uint32_t total;
	struct event *next;
};

struct fly_tx {
	struct fly_work work; /* first: apply gets a pointer to it */
	struct fly_engine *engine;
	struct fly_arena arena;
	struct event *first, **last;
};

int fly_tx_create(struct fly_engine *e)
{
	e->tx = calloc(1, sizeof(*e->tx));
	if (!e->tx)
		return -ENOMEM;
	e->tx->engine = e;
	e->tx->last = &e->tx->first;
	return 0;
}

void fly_tx_destroy(struct fly_engine *e)
{
	if (!e->tx)
		return;
	fly_arena_release(&e->tx->arena);
	free(e->tx);
	e->tx = NULL;
}

void fly_tx_reset(struct fly_engine *e)
{
	fly_arena_release(&e->tx->arena);
	e->tx->first = NULL;
	e->tx->last = &e->tx->first;
}

bool fly_tx_is_empty(const struct fly_engine *e)
{
	return !e->tx->first;
}

struct fly_arena *fly_tx_arena(struct fly_engine *e)
{
	return &e->tx->arena;
}

static int add(struct fly_run *run, enum event_kind kind, ProtobufCMessage *request, uint32_t total)
{
	struct fly_tx *tx = run->engine->tx;
	struct event *event = fly_arena_alloc(&tx->arena, sizeof(*event));

	if (!event)
		return -ENOMEM;
	*event = (struct event){.kind = kind, .run = run, .request = request, .total = total};
	*tx->last = event;
	tx->last = &event->next;
	return 0;
}

int fly_tx_add_workflow(struct fly_run *run, Flyteidl__Admin__WorkflowExecutionEventRequest *req)
{
	return add(run, EVENT_WORKFLOW, &req->base, 0);
}

int fly_tx_add_node(struct fly_run *run, Flyteidl__Admin__NodeExecutionEventRequest *req)
{
	return add(run, EVENT_NODE, &req->base, 0);
}

int fly_tx_add_task(struct fly_run *run, Flyteidl__Admin__TaskExecutionEventRequest *req)
{
	return add(run, EVENT_TASK, &req->base, 0);
}

int fly_tx_set_total(struct fly_run *run, uint32_t total)
{
	return add(run, EVENT_TOTAL, NULL, total);
}

static int apply_event(struct fly_engine *e, struct fly_db *db, const struct event *event,
		       struct fly_why *why)
{
	switch (event->kind) {
	case EVENT_WORKFLOW:
		return fly_admin_workflow_event(
			e->admin, db,
			(Flyteidl__Admin__WorkflowExecutionEventRequest *)event->request, why);
	case EVENT_NODE:
		return fly_admin_node_event(
			e->admin, db, (Flyteidl__Admin__NodeExecutionEventRequest *)event->request,
			0, NULL, why);
	case EVENT_TASK:
		return fly_admin_task_event(
			e->admin, db, (Flyteidl__Admin__TaskExecutionEventRequest *)event->request,
			0, NULL, why);
	case EVENT_TOTAL:
		return fly_admin_set_nodes_total(db, event->run->id, event->total, why);
	}
	return -EINVAL;
}

/* Only the last event of a run that we report as over makes it terminal: look before the first. */
static void find_gone(struct fly_tx *tx, struct fly_db *db)
{
	const struct fly_run *last = NULL;

	for (struct event *event = tx->first; event; event = event->next) {
		struct fly_execution row;
		auto_arena arena = {0};
		int rc;

		if (event->run == last || event->run->gone)
			continue;
		last = event->run;
		rc = fly_execution_get_id(db, event->run->id, FLY_EXECUTION_HEAD, &arena, &row);
		if (rc == -ENOENT || (!rc && fly_phase_is_terminal(row.phase)))
			event->run->gone = true;
	}
}

/* The store's own troubles undo the whole round; an event that admin refuses is only left out. */
static bool is_store_trouble(int rc)
{
	return rc == -ENOSPC || rc == -EIO || rc == -ENOMEM || rc == -EROFS;
}

static int apply(struct fly_db *db, struct fly_work *work, struct fly_why *why)
{
	struct fly_tx *tx = (struct fly_tx *)work;

	find_gone(tx, db);
	for (struct event *event = tx->first; event; event = event->next) {
		struct fly_why refusal = {0};
		int rc;

		if (event->run->gone)
			continue;
		rc = apply_event(tx->engine, db, event, &refusal);
		if (rc >= 0 || refusal.status == FLY_ALREADY_EXISTS)
			continue;
		if (is_store_trouble(rc) && refusal.status != FLY_INTERNAL)
			return fly_fail(why, -rc, "%s", refusal.text);
		fly_log(FLY_WARNING, "engine", "%s: an event was refused: %s",
			event->run->identifier->name, refusal.text);
	}
	return 0;
}

static void ignore(struct fly_work *work, int rc)
{
}

/* Wait before the next try, but not for longer than the engine lives. */
static bool wait_to_retry(struct fly_engine *e)
{
	for (int i = 0; i < RETRY_STEPS && !atomic_load(&e->stopping); i++)
		poll(NULL, 0, RETRY_STEP_MS);
	return !atomic_load(&e->stopping);
}

static void end_gone(struct fly_tx *tx)
{
	for (struct event *event = tx->first; event; event = event->next)
		if (event->run->gone && !event->run->over)
			fly_run_terminate(event->run, "");
}

void fly_tx_commit(struct fly_engine *e)
{
	struct fly_tx *tx = e->tx;
	int rc;

	if (!tx->first)
		return;
	tx->work.apply = apply;
	tx->work.done = ignore;
	while ((rc = fly_store_run(e->store, &tx->work)) < 0) {
		fly_log(FLY_ERROR, "engine", "cannot record what happened: %s", tx->work.why.text);
		if (!wait_to_retry(e))
			return;
	}
	end_gone(tx);
	fly_tx_reset(e);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run: one execution from its row to its last event. It reads the store once, when the run is taken
 * up; after that all it needs is in memory. It does not know how nodes work.
 */
#include "cache.h"

#define POLICY(p) FLYTEIDL__CORE__WORKFLOW_METADATA__ON_FAILURE_POLICY__##p
#define POLICY_CONTINUE POLICY(FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
#define RELOAD_NS INT64_C(1000000000)

/* --- the table ---------------------------------------------------------- */

static struct fly_run **bucket_of(struct fly_engine *e, int64_t id)
{
	return &e->runs[(uint64_t)id % FLY_RUN_BUCKETS];
}

struct fly_run *fly_run_find(struct fly_engine *e, int64_t id)
{
	struct fly_run *run = *bucket_of(e, id);

	while (run && run->id != id)
		run = run->next;
	return run;
}

static void enter(struct fly_run *run)
{
	struct fly_run **bucket = bucket_of(run->engine, run->id);

	run->next = *bucket;
	*bucket = run;
	atomic_fetch_add(&run->engine->n_runs, 1);
}

static void leave(struct fly_run *run)
{
	struct fly_run **at = bucket_of(run->engine, run->id);

	while (*at && *at != run)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = run->next;
	atomic_fetch_sub(&run->engine->n_runs, 1);
}

/* --- reading ------------------------------------------------------------ */

static int parse(struct fly_run *run, const ProtobufCMessageDescriptor *type, struct fly_bytes wire,
		 void *out)
{
	return fly_wire_parse(type, wire.data, wire.len, &run->arena, out, NULL);
}

static Flyteidl__Core__WorkflowExecutionIdentifier *identify(struct fly_run *run,
							     const struct fly_execution *row)
{
	Flyteidl__Core__WorkflowExecutionIdentifier *id =
		FLY_NEW(&run->arena, Flyteidl__Core__WorkflowExecutionIdentifier,
			flyteidl__core__workflow_execution_identifier);

	if (id) {
		id->project = (char *)row->project;
		id->domain = (char *)row->domain;
		id->name = (char *)row->name;
	}
	return id;
}

static int read_closure(struct fly_run *run, const struct fly_execution *row)
{
	Flyteidl__Admin__ExecutionClosure *closure;
	int rc =
		parse(run, &flyteidl__admin__execution_closure__descriptor, row->closure, &closure);

	if (rc < 0)
		return rc;
	run->workflow_name = closure->workflow_id ? closure->workflow_id->name : "";
	run->n_notifications = closure->n_notifications;
	run->notifications = closure->notifications;
	run->workflow_id = closure->workflow_id;
	return 0;
}

static int read_execution(struct fly_run *run, struct fly_db *db, const struct fly_execution *row)
{
	int rc;

	run->identifier = identify(run, row);
	run->created_ns = row->created_ns;
	run->uid = row->uid;
	run->gid = row->gid;
	run->switch_user = geteuid() == 0 && row->uid != 0;
	run->phase = row->phase;
	if (!run->identifier)
		return -ENOMEM;
	rc = parse(run, &flyteidl__admin__execution_spec__descriptor, row->spec, &run->spec);
	if (rc >= 0)
		rc = parse(run, &flyteidl__core__literal_map__descriptor, row->inputs,
			   &run->inputs);
	if (rc >= 0)
		rc = read_closure(run, row);
	if (rc >= 0)
		rc = fly_admin_execution_settings(db, row, &run->arena, &run->settings, NULL);
	if (rc < 0)
		return rc;
	if (run->spec->metadata &&
	    run->spec->metadata->mode ==
		    FLYTEIDL__ADMIN__EXECUTION_METADATA__EXECUTION_MODE__RECOVERED)
		run->recovered_from = row->source_execution;
	return 0;
}

static int compare_rows(const void *a, const void *b)
{
	const struct fly_node *x = a, *y = b;

	return strcmp(x->node_id, y->node_id);
}

static int read_rows(struct fly_run *run, struct fly_db *db)
{
	int n;

	run->is_new = run->phase <= FLY_PHASE_RUN(QUEUED);
	if (run->is_new)
		return 0;
	n = fly_node_list(db, run->id, -1, &run->arena, &run->rows);
	if (n < 0)
		return n;
	run->n_rows = (size_t)n;
	if (n)
		qsort(run->rows, run->n_rows, sizeof(*run->rows), compare_rows);
	n = fly_attempt_list(db, run->id, 0, &run->arena, &run->attempt_rows);
	run->n_attempt_rows = n > 0 ? (size_t)n : 0;
	return n < 0 ? n : 0;
}

const struct fly_node *fly_run_row(const struct fly_run *run, const char *uid)
{
	struct fly_node key = {.node_id = uid};

	if (!run->n_rows)
		return NULL;
	return bsearch(&key, run->rows, run->n_rows, sizeof(key), compare_rows);
}

static int read_workflow(struct fly_run *run, struct fly_db *db, int64_t workflow,
			 Flyteidl__Core__CompiledWorkflowClosure **out)
{
	Flyteidl__Admin__WorkflowClosure *closure;
	struct fly_entity entity;
	int rc = fly_entity_get_id(db, FLY_KIND_WORKFLOW, workflow, FLY_ENTITY_BLOBS, &run->arena,
				   &entity);

	if (rc >= 0)
		rc = parse(run, &flyteidl__admin__workflow_closure__descriptor, entity.closure,
			   &closure);
	if (rc < 0)
		return rc;
	*out = closure->compiled_workflow;
	return *out && (*out)->primary && (*out)->primary->template_ ? 0 : -EBADMSG;
}

static int read_all(struct fly_run *run, Flyteidl__Core__CompiledWorkflowClosure **closure,
		    bool *is_over)
{
	struct fly_db *db = fly_store_reader(run->engine->store, NULL);
	struct fly_execution row;
	int rc;

	if (!db)
		return -EIO;
	rc = fly_db_begin(db, NULL);
	if (rc < 0)
		return rc;
	rc = fly_execution_get_id(db, run->id, FLY_EXECUTION_ALL, &run->arena, &row);
	*is_over = rc == -ENOENT || (rc >= 0 && fly_phase_is_terminal(row.phase));
	if (rc >= 0 && !*is_over)
		rc = read_execution(run, db, &row);
	if (rc >= 0 && !*is_over)
		rc = read_rows(run, db);
	if (rc >= 0 && !*is_over)
		rc = read_workflow(run, db, row.workflow, closure);
	fly_db_end(db);
	return *is_over ? 0 : rc;
}

/* --- beginning ---------------------------------------------------------- */

static uint32_t count_nodes(const struct fly_frame *f)
{
	return f->n_nodes >= 2 ? (uint32_t)f->n_nodes - 2 : 0; /* but for start and end */
}

static int begin(struct fly_run *run, const Flyteidl__Core__CompiledWorkflowClosure *closure)
{
	const Flyteidl__Core__WorkflowMetadata *metadata = closure->primary->template_->metadata;
	int rc;

	run->on_failure_continue = metadata && metadata->on_failure == POLICY_CONTINUE;
	rc = fly_frame_create(run, NULL, closure->primary, closure, &run->top);
	if (rc < 0)
		return rc;
	if (run->is_new) {
		rc = fly_report_run(run, FLY_PHASE_RUN(RUNNING));
		if (rc >= 0)
			rc = fly_tx_set_total(run, count_nodes(run->top));
	}
	return rc < 0 ? rc : fly_frame_start(run->top, run->inputs);
}

int fly_run_load(struct fly_engine *e, int64_t id)
{
	struct fly_run *run = calloc(1, sizeof(*run));
	Flyteidl__Core__CompiledWorkflowClosure *closure = NULL;
	bool is_over = false;
	int rc;

	if (!run)
		return -ENOMEM;
	run->engine = e;
	run->id = id;
	run->pending_end = &run->pending;
	run->blocked_end = &run->blocked;
	rc = read_all(run, &closure, &is_over);
	if (is_over) {
		fly_run_free(run);
		return 0;
	}
	enter(run);
	if (rc >= 0) {
		fly_rundir_check(run);
		run->user = fly_user_get(e, run->uid, run->gid);
		rc = run->user ? begin(run, closure) : -ENOMEM;
	}
	if (rc < 0)
		fly_run_let_go(run, -rc);
	return 0;
}

/* --- moving ------------------------------------------------------------- */

void fly_run_touch(struct fly_run *run)
{
	if (run->is_dirty || run->over)
		return;
	run->is_dirty = true;
	run->next_dirty = run->engine->dirty;
	run->engine->dirty = run;
}

static struct fly_node_run *take_pending(struct fly_run *run)
{
	struct fly_node_run *n = run->pending;

	run->pending = n->next_pending;
	if (!run->pending)
		run->pending_end = &run->pending;
	n->in_pending = false;
	return n;
}

static struct fly_node_run *take_blocked(struct fly_run *run)
{
	struct fly_node_run *n = run->blocked;

	run->blocked = n->next_blocked;
	if (!run->blocked)
		run->blocked_end = &run->blocked;
	n->in_blocked = false;
	return n;
}

bool fly_run_has_room(const struct fly_run *run)
{
	int32_t max = run->settings.max_parallelism;

	return max <= 0 || run->n_active < (uint32_t)max;
}

int fly_run_advance(struct fly_run *run)
{
	int rc = 0;

	while (run->pending && !run->over && rc >= 0)
		rc = fly_node_look(take_pending(run));
	while (run->blocked && !run->over && rc >= 0 && fly_run_has_room(run)) {
		struct fly_node_run *n = take_blocked(run);

		if (n->state == FLY_NODE_QUEUED)
			rc = fly_node_start(n);
	}
	if ((run->pending || (run->blocked && fly_run_has_room(run))) && rc >= 0)
		fly_run_touch(run);
	return rc;
}

/* --- ending ------------------------------------------------------------- */

int fly_run_finish(struct fly_run *run)
{
	const struct fly_frame *f = run->top;
	int rc;

	if (f->error) {
		run->error = f->error;
		rc = fly_report_run(run, FLY_PHASE_RUN(FAILED));
	} else {
		run->outputs = f->outputs;
		rc = fly_report_run(run, FLY_PHASE_RUN(SUCCEEDING));
		if (rc >= 0)
			rc = fly_report_run(run, FLY_PHASE_RUN(SUCCEEDED));
	}
	if (rc < 0)
		return rc;
	fly_notify(run);
	fly_run_end(run);
	return 0;
}

void fly_run_end(struct fly_run *run)
{
	run->over = true;
	if (run->is_ended)
		return;
	run->is_ended = true;
	run->next_ended = run->engine->ended;
	run->engine->ended = run;
}

static void abort_procs(struct fly_run *run)
{
	struct fly_proc *p, *next;

	for (p = run->procs; p; p = next) {
		next = p->next;
		fly_proc_abort(p);
	}
}

void fly_run_terminate(struct fly_run *run, const char *cause)
{
	if (run->over) {
		run->gone = true;
		fly_run_end(run);
		return;
	}
	run->gone = true; /* what is added to the commit from here on is dropped */
	run->abort_cause = fly_arena_strdup(&run->arena, cause);
	if (run->top) {
		run->top->state = FLY_FRAME_OVER;
		fly_frame_abort(run->top, "Workflow aborted.");
	}
	abort_procs(run);
	run->phase = FLY_PHASE_RUN(ABORTED);
	if (!run->forget)
		fly_notify(run);
	fly_run_end(run);
}

static void drop_timers(struct fly_run *run)
{
	struct fly_engine *e = run->engine;

	for (size_t i = e->n_timers; i-- > 0;)
		if (i < e->n_timers && e->timers[i]->run == run) {
			fly_timer_clear(e, e->timers[i]);
			i = e->n_timers; /* the heap has moved */
		}
}

/* Nothing finds it any more, and it hears of nothing. */
static void detach(struct fly_run *run)
{
	while (run->procs)
		fly_proc_free(run->procs);
	fly_plan_forget(run);
	fly_cache_forget(run);
	drop_timers(run);
	leave(run);
}

void fly_run_free(struct fly_run *run)
{
	detach(run);
	fly_arena_release(&run->arena);
	free(run);
}

void fly_run_reap(struct fly_engine *e)
{
	struct fly_run *run, *next;

	run = e->ended;
	e->ended = NULL;
	for (; run; run = next) {
		next = run->next_ended;
		run->is_ended = false;
		if (!run->told) {
			run->told = true;
			fly_plan_child_over(e, run->id);
		}
		if (run->procs)
			continue; /* comes back when the last of them is dead */
		/* The directory of one that is not dead yet is left to the next daemon. */
		if (!(run->has_leftovers && fly_proc_stop_leftovers(e, run->id)) && run->forget)
			fly_rundir_remove(e, run->id);
		fly_run_free(run);
	}
}

/* --- letting go --------------------------------------------------------- */

struct reload {
	struct fly_timer timer;
	struct fly_engine *engine;
	int64_t execution;
};

static int reload(struct fly_timer *timer)
{
	struct reload *r = (struct reload *)timer;
	struct fly_run *run;

	if (!fly_run_find(r->engine, r->execution))
		fly_run_load(r->engine, r->execution);
	run = fly_run_find(r->engine, r->execution);
	if (run)
		run->has_leftovers = true;
	else /* terminated meanwhile */
		fly_proc_stop_leftovers(r->engine, r->execution);
	free(r);
	return 0;
}

void fly_run_let_go(struct fly_run *run, int error)
{
	struct fly_engine *e = run->engine;
	struct reload *r = calloc(1, sizeof(*r));

	fly_log(FLY_ERROR, "engine", "%s: %s; trying again in a second",
		run->identifier ? run->identifier->name : "an execution", strerror(error));
	run->gone = true;
	detach(run);
	fly_run_end(run);
	if (!r)
		return;
	*r = (struct reload){.timer.expired = reload, .engine = e, .execution = run->id};
	if (fly_timer_set(e, &r->timer, fly_tick_ns() + RELOAD_NS) < 0)
		free(r);
}

void fly_run_drop_reloads(struct fly_engine *e)
{
	for (size_t i = e->n_timers; i-- > 0;)
		if (i < e->n_timers && e->timers[i]->expired == reload) {
			struct fly_timer *t = e->timers[i];

			fly_timer_clear(e, t);
			free(t);
			i = e->n_timers;
		}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node: the life that all kinds of nodes share: waiting, inputs, parallelism, the ends, and taking
 * up again what a row says. What a kind does in between it does not know. Source: flyte-engine
 * §4.1, §4.2, §4.14, §4.15.
 */
#include "model.h"

#include <stdio.h>

#include "ids.h"

static char *data_dir(struct fly_frame *f, const struct fly_node_run *parent, const char *id)
{
	struct fly_arena *arena = &f->run->arena;
	char *component = fly_id_component(arena, id);
	char *above;

	if (!component)
		return NULL;
	if (!parent)
		return fly_arena_printf(arena, "%s/data", component);
	above = fly_node_out_dir(parent);
	return above ? fly_arena_printf(arena, "%s/%s", above, component) : NULL;
}

static int node_timer_expired(struct fly_timer *timer);
static int active_timer_expired(struct fly_timer *timer);

int fly_node_create(struct fly_frame *f, struct fly_node_run *parent,
		    const Flyteidl__Core__Node *core, struct fly_node_run **out)
{
	struct fly_arena *arena = &f->run->arena;
	struct fly_node_run *n = fly_arena_zalloc(arena, 1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	*n = (struct fly_node_run){
		.run = f->run,
		.frame = f,
		.parent = parent,
		.core = core,
		.reported = -1,
		.kind = fly_kind_of(core),
		.timer = {.run = f->run, .expired = node_timer_expired},
		.active_timer = {.run = f->run, .expired = active_timer_expired},
	};
	n->uid = fly_id_node(arena, parent ? parent->uid : NULL, parent ? parent->attempt : 0,
			     core->id);
	n->dir = data_dir(f, parent, core->id);
	if (!n->uid || !n->dir)
		return -ENOMEM;
	*out = n;
	return 0;
}

char *fly_node_out_dir(const struct fly_node_run *n)
{
	return fly_arena_printf(&n->run->arena, "%s/%u", n->dir, n->attempt);
}

bool fly_node_is_over(const struct fly_node_run *n)
{
	return n->state >= FLY_NODE_SUCCEEDED;
}

int64_t fly_node_timeout_ns(const struct fly_node_run *n)
{
	int64_t ns = n->core->metadata ? fly_duration_ns(n->core->metadata->timeout) : 0;

	return ns > 0 ? ns : 0;
}

Flyteidl__Core__ExecutionError *fly_error_new(struct fly_run *run, const char *code, int kind,
					      const char *format, ...)
{
	Flyteidl__Core__ExecutionError *error = FLY_NEW(&run->arena, Flyteidl__Core__ExecutionError,
							flyteidl__core__execution_error);
	char *text = NULL;
	va_list args;
	int len;

	if (!error)
		return NULL;
	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return NULL;
	error->code = fly_arena_strdup(&run->arena, code);
	error->message = fly_arena_strdup(&run->arena, text);
	error->kind = (Flyteidl__Core__ExecutionError__ErrorKind)kind;
	error->timestamp = fly_timestamp(&run->arena, fly_now_ns());
	free(text);
	return error->code && error->message && error->timestamp ? error : NULL;
}

int fly_node_fail_with(struct fly_node_run *n, const char *code, int kind, const char *format, ...)
{
	Flyteidl__Core__ExecutionError *error;
	char *text = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return -ENOMEM;
	error = fly_error_new(n->run, code, kind, "%s", text);
	free(text);
	return error ? fly_node_fail(n, error) : -ENOMEM;
}

/* --- waiting ------------------------------------------------------------ */

void fly_node_touch(struct fly_node_run *n)
{
	if (n->in_pending || n->state != FLY_NODE_WAITING)
		return;
	n->in_pending = true;
	n->next_pending = NULL;
	*n->run->pending_end = n;
	n->run->pending_end = &n->next_pending;
	fly_run_touch(n->run);
}

static int skip(struct fly_node_run *n)
{
	int rc;

	n->state = FLY_NODE_SKIPPED;
	rc = fly_report_node(n, FLY_PHASE_NODE(SKIPPED));
	return rc < 0 ? rc : fly_frame_node_done(n->frame, n);
}

int fly_node_look(struct fly_node_run *n)
{
	bool all_good = true;

	if (n->state != FLY_NODE_WAITING || !fly_frame_is_open(n->frame))
		return 0;
	for (size_t i = 0; i < n->n_up; i++) {
		if (!fly_node_is_over(n->up[i]))
			return 0;
		if (n->up[i]->state != FLY_NODE_SUCCEEDED)
			all_good = false;
	}
	return all_good ? fly_node_begin(n) : skip(n);
}

/* --- beginning ---------------------------------------------------------- */

int fly_node_block(struct fly_node_run *n)
{
	if (n->in_blocked)
		return 0;
	n->in_blocked = true;
	n->next_blocked = NULL;
	*n->run->blocked_end = n;
	n->run->blocked_end = &n->next_blocked;
	fly_run_touch(n->run);
	return 0;
}

/* Past QUEUED only as far as the execution's max_parallelism goes. */
static bool take_turn(struct fly_node_run *n)
{
	struct fly_run *run = n->run;

	if (!n->kind->counts || n->is_active)
		return true;
	if (!fly_run_has_room(run))
		return false;
	run->n_active++;
	n->is_active = true;
	return true;
}

static void give_turn_back(struct fly_node_run *n)
{
	struct fly_run *run = n->run;

	if (!n->is_active)
		return;
	n->is_active = false;
	run->n_active--;
	if (run->blocked)
		fly_run_touch(run);
}

static int set_timers(struct fly_node_run *n)
{
	int64_t timeout = fly_node_timeout_ns(n);
	struct fly_engine *e = n->run->engine;

	if (!timeout || n->queued_ns > INT64_MAX / 2 - timeout)
		return 0;
	return fly_timer_set(e, &n->active_timer, fly_tick_of(n->queued_ns + 2 * timeout));
}

int fly_node_start(struct fly_node_run *n)
{
	int rc;

	if (!take_turn(n))
		return fly_node_block(n);
	rc = set_timers(n);
	return rc < 0 ? rc : n->kind->start(n);
}

static int binding_failed(struct fly_node_run *n, const struct fly_why *why)
{
	int rc = n->kind->unstarted ? n->kind->unstarted(n) : 0;

	return rc < 0 ? rc
		      : fly_node_fail_with(n, "BindingResolutionFailure", FLY_ERROR_KIND(SYSTEM),
					   "failed at Node[%s]. BindingResolutionError: %s",
					   n->core->id, why->text);
}

/* What the reference execution of a recovery already did is not done again. */
static int recover(struct fly_node_run *n, bool *recovered)
{
	struct fly_run *run = n->run;
	struct fly_db *db;
	struct fly_node row;
	int rc;

	*recovered = false;
	if (!run->recovered_from || n->kind == &fly_kind_end)	/* that only binds */
		return 0;
	db = fly_store_reader(run->engine->store, NULL);
	if (!db)
		return -EIO;
	rc = fly_node_get(db, run->recovered_from, n->uid, &run->arena, &row);
	if (rc == -ENOENT || (!rc && row.phase != FLY_PHASE_NODE(SUCCEEDED) &&
			      row.phase != FLY_PHASE_NODE(RECOVERED)))
		return 0;
	if (!rc)
		rc = fly_wire_parse(&flyteidl__core__literal_map__descriptor, row.outputs.data,
				    row.outputs.len, &run->arena, (ProtobufCMessage **)&n->outputs,
				    NULL);
	if (rc < 0)
		return rc;
	*recovered = true;
	n->state = FLY_NODE_SUCCEEDED;
	n->ran = n->kind == &fly_kind_task;
	rc = fly_report_node(n, FLY_PHASE_NODE(RECOVERED));
	if (rc < 0)
		return rc;
	return n->is_child ? n->parent->kind->child_done(n->parent, n)
			   : fly_frame_node_done(n->frame, n);
}

int fly_node_begin(struct fly_node_run *n)
{
	struct fly_why why = {0};
	bool recovered;
	int rc;

	n->state = FLY_NODE_QUEUED;
	n->queued_ns = fly_now_ns();
	rc = fly_bindings_resolve(n->frame, n->core->inputs, n->core->n_inputs, &n->run->arena,
				  &n->inputs, &why);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		return binding_failed(n, &why);
	if (n == n->frame->failure) {
		rc = fly_frame_put_error(n->frame, n->inputs);
		if (rc < 0)
			return rc;
	}
	rc = recover(n, &recovered);
	if (rc < 0 || recovered)
		return rc;
	rc = fly_report_node(n, FLY_PHASE_NODE(QUEUED));
	return rc < 0 ? rc : fly_node_start(n);
}

int fly_node_running(struct fly_node_run *n)
{
	n->state = FLY_NODE_RUNNING;
	if (n->reported == FLY_PHASE_NODE(RUNNING) ||
	    n->reported == FLY_PHASE_NODE(DYNAMIC_RUNNING))
		return 0;
	n->started_ns = fly_now_ns();
	return fly_report_node(n, FLY_PHASE_NODE(RUNNING));
}

/* --- ending ------------------------------------------------------------- */

static int done(struct fly_node_run *n, int phase)
{
	int rc;

	fly_timer_clear(n->run->engine, &n->timer);
	fly_timer_clear(n->run->engine, &n->active_timer);
	rc = fly_report_node(n, phase);
	if (rc >= 0 && n->kind->left)
		rc = n->kind->left(n);
	if (rc < 0)
		return rc;
	give_turn_back(n);
	return n->is_child ? n->parent->kind->child_done(n->parent, n)
			   : fly_frame_node_done(n->frame, n);
}

int fly_node_succeed(struct fly_node_run *n, Flyteidl__Core__LiteralMap *outputs)
{
	n->state = FLY_NODE_SUCCEEDED;
	n->outputs = outputs;
	return done(n, FLY_PHASE_NODE(SUCCEEDED));
}

int fly_node_fail(struct fly_node_run *n, Flyteidl__Core__ExecutionError *error)
{
	n->state = FLY_NODE_FAILED;
	n->error = error;
	return done(n, FLY_PHASE_NODE(FAILED));
}

static int time_out(struct fly_node_run *n)
{
	n->state = FLY_NODE_TIMED_OUT;
	n->ran = false;
	return done(n, FLY_PHASE_NODE(TIMED_OUT));
}

int fly_node_abort(struct fly_node_run *n, const char *reason)
{
	int rc;

	if (n->state != FLY_NODE_QUEUED && n->state != FLY_NODE_RUNNING)
		return 0;
	rc = n->kind->abort ? n->kind->abort(n, reason) : 0;
	if (rc < 0)
		return rc;
	n->state = FLY_NODE_ABORTED;
	n->ran = false;
	n->error = fly_error_new(n->run, "NodeAborted", FLY_ERROR_KIND(UNKNOWN), "%s", reason);
	return n->error ? done(n, FLY_PHASE_NODE(ABORTED)) : -ENOMEM;
}

/* --- time --------------------------------------------------------------- */

/* Tasks are timed by their supervisors: this is for all other kinds, which know no retries. */
static int node_timer_expired(struct fly_timer *timer)
{
	struct fly_node_run *n =
		(struct fly_node_run *)((char *)timer - offsetof(struct fly_node_run, timer));
	Flyteidl__Core__ExecutionError *last, *error;
	auto_buf duration = {0};
	int rc = n->kind->abort ? n->kind->abort(n, "timed out") : 0;

	if (rc < 0)
		return rc;
	fly_go_duration_print(fly_node_timeout_ns(n), &duration);
	last = fly_error_new(n->run, "TimeoutExpired", FLY_ERROR_KIND(USER),
			     "task execution timeout [%s] expired", duration.data);
	if (duration.failed || !last)
		return -ENOMEM;
	error = fly_retry_exhausted(n->run, (struct fly_retry){false, 1, 1}, last);
	return error ? fly_node_fail(n, error) : -ENOMEM;
}

static int active_timer_expired(struct fly_timer *timer)
{
	struct fly_node_run *n =
		(struct fly_node_run *)((char *)timer -
					offsetof(struct fly_node_run, active_timer));
	int rc = n->kind->abort ? n->kind->abort(n, "timed out") : 0;

	return rc < 0 ? rc : time_out(n);
}

/* --- after a restart ---------------------------------------------------- */

static int parse_map(struct fly_run *run, struct fly_bytes wire, Flyteidl__Core__LiteralMap **out)
{
	return fly_wire_parse(&flyteidl__core__literal_map__descriptor, wire.data, wire.len,
			      &run->arena, (ProtobufCMessage **)out, NULL);
}

static int parse_error(struct fly_node_run *n, const struct fly_node *row)
{
	Flyteidl__Admin__NodeExecution *m;
	int rc = fly_wire_parse(&flyteidl__admin__node_execution__descriptor, row->message.data,
				row->message.len, &n->run->arena, (ProtobufCMessage **)&m, NULL);

	if (rc >= 0 && m->closure &&
	    m->closure->output_result_case ==
		    FLYTEIDL__ADMIN__NODE_EXECUTION_CLOSURE__OUTPUT_RESULT_ERROR)
		n->error = m->closure->error;
	return rc;
}

static enum fly_node_state state_of(int phase)
{
	switch (phase) {
	case FLY_PHASE_NODE(SUCCEEDED):
	case FLY_PHASE_NODE(RECOVERED):
		return FLY_NODE_SUCCEEDED;
	case FLY_PHASE_NODE(SKIPPED):
		return FLY_NODE_SKIPPED;
	case FLY_PHASE_NODE(FAILED):
		return FLY_NODE_FAILED;
	case FLY_PHASE_NODE(TIMED_OUT):
		return FLY_NODE_TIMED_OUT;
	case FLY_PHASE_NODE(ABORTED):
		return FLY_NODE_ABORTED;
	case FLY_PHASE_NODE(RUNNING):
	case FLY_PHASE_NODE(DYNAMIC_RUNNING):
		return FLY_NODE_RUNNING;
	default:
		return FLY_NODE_QUEUED;
	}
}

int fly_node_take_up(struct fly_node_run *n)
{
	int rc;

	if (fly_node_is_over(n) || n->state == FLY_NODE_WAITING)
		return 0;
	if (n->state == FLY_NODE_QUEUED)
		return fly_node_start(n);
	if (n->kind->counts) {
		n->is_active = true;
		n->run->n_active++;
	}
	rc = set_timers(n);
	return rc < 0 ? rc : n->kind->resume(n);
}

int fly_node_restore(struct fly_node_run *n)
{
	const struct fly_node *row = fly_run_row(n->run, n->uid);
	int rc;

	if (!row || n == n->frame->start)
		return 0;
	n->reported = row->phase;
	n->state = state_of(row->phase);
	n->queued_ns = row->created_ns;
	n->started_ns = row->started_ns > 0 ? row->started_ns : 0;
	n->inputs_reported = true;
	n->cache_status = row->cache_status;
	rc = parse_map(n->run, row->inputs, &n->inputs);
	if (rc >= 0)
		rc = parse_map(n->run, row->outputs, &n->outputs);
	if (rc >= 0 && n->state >= FLY_NODE_FAILED)
		rc = parse_error(n, row);
	if (rc < 0)
		return rc;
	if (fly_node_is_over(n) && n != n->frame->failure && !n->is_child)
		n->frame->n_open--;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a committed change means to the kernel's caches and to who waits: which texts, which
 * listings, which names. Runs on the notifier thread. A notification about something the kernel
 * does not have costs half a microsecond, so nothing asks whether it does.
 */
#include "draft.h"
#include "events.h"
#include "gone.h"
#include "notify.h"
#include "park.h"
#include "poller.h"
#include "query.h"

static void inval_scope(struct fly_fs *fs, int64_t scope, unsigned index)
{
	fly_inval(fs, FLY_INO_SCOPE, scope, index);
}

/*
 * All texts, links and directories of a thing that may change; files only their attributes, as
 * notify.h has it. What only the end brings (ended false: it is not this) is left alone: an
 * invalidation that meets a GETATTR under way makes the kernel drop its answer.
 */
static void inval_files(struct fly_fs *fs, enum fly_ino_kind kind, int64_t id, bool ended)
{
	unsigned n;
	const struct fly_file *files = fly_files(kind, &n);

	for (unsigned i = 0; i < n; i++) {
		const struct fly_file *f = &files[i];

		if (f->life != FLY_LIFE_EVER && f->class != FLY_CLASS_CONTROL &&
		    (ended || f->age != FLY_AGE_RESULT))
			fly_inval(fs, kind, id, f->index);
	}
	fly_inval(fs, kind, id, 0);
}

/* --- executions ----------------------------------------------------------- */

static unsigned place_of(int state)
{
	return state == FLYTEIDL__ADMIN__EXECUTION_STATE__EXECUTION_ARCHIVED ?
		       FLY_SCOPE_ARCHIVED : FLY_SCOPE_EXECUTIONS;
}

static void execution_created(struct fly_fs *fs, const struct fly_change *c)
{
	inval_scope(fs, c->scope, place_of(c->state));
	inval_scope(fs, c->scope, FLY_SCOPE_PHASES + (unsigned)c->phase);
	if (c->plan)
		fly_inval(fs, FLY_INO_NAMED, c->plan, FLY_NAMED_RUNS);
}

static void execution_phase(struct fly_fs *fs, const struct fly_change *c)
{
	inval_scope(fs, c->scope, FLY_SCOPE_PHASES + (unsigned)c->phase);
	if (!(c->flags & FLY_CHANGE_CREATED))
		inval_scope(fs, c->scope, FLY_SCOPE_PHASES + (unsigned)c->old_phase);
}

/* Archived or activated, by mv: the kernel has moved the name itself. */
static void execution_state(struct fly_fs *fs, const struct fly_change *c)
{
	inval_scope(fs, c->scope, FLY_SCOPE_EXECUTIONS);
	inval_scope(fs, c->scope, FLY_SCOPE_ARCHIVED);
	fly_inval(fs, FLY_INO_EXECUTION, c->id, FLY_RUN_LINK);
	fly_inval(fs, FLY_INO_EXECUTION, c->id, FLY_RUN_DELETE);
}

static void execution_gone(struct fly_fs *fs, const struct fly_change *c)
{
	fly_gone_add(fs->gone, c->id, c->name);
	inval_scope(fs, c->scope, FLY_SCOPE_EXECUTIONS);
	inval_scope(fs, c->scope, FLY_SCOPE_ARCHIVED);
	inval_scope(fs, c->scope, FLY_SCOPE_PHASES + (unsigned)c->phase);
	fly_inval(fs, FLY_INO_EXECUTION, c->id, FLY_RUN_LINK);
	fly_parks_gone(fs, c->id);
}

static void add_event(struct fly_fs *fs, int64_t scope, const char *execution, const char *node,
		      int64_t at_ns, const char *phase)
{
	struct fly_db *db = fly_store_reader(fs->store, NULL);
	auto_arena arena = { 0 };
	struct fly_scope s;
	const char *path;

	if (!phase || !db || fly_scope_get_id(db, scope, &arena, &s) < 0)
		return;
	path = fly_arena_printf(&arena, "%s/%s/executions/%s%s%s", s.project, s.domain, execution,
				node ? "/nodes/" : "", node ? node : "");
	if (path)
		fly_events_add(fs->events, at_ns, path, phase);
}

/* Where only one user gets in, nothing is hidden from anybody, and no row need be read. */
static bool is_hidden(struct fly_fs *fs, int64_t execution)
{
	struct fly_db *db = fs->allow_other ? fly_store_reader(fs->store, NULL) : NULL;
	auto_arena arena = { 0 };
	struct fly_execution e;

	return fs->allow_other &&
	       (!db || fly_execution_get_id(db, execution, FLY_EXECUTION_HEAD, &arena, &e) < 0 ||
		fly_is_private(fs, &e));
}

static void execution_event(struct fly_fs *fs, const struct fly_change *c)
{
	if (!is_hidden(fs, c->id))
		add_event(fs, c->scope, c->name, NULL, c->at_ns, fly_phase_name(c->phase));
}

static void node_event(struct fly_fs *fs, const struct fly_change *c)
{
	struct fly_db *db = fly_store_reader(fs->store, NULL);
	auto_arena arena = { 0 };
	struct fly_execution e;

	if (db && fly_execution_get_id(db, c->parent, FLY_EXECUTION_HEAD, &arena, &e) >= 0 &&
	    !fly_is_private(fs, &e))
		add_event(fs, e.scope, e.name, c->name, c->at_ns, fly_node_phase_name(c->phase));
}

static void execution_changed(struct fly_fs *fs, const struct fly_change *c)
{
	unsigned ends = FLY_CHANGE_PHASE | FLY_CHANGE_RESULT | FLY_CHANGE_GONE;

	inval_files(fs, FLY_INO_EXECUTION, c->id, !c->scope || c->flags & ends);
	if (!c->scope)
		return;
	fly_queries_changed(fs, c->scope);
	if (c->flags & FLY_CHANGE_CREATED)
		execution_created(fs, c);
	if (c->flags & FLY_CHANGE_PHASE)
		execution_phase(fs, c);
	if (c->flags & FLY_CHANGE_STATE)
		execution_state(fs, c);
	if (c->flags & FLY_CHANGE_GONE)
		execution_gone(fs, c);
	if (c->flags & (FLY_CHANGE_PHASE | FLY_CHANGE_CREATED)) {
		execution_event(fs, c);
		fly_polls_changed(fs, c->id);
		if (fly_phase_is_terminal(c->phase))
			fly_parks_finished(fs, c->id);
	}
}

static bool is_draft(struct fly_fs *fs, int64_t id)
{
	auto_arena arena = { 0 };

	return fly_draft_name(fs->drafts, id, &arena);
}

/* Many launches of one commit appear in the same directories. */
static bool is_beside(const struct fly_change *a, const struct fly_change *b)
{
	return a->scope == b->scope && a->plan == b->plan && a->phase == b->phase &&
	       a->state == b->state;
}

bool fly_invalidate_new(struct fly_fs *fs, const struct fly_change *c,
			const struct fly_change *told)
{
	unsigned may = FLY_CHANGE_CREATED | FLY_CHANGE_PHASE | FLY_CHANGE_TEXT | FLY_CHANGE_RESULT;

	if (c->kind != FLY_KIND_EXECUTION || !(c->flags & FLY_CHANGE_CREATED) || c->flags & ~may ||
	    !c->scope || is_draft(fs, c->id) || fly_queries_hold(fs, c->scope))
		return false;
	if (!told || !is_beside(told, c))
		execution_created(fs, c);
	execution_event(fs, c);
	return true;
}

/* --- nodes and attempts --------------------------------------------------- */

/* Its run's row changes with it, and is told of by itself. */
static void node_changed(struct fly_fs *fs, const struct fly_change *c)
{
	inval_files(fs, FLY_INO_NODE, c->id, true);
	if (c->node)
		inval_files(fs, FLY_INO_NODE, c->node, true);
	if (c->parent && c->flags & FLY_CHANGE_PHASE)
		node_event(fs, c);
}

static void attempt_changed(struct fly_fs *fs, const struct fly_change *c)
{
	inval_files(fs, FLY_INO_ATTEMPT, c->id, true);
	if (c->node)
		fly_inval(fs, FLY_INO_NODE, c->node, FLY_NODE_ATTEMPTS);
	if (c->parent)
		fly_inval(fs, FLY_INO_EXECUTION, c->parent, FLY_RUN_LOG);
}

/* --- entities and projects ------------------------------------------------ */

static void named_changed(struct fly_fs *fs, const struct fly_change *c)
{
	fly_inval(fs, FLY_INO_NAMED, c->id, 0);
	if (!c->scope)
		return;
	switch ((enum fly_kind)c->phase) {	/* of its versions */
	case FLY_KIND_TASK:
		inval_scope(fs, c->scope, FLY_SCOPE_TASKS);
		break;
	case FLY_KIND_WORKFLOW:
		inval_scope(fs, c->scope, FLY_SCOPE_WORKFLOWS);
		break;
	default:
		inval_scope(fs, c->scope, FLY_SCOPE_LAUNCH_PLANS);
		inval_scope(fs, c->scope, FLY_SCOPE_BY_PLAN);
		break;
	}
}

static void entity_changed(struct fly_fs *fs, enum fly_ino_kind kind, const struct fly_change *c)
{
	inval_files(fs, kind, c->id, true);
	if (c->parent)
		fly_inval(fs, FLY_INO_NAMED, c->parent, 0);
	if (c->scope)
		fly_queries_changed(fs, c->scope);
}

static void project_changed(struct fly_fs *fs, const struct fly_change *c)
{
	fly_inval(fs, FLY_INO_STATIC, 0, FLY_ROOT_SELF);
	inval_files(fs, FLY_INO_PROJECT, c->id, true);
}

static void scope_changed(struct fly_fs *fs, const struct fly_change *c)
{
	fly_inval(fs, FLY_INO_SCOPE, c->id, 0);
	if (c->scope)
		fly_inval(fs, FLY_INO_PROJECT, c->scope, 0);
}

void fly_invalidate_change(struct fly_fs *fs, const struct fly_change *c)
{
	switch (c->kind) {
	case FLY_KIND_EXECUTION:
		execution_changed(fs, c);
		break;
	case FLY_KIND_NODE:
		node_changed(fs, c);
		break;
	case FLY_KIND_ATTEMPT:
		attempt_changed(fs, c);
		break;
	case FLY_KIND_NAMED:
		named_changed(fs, c);
		break;
	case FLY_KIND_TASK:
		entity_changed(fs, FLY_INO_TASK, c);
		break;
	case FLY_KIND_WORKFLOW:
		entity_changed(fs, FLY_INO_WORKFLOW, c);
		break;
	case FLY_KIND_LAUNCH_PLAN:
		entity_changed(fs, FLY_INO_LAUNCH_PLAN, c);
		break;
	case FLY_KIND_PROJECT:
		project_changed(fs, c);
		break;
	case FLY_KIND_SCOPE:
		scope_changed(fs, c);
		break;
	case FLY_KIND_NONE:
	case FLY_N_KINDS:
		break;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_task: a node that runs a task: its attempts one after the other. What the outcome of one
 * means outcome.c says, how often it is tried again retry.c; what a dynamic task asks for
 * node_dynamic.c runs.
 */
#include "node_task.h"

#include "ids.h"

static const char *plugin_of(const Flyteidl__Core__TaskTemplate *task)
{
	if (!strcmp(task->type, "echo"))
		return "echo";
	return "container";
}

bool fly_task_interruptible(const struct fly_node_run *n, const Flyteidl__Core__TaskTemplate *task)
{
	const Flyteidl__Core__NodeMetadata *nm = n->core->metadata;
	const Google__Protobuf__BoolValue *asked = n->run->settings.interruptible;
	const Flyteidl__Core__WorkflowTemplate *w = n->frame->workflow->template_;

	if (nm && nm->interruptible_value_case ==
			  FLYTEIDL__CORE__NODE_METADATA__INTERRUPTIBLE_VALUE_INTERRUPTIBLE)
		return nm->interruptible;
	if (task->metadata &&
	    task->metadata->interruptible_value_case ==
		    FLYTEIDL__CORE__TASK_METADATA__INTERRUPTIBLE_VALUE_INTERRUPTIBLE)
		return task->metadata->interruptible;
	if (asked)
		return asked->value;
	return w->metadata_defaults && w->metadata_defaults->interruptible;
}

uint32_t fly_task_retries(const Flyteidl__Core__NodeMetadata *nm,
			  const Flyteidl__Core__TaskTemplate *task)
{
	if (nm && nm->retries && nm->retries->retries)
		return nm->retries->retries;
	return task->metadata && task->metadata->retries ? task->metadata->retries->retries : 0;
}

const char *fly_task_raw_dir(const struct fly_node_run *n, const char *name)
{
	struct fly_arena *arena = &n->run->arena;
	const char *prefix = n->run->settings.raw_output_prefix;
	char *below;
	size_t len = strlen(prefix);

	while (len && prefix[len - 1] == '/')
		len--;
	if (len)
		return fly_arena_printf(arena, "%.*s/%s", (int)len, prefix, name);
	below = fly_arena_printf(arena, "raw/%s", name);
	return below ? fly_run_path(n->run, arena, below) : NULL;
}

/* Flyte times nodes only; a timeout that a person wrote into a task means the task. */
int64_t fly_task_timeout_ns(const Flyteidl__Core__NodeMetadata *nm,
			    const Flyteidl__Core__TaskTemplate *task)
{
	int64_t ns = nm ? fly_duration_ns(nm->timeout) : 0;

	if (ns <= 0 && fly_task_flavor(task) == FLY_FLAVOR_SHORTHAND && task->metadata)
		ns = fly_duration_ns(task->metadata->timeout);
	return ns > 0 ? ns : 0;
}

static struct task *task_of(struct fly_node_run *n)
{
	return n->data;
}

static int64_t timeout_of(struct fly_node_run *n)
{
	return fly_task_timeout_ns(n->core->metadata, task_of(n)->template);
}

int fly_task_report(struct fly_node_run *n, int phase, const Flyteidl__Core__ExecutionError *error,
		    const Flyteidl__Core__LiteralMap *outputs)
{
	struct task *t = task_of(n);
	struct fly_attempt_report r = {
		.task = t->template,
		.retry = n->attempt,
		.phase = phase,
		.error = error,
		.outputs = outputs,
		.name = t->name,
		.plugin = plugin_of(t->template),
		/* The last chance after system failures is not given to a machine that may vanish.
		 */
		.interruptible = fly_task_interruptible(n, t->template) &&
				 n->system_failures < FLY_SYSTEM_RETRIES,
	};

	return fly_report_attempt(n, &r);
}

/* --- one attempt -------------------------------------------------------- */

static int set_names(struct fly_node_run *n)
{
	struct fly_arena *arena = &n->run->arena;
	struct task *t = task_of(n);
	char *component = fly_id_component(arena, n->uid);

	t->name = fly_id_attempt(arena, n->run->identifier->name, n->uid, n->attempt);
	t->key = component ? fly_arena_printf(arena, "%s.%u", component, n->attempt) : NULL;
	return t->name && t->key ? 0 : -ENOMEM;
}

/* A definition that can't be carried out: an attempt that never ran, and no second try. */
static int cannot_start(struct fly_node_run *n, const char *code, int kind, const char *text)
{
	int rc = fly_node_running(n);

	if (rc >= 0)
		rc = fly_task_report(n, FLY_PHASE_TASK(ABORTED), NULL, NULL);
	return rc < 0 ? rc : fly_node_fail_with(n, code, kind, "%s", text);
}

static int build(struct fly_node_run *n, struct fly_command *c, struct fly_job *job,
		 struct fly_why *why)
{
	struct task *t = task_of(n);
	char *out = fly_node_out_dir(n);

	*c = (struct fly_command){
		.node = n,
		.task = t->template,
		.inputs = n->inputs,
		.file_inputs = n->inputs,
		.attempt = n->attempt,
		.name = t->name,
		.array_index = -1,
		.timeout_ns = timeout_of(n),
		.prev_checkpoint = t->prev_checkpoint,
		.arena = fly_tx_arena(n->run->engine),
	};
	c->prefix = fly_arena_printf(c->arena, "%s: ", n->uid);
	c->data_dir = fly_run_path(n->run, c->arena, n->dir);
	c->out_dir = out ? fly_run_path(n->run, c->arena, out) : NULL;
	c->raw_dir = fly_task_raw_dir(n, t->name);
	if (!c->prefix || !c->data_dir || !c->out_dir || !c->raw_dir)
		return -ENOMEM;
	return fly_command_build(c, job, why);
}

static int attempt_begin(struct fly_proc *p)
{
	struct fly_node_run *n = p->owner;
	struct fly_command c;
	struct fly_why why = {0};
	struct fly_job job;
	int rc = build(n, &c, &job, &why);

	if (rc >= 0)
		return fly_proc_spawn(p, &job);
	if (rc == -ENOMEM)
		return rc;
	task_of(n)->proc = NULL;
	fly_proc_free(p);
	return cannot_start(n, "FailedToBuildResource", FLY_ERROR_KIND(USER), why.text);
}

static int attempt_running(struct fly_proc *p)
{
	struct fly_node_run *n = p->owner;
	int rc = fly_node_running(n);

	return rc < 0 ? rc : fly_task_report(n, FLY_PHASE_TASK(RUNNING), NULL, NULL);
}

static int attempt_over(struct fly_proc *p, const struct fly_record *record);

static int new_proc(struct fly_node_run *n)
{
	struct task *t = task_of(n);
	int rc = set_names(n);

	if (rc >= 0)
		rc = fly_proc_create(n, t->key, &t->proc);
	if (rc < 0)
		return rc;
	t->proc->owner = n;
	t->proc->begin = attempt_begin;
	t->proc->running = attempt_running;
	t->proc->over = attempt_over;
	return 0;
}

static int want_attempt(struct fly_node_run *n)
{
	int rc = new_proc(n);

	if (rc >= 0)
		fly_proc_want(task_of(n)->proc);
	return rc;
}

/* --- after an attempt --------------------------------------------------- */

static int try_again(struct fly_node_run *n, const struct fly_outcome *o)
{
	struct task *t = task_of(n);

	if (o->has_checkpoint)
		t->prev_checkpoint = fly_arena_printf(&n->run->arena, "%s/_flytecheckpoints",
						      fly_task_raw_dir(n, t->name));
	if (o->error->kind == (Flyteidl__Core__ExecutionError__ErrorKind)FLY_ERROR_KIND(SYSTEM))
		n->system_failures++;
	n->attempt++;
	return want_attempt(n);
}

int fly_task_retry(struct fly_node_run *n, const struct fly_outcome *o)
{
	Flyteidl__Core__ExecutionError *error;
	struct fly_retry r;
	uint32_t retries = fly_task_retries(n->core->metadata, task_of(n)->template);

	r = fly_retry_decide((int)o->error->kind, n->attempt, n->system_failures, retries > 0,
			     retries);
	if (r.again)
		return try_again(n, o);
	error = fly_retry_exhausted(n->run, r, o->error);
	return error ? fly_node_fail(n, error) : -ENOMEM;
}

static int failed(struct fly_node_run *n, const struct fly_outcome *o)
{
	int rc;

	n->ran = !o->timed_out;
	rc = fly_task_report(n, o->timed_out ? FLY_PHASE_TASK(ABORTED) : FLY_PHASE_TASK(FAILED),
			     o->timed_out ? NULL : o->error, NULL);
	if (rc < 0)
		return rc;
	return o->verdict == FLY_VERDICT_RETRYABLE ? fly_task_retry(n, o)
						   : fly_node_fail(n, o->error);
}

static int attempt_over(struct fly_proc *p, const struct fly_record *record)
{
	struct fly_node_run *n = p->owner;
	struct task *t = task_of(n);
	struct fly_outcome o;
	int rc;

	t->proc = NULL;
	rc = fly_outcome_decide(n->run, t->template, t->name, t->key, timeout_of(n), record, &o);
	if (rc < 0)
		return rc;
	n->ran = true;
	switch (o.verdict) {
	case FLY_VERDICT_SUCCESS:
		rc = fly_task_report(n, FLY_PHASE_TASK(SUCCEEDED), NULL, o.outputs);
		return rc < 0 ? rc : fly_task_succeed(n, o.outputs);
	case FLY_VERDICT_DYNAMIC:
		return fly_dynamic_start(n, o.futures);
	case FLY_VERDICT_RETRYABLE:
	case FLY_VERDICT_PERMANENT:
		return failed(n, &o);
	}
	return -EINVAL;
}

/* --- the cache ---------------------------------------------------------- */

Flyteidl__Core__TaskExecutionIdentifier *fly_task_identify(struct fly_node_run *n,
							   const Flyteidl__Core__TaskTemplate *task)
{
	struct fly_arena *arena = &n->run->arena;
	Flyteidl__Core__TaskExecutionIdentifier *id =
		FLY_NEW(arena, Flyteidl__Core__TaskExecutionIdentifier,
			flyteidl__core__task_execution_identifier);
	Flyteidl__Core__NodeExecutionIdentifier *node =
		FLY_NEW(arena, Flyteidl__Core__NodeExecutionIdentifier,
			flyteidl__core__node_execution_identifier);

	if (!id || !node)
		return NULL;
	node->node_id = (char *)n->uid;
	node->execution_id = n->run->identifier;
	id->task_id = task->id;
	id->node_execution_id = node;
	id->retry_attempt = n->attempt;
	return id;
}

/* What can't be kept is lost to others, not to this run. */
static int keep(struct fly_node_run *n, const Flyteidl__Core__LiteralMap *outputs)
{
	struct task *t = task_of(n);
	Flyteidl__Core__TaskExecutionIdentifier *source = fly_task_identify(n, t->template);
	int rc = source ? fly_cache_put(n->run, &t->cache_key, outputs, source) : -ENOMEM;

	if (rc < 0) {
		fly_log(FLY_WARNING, "engine", "%s: cannot keep the outputs of %s: %s",
			n->run->identifier->name, n->uid, strerror(-rc));
		n->cache_status = FLYTEIDL__CORE__CATALOG_CACHE_STATUS__CACHE_PUT_FAILURE;
		return 0;
	}
	n->cache_status = FLYTEIDL__CORE__CATALOG_CACHE_STATUS__CACHE_POPULATED;
	n->catalog_key = t->cache_key.metadata;
	return 0;
}

int fly_task_succeed(struct fly_node_run *n, Flyteidl__Core__LiteralMap *outputs)
{
	int rc = task_of(n)->is_cached ? keep(n, outputs) : 0;

	return rc < 0 ? rc : fly_node_succeed(n, outputs);
}

/* 1: the node is done, or waits for another one that makes the same; 0: it must run. */
static int look_up(struct fly_node_run *n)
{
	struct task *t = task_of(n);
	Flyteidl__Core__LiteralMap *outputs;
	int rc;

	if (!fly_cache_wanted(t->template))
		return 0;
	rc = fly_cache_key(n->run, t->template, n->inputs, &t->cache_key);
	if (rc < 0)
		return rc;
	t->is_cached = true;
	if (n->run->settings.overwrite_cache)
		return 0;
	rc = fly_cache_get(n->run, t->template, &t->cache_key, &outputs, &n->catalog_key);
	if (rc == -ENOENT)
		return t->template->metadata->cache_serializable &&
		       !fly_cache_reserve(n, &t->cache_key);
	if (rc < 0)
		return rc;
	n->ran = true;
	n->cache_status = FLYTEIDL__CORE__CATALOG_CACHE_STATUS__CACHE_HIT;
	rc = fly_node_succeed(n, outputs);
	return rc < 0 ? rc : 1;
}

/* --- echo: no process --------------------------------------------------- */

static int echo(struct fly_node_run *n)
{
	const Flyteidl__Core__TypedInterface *interface = task_of(n)->template->interface;
	Flyteidl__Core__LiteralMap *outputs =
		FLY_NEW(&n->run->arena, Flyteidl__Core__LiteralMap, flyteidl__core__literal_map);
	Flyteidl__Core__LiteralMap__LiteralsEntry *entry;
	size_t n_out = interface && interface->outputs ? interface->outputs->n_variables : 0;
	int rc;

	if (!outputs)
		return -ENOMEM;
	if (n->inputs->n_literals > 1 || n_out != n->inputs->n_literals)
		return cannot_start(n, "BadTaskSpecification", FLY_ERROR_KIND(USER),
				    "an echo task has one input and one output, or none");
	if (n_out) {
		entry = FLY_NEW(&n->run->arena, Flyteidl__Core__LiteralMap__LiteralsEntry,
				flyteidl__core__literal_map__literals_entry);
		outputs->literals = fly_arena_zalloc(&n->run->arena, 1, sizeof(*outputs->literals));
		if (!entry || !outputs->literals)
			return -ENOMEM;
		entry->key = interface->outputs->variables[0]->key;
		entry->value = n->inputs->literals[0]->value;
		outputs->literals[0] = entry;
		outputs->n_literals = 1;
	}
	n->ran = true;
	rc = fly_node_running(n);
	if (rc >= 0)
		rc = fly_task_report(n, FLY_PHASE_TASK(SUCCEEDED), NULL, outputs);
	return rc < 0 ? rc : fly_task_succeed(n, outputs);
}

/* --- the kind ----------------------------------------------------------- */

static int set_up(struct fly_node_run *n)
{
	struct task *t = fly_arena_zalloc(&n->run->arena, 1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	n->data = t;
	t->template = fly_frame_task(n->frame, n->core->task_node->reference_id);
	return t->template ? set_names(n) : 0;
}

/* One attempt is shown even of a node whose inputs could not be found. */
static int unstarted(struct fly_node_run *n)
{
	int rc = set_up(n);

	if (rc < 0 || !task_of(n)->template)
		return rc;
	rc = fly_report_node(n, FLY_PHASE_NODE(QUEUED));
	return rc < 0 ? rc : fly_task_report(n, FLY_PHASE_TASK(ABORTED), NULL, NULL);
}

static int no_task(struct fly_node_run *n)
{
	const Flyteidl__Core__Identifier *id = n->core->task_node->reference_id;

	return fly_node_fail_with(n, "BadTaskDefinition", FLY_ERROR_KIND(SYSTEM),
				  "task %s@%s is not part of the workflow", id ? id->name : "",
				  id ? id->version : "");
}

static int start(struct fly_node_run *n)
{
	int rc = set_up(n);

	if (rc < 0)
		return rc;
	if (!task_of(n)->template)
		return no_task(n);
	rc = look_up(n);
	if (rc)
		return rc < 0 ? rc : 0;
	if (!strcmp(task_of(n)->template->type, "echo"))
		return echo(n);
	return want_attempt(n);
}

/* The newest attempt, and how many before it the machine was to blame for. */
static int read_attempts(struct fly_node_run *n, const struct fly_attempt **newest)
{
	const struct fly_run *run = n->run;
	const struct fly_node *row = fly_run_row(run, n->uid);

	*newest = NULL;
	for (size_t i = 0; i < run->n_attempt_rows; i++) {
		const struct fly_attempt *a = &run->attempt_rows[i];
		Flyteidl__Admin__TaskExecution *m;
		int rc;

		if (a->node != row->id)
			continue;
		if (!*newest || a->retry_attempt > (*newest)->retry_attempt)
			*newest = a;
		rc = fly_wire_parse(&flyteidl__admin__task_execution__descriptor, a->message.data,
				    a->message.len, &n->run->arena, (ProtobufCMessage **)&m, NULL);
		if (rc < 0)
			return rc;
		if (m->closure &&
		    m->closure->output_result_case ==
			    FLYTEIDL__ADMIN__TASK_EXECUTION_CLOSURE__OUTPUT_RESULT_ERROR &&
		    (int)m->closure->error->kind == FLY_ERROR_KIND(SYSTEM))
			n->system_failures++;
	}
	return 0;
}

static int resume(struct fly_node_run *n)
{
	const struct fly_attempt *newest;
	int rc = set_up(n);

	if (rc >= 0)
		rc = read_attempts(n, &newest);
	if (rc < 0)
		return rc;
	if (!task_of(n)->template)
		return no_task(n);
	if (!newest)
		return start(n);
	n->attempt = newest->retry_attempt;
	if (fly_cache_wanted(task_of(n)->template)) {
		rc = fly_cache_key(n->run, task_of(n)->template, n->inputs, &task_of(n)->cache_key);
		if (rc < 0)
			return rc;
		task_of(n)->is_cached = true;
	}
	if (n->reported == FLY_PHASE_NODE(DYNAMIC_RUNNING))
		return set_names(n) < 0 ? -ENOMEM : fly_dynamic_resume(n);
	if (fly_task_phase_is_terminal(newest->phase)) {
		n->attempt++; /* the next one was waiting for a slot */
		return want_attempt(n);
	}
	rc = new_proc(n);
	return rc < 0 ? rc : fly_proc_join(task_of(n)->proc);
}

static int abort_task(struct fly_node_run *n, const char *reason)
{
	struct task *t = task_of(n);
	struct fly_proc *p = t ? t->proc : NULL;
	bool began;

	if (t && t->dynamic)
		return fly_dynamic_abort(n, reason);
	if (!p)
		return 0;
	t->proc = NULL;
	began = p->state != FLY_PROC_WAITING;
	fly_proc_abort(p);
	return began ? fly_task_report(n, FLY_PHASE_TASK(ABORTED), NULL, NULL) : 0;
}

const struct fly_node_kind fly_kind_task = {
	.counts = true,
	.start = start,
	.resume = resume,
	.abort = abort_task,
	.frame_done = fly_dynamic_done,
	.left = fly_cache_release,
	.unstarted = unstarted,
};

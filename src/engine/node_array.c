/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_array: a task run once for each item of lists. The node shows one task execution; the items
 * are its external resources. What their values are array.c knows. Source: flyte-engine §4.11.
 *
 * After a restart the items' state is read from their attempts' directories: rows know none of it.
 */
#include "array.h"
#include "ids.h"
#include "node_task.h"

#define SHOW_AT_ONCE 64 /* items up to which every change is shown; larger arrays once a second */
#define SHOW_NS INT64_C(1000000000)

struct item {
	struct array *array;
	size_t index;
	uint32_t attempt, system_failures;
	int phase; /* of the current attempt: UNDEFINED, RUNNING, … */
	bool is_over;
	bool changed;		      /* not shown yet */
	const char *name, *key, *dir; /* of the current attempt */
	struct fly_proc *proc;
	const char *prev_checkpoint;
	Flyteidl__Core__LiteralMap *inputs;
	const char *message; /* of its final failure */
	int cache_status;
	struct fly_cache_key cache_key;
};

struct array {
	struct fly_timer show; /* first: expired gets a pointer to it */
	struct fly_node_run *node;
	const Flyteidl__Core__ArrayNode *core;
	const Flyteidl__Core__TaskTemplate *task, *item_task;
	struct item *items;
	Flyteidl__Core__LiteralMap **outputs;
	Flyteidl__Event__ExternalResourceInfo **retired; /* earlier attempts, not shown yet */
	size_t n_retired, cap_retired;
	size_t size, needed, window;
	size_t next; /* items before it were started */
	size_t n_active, n_failed, n_over;
	uint32_t version; /* of the report */
	bool is_cached;
	bool is_filling; /* items found in the cache are done inside the loop that starts items */
};

/* --- showing ------------------------------------------------------------ */

static Flyteidl__Event__ExternalResourceInfo *resource_of(struct fly_arena *arena,
							  const struct item *it)
{
	Flyteidl__Event__ExternalResourceInfo *r =
		FLY_NEW(arena, Flyteidl__Event__ExternalResourceInfo,
			flyteidl__event__external_resource_info);

	if (!r)
		return NULL;
	r->external_id = (char *)it->name;
	r->index = (uint32_t)it->index;
	r->retry_attempt = it->attempt;
	r->phase = (Flyteidl__Core__TaskExecution__Phase)it->phase;
	r->cache_status = (Flyteidl__Core__CatalogCacheStatus)it->cache_status;
	return r;
}

static int report(struct array *a, int phase, const Flyteidl__Core__ExecutionError *error,
		  const Flyteidl__Core__LiteralMap *outputs)
{
	struct fly_node_run *n = a->node;
	struct fly_arena *arena = fly_tx_arena(n->run->engine);
	struct fly_attempt_report r = {
		.task = a->task,
		.retry = n->attempt,
		.phase = phase,
		.error = error,
		.outputs = outputs,
		.plugin = "k8s-array",
		.task_type = "container_array",
		.name = fly_id_attempt(&n->run->arena, n->run->identifier->name, n->uid,
				       n->attempt),
		.interruptible = fly_task_interruptible(n, a->task),
		.version = a->version++,
	};

	r.resources = fly_arena_zalloc(arena, a->size + a->n_retired, sizeof(*r.resources));
	if (!r.resources || !r.name)
		return -ENOMEM;
	for (size_t i = 0; i < a->n_retired; i++)
		r.resources[r.n_resources++] = a->retired[i];
	for (size_t i = 0; i < a->size; i++) {
		if (!a->items[i].changed)
			continue;
		r.resources[r.n_resources] = resource_of(arena, &a->items[i]);
		if (!r.resources[r.n_resources++])
			return -ENOMEM;
		a->items[i].changed = false;
	}
	a->n_retired = 0;
	return fly_report_attempt(n, &r);
}

static int show(struct fly_timer *timer)
{
	return report((struct array *)timer, FLY_PHASE_TASK(RUNNING), NULL, NULL);
}

static int show_soon(struct item *it, int phase)
{
	struct array *a = it->array;

	it->phase = phase;
	it->changed = true;
	if (a->show.at)
		return 0;
	return fly_timer_set(a->node->run->engine, &a->show,
			     a->size <= SHOW_AT_ONCE ? 0 : fly_tick_ns() + SHOW_NS);
}

/* The entry of an attempt that another one follows. */
static int retire(struct item *it, int phase)
{
	struct array *a = it->array;
	struct fly_arena *arena = &a->node->run->arena;

	it->phase = phase;
	if (a->n_retired == a->cap_retired) {
		size_t cap = a->cap_retired ? a->cap_retired * 2 : 16;
		Flyteidl__Event__ExternalResourceInfo **list =
			fly_arena_zalloc(arena, cap, sizeof(*list));

		if (!list)
			return -ENOMEM;
		if (a->n_retired)
			memcpy(list, a->retired, a->n_retired * sizeof(*list));
		a->retired = list;
		a->cap_retired = cap;
	}
	a->retired[a->n_retired] = resource_of(arena, it);
	return a->retired[a->n_retired++] ? 0 : -ENOMEM;
}

/* --- one item's attempt ------------------------------------------------- */

static int set_names(struct item *it)
{
	struct fly_node_run *n = it->array->node;
	struct fly_arena *arena = &n->run->arena;
	char *component = fly_id_component(arena, n->uid);
	char *above = fly_id_attempt(arena, n->run->identifier->name, n->uid, n->attempt);
	char *out = fly_node_out_dir(n);

	if (!component || !above || !out)
		return -ENOMEM;
	it->name = fly_arena_printf(arena, "%s-n%zu-%u", above, it->index, it->attempt);
	it->key = fly_arena_printf(arena, "%s.%u.%zu.%u", component, n->attempt, it->index,
				   it->attempt);
	it->dir = fly_arena_printf(arena, "%s/%zu", out, it->index);
	return it->name && it->key && it->dir ? 0 : -ENOMEM;
}

/* flytekit's map tasks read the whole lists and find their item by its index. */
static int build(struct item *it, struct fly_command *c, struct fly_job *job, struct fly_why *why)
{
	struct array *a = it->array;
	struct fly_node_run *n = a->node;
	bool whole = fly_task_flavor(a->task) == FLY_FLAVOR_FLYTE;
	char *out;

	*c = (struct fly_command){
		.node = n,
		.task = a->item_task,
		.inputs = it->inputs,
		.file_inputs = whole ? n->inputs : it->inputs,
		.attempt = it->attempt,
		.name = it->name,
		.array_index = (int64_t)it->index,
		.timeout_ns = fly_task_timeout_ns(a->core->node->metadata, a->task),
		.prev_checkpoint = it->prev_checkpoint,
		.arena = fly_tx_arena(n->run->engine),
	};
	c->prefix = fly_arena_printf(c->arena, "%s[%zu]: ", n->uid, it->index);
	c->data_dir = fly_run_path(n->run, c->arena, whole ? n->dir : it->dir);
	out = fly_arena_printf(c->arena, "%s/%u", it->dir, it->attempt);
	c->out_dir = out ? fly_run_path(n->run, c->arena, out) : NULL;
	c->raw_dir = fly_task_raw_dir(n, it->name);
	if (!c->prefix || !c->data_dir || !c->out_dir || !c->raw_dir)
		return -ENOMEM;
	return fly_command_build(c, job, why);
}

static int item_failed(struct item *it, const char *message);
static int item_over(struct fly_proc *p, const struct fly_record *record);

static int item_begin(struct fly_proc *p)
{
	struct item *it = p->owner;
	struct fly_command c;
	struct fly_why why = {0};
	struct fly_job job;
	char *text;
	int rc = build(it, &c, &job, &why);

	if (rc >= 0)
		return fly_proc_spawn(p, &job);
	if (rc == -ENOMEM)
		return rc;
	it->proc = NULL;
	fly_proc_free(p);
	text = fly_arena_strdup(&it->array->node->run->arena, why.text);
	return text ? item_failed(it, text) : -ENOMEM;
}

static int item_running(struct fly_proc *p)
{
	return show_soon(p->owner, FLY_PHASE_TASK(RUNNING));
}

static int new_proc(struct item *it)
{
	int rc = set_names(it);

	if (rc >= 0)
		rc = fly_proc_create(it->array->node, it->key, &it->proc);
	if (rc < 0)
		return rc;
	it->proc->owner = it;
	it->proc->begin = item_begin;
	it->proc->running = item_running;
	it->proc->over = item_over;
	return 0;
}

static int start_item(struct item *it)
{
	int rc = new_proc(it);

	if (rc >= 0)
		fly_proc_want(it->proc);
	return rc;
}

static int item_done(struct item *it, int phase);

/* 1: the cache has it. */
static int look_up(struct item *it)
{
	struct array *a = it->array;
	struct fly_run *run = a->node->run;
	Flyteidl__Core__CatalogMetadata *metadata;
	int rc;

	if (!a->is_cached)
		return 0;
	rc = fly_cache_key(run, a->task, it->inputs, &it->cache_key);
	if (rc < 0 || run->settings.overwrite_cache)
		return rc;
	rc = fly_cache_get(run, a->item_task, &it->cache_key, &a->outputs[it->index], &metadata);
	if (rc == -ENOENT)
		return 0;
	it->cache_status = FLYTEIDL__CORE__CATALOG_CACHE_STATUS__CACHE_HIT;
	rc = rc < 0 ? rc : item_done(it, FLY_PHASE_TASK(SUCCEEDED));
	return rc < 0 ? rc : 1;
}

static int fill_window(struct array *a)
{
	int rc = 0;

	a->is_filling = true;
	while (rc >= 0 && a->next < a->size && a->n_active < a->window) {
		struct item *it = &a->items[a->next++];

		if (it->is_over || it->proc)
			continue; /* known from before a restart */
		a->n_active++;
		rc = look_up(it);
		if (!rc)
			rc = start_item(it);
		if (fly_node_is_over(a->node))
			break;
	}
	a->is_filling = false;
	return rc < 0 ? rc : 0;
}

/* --- the end ------------------------------------------------------------ */

static int stop_items(struct array *a)
{
	for (size_t i = 0; i < a->size; i++) {
		struct item *it = &a->items[i];
		struct fly_proc *p = it->proc;

		if (!p)
			continue;
		it->proc = NULL;
		it->changed = true;
		if (p->state != FLY_PROC_WAITING)
			it->phase = FLY_PHASE_TASK(ABORTED);
		fly_proc_abort(p);
	}
	fly_timer_clear(a->node->run->engine, &a->show);
	return 0;
}

static int fail_array(struct array *a)
{
	struct fly_node_run *n = a->node;
	const char **messages = fly_arena_zalloc(&n->run->arena, a->size, sizeof(*messages));
	Flyteidl__Core__ExecutionError *error;
	auto_buf summary = {0};
	int rc;

	if (!messages)
		return -ENOMEM;
	for (size_t i = 0; i < a->size; i++)
		messages[i] = a->items[i].message;
	fly_array_summary(messages, a->size, &summary);
	error = summary.failed
			? NULL
			: fly_error_new(n->run, "", FLY_ERROR_KIND(UNKNOWN), "%s", summary.data);
	if (!error)
		return -ENOMEM;
	rc = stop_items(a);
	if (rc >= 0)
		rc = report(a, FLY_PHASE_TASK(FAILED), error, NULL);
	return rc < 0 ? rc : fly_node_fail(n, error);
}

static int succeed_array(struct array *a)
{
	struct fly_node_run *n = a->node;
	Flyteidl__Core__LiteralMap *outputs;
	int rc = fly_array_outputs(&n->run->arena, a->task, a->outputs, a->size, &outputs);

	fly_timer_clear(n->run->engine, &a->show);
	if (rc >= 0)
		rc = report(a, FLY_PHASE_TASK(SUCCEEDED), NULL, NULL);
	return rc < 0 ? rc : fly_node_succeed(n, outputs);
}

/* Enough failures end it at once, enough successes do not. */
static int go_on(struct array *a)
{
	if (fly_node_is_over(a->node))
		return 0;
	if (a->size - a->n_failed < a->needed)
		return fail_array(a);
	if (a->n_over == a->size)
		return succeed_array(a);
	return a->is_filling ? 0 : fill_window(a);
}

static int item_done(struct item *it, int phase)
{
	struct array *a = it->array;
	int rc;

	it->is_over = true;
	a->n_active--;
	a->n_over++;
	rc = show_soon(it, phase);
	return rc < 0 ? rc : go_on(a);
}

static int item_failed(struct item *it, const char *message)
{
	it->message = message;
	it->array->n_failed++;
	return item_done(it, FLY_PHASE_TASK(FAILED));
}

static int try_again(struct item *it, const struct fly_outcome *o)
{
	struct fly_node_run *n = it->array->node;
	int rc = retire(it, o->timed_out ? FLY_PHASE_TASK(ABORTED) : FLY_PHASE_TASK(FAILED));

	if (rc < 0)
		return rc;
	if (o->has_checkpoint)
		it->prev_checkpoint = fly_arena_printf(&n->run->arena, "%s/_flytecheckpoints",
						       fly_task_raw_dir(n, it->name));
	if ((int)o->error->kind == FLY_ERROR_KIND(SYSTEM))
		it->system_failures++;
	it->attempt++;
	return start_item(it);
}

static struct fly_retry decide(const struct item *it, const Flyteidl__Core__ExecutionError *error)
{
	const struct array *a = it->array;
	uint32_t retries = fly_task_retries(a->core->node->metadata, a->task);

	return fly_retry_decide((int)error->kind, it->attempt, it->system_failures, retries > 0,
				retries);
}

static int item_retryable(struct item *it, const struct fly_outcome *o)
{
	struct fly_retry r = decide(it, o->error);
	Flyteidl__Core__ExecutionError *error;

	if (r.again)
		return try_again(it, o);
	error = fly_retry_exhausted(it->array->node->run, r, o->error);
	return error ? item_failed(it, error->message) : -ENOMEM;
}

static int judge(struct item *it, const struct fly_record *record, struct fly_outcome *o)
{
	const struct array *a = it->array;

	return fly_outcome_decide(a->node->run, a->item_task, it->name, it->key,
				  fly_task_timeout_ns(a->core->node->metadata, a->task), record, o);
}

static int keep(struct item *it, const Flyteidl__Core__LiteralMap *outputs)
{
	struct array *a = it->array;
	Flyteidl__Core__TaskExecutionIdentifier *source;
	int rc;

	if (!a->is_cached)
		return 0;
	source = fly_task_identify(a->node, a->task);
	if (!source)
		return -ENOMEM;
	rc = fly_cache_put(a->node->run, &it->cache_key, outputs, source);
	it->cache_status = rc < 0 ? FLYTEIDL__CORE__CATALOG_CACHE_STATUS__CACHE_PUT_FAILURE
				  : FLYTEIDL__CORE__CATALOG_CACHE_STATUS__CACHE_POPULATED;
	return 0;
}

static int item_over(struct fly_proc *p, const struct fly_record *record)
{
	struct item *it = p->owner;
	struct fly_outcome o;
	int rc;

	it->proc = NULL;
	rc = judge(it, record, &o);
	if (rc < 0)
		return rc;
	switch (o.verdict) {
	case FLY_VERDICT_SUCCESS:
		it->array->outputs[it->index] = o.outputs;
		rc = keep(it, o.outputs);
		if (rc < 0)
			return rc;
		return item_done(it, FLY_PHASE_TASK(SUCCEEDED));
	case FLY_VERDICT_DYNAMIC:
		return item_failed(it, "a dynamic task can't be mapped");
	case FLY_VERDICT_RETRYABLE:
		return item_retryable(it, &o);
	case FLY_VERDICT_PERMANENT:
		return item_failed(it, o.error->message);
	}
	return -EINVAL;
}

/* --- the kind ----------------------------------------------------------- */

static int find_task(struct fly_node_run *n, struct array **out)
{
	const Flyteidl__Core__ArrayNode *core = n->core->array_node;
	struct array *a = fly_arena_zalloc(&n->run->arena, 1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	*a = (struct array){.show = {.run = n->run, .expired = show}, .node = n, .core = core};
	if (core->node && core->node->target_case == FLYTEIDL__CORE__NODE__TARGET_TASK_NODE)
		a->task = fly_frame_task(n->frame, core->node->task_node->reference_id);
	n->is_array = true;
	n->data = a;
	*out = a;
	if (!a->task)
		return 0;
	a->is_cached = fly_cache_wanted(a->task);
	a->item_task = fly_array_task(&n->run->arena, a->task);
	return a->item_task ? 0 : -ENOMEM;
}

static int set_up(struct array *a, struct fly_why *why)
{
	struct fly_node_run *n = a->node;
	struct fly_arena *arena = &n->run->arena;
	unsigned jobs = n->run->engine->jobs;
	int rc = fly_array_size(a->core, n->inputs, &a->size, why);

	if (rc < 0)
		return rc;
	a->needed = fly_array_needed(a->core, a->size);
	a->window = a->core->parallelism_option_case ==
				    FLYTEIDL__CORE__ARRAY_NODE__PARALLELISM_OPTION_PARALLELISM
			    ? a->core->parallelism
			    : 0;
	/* More could not run anyway, and would stand before others in the queue. */
	if (!a->window || a->window > jobs)
		a->window = jobs;
	a->items = fly_arena_zalloc(arena, a->size, sizeof(*a->items));
	a->outputs = fly_arena_zalloc(arena, a->size, sizeof(*a->outputs));
	if (!a->items || !a->outputs)
		return -ENOMEM;
	for (size_t i = 0; i < a->size && rc >= 0; i++) {
		a->items[i] = (struct item){.array = a, .index = i, .changed = true};
		rc = set_names(&a->items[i]);
		if (rc >= 0)
			rc = fly_array_inputs(a->core, n->inputs, i, arena, &a->items[i].inputs);
	}
	return rc;
}

static int no_task(struct fly_node_run *n)
{
	return fly_node_fail_with(n, "UnsupportedNode", FLY_ERROR_KIND(USER),
				  "node %s maps over something that is no task", n->core->id);
}

static int unstarted(struct fly_node_run *n)
{
	struct array *a;
	int rc = find_task(n, &a);

	if (rc < 0 || !a->task)
		return rc;
	rc = fly_report_node(n, FLY_PHASE_NODE(QUEUED));
	return rc < 0 ? rc : report(a, FLY_PHASE_TASK(ABORTED), NULL, NULL);
}

static int bad_size(struct array *a, const struct fly_why *why)
{
	int rc;

	a->size = 0;
	rc = report(a, FLY_PHASE_TASK(ABORTED), NULL, NULL);
	return rc < 0 ? rc
		      : fly_node_fail_with(a->node, "InvalidArrayLength", FLY_ERROR_KIND(USER),
					   "%s", why->text);
}

static int start(struct fly_node_run *n)
{
	struct fly_why why = {0};
	struct array *a;
	int rc = find_task(n, &a);

	if (rc >= 0)
		rc = fly_node_running(n);
	if (rc < 0)
		return rc;
	if (!a->task)
		return no_task(n);
	rc = set_up(a, &why);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		return bad_size(a, &why);
	rc = report(a, FLY_PHASE_TASK(RUNNING), NULL, NULL);
	return rc < 0 ? rc : go_on(a);
}

/* Attempts before the newest one are over; who was to blame is in their records. */
static int find_newest(struct item *it)
{
	struct fly_run *run = it->array->node->run;
	int rc = 0;

	for (;;) {
		const char *key = it->key;
		auto_arena arena = {0};
		auto_buf text = {0};
		struct fly_record record;
		struct fly_outcome o;
		int found;

		it->attempt++;
		rc = set_names(it);
		if (rc < 0)
			return rc;
		if (!fly_proc_exists(run, it->key))
			break;
		found = fly_proc_record(run, key, &arena, &text, &record);
		rc = found < 0 ? found : judge(it, found ? &record : NULL, &o);
		if (rc < 0)
			return rc;
		if (o.error && (int)o.error->kind == FLY_ERROR_KIND(SYSTEM))
			it->system_failures++;
	}
	it->attempt--;
	return set_names(it);
}

static int rejoin(struct item *it)
{
	int rc;

	if (!fly_proc_exists(it->array->node->run, it->key))
		return 0;
	rc = it->array->is_cached ? fly_cache_key(it->array->node->run, it->array->task, it->inputs,
						  &it->cache_key)
				  : 0;
	if (rc >= 0)
		rc = find_newest(it);
	if (rc >= 0)
		rc = new_proc(it);
	if (rc < 0)
		return rc;
	it->array->n_active++;
	it->phase = FLY_PHASE_TASK(RUNNING);
	return fly_proc_join(it->proc);
}

static int resume(struct fly_node_run *n)
{
	struct fly_why why = {0};
	struct array *a;
	int rc = find_task(n, &a);

	if (rc < 0)
		return rc;
	if (!a->task)
		return no_task(n);
	rc = set_up(a, &why);
	if (rc < 0)
		return rc == -ENOMEM ? rc : bad_size(a, &why);
	a->version = (uint32_t)time(NULL); /* higher than any before the restart */
	for (size_t i = 0; i < a->size && rc >= 0; i++)
		rc = rejoin(&a->items[i]);
	/* Known items finish in later rounds; one without items is done now. */
	return rc < 0 ? rc : fill_window(a);
}

static int abort_array(struct fly_node_run *n, const char *reason)
{
	struct array *a = n->data;
	int rc;

	if (!a || !a->task)
		return 0;
	rc = stop_items(a);
	return rc < 0 ? rc : report(a, FLY_PHASE_TASK(ABORTED), NULL, NULL);
}

const struct fly_node_kind fly_kind_array = {
	.counts = true,
	.start = start,
	.resume = resume,
	.abort = abort_array,
	.unstarted = unstarted,
};

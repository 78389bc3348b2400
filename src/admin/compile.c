/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One compilation from request to closure: copies, tables of what may be referred to, and whether
 * all of it is there. The rules are in compile_*.c.
 * Source: flyte-engine §1.5.
 */
#include "compile.h"

static void index_tasks(struct compile *c, const struct fly_compile_request *req,
			Flyteidl__Core__CompiledWorkflowClosure *closure)
{
	size_t i;

	closure->tasks = fly_arena_zalloc(c->arena, req->n_tasks + 1, sizeof(*closure->tasks));
	for (i = 0; closure->tasks && i < req->n_tasks; i++) {
		Flyteidl__Core__CompiledTask *task = fly_admin_new(
			Flyteidl__Core__CompiledTask, flyteidl__core__compiled_task, c->arena);
		const Flyteidl__Core__Identifier *id = req->tasks[i]->id;
		const char *key = id ? compile_id_key(c, id) : NULL;

		if (!id) {
			compile_fault(c, "ValueRequired", "", "a task has no id");
			continue;
		}
		if (key && name_index_get(&c->tasks, key))
			continue;
		if (!task || !key || !name_index_put(&c->tasks, c->arena, key, req->tasks[i])) {
			c->out_of_memory = true;
			return;
		}
		task->template_ = req->tasks[i];
		closure->tasks[closure->n_tasks++] = task;
	}
	if (!closure->tasks)
		c->out_of_memory = true;
}

static void index_plans(struct compile *c, const struct fly_compile_request *req)
{
	size_t i;

	for (i = 0; i < req->n_plans; i++) {
		const char *key = compile_id_key(c, req->plans[i].id);

		if (!key || !name_index_put(&c->plans, c->arena, key, (void *)&req->plans[i]))
			c->out_of_memory = true;
	}
}

static Flyteidl__Core__CompiledWorkflow *copy_workflow(struct compile *c,
						       const Flyteidl__Core__WorkflowTemplate *t)
{
	Flyteidl__Core__CompiledWorkflow *w = fly_admin_new(
		Flyteidl__Core__CompiledWorkflow, flyteidl__core__compiled_workflow, c->arena);

	if (w)
		w->template_ = (Flyteidl__Core__WorkflowTemplate *)fly_message_copy(&t->base,
										    c->arena);
	if (w && w->template_)
		return w;
	c->out_of_memory = true;
	return NULL;
}

static void copy_workflows(struct compile *c, const struct fly_compile_request *req,
			   Flyteidl__Core__CompiledWorkflowClosure *closure)
{
	size_t i;

	closure->primary = copy_workflow(c, req->primary);
	closure->sub_workflows = fly_arena_zalloc(c->arena, req->n_sub_workflows + 1,
						  sizeof(*closure->sub_workflows));
	if (!closure->sub_workflows)
		c->out_of_memory = true;
	for (i = 0; i < req->n_sub_workflows && !c->out_of_memory; i++) {
		closure->sub_workflows[i] = copy_workflow(c, req->sub_workflows[i]);
		closure->n_sub_workflows++;
	}
}

static void check_needs(struct compile *c, const Flyteidl__Core__WorkflowTemplate *primary)
{
	struct fly_compile_needs needs = {0};
	size_t i;

	compile_collect_needs(c, primary, &needs);
	for (i = 0; i < needs.n_tasks; i++) {
		const char *key = compile_id_key(c, needs.tasks[i]);

		if (!key || !name_index_get(&c->tasks, key))
			compile_fault(c, "TaskReferenceNotFound", COMPILE_START, "there is no %s",
				      compile_id_words(c, needs.tasks[i]));
	}
	for (i = 0; i < needs.n_plans; i++) {
		const char *key = compile_id_key(c, needs.plans[i]);

		if (!key || !name_index_get(&c->plans, key))
			compile_fault(c, "WorkflowReferenceNotFound", COMPILE_START,
				      "there is no %s", compile_id_words(c, needs.plans[i]));
	}
}

int fly_compile_workflow(const struct fly_compile_request *req, struct fly_arena *arena,
			 Flyteidl__Core__CompiledWorkflowClosure **out, struct fly_why *why)
{
	struct compile c = {.arena = arena};
	Flyteidl__Core__CompiledWorkflowClosure *closure =
		fly_admin_new(Flyteidl__Core__CompiledWorkflowClosure,
			      flyteidl__core__compiled_workflow_closure, arena);
	int rc;

	if (!closure)
		return fly_no_memory(why);
	copy_workflows(&c, req, closure);
	index_tasks(&c, req, closure);
	index_plans(&c, req);
	if (!c.out_of_memory)
		compile_index_subs(&c, closure->sub_workflows, closure->n_sub_workflows);
	if (!c.out_of_memory && !c.n_found)
		check_needs(&c, closure->primary->template_);
	if (!c.out_of_memory && !c.n_found)
		compile_graph(&c, closure->primary);
	rc = compile_verdict(&c, req->primary->id, why);
	if (rc < 0)
		return rc;
	*out = closure;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command: a task and its inputs as a job for the supervisor: words, directories, files,
 * environment. It opens nothing: what the job names is touched by the task's own process, as its
 * user. Source: flyte-engine §2.1, §2.2, §2.3, §2.8.
 */
#include "files.h"
#include "ids.h"
#include "template.h"

#define GRACE_NS (INT64_C(10) * 1000000000)
#define GRACE_MIN_NS (INT64_C(100) * 1000000)

char *fly_run_path(struct fly_run *run, struct fly_arena *arena, const char *below)
{
	return fly_arena_printf(arena, "%s/%lld/run/%s", run->engine->rundir, (long long)run->id,
				below);
}

enum fly_flavor fly_task_flavor(const Flyteidl__Core__TaskTemplate *task)
{
	for (size_t i = 0; i < task->n_config; i++)
		if (!strcmp(task->config[i]->key, "flytefs") &&
		    !strcmp(task->config[i]->value, "shorthand"))
			return FLY_FLAVOR_SHORTHAND;
	if (task->target_case == FLYTEIDL__CORE__TASK_TEMPLATE__TARGET_CONTAINER &&
	    task->container->data_config && task->container->data_config->enabled)
		return FLY_FLAVOR_RAW;
	return FLY_FLAVOR_FLYTE;
}

int fly_command_step(struct fly_command *c, enum fly_step_kind kind, const char *path,
		     struct fly_bytes data)
{
	if (c->n_steps == c->cap_steps) {
		size_t cap = c->cap_steps ? c->cap_steps * 2 : 16;
		struct fly_step *steps = fly_arena_zalloc(c->arena, cap, sizeof(*steps));

		if (!steps)
			return -ENOMEM;
		if (c->n_steps)
			memcpy(steps, c->steps, c->n_steps * sizeof(*steps));
		c->steps = steps;
		c->cap_steps = cap;
	}
	if (!path)
		return -ENOMEM;
	c->steps[c->n_steps++] = (struct fly_step){.kind = kind, .path = path, .data = data};
	return 0;
}

int fly_command_want(struct fly_command *c, enum fly_want_kind kind, const char *path,
		     const char *to, uint64_t max_bytes)
{
	if (c->n_wants == c->cap_wants) {
		size_t cap = c->cap_wants ? c->cap_wants * 2 : 16;
		struct fly_want *wants = fly_arena_zalloc(c->arena, cap, sizeof(*wants));

		if (!wants)
			return -ENOMEM;
		if (c->n_wants)
			memcpy(wants, c->wants, c->n_wants * sizeof(*wants));
		c->wants = wants;
		c->cap_wants = cap;
	}
	if (!path || !to)
		return -ENOMEM;
	c->wants[c->n_wants++] =
		(struct fly_want){.kind = kind, .path = path, .to = to, .max_bytes = max_bytes};
	return 0;
}

/* --- words -------------------------------------------------------------- */

static int fill_words(struct fly_command *c, struct fly_template *t, struct fly_job *job,
		      struct fly_why *why)
{
	const Flyteidl__Core__Container *container = c->task->container;
	size_t n = container->n_command + container->n_args;

	if (!n)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "the task's container has no command: "
				  "images are not used on this machine, so it must be given");
	job->argv = fly_arena_zalloc(c->arena, n + 1, sizeof(*job->argv));
	if (!job->argv)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const char *word = i < container->n_command
					   ? container->command[i]
					   : container->args[i - container->n_command];
		int rc = fly_template_fill(t, word, c->arena, &job->argv[i], why);

		if (rc < 0)
			return rc;
	}
	job->n_argv = n;
	return 0;
}

static int set_places(struct fly_command *c, struct fly_template *t)
{
	const Flyteidl__Core__WorkflowExecutionIdentifier *id = c->node->run->identifier;
	const Flyteidl__Core__TypedInterface *interface = c->task->interface;
	const char **v = t->values;

	v[FLY_PLACE_INPUT] = fly_arena_printf(c->arena, "%s/inputs.pb", c->data_dir);
	v[FLY_PLACE_OUTPUT_PREFIX] = c->out_dir;
	v[FLY_PLACE_INPUT_PREFIX] = c->data_dir;
	v[FLY_PLACE_RAW_OUTPUT] = c->raw_dir;
	v[FLY_PLACE_PREV_CHECKPOINT] = c->prev_checkpoint ? c->prev_checkpoint : "\"\"";
	v[FLY_PLACE_CHECKPOINT] = fly_arena_printf(c->arena, "%s/_flytecheckpoints", c->raw_dir);
	v[FLY_PLACE_RETRY_KEY] = fly_id_retry_key(c->arena, c->name);
	v[FLY_PLACE_TASK_TEMPLATE] = fly_arena_printf(c->arena, "%s/task.pb", c->data_dir);
	v[FLY_PLACE_NAMESPACE] = fly_arena_printf(c->arena, "%s-%s", id->project, id->domain);
	if (interface && interface->inputs && interface->inputs->n_variables)
		t->inputs = c->inputs;
	for (int i = 0; i < FLY_N_PLACES; i++)
		if (!v[i])
			return -ENOMEM;
	return 0;
}

/* --- files -------------------------------------------------------------- */

static int add_message(struct fly_command *c, const char *path, const ProtobufCMessage *m)
{
	auto_buf b = {0};
	struct fly_bytes data;

	if (m)
		fly_wire_print(m, &b);
	data.len = b.len;
	data.data = fly_arena_memdup(c->arena, b.data, b.len);
	if (b.failed || !data.data)
		return -ENOMEM;
	return fly_command_step(c, FLY_STEP_FILE, path, data);
}

static int add_files(struct fly_command *c, const struct fly_template *t)
{
	struct fly_bytes none = {0};
	int rc = fly_command_step(c, FLY_STEP_FRESH, c->out_dir, none);

	if (rc >= 0)
		rc = fly_command_step(c, FLY_STEP_DIR, c->local_raw_dir, none);
	if (rc >= 0)
		rc = add_message(c, t->values[FLY_PLACE_INPUT],
				 c->file_inputs ? &c->file_inputs->base : NULL);
	if (rc >= 0 && t->uses_task_template)
		rc = add_message(c, t->values[FLY_PLACE_TASK_TEMPLATE], &c->task->base);
	return rc;
}

static int add_wants(struct fly_command *c, const struct fly_template *t)
{
	static const char *const names[] = {
		[FLY_FOUND_FUTURES] = "futures.pb",
		[FLY_FOUND_ERROR] = "error.pb",
		[FLY_FOUND_OUTPUTS] = "outputs.pb",
	};
	int rc = 0;

	for (size_t i = 0; i < FLY_ARRAY_LEN(names) && rc >= 0; i++)
		rc = fly_command_want(c, FLY_WANT_FILE,
				      fly_arena_printf(c->arena, "%s/%s", c->out_dir, names[i]), "",
				      FLY_TASK_RESULT_MAX);
	if (rc >= 0)
		rc = fly_command_want(c, FLY_WANT_DIR, t->values[FLY_PLACE_CHECKPOINT], "", 0);
	return rc;
}

static int add_flavor(struct fly_command *c, struct fly_job *job, struct fly_why *why)
{
	switch (c->flavor) {
	case FLY_FLAVOR_FLYTE:
		return 0;
	case FLY_FLAVOR_RAW:
		job->binds = fly_arena_zalloc(c->arena, 2, sizeof(*job->binds));
		return job->binds ? fly_raw_prepare(c, job->binds, &job->n_binds, why) : -ENOMEM;
	case FLY_FLAVOR_SHORTHAND:
		return fly_shorthand_prepare(c, why);
	}
	return -EINVAL;
}

/* --- the job ------------------------------------------------------------ */

static int set_user(const struct fly_command *c, struct fly_job *job, struct fly_why *why)
{
	const struct fly_run *run = c->node->run;
	bool is_own = run->uid == run->engine->uid;

	if (!run->switch_user && run->uid != geteuid())
		return fly_refuse(why, FLY_PERMISSION_DENIED,
				  "flytefs runs as uid %u and can't run a task as uid %u",
				  geteuid(), run->uid);
	job->switch_user = run->switch_user;
	job->uid = run->uid;
	job->gid = run->gid;
	job->groups = run->user->groups;
	job->n_groups = run->user->n_groups;
	job->workdir = run->engine->workdir;
	job->home = is_own ? "" : run->user->home;
	return 0;
}

/* An execution may want its data elsewhere; what can only be moved stays on this machine. */
static int set_raw_dir(struct fly_command *c)
{
	char *below = fly_arena_printf(c->arena, "raw/%s", c->name);

	c->local_raw_dir = fly_uri_path(c->raw_dir);
	if (!c->local_raw_dir && below)
		c->local_raw_dir = fly_run_path(c->node->run, c->arena, below);
	return c->local_raw_dir ? 0 : -ENOMEM;
}

/* A timeout must be over, grace and all, before the one of twice its length ends the node. */
static int64_t grace_of(const struct fly_command *c)
{
	int64_t grace = GRACE_NS;

	if (c->timeout_ns && c->timeout_ns / 2 < grace)
		grace = c->timeout_ns / 2;
	return grace < GRACE_MIN_NS ? GRACE_MIN_NS : grace;
}

int fly_command_build(struct fly_command *c, struct fly_job *job, struct fly_why *why)
{
	struct fly_template t = {0};
	int rc;

	*job = (struct fly_job){0};
	if (c->task->target_case != FLYTEIDL__CORE__TASK_TEMPLATE__TARGET_CONTAINER)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "a task of type \"%s\" has no command to run on this machine",
				  c->task->type);
	c->flavor = fly_task_flavor(c->task);
	if ((rc = set_user(c, job, why)) < 0 || (rc = set_raw_dir(c)) < 0 ||
	    (rc = set_places(c, &t)) < 0 || (rc = fill_words(c, &t, job, why)) < 0 ||
	    (rc = add_files(c, &t)) < 0 || (rc = add_wants(c, &t)) < 0 ||
	    (rc = fly_environ_build(c)) < 0 || (rc = add_flavor(c, job, why)) < 0)
		return rc;
	job->prefix = c->prefix;
	job->timeout_ns = c->timeout_ns;
	job->grace_ns = grace_of(c);
	job->steps = c->steps;
	job->n_steps = c->n_steps;
	job->wants = c->wants;
	job->n_wants = c->n_wants;
	job->env = c->env;
	job->n_env = c->n_env;
	return 0;
}

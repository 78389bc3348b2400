/* SPDX-License-Identifier: Apache-2.0 */
/*
 * environ: who a task runs as, and its environment. Source: flyte-engine §2.3; DESIGN §2 (env=),
 * §7.
 */
#include "model.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>

#define CLEAN_PATH "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
#define GROUPS_MAX 65536
#define ASK_AGAIN_NS (INT64_C(60) * 1000000000)

/* A user as the system described it last. Runs hold on to what they began with. */
struct known {
	struct fly_user user; /* first: what others hold is a pointer to it */
	int64_t asked_ns;
};

/* --- users -------------------------------------------------------------- */

static void free_list(char **list)
{
	for (char **p = list; p && *p; p++)
		free(*p);
	free(list);
}

static void free_user(struct fly_user *u)
{
	free(u->groups);
	free(u->home);
	free_list(u->env);
	free(u);
}

void fly_users_free(struct fly_engine *e)
{
	struct fly_user *u, *next;

	for (u = e->users; u; u = next) {
		next = u->next;
		free_user(u);
	}
	e->users = NULL;
}

static int read_groups(struct fly_user *u, const char *name)
{
	int n = 32;

	for (;;) {
		gid_t *groups = realloc(u->groups, (size_t)n * sizeof(*groups));
		int had = n;

		if (!groups)
			return -ENOMEM;
		u->groups = groups;
		if (!name) {
			groups[0] = u->gid;
			u->n_groups = 1;
			return 0;
		}
		if (getgrouplist(name, u->gid, groups, &n) >= 0) {
			u->n_groups = (size_t)n;
			return 0;
		}
		if (n <= had || n > GROUPS_MAX)
			return -E2BIG;
	}
}

/* What a login would give, no more. */
static int clean_environment(struct fly_user *u, const struct passwd *pw)
{
	u->env = calloc(6, sizeof(*u->env));
	if (!u->env || asprintf(&u->env[0], "PATH=" CLEAN_PATH) < 0 ||
	    asprintf(&u->env[1], "HOME=%s", u->home) < 0)
		return -ENOMEM;
	if (!pw)
		return 0;
	if (asprintf(&u->env[2], "USER=%s", pw->pw_name) < 0 ||
	    asprintf(&u->env[3], "LOGNAME=%s", pw->pw_name) < 0 ||
	    asprintf(&u->env[4], "SHELL=%s", *pw->pw_shell ? pw->pw_shell : "/bin/sh") < 0)
		return -ENOMEM;
	return 0;
}

static struct fly_user *look_up(uid_t uid, gid_t gid)
{
	struct known *k = calloc(1, sizeof(*k));
	struct fly_user *u = (struct fly_user *)k;
	struct passwd pw, *found = NULL;
	char buffer[16384];

	if (!k)
		return NULL;
	k->asked_ns = fly_tick_ns();
	u->uid = uid;
	u->gid = gid;
	getpwuid_r(uid, &pw, buffer, sizeof(buffer), &found);
	u->home = strdup(found ? found->pw_dir : "/");
	if (!u->home || read_groups(u, found ? found->pw_name : NULL) < 0 ||
	    clean_environment(u, found) < 0) {
		free_user(u);
		return NULL;
	}
	return u;
}

static bool is_same(const struct fly_user *a, const struct fly_user *b)
{
	size_t i = 0;

	while (a->env[i] && b->env[i] && !strcmp(a->env[i], b->env[i]))
		i++;
	return !a->env[i] && !b->env[i] && a->n_groups == b->n_groups &&
	       !memcmp(a->groups, b->groups, a->n_groups * sizeof(*a->groups)) &&
	       !strcmp(a->home, b->home);
}

/* Who has left a group since is not given it for ever. */
struct fly_user *fly_user_get(struct fly_engine *e, uid_t uid, gid_t gid)
{
	struct fly_user *u = e->users, *now;

	while (u && (u->uid != uid || u->gid != gid))
		u = u->next;
	if (u && fly_tick_ns() - ((struct known *)u)->asked_ns < ASK_AGAIN_NS)
		return u;
	now = look_up(uid, gid);
	if (u && now && is_same(u, now)) {
		((struct known *)u)->asked_ns = ((struct known *)now)->asked_ns;
		free_user(now);
		return u;
	}
	if (now) {
		now->next = e->users;
		e->users = now;
	}
	return now;
}

/* --- variables ---------------------------------------------------------- */

static size_t name_length(const char *setting)
{
	const char *equals = strchr(setting, '=');

	return equals ? (size_t)(equals - setting) : strlen(setting);
}

/* A later setting of the same name takes the place of the earlier one. */
static int put(struct fly_command *c, const char *setting)
{
	size_t len = name_length(setting);

	for (size_t i = 0; i < c->n_env; i++)
		if (name_length(c->env[i]) == len && !strncmp(c->env[i], setting, len)) {
			c->env[i] = setting;
			return 0;
		}
	if (c->n_env + 1 >= c->cap_env) {
		size_t cap = c->cap_env ? c->cap_env * 2 : 64;
		const char **env = fly_arena_zalloc(c->arena, cap, sizeof(*env));

		if (!env)
			return -ENOMEM;
		if (c->n_env)
			memcpy(env, c->env, c->n_env * sizeof(*env));
		c->env = env;
		c->cap_env = cap;
	}
	c->env[c->n_env++] = setting;
	return 0;
}

int fly_command_setenv(struct fly_command *c, const char *name, const char *value)
{
	char *setting = fly_arena_printf(c->arena, "%s=%s", name, value);

	return setting ? put(c, setting) : -ENOMEM;
}

static int put_pairs(struct fly_command *c, Flyteidl__Core__KeyValuePair *const *pairs, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc >= 0; i++)
		if (*pairs[i]->key)
			rc = fly_command_setenv(c, pairs[i]->key, pairs[i]->value);
	return rc;
}

static int put_flyte(struct fly_command *c)
{
	const struct fly_run *run = c->node->run;
	const Flyteidl__Core__WorkflowExecutionIdentifier *id = run->identifier;
	const Flyteidl__Core__Identifier *task = c->task->id;
	char *workflow =
		fly_arena_printf(c->arena, "%s:%s:%s", id->project, id->domain, run->workflow_name);
	char attempt[16];
	const char *const vars[][2] = {
		{"FLYTE_INTERNAL_EXECUTION_WORKFLOW", workflow},
		{"FLYTE_INTERNAL_EXECUTION_ID", id->name},
		{"FLYTE_INTERNAL_EXECUTION_PROJECT", id->project},
		{"FLYTE_INTERNAL_EXECUTION_DOMAIN", id->domain},
		{"FLYTE_ATTEMPT_NUMBER", attempt},
		{"FLYTE_INTERNAL_TASK_PROJECT", task->project},
		{"FLYTE_INTERNAL_TASK_DOMAIN", task->domain},
		{"FLYTE_INTERNAL_TASK_NAME", task->name},
		{"FLYTE_INTERNAL_TASK_VERSION", task->version},
	};
	int rc = workflow ? 0 : -ENOMEM;

	snprintf(attempt, sizeof(attempt), "%u", c->attempt);
	for (size_t i = 0; i < FLY_ARRAY_LEN(vars) && rc >= 0; i++)
		rc = fly_command_setenv(c, vars[i][0], vars[i][1]);
	return rc;
}

static int put_index(struct fly_command *c)
{
	char index[24];
	int rc;

	if (c->array_index < 0)
		return 0;
	snprintf(index, sizeof(index), "%lld", (long long)c->array_index);
	rc = fly_command_setenv(c, "BATCH_JOB_ARRAY_INDEX_VAR_NAME", "FLYTE_K8S_ARRAY_INDEX");
	return rc < 0 ? rc : fly_command_setenv(c, "FLYTE_K8S_ARRAY_INDEX", index);
}

int fly_environ_build(struct fly_command *c)
{
	const struct fly_run *run = c->node->run;
	const struct fly_engine *e = run->engine;
	const Flyteidl__Core__Container *container = c->task->container;
	char **base = run->uid == e->uid && e->env ? e->env : run->user->env;
	int rc = 0;

	for (; *base && rc >= 0; base++)
		rc = put(c, *base);
	if (rc >= 0)
		rc = put_pairs(c, container->env, container->n_env);
	if (rc >= 0)
		rc = put_flyte(c);
	if (rc >= 0 && run->settings.envs)
		rc = put_pairs(c, run->settings.envs->values, run->settings.envs->n_values);
	return rc < 0 ? rc : put_index(c);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flytectl's exec file, YAML, into the request that flytectl sends for it. It looks nothing up
 * itself. Unlike flytectl it refuses keys that it does not know and a target that is not where the
 * file is written, both of which would be lost without a word.
 * Source: flyte-api §5.3.
 */
#include <jansson.h>

#include "launch.h"

/* The file under way. */
struct written {
	struct fly_launch *l;
	struct fly_doc *doc;
	json_t *root;		/* borrowed */
};

static const char *const keys[] = {
	"clusterPool", "envs", "iamRoleARN", "inputs", "kubeServiceAcct", "overwriteCache",
	"targetDomain", "targetExecutionCluster", "targetProject", "task", "version", "workflow",
};

static bool is_known(const char *key)
{
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(keys); i++) {
		if (!strcmp(keys[i], key))
			return true;
	}
	return false;
}

static int check_keys(const struct written *w)
{
	const char *key;
	json_t *value;

	if (!json_is_object(w->root))
		return fly_doc_fail(w->doc, w->l->why, "", "expected the keys of an exec file");
	json_object_foreach(w->root, key, value) {
		if (!is_known(key))
			return fly_doc_fail(w->doc, w->l->why, key,
					    "an exec file has no such key");
	}
	return 0;
}

/* A value where a text is wanted: what YAML takes for a number or a truth is its text here. */
static int text_of(const struct written *w, const char *path, const json_t *value, char **out)
{
	struct fly_arena *arena = w->l->arena;
	char *text;

	if (!value || json_is_null(value))
		text = fly_arena_strdup(arena, "");
	else if (json_is_string(value))
		text = fly_arena_strdup(arena, json_string_value(value));
	else if (json_is_integer(value))
		text = fly_arena_printf(arena, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		text = fly_arena_printf(arena, "%.15g", json_real_value(value));
	else if (json_is_boolean(value))
		text = fly_arena_strdup(arena, json_is_true(value) ? "true" : "false");
	else
		return fly_doc_fail(w->doc, w->l->why, path, "expected a text");
	if (!text)
		return fly_no_memory(w->l->why);
	*out = text;
	return 0;
}

/* A text of the file; "" when it is left out. */
static int get_text(const struct written *w, const char *key, char **out)
{
	return text_of(w, key, json_object_get(w->root, key), out);
}

/* --- what runs ---------------------------------------------------------- */

static int check_place(const struct written *w, const char *key, const char *place)
{
	char *text;
	int rc = get_text(w, key, &text);

	if (rc < 0 || !*text || !strcmp(text, place))
		return rc;
	return fly_doc_fail(w->doc, w->l->why, key, "\"%s\" does not agree with the path: \"%s\"",
			    text, place);
}

static int read_target(const struct written *w)
{
	struct fly_launch *l = w->l;
	char *workflow = NULL, *task = NULL, *version = NULL, *name;
	struct fly_why inner = {0};
	int rc;

	if ((rc = get_text(w, "workflow", &workflow)) < 0 ||
	    (rc = get_text(w, "task", &task)) < 0 ||
	    (rc = get_text(w, "version", &version)) < 0 ||
	    (rc = check_place(w, "targetProject", l->project)) < 0 ||
	    (rc = check_place(w, "targetDomain", l->domain)) < 0)
		return rc;
	if (!*workflow == !*task)
		return fly_doc_fail(w->doc, l->why, *task ? "task" : "",
				    "either a workflow or a task must be named");
	name = *task ? task : workflow;
	if (*version)
		name = fly_arena_printf(l->arena, "%s@%s", name, version);
	if (!name)
		return fly_no_memory(l->why);
	rc = fly_launch_find(l, *task ? FLY_KIND_TASK : FLY_KIND_LAUNCH_PLAN, name,
			     &l->req->spec->launch_plan, &inner);
	return rc < 0 ? fly_doc_fail_with(w->doc, l->why, *task ? "task" : "workflow", &inner) : 0;
}

/* --- settings ----------------------------------------------------------- */

/* A service account or a role goes where old servers and where new ones look for it. */
static int set_identity(const struct written *w, Flyteidl__Admin__ExecutionSpec *spec)
{
	struct fly_arena *arena = w->l->arena;
	Flyteidl__Core__Identity *run_as;
	char *account = NULL, *role = NULL;
	int rc;

	if ((rc = get_text(w, "kubeServiceAcct", &account)) < 0 ||
	    (rc = get_text(w, "iamRoleARN", &role)) < 0 || (!*account && !*role))
		return rc;
	spec->auth_role = fly_admin_new(Flyteidl__Admin__AuthRole, flyteidl__admin__auth_role,
					arena);
	spec->security_context = fly_admin_new(Flyteidl__Core__SecurityContext,
					       flyteidl__core__security_context, arena);
	run_as = fly_admin_new(Flyteidl__Core__Identity, flyteidl__core__identity, arena);
	if (!spec->auth_role || !spec->security_context || !run_as)
		return fly_no_memory(w->l->why);
	spec->auth_role->kubernetes_service_account = run_as->k8s_service_account = account;
	spec->auth_role->assumable_iam_role = run_as->iam_role = role;
	spec->security_context->run_as = run_as;
	return 0;
}

static int set_clusters(const struct written *w, Flyteidl__Admin__ExecutionSpec *spec)
{
	struct fly_arena *arena = w->l->arena;
	char *pool = NULL, *cluster = NULL;
	int rc;

	if ((rc = get_text(w, "clusterPool", &pool)) < 0 ||
	    (rc = get_text(w, "targetExecutionCluster", &cluster)) < 0)
		return rc;
	if (*pool) {
		spec->cluster_assignment = fly_admin_new(Flyteidl__Admin__ClusterAssignment,
							 flyteidl__admin__cluster_assignment,
							 arena);
		if (!spec->cluster_assignment)
			return fly_no_memory(w->l->why);
		spec->cluster_assignment->cluster_pool_name = pool;
	}
	if (*cluster) {
		spec->execution_cluster_label =
			fly_admin_new(Flyteidl__Admin__ExecutionClusterLabel,
				      flyteidl__admin__execution_cluster_label, arena);
		if (!spec->execution_cluster_label)
			return fly_no_memory(w->l->why);
		spec->execution_cluster_label->value = cluster;
	}
	return 0;
}

static int set_env(const struct written *w, const char *key, const json_t *value,
		   Flyteidl__Admin__Envs *envs)
{
	Flyteidl__Core__KeyValuePair *pair = fly_admin_new(Flyteidl__Core__KeyValuePair,
							   flyteidl__core__key_value_pair,
							   w->l->arena);

	const char *path = fly_arena_printf(w->l->arena, "envs.%s", key);

	if (!pair || !path || !(pair->key = fly_arena_strdup(w->l->arena, key)))
		return fly_no_memory(w->l->why);
	envs->values[envs->n_values++] = pair;
	return text_of(w, path, value, &pair->value);
}

static int set_envs(const struct written *w, Flyteidl__Admin__ExecutionSpec *spec)
{
	json_t *values = json_object_get(w->root, "envs"), *value;
	Flyteidl__Admin__Envs *envs = fly_admin_new(Flyteidl__Admin__Envs, flyteidl__admin__envs,
						    w->l->arena);
	const char *key;
	int rc;

	if (!envs)
		return fly_no_memory(w->l->why);
	spec->envs = envs;
	if (!values || json_is_null(values))
		return 0;
	if (!json_is_object(values))
		return fly_doc_fail(w->doc, w->l->why, "envs", "expected names and values");
	envs->values = fly_arena_zalloc(w->l->arena, json_object_size(values) + 1,
					sizeof(*envs->values));
	if (!envs->values)
		return fly_no_memory(w->l->why);
	json_object_foreach(values, key, value) {
		rc = set_env(w, key, value, envs);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int set_overwrite(const struct written *w, Flyteidl__Admin__ExecutionSpec *spec)
{
	json_t *value = json_object_get(w->root, "overwriteCache");

	if (value && !json_is_null(value) && !json_is_boolean(value))
		return fly_doc_fail(w->doc, w->l->why, "overwriteCache", "expected true or false");
	spec->overwrite_cache = json_is_true(value);
	return 0;
}

/* --- inputs ------------------------------------------------------------- */

static int read_input(const struct written *w, const struct fly_launch_target *target,
		      const char *name, const json_t *value)
{
	struct fly_launch *l = w->l;
	const char *path = fly_launch_input_path(l, "inputs", name);
	const Flyteidl__Core__LiteralType *type;
	Flyteidl__Core__Literal *lit;
	int rc = fly_launch_input_type(l, target, w->doc, path, name, &type);

	if (rc >= 0)
		rc = fly_literal_from_exec_value(w->doc, value, path, type, l->arena, &lit, l->why);
	return rc < 0 ? rc : fly_launch_put(l->req->inputs, name, lit, l->arena, l->why);
}

static int read_inputs(const struct written *w)
{
	struct fly_launch *l = w->l;
	json_t *values = json_object_get(w->root, "inputs"), *value;
	struct fly_launch_target target;
	const char *name;
	int rc;

	l->req->inputs = fly_admin_new(Flyteidl__Core__LiteralMap, flyteidl__core__literal_map,
				       l->arena);
	if (!l->req->inputs)
		return fly_no_memory(l->why);
	if (!values || json_is_null(values))
		return 0;
	if (!json_is_object(values))
		return fly_doc_fail(w->doc, l->why, "inputs", "expected names and values");
	rc = fly_launch_target(l, &target, l->why);
	json_object_foreach(values, name, value) {
		if (rc >= 0)
			rc = read_input(w, &target, name, value);
	}
	return rc;
}

int fly_launch_read_exec_file(struct fly_launch *l, const char *text, size_t len)
{
	struct written w = {.l = l};
	Flyteidl__Admin__ExecutionSpec *spec = fly_admin_new(Flyteidl__Admin__ExecutionSpec,
							     flyteidl__admin__execution_spec,
							     l->arena);
	int rc;

	if (!spec)
		return fly_no_memory(l->why);
	rc = fly_doc_parse_yaml(text, len, &w.doc, l->why);
	if (rc < 0)
		return rc;
	w.root = fly_doc_root(w.doc);
	l->req->spec = spec;
	if ((rc = check_keys(&w)) >= 0 && (rc = read_target(&w)) >= 0 &&
	    (rc = set_identity(&w, spec)) >= 0 && (rc = set_clusters(&w, spec)) >= 0 &&
	    (rc = set_envs(&w, spec)) >= 0 && (rc = set_overwrite(&w, spec)) >= 0)
		rc = read_inputs(&w);
	fly_doc_free(w.doc);
	return rc;
}

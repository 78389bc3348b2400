/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task as people write it: inputs, outputs, a command. It becomes a raw-container task, marked so
 * that the engine gives its command $INPUTS and $OUTPUTS; a Flyte cluster runs it too, where the
 * two are the directories that Flyte's own copilot fills and empties.
 * Source: docs/shorthand.md; flyte-engine §3.1, §2.2.
 */
#include "shorthand.h"

#include <strings.h>

#define TASK_IMAGE "docker.io/library/busybox"	/* for the podman runtime, when none is given */
#define INPUT_PATH "/var/flyte/inputs"
#define OUTPUT_PATH "/var/flyte/outputs"
#define RETRIES_MAX 1000

/* --- templates in the command ------------------------------------------------------- */

static bool can_be_rendered(const Flyteidl__Core__LiteralType *type)
{
	switch ((int)type->type_case) {
	case FLYTEIDL__CORE__LITERAL_TYPE__TYPE_SIMPLE:
		return type->simple != FLYTEIDL__CORE__SIMPLE_TYPE__NONE &&
		       type->simple != FLYTEIDL__CORE__SIMPLE_TYPE__ERROR &&
		       type->simple != FLYTEIDL__CORE__SIMPLE_TYPE__BINARY;
	case FLYTEIDL__CORE__LITERAL_TYPE__TYPE_COLLECTION_TYPE:
		return can_be_rendered(type->collection_type);
	case FLYTEIDL__CORE__LITERAL_TYPE__TYPE_BLOB:
	case FLYTEIDL__CORE__LITERAL_TYPE__TYPE_SCHEMA:
	case FLYTEIDL__CORE__LITERAL_TYPE__TYPE_ENUM_TYPE:
		return true;
	default:
		return false;
	}
}

static int check_hole(const struct shorthand *s, const char *path, const char *name, size_t len,
		      const Flyteidl__Core__VariableMap *inputs)
{
	char *var = fly_arena_strndup(s->arena, name, len);
	const Flyteidl__Core__Variable *input = var ? fly_variable_map_get(inputs, var) : NULL;
	auto_buf type = {0};

	if (!var)
		return fly_no_memory(s->why);
	if (!input)
		return fly_doc_fail(s->doc, s->why, path, "{{.inputs.%s}}: there is no input %s",
				    var, var);
	if (can_be_rendered(input->type))
		return 0;
	fly_type_print(input->type, &type);
	return fly_doc_fail(s->doc, s->why, path,
			    "{{.inputs.%s}}: a value of type %s cannot stand in a command; read "
			    "the file $INPUTS/%s", var, type.data ? type.data : "?", var);
}

/* Each {{.inputs.NAME}} names an input that can be shown. */
static int check_templates(const struct shorthand *s, const char *path, const char *text,
			   const Flyteidl__Core__VariableMap *inputs)
{
	static const char prefix[] = "inputs.";
	const char *p;
	size_t len;
	int rc;

	for (p = strstr(text, "{{"); p; p = strstr(p, "{{")) {
		p += 2;
		p += strspn(p, " \t");
		if (*p != '.' && *p != '$')
			continue;
		if (strncasecmp(++p, prefix, sizeof(prefix) - 1))
			continue;
		p += sizeof(prefix) - 1;
		len = strcspn(p, "} \t");
		if (strncmp(p + len + strspn(p + len, " \t"), "}}", 2))
			continue;
		rc = check_hole(s, path, p, len, inputs);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* --- parts -------------------------------------------------------------------------- */

static int add_word(const struct shorthand *s, Flyteidl__Core__Container *c, const json_t *word,
		    const char *path, const Flyteidl__Core__VariableMap *inputs)
{
	char *text;

	if (!path)
		return fly_no_memory(s->why);
	if (!json_is_string(word))
		return fly_doc_fail(s->doc, s->why, path, "expected a string");
	text = fly_arena_strdup(s->arena, json_string_value(word));
	if (!text)
		return fly_no_memory(s->why);
	c->command[c->n_command++] = text;
	return check_templates(s, path, text, inputs);
}

/* A list of words, or one text for the shell. */
static int read_command(const struct shorthand *s, const json_t *root,
			const Flyteidl__Core__VariableMap *inputs, Flyteidl__Core__Container *c)
{
	const json_t *command = json_object_get(root, "command");
	const json_t *word;
	size_t i, n = json_is_array(command) ? json_array_size(command) : 3;
	int rc;

	if (!json_is_string(command) && !json_array_size(command))
		return fly_doc_fail(s->doc, s->why, command ? "command" : "",
				    "\"command\" is a list of words, [\"sh\", \"-c\", \"…\"], or a "
				    "text for the shell");
	c->command = fly_arena_zalloc(s->arena, n + 1, sizeof(*c->command));
	if (!c->command)
		return fly_no_memory(s->why);
	if (json_is_string(command)) {
		c->command[c->n_command++] = "/bin/sh";
		c->command[c->n_command++] = "-c";
		return add_word(s, c, command, "command", inputs);
	}
	json_array_foreach((json_t *)command, i, word) {
		rc = add_word(s, c, word, shorthand_element(s, "command", i), inputs);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int add_env(const struct shorthand *s, Flyteidl__Core__Container *c, const char *key,
		   const char *value)
{
	Flyteidl__Core__KeyValuePair *pair = fly_admin_new(
		Flyteidl__Core__KeyValuePair, flyteidl__core__key_value_pair, s->arena);

	if (pair) {
		pair->key = fly_arena_strdup(s->arena, key);
		pair->value = fly_arena_strdup(s->arena, value);
	}
	if (!pair || !pair->key || !pair->value)
		return fly_no_memory(s->why);
	c->env[c->n_env++] = pair;
	return 0;
}

static int read_env(const struct shorthand *s, const json_t *root, Flyteidl__Core__Container *c)
{
	const json_t *env = json_object_get(root, "env");
	const char *key;
	json_t *value;
	int rc;

	if (env && !json_is_object(env))
		return fly_doc_fail(s->doc, s->why, "env", "expected an object of names and texts");
	c->env = fly_arena_zalloc(s->arena, (env ? json_object_size(env) : 0) + 2, sizeof(*c->env));
	if (!c->env)
		return fly_no_memory(s->why);
	if ((rc = add_env(s, c, "INPUTS", INPUT_PATH)) < 0 ||
	    (rc = add_env(s, c, "OUTPUTS", OUTPUT_PATH)) < 0)
		return rc;
	json_object_foreach((json_t *)env, key, value) {
		const char *path = shorthand_member(s, "env", key);

		if ((rc = shorthand_check_name(s, path, key)) < 0)
			return rc;
		if (!strcmp(key, "INPUTS") || !strcmp(key, "OUTPUTS"))
			return fly_doc_fail(s->doc, s->why, path,
					    "flytefs sets %s itself", key);
		if (!json_is_string(value))
			return fly_doc_fail(s->doc, s->why, path, "expected a string");
		rc = add_env(s, c, key, json_string_value(value));
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_container(const struct shorthand *s, const json_t *root,
			  Flyteidl__Core__TaskTemplate *t)
{
	Flyteidl__Core__Container *c =
		fly_admin_new(Flyteidl__Core__Container, flyteidl__core__container, s->arena);
	Flyteidl__Core__DataLoadingConfig *data =
		fly_admin_new(Flyteidl__Core__DataLoadingConfig,
			      flyteidl__core__data_loading_config, s->arena);
	const char *image = TASK_IMAGE;
	int rc;

	if (!c || !data)
		return fly_no_memory(s->why);
	if ((rc = shorthand_string(s, root, "", "image", &image)) < 0 ||
	    (rc = read_command(s, root, t->interface->inputs, c)) < 0 ||
	    (rc = read_env(s, root, c)) < 0)
		return rc;
	c->image = (char *)image;
	data->enabled = 1;
	data->input_path = INPUT_PATH;
	data->output_path = OUTPUT_PATH;
	c->data_config = data;
	t->target_case = FLYTEIDL__CORE__TASK_TEMPLATE__TARGET_CONTAINER;
	t->container = c;
	return 0;
}

static int read_metadata(const struct shorthand *s, const json_t *root,
			 Flyteidl__Core__TaskTemplate *t)
{
	Flyteidl__Core__TaskMetadata *m = fly_admin_new(
		Flyteidl__Core__TaskMetadata, flyteidl__core__task_metadata, s->arena);
	Flyteidl__Core__RuntimeMetadata *runtime = fly_admin_new(
		Flyteidl__Core__RuntimeMetadata, flyteidl__core__runtime_metadata, s->arena);
	Flyteidl__Core__RetryStrategy *retries = fly_admin_new(
		Flyteidl__Core__RetryStrategy, flyteidl__core__retry_strategy, s->arena);
	const char *version = NULL;
	int rc;

	if (!m || !runtime || !retries)
		return fly_no_memory(s->why);
	if ((rc = shorthand_count(s, root, "", "retries", RETRIES_MAX, &retries->retries)) < 0 ||
	    (rc = shorthand_duration(s, root, "", "timeout", &m->timeout)) < 0 ||
	    (rc = shorthand_string(s, root, "", "cache", &version)) < 0)
		return rc;
	if (version && !version[strspn(version, " \t")])
		return fly_doc_fail(s->doc, s->why, "cache",
				    "expected a version: results are taken again as long as it "
				    "stays the same");
	runtime->version = "1";		/* of this shorthand, not of the program */
	runtime->flavor = SHORTHAND_CONFIG;
	m->runtime = runtime;
	m->retries = retries;
	m->discoverable = version != NULL;
	if (version)
		m->discovery_version = (char *)version;
	t->metadata = m;
	return 0;
}

static int add_mark(const struct shorthand *s, Flyteidl__Core__TaskTemplate *t)
{
	Flyteidl__Core__TaskTemplate__ConfigEntry *entry =
		fly_admin_new(Flyteidl__Core__TaskTemplate__ConfigEntry,
			      flyteidl__core__task_template__config_entry, s->arena);

	t->config = fly_arena_zalloc(s->arena, 1, sizeof(*t->config));
	if (!entry || !t->config)
		return fly_no_memory(s->why);
	entry->key = SHORTHAND_CONFIG;
	entry->value = SHORTHAND_MARK;
	t->config[t->n_config++] = entry;
	return 0;
}

int shorthand_task(const struct shorthand *s, json_t *root, struct fly_entity_document *out)
{
	static const char *const keys[] = {"inputs", "outputs", "command", "env", "retries",
					   "timeout", "cache", "image", "description", NULL};
	Flyteidl__Admin__TaskSpec *spec =
		fly_admin_new(Flyteidl__Admin__TaskSpec, flyteidl__admin__task_spec, s->arena);
	Flyteidl__Core__TaskTemplate *t = fly_admin_new(
		Flyteidl__Core__TaskTemplate, flyteidl__core__task_template, s->arena);
	Flyteidl__Core__TypedInterface *interface = fly_admin_new(
		Flyteidl__Core__TypedInterface, flyteidl__core__typed_interface, s->arena);
	int rc;

	if (!spec || !t || !interface)
		return fly_no_memory(s->why);
	t->id = (Flyteidl__Core__Identifier *)s->id;
	t->type = "raw-container";
	t->interface = interface;
	spec->template_ = t;
	if ((rc = shorthand_check_keys(s, root, "", keys)) < 0 ||
	    (rc = shorthand_variables(s, root, "inputs", &interface->inputs, NULL)) < 0 ||
	    (rc = shorthand_variables(s, root, "outputs", &interface->outputs, NULL)) < 0 ||
	    (rc = read_metadata(s, root, t)) < 0 || (rc = read_container(s, root, t)) < 0 ||
	    (rc = add_mark(s, t)) < 0 ||
	    (rc = shorthand_description(s, root, &spec->description)) < 0)
		return rc;
	out->spec = &spec->base;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files_raw: raw containers: inputs laid out below input_path, outputs read from output_path, as
 * Flyte's helper beside the container does. Source: flyte-engine §3.
 */
#include "files.h"

#include <stdio.h>

#define INPUT_PATH "/var/flyte/inputs"
#define OUTPUT_PATH "/var/flyte/outputs"
#define VALUE_MAX 1024 /* bytes of a value's file */
#define ERROR_MAX ((uint64_t)1 << 20)
#define DEPTH_MAX 64

/* One walk over the inputs: files at real, seen by the command at shown. */
struct layout {
	struct fly_command *c;
	struct fly_why *why;
};

static int lay_out(struct layout *l, const Flyteidl__Core__Literal *lit, const char *real,
		   const char *shown, unsigned depth, Flyteidl__Core__Literal **seen,
		   struct fly_buf *json);

/* --- the summary: inputs.json ------------------------------------------- */

/* As Go writes JSON: <, > and & escaped. */
static void add_json_text(struct fly_buf *json, const char *text)
{
	fly_buf_putc(json, '"');
	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '"' || c == '\\')
			fly_buf_printf(json, "\\%c", c);
		else if (c == '\n')
			fly_buf_puts(json, "\\n");
		else if (c == '\t')
			fly_buf_puts(json, "\\t");
		else if (c == '\r')
			fly_buf_puts(json, "\\r");
		else if (c < 0x20 || c == '<' || c == '>' || c == '&')
			fly_buf_printf(json, "\\u%04x", c);
		else
			fly_buf_putc(json, (char)c);
	}
	fly_buf_putc(json, '"');
}

/* A scalar's value there is the text of its file, as a number where it is one. Durations are lost.
 */
static void add_scalar_json(struct fly_buf *json, const Flyteidl__Core__Scalar *s,
			    const struct fly_buf *text)
{
	const char *value = text->data ? text->data : "";

	if (s->value_case == FLYTEIDL__CORE__SCALAR__VALUE_GENERIC ||
	    s->value_case == FLYTEIDL__CORE__SCALAR__VALUE_NONE_TYPE) {
		fly_buf_puts(json, value);
		return;
	}
	if (s->value_case == FLYTEIDL__CORE__SCALAR__VALUE_BINARY) {
		fly_json_base64(s->binary->value.data, s->binary->value.len, json);
		return;
	}
	if (s->value_case != FLYTEIDL__CORE__SCALAR__VALUE_PRIMITIVE) {
		add_json_text(json, value);
		return;
	}
	switch (s->primitive->value_case) {
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_INTEGER:
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_FLOAT_VALUE:
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_BOOLEAN:
		fly_buf_puts(json, value);
		break;
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_DURATION:
		fly_buf_puts(json, "null");
		break;
	default:
		add_json_text(json, value);
		break;
	}
}

/* --- inputs ------------------------------------------------------------- */

static int lay_out_list(struct layout *l, const Flyteidl__Core__LiteralCollection *list,
			const char *real, const char *shown, unsigned depth,
			Flyteidl__Core__Literal *seen, struct fly_buf *json)
{
	struct fly_arena *arena = l->c->arena;
	struct fly_bytes none = {0};
	Flyteidl__Core__LiteralCollection *copy = FLY_NEW(arena, Flyteidl__Core__LiteralCollection,
							  flyteidl__core__literal_collection);
	int rc = fly_command_step(l->c, FLY_STEP_DIR, real, none);

	if (!copy)
		return -ENOMEM;
	copy->literals = fly_arena_zalloc(arena, list->n_literals, sizeof(*copy->literals));
	if (!copy->literals)
		return -ENOMEM;
	fly_buf_putc(json, '[');
	for (size_t i = 0; i < list->n_literals && rc >= 0; i++) {
		char *r = fly_arena_printf(arena, "%s/%zu", real, i);
		char *s = fly_arena_printf(arena, "%s/%zu", shown, i);

		if (i)
			fly_buf_putc(json, ',');
		rc = r && s ? lay_out(l, list->literals[i], r, s, depth + 1, &copy->literals[i],
				      json)
			    : -ENOMEM;
	}
	fly_buf_putc(json, ']');
	copy->n_literals = list->n_literals;
	seen->collection = copy;
	return rc;
}

static int compare_entries(const void *a, const void *b)
{
	const Flyteidl__Core__LiteralMap__LiteralsEntry *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

static int lay_out_map(struct layout *l, const Flyteidl__Core__LiteralMap *map, const char *real,
		       const char *shown, unsigned depth, Flyteidl__Core__LiteralMap **seen,
		       struct fly_buf *json)
{
	struct fly_arena *arena = l->c->arena;
	size_t n = map ? map->n_literals : 0;
	Flyteidl__Core__LiteralMap *copy = fly_files_map(arena, n);
	struct fly_bytes none = {0};
	Flyteidl__Core__LiteralMap__LiteralsEntry **sorted =
		fly_arena_zalloc(arena, n, sizeof(*sorted));
	int rc = fly_command_step(l->c, FLY_STEP_DIR, real, none);

	if (!copy || !sorted)
		return -ENOMEM;
	if (n) {
		memcpy(sorted, map->literals, n * sizeof(*sorted));
		qsort(sorted, n, sizeof(*sorted), compare_entries);
	}
	fly_buf_putc(json, '{');
	for (size_t i = 0; i < n && rc >= 0; i++) {
		const char *name = sorted[i]->key;
		char *r = fly_arena_printf(arena, "%s/%s", real, name);
		char *s = fly_arena_printf(arena, "%s/%s", shown, name);
		Flyteidl__Core__Literal *lit = NULL;

		if (!fly_files_good_name(name))
			return fly_refuse(l->why, FLY_INVALID_ARGUMENT,
					  "\"%s\" can't be the name of a file", name);
		if (i)
			fly_buf_putc(json, ',');
		add_json_text(json, name);
		fly_buf_putc(json, ':');
		rc = r && s ? lay_out(l, sorted[i]->value, r, s, depth + 1, &lit, json) : -ENOMEM;
		if (rc >= 0)
			rc = fly_files_put(arena, copy, name, lit);
	}
	fly_buf_putc(json, '}');
	*seen = copy;
	return rc;
}

static int lay_out_blob(struct layout *l, const Flyteidl__Core__Literal *lit, const char *real,
			const char *shown, Flyteidl__Core__Literal *seen, struct fly_buf *json)
{
	const char *uri = fly_literal_uri(lit);
	const char *local = fly_uri_path(uri);
	Flyteidl__Core__Scalar *scalar;

	if (lit->scalar->value_case == FLYTEIDL__CORE__SCALAR__VALUE_STRUCTURED_DATASET)
		return fly_refuse(l->why, FLY_UNIMPLEMENTED,
				  "a structured dataset can't be given to a raw container");
	if (!local)
		return fly_refuse(
			l->why, FLY_UNIMPLEMENTED,
			"%s is not on this machine: a raw container gets local files only", uri);
	scalar = (Flyteidl__Core__Scalar *)fly_message_copy(&lit->scalar->base, l->c->arena);
	if (!scalar)
		return -ENOMEM;
	if (scalar->value_case == FLYTEIDL__CORE__SCALAR__VALUE_BLOB)
		scalar->blob->uri = (char *)shown;
	else
		scalar->schema->uri = (char *)shown;
	seen->scalar = scalar;
	add_json_text(json, shown);
	return fly_files_step(l->c, FLY_STEP_COPY, real, local, strlen(local));
}

static int lay_out_value(struct layout *l, const Flyteidl__Core__Literal *lit, const char *real,
			 struct fly_buf *json)
{
	auto_buf text = {0};
	int rc = fly_literal_file(lit, &text, l->why);

	if (rc < 0)
		return rc;
	if (lit->scalar)
		add_scalar_json(json, lit->scalar, &text);
	if (text.failed)
		return -ENOMEM;
	return fly_files_step(l->c, FLY_STEP_FILE, real, text.data ? text.data : "", text.len);
}

static int lay_out(struct layout *l, const Flyteidl__Core__Literal *lit, const char *real,
		   const char *shown, unsigned depth, Flyteidl__Core__Literal **seen,
		   struct fly_buf *json)
{
	Flyteidl__Core__Literal *copy;

	lit = fly_literal_inside(lit);
	if (!lit || depth > DEPTH_MAX)
		return fly_refuse(l->why, FLY_INVALID_ARGUMENT, "the value is %s",
				  lit ? "nested too deeply" : "empty");
	copy = FLY_NEW(l->c->arena, Flyteidl__Core__Literal, flyteidl__core__literal);
	if (!copy)
		return -ENOMEM;
	*copy = *lit;
	*seen = copy;
	switch (lit->value_case) {
	case FLYTEIDL__CORE__LITERAL__VALUE_COLLECTION:
		return lay_out_list(l, lit->collection, real, shown, depth, copy, json);
	case FLYTEIDL__CORE__LITERAL__VALUE_MAP:
		return lay_out_map(l, lit->map, real, shown, depth, &copy->map, json);
	default:
		return fly_literal_uri(lit) ? lay_out_blob(l, lit, real, shown, copy, json)
					  : lay_out_value(l, lit, real, json);
	}
}

static const char *or_default(const char *path, const char *other)
{
	return *path ? path : other;
}

static int add_summaries(struct fly_command *c, const char *dir,
			 const Flyteidl__Core__LiteralMap *seen, const struct fly_buf *json)
{
	const Flyteidl__Core__DataLoadingConfig *config = c->task->container->data_config;
	auto_buf wire = {0};
	const char *name = NULL;
	int rc;

	fly_wire_print(&seen->base, &wire);
	if (wire.failed || json->failed)
		return -ENOMEM;
	rc = fly_files_step(c, FLY_STEP_FILE, fly_arena_printf(c->arena, "%s/inputs.pb", dir),
			    wire.data ? wire.data : "", wire.len);
	/* JSON is YAML as well. */
	if (config->format == FLYTEIDL__CORE__DATA_LOADING_CONFIG__LITERAL_MAP_FORMAT__JSON)
		name = "inputs.json";
	else if (config->format == FLYTEIDL__CORE__DATA_LOADING_CONFIG__LITERAL_MAP_FORMAT__YAML)
		name = "inputs.yaml";
	if (rc < 0 || !name)
		return rc;
	return fly_files_step(c, FLY_STEP_FILE, fly_arena_printf(c->arena, "%s/%s", dir, name),
			      json->data, json->len);
}

static int prepare_inputs(struct fly_command *c, struct fly_bind *bind, struct fly_why *why)
{
	const Flyteidl__Core__DataLoadingConfig *config = c->task->container->data_config;
	char *dir = fly_arena_printf(c->arena, "%s.inputs", c->out_dir);
	const char *shown = or_default(config->input_path, INPUT_PATH);
	struct layout l = {.c = c, .why = why};
	Flyteidl__Core__LiteralMap *seen;
	struct fly_bytes none = {0};
	auto_buf json = {0};
	int rc;

	if (!dir)
		return -ENOMEM;
	*bind = (struct fly_bind){.source = dir, .target = shown};
	rc = fly_command_step(c, FLY_STEP_FRESH, dir, none);
	if (rc >= 0)
		rc = lay_out_map(&l, c->inputs, dir, shown, 0, &seen, &json);
	return rc < 0 ? rc : add_summaries(c, dir, seen, &json);
}

/* --- outputs ------------------------------------------------------------ */

static int prepare_outputs(struct fly_command *c, struct fly_bind *bind,
			   Flyteidl__Core__VariableMap__VariablesEntry *const *vars, size_t n,
			   struct fly_why *why)
{
	const Flyteidl__Core__DataLoadingConfig *config = c->task->container->data_config;
	char *dir = fly_arena_printf(c->arena, "%s.outputs", c->out_dir);
	struct fly_bytes none = {0};
	int rc;

	if (!dir)
		return -ENOMEM;
	*bind = (struct fly_bind){.source = dir,
				  .target = or_default(config->output_path, OUTPUT_PATH)};
	rc = fly_command_step(c, FLY_STEP_FRESH, dir, none);
	if (rc >= 0)
		rc = fly_command_want(c, FLY_WANT_FILE,
				      fly_arena_printf(c->arena, "%s/_ERROR", dir), "", ERROR_MAX);
	for (size_t i = 0; i < n && rc >= 0; i++) {
		char *path = fly_arena_printf(c->arena, "%s/%s", dir, vars[i]->key);
		char *to = fly_arena_printf(c->arena, "%s/%s", c->local_raw_dir, vars[i]->key);

		if (!fly_files_good_name(vars[i]->key))
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "output \"%s\" can't be the name of a file",
					  vars[i]->key);
		if (vars[i]->value->type->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_BLOB)
			rc = fly_command_want(c, FLY_WANT_BLOB, path, to, 0);
		else
			rc = fly_command_want(c, FLY_WANT_ANY, path, "", VALUE_MAX);
	}
	return rc;
}

int fly_raw_prepare(struct fly_command *c, struct fly_bind *binds, size_t *n_binds,
		    struct fly_why *why)
{
	Flyteidl__Core__VariableMap__VariablesEntry *const *vars;
	size_t n_outputs = fly_files_outputs(c->task, &vars);
	int rc = 0;

	if (c->inputs && c->inputs->n_literals)
		rc = prepare_inputs(c, &binds[(*n_binds)++], why);
	if (rc >= 0 && n_outputs)
		rc = prepare_outputs(c, &binds[(*n_binds)++], vars, n_outputs, why);
	return rc;
}

static int take_output(const Flyteidl__Core__LiteralType *type, const struct fly_found *found,
		       struct fly_arena *arena, Flyteidl__Core__Literal **out, struct fly_why *why)
{
	if (found->error == ENOENT)
		return fly_refuse(why, FLY_NOT_FOUND, "file not found");
	if (found->error == EFBIG)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "a value has at most %d bytes, this one has %llu", VALUE_MAX,
				  (unsigned long long)found->size);
	if (found->error)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s", strerror(found->error));
	if (type->type_case != FLYTEIDL__CORE__LITERAL_TYPE__TYPE_BLOB)
		return fly_literal_from_file(type, (const char *)found->data.data, found->data.len,
					     arena, out, why);
	*out = fly_files_blob(arena, "", found->kind == FLY_FOUND_DIR, found->path);
	return *out ? 0 : -ENOMEM;
}

int fly_raw_outputs(const Flyteidl__Core__TaskTemplate *task, const struct fly_record *record,
		    struct fly_arena *arena, Flyteidl__Core__LiteralMap **out, struct fly_why *why)
{
	Flyteidl__Core__VariableMap__VariablesEntry *const *vars;
	const struct fly_found *error = &record->found[FLY_N_FOUND];

	if (fly_files_outputs(task, &vars) && error->error != ENOENT)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "User Error: %.*s",
				  (int)(error->data.len > 1500 ? 1500 : error->data.len),
				  error->data.len ? (const char *)error->data.data : "");
	return fly_files_take(task, error + 1, take_output, arena, out, why);
}

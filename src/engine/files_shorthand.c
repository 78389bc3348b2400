/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files_shorthand: tasks that people write as a command and a list of types. They find each input
 * as a file in $INPUTS and leave each output as a file in $OUTPUTS.
 */
#include "files.h"

#define TEXT_MAX ((uint64_t)1 << 20)

static bool is_plain(const Flyteidl__Core__Literal *lit)
{
	const Flyteidl__Core__Literal *inner = fly_literal_inside(lit);

	return inner && inner->value_case == FLYTEIDL__CORE__LITERAL__VALUE_SCALAR &&
	       inner->scalar->value_case != FLYTEIDL__CORE__SCALAR__VALUE_GENERIC &&
	       inner->scalar->value_case != FLYTEIDL__CORE__SCALAR__VALUE_BINARY;
}

/* A file that is here is shown as itself, one that is elsewhere as its address. */
static int add_blob(struct fly_command *c, const char *path, const char *uri)
{
	const char *local = fly_uri_path(uri);

	if (local)
		return fly_files_step(c, FLY_STEP_LINK, path, local, strlen(local));
	return fly_files_step(c, FLY_STEP_FILE, path, uri, strlen(uri));
}

static int add_input(struct fly_command *c, const char *dir, const char *name,
		     const Flyteidl__Core__Literal *lit, struct fly_why *why)
{
	char *path = fly_arena_printf(c->arena, "%s/%s", dir, name);
	const char *uri = fly_literal_uri(lit);
	auto_buf text = {0};
	int rc = 0;

	if (!path)
		return -ENOMEM;
	if (uri)
		return add_blob(c, path, uri);
	if (is_plain(lit))
		rc = fly_literal_file(fly_literal_inside(lit), &text, why);
	else
		fly_literal_text(lit, &text);
	if (rc < 0)
		return rc;
	if (text.failed)
		return -ENOMEM;
	return fly_files_step(c, FLY_STEP_FILE, path, text.data ? text.data : "", text.len);
}

/* The blob type of an output, also as one variant of a union; NULL: it is read as text. */
static const Flyteidl__Core__BlobType *blob_of(const Flyteidl__Core__LiteralType *type)
{
	if (type->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_BLOB)
		return type->blob;
	if (type->type_case == FLYTEIDL__CORE__LITERAL_TYPE__TYPE_UNION_TYPE)
		for (size_t i = 0; i < type->union_type->n_variants; i++)
			if (type->union_type->variants[i]->type_case ==
			    FLYTEIDL__CORE__LITERAL_TYPE__TYPE_BLOB)
				return type->union_type->variants[i]->blob;
	return NULL;
}

static int add_output(struct fly_command *c, const char *dir,
		      const Flyteidl__Core__VariableMap__VariablesEntry *var)
{
	char *path = fly_arena_printf(c->arena, "%s/%s", dir, var->key);
	char *to = fly_arena_printf(c->arena, "%s/%s", c->local_raw_dir, var->key);

	if (blob_of(var->value->type))
		return fly_command_want(c, FLY_WANT_BLOB, path, to, 0);
	return fly_command_want(c, FLY_WANT_FILE, path, "", TEXT_MAX);
}

static int check_name(const char *name, const char *what, struct fly_why *why)
{
	if (fly_files_good_name(name))
		return 0;
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s \"%s\" can't be the name of a file", what,
			  name);
}

int fly_shorthand_prepare(struct fly_command *c, struct fly_why *why)
{
	char *in = fly_arena_printf(c->arena, "%s.inputs", c->out_dir);
	char *out = fly_arena_printf(c->arena, "%s.outputs", c->out_dir);
	Flyteidl__Core__VariableMap__VariablesEntry *const *vars;
	size_t n_vars = fly_files_outputs(c->task, &vars);
	struct fly_bytes none = {0};
	int rc;

	if (!in || !out)
		return -ENOMEM;
	if ((rc = fly_command_step(c, FLY_STEP_FRESH, in, none)) < 0 ||
	    (rc = fly_command_step(c, FLY_STEP_FRESH, out, none)) < 0 ||
	    (rc = fly_command_setenv(c, "INPUTS", in)) < 0 ||
	    (rc = fly_command_setenv(c, "OUTPUTS", out)) < 0)
		return rc;
	for (size_t i = 0; c->inputs && i < c->inputs->n_literals && rc >= 0; i++) {
		const char *name = c->inputs->literals[i]->key;

		rc = check_name(name, "input", why);
		if (rc >= 0)
			rc = add_input(c, in, name, c->inputs->literals[i]->value, why);
	}
	for (size_t i = 0; i < n_vars && rc >= 0; i++) {
		rc = check_name(vars[i]->key, "output", why);
		if (rc >= 0)
			rc = add_output(c, out, vars[i]);
	}
	return rc;
}

/* --- outputs ------------------------------------------------------------ */

static int take_blob(const Flyteidl__Core__BlobType *type, const struct fly_found *found,
		     struct fly_arena *arena, Flyteidl__Core__Literal **out, struct fly_why *why)
{
	bool is_dir = found->kind == FLY_FOUND_DIR;
	bool wants_dir =
		type->dimensionality == FLYTEIDL__CORE__BLOB_TYPE__BLOB_DIMENSIONALITY__MULTIPART;

	if (is_dir != wants_dir)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "it is a %s, but declared as a %s",
				  is_dir ? "directory" : "file", wants_dir ? "directory" : "file");
	*out = fly_files_blob(arena, type->format, is_dir, found->path);
	return *out ? 0 : -ENOMEM;
}

static int take_output(const Flyteidl__Core__LiteralType *type, const struct fly_found *found,
		       struct fly_arena *arena, Flyteidl__Core__Literal **out, struct fly_why *why)
{
	const Flyteidl__Core__BlobType *blob = blob_of(type);

	if (found->error == ENOENT && fly_type_admits_none(type))
		return fly_literal_from_text(type, "\n", 1, arena, out, why);
	if (found->error == ENOENT)
		return fly_refuse(why, FLY_NOT_FOUND, "the command did not write it to $OUTPUTS");
	if (found->error == EFBIG)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "it has more than 1 MiB: larger data "
				  "are an output of type file");
	if (found->error == EISDIR)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "it is a directory");
	if (found->error)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s", strerror(found->error));
	if (blob)
		return take_blob(blob, found, arena, out, why);
	return fly_literal_from_text(type, (const char *)found->data.data, found->data.len, arena,
				     out, why);
}

int fly_shorthand_outputs(const Flyteidl__Core__TaskTemplate *task, const struct fly_record *record,
			  struct fly_arena *arena, Flyteidl__Core__LiteralMap **out,
			  struct fly_why *why)
{
	return fly_files_take(task, &record->found[FLY_N_FOUND], take_output, arena, out, why);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* files: see files.h. */
#include "files.h"

bool fly_files_good_name(const char *name)
{
	return *name && strcmp(name, ".") && strcmp(name, "..") && !strchr(name, '/') &&
	       strlen(name) <= 255;
}

Flyteidl__Core__Literal *fly_files_blob(struct fly_arena *arena, const char *format, bool is_dir,
					const char *path)
{
	Flyteidl__Core__Literal *lit =
		FLY_NEW(arena, Flyteidl__Core__Literal, flyteidl__core__literal);
	Flyteidl__Core__Scalar *scalar =
		FLY_NEW(arena, Flyteidl__Core__Scalar, flyteidl__core__scalar);
	Flyteidl__Core__Blob *blob = FLY_NEW(arena, Flyteidl__Core__Blob, flyteidl__core__blob);
	Flyteidl__Core__BlobMetadata *metadata =
		FLY_NEW(arena, Flyteidl__Core__BlobMetadata, flyteidl__core__blob_metadata);
	Flyteidl__Core__BlobType *type =
		FLY_NEW(arena, Flyteidl__Core__BlobType, flyteidl__core__blob_type);

	if (!lit || !scalar || !blob || !metadata || !type)
		return NULL;
	type->format = (char *)format;
	type->dimensionality = is_dir ? FLYTEIDL__CORE__BLOB_TYPE__BLOB_DIMENSIONALITY__MULTIPART
				      : FLYTEIDL__CORE__BLOB_TYPE__BLOB_DIMENSIONALITY__SINGLE;
	metadata->type = type;
	blob->metadata = metadata;
	blob->uri = fly_arena_strdup(arena, path);
	scalar->value_case = FLYTEIDL__CORE__SCALAR__VALUE_BLOB;
	scalar->blob = blob;
	lit->value_case = FLYTEIDL__CORE__LITERAL__VALUE_SCALAR;
	lit->scalar = scalar;
	return blob->uri ? lit : NULL;
}

Flyteidl__Core__LiteralMap *fly_files_map(struct fly_arena *arena, size_t n)
{
	Flyteidl__Core__LiteralMap *map =
		FLY_NEW(arena, Flyteidl__Core__LiteralMap, flyteidl__core__literal_map);

	if (!map)
		return NULL;
	map->literals = fly_arena_zalloc(arena, n, sizeof(*map->literals));
	return map->literals ? map : NULL;
}

int fly_files_put(struct fly_arena *arena, Flyteidl__Core__LiteralMap *map, const char *name,
		  Flyteidl__Core__Literal *lit)
{
	Flyteidl__Core__LiteralMap__LiteralsEntry *entry =
		FLY_NEW(arena, Flyteidl__Core__LiteralMap__LiteralsEntry,
			flyteidl__core__literal_map__literals_entry);

	if (!entry || !lit)
		return -ENOMEM;
	entry->key = (char *)name;
	entry->value = lit;
	map->literals[map->n_literals++] = entry;
	return 0;
}

int fly_files_step(struct fly_command *c, enum fly_step_kind kind, const char *path,
		   const char *data, size_t len)
{
	struct fly_bytes copy = {.data = (const uint8_t *)fly_arena_strndup(c->arena, data, len),
				 .len = len};

	return copy.data ? fly_command_step(c, kind, path, copy) : -ENOMEM;
}

size_t fly_files_outputs(const Flyteidl__Core__TaskTemplate *task,
			 Flyteidl__Core__VariableMap__VariablesEntry *const **out)
{
	if (!task->interface || !task->interface->outputs)
		return 0;
	*out = task->interface->outputs->variables;
	return task->interface->outputs->n_variables;
}

int fly_files_take(const Flyteidl__Core__TaskTemplate *task, const struct fly_found *found,
		   fly_files_take_fn *take, struct fly_arena *arena,
		   Flyteidl__Core__LiteralMap **out, struct fly_why *why)
{
	Flyteidl__Core__VariableMap__VariablesEntry *const *vars;
	size_t n = fly_files_outputs(task, &vars);
	Flyteidl__Core__LiteralMap *map = fly_files_map(arena, n);
	int rc = map ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && rc >= 0; i++) {
		Flyteidl__Core__Literal *lit = NULL;

		rc = take(vars[i]->value->type, &found[i], arena, &lit, why);
		if (rc < 0)
			fly_why_prefix(why, "output %s: ", vars[i]->key);
		else
			rc = fly_files_put(arena, map, vars[i]->key, lit);
	}
	if (rc >= 0)
		*out = map;
	return rc;
}

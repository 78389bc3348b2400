/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of a row's LiteralMap: the names behind inputs/ and outputs/, a literal by its name,
 * and whether it is a file of this machine. It knows no rows.
 * Source: DESIGN §3 (inputs/VAR, outputs/VAR).
 */
#include "admin_private.h"

static int unpack_map(struct fly_bytes map, struct fly_arena *arena,
		      Flyteidl__Core__LiteralMap **out)
{
	return fly_admin_unpack(&flyteidl__core__literal_map__descriptor, map, arena,
				(ProtobufCMessage **)out, NULL);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int fly_value_names(struct fly_bytes map, struct fly_arena *arena, const char ***out)
{
	Flyteidl__Core__LiteralMap *m;
	const char **names;
	size_t i;
	int rc = unpack_map(map, arena, &m);

	if (rc < 0)
		return rc;
	names = fly_arena_zalloc(arena, m->n_literals + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	for (i = 0; i < m->n_literals; i++)
		names[i] = m->literals[i]->key;
	qsort(names, m->n_literals, sizeof(*names), compare_names);
	*out = names;
	return (int)m->n_literals;
}

int fly_value_get(struct fly_bytes map, const char *name, struct fly_arena *arena,
		  Flyteidl__Core__Literal **out)
{
	Flyteidl__Core__LiteralMap *m;
	const Flyteidl__Core__Literal *found;
	int rc = unpack_map(map, arena, &m);

	if (rc < 0)
		return rc;
	found = fly_literal_map_get(m, name);
	if (!found)
		return -ENOENT;
	*out = (Flyteidl__Core__Literal *)found;
	return 0;
}

const char *fly_value_local_path(const Flyteidl__Core__Literal *lit, struct fly_arena *arena)
{
	const Flyteidl__Core__Literal *inside = fly_literal_inside(lit);
	const char *path;

	if (!inside || inside->value_case != FLYTEIDL__CORE__LITERAL__VALUE_SCALAR ||
	    inside->scalar->value_case != FLYTEIDL__CORE__SCALAR__VALUE_BLOB)
		return NULL;
	path = fly_uri_path(inside->scalar->blob->uri);
	if (!path || strlen(path) >= 4096)	/* PATH_MAX: what a symlink can hold */
		return NULL;
	return fly_arena_strdup(arena, path);
}

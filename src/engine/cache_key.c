/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache_key: what makes two executions of a task the same: its name, its cache version, its
 * interface and the inputs' values, hashed as Flyte's catalog client does. Source: flyte-engine
 * §4.13.
 */
#include "cache.h"

#include <stdio.h>

#define HASH_TEXT 43 /* 32 bytes in base 64 without padding */
#define INTERFACE_DIGITS 8
#define DEPTH_MAX 64
#define KEPT_ANNOTATION "cache-key-metadata"

bool fly_cache_wanted(const Flyteidl__Core__TaskTemplate *task)
{
	const Flyteidl__Core__TaskMetadata *m = task->metadata;

	return m && m->discoverable &&
	       m->discovery_version[strspn(m->discovery_version, " \t\n")] && task->interface &&
	       task->interface->outputs && task->interface->outputs->n_variables;
}

static int hash_text(const ProtobufCMessage *m, char text[HASH_TEXT + 1])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t hash[33] = {0};
	int rc = fly_object_hash(m, hash);

	for (size_t i = 0; i < HASH_TEXT; i++) {
		size_t bit = i * 6;
		unsigned pair = (unsigned)hash[bit / 8] << 8 | hash[bit / 8 + 1];

		text[i] = digits[pair >> (10 - bit % 8) & 63];
	}
	text[HASH_TEXT] = '\0';
	return rc;
}

/* --- the interface: names and bare types -------------------------------- */

static bool keeps_annotation(const Flyteidl__Core__TypeAnnotation *annotation)
{
	const Google__Protobuf__Struct *s = annotation ? annotation->annotations : NULL;

	for (size_t i = 0; s && i < s->n_fields; i++)
		if (!strcmp(s->fields[i]->key, KEPT_ANNOTATION))
			return true;
	return false;
}

static void strip(Flyteidl__Core__LiteralType *type, unsigned depth)
{
	if (!type || depth > DEPTH_MAX)
		return;
	type->metadata = NULL;
	if (!keeps_annotation(type->annotation))
		type->annotation = NULL;
	if (type->structure)
		for (size_t i = 0; i < type->structure->n_dataclass_type; i++)
			strip(type->structure->dataclass_type[i]->value, depth + 1);
	switch (type->type_case) {
	case FLYTEIDL__CORE__LITERAL_TYPE__TYPE_COLLECTION_TYPE:
		strip(type->collection_type, depth + 1);
		break;
	case FLYTEIDL__CORE__LITERAL_TYPE__TYPE_MAP_VALUE_TYPE:
		strip(type->map_value_type, depth + 1);
		break;
	case FLYTEIDL__CORE__LITERAL_TYPE__TYPE_UNION_TYPE:
		for (size_t i = 0; i < type->union_type->n_variants; i++)
			strip(type->union_type->variants[i], depth + 1);
		break;
	case FLYTEIDL__CORE__LITERAL_TYPE__TYPE_STRUCTURED_DATASET_TYPE:
		for (size_t i = 0; i < type->structured_dataset_type->n_columns; i++)
			strip(type->structured_dataset_type->columns[i]->literal_type, depth + 1);
		break;
	default:
		break;
	}
}

static int hash_variables(const Flyteidl__Core__VariableMap *map, char text[HASH_TEXT + 1])
{
	Flyteidl__Core__VariableMap none = FLYTEIDL__CORE__VARIABLE_MAP__INIT, *copy = &none;
	auto_arena arena = {0};

	if (map && map->n_variables) {
		copy = (Flyteidl__Core__VariableMap *)fly_message_copy(&map->base, &arena);
		if (!copy)
			return -ENOMEM;
	}
	for (size_t i = 0; i < copy->n_variables; i++) {
		copy->variables[i]->value->description = "";
		strip(copy->variables[i]->value->type, 0);
	}
	return hash_text(&copy->base, text);
}

/* --- the inputs --------------------------------------------------------- */

/* A value that brings its own hash counts by that alone. */
static void reduce(Flyteidl__Core__Literal *lit, unsigned depth)
{
	if (!lit || depth > DEPTH_MAX)
		return;
	if (*lit->hash) {
		lit->value_case = FLYTEIDL__CORE__LITERAL__VALUE__NOT_SET;
		lit->scalar = NULL;
		lit->n_metadata = 0;
		return;
	}
	if (lit->value_case == FLYTEIDL__CORE__LITERAL__VALUE_COLLECTION)
		for (size_t i = 0; i < lit->collection->n_literals; i++)
			reduce(lit->collection->literals[i], depth + 1);
	else if (lit->value_case == FLYTEIDL__CORE__LITERAL__VALUE_MAP)
		for (size_t i = 0; i < lit->map->n_literals; i++)
			reduce(lit->map->literals[i]->value, depth + 1);
}

static bool is_ignored(const Flyteidl__Core__TaskMetadata *m, const char *name)
{
	for (size_t i = 0; i < m->n_cache_ignore_input_vars; i++)
		if (!strcmp(m->cache_ignore_input_vars[i], name))
			return true;
	return false;
}

static int hash_inputs(const Flyteidl__Core__TaskMetadata *m,
		       const Flyteidl__Core__LiteralMap *inputs, char text[HASH_TEXT + 1])
{
	auto_arena arena = {0};
	Flyteidl__Core__LiteralMap *copy =
		(Flyteidl__Core__LiteralMap *)fly_message_copy(&inputs->base, &arena);
	size_t n = 0;

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < copy->n_literals; i++) {
		if (is_ignored(m, copy->literals[i]->key))
			continue;
		reduce(copy->literals[i]->value, 0);
		copy->literals[n++] = copy->literals[i];
	}
	copy->n_literals = n;
	return hash_text(&copy->base, text);
}

/* --- the key ------------------------------------------------------------ */

static char *trimmed(struct fly_arena *arena, const char *version)
{
	size_t len;

	version += strspn(version, " \t\n");
	len = strlen(version);
	while (len && strchr(" \t\n", version[len - 1]))
		len--;
	return fly_arena_strndup(arena, version, len);
}

static int describe(struct fly_run *run, const Flyteidl__Core__TaskTemplate *task,
		    const char *version, const char *tag, struct fly_cache_key *out)
{
	struct fly_arena *arena = &run->arena;
	Flyteidl__Core__CatalogMetadata *m =
		FLY_NEW(arena, Flyteidl__Core__CatalogMetadata, flyteidl__core__catalog_metadata);
	Flyteidl__Core__Identifier *dataset =
		FLY_NEW(arena, Flyteidl__Core__Identifier, flyteidl__core__identifier);
	Flyteidl__Core__CatalogArtifactTag *t = FLY_NEW(arena, Flyteidl__Core__CatalogArtifactTag,
							flyteidl__core__catalog_artifact_tag);

	if (!m || !dataset || !t)
		return -ENOMEM;
	dataset->resource_type = FLYTEIDL__CORE__RESOURCE_TYPE__DATASET;
	dataset->project = task->id->project;
	dataset->domain = task->id->domain;
	dataset->name = fly_arena_printf(arena, "flyte_task-%s", task->id->name);
	dataset->version = (char *)version;
	t->name = (char *)tag;
	t->artifact_id = fly_arena_strdup(arena, out->file);
	m->dataset_id = dataset;
	m->artifact_tag = t;
	out->metadata = m;
	return dataset->name && t->artifact_id ? 0 : -ENOMEM;
}

/* Files of one user mean nothing to another: who runs it is part of the key. */
static int name_file(const struct fly_run *run, const Flyteidl__Core__TaskTemplate *task,
		     const char *version, const char *tag, char file[65])
{
	auto_buf b = {0};
	uint8_t hash[32];

	fly_buf_printf(&b, "%u\n%zu %s\n%zu %s\n%zu %s\n%s\n%s", run->uid,
		       strlen(task->id->project), task->id->project, strlen(task->id->domain),
		       task->id->domain, strlen(task->id->name), task->id->name, version, tag);
	if (b.failed)
		return -ENOMEM;
	fly_sha256(b.data, b.len, hash);
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(file + 2 * i, 3, "%02x", hash[i]);
	return 0;
}

int fly_cache_key(struct fly_run *run, const Flyteidl__Core__TaskTemplate *task,
		  const Flyteidl__Core__LiteralMap *inputs, struct fly_cache_key *out)
{
	char in[HASH_TEXT + 1], made[HASH_TEXT + 1], values[HASH_TEXT + 1];
	char *version = trimmed(&run->arena, task->metadata->discovery_version);
	char *tag;

	if (!version || hash_variables(task->interface->inputs, in) < 0 ||
	    hash_variables(task->interface->outputs, made) < 0 ||
	    hash_inputs(task->metadata, inputs, values) < 0)
		return -ENOMEM;
	version = fly_arena_printf(&run->arena, "%s-%.*s-%.*s", version, INTERFACE_DIGITS, in,
				   INTERFACE_DIGITS, made);
	tag = fly_arena_printf(&run->arena, "flyte_cached-%s", values);
	if (!version || !tag || name_file(run, task, version, tag, out->file) < 0)
		return -ENOMEM;
	return describe(run, task, version, tag, out);
}

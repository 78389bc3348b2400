/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identifiers and places: filling in what a serialized message leaves out, and whether a message
 * belongs where it is written. Walks messages by their descriptors; it knows no kind of node.
 * Source: flyte-engine §1.3.
 */
#include "place.h"

static void fill_text(char **text, const char *placeholder, const char *value)
{
	if (!**text || !strcmp(*text, placeholder))
		*text = (char *)value;
}

static void fill_identifier(Flyteidl__Core__Identifier *id, const Flyteidl__Core__Identifier *place)
{
	if (!*id->name)
		return;
	fill_text(&id->project, "{{ registration.project }}", place->project);
	fill_text(&id->domain, "{{ registration.domain }}", place->domain);
	fill_text(&id->version, "{{ registration.version }}", place->version);
}

static bool is_set(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	const char *base = (const char *)m;

	if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return *(const uint32_t *)(base + f->quantifier_offset) == f->id;
	return true;
}

static void fill_field(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f,
		       const Flyteidl__Core__Identifier *place)
{
	char *base = (char *)m;
	ProtobufCMessage **list;
	size_t i, n;

	if (f->label != PROTOBUF_C_LABEL_REPEATED) {
		list = (ProtobufCMessage **)(base + f->offset);
		if (is_set(m, f) && *list)
			fly_place_fill(*list, place);
		return;
	}
	n = *(const size_t *)(base + f->quantifier_offset);
	list = *(ProtobufCMessage ***)(base + f->offset);
	for (i = 0; i < n; i++)
		fly_place_fill(list[i], place);
}

void fly_place_fill(ProtobufCMessage *m, const Flyteidl__Core__Identifier *place)
{
	unsigned i;

	if (m->descriptor == &flyteidl__core__identifier__descriptor) {
		fill_identifier((Flyteidl__Core__Identifier *)m, place);
		return;
	}
	for (i = 0; i < m->descriptor->n_fields; i++) {
		if (m->descriptor->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
			fill_field(m, &m->descriptor->fields[i], place);
	}
}

const char *fly_place_disagrees(const Flyteidl__Core__Identifier *id,
				const Flyteidl__Core__Identifier *place, const char **given,
				const char **wanted)
{
	const struct {
		const char *field, *given, *wanted;
	} parts[] = {
		{"project", id->project, place->project},
		{"domain", id->domain, place->domain},
		{"name", id->name, place->name},
	};
	size_t i;

	if (id->resource_type != FLYTEIDL__CORE__RESOURCE_TYPE__UNSPECIFIED &&
	    id->resource_type != place->resource_type) {
		*given = fly_resource_type_name((int)id->resource_type);
		*wanted = fly_resource_type_name((int)place->resource_type);
		return "resource_type";
	}
	for (i = 0; i < FLY_ARRAY_LEN(parts); i++) {
		*given = parts[i].given;
		*wanted = parts[i].wanted;
		if (**given && strcmp(*given, *wanted))
			return parts[i].field;
	}
	return NULL;
}

Flyteidl__Core__Identifier *fly_place_own_id(enum fly_kind kind, ProtobufCMessage *spec)
{
	const Flyteidl__Admin__TaskSpec *task = (const Flyteidl__Admin__TaskSpec *)spec;
	const Flyteidl__Admin__WorkflowSpec *workflow =
		(const Flyteidl__Admin__WorkflowSpec *)spec;

	if (kind == FLY_KIND_TASK)
		return task->template_ ? task->template_->id : NULL;
	if (kind == FLY_KIND_WORKFLOW)
		return workflow->template_ ? workflow->template_->id : NULL;
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task, workflow or launch plan written as JSON (or YAML), whichever form it has: the Create
 * request, the spec, the template alone, or the shorthand. Members tell which.
 * Source: docs/shorthand.md; DESIGN §3, §4.
 */
#include "document.h"
#include "place.h"
#include "shorthand.h"

/* How a kind's messages are written; names as the message has them, and in camel case. */
static const struct form {
	enum fly_kind kind;
	const ProtobufCMessageDescriptor *request, *spec, *template;
	const char *spec_keys[3], *template_keys[5];
	int (*shorthand)(const struct shorthand *s, json_t *root, struct fly_entity_document *out);
} forms[] = {
	{FLY_KIND_TASK, &flyteidl__admin__task_create_request__descriptor,
	 &flyteidl__admin__task_spec__descriptor, &flyteidl__core__task_template__descriptor,
	 {"template"}, {"type", "interface", "container", "metadata"}, shorthand_task},
	{FLY_KIND_WORKFLOW, &flyteidl__admin__workflow_create_request__descriptor,
	 &flyteidl__admin__workflow_spec__descriptor,
	 &flyteidl__core__workflow_template__descriptor,
	 {"template"}, {"nodes", "interface"}, shorthand_workflow},
	/* With its closure, as GetLaunchPlan shows it. */
	{FLY_KIND_LAUNCH_PLAN, &flyteidl__admin__launch_plan__descriptor,
	 &flyteidl__admin__launch_plan_spec__descriptor, NULL,
	 {"workflow_id", "workflowId"}, {NULL}, shorthand_launch_plan},
};

static const struct form *form_of(enum fly_kind kind)
{
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(forms); i++) {
		if (forms[i].kind == kind)
			return &forms[i];
	}
	return NULL;
}

static bool has_any(const json_t *root, const char *const *keys)
{
	for (; *keys; keys++) {
		if (json_object_get(root, *keys))
			return true;
	}
	return false;
}

static int check_own(const struct shorthand *s, const Flyteidl__Core__Identifier *id,
		     const char *path)
{
	const char *given, *wanted;
	const char *field = id ? fly_place_disagrees(id, s->id, &given, &wanted) : NULL;

	if (!field)
		return 0;
	path = fly_arena_printf(s->arena, "%s.%s", path, field);
	if (!path)
		return fly_no_memory(s->why);
	return fly_doc_fail(s->doc, s->why, path, "\"%s\" does not agree with the path: \"%s\"",
			    given, wanted);
}

/* Is it written where it belongs? A copy of another version may be; see fly_document_inherit. */
static int check_spec(const struct shorthand *s, enum fly_kind kind, const char *path,
		      struct fly_entity_document *out)
{
	const struct fly_document_place place = {
		.db = s->db, .kind = kind, .id = s->id, .arena = s->arena,
	};
	const Flyteidl__Core__Identifier *own = fly_place_own_id(kind, out->spec);
	int rc = check_own(s, own, path);

	return rc < 0 || !own ? rc : fly_document_inherit(&place, own->version, out, s->why);
}

static int read_message(const struct shorthand *s, const ProtobufCMessageDescriptor *type,
			ProtobufCMessage **out)
{
	int rc = fly_doc_message(s->doc, fly_doc_root(s->doc), "", type, s->arena, out, s->why);

	if (rc >= 0)
		fly_place_fill(*out, s->id);
	return rc;
}

static int read_request(const struct shorthand *s, const struct form *f,
			struct fly_entity_document *out)
{
	const Flyteidl__Core__Identifier *id;
	ProtobufCMessage *m;
	int rc = read_message(s, f->request, &m);

	if (rc < 0)
		return rc;
	fly_document_request(f->kind, m, &id, &out->spec);
	if (!out->spec)
		return fly_doc_fail(s->doc, s->why, "spec", "expected an object");
	rc = check_own(s, id, "id");
	return rc < 0 ? rc : check_spec(s, f->kind, "spec.template.id", out);
}

static int read_spec(const struct shorthand *s, const struct form *f,
		     struct fly_entity_document *out)
{
	int rc = read_message(s, f->spec, &out->spec);

	return rc < 0 ? rc : check_spec(s, f->kind, "template.id", out);
}

static int read_template(const struct shorthand *s, const struct form *f,
			 struct fly_entity_document *out)
{
	ProtobufCMessage *m;
	int rc = read_message(s, f->template, &m);

	if (rc < 0)
		return rc;
	out->spec = fly_document_template(f->kind, m, s->arena);
	if (!out->spec)
		return fly_no_memory(s->why);
	return check_spec(s, f->kind, "id", out);
}

static int read_any(const struct shorthand *s, const struct form *f, const char *text, size_t len,
		    struct fly_entity_document *out)
{
	json_t *root = fly_doc_root(s->doc);
	int rc;

	if (!json_is_object(root))
		return fly_doc_fail(s->doc, s->why, "", "expected an object");
	if (json_object_get(root, "spec"))
		return read_request(s, f, out);
	if (has_any(root, f->spec_keys))
		return read_spec(s, f, out);
	if (has_any(root, f->template_keys))
		return read_template(s, f, out);
	rc = f->shorthand(s, root, out);
	if (rc < 0)
		return rc;
	out->written.source.data = fly_arena_memdup(s->arena, text, len);
	out->written.source.len = len;
	return out->written.source.data ? 0 : fly_no_memory(s->why);
}

int fly_document_read_text(const struct fly_document_place *place, bool yaml, const char *text,
			   size_t len, struct fly_entity_document *out, struct fly_why *why)
{
	struct shorthand s = {
		.db = place->db, .id = place->id, .arena = place->arena, .why = why,
	};
	int rc = yaml ? fly_doc_parse_yaml(text, len, &s.doc, why)
		      : fly_doc_parse(text, len, &s.doc, why);

	if (rc < 0)
		return rc;
	rc = read_any(&s, form_of(place->kind), text, len, out);
	fly_doc_free(s.doc);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document written where executions are launched, into the request it means: whichever form it
 * has, it agrees with the path, and values given as files of their own win. It starts nothing.
 * Source: DESIGN §4.
 */
#include "launch.h"

static int pass_on(struct fly_why *why, const struct fly_why *inner, int rc)
{
	if (why && why->status == FLY_OK)
		*why = *inner;
	return rc;
}

/* --- wire --------------------------------------------------------------- */

/* Where a varint ends; NULL when it does not. */
static const uint8_t *read_varint(const uint8_t *p, const uint8_t *end, uint64_t *out)
{
	unsigned shift;

	*out = 0;
	for (shift = 0; p < end && shift < 64; shift += 7) {
		*out |= (uint64_t)(*p & 0x7f) << shift;
		if (!(*p++ & 0x80))
			return p;
	}
	return NULL;
}

/*
 * Field 4 is the spec of an ExecutionCreateRequest, without which there is none to launch, and is
 * reserved in ExecutionSpec: so it tells the two apart.
 */
static bool is_request(const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;
	uint64_t tag, n;

	while (p && p < end) {
		p = read_varint(p, end, &tag);
		if (!p || tag >> 3 == 4)
			return p != NULL;
		switch (tag & 7) {
		case 0:
			p = read_varint(p, end, &n);
			break;
		case 1:
			p = end - p >= 8 ? p + 8 : NULL;
			break;
		case 2:
			p = read_varint(p, end, &n);
			if (p)
				p = n <= (uint64_t)(end - p) ? p + n : NULL;
			break;
		case 5:
			p = end - p >= 4 ? p + 4 : NULL;
			break;
		default:
			return false;
		}
	}
	return false;
}

static int check_place(const struct fly_launch *l, const char *field, const char *given,
		       const char *place)
{
	if (!*given || !*place || !strcmp(given, place))
		return 0;
	return fly_refuse(l->why, FLY_INVALID_ARGUMENT,
			  "%s: \"%s\" does not agree with the path: \"%s\"", field, given, place);
}

static int read_wire(struct fly_launch *l, const char *text, size_t len)
{
	bool whole = is_request((const uint8_t *)text, len);
	ProtobufCMessage *m;
	int rc = fly_wire_parse(whole ? &flyteidl__admin__execution_create_request__descriptor
				      : &flyteidl__admin__execution_spec__descriptor,
				text, len, l->arena, &m, l->why);

	if (rc < 0)
		return rc;
	if (!whole) {
		l->req->spec = (Flyteidl__Admin__ExecutionSpec *)m;
		return 0;
	}
	l->req = (Flyteidl__Admin__ExecutionCreateRequest *)m;
	if ((rc = check_place(l, "project", l->req->project, l->project)) < 0 ||
	    (rc = check_place(l, "domain", l->req->domain, l->domain)) < 0)
		return rc;
	return check_place(l, "name", l->req->name, l->name);
}

/* --- inputs/VAR --------------------------------------------------------- */

static int read_text(const struct fly_launch *l, const struct fly_launch_target *target,
		     const struct fly_input_text *input, Flyteidl__Core__Literal **out,
		     struct fly_why *why)
{
	const Flyteidl__Core__Parameter *p = fly_launch_input(target, input->name);
	const Flyteidl__Core__LiteralType *type = p && p->var ? p->var->type : NULL;
	auto_buf words = {0};

	if (!type) {
		fly_launch_describe_inputs(target, input->name, &words);
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s", words.data ? words.data : "");
	}
	if (input->is_path && !fly_type_admits_path(type)) {
		fly_type_print(type, &words);
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "it is a symbolic link, which only a file or directory can be: "
				  "%s is expected", words.data ? words.data : "another type");
	}
	return fly_literal_from_text(type, input->text, input->len, l->arena, out, why);
}

/* The user's inputs are where the service looks for them first. */
static Flyteidl__Core__LiteralMap *inputs_of(const struct fly_launch *l)
{
	Flyteidl__Admin__ExecutionCreateRequest *req = l->req;

	if ((!req->inputs || !req->inputs->n_literals) && req->spec->inputs)
		req->inputs = req->spec->inputs;
	if (!req->inputs)
		req->inputs = fly_admin_new(Flyteidl__Core__LiteralMap,
					    flyteidl__core__literal_map, l->arena);
	return req->inputs;
}

static int add_texts(const struct fly_launch *l)
{
	struct fly_launch_target target;
	Flyteidl__Core__LiteralMap *map;
	Flyteidl__Core__Literal *lit;
	struct fly_why inner = {0};
	size_t i;
	int rc;

	if (!l->n_texts)
		return 0;
	rc = fly_launch_target(l, &target, l->why);
	if (rc < 0)
		return rc;
	map = inputs_of(l);
	if (!map)
		return fly_no_memory(l->why);
	for (i = 0; i < l->n_texts; i++) {
		const char *name = l->texts[i].name;

		rc = read_text(l, &target, &l->texts[i], &lit, &inner);
		if (rc < 0) {
			fly_why_prefix(&inner, "inputs/%s: ", name);
			return pass_on(l->why, &inner, rc);
		}
		rc = fly_launch_put(map, name, lit, l->arena, l->why);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* --- any form ----------------------------------------------------------- */

static int read_form(struct fly_launch *l, enum fly_document form, const char *text, size_t len)
{
	switch (form) {
	case FLY_DOCUMENT_JSON:
		return fly_launch_read_json(l, text, len);
	case FLY_DOCUMENT_WIRE:
		return read_wire(l, text, len);
	case FLY_DOCUMENT_YAML:
		return fly_launch_read_exec_file(l, text, len);
	}
	return fly_fail(l->why, EINVAL, "a document of an unknown form");
}

int fly_admin_read_execution(struct fly_admin *a, struct fly_db *db, enum fly_document form,
			     const char *file, const char *project, const char *domain,
			     const char *name, const char *text, size_t len,
			     const struct fly_input_text *inputs, size_t n_inputs,
			     struct fly_arena *arena,
			     Flyteidl__Admin__ExecutionCreateRequest **out, struct fly_why *why)
{
	struct fly_why inner = {0};
	struct fly_launch l = {
		.db = db, .project = project, .domain = domain, .name = name, .arena = arena,
		.why = &inner, .texts = inputs, .n_texts = n_inputs,
	};
	int rc;

	l.req = fly_admin_new(Flyteidl__Admin__ExecutionCreateRequest,
			      flyteidl__admin__execution_create_request, arena);
	if (!l.req)
		return fly_no_memory(why);
	rc = read_form(&l, form, text, len);
	if (rc < 0) {
		/* "spec.json:7:12: …", as compilers write it; without a place "spec.pb: …" */
		fly_why_prefix(&inner, *inner.text >= '1' && *inner.text <= '9' ? "%s:" : "%s: ",
			       file);
		return pass_on(why, &inner, rc);
	}
	l.req->project = (char *)project;
	l.req->domain = (char *)domain;
	if (*name)
		l.req->name = (char *)name;
	rc = add_texts(&l);
	if (rc < 0)
		return pass_on(why, &inner, rc);
	*out = l.req;
	return 0;
}

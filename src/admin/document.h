/* SPDX-License-Identifier: Apache-2.0 */
/* From a document written in the tree to the registration it means. */
#ifndef FLYTEFS_ADMIN_DOCUMENT_H
#define FLYTEFS_ADMIN_DOCUMENT_H

#include "entity.h"

/* Where it is written: what it registers. */
struct fly_document_place {
	struct fly_db *db;
	enum fly_kind kind;
	const Flyteidl__Core__Identifier *id;	/* complete */
	struct fly_arena *arena;
};

/* What it turns into. */
struct fly_entity_document {
	ProtobufCMessage *spec;		/* TaskSpec, WorkflowSpec or LaunchPlanSpec */
	struct fly_written written;
};

/* shorthand_document.c */
/** JSON or YAML of any form. "LINE:COLUMN: path: reason". */
int fly_document_read_text(const struct fly_document_place *place, bool yaml, const char *text,
			   size_t len, struct fly_entity_document *out, struct fly_why *why);

/* document.c */
/** Wire bytes: the spec, or the Create request (a launch plan's: also LaunchPlan). */
int fly_document_read_wire(const struct fly_document_place *place, const void *data, size_t len,
			   struct fly_entity_document *out, struct fly_why *why);
/** Id and spec of a Create request (a launch plan's: of LaunchPlan); NULL where absent. */
void fly_document_request(enum fly_kind kind, ProtobufCMessage *request,
			  const Flyteidl__Core__Identifier **id, ProtobufCMessage **spec);
/**
 * A workflow copied from another version (its template's id says which) keeps the defaults that the
 * other's generated plan has, as far as they fit: they stand in no message of the workflow.
 */
int fly_document_inherit(const struct fly_document_place *place, const char *version,
			 struct fly_entity_document *out, struct fly_why *why);
/** A template in a spec of its own; NULL without memory. */
ProtobufCMessage *fly_document_template(enum fly_kind kind, ProtobufCMessage *template,
					struct fly_arena *arena);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registering versions of tasks, workflows and launch plans: what the three have in common. A
 * registration is prepared on the caller's thread (checked, compiled, packed, measured) and put
 * into the store as one unit, with whatever comes along (a workflow's default plan, map tasks).
 */
#ifndef FLYTEFS_ADMIN_ENTITY_H
#define FLYTEFS_ADMIN_ENTITY_H

#include "admin_private.h"

/* How a version meets an equal or different one that is there already. */
enum fly_put {
	FLY_PUT_NEW,		/* refused: ALREADY_EXISTS, or INVALID_ARGUMENT when it differs */
	FLY_PUT_SAME,		/* an identical one is fine, a different one refused */
	FLY_PUT_ABSENT,		/* any other stays as it is */
};

struct fly_put_item {
	struct fly_entity entity;
	enum fly_put how;
	bool hidden;		/* a name made for it is SYSTEM_GENERATED: not listed */
	struct fly_put_item *next;
};

/* One registration in flight; lies in call->arena. */
struct fly_put_write {
	struct fly_write write;
	struct fly_put_item *first, *last;	/* put in this order; the first gives call->id */
	int64_t scope;
};

/* What a version is made of, before it is packed. */
struct fly_version {
	enum fly_kind kind;
	const Flyteidl__Core__Identifier *id;
	const ProtobufCMessage *spec, *closure;
	const ProtobufCMessage *digested;	/* what makes two registrations the same */
	const Flyteidl__Core__TypedInterface *interface;
	const char *type;			/* tasks */
	const char *schedule_type;		/* launch plans */
	const char *short_description;
	int64_t workflow;			/* launch plans: row id */
	struct fly_bytes source;		/* the shorthand it was written in */
	bool generated;
};

/** Start a registration in the scope (project, domain); NULL without memory. */
struct fly_put_write *fly_put_begin(struct fly_call *call, int64_t scope);
/**
 * Pack and measure a version and add it. id: the row id it gets (0: a new one is taken).
 * @db  a reader, for texts that read more rows
 */
int fly_put_add(struct fly_admin *a, struct fly_put_write *w, struct fly_db *db,
		const struct fly_version *v, enum fly_put how, int64_t id,
		struct fly_put_item **out, struct fly_why *why);
/** Inside a transaction: put what was added. For a registration that is part of another write. */
int fly_put_apply(struct fly_write *write, struct fly_db *db, struct fly_why *why);

/** Lengths of its texts into e->sizes. */
void fly_entity_measure(struct fly_db *db, struct fly_entity *e);
/** An identifier in arena; NULL without memory. */
Flyteidl__Core__Identifier *fly_identifier_new(struct fly_arena *arena,
					       Flyteidl__Core__ResourceType type,
					       const char *project, const char *domain,
					       const char *name, const char *version);

/* --- the three, from a complete request; used by the RPCs and by written documents --- */

/* What a person wrote besides the request. */
struct fly_written {
	const char *file;				/* put before what is found wrong */
	struct fly_bytes source;
	const Flyteidl__Core__ParameterMap *defaults;	/* of the default plan; may be NULL */
	bool default_plan;				/* workflows: make it */
	Flyteidl__Core__TaskTemplate **tasks;	/* workflows: map tasks to register besides */
	size_t n_tasks;
};

/** Check and compile req, a request of the kind's own type, into a registration. */
typedef int fly_put_prepare(struct fly_admin *a, struct fly_call *call, struct fly_db *db,
			    const ProtobufCMessage *req, const struct fly_written *written,
			    struct fly_put_write **out);
/** Prepare req with a reader, commit what came of it and finish the call. */
void fly_put_register(struct fly_admin *a, struct fly_call *call, fly_put_prepare *prepare,
		      const ProtobufCMessage *req, const struct fly_written *written);

void fly_task_register(struct fly_admin *a, struct fly_call *call,
		       const Flyteidl__Admin__TaskCreateRequest *req,
		       const struct fly_written *written);
void fly_workflow_register(struct fly_admin *a, struct fly_call *call,
			   const Flyteidl__Admin__WorkflowCreateRequest *req,
			   const struct fly_written *written);
void fly_launch_plan_register(struct fly_admin *a, struct fly_call *call,
			      const Flyteidl__Admin__LaunchPlanCreateRequest *req,
			      const struct fly_written *written);

/** flyte-api §2.3 step 5: expected inputs of a plan (also its stored default_inputs). */
int fly_plan_expected(const Flyteidl__Core__TypedInterface *interface,
		      const Flyteidl__Core__ParameterMap *defaults,
		      const Flyteidl__Core__LiteralMap *fixed, struct fly_arena *arena,
		      Flyteidl__Core__ParameterMap **out, struct fly_why *why);
/** Version of a launch plan from its checked parts: spec (default_inputs replaced) and closure. */
int fly_plan_version(const Flyteidl__Core__Identifier *id, Flyteidl__Admin__LaunchPlanSpec *spec,
		     Flyteidl__Core__ParameterMap *expected,
		     const Flyteidl__Core__VariableMap *outputs, int64_t workflow,
		     struct fly_arena *arena, struct fly_version *out, struct fly_why *why);

/* Names that flytefs gives what it makes itself; nobody registers under them. */
#define FLY_HIDDEN_PREFIX ".flytegen."

/** The id of what is registered: complete, of the kind, its name not one of flytefs' own. */
int fly_check_new_id(const Flyteidl__Core__Identifier *id, enum fly_kind kind,
		     struct fly_why *why);
Flyteidl__Core__ResourceType fly_resource_of_kind(enum fly_kind kind);
/** An identifier to look something up with: complete, its type the expected one or not said. */
int fly_check_get_id(const Flyteidl__Core__Identifier *id, Flyteidl__Core__ResourceType expected,
		     struct fly_why *why);
/** The row of such an identifier, read with FLY_ENTITY_BLOBS. */
int fly_get_version(struct fly_db *db, enum fly_kind kind, const Flyteidl__Core__Identifier *id,
		    struct fly_arena *arena, struct fly_entity *out, struct fly_why *why);

/* --- messages of rows (read with FLY_ENTITY_BLOBS) ---------------------------------- */

/* What the messages of the three have in common. */
struct fly_version_parts {
	Flyteidl__Core__Identifier *id;
	ProtobufCMessage *closure;
	Google__Protobuf__Timestamp *created_at;
	char *short_description;
};
/** Of a row, in arena; type: of its closure. */
int fly_version_read(const struct fly_entity *row, const ProtobufCMessageDescriptor *type,
		     struct fly_arena *arena, struct fly_version_parts *out, struct fly_why *why);

int fly_project_message(const struct fly_project *row, struct fly_arena *arena,
			Flyteidl__Admin__Project **out, struct fly_why *why);
int fly_task_message(const struct fly_entity *row, struct fly_arena *arena,
		     Flyteidl__Admin__Task **out, struct fly_why *why);
int fly_workflow_message(const struct fly_entity *row, struct fly_arena *arena,
			 Flyteidl__Admin__Workflow **out, struct fly_why *why);
int fly_launch_plan_message(const struct fly_entity *row, struct fly_arena *arena,
			    Flyteidl__Admin__LaunchPlan **out, struct fly_why *why);

/* --- versions from checked parts ---------------------------------------------------- */

int fly_task_version(const Flyteidl__Core__Identifier *id, const Flyteidl__Admin__TaskSpec *given,
		     struct fly_arena *arena, struct fly_version *out, struct fly_why *why);

/* --- schedule.c --------------------------------------------------------------------- */

/** "NONE", "CRON" or "RATE" of a schedule (NULL: NONE). Static. */
const char *fly_schedule_type(const Flyteidl__Admin__Schedule *schedule);
int fly_check_schedule(const Flyteidl__Admin__Schedule *schedule,
		       const Flyteidl__Core__ParameterMap *expected, const char *field,
		       struct fly_why *why);

/* --- task_check.c ------------------------------------------------------------------- */

/** A task template fit to be registered: flyte-engine §1.4, §1.5 (Tasks). */
int fly_check_task(const Flyteidl__Core__TaskTemplate *t, struct fly_why *why);

#endif

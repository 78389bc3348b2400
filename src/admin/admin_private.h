/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share: the frame of a call, checks that several RPCs make, look-ups
 * that fail with the service's NOT_FOUND, and messages packed into arenas.
 */
#ifndef FLYTEFS_ADMIN_PRIVATE_H
#define FLYTEFS_ADMIN_PRIVATE_H

#include "flytefs/admin.h"

struct fly_admin {
	struct fly_store *store;
	struct fly_backend *backend;	/* NULL: nobody carries executions out */
	bool read_only;
	int64_t (*clock_ns)(void);	/* instead of both of ours; NULL: none */
};

/* --- call.c: one writing RPC --------------------------------------------------------- */

/*
 * A call with something to commit. Lies in call->arena, usually as the first member of the RPC's
 * own struct. apply runs inside the transaction; committed after a COMMIT that succeeded, before
 * the caller hears of it, so that who sees the reply may rely on what it started (NULL: nothing).
 */
struct fly_write {
	struct fly_work work;
	struct fly_admin *admin;
	struct fly_call *call;
	int (*apply)(struct fly_write *w, struct fly_db *db, struct fly_why *why);
	void (*committed)(struct fly_write *w);
};

/**
 * First step of a writing RPC: refuses a read-only service, else gives the calling thread's reader
 * inside a snapshot, to be closed with fly_db_end. On failure the reason is in call->why.
 */
int fly_admin_begin(struct fly_admin *a, struct fly_call *call, struct fly_db **out);
/** The same refusal for an RPC that reads inside its transaction only. */
int fly_admin_check_writable(const struct fly_admin *a, struct fly_why *why);
/** Commit w->apply, then finish the call; nothing of the call may be touched afterwards. */
void fly_admin_write(struct fly_admin *a, struct fly_call *call, struct fly_write *w);
/** Set rc, tell who asked. For a call that ends without a write, or that could not begin. */
void fly_call_finish(struct fly_call *call, int rc);

/** Put where in the document it lies in front of a sentence; document NULL: nothing. */
void fly_place_refusal(const struct fly_document_text *document, struct fly_why *why);

/** For what happened to an execution: fly_now_ns, as the engine's events have it. */
int64_t fly_admin_now(const struct fly_admin *a);
/** For what begins to exist now and shows it as a file's time: fly_file_now_ns. */
int64_t fly_admin_file_now(const struct fly_admin *a);
/** The principal of what a caller does: its user name, "" without authentication. */
const char *fly_caller_principal(const struct fly_caller *caller);
/** DESIGN §7: only owner and root change a thing; format: "execution NAME". PERMISSION_DENIED. */
int fly_caller_check_owner(const struct fly_caller *caller, uint32_t uid, struct fly_why *why,
			   const char *format, ...) FLY_PRINTF(4, 5);

/* --- message.c: messages and blobs --------------------------------------------------- */

/** Wire bytes of a message, in arena; data NULL and len 0 for NULL. -ENOMEM. */
int fly_admin_pack(const ProtobufCMessage *m, struct fly_arena *arena, struct fly_bytes *out,
		   struct fly_why *why);
/** The message of a row's blob (no bytes: an empty one). What does not decode is INTERNAL. */
int fly_admin_unpack(const ProtobufCMessageDescriptor *type, struct fly_bytes bytes,
		     struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why);
/** An initialised message in arena, or NULL: fly_admin_new(Flyteidl__X, flyteidl__x, arena). */
#define fly_admin_new(type, name, arena) \
	((type *)fly_admin_new_message(&name##__descriptor, (arena)))
ProtobufCMessage *fly_admin_new_message(const ProtobufCMessageDescriptor *type,
					struct fly_arena *arena);

/* --- get_execution.c, execution_data.c -------------------------------------------- */

/** The identifier of a row, in arena; NULL without memory. */
Flyteidl__Core__WorkflowExecutionIdentifier *
fly_execution_identifier(const struct fly_execution *e, struct fly_arena *arena);
/** A row read with FLY_EXECUTION_SPEC and FLY_EXECUTION_CLOSURE as people see it; lies in arena. */
int fly_execution_message(const struct fly_execution *e, struct fly_arena *arena,
			  Flyteidl__Admin__Execution **out, struct fly_why *why);
/** GetExecutionData's answer for these LiteralMap blobs of a row. */
int fly_execution_data(struct fly_bytes inputs, struct fly_bytes outputs, struct fly_arena *arena,
		       Flyteidl__Admin__WorkflowExecutionGetDataResponse **out,
		       struct fly_why *why);

/* --- validate_identifiers.c ---------------------------------------------------------- */

/** A field that must not be empty: "FIELD is missing". INVALID_ARGUMENT. */
int fly_check_set(const char *value, const char *field, struct fly_why *why);
/**
 * A complete core.Identifier. field: its path in the request ("spec.launch_plan"). Checks presence,
 * then project, domain, name, version; then that the resource type is expected (UNSPECIFIED in
 * expected: not checked).
 */
int fly_check_identifier(const Flyteidl__Core__Identifier *id, const char *field,
			 Flyteidl__Core__ResourceType expected, struct fly_why *why);
int fly_check_named_entity_id(const Flyteidl__Admin__NamedEntityIdentifier *id, const char *field,
			      struct fly_why *why);
int fly_check_execution_id(const Flyteidl__Core__WorkflowExecutionIdentifier *id,
			   const char *field, struct fly_why *why);
int fly_check_node_execution_id(const Flyteidl__Core__NodeExecutionIdentifier *id,
				const char *field, struct fly_why *why);
int fly_check_task_execution_id(const Flyteidl__Core__TaskExecutionIdentifier *id,
				const char *field, struct fly_why *why);
/** Lists: limit > 0. */
int fly_check_limit(uint32_t limit, struct fly_why *why);
/** "TASK", "LAUNCH_PLAN"; "resource type 42" has no name and gives "UNKNOWN". Static. */
const char *fly_resource_type_name(int type);
/** "task", "launch plan" … of a store kind, for sentences. Static. */
const char *fly_kind_noun(enum fly_kind kind);
/** FLY_KIND_NONE when it is none of the three. */
enum fly_kind fly_kind_of_resource(int resource_type);

/**
 * The (project, domain) pair something is created in: registered, active, a configured domain
 * (flyte-api §2.4, step 4). INVALID_ARGUMENT. project may be NULL.
 */
int fly_check_scope(struct fly_db *db, const char *project, const char *domain,
		    struct fly_arena *arena, struct fly_project *project_out,
		    struct fly_scope *scope_out, struct fly_why *why);

/* --- validate_names.c ---------------------------------------------------------------- */

#define FLY_NAME_MAX 63

/** DNS-1123 label: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most 63. field names it in the sentence. */
int fly_check_dns_label(const char *text, const char *field, struct fly_why *why);
/** An execution's name: `[a-z]([-a-z0-9]*[a-z0-9])?`, at most 63; empty is not one. */
int fly_check_execution_name(const char *name, struct fly_why *why);

/* --- validate_labels.c --------------------------------------------------------------- */

#define FLY_LABELS_MAX 16

/** At most 16 labels of Kubernetes' form; field: their path ("spec.labels"). NULL passes. */
int fly_check_labels(const Flyteidl__Admin__Labels *labels, const char *field, struct fly_why *why);

/* --- validate_notifications.c -------------------------------------------------------- */

/** One channel, recipients, terminal phases (flyte-api §2.7); field: path of the list. */
int fly_check_notifications(Flyteidl__Admin__Notification *const *list, size_t n,
			    const char *field, struct fly_why *why);

/* --- find.c: rows by the service's identifiers; NOT_FOUND with a sentence ------------ */

int fly_find_execution(struct fly_db *db, const Flyteidl__Core__WorkflowExecutionIdentifier *id,
		       unsigned parts, struct fly_arena *arena, struct fly_execution *out,
		       struct fly_why *why);
int fly_find_node(struct fly_db *db, const Flyteidl__Core__NodeExecutionIdentifier *id,
		  struct fly_arena *arena, struct fly_node *out, struct fly_why *why);
int fly_find_attempt(struct fly_db *db, const Flyteidl__Core__TaskExecutionIdentifier *id,
		     struct fly_arena *arena, struct fly_attempt *out, struct fly_why *why);
int fly_find_entity(struct fly_db *db, enum fly_kind kind, const Flyteidl__Core__Identifier *id,
		    enum fly_entity_part part, struct fly_arena *arena, struct fly_entity *out,
		    struct fly_why *why);
int fly_find_project(struct fly_db *db, const char *identifier, struct fly_arena *arena,
		     struct fly_project *out, struct fly_why *why);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where phases move: the rules of all three kinds, and the two ways an execution's row changes its
 * phase, by an event and by a termination. Nothing else in this room assigns a phase.
 */
#ifndef FLYTEFS_ADMIN_PHASE_H
#define FLYTEFS_ADMIN_PHASE_H

#include "flytefs/admin.h"

/* --- phase.c ------------------------------------------------------------ */

/**
 * May an execution in phase from take an event of phase to? ALREADY_EXISTS, FAILED_PRECONDITION.
 */
int fly_phase_check(int from, int to, const char *name, struct fly_why *why);
/** The same for a node execution; name: its node id. */
int fly_node_phase_check(int from, int to, const char *name, struct fly_why *why);
/** The same for a task execution, where a repeated phase needs a higher version. */
int fly_task_phase_check(int from, uint32_t from_version, int to, uint32_t to_version,
			 const char *name, struct fly_why *why);
/**
 * An event's producer must be the recorded cluster; "" and "propeller" always pass.
 * FAILED_PRECONDITION.
 */
int fly_check_producer(const char *producer, const char *cluster, struct fly_why *why);
/** A time of an event: present, year 1 to 9999, nanoseconds in range. INVALID_ARGUMENT. */
int fly_check_event_time(const Google__Protobuf__Timestamp *t, const char *field,
			 struct fly_why *why);
/** from - to in nanoseconds, at the ends of int64 where it does not fit. */
int64_t fly_time_between_ns(const Google__Protobuf__Timestamp *start,
			    const Google__Protobuf__Timestamp *end);

/* --- execution_phase.c -------------------------------------------------- */

/**
 * Apply an event to a row read with FLY_EXECUTION_CLOSURE and, for phase QUEUED,
 * FLY_EXECUTION_SPEC.
 * @parts on 0: the blobs that changed; they lie in arena. Sizes of the row are measured anew.
 * Errors: those of fly_phase_check, fly_check_producer, fly_check_event_time; the row is untouched
 * then.
 * Source: flyte-api §2.13.
 */
int fly_execution_apply_event(struct fly_execution *e,
			      const Flyteidl__Event__WorkflowExecutionEvent *event,
			      struct fly_arena *arena, unsigned *parts, struct fly_why *why);
/**
 * Terminate a row read with FLY_EXECUTION_CLOSURE: abort_metadata and ABORTING, or ABORTED when
 * at_once. A row in a terminal phase is left alone: *parts is 0 then.
 * Source: flyte-api §2.12; DESIGN §4.
 */
int fly_execution_apply_abort(struct fly_execution *e, const char *cause, const char *principal,
			      bool at_once, int64_t now_ns, struct fly_arena *arena,
			      unsigned *parts, struct fly_why *why);

#endif

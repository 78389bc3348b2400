/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The phases of executions, node executions and task executions: their names, which of them are
 * final, and which change an event may make. It does not know what else an event carries.
 *
 *   execution  a repeated phase is refused but for QUEUED; nothing follows a final phase; ABORTING
 *              is left for a final phase only; RUNNING never goes back to QUEUED; all else goes.
 *   node       a repeated phase is refused; nothing follows a final phase; all else goes.
 *   task       as a node, but a repeated phase goes when its version is higher.
 *
 * Source: flyte-api §2.13 (matrix), §2.14; phase numbers flyteidl/core/execution.proto.
 */
#include "phase.h"

#include <stdio.h>

#include "flyteidl/core/execution.pb-c.h"

#define EXECUTION(p) FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__##p
#define NODE(p) FLYTEIDL__CORE__NODE_EXECUTION__PHASE__##p
#define TASK(p) FLYTEIDL__CORE__TASK_EXECUTION__PHASE__##p

/*
 * Seconds of 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. Source:
 * google/protobuf/timestamp.proto.
 */
#define FIRST_SECOND (-62135596800)
#define LAST_SECOND 253402300799
#define SECOND_NS 1000000000

static const char *name_of(const ProtobufCEnumDescriptor *phases, int phase)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(phases, phase);

	return v ? v->name : NULL;
}

const char *fly_phase_name(int phase)
{
	return name_of(&flyteidl__core__workflow_execution__phase__descriptor, phase);
}

const char *fly_node_phase_name(int phase)
{
	return name_of(&flyteidl__core__node_execution__phase__descriptor, phase);
}

const char *fly_task_phase_name(int phase)
{
	return name_of(&flyteidl__core__task_execution__phase__descriptor, phase);
}

bool fly_phase_is_terminal(int phase)
{
	return phase == EXECUTION(SUCCEEDED) || phase == EXECUTION(FAILED) ||
	       phase == EXECUTION(ABORTED) || phase == EXECUTION(TIMED_OUT);
}

bool fly_node_phase_is_terminal(int phase)
{
	return phase == NODE(SUCCEEDED) || phase == NODE(FAILED) || phase == NODE(ABORTED) ||
	       phase == NODE(SKIPPED) || phase == NODE(TIMED_OUT) || phase == NODE(RECOVERED);
}

bool fly_task_phase_is_terminal(int phase)
{
	return phase == TASK(SUCCEEDED) || phase == TASK(ABORTED) || phase == TASK(FAILED);
}

/* A kind of thing with phases, for sentences. */
struct kind {
	const char *noun;
	const char *(*phase_name)(int phase);
};

static const struct kind execution = {"execution", fly_phase_name};
static const struct kind node = {"node", fly_node_phase_name};
static const struct kind task = {"task", fly_task_phase_name};

/* A phase in words: its name, or its number where it has none. */
struct words {
	char text[32];
};

static struct words words_of(const struct kind *kind, int phase)
{
	const char *name = kind->phase_name(phase);
	struct words w;

	if (name)
		snprintf(w.text, sizeof(w.text), "%s", name);
	else
		snprintf(w.text, sizeof(w.text), "in phase %d", phase);
	return w;
}

static int already(struct fly_why *why, const struct kind *kind, const char *name, int phase)
{
	return fly_refuse(why, FLY_ALREADY_EXISTS, "%s %s is %s already", kind->noun, name,
			  words_of(kind, phase).text);
}

static int finished(struct fly_why *why, const struct kind *kind, const char *name, int from,
		    int to)
{
	return fly_refuse(why, FLY_FAILED_PRECONDITION,
			  "%s %s is %s, which is final: it can't become %s", kind->noun, name,
			  words_of(kind, from).text, words_of(kind, to).text);
}

int fly_phase_check(int from, int to, const char *name, struct fly_why *why)
{
	if (from == to && to != EXECUTION(QUEUED))
		return already(why, &execution, name, from);
	if (fly_phase_is_terminal(from))
		return finished(why, &execution, name, from, to);
	if ((from == EXECUTION(RUNNING) && to == EXECUTION(QUEUED)) ||
	    (from == EXECUTION(ABORTING) && !fly_phase_is_terminal(to)))
		return fly_refuse(why, FLY_FAILED_PRECONDITION,
				  "execution %s is %s: it can't become %s", name,
				  words_of(&execution, from).text, words_of(&execution, to).text);
	return 0;
}

int fly_node_phase_check(int from, int to, const char *name, struct fly_why *why)
{
	if (from == to)
		return already(why, &node, name, from);
	if (fly_node_phase_is_terminal(from))
		return finished(why, &node, name, from, to);
	return 0;
}

int fly_task_phase_check(int from, uint32_t from_version, int to, uint32_t to_version,
			 const char *name, struct fly_why *why)
{
	if (from == to && from_version >= to_version)
		return fly_refuse(why, FLY_ALREADY_EXISTS,
				  "task %s is %s already, in version %u of that phase", name,
				  words_of(&task, from).text, from_version);
	if (fly_task_phase_is_terminal(from))
		return finished(why, &task, name, from, to);
	return 0;
}

int fly_check_producer(const char *producer, const char *cluster, struct fly_why *why)
{
	const char *recorded = cluster ? cluster : "";

	if (!*producer || !strcmp(producer, "propeller") || !strcmp(producer, recorded))
		return 0;
	if (!*recorded)
		return fly_refuse(why, FLY_FAILED_PRECONDITION,
				  "the event comes from cluster \"%s\", but no cluster is recorded "
				  "for this execution", producer);
	return fly_refuse(why, FLY_FAILED_PRECONDITION,
			  "the event comes from cluster \"%s\", but this execution runs on \"%s\"",
			  producer, recorded);
}

int fly_check_event_time(const Google__Protobuf__Timestamp *t, const char *field,
			 struct fly_why *why)
{
	if (!t)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s is missing", field);
	if (t->seconds < FIRST_SECOND || t->seconds > LAST_SECOND)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%s has %lld seconds: years 0001 to 9999 are allowed", field,
				  (long long)t->seconds);
	if (t->nanos < 0 || t->nanos >= SECOND_NS)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%s has %d nanos: 0 to 999999999 are allowed", field, t->nanos);
	return 0;
}

int64_t fly_time_between_ns(const Google__Protobuf__Timestamp *start,
			    const Google__Protobuf__Timestamp *end)
{
	__int128 ns = (__int128)(end->seconds - start->seconds) * SECOND_NS +
		      (end->nanos - start->nanos);

	if (ns > INT64_MAX)
		return INT64_MAX;
	return ns < INT64_MIN ? INT64_MIN : (int64_t)ns;
}

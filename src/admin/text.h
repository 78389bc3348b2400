/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files that render texts share with those that write rows: sizes measured when a row is
 * written, so that a stat renders nothing.
 */
#ifndef FLYTEFS_ADMIN_TEXT_H
#define FLYTEFS_ADMIN_TEXT_H

#include "flytefs/admin.h"

/**
 * Measure the texts of the named blobs (bits of fly_execution_part; they must be in the row) into
 * e->sizes. Call before an insert with FLY_EXECUTION_ALL and before an update with its parts.
 */
void fly_execution_measure(struct fly_execution *e, unsigned parts);
/** Those of a row that has no result yet, from the messages its blobs were made of. */
void fly_execution_measure_new(struct fly_execution *e, const Flyteidl__Admin__ExecutionSpec *spec,
			       const Flyteidl__Admin__ExecutionClosure *closure,
			       const Flyteidl__Core__LiteralMap *inputs);
/**
 * Measure status and graph.dot of a row in a terminal phase, from it and its nodes in db; those of
 * a running one are forgotten. The row needs FLY_EXECUTION_CLOSURE.
 */
void fly_execution_measure_tree(struct fly_db *db, struct fly_execution *e);
/** Forget the sizes of status and graph.dot. */
void fly_execution_forget_tree(struct fly_execution *e);
/** All texts of a row in a terminal phase; those of another are forgotten. */
void fly_node_measure(struct fly_node *n);
void fly_attempt_measure(struct fly_attempt *t);

#endif

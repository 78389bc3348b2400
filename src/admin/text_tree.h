/* SPDX-License-Identifier: Apache-2.0 */
/* Renderers with files of their own, and lines that several of them write. */
#ifndef FLYTEFS_ADMIN_TEXT_TREE_H
#define FLYTEFS_ADMIN_TEXT_TREE_H

#include "flytefs/admin.h"

/** status of a row that has FLY_EXECUTION_CLOSURE: text_status.c. */
int fly_status_text(struct fly_db *db, const struct fly_execution *e, struct fly_buf *b);
/**
 * graph.dot of an execution (coloured by phase), of a workflow row with its blobs: text_graph.c.
 */
int fly_execution_graph(struct fly_db *db, const struct fly_execution *e, struct fly_buf *b);
int fly_workflow_graph(const struct fly_entity *w, struct fly_buf *b);
/** template.json of a launch plan row with its blobs: text_template.c. */
int fly_template_text(const struct fly_entity *plan, struct fly_buf *b);

/** A row's blob as canonical JSON: text_execution.c. */
int fly_blob_json(const ProtobufCMessageDescriptor *type, struct fly_bytes blob, struct fly_buf *b);
/** A text with exactly the newline it needs at its end. */
void fly_put_line(struct fly_buf *b, const char *text);
/** A phase by its name (NULL: its number), on a line. */
void fly_put_phase(struct fly_buf *b, const char *name, int phase);

#endif

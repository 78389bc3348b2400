/* SPDX-License-Identifier: Apache-2.0 */
/* nodes/ID/ and attempts/N/ of an execution. */
#ifndef FLYTEFS_FS_NODE_H
#define FLYTEFS_FS_NODE_H

#include "tree.h"

/** Nodes of an execution below a parent node (0: the top level). */
int fly_nodes_lookup(struct fly_request *r, int64_t execution, int64_t parent, const char *file,
		     struct fuse_entry_param *e);
int fly_nodes_list(struct fly_request *r, int64_t execution, int64_t parent, struct fly_listing *l);
/** Attempts of a node. */
int fly_attempts_lookup(struct fly_request *r, const struct fly_node *n, const char *file,
			struct fuse_entry_param *e);
int fly_attempts_list(struct fly_request *r, const struct fly_node *n, struct fly_listing *l);

/** Whose it is and whether it is over: of the execution that nodes and attempts belong to. */
int fly_node_run(struct fly_request *r, int64_t execution, struct fly_execution *e);

#endif

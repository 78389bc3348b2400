/* SPDX-License-Identifier: Apache-2.0 */
/* inputs/VAR and outputs/VAR of an execution: one literal each. */
#ifndef FLYTEFS_FS_VALUE_H
#define FLYTEFS_FS_VALUE_H

#include "tree.h"

int fly_values_lookup(struct fly_request *r, int64_t execution, bool outputs, const char *file,
		      struct fuse_entry_param *e);
int fly_values_list(struct fly_request *r, int64_t execution, bool outputs, struct fly_listing *l);

#endif

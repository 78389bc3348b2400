/* SPDX-License-Identifier: Apache-2.0 */
/* Projects as the root lists and makes them. */
#ifndef FLYTEFS_FS_PROJECT_H
#define FLYTEFS_FS_PROJECT_H

#include "tree.h"

/** A project's directory by its file name; -ENOENT. */
int fly_project_lookup(struct fly_request *r, const char *file, struct fuse_entry_param *e);
/** List all projects behind the place of the listing. */
int fly_projects_list(struct fly_request *r, struct fly_listing *l);
/** Register one: parks. */
int fly_project_mkdir(struct fly_request *r, struct fly_ino dir, const char *file);
/** Newest change of any project, oldest creation: times of what lies above them. */
int fly_projects_times(struct fly_request *r, int64_t *newest_ns, int64_t *oldest_ns);

#endif

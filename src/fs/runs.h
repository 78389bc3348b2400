/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executions as their scope shows them: names in executions/ and archived/, links in by-phase/
 * and others.
 */
#ifndef FLYTEFS_FS_RUNS_H
#define FLYTEFS_FS_RUNS_H

#include "tree.h"

/** The time of what a finished run left, by the clock of files (fly_file_now_ns). */
int64_t fly_run_result_ns(const struct fly_execution *e);
/** The directory of an execution. */
void fly_run_entry(struct fly_request *r, const struct fly_execution *e,
		   struct fuse_entry_param *out);
/** The link to it that by-phase/, by-launch-plan/ and query/ hold, two levels below the domain. */
void fly_run_link_entry(struct fly_request *r, const struct fly_execution *e,
			struct fuse_entry_param *out);
/** That link's target, in r->arena; NULL: out of memory. */
const char *fly_run_link_target(struct fly_request *r, int state, const char *name);

/** May an execution have this name, and has none it yet? -EINVAL, -EEXIST with sentences. */
int fly_run_check_free(struct fly_request *r, int64_t scope, const char *name);
/** A name in executions/ (drafts too) or archived/. -ENOENT. */
int fly_runs_lookup(struct fly_request *r, int64_t scope, int state, const char *name,
		    struct fuse_entry_param *e);
int fly_runs_list(struct fly_request *r, struct fly_ino dir, int64_t scope, int state,
		  struct fly_listing *l);
/** Names in one phase, as links. */
int fly_runs_lookup_phase(struct fly_request *r, int64_t scope, int phase, const char *name,
			  struct fuse_entry_param *e);
int fly_runs_list_phase(struct fly_request *r, int64_t scope, int phase, struct fly_listing *l);
/** Names started from any version of a launch plan, as links. */
int fly_runs_lookup_plan(struct fly_request *r, int64_t scope, int64_t named, const char *name,
			 struct fuse_entry_param *e);
int fly_runs_list_plan(struct fly_request *r, int64_t scope, int64_t named, struct fly_listing *l);

#endif

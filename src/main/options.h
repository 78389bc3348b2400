/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: one table of options, each with its default and its help text.
 */
#ifndef FLYTEFS_MAIN_OPTIONS_H
#define FLYTEFS_MAIN_OPTIONS_H

#include <fuse_opt.h>
#include <stdio.h>

#include "flytefs/base.h"

/* Text fields are owned by the struct; paths are absolute after fly_options_resolve(). */
struct fly_options {
	char *source;		/* as given: the mount's source */
	char *mountpoint;
	char *store;		/* absolute path of the store file */
	char *jobs_text, *runtime, *rundir, *workdir, *env_file, *sendmail;
	char *default_project;
	unsigned jobs;
	int foreground, debug, read_only, allow_other, help, version;
	char **env;		/* what tasks start from: KEY=VALUE, NULL-terminated */
	struct fuse_args fuse;	/* what libfuse is to see */
};

/**
 * Parse argv. Errors: -EINVAL with a sentence that names the option (an unknown one too).
 * Nothing is resolved or checked against the machine yet.
 */
int fly_options_parse(int argc, char **argv, struct fly_options *o, struct fly_why *why);
/** Make paths absolute, fill defaults, read env=FILE: before going to the background. */
int fly_options_resolve(struct fly_options *o, struct fly_why *why);
void fly_options_release(struct fly_options *o);
/** --help, from the table. */
void fly_options_help(FILE *out);

#endif

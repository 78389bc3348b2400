/* SPDX-License-Identifier: Apache-2.0 */
/* process: what the kernel says of a process in /proc. It knows no attempts. */
#ifndef FLYTEFS_TASK_PROCESS_H
#define FLYTEFS_TASK_PROCESS_H

#include "flytefs/base.h"

/* Places in /proc/PID/stat, proc(5). */
#define FLY_PROCESS_FLAGS 9
#define FLY_PROCESS_START 22	/* clock ticks since boot: with the number it names a process */

/** A number out of /proc/PID/stat; pid may be "self". 0 or -errno. */
int fly_process_field(const char *pid, int place, uint64_t *out);

#endif

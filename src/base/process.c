/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says of a process in /proc. */
#include "flytefs/base.h"

#include <fcntl.h>
#include <stdio.h>

#define NAME_PLACE 2  /* in parentheses, and may hold any character */
#define FLAGS_PLACE 9
#define PF_EXITING 0x4

int fly_process_field(const char *pid, int place, uint64_t *out)
{
	auto_buf stat = {0};
	char path[64], *at;
	int ret;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	ret = fly_read_file(AT_FDCWD, path, 4096, &stat);
	if (ret < 0)
		return ret;
	at = stat.data ? strrchr(stat.data, ')') : NULL;
	for (int i = NAME_PLACE; at && i < place; i++)
		at = strchr(at + 1, ' ');
	if (!at)
		return -ESRCH;
	*out = strtoull(at, NULL, 10);
	return 0;
}

bool fly_process_is_exiting(const char *pid)
{
	uint64_t flags;

	return !fly_process_field(pid, FLAGS_PLACE, &flags) && flags & PF_EXITING;
}

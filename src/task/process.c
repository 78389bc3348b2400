/* SPDX-License-Identifier: Apache-2.0 */
/* process: see process.h. */
#include "process.h"

#include <fcntl.h>
#include <stdio.h>

#define NAME_PLACE 2 /* in parentheses, and may hold any character */

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

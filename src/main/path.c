/* SPDX-License-Identifier: Apache-2.0 */
/* See path.h. */
#include "path.h"

#include <stdio.h>

#include "flytefs/base.h"

int fly_path_absolute(const char *path, char **out)
{
	auto_free char *copy = strdup(path);
	auto_free char *dir = NULL;
	char *slash, *text;

	if (!copy)
		return -ENOMEM;
	for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--)
		copy[n - 1] = 0;
	slash = strrchr(copy, '/');
	if (slash)
		*slash = 0;
	dir = realpath(!slash ? "." : *copy ? copy : "/", NULL);
	if (!dir)
		return -errno;
	if (asprintf(&text, "%s/%s", strcmp(dir, "/") ? dir : "", slash ? slash + 1 : copy) < 0)
		return -ENOMEM;
	*out = text;
	return 0;
}

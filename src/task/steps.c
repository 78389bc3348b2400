/* SPDX-License-Identifier: Apache-2.0 */
/* steps: what stands in the task's directories before it starts. Knows no processes. */
#include "supervisor.h"

#include <fcntl.h>

#include "tree.h"

/* The items of a map share their inputs.pb: one that is there is replaced whole, never rewritten.
 */
static int write_file(const char *path, struct fly_bytes data)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	int ret;

	if (fd < 0)
		return errno == EEXIST
			       ? fly_write_file(AT_FDCWD, path, 0644, data.data, data.len, false)
			       : -errno;
	ret = fly_write_all(fd, data.data, data.len);
	close(fd);
	return ret;
}

static int make_link(const char *path, const char *target)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	return symlink(target, path) < 0 ? -errno : 0;
}

static int copy(const char *path, const char *from)
{
	int ret = fly_tree_remove(AT_FDCWD, path);

	return ret < 0 ? ret : fly_tree_copy(from, path);
}

static int run_step(const struct fly_step *step)
{
	int ret;

	switch (step->kind) {
	case FLY_STEP_FRESH:
		ret = fly_tree_remove(AT_FDCWD, step->path);
		return ret < 0 ? ret : fly_tree_mkdir(step->path, 0777);
	case FLY_STEP_DIR:
		return fly_tree_mkdir(step->path, 0777);
	case FLY_STEP_FILE:
		return write_file(step->path, step->data);
	case FLY_STEP_LINK:
		return make_link(step->path, (const char *)step->data.data);
	case FLY_STEP_COPY:
		return copy(step->path, (const char *)step->data.data);
	case FLY_N_STEPS:
		break;
	}
	return -EINVAL;
}

int fly_steps_run(const struct fly_job *job, const char **path)
{
	for (size_t i = 0; i < job->n_steps; i++) {
		const struct fly_step *step = &job->steps[i];
		int ret = run_step(step);

		if (ret < 0) {
			*path = step->kind == FLY_STEP_COPY ? (const char *)step->data.data
							    : step->path;
			return ret;
		}
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* log: what tasks printed, from the files that their supervisors write. It runs on any thread. */
#include "model.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "ids.h"

/* The file of one stream of one attempt: its name is made of the node's id. */
static int attempt_path(struct fly_engine *e, int64_t execution, int64_t attempt, int stream,
			char *path, size_t size)
{
	struct fly_db *db = fly_store_reader(e->store, NULL);
	auto_arena arena = {0};
	struct fly_attempt row;
	struct fly_node node;
	char *component;
	int rc;

	if (!db)
		return -EIO;
	rc = fly_attempt_get_id(db, attempt, &arena, &row);
	if (!rc)
		rc = row.execution == execution ? fly_node_get_id(db, row.node, &arena, &node)
						: -ENOENT;
	if (rc < 0)
		return rc;
	component = fly_id_component(&arena, node.node_id);
	if (!component)
		return -ENOMEM;
	snprintf(path, size, "%lld/a/%s.%u/%s", (long long)execution, component, row.retry_attempt,
		 stream == 2 ? "stderr" : "stdout");
	return 0;
}

static int read_part(int fd, uint64_t offset, size_t len, struct fly_buf *b)
{
	char *to = fly_buf_reserve(b, len);
	ssize_t n;

	if (!to)
		return -ENOMEM;
	do
		n = pread(fd, to, len, (off_t)offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	b->len += (size_t)n;
	b->data[b->len] = '\0';
	return 0;
}

int fly_log_read(struct fly_engine *e, int64_t execution, int64_t attempt, int stream,
		 uint64_t offset, size_t len, struct fly_buf *b, uint64_t *size)
{
	char path[PATH_MAX];
	auto_fd fd = -1;
	struct stat st;
	int rc = 0;

	snprintf(path, sizeof(path), "%lld/log", (long long)execution);
	if (attempt > 0)
		rc = attempt_path(e, execution, attempt, stream, path, sizeof(path));
	if (rc < 0)
		return rc;
	fd = openat(e->rundir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT) { /* nothing was printed yet */
		*size = 0;
		return 0;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	*size = (uint64_t)st.st_size;
	return len ? read_part(fd, offset, len, b) : 0;
}

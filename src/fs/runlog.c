/* SPDX-License-Identifier: Apache-2.0 */
/* Logs through the backend; see runlog.h. */
#include "runlog.h"

#define SETTLED_NS (60 * INT64_C(1000000000))

bool fly_runlogs_kept(const struct fly_fs *fs)
{
	return fs->backend && fs->backend->ops->read_log;
}

int fly_runlog_size(struct fly_fs *fs, int64_t execution, int64_t attempt, int stream,
		    uint64_t *size)
{
	auto_buf none = { 0 };
	int rc;

	*size = 0;
	if (!fly_runlogs_kept(fs))
		return 0;
	rc = fs->backend->ops->read_log(fs->backend, execution, attempt, stream, 0, 0, &none, size);
	return rc == -ENOENT ? 0 : rc;
}

int fly_runlog_read(struct fly_fs *fs, int64_t execution, int64_t attempt, int stream, uint64_t off,
		 size_t size, struct fly_buf *b)
{
	uint64_t total;
	int rc;

	if (!fly_runlogs_kept(fs))
		return 0;
	rc = fs->backend->ops->read_log(fs->backend, execution, attempt, stream, off, size, b,
					&total);
	return rc == -ENOENT ? 0 : rc;
}

double fly_runlog_timeout(bool over, int64_t ended_ns)
{
	return over && fly_now_ns() - ended_ns > SETTLED_NS ? FLY_TIMEOUT_EVER : FLY_TIMEOUT_SHORT;
}

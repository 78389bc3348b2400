/* SPDX-License-Identifier: Apache-2.0 */
/* Entries and attributes as the kernel wants them, and what all nouns do alike with them. */
#include "tree.h"

struct fly_owner fly_fs_owner(const struct fly_fs *fs)
{
	return (struct fly_owner){ fs->uid, fs->gid };
}

static struct timespec timespec_of(int64_t ns)
{
	int64_t rest = ns % 1000000000;

	if (rest < 0)
		rest += 1000000000;
	return (struct timespec){ (ns - rest) / 1000000000, rest };
}

void fly_entry_set(struct fuse_entry_param *e, uint64_t number, mode_t mode, struct fly_owner owner,
		   uint64_t size, int64_t mtime_ns, double timeout)
{
	struct timespec t = timespec_of(mtime_ns);

	*e = (struct fuse_entry_param){
		.ino = number,
		.attr_timeout = timeout,
		.entry_timeout = timeout,
		.attr = {
			.st_ino = number,
			.st_mode = mode,
			/* 1 for directories too: "the number of subdirectories is not told". */
			.st_nlink = 1,
			.st_uid = owner.uid,
			.st_gid = owner.gid,
			.st_size = (off_t)size,
			.st_blocks = (blkcnt_t)((size + 511) / 512),
			.st_blksize = 4096,
			.st_atim = t,
			.st_mtim = t,
			.st_ctim = t,
		},
	};
}

void fly_entry_first(struct fuse_entry_param *e)
{
	if (S_ISREG(e->attr.st_mode) && e->attr_timeout > FLY_TIMEOUT_FIRST &&
	    e->attr_timeout <= FLY_TIMEOUT_SHORT)
		e->attr_timeout = FLY_TIMEOUT_FIRST;
}

bool fly_is_private(const struct fly_fs *fs, const struct fly_execution *e)
{
	return fs->allow_other && (e->mode & 05) != 05;
}

bool fly_is_blank(const void *data, size_t len)
{
	const char *p = data;

	for (size_t i = 0; i < len; i++)
		if (p[i] != ' ' && p[i] != '\t' && p[i] != '\n' && p[i] != '\r')
			return false;
	return true;
}

void fly_slice(const char *text, size_t text_len, uint64_t off, size_t size, struct fly_buf *b)
{
	if (off < text_len)
		fly_buf_add(b, text + off, size < text_len - off ? size : text_len - off);
}

int fly_setattr_quiet(struct fly_request *r, const struct stat *attr, int to_set,
		      const struct fuse_entry_param *e)
{
	if (r->caller.uid != 0 && r->caller.uid != e->attr.st_uid)
		return fly_fail(&r->why, EPERM, "it belongs to uid %u", e->attr.st_uid);
	if ((to_set & FUSE_SET_ATTR_UID && attr->st_uid != e->attr.st_uid) ||
	    (to_set & FUSE_SET_ATTR_GID && attr->st_gid != e->attr.st_gid &&
	     r->caller.uid != e->attr.st_uid))
		return fly_fail(&r->why, EPERM, "its owner can't be changed");
	return 0;
}

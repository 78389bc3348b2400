/* SPDX-License-Identifier: Apache-2.0 */
/* A READDIR under way: names added while there is room. Which names there are each noun knows. */
#include "tree.h"

bool fly_listing_add(struct fly_listing *l, const char *name, const struct fuse_entry_param *e,
		     off_t cookie)
{
	size_t left = l->size - l->used, need;
	struct fuse_entry_param first = *e;

	if (l->full)
		return false;
	fly_entry_first(&first);
	if (l->plus)
		need = fuse_add_direntry_plus(l->req, l->data + l->used, left, name, &first,
					      cookie);
	else
		need = fuse_add_direntry(l->req, l->data + l->used, left, name, &e->attr, cookie);
	if (need > left)
		l->full = true;
	else
		l->used += need;
	return !l->full;
}

bool fly_listing_add_plain(struct fly_listing *l, const char *name, uint64_t ino, mode_t type,
			   off_t cookie)
{
	struct fuse_entry_param e = { .attr = { .st_ino = ino, .st_mode = type } };

	return fly_listing_add(l, name, &e, cookie);
}

int fly_listing_add_files(struct fly_request *r, struct fly_listing *l, struct fly_ino dir,
			  fly_listed_fn *entry, const void *row)
{
	unsigned n;
	const struct fly_file *files = fly_files(dir.kind, &n);

	for (unsigned i = 0; i < n; i++) {
		struct fuse_entry_param e = { 0 };
		off_t cookie = FLY_COOKIE_ROWS + (off_t)i;
		int rc;

		if (files[i].parent != dir.index || files[i].unlisted || l->after >= cookie)
			continue;
		rc = entry(r, row, &files[i], &e);
		if (rc < 0)
			return rc;
		if (e.ino && !fly_listing_add(l, files[i].name, &e, cookie))
			break;
	}
	return 0;
}

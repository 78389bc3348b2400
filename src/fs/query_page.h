/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page of an answer, taken at one moment: its texts and, in order, the links of its rows. It
 * knows neither how long it is kept nor who has it.
 */
#ifndef FLYTEFS_FS_QUERY_PAGE_H
#define FLYTEFS_FS_QUERY_PAGE_H

#include <pthread.h>

#include "tree.h"

struct fly_page_row {
	uint64_t link;		/* inode number */
	char *name;
};

struct fly_page {
	int refs;		/* lock of the table that keeps it */
	int64_t at_ns;		/* newest change of its rows; 0: it has none */
	const ProtobufCMessageDescriptor *type;	/* of pb */
	struct fly_buf pb;
	pthread_mutex_t lock;	/* a leaf */
	struct fly_buf json;	/* lock; made from pb when first asked for */
	char *next;		/* name of the next page's query; NULL: this is the last */
	size_t n;
	struct fly_page_row *rows;
};

/**
 * Ask admin. name: the query's text; out: referenced once.
 * Errors: -EINVAL, recorded in r->why, -ENOMEM, -EIO.
 */
int fly_page_take(struct fly_request *r, const char *name, const char *project, const char *domain,
		  struct fly_page **out);
/** Its text as JSON, valid as long as the page. 0 or -errno. */
int fly_page_json(struct fly_page *p, const struct fly_buf **out);
void fly_page_free(struct fly_page *p);

#endif

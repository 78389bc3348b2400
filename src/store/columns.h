/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of what lists can be filtered and sorted by: see columns.c. Private to the store. */
#ifndef FLYTEFS_STORE_COLUMNS_H
#define FLYTEFS_STORE_COLUMNS_H

#include "db.h"

/* What a filter can speak of. */
enum subject {
	SUBJECT_EXECUTION,
	SUBJECT_LAUNCH_PLAN,
	SUBJECT_WORKFLOW,
	SUBJECT_TASK,
	SUBJECT_PROJECT,
	SUBJECT_NAMED,
	SUBJECT_NAMED_METADATA,
	SUBJECT_NODE,
	SUBJECT_ATTEMPT,
	SUBJECT_TAG,
	SUBJECT_SIGNAL,
	SUBJECT_ADMIN_TAG,
	SUBJECT_EXECUTION_ADMIN_TAG,
	N_SUBJECTS,
};

enum column_type {
	COLUMN_TEXT,
	COLUMN_INT,
	COLUMN_TIME,		/* RFC 3339 <-> nanoseconds */
	COLUMN_DURATION,	/* seconds or Go text <-> nanoseconds */
	COLUMN_NAME,		/* a number that filters see as its name */
	COLUMN_BYTES,
	COLUMN_REFUSED,		/* the server's database refuses to filter by it */
};

struct column {
	const char *name;
	enum column_type type;
	const char *sql;		/* an expression over the aliases of the lists */
	const char *const *names;	/* COLUMN_NAME: by number, NULL at the end */
};

struct subject_table {
	const char *prefix;	/* in filters, without the dot */
	const char *code;	/* in sentences */
	const struct column *columns;
	size_t n_columns;
};

/* How a list reads its rows. */
struct list_table {
	enum subject primary;
	const char *from;	/* FROM and the joins every such list has */
	const char *id;		/* the row's id */
	const char *scope;	/* its scope; NULL: none */
	const char *name;	/* what id.name restricts; NULL: nothing */
	const char *order;	/* when no sort is asked for, besides the id; NULL: none */
	const char *joins[N_SUBJECTS];	/* allowed subjects besides the primary: "" needs none */
};

extern const struct subject_table fly_subjects[N_SUBJECTS];
extern const struct list_table fly_lists[];	/* by enum fly_listed */

/** The column of a subject by its exact name; NULL: none. */
const struct column *fly_column_find(enum subject subject, const char *name);
/** Refuse a name that is none of its columns ("filter", "sort": what it was for) and say which are. */
int fly_column_refuse(enum subject subject, const char *name, const char *purpose,
		      struct fly_why *why);
/** The SQL of a column as filters and sorting see it (names for COLUMN_NAME). */
void fly_column_print(const struct column *column, struct fly_buf *sql);

#endif

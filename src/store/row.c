/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the rows of a statement into structs: one, or all. What is in a row its own file knows.
 */
#include "row.h"

/* Room for any: what is read only in part is not given. */
union any_row {
	struct fly_project project;
	struct fly_scope scope;
	struct fly_named named;
	struct fly_entity entity;
	struct fly_execution execution;
	struct fly_node node;
	struct fly_attempt attempt;
};

int fly_row_get(struct stmt *s, const struct row_shape *shape, unsigned parts,
		struct row_key *key, void *out)
{
	union any_row row;
	int rc = fly_stmt_one(s);

	if (rc == 0) {
		memset(&row, 0, shape->size);
		rc = shape->read(s, parts, &row);
	}
	rc = fly_stmt_end(s, rc);
	if (rc < 0)
		return rc;
	memcpy(out, &row, shape->size);
	if (key)
		fly_row_remember(s->db, key, shape, out);
	return 0;
}

int fly_row_list(struct stmt *s, const struct row_shape *shape, unsigned parts, void *out)
{
	char *rows = NULL;
	size_t n = 0, cap = 0;
	int rc;

	while ((rc = fly_stmt_row(s)) > 0) {
		rows = fly_rows_room(s->arena, rows, n, &cap, shape->size);
		if (!rows)
			return fly_stmt_end(s, -ENOMEM);
		rc = shape->read(s, parts, rows + n++ * shape->size);
		if (rc < 0)
			break;
	}
	rc = fly_stmt_end(s, rc);
	if (rc < 0)
		return rc;
	memcpy(out, &rows, sizeof(rows));
	return (int)n;
}

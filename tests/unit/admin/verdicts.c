/* SPDX-License-Identifier: Apache-2.0 */
/* Counts verdicts; see verdicts.h. */
#include "verdicts.h"

#include <stdio.h>

#include "recordings.h"

static void take_row(char **fields, void *arg)
{
	struct verdicts *v = arg;

	if (!strcmp(fields[1], "tree"))
		return;
	if (v->n == FLY_ARRAY_LEN(v->rows)) {
		fprintf(stderr, "too many differences\n");
		exit(2);
	}
	v->rows[v->n++] = (struct verdicts_row){
		.id = strdup(fields[0]),
		.reason = strdup(fields[2]),
	};
}

void verdicts_read(struct verdicts *v, const char *dir)
{
	*v = (struct verdicts){0};
	recordings_lines(dir, "differences.tsv", 3, take_row, v);
}

bool verdicts_judge(struct verdicts *v, const char *id, const struct fly_buf *where)
{
	struct verdicts_row *row = NULL;
	size_t i;

	for (i = 0; i < v->n && !row; i++) {
		if (!strcmp(v->rows[i].id, id))
			row = &v->rows[i];
	}
	if (row)
		row->met = true;
	if (where->len)
		v->n_differ++;
	else
		v->n_agree++;
	if (where->len && !row)
		fprintf(stderr, "%s: %s\n", id, where->data);
	if (!where->len && row)
		fprintf(stderr, "%s agrees, though meant to differ: %s\n", id, row->reason);
	return !where->len == !row;
}

bool verdicts_end(struct verdicts *v)
{
	bool all_met = true;
	size_t i;

	for (i = 0; i < v->n; i++) {
		if (!v->rows[i].met)
			fprintf(stderr, "%s is meant to differ, but there is no such case\n",
				v->rows[i].id);
		all_met = all_met && v->rows[i].met;
		free(v->rows[i].id);
		free(v->rows[i].reason);
	}
	printf("%zu agree, %zu differ as meant\n", v->n_agree, v->n_differ);
	return all_met;
}

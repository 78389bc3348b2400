/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts on recorded cases: each agrees or differs, and those that differ on purpose stand in
 * DIR/differences.tsv with the reason, which the tests through a mount read too.
 */
#ifndef FLYTEFS_TESTS_VERDICTS_H
#define FLYTEFS_TESTS_VERDICTS_H

#include "flytefs/base.h"

struct verdicts {
	struct verdicts_row {
		char *id, *reason;
		bool met;
	} rows[128];
	size_t n, n_agree, n_differ;
};

/** The rows of a folder that concern calls of src/admin. Exits when they can't be read. */
void verdicts_read(struct verdicts *v, const char *dir);
/** where is empty when the case agrees. False, and told on stderr, when that was not meant. */
bool verdicts_judge(struct verdicts *v, const char *id, const struct fly_buf *where);
/** Print the counts and release. False, and told, when a listed case never came. */
bool verdicts_end(struct verdicts *v);

#endif

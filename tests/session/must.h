/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold, or the program ends at once: survives NDEBUG. For tests that play many rounds. */
#ifndef FLYTEFS_TESTS_MUST_H
#define FLYTEFS_TESTS_MUST_H

#include <stdio.h>
#include <stdlib.h>

#define must(good) ((good) ? (void)0 : must_not(#good, __FILE__, __LINE__))

_Noreturn static inline void must_not(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
	abort();
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that survive NDEBUG, count themselves, and go on after a failure. */
#ifndef FLYTEFS_TESTS_CHECK_H
#define FLYTEFS_TESTS_CHECK_H

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static atomic_int check_passed, check_failed;

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (cond) {                                                                        \
			check_passed++;                                                            \
		} else {                                                                           \
			check_failed++;                                                            \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #cond);       \
		}                                                                                  \
	} while (0)

#define CHECK_INT(got, want)                                                                       \
	do {                                                                                       \
		long long got_ = (long long)(got), want_ = (long long)(want);                      \
		if (got_ == want_) {                                                               \
			check_passed++;                                                            \
		} else {                                                                           \
			check_failed++;                                                            \
			fprintf(stderr, "%s:%d: %s is %lld, wanted %lld\n", __FILE__, __LINE__,    \
				#got, got_, want_);                                                \
		}                                                                                  \
	} while (0)

#define CHECK_STR(got, want)                                                                       \
	do {                                                                                       \
		const char *got_ = (got), *want_ = (want);                                         \
		if (got_ && want_ && !strcmp(got_, want_)) {                                       \
			check_passed++;                                                            \
		} else {                                                                           \
			check_failed++;                                                            \
			fprintf(stderr, "%s:%d: %s is \"%s\", wanted \"%s\"\n", __FILE__,          \
				__LINE__, #got, got_ ? got_ : "(null)", want_ ? want_ : "(null)"); \
		}                                                                                  \
	} while (0)

static inline int check_done(void)
{
	printf("%d passed, %d failed\n", (int)check_passed, (int)check_failed);
	return check_failed ? 1 : 0;
}

#endif

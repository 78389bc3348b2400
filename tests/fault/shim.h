/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Things that fail on demand: the Nth allocation (our own, an arena's, a growing text's, SQLite's,
 * jansson's), the Nth I/O of SQLite, the Nth system call that our code makes itself. Calls of our
 * objects are redirected when the program is linked (meson.build has the list), SQLite and jansson
 * are told. On any thread.
 */
#ifndef FLYTEFS_TESTS_SHIM_H
#define FLYTEFS_TESTS_SHIM_H

#include <stdbool.h>

enum fault {
	FAULT_MEMORY,
	FAULT_DISK,	/* SQLite's reads, writes, syncs, locks … */
	FAULT_CALL,	/* open, write, fsync, rename … of ours */
	N_FAULTS,
};

/** Before anything else of the program. */
void fault_install(void);
/** From now on count; fail the nth (1: the next; 0: none), and, if lasting, all that come after it. */
void fault_arm(enum fault fault, unsigned long n, bool lasting);
/** Fail no more. What was counted; *struck (may be NULL): did it come to the nth? */
unsigned long fault_disarm(bool *struck);
const char *fault_name(enum fault fault);

#endif

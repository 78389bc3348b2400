/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sweep: a gesture done again and again from the same beginning, each time with another thing
 * failing, until each has failed once; or, where there are many or time is short, a spread of them.
 *
 *	FLY_FAULT_SECONDS	for all gestures together (20); 0: as long as it takes, every single one
 *	FLY_FAULT_ONLY		"GESTURE" or "GESTURE:FAULT:N[:lasting]": that one alone
 *	FLY_FAULT_APART		each round in a process of its own: slow, finds more, survives all
 *	FLY_FAULT_LEAKS		look for leaks after each round (AddressSanitizer)
 *	FLY_FAULT_TELL		a line for each sweep
 *	FLY_FAULT_STACK		the stack of what is failed (AddressSanitizer)
 */
#ifndef FLYTEFS_TESTS_SWEEP_H
#define FLYTEFS_TESTS_SWEEP_H

#include "place.h"
#include "shim.h"

struct sweep;

struct gesture {
	const char *name;
	/*
	 * Get ready (parse the request …) without faults, then do it between sweep_begin() and
	 * sweep_end(). 0 or -errno with why: what the one who asked is told.
	 */
	int (*run)(struct sweep *s, struct fly_why *why);
	bool reads;	/* the store stays as it is, also on success */
};

struct sweep {
	struct place place;
	/* the fault under way */
	enum fault fault;
	unsigned long n;
	bool lasting, struck, counting;
	unsigned long counted;
};

void sweep_begin(struct sweep *s);
void sweep_end(struct sweep *s);
/** Sweep them all with every fault; gives the exit status. */
int sweep_run(const struct gesture *gestures, size_t n);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a store is that is to be served. */
#ifndef FLYTEFS_MAIN_OWNER_H
#define FLYTEFS_MAIN_OWNER_H

#include "flytefs/base.h"

/**
 * Refuse a store that others have put where it is, or can put others in place of: it says what is
 * run, and as whom. store: absolute, need not exist. -EPERM with a sentence.
 */
int fly_owner_check(const char *store, struct fly_why *why);

#endif

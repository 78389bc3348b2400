/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the shim. */
#ifndef FLYTEFS_TESTS_SHIM_PRIVATE_H
#define FLYTEFS_TESTS_SHIM_PRIVATE_H

#include "shim.h"

/** Is this the one that fails? Counts. */
bool fault_strikes(enum fault fault);
/** shim_disk.c: make the failing file system SQLite's default. */
void fault_install_disk(void);

#endif

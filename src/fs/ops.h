/* SPDX-License-Identifier: Apache-2.0 */
/* The FUSE operations: decode, ask the noun, reply once. */
#ifndef FLYTEFS_FS_OPS_H
#define FLYTEFS_FS_OPS_H

#include "tree.h"

extern const struct fuse_lowlevel_ops fly_fs_ops;

#endif

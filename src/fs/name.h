/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that Flyte allows and a file name doesn't: `/`, `%`, control bytes and a leading dot are
 * shown as %XX. Each name has exactly one spelling.
 */
#ifndef FLYTEFS_FS_NAME_H
#define FLYTEFS_FS_NAME_H

#include "flytefs/base.h"

#define FLY_FILE_NAME_MAX 255

/**
 * The file name of a name, in arena; NULL when it would be empty or too long (or memory ran out).
 */
const char *fly_name_encode(const char *name, struct fly_arena *arena);
/**
 * The name a file name stands for, in arena.
 * Errors: -ENOENT it is not how any name is spelt, -ENOMEM.
 */
int fly_name_decode(const char *file, struct fly_arena *arena, const char **out);

#endif

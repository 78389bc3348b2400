/* SPDX-License-Identifier: Apache-2.0 */
/* Login names of uids, remembered: the principal of what somebody does. */
#ifndef FLYTEFS_FS_USER_H
#define FLYTEFS_FS_USER_H

#include "flytefs/base.h"

struct fly_users;

int fly_users_create(struct fly_users **out);
void fly_users_destroy(struct fly_users *users);
/**
 * The login name, or the uid in decimal; copied into arena. NULL: out of memory. Source:
 * getpwuid_r(3).
 */
const char *fly_user_name(struct fly_users *users, uid_t uid, struct fly_arena *arena);

#endif

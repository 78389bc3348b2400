/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user may keep in the daemon's memory: drafts (and open gestures) by number and by bytes.
 * Source: DESIGN §4.
 */
#ifndef FLYTEFS_FS_QUOTA_H
#define FLYTEFS_FS_QUOTA_H

#include "flytefs/base.h"

#define FLY_DRAFTS_MAX 1000
#define FLY_DRAFT_BYTES_MAX ((size_t)64 << 20)

struct fly_quota;

int fly_quota_create(struct fly_quota **out);
void fly_quota_destroy(struct fly_quota *quota);
/** Take a number of things and bytes; -EDQUOT with a sentence when that is too much. */
int fly_quota_take(struct fly_quota *quota, uid_t uid, unsigned things, size_t bytes,
		   struct fly_why *why);
void fly_quota_give(struct fly_quota *quota, uid_t uid, unsigned things, size_t bytes);

#endif

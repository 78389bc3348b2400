/* SPDX-License-Identifier: Apache-2.0 */
/* Counts a user; see quota.h. A user without anything has no row. */
#include "quota.h"

#include <pthread.h>

struct user {
	uid_t uid;
	unsigned things;
	size_t bytes;
};

struct fly_quota {
	pthread_mutex_t lock;
	struct user *users;	/* lock */
	size_t n, cap;		/* lock */
};

int fly_quota_create(struct fly_quota **out)
{
	struct fly_quota *quota = calloc(1, sizeof(*quota));

	if (!quota)
		return -ENOMEM;
	pthread_mutex_init(&quota->lock, NULL);
	*out = quota;
	return 0;
}

void fly_quota_destroy(struct fly_quota *quota)
{
	if (!quota)
		return;
	free(quota->users);
	pthread_mutex_destroy(&quota->lock);
	free(quota);
}

static struct user *find_locked(struct fly_quota *quota, uid_t uid)
{
	for (size_t i = 0; i < quota->n; i++)
		if (quota->users[i].uid == uid)
			return &quota->users[i];
	return NULL;
}

static struct user *make_locked(struct fly_quota *quota, uid_t uid)
{
	struct user *u = find_locked(quota, uid);

	if (u)
		return u;
	if (quota->n == quota->cap) {
		size_t cap = quota->cap ? quota->cap * 2 : 8;
		struct user *more = reallocarray(quota->users, cap, sizeof(*more));

		if (!more)
			return NULL;
		quota->users = more;
		quota->cap = cap;
	}
	u = &quota->users[quota->n++];
	*u = (struct user){ .uid = uid };
	return u;
}

static int take_locked(struct fly_quota *quota, uid_t uid, unsigned things, size_t bytes,
		       struct fly_why *why)
{
	struct user *u = make_locked(quota, uid);

	if (!u)
		return fly_no_memory(why);
	if (u->things + things > FLY_DRAFTS_MAX)
		return fly_fail(why, EDQUOT, "you have %u drafts, which is as many as a user may "
				"have: launch some or remove them (rm -r)", u->things);
	if (bytes > FLY_DRAFT_BYTES_MAX || u->bytes > FLY_DRAFT_BYTES_MAX - bytes)
		return fly_fail(why, EDQUOT, "your drafts hold %zu bytes, a user's may hold %zu: "
				"launch some or remove them (rm -r)", u->bytes,
				FLY_DRAFT_BYTES_MAX);
	u->things += things;
	u->bytes += bytes;
	return 0;
}

int fly_quota_take(struct fly_quota *quota, uid_t uid, unsigned things, size_t bytes,
		   struct fly_why *why)
{
	int rc;

	pthread_mutex_lock(&quota->lock);
	rc = take_locked(quota, uid, things, bytes, why);
	pthread_mutex_unlock(&quota->lock);
	return rc;
}

void fly_quota_give(struct fly_quota *quota, uid_t uid, unsigned things, size_t bytes)
{
	struct user *u;

	pthread_mutex_lock(&quota->lock);
	u = find_locked(quota, uid);
	if (u) {
		u->things -= things;
		u->bytes -= bytes;
		if (!u->things && !u->bytes)
			*u = quota->users[--quota->n];
	}
	pthread_mutex_unlock(&quota->lock);
}

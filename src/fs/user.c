/* SPDX-License-Identifier: Apache-2.0 */
/* Login names; see user.h. Asks the system once for each uid, holding no lock meanwhile. */
#include "user.h"

#include <pthread.h>
#include <pwd.h>
#include <stdio.h>

enum { SLOTS = 256, NAME_MAX_BYTES = 64 };

struct user {
	bool known;
	uid_t uid;
	char name[NAME_MAX_BYTES];
};

struct fly_users {
	pthread_mutex_t lock;
	struct user slots[SLOTS];	/* lock */
};

int fly_users_create(struct fly_users **out)
{
	struct fly_users *users = calloc(1, sizeof(*users));

	if (!users)
		return -ENOMEM;
	pthread_mutex_init(&users->lock, NULL);
	*out = users;
	return 0;
}

void fly_users_destroy(struct fly_users *users)
{
	if (users)
		pthread_mutex_destroy(&users->lock);
	free(users);
}

static void ask(uid_t uid, struct user *out)
{
	struct passwd entry, *found = NULL;
	char text[4096];

	out->known = true;
	out->uid = uid;
	if (!getpwuid_r(uid, &entry, text, sizeof(text), &found) && found &&
	    strlen(found->pw_name) < sizeof(out->name))
		strcpy(out->name, found->pw_name);
	else
		snprintf(out->name, sizeof(out->name), "%u", uid);
}

const char *fly_user_name(struct fly_users *users, uid_t uid, struct fly_arena *arena)
{
	struct user u;

	pthread_mutex_lock(&users->lock);
	u = users->slots[uid % SLOTS];
	pthread_mutex_unlock(&users->lock);
	if (!u.known || u.uid != uid) {
		ask(uid, &u);
		pthread_mutex_lock(&users->lock);
		users->slots[uid % SLOTS] = u;
		pthread_mutex_unlock(&users->lock);
	}
	return fly_arena_strdup(arena, u.name);
}

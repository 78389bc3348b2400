/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of removed names; see gone.h. */
#include "gone.h"

#include <pthread.h>

enum { SLOTS = 4096 };

struct slot {
	int64_t id;
	char *name;
};

struct fly_gone {
	pthread_mutex_t lock;
	size_t next;			/* lock */
	struct slot slots[SLOTS];	/* lock */
};

int fly_gone_create(struct fly_gone **out)
{
	struct fly_gone *gone = calloc(1, sizeof(*gone));

	if (!gone)
		return -ENOMEM;
	pthread_mutex_init(&gone->lock, NULL);
	*out = gone;
	return 0;
}

void fly_gone_destroy(struct fly_gone *gone)
{
	if (!gone)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		free(gone->slots[i].name);
	pthread_mutex_destroy(&gone->lock);
	free(gone);
}

void fly_gone_add(struct fly_gone *gone, int64_t id, const char *name)
{
	char *copy = strdup(name);
	struct slot *s;

	if (!copy)
		return;
	pthread_mutex_lock(&gone->lock);
	s = &gone->slots[gone->next++ % SLOTS];
	free(s->name);
	*s = (struct slot){ id, copy };
	pthread_mutex_unlock(&gone->lock);
}

const char *fly_gone_name(struct fly_gone *gone, int64_t id, struct fly_arena *arena)
{
	const char *name = NULL;

	pthread_mutex_lock(&gone->lock);
	for (size_t i = 0; i < SLOTS && !name; i++)
		if (gone->slots[i].name && gone->slots[i].id == id)
			name = fly_arena_strdup(arena, gone->slots[i].name);
	pthread_mutex_unlock(&gone->lock);
	return name;
}

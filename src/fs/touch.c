/* SPDX-License-Identifier: Apache-2.0 */
/* Touched times; see touch.h. Direct-mapped: a newer entry takes an older one's place. */
#include "touch.h"

#include <pthread.h>

enum { SLOTS = 4096 };

struct slot {
	uint64_t ino;
	int64_t step;		/* unique number of the touch */
	int64_t at_ns;
};

struct fly_touches {
	pthread_mutex_t lock;
	int64_t steps;		/* lock */
	int64_t newest_ns;	/* lock */
	struct slot slots[SLOTS];	/* lock */
};

int fly_touches_create(struct fly_touches **out)
{
	struct fly_touches *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	pthread_mutex_init(&t->lock, NULL);
	*out = t;
	return 0;
}

void fly_touches_destroy(struct fly_touches *t)
{
	if (t)
		pthread_mutex_destroy(&t->lock);
	free(t);
}

static struct slot *slot_of(struct fly_touches *t, uint64_t ino)
{
	return &t->slots[fly_fnv1a64(&ino, sizeof(ino)) % SLOTS];
}

void fly_touch(struct fly_touches *t, uint64_t ino)
{
	pthread_mutex_lock(&t->lock);
	t->newest_ns = fly_file_time_after(t->newest_ns);
	*slot_of(t, ino) = (struct slot){ ino, ++t->steps, t->newest_ns };
	pthread_mutex_unlock(&t->lock);
}

static struct slot find(struct fly_touches *t, uint64_t ino)
{
	struct slot s;

	pthread_mutex_lock(&t->lock);
	s = *slot_of(t, ino);
	pthread_mutex_unlock(&t->lock);
	return s.ino == ino ? s : (struct slot){ 0 };
}

int64_t fly_touched_file_ns(struct fly_touches *t, uint64_t ino, int64_t row_ns)
{
	return row_ns + find(t, ino).step;
}

int64_t fly_touched_dir_ns(struct fly_touches *t, uint64_t ino, int64_t row_ns)
{
	int64_t at = find(t, ino).at_ns;

	return at > row_ns ? at : row_ns;
}

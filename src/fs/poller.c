/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pollers; see poller.h. A bounded table: who falls out of it is woken once too often.
 */
#include "poller.h"

#include <poll.h>
#include <pthread.h>

enum { SLOTS = 1024 };

struct poller {
	int64_t execution;	/* 0: free */
	pid_t pid;
	bool changed;
	uint64_t used;
	struct fuse_pollhandle *ph;
};

struct fly_polls {
	pthread_mutex_t lock;
	uint64_t clock;			/* lock */
	struct poller slots[SLOTS];	/* lock */
};

int fly_polls_create(struct fly_polls **out)
{
	struct fly_polls *polls = calloc(1, sizeof(*polls));

	if (!polls)
		return -ENOMEM;
	pthread_mutex_init(&polls->lock, NULL);
	*out = polls;
	return 0;
}

void fly_polls_destroy(struct fly_polls *polls)
{
	if (!polls)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		if (polls->slots[i].ph)
			fuse_pollhandle_destroy(polls->slots[i].ph);
	pthread_mutex_destroy(&polls->lock);
	free(polls);
}

static struct poller *find_locked(struct fly_polls *polls, int64_t execution, pid_t pid)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (polls->slots[i].execution == execution && polls->slots[i].pid == pid)
			return &polls->slots[i];
	return NULL;
}

static struct poller *oldest_locked(struct fly_polls *polls)
{
	struct poller *oldest = &polls->slots[0];

	for (size_t i = 1; i < SLOTS; i++)
		if (polls->slots[i].used < oldest->used)
			oldest = &polls->slots[i];
	return oldest;
}

/* Note the poll; gives back the handle to destroy. */
static struct fuse_pollhandle *note_locked(struct fly_polls *polls, struct poller poller,
					   bool *ready)
{
	struct poller *p = find_locked(polls, poller.execution, poller.pid);
	struct fuse_pollhandle *old;

	*ready = !p || p->changed;
	if (!p)
		p = oldest_locked(polls);
	old = p->ph;
	*p = poller;
	p->used = ++polls->clock;
	return old;
}

unsigned fly_poll(struct fly_request *r, int64_t execution, bool over, struct fuse_pollhandle *ph)
{
	struct fly_polls *polls = r->fs->polls;
	struct poller poller = { .execution = execution, .pid = r->caller.pid, .ph = ph };
	struct fuse_pollhandle *old = ph;
	bool ready = over;

	if (!over) {
		pthread_mutex_lock(&polls->lock);
		old = note_locked(polls, poller, &ready);
		pthread_mutex_unlock(&polls->lock);
	}
	if (old)
		fuse_pollhandle_destroy(old);
	return ready ? POLLIN | POLLPRI : 0;
}

void fly_polls_changed(struct fly_fs *fs, int64_t execution)
{
	struct fly_polls *polls = fs->polls;
	struct fuse_pollhandle *wake[SLOTS];
	size_t n = 0;

	pthread_mutex_lock(&polls->lock);
	for (size_t i = 0; i < SLOTS && polls->clock; i++) {
		struct poller *p = &polls->slots[i];

		if (p->execution != execution)
			continue;
		p->changed = true;
		if (p->ph)
			wake[n++] = p->ph;
		p->ph = NULL;
	}
	pthread_mutex_unlock(&polls->lock);
	for (size_t i = 0; i < n; i++) {
		fuse_lowlevel_notify_poll(wake[i]);
		fuse_pollhandle_destroy(wake[i]);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parked READLINKs; see park.h.
 *
 *	NEW      the interrupt function is set, the request not yet in the table
 *	WAITING  in the table: whoever takes it out, under the lock, replies and frees it
 *
 * An interrupt that comes while NEW is only noted: the parking thread replies, because libfuse
 * may call the function while it still uses the request.
 */
#include "park.h"

#include <pthread.h>

enum { BUCKETS = 512 };

struct park {
	struct park *next, **at;	/* lock */
	struct fly_parks *parks;
	fuse_req_t req;
	int64_t execution;
	bool waiting, interrupted;	/* lock */
};

struct fly_parks {
	pthread_mutex_t lock;
	bool ended;			/* lock */
	size_t count;			/* lock */
	struct park *buckets[BUCKETS];	/* lock */
};

int fly_parks_create(struct fly_parks **out)
{
	struct fly_parks *parks = calloc(1, sizeof(*parks));

	if (!parks)
		return -ENOMEM;
	pthread_mutex_init(&parks->lock, NULL);
	*out = parks;
	return 0;
}

void fly_parks_destroy(struct fly_parks *parks)
{
	if (parks)
		pthread_mutex_destroy(&parks->lock);
	free(parks);
}

static struct park **bucket(struct fly_parks *parks, int64_t execution)
{
	return &parks->buckets[(uint64_t)execution % BUCKETS];
}

static void insert_locked(struct fly_parks *parks, struct park *p)
{
	struct park **head = bucket(parks, p->execution);

	p->next = *head;
	p->at = head;
	if (p->next)
		p->next->at = &p->next;
	*head = p;
	p->waiting = true;
	parks->count++;
}

static void remove_locked(struct fly_parks *parks, struct park *p)
{
	*p->at = p->next;
	if (p->next)
		p->next->at = p->at;
	p->waiting = false;
	parks->count--;
}

/*
 * libfuse calls this holding the request's own lock, perhaps from within
 * fuse_req_interrupt_func().
 */
static void interrupted(fuse_req_t req, void *data)
{
	struct park *p = data;
	struct fly_parks *parks = p->parks;
	bool mine;

	pthread_mutex_lock(&parks->lock);
	mine = p->waiting;
	if (mine)
		remove_locked(parks, p);
	else
		p->interrupted = true;
	pthread_mutex_unlock(&parks->lock);
	if (mine) {
		fuse_reply_err(req, EINTR);
		free(p);
	}
}

int fly_park(struct fly_request *r, int64_t execution)
{
	struct fly_parks *parks = r->fs->parks;
	struct park *p = calloc(1, sizeof(*p));
	bool refused;

	if (!p)
		return -ENOMEM;
	*p = (struct park){ .parks = parks, .req = r->req, .execution = execution };
	fuse_req_interrupt_func(r->req, interrupted, p);
	pthread_mutex_lock(&parks->lock);
	refused = p->interrupted || parks->ended;
	if (!refused)
		insert_locked(parks, p);
	pthread_mutex_unlock(&parks->lock);
	if (!refused)
		return FLY_PARKED;
	fuse_req_interrupt_func(r->req, NULL, NULL);
	free(p);
	return -EINTR;
}

/* Take out all who wait for an execution (0: for any), as a list. */
static struct park *take(struct fly_parks *parks, int64_t execution, bool end)
{
	struct park *taken = NULL, *next;

	pthread_mutex_lock(&parks->lock);
	parks->ended = parks->ended || end;
	for (size_t i = 0; i < BUCKETS; i++) {
		if (execution && bucket(parks, execution) != &parks->buckets[i])
			continue;
		for (struct park *p = parks->buckets[i]; p; p = next) {
			next = p->next;
			if (execution && p->execution != execution)
				continue;
			remove_locked(parks, p);
			p->next = taken;
			taken = p;
		}
	}
	pthread_mutex_unlock(&parks->lock);
	return taken;
}

static void answer(struct park *list, int error)
{
	while (list) {
		struct park *next = list->next;

		/* Waits until a running interrupt function has seen that it came too late. */
		fuse_req_interrupt_func(list->req, NULL, NULL);
		if (error)
			fuse_reply_err(list->req, error);
		else
			fuse_reply_readlink(list->req, "phase");
		free(list);
		list = next;
	}
}

void fly_parks_finished(struct fly_fs *fs, int64_t execution)
{
	answer(take(fs->parks, execution, false), 0);
}

bool fly_parks_are_late(struct fly_fs *fs, int64_t execution)
{
	struct fly_db *db = fly_parks_count(fs->parks) ? fly_store_reader(fs->store, NULL) : NULL;
	auto_arena arena = { 0 };
	struct fly_execution e;
	int rc;

	if (!db)
		return false;
	rc = fly_execution_get_id(db, execution, FLY_EXECUTION_HEAD, &arena, &e);
	if (rc == -ENOENT)
		fly_parks_gone(fs, execution);
	return !rc && fly_phase_is_terminal(e.phase);
}

void fly_parks_gone(struct fly_fs *fs, int64_t execution)
{
	answer(take(fs->parks, execution, false), ENOENT);
}

void fly_parks_end(struct fly_fs *fs)
{
	answer(take(fs->parks, 0, true), EINTR);
}

size_t fly_parks_count(struct fly_parks *parks)
{
	size_t n;

	pthread_mutex_lock(&parks->lock);
	n = parks->count;
	pthread_mutex_unlock(&parks->lock);
	return n;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two notifying threads and their queues; see notify.h. What a change means is in
 * invalidate.c.
 */
#include "notify.h"

#include <pthread.h>
#include <time.h>

#include "answer.h"
#include "draft.h"
#include "gesture.h"
#include "park.h"
#include "table.h"
#include "textcache.h"

enum { HOUSEKEEPING_S = 5 };

enum note_kind { NOTE_CHANGE, NOTE_ANSWER, NOTE_INODE, NOTE_ENTRY, NOTE_WAITING };

struct note {
	struct note *next;
	enum note_kind kind;
	bool data;			/* INODE */
	uint64_t number;		/* INODE; ENTRY: parent; WAITING: for which execution */
	struct fly_answer *answer;	/* ANSWER */
	struct fly_change change;	/* CHANGE */
	char name[];			/* CHANGE, ENTRY */
};

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct note *first, **last;	/* lock */
	bool stop;			/* lock */
	bool handling;			/* lock; notes that were taken */
	pthread_t thread;
	bool running;			/* fixed by create */
};

struct fly_notify {
	struct fly_fs *fs;
	struct queue main, entries;
	atomic_bool quiet;
	atomic_int inside;	/* notifications under way in the kernel */
	atomic_int parked;
};

static void push(struct queue *q, struct note *n)
{
	n->next = NULL;
	pthread_mutex_lock(&q->lock);
	*q->last = n;
	q->last = &n->next;
	pthread_cond_signal(&q->wake);
	pthread_mutex_unlock(&q->lock);
}

/* All notes there are; NULL with *stop when it is time to end, NULL without for housekeeping. */
static struct note *take(struct queue *q, bool *stop)
{
	struct timespec until;
	struct note *notes;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += HOUSEKEEPING_S;
	pthread_mutex_lock(&q->lock);
	q->handling = false;
	while (!q->first && !q->stop)
		if (pthread_cond_timedwait(&q->wake, &q->lock, &until) == ETIMEDOUT)
			break;
	notes = q->first;
	q->first = NULL;
	q->last = &q->first;
	q->handling = notes;
	*stop = q->stop;
	pthread_mutex_unlock(&q->lock);
	return notes;
}

static struct note *note_new(enum note_kind kind, const char *name)
{
	size_t len = name ? strlen(name) : 0;
	struct note *n = calloc(1, sizeof(*n) + len + 1);

	if (!n) {
		fly_log(FLY_ERROR, "fs", "out of memory: the kernel may show old texts");
		return NULL;
	}
	n->kind = kind;
	if (name)
		memcpy(n->name, name, len);
	return n;
}

void fly_notify_changes(void *arg, const struct fly_change *changes, size_t count)
{
	const struct fly_change *told = NULL;
	struct fly_fs *fs = arg;

	for (size_t i = 0; i < count && fs->notify; i++) {
		struct note *n;

		atomic_fetch_add(fly_seen_slot(fs, changes[i].id), 1);
		if (changes[i].parent)
			atomic_fetch_add(fly_seen_slot(fs, changes[i].parent), 1);
		if (changes[i].kind == FLY_KIND_EXECUTION && changes[i].flags & FLY_CHANGE_CREATED)
			fly_draft_name_taken(fs, changes[i].scope, changes[i].name, changes[i].id);
		if (fly_invalidate_new(fs, &changes[i], told)) {
			told = &changes[i];
			continue;
		}
		n = note_new(NOTE_CHANGE, changes[i].name);
		if (!n)
			continue;
		n->change = changes[i];
		n->change.name = n->name;
		push(&fs->notify->main, n);
	}
}

static bool is_idle(struct queue *q)
{
	bool idle;

	pthread_mutex_lock(&q->lock);
	idle = !q->first && !q->handling;
	pthread_mutex_unlock(&q->lock);
	return idle;
}

void fly_notify_answer(struct fly_fs *fs, struct fly_answer *a)
{
	struct note *n = is_idle(&fs->notify->main) ? NULL : note_new(NOTE_ANSWER, NULL);

	if (!n) {
		a->finish(a);
		return;
	}
	n->answer = a;
	push(&fs->notify->main, n);
}

void fly_notify_again(struct fly_fs *fs, enum fly_kind kind, int64_t id)
{
	struct note *n = note_new(NOTE_CHANGE, NULL);

	if (!n)
		return;
	n->change = (struct fly_change){ .kind = kind, .id = id, .name = n->name };
	push(&fs->notify->main, n);
}

void fly_notify_waiting(struct fly_fs *fs, int64_t execution)
{
	struct note *n = note_new(NOTE_WAITING, NULL);

	if (!n)
		return;
	n->number = (uint64_t)execution;
	push(&fs->notify->main, n);
}

void fly_notify_inode(struct fly_fs *fs, uint64_t number, bool data)
{
	struct note *n = note_new(NOTE_INODE, NULL);

	if (!n)
		return;
	n->number = number;
	n->data = data;
	push(&fs->notify->main, n);
}

void fly_notify_entry(struct fly_fs *fs, uint64_t parent, const char *name)
{
	struct note *n = note_new(NOTE_ENTRY, name);

	if (!n)
		return;
	n->number = parent;
	push(&fs->notify->entries, n);
}

void fly_notify_begun(struct fly_fs *fs)
{
	atomic_fetch_add(&fs->notify->parked, 1);
}

void fly_notify_ended(struct fly_fs *fs)
{
	atomic_fetch_sub(&fs->notify->parked, 1);
}

void fly_notify_quiet(struct fly_fs *fs)
{
	atomic_store(&fs->notify->quiet, true);
}

bool fly_notify_busy(struct fly_fs *fs)
{
	return atomic_load(&fs->notify->inside) > 0 || atomic_load(&fs->notify->parked) > 0;
}

/* Entering is counted before quiet is read: who sees nobody inside after quiet is set, is right. */
static bool enter(struct fly_notify *n)
{
	atomic_fetch_add(&n->inside, 1);
	if (n->fs->session && !atomic_load(&n->quiet))
		return true;
	atomic_fetch_sub(&n->inside, 1);
	return false;
}

static void leave(struct fly_notify *n)
{
	atomic_fetch_sub(&n->inside, 1);
}

static void inval_number(struct fly_fs *fs, uint64_t number, bool data)
{
	if (!enter(fs->notify))
		return;
	/* -ENOENT: the kernel doesn't know it, which is as good. */
	fuse_lowlevel_notify_inval_inode(fs->session, number, data ? 0 : -1, 0);
	leave(fs->notify);
}

void fly_inval(struct fly_fs *fs, enum fly_ino_kind kind, int64_t id, unsigned index)
{
	inval_number(fs, fly_ino_pack(kind, id, index), fly_file_is_dir(kind, index));
}

/* The note of its end may come behind this one: who waited for the end must read it. */
static void end_waiting(struct fly_fs *fs, int64_t execution)
{
	struct fly_change again = { .kind = FLY_KIND_EXECUTION, .id = execution };

	if (!fly_parks_are_late(fs, execution))
		return;
	fly_invalidate_change(fs, &again);
	fly_parks_finished(fs, execution);
}

static void handle(struct fly_fs *fs, struct note *n)
{
	switch (n->kind) {
	case NOTE_CHANGE:
		fly_invalidate_change(fs, &n->change);
		break;
	case NOTE_ANSWER:
		n->answer->finish(n->answer);
		break;
	case NOTE_INODE:
		inval_number(fs, n->number, n->data);
		break;
	case NOTE_ENTRY:
		if (!enter(fs->notify))
			break;
		fuse_lowlevel_notify_inval_entry(fs->session, n->number, n->name,
						 strlen(n->name));
		leave(fs->notify);
		break;
	case NOTE_WAITING:
		end_waiting(fs, (int64_t)n->number);
		break;
	}
}

static void handle_all(struct fly_fs *fs, struct note *notes)
{
	while (notes) {
		struct note *next = notes->next;

		handle(fs, notes);
		free(notes);
		notes = next;
	}
}

static void housekeeping(struct fly_fs *fs)
{
	fly_textcache_age(fs->texts);
	fly_drafts_age(fs);
	fly_gestures_age(fs);
}

static void *main_thread(void *arg)
{
	struct fly_notify *n = arg;
	int64_t swept = fly_tick_ns();
	bool stop = false;

	while (!stop) {
		struct note *notes = take(&n->main, &stop);

		stop = stop && !notes;
		handle_all(n->fs, notes);
		if (fly_tick_ns() - swept > HOUSEKEEPING_S * INT64_C(1000000000)) {
			housekeeping(n->fs);
			swept = fly_tick_ns();
		}
	}
	return NULL;
}

static void *entry_thread(void *arg)
{
	struct fly_notify *n = arg;
	bool stop = false;

	while (!stop) {
		struct note *notes = take(&n->entries, &stop);

		stop = stop && !notes;
		handle_all(n->fs, notes);
	}
	return NULL;
}

static void queue_init(struct queue *q)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->wake, &attr);
	pthread_condattr_destroy(&attr);
	q->last = &q->first;
}

static int queue_start(struct queue *q, struct fly_notify *n, void *(*run)(void *),
		       const char *name, struct fly_why *why)
{
	int error = pthread_create(&q->thread, NULL, run, n);

	if (error)
		return fly_fail(why, error, "cannot start a thread: %s", strerror(error));
	q->running = true;
	pthread_setname_np(q->thread, name);
	return 0;
}

static void queue_finish(struct queue *q)
{
	if (q->running) {
		pthread_mutex_lock(&q->lock);
		q->stop = true;
		pthread_cond_signal(&q->wake);
		pthread_mutex_unlock(&q->lock);
		pthread_join(q->thread, NULL);
	}
	pthread_cond_destroy(&q->wake);
	pthread_mutex_destroy(&q->lock);
}

int fly_notify_create(struct fly_fs *fs, struct fly_why *why)
{
	struct fly_notify *n = calloc(1, sizeof(*n));
	int rc;

	if (!n)
		return fly_no_memory(why);
	n->fs = fs;
	queue_init(&n->main);
	queue_init(&n->entries);
	fs->notify = n;
	rc = queue_start(&n->main, n, main_thread, "fly-notify", why);
	if (!rc)
		rc = queue_start(&n->entries, n, entry_thread, "fly-entries", why);
	if (rc < 0) {
		fly_notify_destroy(n);
		fs->notify = NULL;
	}
	return rc;
}

void fly_notify_destroy(struct fly_notify *n)
{
	if (!n)
		return;
	queue_finish(&n->main);
	queue_finish(&n->entries);
	free(n);
}
